"""Random streams from (seed, table, field, row, try): no draw ever depends on another row.

That is what makes a run the same whatever its engine, workers or interruptions, and facts whatever the chunk size.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from hashlib import blake2b
from random import Random

from synthgen.spec import first_draws

BLOCK = 16
"""Rows whose even draws are in an order of their own."""
STEP = 0.6180339887498949
"""From one even draw to the next, on a circle of length 1: the golden section, for which any number of draws lie about as far apart from
each other as they can."""
MANY = 1500
"""Streams from which on it is quicker to work out their first words together."""


class Streams:
    """All the random streams of one recipe."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self._root = blake2b(str(seed).encode(), digest_size=8)
        self._branch = lru_cache(maxsize=4096)(self._new_branch)
        self._order = lru_cache(maxsize=256)(self._new_order)

    def __reduce__(self) -> tuple[type[Streams], tuple[int]]:
        return Streams, (self.seed,)

    def _new_branch(self, table: str, field: str) -> blake2b:
        branch = self._root.copy()
        branch.update(f"\x1f{table}\x1f{field}\x1f".encode())
        return branch

    def number(self, table: str, field: str, *keys: int | str) -> int:
        """A 64-bit number that names the stream of this table, field, and whatever else tells it apart."""
        branch = self._branch(table, field).copy()
        branch.update("\x1f".join(map(str, keys)).encode())
        return int.from_bytes(branch.digest(), "big")

    def each(self, table: str, field: str, keys: Sequence[tuple[int, int]]) -> Iterator[Random]:
        """The streams of rows and their tries, as `at` gives them, one after the other: each until the next is taken."""
        branch = self._branch(table, field)
        seeds = []
        for row, attempt in keys:
            of_row = branch.copy()
            of_row.update(b"%d\x1f%d" % (row, attempt))
            seeds.append(int.from_bytes(of_row.digest(), "big"))
        if len(seeds) >= MANY:
            yield from first_draws.streams_of(seeds)
            return
        stream = Random()
        for seed in seeds:
            stream.seed(seed)
            yield stream

    def evenly(self, table: str, field: str, row: int) -> Random:
        """A stream whose first number lies apart from those of the rows around it, so that shares of few rows hold, too. Rows are in a
        random order, block by block, or the same rows would have the same options of two fields."""
        block, place = divmod(row, BLOCK)
        start = self.number(table, field, "evenly") / 2**64
        return _Begun(self.number(table, field, row), (start + STEP * (block * BLOCK + self._order(table, field, block)[place])) % 1)

    def _new_order(self, table: str, field: str, block: int) -> list[int]:
        order = list(range(BLOCK))
        self.at(table, field, "evenly", block).shuffle(order)
        return order

    def at(self, table: str, field: str, *keys: int | str) -> Random:
        """The stream of this table, field, and (usually) row index and try."""
        return Random(self.number(table, field, *keys))


class _Begun(Random):
    """The stream of a seed, with another first number."""

    def __init__(self, seed: int, first: float) -> None:
        super().__init__(seed)
        self.first: float | None = first

    def random(self) -> float:
        """The next number."""
        if (first := self.first) is not None:
            self.first = None
            return first
        return super().random()
