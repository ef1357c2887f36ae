"""Facts that messages mention: what kinds there are, what a slot's name suggests, and the field that makes each."""

from __future__ import annotations

from typing import NamedTuple


class FactKind(NamedTuple):
    """A kind of fact in words, the names of slots that suggest it, and the field that makes it, in YAML."""

    about: str
    names: str
    field: str


FACTS: dict[str, FactKind] = {
    "list": FactKind("one of a list that you give: products, companies, places …", "", ""),
    "number": FactKind(
        "a number of an order, a ticket or an account",
        "order ticket account number reference ref id booking case invoice",
        "{kind: fake, provider: numerify, args: {text: '%#####'}}",
    ),
    "money": FactKind(
        "an amount of money",
        "amount price total cost fee sum refund charge",
        "{kind: number, distribution: lognormal, mu: 4.0, sigma: 0.9, decimals: 2}    # most under 150, a few large",
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
    ),
    "day": FactKind("a day of the last week", "day weekday when", '{kind: date, between: [-6d, -1d], format: "%A"}'),
    "date": FactKind("a date of the last two months", "date since until", '{kind: date, between: [-60d, -1d], format: "%d %B"}'),
    "city": FactKind("a city", "city town place from to destination", "{kind: fake, provider: city}"),
    "mail": FactKind("an e-mail address", "mail email", "{kind: fake, provider: free_email}"),
    "phone": FactKind("a telephone number", "phone telephone mobile", "{kind: fake, provider: phone_number, locale: en_GB}"),
    "link": FactKind("a link to a page", "link url page website", "{kind: fake, provider: url}"),
    "address": FactKind("a street and a number", "address street", "{kind: fake, provider: street_address}"),
    "postcode": FactKind("a postcode", "postcode zip", "{kind: fake, provider: postcode, locale: en_GB}"),
}
"""By the name that an answer gives them."""


def suggested(slot: str) -> str:
    """The kind of fact that a slot is by its name, or by the last part of it (`order_number`)."""
    words = [slot, *reversed(slot.split("_"))]
    return next((kind for word in words for kind, fact in FACTS.items() if word in fact.names.split()), "list")
