"""Classifier two-sample tests (Lopez-Paz & Oquab 2017): can a classifier tell the messages of two sides apart?

What the classifiers see is fitted to all messages at once, which teaches nothing about sides. They learn on four fifths
and are tested on the rest. AUC is averaged over the folds, not taken from their pooled scores, which would be below a half
where there is no difference.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import sqrt
from random import Random
from typing import Any

import numpy as np
from numpy.typing import NDArray

from synthgen.errors import DataError

FOLDS = 5
LARGE = ("the groups of the real messages are too few or too large to be divided", "give at least a dozen small ones, or none")
STRETCH = 1.3  # DeLong holds what was learned for fixed; in samples without a difference the AUC varied so much more
WORD = r"\w+|[^\w\s]"
TWICE = re.compile(r"(?<=\s)\s")  # white space that the vectorizers would not see
Array = NDArray[Any]
Matrix = Any
"""Rows of numbers, one a message; scipy's sparse ones too."""
Scorer = Callable[[Matrix, Array, Matrix], Array]
"""Learns from rows and their sides (0 or 1), and scores other rows: the higher, the more like side 1."""


@dataclass(frozen=True, slots=True)
class Auc:
    """How often a classifier can say of two messages, one of either side, which is which; and its 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Draw:
    """A sample of either side, as places in a list of messages; `units` has for each of them, the first side's first, the
    name of what it must stay together with, in learning or in testing."""

    first: Sequence[int]
    second: Sequence[int]
    units: Sequence[str] = ()


def vectors(texts: Sequence[str]) -> Matrix:
    """What a classifier of texts sees: tf-idf of words (one and two, punctuation counts) and of characters (one to four), all
    with their case, and with a mark where a message begins and ends. Three blocks of length 1 side by side: the single characters
    would be lost among the thousands of longer pieces. Shape (messages, pieces)."""
    from scipy.sparse import hstack
    from sklearn.feature_extraction.text import TfidfVectorizer

    marked = ["\x02" + TWICE.sub("\x04", text) + "\x03" for text in texts]
    shared: dict[str, Any] = {"lowercase": False, "sublinear_tf": True, "dtype": np.float32, "min_df": 2}
    blocks = [
        TfidfVectorizer(analyzer="char", ngram_range=(1, 2), **shared).fit_transform(marked),
        TfidfVectorizer(analyzer="char_wb", ngram_range=(1, 4), **shared).fit_transform(marked),
        TfidfVectorizer(token_pattern=WORD, ngram_range=(1, 2), **shared | {"min_df": 1}).fit_transform(marked),
    ]
    return hstack(blocks).tocsr()


def standardised(matrix: Array) -> Array:
    """Each column with mean 0 and deviation 1; one that never varies is 0."""
    spread = matrix.std(axis=0)
    scaled: Array = (matrix - matrix.mean(axis=0)) / np.where(spread > 0, spread, 1)
    return scaled


def by_text(rows: Matrix, sides: Array, tested: Matrix) -> Array:
    """Logistic regression, which for many sparse columns is hard to beat."""
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=3, solver="liblinear", dual=True, tol=1e-3, max_iter=2000, random_state=0).fit(rows, sides)
    scores: Array = model.decision_function(tested)
    return scores


def by_style(rows: Matrix, sides: Array, tested: Matrix) -> Array:
    """The mean of two classifiers, one that weighs features and one that combines them: as good as the better of both, and nobody
    chooses."""
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.linear_model import LogisticRegression

    straight = LogisticRegression(C=1, max_iter=1000).fit(rows, sides)
    bent = HistGradientBoostingClassifier(max_iter=80, learning_rate=0.08, max_leaf_nodes=8, early_stopping=False, random_state=0)
    scores: Array = straight.predict_proba(tested)[:, 1] + bent.fit(rows, sides).predict_proba(tested)[:, 1]
    return scores


def mean_auc(matrix: Matrix, draws: Sequence[Draw], scorer: Scorer, stream: Random) -> Auc:
    """The mean AUC over the draws, whose places are rows of the matrix."""
    results = [_tested(matrix, draw, scorer, stream) for draw in draws]
    value, middle = (float(np.mean([result[part] for result in results])) for part in (0, 1))
    # One draw's deviation: the draws share their messages, so that more of them tell little more.
    reach = 1.96 * STRETCH * sqrt(float(np.mean([result[2] for result in results])))
    return Auc(value, max(0.0, min(middle - reach, value)), min(1.0, max(middle + reach, value)))


def _tested(matrix: Matrix, draw: Draw, scorer: Scorer, stream: Random) -> tuple[float, float, float]:
    """The AUC; the middle of its interval, and its variance (DeLong 1988, for units of several messages Obuchowski 1997)."""
    places, units = np.array([*draw.first, *draw.second]), np.array(draw.units)
    sides = np.repeat([0, 1], [len(draw.first), len(draw.second)])
    wins = np.full(len(places), np.nan)  # how many of the other side's messages in its fold a message is on the right side of
    for test in folds(draw.units, sides, stream):
        learn = ~test
        if any(len(set(sides[part])) < 2 for part in (test, learn)):
            continue
        scores = scorer(matrix[places[learn]], sides[learn], matrix[places[test]])
        for side in (0, 1):
            side_scores, other_scores = scores[sides[test] == side], np.sort(scores[sides[test] != side])
            below = (np.searchsorted(other_scores, side_scores, "left") + np.searchsorted(other_scores, side_scores, "right")) / (
                2 * len(other_scores)
            )
            wins[np.flatnonzero(test & (sides == side))] = below if side else 1 - below
    if np.isnan(wins).all():
        raise DataError(*LARGE)
    parts = [(wins[chosen], units[chosen]) for side in (0, 1) if (chosen := (sides == side) & ~np.isnan(wins)).any()]
    means, spreads = zip(*(_mean(won, group) for won, group in parts), strict=True)
    plain = [float(won.mean()) for won, _ in parts]
    return sum(plain) / 2, sum(means) / 2, sum(spreads)


def _mean(won: Array, units: Array) -> tuple[float, float]:
    """The mean and its variance, units taken together; with one undecided message more, since few that all agree prove little."""
    won, units = np.append(won, 0.5), np.append(units, "\x00undecided")
    _, of = np.unique(units, return_inverse=True)
    off = np.bincount(of, won - won.mean())
    count = len(off)
    return float(won.mean()), float((off**2).sum() / len(won) ** 2 * count / (count - 1))


def folds(units: Sequence[str], sides: Array, stream: Random) -> Iterator[Array]:
    """Which rows are tested in each fold: whole units, and about as many of either side in each."""
    members: dict[str, list[int]] = {}
    for row, unit in enumerate(units):
        members.setdefault(unit, []).append(row)
    order = sorted(stream.sample(list(members), len(members)), key=lambda unit: -len(members[unit]))
    filled = np.zeros((FOLDS, 2))
    fold = np.empty(len(units), dtype=int)
    for unit in order:
        counts = np.bincount(sides[members[unit]], minlength=2)
        chosen = int(np.argmin(filled @ counts))
        filled[chosen] += counts
        fold[members[unit]] = chosen
    return (fold == number for number in range(FOLDS))
