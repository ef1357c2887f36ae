"""Facts that stand in messages as somebody typed them: where, of which kind, and the field that makes others like them."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from itertools import count
from random import Random
from typing import NamedTuple

from synthgen.fields.known_facts import DAYS, MONTHS, TIME
from synthgen.interview.facts import FACTS, amounts_between
from synthgen.interview.times import AWAY, apart, minutes_of, times_near
from synthgen.spec.scalars import scalar
from synthgen.text.slots import SIGNS, SLOT, slots

SIGN = f"[{''.join(SIGNS)}]"
CURRENCY = rf"(?:{SIGN}|(?:usd|gbp|eur|dollars?|pounds?|euros?|quid|bucks)\b)"
NUMBER = r"\d(?:[\d,]*\d)?(?:\.\d\d?)?"
AMOUNT = re.compile(
    rf"{SIGN}\s?{NUMBER}(?![\d.]*\d)|(?<![\w.,]){NUMBER}(?=\s?{CURRENCY}(?!\d))|(?<![\w.,])(?!0\d)\d+[.,]\d\d(?![\w.,]*\d)", re.IGNORECASE
)
"""An amount of money with its sign before it; the number alone where the sign or a word is behind it, or nothing."""
ABOUT_MONEY = re.compile(r"(?i)\b(?:charg|pa(?:y|id)|cost|price|fee|refund|bill|balance|spen[dt]|owe|total|took|deposit|money|rent)")
"""Without one of these in a message, a number with two decimals and no sign may be a version."""
MONTH = rf"(?:{'|'.join(MONTHS)}|{'|'.join(month[:3] for month in MONTHS)}|sept)"
DATE = re.compile(
    rf"(?i)(?<![\w.,/])(?:(?P<day>\d\d?)(?:st|nd|rd|th)?(?: of)? (?P<month>{MONTH})|(?P<first>{MONTH}) (?P<second>\d\d?)(?:st|nd|rd|th)?)\b"
)
TO_COME = re.compile(
    r"(?i)\b(?:(?:until|till?|by|before|from|to|due|ends?|starts?|leav\w+|arriv\w+)(?: on)?|"
    r"\b(?:book|reserv|schedul|plan|appointment)\w*\b.*\b(?:for|on))\s+(?:the )?$"
)
"""What stands before a date that is one to come."""
PAST = re.compile(r"(?i)\bsince\s|\b(?:was|were|did\w*|had|took|paid|sent|got|bought|went|came|broke|lost|\w{2,}ed)\b")
"""What says that a date is one gone by."""
DAY = re.compile(rf"(?i)(?<!holiday )(?<!black )(?<!good )(?<!easter )(?<!cyber )\b(?:{'|'.join(DAYS)})\b")
SHORT_CODE = re.compile(r"(?i)(?<![\w.,/:-])[a-z]-?\d{2,4}(?![\w-]|[.,/:]\d)")
"""A letter and two to four digits, as rooms and gates have; longer ones are found as what identifies somebody."""
ALONE = re.compile(r"(?<![A-Z])[A-Z](?![A-Z])")
"""A letter of a code that may be any of those that were typed."""
PLACES = "room|gate|seat|apartment|flat|locker|table|desk|platform|terminal|court|bay|box"
OFFERS = "voucher|coupon|promo|discount"
NAMES = f"{PLACES}|{OFFERS}|order|ticket|account|booking|invoice|reference|ref|claim|policy|tracking|flight|bus|train|unit"
"""Words that say what a number behind them is of, and that its slot is called after."""
BEHIND_NAME = re.compile(rf"(?i)\b({NAMES})(?:\s+(?:number|no|nr|num|id|code))?\.?\s*(?:is\s+|[#:]\s*)?$")
NAMED_NUMBER = re.compile(rf"(?i)\b(?:(?:{PLACES}) #?(?=\d\d)|(?:{NAMES}) #?(?=\d{{3}}))(\d+[a-z]?)(?![\w.,/:-]*\w|\s?{CURRENCY}|%)")
OFFER_CODE = re.compile(rf"(?i)\b(?:{OFFERS})s?(?: ?code)?:? ([a-z]{{2,}}\d{{1,6}})\b")
MASKED = {"email": "mail", "phone": "phone", "url": "link", "address": "address", "postcode": "postcode", "id": "code"}
"""Kinds of facts, by what masks call them."""
FAR = datetime.timedelta(days=180)
"""A date of no year is one to come, if it is nearer than this."""
SHOWN = 4
"""Facts of one slot that are named."""
HIDDEN = "\0"
"""Stands for each character of what is found already."""
LONGEST_MONTH = 31
WIDE = 2
"""Amounts are made from half of the smallest that was typed to twice the largest."""
APART = 4
"""Amounts of which the one is so many times the other are of two things: a bill, and what is paid for the sun's power."""


class FoundFact(NamedTuple):
    """A fact in a message: from where to where, what it is called, and its kind. Its `shape` is that of a code (`?###` for B204), or says
    that an amount has its currency behind it."""

    start: int
    end: int
    name: str
    kind: str
    shape: str = ""


class TypedFact(NamedTuple):
    """Facts that one slot stands for: their kind, how they were typed, and their `shape` (see FoundFact)."""

    kind: str
    typed: tuple[str, ...]
    shape: str = ""

    @property
    def about(self) -> str:
        """What it is, in words, with those that were typed."""
        different = dict.fromkeys(self.typed)
        shown = ", ".join([*different][:SHOWN]) + ", …" * (len(different) > SHOWN)
        if self.kind == "money":
            return f"{shown}: an amount of money, mostly from {self.sign}{self.bounds[0]:g} to {self.sign}{self.bounds[1]:g}"
        if self.kind in ("number", "code"):
            return f"{shown}: a {self.kind}, with other digits each time"
        if self.kind == "time":
            return f"{shown}: a time, not far from {'it' if len(different) == 1 else 'these'}"
        return f"{shown}: {re.split('[:,]', FACTS[self.kind].about)[0]}"

    @property
    def sign(self) -> str:
        """The sign of the currency that stands before an amount; empty where none does."""
        return next((typed[0] for typed in self.typed if typed[0] in SIGNS), "")

    @property
    def has_comma(self) -> bool:
        """Whether an amount is typed as 12,50 is."""
        return any(re.search(r",\d\d$", typed) for typed in self.typed)

    @property
    def has_places(self) -> bool:
        """Whether an amount is typed as 12.50 is, or 12,50."""
        return any(re.search(r"[.,]\d\d$", typed) for typed in self.typed)

    @property
    def bounds(self) -> tuple[float, float]:
        """Between what amounts like these lie."""
        amounts = [amount_of(typed) for typed in self.typed]
        return float(f"{min(amounts) / WIDE:.1g}"), float(f"{max(amounts) * WIDE:.1g}")

    def is_like(self, found: FoundFact, typed: str) -> bool:
        """Whether a fact that was found may be one of these: of money one that is not many times as much, or as little, of times one that
        is not hours away."""
        if self.kind == found.kind == "time" and any(apart(minutes_of(time), minutes_of(typed)) > AWAY for time in self.typed):
            return False
        amounts = [amount_of(amount) for amount in (*self.typed, typed)] if self.kind == found.kind == "money" else [1.0]
        return self.kind == found.kind and self.shape == found.shape and max(amounts) < APART * min(amounts)

    @property
    def field(self) -> str:
        """The field that makes such facts, in YAML."""
        if self.kind == "money":
            return amounts_between(self.bounds, 2 if self.has_places else 0)
        if self.kind in ("number", "code"):
            return _pattern(self.typed)
        if self.kind == "time":
            return f"{{kind: choice, label: false, options: [{', '.join(map(scalar, times_near(self.typed)))}]}}"
        if self.kind in ("date", "soon"):
            return FACTS[self.kind].field.replace("%-d %B", _format(self.typed[0]))
        return FACTS[self.kind].field


def typed_facts(messages: Mapping[str, Sequence[str]], left: Sequence[str] = ()) -> tuple[dict[str, list[str]], dict[str, TypedFact]]:
    """Messages by topic with slots in place of the facts that stand in them, and these facts by slot. Facts whose slots are `left` stay
    as they are typed."""
    facts = dict[str, TypedFact]()
    every = [found for typed in messages.values() for message in typed for found in found_facts(message)]
    named = {found.shape: found.name for found in every if found.kind == "code" and found.name != found.kind}

    def slot_of(found: FoundFact, typed: str, taken: frozenset[str]) -> str:
        name = named.get(found.shape, found.name) if found.name == "code" else found.name  # AB-124 alone, where others say order AB-123
        return next(slot for slot in _numbered(name) if slot not in taken and (slot not in facts or facts[slot].is_like(found, typed)))

    def with_slots(message: str) -> str:
        parts, end, taken = list[str](), 0, slots(message)
        for found in found_facts(message):
            typed = message[found.start : found.end]
            slot = slot_of(found, typed, taken)
            before, taken = facts[slot].typed if slot in facts else (), taken | {slot}
            facts[slot] = TypedFact(found.kind, (*before, typed), found.shape)
            parts += message[end : found.start], typed if slot in left else f"<{slot}>"
            end = found.end
        return "".join([*parts, message[end:]])

    return {topic: [with_slots(message) for message in typed] for topic, typed in messages.items()}, facts


def amount_of(amount: str) -> float:
    """An amount of money, however it was typed; at least a little."""
    return max(0.01, float(re.sub(r"[^\d.]", "", re.sub(r",(?=\d\d$)", ".", amount))))


def _numbered(name: str) -> Iterator[str]:
    yield name
    yield from (f"{name}_{number}" for number in count(2))


@cache
def found_facts(message: str) -> tuple[FoundFact, ...]:
    """The facts in a message, in order. What is found first hides its characters from what is looked for behind it."""
    from synthgen.tuning.masks import masked

    found, text = list[FoundFact](), SLOT.sub(_hidden, message)
    for search in (_amounts, _identifiers(masked(text, Random(0)).identifiers), _dates, _days, _times, _codes, _numbers):
        for fact in search(text):
            found.append(fact)
            text = f"{text[: fact.start]}{HIDDEN * (fact.end - fact.start)}{text[fact.end :]}"
    return tuple(sorted(found))


def _hidden(match: re.Match[str]) -> str:
    return HIDDEN * len(match[0])


def _amounts(text: str) -> Iterator[FoundFact]:
    for match in AMOUNT.finditer(text):
        in_words = re.match(rf"(?i)\s?{CURRENCY}", text[match.end() :])
        if in_words or match[0][0] in SIGNS or ABOUT_MONEY.search(text):
            yield FoundFact(*match.span(), "amount", "money", "in words" if in_words else "")


def _identifiers(identifiers: Sequence[tuple[str, str]]) -> Callable[[str], Iterator[FoundFact]]:
    """What masks took out of a message, where it still stands there."""

    def search(text: str) -> Iterator[FoundFact]:
        for masks_kind, typed in identifiers:
            start = text.find(typed)
            kind = MASKED.get(masks_kind, "")
            if start < 0 or not kind or typed.lower().startswith("0x"):
                continue
            text = text.replace(typed, HIDDEN * len(typed), 1)
            if kind == "code" or (kind == "phone" and BEHIND_NAME.search(text[:start])):
                yield _code(text, start, typed)
            else:
                yield FoundFact(start, start + len(typed), kind, kind)

    return search


def _dates(text: str) -> Iterator[FoundFact]:
    for match in DATE.finditer(text):
        day, month = int(match["day"] or match["second"]), (match["month"] or match["first"]).lower()[:3]
        if 1 <= day <= LONGEST_MONTH:
            number = [name[:3] for name in MONTHS].index(month) + 1
            yield FoundFact(*match.span(), "date", _which_date(day, number, text, match.start()))


def _which_date(day: int, month: int, text: str, start: int) -> str:
    """Whether a date of no year, which stands in a text from its `start`, is one to come: by the words around it, or else by how near it
    is."""
    if TO_COME.search(text[:start]):
        return "soon"
    if PAST.search(text):
        return "date"
    today = datetime.datetime.now().astimezone().date()
    first = datetime.date(today.year + (month < today.month), month, 1)
    return "soon" if datetime.timedelta() <= first + datetime.timedelta(day - 1) - today < FAR else "date"


def _days(text: str) -> Iterator[FoundFact]:
    yield from (FoundFact(*match.span(), "day", "day") for match in DAY.finditer(text))


def _times(text: str) -> Iterator[FoundFact]:
    yield from (FoundFact(*match.span(), "time", "time", "of twelve" if match["half"] else "") for match in TIME.finditer(text))


def _codes(text: str) -> Iterator[FoundFact]:
    yield from (_code(text, match.start(1), match[1]) for match in OFFER_CODE.finditer(text))
    yield from (_code(text, match.start(), match[0]) for match in SHORT_CODE.finditer(text))


def _numbers(text: str) -> Iterator[FoundFact]:
    yield from (_code(text, match.start(1), match[1]) for match in NAMED_NUMBER.finditer(text))


def _code(text: str, start: int, typed: str) -> FoundFact:
    """A code or a number, which is called after the word before it."""
    named = BEHIND_NAME.search(text[:start])
    kind = "number" if typed.isdecimal() else "code"
    shape = "" if kind == "number" else ALONE.sub("?", re.sub(r"\d", "#", typed.upper()))
    return FoundFact(start, start + len(typed), named[1].lower() if named else kind, kind, shape)


def _pattern(typed: Sequence[str]) -> str:
    """The field of codes and numbers with other digits, and of single letters those that were typed."""
    letters = "".join(sorted({letter for code in typed for letter in ALONE.findall(code.upper())}))
    shape = re.sub(r"\d", "#", typed[0].upper())
    if not re.match(r"\D*0", typed[0]):
        shape = shape.replace("#", "%", 1)
    if len(letters) > 1:
        shape = ALONE.sub("?", shape)
        return f"{{kind: fake, provider: bothify, args: {{text: {scalar(shape)}, letters: {scalar(letters)}}}}}"
    return f"{{kind: fake, provider: numerify, args: {{text: {scalar(shape)}}}}}"


def _format(typed: str) -> str:
    """How a date is written: the day or the month first, and the month whole or its beginning."""
    month = "%B" if any(month in typed.lower() for month in MONTHS) else "%b"
    return f"%-d {month}" if typed[0].isdecimal() else f"{month} %-d"
