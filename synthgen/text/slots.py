"""Slots: a fact's place inside a typed message, `<order_id>`, filled after the model wrote it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

SLOT = re.compile(r"<([a-z][a-z0-9_]*)>")
SIGNS = tuple("£$€¥")
SIGNED = re.compile(rf"[{''.join(SIGNS)}]\s?({SLOT.pattern})")
"""A slot with the sign of a currency before it."""


def slots(text: str) -> frozenset[str]:
    """The names of the slots in a text."""
    return frozenset(SLOT.findall(text))


def filled(text: str, facts: Mapping[str, Any]) -> str:
    """The text with each slot's fact as whoever wrote the rest of it would type it. The sign of a currency is typed once."""
    signed = SIGNED.sub(lambda sign: sign[1] if str(facts[sign[2]])[:1] in SIGNS else sign[0], text)
    return SLOT.sub(lambda slot: as_typed(facts[slot[1]], text), signed)


def as_typed(fact: Any, message: str) -> str:
    """A fact as it is typed inside `message`: on one line, in small letters where nothing else has a capital, and without an idle `.0`."""
    text = str(int(fact)) if isinstance(fact, float) and fact.is_integer() else " ".join(str(fact).split())
    around = SLOT.sub("", message)
    return text.lower() if around == around.lower() else text


def is_plain_words(text: str) -> bool:
    """Whether a value is ordinary words, in small letters only: its spelling can be the typist's own, unlike a name's."""
    return all(letter.islower() or letter.isspace() for letter in text)
