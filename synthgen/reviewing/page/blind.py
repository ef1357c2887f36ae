"""Take it yourself: a person answers what the application is asked, without seeing what the answer should be.

Nothing of a row is shown but its input, because most labels give the target away. Rows come in an order that is the same for everybody, so
that people can be compared; a row that a person has answered, or has seen the target of, is not asked.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property
from statistics import median
from typing import Any

from synthgen.checks.agrees import same
from synthgen.comparison.shares import wilson
from synthgen.decisions import Decision, seen
from synthgen.decisions.decision import moment
from synthgen.errors import DataError, OutputError, SynthgenError, did_you_mean
from synthgen.harness.cases import harness_of, input_of
from synthgen.harness.targets import Targets, targets_of
from synthgen.provenance import why
from synthgen.reviewing.page.desk import ReviewDesk, counted
from synthgen.reviewing.page.queues import QueueRequest
from synthgen.reviewing.page.shown import LONGEST, at
from synthgen.spec.digests import digest_of
from synthgen.spec.paths import root_of
from synthgen.spec.rows import to_text
from synthgen.text.legible import Pieces, legible

COUNT, MOST = 20, 500
"""Rows of a run, usually and at most."""
OPTIONS = 300
"""Options that a person can be asked to choose from, at most."""


@dataclass(frozen=True)
class BlindTask:
    """What is asked of a table's rows: from the field `input` the `target`, one of `options`. `system` is what the model is told first,
    `about` where people type, and `task` the instruction of the recipe, where it has one."""

    table: str
    input: str
    target: Targets
    options: tuple[str, ...]
    about: str = ""
    system: str = ""
    task: str = ""
    documents: tuple[str, ...] = ()

    def target_of(self, row: Mapping[str, Any]) -> Any:
        """What the answer to a row should be; None for a row without a target, or with one that is no option."""
        target = self.target.of(row)
        return target if target is not None and to_text(target) in self.options else None


@dataclass(frozen=True)
class BlindRun:
    """So many rows, each with so many seconds (0: no limit), answered since a moment."""

    count: int = COUNT
    limit: int = 0
    since: str = ""

    @classmethod
    def of(cls, query: Mapping[str, str]) -> BlindRun:
        """The run of an address."""
        return cls(counted(query, "count", COUNT, MOST), counted(query, "limit", 0, 3600), query.get("since", ""))

    def begun(self) -> BlindRun:
        """The same, beginning now."""
        return replace(self, since=moment())

    @property
    def query(self) -> dict[str, str]:
        """What says so in an address."""
        return {"count": str(self.count), "limit": str(self.limit), "since": self.since}


@dataclass(frozen=True)
class BlindQuestion:
    """A row that is asked: its id, what is to be answered (a text, or the turns of a talk), which of the run it is,
    and what tells the input from a later one (`since`)."""

    row: str
    turns: tuple[tuple[str, Pieces], ...]
    number: int
    quiz: BlindTask
    since: str

    @property
    def title(self) -> str:
        """What it is called."""
        return f"Question {self.number}"


@dataclass(frozen=True)
class BlindAnswer:
    """An answer beside the target: the row, what was asked, both, and whether they are the same."""

    row: str
    input: Pieces
    answer: Pieces
    target: Pieces
    right: bool
    seconds: float | None


@dataclass(frozen=True)
class BlindResult:
    """The answers of a person: their share that is right with its interval at 95 %, the seconds of the middle one, and those that
    differ."""

    by: str
    count: int
    right: int
    low: float
    high: float
    seconds: float | None
    differing: tuple[BlindAnswer, ...]


@dataclass
class Blind:
    """The questions of a desk and what people answered to them. The desk's lock guards it."""

    desk: ReviewDesk

    @cached_property
    def quiz(self) -> BlindTask | None:
        """What can be asked of the output's rows: the target of the recipe's harness, what a blind answer is compared with, or what
        messages are about. None where there is no target of which the options are known."""
        return next(filter(None, (make(self.desk) for make in (_of_harness, _of_blind_answer, _of_label))), None)

    @property
    def _required_quiz(self) -> BlindTask:
        if self.quiz is None:
            raise DataError(
                "nothing can be asked: no target has options that are known", "name one in the recipe: harness: {input: …, target: …}"
            )
        return self.quiz

    def next_row(self, by: str, run: BlindRun) -> BlindQuestion | None:
        """The next row of a run; None where all are answered, or no further row can be asked. Raises DataError where nothing can be
        asked."""
        quiz, desk = self._required_quiz, self.desk
        answered = list(self._answers(by))
        number = 1 + sum(answer.at >= run.since for answer in answered)
        if number > run.count:
            return None
        answered_rows, marks, table = {answer.row for answer in answered}, desk.marks(quiz.table), desk.table(quiz.table)
        for place in map(int, desk.queues(quiz.table).rows(QueueRequest("sample"), marks, by)):
            if marks.by(by)[place] or table.id(place) in answered_rows:
                continue
            row = self._row(place)
            turns = _turns(at(row, quiz.input))
            if turns and quiz.target_of(row) is not None:
                return BlindQuestion(table.id(place), turns, number, quiz, digest_of(at(row, quiz.input)))
        return None

    def answer(self, by: str, row: str, text: str, seconds: float | None, since: str) -> Decision:
        """Write down what a person answered; "" where the time ran out. Raises DataError, OutputError."""
        quiz = self._required_quiz
        table = self.desk.table(quiz.table)
        place = table.place(row)
        if place is None:
            raise DataError(f"there is no row {row}")
        values = self._row(place)
        if since != digest_of(at(values, quiz.input)):
            raise DataError(f"{row} says something else since it was asked; nothing was written", "go on with another question")
        if text and text not in quiz.options:
            raise DataError(f"'{text}' is no option", did_you_mean(text, quiz.options, "options"))
        if any(answer.row == row for answer in self._answers(by)):
            raise DataError(f"you have answered {row} already", "the first answer stands")
        options_by_text = {to_text(option): option for option in table.options(quiz.target.path)}
        decision = Decision(
            by=by,
            table=quiz.table,
            row=row,
            decision="answer",
            field=quiz.target.path,
            value=options_by_text.get(text, text) if text else None,
            reason="" if text else "the time ran out",
            seconds=seconds,
            seen=seen(values, [root_of(quiz.input)]),
        )
        return self.desk.book.append(decision)[0]

    def result(self, by: str, run: BlindRun) -> BlindResult:
        """A person's answers since a run began, beside the targets. Raises DataError where nothing can be asked."""
        answers = list(self._compared(by, run.since))
        right = sum(answer.right for answer in answers)
        low, high = wilson(right, len(answers))
        times = [answer.seconds for answer in answers if answer.seconds is not None]
        return BlindResult(
            by, len(answers), right, low, high, median(times) if times else None, tuple(answer for answer in answers if not answer.right)
        )

    def _answers(self, by: str) -> Iterator[Decision]:
        """What a person answered and did not take back, in the order of the file."""
        quiz = self._required_quiz
        standings = self.desk.book.review.standing(quiz.table)
        for decision in self.desk.book.review:
            if (
                decision.by == by
                and decision.decision == "answer"
                and decision.table == quiz.table
                and decision in standings[decision.row].answers
            ):
                yield decision

    def _compared(self, by: str, since: str) -> Iterator[BlindAnswer]:
        quiz, table = self._required_quiz, self.desk.table(self._required_quiz.table)
        for answer in self._answers(by):
            place = table.place(answer.row)
            if answer.at < since or place is None:
                continue
            row = self._row(place)
            target = quiz.target_of(row)
            if target is not None:
                question = to_text(at(row, quiz.input))
                right = answer.value is not None and same(answer.value, target)
                yield BlindAnswer(answer.row, legible(question), legible(answer.value), legible(target), right, answer.seconds)

    def _row(self, place: int) -> dict[str, Any]:
        """A row with what was changed in it."""
        table = self.desk.table(self._required_quiz.table)
        return self.desk.current(table, place, self.desk.marks(table.name).standing_of(place, table.id(place)))


def _turns(value: Any) -> tuple[tuple[str, Pieces], ...]:
    """An input as it is shown: a text, or the turns of a talk; nothing where there is nothing to answer."""
    input_value = input_of(value)
    if input_value is None:
        return ()
    turns = [{"role": "", "content": input_value}] if isinstance(input_value, str) else input_value
    return tuple((turn["role"], legible(turn["content"], longest=LONGEST)) for turn in turns)


# What is asked


def _of_harness(desk: ReviewDesk) -> BlindTask | None:
    if not desk.dataset.recipe.harness.get("target"):
        return None
    try:
        rows, harness = harness_of(desk.dataset)
    except OutputError:
        return None
    targets = targets_of(desk.dataset.recipe, rows.columns, harness)
    if targets is None:
        return None
    more = [harness.out] if isinstance(harness.out, str) else [*(harness.out or {}).values()]
    options = _options(desk, rows.table, targets.path, more)
    return BlindTask(rows.table, harness.input, targets, options, desk.dataset.recipe.about, harness.system) if options else None


def _of_blind_answer(desk: ReviewDesk) -> BlindTask | None:
    for name in desk.tables:
        table = desk.table(name)
        for label, answer in table.pairs:
            options, field = _options(desk, name, label), table.fields[root_of(answer)]
            if options and root_of(str(field.data.get("of"))) in table.fields:
                system, documents = _brief(desk, name, root_of(answer))
                task = str(field.data.get("task") or "")
                return BlindTask(
                    name,
                    str(field.data["of"]),
                    Targets(label),
                    options,
                    desk.dataset.recipe.about,
                    system,
                    "" if system else task,
                    documents,
                )
    return None


def _of_label(desk: ReviewDesk) -> BlindTask | None:
    for name in desk.tables:
        table = desk.table(name)
        if table.target and table.contents.spoken and (options := _options(desk, name, table.target)):
            message = table.last_message
            if message:
                return BlindTask(name, message, Targets(table.target), options, desk.dataset.recipe.about)
    return None


def _options(desk: ReviewDesk, name: str, path: str, more: Sequence[str] = ()) -> tuple[str, ...]:
    options = tuple(dict.fromkeys(map(to_text, [*desk.table(name).options(path), *more])))
    return options if 1 < len(options) <= OPTIONS else ()


def _brief(desk: ReviewDesk, name: str, field: str) -> tuple[str, tuple[str, ...]]:
    """What the model read first when it answered blind, word for word, and its documents; nothing where the journal does not say."""
    with suppress(SynthgenError, IndexError):
        attempts = why(desk.dataset.folder, desk.table(name).id(0)).attempts
        question = next((attempt.questions[-1] for attempt in attempts if attempt.field == field and attempt.questions), None)
        return (question.brief, tuple(question.documents)) if question else ("", ())
    return "", ()
