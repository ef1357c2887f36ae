"""Facts that a model made up where the row has its own.

A message about a row with an amount, a date or an order number may leave it out, or name it through its slot. What it names otherwise is
another amount, another date, another number: the message and its row would say two things. Where seed messages name such facts without
slots themselves, rows may, too.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache, cached_property

from synthgen.fields.known_facts import TIME
from synthgen.spec.rows import Value
from synthgen.text.slots import SLOT
from synthgen.voices import lexicon

_MONTH = r"(?:jan|feb|mar|apr|may|june?|july?|aug|sept?|oct|nov|dec)[a-z]*"
MONEY = re.compile(
    r"[£$€]\s?\d[\d,.]*|\b\d[\d,]*\.\d\d\b|\b\d[\d,]*(?:\.\d+)?\s?(?:pounds?|quid|dollars?|bucks|euros?|pence|gbp|usd|eur)\b", re.IGNORECASE
)
DATE = re.compile(
    rf"\b\d{{4}}-\d\d?-\d\d?\b|\b[0-3]?\d/[0-3]?\d(?:/\d{{2,4}})?\b|\b[0-3]?\d\.[01]?\d\.\d{{2,4}}\b|\b\d\d?(?:st|nd|rd|th)? (?:of "
    rf")?{_MONTH}\b|\b{_MONTH} \d\d?(?:st|nd|rd|th)?\b",
    re.IGNORECASE,
)
CODE = re.compile(r"\b(?=\w*\d\w*\d\w*\d)[\w-]{4,}\b")
NAME = re.compile(r"(?<=[a-z,] )[A-Z][a-z]{2,}\b")
_PRICED = re.compile(r"[£$€]\s?<([a-z][a-z0-9_]*)>")
SELDOM = 0.1
"""The share of the seeds that have slots, beside which so many may name a fact without one and it still is not their way."""


class Facts:
    """What the seed messages say of facts: their slots, those that are money, and what they name without one."""

    def __init__(self, seeds: Sequence[str]) -> None:
        joined = "\n".join(seeds)
        self.slots, self.money = frozenset(SLOT.findall(joined)), frozenset(_PRICED.findall(joined))
        self._seeds = seeds

    @cached_property
    def _plain(self) -> list[str]:
        """The seed messages without their slots."""
        return [SLOT.sub(" ", seed) for seed in self._seeds]

    @cached_property
    def _named(self) -> set[str]:
        """The kinds of facts that seed messages name without slots."""
        slotted = sum(bool(SLOT.search(seed)) for seed in self._seeds)
        return {kind for kind in KINDS if sum(bool(_matches(kind, seed)) for seed in self._plain) > max(1, SELDOM * slotted)}

    @cached_property
    def _text(self) -> str:
        return "\n".join(self._plain).casefold()

    def invented(self, message: str, facts: Mapping[str, Value]) -> str | None:
        """What a message, its slots not filled, names in place of one of the row's `facts`, if anything; what a seed message names, too, is
        allowed."""
        kinds = {kind for slot in self.slots if (kind := self._kind(slot, facts.get(slot)))}
        text = SLOT.sub(" ", message)
        matches = [match for kind in kinds for match in _matches(kind, text) if kind not in self._named]
        named = (match[0].strip(" ,.") for match in sorted(matches, key=lambda match: (match.start(), -match.end())))
        return next((fact for fact in named if fact.casefold() not in self._text), None)

    def _kind(self, slot: str, fact: Value) -> str | None:
        if fact is None or isinstance(fact, bool | list | dict):
            return None
        if isinstance(fact, str) and TIME.fullmatch(fact):
            return "time"
        if isinstance(fact, datetime.date) or (isinstance(fact, str) and DATE.fullmatch(fact)):
            return "date"
        if slot in self.money or isinstance(fact, float) or (isinstance(fact, str) and MONEY.fullmatch(fact)):
            return "money"
        if CODE.fullmatch(str(fact).replace(" ", "")):
            return "code"
        return "name" if isinstance(fact, str) and fact[:1].isupper() and not re.search(r"\d", fact) else None


def _matches(kind: str, text: str) -> list[re.Match[str]]:
    pattern, is_one = KINDS[kind]
    return [match for match in pattern.finditer(text) if is_one(match[0])]


@cache
def _unknown(word: str) -> bool:
    """Whether it is no word of the language, and so a name."""
    return not lexicon.is_word(word.lower())


def _any(match: str) -> bool:
    return True


KINDS: dict[str, tuple[re.Pattern[str], Callable[[str], bool]]] = {
    "time": (TIME, _any),
    "money": (MONEY, _any),
    "date": (DATE, _any),
    "code": (CODE, _any),
    "name": (NAME, _unknown),
}
"""How each kind of fact is typed, and what of that is one."""
