"""What is said of a format in which people have logs: how its records are known, and what was said in one of them.

A format is known by keys that nobody has by chance, so that a plain file which merely looks alike is read as it always was. Whatever
cannot be told from a record is left to the reader of the whole file: which turns are repeated, and which of them are wanted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

Record = dict[str, Any]


class Dialogue(NamedTuple):
    """What was said in one record: its `turns` in order, the user's as text and None for anybody else's.

    `field` is where they were. `conversation` names the talk that the record is a part of, and `request` a smaller unit, such as a trace,
    of which several records may hold the same turn. `answered` says that the last turn is the model's answer. `intent` is the label that
    the format gives; an empty one is that of the record before. `speaker` is who said it, in a format that does not tell users from others.
    """

    turns: Sequence[str | None] = ()
    field: str = ""
    conversation: str = ""
    request: str = ""
    answered: bool = False
    intent: str | None = None
    speaker: str = ""


@dataclass(frozen=True, slots=True)
class LineFormat:
    """How a text file that is no list of messages is read: what its name ends in, whether its first lines are of the format, and its
    records. `records` raises DataError with the line."""

    suffixes: tuple[str, ...]
    recognise: Callable[[Sequence[str]], bool]
    records: Callable[[Path], Iterator[Record]]


def whole(record: Record) -> Iterable[Record] | None:
    """None: the record holds no others."""
    return None


@dataclass(frozen=True, eq=False)
class LogFormat:
    """A format: how people call it, whether a record is of it, and what was said in such a record (`where` is for errors).

    A record of it, and a value that holds some, has at least one of the keys `marks`, so that other records need not be looked at; without
    `marks` it has a list or a mapping. `unpack` gives the records that such a value holds, None for any other value. With `talks` a record
    has many turns; with `repeats` it has those again that were in earlier records. `absent` is what to do when nobody said anything in a
    whole file.
    """

    name: str
    marks: frozenset[str]
    recognise: Callable[[Record], bool]
    dialogue: Callable[[Record, str], Dialogue]
    unpack: Callable[[Record], Iterable[Record] | None] = whole
    talks: bool = False
    repeats: bool = False
    lines: LineFormat | None = None
    absent: str = ""


CONVERSATIONS = ("conversation_id", "conversationId", "session_id", "sessionId", "thread_id", "threadId", "dialog_id", "dialogue_id")
"""Fields that name the conversation to which a record belongs."""


def short_value(record: Record, names: Sequence[str]) -> str:
    """What the first of these fields says that says something short; "" where none does."""
    if record.keys().isdisjoint(names):
        return ""
    values = (record.get(name) for name in names)
    return next((str(value) for value in values if isinstance(value, str | int) and not isinstance(value, bool) and value != ""), "")
