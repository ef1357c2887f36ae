"""`kind: sounds_like`: a message that is typed as its voice types."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

from pydantic import Field

from synthgen.checks.shape import Check
from synthgen.fields.voiced import voice_mistakes
from synthgen.spec.parts import PartMistake
from synthgen.spec.rows import Row


class SoundsLike(Check):
    """Refuses a message that its `voice` would hardly type. Without a `voice` it is the row's own, which a typed field with voices says in
    its label. `within` is how many standard deviations less likely than usual it may be (see `voices.likeness`)."""

    kind: Literal["sounds_like"] = "sounds_like"
    voice: str | None = Field(None, description="a voice (default: the one that the row was typed in)")
    within: float = Field(3.0, gt=0, description="how odd a message may be, in standard deviations")

    def mistakes(self) -> Iterator[PartMistake]:
        """No such voice."""
        yield from voice_mistakes(self.voice, self._context)

    def reads(self) -> Iterator[tuple[tuple[str, ...], str]]:
        """The message, and the label that says its voice."""
        yield from super().reads()
        if self.voice is None:
            yield ("field",), f"{self.field}_voice"

    def refuse(self, row: Row, memory: Any) -> str | None:
        """How odd it is, when that is too much."""
        from synthgen.voices.likeness import oddness

        name = self.voice or row.values[f"{self.field}_voice"]
        if name not in self._context.voices:  # one that was measured in a file
            return None
        odd = oddness(text := str(row.values[self.field]), self._context.voices[name])
        return f"{odd:.1f} deviations from {name}: {text}" if odd > self.within else None
