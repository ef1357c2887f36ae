"""What a voice wants of one message: its figures, drawn for this message.

Without knowing where a text comes from, a share is drawn afresh for every message. When the voice of the texts themselves is known
(`source`), only as many messages are changed as the two voices differ by, and texts that are on the voice already stay as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from random import Random
from typing import TypeVar

from synthgen.voices.voice import Voice

T = TypeVar("T")

USUAL = {"articles": 0.065, "first_person": 0.09, "commas": 0.03}
"""Rates in ordinary messages. What can only be taken out, or put in here and there, is measured against these."""
_SLOPPY = 0.35  # of the messages, in which there are twice as many slips as on average: a typo begets a typo


@dataclass(frozen=True, slots=True)
class Aim:
    """A voice that is put on one message; `amount` (0 to 1) says how far. A `whole` message still asks all that it asked: of its keywords
    none is left out, and why, how or which stays."""

    voice: Voice
    source: Voice | None
    stream: Random
    amount: float = 1.0
    whole: bool = False

    def figure(self, name: str) -> float | None:
        """The voice's figure, or None where it has none."""
        value: float | None = getattr(self.voice, name)
        return value

    def source_figure(self, name: str) -> float | None:
        """The figure of the texts themselves, or None where it is not known."""
        value: float | None = getattr(self.source, name, None)
        return value

    def happens(self, chance: float) -> bool:
        """Draw whether something of this chance happens."""
        return self.stream.random() < chance * self.amount

    def share(self, name: str, present: bool) -> bool:
        """Whether the message is to have what a share of messages has; `present` says whether it has it now."""
        if self.figure(name) is None:
            return present
        return self.choose(present, lambda voice: None if (share := getattr(voice, name)) is None else {True: share, False: 1 - share})

    def choose(self, current: T, shares: Callable[[Voice], Mapping[T, float] | None]) -> T:
        """The category that a message is to have, when it has `current` and `shares` says how many messages of a voice have which."""
        target, source = shares(self.voice), self.source and shares(self.source)
        draw = self.stream.random() < self.amount
        if target is None or not draw:
            return current
        if source:
            if self.stream.random() * source.get(current, 0.0) <= target.get(current, 0.0):
                return current
            missing = {category: max(share - source.get(category, 0.0), 0.0) for category, share in target.items()}
            target = missing if sum(missing.values()) else target
        return self.stream.choices([*target], [*target.values()])[0] if sum(target.values()) else current

    def gap(self, name: str) -> float:
        """How far the voice's rate lies above (or below 0: under) that of the texts, or of ordinary messages where that is not known.

        Above, it is what to add per word; under, minus the share to take away.
        """
        target = self.figure(name)
        if target is None:
            return 0.0
        source_figure = self.source_figure(name)
        source = USUAL[name] if source_figure is None else source_figure
        return target - source if target >= source else target / source - 1

    def change(self, name: str, count: int, words: int) -> int:
        """How many to add to the `count` in a message of so many words (or below 0: take away), so that the voice's rate is met."""
        target = self.figure(name)
        return 0 if target is None else self.to_rate(target, self.source_figure(name), count, words)

    def to_rate(self, target: float, source: float | None, count: int, words: int) -> int:
        """The same for a rate."""
        if source is None:
            uneven = 2.0 if self.stream.random() < _SLOPPY else (1 - 2 * _SLOPPY) / (1 - _SLOPPY)
            change = self.times(words, target * uneven) - count
        else:
            change = self.times(words, target - source) if target >= source else -self.times(count, 1 - target / source)
        return change if self.amount == 1 else (1 if change > 0 else -1) * self.times(abs(change), self.amount)

    def times(self, tries: int, chance: float) -> int:
        """How often something of this chance happens in so many tries."""
        return sum(self.stream.random() < chance for _ in range(tries))
