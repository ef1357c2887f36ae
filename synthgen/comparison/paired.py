"""How two sets of scores of the same requests differ.

For scores of 0 and 1 the test is McNemar's, exact (Q. McNemar, 1947: the pairs that differ are a coin's throws if nothing does), and the
interval Newcombe's for paired proportions (R. G. Newcombe, Statistics in Medicine 17, 1998, pp. 2635-2650, method 10). Of three it was the
one that held the truth most reliably (`tests/bench/paired.py`: 20 to 400 pairs, shares of 0.4 to 0.98, differences of 0 to 20 points, 1,000
sets each):

    Newcombe in 96.4 % of sets, at worst 93.5 %; Tango's score interval in 95.7 %, at worst 92.9 %; Wald's in 94.5 %, at worst 78.2 %

For other scores the test is that of random signs, of which McNemar's is the case of 0 and 1 (R. A. Fisher, 1935), and the interval the
percentiles of a bootstrap of the pairs.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from synthgen.comparison.shares import wilson

Array = np.ndarray
DRAWS, DRAWN_AT_ONCE = 1_999, 1_000_000
"""How often signs and pairs are drawn, and how many numbers at a time."""
Test = Literal["McNemar exact", "random signs"]


@dataclass(frozen=True)
class PairedDifference:
    """The mean score of so many pairs with the baseline and with the other value, and the `difference` (other less baseline) with its
    interval at 95 %; in how many pairs the other is worse and better (the discordant pairs), and the two-sided `p` of the `test`."""

    pairs: int
    baseline_mean: float
    mean: float
    difference: float
    low: float
    high: float
    worse: int
    better: int
    p: float
    test: Test


def paired_difference(baseline: Sequence[float], other: Sequence[float]) -> PairedDifference:
    """How the scores `other` (0 to 1) differ from those of the `baseline` of the same requests, in the same order, one or more."""
    first, second = np.asarray(baseline, dtype=float), np.asarray(other, dtype=float)
    differences = second - first
    worse, better = int((differences < 0).sum()), int((differences > 0).sum())
    test: Test = "McNemar exact" if np.isin([first, second], (0, 1)).all() else "random signs"
    if test == "McNemar exact":
        both = int((first * second).sum())
        low, high = newcombe(both, better, worse, len(first) - both - better - worse)
        p = mcnemar(worse, better)
    else:
        (low, high), p = _bootstrap(differences), _random_signs(differences)
    means = float(first.mean()), float(second.mean()), float(differences.mean())
    return PairedDifference(len(first), *means, low, high, worse, better, p, test)


def mcnemar(worse: int, better: int) -> float:
    """The two-sided p of McNemar's exact test, of the numbers of discordant pairs of either kind."""
    from scipy.special import bdtr

    return min(1.0, 2 * float(bdtr(min(worse, better), worse + better, 0.5))) if worse + better else 1.0


def newcombe(both: int, gained: int, lost: int, neither: int, confidence: float = 0.95) -> tuple[float, float]:
    """Newcombe's interval of the difference of two paired shares: of pairs with `both` right, `gained` only with the other value, `lost`
    only with the baseline, and `neither`."""
    count = both + gained + lost + neither
    of_other, of_baseline = both + gained, both + lost
    (low, high), (least, most) = wilson(of_other, count, confidence), wilson(of_baseline, count, confidence)
    share, baseline = of_other / count, of_baseline / count
    gap, phi = share - baseline, _correlation(both, gained, lost, neither)
    below = (share - low) ** 2 - 2 * phi * (share - low) * (most - baseline) + (most - baseline) ** 2
    above = (high - share) ** 2 - 2 * phi * (high - share) * (baseline - least) + (baseline - least) ** 2
    return gap - max(0.0, below) ** 0.5, gap + max(0.0, above) ** 0.5


def _correlation(both: int, gained: int, lost: int, neither: int) -> float:
    """Phi of a table of pairs, corrected for continuity where it is positive."""
    margins = (both + gained) * (both + lost) * (neither + gained) * (neither + lost)
    product = both * neither - gained * lost
    if product > 0:
        product = max(0, product - (both + gained + lost + neither) // 2)
    return float(product / margins**0.5) if margins else 0.0


def holm(values: Sequence[float]) -> list[float]:
    """The p `values` of several comparisons, corrected for their number (S. Holm, 1979)."""
    order = sorted(range(len(values)), key=values.__getitem__)
    corrected, largest = [1.0] * len(values), 0.0
    for rank, place in enumerate(order):
        largest = max(largest, min(1.0, values[place] * (len(values) - rank)))
        corrected[place] = largest
    return corrected


# For scores between 0 and 1. Differences that are alike are drawn together.


def _bootstrap(differences: Array) -> tuple[float, float]:
    """The interval at 95 % of the mean of `differences` (pairs,)."""
    sizes, counts = np.unique(differences, return_counts=True)
    stream, total = np.random.default_rng(0), len(differences)
    means = np.concatenate([stream.multinomial(total, counts / total, size) @ sizes / total for size in _chunks(len(sizes))])
    low, high = np.quantile(means, (0.025, 0.975))
    return float(low), float(high)


def _random_signs(differences: Array) -> float:
    """How often the mean of differences (pairs,) with random signs is as far from 0."""
    sizes, counts = np.unique(np.abs(differences[differences != 0]), return_counts=True)
    if not len(sizes):
        return 1.0
    stream, observed = np.random.default_rng(0), abs(float(differences.sum())) - 1e-9
    as_far = sum(
        int((np.abs((2 * stream.binomial(counts, 0.5, (size, len(sizes))) - counts) @ sizes) >= observed).sum())
        for size in _chunks(len(sizes))
    )
    return (as_far + 1) / (DRAWS + 1)


def _chunks(width: int) -> Iterator[int]:
    """Numbers of draws, DRAWS together, of so many numbers each."""
    left, most = DRAWS, max(1, DRAWN_AT_ONCE // width)
    while left > 0:
        yield min(left, most)
        left -= most
