"""Two orders in a file, for tests of fields that depend on what is in their row; and the types of the fixtures that read them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from builders import json_lines

ORDERS = [
    {"id": 1, "tags": ["new", "gift"], "notes": "a;b", "lines": [{"sku": "x"}, {"sku": "y"}], "created": "2026-01-05T14:30:00"},
    {"id": 2, "tags": ["old"], "notes": "c", "lines": [{"sku": "z"}], "created": "2026-01-06T08:00:00"},
]
FILES = {"rows.jsonl": json_lines(ORDERS)}
ROWS = "rows.jsonl"
Making = Callable[..., dict[str, Any]]
Told = Callable[..., list[str]]
Types = Callable[..., dict[str, str]]
