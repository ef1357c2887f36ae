"""Rows of an output with what their JSON columns hold."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from synthgen.look import look


def rows(folder: str | Path, table: str | None, most: int, where: Sequence[str] = ()) -> tuple[str, list[dict[str, Any]]]:
    """A table's name and its first rows, at most so many, that fit all of `where` (see `look`). Raises OutputError."""
    from pyarrow import parquet

    name, found, _ = look(folder, table, rows=most, where=where)
    shard = next(iter(sorted((Path(folder) / name).glob("*.parquet"))), None)
    packed = [field.name for field in parquet.read_schema(shard) if "json" in str(field.type)] if shard else []
    for row in found:
        row |= {column: json.loads(row[column]) for column in packed if isinstance(row[column], str)}
    return name, found
