"""The frame: the text that a base model is asked to continue, the same for every base model.

    Customers of a retail bank, typing into the support chat of its phone app.
    Topic: card declined

    - my card got decliend at <merchant> why
    - hi card not working in shop pls help
    -

It ends at the dash, without a space, because in a BPE vocabulary a message's first token brings its own.
A topic with few seed messages of its own is preceded by sections of other topics, which show how people type.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

END = "\n"
"""Where a message ends."""
TOPIC = "Topic: "
"""What a line begins with that says what the messages below it are about."""


@dataclass(frozen=True, slots=True)
class Section:
    """Messages about one topic; `topic` may be empty."""

    topic: str
    messages: Sequence[str]

    def __str__(self) -> str:
        lines = [f"{TOPIC}{self.topic}", ""] if self.topic else []
        return END.join([*lines, *(f"- {message}" for message in self.messages)])


def frame(where: str, sections: Sequence[Section]) -> str:
    """The text to continue: where people type, then the sections; the last one is left open."""
    section_texts = [str(section) for section in sections]
    head = f"{where.strip()}{END}" if where.strip() else ""
    gap = "" if sections[0].topic else END
    opened = section_texts[-1] + END if sections[-1].messages or sections[-1].topic else ""
    return head + gap + (END * 2).join([*section_texts[:-1], opened]) + "-"


def last_topic(text: str) -> str:
    """What the message is about that a frame is left open for; "" where it does not say."""
    return next((line.removeprefix(TOPIC) for line in reversed(text.split(END)) if line.startswith(TOPIC) and line != TOPIC), "")


def first_complete_message(text: str) -> str | None:
    """The message in what a model wrote, or None when it never came to its end."""
    message, end, _ = text.partition(END)
    return message.strip() if end else None


REPEATED = 4
"""Words in a row that nobody types twice in a message."""
_ODD = re.compile(r"^-|^topic:|\btopic: |<\||\|>|�|[\x00-\x08\x0b-\x1f]", re.IGNORECASE)


def leaks_frame(message: str, where: str) -> bool:
    """Whether a message is part of a frame rather than of a talk: a second dash, a topic line, the heading."""
    return bool(_ODD.search(message)) or (len(where) > 20 and where.strip()[:40].casefold() in message.casefold())


def loops(message: str) -> bool:
    """Whether a message goes in circles, as models do and people do not: eight words or more, and fewer than half of them different, or
    the same `REPEATED` words in a row twice."""
    words = re.findall(r"\w+", message.casefold())
    if len(words) < 8:
        return False
    same = list(ngrams(words, REPEATED))
    return 2 * len(set(words)) < len(words) or len(set(same)) < len(same)


def ngrams(words: Sequence[str], length: int) -> Iterator[tuple[str, ...]]:
    """Each run of so many words."""
    return (tuple(words[start : start + length]) for start in range(len(words) - length + 1))


def ngram_features(message: str) -> list[str]:
    """How a message is worded: its beginning, each run of three words, and all of it."""
    words = normalise(message).split()
    return [f"^{' '.join(words[:3])}", *map(" ".join, ngrams(words, 3)), f"^{' '.join(words)}$"]


def overlap(parts: Sequence[str], used: set[str]) -> float:
    """The share of a message's features, `parts`, that were `used`; 0 where it has none."""
    return sum(part in used for part in parts) / max(1, len(parts))


def normalise(message: str) -> str:
    """A message without case, punctuation and spacing: what two copies have in common. One without words is its own essence."""
    return " ".join(re.findall(r"\w+", message.casefold())) or message.strip()
