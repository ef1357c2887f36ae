"""`kind: judge`: Claude's verdict on a field, against a question or a rubric of named grades, and its reason."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Annotated, ClassVar, Literal

from pydantic import BeforeValidator, Field, StrictInt, StrictStr

from synthgen.errors import did_you_mean
from synthgen.fields.answer import AnswerForm
from synthgen.fields.instructed import Instructed, Shows, row_text, seen
from synthgen.fields.shape import Role, Template, fill
from synthgen.spec import render
from synthgen.spec.numerals import as_typed
from synthgen.spec.parts import PartMistake
from synthgen.spec.paths import get_path
from synthgen.spec.rows import Brief, Completion, Labelled, Prompt, Refusal, Row, Value
from synthgen.spec.streams import Streams

Grade = Annotated[StrictStr | StrictInt, BeforeValidator(as_typed)]


class Judge(Instructed):
    """A verdict on the field `of`: yes or no to a `question`, or a grade of a `rubric`. Its reason comes first."""

    role: ClassVar[Role] = "verdict"

    page: ClassVar[str] = "judge"
    kind: Literal["judge"] = "judge"
    of: str = Field(min_length=1, description="the field that is judged, or a part of one: example.reply")
    question: Template = Field("", description="what to look at; yes is good")
    rubric: Annotated[dict[Grade, str], Field(min_length=2)] | None = Field(
        None, description="grades from the best to the worst, such as {good: follows the policy, poor: does not}"
    )
    least: Grade | None = Field(None, description="the worst grade of the rubric that the check `passed` lets through")
    shows: Shows = None

    def mistakes(self) -> Iterator[PartMistake]:
        """Nothing to judge by, grades that there are not, and documents that cannot be given."""
        yield from super().mistakes()
        if not self.question.strip() and self.rubric is None:
            yield PartMistake((), "missing key 'question' or 'rubric'", "such as question: Does the reply follow the policy?")
        if self.least is not None and self.rubric is None:
            yield PartMistake(("least",), "'least' is a grade of a rubric, and here is none", "rubric: {good: …, poor: …}", at_key=True)
        elif self.least is not None and str(self.least) not in self.grades:
            yield PartMistake(("least",), f"least: there is no grade '{self.least}'", did_you_mean(self.least, self.grades, "grades"))
        for grade, description in (self.rubric or {}).items():
            if not description.strip():
                yield PartMistake(("rubric", grade), f"grade '{grade}' is not described", "say what earns it")

    @cached_property
    def grades(self) -> dict[str, str]:
        """The grades from the best to the worst, each with what earns it."""
        return {str(grade): description.strip() for grade, description in (self.rubric or {}).items()}

    @cached_property
    def form(self) -> AnswerForm:
        """A truth value or a grade, after the reasons."""
        return AnswerForm({"type": "string", "enum": [*self.grades]} if self.grades else {"type": "boolean"}, True, self.out or "")

    def reads(self) -> Iterator[tuple[tuple[str | int, ...], str]]:
        """The field that is judged, those that are shown beside it, and those that the question names."""
        yield from super().reads()
        yield from ((("question",), name) for name in sorted(render.names(self.question)))

    def column(self) -> str:
        """True or false, or the grade."""
        return "string" if self.rubric else "bool"

    def labels(self) -> dict[str, str]:
        """The reason; with a rubric and a least grade, whether that was reached."""
        return {"reason": "string"} | ({"passed": "bool"} if self.rubric and self.least is not None else {})

    @cached_property
    def brief(self) -> Brief:
        """What Claude reads first. Raises DataError, ValueError."""
        question = "" if self._names_fields else self.question.strip()
        return self.brief_of(self.page, self.form, question=question, grades=self.grades)

    @property
    def _names_fields(self) -> bool:
        return bool(render.names(self.question))

    def ask(self, rows: Sequence[Row], name: str, streams: Streams) -> list[list[Prompt]]:
        """One question a row; none where there is nothing to judge."""
        presence = [get_path(row.values, self.of) is not None for row in rows]
        return [
            [self.prompt_for(row, name, streams, self.brief, self._text(row))] if has_value else []
            for row, has_value in zip(rows, presence, strict=True)
        ]

    def _text(self, row: Row) -> str:
        other_values = {field_name: value for field_name, value in seen(row, self.shows).items() if field_name != self.of}
        question = fill(self.question, row.values, f"{row.table}, row {row.index}, question").strip() if self._names_fields else ""
        return row_text(other_values, judged={self.of: get_path(row.values, self.of)}, task=question)

    def read(self, row: Row, completions: Sequence[Completion]) -> Value | Refusal:
        """The verdict and its reason, or which outcome took its place."""
        if not completions:
            return Labelled(None, dict.fromkeys(self.labels()))
        answer = self.form.read(completions[-1])
        if isinstance(answer, Refusal):
            return answer
        labels: dict[str, Value] = {"reason": answer.reasons}
        if "passed" in self.labels():
            order = list(self.grades)
            labels["passed"] = order.index(answer.value) <= order.index(str(self.least))
        return Labelled(answer.value, labels)
