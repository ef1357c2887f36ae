"""`kind: not_copied`: a text that says something of its own, and no seed message over again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from synthgen import files, frames
from synthgen.checks.shape import Check
from synthgen.errors import DataError
from synthgen.fields.shape import FieldShape
from synthgen.fields.typed import Typed
from synthgen.parts import Fault, misread
from synthgen.rows import Row


class NotCopied(Check):
    """Refuses a text that equals a seed message but for case, punctuation and spacing, or shares a long `run` of words
    with one. The seeds of the typed fields behind the text count, and the messages of `file`, if one is named."""

    kind: Literal["not_copied"] = "not_copied"
    run: int = Field(8, ge=2, description="how many words in a row make a copy")
    file: str | None = Field(None, description="other messages that must not be repeated, such as your logs")

    def faults(self) -> Iterator[Fault]:
        """A file that cannot be read."""
        try:
            self._others()
        except (DataError, ValueError) as error:
            yield misread(("file",), error, self._scene)

    def files(self) -> list[Path]:
        """The file, if one is named."""
        return [self._scene.path(self.file)] if self.file else []

    def _others(self) -> list[str]:
        return files.messages(self._scene.path(self.file)) if self.file else []

    def memory(self, sources: Sequence[FieldShape]) -> tuple[set[str], set[tuple[str, ...]]]:
        """The originals, and every run of words in them."""
        originals = [*self._others(), *(seed for field in sources if isinstance(field, Typed) for seed in field.originals)]
        essences = {frames.essence(text) for text in originals}
        return essences, {run for essence in essences for run in frames.runs(essence.split(), self.run)}

    def refuse(self, row: Row, memory: Any) -> str | None:
        """What was copied."""
        originals, runs = memory
        essence = frames.essence(str(row.values[self.field]))
        if essence and essence in originals:
            return f"equals a seed message: {row.values[self.field]}"
        copied = next((run for run in frames.runs(essence.split(), self.run) if run in runs), None)
        return f"repeats: {' '.join(copied)}" if copied else None
