"""`kind: unique`: no value twice in the table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Literal

from synthgen.checks.shape import Check
from synthgen.fields.shape import FieldShape
from synthgen.spec.digests import number_of
from synthgen.spec.rows import Row


class Unique(Check):
    """Refuses a value that an earlier row has. Eight bytes of a hash are kept per row: two different values in a
    million rows are taken for the same once in some forty million runs."""

    distinct: ClassVar[bool] = True

    kind: Literal["unique"] = "unique"

    def memory(self, sources: Sequence[FieldShape]) -> set[int]:
        """The hashes of the values so far."""
        return set()

    def refuse(self, row: Row, memory: Any) -> str | None:
        """The value, when it is there already."""
        key = self._key(row)
        if key in memory:
            return f"seen before: {str(row.values[self.field])[:120]}"
        memory.add(key)
        return None

    def forget(self, row: Row, memory: Any) -> None:
        """Make room for the value again."""
        memory.discard(self._key(row))

    def _key(self, row: Row) -> int:
        value = row.values[self.field]
        if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**53:
            value = float(value)  # as a column of numbers holds it
        return number_of(repr(value))

    @property
    def remembers(self) -> bool:
        """Always."""
        return True
