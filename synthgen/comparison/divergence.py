"""How far two samples lie apart, without a classifier: one number by number, one as a whole."""

from __future__ import annotations

from random import Random
from typing import Any

import numpy as np
from numpy.typing import NDArray

SCALE = 5  # as in the paper: makes use of the whole range from 0 to 1
DIMENSIONS = 60
PER_CLUSTER = 20  # messages, of both sides together
MOST_CLUSTERS = 120

Array = NDArray[Any]


def kolmogorov_smirnov(first: Array, second: Array) -> float:
    """The widest gap between the two samples' distribution functions: 0 for the same values, 1 where they do not overlap."""
    first, second = np.sort(first), np.sort(second)
    values = np.concatenate([first, second])
    gaps = np.searchsorted(first, values, "right") / len(first) - np.searchsorted(second, values, "right") / len(second)
    return float(np.abs(gaps).max())


def mauve(rows: Any, first: int, stream: Random) -> float:
    """How much the distributions of two samples overlap, 0 to 1: the area under the divergence frontier of their shares in clusters
    (MAUVE, Pillutla et al. 2021). `rows` are both samples' vectors, the first sample's `first` rows before the second's."""
    from sklearn.cluster import KMeans
    from sklearn.decomposition import TruncatedSVD
    from sklearn.preprocessing import normalize

    size = min(DIMENSIONS, rows.shape[0] - 1, rows.shape[1] - 1)
    dense = normalize(TruncatedSVD(size, random_state=stream.getrandbits(31)).fit_transform(rows))
    clusters = max(2, min(MOST_CLUSTERS, rows.shape[0] // PER_CLUSTER))
    of = KMeans(clusters, n_init=3, max_iter=60, random_state=stream.getrandbits(31)).fit_predict(dense)
    shares = [np.bincount(part, minlength=clusters) / len(part) for part in (of[:first], of[first:])]
    return frontier(*shares)


def frontier(first: Array, second: Array) -> float:
    """The area under the divergence frontier of two distributions over the same clusters: 1 for equal ones, near 0 for those
    that share no cluster."""
    weights = np.linspace(1e-6, 1 - 1e-6, 25)
    mixed = [weight * first + (1 - weight) * second for weight in weights]
    ends = [(0.0, 1.0), *((np.exp(-SCALE * _kl(second, mix)), np.exp(-SCALE * _kl(first, mix))) for mix in mixed), (1.0, 0.0)]
    along, up = np.array(ends).T
    order = np.lexsort((-up, along))
    return float(np.trapezoid(up[order], along[order]))


def _kl(shares: Array, of: Array) -> float:
    positive = shares > 0
    return float((shares[positive] * np.log(shares[positive] / of[positive])).sum())
