"""Which rows of a parent table a child's candidates are made from."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from typing import Any

from synthgen.recipe.shape import Table
from synthgen.streams import Streams

Values = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A row that may be made: its index, and the row of the parent table that it comes from."""

    index: int
    parent: int | None = None
    inherited: Values | None = None


@dataclass(frozen=True)
class Candidates:
    """All candidates of a table in order, and how many rows are asked for (None: as many as pass)."""

    wanted: int | None
    start: Callable[[int], Iterator[Candidate]]


def candidates(name: str, table: Table, parents: Callable[[], Iterator[Values]], parent_rows: int, streams: Streams) -> Candidates:
    """The candidates of a table.

    A table with `rows` has endless candidates. One with `from` has those of its picked parents, then those of
    the parents that were not picked, which step in where a row cannot be made. `parents` reads the parent
    table from its start.
    """
    if table.from_ is None:
        return Candidates(table.rows, lambda first: (Candidate(index) for index in count(first)))
    picked = min(table.from_.rows or parent_rows, parent_rows)
    least, most = table.from_.bounds
    chosen = range(picked) if table.from_.pick == "first" else frozenset(streams.at(name, "pick").sample(range(parent_rows), picked))

    def children(parent: int) -> int:
        return least if least == most else streams.at(name, "per row", parent).randint(least, most)

    def start(first: int) -> Iterator[Candidate]:
        index = 0
        for turn in (True, False):
            for parent, row in enumerate(parents()):
                if (parent in chosen) is turn:
                    for _ in range(children(parent)):
                        if index >= first:
                            yield Candidate(index, parent, row)
                        index += 1

    return Candidates(sum(map(children, chosen)) if table.from_.rows else None, start)
