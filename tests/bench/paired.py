"""Whether what `slice` says of the same requests is true: `python tests/bench/paired.py [SETS]` (default: 1,000 simulated sets each).

For three intervals of the difference of paired shares, the share of sets in which they hold the truth; the same for the bootstrap of scores
between 0 and 1, for the slope over levels, and for the effects of single labels. And how often there is an alarm where nothing differs:
of McNemar's exact test, of the trend test, and of any of many comparisons after Holm's correction. Wanted: 95 % held, 5 % alarms at most.
"""

from __future__ import annotations

import sys
from itertools import product
from statistics import NormalDist

import numpy as np

from synthgen.comparison.effects import Design, effects
from synthgen.comparison.paired import holm, mcnemar, newcombe, paired_difference
from synthgen.comparison.trend import trend

SIZES = (20, 50, 100, 200, 400)
SHARES = ((0.98, 0.0), (0.95, -0.03), (0.92, -0.11), (0.8, 0.0), (0.6, -0.2))
"""Shares of the baseline, and what the other differs by."""
ALIKE = (0.0, 0.5)
"""In what share of requests one draw decides of both."""
Array = np.ndarray


def draw(stream: np.random.Generator, requests: int, shares: tuple[float, ...], alike: float) -> Array:
    """Scores of 0 and 1: (requests, shares)."""
    hard = stream.random((requests, 1))
    single = stream.random((requests, len(shares)))
    scores: Array = np.where(stream.random((requests, 1)) < alike, hard, single) < np.array(shares)
    return scores.astype(float)


def tango(gained: int, lost: int, count: int, confidence: float = 0.95) -> tuple[float, float]:
    """Tango's score interval of the difference of two paired shares (T. Tango, Statistics in Medicine 17, 1998, pp. 891-908)."""
    z, gap = NormalDist().inv_cdf((1 + confidence) / 2), (gained - lost) / count

    def score(delta: float) -> float:
        b, c = (2 * count - gained + lost) * delta - gained - lost, -lost * delta * (1 - delta)
        share = (max(0.0, b * b - 8 * count * c) ** 0.5 - b) / (4 * count)
        variance = count * (2 * share + delta * (1 - delta))
        return (gained - lost - count * delta) / variance**0.5 if variance > 0 else 0.0

    def limit(inside: float, outside: float) -> float:
        for _ in range(60):
            middle = (inside + outside) / 2
            inside, outside = (middle, outside) if abs(score(middle)) <= z else (inside, middle)
        return (inside + outside) / 2

    return limit(gap, -1.0), limit(gap, 1.0)


def wald(gained: int, lost: int, count: int) -> tuple[float, float]:
    """The textbook's interval of the same."""
    gap = (gained - lost) / count
    width = NormalDist().inv_cdf(0.975) * (gained + lost - count * gap**2) ** 0.5 / count
    return gap - width, gap + width


def intervals(sets: int) -> None:
    """Paired shares: three intervals, and McNemar's test."""
    stream = np.random.default_rng(1)
    held: dict[str, list[float]] = {"Newcombe": [], "Tango": [], "Wald": []}
    alarms = list[float]()
    for requests, (share, difference), alike in product(SIZES, SHARES, ALIKE):
        inside, rejected = dict.fromkeys(held, 0), 0
        for _ in range(sets):
            first, second = draw(stream, requests, (share, share + difference), alike).T.astype(bool)
            both, gained, lost = int((first & second).sum()), int((~first & second).sum()), int((first & ~second).sum())
            found = (
                newcombe(both, gained, lost, requests - both - gained - lost),
                tango(gained, lost, requests),
                wald(gained, lost, requests),
            )
            for name, (low, high) in zip(held, found, strict=True):
                inside[name] += low - 1e-12 <= difference <= high + 1e-12
            rejected += mcnemar(lost, gained) < 0.05
        for name, count in inside.items():
            held[name].append(count / sets)
        alarms += [rejected / sets] if not difference else []
    for name, shares in held.items():
        print(f"{name}: holds the truth in {np.mean(shares):.1%} of sets, at worst {min(shares):.1%}")
    print(f"McNemar's exact test: alarm where nothing differs in {np.mean(alarms):.1%} of sets, at worst {max(alarms):.1%}")


def graded(sets: int) -> None:
    """Scores between 0 and 1, which a request shares in part."""
    stream = np.random.default_rng(2)
    for requests, shift in product((50, 200), (0.0, -0.1)):
        inside = alarms = 0
        for _ in range(sets):
            request = stream.normal(0.7, 0.2, requests)
            first, second = (np.clip(request + by + stream.normal(0, 0.15, requests), 0, 1) for by in (0.0, shift))
            found = paired_difference(list(first), list(second))
            truth = 0.0 if not shift else GRADED
            inside += found.low <= truth <= found.high
            alarms += found.p < 0.05
        said = f"alarms {alarms / sets:.1%}" if not shift else f"found in {alarms / sets:.1%}"
        print(f"grades of {requests} requests, {shift:+.1f}: the bootstrap holds the truth in {inside / sets:.1%} of sets; {said}")


def _graded_truth() -> float:
    stream = np.random.default_rng(3)
    request = stream.normal(0.7, 0.2, 4_000_000)
    first, second = (np.clip(request + by + stream.normal(0, 0.15, len(request)), 0, 1) for by in (0.0, -0.1))
    return float((second - first).mean())


def comparisons(sets: int) -> None:
    """Four voices beside a baseline, none of which differs."""
    stream, alarms = np.random.default_rng(4), 0
    for _ in range(sets):
        scores = draw(stream, 200, (0.85,) * 5, 0.5)
        alarms += min(holm([paired_difference(scores[:, 0], scores[:, place]).p for place in range(1, 5)])) < 0.05
    print(f"four comparisons of 200 requests, nothing differs: any alarm in {alarms / sets:.1%} of sets")


def levels(sets: int) -> None:
    """Four levels of the same requests."""
    stream = np.random.default_rng(5)
    for requests, slope, alike in product((40, 200), (0.0, -0.08), ALIKE):
        shares = tuple(0.9 + slope * level for level in range(4))
        inside = alarms = 0
        for _ in range(sets):
            scores = draw(stream, requests, shares, alike)
            request, level = np.repeat(np.arange(requests), 4), np.tile(np.arange(4), requests)
            found = trend(list(request), list(request), list(level), list(scores.ravel()))
            assert found
            inside += found.low - 1e-12 <= slope <= found.high + 1e-12
            alarms += found.p < 0.05
        said = f"alarms {alarms / sets:.1%}" if not slope else f"found in {alarms / sets:.1%}"
        print(f"{requests} requests, {100 * slope:+.0f} points a level: the slope's interval holds it in {inside / sets:.1%}; {said}")


def labels(sets: int) -> None:
    """Twenty labels of rows of which three belong together; one of them, or none, is what the application fails on."""
    stream = np.random.default_rng(6)
    for effect, requests in product((0.0, -1.5), (100, 400)):
        inside = alarms = found_it = 0
        for _ in range(sets):
            rows = 3 * requests
            shares = np.geomspace(0.06, 0.4, 20)
            columns = (stream.random((rows, 20)) < shares).astype(float)
            request = np.repeat(np.arange(requests), 3)
            easy = np.repeat(stream.normal(1.5, 1.0, requests), 3)
            chance = 1 / (1 + np.exp(-(easy + effect * columns[:, 10])))
            with_it, without = (1 / (1 + np.exp(-(easy + by))) for by in (effect, 0.0))
            truth = float((with_it - without).mean())
            score = (stream.random(rows) < chance).astype(float)
            design = Design({("slip", str(place)): list(columns[:, place]) for place in range(20)})
            found = effects(design, list(score), list(request))
            inside += found["slip", "10"].low - 1e-12 <= truth <= found["slip", "10"].high + 1e-12
            called = {name for name, each in found.items() if each.corrected_p < 0.05}
            alarms += bool(called - ({("slip", "10")} if effect else set()))
            found_it += ("slip", "10") in called
        said = f"the label is called in {found_it / sets:.1%}, " if effect else ""
        print(
            f"20 labels, {3 * requests} rows, effect {effect:+.1f}: its interval holds the truth in {inside / sets:.1%}; {said}"
            f"any other in {alarms / sets:.1%}"
        )


if __name__ == "__main__":
    GRADED = _graded_truth()
    for measure in (intervals, graded, comparisons, levels, labels):
        measure(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000)
