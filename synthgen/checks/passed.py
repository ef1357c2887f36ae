"""`kind: passed`: a verdict of a judge that lets the row through."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

from synthgen.checks.shape import Check
from synthgen.fields.shape import Others
from synthgen.spec.parts import PartMistake
from synthgen.spec.rows import Row


class Passed(Check):
    """Keeps rows whose verdict is yes, or whose grade is the judge's `least` or better."""

    kind: Literal["passed"] = "passed"

    def needs(self, others: Others) -> Iterator[PartMistake]:
        """A verdict, and with grades which of them pass."""
        field = others.field(self.field)
        if field is None or field.column() == "bool" or "passed" in field.labels():
            return
        if field.role == "verdict":
            hint = f"say it where it is made: least: {(field.form_of() or {})['enum'][0]}"
            yield PartMistake(("field",), f"'{self.field}' is a grade, and nothing says which grades pass", hint)
        else:
            yield PartMistake(("field",), f"'{self.field}' is not what a judge says", "check a field of kind: judge")

    def refuse(self, row: Row, memory: Any) -> str | None:
        """The verdict and its reason."""
        verdict = row.values[self.field]
        good = verdict if isinstance(verdict, bool) else row.values.get(f"{self.field}_passed")
        if good is True:
            return None
        grade = "no" if verdict is False else str(verdict)
        reason = row.values.get(f"{self.field}_reason")
        return f"{grade}: {reason}" if reason else grade
