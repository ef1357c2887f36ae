"""What the keywords of a JSON Schema may be given: a keyword with a value of another kind says nothing, and nothing else is looked at."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from synthgen.spec import patterns
from synthgen.spec.parts import PartMistake


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_size(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _are_names(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(name, str) for name in value)


TEXT, NUMBER, SIZE = (_is_text, "text"), (_is_number, "a number"), (_is_size, "a whole number, 0 or more")
MAPPING = (lambda value: isinstance(value, dict), "a mapping of names to schemas")
VALUES: dict[str, tuple[Callable[[Any], bool], str]] = {
    **dict.fromkeys(("$ref", "$schema", "$id", "title", "description", "format", "pattern"), TEXT),
    **dict.fromkeys(("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"), NUMBER),
    **dict.fromkeys(("minItems", "maxItems", "minLength", "maxLength"), SIZE),
    **dict.fromkeys(("properties", "$defs"), MAPPING),
    "multipleOf": (lambda value: _is_number(value) and value > 0, "a number above 0"),
    "uniqueItems": (lambda value: isinstance(value, bool), "true or false"),
    "required": (_are_names, "a list of the names of properties"),
}
"""For each keyword whether a value can be its own, and what it wants, in words."""


def value_mistakes(part: Mapping[Any, Any], at: tuple[Any, ...]) -> Iterator[PartMistake]:
    """Keywords of one schema whose value is of the wrong kind, and invalid patterns."""
    for word, value in part.items():
        fits, expected = VALUES.get(str(word), (lambda _: True, ""))
        if not fits(value):
            yield PartMistake((*at, word), f"{word} is {expected}")
        elif word == "pattern":
            try:
                patterns.sound(value)
            except ValueError as error:
                message, hint = (*map(str, error.args), "")[:2]
                yield PartMistake((*at, word), message, hint)
