"""`kind: not_copied`: a text that does not repeat a seed message."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from synthgen.checks.shape import Check
from synthgen.errors import DataError
from synthgen.fields.shape import FieldShape
from synthgen.spec.parts import PartMistake, unreadable_file
from synthgen.spec.rows import Row
from synthgen.text import files
from synthgen.text.originals import LEARNED, RUN, Originals
from synthgen.text.sources import is_export, source_files


class NotCopied(Check):
    """Refuses a text that repeats a seed message, or a long `run` of words of one. Case, punctuation and spacing make no difference. The
    seeds of the typed fields behind the text count, and the messages of `file`, if one is named; a tuned model's folder stands for the
    messages that it learned from."""

    kind: Literal["not_copied"] = "not_copied"
    run: int = Field(RUN, ge=2, description="how many words in a row make a copy")
    file: str | None = Field(
        None, description="other messages that must not be repeated, such as your logs; or the folder of a tuned model"
    )

    file_field: str | None = Field(None, min_length=1, description="the field of the records in `file` that holds the messages")

    def mistakes(self) -> Iterator[PartMistake]:
        """A file that cannot be read."""
        try:
            self._others()
        except (DataError, ValueError) as error:
            yield unreadable_file(("file",), error, self._context)

    def files(self) -> list[Path]:
        """The file, if one is named."""
        return source_files(self._place) if self.file else []

    @property
    def _place(self) -> Path:
        place = self._context.path(self.file or "")
        return self._context.path(str(place / LEARNED)) if place.is_dir() and not is_export(place) else place

    def _others(self) -> Originals:
        originals = Originals(run=self.run)
        if self.file and self._place.name == LEARNED:
            originals.add(Originals.load(self._place))
        elif self.file:
            originals = Originals(files.messages(self._place, self.file_field or ""), self.run)
        return originals

    def memory(self, sources: Sequence[FieldShape]) -> Originals:
        """The originals, and every run of words in them."""
        originals = self._others()
        originals.add(Originals((seed for field in sources for seed in field.originals), self.run))
        return originals

    def refuse(self, row: Row, memory: Any) -> str | None:
        """What was copied."""
        text = str(row.values[self.field])
        copied = memory.copied(text)
        return None if copied is None else f"repeats: {copied}" if copied else f"equals a seed message: {text}"
