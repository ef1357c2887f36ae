"""Which single slips, cases, voices, levels and lengths cost most: a regression of the scores on what is known of each row.

What a message is about is taken into account and not told, for the slices tell it. A label that few rows have, or nearly all, is left out,
and where few answers are wrong (or right) only the most frequent labels are looked at.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import quantiles
from typing import Any

from synthgen.comparison.effects import Column, Design, Effect, effects
from synthgen.dataset import Dataset
from synthgen.dataset.layout import MANNERS, topic_of
from synthgen.errors import OutputError
from synthgen.fields.edges import NONE
from synthgen.harness.cases import harness_of
from synthgen.harness.pairing import SURE, Twins
from synthgen.recipe.recorded import RecordedField
from synthgen.spec.paths import root_of
from synthgen.spec.rows import to_text

ROWS, RIGHT = 100, 20
"""Rows that there must be, and right (and wrong) answers."""
WITH = 15
"""Rows that must have a label, and rows that must lack it."""
PER_LABEL = 3
"""Right (and wrong) answers that there must be for each label that is looked at."""
QUARTERS = 4

Labels = Mapping[str, Mapping[str, str]]
"""For each label the value of every row."""


@dataclass(frozen=True)
class LabelEffect:
    """What a value of a label does to the scores, all else being equal: `apart` is -1 where it surely costs, 1 where it surely gains.
    The value "" is that of a level, whose effect is that of one more."""

    label: str
    value: str
    effect: Effect
    apart: int


@dataclass(frozen=True)
class TypedRows:
    """Of each row of a table what an application read: the slips in it, by their kinds and by the words that they are in, and how many
    words it has. `twins` are the rows that are the same requests, `topic` is the label that says what a message is about."""

    table: str
    slips: Mapping[str, set[Column]]
    words: Mapping[str, int]
    twins: Twins | None
    topic: str | None


def typed_rows(dataset: Dataset, table: str, labels: Labels, twins: Twins | None) -> TypedRows:
    """What an application read of the rows of a table, which have these `labels`."""
    topic = topic_of(dataset.recipe.fields_of(table), {label: label for label in labels})
    try:
        rows, harness = harness_of(dataset, table=table)
    except OutputError:  # nothing in that table is an input
        return TypedRows(table, {}, {}, twins, topic)
    column, slips, words = root_of(harness.input), dict[str, set[Column]](), dict[str, int]()
    made_from, sources = set(_made_from(column, dataset.recipe.fields_of(table))), _slip_columns(rows.columns)
    for row, values in rows.read([column, *sources, *sources.values()]):
        text = to_text(values[column])
        there = [name for name in sources if name in made_from or (values[name] and to_text(values[name]) in text)]
        slips[row] = {slip for name in there for slip in _slips(values[sources[name]])}
        words[row] = len(text.split())
    return TypedRows(table, slips, words, twins, topic)


def label_effects(typed: TypedRows, scores: Mapping[str, float], labels: Labels) -> list[LabelEffect]:
    """What each label of a table's rows does to their `scores`, the dearest first; none where there are too few rows."""
    rows = [row for row in scores if row.rpartition("-")[0] == typed.table]
    right = sum(scores[row] for row in rows)
    enough = min(right, len(rows) - right)
    if len(rows) < ROWS or enough < RIGHT:
        return []
    design = _kept(_design(typed, rows, labels), int(enough / PER_LABEL))
    requests = typed.twins.requests if typed.twins else {}
    effect_of = effects(design, [scores[row] for row in rows], [requests.get(row, row) for row in rows])
    ordered = sorted(effect_of.items(), key=lambda item: (item[1].difference, item[0]))
    return [LabelEffect(*name, effect, 0 if effect.corrected_p >= SURE else -1 if effect.difference < 0 else 1) for name, effect in ordered]


def _design(typed: TypedRows, rows: Sequence[str], labels: Labels) -> Design:
    design, twins, topic = Design(), typed.twins, typed.topic
    options_of = twins.options if twins else {}
    slips, lengths = [typed.slips.get(row, set()) for row in rows], [typed.words.get(row, 0) for row in rows]
    for slip in sorted({slip for row_slips in slips for slip in row_slips}):
        design.columns[slip] = [float(slip in row_slips) for row_slips in slips]
    for label, by_row in labels.items():
        manner = next((manner for manner in MANNERS if label == manner or label.endswith(f"_{manner}")), "")
        if label not in options_of and manner:
            values = [by_row[row] for row in rows]
            design.add(label, values, NONE if NONE in values and manner == "case" else Counter(values).most_common(1)[0][0])
    for name, options in options_of.items():
        values = [twins.values[row][name] if twins and row in twins.values else options[0] for row in rows]
        if twins and name in twins.levels:
            design.columns[name, ""] = [float(value) for value in values]
        else:
            design.add(name, values, options[0])
    if len(set(lengths)) > QUARTERS:
        least, _, most = quantiles(lengths, n=QUARTERS)
        names = [
            f"up to {least:.0f} words" if words <= least else f"{most:.0f} words or more" if words >= most else "" for words in lengths
        ]
        design.add("length", names, "")
    if topic and topic not in options_of:
        values = [labels[topic][row] for row in rows]
        design.add(topic, values, Counter(values).most_common(1)[0][0], control=True)
    return design


def _made_from(name: str, fields: Mapping[str, RecordedField]) -> Iterator[str]:
    """A field and those that it goes back to, up to the message as it was first typed."""
    left = dict(fields)
    while field := left.pop(name, None):
        yield name
        name = field.made_from


def _slip_columns(columns: Collection[str]) -> dict[str, str]:
    """The columns of texts with those of their slips."""
    return {name: f"{name}_slips" for name in columns if f"{name}_slips" in columns}


def _slips(listed: Any) -> Iterator[Column]:
    for slip in (slip for slip in (listed if isinstance(listed, list) else ()) if isinstance(slip, dict)):
        if slip.get("kind"):
            yield "slip", str(slip["kind"]).replace("_", " ")
        if slip.get("was"):
            yield "slip in", str(slip["was"]).lower()


def _kept(design: Design, most: int) -> Design:
    """The columns that enough rows have and lack, so many at most: the most frequent ones; controls behind all others. What is
    the same in all rows as another column is left out."""
    rows = len(next(iter(design.columns.values()), ()))
    counts = {name: sum(value != 0 for value in column) for name, column in design.columns.items()}
    fitting = [name for name, count in counts.items() if WITH <= count <= rows - WITH]
    ordered = sorted(fitting, key=lambda name: (name in design.controls, -counts[name], name))
    distinct = list({tuple(design.columns[name]): name for name in reversed(ordered)}.values())[::-1][:most]
    return Design({name: design.columns[name] for name in sorted(distinct)}, design.groups, design.controls)
