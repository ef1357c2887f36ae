"""Reading rows of an output, some of them, as they are: those that fit, in some order, and the rows that they belong to.

Where nothing is filtered or sorted, nothing is read but the page: how many rows there are, the manifest says.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from synthgen.dataset.columns import PROVENANCE
from synthgen.dataset.dataset import Dataset
from synthgen.dataset.find import numbers, place_of, rows_at, set_aside
from synthgen.dataset.layout import Layout, layout_of, layout_of_values
from synthgen.dataset.related import related
from synthgen.dataset.unfinished import Reading, TableSoFar, begun_beside, open_any
from synthgen.dataset.wanted import Names, Wanted
from synthgen.errors import DataError, OutputError
from synthgen.spec import pages
from synthgen.spec.paths import get_path
from synthgen.text import files
from synthgen.text.message import texts_of

Row = dict[str, Any]


@dataclass(frozen=True)
class LookedRow:
    """A row as it is read: its id, its values and their layout; of a try that was set aside, which it was and why (`aside`); and `whole`
    as it is in its file."""

    id: str
    values: Row
    layout: Layout
    aside: str = ""
    whole: Row = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class Looked:
    """What `look` found: the table's name, some of its rows, and how many fit in all. It is unpacked and indexed as these three.

    `shown` are the same rows as they are read, and `beside` for each of them the rows of further tables that it belongs to. Where only some
    `fields` were asked for, the rows hold no others. Of a run that is not finished `so_far` says how far its tables are; `again` is where a
    run works to make a finished output anew."""

    table: str
    rows: list[Row]
    fitting: int
    shown: list[LookedRow]
    beside: list[dict[str, list[LookedRow]]]
    fields: tuple[str, ...] = ()
    so_far: tuple[TableSoFar, ...] = ()
    again: Path | None = None

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
            parts += [pages.paragraph(f"{name}, of these rows"), _records([one for each in self.beside for one in each[name]])]
        return pages.page(*parts, *(pages.paragraph(str(one)) for one in self.so_far))


def _records(shown: Sequence[LookedRow]) -> str:
    """Rows as a table: their ids, what was said, labels and facts."""
    columns = dict.fromkeys(name for one in shown for name in ("", *one.layout.columns))
    return pages.records([{**one.values, "": f"{one.id}{one.aside and ', '}{one.aside}"} for one in shown], list(columns))


def look(
    folder: str | Path,
    table: str | Sequence[str] | None = None,
    *,
    where: Sequence[str] = (),
    search: str = "",
    sort: str = "",
    row: str | int | None = None,
    fields: Sequence[str] = (),
    rows: int = 10,
    skip: int = 0,
) -> Looked:
    """Rows of an output, or of a run that is not finished: those that fit all of `where` (FIELD=VALUE) and have `search` in one of their
    texts, whatever the case, sorted by the field `sort` (`-FIELD`: falling); some of them, and how many fit in all.

    `table` is a name in the output, or one of rows set aside (refused, unsure, review); by default the first. Of several tables the rows of
    the later ones are told that belong to those of the first. `row` is the id of the only row to read (`traffic-17`); `fields` are the only
    fields to read, or parts of them. Raises OutputError where there is no such output, table, row or field, DataError.
    """
    reading = open_any(folder)
    made, names = reading.dataset, [table] if isinstance(table, str) else list(table or ())
    first, number = (names[0] if names else None), None
    if row is not None:
        of, number = place_of(made, row, first if first in made.tables else None)
        first = first or of
    first, *others = [_named(reading, name) for name in [first, *names[1:]]]
    if len({first, *others}) <= len(others):
        raise DataError("a table is named twice", "name each table once")
    if fields and others:
        raise DataError("--field names fields of one table, and there are several", "leave out --field, or the other tables")
    columns = reading.columns(first)
    layout = layout_of(made, first, columns) if first in made.tables else None
    known = Names(made, first, columns, layout)
    wanted, paths = Wanted.asked(known, where, search, sort), {name: known.path(name) for name in fields}
    candidates = range(_count(made, first)) if number is None else _row_places(made, first, of, number)
    places = wanted.places(candidates)
    page = places[skip : skip + rows]
    values = _read(made, first, page, columns)
    beside = [dict[str, list[LookedRow]]() for _ in page] if others else []
    for other in others:
        for own, theirs in zip(beside, _beside(reading, first, page, other), strict=True):
            own[other] = theirs
    return Looked(
        first,
        [{name: get_path(one, path) for name, path in paths.items()} for one in values] if fields else values,
        len(places),
        [_shown(made, first, one, layout) for one in values],
        beside,
        tuple(fields),
        reading.so_far,
        None if reading.so_far else begun_beside(made.folder),
    )


def _named(reading: Reading, table: str | None) -> str:
    """The name of a table that has rows. Raises OutputError."""
    begun = {one.name: one for one in reading.so_far}
    if table in begun and table not in reading.dataset.tables:
        raise OutputError(f"table '{table}' has no rows yet", "; ".join(map(str, reading.so_far)))
    return reading.dataset.named(table)


def _count(made: Dataset, table: str) -> int:
    return int(made.manifest["tables"][table]["rows"] if table in made.tables else made.manifest["aside"][table])


def _row_places(made: Dataset, table: str, of: str, number: int) -> list[int]:
    """Where the row is that has a number in the table `of`: in `table`, which is the same, or holds tries that were set aside. Raises
    OutputError where it is not there."""
    if table in made.aside:
        keys = ((one["table"], one["row"]) for one in made.rows(table, ["table", "row"]))
        found = [place for place, key in enumerate(keys) if key == (of, number)]
    else:
        found = (numbers(made, table) == number).nonzero()[0].tolist()
    if not found:
        known = numbers(made, of)
        elsewhere = of if number in known else next((to for to, _ in set_aside(made, of, number)), "")
        last = f"the last one is {of}-{known[-1]}" if len(known) else ""
        hint = f"synthgen look {made.folder} {elsewhere} --row {of}-{number} shows it" if elsewhere else last
        raise OutputError(f"'{table}' of {made.folder} has no row {of}-{number}", hint)
    return found


def _read(made: Dataset, table: str, places: Sequence[int], columns: Sequence[str]) -> list[Row]:
    """The rows at places in any order."""
    ascending = sorted(places)
    found = dict(zip(ascending, rows_at(made, table, ascending, columns), strict=False))
    return [found[place] for place in places if place in found]


def _beside(reading: Reading, table: str, places: Sequence[int], other: str) -> Iterator[list[LookedRow]]:
    """The rows of another table that belong to each of these."""
    made, columns = reading.dataset, reading.columns(other)
    layout = layout_of(made, other, columns) if other in made.tables else None
    for group in related(made, table, places, other):
        yield [_shown(made, other, one, layout) for one in _read(made, other, group, columns)]


def _shown(made: Dataset, table: str, row: Row, layout: Layout | None) -> LookedRow:
    if layout is not None:
        return LookedRow(f"{table}-{(row.get(PROVENANCE) or {}).get('row', '?')}", row, layout, whole=row)
    values = row["values"] or {}
    own = layout_of_values(made.recipe.fields_of(row["table"]), values, row["field"])
    return LookedRow(
        f"{row['table']}-{row['row']}", values, own, f"try {row['try']}: {row['check']} ({row['field']}): {row['reason']}", row
    )


def messages(place: str | Path, table: str | None = None, field: str | None = None) -> list[str]:
    """The messages in an output folder, or in a file as `files.messages` reads it.

    Of an output those of `field` in `table`; by default the first table's first typed field. Raises OutputError, DataError.
    """
    if not Path(place).is_dir():
        return files.messages(Path(place), field or "")
    made = Dataset.open(place)
    name = made.named(table)
    fields = made.recipe.tables[name].fields.values() if name in made.recipe.tables else ()
    typed = [one.name for one in fields if one.role == "message" and not one.made_from and not one.hidden]
    if field is None and not typed:
        raise OutputError(f"table '{name}' has no typed field", "name the one to read with --field")
    wanted = field or typed[0]
    return [text for row in made.rows(name, [wanted]) for text in texts_of(row[wanted], f"table '{name}': '{wanted}'", wanted)]
