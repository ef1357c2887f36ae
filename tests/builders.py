"""Recipes of one table, for tests that are about something else than the recipe."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any


def one_table(fields: Mapping[str, Any], rows: int = 3, **keys: Any) -> dict[str, Any]:
    """A recipe with a table `traffic` of these fields; `keys` are further ones of the recipe."""
    return {"name": "shop", **keys, "tables": {"traffic": {"rows": rows, "fields": dict(fields)}}}


def one_message(rows: int = 3, **keys: Any) -> dict[str, Any]:
    """The same with one typed field, `message`."""
    return one_table({"message": {"kind": "typed", "seeds": ["where is it", "its broken", "no idea"]}}, rows, **keys)


def one_line(fields: str, rows: int = 1) -> str:
    """The text of such a recipe; the fields are in its second line, as YAML has them between braces."""
    return f"name: shop\ntables: {{traffic: {{rows: {rows}, fields: {{{fields}}}}}}}\n"


def lines(*fields: str, rows: int = 40, keep: str = "") -> str:
    """The text of a recipe with one table `t` of these fields, a line each, and one check."""
    written = "".join(f"      {field}\n" for field in fields)
    return f"name: shop\ntables:\n  t:\n    rows: {rows}\n    fields:\n{written}" + (f"    keep: [{keep}]\n" if keep else "")


def json_lines(rows: Iterable[Mapping[str, Any]]) -> str:
    """A file of JSON Lines."""
    return "".join(json.dumps(row) + "\n" for row in rows)
