"""A comparison in words, for somebody who tests and does not do statistics."""

from __future__ import annotations

from math import sqrt
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from synthgen.comparison.comparison import Comparison, Feature, Word

ROUGH = 200  # messages a side below which the intervals are wide
BANDS = ((0.60, "Hard to tell from real"), (0.70, "Close to real"), (0.80, "Alike at a glance"), (0.95, "Easy to tell from real"))
MUCH = 1.5  # times as often
NAMED = 3  # features, and words, that are named


def verdict(comparison: Comparison) -> str:
    """How near the generated messages come to real ones, and what gives them away."""
    return " ".join(filter(None, (_nearness(comparison), _manner(comparison), _saying(comparison), _roughness(comparison))))


def _nearness(comparison: Comparison) -> str:
    style, text = comparison.figures.style, comparison.figures.text
    worst = max(style.value, text.value)
    if style.low <= 0.5 and text.low <= 0.5:
        band = f"With {comparison.figures.messages:,} messages a side, not to be told from real"
    else:
        band = next((words for most, words in BANDS if worst <= most), "Nothing like real")
    return (
        f"{band}: of a real and a generated message, a classifier that sees only how they are typed finds the generated one "
        f"{_hundredths(style.value)} times in 100, one that reads the text {_hundredths(text.value)} times (guessing: 50; real against "
        f"real: "
        f"{_hundredths(comparison.ceiling.style.value)} and {_hundredths(comparison.ceiling.text.value)})."
    )


def _hundredths(value: float) -> str:
    return f"{100 * value:.0f}"


def _manner(comparison: Comparison) -> str:
    chance = 1.95 * sqrt(2 / comparison.figures.messages)  # what one feature's distance exceeds by chance once in a thousand times
    clear = [feature for feature in comparison.features if feature.ks > max(chance, feature.ceiling)]
    if not clear:
        return "No feature of style differs by more than chance."
    return f"What gives it away: {'; '.join(_feature(feature) for feature in clear[:NAMED])}."


def _feature(feature: Feature) -> str:
    name = feature.name.replace("_", " ")
    if feature.unit == "share":
        return f"{name} in {feature.generated:.0%} of messages, real {feature.real:.0%}"
    if feature.unit == "rate":
        return f"{name} {100 * feature.generated:.2g} in 100 words, real {100 * feature.real:.2g}"
    return f"{name} {feature.generated:.3g} on average, real {feature.real:.3g}"


def _saying(comparison: Comparison) -> str:
    words = [word for word in comparison.words if max(word.real, word.generated) >= MUCH * min(word.real, word.generated)]
    return f"Generated says {'; '.join(map(_word, words[:NAMED]))}." if words else "No word is said much more often on one side."


def _word(word: Word) -> str:
    less, more = sorted((word.real, word.generated))
    if more > 10 * less:
        return f"'{word.word}' in {word.generated:.0%} of messages, real {word.real:.0%}"
    times = f"{more / less:.1f}".removesuffix(".0")
    return f"'{word.word}' {times} times {'as' if word.generated > word.real else 'less'} often"


def _roughness(comparison: Comparison) -> str:
    count = comparison.figures.messages
    return f"With {count} messages a side these figures are rough." if count < ROUGH else ""
