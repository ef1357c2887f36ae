"""What a builder of edge cases may know beside the message, and how it writes in the manner of that message."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from random import Random
from types import MappingProxyType

from synthgen.spec.rows import Value

SHORT = [
    "hello can you help me",
    "Hi, I need some help please",
    "help please",
    "Is anyone there?",
    "can someone get back to me",
    "I have a question",
    "need help with something",
    "Good morning, could you help me?",
    "please call me back",
    "hi there",
]


@dataclass(frozen=True, slots=True)
class Situation:
    """Where a message is typed: the row's `facts`, what the recipe is `about`, its clock, the `locales` of people from
    elsewhere, and `other`, a second message of the same kind (empty: there is none)."""

    facts: Mapping[str, Value] = field(default_factory=lambda: MappingProxyType({}))
    about: str = ""
    now: datetime.datetime = datetime.datetime(2026, 11, 1, 12, 0)  # noqa: DTZ001 (a recipe's clock has no zone)
    locales: tuple[str, ...] = ()
    other: str = ""


Builder = Callable[[Random, str, Situation], str]
"""Makes the unusual version of a message from a random stream, the message, and the situation."""


# The message


def nonblank(stream: Random, message: str) -> str:
    """The message, or a short one where it is blank."""
    return message if message.strip() else stream.choice(SHORT)


def lettered(stream: Random, message: str, letters: str = "[A-Za-z]{2}") -> str:
    """The message, with a few plain words behind it where it has no Latin letters (a pattern) to work on."""
    if re.search(letters, message):
        return message
    return f"{message} {stream.choice(SHORT)}" if message.strip() else stream.choice(SHORT)


def mentioned(message: str, facts: Mapping[str, Value]) -> dict[str, str]:
    """The row's facts that the message mentions, as typed there, but for one that is a part of another, as 12.50 is of £12.50. Labels,
    which have neither digits nor capitals, do not count."""
    mentions: dict[str, str] = {}
    for name, fact in facts.items():
        text = " ".join(str(fact).split())
        if isinstance(fact, bool) or len(text) < 2 or not re.search("[A-Z0-9]", text):
            continue
        match = re.search(rf"(?<!\w){re.escape(text)}(?!\w)", message, re.IGNORECASE) if len(text) < len(message) else None
        if match and text not in mentions.values():
            mentions[name] = match[0]
    return {name: text for name, text in mentions.items() if not any(text in other and text != other for other in mentions.values())}


def content_words(text: str) -> frozenset[str]:
    """The words of a text that are about something, small and in the singular."""
    return frozenset(word.rstrip("s") for word in re.findall(r"[a-z]{3,}", text.lower())) - _SMALL


_SMALL_WORDS = """
the and for you your with what when where how can could would will not this that there have ha had are was were from about into onto
please help need want get got out off his her their our who why does did doe just them they she has its someone somebody people user
customer message typed typing type chat use using make made one two all any new old
"""
_SMALL = frozenset(_SMALL_WORDS.split())


# The manner


def like(message: str, text: str) -> str:
    """The text as whoever typed the message would type it: in small letters or all capitals, without apostrophes or a last full stop."""
    letters = [letter for letter in message if letter.isalpha()]
    if len(letters) < 2:
        return text
    if message == message.lower():
        text = text.lower() if "'" in message else text.lower().replace("'", "")
    elif message == message.upper():
        text = text.upper()
    return text if _in_sentences(message) else text.removesuffix(".")


def going_on(text: str) -> str:
    """The text as it stands behind a comma: its first letter small, unless it is the word I, a name or an abbreviation."""
    word = re.match(r"[\w']*", text)
    return text[:1].lower() + text[1:] if word and word[0] in _OPENERS else text


_OPENING_WORDS = """
Can Could How What Where Is Do Don't Leave Just Let It's It My When Who Give Put Tell Transfer Show Has Read This Please Nobody
You You're You'll Take Are Cancel Already On Under
"""
_OPENERS = frozenset(_OPENING_WORDS.split())


def _in_sentences(message: str) -> bool:
    return bool(re.search(r"[.!?…](\s+[A-Z]|\s*$)", message))


def then(stream: Random, first: str, second: str) -> str:
    """One text behind another, in one of the ways in which people go on."""
    if not first.strip() or not second.strip():
        return first or second
    ended = first.rstrip()[-1:] in ".!?…,:"
    gaps = (
        [" ", " ", "\n", "\n\n"]
        if ended
        else [". ", ". ", "\n", "\n\n"]
        if _in_sentences(first)
        else [" ", ". ", ", ", " - ", "... ", "\n", "\n\n"]
    )
    return first.rstrip() + stream.choice(gaps) + second


def around(stream: Random, message: str, text: str, before: float = 0.4) -> str:
    """The text before the message or behind it, in its manner."""
    text = like(message, text)
    return then(stream, text, message) if stream.random() < before else then(stream, message, text)
