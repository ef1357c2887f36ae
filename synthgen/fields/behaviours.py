"""How a made-up user behaves in a talk: each behaviour is a line for whoever settles what the user types next, and what code checks of it.

The weights of the mix are a guess with two figures behind it. In 764 talks of MultiDoGO (Peskov et al. 2019, typed by crowd workers) 88 %
of the users with three facts or more never told more than two in a message, and 6 % told all of them in one, counted by `known_facts`;
66 % ended with thanks or a goodbye.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from synthgen.errors import did_you_mean
from synthgen.fields.voiced import weighted
from synthgen.spec.parts import PartMistake


@dataclass(frozen=True)
class Behaviour:
    """A way to behave, as its `line` tells it. Code checks of each message at most how many `words` it has, and at most how many `facts` of
    the goal it tells that the user has not told yet; of the first answer how many of these it tells at least (`first_facts`, or all that
    are left), and that it `asks` something; that a met goal is thanked for (`thanks`). `patience` is how often the assistant must have
    replied before the user gives up on one that still asks, and `most` how often at most before the user leaves."""

    line: str
    words: int | None = None
    facts: int | None = None
    first_facts: int = 0
    asks: bool = False
    thanks: bool = False
    patience: int = 3
    most: int | None = None


BEHAVIOURS: Mapping[str, Behaviour] = {
    "bit by bit": Behaviour(
        "They tell what they know bit by bit: one thing in a message, two at most, and only when they are asked for it or it is needed.",
        facts=2,
    ),
    "all at once": Behaviour(
        "They tell all that they know in their next message, asked for or not, and later only what they were asked again.",
        first_facts=2,
    ),
    "asks back": Behaviour(
        "They ask back before they answer: why that is needed, where they would find it, what it means, how long it takes. Their next "
        "message is a question; later they answer, and ask again where something is unclear.",
        asks=True,
    ),
    "changes mind": Behaviour(
        "Once in the talk they change their mind: they take back what they said or asked for, or want it otherwise, within what the goal "
        "says, and come back to the goal before the end.",
    ),
    "impatient": Behaviour(
        "They are impatient: a few words in a message, no greeting, no thanks. They push when they are asked for what they said already, "
        "and leave a question unanswered now and then.",
        words=14,
        patience=2,
    ),
    "thanks and goes": Behaviour(
        "They are friendly and short. As soon as the goal is met they say thanks, or that it is fine, and go; they ask for nothing more.",
        thanks=True,
    ),
    "gives up": Behaviour(
        "They have little hope that this will work. If two replies have not brought them nearer to the goal, they give up and say so.",
        patience=2,
        most=3,
    ),
}  # fmt: skip

MIX: Mapping[str, float] = {
    "bit by bit": 8, "thanks and goes": 4, "impatient": 3, "asks back": 2, "all at once": 1, "changes mind": 1, "gives up": 1,
}  # fmt: skip
"""How often each is drawn where a recipe says nothing."""


def behaviour_mistakes(behaviour: str | Mapping[str, float]) -> Iterator[PartMistake]:
    """Names of no behaviour, and weights that choose nothing."""
    at_key = not isinstance(behaviour, str)
    for name in weighted(behaviour):
        if name not in BEHAVIOURS:
            at = ("behaviour", name) if at_key else ("behaviour",)
            yield PartMistake(at, f"there is no behaviour '{name}'", did_you_mean(name, BEHAVIOURS, "behaviours"), at_key=at_key)
    if not sum(weighted(behaviour).values()):
        yield PartMistake(("behaviour",), "no behaviour can be chosen", "give one of them a weight above 0")
