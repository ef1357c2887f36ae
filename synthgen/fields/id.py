"""`kind: id`: a name for each row that stays the same when other rows change."""

from __future__ import annotations

from random import Random
from typing import Any, ClassVar, Literal

from pydantic import Field

from synthgen.fields.shape import PythonField, Role
from synthgen.spec.rows import Row, Value


class Id(PythonField):
    """A stable row id, `prefix-000042`. It depends on the row's place among its table's candidates, on nothing else."""

    role: ClassVar[Role] = "fact"

    draws: ClassVar[bool] = False
    kind: Literal["id"] = "id"
    prefix: str = Field("", description="what stands before the number (default: the table's name)")

    def literals(self) -> list[Any]:
        """The prefix."""
        return [*super().literals(), self.prefix]

    def make(self, row: Row, stream: Random) -> Value:
        """The id."""
        return f"{self.prefix or row.table}-{row.index:06d}"
