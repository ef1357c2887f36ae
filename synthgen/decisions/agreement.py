"""How far reviewers agree, and how many rows are enough.

Two reviewers agree on a row where both accept it, reject it or are unsure of it, and put the same labels into it. Cohen's kappa (J. Cohen,
1960) is that share less what chance would make of it. How many accepted rows a table has is an estimate: its interval is Wilson's (E. B.
Wilson, 1927), narrowed as for a sample from a table of so many rows (finite population correction).
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import combinations

from synthgen.decisions.standing import STATUS, Standing

WIDTH = 0.05
"""How far the share of accepted rows may be off, to either side."""


@dataclass(frozen=True)
class Agreement:
    """Two reviewers: how many rows both decided on, on what share of these they agree, and Cohen's kappa; None where it is not defined, for
    both say the same of all rows."""

    one: str
    other: str
    rows: int
    share: float
    kappa: float | None


@dataclass(frozen=True)
class Enough:
    """Of the rows `decided` on, out of so many, the `share` that was accepted, its interval at 95 %, and how many `more` it takes to know
    it to five points."""

    decided: int
    of: int
    share: float
    low: float
    high: float
    more: int

    def __str__(self) -> str:
        if not self.decided:
            return f"nothing decided yet; {self.more:,} rows tell the share of good ones to ±5 points"
        accepted_note = f"{self.share:.0%} of {self.decided:,} rows accepted ({self.low:.0%} to {self.high:.0%})"
        return f"{accepted_note}; {f'{self.more:,} more for ±5 points' if self.more else 'enough for ±5 points'}"


def kappa(standings: Iterable[Standing]) -> list[Agreement]:
    """The agreement of each pair of reviewers, by name, who decided on the same rows."""
    pairs: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for standing in standings:
        verdicts = {by: _verdict(standing, by) for by in sorted(standing.by)}
        for one, other in combinations(verdicts, 2):
            pairs.setdefault((one, other), []).append((verdicts[one], verdicts[other]))
    return [_agreement(one, other, verdict_pairs) for (one, other), verdict_pairs in sorted(pairs.items())]


def _verdict(standing: Standing, by: str) -> str:
    """What a reviewer says of a row, with the labels that he puts into it."""
    labels = {decision.field: decision.value for decision in standing.decisions if decision.by == by and decision.decision == "relabel"}
    return json.dumps([STATUS[standing.by[by].decision], labels], sort_keys=True)


def _agreement(one: str, other: str, verdict_pairs: list[tuple[str, str]]) -> Agreement:
    share = sum(first == second for first, second in verdict_pairs) / len(verdict_pairs)
    if len({word for pair in verdict_pairs for word in pair}) == 1:
        return Agreement(one, other, len(verdict_pairs), share, None)
    from sklearn.metrics import cohen_kappa_score

    return Agreement(one, other, len(verdict_pairs), share, float(cohen_kappa_score(*map(list, zip(*verdict_pairs, strict=True)))))


def enough(accepted: int, decided: int, of: int) -> Enough:
    """What a review of so many rows out of `of` tells of the share of accepted ones. It holds for rows that were taken as they come, not
    for a queue of doubtful ones. How many more it takes is worked out for a share a little nearer to one half (two more of either kind:
    A. Agresti and B. Coull, 1998), so that three accepted rows do not seem to tell of all."""
    low, high = _interval(accepted / decided if decided else 0.5, decided, of)
    share = (accepted + 2) / (decided + 4)
    least, most = decided, max(of, decided)
    while least < most:  # the interval only narrows with more rows
        middle = (least + most) // 2
        narrow = _interval(share, middle, of)
        least, most = (least, middle) if narrow[1] - narrow[0] <= 2 * WIDTH else (middle + 1, most)
    return Enough(decided, of, accepted / decided if decided else 0.0, low, high, least - decided)


def _interval(share: float, count: int, of: int) -> tuple[float, float]:
    from synthgen.comparison.shares import wilson  # its room needs numpy

    if count and count >= of:
        return share, share
    counted = count * (of - 1) / (of - count) if count else 0.0
    return wilson(share * counted, counted)
