"""Which rows of other tables a row belongs to: those that it was made from, and those that were made from it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from synthgen.dataset.dataset import Dataset
from synthgen.dataset.find import numbers
from synthgen.errors import OutputError

if TYPE_CHECKING:
    from numpy.typing import NDArray


def related(dataset: Dataset, table: str, places: Sequence[int], other_table: str) -> list[list[int]]:
    """For each of the rows at these places of a table the places of the rows of another one that it belongs to: its ancestors or its
    descendants, those of the same ancestor, or of rows that were set aside the tries of it. Raises OutputError where tables have nothing
    to do with each other."""
    if other_table in dataset.aside:
        return _aside_of(dataset, table, places, other_table)
    upper, lower = _line(dataset, table), _line(dataset, other_table)
    common = next((name for name in upper if name in lower), None)
    if common is None:
        raise OutputError(
            f"'{other_table}' has no rows that belong to those of '{table}'", "name tables of which one is made from the other"
        )
    groups = [[place] for place in places]
    for child in upper[: upper.index(common)]:
        parents = _parents(dataset, child)
        groups = [list(dict.fromkeys(int(parents[place]) for place in group)) for group in groups]
    for child in reversed(lower[: lower.index(common)]):
        children = _children(_parents(dataset, child), {place for group in groups for place in group})
        groups = [[child_place for place in group for child_place in children.get(place, ())] for group in groups]
    return groups


def _line(dataset: Dataset, table: str) -> list[str]:
    """A table and those that it is made from, the nearest first."""
    ancestry = [table]
    while (parent := dataset.recipe.tables[ancestry[-1]].parent if ancestry[-1] in dataset.recipe.tables else "") in dataset.tables:
        ancestry.append(parent)
    return ancestry


def _parents(dataset: Dataset, table: str) -> NDArray[Any]:
    """For each row of a table the place of the row that it was made from."""
    return numbers(dataset, table, "parent")


def _children(parents: NDArray[Any], parent_places: set[int]) -> dict[int, list[int]]:
    import numpy

    children: dict[int, list[int]] = {}
    for place in numpy.flatnonzero(numpy.isin(parents, list(parent_places))).tolist():
        children.setdefault(int(parents[place]), []).append(place)
    return children


def _aside_of(dataset: Dataset, table: str, places: Sequence[int], aside: str) -> list[list[int]]:
    if table in dataset.aside:
        raise OutputError(f"the rows of '{table}' stand for themselves", f"look at one table beside them: {dataset.tables[0]} {table}")
    row_numbers = numbers(dataset, table)
    tries: dict[int, list[int]] = {}
    for place, row in enumerate(dataset.rows(aside, ["table", "row"])):
        if row["table"] == table:
            tries.setdefault(row["row"], []).append(place)
    return [tries.get(int(row_numbers[place]), []) for place in places]
