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
from synthgen.text.similarity import dice, trigrams

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
    dataset = opened(folder, review=review)
    harness = dataset.recipe.harness
    named_fields = source or harness.get("input"), target or harness.get("target")
    name = dataset.named(table or _first_table(dataset, named_fields))
    column = told_in(dataset, name)
    rows = (
        [row for place, row in enumerate(dataset.rows(name)) if place < AMONG or row[column]]
        if column
        else [*islice(dataset.rows(name), AMONG)]
    )
    fields = dataset.recipe.fields_of(name)
    source = named_fields[0] or _typed(fields, rows, name)
    target = named_fields[1] or _answer(fields, rows, name, source)
    for path in (source, target, *cover):
        _check_field(path, rows, name)
    answers = _targets(dataset.recipe, set(rows[0]) if rows else set(), source, target)
    places = [number for number, row in enumerate(rows) if _fits(row, source, answers, form)]
    usable_rows = [rows[number] for number in places]
    if not usable_rows:
        raise OutputError(f"no row of '{name}' has both '{source}' and '{target}'", "look at the rows: synthgen look OUTPUT")
    labels = list(cover) or [label for label in _labels(fields, usable_rows, target) if label != source]
    values = [{label: to_text(answers.of(row) if label == target else get_path(row, label)) for label in labels} for row in usable_rows]
    reviews = [_done(row.get(column), target) for row in usable_rows]
    chosen = choose([to_text(get_path(row, source)) for row in usable_rows], values, k, [PREFERRED.index(status) for status in reviews])
    examples = [
        FewShotExample(
            places[index],
            to_text(get_path(usable_rows[index], source)),
            to_text(answers.of(usable_rows[index])),
            values[index],
            reviews[index],
        )
        for index in chosen
    ]
    counts = {label: Counter(example.labels[label] for example in examples) for label in labels}
    shares = {label: {value: counts[label][value] for value in sorted({row_labels[label] for row_labels in values})} for label in labels}
    return Fewshot(name, source, target, examples, k, len(usable_rows), shares)


def _done(review: Mapping[str, Any] | None, target: str) -> Literal["edited", "accepted", ""]:
    """What a person did with a row, by its column for reviews."""
    if not review:
        return ""
    if any(f"{path}.".startswith(f"{target}.") or f"{target}.".startswith(f"{path}.") for path in review["changed"]):
        return "edited"
    return "accepted" if review["status"] == "accepted" else ""


# Which fields


def _first_table(dataset: Dataset, named_fields: tuple[str | None, str | None]) -> str | None:
    """The first table that has the target, or in which Claude made something; None: the first of all."""
    target = (named_fields[1] or "").partition(".")[0]
    for name in dataset.tables:
        fields = dataset.recipe.tables[name].fields if name in dataset.recipe.tables else {}
        if target in fields if target else any(field.role == "answer" and not field.hidden for field in fields.values()):
            return name
    return None


def _typed(fields: Mapping[str, RecordedField], rows: Sequence[Mapping[str, Any]], table: str) -> str:
    """The field that holds what was typed, in its last version."""
    message_field = last_message(fields.values(), rows[0] if rows else ())
    if message_field is None:
        raise OutputError(f"table '{table}' has no field that somebody typed", "name what the examples begin with: --input FIELD")
    return message_field


def _answer(fields: Mapping[str, RecordedField], rows: Sequence[Mapping[str, Any]], table: str, source: str) -> str:
    answer_field = next(
        (name for name, field in fields.items() if field.role == "answer" and rows and name in rows[0] and name != source), None
    )
    topics = _named(fields, "topic")
    answer_field = answer_field or next((name for name in fields if name in topics and rows and name in rows[0]), None)
    if answer_field is None:
        raise OutputError(
            f"table '{table}' has no field that Claude made, nor a label that messages are about",
            "name what the examples end with, such as a label: --target FIELD",
        )
    return answer_field


def _check_field(path: str, rows: Sequence[Mapping[str, Any]], table: str) -> None:
    columns = [name for name in rows[0] if name != "provenance"] if rows else []
    name, _, part = path.partition(".")
    if name not in columns:
        raise OutputError(f"table '{table}' has no field '{name}'", did_you_mean(name, columns, "fields"))
    parts = {str(key) for row in rows if isinstance(row[name], dict) for key in row[name]}
    if part and part.partition(".")[0] not in parts:
        raise OutputError(f"'{name}' has no part '{part}'", did_you_mean(part, parts, "parts"))


def _labels(fields: Mapping[str, RecordedField], rows: Sequence[Mapping[str, Any]], answer: str) -> Iterator[str]:
    """The parts of answers that are short and often the same, and the choices that messages are about; if there are none, all choices but
    those of edge cases, which are rare on purpose."""
    choices = [name for name, field in fields.items() if field.role == "label" and name in rows[0]]
    topics, cases = _named(fields, "topic"), _named(fields, "case")
    main_labels = [name for name in choices if name in topics] or [name for name in choices if name not in cases]
    parts = {f"{answer}.{key}" for row in rows if isinstance(value := get_path(row, answer), dict) for key in value}
    for path in dict.fromkeys([answer, *sorted(parts), *main_labels]):
        values = [value for row in rows if (value := get_path(row, path)) is not None]
        different = set(map(to_text, values))
        short = all(isinstance(value, bool) or (isinstance(value, str) and len(value.split()) < 5) for value in values)
        if values and (path in main_labels or (short and len(different) <= min(VALUES, len(values) // 2))):
            yield path


def _named(fields: Mapping[str, RecordedField], key: str) -> set[str]:
    """The words in the templates that fields have under a key."""
    return {word for field in fields.values() for word in re.findall(r"\w+", str(field.data.get(key, "")))}


# What they hold


def _targets(recipe: RecordedRecipe, columns: Collection[str], source: str, target: str) -> Targets:
    """What the targets are, as for a harness."""
    out = recipe.harness.get("out") if recipe.harness.get("target") == target else None
    targets = targets_of(recipe, columns, Harness(input=source, target=target, out=out))
    assert targets is not None  # as a target is named
    return targets


def _fits(row: Mapping[str, Any], source: str, targets: Targets, form: Form) -> bool:
    source_value, target_value = get_path(row, source), targets.of(row)
    return target_value is not None and _says_something(source_value) and (form != "messages" or bool(to_text(target_value).strip()))


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
    values = {label: len({row_labels[label] for row_labels in labels}) for label in (labels[0] if labels else ())}
    value_counts: dict[str, Counter[str]] = {label: Counter() for label in values}
    max_similarity = [0.0] * len(inputs)
    remaining = set(range(len(inputs)))
    chosen: list[int] = []
    ranks = ranks or [0] * len(inputs)
    best = [place for place, rank in enumerate(ranks) if rank == min(ranks)]
    next_place = next((best[place] for place in spread.order([{"text": inputs[place]} for place in best], ["text"])), None)
    while next_place is not None and len(chosen) < k:
        chosen.append(next_place)
        for label, counts in value_counts.items():
            counts[labels[next_place][label]] += 1
        remaining.discard(next_place)
        for candidate in list(remaining):
            max_similarity[candidate] = max(max_similarity[candidate], dice(sets[next_place], padded[candidate], len(sets[candidate])))
            if max_similarity[candidate] >= ALIKE:
                remaining.remove(candidate)
        coverage = {
            place: sum(values[label] * counts[labels[place][label]] for label, counts in value_counts.items()) for place in remaining
        }
        next_place = min(
            remaining, key=lambda place: (ranks[place] > 0, coverage[place], ranks[place], max_similarity[place], place), default=None
        )
    return chosen


# How they are written


def block(examples: Sequence[FewShotExample], form: Form) -> str:
    """The examples as a prompt can hold them: XML tags, the JSON of a list of messages, or Markdown."""
    return {"xml": _xml, "messages": _messages, "markdown": _markdown}[form](examples)


def _xml(examples: Sequence[FewShotExample]) -> str:
    blocks = [
        f"<example>\n<input>{_tagged(example.input)}</input>\n<output>{_tagged(example.target)}</output>\n</example>"
        for example in examples
    ]
    return "\n".join(["<examples>", *blocks, "</examples>"])


def _tagged(text: str) -> str:
    """Text as XML 1.0 gives it back; characters that it cannot hold become the one that stands for any."""
    kept = re.sub(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "\ufffd", text)
    return escape(kept, {"\r": "&#13;"})


def _messages(examples: Sequence[FewShotExample]) -> str:
    turns = [
        {"role": role, "content": text} for example in examples for role, text in (("user", example.input), ("assistant", example.target))
    ]
    return json.dumps(turns, ensure_ascii=False, indent=2)


def _markdown(examples: Sequence[FewShotExample]) -> str:
    blocks = [
        f"### Example {number}\n\nInput:\n\n{_fenced(example.input)}\n\nOutput:\n\n{_fenced(example.target)}"
        for number, example in enumerate(examples, 1)
    ]
    return "\n\n".join(blocks)


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
    dataset = Dataset.open(folder)
    claude_names = dataset.recipe.claudes
    return [
        str(identity)
        for name, identity in dataset.manifest.get("models", {}).items()
        if name in claude_names or str(identity).startswith("claude-")
    ]


def summary(chosen: Fewshot, count: Count) -> Iterator[str]:
    """What there is to say of the examples, a line each: how many, how they cover the labels, what they cost."""
    few = len(chosen.examples)
    if few < chosen.wanted:
        yield f"{few} of {chosen.wanted} examples: no more of the {chosen.rows:,} rows differ enough from these"
    else:
        yield f"{few} examples of {chosen.rows:,} rows of '{chosen.table}': {chosen.input} → {chosen.target}"
    reviews = Counter(example.reviewed for example in chosen.examples)
    if reviews["edited"] or reviews["accepted"]:
        yield f"  {reviews['edited']} with an answer that a person edited, {reviews['accepted']} that a person accepted"
    for label, values in chosen.shares.items():
        missing = [value for value, times in values.items() if not times]
        covered = ", ".join(f"{value} {times}" for value, times in values.items() if times)
        lacking = f"; none of {', '.join(missing[:8])}{', …' if len(missing) > 8 else ''}" if missing else ""
        yield f"  {label}: {covered}{lacking}"
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
