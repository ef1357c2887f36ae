"""Intervals of shares, and of the difference of two."""

from __future__ import annotations

from statistics import NormalDist


def wilson(total: float, count: float, confidence: float = 0.95) -> tuple[float, float]:
    """Wilson's interval (1927) of a share of `total` in `count`."""
    if not count:
        return 0.0, 1.0
    z, share = NormalDist().inv_cdf((1 + confidence) / 2), min(1.0, max(0.0, total / count))
    middle, width = share + z * z / (2 * count), z * (share * (1 - share) / count + z * z / (4 * count * count)) ** 0.5
    low, high = (middle - width) / (1 + z * z / count), (middle + width) / (1 + z * z / count)
    return (0.0 if share == 0 else low), (1.0 if share == 1 else high)  # which rounding would miss


def difference(one: float, of_one: int, other: float, of_other: int, confidence: float = 0.95) -> tuple[float, float]:
    """Newcombe's interval (1998, method 10) of the difference of two shares, `one` in `of_one` less `other` in `of_other`."""
    (low, high), (least, most) = wilson(one, of_one, confidence), wilson(other, of_other, confidence)
    first, second = one / of_one, other / of_other
    gap = first - second
    return gap - ((first - low) ** 2 + (most - second) ** 2) ** 0.5, gap + ((high - first) ** 2 + (second - least) ** 2) ** 0.5
