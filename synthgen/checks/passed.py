"""`kind: passed`: a verdict of a judge that lets the row through."""

from __future__ import annotations

from typing import Any, Literal

from synthgen.checks.shape import Check
from synthgen.spec.rows import Row


class Passed(Check):
    """Keeps rows whose verdict is yes, or whose grade is the judge's `least` or better."""

    kind: Literal["passed"] = "passed"

    def refuse(self, row: Row, memory: Any) -> str | None:
        """The verdict and its reason."""
        verdict = row.values[self.field]
        good = verdict if isinstance(verdict, bool) else row.values.get(f"{self.field}_passed")
        if good is True:
            return None
        said = "no" if verdict is False else str(verdict)
        reason = row.values.get(f"{self.field}_reason")
        return f"{said}: {reason}" if reason else said
