"""What somebody typed in reply to a question, or wrote into a file of answers, as an answer."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from synthgen.errors import DataError, did_you_mean, nearest
from synthgen.interview.answers import BEGUN, NESTED, Answers, read
from synthgen.interview.facts import is_code
from synthgen.interview.questions import CHANGE, GUESSES, NUMBERED, Question, questions
from synthgen.interview.second import REQUEST, TOPIC
from synthgen.text.slots import slots

MOST_ROWS = 1_000_000
LONGEST_TOPIC = 60
"""Characters of a label."""
CODE = "letters and digits with - . / or _ between them, such as EXP-12345; for digits alone it is a number"
TAKEN = {"message", "case", "input", TOPIC, REQUEST}
"""Columns of the dataset, which no fact can be called."""
PARTS = re.compile(r"\s*[,;]\s*|(?<=\d)\s+(?=\d+(?:[\s,;]|$))")
"""What stands between several options: a comma, or between their numbers a space."""
SHORTEST = 3
"""Letters of an option's beginning that stand for the option, at least."""
RANGE = "the smaller one first, such as 5 to 150"
MOST_MONEY = 1e12
RIGHT = {"y", "yes", "ok", "right", "none"}
"""What somebody says for whom all is right as it stands."""
NAMES = (
    "talk",
    "about",
    "place",
    "topics",
    "goals",
    "messages",
    "misguessed",
    "facts",
    "values",
    "codes",
    "ranges",
    "signs",
    "change",
    "voices",
    "odd",
    "cases",
    "out",
    "answers",
    "never",
    "tested",
    "rows",
)
"""The names of the answers in a file."""


class UnknownOption(ValueError):
    """A `part` of a reply is no option of its question; the `suggestion` is the option that was probably meant, or empty."""

    def __init__(self, part: str, suggestion: str, hint: str) -> None:
        super().__init__(f"'{part}' is none of them; {hint}")
        self.part, self.suggestion = part, suggestion


def understood(question: Question, lines: Sequence[str]) -> Any:
    """The answer that lines hold; the question's default where they are empty. Raises ValueError with what is wrong, which is an
    UnknownOption where one part of it is no option."""
    lines = [line.strip() for line in lines if line.strip()]
    if not lines:
        return question.default
    if question.form == "lines":
        return _lines(question, lines)
    reply = " ".join(lines)
    if question.form == "one":
        return _option(question, reply)
    if question.key in ((GUESSES,), CHANGE) and reply.lower() in RIGHT:
        return []
    if question.form == "several":
        return list(dict.fromkeys(_option(question, part) for part in PARTS.split(reply) if part))
    if question.form == "mix":
        return dict(_weighted(question, part) for part in PARTS.split(reply) if part)
    if question.form == "number":
        return _count(reply)
    if question.form == "code":
        return _code(reply)
    return _range(reply) if question.form == "range" else reply


def replaced(reply: str, part: str, by: str) -> str:
    """A reply with one of its parts replaced, which keeps its weight; without it, where it is replaced by nothing."""

    def mended(listed: str) -> str:
        if part not in (listed, weightless(listed)):
            return listed
        return by + listed[len(part) :] if by and weightless(by) == by else by

    return ", ".join(filter(None, map(mended, PARTS.split(reply.strip()))))


def line_objection(question: Question, line: str) -> str:
    """What is wrong with a line of a list; empty where nothing is."""
    long = [entry for entry in entries_of(question, line) if len(entry) > LONGEST_TOPIC] if question.key == ("topics",) else []
    if long:
        return f"'{long[0][:40]}…' is long for a label: a few words are better"
    if question.key[0] == "messages" and (taken := sorted(slots(line) & TAKEN)):
        return f"<{taken[0]}> names a column of the dataset: call the fact something else"
    if question.key[0] == "messages" and (twice := [slot for slot in sorted(slots(line)) if line.count(f"<{slot}>") > 1]):
        return f"<{twice[0]}> stands twice, and both would be the same: call the second one <{twice[0]}_2>"
    return ""


def entries_of(question: Question, line: str) -> list[str]:
    """What a line of a list holds: of topics and of values several, where commas stand between them."""
    return [entry for part in line.split(",") if (entry := part.strip())] if takes_commas(question) else [line]


def takes_commas(question: Question) -> bool:
    """Whether a line of a list may hold several entries, with commas between them."""
    return question.key[0] in ("topics", "values")


def load(file: Path) -> Answers:
    """The answers in a file. Raises DataError."""
    return checked(read(file), str(file))


def checked(values: Any, source: str) -> Answers:
    """The answers that a `source` has by name. Raises DataError where one is none, or answers no question."""
    if not isinstance(values, Mapping):
        raise DataError(f"{source}: no answers by name", f"write one a line, such as: about: who types; there are {', '.join(NAMES)}")
    for name, value in values.items():
        if name not in (*NAMES, BEGUN):
            raise DataError(f"{source}: there is no question '{name}'", did_you_mean(name, NAMES, "there are"))
        if name in NESTED and not isinstance(value, Mapping):
            raise DataError(f"{source}: the answer to '{name}' is a mapping", f"such as: {name}: {{…: …}}")
    begun = values.get(BEGUN, {"question": [], "lines": []})
    if not isinstance(begun, Mapping) or not all(isinstance(begun.get(part), list) for part in ("question", "lines")):
        raise DataError(f"{source}: '{BEGUN}' is not as it was written", "take it out")
    answers = Answers(values)
    for question in questions(answers):
        if question.key in answers and question.options:
            answers.give(question.key, _spelt(question, answers.get(*question.key)))
        if question.key in answers and (objection := _objection(question, answers.get(*question.key))):
            raise DataError(f"{source}: {' → '.join(question.key)}: {objection}", "mend it, or take it out: then it is asked, or left out")
    return answers


def _spelt(question: Question, answer: Any) -> Any:
    """An answer with the options spelt as they are in the question, as far as they are options."""
    if isinstance(answer, str):
        return _same(question, answer) or answer
    if isinstance(answer, list):
        return [(isinstance(part, str) and _same(question, part)) or part for part in answer]
    return {_same(question, str(part)) or part: weight for part, weight in answer.items()} if isinstance(answer, Mapping) else answer


def _objection(question: Question, answer: Any) -> str:
    """What is wrong with an answer that somebody wrote into a file."""
    texts = answer if question.form in ("lines", "several") else [answer]
    if answer is None:
        return ""
    if question.form == "number":
        return "" if type(answer) is int and 1 <= answer <= MOST_ROWS else f"a number from 1 to {MOST_ROWS:,} is expected"
    if question.form == "range":
        is_range = isinstance(answer, list) and len(answer) == 2 and all(type(bound) in (int, float) for bound in answer)
        return "" if is_range and 0 <= answer[0] < answer[1] < MOST_MONEY else f"two numbers are expected, {RANGE}"
    if question.form == "code":
        return "" if isinstance(answer, str) and is_code(answer) else f"one example is expected: {CODE}"
    if question.form == "mix":
        right = isinstance(answer, Mapping) and answer and all(type(weight) is int and weight > 0 for weight in answer.values())
        if not right:
            return "weights are expected, such as {texter: 3, careful: 1}"
        texts = list(answer)
    if not isinstance(texts, list) or not all(isinstance(text, str) and text.strip() for text in texts):
        return "a list of texts is expected (put a number in quotes)" if question.form in ("lines", "several") else "a text is expected"
    if question.form == "lines":
        return _said(lambda: _lines(question, texts))
    unknown = [text for text in texts if question.options and text not in question.options]
    return f"'{unknown[0]}' is none of them; {did_you_mean(unknown[0], question.options, 'there are')}" if unknown else ""


def _said(check: Callable[[], object]) -> str:
    """What a check says is wrong."""
    try:
        check()
    except ValueError as error:
        return str(error)
    return ""


def _lines(question: Question, lines: Sequence[str]) -> list[str]:
    different = list(dict.fromkeys(lines))
    if question.key == ("topics",) and len(different) < 2:
        raise ValueError("name at least two, one a line: with one alone there is nothing to tell apart")
    if objection := next(filter(None, (line_objection(question, line) for line in different)), ""):
        raise ValueError(objection)
    return different


def _option(question: Question, reply: str) -> str:
    names = list(question.options)
    if reply.isdecimal() and len(names) <= NUMBERED:
        if 1 <= int(reply) <= len(names):
            return names[int(reply) - 1]
        raise ValueError(f"there are 1 to {len(names)}")
    if name := _same(question, reply):
        return name
    is_long = len(_bare(reply)) >= SHORTEST
    begun = [name for name in names if is_long and _bare(name).startswith(_bare(reply))]
    if len(begun) == 1:
        return begun[0]
    hint = did_you_mean(reply, names, "there are") if is_long else "type three letters or more, or ? to see them all"
    raise UnknownOption(reply, (nearest(reply, names) or "") if is_long and not begun else "", hint)


def _same(question: Question, reply: str) -> str:
    """The option that a reply names, whatever its spaces, capitals, hyphens and underscores; empty where it names none."""
    if reply in question.options:
        return reply
    return next((name for name in question.options if _bare(name) == _bare(reply)), "") if _bare(reply) else ""


def _bare(name: str) -> str:
    return re.sub(r"[\s_<>-]+", "", name.casefold())


def _weighted(question: Question, part: str) -> tuple[str, int]:
    name, weight = weightless(part), part[len(weightless(part)) :].strip(" :=\t")
    if weight and not int(weight):
        raise ValueError(f"leave '{name}' out, or give it a weight of 1 or more")
    return _option(question, name), int(weight or 1)


def weightless(part: str) -> str:
    """An option without the weight behind it."""
    return re.sub(r"[\s:=]+\d{1,4}$", "", part)


def _code(reply: str) -> str:
    if not is_code(reply):
        raise ValueError(CODE)
    return reply


def _count(reply: str) -> int:
    digits = reply.replace(",", "").replace("_", "")
    if not digits.isdecimal() or not 1 <= int(digits) <= MOST_ROWS:
        raise ValueError(f"a number from 1 to {MOST_ROWS:,}")
    return int(digits)


def _range(reply: str) -> list[float]:
    bounds = [float(number.replace(",", "")) for number in re.findall(r"\d[\d,]*(?:\.\d+)?", reply)]
    if len(bounds) != 2 or not bounds[0] < bounds[1] < MOST_MONEY:
        raise ValueError(f"two numbers, {RANGE}")
    return [int(bound) if bound.is_integer() else bound for bound in bounds]
