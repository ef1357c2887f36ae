"""Results as a notebook shows them: small tables without scripts.

What people and models typed is text here and nothing else: HTML is escaped, control and direction characters are spelled out,
and the page's mathematics is told to leave dollar signs alone.
"""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from typing import Any

from synthgen.spec.rows import to_text

ROWS = 20
"""Rows of a table that are shown."""
COLUMNS = 12
"""Columns of a table that are shown."""
LONGEST = 300
"""Characters of a value that are shown."""
LEFT = "text-align: left; vertical-align: top; white-space: pre-wrap"


def text(value: Any) -> str:
    """A value as HTML, which cannot be more than text."""
    content = to_text(value)
    content = content if len(content) <= LONGEST else content[: LONGEST - 1] + "…"
    return html.escape("".join(letter if letter.isprintable() or letter == "\n" else repr(letter)[1:-1] for letter in content))


def paragraph(line: str) -> str:
    """A line of text."""
    return f"<p>{text(line)}</p>"


def table(head: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """A table under a head."""
    top = "".join(f'<th style="{LEFT}">{text(name)}</th>' for name in head)
    body = "".join("<tr>" + "".join(f'<td style="{LEFT}">{text(value)}</td>' for value in row) + "</tr>" for row in rows)
    return f"<table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>"


def records(rows: Sequence[Mapping[str, Any]], names: Sequence[str] = ()) -> str:
    """Rows of a dataset: the first ones, and of these the first columns (of `names`, or all but the provenance)."""
    column_names = list(names) or [name for name in dict.fromkeys(name for row in rows for name in row) if name != "provenance"]
    first_columns = column_names[:COLUMNS]
    more = [f"{len(rows) - ROWS:,} more rows"] * (len(rows) > ROWS)
    more += [f"more columns: {', '.join(column_names[COLUMNS:])}"] * (len(column_names) > COLUMNS)
    body = table(first_columns, [[row.get(name) for name in first_columns] for row in rows[:ROWS]]) if rows else paragraph("no rows")
    return body + (paragraph("; ".join(more)) if more else "")


def page(*parts: str) -> str:
    """The parts, one below the other."""
    return f'<div class="tex2jax_ignore mathjax_ignore">{"".join(parts)}</div>'
