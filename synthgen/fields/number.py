"""`kind: number`: a number between two bounds, or from a named distribution."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from functools import cached_property
from random import Random
from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, Field

from synthgen.fields.shape import LARGEST_INT, Count, PythonField, Role
from synthgen.spec.parts import PartMistake, in_order
from synthgen.spec.rows import Row, Value

PARAMETERS: dict[str, tuple[str, ...]] = {
    "uniform": (),
    "normal": ("mean", "sd"),
    "lognormal": ("mu", "sigma"),
    "poisson": ("mean",),
    "exponential": ("mean",),
}
REDRAWS = 1000
TOO_LARGE = "a column of whole numbers has 64 bits"


class Number(PythonField):
    """A number `between` two bounds, or of a `distribution`. Both bounds may occur; a distribution is cut off at them if they are given.

    normal: mean, sd · lognormal: mu and sigma of its logarithm · poisson: mean · exponential: mean.
    """

    role: ClassVar[Role] = "fact"

    kind: Literal["number"] = "number"
    between: Annotated[list[float], Field(min_length=2, max_length=2), AfterValidator(in_order)] | None = None
    distribution: Literal["uniform", "normal", "lognormal", "poisson", "exponential"] = "uniform"
    mean: float | None = None
    sd: Annotated[float, Field(gt=0)] | None = None
    mu: float | None = None
    sigma: Annotated[float, Field(gt=0)] | None = None
    decimals: Annotated[int, Field(ge=0, le=12)] | None = Field(
        None, description="places after the point (default: 0 for whole bounds, else 2)"
    )

    def mistakes(self) -> Iterator[PartMistake]:
        """A distribution without its parameters, or with another's."""
        parameters = PARAMETERS[self.distribution]
        named_parameters = [name for name in ("mean", "sd", "mu", "sigma") if getattr(self, name) is not None]
        strange = [name for name in named_parameters if name not in parameters]
        missing = [f"'{name}'" for name in parameters if name not in named_parameters]
        takes = f"{self.distribution} takes {' and '.join(parameters) or 'only between: [low, high]'}"
        if self.distribution == "uniform" and self.between is None and not named_parameters:
            yield PartMistake((), "missing key 'between'", "a number takes between: [low, high], or a distribution with its parameters")
        if missing:
            yield PartMistake(("distribution",), f"missing key{'s' if len(missing) > 1 else ''} {' and '.join(missing)}", takes)
        for name in strange if "distribution" in self.model_fields_set else []:
            yield PartMistake((name,), f"'{name}' is not a parameter of the {self.distribution} distribution", takes, at_key=True)
        if named_parameters and "distribution" not in self.model_fields_set:
            hint = f"such as distribution: {next(name for name, takes in PARAMETERS.items() if named_parameters[0] in takes)}"
            yield PartMistake((named_parameters[0],), f"'{named_parameters[0]}' without a distribution that takes it", hint, at_key=True)
        if self.distribution in ("poisson", "exponential") and self.mean is not None and self.mean <= 0:
            yield PartMistake(("mean",), f"the mean of a {self.distribution} distribution is above 0, not {self.mean:g}")
        elif parameters and not missing:
            try:
                if not self._fits(self._rounded(self._draw(Random(0)))):
                    raise OverflowError(TOO_LARGE)
            except (OverflowError, ValueError) as error:
                yield PartMistake(("distribution",), f"with these parameters its numbers are too large: {error}")
        if self.between is not None and self._grid[0] > self._grid[1]:
            yield PartMistake(
                ("between",), f"no number with {self.places} decimals lies between {self.between[0]:g} and {self.between[1]:g}"
            )
        elif self.between is not None and not all(map(self._fits, map(self._at, self._grid))):
            yield PartMistake(
                ("between",), f"{TOO_LARGE}: from {-LARGEST_INT - 1:,} to {LARGEST_INT:,}", "with decimals: 1 they can be larger"
            )

    @property
    def places(self) -> int:
        """Places after the point."""
        if self.decimals is not None:
            return self.decimals
        integral = all(float(bound).is_integer() for bound in self.between or [0.5])
        return 0 if self.distribution == "poisson" or (self.distribution == "uniform" and integral) else 2

    def make(self, row: Row, stream: Random) -> Value:
        """One number, rounded to its places and inside its bounds."""
        if self.between is None:
            return self._rounded(self._draw(stream))
        low, high = self.between
        if self.distribution == "uniform":
            if self.places <= 6:  # every value of the grid is as likely as the next
                return self._at(stream.randint(*self._grid))
            return self._rounded(stream.uniform(low, high))
        value: float | int = low
        for _ in range(REDRAWS):
            value = self._rounded(self._draw(stream))
            if low <= value <= high:
                return value
        first, last = map(self._at, self._grid)
        return min(max(value, first), last)

    @cached_property
    def _grid(self) -> tuple[int, int]:
        """The first and the last value between the bounds, in steps of the last place."""
        low, high = (Decimal(repr(bound)).scaleb(self.places) for bound in self.between or (0, 0))
        return int(low.to_integral_value(ROUND_CEILING)), int(high.to_integral_value(ROUND_FLOOR))

    def _fits(self, value: float) -> bool:
        """Whether the column can hold a value."""
        return isinstance(value, float) or -LARGEST_INT - 1 <= value <= LARGEST_INT

    def _at(self, step: int) -> float | int:
        return step / 10**self.places if self.places else step

    def _draw(self, stream: Random) -> float:
        mean = self.mean or 0.0
        if self.distribution == "normal":
            return stream.gauss(mean, self.sd or 1.0)
        if self.distribution == "lognormal":
            return stream.lognormvariate(self.mu or 0.0, self.sigma or 1.0)
        if self.distribution == "exponential":
            return stream.expovariate(1 / mean)
        import numpy

        return float(numpy.random.Generator(numpy.random.PCG64(stream.getrandbits(64))).poisson(mean))

    def _rounded(self, value: float) -> float | int:
        return round(value, self.places) + 0.0 if self.places else round(value)  # + 0.0: no -0.0

    def distinct(self, of: Count) -> int | None:
        """The numbers with so many places between the bounds."""
        first, last = self._grid
        return None if self.between is None else last - first + 1

    def column(self) -> str:
        """Whole numbers, or numbers with places."""
        return "float64" if self.places else "int64"
