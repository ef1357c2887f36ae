"""`kind: revise`: a typed message that Claude made to fit its facts, or harder, and that still looks as it was typed.

How it was typed is measured before and after (see `voices.mess`), and a revision that was polished is refused: a model that was taught
to write well tidies up what it touches.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, Literal

from pydantic import Field

from synthgen.errors import DataError
from synthgen.fields.answer import AnswerForm
from synthgen.fields.instructed import Instructed, Shows, enclosed, prompt_files, render_prompt, seen, tagged
from synthgen.fields.shape import Role, Template, fill
from synthgen.spec import render
from synthgen.spec.paths import get_path
from synthgen.spec.rows import Brief, Completion, Labelled, Prompt, Refusal, Row, Value
from synthgen.spec.streams import Streams
from synthgen.text.slots import as_typed, is_plain_words

KEPT = 0.7
MESSAGE: dict[str, Any] = {
    "type": "object",
    "properties": {"message": {"type": "string"}},
    "required": ["message"],
    "additionalProperties": False,
}


class Revise(Instructed):
    """The message in the field `of`, changed as the `task` says, with its mess kept."""

    role: ClassVar[Role] = "message"

    page: ClassVar[str] = "revise"
    kind: Literal["revise"] = "revise"
    of: str = Field(min_length=1, description="the field that holds the message, or a part of one")
    task: Template = Field("", description="what to change (default: make the message fit its row), such as: make it harder to understand")
    keep: float = Field(
        KEPT, ge=0, le=1, description="how much of what shows how it was typed must be left, such as 0.7 (the default); 0 refuses nothing"
    )
    shows: Shows = None

    def files(self) -> list[Path]:
        """The documents, and the files of the prompt."""
        return [*super().files(), *prompt_files("revise_row")]

    def reads(self) -> Iterator[tuple[tuple[str | int, ...], str]]:
        """The message, the fields that are shown beside it, and those that the task names."""
        yield from super().reads()
        yield from ((("task",), name) for name in sorted(render.names(self.task)))

    def labels(self) -> dict[str, str]:
        """How messy the message was before and after, and how much of that was kept."""
        return {"mess": "json"}

    @cached_property
    def form(self) -> AnswerForm:
        """The message, and nothing else."""
        return AnswerForm(MESSAGE, out=self.out or "")

    def form_of(self) -> None:
        """None: the message alone is its value."""
        return

    @cached_property
    def names_fields(self) -> bool:
        """Whether the task is another one for each row."""
        return bool(render.names(self.task))

    @cached_property
    def briefs(self) -> dict[bool, Brief]:
        """What Claude reads first, where there is something of the row to see and where there is not. Raises DataError, ValueError."""
        task = "" if self.names_fields else self.task.strip()
        return {facts: self.brief_of(self.page, self.form, task=task, named=self.names_fields, facts=facts) for facts in (True, False)}

    def ask(self, rows: Sequence[Row], name: str, streams: Streams) -> list[list[Prompt]]:
        """One question a row; none about a row without a message."""
        return [[self._prompt(row, name, streams)] if self._message(row).strip() else [] for row in rows]

    def _prompt(self, row: Row, name: str, streams: Streams) -> Prompt:
        task = fill(self.task, row.values, f"{row.table}, row {row.index}, task").strip() if self.names_fields else ""
        facts = {field_name: value for field_name, value in seen(row, self.shows).items() if field_name != self.of}
        text = render_prompt("revise_row", values=enclosed("row", facts), message=tagged({"message": self._message(row)}), task=task)
        return self.prompt_for(row, name, streams, self.briefs[bool(facts)], text)

    def _message(self, row: Row) -> str:
        message = get_path(row.values, self.of)
        if message is not None and not isinstance(message, str):
            raise DataError(
                f"{row.table}, row {row.index}: '{self.of}' is no text: {str(message)[:80]}", "make it a text with kind: template"
            )
        return message or ""

    def read(self, row: Row, completions: Sequence[Completion]) -> Value | Refusal:
        """The revised message and what it kept, or why there is none."""
        from synthgen.voices.mess import kept_mess, mess

        before = self._message(row)
        if not completions:
            return Labelled(get_path(row.values, self.of), {"mess": None})
        answer = self.form.read(completions[-1])
        if isinstance(answer, Refusal):
            return answer
        after = answer.value["message"].strip()
        if not after:
            return Refusal("empty")
        facts = self._facts(row, before)
        share, polish = kept_mess(before, after, facts)
        if self.keep and (polish or share < self.keep):
            loss = [] if share >= self.keep else [f"{share:.0%} of how it was typed is left, and {self.keep:.0%} must be"]
            return Refusal("polished", f"{'; '.join([*polish, *loss])}: {after}")
        return Labelled(after, {"mess": {"before": mess(before, facts), "after": mess(after, facts), "kept": round(share, 3)}})

    def _facts(self, row: Row, message: str) -> list[str]:
        """The facts whose spelling is theirs and not the typist's: names, codes, numbers, as they are and as they are typed."""
        facts = set[str]()
        for name, value in {**row.values, **seen(row, self.shows)}.items():
            if name != self.of and isinstance(value, str | int | float | datetime.date) and not isinstance(value, bool):
                forms = {str(value).strip(), as_typed(value, message)}
                if not is_plain_words(str(value)) and all(
                    2 * len(form) <= len(message) for form in forms
                ):  # a longer one is a message itself
                    facts |= forms
        return sorted(facts)
