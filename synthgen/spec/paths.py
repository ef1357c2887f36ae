"""Paths such as `example.reply`, which lead into a row: to a field, or to a part of one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def get_path(row: Mapping[str, Any], path: str) -> Any:
    """The value at a path; None where there is none."""
    value: Any = row
    for key in path.split("."):
        value = value.get(key) if isinstance(value, Mapping) else None
    return value


def root_of(path: str) -> str:
    """The field that a path begins with."""
    return path.partition(".")[0]


def find_path(record: Mapping[str, Any], path: str) -> Any:
    """The value at a path in a record of a file, whose fields may have dots in their names; the parts of nothing are nothing. Raises
    KeyError where there is none."""
    if path in record:
        return record[path]
    name, dot, inner_path = path.partition(".")
    inner = record[name]
    if inner is None and dot:
        return None
    if not isinstance(inner, Mapping):
        raise KeyError(path)
    return find_path(inner, inner_path)


def paths_in(record: Mapping[str, Any]) -> list[str]:
    """The fields of a record, and the parts of those that have some."""
    return [*map(str, record), *(f"{name}.{key}" for name, value in record.items() if isinstance(value, Mapping) for key in value)]
