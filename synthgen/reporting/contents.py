"""One table of an output as the page reads it: which columns are texts, which labels, and some of its rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from synthgen.dataset import Dataset
from synthgen.dataset.columns import PROVENANCE
from synthgen.dataset.layout import SPOKEN, RowText, first_of, texts_of_row, topic_of
from synthgen.dataset.table import TableRows
from synthgen.reporting.typical import by_labels, by_wording
from synthgen.spec.rows import plain
from synthgen.text.legible import Pieces, legible

SHOWN, ENDS = 20, 8
"""Rows of a table that are shown unselected, and as the most (and the least) typical ones."""
READ = 100_000
"""Texts of a column that are read at most."""
COMPARED = 3_000
"""Rows among which the typical ones are looked for."""
CELL = 240
"""Characters of a value beside the texts."""


@dataclass(frozen=True)
class ReportRow:
    """A row: its id, what was said in it, its labels, and what else it holds; how typical it is (None: not asked)."""

    id: str
    texts: list[RowText]
    labels: list[tuple[str, Pieces]]
    facts: list[tuple[str, Pieces]]
    typical: float | None = None


@dataclass(frozen=True)
class Contents:
    """A table of an output."""

    dataset: Dataset
    name: str

    @cached_property
    def rows(self) -> int:
        """How many rows it has."""
        return int(self.dataset.manifest["tables"][self.name]["rows"])

    @cached_property
    def columns(self) -> list[str]:
        """The columns that ship, but for the provenance."""
        return [name for name in self.dataset.schema(self.name).names if name != PROVENANCE]

    @cached_property
    def spoken(self) -> list[str]:
        """The columns of what was said: messages, answers, conversations."""
        fields = self.dataset.recipe.fields_of(self.name).values()
        return [field.name for field in fields if field.name in self.columns and field.role in SPOKEN and field.name not in self._few]

    @cached_property
    def message(self) -> str | None:
        """The column of what was typed, before it became an edge case or anything else that ships; None where nobody typed."""
        fields, schema = self.dataset.recipe.fields_of(self.name).values(), self.dataset.schema(self.name)
        typed = {field.name: field.made_from for field in fields if field.role == "message" and field.name in self.columns}
        texts = {name: origin for name, origin in typed.items() if str(schema.field(name).type) == "string"}
        return next((name for name, origin in texts.items() if origin not in texts), None)

    @cached_property
    def _few(self) -> dict[str, str]:
        return TableRows(self.dataset, self.name).labels()

    @cached_property
    def topic(self) -> str | None:
        """The short name of the label that says what a message is about."""
        return topic_of(self.dataset.recipe.fields_of(self.name), self._few)

    @cached_property
    def first(self) -> list[str]:
        """The short names of the labels that stand before the others and by which these are crossed: voice, case, and the topic."""
        return first_of(self.dataset.recipe.fields_of(self.name), self._few)

    @cached_property
    def labels(self) -> dict[str, str]:
        """The columns that are labels, by their short names; the `first` ones first."""
        return {label: self._few[label] for label in dict.fromkeys([*self.first, *self._few])}

    def texts(self, column: str) -> list[str | None]:
        """A column of text; of very many rows so many that are evenly spread, so that memory does not grow with the rows."""
        return [value for batch in self._batches_at(spread_over(self.rows, READ), [column]) for value in batch.column(0).to_pylist()]

    # Rows

    def shown(self) -> tuple[list[ReportRow], list[ReportRow], list[ReportRow]]:
        """Rows as they come, evenly spread over the table; those most like the others, the most typical first; and those least like them,
        the least typical first. There are none of these of a table that is short, or has nothing to tell by."""
        groups = dict.fromkeys(spread_over(self.rows, SHOWN)), *self._ends()
        places = sorted({place for group in groups for place in group})
        rows_by_place = dict(zip(places, self._at(places), strict=True))
        first, most, least = ([self._row(dict(rows_by_place[place]), score) for place, score in group.items()] for group in groups)
        return first, most, least

    def _ends(self) -> tuple[dict[int, float], dict[int, float]]:
        """The places of the most and the least typical rows, and how typical each is."""
        typicality = self.typicality()
        if len(typicality) < 3 * ENDS or len({score for _, score in typicality}) < 2:
            return {}, {}
        ordered = sorted(typicality, key=lambda item: (-item[1], item[0]))
        return dict(ordered[:ENDS]), dict(reversed(ordered[-ENDS:]))

    def typicality(self) -> list[tuple[int, float]]:
        """The places of rows, of very many so many that are evenly spread, each with how typical it is."""
        places = spread_over(self.rows, COMPARED)
        return list(self._by_message(self.message, places) if self.message else self._by_labels(places))

    def _by_message(self, message: str, places: Sequence[int]) -> Iterator[tuple[int, float]]:
        topic = self.labels[self.topic] if self.topic else message
        rows = [(place, row[message], row[topic] if self.topic else None) for place, row in self._at_each(places, {message, topic})]
        typed_rows = [(place, text, group) for place, text, group in rows if text]
        scores = by_wording([text for _, text, _ in typed_rows], [group for *_, group in typed_rows])
        return zip((place for place, *_ in typed_rows), scores, strict=True)

    def _by_labels(self, places: Sequence[int]) -> Iterator[tuple[int, float]]:
        names = list(self.labels.values())
        rows = [[row[name] for name in names] for _, row in self._at_each(places, names)] if names else []
        return zip(places, by_labels(rows), strict=False)

    def _at_each(self, places: Sequence[int], names: Iterable[str]) -> Iterator[tuple[int, dict[str, Any]]]:
        return zip(places, self._at(places, list(names)), strict=True)

    def _at(self, places: Sequence[int], names: Sequence[str] | None = None) -> Iterator[dict[str, Any]]:
        """The rows at these places, which are in order."""
        for batch in self._batches_at(places, names):
            yield from self.dataset.opened(batch)

    def _batches_at(self, places: Sequence[int], names: Sequence[str] | None = None) -> Iterator[Any]:
        first, remaining = 0, iter(places)
        place = next(remaining, None)
        for batch in self.dataset.batches(self.name, names):
            offsets = []
            while place is not None and place < first + batch.num_rows:
                offsets.append(place - first)
                place = next(remaining, None)
            if offsets:
                yield batch if len(offsets) == batch.num_rows else batch.take(offsets)
            first += batch.num_rows

    def _row(self, row: dict[str, Any], typical: float | None) -> ReportRow:
        row_id = f"{self.name}-{row.pop(PROVENANCE)['row']}"
        values = plain(row)
        texts = texts_of_row(values, self.spoken)
        excluded = {*self.spoken, *self.labels.values(), *(f"{name}_{part}" for name in self.spoken for part in ("slips", "style", "mess"))}
        return ReportRow(
            row_id,
            texts,
            [(name, legible(values[column], longest=CELL)) for name, column in self.labels.items()],
            [(name, legible(value, longest=CELL)) for name, value in values.items() if name not in excluded],
            typical,
        )


def spread_over(count: int, sample_size: int) -> list[int]:
    """So many places from 0 up to `count`, evenly spread."""
    return list(range(count)) if count <= sample_size else [place * count // sample_size for place in range(sample_size)]
