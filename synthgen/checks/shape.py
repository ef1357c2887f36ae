"""The shape of a check: a reason to refuse a row, judged as soon as the fields that it reads are made."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, ClassVar

from pydantic import Field

from synthgen.fields.shape import FieldShape, Others
from synthgen.spec.parts import Part, PartMistake
from synthgen.spec.rows import Row


class Check(Part):
    """Refuses rows. A check that compares a row with earlier ones keeps what it must know of them in a memory."""

    to: ClassVar[str] = "refused"
    """The configuration that a refused row goes to."""
    final: ClassVar[bool] = False
    """Whether a refused row is not tried again."""

    in_words: ClassVar[str] = ""
    """Why a row is made again, for somebody who waits for it; empty where its kind says it."""
    distinct: ClassVar[bool] = False
    """Whether each row must have another value of its field."""

    field: str = Field(description="the field that is checked")

    def reads(self) -> Iterator[tuple[tuple[str, ...], str]]:
        """The columns that the check looks at, each with the key that names it."""
        yield ("field",), self.field

    def needs(self, others: Others) -> Iterator[PartMistake]:
        """What is wrong between it and the fields that it names, as a field says it."""
        yield from ()

    def memory(self, sources: Sequence[FieldShape]) -> Any:
        """What the check knows before the first row. `sources` are the checked field and all that it is made from."""
        return None

    def refuse(self, row: Row, memory: Any) -> str | None:
        """Why the row is refused, or None. A row that is let through is remembered."""
        raise NotImplementedError

    def forget(self, row: Row, memory: Any) -> None:
        """Undo the remembering: another check has refused the row."""

    def at(self, row: Row) -> str:
        """Where a row is checked, for an error."""
        return f"{row.table}, row {row.index}, {self.field}"

    @property
    def remembers(self) -> bool:
        """Whether a row's verdict depends on other rows."""
        return False

    @property
    def remembered(self) -> tuple[str, ...]:
        """The columns that it must see again of finished rows, when a run goes on; those that there are."""
        return (self.field,)


def words(value: object) -> int:
    """How many words a text has, counted as people do: by the spaces."""
    return len(str(value).split())
