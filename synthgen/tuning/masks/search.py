"""What a search is: a pattern, and who says what it found.

Every pattern is anchored, possessive or bounded, so that time grows as the length of the text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable
from typing import NamedTuple


class Span(NamedTuple):
    """Characters `start` to `end` of a text are an identifier of this kind; "" is something that is none and is to be left alone."""

    start: int
    end: int
    kind: str


Judge = Callable[["re.Match[str]", str], Iterable[Span]]
"""What a match in the searched text is, given the text as it was typed."""


class Search(NamedTuple):
    """A pattern and who says what was found; only looked for in a text with so many digits and one of the hints (none: any text)."""

    pattern: re.Pattern[str]
    judge: Judge
    hints: Collection[str] = ()
    digits: int = 0


def always(kind: str) -> Judge:
    """Every match is one of this kind."""
    return lambda match, text: [Span(*match.span(), kind)]


BRACKETED_DOT = r"[(\[{<] ?(?:dot|punkt|punto|ponto|\.) ?[)\]}>]"
"""A dot as people hide it: (.), [dot]."""
DOT_HINTS = tuple(opening + gap + dot for opening in "([{<" for gap in ("", " ") for dot in (".", "dot", "punkt", "punto", "ponto"))

LETTERS = r"0-9a-z_\u00aa-\u058f\u1c80-\u1fff"
"""Digits and letters of the scripts that put spaces between words, for a class of characters."""
