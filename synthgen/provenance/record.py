"""What happened to one row, as its making is watched: which steps it went through, and what was chosen for it among what."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from synthgen.fields.considered import Considered
from synthgen.fields.shape import Chosen
from synthgen.recipe.plan import CheckStep, FieldStep
from synthgen.spec.rows import Completion, Refusal, Row


@dataclass(frozen=True)
class Asking:
    """One try of a field that a model is asked for: all answers to what was asked for the row, all texts that it might have got (none where
    there was no choice), the completion that it got and why there was nothing in it, if so. `owners` says for each stream for which row it
    was asked, `takers` which row got it."""

    name: str
    attempt: int
    answers: Sequence[Completion]
    considered: Sequence[Considered]
    source: Completion
    refusal: Refusal | None
    owners: dict[int, int]
    takers: dict[int, int]


@dataclass(frozen=True)
class Done:
    """A step of a try, and why the row did not pass it, if so."""

    step: FieldStep | CheckStep
    attempt: int
    refusal: Refusal | None


@dataclass
class Record:
    """A witness of the making of the row with a `number`; `values` are what it had at last, hidden fields too, and `parent` is the place of
    the row that it was made from. The fields that are `preset` were not made."""

    number: int
    parent: int | None = None
    values: Mapping[str, Any] = field(default_factory=dict)
    preset: Collection[str] = ()
    askings: list[Asking] = field(default_factory=list)
    steps: list[Done] = field(default_factory=list)
    _texts: Sequence[Considered] = ()

    def follows(self, row: Row) -> bool:
        """Whether it is this row that matters."""
        return row.index == self.number

    def considered(self, row: Row, texts: Sequence[Considered]) -> None:
        """What the row might have got."""
        self._texts = texts

    def asked(self, name: str, rows: Sequence[Row], answers: Sequence[Sequence[Completion]], chosen: Sequence[Chosen]) -> None:
        """What rows were asked for a field, and what each of them got."""
        texts, self._texts = self._texts, ()
        for row, row_answers, (value, source) in zip(rows, answers, chosen, strict=True):
            if self.follows(row):
                owners = {
                    answer.prompt.stream: other_row.index
                    for other_row, other_answers in zip(rows, answers, strict=True)
                    for answer in other_answers
                }
                refusal = value if isinstance(value, Refusal) else None
                self.askings.append(Asking(name, row.attempt, row_answers, texts, source, refusal, owners, _takers(rows, chosen)))

    def judged(self, step: FieldStep | CheckStep, row: Row, refusal: Refusal | None) -> None:
        """A step of a row's try is done."""
        if self.follows(row):
            self.values, self.parent, self.preset = row.values, row.parent, row.preset
            self.steps.append(Done(step, row.attempt, refusal))


def _takers(rows: Sequence[Row], chosen: Sequence[Chosen]) -> dict[int, int]:
    accepted: list[tuple[Row, Any]] = [
        (row, source) for row, (value, source) in zip(rows, chosen, strict=True) if not isinstance(value, Refusal)
    ]
    return {source.prompt.stream: row.index for row, source in accepted}
