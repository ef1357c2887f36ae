"""Keyboards as data: which keys are neighbours, and which hand strikes them."""

from __future__ import annotations

from functools import cache

LAYOUTS: dict[str, tuple[str, str, str]] = {
    "qwerty": ("qwertyuiop", "asdfghjkl", "zxcvbnm"),
    "qwertz": ("qwertzuiop", "asdfghjkl", "yxcvbnm"),
    "azerty": ("azertyuiop", "qsdfghjklm", "wxcvbn"),
}
"""The three rows of letters, from the top. Each row stands about half a key to the right of the one above."""
_LEFT = 5  # columns of the left hand


@cache
def neighbours(layout: str) -> dict[str, str]:
    """For each letter the letters beside it; those in the same row come three times, because fingers miss sideways more than up or down.

    Raises KeyError for an unknown layout.
    """
    place = {key: (row, column + row / 2) for row, keys in enumerate(LAYOUTS[layout]) for column, key in enumerate(keys)}
    near = dict.fromkeys(place, "")
    for key, (row, column) in place.items():
        for neighbour, (its_row, its_column) in place.items():
            if neighbour != key and abs(row - its_row) <= 1 and abs(column - its_column) <= 1:
                near[key] += neighbour * (3 if row == its_row else 1)
    return near


@cache
def left_hand(layout: str) -> frozenset[str]:
    """The letters that the left hand strikes. Raises KeyError for an unknown layout."""
    return frozenset("".join(keys[:_LEFT] for keys in LAYOUTS[layout]))
