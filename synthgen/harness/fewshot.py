"""A block of few-shot examples from an output: they cover the labels evenly, and no two of them look alike.

The first example is the most typical input. Each next one has the labels that were shown least so far, and among such rows the
input that is least like all before it; a row that is too much like one of them is never taken. So a block may have fewer examples than
were asked for, and says so. Rows whose answer a person edited come first of all, and among rows that serve alike those that a person
accepted.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Literal, get_args
from xml.sax.saxutils import escape

from synthgen.checks.near_duplicate import dice, trigrams
from synthgen.dataset import Dataset
from synthgen.decisions.amended import opened, told_in
from synthgen.errors import DataError, ModelError, OutputError, did_you_mean
from synthgen.harness.targets import Targets, targets_of
from synthgen.models.base import SCRIBBLER
from synthgen.recipe.harness import Harness
from synthgen.recipe.recorded import RecordedField, RecordedRecipe, last_message
from synthgen.spec.paths import get_path
from synthgen.spec.replacing import replacing
from synthgen.spec.rows import Prompt, to_text
from synthgen.text import frames

Form = Literal["xml", "messages", "markdown"]
FORMS: tuple[Form, ...] = get_args(Form)
AMONG = 20_000
"""How many rows of a table are candidates, at most."""
ALIKE = 0.5
"""Two inputs that share this much of their three-letter pieces (Dice's coefficient) look alike."""
PREFERRED = ("edited", "accepted", "")
"""What a person may have done with a row, the best example first."""
VALUES = 12
"""Up to how many different values a part of an answer is a label."""


@dataclass(frozen=True)
class FewShotExample:
    """One row as an example: its place in the table, what is given, what is to come back, its labels, and what a person did with it
    (`edited` what is to come back, `accepted` the row, or nothing)."""

    row: int
    input: str
    target: str
    labels: Mapping[str, str]
    reviewed: Literal["edited", "accepted", ""] = ""


@dataclass(frozen=True)
class Fewshot:
    """Examples of `table`, from its fields `input` and `target`; `wanted` is how many were asked for, `rows` among how many they were
    chosen. `shares` says for each label how many examples have each of its values, 0 for one that only other rows have."""

    table: str
    input: str
    target: str
    examples: Sequence[FewShotExample]
    wanted: int
    rows: int
    shares: Mapping[str, Mapping[str, int]]


@dataclass(frozen=True)
class Count:
    """How many tokens a text has, and for which model that is `exact`, or after which it is a guess."""

    tokens: int
    by: str
    exact: bool


def fewshot(
    folder: str | Path,
    k: int,
    *,
    table: str | None = None,
    source: str | None = None,
    target: str | None = None,
    cover: Sequence[str] = (),
    form: Form = "xml",
    review: bool = True,
) -> Fewshot:
    """The `k` rows of a table that make the best examples, as far as there are so many that differ.

    `source` (the input) and `target` are fields, or parts of one such as `example.reply`; by default those of the recipe's harness, else
    what was typed and what Claude made of it, or else the label that messages are about. `cover` are the labels to show evenly: by default
    what messages are about and the short parts of the target. For `messages`, rows without any text are left out. Rows are
    as reviewers left them, without `review` as they were made. Raises DataError, OutputError.
    """
    made = opened(folder, review=review)
    harness = made.recipe.harness
    asked = source or harness.get("input"), target or harness.get("target")
    name = made.named(table or _first_table(made, asked))
    column = told_in(made, name)
    found = (
        [row for place, row in enumerate(made.rows(name)) if place < AMONG or row[column]] if column else [*islice(made.rows(name), AMONG)]
    )
    fields = made.recipe.fields_of(name)
    source = asked[0] or _typed(fields, found, name)
    target = asked[1] or _answer(fields, found, name, source)
    for path in (source, target, *cover):
        _there(path, found, name)
    answers = _targets(made.recipe, set(found[0]) if found else set(), source, target)
    places = [number for number, row in enumerate(found) if _fits(row, source, answers, form)]
    fitting = [found[number] for number in places]
    if not fitting:
        raise OutputError(f"no row of '{name}' has both '{source}' and '{target}'", "look at the rows: synthgen look OUTPUT")
    labels = list(cover) or [label for label in _labels(fields, fitting, target) if label != source]
    values = [{label: to_text(answers.of(row) if label == target else get_path(row, label)) for label in labels} for row in fitting]
    did = [_done(row.get(column), target) for row in fitting]
    chosen = choose([to_text(get_path(row, source)) for row in fitting], values, k, [PREFERRED.index(one) for one in did])
    examples = [
        FewShotExample(places[one], to_text(get_path(fitting[one], source)), to_text(answers.of(fitting[one])), values[one], did[one])
        for one in chosen
    ]
    shown = {label: Counter(example.labels[label] for example in examples) for label in labels}
    shares = {label: {value: shown[label][value] for value in sorted({own[label] for own in values})} for label in labels}
    return Fewshot(name, source, target, examples, k, len(fitting), shares)


def _done(told: Mapping[str, Any] | None, target: str) -> Literal["edited", "accepted", ""]:
    """What a person did with a row, by its column that tells so."""
    if not told:
        return ""
    if any(f"{path}.".startswith(f"{target}.") or f"{target}.".startswith(f"{path}.") for path in told["changed"]):
        return "edited"
    return "accepted" if told["status"] == "accepted" else ""


# Which fields


def _first_table(made: Dataset, asked: tuple[str | None, str | None]) -> str | None:
    """The first table that has the target, or in which Claude made something; None: the first of all."""
    wanted = (asked[1] or "").partition(".")[0]
    for name in made.tables:
        own = made.recipe.tables[name].fields if name in made.recipe.tables else {}
        if wanted in own if wanted else any(field.role == "answer" and not field.hidden for field in own.values()):
            return name
    return None


def _typed(fields: Mapping[str, RecordedField], rows: Sequence[Mapping[str, Any]], table: str) -> str:
    """The field that holds what was typed, in its last version."""
    found = last_message(fields.values(), rows[0] if rows else ())
    if found is None:
        raise OutputError(f"table '{table}' has no field that somebody typed", "name what the examples begin with: --input FIELD")
    return found


def _answer(fields: Mapping[str, RecordedField], rows: Sequence[Mapping[str, Any]], table: str, source: str) -> str:
    found = next((name for name, one in fields.items() if one.role == "answer" and rows and name in rows[0] and name != source), None)
    topics = _named(fields, "topic")
    found = found or next((name for name in fields if name in topics and rows and name in rows[0]), None)
    if found is None:
        raise OutputError(
            f"table '{table}' has no field that Claude made, nor a label that messages are about",
            "name what the examples end with, such as a label: --target FIELD",
        )
    return found


def _there(path: str, rows: Sequence[Mapping[str, Any]], table: str) -> None:
    known = [name for name in rows[0] if name != "provenance"] if rows else []
    name, _, part = path.partition(".")
    if name not in known:
        raise OutputError(f"table '{table}' has no field '{name}'", did_you_mean(name, known, "fields"))
    parts = {str(key) for row in rows if isinstance(row[name], dict) for key in row[name]}
    if part and part.partition(".")[0] not in parts:
        raise OutputError(f"'{name}' has no part '{part}'", did_you_mean(part, parts, "parts"))


def _labels(fields: Mapping[str, RecordedField], rows: Sequence[Mapping[str, Any]], answer: str) -> Iterator[str]:
    """What is short and said again and again in the answers, and the choices that messages are about; if none is, all choices but
    those of edge cases, which are rare on purpose."""
    choices = [name for name, field in fields.items() if field.role == "label" and name in rows[0]]
    topics, cases = _named(fields, "topic"), _named(fields, "case")
    own = [name for name in choices if name in topics] or [name for name in choices if name not in cases]
    parts = {f"{answer}.{key}" for row in rows if isinstance(value := get_path(row, answer), dict) for key in value}
    for path in dict.fromkeys([answer, *sorted(parts), *own]):
        values = [value for row in rows if (value := get_path(row, path)) is not None]
        different = set(map(to_text, values))
        short = all(isinstance(value, bool) or (isinstance(value, str) and len(value.split()) < 5) for value in values)
        if values and (path in own or (short and len(different) <= min(VALUES, len(values) // 2))):
            yield path


def _named(fields: Mapping[str, RecordedField], key: str) -> set[str]:
    """The words in the templates that fields have under a key."""
    return {word for field in fields.values() for word in re.findall(r"\w+", str(field.data.get(key, "")))}


# What they hold


def _targets(recipe: RecordedRecipe, columns: Collection[str], source: str, target: str) -> Targets:
    """What the targets are, as for a harness."""
    out = recipe.harness.get("out") if recipe.harness.get("target") == target else None
    found = targets_of(recipe, columns, Harness(input=source, target=target, out=out))
    assert found is not None  # as a target is named
    return found


def _fits(row: Mapping[str, Any], source: str, targets: Targets, form: Form) -> bool:
    given, wanted = get_path(row, source), targets.of(row)
    return wanted is not None and _says_something(given) and (form != "messages" or bool(to_text(wanted).strip()))


def _says_something(value: Any) -> bool:
    """Whether there is anything to be seen in an input: in its text, or in what is said in a conversation."""
    if isinstance(value, Mapping):
        return any(_says_something(inner) for key, inner in value.items() if key != "role")
    if isinstance(value, list):
        return any(map(_says_something, value))
    return any(letter.isprintable() and not letter.isspace() for letter in to_text(value))


# Which rows


def choose(inputs: Sequence[str], labels: Sequence[Mapping[str, str]], k: int, ranks: Sequence[int] = ()) -> list[int]:
    """The places of up to `k` of `inputs`, which have these `labels`: evenly over the labels' values, no two alike, in the order of
    choice. With `ranks`, those of rank 0 come first, and of those that serve alike the lower rank."""
    from synthgen.engine import spread

    padded = [f"  {frames.normalise(text)} " for text in inputs]
    sets = [trigrams(text) for text in padded]
    values = {label: len({own[label] for own in labels}) for label in (labels[0] if labels else ())}
    shown: dict[str, Counter[str]] = {label: Counter() for label in values}
    likest = [0.0] * len(inputs)
    left = set(range(len(inputs)))
    chosen: list[int] = []
    ranks = ranks or [0] * len(inputs)
    best = [place for place, rank in enumerate(ranks) if rank == min(ranks)]
    one = next((best[place] for place in spread.order([{"text": inputs[place]} for place in best], ["text"])), None)
    while one is not None and len(chosen) < k:
        chosen.append(one)
        for label, counts in shown.items():
            counts[labels[one][label]] += 1
        left.discard(one)
        for other in list(left):
            likest[other] = max(likest[other], dice(sets[one], padded[other], len(sets[other])))
            if likest[other] >= ALIKE:
                left.remove(other)
        seen = {place: sum(values[label] * counts[labels[place][label]] for label, counts in shown.items()) for place in left}
        one = min(left, key=lambda place: (ranks[place] > 0, seen[place], ranks[place], likest[place], place), default=None)
    return chosen


# How they are to_text


def block(examples: Sequence[FewShotExample], form: Form) -> str:
    """The examples as a prompt can hold them: XML tags, the JSON of a list of messages, or Markdown."""
    return {"xml": _xml, "messages": _messages, "markdown": _markdown}[form](examples)


def _xml(examples: Sequence[FewShotExample]) -> str:
    shown = [f"<example>\n<input>{_tagged(one.input)}</input>\n<output>{_tagged(one.target)}</output>\n</example>" for one in examples]
    return "\n".join(["<examples>", *shown, "</examples>"])


def _tagged(text: str) -> str:
    """Text as XML 1.0 gives it back; characters that it cannot hold become the one that stands for any."""
    kept = re.sub(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "\ufffd", text)
    return escape(kept, {"\r": "&#13;"})


def _messages(examples: Sequence[FewShotExample]) -> str:
    turns = [{"role": role, "content": text} for one in examples for role, text in (("user", one.input), ("assistant", one.target))]
    return json.dumps(turns, ensure_ascii=False, indent=2)


def _markdown(examples: Sequence[FewShotExample]) -> str:
    shown = [
        f"### Example {number}\n\nInput:\n\n{_fenced(one.input)}\n\nOutput:\n\n{_fenced(one.target)}"
        for number, one in enumerate(examples, 1)
    ]
    return "\n\n".join(shown)


def _fenced(text: str) -> str:
    """Text between fences that nothing in it can close."""
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}\n{text}\n{fence}"


# What they cost


def counted(text: str, models: Sequence[str] = ()) -> Count:
    """How many tokens a text has: asked of the first of `models` (names of Claude models) that answers, else guessed by the embedded
    model's tokens."""
    for name in models:
        try:
            from synthgen.models import ClaudeModel

            return Count(ClaudeModel(name, timeout=20).tokens([Prompt(text, 0)])[0], name, True)
        except (ModelError, DataError, ImportError):
            continue  # no key, or no way there: guess
    from tokenizers import Tokenizer

    return Count(len(Tokenizer.from_file(str(SCRIBBLER / "tokenizer.json")).encode(text).ids), "the embedded model", False)


def claudes(folder: str | Path) -> list[str]:
    """The names of the Claude models that an output's recipe asked."""
    made = Dataset.open(folder)
    named = made.recipe.claudes
    return [
        str(identity) for name, identity in made.manifest.get("models", {}).items() if name in named or str(identity).startswith("claude-")
    ]


def summary(made: Fewshot, count: Count) -> Iterator[str]:
    """What there is to say of the examples, a line each: how many, how they cover the labels, what they cost."""
    few = len(made.examples)
    if few < made.wanted:
        yield f"{few} of {made.wanted} examples: no more of the {made.rows:,} rows differ enough from these"
    else:
        yield f"{few} examples of {made.rows:,} rows of '{made.table}': {made.input} → {made.target}"
    did = Counter(example.reviewed for example in made.examples)
    if did["edited"] or did["accepted"]:
        yield f"  {did['edited']} with an answer that a person edited, {did['accepted']} that a person accepted"
    for label, values in made.shares.items():
        missing = [value for value, times in values.items() if not times]
        shown = ", ".join(f"{value} {times}" for value, times in values.items() if times)
        lacking = f"; none of {', '.join(missing[:8])}{', …' if len(missing) > 8 else ''}" if missing else ""
        yield f"  {label}: {shown}{lacking}"
    yield (
        f"{count.tokens:,} tokens, as {count.by} counts"
        if count.exact
        else f"about {count.tokens:,} tokens (counted by {count.by}; Claude's own differ)"
    )


def save(text: str, path: str | Path) -> None:
    """Write a block to a file, and a line end behind it. Raises OutputError."""
    try:
        with replacing(Path(path)) as unfinished:
            unfinished.write_text(text + "\n", encoding="utf-8")
    except OSError as error:
        raise OutputError(f"cannot write to {path}: {error.strerror}", "choose another place: -o FILE") from None
