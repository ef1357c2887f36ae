"""Checks that cannot be met: more rows than there are different values for them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from math import prod
from typing import Any

from synthgen.checks import Check
from synthgen.errors import DataError
from synthgen.fields import FieldShape
from synthgen.recipe.places import KeyPath
from synthgen.recipe.shape import From, Table
from synthgen.spec.parts import Part, PartMistake

Named = Callable[[str], FieldShape | None]
"""The field of a name, if it could be read without a mistake."""


def unique_mistakes(table: str, parts: Mapping[KeyPath, Part], field: Named) -> Iterator[PartMistake]:
    """The checks `unique` of a table, and the fakes that are unique, whose field has fewer values than the table has rows."""
    rows = _rows(table, parts)
    if rows is None:
        return
    key_path = ("tables", table)
    checked: list[tuple[KeyPath, str]] = []
    for at, part in parts.items():
        if (
            at[:3] == (*key_path, "keep") and isinstance(part, Check) and part.distinct and hasattr(part, "field")
        ):  # not there if it is wrong
            checked.append(((*at, "field"), part.field))
        if at[:3] == (*key_path, "fields") and isinstance(part, FieldShape) and any(check["kind"] == "unique" for check in part.implied()):
            checked.append(((*at, "unique"), at[3]))
    for at, name in checked:
        count = distinct(name, field)
        if count is not None and count < rows:
            values, fewer = ("value", "one row") if count == 1 else ("different values", f"{count:,} rows at most")
            hint = f"ask for {fewer}, give '{name}' more values, or do without unique"
            yield PartMistake(at, f"'{name}' can have {count:,} {values}, and {rows:,} rows shall each have another", hint)


def distinct(name: str, field: Named) -> int | None:
    """How many different values a field can have among rows that have one, at most; None where nobody knows, or rows may go without."""
    shape = field(name)
    if shape is not None and shape.when is not None and shape.otherwise is None:
        return None
    return _count(name, field, ())


def _count(name: str, field: Named, above: tuple[str, ...]) -> int | None:
    """The same, nothing being a value too; `above` are the fields that ask, so that fields made from each other in a circle end."""
    shape = field(name)
    if shape is None or name in above:
        return None
    with suppress(DataError, ValueError, AttributeError):  # told already: a file that cannot be read, or a wrong key that was taken out
        count = shape.distinct(lambda source_name: _count(source_name, field, (*above, name)))
        return count + 1 if count is not None and shape.when is not None else count
    return None


def copies(table: Any, parts: Mapping[KeyPath, Part]) -> int:
    """How many rows a table has of each row of the table above, for its fields take their options one by one."""
    fields = [part for at, part in parts.items() if at[:3] == ("tables", table, "fields") and isinstance(part, FieldShape)]
    with suppress(AttributeError):  # a wrong key that was taken out
        return prod(field.copies for field in fields)
    return 1


def _rows(table: Any, parts: Mapping[KeyPath, Part], below: tuple[Any, ...] = ()) -> int | None:
    """How many rows a table must have, at least; None where that is not said."""
    spec, source = parts.get(("tables", table)), parts.get(("tables", table, "from"))
    if table in below:
        return None
    if isinstance(source, From):
        above = _rows(source.table, parts, (*below, table))
        return min(source.rows, above) * source.bounds[0] * copies(table, parts) if source.rows and above else None
    return spec.rows if isinstance(spec, Table) and isinstance(spec.rows, int) else None
