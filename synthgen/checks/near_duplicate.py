"""`kind: near_duplicate`: no text that says nearly the same as an earlier row's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Literal

from pydantic import Field

from synthgen.checks.shape import Check
from synthgen.fields.shape import FieldShape
from synthgen.spec.rows import Row
from synthgen.text import frames
from synthgen.text.similarity import SimilarityIndex

FILLERS = {"lol", "tbh", "asap", "btw", "tho", "omg", "there", "you"}
"""Words that say nothing of what is wanted."""


class NearDuplicate(Check):
    """Refuses a text that differs from an earlier row's in a few letters or words.

    Similarity is the share of three-letter pieces that two texts have in common, without case and punctuation: twice the
    pieces in both, over those in the one plus those in the other (Dice's coefficient). A typo in a message of five words
    leaves about 0.85, another verb about 0.7. Nothing below `similarity` is refused; just at it, one in a hundred is missed.
    """

    in_words: ClassVar[str] = "too like others"

    kind: Literal["near_duplicate"] = "near_duplicate"
    as_typed: bool = Field(
        True,
        exclude_if=lambda as_typed: as_typed,
        description="false: what is meant is compared, with slips undone, and without greetings, please and thanks",
    )
    similarity: float = Field(0.85, ge=0.6, le=1, description="the share of three-letter pieces in common from which a text is refused")

    def memory(self, sources: Sequence[FieldShape]) -> SimilarityIndex:
        """The texts so far."""
        return SimilarityIndex(self.similarity)

    def refuse(self, row: Row, memory: Any) -> str | None:
        """The earlier text that is most like it, and how much."""
        nearest = memory.like(self._compared(row), keep=True)
        return f"{nearest[0]:.0%} like: {nearest[1].strip()[:120]}" if nearest else None

    def forget(self, row: Row, memory: Any) -> None:
        """Make room for texts like it again."""
        memory.remove(self._compared(row))

    def _compared(self, row: Row) -> str:
        """What is compared of a row."""
        text = str(row.values[self.field])
        return text if self.as_typed else _meant(text, row.values.get(self._slips))

    @property
    def _slips(self) -> str:
        return f"{self.field}_slips"

    @property
    def remembers(self) -> bool:
        """Always."""
        return True

    @property
    def remembered(self) -> tuple[str, ...]:
        """The text, and its slips where they are undone."""
        return (self.field,) if self.as_typed else (self.field, self._slips)


def _meant(text: str, slips: Any) -> str:
    """A text with its slips undone, and without what is said out of politeness; the text, where nothing else is."""
    from synthgen.voices import lexicon

    for slip in reversed(slips if isinstance(slips, list) else []):
        text = f"{text[: slip['start']]}{slip['was']}{text[slip['end'] :]}"
    idle = lexicon.table("polite") | lexicon.table("greetings") | FILLERS
    said = [word for word in frames.normalise(text).split() if word not in idle]
    return " ".join(said) or text
