"""The messages of an interview as seeds: a slot stands where somebody typed a fact, by its name or as it is."""

from __future__ import annotations

from typing import NamedTuple

from synthgen.interview.answers import Answers
from synthgen.interview.facts import suggested
from synthgen.interview.typed_facts import TypedFact, typed_facts
from synthgen.text.slots import SLOT

SAME = "same"
"""In place of a kind of fact: it is none, and stands in every message as it was typed."""


class Seeds(NamedTuple):
    """Messages by topic, with slots; by slot the facts that were typed as they are; and by slot the kinds that were answered."""

    by_topic: dict[str, list[str]]
    typed: dict[str, TypedFact]
    answered: dict[str, str]

    @property
    def messages(self) -> list[str]:
        """All messages."""
        return [message for messages in self.by_topic.values() for message in messages]

    @property
    def slots(self) -> list[str]:
        """The slots of messages, in the order of their first mention, and behind them those of facts that stay as they were typed."""
        return list(dict.fromkeys([*(slot for message in self.messages for slot in SLOT.findall(message)), *self.typed]))

    def kind(self, slot: str) -> str:
        """The kind of fact that a slot stands for: the one answered, or else the one that is guessed."""
        return self.answered.get(slot) or self.guessed(slot)

    def guessed(self, slot: str) -> str:
        """The kind of fact that a slot stands for, by what was typed or by its name."""
        return self.typed[slot].kind if slot in self.typed else suggested(slot, self.messages)


def seeds_of(answers: Answers) -> Seeds:
    """The seeds that follow from the messages and from what was said of their facts."""
    messages = {topic: list(of_topic) for topic, of_topic in answers.get("messages", default={}).items() if of_topic}
    kinds = {slot: str(kind) for slot, kind in answers.get("facts", default={}).items() if kind}
    return Seeds(*typed_facts(messages, [slot for slot, kind in kinds.items() if kind == SAME]), kinds)
