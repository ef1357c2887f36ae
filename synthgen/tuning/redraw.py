"""Digits, drawn again: a text keeps the shape of its numbers, and not the numbers.

What stays: numbers of one or two digits, pairs of these (`3/4`), zeros at an end, slots, and names such as `x86_64`.
"""

from __future__ import annotations

import re
from random import Random

from synthgen.text.slots import SLOT
from synthgen.tuning.words import DIGIT, YEAR, words

_NUMERAL = re.compile(rf"{SLOT.pattern}|\w++(?:[-/.,:#]\w++)*+")
_DAY = re.compile(r"(\d{1,2})([/.-])(\d{1,2})\2(\d{4}|\d{2})")
_ISO = re.compile(r"((?:19|20)\d{2})([/.-])(\d{1,2})\2(\d{1,2})(?!\d)(.*)")
_CLOCK_OR_DIGITS = re.compile(r"(?P<clock>\d{2}:[0-5]\d(?::[0-5]\d)?(?!\d)|(?<=-)\d{2}[0-5]\d(?!\d))|\d+")
_CLOCK = re.compile(r"(\d{1,2})([:.h]?)([0-5]\d)(?:([:.])([0-5]\d))?([ap]\.?m?|ish)?")
_MERIDIEM = re.compile(r"\s{0,2}[ap][.,]?\s?m(?!\w)", re.IGNORECASE)
_PAIR = re.compile(r"\d{1,2}[-/]\d{1,2}")


def redraw_digits(text: str, stream: Random) -> str:
    """The text with other digits in every token that has three of them or more."""
    if not DIGIT.search(text):
        return text

    def redrawn(match: re.Match[str]) -> str:
        token = match[0]
        if token[0] == "<" or sum(map(str.isdecimal, token)) < 3 or token.lower() in words("kept") or _PAIR.fullmatch(token):
            return token
        twelve_hours = bool(_MERIDIEM.match(text, match.end()))
        if (clock := _CLOCK.fullmatch(token.lower())) and (clock[2] in (":", "h") or clock[6] or (clock[2] == "." and twelve_hours)):
            return _in_original_script(token, _time(clock, twelve_hours, stream))
        if day := _DAY.fullmatch(token):
            return _in_original_script(token, _date(day, stream))
        if iso := _ISO.fullmatch(token):
            return _in_original_script(token, _iso_date(iso, stream))
        return _digits(token, stream)

    return _NUMERAL.sub(redrawn, text)


def _in_original_script(token: str, drawn: str) -> str:
    """Drawn digits in the script, and letters in the case, of the token."""
    return "".join(chr(ord(old) - int(old) + int(new)) if old.isdecimal() else old for old, new in zip(token, drawn, strict=True))


def _year(stream: Random) -> str:
    return str(stream.randint(1980, 2030))


def _number_up_to(old: str, maximum: int, stream: Random) -> str:
    """A number from 1 to `maximum` of as many digits as `old`, that begins with zero where that does."""
    if len(old) == 1:
        return str(stream.randint(1, 9))
    return f"0{stream.randint(1, 9)}" if int(old[0]) == 0 else str(stream.randint(10, maximum))


def _date(day: re.Match[str], stream: Random) -> str:
    first, mark, second, year = day.groups()
    maximum = (12, 28) if int(second) > 12 >= int(first) else (28, 12)
    if len(year) == 4:
        last = _year(stream) if re.fullmatch(YEAR, year) else _digits(year, stream)
    else:
        last = _number_up_to(year, 99, stream)
    return _number_up_to(first, maximum[0], stream) + mark + _number_up_to(second, maximum[1], stream) + mark + last


def _iso_date(iso: re.Match[str], stream: Random) -> str:
    _, mark, month, day, rest = iso.groups()

    def redrawn(part: re.Match[str]) -> str:
        clock = _CLOCK.fullmatch(part[0]) if part["clock"] else None
        return _time(clock, False, stream) if clock else _digits(part[0], stream)

    time_part = _CLOCK_OR_DIGITS.sub(redrawn, rest)
    return _year(stream) + mark + _number_up_to(month, 12, stream) + mark + _number_up_to(day, 28, stream) + time_part


def _time(clock: re.Match[str], twelve_hours: bool, stream: Random) -> str:
    hour, mark, minute, second_mark, second, meridiem = clock.groups()
    maximum = 12 if meridiem or twelve_hours else 23
    drawn = _number_up_to(hour, maximum, stream) if int(hour) else hour
    return drawn + mark + _minute(minute, stream) + (second_mark or "") + (_minute(second, stream) if second else "") + (meridiem or "")


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
            return _in_original_script(number, f"{year[:3]}0" if token[match.end() : match.end() + 1] in ("s", "S") else year)
        start = len(number) - len(number.lstrip("0０"))
        stop = len(number.rstrip("0０.,"))
        drawn = list(number)
        for place in range(start, stop):
            if number[place].isdecimal():
                edge = place in (start, stop - 1)
                drawn[place] = str(stream.randint(1, 9) if edge else stream.randint(0, 9))
        return _in_original_script(number, "".join(drawn))

    return _PARTS.sub(redrawn, token)
