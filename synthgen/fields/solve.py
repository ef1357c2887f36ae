"""`kind: solve`: Claude answers the finished input blind, without the label that it was made for.

Where the two differ (the check `agrees`), the row is more often a bad test than a hard one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import ClassVar, Literal

from pydantic import Field

from synthgen.fields.answer import AnswerForm, column_of, files_of, output_mistakes, schema_of
from synthgen.fields.claude import Output, Think
from synthgen.fields.instructed import Instructed, row_text
from synthgen.fields.shape import Role
from synthgen.spec.parts import PartMistake
from synthgen.spec.paths import get_path
from synthgen.spec.rows import Brief, Completion, Labelled, Prompt, Refusal, Row, Value
from synthgen.spec.streams import Streams


class Solve(Instructed):
    """What Claude answers to the field `of`, blind. It sees nothing else of the row."""

    role: ClassVar[Role] = "answer"

    page: ClassVar[str] = "solve"
    kind: Literal["solve"] = "solve"
    of: str = Field(min_length=1, description="the finished input, all that it sees of the row")
    task: str = Field("", description="what the application is to say of an input, such as: Which intent does the customer have?")
    output: Output = None
    think: Think = False

    @cached_property
    def form(self) -> AnswerForm:
        """The form of its answers. Raises DataError, ValueError."""
        return AnswerForm(schema_of(self.output, self._context), self.think, self.out or "")

    def mistakes(self) -> Iterator[PartMistake]:
        """What is wrong in the output and the documents; a task that names fields, which would show them."""
        yield from super().mistakes()
        yield from output_mistakes(self.output, self._context)
        if "{{" in self.task or "{%" in self.task:
            yield PartMistake(
                ("task",), "the task of a blind answer is the same for all rows", "without {{ }}; what it sees of the row is 'of'"
            )

    def files(self) -> list[Path]:
        """The documents, the file of the schema, and the prompt."""
        return [*super().files(), *files_of(self.output, self._context)]

    def column(self) -> str:
        """As the output says."""
        return column_of(self.form.of)

    def labels(self) -> dict[str, str]:
        """Its reasons, if it thinks."""
        return {"reasons": "string"} if self.think else {}

    @cached_property
    def brief(self) -> Brief:
        """What Claude reads first. Raises DataError, ValueError."""
        return self.brief_of(self.page, self.form, task=self.task.strip())

    def ask(self, rows: Sequence[Row], name: str, streams: Streams) -> list[list[Prompt]]:
        """One question a row, its input in tags that say nothing of it; none where there is no input."""
        inputs = [get_path(row.values, self.of) for row in rows]
        return [
            [] if value is None else [self.prompt_for(row, name, streams, self.brief, row_text({"input": value}))]
            for row, value in zip(rows, inputs, strict=True)
        ]

    def read(self, row: Row, completions: Sequence[Completion]) -> Value | Refusal:
        """The answer, or which outcome took its place."""
        if not completions:
            return Labelled(None, dict.fromkeys(self.labels()))
        answer = self.form.read(completions[-1])
        if isinstance(answer, Refusal):
            return answer
        return Labelled(answer.value, {"reasons": answer.reasons}) if self.think else answer.value
