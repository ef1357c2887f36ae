"""Texts that say nearly the same, letter by letter.

Candidates are found by MinHash with banding (Broder 1997; Leskovec, Rajaraman and Ullman, "Mining of Massive Datasets", chapter 3)
and then compared exactly. The index is our own, because datasketch's keeps 4 KB for each text, 4 GB at a million, and a bucket of
its own for each key; here a text takes 0.4 KB.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from math import ceil, log
from random import Random
from typing import Any

from synthgen.text import frames

FOUND = 0.99
"""How likely a text that is no more similar than must be is found; a more similar one is found more surely."""


def _padded(text: str) -> str:
    """The essence, with spaces around it, so that a text's beginning weighs more, and one of a single letter has pieces too."""
    return f"  {frames.normalise(text)} "


def trigrams(text: str) -> set[str]:
    """The trigrams of a text."""
    return {text[start : start + 3] for start in range(len(text) - 2)}


def dice(pieces: set[str], other: str, size: int) -> float:
    """Dice's coefficient of a text with these `pieces` and the text `other`, which has `size` pieces: from 0 to 1."""
    return 2 * sum(map(other.__contains__, pieces)) / (len(pieces) + size)


class SimilarityIndex:
    """Texts with keys that similar texts share, in a hash table of plain arrays.

    What it answers depends only on which texts are in it, not on the order in which they came, so that a run that
    goes on refuses what the whole run would have refused. `like` and `remove` take a text as it is; the rest work on its
    padded essence. Row `n` has the entries from `1 + n * bands` on, one for
    each band; `marks` are their keys, `heads` the last entry in each slot, `links` the one before it in the same slot.
    """

    def __init__(self, least: float) -> None:
        self.least = least
        self.texts: list[str] = []
        self.sizes = array("I")
        self.free: list[int] = []
        self.marks, self.links, self.heads = array("I", [0]), array("I", [0]), array("I", bytes(4 << 12))
        self.bands, self.per_band = _banding(least / (2 - least))
        self._hashes = _hashes(self.bands, self.per_band)

    def like(self, text: str, *, keep: bool = False) -> tuple[float, str] | None:
        """The similarity and the essence of the most similar text; None when no text reaches `least`. Then this text is kept if `keep` says
        so."""
        text = _padded(text)
        keys, pieces = self.keys(text), trigrams(text)
        nearest = max(((dice(pieces, candidate, size), candidate) for candidate, size in self.near(keys, len(pieces))), default=(0.0, ""))
        if nearest[0] >= self.least:
            return nearest
        if keep:
            self.add(text, len(pieces), keys)
        return None

    def keys(self, text: str) -> list[int]:
        """A 32-bit key for each band: two texts share one with the chance of their Jaccard similarity to the power of `per_band`."""
        import numpy

        times, plus, mix, salt = self._hashes
        codes = numpy.frombuffer(text.encode("utf-32-le", "surrogatepass"), "<u4")
        hashes = (codes[:-2] * numpy.uint32(0x9E3779B1) ^ codes[1:-1]) * numpy.uint32(0x85EBCA6B) ^ codes[2:]
        hashes = (hashes ^ hashes >> 16) * numpy.uint32(0xC2B2AE35)
        hashes ^= hashes >> 15
        least = (hashes[:, None] * times + plus).min(0).reshape(self.bands, self.per_band)
        keys: list[int] = ((least * mix).sum(1) + salt >> 32).tolist()
        return keys

    def near(self, keys: Sequence[int], size: int) -> Iterator[tuple[str, int]]:
        """The texts that share a key with a text of `size` pieces and are not too long or short to be similar to it, with their sizes."""
        marks, links, heads, last, bands = self.marks, self.links, self.heads, len(self.heads) - 1, self.bands
        rows = set()
        for key in keys:
            entry = heads[key & last]
            while entry:
                if marks[entry] == key:
                    rows.add((entry - 1) // bands)
                entry = links[entry]
        candidates = ((self.texts[row], self.sizes[row]) for row in rows)
        return (
            (text, candidate_size)
            for text, candidate_size in candidates
            if 2 * min(size, candidate_size) / (size + candidate_size) >= self.least
        )

    def add(self, text: str, size: int, keys: Sequence[int]) -> None:
        """Keep a text of so many pieces under its keys."""
        if not self.free:
            self.free.append(len(self.texts))
            self.texts.append("")
            self.sizes.append(0)
            self.marks.extend(keys)
            self.links.extend(keys)
        row = self.free.pop()
        self.texts[row], self.sizes[row] = text, size
        for entry, key in zip(self._entries(row), keys, strict=True):
            self.marks[entry] = key
            self._link(entry)
        if len(self.marks) > 2 * len(self.heads):
            self.heads = array("I", bytes(4 * 4 * len(self.heads)))
            for entry in range(1, len(self.marks)):  # nothing is free here, or it had been used
                self._link(entry)

    def remove(self, text: str) -> None:
        """Forget a text, if it is there."""
        text = _padded(text)
        keys, last = self.keys(text), len(self.heads) - 1
        entry = self.heads[keys[0] & last]
        while entry and self.texts[(entry - 1) // self.bands] != text:
            entry = self.links[entry]
        if not entry:
            return
        row = (entry - 1) // self.bands
        for entry, key in zip(self._entries(row), keys, strict=True):
            before, current = 0, self.heads[key & last]
            while current != entry:
                before, current = current, self.links[current]
            if before:
                self.links[before] = self.links[entry]
            else:
                self.heads[key & last] = self.links[entry]
        self.texts[row] = ""
        self.free.append(row)

    def _entries(self, row: int) -> range:
        return range(1 + row * self.bands, 1 + (row + 1) * self.bands)

    def _link(self, entry: int) -> None:
        slot = self.marks[entry] & len(self.heads) - 1
        self.links[entry] = self.heads[slot]
        self.heads[slot] = entry


def _banding(jaccard: float) -> tuple[int, int]:
    """How many bands, and how many hashes in each: as many as set unlike texts apart while like ones are FOUND and the keys stay few."""
    bandings = []
    for per_band in range(1, 13):
        bands = max(1, ceil(log(1 - FOUND) / log(max(1e-9, 1 - jaccard**per_band))))
        if bands <= 24 and bands * per_band <= 100:
            bandings.append((bands, per_band))
    return bandings[-1]


def _hashes(bands: int, per_band: int) -> tuple[Any, Any, Any, Any]:
    """Constants of the hash functions: factors and addends of the MinHashes, factors within a band, an addend for each band."""
    import numpy

    draw, count = Random(0), bands * per_band
    times = numpy.array([draw.getrandbits(32) | 1 for _ in range(count)], numpy.uint32)
    plus = numpy.array([draw.getrandbits(32) for _ in range(count)], numpy.uint32)
    mix = numpy.array([draw.getrandbits(64) | 1 for _ in range(per_band)], numpy.uint64)
    salt = numpy.array([draw.getrandbits(64) for _ in range(bands)], numpy.uint64)
    return times, plus, mix, salt
