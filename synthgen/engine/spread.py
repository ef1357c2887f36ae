"""The rows that differ most: each next one is that which is least like all before it (Gonzalez 1985, farthest first).

How alike two rows are is half the cosine of their texts (hashed trigrams, rare ones weigh more) and half the share of
labels that they have in common, so that a label's values are all there before one comes twice. All is whole numbers,
small enough for float32 to hold exactly: the order is the same on every machine.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from synthgen.text import frames

if TYPE_CHECKING:
    import numpy
    from numpy.typing import NDArray

AMONG = 20_000
"""How many rows of a larger table are candidates."""
WORDS = 3
"""From how many words on average a field is a text."""
LABELS = 200
"""Up to how many different values a field is a label."""

_SIZE = 256  # places in a text's vector
_LENGTH = 2000  # of a text's vector; its square, and twice that, are below 2**24
_READ = 300  # characters of a text


def order(rows: Sequence[Mapping[str, Any]], over: Sequence[str] | None = None) -> Iterator[int]:
    """The places of `rows`: first the most typical, then always that which differs most from all before it.

    `over` are the fields that are compared; without it, texts and labels are found by their values.
    """
    import numpy

    if not rows:
        return
    texts, labels = _told_apart(rows, over)
    vectors = _vectors([[_word(row.get(name)) for row in rows] for name in texts], len(rows))
    weight = numpy.float32(_LENGTH**2 // max(1, len(labels)))
    codes = [numpy.unique([_word(row.get(name)) for row in rows], return_inverse=True)[1] for name in labels]
    typical = vectors @ vectors.sum(0, dtype=numpy.float64)
    for code in codes:
        typical += numpy.bincount(code)[code] * float(weight)
    nearest = numpy.full(len(rows), -numpy.inf, numpy.float32)
    pick = int(typical.argmax())
    for _ in rows:
        yield pick
        alike = vectors @ vectors[pick]
        for code in codes:
            alike += weight * (code == code[pick])
        numpy.maximum(nearest, alike, out=nearest)
        nearest[pick] = numpy.inf
        pick = int(nearest.argmin())


def _word(value: Any) -> str:
    return "" if value is None else str(value)


def _told_apart(rows: Sequence[Mapping[str, Any]], over: Sequence[str] | None) -> tuple[list[str], list[str]]:
    """The fields that are texts, and those that are labels. Names and other facts, short and mostly different, are neither,
    unless they are named in `over` or there is no other text."""
    texts, labels, facts = [], [], []
    for name in over or rows[0]:
        values = [value for row in rows if (value := row.get(name)) is not None]
        if over is None and not all(isinstance(value, str | bool) for value in values):
            continue
        words, different = sum(len(str(value).split()) for value in values), len(set(map(str, values)))
        if words >= WORDS * max(1, len(values)):
            texts.append(name)
        elif different <= min(LABELS, len(rows) // 2):
            labels.append(name)
        else:
            facts.append(name)
    return (texts if texts and over is None else texts + facts), labels


def _vectors(columns: Sequence[Sequence[str]], count: int) -> NDArray[numpy.float32]:
    """A vector of whole numbers for each of `count` rows, all of the same length: how often a trigram is, hashed, and the rarer the
    more."""
    import numpy

    total = numpy.zeros((count, _SIZE))
    for number, column in enumerate(columns):
        texts = [f"  {frames.normalise(text)[:_READ]} " for text in column]
        owner = numpy.repeat(numpy.arange(count, dtype=numpy.uint64), [len(text) for text in texts])
        codes = numpy.frombuffer("".join(texts).encode("utf-32-le", "surrogatepass"), "<u4").astype(numpy.uint64)
        hashes = ((codes[:-2] << 42 ^ codes[1:-1] << 21 ^ codes[2:]) + number) * numpy.uint64(0x9E3779B97F4A7C15) >> 32
        same_row = owner[:-2] == owner[2:]
        pairs = numpy.unique(owner[:-2][same_row] << 32 | hashes[same_row])
        place, (_, kind, often) = (
            (pairs >> 32).astype(numpy.int64),
            numpy.unique(pairs & 0xFFFFFFFF, return_inverse=True, return_counts=True),
        )
        weight = numpy.log(1 + count / often)[kind] * numpy.where(pairs >> 31 & 1, 1, -1)
        vectors = numpy.bincount(place * _SIZE + (pairs % _SIZE).astype(numpy.int64), weight, count * _SIZE).reshape(count, _SIZE)
        total += vectors / numpy.maximum(numpy.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
    lengths = numpy.maximum(numpy.linalg.norm(total, axis=1, keepdims=True), 1e-9)
    rounded: NDArray[numpy.float32] = numpy.rint(total / lengths * _LENGTH).astype(numpy.float32)
    return rounded
