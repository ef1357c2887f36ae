"""`kind: claude`: what Claude answers to a task about a row: text, or values of a given form."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, Field

from synthgen.errors import DataError
from synthgen.fields.answer import AnswerForm, column_of, files_of, output_mistakes, schema_of
from synthgen.fields.instructed import Instructed, Shows, row_text, seen
from synthgen.fields.shape import Others, Role, Template, fill
from synthgen.spec import render
from synthgen.spec.numerals import as_number, as_typed, options_as_typed
from synthgen.spec.parts import PartMistake, unreadable_file
from synthgen.spec.rows import Brief, Completion, Labelled, Prompt, Refusal, Row, Value, to_text
from synthgen.spec.streams import Streams
from synthgen.text import files


def _options(spec: Any) -> Any:
    """An `output` whose options are as they were typed; a JSON Schema's numbers are numbers."""
    if isinstance(spec, dict) and [*spec] != ["schema"]:
        return {name: _options(part) for name, part in spec.items()}
    return options_as_typed(spec) if isinstance(spec, list) else as_number(spec)


def _examples(examples: Any) -> Any:
    """Examples as they were typed; the numbers in an output with parts are numbers."""
    if not isinstance(examples, list):
        return examples
    return [
        {key: as_number(value) if isinstance(value, dict | list) and key == "output" else as_typed(value) for key, value in example.items()}
        if isinstance(example, dict)
        else example
        for example in examples
    ]


Output = Annotated[
    Any,
    BeforeValidator(_options),
    Field(
        description="the form of the answer: text, number, integer, boolean, [options], {list: …}, {name: …}, or {schema: a JSON "
        "Schema} (default: text)",
        json_schema_extra={"examples": ["number", ["yes", "no"], {"reply": "text", "escalate": "boolean"}]},
    ),
]
Think = Annotated[bool, Field(description="it writes its reasons down before it answers; they ship as FIELD_reasons")]


class Claude(Instructed):
    """What Claude answers to a `task` about the row."""

    role: ClassVar[Role] = "answer"

    page: ClassVar[str] = "claude"
    kind: Literal["claude"] = "claude"
    task: Template = Field(min_length=1, description="what to do, in plain words; it may name fields: {{ message }}")
    shows: Shows = None
    examples: Annotated[list[dict[str, Any]] | str | None, BeforeValidator(_examples)] = Field(
        None, description="examples of what is wanted: a list of {input: …, output: …}, or a file of such records"
    )
    output: Output = None
    think: Think = False
    writes: Literal["illustrative", "concrete"] | None = Field(
        None,
        description="for a task that asks for examples: illustrative ones teach an idea and are unlike the data, concrete ones look "
        "just like it",
    )

    @cached_property
    def form(self) -> AnswerForm:
        """The form of its answers. Raises DataError, ValueError."""
        return AnswerForm(schema_of(self.output, self._context), self.think, self.out or "")

    @cached_property
    def names_fields(self) -> bool:
        """Whether the task is another one for each row."""
        return "{" in self.task and bool(render.names(self.task))

    def mistakes(self) -> Iterator[PartMistake]:
        """What is wrong in the output, the examples and the documents."""
        yield from super().mistakes()
        if not self.task.strip():
            yield PartMistake(("task",), "the task is empty", "say in plain words what to do")
        outputs = list(output_mistakes(self.output, self._context))
        yield from outputs
        if self.examples is not None and not outputs:
            yield from self._example_mistakes()

    def _example_mistakes(self) -> Iterator[PartMistake]:
        try:
            records = self._records
        except (DataError, ValueError) as error:
            yield unreadable_file(("examples",), error, self._context)
            return
        if not records:
            yield PartMistake(("examples",), "no examples", "such as [{input: my card is gone, output: lost card}]")
        for number, record in enumerate(records):
            at, which = (("examples", number), "") if isinstance(self.examples, list) else (("examples",), f"example {number + 1}: ")
            if record.keys() != {"input", "output"}:
                yield PartMistake(
                    at, f"{which}an example has an 'input' and an 'output'", f"here: {', '.join(map(str, record)) or 'nothing'}"
                )
            elif why := self.form.misfit(self._output_of(record)):
                inner = (*at, "output") if isinstance(self.examples, list) else at
                yield PartMistake(inner, f"{which}its output is not of the form that is asked for: {why}")

    @cached_property
    def _records(self) -> list[dict[str, Any]]:
        return list(files.records(self._context.path(self.examples))) if isinstance(self.examples, str) else list(self.examples or [])

    def _output_of(self, example: dict[str, Any]) -> Any:
        """The output of an example; one from a file that holds text only may be JSON, and text that was typed like 00501 a number."""
        output = example["output"]
        if isinstance(output, str) and self.form.of is not None and self.form.misfit(output):
            for read in (json.loads, int):
                with suppress(ValueError, RecursionError):
                    return read(output)
        return output

    def files(self) -> list[Path]:
        """The documents, the file of examples, that of the schema, and the prompt."""
        return [
            *super().files(),
            *([self._context.path(self.examples)] if isinstance(self.examples, str) else []),
            *files_of(self.output, self._context),
        ]

    def reads(self) -> Iterator[tuple[tuple[str | int, ...], str]]:
        """The fields that it sees and those that the task names."""
        yield from super().reads()
        yield from ((("task",), name) for name in sorted(render.names(self.task)))

    def needs(self, others: Others) -> Iterator[PartMistake]:
        """Something of the row to see, and parts of fields that there are."""
        if not others.inherits and self.shows is None and not self.names_fields:
            yield PartMistake(
                ("task",),
                "Claude would see nothing of the row: it has no fields of a parent row, and the task names none",
                "say which fields it sees: shows: [message]",
            )
        yield from super().needs(others)

    def column(self) -> str:
        """As the output says."""
        return column_of(self.form.of)

    def answers(self) -> list[str]:
        """The outputs of its examples."""
        return [self._shown(record["output"]) for record in self._records if "output" in record]

    def labels(self) -> dict[str, str]:
        """Its reasons, if it thinks."""
        return {"reasons": "string"} if self.think else {}

    @cached_property
    def brief(self) -> Brief:
        """What Claude reads first. Raises DataError, ValueError."""
        examples = [{"input": to_text(record["input"]), "output": self._shown(self._output_of(record))} for record in self._records]
        return self.brief_of(
            self.page, self.form, task="" if self.names_fields else self.task.strip(), examples=examples, writes=self.writes
        )

    def _shown(self, output: Any) -> str:
        return str(output) if self.form.plain else json.dumps(output, ensure_ascii=False, default=str)

    def ask(self, rows: Sequence[Row], name: str, streams: Streams) -> list[list[Prompt]]:
        """One question a row."""
        return [[self.prompt_for(row, name, streams, self.brief, self._text(row))] for row in rows]

    def _text(self, row: Row) -> str:
        task = fill(self.task, row.values, f"{row.table}, row {row.index}, task").strip() if self.names_fields else ""
        return row_text(seen(row, [] if self.names_fields and self.shows is None else self.shows), task=task)

    def read(self, row: Row, completions: Sequence[Completion]) -> Value | Refusal:
        """The answer, or which outcome took its place."""
        answer = self.form.read(completions[-1])
        if isinstance(answer, Refusal):
            return answer
        return Labelled(answer.value, {"reasons": answer.reasons}) if self.think else answer.value
