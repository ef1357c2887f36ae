"""People who take the test themselves: their answers to rows whose target they did not see, graded as an application's are.

Of each person the first answer to a row counts, for after it the target may have been shown; one that was undone does not. A row that was
rejected is no test, and where a label was changed, the new one is the target.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from synthgen.decisions.amended import Honoured
from synthgen.decisions.decision import Decision
from synthgen.errors import OutputError
from synthgen.harness import graders
from synthgen.harness.cases import harness_of, target_of
from synthgen.harness.suite import suite_of
from synthgen.spec.rows import to_text


@dataclass(frozen=True)
class Graded:
    """An answer of a person: to which row, what was answered and what the target is, its grade (0 to 1), and how many seconds it took
    (None: not known)."""

    by: str
    row: str
    answered: str
    target: str
    score: float
    seconds: float | None


@dataclass(frozen=True)
class Baseline:
    """How people do on a field of a table: the mean `score` of their `answers` (by which `grade`), its interval at 95 %, and the median of
    the `seconds` that an answer took."""

    table: str
    field: str
    grade: str
    people: tuple[str, ...]
    score: float
    low: float
    high: float
    seconds: float | None
    answers: tuple[Graded, ...]

    @property
    def differing(self) -> list[Graded]:
        """The answers that are not the target."""
        return [answer for answer in self.answers if answer.score < 1]

    def __str__(self) -> str:
        off = (self.high - self.low) / 2
        taken = f", {self.seconds:.0f} s each" if self.seconds is not None else ""
        return f"human: {self.score:.0%} of {len(self.answers):,}, ± {off:.0%}{taken}"

    def of(self, person: str) -> Baseline:
        """The same of one person alone."""
        return _baseline(self.table, self.field, self.grade, [answer for answer in self.answers if answer.by == person])


def baselines(honoured: Honoured) -> list[Baseline]:
    """How people do on each field of each table that they answered. Raises OutputError."""
    first_answers: dict[tuple[str, str], dict[tuple[str, str], Decision]] = {}
    for table, plan in honoured.plans.items():
        for standing in plan.standings:
            for answer in standing.answers:
                first_answers.setdefault((table, answer.field), {}).setdefault((answer.row, answer.by), answer)
    return [
        baseline
        for (table, field), answers in first_answers.items()
        for baseline in _graded(honoured, table, field, list(answers.values()))
    ]


def _graded(honoured: Honoured, table: str, field: str, answers: Sequence[Decision]) -> Iterator[Baseline]:
    try:
        rows, harness = harness_of(honoured.dataset, table=table, target=field)
    except OutputError:  # nothing in that table is an input
        return
    if field != honoured.dataset.recipe.harness.get("target"):  # it says nothing of how this one is graded
        harness = harness.model_copy(update={"out": None, "grade": None})
    suite = suite_of(rows, harness)
    settings, row_ids = suite.settings(), {answer.row for answer in answers}
    targets: dict[str, Any] = {}
    if suite.targets:
        targets = {name: target_of(suite.targets.of(row)) for name, row in rows.read(suite.targets.columns) if name in row_ids}
    grade = graders.grades(settings)[0]
    graded = [
        Graded(
            answer.by,
            answer.row,
            to_text(answer.value),
            to_text(target),
            graders.grade(to_text(answer.value), target, settings)[grade],
            answer.seconds,
        )
        for answer in answers
        if (target := targets.get(answer.row)) is not None
    ]
    if graded:
        yield _baseline(table, field, grade, graded)


def _baseline(table: str, field: str, grade: str, graded: Sequence[Graded]) -> Baseline:
    from synthgen.comparison.shares import wilson  # its room needs numpy

    total, seconds = sum(answer.score for answer in graded), [answer.seconds for answer in graded if answer.seconds is not None]
    low, high = wilson(total, len(graded))
    people = tuple(sorted({answer.by for answer in graded}))
    return Baseline(table, field, grade, people, total / len(graded), low, high, median(seconds) if seconds else None, tuple(graded))
