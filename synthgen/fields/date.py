"""`kind: date`: a day or a moment between two others, fixed or relative to the recipe's clock."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator
from functools import cached_property
from random import Random
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from synthgen.fields.shape import Count, PythonField, Role
from synthgen.spec.moments import HINT, Offset, parsed, zone_mistake
from synthgen.spec.parts import PartMistake
from synthgen.spec.rows import Row, Value

MOST = 90_000
"""Of up to so many moments (there are fewer seconds in a day) it is counted how many different texts a pattern makes."""
DATED = "a check keeps those in order: see docs/fields.md, Values that depend"
UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
HOW = "write a date (2026-03-31), a time (2026-03-31T14:30), today, now, or a distance from now such as -30d, +2w, -6h, -45m, -1y"


def moment(text: str, now: datetime.datetime) -> tuple[datetime.datetime, bool]:
    """The moment that `text` names, seen from `now`, and whether it names a time of day. Raises ValueError."""
    if text == "now":
        return now, True
    if text == "today":
        return now.replace(hour=0, minute=0, second=0, microsecond=0), False
    if match := re.fullmatch(r"([+-]\d{1,6})([mhdwy])", text):
        count, unit = int(match[1]), match[2]
        try:
            then = now + (datetime.timedelta(days=365.25 * count) if unit == "y" else datetime.timedelta(**{UNITS[unit]: count}))
        except OverflowError:
            raise ValueError(f"'{text}' from {now:%Y-%m-%d} is outside the calendar, which has the years 1 to 9999") from None
        return (then, True) if unit in "mh" else (then.replace(hour=0, minute=0, second=0, microsecond=0), False)
    try:
        return parsed(text)
    except Offset:
        raise
    except ValueError:
        raise ValueError(f"'{text}' is not a date", HOW) from None


def _written(pattern: str, first: datetime.datetime, count: int, step: datetime.timedelta) -> int:
    """How many different texts a pattern makes of so many moments, `step` apart, at most."""
    if count <= MOST:
        return len({(first + number * step).strftime(pattern) for number in range(count)})
    day = datetime.timedelta(days=1)
    if step == day:
        return count
    days = ((first + (count - 1) * step).date() - first.date()).days + 1
    # What it makes of each day, times what it makes of each time of a day.
    times = _written(pattern, datetime.datetime(2000, 1, 1), int(day / step), step)  # noqa: DTZ001
    return min(count, times * _written(pattern, datetime.datetime.combine(first, datetime.time()), days, day))


class Date(PythonField):
    """A date `between` two others. It has a time of day when one of them has; with a `format` it is text."""

    role: ClassVar[Role] = "fact"
    zoneless: ClassVar[bool] = True

    kind: Literal["date"] = "date"
    between: Annotated[list[str], Field(min_length=2, max_length=2)] = Field(description=HOW)
    format: str | None = Field(None, description="a strftime pattern such as %d %b %Y; without it the column holds real dates")

    def mistakes(self) -> Iterator[PartMistake]:
        """Invalid dates, or dates in the wrong order."""
        bounds = []
        for place, text in enumerate(self.between):
            try:
                bounds.append(moment(text, self._context.now)[0])
            except ValueError as error:
                yield PartMistake(("between", place), *((f"'{text}' is no date but a template", DATED) if "{{" in text else error.args))
        if self.format and (wrong := zone_mistake(self.format)):
            yield PartMistake(("format",), wrong, HINT)
        if len(bounds) == 2 and bounds[0] > bounds[1]:
            first, last = (
                text if str(bound.date()) in text else f"{text} ({bound.date()})" for text, bound in zip(self.between, bounds, strict=True)
            )
            yield PartMistake(("between",), f"the first date, {first}, is after the second, {last}")

    @cached_property
    def _bounds(self) -> tuple[datetime.datetime, datetime.datetime, bool]:
        (first, timed), (last, also) = (moment(text, self._context.now) for text in self.between)
        return first, last, timed or also

    def make(self, row: Row, stream: Random) -> Value:
        """One day or moment; both bounds may occur."""
        first, last, timed = self._bounds
        if timed:
            value: datetime.date = first + datetime.timedelta(seconds=stream.randint(0, int((last - first).total_seconds())))
        else:
            value = (first + datetime.timedelta(days=stream.randint(0, (last - first).days))).date()
        return value.strftime(self.format) if self.format else value

    def distinct(self, of: Count) -> int:
        """The days or seconds between the bounds; with a format, what it writes of them."""
        first, last, timed = self._bounds
        step = datetime.timedelta(seconds=1) if timed else datetime.timedelta(days=1)
        count = (last - first) // step + 1
        return count if self.format is None else _written(self.format, first, count, step)

    def column(self) -> str:
        """Text when a format is given, else days or moments."""
        if self.format:
            return "string"
        return "timestamp[us]" if self._bounds[2] else "date32"
