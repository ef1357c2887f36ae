"""Train on synthetic, test on real: `python tests/bench/intents.py CORPORA [--intents K] [--rows N] [--datasets a,b]`.

Of each intent ten real messages are known. Classifiers learn from them alone, from them and noisy copies, from them and what synthgen makes
of them, from that alone, and from all real messages; each is tested on real messages that nobody saw. Then the other way round: whether a
classifier that learned from real messages (none of the ten) finds in each of synthgen's rows the intent that was asked for.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import sqrt
from pathlib import Path
from typing import Any

from realism import Missing, keyboard_noise, records, table

from synthgen.text.frames import normalise

SEEDS = 10
TESTED = 30  # real messages of an intent that are tested on, at most
WORST = 12  # intents that are listed
ABOUT = {
    "banking77": "Customers of an online bank, typing into the support chat of its app.",
    "clinc150": "People typing to an assistant on their phone, all in small letters.",
}

Labelled = list[tuple[str, str]]
"""Messages, each with its intent."""


@dataclass(frozen=True)
class Data:
    """Real messages with their intents: the ten that are known, those that are tested on, and all others."""

    seeds: Labelled
    tested: Labelled
    others: Labelled


def by_intent(corpora: Path, name: str) -> dict[str, dict[str, str]]:
    """The messages of each intent of a dataset, each said once, under its words. Raises Missing."""
    messages: dict[str, dict[str, str]] = {}
    for record in records(corpora, name):
        if record["group"] != "oos":
            messages.setdefault(record["group"], {}).setdefault(normalise(record["text"]), " ".join(record["text"].split()))
    return messages


def data(corpora: Path, name: str, intents: int, seed: int) -> Data:
    """A dataset's messages, each said once, split at random within each intent. Raises Missing."""
    said = by_intent(corpora, name)
    stream, found = random.Random(seed), Data([], [], [])
    chosen = sorted(stream.sample(sorted(said), min(intents or len(said), len(said))))
    for intent in chosen:
        texts = [(text, intent) for text in said[intent].values()]
        stream.shuffle(texts)
        end = SEEDS + min(TESTED, (len(texts) - SEEDS) // 3)
        found.seeds.extend(texts[:SEEDS])
        found.tested.extend(texts[SEEDS:end])
        found.others.extend(texts[end:])
    return found


def spoken(intent: str) -> str:
    """An intent's name as words."""
    return " ".join(intent.replace("_", " ").split()).rstrip("?").lower()


# What classifiers learn from


def noised(seeds: Labelled, rows: int, seed: int) -> Labelled:
    """Each seed over and over with nlpaug's keyboard noise, `rows` for each intent in all. Raises Missing."""
    copies = [one for one in seeds for _ in range(max(1, rows // SEEDS))]
    return list(zip(keyboard_noise([text for text, _ in copies], seed), (intent for _, intent in copies), strict=True))


def synthetic(name: str, seeds: Labelled, options: argparse.Namespace) -> Labelled:
    """What synthgen makes from the seeds, `rows` for each intent on average, each with the intent that was asked for."""
    by_intent: dict[str, list[str]] = {}
    for text, intent in seeds:
        by_intent.setdefault(intent, []).append(text)
    named = {spoken(intent): intent for intent in by_intent}
    files: dict[str, Sequence[str]] = {f"{number}.jsonl": texts for number, texts in enumerate(by_intent.values())}
    field: dict[str, object] = {
        "kind": "typed",
        "topic": "{{ intent }}",
        "seeds": {spoken(intent): f"{number}.jsonl" for number, intent in enumerate(by_intent)},
    }
    if options.like:
        files["logs.jsonl"] = [text for text, _ in seeds]
        field["like"] = "logs.jsonl"
    if options.temperature is not None:
        field["temperature"] = options.temperature
    if options.off_topic:
        field["on_topic"] = False
    keep: list[dict[str, object]] = [{"kind": "unique", "field": "message"}, {"kind": "not_copied", "field": "message"}]
    if options.on_topic:
        keep.append({"kind": "on_topic", "field": "message", "label": "intent"})
    recipe: dict[str, object] = {
        "name": "intents",
        "about": ABOUT[name],
        "seed": options.seed,
        "models": {"typist": {"kind": "base", "name": options.model}},
        "tables": {
            "traffic": {
                "rows": options.rows * len(by_intent),
                "fields": {"intent": {"kind": "choice", "options": list(named)}, "message": field},
                "keep": keep,
            }
        },
    }
    return [(row["message"], named[row["intent"]]) for row in table(recipe, files, options.model)]


# Classifiers


def logistic() -> Any:
    """Logistic regression on tf-idf of words and pieces of words."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline, make_union

    words = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True)
    pieces = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 4), sublinear_tf=True)
    return make_pipeline(make_union(words, pieces), LogisticRegression(C=10, max_iter=300, tol=1e-3))


def bayes() -> Any:
    """Complement naive Bayes on words and pairs of words."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.naive_bayes import ComplementNB
    from sklearn.pipeline import make_pipeline

    return make_pipeline(TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True), ComplementNB(alpha=0.3))


CLASSIFIERS: dict[str, Callable[[], Any]] = {"logistic regression": logistic, "naive Bayes": bayes}


def learned(make: Callable[[], Any], rows: Labelled) -> Any:
    """A classifier that learned from these."""
    texts, intents = zip(*rows, strict=True)
    return make().fit(texts, intents)


def share(hits: int, of: int) -> str:
    """A share with its 95 % interval (Wilson 1927)."""
    rate, spread = hits / of, 1.96**2 / of
    middle, reach = (rate + spread / 2) / (1 + spread), 1.96 * sqrt(rate * (1 - rate) / of + spread / (4 * of)) / (1 + spread)
    return f"{rate:.1%} ({middle - reach:.1%}-{middle + reach:.1%})"


def right(classifier: Any, rows: Labelled) -> str:
    """How many of these a classifier is right about."""
    guesses = classifier.predict([text for text, _ in rows])
    return share(sum(guess == intent for guess, (_, intent) in zip(guesses, rows, strict=True)), len(rows))


# What is printed


def compared(real: Data, made: Labelled, options: argparse.Namespace) -> None:
    """Accuracy on real messages, by what was learned from."""
    known = {intent: rows for intent in {intent for _, intent in real.seeds} if (rows := [row for row in real.others if row[1] == intent])}
    as_many = [row for intent in sorted(known) for row in known[intent][: options.rows]]
    lessons = {"seeds": real.seeds}
    try:
        lessons["seeds + nlpaug"] = real.seeds + noised(real.seeds, options.rows, options.seed)
    except Missing as error:
        print(f"seeds + nlpaug: skipped: {error}")
    if made:
        lessons |= {"seeds + synthgen": real.seeds + made, "synthgen alone": made}
    lessons |= {"seeds + as many real": real.seeds + as_many, "all real": real.seeds + real.others}
    print(f"{'learned from':24}{'messages':>9}" + "".join(f"  {name:24}" for name in CLASSIFIERS))
    for name, rows in lessons.items():
        print(
            f"{name:24}{len(rows):9,}" + "".join(f"  {right(learned(make, rows), real.tested):24}" for make in CLASSIFIERS.values()),
            flush=True,
        )


def agreed(real: Data, made: Labelled) -> None:
    """Whether a classifier that learned from real messages, none of the seeds, finds the intents that were asked for."""
    judge = learned(logistic, real.others)
    full = learned(logistic, real.others + real.tested)
    guesses = full.predict([text for text, _ in made])
    wrong = [(intent, guess) for guess, (_, intent) in zip(guesses, made, strict=True) if guess != intent]
    print(
        f"\na judge that is right about {right(judge, real.tested)} of real messages agrees with "
        f"{share(len(made) - len(wrong), len(made))} of the rows"
    )
    asked, missed = Counter(intent for _, intent in made), Counter(intent for intent, _ in wrong)
    for intent in sorted(missed, key=lambda intent: (-missed[intent] / asked[intent], intent))[:WORST]:
        other, _ = Counter(guess for one, guess in wrong if one == intent).most_common(1)[0]
        print(f"  {intent}: {missed[intent]} of {asked[intent]} are not, mostly {other}")


def main() -> None:
    """Print the tables."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("corpora", type=Path)
    asked.add_argument("--datasets", default="banking77,clinc150")
    asked.add_argument("--intents", type=int, default=0, help="only so many intents (default: all)")
    asked.add_argument("--rows", type=int, default=40, help="synthetic messages for each intent; 0 makes none")
    asked.add_argument("--like", action="store_true", help="all seeds are the logs to be like, too")
    asked.add_argument("--on-topic", action="store_true", help="keep only rows that pass the check on_topic")
    asked.add_argument("--off-topic", action="store_true", help="with on_topic: false, so that messages may be about anything")
    asked.add_argument("--model", default="scribbler", help="synthgen's typist: scribbler, a Hub id or a folder")
    asked.add_argument("--temperature", type=float, default=None)
    asked.add_argument("--show", type=int, default=0, help="print so many of the rows")
    asked.add_argument("--seed", type=int, default=7)
    options = asked.parse_args()
    for name in options.datasets.split(","):
        try:
            real = data(options.corpora, name, options.intents, options.seed)
        except Missing as error:
            print(f"{name}: skipped: {error}")
            continue
        intents = len({intent for _, intent in real.seeds})
        print(f"\n{name}: {intents} intents, {SEEDS} seeds each; {len(real.tested):,} real messages to test on\n", flush=True)
        made = synthetic(name, real.seeds, options) if options.rows else []
        for text, intent in made[: options.show]:
            print(f"  {intent}: {text}")
        compared(real, made, options)
        if made:
            agreed(real, made)


if __name__ == "__main__":
    sys.exit(main())
