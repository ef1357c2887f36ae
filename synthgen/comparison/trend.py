"""How a score changes from level to level: the slope, and whether there is one.

The slope is that of the levels within each request, by least squares, with an interval that takes the scores of a request together
(the cluster-robust variance of K.-Y. Liang and S. L. Zeger, 1986). The test is that of Cochran, Mantel and Haenszel for a correlation, each
request a stratum (N. Mantel, 1963), of which McNemar's, without its exactness, is the case of two levels.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np

Array = np.ndarray


@dataclass(frozen=True)
class Slope:
    """By how much the mean score changes with each level, its interval at 95 %, and the two-sided `p` of the trend test."""

    slope: float
    low: float
    high: float
    p: float


def trend(strata: Sequence[Hashable], clusters: Sequence[Hashable], levels: Sequence[float], scores: Sequence[float]) -> Slope | None:
    """The trend of `scores` (0 to 1) over `levels`. Scores are compared within a stratum; strata of the same cluster are not independent.
    None where no stratum has two levels, or all are of one cluster."""
    from scipy.special import ndtr, stdtrit

    stratum, cluster = _numbers(strata), _numbers(clusters)
    x, y = _centred(levels, stratum), _centred(scores, stratum)
    spread = float(x @ x)
    independent = len(np.unique(cluster[x != 0]))
    if spread < 1e-12 or independent < 2:
        return None
    slope = float(x @ y) / spread
    errors = np.bincount(cluster, x * (y - slope * x))
    deviation = float(np.sqrt((errors @ errors) * independent / (independent - 1))) / spread
    width = float(stdtrit(independent - 1, 0.975)) * deviation
    sizes = np.bincount(stratum)
    variances = np.bincount(stratum, x * x) * np.bincount(stratum, y * y) / np.maximum(sizes - 1, 1)
    total = float(variances.sum())
    p = 2 * float(ndtr(-abs(float(x @ y)) / total**0.5)) if total > 0 else 1.0
    return Slope(slope, slope - width, slope + width, p)


def _numbers(names: Sequence[Hashable]) -> Array:
    """Names as numbers from 0."""
    places: dict[Hashable, int] = {}
    return np.array([places.setdefault(name, len(places)) for name in names])


def _centred(values: Sequence[float], stratum: Array) -> Array:
    """Values less the mean of their stratum."""
    numbers = np.asarray(values, dtype=float)
    centred: Array = numbers - (np.bincount(stratum, numbers) / np.bincount(stratum))[stratum]
    return centred
