"""Digits, drawn again: a text keeps the shape of its numbers, and none of them."""

from __future__ import annotations

import re
from random import Random

from synthgen.text.slots import SLOT
from synthgen.tuning.words import DIGIT, YEAR, words

_NUMERAL = re.compile(rf"{SLOT.pattern}|\w++(?:[-/.,:#]\w++)*+")
_DAY = re.compile(r"(\d{1,2})([/.-])(\d{1,2})\2(\d{4}|\d{2})")
_ISO = re.compile(r"((?:19|20)\d{2})([/.-])(\d{1,2})\2(\d{1,2})(.*)")
_CLOCK = re.compile(r"(\d{1,2})([:.h]?)([0-5]\d)(?:([:.])([0-5]\d))?([ap]\.?m?|ish)?")
_PAIR = re.compile(r"\d{1,2}[-/]\d{1,2}")


def redraw_digits(text: str, stream: Random) -> str:
    """The text with other digits in every token that has three of them or more."""
    if not DIGIT.search(text):
        return text

    def redrawn(match: re.Match[str]) -> str:
        token = match[0]
        if token[0] == "<" or sum(map(str.isdecimal, token)) < 3 or token.lower() in words("kept") or _PAIR.fullmatch(token):
            return token
        follows = text[match.end() : match.end() + 3].strip().lower()[:1]
        if (clock := _CLOCK.fullmatch(token.lower())) and (
            clock[2] in (":", "h") or clock[6] or (clock[2] == "." and follows in ("a", "p"))
        ):
            return _alike(token, _time(clock, follows, stream))
        if day := _DAY.fullmatch(token):
            return _alike(token, _date(day, stream))
        if iso := _ISO.fullmatch(token):
            time_part = _TIMES.sub(lambda part: _time(_matched(_CLOCK, part[0]), "", stream), iso[5])
            return _alike(token, _year(stream) + iso[2] + _small(iso[3], 12, stream) + iso[2] + _small(iso[4], 28, stream) + time_part)
        return _digits(token, stream)

    return _NUMERAL.sub(redrawn, text)


_TIMES = re.compile(r"\d{2}:\d{2}(?::\d{2})?")


def _matched(pattern: re.Pattern[str], text: str) -> re.Match[str]:
    match = pattern.fullmatch(text)
    if match is None:
        raise ValueError(text)
    return match


def _alike(token: str, drawn: str) -> str:
    """Drawn digits in the script, and letters in the case, of the token."""
    return "".join(chr(ord(old) - int(old) + int(new)) if old.isdecimal() else old for old, new in zip(token, drawn, strict=True))


def _year(stream: Random) -> str:
    return str(stream.randint(1980, 2030))


def _small(old: str, most: int, stream: Random) -> str:
    """A number from 1 to `most` of as many digits as `old`, that begins with zero where that does."""
    if len(old) == 1:
        return str(stream.randint(1, 9))
    return f"0{stream.randint(1, 9)}" if int(old[0]) == 0 else str(stream.randint(10, most))


def _date(day: re.Match[str], stream: Random) -> str:
    first, mark, second, year = day.groups()
    most = (12, 28) if int(second) > 12 >= int(first) else (28, 12)
    if len(year) == 4:
        last = _year(stream) if re.fullmatch(YEAR, year) else _digits(year, stream)
    else:
        last = _small(year, 99, stream)
    return _small(first, most[0], stream) + mark + _small(second, most[1], stream) + mark + last


def _time(clock: re.Match[str], follows: str, stream: Random) -> str:
    hour, mark, minute, second_mark, second, half = clock.groups()
    most = 12 if half or follows in ("a", "p") else 23
    drawn = _small(hour, most, stream) if int(hour) else hour
    return drawn + mark + _minute(minute, stream) + (second_mark or "") + (_minute(second, stream) if second else "") + (half or "")


def _minute(old: str, stream: Random) -> str:
    if int(old) == 0:
        return old
    if int(old[1]) == 0:
        return f"{stream.randint(1, 5)}0"
    return f"{stream.randint(1, 5) if int(old[0]) else 0}{stream.randint(1, 9)}"


_PARTS = re.compile(r"\d{1,3}(?:[,.]\d{3})+(?!\d)|\d+")


def _digits(token: str, stream: Random) -> str:
    """Other digits, number by number: the first of a number and its last before the zeros it ends in are no zeros, unless they were."""

    def redrawn(match: re.Match[str]) -> str:
        number = match[0]
        if re.fullmatch(YEAR, number):
            year = _year(stream)
            return _alike(number, f"{year[:3]}0" if token[match.end() : match.end() + 1] in ("s", "S") else year)
        start = len(number) - len(number.lstrip("0０"))
        stop = len(number.rstrip("0０.,"))
        drawn = list(number)
        for place in range(start, stop):
            if number[place].isdecimal():
                edge = place in (start, stop - 1)
                drawn[place] = str(stream.randint(1, 9) if edge else stream.randint(0, 9))
        return _alike(number, "".join(drawn))

    return _PARTS.sub(redrawn, token)
