"""The interview that Claude leads: it asks one question at a time, follows up, and ends in the answers that the fixed questions give.

What was said is kept with the answers, so that who comes back goes on where they were: the same talk is the same prompt, which the journal
knows, and nothing is asked of Claude again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import Field

from synthgen.advice.asking import Shape, ask, brief, question
from synthgen.errors import DataError, ModelError, OutputError
from synthgen.interview.answers import TALK, Answers
from synthgen.interview.outcome import Outcome, answers_of, vocabulary
from synthgen.interview.replies import checked
from synthgen.models import ClaudeModel, Journal, Journalled, Model
from synthgen.models.costs import Expected
from synthgen.spec.rows import Brief, Prompt

MOST_QUESTIONS = 12
ACCOUNT = "interview"
"""What the journal books it on."""
JOURNAL_FILE = ".interview.sqlite"
"""Where Claude's answers are kept, beside the recipe."""
WRITTEN, SAID = 300, 150
"""Tokens of a question, and of a question with its answer in the talk, about."""
OUTCOME_WRITTEN = 3_000
"""Tokens of the outcome, about."""
CORRECTIONS = 2
"""How often Claude may mend an outcome that makes no recipe."""


class LedTurn(Shape):
    """What Claude says next: a question, or all that it knows."""

    noticed: str = Field(description="a contradiction, or an edge case that you thought of, said to the person in a sentence; else empty")
    question: str = Field(description="the next question, one thing at a time; empty when you know enough")
    example: str = Field(description="an answer that somebody could give to it, in a few words; empty when you know enough")
    outcome: Outcome | None = Field(description="null while you ask; all that is needed when you know enough")


@dataclass(frozen=True)
class Said:
    """A question of Claude's, with what it noticed and an example, and the answer; empty where it was skipped."""

    question: str
    answer: str
    noticed: str = ""
    example: str = ""


def talk_of(answers: Answers) -> list[Said]:
    """What was said so far. Raises DataError where a file has something else there."""
    talk = answers.get(TALK, default=[])
    try:
        return [Said(**{key: str(value or "") for key, value in said.items()}) for said in talk]
    except (AttributeError, TypeError):
        raise DataError(f"'{TALK}' is no list of questions and answers", "mend it, or take it out: then Claude asks again") from None


def led_brief() -> Brief:
    """What Claude reads first."""
    return brief(ACCOUNT, LedTurn, [vocabulary()])


def prompt_of(talk: Sequence[Said], objection: str = "") -> Prompt:
    """The prompt for the next turn after this talk; an `objection` says what was wrong with the outcome."""
    lines = [f"You asked: {said.question}\nThey answered: {said.answer or '(nothing; they skipped it)'}\n" for said in talk] or [
        "Nothing was said yet.\n"
    ]
    left = MOST_QUESTIONS - len(talk)
    lines.append(f"You may ask {left} more, and need not." if left > 0 else "You may ask no more: give the outcome.")
    if objection:
        lines.append(f"You gave an outcome that makes no recipe: {objection}. Give it again, mended.")
    return question(led_brief(), "\n".join(lines), ACCOUNT)


def expected_cost(model: ClaudeModel) -> Expected:
    """What an interview costs that uses all its questions. Raises ModelError where the service cannot be reached."""
    more_read = SAID * MOST_QUESTIONS / 2
    written = (WRITTEN * MOST_QUESTIONS + OUTCOME_WRITTEN) / (MOST_QUESTIONS + 1)
    return model.expected([prompt_of([])], MOST_QUESTIONS + 1, written, more_read=more_read)


class LedInterview:
    """An interview that a model leads. `answers` are what is known so far, and grow with each turn."""

    def __init__(self, model: Model, answers: Answers) -> None:
        self.model, self.answers = model, answers
        self.talk = talk_of(answers)

    def next_turn(self) -> LedTurn | None:
        """Claude's next question; None when it knows enough: the answers hold the outcome then. Raises ModelError."""
        objection = ""
        for _ in range(CORRECTIONS + 1):
            turn = self._ask(objection)
            if turn.outcome is None and turn.question.strip() and len(self.talk) < MOST_QUESTIONS:
                return turn
            if turn.outcome is None:
                objection = "there was none"
                continue
            try:
                outcome = checked(answers_of(turn.outcome), "the outcome")
            except DataError as error:
                objection = error.message
                continue
            if len(outcome.get("topics", default=[])) < 2:
                objection = "it has fewer than two topics"
                continue
            self.answers.values |= outcome.values
            return None
        raise ModelError(f"Claude's outcome makes no recipe: {objection}", "your answers are kept: synthgen new asks again, or change them")

    def reply(self, turn: LedTurn, answer: str) -> None:
        """Answer a question; with nothing, it is skipped."""
        said = Said(turn.question, answer.strip(), turn.noticed, turn.example)
        self.talk.append(said)
        self.answers.give((TALK,), [_kept(said) for said in self.talk])

    def take_back(self) -> None:
        """Forget the last answer, if there is one."""
        if self.talk:
            self.talk.pop()
            self.answers.give((TALK,), [_kept(said) for said in self.talk])

    def _ask(self, objection: str) -> LedTurn:
        ((answer, _),) = ask(self.model, [prompt_of(self.talk, objection)], LedTurn)
        if isinstance(answer, ModelError):
            raise answer
        return answer


def _kept(said: Said) -> dict[str, Any]:
    values = {"noticed": said.noticed, "question": said.question, "example": said.example, "answer": said.answer}
    return {name: value for name, value in values.items() if value or name in ("question", "answer")}


@contextmanager
def journalled(model: Model, folder: Path) -> Iterator[Journalled]:
    """The model, whose answers are kept in a folder. Raises OutputError."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"cannot write to {folder}: {error.strerror}", "choose another place") from None
    journal = Journal(folder / JOURNAL_FILE)
    try:
        yield Journalled(model, journal)
    finally:
        journal.close()
