"""A share of answers that are right, with its interval."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from synthgen.comparison.shares import difference, wilson


@dataclass(frozen=True)
class Share:
    """The mean score of so many rows, and its interval at 95 %; `apart` is -1 for a slice that is surely worse than all other rows,
    1 for one that is surely better."""

    rows: int
    mean: float
    low: float
    high: float
    apart: int = 0


def share_of(scores: Sequence[float], all_scores: Sequence[float] = (), looks: int = 1) -> Share:
    """A slice's share, and whether it is apart from the rest of `all_scores`; `looks` slices are looked at."""
    count, total = len(scores), sum(scores)
    low, high = wilson(total, count)
    apart = 0
    if other_count := max(0, len(all_scores) - count):
        least, most = difference(total, count, sum(all_scores) - total, other_count, 1 - 0.05 / looks)
        apart = -1 if most < 0 else 1 if least > 0 else 0
    return Share(count, total / count if count else 0.0, low, high, apart)
