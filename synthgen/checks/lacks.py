"""`kind: lacks`: a text in which a pattern is not found."""

from __future__ import annotations

import re
from typing import Any, Literal

from synthgen.checks.matches import Pattern
from synthgen.checks.shape import Check
from synthgen.spec.rows import Row


class Lacks(Check):
    """Keeps texts in which the `pattern` is not found."""

    kind: Literal["lacks"] = "lacks"
    pattern: Pattern

    def refuse(self, row: Row, memory: Any) -> str | None:
        """What was found."""
        text = str(row.values[self.field])
        found = re.search(self.pattern, text)
        return f"{found[0]!r} in: {text[:120]}" if found else None
