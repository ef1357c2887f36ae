"""`kind: noise`: a text with the errors that people make, put on a voice, or at a level of mess, and where they are.

What is asked stays the same: facts stay as they are, spans of entities move with the text, and where the channel loses one of them, as it
may where it leaves only keywords, it is drawn again.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Sequence
from dataclasses import replace
from random import Random
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Discriminator, Field, Tag

from synthgen.errors import DataError
from synthgen.fields.choice import Choice
from synthgen.fields.dependent import Expression, by_template, shortened, value_of
from synthgen.fields.options import each_option
from synthgen.fields.shape import Others, PythonField, Role, Weight
from synthgen.fields.voiced import draw_voice, voice_mistakes
from synthgen.spec import render
from synthgen.spec.parts import PartMistake
from synthgen.spec.rows import Labelled, Row, Value
from synthgen.text.slots import as_typed, is_plain_words
from synthgen.text.spans import moved, spans_of
from synthgen.voices.channel import Put, add_typos, apply_voice
from synthgen.voices.levels import LEVELS
from synthgen.voices.pieces import Stretch

SHORTEST = 3
"""Characters of a value that is taken for a fact: `no` and `5` are in many words and messages by chance."""
TRIES = 20
"""How often a text is drawn that has lost a fact, or a twin that is as its original, before it stays so."""
AS_IT_IS = "none"
"""The voice, among those of a row, that leaves a text as it is."""
WAYS = ("voice", "rate", "level")
VoiceName = Annotated[Annotated[str, Tag("(fixed)")] | Annotated[Expression, Tag("(template)")], Discriminator(by_template)]
Level = Annotated[Annotated[Literal[0, 1, 2, 3], Tag("(fixed)")] | Annotated[Expression, Tag("(template)")], Discriminator(by_template)]


class Noise(PythonField):
    """The text `of` another field with the errors of a `voice`, at a `rate`, or at a `level` of mess, 0 (neat) to 3. The facts in it stay
    as they are, and the entities in `spans` move with it."""

    role: ClassVar[Role] = "message"
    sliced: ClassVar[tuple[str, ...]] = ("voice",)

    kind: Literal["noise"] = "noise"
    of: str = Field(description="the field that holds the text")
    voice: VoiceName | dict[str, Weight] | None = Field(
        None,
        description="a voice, weights such as {texter: 5, careful: 1}, or {{ field }} for a choice of voices (none: the text as it is)",
    )
    rate: float | None = Field(None, ge=0, le=0.3, description="misspelled words for each word, such as 0.05, with no voice")
    level: Level | None = Field(
        None,
        exclude_if=lambda level: level is None,
        description="0 neat, 1 in a hurry, 2 careless, 3 hardly legible, or {{ field }} for a choice of these; the words stay the same",
    )
    keyboard: Literal["qwerty", "qwertz", "azerty"] | None = Field(None, description="which keys are neighbours (default: the voice's own)")
    facts: list[str] = Field(
        default_factory=list,
        exclude_if=lambda facts: not facts,
        description="fields whose values stay as they are though they are ordinary words; names, codes, numbers and dates do anyway",
    )
    spans: str | None = Field(
        None,
        exclude_if=lambda spans: spans is None,
        description="the field that says where entities are in the text, [{start, end}]; the label FIELD_spans says where they are then",
    )
    touch_facts: bool = Field(False, description="also misspell the values of other fields that occur in the text")

    # What the recipe gives

    def mistakes(self) -> Iterator[PartMistake]:
        """None or several of voice, rate and level; a voice that there is not."""
        ways = [way for way in WAYS if getattr(self, way) is not None]
        if len(ways) != 1:
            message = f"give one of voice, rate and level, not {' and '.join(ways)}" if ways else "give a voice, a rate or a level"
            yield PartMistake((ways[-1],) if ways else (), message, "such as voice: texter, or rate: 0.05")
        if not self._is_template(self.voice):
            yield from voice_mistakes(self.voice, self._context)
        if self.touch_facts and self.facts:
            yield PartMistake(("facts",), "with touch_facts, no facts stay as they are", "take one of the two out", at_key=True)

    @staticmethod
    def _is_template(value: Any) -> bool:
        return by_template(value) == "(template)"

    def reads(self) -> Iterator[tuple[tuple[str | int, ...], str]]:
        """The text, and the fields that give its voice or level, its facts and its spans."""
        yield from super().reads()
        yield ("of",), self.of
        for way in ("voice", "level"):
            if self._is_template(template := getattr(self, way)):
                yield from (((way,), name) for name in sorted(render.names(template)))
        yield from ((("facts", place), name) for place, name in enumerate(self.facts))
        if self.spans is not None:
            yield ("spans",), self.spans

    def needs(self, others: Others) -> Iterator[PartMistake]:
        """Voices or levels, where they are the options of a choice."""
        for way, mistakes in (("voice", self._name_mistakes), ("level", _level_mistakes)):
            template = getattr(self, way)
            keys, source = (others.named(template) if self._is_template(template) else None) or ((), None)
            if isinstance(source, Choice):
                for option in each_option(getattr(source, "options", None)):  # not there if they are wrong
                    yield from (
                        replace(mistake, at=(*keys, "options", *option.at), at_key=option.at_key, absolute=True)
                        for mistake in mistakes(option.value)
                    )

    def _name_mistakes(self, name: object) -> Iterator[PartMistake]:
        return voice_mistakes(str(name), self._context) if name != AS_IT_IS else iter(())

    def labels(self) -> dict[str, str]:
        """The slips (start, end, kind, and what stood there); the voice, where the field itself draws it; and the spans."""
        names = {"slips": "json"}
        if self.voice is not None and not self._is_template(self.voice):
            names["voice"] = "string"
        if self.spans is not None:
            names["spans"] = "json"
        return names

    @property
    def drawn_by_weight(self) -> dict[str, str]:
        """Its voices, where there are several."""
        return {"voice": "voice"} if isinstance(self.voice, dict) else {}

    # One row

    def make(self, row: Row, stream: Random) -> Value:
        """The text as it was typed, labelled with its slips. Raises DataError where there is no text, voice, level or span."""
        text = row.values.get(self.of)
        if text is None:
            return Labelled(None, dict.fromkeys(self.labels()))
        where = f"{row.table}, row {row.index}"
        if not isinstance(text, str):
            raise DataError(f"{where}: '{self.of}' is no text: {str(text)[:80]}", "make it a text with kind: template")
        facts = [] if self.touch_facts else self._facts(row, text)
        spans = [] if self.spans is None else spans_of(row.values.get(self.spans), text, f"{where}: '{self.spans}'")
        name = self._voice_name(row, stream)
        typed, places = Put(text, []), [(span["start"], span["end"]) for span in spans]
        for _ in range(TRIES):
            drawn = self._typed(text, name, row, stream, facts)
            drawn_places = [drawn.place_of(span["start"], span["end"]) for span in spans]
            if None in drawn_places or not all(fact.casefold() in drawn.text.casefold() for fact in facts):
                continue
            typed, places = drawn, [place for place in drawn_places if place]
            if typed.text != text or name == AS_IT_IS or not self._is_template(self.voice):  # a twin like its original tests nothing
                break
        labels: dict[str, Value] = {"slips": [slip._asdict() for slip in typed.slips], "voice": name}
        labels["spans"] = [moved(span, place, typed.text) for span, place in zip(spans, places, strict=True)]
        return Labelled(typed.text, {label: labels[label] for label in self.labels()})

    def _voice_name(self, row: Row, stream: Random) -> str:
        """The voice that is put on; "" where none is."""
        if self.voice is None:
            return ""
        if not self._is_template(self.voice):
            return draw_voice(self.voice, stream)
        name = str(value_of(str(self.voice), row))
        for mistake in self._name_mistakes(name):
            raise DataError(f"{row.table}, row {row.index}: {mistake.message}, which {self.voice} gives", mistake.hint)
        return name

    def _typed(self, text: str, name: str, row: Row, stream: Random, facts: Sequence[str]) -> Put:
        if name == AS_IT_IS:
            return Put(text, [], [Stretch(0, len(text), 0, len(text))])
        if self.rate is not None:
            return add_typos(text, self.rate, self.keyboard or "qwerty", stream, protected=facts, whole=not self.touch_facts)
        voice = self._context.voices[name] if name else LEVELS[self._level_of(row)]
        if self.keyboard:
            voice = voice.model_copy(update={"keyboard": self.keyboard})
        put: Put = apply_voice(text, voice, stream, protected=facts, whole=not self.touch_facts)
        return put

    def _level_of(self, row: Row) -> int:
        level = value_of(self.level, row) if isinstance(self.level, str) else self.level
        for mistake in _level_mistakes(level):
            raise DataError(f"{row.table}, row {row.index}: {mistake.message}, which {self.level} gives", mistake.hint)
        return int(str(level))

    def _facts(self, row: Row, text: str) -> list[str]:
        """The values of other fields that occur in the text, in whatever case. Ordinary words are the typist's own, unless `facts` names
        their field."""
        folded_text, facts = text.casefold(), list[str]()
        for name, value in row.values.items():
            if name == self.of or name.startswith(f"{self.of}_") or isinstance(value, bool):
                continue  # a label is no fact
            if isinstance(value, str | int | float | datetime.date) and (name in self.facts or not is_plain_words(str(value))):
                facts += [fact for fact in {str(value).strip(), as_typed(value, text)} if fact.casefold() in folded_text and fact != text]
        return sorted({fact for fact in facts if len(fact) >= SHORTEST})


def _level_mistakes(level: object) -> Iterator[PartMistake]:
    if str(level) not in map(str, range(len(LEVELS))):
        yield PartMistake(("level",), f"there is no level '{shortened(level)}'", "levels are 0 (neat), 1, 2 and 3 (hardly legible)")
