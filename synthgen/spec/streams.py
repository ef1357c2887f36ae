"""Random streams from (seed, table, field, row, try): no draw ever depends on another row.

That is what makes a run the same whatever its engine, workers or interruptions, and facts whatever the chunk size.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from hashlib import blake2b
from random import Random

from synthgen.spec import first_draws

MANY = 1500
"""Streams from which on it is quicker to work out their first words together."""


class Streams:
    """All the random streams of one recipe."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self._root = blake2b(str(seed).encode(), digest_size=8)
        self._branch = lru_cache(maxsize=4096)(self._new_branch)

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

    def at(self, table: str, field: str, *keys: int | str) -> Random:
        """The stream of this table, field, and (usually) row index and try."""
        return Random(self.number(table, field, *keys))
