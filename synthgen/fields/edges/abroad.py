"""People from elsewhere: other languages, names, phone numbers and measures."""

from __future__ import annotations

import re
import unicodedata
from random import Random

from synthgen.fields.edges.details import fake, one_of
from synthgen.fields.edges.formats import COUNTRIES
from synthgen.fields.edges.languages import LANGUAGES, Language, subject
from synthgen.fields.edges.situation import Situation, like, mentioned, nonblank, then

ENGLISH = "en"
ACCENTED = {"de", "fr", "es", "it", "pt", "pl", "sv", "tr", "vi"}
NO_ADDRESSES = {"tr_TR", "ar_SA"}
"""Faker's addresses there are American."""
REFERENCE = re.compile(r"(?=(?:\D*\d){3})[\w-]+")
"""A number of an order or a room, and no amount or date: three digits or more, and neither a point nor a space."""
GAPS = ["\n", " ", "\n\n"]
SPOKEN = [locale for locale in COUNTRIES if locale[:2] in LANGUAGES]
"""The locales whose language synthgen can write."""


def foreign(locales: tuple[str, ...]) -> list[str]:
    """Those of the locales, or of all if there are none, whose language is another than English and can be written."""
    return [locale for locale in locales or SPOKEN if locale[:2] in LANGUAGES and locale[:2] != ENGLISH]


def _language(stream: Random, situation: Situation) -> tuple[str, Language]:
    locale = stream.choice(foreign(situation.locales) or SPOKEN)
    return locale, LANGUAGES[locale[:2]]


def _sentences(stream: Random, message: str, situation: Situation, language: Language) -> list[str]:
    """What is wrong, what they ask, and the references that the message mentions."""
    place = subject(message)
    sentences = [stream.choice(language.trouble).format(language.things[place])] if place is not None else []
    sentences += [stream.choice(language.plain)] if not sentences or stream.random() < 0.4 else []
    sentences += [language.number.format(fact) for fact in mentioned(message, situation.facts).values() if REFERENCE.fullmatch(fact)]
    return [*sentences, stream.choice(language.ask)] if stream.random() < 0.7 else sentences


def other_language(stream: Random, message: str, situation: Situation) -> str:
    """In one of twenty languages: that something is wrong with the same thing, with the references that the message mentions."""
    locale, language = _language(stream, situation)
    sentences, careless = _sentences(stream, message, situation, language), stream.random() < 0.4
    if stream.random() < 0.6:
        sentences[0] = f"{stream.choice(language.hello)}{language.comma}{sentences[0]}"
    text = _run_on(stream, sentences) if careless else _ended(sentences, language.stop)
    if careless and locale[:2] in ACCENTED and stream.random() < 0.6:
        text = _without_accents(text.lower())
    return f"{text}\n{fake(stream, 'name', locale)}" if stream.random() < 0.15 else text


def _run_on(stream: Random, sentences: list[str]) -> str:
    gap = stream.choice([" ", " ", ", ", "\n", "..."])
    return gap.join([sentences[0], *(sentence[:1].lower() + sentence[1:] for sentence in sentences[1:])])


def _ended(sentences: list[str], stop: str) -> str:
    """Sentences with their capitals and full stops, except behind the last."""
    capitalised = [sentence[:1].upper() + sentence[1:] for sentence in sentences]
    gap = " " * stop.endswith(" ")
    return "".join(sentence + (gap if sentence[-1] in "?;؟" else stop) for sentence in capitalised[:-1]) + capitalised[-1]


def _without_accents(text: str) -> str:
    plain = "".join(letter for letter in unicodedata.normalize("NFKD", text) if not unicodedata.combining(letter))
    return plain.translate(str.maketrans("łŁđĐı", "lLdDi"))


def mixed_language(stream: Random, message: str, situation: Situation) -> str:
    """English and another language in one message."""
    _, language = _language(stream, situation)
    message, form = nonblank(stream, message), stream.randrange(4)
    sentences = _sentences(stream, message, situation, language)
    if form == 0:
        return then(stream, f"{stream.choice(language.hello)}, {message}", stream.choice(language.ask))
    words = message.split(" ")
    if form == 1 and len(words) > 3:
        place = stream.randint(2, len(words) - 1)
        return " ".join([*words[:place], sentences[0], *words[place:]])
    return then(stream, sentences[0], message) if form == 2 else then(stream, message, sentences[0])


def foreign_contact(stream: Random, message: str, situation: Situation) -> str:
    """Signed with a name, address or phone number of another country."""
    locale = stream.choice(foreign(situation.locales) or SPOKEN)
    name, phone = fake(stream, "name", locale), fake(stream, "phone_number", locale)
    signed = [name, f"{name}, {phone}", f"{stream.choice(['My number is', 'call me', 'tel.', 'WhatsApp'])} {phone}"]
    signed += [] if locale in NO_ADDRESSES else [f"{name}\n{fake(stream, 'address', locale)}"]
    return f"{message}{stream.choice(GAPS)}{stream.choice(signed)}".strip()


def other_units(stream: Random, message: str, situation: Situation) -> str:
    """Measures, times and money of another country: 14 stone, 6 foot 2, half eight, CHF."""
    pattern = stream.choice(
        [
            "it's {small} foot {small}",
            "around {small} stone",
            "{small}{small} Fahrenheit",
            "half {small}, so {small}:30",
            "{money} CHF",
            "₹{number}",
            "{money} zł",
            "¥{number}",
            "{small} dozen",
            "{small} and a half inches",
            "a {small} lb one",
            "{small} lakh",
            "{clock} CET",
            "{clock} PST, that's my time",
            "{small} fluid ounces",
            "{money} kr",
            "R$ {money}",
            "size {small}{small} EU",
        ]
    )
    return then(stream, message, like(message, one_of(stream, situation, [pattern])))
