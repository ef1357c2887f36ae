"""Numbers that were typed otherwise than Python writes them: `00501`, `1.10`, `1_000`, `+49`, `1e3`. And `Fixed` ones, which text has with
all their places.

Where a recipe asks for a number they are that number. Where it takes text as well, as an option of a choice, they may be a postcode, a
telephone number or a version, and what was typed is kept, as text.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Self


class _Typed:
    text: str

    def __repr__(self) -> str:
        return self.text


class Whole(_Typed, int):
    """A whole number, and how it was typed."""


class Real(_Typed, float):
    """A number with a point or an exponent, and how it was typed."""


Numeral = Whole | Real


class Fixed(float):
    """A number that in text has all its places, as a price has: 20.40. It is 20.4 for whatever else reads it."""

    __slots__ = ("places",)
    places: int | None

    def __new__(cls, value: float, places: int | None = None) -> Self:
        """The number, with so many places after the point (None: as many as it needs, as of what libraries make of its class)."""
        fixed = super().__new__(cls, value)
        fixed.places = places
        return fixed

    def __str__(self) -> str:
        return repr(self) if self.places is None else f"{float(self):.{self.places}f}"

    def __reduce__(self) -> tuple[type[Fixed], tuple[float, int | None]]:
        return Fixed, (float(self), self.places)


def number(value: float, text: str) -> float:
    """A number that knows how it was typed, if Python writes it otherwise; an int stays whole."""
    if str(value) == text:
        return value
    kept: Numeral = Whole(value) if isinstance(value, int) else Real(value)
    kept.text = text
    return kept


def as_typed(value: Any) -> Any:
    """The value with the text that was typed in place of such a number, in all its parts."""
    return _each(value, lambda numeral: numeral.text)


def as_number(value: Any) -> Any:
    """The value with plain numbers in place of those that know how they were typed, in all its parts."""
    return _each(value, lambda numeral: int(numeral) if isinstance(numeral, int) else float(numeral))


def options_as_typed(value: Any) -> Any:
    """The same where a value may be anything: what stands in a list, or as a key, is an option, kept as it was typed, and where one
    option is text for that, all numbers among them are; all else is a number."""
    if isinstance(value, dict):
        return dict(zip(_options([*value]), map(options_as_typed, value.values()), strict=True))
    return list(map(options_as_typed, _options(value))) if isinstance(value, list) else as_number(value)


def _options(options: list[Any]) -> list[Any]:
    if not any(isinstance(option, Numeral) for option in options):
        return options
    return [str(option) if isinstance(option, int | float) and not isinstance(option, bool) else option for option in options]


def has_numerals(value: Any) -> bool:
    """Whether such a number is in any part of a value."""
    if isinstance(value, dict):
        return any(isinstance(key, Numeral) or has_numerals(inner) for key, inner in value.items())
    return any(map(has_numerals, value)) if isinstance(value, list) else isinstance(value, Numeral)


def _each(value: Any, convert: Callable[[Numeral], Any]) -> Any:
    if isinstance(value, dict):
        return {convert(key) if isinstance(key, Numeral) else key: _each(inner, convert) for key, inner in value.items()}
    if isinstance(value, list):
        return [_each(inner, convert) for inner in value]
    return convert(value) if isinstance(value, Numeral) else value
