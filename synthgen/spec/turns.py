"""Several lists as one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain, zip_longest
from typing import TypeVar

T = TypeVar("T")
NOTHING = object()
"""Stands where a list has no more."""


def in_turn(lists: Iterable[Iterable[T]]) -> Iterator[T]:
    """The first item of each list, then the second of each, and so on to the end of the longest."""
    return (item for item in chain.from_iterable(zip_longest(*lists, fillvalue=NOTHING)) if item is not NOTHING)  # type: ignore[misc]
