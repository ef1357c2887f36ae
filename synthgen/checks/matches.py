"""`kind: matches`: a text in which a pattern is found."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from synthgen.checks.shape import Check
from synthgen.spec.rows import Row


def _compiles(pattern: str) -> str:
    try:
        re.compile(pattern)
    except re.error as error:
        raise ValueError(f"not a regular expression: {error}", "to mean one of the signs ( [ * + ? . itself, write \\ before it") from None
    return pattern


Pattern = Annotated[str, AfterValidator(_compiles), Field(description="a Python regular expression, searched for anywhere in the text")]


class Matches(Check):
    """Keeps texts in which the `pattern` is found."""

    kind: Literal["matches"] = "matches"
    pattern: Pattern

    def refuse(self, row: Row, memory: Any) -> str | None:
        """That the pattern is missing."""
        text = str(row.values[self.field])
        return None if re.search(self.pattern, text) else f"no {self.pattern!r} in: {text[:120]}"
