"""Moments have no zone here: what an offset would say is refused rather than dropped, when they are read and when they are written."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator

CODE = re.compile(r"%(?:%|[-_0^#:EO]*\d*([A-Za-z]))")
UNPADDED = re.compile(r"%(?:%|-([dmHIjMSy]))")
ZONED = {"z": "prints nothing", "Z": "prints nothing", "s": "counts from the time zone of the machine"}
HINT = "take it out, or write the zone as text: %H:%M CET"


def parsed(text: str) -> tuple[datetime.datetime, bool]:
    """The moment that an ISO 8601 text names, and whether it names a time of day. Raises ValueError, with a hint for one with an offset."""
    try:
        day = datetime.date.fromisoformat(text)
    except ValueError:
        moment = datetime.datetime.fromisoformat(text)
    else:
        return datetime.datetime(day.year, day.month, day.day), False  # noqa: DTZ001
    if moment.tzinfo is None:
        return moment, True
    naive = moment.replace(tzinfo=None)
    try:
        utc = moment.astimezone(datetime.UTC).replace(tzinfo=None)
    except OverflowError:
        utc = naive
    utc_note = "" if utc == naive else f"; beside another offset, all in UTC: {utc.isoformat()}"
    raise Offset(
        f"'{text}' has a time offset, and moments have no zone here", f"write it without the offset: {naive.isoformat()}{utc_note}"
    )


class Offset(ValueError):
    """A moment with an offset, and what to write instead."""


def written(moment: datetime.date, pattern: str) -> str:
    """A date or moment as a strftime pattern writes it; `%-d` is the day without a zero in front, on all systems."""
    bare = UNPADDED.sub(lambda code: moment.strftime(f"%{code[1]}").lstrip("0") or "0" if code[1] else code[0], pattern)
    return moment.strftime(bare)


def zone_mistake(pattern: str) -> str:
    """What is wrong in a strftime pattern that asks for a zone, or nothing."""
    return next((f"%{code} {ZONED[code]}: moments have no zone here" for code in _codes(pattern) if code in ZONED), "")


def _codes(pattern: str) -> Iterator[str]:
    return (match[1] for match in CODE.finditer(pattern))
