"""Times of the day as people type them, and others near them: who arrives late at night does not arrive at noon in another row."""

from __future__ import annotations

import re
from collections.abc import Sequence

from synthgen.fields.known_facts import TIME

DAY = 24 * 60
"""Minutes, as all that follow."""
HALF = DAY // 2
AWAY = 120
"""Times that are further from each other are not of the same thing."""
HOUR = 60
STEPS = (15, 10, 5, 1)
"""Between times that are typed with minutes: the first of these that theirs are multiples of."""


def minutes_of(time: str) -> int:
    """The minutes since midnight of a time such as 18:40, 9am or 10.30 pm."""
    match = TIME.fullmatch(time)
    assert match
    if match["hour24"]:
        return int(match["hour24"]) * HOUR + int(match["minutes24"])
    return (int(match["hour"]) % 12 + 12 * (match["half"].lower() == "pm")) * HOUR + int(match["minutes"] or 0)


def apart(one: int, other: int) -> int:
    """How far two times are from each other, across midnight, too."""
    return min((one - other) % DAY, (other - one) % DAY)


def times_near(typed: Sequence[str]) -> list[str]:
    """Times around those that somebody typed, in the form of the first: whole hours up to two away, or minutes up to one hour."""
    minutes = [minutes_of(time) for time in typed]
    has_minutes = any(minute % HOUR for minute in minutes)
    step = next(step for step in STEPS if not any(minute % step for minute in minutes)) if has_minutes else HOUR
    span = HOUR if has_minutes else AWAY
    first = TIME.fullmatch(typed[0])
    assert first
    around = sorted({(minute + more, (minute + more) % DAY) for minute in minutes for more in range(-span, span + 1, max(step, 10))})
    return list(dict.fromkeys(_typed(minute, first) for _, minute in around))


def _typed(minute: int, like: re.Match[str]) -> str:
    """A time in the form of another."""
    hour, rest = divmod(minute, HOUR)
    if like["hour24"]:
        return f"{hour:0{2 if like['hour24'].startswith('0') else 1}}:{rest:02}"
    half = "pm" if hour >= HALF // HOUR else "am"
    shown = f"{like['between'] or ':'}{rest:02}" if rest or like["minutes"] else ""
    return f"{hour % 12 or 12}{shown}{like['space']}{half.upper() if like['half'].isupper() else half}"
