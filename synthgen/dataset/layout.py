"""How a row is read: what was said in it first, then its labels and facts; what was measured of a text only when asked for.

Which column is what, the fields say themselves by their roles, and of columns that may be anything the values (see `table`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from synthgen.dataset.dataset import Dataset
from synthgen.dataset.table import TableRows, is_label, origin_of, short_names
from synthgen.fields.edges import NONE
from synthgen.recipe.recorded import RecordedField, last_message
from synthgen.spec.rows import to_text
from synthgen.text.legible import LONGEST, Pieces, legible

SPOKEN = ("message", "answer", "reply")
"""What fields are that hold what somebody said."""
MANNERS = ("voice", "case")
"""Labels that say how a message was typed, and what is odd about it."""
INTENT = "intent"
"""What most people call what a message is about."""
JUDGED = 1000
"""Rows by which it is judged whether a column that may be anything is a label."""


@dataclass(frozen=True)
class Layout:
    """The columns of a table in the order in which a row is read: the `texts`, what was typed last before the others; the `labels` by their
    short names; the `facts`; what was `measured` of the texts; and those of the texts that are `earlier` versions of another."""

    texts: tuple[str, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)
    facts: tuple[str, ...] = ()
    measured: tuple[str, ...] = ()
    earlier: tuple[str, ...] = ()

    @property
    def columns(self) -> list[str]:
        """All columns but those that were measured."""
        return [*self.texts, *self.labels.values(), *self.facts]


@dataclass(frozen=True)
class RowText:
    """A text of a row: whose it is, and its pieces; of a conversation the turns, (role, pieces) each, of an answer its `parts`."""

    name: str
    pieces: Pieces = ()
    parts: tuple[tuple[str, Pieces], ...] = ()


def layout_of(dataset: Dataset, table: str, columns: Sequence[str]) -> Layout:
    """The layout of a table of an output, of which these columns are read. Raises OutputError."""
    rows = TableRows(dataset, table)
    kinds = {name: rows.columns[name] for name in columns if name in rows.columns}
    labels = rows.labels([name for name in rows.columns if name not in kinds], JUDGED)
    return _layout(dataset.recipe.fields_of(table), kinds, labels)


def planned_layout(makers: Mapping[str, RecordedField], columns: Mapping[str, str]) -> Layout:
    """The layout of rows that are not there yet, of fields and columns with their types."""
    labels = [name for name, kind in columns.items() if is_label(name, kind, makers)]
    return _layout(makers, columns, short_names(labels, columns, makers, lambda name, other: True))


def layout_of_values(makers: Mapping[str, RecordedField], values: Mapping[str, Any], text: str = "") -> Layout:
    """The layout of a row that did not ship, of which only the values are known; `text` is a field that is read as a text, too."""
    layout = planned_layout(makers, {name: _kind(value) for name, value in values.items()})
    if text not in values or text in layout.texts:
        return layout
    labels = {name: column for name, column in layout.labels.items() if column != text}
    facts, measured = (tuple(name for name in names if name != text) for names in (layout.facts, layout.measured))
    return Layout((*layout.texts, text), labels, facts, measured, layout.earlier)


def _kind(value: Any) -> str:
    kinds = ((bool, "bool"), (float, "float64"), (list | dict, "json"))
    return next((kind for shape, kind in kinds if isinstance(value, shape)), "string")


def _layout(makers: Mapping[str, RecordedField], columns: Mapping[str, str], labels: Mapping[str, str]) -> Layout:
    label_columns = set(labels.values())
    spoken = [name for name in columns if name in makers and makers[name].role in SPOKEN and name not in label_columns]
    typed = last_message(makers.values(), spoken)
    remaining = [name for name in columns if name not in label_columns and name not in spoken]
    measured = tuple(name for name in remaining if _is_measured(name, columns[name], makers))
    texts = sorted(spoken, key=lambda name: name != typed)
    made_from = {makers[name].made_from for name in spoken}
    ordered = dict.fromkeys([*reversed(first_of(makers, labels)), *labels])
    return Layout(
        tuple(texts),
        {name: labels[name] for name in ordered},
        tuple(name for name in remaining if name not in measured),
        measured,
        tuple(name for name in texts if name in made_from),
    )


def _is_measured(name: str, kind: str, makers: Mapping[str, RecordedField]) -> bool:
    """Whether a column was measured of a text, or says again what a label says."""
    measured = "json" in kind or kind in ("float64", "double") or is_label(name, kind, makers)
    return measured and origin_of(name, makers) != ("", "")


def topic_of(makers: Mapping[str, RecordedField], labels: Mapping[str, str]) -> str | None:
    """The short name of the label that says what a message is about: the one that a field's `topic` names, or `intent`."""
    named = {name for maker in makers.values() for name in re.findall(r"\w+", str(maker.data.get("topic") or ""))}
    return next((label for label, column in labels.items() if column in named), INTENT if INTENT in labels else None)


def odd_cases(labels: Mapping[str, Any]) -> Iterator[str]:
    """The edge cases that the labels of a row name: those called `case`, or that of a field."""
    for name, value in labels.items():
        if name.rpartition("_")[2] == "case" and isinstance(value, str) and value != NONE:
            yield value


def first_of(makers: Mapping[str, RecordedField], labels: Mapping[str, str]) -> list[str]:
    """The short names of the labels that stand before the others: voice, case, and the topic."""
    manners = [label for manner in MANNERS for label in labels if label == manner or label.endswith(f"_{manner}")]
    topic = topic_of(makers, labels)
    return [*manners, *([topic] if topic and topic not in manners else [])]


def texts_of_row(values: Mapping[str, Any], names: Iterable[str], longest: int = LONGEST) -> list[RowText]:
    """What was said in a row, in the fields of these names. A text that is equal to an earlier one shares its place."""
    alike: dict[tuple[bool, str], list[str]] = {}
    for name in names:
        alike.setdefault((values.get(name) is None, to_text(values.get(name))), []).append(name)
    texts = []
    for group in alike.values():
        value = values.get(group[0])
        slips = next((field_slips for name in group if isinstance(field_slips := values.get(f"{name}_slips"), list)), [])
        parts = _parts(value, longest)
        texts.append(RowText(", ".join(group), () if parts else legible(value, slips, longest), parts))
    return texts


def _parts(value: Any, longest: int) -> tuple[tuple[str, Pieces], ...]:
    """The turns of a conversation, or the parts of an answer; none of a text."""
    if isinstance(value, list) and value and all(isinstance(turn, dict) and {"role", "content"} <= turn.keys() for turn in value):
        return tuple((to_text(turn["role"]), legible(turn["content"], longest=longest)) for turn in value)
    return tuple((str(key), legible(part, longest=longest)) for key, part in value.items()) if isinstance(value, dict) else ()
