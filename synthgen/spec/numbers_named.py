"""Whole numbers as somebody names several of them: `3, 17-20 25`."""

from __future__ import annotations

import re
from collections.abc import Collection

NUMBER_OR_RANGE = re.compile(r"(\d{1,9})(?:\s*-\s*(\d{1,9}))?(?:(?:[\s,;]|\band\b)+|$)")
MOST = 1_000_000
"""Numbers that a range may name."""


def numbers_named(text: str, among: Collection[int] | None = None) -> list[int]:
    """The numbers that a text names, each once, in its order; of a range those that are `among` some, where such are given. Raises
    ValueError with the part that names none."""
    numbers, text, end = dict[int, None](), text.strip(), 0
    while end < len(text):
        found = NUMBER_OR_RANGE.match(text, end)
        first, last = (int(found[1]), int(found[2] or found[1])) if found else (0, -1)
        if found is None or not first <= last < first + MOST:
            raise ValueError(text[end:])
        named = range(first, last + 1)
        numbers |= dict.fromkeys(number for number in named if among is None or not found[2] or number in among)
        end = found.end()
    return list(numbers)
