"""What Claude knows of an application at the end of an interview, or from its documents, as the answers that the fixed questions give."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field

from synthgen.advice.asking import Shape
from synthgen.fields.edges import CASES, case_named
from synthgen.interview.facts import FACTS, is_code
from synthgen.interview.places import PLACES
from synthgen.interview.questions import COLUMNS, HARNESSES, ROWS
from synthgen.interview.replies import LONGEST_TOPIC, TAKEN
from synthgen.spec.rows import Document
from synthgen.text.slots import SIGNS, SLOT, slots
from synthgen.voices.library import shipped

LONGEST_MESSAGE = 600
"""Characters."""


class LedTopic(Shape):
    """Something that people write about."""

    name: str = Field(description="a label of one to four words in small letters, such as card declined")
    goal: str = Field(description="what somebody who writes about it wants to reach, in a sentence")
    messages: list[str] = Field(
        description="a dozen messages as these people would type them, slips and all, with slots such as <merchant> where a fact stands; "
        "what the person gave you goes first, word for word"
    )


class LedFact(Shape):
    """A fact that messages mention."""

    slot: str = Field(description="its name between the pointed brackets, such as merchant")
    kind: str = Field(description="one of the kinds of facts in the document, such as money; list for all else")
    values: list[str] = Field(
        description="of a list, eight or more values; of a code, one example; of money, its sign if it has one: £; else empty"
    )


class LedVoice(Shape):
    """How some of the people type."""

    voice: str
    weight: int


class Outcome(Shape):
    """All that is needed to write the recipe. An empty text or list is what is not known."""

    about: str = Field(description="who types, and into what, in a sentence: Customers of a bank, typing into its support chat.")
    place: str = Field(description="one of the places in the document")
    topics: list[LedTopic] = Field(description="what they write about, the most frequent first, at least two")
    facts: list[LedFact]
    voices: list[LedVoice] = Field(description="voices of the document by weight")
    odd: Literal["none", "some", "much"] = Field(description="how much of it is odd input: nothing, one in ten, one in four")
    cases: list[str] = Field(description="the edge cases of the document that matter for this application")
    out: str = Field(description="the label that is right where odd input says nothing that can be placed, such as unclear")
    never: list[str] = Field(description="what the application must never do")
    tested: str = Field(description=f"one of {', '.join(HARNESSES)}")
    rows: int = Field(description=f"how many messages shall be made: {ROWS} unless something else was said")


def answers_of(outcome: Outcome) -> dict[str, Any]:
    """The answers that an outcome means, without what a recipe cannot have."""
    topics = {_line(topic.name)[:LONGEST_TOPIC]: topic for topic in outcome.topics if topic.name.strip()}
    messages = {name: _messages(topic.messages) for name, topic in topics.items()}
    mentioned = {slot for texts in messages.values() for text in texts for slot in slots(text)} - COLUMNS
    facts = {fact.slot.strip("<> "): fact for fact in outcome.facts}
    kinds = {slot: facts[slot].kind if slot in facts and facts[slot].kind in FACTS else "list" for slot in sorted(mentioned)}
    values = {slot: _lines(facts[slot].values) for slot, kind in kinds.items() if kind == "list" and slot in facts and facts[slot].values}
    codes = {slot: code for slot, kind in kinds.items() if kind == "code" and slot in facts and (code := _code(facts[slot].values))}
    signs = {
        slot: facts[slot].values[0] for slot, kind in kinds.items() if kind == "money" and slot in facts and _has_sign(facts[slot].values)
    }
    voices = {voice.voice: max(1, voice.weight) for voice in outcome.voices if voice.voice in shipped()}
    cases = list(dict.fromkeys(name for case in outcome.cases if (name := case_named(case, CASES))))
    known: dict[str, Any] = {
        "about": _line(outcome.about),
        "place": outcome.place if outcome.place in PLACES else "chat",
        "topics": list(topics),
        "goals": {name: _line(topic.goal) for name, topic in topics.items() if topic.goal.strip()},
        "messages": {name: texts for name, texts in messages.items() if texts},
        "facts": kinds,
        "values": values,
        "codes": codes,
        "signs": signs,
        "voices": voices,
        "odd": outcome.odd if cases else "none",
        "cases": cases,
        "out": _line(outcome.out),
        "never": _lines(outcome.never),
        "tested": outcome.tested if outcome.tested in HARNESSES else "none",
        "rows": outcome.rows if outcome.rows > 0 else ROWS,
    }
    return {name: value for name, value in known.items() if value not in ("", [], {})}


def _messages(texts: list[str]) -> list[str]:
    """Messages in a line each, without slots that are called after columns of ours."""
    plain = (SLOT.sub(lambda slot: slot[1] if slot[1] in TAKEN else slot[0], _line(text))[:LONGEST_MESSAGE] for text in texts)
    return list(dict.fromkeys(filter(None, plain)))


def _lines(texts: list[str]) -> list[str]:
    return list(dict.fromkeys(filter(None, map(_line, texts))))


def _code(texts: list[str]) -> str:
    """The first text that is an example of a code; empty where none is."""
    return next(filter(is_code, map(_line, texts)), "")


def _has_sign(texts: list[str]) -> bool:
    return bool(texts) and texts[0] in {*SIGNS}


def _line(text: str) -> str:
    return " ".join(text.split())


def vocabulary() -> Document:
    """What a recipe can say, for Claude to choose from."""
    parts: dict[str, Mapping[str, str]] = {
        "Places": {name: place.about for name, place in PLACES.items()},
        "Kinds of facts": {name: fact.about for name, fact in FACTS.items()},
        "Voices": {name: voice.about for name, voice in shipped().items()},
        "Edge cases": {name: case.about for name, case in CASES.items()},
    }
    lines = [line for title, names in parts.items() for line in (f"# {title}", *(f"{name}: {about}" for name, about in names.items()), "")]
    return Document("what a recipe can say.md", "text/markdown", "\n".join(lines))
