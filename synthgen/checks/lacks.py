"""`kind: lacks`: a text in which a pattern is not found."""

from __future__ import annotations

from typing import Any, Literal

from synthgen.checks.shape import Check
from synthgen.spec import patterns
from synthgen.spec.rows import Row


class Lacks(Check):
    """Keeps texts in which the `pattern` is not found."""

    kind: Literal["lacks"] = "lacks"
    pattern: patterns.Pattern

    def refuse(self, row: Row, memory: Any) -> str | None:
        """What was found."""
        text = str(row.values[self.field])
        match = patterns.find(self.pattern, text, self.at(row))
        return f"{match[0]!r} in: {text[:120]}" if match else None
