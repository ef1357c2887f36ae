"""Facts that messages mention: what kinds there are, what a slot's name and the messages suggest, and the field that makes each."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from synthgen.text.slots import SIGNS


class FactKind(NamedTuple):
    """A kind of fact in words, the names of slots that suggest it, the field that makes it, in YAML, and whether it comes `often`: such
    ones are shown before somebody asks for all."""

    about: str
    names: str
    field: str
    often: bool = False


FACTS: dict[str, FactKind] = {
    "list": FactKind("one of a list that you give", "", "", True),
    "number": FactKind(
        "a number of an order, a ticket or an account: digits only",
        "order ticket account number reference ref id booking case invoice",
        "{kind: fake, provider: numerify, args: {text: '%#####'}}",
        True,
    ),
    "code": FactKind(
        "a code with letters in it, like EXP-12345: you give one example", "code claim policy tracking sku voucher coupon", "", True
    ),
    "money": FactKind(
        "an amount of money",
        "amount price total cost fee sum refund charge balance salary",
        "{kind: number, distribution: lognormal, mu: 4.0, sigma: 0.9, decimals: 2}    # most under 150, a few large",
        True,
    ),
    "count": FactKind(
        "a small number: of people, pieces, days",
        "count quantity people days pieces",
        "{kind: number, between: [1, 12], decimals: 0}",
    ),
    "person": FactKind(
        "a person's first name",
        "name person customer friend payee patient user colleague",
        "{kind: fake, provider: first_name, locale: {en_GB: 4, en_US: 4, en_IN: 1}}",
        True,
    ),
    "day": FactKind("a day of the week, such as Friday", "day weekday when", '{kind: date, between: [-6d, -1d], format: "%A"}'),
    "date": FactKind(
        "a date gone by, of the last two months", "date since until", '{kind: date, between: [-60d, -1d], format: "%-d %B"}', True
    ),
    "soon": FactKind(
        "a date to come, of the next two months: a booking, an appointment, a delivery",
        "appointment delivery arrival departure checkin checkout due deadline visit",
        '{kind: date, between: [+1d, +60d], format: "%-d %B"}',
        True,
    ),
    "time": FactKind(
        "a time of the day, such as 10:30am",
        "time hour",
        "{kind: choice, label: false, options: [8am, '9:30am', 10am, '11:15am', 12pm, '1:30pm', 3pm, '4:45pm', 6pm, 8pm]}",
    ),
    "month": FactKind("a month, such as October", "month", '{kind: date, between: [-300d, -1d], format: "%B"}'),
    "city": FactKind(
        "a city: London, Leeds, Boston, Toronto …",
        "city town from to destination",
        "{kind: choice, label: false, options: [London, Leeds, Bristol, Glasgow, Dublin, Boston, Denver, Austin, Toronto, Sydney]}",
    ),
    "mail": FactKind("an e-mail address", "mail email", "{kind: fake, provider: free_email}"),
    "phone": FactKind("a telephone number", "phone telephone mobile", "{kind: fake, provider: phone_number, locale: en_GB}"),
    "link": FactKind("a link to a page", "link url page website", "{kind: fake, provider: url}"),
    "address": FactKind("a street and a number", "address street", "{kind: fake, provider: street_address}"),
    "postcode": FactKind("a postcode", "postcode zip", "{kind: fake, provider: postcode, locale: en_GB}"),
}
"""By the name that an answer gives them."""


CODE = re.compile(r"(?=[^A-Za-z]*[A-Za-z])[A-Za-z0-9]+(?:[-./_][A-Za-z0-9]+)*")
"""An example of a code: letters, digits, and marks between them; it holds a letter and (see `is_code`) a digit."""
TYPED_CODE = re.compile(r"(?<![\w<-])[A-Z]{1,5}-?\d{3,10}(?![\w>-])")
"""A code that stands in a message as it is."""
LONGEST_CODE = 40
ANY_SIGN = f"[{''.join(SIGNS)}]"
BESIDE = re.compile(rf"{ANY_SIGN}\s?<(\w+)>|<(\w+)>\s?(?:{ANY_SIGN}|(?:quid|pounds?|dollars?|bucks|euros?|gbp|usd|eur)\b)", re.IGNORECASE)
"""A slot with the sign of its currency, or the word for it, beside it."""


def suggested(slot: str, messages: Sequence[str] = ()) -> str:
    """The kind of fact that a slot is by its name, or by the parts of it (`order_number`, `claim_id`), the last first. A number is a code
    where another part says so, or where a message has a code in it; a date is one to come where another part says so (`delivery_date`), or
    a word before it (`until <date>`)."""
    parts = slot.split("_")
    words = [slot, *reversed(parts)]
    kind = next((kind for word in words for kind, fact in FACTS.items() if word in fact.names.split()), "list")
    if kind == "date" and any(re.search(rf"(?i)\b(?:till?|until|by|before|ends?|due)\s+<{slot}>", message) for message in messages):
        return "soon"
    if kind == "number" and (typed_code(messages) or not set(parts).isdisjoint(FACTS["code"].names.split())):
        return "code"
    return "soon" if kind == "date" and not set(parts).isdisjoint(FACTS["soon"].names.split()) else kind


def typed_code(messages: Iterable[str]) -> str:
    """The first code that stands in messages as it is; empty where there is none."""
    return next((code[0] for message in messages if (code := TYPED_CODE.search(message))), "")


def is_code(example: str) -> bool:
    """Whether an example is one of a code."""
    return len(example) <= LONGEST_CODE and CODE.fullmatch(example) is not None and any(letter.isdecimal() for letter in example)


def example_of_code(slot: str, messages: Iterable[str]) -> str:
    """A code that may be meant where nobody gave an example: one that a message has, or one after the slot's name."""
    return typed_code(messages) or f"{slot.replace('_', '')[:3].upper()}-12345"


def codes_like(example: str) -> str:
    """The field of codes that look like an example: other digits in their places, all else as it is."""
    digits = re.sub(r"\d", "#", example)
    pattern = f"%{digits[1:]}" if re.match(r"[1-9]", example) else digits
    return f"{{kind: fake, provider: numerify, args: {{text: '{pattern}'}}}}    # like {example}: # is any digit"


def slots_with_sign(messages: Iterable[str]) -> set[str]:
    """The slots beside which a message has the sign, or the word, of a currency."""
    return {first or second for message in messages for first, second in BESIDE.findall(message)}


NARROW = 4
"""Amounts of which the largest is so many times the smallest, or less, are all as likely."""
NINETY = 1.645
"""Standard deviations on each side of the mean, between which nine in ten values of a normal distribution lie."""


def amounts_between(bounds: Sequence[float], decimals: int = 2) -> str:
    """The field of amounts that lie between two mostly: nine in ten, and most of these near the lower one, as people's do."""
    least, most = bounds
    if least <= 0 or most / least <= NARROW:
        return f"{{kind: number, between: [{least:.15g}, {most:.15g}], decimals: {decimals}}}"
    mu, sigma = (math.log(least) + math.log(most)) / 2, (math.log(most) - math.log(least)) / 2 / NINETY
    distribution = f"{{kind: number, distribution: lognormal, mu: {mu:.2f}, sigma: {sigma:.2f}, decimals: {decimals}}}"
    return f"{distribution}    # nine in ten from {least:.15g} to {most:.15g}, half below {math.exp(mu):.0f}"
