"""`kind: date`: a day or a moment between two others, fixed, relative to the recipe's clock, or dates of the row."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from random import Random
from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, Field

from synthgen.errors import DataError
from synthgen.fields.date_bound import FIELD, HOW, DateBound, moment, moved
from synthgen.fields.dependent import SKIP, is_template, lacking
from synthgen.fields.shape import Count, Others, PythonField, Role
from synthgen.spec import render
from synthgen.spec.moments import HINT, parsed, written, zone_mistake
from synthgen.spec.parts import PartMistake
from synthgen.spec.rows import Row, Value

MOST = 90_000
"""Of up to so many moments (there are fewer seconds in a day) it is counted how many different texts a pattern makes."""
SAMPLE = datetime.datetime(2026, 11, 24, 16, 30)  # noqa: DTZ001 (a recipe's clock has no zone)
SECOND, DAY = datetime.timedelta(seconds=1), datetime.timedelta(days=1)
DISTANCES = 'take a distance, such as between: ["{{ start }}", +30d]'


def _is_bound(text: str) -> str:
    if is_template(text):
        render.names(text)
    return text


def _written(pattern: str, first: datetime.datetime, count: int, step: datetime.timedelta) -> int:
    """How many different texts a pattern makes of so many moments, `step` apart, at most."""
    if count <= MOST:
        return len({written(first + number * step, pattern) for number in range(count)})
    day = datetime.timedelta(days=1)
    if step == day:
        return count
    days = ((first + (count - 1) * step).date() - first.date()).days + 1
    # What it makes of each day, times what it makes of each time of a day.
    times = _written(pattern, datetime.datetime(2000, 1, 1), int(day / step), step)  # noqa: DTZ001
    return min(count, times * _written(pattern, datetime.datetime.combine(first, datetime.time()), days, day))


class Date(PythonField):
    """A date `between` two others, which may be the row's own: `["{{ start }}", +30d]`. It has a time of day when one of them has; with a
    `format` it is text."""

    role: ClassVar[Role] = "fact"
    can_be_label: ClassVar[bool] = False
    zoneless: ClassVar[bool] = True

    kind: Literal["date"] = "date"
    between: Annotated[list[Annotated[str, AfterValidator(_is_bound)]], Field(min_length=2, max_length=2)] = Field(
        description=f"{HOW}, {FIELD}"
    )
    format: str | None = Field(None, description="a strftime pattern such as %d %b %Y; without it the column holds real dates")

    def reads(self) -> Iterator[tuple[tuple[str | int, ...], str]]:
        """The fields that its dates are made from."""
        yield from super().reads()
        for place, text in enumerate(self.between):
            yield from ((("between", place), name) for name in (sorted(render.names(text)) if is_template(text) else ()))

    def mistakes(self) -> Iterator[PartMistake]:
        """Invalid dates, or dates in the wrong order."""
        bounds = []
        for place, bound in enumerate(self._ends):
            try:
                bounds += [] if bound.varies else [moment(bound.text, self._context.now)[0]]
            except ValueError as error:
                message, hint = (*map(str, error.args), "")[:2]
                yield PartMistake(("between", place), message, f"{hint}, {FIELD}" if hint == HOW else hint)
        if self.format and (wrong := zone_mistake(self.format)):
            yield PartMistake(("format",), wrong, HINT)
        if len(bounds) == 2 and bounds[0] > bounds[1]:
            first, last = (
                text if str(bound.date()) in text else f"{text} ({bound.date()})" for text, bound in zip(self.between, bounds, strict=True)
            )
            yield PartMistake(("between",), f"the first date, {first}, is after the second, {last}")
        for place, bound in enumerate(self._ends):
            other = self._ends[1 - place]
            if bound.is_distance and other.varies and int(other.distance[:-1] or 0):
                message = f"'{bound.text}' beside '{other.text}' may be from either date"
                yield PartMistake(("between", place), message, f'write "{other.template} {bound.distance}"')
            elif bound.is_distance and other.varies and int(bound.distance[:-1]) * (1, -1)[place] > 0:
                message = f"the {('first', 'second')[place]} date is {bound.distance} from {other.text}, {('after', 'before')[place]} it"
                yield PartMistake(("between", place), message, "beside a template a distance is from its date, not from now")

    def needs(self, others: Others) -> Iterator[PartMistake]:
        """Dates of the row that are no dates as they are written, or none, or beyond the other date."""
        for place, bound in enumerate(self._ends):
            at, source = ("between", place), others.field(bound.name) if bound.name else None
            yield from lacking(self, bound.template, at, others)
            if not isinstance(source, Date):
                continue
            if source.format and not _reads_back(source.format):
                hint = f"take the format out there, and write it in a template: {{{{ {bound.name} | date('{source.format}') }}}}"
                yield PartMistake(at, f"'{bound.name}' is text such as '{written(SAMPLE, source.format)}', not a date", hint, bound.name)
            elif source._fixed and self.when is None and not self._ends[1 - place].varies and not self._ends[1 - place].is_distance:
                yield from self._beyond(place, bound, source._fixed)

    def _beyond(self, place: int, bound: DateBound, span: tuple[datetime.datetime, datetime.datetime, bool]) -> Iterator[PartMistake]:
        """The mistake that a field's dates, which lie in a `span`, are beyond the other date in some rows."""
        other = moment(self._ends[1 - place].text, self._context.now)[0]
        furthest = moved((span[1] if place == 0 else span[0], False), bound.distance or "+0d", bound.text)[0]
        if furthest > other if place == 0 else furthest < other:
            side = ("up to {}, after the second date", "{} or later, before the first date")[place].format(furthest.date())
            yield PartMistake(("between", place), f"{bound.text} is {side}, {other.date()}", f"{DISTANCES}, or {SKIP}", bound.name)

    @cached_property
    def _ends(self) -> tuple[DateBound, DateBound]:
        first, last = map(DateBound, self.between)
        return first, last

    @cached_property
    def _fixed(self) -> tuple[datetime.datetime, datetime.datetime, bool] | None:
        """The two dates, if they are the same for all rows, and whether they have a time of day."""
        if any(bound.varies for bound in self._ends):
            return None
        (first, timed), (last, also) = (moment(text, self._context.now) for text in self.between)
        return first, last, timed or also

    def _timed(self, has_time: Callable[[str], bool]) -> bool:
        """Whether the dates have a time of day, as they do where that is written, or a field that is named has one."""
        return self._written_time or any(has_time(bound.name) for bound in self._ends if bound.name)

    @cached_property
    def _written_time(self) -> bool:
        return any(
            bound.distance[-1:] in ("m", "h") or (not bound.varies and moment(bound.text, self._context.now)[1]) for bound in self._ends
        )

    def _bounds_of(self, row: Row) -> tuple[datetime.datetime, datetime.datetime, bool]:
        """The two dates of a row, and whether they have a time of day. Raises DataError."""
        named = {bound: bound.of_row(row, self._context.now) for bound in self._ends if not bound.is_distance}
        first, last = (bound.away_from(next(iter(named.values())), row) if bound.is_distance else named[bound] for bound in self._ends)
        timed = self._timed(lambda name: isinstance(row.values.get(name), datetime.datetime))
        if (first > last) if timed else (first.date() > last.date()):
            shown = [str(bound if timed else bound.date()) for bound in (first, last)]
            message = f"{row.table}, row {row.index}: the first date, {shown[0]}, is after the second, {shown[1]}"
            raise DataError(message, f"{DISTANCES}, or {SKIP}")
        return first, last, timed

    def make(self, row: Row, stream: Random) -> Value:
        """One day or moment; both bounds may occur. Raises DataError where the row's own dates are none."""
        first, last, timed = self._fixed or self._bounds_of(row)
        if timed:
            value: datetime.date = first + datetime.timedelta(seconds=stream.randint(0, int((last - first).total_seconds())))
        else:
            value = first.date() + datetime.timedelta(days=stream.randint(0, (last.date() - first.date()).days))
        return written(value, self.format) if self.format else value

    def distinct(self, of: Count) -> int | None:
        """The days or seconds between fixed bounds; with a format, what it writes of them."""
        if self._fixed is None:
            return None
        first, last, timed = self._fixed
        step = SECOND if timed else DAY
        count = (last - first) // step + 1
        return count if self.format is None else _written(self.format, first, count, step)

    def column(self) -> str:
        """Text when a format is given, else days or moments."""
        return self.column_among({})

    def column_among(self, columns: Mapping[str, str]) -> str:
        """The same; moments too where a field that it is made from has them."""
        return "string" if self.format else "timestamp[us]" if self._timed(lambda name: columns.get(name) == "timestamp[us]") else "date32"


def _reads_back(pattern: str) -> bool:
    """Whether what a strftime pattern writes can be read as a date again."""
    try:
        return parsed(written(SAMPLE, pattern))[0].date() == SAMPLE.date()
    except ValueError:
        return False
