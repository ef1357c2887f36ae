"""Which rows of a parent table a child's candidates are made from."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from random import Random
from typing import Any

from synthgen.recipe.plan import TablePlan
from synthgen.recipe.shape import Table
from synthgen.spec.numerals import Fixed
from synthgen.spec.rows import Row
from synthgen.spec.streams import Streams

Values = dict[str, Any]


@dataclass(slots=True)
class Candidate:
    """A row that may be made: its index; the row of the parent table that it comes from, and which of that one's rows it is (`turn`)."""

    index: int
    turn: int
    parent: int | None = None
    inherited: Values | None = None

    def row(self, table: TablePlan) -> Row:
        """The row, with nothing made yet."""
        values = dict(self.inherited or {})
        values |= {name: Fixed(values[name], places) for name, places in table.places.items() if isinstance(values.get(name), float)}
        preset = table.presets[self.index] if self.index < len(table.presets) else {}
        return Row(table.name, self.index, values=values, parent=self.parent, turn=self.turn, carried=table.carried, preset=preset)


@dataclass(frozen=True)
class Candidates:
    """All candidates of a table in order, and how many rows are asked for (None: as many as pass). With `enough` those that pass are
    enough, though there be fewer than asked for."""

    wanted: int | None
    start: Callable[[int], Iterator[Candidate]]
    enough: bool = False


def candidates(name: str, table: Table, parents: Callable[[], Iterator[Values]], parent_rows: int, streams: Streams) -> Candidates:
    """The candidates of a table.

    A table with `rows` has endless candidates, or with `rows: all` one for each record that its fields load. One with `from` has those
    of its picked parents, then those of the parents that were not picked, which step in where a row cannot be made. `parents` reads the
    parent table from its start; that is put off until the first candidate is asked for.
    """
    source = table.from_
    if source is None:
        if table.rows == "all":
            return Candidates(table.wanted, lambda first: _orphans(range(first, table.wanted or 0)), enough=True)
        return Candidates(table.wanted, lambda first: _orphans(count(first)))
    picked = min(source.rows or parent_rows, parent_rows)
    least, most = source.bounds
    chosen: Collection[int] = range(picked)
    if source.pick == "random":
        chosen = frozenset(streams.at(name, "pick").sample(range(parent_rows), picked))

    def children(number: int) -> int:
        drawn = least if least == most else streams.at(name, "per row", number).randint(least, most)
        return drawn * table.copies

    def numbered() -> Iterator[tuple[int, tuple[int, Values]]]:
        """The parents, each with the number that decides how many children it has: its own, or its rank, because who is
        picked for being different is not known before all are read."""
        if source.pick == "spread":
            return enumerate(_most_different(parents, parent_rows, source.over, streams.at(name, "pick")))
        return ((parent, (parent, row)) for turn in (True, False) for parent, row in enumerate(parents()) if (parent in chosen) is turn)

    def start(first: int) -> Iterator[Candidate]:
        index = 0
        for number, (parent, row) in numbered():
            for turn in range(children(number)):
                if index >= first:
                    yield Candidate(index, turn, parent, row)
                index += 1

    return Candidates(sum(map(children, chosen)) if source.rows else None, start)


def _parentless(index: int) -> Candidate:
    return Candidate(index, index)


def _orphans(indices: Iterable[int]) -> Iterator[Candidate]:
    """Rows that are made from no other."""
    return (Candidate(index, index) for index in indices)


def _most_different(
    parents: Callable[[], Iterator[Values]], parent_rows: int, over: Sequence[str] | None, draw: Random
) -> Iterator[tuple[int, Values]]:
    """The parents in the order of how much they differ from those before them; of many, a sample first, then the others as they come."""
    from synthgen.engine import spread  # it needs numpy

    among = frozenset(draw.sample(range(parent_rows), min(parent_rows, spread.AMONG)))
    sample = [(parent, row) for parent, row in enumerate(parents()) if parent in among]
    yield from (sample[place] for place in spread.order([row for _, row in sample], over))
    if parent_rows > len(among):
        yield from ((parent, row) for parent, row in enumerate(parents()) if parent not in among)
