"""The first random numbers of many streams at once.

To seed Python's generator takes longer than to draw a fact: it fills 624 words one from the other, twice. For thousands of streams numpy
fills them side by side, and the few words that a fact takes come out of that. They are those that `Random` itself would give: the algorithm
is that of `init_by_array` and `genrand_uint32` in M. Matsumoto's and T. Nishimura's mt19937ar.c, which is CPython's.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from random import Random
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

WORDS, SHIFT = 624, 397
FIRST, SECOND = 1664525, 1566083941
UPPER, LOWER, TWIST = 0x80000000, 0x7FFFFFFF, 0x9908B0DF
LEAST_SEED = 1 << 32
"""A seed below this has a key of one word, and is left to Python."""
COUNT, SPENT = 4, 99
"""The words of a stream that are worked out before; a place beyond them."""


class FirstDraws(Random):
    """A stream whose first words are known. It is seeded when they are spent, which few facts do."""

    _at = SPENT
    _number = 0
    _words: tuple[int, ...] = ()

    def begin(self, number: int, words: tuple[int, ...]) -> None:
        """Be the stream of a seed, whose first words are these."""
        self._number, self._words, self._at = number, words, 0
        self.gauss_next = None

    def random(self) -> float:
        """As `Random`'s: 53 bits of two words."""
        at = self._at
        if at > COUNT - 2:
            self._seeded()
            return super().random()
        self._at = at + 2
        return ((self._words[at] >> 5) * 67108864 + (self._words[at + 1] >> 6)) / 9007199254740992

    def getrandbits(self, k: int, /) -> int:
        """As `Random`'s: the upper bits of a word; of two, the first is the lower half."""
        at = self._at
        if 0 < k <= 32 and at < COUNT:
            self._at = at + 1
            return self._words[at] >> 32 - k
        if 32 < k <= 64 and at < COUNT - 1:
            self._at = at + 2
            return self._words[at + 1] >> 64 - k << 32 | self._words[at]
        self._seeded()
        return super().getrandbits(k)

    def seed(self, a: Any = None, version: int = 2) -> None:
        """As `Random`'s."""
        self._at = SPENT
        super().seed(a, version)

    def getstate(self) -> tuple[Any, ...]:
        """As `Random`'s."""
        self._seeded()
        return super().getstate()

    def setstate(self, state: tuple[Any, ...]) -> None:
        """As `Random`'s."""
        self._at = SPENT
        super().setstate(state)

    def _seeded(self) -> None:
        """Go on as the stream itself would from here."""
        if self._at == SPENT:
            return
        at, gauss = self._at, self.gauss_next
        self.seed(self._number)
        self.gauss_next = gauss
        for _ in range(at):
            super().getrandbits(32)


def streams_of(seeds: Sequence[int]) -> Iterator[Random]:
    """The streams of some seeds of 64 bits, one after the other: each until the next is taken."""
    import numpy as np

    stream = FirstDraws()
    words = first_words(np.array(seeds, np.uint64), COUNT)
    for seed, first in zip(seeds, zip(*words.tolist(), strict=True), strict=True):
        if seed < LEAST_SEED:
            stream.seed(seed)
        else:
            stream.begin(seed, first)
        yield stream


@lru_cache(maxsize=1)
def _start() -> list[int]:
    """The words that every stream starts from: `init_genrand(19650218)`."""
    words = [19650218]
    for place in range(1, WORDS):
        words.append((1812433253 * (words[-1] ^ (words[-1] >> 30)) + place) & 0xFFFFFFFF)
    return words


def first_words(seeds: np.ndarray, count: int) -> np.ndarray:
    """The first `count` words (at most 200) of the streams of some seeds: uint64 (streams,) to uint32 (count, streams)."""
    import numpy as np

    start = _start()
    keys = [seeds.astype(np.uint32), (seeds >> np.uint64(32)).astype(np.uint32) + np.uint32(1)]  # j is added to the key's word j
    state = np.empty((WORDS, len(seeds)), np.uint32)
    mixed = np.empty(len(seeds), np.uint32)

    def mix(previous: np.ndarray, factor: int, target: Any, out: np.ndarray) -> None:
        """target ^ ((previous ^ previous >> 30) * factor)"""
        np.right_shift(previous, 30, out=mixed)
        np.bitwise_xor(mixed, previous, out=mixed)
        np.multiply(mixed, np.uint32(factor), out=mixed)
        np.bitwise_xor(mixed, target, out=out)

    state[0] = start[0]
    for place in range(1, WORDS):
        mix(state[place - 1], FIRST, np.uint32(start[place]), state[place])
        np.add(state[place], keys[(place - 1) % 2], out=state[place])
    mix(state[WORDS - 1], FIRST, state[1], state[1])
    np.add(state[1], keys[1], out=state[1])
    for place in range(2, WORDS):
        mix(state[place - 1], SECOND, state[place], state[place])
        np.subtract(state[place], np.uint32(place), out=state[place])
    mix(state[WORDS - 1], SECOND, state[1], state[1])
    np.subtract(state[1], np.uint32(1), out=state[1])
    state[0] = UPPER
    joined = (state[:count] & np.uint32(UPPER)) | (state[1 : count + 1] & np.uint32(LOWER))
    words: np.ndarray = state[SHIFT : SHIFT + count] ^ (joined >> 1) ^ ((joined & 1) * np.uint32(TWIST))
    words ^= words >> 11
    words ^= (words << 7) & np.uint32(0x9D2C5680)
    words ^= (words << 15) & np.uint32(0xEFC60000)
    words ^= words >> 18
    return words
