"""Which rows of other tables a row belongs to: those that it was made from, and those that were made from it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from synthgen.dataset.dataset import Dataset
from synthgen.dataset.find import numbers
from synthgen.errors import OutputError

if TYPE_CHECKING:
    from numpy.typing import NDArray


def related(made: Dataset, table: str, places: Sequence[int], other: str) -> list[list[int]]:
    """For each of the rows at these places of a table the places of the rows of another one that it belongs to: its ancestors or its
    descendants, those of the same ancestor, or of rows that were set aside the tries of it. Raises OutputError where tables have nothing
    to do with each other."""
    if other in made.aside:
        return _aside_of(made, table, places, other)
    upper, lower = _line(made, table), _line(made, other)
    common = next((name for name in upper if name in lower), None)
    if common is None:
        raise OutputError(f"'{other}' has no rows that belong to those of '{table}'", "name tables of which one is made from the other")
    groups = [[place] for place in places]
    for child in upper[: upper.index(common)]:
        parents = _parents(made, child)
        groups = [list(dict.fromkeys(int(parents[place]) for place in group)) for group in groups]
    for child in reversed(lower[: lower.index(common)]):
        children = _children(_parents(made, child), {place for group in groups for place in group})
        groups = [[each for place in group for each in children.get(place, ())] for group in groups]
    return groups


def _line(made: Dataset, table: str) -> list[str]:
    """A table and those that it is made from, the nearest first."""
    found = [table]
    while (parent := made.recipe.tables[found[-1]].parent if found[-1] in made.recipe.tables else "") in made.tables:
        found.append(parent)
    return found


def _parents(made: Dataset, table: str) -> NDArray[Any]:
    """For each row of a table the place of the row that it was made from."""
    return numbers(made, table, "parent")


def _children(parents: NDArray[Any], wanted: set[int]) -> dict[int, list[int]]:
    import numpy

    found: dict[int, list[int]] = {}
    for place in numpy.flatnonzero(numpy.isin(parents, list(wanted))).tolist():
        found.setdefault(int(parents[place]), []).append(place)
    return found


def _aside_of(made: Dataset, table: str, places: Sequence[int], aside: str) -> list[list[int]]:
    if table in made.aside:
        raise OutputError(f"the rows of '{table}' stand for themselves", f"look at one table beside them: {made.tables[0]} {table}")
    known = numbers(made, table)
    tries: dict[int, list[int]] = {}
    for place, row in enumerate(made.rows(aside, ["table", "row"])):
        if row["table"] == table:
            tries.setdefault(row["row"], []).append(place)
    return [tries.get(int(known[place]), []) for place in places]
