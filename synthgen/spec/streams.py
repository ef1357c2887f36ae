"""Random streams from (seed, table, field, row, try): no draw ever depends on another row.

That is what makes a run the same whatever its engine, workers or interruptions, and facts whatever the chunk size.
"""

from __future__ import annotations

from functools import lru_cache
from hashlib import blake2b
from random import Random


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

    def at(self, table: str, field: str, *keys: int | str) -> Random:
        """The stream of this table, field, and (usually) row index and try."""
        return Random(self.number(table, field, *keys))
