"""`kind: noise`: a text with the errors that people make, or put on a voice, and where they are."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from random import Random
from typing import ClassVar, Literal

from pydantic import Field

from synthgen.errors import DataError
from synthgen.fields.shape import PythonField, Role, Weight
from synthgen.fields.voiced import draw_voice, voice_mistakes
from synthgen.spec.parts import PartMistake
from synthgen.spec.rows import Labelled, Row, Value
from synthgen.text.slots import as_typed
from synthgen.voices.channel import Put, add_typos, apply_voice

SHORTEST = 3
"""Characters of a value that is taken for a fact: `no` and `5` are in many words and messages by chance."""


class Noise(PythonField):
    """The text `of` another field with the errors of a `voice`, or at a `rate`. The facts in it stay as they are."""

    role: ClassVar[Role] = "message"
    sliced: ClassVar[tuple[str, ...]] = ("voice",)

    kind: Literal["noise"] = "noise"
    of: str = Field(description="the field that holds the text")
    voice: str | dict[str, Weight] | None = Field(None, description="a voice, or weights such as {texter: 5, careful: 1}")
    rate: float | None = Field(None, ge=0, le=0.3, description="misspelled words for each word, such as 0.05, with no voice")
    keyboard: Literal["qwerty", "qwertz", "azerty"] | None = Field(None, description="which keys are neighbours (default: the voice's own)")
    touch_facts: bool = Field(False, description="also misspell the values of other fields that occur in the text")

    def mistakes(self) -> Iterator[PartMistake]:
        """Neither voice nor rate, or both; a voice that there is not."""
        if (self.voice is None) == (self.rate is None):
            message = "give a voice or a rate, not both" if self.rate is not None else "give a voice or a rate"
            yield PartMistake(("rate",) if self.rate is not None else (), message, "such as voice: texter, or rate: 0.05")
        yield from voice_mistakes(self.voice, self._context)

    def reads(self) -> Iterator[tuple[tuple[str | int, ...], str]]:
        """The text."""
        yield from super().reads()
        yield ("of",), self.of

    def labels(self) -> dict[str, str]:
        """The slips (start, end, kind, and what stood there), and the voice if there are voices."""
        return {"slips": "json"} if self.voice is None else {"slips": "json", "voice": "string"}

    def make(self, row: Row, stream: Random) -> Value:
        """The text as it was typed, labelled with its slips. Raises DataError where there is no text."""
        text = row.values.get(self.of)
        if text is None:
            return Labelled(None, dict.fromkeys(self.labels()))
        if not isinstance(text, str):
            raise DataError(f"{row.table}, row {row.index}: '{self.of}' is no text: {str(text)[:80]}", "make it a text with kind: template")
        protected = [] if self.touch_facts else self._facts(row, text)
        if self.rate is not None:
            typed = add_typos(text, self.rate, self.keyboard or "qwerty", stream, protected=protected)
            return Labelled(typed.text, {"slips": _told(typed)})
        name = draw_voice(self.voice, stream)
        voice = self._context.voices[name]
        if self.keyboard:
            voice = voice.model_copy(update={"keyboard": self.keyboard})
        typed = apply_voice(text, voice, stream, protected=protected)
        return Labelled(typed.text, {"slips": _told(typed), "voice": name})

    def _facts(self, row: Row, text: str) -> list[str]:
        """The values of other fields that occur in the text, in whatever case."""
        folded_text, facts = text.casefold(), list[str]()
        for name, value in row.values.items():
            if name == self.of or name.startswith(f"{self.of}_") or isinstance(value, bool):
                continue  # a label is no fact
            if isinstance(value, str | int | float | datetime.date):
                facts += [fact for fact in {str(value).strip(), as_typed(value, text)} if fact.casefold() in folded_text and fact != text]
        return sorted({fact for fact in facts if len(fact) >= SHORTEST})


def _told(typed: Put) -> list[dict[str, int | str]]:
    return [slip._asdict() for slip in typed.slips]
