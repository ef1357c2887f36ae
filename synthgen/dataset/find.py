"""Which row is meant, and where it is in an output."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from synthgen.dataset import Dataset
from synthgen.dataset.columns import PROVENANCE, decode_json_columns
from synthgen.errors import OutputError, did_you_mean

if TYPE_CHECKING:
    from numpy.typing import NDArray

NAMED = re.compile(r"(?:(.+)-)?(\d{1,18})")
"""TABLE-NUMBER, or a number alone."""


def place_of(output: Dataset, row: str | int, table: str | None = None) -> tuple[str, int]:
    """The table of a row and its number there: the row's place among the table's candidates. `row` is an id as exports have it
    (`traffic-17`), a number in `table` (default: the first), or the value of a field of `kind: id`. Raises OutputError."""
    match = NAMED.fullmatch(str(row).strip())
    named, number = (match[1], int(match[2])) if match else (None, -1)
    if table is not None and table not in output.tables and table in output.aside:
        raise OutputError(
            f"the rows of '{table}' are numbered by the tables that they were made for",
            f"name the row so: {output.tables[0]}-17; synthgen look {output.folder} {table} shows table and row",
        )
    if table is not None:
        output.named(table, aside=False)
    name = named and (named if named in output.tables else _of_prefix(output, named))
    if not match or (named and not name) or (table and name and name != table):
        tables = f" of table '{table}'" if table and name else ""
        hint = did_you_mean(named, output.tables, "tables") if named and not name else f"such as {table or output.tables[0]}-17"
        raise OutputError(f"'{row}' names no row{tables} of {output.folder}", hint)
    return name or table or output.tables[0], number


def _of_prefix(output: Dataset, prefix: str) -> str | None:
    """The table whose ids begin so."""
    for name in output.tables:
        fields = output.recipe.tables[name].fields.values() if name in output.recipe.tables else ()
        if any(field.data.get("kind") == "id" and (field.data.get("prefix") or name) == prefix for field in fields):
            return name
    return None


def numbers(output: Dataset, table: str, what: str = "row") -> NDArray[Any]:
    """The numbers of a table's rows, in their order, which is ascending; or what else their provenance says in whole numbers."""
    import numpy
    from pyarrow import compute

    parts = []
    for path in output.paths(table):
        with output.stored(path) as stored:
            column = stored.read([f"{PROVENANCE}.{what}"]).column(PROVENANCE)
        parts.append(compute.struct_field(column, what).to_numpy())
    return numpy.concatenate(parts) if parts else numpy.zeros(0, "int64")


def some_rows(output: Dataset, table: str, start: int, stop: int) -> Iterator[dict[str, Any]]:
    """The rows of a table from place `start` up to `stop`; what lies before is not read."""
    return rows_at(output, table, range(start, stop))


def rows_at(output: Dataset, table: str, places: Sequence[int], columns: Sequence[str] | None = None) -> Iterator[dict[str, Any]]:
    """The rows at these places of a table, which are in ascending order, with these columns only, if they are given. Only the groups of
    rows (see `shards`) in which there are some are read. Raises OutputError."""
    before = 0
    for path in output.paths(table):
        with output.stored(path) as stored:
            for group in range(stored.num_row_groups):
                count = stored.metadata.row_group(group).num_rows
                group_places = places[bisect_left(places, before) : bisect_left(places, before + count)]
                if group_places:
                    read = stored.read_row_group(group, columns=None if columns is None else list(columns), use_threads=False)
                    for first, last in _runs(group_places):  # pyarrow's take would import pandas
                        yield from decode_json_columns(read.slice(first - before, last - first).to_pylist(), read.schema)
                before += count


def _runs(places: Sequence[int]) -> Iterator[tuple[int, int]]:
    """From where up to where places follow each other."""
    first = 0
    for number, place in enumerate(places, 1):
        if number == len(places) or places[number] != place + 1:
            yield places[first], place + 1
            first = number


def set_aside(output: Dataset, table: str, number: int) -> Iterator[tuple[str, dict[str, Any]]]:
    """The tries of a row that were refused or set aside: in which configuration each is, and its record."""
    from pyarrow import compute

    for to in output.aside:
        for path in output.paths(to):
            with output.stored(path) as stored:
                for batch in stored.iter_batches(use_threads=False):
                    of_row = compute.and_(compute.equal(batch.column("table"), table), compute.equal(batch.column("row"), number))
                    yield from ((to, record) for record in decode_json_columns(batch.filter(of_row).to_pylist(), stored.schema_arrow))
