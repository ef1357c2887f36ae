"""Which rows two versions of a table have in common, and in which cells these differ. Both are read once, side by side, in the order of
their numbers, a few thousand rows at a time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from synthgen.dataset import Dataset
from synthgen.dataset.columns import PROVENANCE, decode_json_columns
from synthgen.errors import OutputError
from synthgen.spec.rows import plain

if TYPE_CHECKING:
    import pyarrow
    from numpy.typing import NDArray

SHOWN = 5
"""Examples of each kind of change."""
AT_ONCE = 10_000


@dataclass(frozen=True)
class Changed:
    """A row that differs: its id, and each cell that does, before and after."""

    row: str
    cells: dict[str, tuple[Any, Any]]


@dataclass(frozen=True)
class OneSidedRow:
    """A row that is there in one version only: its id, and its values."""

    row: str
    values: dict[str, Any]


@dataclass
class RowChanges:
    """How many rows are new, gone, changed and the same; how many differ in each column; and examples."""

    added: int = 0
    gone: int = 0
    changed: int = 0
    same: int = 0
    columns: Counter[str] = field(default_factory=Counter)
    of_added: list[OneSidedRow] = field(default_factory=list)
    of_gone: list[OneSidedRow] = field(default_factory=list)
    of_changed: list[Changed] = field(default_factory=list)


def row_changes(before: Dataset, after: Dataset, table: str, names: Sequence[str]) -> RowChanges:
    """What changed in a table's rows, in the columns of these `names`, which both versions have. Raises OutputError."""
    changes, other_version = RowChanges(), _OtherVersion(after, table, names)
    for first in _batches(before, table, names):
        _compare(first, other_version.upto(int(_numbers(first)[-1])), table, names, changes)
    for remaining in other_version.remaining():
        changes.added += remaining.num_rows
        _show(changes.of_added, remaining, table)
    return changes


def _batches(output: Dataset, table: str, names: Sequence[str]) -> Iterator[pyarrow.Table]:
    """Rows of a table in the order of their numbers."""
    import pyarrow

    last = -1
    for path in output.paths(table):
        with output.stored(path) as stored:
            for batch in stored.iter_batches(batch_size=AT_ONCE, columns=[*names, f"{PROVENANCE}.row"], use_threads=False):
                rows = pyarrow.Table.from_batches([batch])
                numbers = _numbers(rows)
                if len(numbers) == 0:
                    continue
                if numbers[0] <= last or not bool((numbers[1:] > numbers[:-1]).all()):
                    raise OutputError(f"the rows of table '{table}' of {output.folder} are not in the order in which they were made")
                last = int(numbers[-1])
                yield rows


def _numbers(rows: pyarrow.Table) -> NDArray[Any]:
    from pyarrow import compute

    numbers: NDArray[Any] = compute.struct_field(rows.column(PROVENANCE), "row").to_numpy()
    return numbers


class _OtherVersion:
    """The other version, of which as much is read as is compared."""

    def __init__(self, output: Dataset, table: str, names: Sequence[str]) -> None:
        self._source, self._waiting = _batches(output, table, names), list[Any]()

    def upto(self, number: int) -> pyarrow.Table | None:
        """All rows up to a number that were not given before."""
        import pyarrow

        while not self._waiting or _numbers(self._waiting[-1])[-1] <= number:
            batch = next(self._source, None)
            if batch is None:
                break
            self._waiting.append(batch)
        if not self._waiting:
            return None
        rows = pyarrow.concat_tables(self._waiting)
        count = int(_numbers(rows).searchsorted(number, "right"))
        self._waiting = [rows.slice(count)] if count < rows.num_rows else []
        return rows.slice(0, count)

    def remaining(self) -> Iterator[pyarrow.Table]:
        """What was not given."""
        yield from self._waiting
        yield from self._source


def _compare(first: pyarrow.Table, second: pyarrow.Table | None, table: str, names: Sequence[str], changes: RowChanges) -> None:
    import numpy

    if second is None:
        changes.gone += first.num_rows
        _show(changes.of_gone, first, table)
        return
    first_numbers, second_numbers = _numbers(first), _numbers(second)
    _, first_places, second_places = numpy.intersect1d(first_numbers, second_numbers, assume_unique=True, return_indices=True)
    for rows, common, count, examples in (
        (first, first_places, "gone", changes.of_gone),
        (second, second_places, "added", changes.of_added),
    ):
        alone = numpy.setdiff1d(numpy.arange(rows.num_rows), common, assume_unique=True)
        setattr(changes, count, getattr(changes, count) + len(alone))
        _show(examples, rows.take(alone[:SHOWN]), table)
    first_rows, second_rows = first.take(first_places), second.take(second_places)
    unlike = {name: _unlike(first_rows.column(name), second_rows.column(name)) for name in names}
    differs = numpy.zeros(len(first_places), bool)
    for name, mask in unlike.items():
        if mask.any():
            changes.columns[name] += int(mask.sum())
            differs |= mask
    changes.changed += int(differs.sum())
    changes.same += int((~differs).sum())
    for place in numpy.flatnonzero(differs)[: SHOWN - len(changes.of_changed)]:
        differing = [name for name in names if unlike[name][place]]
        before, after = (_plain(rows.slice(place, 1).select([*differing, PROVENANCE]))[0] for rows in (first_rows, second_rows))
        changes.of_changed.append(
            Changed(f"{table}-{before[PROVENANCE]['row']}", {name: (before[name], after[name]) for name in differing})
        )


def _unlike(one: pyarrow.ChunkedArray, other: pyarrow.ChunkedArray) -> NDArray[Any]:
    """Where two columns differ; two cells that are None or NaN are equal."""
    import numpy
    import pyarrow
    from pyarrow import compute, types

    first, second = (_bare(column) for column in (one, other))
    if first.type != second.type or types.is_nested(first.type):
        return numpy.array([a != b for a, b in zip(first.to_pylist(), second.to_pylist(), strict=True)], bool)
    like = compute.fill_null(compute.equal(first, second), pyarrow.scalar(value=False))
    like = compute.or_(like, compute.and_(compute.is_null(first, nan_is_null=True), compute.is_null(second, nan_is_null=True)))
    return ~numpy.asarray(like.to_numpy(), bool)


def _bare(column: pyarrow.ChunkedArray) -> pyarrow.ChunkedArray:
    """A column as it is stored: JSON as text."""
    import pyarrow

    if not isinstance(column.type, pyarrow.BaseExtensionType):
        return column
    return pyarrow.chunked_array([chunk.storage for chunk in column.chunks], column.type.storage_type)


def _show(examples: list[OneSidedRow], rows: pyarrow.Table, table: str) -> None:
    """Keep some of the rows as examples, as long as there are few."""
    for row in _plain(rows.slice(0, SHOWN - len(examples))):
        examples.append(OneSidedRow(f"{table}-{row.pop(PROVENANCE)['row']}", row))


def _plain(rows: pyarrow.Table) -> list[dict[str, Any]]:
    return [plain(row) for row in decode_json_columns(rows.to_pylist(), rows.schema)]
