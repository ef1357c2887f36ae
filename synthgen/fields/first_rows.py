"""Rows of a table that somebody typed: what is wrong with the records that hold them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from synthgen.errors import did_you_mean
from synthgen.fields.shape import FieldShape, Others
from synthgen.spec.parts import PartMistake
from synthgen.spec.rows import Row, Value

KINDS: Mapping[str, type | tuple[type, ...]] = {"string": str, "int64": int, "float64": (int, float), "bool": bool}
"""The columns whose values a record can hold, and what these are there."""


def record_mistakes(records: Sequence[Mapping[str, Value]], message: FieldShape, others: Others) -> Iterator[PartMistake]:
    """The first record that cannot be a row: it has no message, a field that there is not, or a value that its field does not have."""
    fields = others.fields()
    name = next((name for name, field in fields.items() if field is message), "")
    for number, record in enumerate(records, 1):
        where = f"record {number:,} of the rows that were typed"
        if not isinstance(record.get(name), str) or not str(record[name]).strip():
            yield PartMistake((), f"{where} has no '{name}'", "each has a message, and beside it the fields that are given with it")
            return
        for key, value in record.items():
            if key != name and (wrong := _wrong(key, value, fields)):
                yield PartMistake((), f"{where}: {wrong[0]}", wrong[1])
                return


def _wrong(key: str, value: Any, fields: Mapping[str, FieldShape]) -> tuple[str, str] | None:
    """What is wrong with a value of a record, and the way out."""
    if key not in fields:
        return f"there is no field '{key}'", did_you_mean(key, fields)
    column = fields[key].column()
    kinds = KINDS.get(column)
    if kinds is None:
        return f"'{key}' is a column of {column}, which no record can give", "leave it out: each row is given one"
    if not isinstance(value, kinds) or isinstance(value, bool) is not (column == "bool"):
        return f"'{key}' is {value!r}, and its column one of {column}", "write it as the column has it"
    if fields[key].preset(Row("", 0), value) is None:
        options = [str(option) for option, _ in fields[key].known_values() or ()]
        return f"'{key}' is '{value}', which is none of its values", did_you_mean(str(value), options)
    return None
