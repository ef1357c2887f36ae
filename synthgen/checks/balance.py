"""`kind: balance`: no value has more of the rows than its share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from functools import cached_property
from math import ceil, floor
from typing import Annotated, Any, Literal

from pydantic import Field

from synthgen.checks.shape import Check
from synthgen.fields.shape import FieldShape, Scalar, Weight
from synthgen.spec.parts import PartMistake
from synthgen.spec.rows import Row

Shares = Annotated[list[Scalar], Field(min_length=1)] | Annotated[dict[Scalar, Weight], Field(min_length=1)]


class Balance(Check):
    """Refuses a row whose value has had its share of the rows so far. So a table comes out balanced by what a model or a label says of it.

    Without `shares` all values that have come so far have equal shares: the table comes out as even as can be, and waits
    for a value that has come once and hardly ever comes again. With `shares`, a list (all alike) or weights, a value that
    is not named is refused. No value ever has more than its share of the rows so far, rounded up, or in longer tables than
    its share times 1 + `tolerance`. Some value is always welcome, so a table never waits for nothing.
    """

    kind: Literal["balance"] = "balance"
    shares: Shares | None = Field(None, description="a list of values, all alike, or weights such as {short: 2, long: 1}")
    tolerance: float = Field(0.1, ge=0, description="how far over its share a value may go: 0.1 lets a half be 55 %")

    def mistakes(self) -> Iterator[PartMistake]:
        """Weights of which none is above 0, and values that are the same."""
        if self.shares is not None and not sum(self._shares.values()):
            yield PartMistake(("shares",), "all shares are 0, so every row would be refused", "give at least one value a share above 0")
        duplicates = [value for value, count in Counter(map(_word, self.shares or ())).items() if count > 1]
        if duplicates:
            yield PartMistake(("shares",), f"'{duplicates[0]}' is there twice", word=duplicates[0])

    def memory(self, sources: Sequence[FieldShape]) -> Counter[str]:
        """How many rows each value has."""
        return Counter()

    @cached_property
    def _shares(self) -> dict[str, float]:
        weights = self.shares if isinstance(self.shares, dict) else dict.fromkeys(self.shares or (), 1.0)
        total = sum(weights.values()) or 1
        return {_word(value): weight / total for value, weight in weights.items()}

    def refuse(self, row: Row, memory: Any) -> str | None:
        """How many rows its value has, when those are enough."""
        value = self._named(row)
        if self.shares is not None and value not in self._shares:
            return f"{value[:120]} is none of the shares"
        share = self._shares[value] if self.shares is not None else 1 / len(memory.keys() | {value})
        rows = memory.total()
        due = share * (rows + 1)
        if memory[value] >= max(ceil(due - 1e-9), floor(due * (1 + self.tolerance) + 1e-9)):
            return f"{value[:120]} has {memory[value]} of {rows} rows, and its share is {share:.1%}"
        memory[value] += 1
        return None

    def forget(self, row: Row, memory: Any) -> None:
        """Count the row out again."""
        value = self._named(row)
        memory[value] -= 1
        if memory[value] <= 0:
            del memory[value]  # or it would count as a value that has come

    def _named(self, row: Row) -> str:
        """The value as it is counted: a number under the share that is this number, such as 1.10."""
        value, word = row.values[self.field], _word(row.values[self.field])
        numbers = self._numbers if isinstance(value, int | float) and not isinstance(value, bool) and word not in self._shares else {}
        return numbers.get(float(value), word) if numbers else word

    @cached_property
    def _numbers(self) -> dict[float, str]:
        numbers = dict[float, str]()
        for word in self._shares:
            with suppress(ValueError):
                numbers[float(word)] = word
        return numbers

    @property
    def remembers(self) -> bool:
        """Always."""
        return True


def _word(value: object) -> str:
    """A value as it is counted: the same whether it comes from the recipe, from a field, or from a column of numbers."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(float(value))
    return str(value)
