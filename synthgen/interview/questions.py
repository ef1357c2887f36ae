"""The questions, one after the other: which one comes next depends on what was answered."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from synthgen.fields.edges import CASES
from synthgen.interview.answers import Answers, Key
from synthgen.interview.facts import FACTS, suggested
from synthgen.interview.places import PLACES
from synthgen.text.slots import slots
from synthgen.voices.library import shipped

ODD = {"none": 0.0, "some": 0.1, "much": 0.25}
"""The share of messages that a careful tester would try."""
HARNESSES = {
    "promptfoo": "a YAML file and its tests",
    "inspect": "a task for Inspect AI",
    "deepeval": "pytest with DeepEval",
    "openai": "OpenAI's evals",
    "none": "in another way, or I don't know yet",
}
ROWS = 200
NUMBERED = 15
"""Options at most that are numbered, and may be named by their numbers."""
COLUMNS = {"id", "intent"}
"""Fields that every recipe of an interview has, and that a message may mention."""


@dataclass(frozen=True)
class Question:
    """What is asked under a `key`, with an `example`. How it is answered: in a `line`; in `lines`; by `one` of the options; by `several`;
    by several with weights, as a `mix`; or by a `number`. Who gives no answer means the `default`; None skips the question."""

    key: Key
    text: str
    example: str = ""
    form: Literal["line", "lines", "one", "several", "mix", "number"] = "line"
    options: Mapping[str, str] = field(default_factory=dict)
    default: Any = None


def next_question(answers: Answers) -> Question | None:
    """The first question that was not answered yet; None when all were."""
    return next((question for question in questions(answers) if question.key not in answers), None)


def questions(answers: Answers) -> Iterator[Question]:
    """All questions that follow from the answers, answered or not."""
    yield Question(("about",), "Who types, and into what?", "Customers of a bank, typing into the support chat of its phone app.")
    yield Question(
        ("place",), "Where do they type?", form="one", options={name: place.about for name, place in PLACES.items()}, default="chat"
    )
    yield Question(
        ("topics",),
        "What do they write about? One a line, the most frequent first, at least two. These become the labels.",
        "card declined",
        form="lines",
    )
    for topic in answers.get("topics", default=[]):
        yield Question(
            ("messages", topic),
            f"{topic}: type messages as they would, one a line, slips and all. Five is a start, a dozen is good. Where a fact stands, "
            f"write its name, such as <amount>.",
            "why was my card declined at <merchant>??",
            form="lines",
        )
    for slot in sorted(slots_of(answers) - COLUMNS):
        kind = suggested(slot)
        yield Question(
            ("facts", slot), f"What is <{slot}>?", form="one", options={name: fact.about for name, fact in FACTS.items()}, default=kind
        )
        if answers.get("facts", slot) == "list":
            yield Question(("values", slot), f"Which are there for <{slot}>? One a line.", "Brightwell", form="lines")
    place = PLACES[answers.get("place", default="chat")]
    voices = {name: voice.about for name, voice in shipped().items()}
    yield Question(
        ("voices",),
        "How do they type? Name some with weights.",
        "texter 3, careful 1",
        form="mix",
        options=voices,
        default=dict(place.voices),
    )
    yield Question(
        ("odd",),
        "How much of it shall be odd input: empty, cut off, two requests at once, pasted logs?",
        form="one",
        options={"none": "nothing of it", "some": "one in ten", "much": "one in four"},
        default="some",
    )
    if answers.get("odd") in ("some", "much"):
        yield Question(
            ("cases",), "Which of it?", "empty, truncated", form="several", options=dict.fromkeys(CASES, ""), default=list(place.cases)
        )
        yield Question(
            ("out",),
            "What is right where such input says nothing that can be placed? Name the label for it.",
            "unclear",
            default="unclear",
        )
    yield Question(("never",), "What must your application never do? One a line.", "Promise a refund.", form="lines")
    yield Question(("tested",), "How will you test it?", form="one", options=HARNESSES, default="none")
    yield Question(("rows",), "How many messages?", str(ROWS), form="number", default=ROWS)


def slots_of(answers: Answers) -> set[str]:
    """The facts that the messages mention."""
    messages_by_topic = answers.get("messages", default={})
    return {slot for messages in messages_by_topic.values() for message in messages or [] for slot in slots(message)}
