"""The shape of a check: a reason to refuse a row, judged as soon as the fields that it reads are made."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from pydantic import Field

from synthgen.fields.shape import FieldShape
from synthgen.parts import Part
from synthgen.rows import Row


class Check(Part):
    """Refuses rows. A check that compares a row with earlier ones keeps what it must know of them in a memory."""

    field: str = Field(description="the field that is checked")

    def reads(self) -> Iterator[tuple[tuple[str, ...], str]]:
        """The columns that the check looks at, each with the key that names it."""
        yield ("field",), self.field

    def memory(self, sources: Sequence[FieldShape]) -> Any:
        """What the check knows before the first row. `sources` are the checked field and all that it is made from."""
        return None

    def refuse(self, row: Row, memory: Any) -> str | None:
        """Why the row is refused, or None. A row that is let through is remembered."""
        raise NotImplementedError

    def forget(self, row: Row, memory: Any) -> None:
        """Undo the remembering: another check has refused the row."""

    @property
    def remembers(self) -> bool:
        """Whether a row's verdict depends on other rows."""
        return False


class AskedCheck(Check):
    """A check that asks a base model how likely texts are."""

    by: str = Field("typist", description="the model's name in `models`")

    def ask(self, row: Row, memory: Any) -> list[tuple[str, str]]:
        """What the model shall judge: pairs of a frame, and a text that might continue it."""
        raise NotImplementedError

    def judge(self, row: Row, memory: Any, scores: Sequence[float]) -> str | None:
        """Why the row is refused, or None, given the log-likelihood of each text in its frame."""
        raise NotImplementedError


def words(value: object) -> int:
    """How many words a text has, counted as people do: by the spaces."""
    return len(str(value).split())
