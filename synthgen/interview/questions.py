"""The questions, one after the other: which one comes next depends on what was answered."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from synthgen.fields.edges import CASES
from synthgen.interview.answers import Answers, Key
from synthgen.interview.facts import FACTS, example_of_code, slots_with_sign
from synthgen.interview.places import PLACES, place_of, replies_of
from synthgen.interview.seeds import SAME, Seeds, seeds_of
from synthgen.text.slots import SIGNS
from synthgen.voices.library import shipped

ODD = {"none": 0.0, "some": 0.1, "much": 0.25}
"""The share of messages that a careful tester would try."""
HARNESSES = {
    "promptfoo": "a YAML file and its tests",
    "inspect": "a task for Inspect AI",
    "lm-eval": "a task for EleutherAI's LM Evaluation Harness",
    "deepeval": "pytest with DeepEval",
    "pytest": "plain pytest, with a function of yours",
    "openai": "OpenAI's evals",
    "jsonl": "a program of mine reads it: a record a line",
    "csv": "a program of mine reads it: a table",
    "none": "I don't know yet",
}
ROWS = 70
"""Messages that an application has first, the typed ones among them. Somebody reads the others: of eight readers who got 60 seven kept 41
to 49, and one 52."""
MADE = 24
"""Messages that are made beside very many typed ones."""
OF_ONE = 4
"""Messages that are made for each typed one, at most: more would only repeat them."""
TOGETHER, MORE = 10, 20
"""Messages that are made together, and those that are added at a time, where there are several times so many."""
MOST_TOGETHER = 500
"""Messages that are made together at most."""
REPLIES = {
    "label": "one of the labels and nothing else, as what sorts messages does: answers are graded by that",
    "prose": "what it likes: that there is an answer, no refusal, and well formed, is all that can be graded",
}
"""What an application may answer, and what that means for tests."""
USUAL_REPLIES = {
    "label": "one of the labels, not prose",
    "prose": "prose, as one that chats does, not a label",
}
"""The same, as it is taken for granted."""
NAMED = 4
"""Facts that are named where all are meant."""
NUMBERED = 20
"""Options at most that are numbered, and may be named by their numbers."""
GUESSES = "misguessed"
"""The name of the answer that lists the slots whose kind of fact was guessed wrong."""
USUAL_CASES = 12
OFTEN_ODD = (
    "empty",
    "truncated",
    "two requests",
    "missing referent",
    "off topic",
    "other language",
    "prompt injection",
    "very long",
    "angry",
    "change of mind",
    "pasted log",
    "quoted reply",
    "emoji only",
    "only a link",
)
"""Edge cases that are shown first, behind those of the place."""
FIRST_TOPIC = (
    "Three will do, slips and all; six vary more. Days, times, dates, amounts and codes in them are found, and vary from row to row. For "
    "any other detail that varies put a name in brackets, such as <merchant>."
)
"""What is said once of the messages of a topic."""
CHANGE: Key = ("change",)
"""The question what of the rest shall be different."""
REST = {name: name for name in ("place", "voices", "odd", "answers", "never", "tested", "rows")} | {
    "cases": "odd",
    "out": "odd",
    GUESSES: "facts",
}
"""The questions that are asked only of somebody who wants something different there, by the first part of their keys."""
COLUMNS = {"id", "intent"}
"""Fields that every recipe of an interview has, and that a message may mention."""


@dataclass(frozen=True)
class Question:
    """What is asked under a `key`, with an `example`. How it is answered: in a `line`; in `lines`; by `one` of the options; by `several`;
    by several with weights, as a `mix`; by a `number`; by two, as a `range`; or by the example of a `code`. Of very many options the
    `usual` ones are shown, of `brief` ones the names until somebody asks. Who gives no answer means the `default`; None skips the
    question."""

    key: Key
    text: str
    example: str = ""
    form: Literal["line", "lines", "one", "several", "mix", "number", "range", "code"] = "line"
    options: Mapping[str, str] = field(default_factory=dict)
    usual: tuple[str, ...] = ()
    brief: bool = False
    default: Any = None


def next_question(answers: Answers) -> Question | None:
    """The first question that is to be asked and was not answered yet; None when all were."""
    return next((question for question in questions(answers) if question.key not in answers and _is_asked(question, answers)), None)


def _is_asked(question: Question, answers: Answers) -> bool:
    part = REST.get(question.key[0])
    return part is None or CHANGE not in answers or part in (answers.get(*CHANGE) or ())


def complete(answers: Answers) -> None:
    """Answer what was not asked, as it was said that it would be."""
    for question in questions(answers):
        if question.key not in answers:
            answers.give(question.key, question.default)


def questions(answers: Answers) -> Iterator[Question]:
    """All questions that follow from the answers, answered or not."""
    yield Question(("about",), "Who types, and into what?", "Customers of a bank, typing into the support chat of its phone app.")
    yield Question(
        ("topics",),
        "What do they write about? Five will do to begin with; they become the labels.",
        "card declined, lost card, fees",
        form="lines",
    )
    for number, topic in enumerate(answers.get("topics", default=[])):
        yield Question(
            ("messages", topic),
            f"{topic}: what would they type? {FIRST_TOPIC if number == 0 else ''}".rstrip(),
            "why was £12.50 declined at <merchant>??" if number == 0 else "",
            form="lines",
        )
    seeds = seeds_of(answers)
    named = [slot for slot in _names(seeds) if slot not in seeds.typed]
    if any(seeds.kind(slot) != "list" for slot in named):  # what a name means may be guessed wrong; what was typed shows what it is
        yield from _of_facts(answers, seeds)
        yield from _of_the_rest(answers)
        return
    for slot in named:
        yield from _of_fact(answers, slot, seeds)
    yield from _of_the_rest(answers, seeds)


def _of_the_rest(answers: Answers, seeds: Seeds | None = None) -> Iterator[Question]:
    """What is usual, the facts of `seeds` among it, and one question what of it shall be different."""
    about = str(answers.get("about", default=""))
    likely, likely_replies = place_of(about), replies_of(about)
    place = PLACES.get(str(answers.get("place", default=likely)), PLACES[likely])
    values = [value for fact in seeds.typed.values() for value in dict.fromkeys(fact.typed)] if seeds else []
    facts = f"{', '.join(values[:NAMED])}{', …' * (len(values) > NAMED)}: new messages have others"
    usual = ({"facts": facts} if values else {}) | {
        "place": PLACES[likely].about.partition(",")[0],
        "voices": f"how people type: {', '.join(f'{voice} {weight}' for voice, weight in place.voices.items())}",
        "odd": f"one message in ten: {', '.join(place.cases[:3])}, …",
        "answers": USUAL_REPLIES[likely_replies],
        "never": "no rule of what it must never do",
        "tested": "no eval harness yet",
        "rows": f"{usual_rows(answers)} messages, yours among them",
    }
    yield Question(
        CHANGE,
        "Return takes the rest as it is here; or name what shall be different.",
        "",
        form="several",
        options=usual,
        default=[],
    )
    if seeds:
        yield from _of_facts(answers, seeds)
    yield Question(
        ("place",), "Where do they type?", form="one", options={name: place.about for name, place in PLACES.items()}, default=likely
    )
    yield Question(
        ("voices",),
        "How do they type? Name some with weights.",
        "texter 3, careful 1",
        form="mix",
        options={name: voice.about for name, voice in shipped().items()},
        brief=True,
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
            ("cases",),
            "Which of it?",
            "empty, truncated",
            form="several",
            options={name: case.about for name, case in CASES.items()},
            usual=tuple(dict.fromkeys((*place.cases, *OFTEN_ODD)))[:USUAL_CASES],
            brief=True,
            default=list(place.cases),
        )
        yield Question(
            ("out",),
            "What is right where such input says nothing that can be placed? Name the label for it.",
            "unclear",
            default="unclear",
        )
    yield Question(("answers",), "What does your application answer?", form="one", options=REPLIES, default=likely_replies)
    yield Question(("never",), "What must your application never do? One a line.", "Promise a refund.", form="lines")
    yield Question(("tested",), "How will you test it?", form="one", options=HARNESSES, brief=True, default="none")
    yield Question(("rows",), "How many messages, yours among them?", str(ROWS), form="number", default=usual_rows(answers))


def usual_rows(answers: Answers) -> int:
    """How many messages there are to be where nobody says."""
    typed = sum(len(messages or ()) for messages in answers.get("messages", default={}).values())
    rows = typed + min(OF_ONE * typed, max(ROWS - typed, MADE)) if typed else ROWS
    return -(-rows // TOGETHER) * TOGETHER


def together_of(rows: int) -> int:
    """How many of so many `rows` are made together: with a multiple of these more the first ones stay as they are."""
    return TOGETHER if rows % TOGETHER == 0 else min(rows, MOST_TOGETHER)


def more_of(rows: int) -> int:
    """How many messages are added to so many `rows` at a time."""
    return MORE if rows % TOGETHER == 0 else together_of(rows)


def _of_facts(answers: Answers, seeds: Seeds) -> Iterator[Question]:
    """What the facts in messages are: one question for all that can be guessed, and more for those that were guessed wrong, and for what
    a name alone does not say."""
    misguessed = answers.get(GUESSES)
    wrong = misguessed if isinstance(misguessed, list) else []
    names = _names(seeds)
    guessed = {slot: _guess(seeds, slot) for slot in names if ("facts", slot) not in answers or slot in wrong}
    if guessed:
        yield Question(
            (GUESSES,),
            "These facts were found in your messages; new messages have others. Which description is wrong?",
            form="several",
            options=guessed,
            default=[],
        )
    for slot in sorted(names, key=lambda slot: slot not in wrong):
        if slot in wrong or ("facts", slot) in answers:
            same = {SAME: f"no fact: {seeds.typed[slot].typed[0]} is left as it is in your messages"} if slot in seeds.typed else {}
            usual = tuple(dict.fromkeys((*(name for name, fact in FACTS.items() if fact.often), *same, seeds.guessed(slot))))
            about = same | {name: fact.about for name, fact in FACTS.items()}
            options = {name: about[name] for name in (*usual, *FACTS)}
            yield Question(("facts", slot), f"What is <{slot}>?", form="one", options=options, usual=usual, default=seeds.guessed(slot))
        if ("facts", slot) in answers or ((GUESSES,) in answers and slot not in wrong and slot not in seeds.typed):
            yield from _of_fact(answers, slot, seeds)


def _names(seeds: Seeds) -> list[str]:
    """The slots that stand for facts."""
    return [slot for slot in seeds.slots if slot not in COLUMNS]


def _guess(seeds: Seeds, slot: str) -> str:
    """What a slot seems to stand for, in words."""
    return seeds.typed[slot].about if slot in seeds.typed else FACTS[seeds.guessed(slot)].about


def _of_fact(answers: Answers, slot: str, seeds: Seeds) -> Iterator[Question]:
    """What is to be known of a fact of its kind."""
    kind = seeds.kind(slot)
    if kind == "list":
        same = answers.get("values", slot.rstrip("_0123456789"))  # of <station_2> those of <station>
        yield Question(("values", slot), f"Which are there for <{slot}>?", form="lines", default=same)
    elif kind == "code":
        text = f"What does <{slot}> look like? Give one example: its digits are drawn anew, its letters stay."
        yield Question(("codes", slot), text, "EXP-12345", form="code", default=example_of_code(slot, seeds.messages))
    elif kind == "money":
        yield Question(("ranges", slot), f"<{slot}>: from about how much to about how much, mostly?", "5 to 150", form="range")
        if slot not in slots_with_sign(seeds.messages):
            options = {"none": "12.50, as many type it"} | {sign: f"{sign}12.50" for sign in SIGNS}
            yield Question(("signs", slot), f"Which sign stands before <{slot}>?", form="one", options=options, brief=True, default="none")


def harness_of(answers: Answers) -> str:
    """The harness that tests are for; the most frequent one where nobody says."""
    named = answers.get("tested", default="none")
    return "promptfoo" if named == "none" else str(named)
