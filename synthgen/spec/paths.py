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
