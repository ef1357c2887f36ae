"""`kind: harmless`: a text that may stand in anybody's test data. Typed fields look for this themselves."""

from __future__ import annotations

from typing import Any, Literal

from synthgen.checks.shape import Check
from synthgen.harm import harms
from synthgen.spec.rows import Row


class Harmless(Check):
    """Refuses sexual, hateful and violent texts, and self-harm."""

    kind: Literal["harmless"] = "harmless"

    def refuse(self, row: Row, memory: Any) -> str | None:
        """What was found."""
        text = str(row.values[self.field])
        harm_names = harms(text)
        return f"{min(harm_names)} in: {text[:120]}" if harm_names else None
