"""Which type of column holds loaded values as they are: all of them are looked at, since the last of a million may be the one that does
not fit, and a column that does not fit writes 2.5 as 2."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping
from typing import Any

from synthgen.spec.paths import find_path

DECLARED = {
    **dict.fromkeys(("string", "large_string"), "string"),
    **dict.fromkeys(("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32"), "int64"),
    **dict.fromkeys(("float16", "float32", "float64"), "float64"),
    "bool": "bool",
}
"""The types of values that a dataset declares, where they say all."""
EXACT = 2**53
"""Up to here a float64 holds every whole number."""
PYTHON = {str: "string", bool: "bool", int: "int64", float: "float64", list: "json", dict: "json"}
MORE, LONG = "more than 53 bits", "more than 64 bits"


def column_of(values: Iterable[Any]) -> str:
    """The type of a column that holds all of the values: json where they are of several types that no other one holds."""
    kinds = {_kind(value) for value in values if value is not None}
    if LONG in kinds:
        return "string"
    if kinds <= {"int64", MORE}:
        return "int64" if kinds else "json"
    if kinds == {"int64", "float64"}:
        return "float64"
    return kinds.pop() if len(kinds) == 1 else "json"


def _kind(value: Any) -> str:
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, int):
        return "int64" if abs(value) <= EXACT else MORE if -(2**63) <= value < 2**63 else LONG
    if isinstance(value, datetime.datetime):  # one with a zone or with nanoseconds would lose these
        nanoseconds: int | None = getattr(value, "nanosecond", None)
        return "string" if value.tzinfo is not None or nanoseconds else "timestamp[us]"
    if isinstance(value, datetime.date):
        return "date32"
    return PYTHON.get(type(value), "string")  # a decimal, a time, a duration: their text says all


def declared(features: Mapping[str, Any], path: str) -> str:
    """The type of a column that a dataset's features declare for the field at `path`; "" where the values have to be looked at."""
    try:
        feature = find_path(features, path)
    except KeyError:
        return ""
    return DECLARED.get(str(getattr(feature, "dtype", "")), "") if type(feature).__name__ == "Value" else ""


def misfit(value: Any) -> str:
    """What in a value no column can hold, in words; "" where there is nothing."""
    if isinstance(value, dict | list):
        parts = value.values() if isinstance(value, dict) else value
        return next((reason for part in parts if (reason := misfit(part))), "")
    if isinstance(value, int) and not -(2**63) <= value < 2**64:  # JSON is read with 64 bits
        return "a whole number of more than 64 bits"
    if isinstance(value, bytes):
        try:
            value.decode()
        except UnicodeDecodeError:
            return "bytes that are not UTF-8 text"
    return ""
