"""Facts that messages mention: what kinds there are, what a slot's name suggests, and the field that makes each."""

from __future__ import annotations

import math
from collections.abc import Sequence
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


NARROW = 4
"""Amounts of which the largest is so many times the smallest, or less, are all as likely."""
NINETY = 1.645
"""Standard deviations on each side of the mean, between which nine in ten values of a normal distribution lie."""


def amounts_between(bounds: Sequence[float]) -> str:
    """The field of amounts that lie between two mostly: nine in ten, and most of these near the lower one, as people's do."""
    least, most = bounds
    if least <= 0 or most / least <= NARROW:
        return f"{{kind: number, between: [{least:.15g}, {most:.15g}], decimals: 2}}"
    mu, sigma = (math.log(least) + math.log(most)) / 2, (math.log(most) - math.log(least)) / 2 / NINETY
    distribution = f"{{kind: number, distribution: lognormal, mu: {mu:.2f}, sigma: {sigma:.2f}, decimals: 2}}"
    return f"{distribution}    # nine in ten from {least:.15g} to {most:.15g}, half below {math.exp(mu):.0f}"
