"""Weights of options moved towards those that fail.

The failure rates are shrunk towards that of all rows, the more the fewer rows an option has and the less the rates differ: each is taken as
a draw from a beta distribution, whose spread is estimated from all of them (J. C. Kleinman, 1973). Where they differ no more than rates of
that many rows do by chance, no weight is moved. An option's new share is that which it has of what is expected to fail, as in the
cross-entropy method for rare events (R. Y. Rubinstein, 1997), but never less than a part of its old one, so that nothing is lost sight of.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import TypeVar

KEPT = 0.2
"""The part of its old share that every option keeps."""
BY_CHANCE = 0.05
"""How likely rates must be to differ so much by chance, for no weight to be moved."""
WHOLE = 100
"""What the new weights come to together, or ten times as much where they are many."""

Option = TypeVar("Option", bound=Hashable)


@dataclass(frozen=True)
class Failures:
    """Of so many `rows` so many `failed`; a row of which some answers are wrong counts in part, and rows of the same request are one."""

    rows: float
    failed: float

    @property
    def rate(self) -> float:
        """The share that failed; 0 where there is no row."""
        return self.failed / self.rows if self.rows else 0.0


def shrunk(counts: Mapping[Option, Failures]) -> dict[Option, float] | None:
    """The failure rate of each option, shrunk towards that of all; None where the rates differ no more than by chance."""
    from scipy.special import chdtrc

    counted = [count for count in counts.values() if count.rows > 0]
    rows = sum(count.rows for count in counted)
    overall = sum(count.failed for count in counted) / rows if rows else 0.0
    variance = overall * (1 - overall)
    if len(counted) < 2 or variance <= 0:
        return None
    spread = sum(count.rows * (count.rate - overall) ** 2 for count in counted)
    if chdtrc(len(counted) - 1, spread / variance) > BY_CHANCE:
        return None
    by_chance = sum(1 - count.rows / rows for count in counted)
    room = rows - sum(count.rows**2 for count in counted) / rows
    alike = (spread - variance * by_chance) / (variance * (room - by_chance)) if room > by_chance else 1.0
    prior = 1 / min(max(alike, 1e-6), 0.5) - 1
    return {option: (count.failed + prior * overall) / (count.rows + prior) for option, count in counts.items()}


def focused(weights: Mapping[Option, float], counts: Mapping[Option, Failures]) -> dict[Option, int] | None:
    """New weights, whole numbers, of options with these; None where none is moved. An option without weight stays without."""
    drawn = {option: weight for option, weight in weights.items() if weight > 0}
    rates = shrunk({option: counts.get(option, Failures(0, 0)) for option in drawn})
    if rates is None:
        return None
    total, failing = sum(drawn.values()), sum(weight * rates[option] for option, weight in drawn.items())
    whole = WHOLE if len(drawn) <= 20 else 10 * WHOLE
    shares = {option: KEPT * weight / total + (1 - KEPT) * weight * rates[option] / failing for option, weight in drawn.items()}
    return {option: max(1, round(whole * shares[option])) if option in shares else 0 for option in weights}
