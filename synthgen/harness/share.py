"""A share of answers that are right, with its interval."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from synthgen.comparison.shares import difference, wilson


@dataclass(frozen=True)
class Share:
    """The mean score of so many rows, and its interval at 95 %; `apart` is -1 for a slice that is surely worse than all other rows,
    1 for one that is surely better. Rows of the same request count as one in both."""

    rows: int
    mean: float
    low: float
    high: float
    apart: int = 0


def share_of(scores: Sequence[float], others: tuple[float, int] = (0.0, 0), looks: int = 1, rows: int | None = None) -> Share:
    """The share of independent `scores`, which are those of so many `rows` (default: as many), and whether it is apart from the others,
    of which the sum and the number are given; `looks` slices are looked at."""
    count, total = len(scores), sum(scores)
    low, high = wilson(total, count)
    other_total, other_count = others
    apart = 0
    if other_count:
        least, most = difference(total, count, other_total, other_count, 1 - 0.05 / looks)
        apart = -1 if most < 0 else 1 if least > 0 else 0
    return Share(count if rows is None else rows, total / count if count else 0.0, low, high, apart)
