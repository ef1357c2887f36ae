"""Two versions of a text, word by word: what went and what came is marked, and nothing else of either is changed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import SequenceMatcher

from synthgen.spec.rows import to_text
from synthgen.text.legible import LONGEST, Pieces, marked

WORD = re.compile(r"\w+|\s+|[^\w\s]")
MOST = 1_000_000
"""Pairs of words that are compared at most; between longer texts all is marked that lies between their common ends."""


def versions(before: object, after: object, longest: int = LONGEST) -> tuple[Pieces, Pieces]:
    """Both versions in pieces; of the first those words are marked that went, of the second those that came. Where they have nothing in
    common nothing is marked, because a text that is marked from end to end is hard to read."""
    old, new = to_text(before)[:longest], to_text(after)[:longest]
    gone, come = list[tuple[int, int]](), list[tuple[int, int]]()
    first, second = WORD.findall(old), WORD.findall(new)
    at, to = _starts(first), _starts(second)
    for old_start, old_end, new_start, new_end in _changes(first, second):
        gone.append((at[old_start], at[old_end]))
        come.append((to[new_start], to[new_end]))
    if gone == [(0, len(old))] and come == [(0, len(new))]:
        gone, come = [], []
    return marked(before, gone, "gone", longest), marked(after, come, "come", longest)


def _changes(first: list[str], second: list[str]) -> Iterator[tuple[int, int, int, int]]:
    """The runs of words that differ, each by its start and end in the first and in the second text."""
    shorter = min(len(first), len(second))
    head = next((place for place in range(shorter) if first[place] != second[place]), shorter)
    tail = next((place for place in range(shorter - head) if first[-1 - place] != second[-1 - place]), shorter - head)
    old_middle, new_middle = first[head : len(first) - tail], second[head : len(second) - tail]
    if len(old_middle) * len(new_middle) > MOST:
        yield head, head + len(old_middle), head, head + len(new_middle)
        return
    for kind, start, end, begin, stop in SequenceMatcher(None, old_middle, new_middle, autojunk=False).get_opcodes():
        if kind != "equal":
            yield head + start, head + end, head + begin, head + stop


def _starts(words: list[str]) -> list[int]:
    """Where each word begins, and where the last one ends."""
    starts = [0]
    for word in words:
        starts.append(starts[-1] + len(word))
    return starts
