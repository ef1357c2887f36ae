"""Reading rows of an output, some of them, as they are: those that fit, in some order, and the rows that they belong to.

Where nothing is filtered or sorted, nothing is read but the page: how many rows there are, the manifest says.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from synthgen.dataset.answered import AnsweredSoFar, answered_so_far
from synthgen.dataset.columns import PROVENANCE
from synthgen.dataset.dataset import Dataset
from synthgen.dataset.fetched import local_copy
from synthgen.dataset.find import numbers, place_of, rows_at, set_aside
from synthgen.dataset.layout import Layout, layout_of, layout_of_values
from synthgen.dataset.related import related
from synthgen.dataset.unfinished import Reading, TableSoFar, begun_beside, open_any
from synthgen.dataset.wanted import Names, Wanted
from synthgen.errors import DataError, OutputError
from synthgen.spec import pages
from synthgen.spec.paths import get_path
from synthgen.text import files
from synthgen.text.dialogues import ReadSummary, Turns
from synthgen.text.message import texts_of
from synthgen.text.sources import is_export

Row = dict[str, Any]
ROWS = 10
"""Rows that are read where nobody says how many."""


@dataclass(frozen=True)
class LookedRow:
    """A row as it is read: its id, its values and their layout; of a try that was set aside, which it was and why (`aside`); `whole` as it
    is in its file; and what answer is `right`, where that is known to be another than its label."""

    id: str
    values: Row
    layout: Layout
    aside: str = ""
    whole: Row = field(default_factory=dict, repr=False)
    right: str = ""


@dataclass(frozen=True)
class Looked:
    """What `look` found: the table's name, some of its rows, and how many fit in all. It is unpacked and indexed as these three.

    `shown` are the same rows as they are read, and `beside` for each of them the rows of further tables that it belongs to. Where only some
    `fields` were asked for, the rows hold no others. Of a run that is not finished `so_far` says how far its tables are, and
    `working` which process makes it ("": none); `again` is where a run works to make a finished output anew. `unmatched` says of a filter
    that lets no row through which values there are. As long as no row is finished, there are none, but what was `answered`."""

    table: str
    rows: list[Row]
    fitting: int
    shown: list[LookedRow]
    beside: list[dict[str, list[LookedRow]]]
    fields: tuple[str, ...] = ()
    so_far: tuple[TableSoFar, ...] = ()
    again: Path | None = None
    working: str = ""
    unmatched: tuple[str, ...] = ()
    answered: AnsweredSoFar | None = None

    def __iter__(self) -> Iterator[Any]:
        return iter((self.table, self.rows, self.fitting))

    def __getitem__(self, place: int) -> Any:
        return (self.table, self.rows, self.fitting)[place]

    def __repr__(self) -> str:
        return f"Looked({self._count})"

    @property
    def _count(self) -> str:
        return f"{self.table}: {len(self.rows):,} of {self.fitting:,} rows{' so far' if self.so_far else ''}"

    def _repr_html_(self) -> str:
        parts = [pages.paragraph(self._count), pages.records(self.rows, self.fields) if self.fields else _records(self.shown)]
        for name in self.beside[0] if self.beside else ():
            parts += [pages.paragraph(f"{name}, of these rows"), _records([row for by_table in self.beside for row in by_table[name]])]
        if self.answered:
            messages = [{"message": message.text, "topic": message.topic} for message in self.answered.messages]
            parts = [pages.paragraph(self.answered.heading), pages.records(messages, ["message", "topic"])]
        return pages.page(*parts, *(pages.paragraph(str(table_so_far)) for table_so_far in self.so_far))


def _records(rows: Sequence[LookedRow]) -> str:
    """Rows as a table: their ids, what was said, labels and facts."""
    columns = dict.fromkeys(name for row in rows for name in ("", *row.layout.columns))
    return pages.records([{**row.values, "": f"{row.id}{row.aside and ', '}{row.aside}"} for row in rows], list(columns))


def look(
    folder: str | Path,
    table: str | Sequence[str] | None = None,
    *,
    where: Sequence[str] = (),
    search: str = "",
    sort: str = "",
    row: str | int | None = None,
    fields: Sequence[str] = (),
    rows: int | None = None,
    skip: int = 0,
) -> Looked:
    """Rows of an output, or of a run that is not finished: those that fit all of `where` (FIELD=VALUE, FIELD!=VALUE or FIELD=~PART) and
    have `search` in one of their texts, whatever the case, sorted by the field `sort` (`-FIELD`: falling); some of them, and how many fit
    in all.

    `table` is a name in the output, or one of rows set aside (refused, unsure, review); by default the recipe's harness's, else the first.
    Of several tables those rows of the later ones are shown that belong to rows of the first. `row` is the id of the only row to read
    (`traffic-17`), or its number; `fields` are the only fields to read, or parts of them; 10 `rows` are read unless it is said how many. Of
    a run none of whose rows is finished the last 20 messages are read that were typed. Raises OutputError where there is no such output,
    table, row or field, DataError.
    """
    if not (where or sort or fields or skip or row is not None) and (
        answered := answered_so_far(folder, table if isinstance(table, str) else next(iter(table or ()), None), search=search, most=rows)
    ):
        return _answered(answered)
    rows = ROWS if rows is None else rows
    reading = open_any(folder)
    dataset, names = reading.dataset, [table] if isinstance(table, str) else list(table or ())
    first, number = (names[0] if names else None), None
    if row is not None:
        by_number = dataset.recipe.main_table(dataset.tables) if str(row).strip().isdecimal() else None
        row_table, number = place_of(dataset, row, first if first in dataset.tables else by_number)
        first = first or row_table
    first, *other_tables = [_named(reading, name) for name in [first, *names[1:]]]
    if len({first, *other_tables}) <= len(other_tables):
        raise DataError("a table is named twice", "name each table once")
    if fields and other_tables:
        raise DataError("--field names fields of one table, and there are several", "leave out --field, or the other tables")
    columns = reading.columns(first)
    layout = layout_of(dataset, first, columns) if first in dataset.tables else None
    field_names = Names(dataset, first, columns, layout)
    selection, paths = Wanted.parse(field_names, where, search, sort), {name: field_names.path(name) for name in fields}
    candidates = range(_count(dataset, first)) if number is None else _row_places(dataset, first, row_table, number)
    places = selection.places(candidates)
    page = places[skip : skip + rows]
    values = _read(dataset, first, page, columns)
    beside = [dict[str, list[LookedRow]]() for _ in page] if other_tables else []
    for other_table in other_tables:
        for by_table, other_rows in zip(beside, _beside(reading, first, page, other_table), strict=True):
            by_table[other_table] = other_rows
    return Looked(
        first,
        [{name: get_path(record, path) for name, path in paths.items()} for record in values] if fields else values,
        len(places),
        [_shown(dataset, first, record, layout) for record in values],
        beside,
        tuple(fields),
        reading.so_far,
        None if reading.so_far else begun_beside(dataset.folder),
        reading.working,
        () if places or number is not None else tuple(selection.unmatched(candidates)),
    )


def _answered(answered: AnsweredSoFar) -> Looked:
    """What was answered in a run none of whose rows is finished."""
    table = answered.messages[-1].field.partition(".")[0]
    return Looked(table, [], 0, [], [], (), answered.so_far, None, answered.working, (), answered)


def _named(reading: Reading, table: str | None) -> str:
    """The name of a table that has rows. Raises OutputError."""
    begun = {table_so_far.name: table_so_far for table_so_far in reading.so_far}
    if table in begun and table not in reading.dataset.tables:
        raise OutputError(f"table '{table}' has no rows yet", "; ".join(map(str, reading.so_far)))
    dataset = reading.dataset
    return dataset.named(table) if table else dataset.recipe.main_table(dataset.tables)


def _count(dataset: Dataset, table: str) -> int:
    return int(dataset.manifest["tables"][table]["rows"] if table in dataset.tables else dataset.manifest["aside"][table])


def _row_places(dataset: Dataset, table: str, row_table: str, number: int) -> list[int]:
    """Where the row is that has a number in the table `row_table`: in `table`, which is the same, or holds tries that were set aside.
    Raises OutputError where it is not there."""
    if table in dataset.aside:
        keys = ((record["table"], record["row"]) for record in dataset.rows(table, ["table", "row"]))
        places = [place for place, key in enumerate(keys) if key == (row_table, number)]
    else:
        places = (numbers(dataset, table) == number).nonzero()[0].tolist()
    if not places:
        row_numbers = numbers(dataset, row_table)
        elsewhere = row_table if number in row_numbers else next((to for to, _ in set_aside(dataset, row_table, number)), "")
        last = f"the last one is {row_table}-{row_numbers[-1]}" if len(row_numbers) else ""
        hint = f"synthgen look {dataset.folder} {elsewhere} --row {row_table}-{number} shows it" if elsewhere else last
        raise OutputError(f"'{table}' of {dataset.folder} has no row {row_table}-{number}", hint)
    return places


def _read(dataset: Dataset, table: str, places: Sequence[int], columns: Sequence[str]) -> list[Row]:
    """The rows at places in any order."""
    ascending = sorted(places)
    rows_by_place = dict(zip(ascending, rows_at(dataset, table, ascending, columns), strict=False))
    return [rows_by_place[place] for place in places if place in rows_by_place]


def _beside(reading: Reading, table: str, places: Sequence[int], other_table: str) -> Iterator[list[LookedRow]]:
    """The rows of another table that belong to each of these."""
    dataset, columns = reading.dataset, reading.columns(other_table)
    layout = layout_of(dataset, other_table, columns) if other_table in dataset.tables else None
    for group in related(dataset, table, places, other_table):
        yield [_shown(dataset, other_table, row, layout) for row in _read(dataset, other_table, group, columns)]


def _shown(dataset: Dataset, table: str, row: Row, layout: Layout | None) -> LookedRow:
    if layout is not None:
        return LookedRow(f"{table}-{(row.get(PROVENANCE) or {}).get('row', '?')}", row, layout, whole=row)
    values = row["values"] or {}
    values_layout = layout_of_values(dataset.recipe.fields_of(row["table"]), values, row["field"])
    return LookedRow(
        f"{row['table']}-{row['row']}", values, values_layout, f"try {row['try']}: {row['check']} ({row['field']}): {row['reason']}", row
    )


def messages(
    place: str | Path,
    table: str | None = None,
    field: str | None = None,
    turns: Turns | None = None,
    listen: Callable[[str], None] | None = None,
) -> list[str]:
    """The messages in an output folder, or in a file (or the folder of an export) as `files.messages` reads it, with these `turns` of
    conversations. `listen` is told, in a line, what was read of records.

    Of an output those of `field` in `table`, without seeds that are rows; by default the first table's first typed field. Raises
    OutputError, DataError.
    """
    place = local_copy(place)
    if not place.is_dir() or is_export(place):
        summary = ReadSummary()
        texts = files.messages(place, field or "", turns, summary)
        if listen and summary.fields:
            listen(f"{place.name}: {summary}")
        return texts
    dataset = Dataset.open(place)
    name = dataset.named(table)
    fields = dataset.recipe.tables[name].fields.values() if name in dataset.recipe.tables else ()
    typed = [
        table_field.name for table_field in fields if table_field.role == "message" and not table_field.made_from and not table_field.hidden
    ]
    if field is None and not typed:
        raise OutputError(f"table '{name}' has no typed field", "name the one to read with --field")
    column = field or typed[0]
    seed = f"{column}_seed"
    rows = dataset.rows(name, [column, *({seed} & {*dataset.schema(name).names})])
    return [text for row in rows if not row.get(seed) for text in texts_of(row[column], f"table '{name}': '{column}'", column)]
