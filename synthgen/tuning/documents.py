"""Training documents: frames as a typed field builds them, whole, with what belongs together in one frame.

A model that has read many of them continues a frame about its topic and in its hand, whoever the people in it are.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from random import Random

from synthgen.text import frames
from synthgen.text.nearness import Nearness

MEAN_SIZE = 14
"""Messages of a document on average, as many as a typed field shows."""
LARGE = 60
"""A group of more messages than this is about many things: its documents are of messages that are near to each other."""
SIMILARITY_BLOCK = 1500
"""So many messages are looked at together for near ones."""
MULTI_TOPIC_SHARE = 0.2
"""How many documents have sections of other groups before their own."""


@dataclass(frozen=True, slots=True)
class TrainingMessage:
    """A message that somebody typed: its `topic` ("" if none is named), the `group` of messages about the same thing, and the `unit`
    (a dialogue, or else the group) that is held out or learned from as a whole. `about` says where it was typed, `source` by whom."""

    text: str
    topic: str = ""
    group: str = ""
    unit: str = ""
    about: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True)
class TrainingDocument:
    """A frame with all its messages; `spans` are the places (start, end) of those to learn, each with the end of its line."""

    text: str
    spans: tuple[tuple[int, int], ...]

    @property
    def bytes(self) -> int:
        """How long the messages to learn are in UTF-8."""
        return sum(len(self.text[start:end].encode()) for start, end in self.spans)


def documents(typed: Sequence[TrainingMessage], stream: Random, *, frame_size: int = MEAN_SIZE) -> Iterator[list[TrainingMessage]]:
    """All the messages, each once, in handfuls that belong together: of one group, and in a large group near to each other.

    What is left over of small groups is put together by where it was typed.
    """
    groups: dict[tuple[str, str, str], list[TrainingMessage]] = {}
    for message in typed:
        groups.setdefault((message.source, message.about, message.group), []).append(message)
    leftovers: dict[tuple[str, str], list[TrainingMessage]] = {}
    for (source, about, _), group in groups.items():
        if len(group) < 4:
            leftovers.setdefault((source, about), []).extend(replace(message, topic="") for message in group)
        else:
            yield from _handfuls(group, stream, frame_size)
    for group in leftovers.values():
        yield from _handfuls(group, stream, frame_size)


def _handfuls(group: Sequence[TrainingMessage], stream: Random, frame_size: int) -> Iterator[list[TrainingMessage]]:
    shuffled = stream.sample(group, len(group))
    if len(shuffled) <= LARGE:
        yield from _cut(shuffled, stream, frame_size)
        return
    for start in range(0, len(shuffled), SIMILARITY_BLOCK):
        yield from _cut(_chained(shuffled[start : start + SIMILARITY_BLOCK], stream, frame_size), stream, frame_size)


def _cut(ordered: Sequence[TrainingMessage], stream: Random, frame_size: int) -> Iterator[list[TrainingMessage]]:
    place = 0
    while place < len(ordered):
        size = stream.randint(max(2, frame_size // 2), frame_size + frame_size // 2)
        yield list(ordered[place : place + size])
        place += size


def _chained(block: list[TrainingMessage], stream: Random, frame_size: int) -> list[TrainingMessage]:
    """The messages in an order in which near ones stand together: about `frame_size` around one, then those around the next."""
    similarities = Nearness([message.text for message in block]).all_pairs()
    free, order = set(range(len(block))), list[int]()
    for centre in stream.sample(range(len(block)), len(block)):
        if centre in free:
            around = [
                place
                for place in (-similarities[centre]).argsort(kind="stable")[: 6 * frame_size].tolist()
                if place in free and place != centre
            ]
            taken = [centre, *stream.sample(around[: 2 * frame_size], min(frame_size - 1, len(around)))]
            free.difference_update(taken)
            order += stream.sample(taken, len(taken))
    return [block[place] for place in order]


def by_topic(typed: Sequence[TrainingMessage]) -> dict[str, list[str]]:
    """The messages that have a topic, by it."""
    topics: dict[str, list[str]] = {}
    for message in typed:
        if message.topic:
            topics.setdefault(message.topic, []).append(message.text)
    return topics


def section(handful: Sequence[TrainingMessage]) -> frames.Section:
    """The messages of a handful, as a frame shows them."""
    return frames.Section(handful[0].topic, [message.text for message in handful])


def framed(sections: Sequence[frames.Section], about: str, *, skip: int = 1) -> TrainingDocument:
    """A frame of these sections, ended; the messages of the last one are learned, but for the first `skip` ones."""
    *before, last = sections
    text, spans = frames.frame(about, [*before, frames.Section(last.topic, [])]), []
    for place, message in enumerate(last.messages):
        start = len(text)
        text += f" {message}{frames.END}"
        if place >= skip:
            spans.append((start, len(text)))
        text += "-"
    return TrainingDocument(text[:-1], tuple(spans))


def sectioned(handful: Sequence[TrainingMessage], others: Mapping[str, Sequence[str]], stream: Random) -> list[frames.Section]:
    """The sections of a document: sometimes some of `others` (a topic's messages) before its own."""
    own_section = section(handful)
    names = [name for name in others if name != own_section.topic]
    if not own_section.topic or not names or stream.random() >= MULTI_TOPIC_SHARE:
        return [own_section]
    before = stream.sample(names, min(len(names), stream.randint(1, 3)))
    return [*(frames.Section(name, stream.sample(list(others[name]), min(5, len(others[name])))) for name in before), own_section]
