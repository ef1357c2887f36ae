"""`kind: on_topic`: a message that is about its own topic rather than about another."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any, Literal

import numpy as np
from pydantic import Field

from synthgen import frames
from synthgen.checks.shape import AskedCheck
from synthgen.fields.shape import FieldShape
from synthgen.fields.typed import Typed
from synthgen.nearness import Nearness
from synthgen.rows import Row

SHOWN = 8
"""Seed messages in a topic's frame."""
RIVALS = 4
"""Other topics that the model weighs the message against, at most: those that its words are nearest to."""
PLAIN = 0.2
"""By how much (cosine) words must be nearer to one topic than to the others to settle it without asking the model."""
NATS = 40.0
"""What a cosine of 1 weighs beside a log-likelihood. Both together name the topic of more messages than either alone."""


@dataclass(frozen=True)
class Topics:
    """What is known of the topics: their frames, and the direction (topics, n-grams) of the words of their seed messages."""

    names: list[str]
    frames: list[str]
    words: Nearness
    directions: np.ndarray

    def nearness(self, text: str) -> np.ndarray:
        """How near (cosine, one for each topic) a text's words are to those of each topic's seed messages."""
        return self.words.to(text, self.directions)


class OnTopic(AskedCheck):
    """Refuses a message that is rather about another topic than about its own, `label`: by its words, and where these leave
    doubt by the base model's likelihood of the message in this topic's frame against the others'. Topics are those of the typed
    field's seeds; a row with a topic that has none is let through."""

    kind: Literal["on_topic"] = "on_topic"
    label: str = Field(description="the field that holds the topic")

    def reads(self) -> Iterator[tuple[tuple[str, ...], str]]:
        """The message and its topic."""
        yield from super().reads()
        yield ("label",), self.label

    def memory(self, sources: Sequence[FieldShape]) -> Topics | None:
        """The topics of the typed field behind the message; None when there is nothing to tell apart."""
        pools = next((field.pools for field in sources if isinstance(field, Typed)), {})
        known = {topic: seeds for topic, seeds in pools.items() if topic and seeds}
        if len(known) < 2:
            return None
        words = Nearness([seed for seeds in known.values() for seed in seeds])
        shown = [frames.Section(topic, Random(topic).sample(seeds, min(SHOWN, len(seeds)))) for topic, seeds in known.items()]
        return Topics(
            list(known),
            [frames.frame(self._scene.about, [section]) for section in shown],
            words,
            np.vstack([words.direction(seeds) for seeds in known.values()]),
        )

    def refuse(self, row: Row, memory: Topics | None) -> str | None:
        """The other topic that its words plainly speak of."""
        if memory is None or (own := str(row.values[self.label])) not in memory.names:
            return None
        near = memory.nearness(str(row.values[self.field]))
        other = int(near.argmax())
        return _other(memory.names[other], row.values[self.field]) if near[other] - near[memory.names.index(own)] > PLAIN else None

    def ask(self, row: Row, memory: Topics | None) -> list[tuple[str, str]]:
        """The message in its own topic's frame and in those of its rivals."""
        if memory is None or (own := str(row.values[self.label])) not in memory.names:
            return []
        near = memory.nearness(str(row.values[self.field]))
        rivals = self._rivals(near, memory.names.index(own))
        if near[rivals[0]] - near[rivals[1:]].max() > PLAIN:
            return []
        return [(memory.frames[topic], str(row.values[self.field])) for topic in rivals]

    def judge(self, row: Row, memory: Any, scores: Sequence[float]) -> str | None:
        """The other topic that it is likelier to be about."""
        near = memory.nearness(str(row.values[self.field]))
        rivals = self._rivals(near, memory.names.index(str(row.values[self.label])))
        best = int((np.array(scores) + NATS * near[rivals]).argmax())
        return _other(memory.names[rivals[best]], row.values[self.field]) if best else None

    def _rivals(self, near: np.ndarray, own: int) -> list[int]:
        """The places of the row's own topic, then of those whose words are nearest."""
        return [own, *[int(place) for place in np.argsort(-near, kind="stable") if place != own][:RIVALS]]


def _other(topic: str, message: object) -> str:
    return f"rather about '{topic}': {message}"
