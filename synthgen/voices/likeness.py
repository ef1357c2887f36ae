"""How odd one message would be for a voice, and how near many messages came to it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import exp, log, sqrt
from typing import Any

import numpy as np

from synthgen.voices.features import FEATURES, features
from synthgen.voices.voice import COUNTS, QUANTILES, RATES, Voice

LEAST = 0.01
"""No figure is taken to be surer than this: a voice that never shouts may do so once in a hundred messages."""
LIKE, CHANCE = 0.2, 2.0
"""How near a figure must be to be called like the voice's: within a fifth of it, or within two standard errors."""


def oddness(text: str, voice: Voice) -> float:
    """By how many standard deviations a message is less likely than the voice's own messages are on average, its figures
    taken one by one as if they did not depend on each other. Around 0 is usual, above 3 hardly ever happens."""
    figures = dict(zip(FEATURES, map(float, features([text])[0]), strict=True))
    surprise = expected = variance = 0.0
    for name, value in figures.items():
        figure = getattr(voice, name, None)
        if figure is None or name in COUNTS:
            continue
        rate = figure * figures["words"] if name in RATES else figure
        share = min(1 - LEAST, max(LEAST, 1 - exp(-rate) if name in RATES else rate))
        surprise -= log(share if value > 0 else 1 - share)
        expected -= share * log(share) + (1 - share) * log(1 - share)
        variance += share * (1 - share) * log(share / (1 - share)) ** 2
    if voice.words:
        part = sum(figures["words"] > length for length in voice.words)
        shares = [round(after - before, 3) for before, after in pairwise((0.0, *QUANTILES, 1.0))]
        logs = [-log(share) for share in shares]
        mean = sum(share * surprisal for share, surprisal in zip(shares, logs, strict=True))
        surprise, expected = surprise + logs[part], expected + mean
        variance += sum(share * (surprisal - mean) ** 2 for share, surprisal in zip(shares, logs, strict=True))
    return (surprise - expected) / sqrt(variance) if variance else 0.0


def style_errors(texts: Sequence[str], voice: Voice) -> dict[str, dict[str, Any]]:
    """For each figure that the voice names: its target, what the texts have, whether that is like it, and how far it may be away for that
    (of the words of a message each of the three in the middle, and at least a word)."""
    measured = features(texts)
    total = float(measured[:, FEATURES.index("words")].sum())
    errors: dict[str, dict[str, Any]] = {}
    for name, values in zip(FEATURES, measured.T, strict=True):
        figure = getattr(voice, name, None)
        if name == "words" and figure:
            quantiles = [float(quantile) for quantile in np.quantile(values, QUANTILES)]
            tolerances = [_within(quantile, 1.0) for quantile in figure]
            near = (
                abs(quantile - target) <= most for target, quantile, most in zip(figure[1:4], quantiles[1:4], tolerances[1:4], strict=True)
            )
            errors[name] = {"target": list(figure), "made": quantiles, "like": all(near), "within": tolerances}
        elif isinstance(figure, float | int):
            mean = float(values.mean(dtype=np.float64))
            chance = _error(name, float(figure), len(texts), total, float(values.std(dtype=np.float64)))
            tolerance = _within(float(figure), CHANCE * chance)
            errors[name] = {
                "target": float(figure),
                "made": round(mean, 4),
                "like": abs(mean - figure) <= tolerance,
                "within": round(tolerance, 4),
            }
    return errors


def _error(name: str, figure: float, texts: int, words: float, deviation: float) -> float:
    """The standard error of a figure in so many texts and words."""
    if name in COUNTS:
        return deviation / sqrt(max(1, texts))
    return sqrt(figure / max(1, words)) if name in RATES else sqrt(figure * (1 - figure) / max(1, texts))


def _within(target: float, chance: float) -> float:
    """How far from its target a figure may be: by a fifth, or by chance."""
    return max(chance, LIKE * abs(target))
