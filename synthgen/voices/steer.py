"""Steering: among several texts, take the one that moves a table towards how its people type.

What is aimed at is a long list of marks of which each text has some: "is in small letters only", "has seven words or more", "says 'card'".
A mark has a share of texts that should have it. The text is taken that brings the shares of all marks together nearest to their targets
(kernel herding, Chen, Welling and Smola, UAI 2010, with the marks as its features)."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from synthgen.voices.features import FEATURES, features
from synthgen.voices.voice import COUNTS, QUANTILES, RATES, Voice

CUTS = 9
"""At most so many gaps between a feature's values at which texts are told apart."""
WORDS = 1000
"""Words and pairs of words that are marks, at most."""
NARROW = 1e-4
"""Less than any two values of a feature differ by."""
SELDOM = 0.004
"""A word that fewer texts have than this is no mark."""
UNMET = 6.0
"""By how many texts a mark may be behind or ahead before more no longer counts: what cannot be had must not outweigh the rest."""
RATE, COUNT = 5.0, 0.5
"""What rates and counts are multiplied by, so that they vary from text to text about as much as what a text has or has not."""
LONGER = 1 - np.array(QUANTILES)
"""The shares of texts that are longer than each of a voice's five lengths."""
OF_WORDS = 6.0
"""How much all words together count beside all features."""

Marks = np.ndarray
_TOKEN = re.compile(r"<\w+>|[\w']+|[^\w\s]")


@dataclass(frozen=True)
class StyleTarget:
    """The marks that are aimed at: `shares` (marks,) of texts that should have each, `weights` (marks,) of how much each counts,
    and `marks`, which finds the marks (texts, marks) of texts."""

    shares: np.ndarray
    weights: np.ndarray
    marks: Callable[[Sequence[str]], Marks]


@dataclass
class StyleTotals:
    """How many texts there are, and the sum of their marks, in thousandths: whole numbers, so that their order means nothing."""

    texts: int
    sums: np.ndarray

    @classmethod
    def empty(cls, course: StyleTarget) -> StyleTotals:
        """Before the first text."""
        return cls(0, np.zeros(len(course.shares), dtype=np.int64))

    def add(self, marks: Marks, times: int = 1) -> None:
        """Count a text, or with `times` -1 take it back."""
        self.texts += times
        self.sums += times * np.rint(marks * 1000).astype(np.int64)


class StylePool:
    """Texts that are taken one by one, each time the text that brings a tally nearest to the target."""

    def __init__(self, course: StyleTarget, texts: Sequence[str]) -> None:
        self.course = course
        self._marks = course.marks(texts).astype(np.float32)
        self._own = (self._marks**2) @ course.weights.astype(np.float32)

    def best(self, tally: StyleTotals, places: Sequence[int]) -> int:
        """The place of the most wanted text among some places."""
        behind = np.clip(tally.sums / 1000 - tally.texts * self.course.shares, -UNMET, UNMET)
        # the square of (behind + marks - shares), weighted and summed, but for what is the same for all texts
        pull = (2 * self.course.weights * (behind - self.course.shares)).astype(np.float32)
        return places[int((self._own + self._marks @ pull)[list(places)].argmin())]


def style(text: str) -> dict[str, float]:
    """What is measured in one text, by feature."""
    return {name: round(float(value), 4) for name, value in zip(FEATURES, features([text])[0], strict=True)}


def target_from_texts(texts: Sequence[str]) -> StyleTarget:
    """The target that texts like these set: each feature with its whole distribution, and the words and pairs of words that many have."""
    measured = features(texts)
    cuts = [(place, cut) for place in range(measured.shape[1]) for cut in _cuts(measured[:, place])]
    counts = Counter(token for text in texts for token in _tokens(text))
    least = max(3, SELDOM * len(texts))
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))  # sets have no order, and equal counts must have one
    often = [token for token, count in ranked[:WORDS] if least <= count <= 0.97 * len(texts)]
    weights = _weights([place for place, _ in cuts], len(often))
    return StyleTarget(
        _found(texts, measured, cuts, often).mean(0), weights, lambda new_texts: _found(new_texts, features(new_texts), cuts, often)
    )


def target_from_voice(voice: Voice) -> StyleTarget:
    """The target that a voice sets: its shares and rates, and the quantiles of its lengths."""
    lengths = voice.words or []
    length = FEATURES.index("words")
    named = {name: float(value) for name in FEATURES if name != "words" and (value := getattr(voice, name, None)) is not None}
    scales = np.array([RATE if name in RATES else COUNT if name in COUNTS else 1.0 for name in named])
    places = [FEATURES.index(name) for name in named]
    aims = np.concatenate([np.array([*named.values()]) * scales, LONGER[: len(lengths)]])

    def marks_of(texts: Sequence[str]) -> Marks:
        measured = features(texts)
        longer = measured[:, [length] * len(lengths)] > np.array(lengths)
        return np.hstack([measured[:, places] * scales, longer])

    weights = np.array([1.0] * len(named) + [2 / len(lengths) for _ in lengths])
    return StyleTarget(aims, weights, marks_of)


def _found(texts: Sequence[str], measured: np.ndarray, cuts: list[tuple[int, float]], often: list[str]) -> Marks:
    styles = measured[:, [place for place, _ in cuts]] > np.array([cut for _, cut in cuts])
    if not often:
        return styles
    tokens = [_tokens(text) for text in texts]
    return np.hstack(
        [styles, np.array([[token in text_tokens for token in often] for text_tokens in tokens]).reshape(len(texts), len(often))]
    )


def _cuts(values: np.ndarray) -> list[float]:
    """Where a feature's values are divided: on either side of the gaps between neighbours, of nine gaps at most that lie evenly
    among the texts. Where all texts are the same, on either side of that: others must not be otherwise."""
    kinds = np.unique(values)
    if len(kinds) == 1:
        return [float(kinds[0]) - NARROW, float(kinds[0]) + NARROW]
    at = np.searchsorted(kinds, np.quantile(values, np.linspace(0, 1, CUTS + 2)[1:-1], method="lower"))
    below = np.unique(np.minimum(at, len(kinds) - 2))
    return [cut for place in below for cut in (float(kinds[place]) + NARROW, float(kinds[place + 1]) - NARROW)]


def _tokens(text: str) -> set[str]:
    single = _TOKEN.findall(text)
    lower = [token.lower() for token in single]
    return {*lower, *(f"{first} {second}" for first, second in pairwise(lower)), *(f"^{lower[0]}" for _ in lower[:1])}


def _weights(places: Sequence[int], words: int) -> np.ndarray:
    """Each feature counts the same, however many marks it has."""
    often = Counter(places)
    return np.array([1 / often[place] for place in places] + [OF_WORDS * len(often) / max(1, words)] * words)
