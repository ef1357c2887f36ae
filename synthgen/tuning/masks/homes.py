"""Where somebody lives: postcodes and streets."""

from __future__ import annotations

import re
from collections.abc import Iterable

from synthgen.tuning.masks.search import Search, Span, always
from synthgen.tuning.words import any_of, words

_POSTCODE = re.compile(
    r"(?<![\w-])(?:(?P<uk>[a-pr-uwyz][a-hk-y]?\d[a-z\d]?[ ]{0,2}\d[abd-hjlnp-uw-z]{2})|(?P<ca>[a-z]\d[a-z][ -]?\d[a-z]\d)|\d{5}-\d{4}"
    rf"|(?P<state>{any_of('states')})[ ]{{1,2}}(?P<zip>\d{{5}}))(?![\w-])"
)
_UNIT = re.compile(r"\d(?:st|nd|rd|th|[gmtk]b|hz|pt|ft|yr|hr|lb|gs|bn|px|ds|ed|er|es|ty)\Z")


def _postcode(match: re.Match[str], text: str) -> Iterable[Span]:
    typed = text[match.start() : match.end()]
    if match["uk"]:
        if typed != typed.upper() and (_UNIT.search(match[0]) or match[0] in words("kept") or match[0].split(" ")[0] in words("kept")):
            return
        if typed.isupper() or " " in typed or len(typed) > 5:
            yield Span(*match.span(), "postcode")
    elif match["zip"]:
        if text[match.start("state") : match.end("state")].isupper() or match["state"] not in words("small"):
            yield Span(*match.span("zip"), "postcode")
    else:
        yield Span(*match.span(), "postcode")


_STREET = re.compile(
    rf"(?<![\w$€£.,:/-])(?P<first>\d{{1,5}}(?:[-/]\d{{1,4}})?[ ]?[a-z]?),?[ "
    rf"](?P<middle>(?:(?:[^\W\d_][\w'’.-]{{0,19}}|\d{{1,3}}(?:st|nd|rd|th))[ ]){{1,3}}?)"
    rf"(?P<type>{any_of('streets')}|{any_of('ways')})(?!\w)(?P<unit>\.?,?[ ](?:apt|apartment|unit|suite|ste|flat|floor|room|rm|#)\.?[ "
    rf"]?#?[ ]?\w{{1,5}}(?!\w))?"
)
_STREETS = re.compile(
    r"(?<!\w)(?:p\.?[ ]?o\.?[ ]?box[ ]?(?:no\.?[ ]?)?\d{1,6}[a-z]?"
    r"|[^\W\d_]{3,20}(?:straße|strasse|str\.|gasse|platz|allee)[ ]\d{1,4}[ ]?[a-z]?"
    r"|\d{1,4}(?:[ ]?(?:bis|ter))?,?[ ](?:rue|boulevard|bd|chemin|impasse|quai)[ ](?:(?:de|du|des|la|le|les)[ "
    r"]|d'|l'){0,2}[^\W\d_]{3,20}(?:[ -][^\W\d_]{3,20})?"
    r"|(?:calle|avenida|carrera|piazza|viale|rua)[ ](?:(?:de|da|do|del|la|los|las|dos)[ ]){0,2}[^\W\d_]{3,20}(?:[ ][^\W\d_]{3,20})?,?[ "
    r"](?:n[º°o.]{1,2}[ ]?)?\d{1,4}"
    r"|(?:apt|apartment|flat)[ ]?#?[ ]?\d{1,5}[a-z]?)(?!\w)"
)


def _street(match: re.Match[str], text: str) -> Iterable[Span]:
    """`45 Elm Drive` and `45 elm st` are addresses, `20 minutes drive` and `2 miles down the road` are none."""
    middle = match["middle"].split()
    if any(word in words("small") for word in middle) or middle[-1] == "a":
        return
    typed = text[match.start("middle") : match.end("type")].split()
    named = all(word[0].isupper() or word[0].isdigit() for word in typed)
    if named or match["unit"] or (match["type"] in words("streets") and middle[0] not in words("units")):
        yield Span(*match.span(), "address")


SEARCHES = [
    Search(_POSTCODE, _postcode, digits=2),
    Search(_STREET, _street, digits=1),
    Search(_STREETS, always("address"), hints=words("homes"), digits=1),
]
