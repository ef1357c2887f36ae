"""The options of a choice: the same in every row, by the value of another field, or a list that the row itself has."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from math import isinf
from typing import Annotated, Any, NamedTuple

from pydantic import AfterValidator, Discriminator, Field, Tag

from synthgen.fields.dependent import Expression, is_template
from synthgen.fields.shape import Scalar, Weight
from synthgen.spec.rows import to_text

EXACT = 2**53
"""The largest whole number up to which a column of numbers with a point holds every one."""


class Option(NamedTuple):
    """An option, its weight, and the way to it from the options' own key; `at_key` says that the option is the key there."""

    value: bool | int | float | str
    weight: float
    at: tuple[Any, ...]
    at_key: bool


def _some_weight(options: list[Scalar] | dict[Scalar, float]) -> list[Scalar] | dict[Scalar, float]:
    if not options:
        raise ValueError("no options to choose from")
    if isinstance(options, dict) and not sum(options.values()):
        raise ValueError("all weights are 0, so nothing can be chosen", "give at least one option a weight above 0")
    if isinstance(options, dict) and isinf(sum(options.values())):
        raise ValueError("together the weights are larger than a number can be")
    return options


def _exact(options: Any) -> Any:
    values = [option.value for option in each_option(options)]
    if {type(value) for value in values} == {int, float} and (
        large := [value for value in values if isinstance(value, int) and abs(value) > EXACT]
    ):
        raise ValueError(f"{large[0]:,} cannot stand exactly beside numbers with a point", "write all options in quotes, as text")
    return options


Weighed = Annotated[list[Scalar] | dict[Scalar, Weight], AfterValidator(_some_weight)]
"""A list of options, or weights by option."""


def _told_apart(options: dict[Scalar, Any]) -> dict[Scalar, Any]:
    counts = Counter(map(key_text, options))
    if twice := [text for text, count in counts.items() if count > 1]:
        raise ValueError(f"two lists of options for {twice[0]}", "a value is told by its text: make one list of both")
    return options


def is_by_value(options: object) -> bool:
    """Whether options are within options: lists or weights by the value of another field."""
    return isinstance(options, Mapping) and any(isinstance(inner, list | Mapping) for inner in options.values())


def _form(options: object) -> str:
    return "(template)" if is_template(options) else "(by value)" if is_by_value(options) else "(fixed)"


Options = Annotated[
    Annotated[Weighed, Tag("(fixed)")]
    | Annotated[
        dict[Scalar, Weighed],
        AfterValidator(_told_apart),
        Tag("(by value)"),
        Field(description="with `of`: a list, or weights, for each of its values"),
    ]
    | Annotated[Expression, Tag("(template)"), Field(description='a list of the row, such as "{{ ticket.tags }}"')],
    Discriminator(_form),
    AfterValidator(_exact),
]


def each_option(options: object, at: tuple[Any, ...] = ()) -> Iterator[Option]:
    """All options that are written; none of a template's."""
    if is_by_value(options) and isinstance(options, Mapping):
        for key, inner in options.items():
            yield from each_option(inner, (*at, key))
    elif isinstance(options, Mapping):
        yield from (Option(value, weight, (*at, value), True) for value, weight in options.items())
    elif isinstance(options, list):
        yield from (Option(value, 1.0, (*at, place), False) for place, value in enumerate(options))


def key_text(value: object) -> str:
    """What a value is told by among the keys of options: 1, 1.0 and "1" are the same, and true and "true"."""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else to_text(value)
