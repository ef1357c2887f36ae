"""What each of many labels does to a score, all others being equal: a logistic regression, and what it says in shares.

The regression has a weak penalty (as if each coefficient came from a normal distribution with a deviation of 2.5: A. Gelman et al., 2008),
so that a label with which every answer is wrong has a finite one. Its deviation is the larger of two: the model's, which holds for labels
that few rows have, and the cluster-robust one (Liang and Zeger, 1986), which holds where the rows of a request are alike. What is told is
the average marginal effect: the mean of all rows' foretold scores with the label less that without it, at the coefficient and at both ends
of its interval. Scores between 0 and 1 are taken as shares (L. E. Papke and J. M. Wooldridge, 1996).
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field

import numpy as np

from synthgen.comparison.paired import holm

Array = np.ndarray
PENALTY = 2.5**-2
"""Of a coefficient's square, halved."""
STEPS, SETTLED = 100, 1e-8
"""Newton's steps at most, and the step from which on they change nothing."""


Column = tuple[str, str]
"""A label and one of its values."""


@dataclass
class Design:
    """The columns (rows,) of a regression: 1 or 0, with the label's value or without; or levels, of which the effect is that of one more. A
    row has one column of a group at most: it is compared with one that has none. `controls` are taken into account and not told."""

    columns: dict[Column, Sequence[float]] = field(default_factory=dict)
    groups: dict[Column, str] = field(default_factory=dict)
    controls: set[Column] = field(default_factory=set)

    def add(self, label: str, values: Sequence[str], baseline: str, *, control: bool = False) -> None:
        """A column for each of a label's `values` (rows,) but the baseline."""
        for value in sorted({*values} - {baseline}):
            self.columns[label, value] = [float(row_value == value) for row_value in values]
            self.groups[label, value] = label
            self.controls |= {(label, value)} if control else set()

    def alike(self, column: Column, other: Column) -> bool:
        """Whether two columns are of one group."""
        return self.groups.get(column) == self.groups.get(other)


@dataclass(frozen=True)
class Effect:
    """By how much the mean score differs with a label (of so many `rows`) from that without it, its interval at 95 %, the two-sided `p`,
    and this corrected for the number of labels that were looked at (Holm)."""

    rows: int
    difference: float
    low: float
    high: float
    p: float
    corrected_p: float


def effects(design: Design, scores: Sequence[float], clusters: Sequence[Hashable]) -> dict[Column, Effect]:
    """The effect of each column that is no control on the `scores` (rows,), 0 to 1. Rows of a cluster are not independent."""
    from scipy.special import stdtr, stdtrit

    matrix = np.column_stack([np.ones(len(scores)), *(np.asarray(column, float) for column in design.columns.values())])
    weights, deviations = _fitted(matrix, np.asarray(scores, dtype=float), clusters)
    freedom = max(1, len(set(clusters)) - 1)
    width, ranges, p_values = float(stdtrit(freedom, 0.975)), dict[Column, tuple[float, float, float]](), list[float]()
    for place, name in enumerate(design.columns, start=1):
        if name in design.controls:
            continue
        rivals = [at for at, other in enumerate(design.columns, start=1) if name in design.groups and design.alike(name, other)]
        shift = width * deviations[place]
        middle, *ends = (_marginal(matrix, weights, place, rivals, by) for by in (0.0, -shift, shift))
        ranges[name] = middle, min(ends), max(ends)
        p_values.append(2 * float(stdtr(freedom, -abs(weights[place]) / deviations[place])))
    return {
        name: Effect(int(np.count_nonzero(design.columns[name])), *ranges[name], p, corrected)
        for name, p, corrected in zip(ranges, p_values, holm(p_values), strict=True)
    }


def _fitted(matrix: Array, score: Array, clusters: Sequence[Hashable]) -> tuple[Array, Array]:
    """The coefficients (columns,) of a logistic regression with a penalty on all but the first, and their standard deviations."""
    penalty = np.diag([0.0, *[PENALTY] * (matrix.shape[1] - 1)])
    weights, mean = np.zeros(matrix.shape[1]), float(np.clip(score.mean(), 1e-6, 1 - 1e-6))
    weights[0] = np.log(mean / (1 - mean))
    for _ in range(STEPS):
        foretold = _logistic(matrix @ weights)
        step = np.linalg.solve(_curvature(matrix, foretold, penalty), matrix.T @ (score - foretold) - penalty @ weights)
        weights = weights + np.clip(step, -2, 2)
        if np.abs(step).max() < SETTLED:
            break
    foretold = _logistic(matrix @ weights)
    inverse = np.linalg.inv(_curvature(matrix, foretold, penalty))
    places: dict[Hashable, int] = {}
    cluster = np.array([places.setdefault(name, len(places)) for name in clusters])
    sums = np.column_stack([np.bincount(cluster, column) for column in (matrix * (score - foretold)[:, None]).T])
    robust = inverse @ (sums.T @ sums) @ inverse * (len(places) / max(1, len(places) - 1))
    return weights, np.sqrt(np.maximum(np.diag(inverse), np.diag(robust)))


def _curvature(matrix: Array, foretold: Array, penalty: Array) -> Array:
    spread = foretold * (1 - foretold)
    curvature: Array = (matrix * spread[:, None]).T @ matrix + penalty + 1e-9 * np.eye(len(penalty))
    return curvature


def _marginal(matrix: Array, weights: Array, place: int, rivals: Sequence[int], by: float) -> float:
    """The mean difference that a column makes when its coefficient is moved `by` so much."""
    with_it, moved = matrix.copy(), weights.copy()
    moved[place] += by
    with_it[:, list(rivals)] = 0
    without = with_it.copy()
    levels = not np.isin(matrix[:, place], (0, 1)).all()
    without[:, place] = matrix[:, place] if levels else 0
    with_it[:, place] = without[:, place] + 1
    return float((_logistic(with_it @ moved) - _logistic(without @ moved)).mean())


def _logistic(values: Array) -> Array:
    share: Array = 1 / (1 + np.exp(-np.clip(values, -30, 30)))
    return share
