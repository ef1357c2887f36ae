"""Where people type, and what that says of how they do."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class TypingPlace:
    """Where messages are typed: in words; the fewest and the most words of one; who types there, by weight; what goes wrong there; and
    stand-ins for messages about a topic that nobody has given yet."""

    about: str
    words: tuple[int, int]
    voices: Mapping[str, int]
    cases: tuple[str, ...]
    stand_ins: tuple[str, ...]


ASKED = (
    "{topic}",
    "question about {topic}",
    "hi, i need help with {topic}",
    "{topic} again, what can i do",
    "can somebody help me with {topic}",
    "it is about {topic}, still nothing",
    "why {topic}??",
    "who do i ask about {topic}",
)

PLACES: dict[str, TypingPlace] = {
    "chat": TypingPlace(
        "the chat of an app or a website, a help assistant's too",
        (1, 60),
        {"texter": 3, "phone": 3, "careful": 2, "second_language": 1},
        ("empty", "truncated", "two requests", "missing referent", "off topic", "prompt injection"),
        ASKED,
    ),
    "search": TypingPlace(
        "a search box",
        (1, 12),
        {"searcher": 3, "phone": 1},
        ("empty", "truncated", "only a number", "one word", "wrong keyboard"),
        (
            "{topic}",
            "{topic} help",
            "how to {topic}",
            "{topic} near me",
            "{topic} problem",
            "cheap {topic}",
            "{topic} not working",
            "what is {topic}",
        ),
    ),
    "mail": TypingPlace(
        "an e-mail, or a form for tickets",
        (2, 60),
        {"careful": 4, "rambler": 2, "phone": 1, "second_language": 1},
        ("empty", "two requests", "quoted reply", "mail signature", "missing attachment", "wants a human"),
        ASKED,
    ),
    "assistant": TypingPlace(
        "an AI assistant that is given work: write this, sum that up",
        (1, 60),
        {"careful": 3, "texter": 2, "dictated": 1, "rambler": 1, "second_language": 1},
        ("truncated", "two requests", "change of mind", "missing referent", "pasted log", "pasted json", "off topic", "prompt injection"),
        (
            "{topic}",
            "help me with {topic}",
            "i need {topic} by tomorrow",
            "do {topic} for me please",
            "{topic}, short please",
            "can you do {topic}",
        ),
    ),
    "texts": TypingPlace(
        "text messages",
        (1, 40),
        {"texter": 4, "phone": 3, "careful": 1},
        ("truncated", "sent twice", "emoji only", "one word", "missing referent", "never mind"),
        ASKED,
    ),
}
"""By the name that an answer gives them."""
NAMED_BY = {
    "search": r"(?i)\bsearch\b",
    "mail": r"(?i)\be-?mails?\b|\btickets?\b|\binbox\b",
    "texts": r"(?i)\bsms\b|\btext messages?\b|\bwhatsapp\b",
}
"""What names a place, in words of what an application is."""


def place_of(about: str) -> str:
    """The place that words name; a chat, where they name none."""
    return next((name for name, words in NAMED_BY.items() if re.search(words, about)), "chat")


TALKS = re.compile(r"(?i)\bassistants?\b|\b(?:chat)?bots?\b|\bcopilot\b")
"""Words for an application that answers in its own words."""


def replies_of(about: str) -> str:
    """What an application answers, by the words for it: prose, where it talks, and else the label that it sorts by."""
    return "prose" if TALKS.search(about) else "label"
