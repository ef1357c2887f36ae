"""One table as the page reads it: row by row from its shards, of which a few groups are kept, and what of a row can be changed."""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from synthgen.dataset import Dataset
from synthgen.dataset.columns import PROVENANCE
from synthgen.dataset.find import numbers
from synthgen.decisions.known import Reviewable, Waiting, number_of
from synthgen.recipe.recorded import RecordedField, last_message
from synthgen.reporting.contents import Contents
from synthgen.spec.paths import root_of
from synthgen.spec.rows import to_text

if TYPE_CHECKING:
    import pyarrow
    from numpy.typing import NDArray

GROUPS = 4
"""Groups of rows (10,000 each) that are kept in memory."""


@dataclass
class ReviewTable:
    """A table of an output. Rows are named by their place: from 0 those that were made, then those that wait to be let in. Their ids
    (`traffic-17`) go by their number."""

    reviewable: Reviewable
    name: str
    _groups: OrderedDict[int, pyarrow.Table] = field(default_factory=OrderedDict, repr=False)
    _options: dict[str, list[Any]] = field(default_factory=dict, repr=False)

    @property
    def dataset(self) -> Dataset:
        """The output."""
        return self.reviewable.dataset

    @cached_property
    def contents(self) -> Contents:
        """Its columns: texts, labels, the rest."""
        return Contents(self.dataset, self.name)

    # Rows

    @cached_property
    def _row_numbers(self) -> NDArray[Any]:
        """The numbers of the rows that were made, rising."""
        return numbers(self.dataset, self.name)

    @cached_property
    def _waiting(self) -> list[int]:
        """The numbers of the rows that wait, rising."""
        return sorted(self.reviewable.waiting.get(self.name, ()))

    @property
    def made_count(self) -> int:
        """How many rows were made; those from this place on wait."""
        return len(self._row_numbers)

    def __len__(self) -> int:
        return self.made_count + len(self._waiting)

    def number(self, place: int) -> int:
        """The number of the row at a place."""
        return int(self._row_numbers[place]) if place < self.made_count else self._waiting[place - self.made_count]

    def id(self, place: int) -> str:
        """The id of the row at a place."""
        return f"{self.name}-{self.number(place)}"

    def place(self, row: str) -> int | None:
        """The place of the row of an id; None where there is none."""
        number = number_of(self.name, row)
        if number is None:
            return None
        place = int(self._row_numbers.searchsorted(number))
        if place < self.made_count and self._row_numbers[place] == number:
            return place
        return self.made_count + self._waiting.index(number) if number in self.reviewable.waiting.get(self.name, ()) else None

    def row(self, place: int) -> dict[str, Any]:
        """The row at a place, with its provenance if it was made. Raises OutputError."""
        if waiting := self.waiting(place):
            return dict(waiting.values)
        group, start = self._group_of(place)
        return self.dataset.opened(group.slice(place - start, 1))[0]

    def waiting(self, place: int) -> Waiting | None:
        """Why the row at a place waits; None for one that was made."""
        return self._set_aside[self._waiting[place - self.made_count]] if place >= self.made_count else None

    @cached_property
    def _set_aside(self) -> Mapping[int, Waiting]:
        return {waiting_row.number: waiting_row for waiting_row in self.reviewable.waiting_rows(self.name, set(self._waiting))}

    def _group_of(self, place: int) -> tuple[pyarrow.Table, int]:
        number = next(number for number, (start, stop, *_) in enumerate(self._layout) if start <= place < stop)
        start, _, path, inner = self._layout[number]
        if number not in self._groups:
            with self.dataset.stored(path) as stored:
                self._groups[number] = stored.read_row_group(inner, use_threads=False)
            while len(self._groups) > GROUPS:
                self._groups.popitem(last=False)
        self._groups.move_to_end(number)
        return self._groups[number], start

    @cached_property
    def _layout(self) -> list[tuple[int, int, str, int]]:
        """The groups of rows: from which place to which, in which shard, and which there."""
        groups, start = [], 0
        for path in self.dataset.paths(self.name):
            with self.dataset.stored(path) as stored:
                for inner in range(stored.num_row_groups):
                    count = stored.metadata.row_group(inner).num_rows
                    groups.append((start, start + count, path, inner))
                    start += count
        return groups

    def columns(self, names: Sequence[str]) -> Iterator[pyarrow.RecordBatch]:
        """These columns of the rows that were made, a thousand rows at a time."""
        return self.dataset.batches(self.name, names)

    # What can be decided of them

    @cached_property
    def fields(self) -> dict[str, RecordedField]:
        """The fields that ship, those of the tables above too."""
        return {name: field for name, field in self.dataset.recipe.fields_of(self.name).items() if name in self.contents.columns}

    @cached_property
    def read(self) -> list[str]:
        """The fields that a reviewer reads and decides of."""
        return self.reviewable.fields(self.name)

    @cached_property
    def parent(self) -> str:
        """The table that its rows are made from; "" where there is none."""
        recorded = self.dataset.recipe.tables.get(self.name)
        return recorded.parent if recorded and recorded.parent in self.reviewable.schemas else ""

    @cached_property
    def own_fields(self) -> set[str]:
        """The fields that its rows do not have from the table above."""
        recorded = self.dataset.recipe.tables.get(self.name)
        return set(recorded.fields if recorded else self.contents.columns)

    @cached_property
    def last_message(self) -> str:
        """The field of what was typed, in its last version; "" where nobody typed."""
        return last_message(self.fields.values(), self.contents.columns) or ""

    @cached_property
    def pairs(self) -> list[tuple[str, str]]:
        """The labels, each with the blind answer (`solve`) that should say the same: those that a check `agrees` compares, and those that
        have the same options."""
        written = self.dataset.recipe.data.get("tables", {}).get(self.name) or {}
        pairs = [(str(check.get("with")), str(check.get("field"))) for check in written.get("keep") or () if check.get("kind") == "agrees"]
        compared = {root_of(answer) for _, answer in pairs}
        for answer in (name for name in self.own_fields & self.fields.keys() if self.fields[name].data.get("kind") == "solve"):
            options = self.options(answer)
            if options and answer not in compared:
                pairs += [(label, answer) for label, field in self.fields.items() if field.role == "label" and self._same(label, options)]
        return [pair for pair in pairs if all(root_of(path) in self.fields for path in pair)]

    def _same(self, label: str, options: list[Any]) -> bool:
        return set(map(to_text, self.options(label))) == set(map(to_text, options))

    @cached_property
    def target(self) -> str:
        """The label that matters most: the target of the recipe's harness, what a blind answer is compared with, or what messages are
        about; "" where there is none."""
        harness_target = str(self.dataset.recipe.harness.get("target") or "")
        compared = [label for label, _ in self.pairs]
        about = self.contents.labels.get(self.contents.topic or "", "")
        return next(
            (path for path in (harness_target, *compared, about) if path and root_of(path) in self.fields and self.options(path)), ""
        )

    def options(self, path: str) -> list[Any]:
        """The values that a label may have: those of the recipe, or of a column of few values those that it has. None where any may stand
        there."""
        if path not in self._options:
            options = self.reviewable.options(self.name, path) if root_of(path) in self.contents.columns else []
            column = next((label for label, name in self.contents.labels.items() if name == path and name in self.read), "")
            self._options[path] = list(options or ()) or [value for value, _ in self.values.get(column, ())]
        return self._options[path]

    @cached_property
    def values(self) -> dict[str, list[tuple[str, int]]]:
        """Its labels, each with its values, the commonest first, and how many rows have them."""
        names = self.contents.labels
        counts: dict[str, Counter[str]] = {label: Counter() for label in names}
        for batch in self.columns(list(names.values())) if names else ():
            for label, column in names.items():
                for entry in batch.column(column).value_counts():
                    counts[label][to_text(entry["values"].as_py())] += entry["counts"].as_py()
        return {label: counter.most_common() for label, counter in counts.items()}

    def lacks(self, place: int) -> str:
        """The field that a row which waits has no value of; "" for any other."""
        waiting = self.waiting(place)
        return waiting.lacks if waiting and waiting.lacks in self.fields else ""

    def is_json(self, path: str) -> bool:
        """Whether a path leads to a whole column of JSON."""
        return path in self.reviewable.schemas[self.name].names and "json" in str(self.reviewable.schemas[self.name].field(path).type)

    def parent_of(self, place: int) -> int | None:
        """The place of the row that a row was made from; None where it is not known."""
        return (self.row(place).get(PROVENANCE) or {}).get("parent") if self.parent else None
