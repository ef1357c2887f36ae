"""Messages that mix what seed messages say apart: another topic's facts, a fact in another's place, or two seeds in one message."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property

from synthgen.fields.known_facts import DAYS, MONTHS
from synthgen.spec.rows import Refusal, Row
from synthgen.text.slots import SLOT, slots

BEHIND = re.compile(rf"(\w+) {SLOT.pattern}")
"""A slot, and the word before it."""
GLUED = 4
"""Words in a row that only one seed has, of which a message has no two from two seeds."""
MONTH = f"(?:{'|'.join(month[:3] for month in MONTHS)})"
DATE = re.compile(rf"(?i)(?:{'|'.join(DAYS)})\b|\b{MONTH}[a-z]* ?\d|\d {MONTH}|\b\d{{4}}-\d\d-\d\d\b")
"""A fact that is a day or a date."""
NEAR_DAY = re.compile(r"(?i)\b(?:today|tonight|tom+or+ow|tmr+w?|tmw|yesterday|2day|2moro?)\b")
"""A day that says all: no other one stands beside it."""
A_SLIP = 0.75
"""How near (as difflib measures it) two words are of which one is the other with a slip: sicne, since. Of short ones none is."""


def _plain_words(message: str) -> list[str]:
    """The words of a message, whatever its capitals and marks; its facts and numbers are all alike."""
    return re.findall(r"[a-z#]+", re.sub(r"\d+", "#", SLOT.sub("#", message.casefold().replace("'", ""))))


@dataclass(frozen=True)
class Mixing:
    """What `seeds` say apart. Messages about a topic that is in `own` have no slots but those, each behind words that suit it."""

    seeds: Sequence[str]
    own: Mapping[str, frozenset[str]]

    def refusal(self, message: str, topic: str, slot_names: frozenset[str], row: Row) -> Refusal | None:
        """Why a message about a topic, with these slots, mixes what seeds say apart: a slot is another topic's, or in another's place, or
        it is made of two seeds. None where it does not, or a topic may have any slot."""
        if topic not in self.own:
            return None
        if strange := slot_names - self.own[topic]:
            return Refusal("strange slot", f"<{min(strange)}>, which no seed of '{topic}' has, in: {message}")
        if misplaced := self._misplaced(message) or self._two_days(message, row):
            return Refusal("misplaced slot", f"'{misplaced}', which no seed has so, in: {message}")
        if glued := self._glued(message):
            return Refusal("two seeds", f"'{glued[0]} …' and '{glued[1]} …' in: {message}")
        return None

    def _glued(self, message: str) -> tuple[str, str] | None:
        """The beginnings of two runs of words, one after the other, each of which only one seed has, and not the same: a message that is
        made of two. None where there are none."""
        words = _plain_words(message)
        runs = [
            (place, seed) for place in range(len(words) - GLUED + 1) if (seed := self._only_in.get(tuple(words[place : place + GLUED])))
        ]
        for place, seed in runs:
            for later, other in runs:
                if later >= place + GLUED and other != seed:
                    return " ".join(words[place : place + GLUED]), " ".join(words[later : later + GLUED])
        return None

    @cached_property
    def _only_in(self) -> Mapping[tuple[str, ...], int]:
        """The runs of words that only one seed has, and which that is."""
        seeds_of = dict[tuple[str, ...], set[int]]()
        for number, seed in enumerate(self.seeds, 1):
            words = _plain_words(seed)
            for place in range(len(words) - GLUED + 1):
                seeds_of.setdefault(tuple(words[place : place + GLUED]), set()).add(number)
        return {run: min(numbers) for run, numbers in seeds_of.items() if len(numbers) == 1}

    def _misplaced(self, message: str) -> str:
        """A slot behind a word that seeds have before other slots only, as in `since <room>` where they say `since <day>`; empty where all
        is right."""
        for word, slot in BEHIND.findall(message):
            meant = get_close_matches(word.casefold(), self._behind, 1, A_SLIP)
            if meant and slot not in self._behind[meant[0]]:
                return f"{word} <{slot}>"
        return ""

    def _two_days(self, message: str, row: Row) -> str:
        """A day or a date beside a word such as tomorrow; empty where there is none, or seeds have both."""
        dates = [slot for slot in SLOT.findall(message) if DATE.search(str(row.values.get(slot)))]
        day = NEAR_DAY.search(message) if dates else None
        if day is None or any(NEAR_DAY.search(seed) and slots(seed) & {*dates} for seed in self.seeds):
            return ""
        return f"{day[0]} <{dates[0]}>"

    @cached_property
    def _behind(self) -> Mapping[str, set[str]]:
        """The slots that seeds have behind a word, by the word."""
        behind = dict[str, set[str]]()
        for seed in self.seeds:
            for word, slot in BEHIND.findall(seed):
                behind.setdefault(word.casefold(), set()).add(slot)
        return behind
