"""Differences of shares as people read them."""

from __future__ import annotations


def points(difference: float) -> str:
    """A difference of shares in whole points, with its sign."""
    whole = round(100 * difference)
    return f"{'+' if whole > 0 else '−' if whole < 0 else ''}{abs(whole)}"
