"""`kind: template`: text made from other fields."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod
from random import Random
from typing import ClassVar, Literal

from pydantic import Field

from synthgen.fields.shape import Count, PythonField, fill
from synthgen.fields.shape import Template as TemplateText
from synthgen.spec import render
from synthgen.spec.rows import Row, Value


class Template(PythonField):
    """Text made from other fields by a `template`, such as `ORD-{{ number }}`."""

    draws: ClassVar[bool] = False
    kind: Literal["template"] = "template"
    template: TemplateText = Field(description="text with {{ field }} where a field's value goes")

    def reads(self) -> Iterator[tuple[tuple[str | int, ...], str]]:
        """The fields that the template names."""
        yield from super().reads()
        yield from ((("template",), name) for name in sorted(render.names(self.template)))

    def distinct(self, of: Count) -> int | None:
        """As many as there are combinations of what it reads."""
        counts = [of(name) for name in sorted(render.names(self.template))]
        return None if None in counts else prod(count for count in counts if count is not None)

    def make(self, row: Row, stream: Random) -> Value:
        """The text."""
        return fill(self.template, row.values, f"{row.table}, row {row.index}")
