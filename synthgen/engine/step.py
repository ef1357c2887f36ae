"""One field of one row: whether it is wanted, what it has where it is not, and what Python makes of it. `make` steps so, and so do an
estimate and a sample."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from synthgen.errors import DataError
from synthgen.fields import FieldShape, PythonField
from synthgen.spec import render
from synthgen.spec.rows import Labelled, Row
from synthgen.spec.streams import Streams

IDLE = Random(0)
"""The stream of fields that draw nothing."""


def is_wanted(field: FieldShape, row: Row) -> bool:
    """Whether the field's `when` holds for the row. Raises DataError where it cannot be evaluated."""
    try:
        return field.when is None or render.holds(field.when, row.values)
    except render.TemplateMistake as error:
        raise DataError(
            f"{row.table}, row {row.index}, when: {error}", error.hint or "mend the condition, or give it what it reads"
        ) from None


def leave_out(row: Row, name: str, field: FieldShape) -> None:
    """Give the row what the field has where it is not wanted."""
    row.give(name, Labelled(field.fallback, dict.fromkeys(field.labels())))


def takes_preset(row: Row, name: str, field: FieldShape) -> bool:
    """Whether the row has a value of the field before it is made; it gets that, if it can have it."""
    if name not in row.preset:
        return False
    value = field.preset(row, row.preset[name])
    if value is None:
        row.preset = {other: row.preset[other] for other in row.preset if other != name}
        return False
    row.give(name, value)
    return True


def make_all(rows: Sequence[Row], name: str, field: PythonField, streams: Streams) -> None:
    """Give rows of one table what Python makes of the field, which is faster than row by row. Raises DataError."""
    if field.when is not None or not field.draws or field.evenly or any(row.preset for row in rows):
        for row in rows:
            make(row, name, field, streams)
        return
    keys = [(row.index, row.attempt) for row in rows]
    for row, stream in zip(rows, streams.each(rows[0].table, name, keys), strict=True):
        row.give(name, field.make(row, stream))


def make(row: Row, name: str, field: PythonField, streams: Streams) -> None:
    """Give the row what Python makes of the field. Raises DataError."""
    if not is_wanted(field, row):
        leave_out(row, name, field)
    elif takes_preset(row, name, field):
        return
    elif field.evenly and not row.attempt:  # what was refused is drawn again as it comes
        row.give(name, field.make(row, streams.evenly(row.table, name, row.index)))
    else:
        row.give(name, field.make(row, streams.at(row.table, name, row.index, row.attempt) if field.draws else IDLE))
