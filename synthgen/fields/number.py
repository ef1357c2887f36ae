"""`kind: number`: a number between two bounds, or from a named distribution."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from functools import cached_property
from math import isfinite
from random import Random
from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, Field

from synthgen.errors import DataError
from synthgen.fields.dependent import SKIP, NumberOrTemplate, lacking, shortened, value_of
from synthgen.fields.shape import LARGEST_INT, Count, Others, PythonField, Role
from synthgen.spec import render
from synthgen.spec.numerals import Fixed
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
WHOLE = "say how many places they have, such as decimals: 2"


def _in_order(bounds: list[float | str]) -> list[float | str]:
    fixed = [bound for bound in bounds if not isinstance(bound, str)]
    if len(fixed) == len(bounds):
        in_order(fixed)
    return bounds


class Number(PythonField):
    """A number `between` two bounds, or of a `distribution`. Both bounds may occur; a distribution is cut off at them if they are given.
    A bound may be a template, and the numbers are whole then, unless the other bound or `decimals` says otherwise.

    normal: mean, sd · lognormal: mu and sigma of its logarithm · poisson: mean · exponential: mean.
    """

    role: ClassVar[Role] = "fact"

    kind: Literal["number"] = "number"
    between: Annotated[list[NumberOrTemplate], Field(min_length=2, max_length=2), AfterValidator(_in_order)] | None = Field(
        None, description='two numbers, such as [1, 100], or templates, such as [1, "{{ most }}"]'
    )
    distribution: Literal["uniform", "normal", "lognormal", "poisson", "exponential"] = Field(
        "uniform", json_schema_extra={"description": "normal (mean, sd), lognormal (mu, sigma), poisson or exponential (mean)"}
    )
    mean: float | None = Field(None, json_schema_extra={"description": "of normal, poisson and exponential"})
    sd: Annotated[float, Field(gt=0)] | None = Field(None, json_schema_extra={"description": "the standard deviation of normal"})
    mu: float | None = Field(
        None, json_schema_extra={"description": "of lognormal: the mean of the logarithm, such as 4.0 for a median of 55"}
    )
    sigma: Annotated[float, Field(gt=0)] | None = Field(
        None, json_schema_extra={"description": "of lognormal: the standard deviation of the logarithm"}
    )
    decimals: Annotated[int, Field(ge=0, le=12)] | None = Field(
        None, description="places after the point, all of which stand in text: 20.40 (default: 0 for whole bounds, else 2)"
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
        in_place_of = dict(zip(strange, missing, strict=False))  # one slip, one mistake
        if lacking_keys := missing[len(in_place_of) :]:
            message = f"missing key{'s' if len(lacking_keys) > 1 else ''} {' and '.join(lacking_keys)}"
            yield PartMistake(("distribution",), message, takes)
        for name in strange if "distribution" in self.model_fields_set else []:
            message = f"'{name}' is not a parameter of the {self.distribution} distribution"
            also = f", and {in_place_of[name]} is missing" if name in in_place_of else ""
            yield PartMistake((name,), message + also, takes, at_key=True)
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
        if self._fixed is not None and self._grid[0] > self._grid[1]:
            yield PartMistake(("between",), self._no_number(*self._fixed))
        elif self._fixed is not None and not all(map(self._fits, map(self._at, self._grid))):
            yield PartMistake(
                ("between",), f"{TOO_LARGE}: from {-LARGEST_INT - 1:,} to {LARGEST_INT:,}", "with decimals: 1 they can be larger"
            )

    def reads(self) -> Iterator[tuple[tuple[str | int, ...], str]]:
        """The fields that its bounds are made from."""
        yield from super().reads()
        for place, bound in self._templates.items():
            yield from ((("between", place), name) for name in sorted(render.names(bound)))

    def needs(self, others: Others) -> Iterator[PartMistake]:
        """Bounds that lack a value or have places that these numbers have not, or that lie beyond the other bound."""
        for place, bound in self._templates.items():
            at, (keys, source) = ("between", place), others.named(bound) or ((), None)
            yield from lacking(self, bound, at, others)
            if not isinstance(source, Number):
                continue
            name = str(keys[-1])
            if self._whole and source.places:
                yield PartMistake(at, f"'{name}' has {source.places} decimals, and these numbers have none", WHOLE, name)
            other = (self.between or [])[1 - place]
            if source._fixed is None or isinstance(other, str) or self.when is not None:
                continue
            low, high = source._fixed
            if place == 0 and high > other:
                yield PartMistake(at, f"'{name}' is up to {high:.15g}, above the most, {other:.15g}", f"mend `between`, or {SKIP}", name)
            elif place == 1 and low < other:
                yield PartMistake(at, f"'{name}' is {low:.15g} or more, below the least, {other:.15g}", f"mend `between`, or {SKIP}", name)

    @property
    def _templates(self) -> dict[int, str]:
        """The bounds that are templates, by their places."""
        return {place: bound for place, bound in enumerate(self.between or []) if isinstance(bound, str)}

    @cached_property
    def _fixed(self) -> tuple[float, float] | None:
        """The bounds, if they are the same for all rows."""
        fixed = [bound for bound in self.between or [] if not isinstance(bound, str)]
        return (fixed[0], fixed[1]) if len(fixed) == 2 else None

    @property
    def _whole(self) -> bool:
        """Whether the numbers are whole because nothing says otherwise."""
        return self.places == 0 and self.decimals is None and self.distribution == "uniform"

    @cached_property
    def places(self) -> int:
        """Places after the point."""
        if self.decimals is not None:
            return self.decimals
        bounds = [0.5] if self.between is None else [bound for bound in self.between if not isinstance(bound, str)]
        integral = all(float(bound).is_integer() for bound in bounds)
        return 0 if self.distribution == "poisson" or (self.distribution == "uniform" and integral) else 2

    def make(self, row: Row, stream: Random) -> Value:
        """One number, rounded to its places and inside its bounds. Raises DataError where the row's own bounds are none."""
        if self.between is None:
            return self._rounded(self._draw(stream))
        fixed = self._fixed
        low, high = fixed or self._bounds_of(row)
        grid = self._grid if fixed else self._steps(low, high)
        if self.distribution == "uniform":
            if self.places <= 6:  # every value of the grid is as likely as the next
                return self._at(stream.randint(*grid))
            return self._rounded(stream.uniform(low, high))
        value: float | int = low
        for _ in range(REDRAWS):
            value = self._rounded(self._draw(stream))
            if low <= value <= high:
                return value
        first, last = map(self._at, grid)
        return min(max(value, first), last)

    def _bounds_of(self, row: Row) -> tuple[float, float]:
        """The bounds of one row. Raises DataError."""
        where = f"{row.table}, row {row.index}"
        low, high = (self._number(bound, row) if isinstance(bound, str) else bound for bound in self.between or [])
        if low > high:
            raise DataError(f"{where}: the least, {low:.15g}, is more than the most, {high:.15g}", f"mend `between`, or {SKIP}")
        first, last = self._steps(low, high)
        if first > last:
            raise DataError(f"{where}: {self._no_number(low, high)}", f"say more `decimals`, or {SKIP}")
        if not (self._fits(self._at(first)) and self._fits(self._at(last))):
            raise DataError(f"{where}: between {low:g} and {high:g}: {TOO_LARGE}", "with decimals: 1 they can be larger")
        return low, high

    def _number(self, bound: str, row: Row) -> float:
        value, where = value_of(bound, row), f"{row.table}, row {row.index}"
        try:
            number = float("" if isinstance(value, bool) else value)
        except (ValueError, TypeError, OverflowError):
            number = float("nan")
        if not isfinite(number):
            raise DataError(f"{where}: '{shortened(value)}', which {bound} gives, is no number", "give `between` numbers")
        if self._whole and not number.is_integer():
            raise DataError(f"{where}: {number:.15g}, which {bound} gives, is not a whole number, as these are", WHOLE)
        return number

    @cached_property
    def _grid(self) -> tuple[int, int]:
        """The first and the last value between the bounds, in steps of the last place."""
        return self._steps(*self._fixed or (0.0, 0.0))

    def _steps(self, low: float, high: float) -> tuple[int, int]:
        """The same for bounds of a row."""
        least, most = (Decimal(repr(bound)).scaleb(self.places) for bound in (low, high))
        return int(least.to_integral_value(ROUND_CEILING)), int(most.to_integral_value(ROUND_FLOOR))

    def _no_number(self, low: float, high: float) -> str:
        return f"no number with {self.places} decimals lies between {low:g} and {high:g}"

    def _fits(self, value: float) -> bool:
        """Whether the column can hold a value."""
        return isinstance(value, float) or -LARGEST_INT - 1 <= value <= LARGEST_INT

    def _at(self, step: int) -> float | int:
        return Fixed(step / 10**self.places, self.places) if self.places else step

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
        return Fixed(round(value, self.places) + 0.0, self.places) if self.places else round(value)  # + 0.0: no -0.0

    def distinct(self, of: Count) -> int | None:
        """The numbers with so many places between the bounds."""
        first, last = self._grid
        return None if self._fixed is None else last - first + 1

    def column(self) -> str:
        """Whole numbers, or numbers with places."""
        return "float64" if self.places else "int64"
