"""`kind: choice`: one of some options, all alike or by weight."""

from __future__ import annotations

from functools import cached_property
from itertools import accumulate, repeat
from math import isinf
from random import Random
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from synthgen.fields.shape import Count, PythonField, Role, Scalar, Weight
from synthgen.spec.parts import DEPENDS_HINT
from synthgen.spec.rows import Row, Value

EXACT = 2**53
"""The largest whole number up to which a column of numbers with a point holds every one."""


def _some_weight(options: list[Scalar] | dict[Scalar, float]) -> list[Scalar] | dict[Scalar, float]:
    if not options:
        raise ValueError("no options to choose from")
    if isinstance(options, dict) and not sum(options.values()):
        raise ValueError("all weights are 0, so nothing can be chosen", "give at least one option a weight above 0")
    if isinstance(options, dict) and isinf(sum(options.values())):
        raise ValueError("together the weights are larger than a number can be")
    if {type(option) for option in options} == {int, float} and (
        large := [option for option in options if isinstance(option, int) and abs(option) > EXACT]
    ):
        raise ValueError(f"{large[0]:,} cannot stand exactly beside numbers with a point", "write all options in quotes, as text")
    return options


def _no_options_within(options: Any) -> Any:
    nested = next((option for option in options.values() if isinstance(option, list | dict)), None) if isinstance(options, dict) else None
    if nested is not None:
        raise ValueError("options within options: what may be chosen cannot depend on another field here", DEPENDS_HINT)
    return options


class Choice(PythonField):
    """One of `options`: a list, or weights by option."""

    role: ClassVar[Role] = "label"

    kind: Literal["choice"] = "choice"
    options: Annotated[list[Scalar] | dict[Scalar, Weight], AfterValidator(_some_weight), BeforeValidator(_no_options_within)] = Field(
        description="a list, or weights such as {card declined: 4, lost card: 2}"
    )

    def literals(self) -> list[Any]:
        """Its options."""
        return [*super().literals(), *self.options]

    @cached_property
    def _values(self) -> list[Scalar]:
        values = list(self.options)
        return values if len({type(value) for value in values}) == 1 or self.column() == "float64" else [*map(_word, values)]

    @cached_property
    def _weights(self) -> list[float]:
        weights = self.options.values() if isinstance(self.options, dict) else [1.0] * len(self.options)
        return list(accumulate(weights))

    def make(self, row: Row, stream: Random) -> Value:
        """One option."""
        return stream.choices(self._values, cum_weights=self._weights)[0]

    def distinct(self, of: Count) -> int:
        """The options that can be chosen."""
        weights = self.options.values() if isinstance(self.options, dict) else repeat(1)
        return len({value for value, weight in zip(self._values, weights, strict=False) if weight})

    def column(self) -> str:
        """Truth values, whole numbers, numbers, or text for anything mixed."""
        types = {type(option) for option in self.options}
        if types == {bool}:
            return "bool"
        if types == {int}:
            return "int64"
        return "float64" if types <= {int, float} else "string"


def _word(option: Scalar) -> str:
    return str(option).lower() if isinstance(option, bool) else str(option)
