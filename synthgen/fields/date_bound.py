"""What a date is called in a recipe: a date, a distance from the recipe's clock, or a date of the row with a distance from it."""

from __future__ import annotations

import datetime
import re
from dataclasses import dataclass
from functools import cached_property

from synthgen.errors import DataError
from synthgen.fields.dependent import SKIP, is_template, shortened
from synthgen.fields.shape import fill
from synthgen.spec.moments import Offset, parsed
from synthgen.spec.rows import Row

UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
HOW = "write a date (2026-03-31), a time (2026-03-31T14:30), today, now, or a distance from now such as -30d, +2w, -6h, -45m, -1y"
FIELD = 'or a field: "{{ start }}", "{{ start }} +3d"'
DISTANCE = r"(?P<distance>[+-]\d{1,6}[mhdwy])"

Moment = tuple[datetime.datetime, bool]
"""A moment, and whether it has a time of day."""


def moment(text: str, now: datetime.datetime) -> Moment:
    """The moment that `text` names, seen from `now`, and whether it names a time of day. Raises ValueError."""
    if text == "now":
        return now, True
    if text == "today":
        return _midnight(now), False
    if re.fullmatch(DISTANCE, text):
        then, timed = moved((now, False), text, f"{now:%Y-%m-%d}")
        return (then if timed else _midnight(then)), timed
    try:
        return parsed(text)
    except Offset:
        raise
    except ValueError:
        raise ValueError(f"'{text}' is not a date", HOW) from None


def moved(start: Moment, distance: str, start_text: str) -> Moment:
    """The moment that lies a distance such as +3d from another one. Raises ValueError."""
    (then, timed), count, unit = start, int(distance[:-1]), distance[-1]
    try:
        then += datetime.timedelta(days=365.25 * count) if unit == "y" else datetime.timedelta(**{UNITS[unit]: count})
    except OverflowError:
        raise ValueError(f"'{distance}' from {start_text} is outside the calendar, which has the years 1 to 9999") from None
    return then, timed or unit in "mh"


def _midnight(then: datetime.datetime) -> datetime.datetime:
    return then.replace(hour=0, minute=0, second=0, microsecond=0)


@dataclass(frozen=True)
class DateBound:
    """One of the two dates that others lie between, as a recipe writes it."""

    text: str

    @cached_property
    def varies(self) -> bool:
        """Whether it is another one in each row."""
        return is_template(self.text)

    @cached_property
    def template(self) -> str:
        """A template without the distance behind it."""
        return self._parts[0]

    @cached_property
    def distance(self) -> str:
        """The distance, if it is one, or that behind a template."""
        return self._parts[1]

    @cached_property
    def _parts(self) -> tuple[str, str]:
        match = re.fullmatch(rf"(?P<template>.*?)\s*{DISTANCE}?", self.text.strip(), re.DOTALL)
        return (match["template"], match["distance"] or "") if match else (self.text, "")

    @cached_property
    def is_distance(self) -> bool:
        """Whether it is a distance and nothing else."""
        return not self.template and bool(self.distance)

    @cached_property
    def name(self) -> str:
        """The field that its template is the name of and no more; "" where there is none."""
        match = re.fullmatch(r"\{\{\s*(\w+)\s*\}\}", self.template)
        return match[1] if match else ""

    def of_row(self, row: Row, now: datetime.datetime) -> datetime.datetime:
        """The moment that it names for a row. Raises DataError."""
        if not self.varies:
            return moment(self.text, now)[0]
        where = f"{row.table}, row {row.index}"
        text = shortened(fill(self.template, row.values, where).strip())
        if text in ("", "None"):
            raise DataError(f"{where}: {self.template} gives no date", SKIP)
        try:
            start = moment(text, now)[0]
        except ValueError as error:
            message, hint = (*map(str, error.args), "")[:2]
            raise DataError(f"{where}: {message}; it comes from {self.template}", hint) from None
        return self.away_from(start, row)

    def away_from(self, start: datetime.datetime, row: Row) -> datetime.datetime:
        """The moment that lies its distance, if it has one, from another one. Raises DataError."""
        try:
            return moved((start, False), self.distance, str(start))[0] if self.distance else start
        except ValueError as error:
            raise DataError(f"{row.table}, row {row.index}: {error}", "a distance is a few days or weeks, such as +30d") from None
