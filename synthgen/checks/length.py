"""`kind: length`: too short or too long."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from synthgen.checks.shape import Check, words
from synthgen.spec.parts import PartMistake, in_order
from synthgen.spec.rows import Row

Bounds = Annotated[list[int], Field(min_length=2, max_length=2), AfterValidator(in_order)]


class Length(Check):
    """Keeps a text between two numbers of `words`, or of `characters`, or both."""

    kind: Literal["length"] = "length"
    words: Bounds | None = Field(None, json_schema_extra={"description": "the fewest and the most words"})
    characters: Bounds | None = Field(None, json_schema_extra={"description": "the fewest and the most characters"})

    def mistakes(self) -> Iterator[PartMistake]:
        """Neither bound given."""
        if self.words is None and self.characters is None:
            yield PartMistake((), "missing key 'words' or 'characters'", "such as words: [1, 60]")

    def refuse(self, row: Row, memory: Any) -> str | None:
        """How long it is, when that is outside the bounds."""
        text = str(row.values[self.field])
        if self.words and not self.words[0] <= (count := words(text)) <= self.words[1]:
            return f"{count} words"
        if self.characters and not self.characters[0] <= len(text) <= self.characters[1]:
            return f"{len(text)} characters"
        return None
