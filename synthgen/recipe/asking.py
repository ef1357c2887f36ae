"""What is wrong between a field that Claude makes and the fields that it names: nothing to see, parts that there are not, no verdict."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

from synthgen.checks import Agrees, Check, Passed
from synthgen.errors import DataError, did_you_mean
from synthgen.fields import Claude, FieldShape, Judge, Solve
from synthgen.spec.parts import Fault

Find = Callable[[str], FieldShape | None]
"""The field of a name, of the same table or of one above it."""
WITHOUT_PARTS = {"string", "bool", "int64", "float64", "date32", "timestamp[us]", "list"}


def asking_faults(part: FieldShape | Check, find: Find, *, given: bool) -> Iterator[Fault]:
    """The faults of one field or check; `given` says whether its rows have fields of a parent. Where a mistake hides what it names,
    there are none."""
    with suppress(AttributeError, DataError, ValueError):  # a wrong key that was taken out, a file that is told already
        if isinstance(part, Claude) and not given and part.shows is None and not part.names_fields:
            yield Fault(
                ("task",),
                "Claude would see nothing of the row: it has no fields of a parent row, and the task names none",
                "say which fields it sees: shows: [message]",
            )
    for at, name in _dotted(part):
        with suppress(AttributeError, DataError, ValueError):
            yield from _part_faults(at, name, find(name.partition(".")[0]))
    if isinstance(part, Passed):
        yield from _verdict_faults(part, find(part.field))


def _dotted(part: FieldShape | Check) -> Iterator[tuple[tuple[Any, ...], str]]:
    """The names in a field or check that are parts of other fields, each with the way to it."""
    named: list[tuple[tuple[Any, ...], str]] = [(("shows", number), one) for number, one in enumerate(getattr(part, "shows", None) or [])]
    named.append((("of",), getattr(part, "of", "") if isinstance(part, Judge | Solve) else ""))
    named.append((("with",), getattr(part, "with_", "") if isinstance(part, Agrees) else ""))
    yield from (one for one in named if "." in one[1])


def _part_faults(at: tuple[Any, ...], name: str, field: FieldShape | None) -> Iterator[Fault]:
    if field is None:
        return
    base, *inner = name.split(".")
    form = field.form.of if isinstance(field, Claude | Solve) else None
    if field.column() in WITHOUT_PARTS:
        yield Fault(at, f"'{base}' has no parts", f"it holds one value: {base}", name)
        return
    for key in inner:
        if form is None or form.get("type") != "object":  # what a file holds is not known before
            return
        if key not in form["properties"]:
            yield Fault(at, f"'{base}' has no part '{key}'", did_you_mean(key, form["properties"], "parts"), key)
            return
        base, form = key, form["properties"][key]


def _verdict_faults(check: Passed, field: FieldShape | None) -> Iterator[Fault]:
    with suppress(AttributeError):
        if isinstance(field, Judge) and field.rubric and field.least is None:
            yield Fault(
                ("field",),
                f"'{check.field}' is a grade, and nothing says which grades pass",
                f"say it where it is made: least: {next(iter(field.grades))}",
            )
        elif field is not None and not isinstance(field, Judge) and field.column() != "bool":
            yield Fault(("field",), f"'{check.field}' is not what a judge says", "check a field of kind: judge")
