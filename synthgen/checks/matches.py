"""`kind: matches`: a text in which a pattern is found."""

from __future__ import annotations

from typing import Any, Literal

from synthgen.checks.shape import Check
from synthgen.spec import patterns
from synthgen.spec.rows import Row


class Matches(Check):
    """Keeps texts in which the `pattern` is found."""

    kind: Literal["matches"] = "matches"
    pattern: patterns.Pattern

    def refuse(self, row: Row, memory: Any) -> str | None:
        """That the pattern is missing."""
        text = str(row.values[self.field])
        return None if patterns.find(self.pattern, text, self.at(row)) else f"no {self.pattern!r} in: {text[:120]}"
