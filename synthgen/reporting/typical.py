"""Which rows of a table are like the others, and which like none: by their messages, or by their labels where nothing was typed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from math import log, sqrt

from synthgen.text.frames import normalise
from synthgen.text.similarity import trigrams

LEAST = 5
"""Messages that a group must have, or its messages are compared with all."""


def by_wording(texts: Sequence[str], groups: Sequence[Hashable]) -> list[float]:
    """How near each text is to the mean of the other texts of its group: the cosine of its three-letter pieces, weighted by how rare they
    are (TF-IDF), from 0 to 1. A text without letters has 0."""
    piece_counts = [Counter(dict.fromkeys(trigrams(f" {normalise(text)} "), 1.0)) for text in texts]
    document_frequency = Counter(piece for pieces in piece_counts for piece in pieces)
    vectors = [_unit({piece: log(len(texts) / document_frequency[piece]) for piece in pieces}) for pieces in piece_counts]
    sizes = Counter(groups)
    keys = [group if sizes[group] >= LEAST else None for group in groups]
    sums: dict[Hashable, dict[str, float]] = {key: {} for key in keys}
    for key, vector in zip(keys, vectors, strict=True):
        group_sum = sums[key]
        for piece, weight in vector.items():
            group_sum[piece] = group_sum.get(piece, 0.0) + weight
    lengths = {key: sum(weight * weight for weight in group_sum.values()) for key, group_sum in sums.items()}
    return [_without_itself(vector, sums[key], lengths[key]) for key, vector in zip(keys, vectors, strict=True)]


def _unit(vector: Mapping[str, float]) -> dict[str, float]:
    length = sqrt(sum(weight * weight for weight in vector.values()))
    return {piece: weight / length for piece, weight in vector.items()} if length else {}


def _without_itself(vector: Mapping[str, float], total: Mapping[str, float], length: float) -> float:
    """The cosine of a vector of length 1 (or 0) and the sum of the others; `length` is the square of that of the sum with it."""
    squared_norm = sum(weight * weight for weight in vector.values())
    along = sum(weight * total[piece] for piece, weight in vector.items())
    squared_rest = length - 2 * along + squared_norm
    return (along - squared_norm) / sqrt(squared_rest) if squared_norm and squared_rest > 1e-9 else 0.0


def by_labels(rows: Sequence[Sequence[Hashable]]) -> list[float]:
    """How usual the labels of each row are: the mean of the logarithms of their shares in the table, 0 for the only value there is."""
    counts = [Counter(column) for column in zip(*rows, strict=True)]
    return [sum(log(count[value] / len(rows)) for count, value in zip(counts, row, strict=True)) / max(1, len(row)) for row in rows]
