"""The details that make what is invented believable: people, places, references, moments shortly before the recipe's `now`."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable
from functools import lru_cache
from random import Random

from synthgen.fields.edges.situation import Situation
from synthgen.fields.fake import Fake
from synthgen.spec.rows import Row

PEOPLE = ["en_GB", "en_US", "en_IE", "en_IN", "en_AU", "es_ES", "pl_PL", "fr_FR"]
"""Whose names people have who write in English."""
HOSTS = ["www.example.com", "example.com", "shop.example.com", "help.example.org", "my.example.net", "app.example.com", "m.example.org"]
CITIES = [
    "Leeds",
    "Bristol",
    "Cardiff",
    "Norwich",
    "Glasgow",
    "Hull",
    "Derby",
    "Plymouth",
    "Dublin",
    "York",
    "Exeter",
    "Swansea",
    "Belfast",
    "Luton",
    "Bath",
    "Preston",
    "Dundee",
    "Reading",
]
STREETS = [
    "Church Lane",
    "Station Road",
    "Mill Street",
    "Park Avenue",
    "High Street",
    "Victoria Road",
    "Orchard Close",
    "Elm Grove",
    "Bridge Street",
    "Chapel Hill",
    "Queens Drive",
    "The Crescent",
]
COMPANIES = [
    "Brightwell",
    "Northgate Services",
    "Hallam & Sons",
    "Pennybridge",
    "Ashbys",
    "Greenlow",
    "Marlow Group",
    "Fernhill Ltd",
    "Oakley Partners",
    "Tillow",
    "Castle Direct",
    "Redfern Bros",
]
"""Invented."""


@lru_cache(maxsize=256)
def _maker(provider: str, locale: str) -> Fake:
    return Fake(provider=provider, locale=locale)


def fake(stream: Random, provider: str, locale: str = "") -> str:
    """What a Faker provider makes, by default in a locale of people who write in English."""
    return " ".join(str(_maker(provider, locale or stream.choice(PEOPLE)).make(Row("", 0), stream)).split())


def person(stream: Random, locale: str = "") -> str:
    """A first name and a last name."""
    locale = locale or stream.choice(PEOPLE)
    return f"{fake(stream, 'first_name', locale)} {fake(stream, 'last_name', locale)}"


def recently(stream: Random, situation: Situation, days: float = 4) -> datetime.datetime:
    """A moment of the last few days, in seconds and microseconds."""
    try:
        return situation.now - datetime.timedelta(days=days * stream.random())
    except OverflowError:  # a recipe's clock may stand at the very first day of the calendar
        return situation.now


def hexes(stream: Random, count: int) -> str:
    """Hexadecimal digits."""
    return f"{stream.getrandbits(4 * count):0{count}x}"


def code(stream: Random) -> str:
    """A reference as companies give them."""
    letters = "".join(stream.choices("ABCDEFGHJKLMNPRSTVWXYZ", k=stream.randint(1, 3)))
    return stream.choice(
        [f"{letters}{stream.randint(10**4, 10**7)}", f"{letters}-{stream.randint(10**3, 10**6)}", f"{stream.randint(10**5, 10**9)}"]
    )


def link(stream: Random, situation: Situation) -> str:
    """A web address on a reserved domain."""
    path = stream.choice(
        [
            "orders/{hex}",
            "account/settings",
            "help/articles/{small}{small}{small}",
            "p/{hex}?ref=email",
            "checkout/step-{small}",
            "s?q={first}",
            "",
            "status/{hex}#history",
            "en-gb/contact",
            "t/{hex}?utm_source=newsletter&utm_medium=email",
            "index.php?id={small}{small}",
            "app/login?next=%2Fhome",
        ]
    )
    return stream.choice(["https://", "https://", "http://", ""]) + stream.choice(HOSTS) + "/" * bool(path) + drawn(stream, situation, path)


_DETAILS: dict[str, Callable[[Random, Situation], str]] = {
    "day": lambda stream, at: stream.choice(["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]),
    "date": lambda stream, at: f"{(day := recently(stream, at, 60)).day} {day:%B}",
    "soon": lambda stream, at: f"{(day := recently(stream, at, -30)).day} {day:%B}",
    "nth": lambda stream, at: stream.choice(["second", "third", "fourth", "3rd", "4th", "fifth", "sixth", "tenth", "5th"]),
    "clock": lambda stream, at: f"{stream.randint(7, 22)}:{stream.randint(0, 59):02}",
    "stamp": lambda stream, at: f"{recently(stream, at):%Y-%m-%dT%H:%M:%S}Z",
    "small": lambda stream, at: str(stream.randint(2, 9)),
    "number": lambda stream, at: str(stream.randint(10**3, 10**7)),
    "money": lambda stream, at: f"{stream.randint(2, 400)}.{stream.randint(0, 99):02}",
    "code": lambda stream, at: code(stream),
    "hex": lambda stream, at: hexes(stream, 8),
    "uuid": lambda stream, at: "-".join(hexes(stream, count) for count in (8, 4, 4, 4, 12)),
    "ip": lambda stream, at: stream.choice(["10.{}.{}.{}", "192.0.2.{2}", "203.0.113.{2}", "172.16.{1}.{2}"]).format(
        *(stream.randint(1, 254) for _ in range(3))
    ),
    "host": lambda stream, at: stream.choice(HOSTS),
    "link": lambda stream, at: link(stream, at),
    "version": lambda stream, at: f"{stream.randint(1, 14)}.{stream.randint(0, 20)}.{stream.randint(0, 9)}",
    "first": lambda stream, at: fake(stream, "first_name"),
    "name": lambda stream, at: person(stream),
    "girl": lambda stream, at: fake(stream, "first_name_female", "en_GB"),
    "email": lambda stream, at: fake(stream, "ascii_safe_email", "en_US"),
    "phone": lambda stream, at: fake(stream, "phone_number", "en_GB"),
    "company": lambda stream, at: stream.choice(COMPANIES),
    "city": lambda stream, at: stream.choice(CITIES),
    "street": lambda stream, at: f"{stream.choice(['', '', 'Flat 2, ', 'Flat 11b, '])}{stream.randint(1, 180)} {stream.choice(STREETS)}",
    "postcode": lambda stream, at: fake(stream, "postcode", "en_GB"),
}
_PLACE = re.compile(r"\{([a-z]+)\}")


def drawn(stream: Random, situation: Situation, pattern: str, **details: str) -> str:
    """The pattern with a detail for each `{day}`, `{name}`, `{number}`, … in it.
    Other braces stay."""

    def detail(place: re.Match[str]) -> str:
        if place[1] in details:
            return details[place[1]]
        return _DETAILS[place[1]](stream, situation) if place[1] in _DETAILS else place[0]

    return _PLACE.sub(detail, pattern)


def one_of(stream: Random, situation: Situation, patterns: list[str], **details: str) -> str:
    """One of some patterns, with its details."""
    return drawn(stream, situation, stream.choice(patterns), **details)
