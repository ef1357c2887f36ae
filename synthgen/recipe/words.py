"""The mistakes that pydantic and Jinja find, in the words of somebody who writes a recipe."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from pydantic import BaseModel, ValidationError

from synthgen.errors import did_you_mean, nearest
from synthgen.fields import FieldShape
from synthgen.recipe.places import KeyPath
from synthgen.spec.parts import DEPENDS
from synthgen.spec.render import SAFE_FILTERS

TYPES = {
    "string_type": "text",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "list_type": "a list",
    "dict_type": "a mapping (key: value)",
    "model_type": "a mapping (key: value)",
}
SINGLE = {"text", "a whole number", "a number", "true or false"}
LIMITS = {
    "greater_than_equal": "expected {ge} or more",
    "greater_than": "expected more than {gt}",
    "less_than_equal": "expected {le} or less",
    "less_than": "expected less than {lt}",
    "too_short": "expected {min_length} values",
    "too_long": "expected {max_length} values",
    "string_too_long": "expected at most {max_length} characters",
    "string_too_short": "expected at least {min_length} characters",
}
EXAMPLES = {
    "name": "my-data",
    "tables": "{traffic: {rows: 100, fields: {…}}}",
    "rows": "100",
    "table": "traffic",
    "from": "{table: traffic}",
    "fields": "{intent: {kind: choice, options: [a, b]}}",
    "keep": "[{kind: unique, field: message}]",
    "by": "typist",
    "between": "[1, 100]",
    "words": "[1, 60]",
    "characters": "[1, 300]",
}
TEMPLATES = [
    (
        r"unexpected end of template, expected 'end of print|unexpected '[}\])]'",
        "'{{' is not closed by '}}'",
        "a field's value is written {{ name }}",
    ),
    (r"Expected an expression, got 'end of print", "there is nothing between '{{' and '}}'", "a field's value is written {{ name }}"),
    (r"expected token 'end of print statement', got '='", "'=' cannot stand between '{{' and '}}'", "two values are compared with =="),
    (
        r"expected token 'end of print statement'",
        "there is more than one value between '{{' and '}}'",
        "each has braces of its own: {{ a }} {{ b }}",
    ),
    (r"block that needs to be closed is '(\w+)'", "a '{{% {0} %}}' is not closed", "its end is {{% end{0} %}}"),
]


class Explained(NamedTuple):
    """A mistake in a part: the way to it from there, and whether it is the key that is wrong."""

    way: KeyPath
    message: str
    hint: str = ""
    at_key: bool = False


class _Found(NamedTuple):
    way: KeyPath
    error: Any
    key: bool


def keys(shape: type[BaseModel]) -> list[str]:
    """The keys that a part may have."""
    return [info.alias or name for name, info in shape.model_fields.items()]


def explained(error: ValidationError, shape: type[BaseModel], data: Any) -> Iterator[Explained]:
    """Each mistake once: where a value may be of several types, that none of them fits is one mistake."""
    every = [_Found(_way(one["loc"], data), one, "[key]" in one["loc"]) for one in error.errors(include_url=False)]
    others = {(one.way, one.key) for one in every if one.error["type"] != "literal_error"}
    words = [one for one in every if one.error["type"] == "literal_error" and (one.way, one.key) in others]  # in place of another type
    found = [one for one in every if one not in words]
    types: dict[tuple[KeyPath, bool], list[str]] = {}
    for one in found:
        if one.error["type"] in TYPES:
            types.setdefault((one.way, one.key), []).append(TYPES[one.error["type"]])
    for (way, key), expected in types.items():
        if not any(_closer(other, way) for other in found):
            also = [one.error["ctx"]["expected"] for one in words if (one.way, one.key) == (way, key)]
            yield _mistyped(way, key, expected + also, shape, data)
    for one in found:
        if one.error["type"] not in TYPES:
            yield _explained(one, shape)


def _closer(other: _Found, way: KeyPath) -> bool:
    """Whether another error shows that the value at `way` was of one of the types after all."""
    return other.way[: len(way)] == way and (len(other.way) > len(way) or other.error["type"] not in TYPES)


def _mistyped(way: KeyPath, key: bool, expected: list[str], shape: type[BaseModel], data: Any) -> Explained:
    value = way[-1] if key else _at(data, way)
    wanted = list(dict.fromkeys(expected))
    said = "text, a number, true or false" if set(wanted) == SINGLE else ", ".join(wanted[:-1]) + " or " * (len(wanted) > 1) + wanted[-1]
    hint = _purpose(way, shape)
    if key and way[0] == "fields":
        return Explained(way, f"{as_yaml(value)} cannot be a name here", _letters(""), key)
    if wanted == ["text"] and isinstance(value, bool | int | float):
        hint = "in quotes it is text"
    elif "text" not in wanted and isinstance(value, str) and "{{" in value and issubclass(shape, FieldShape):
        hint = DEPENDS
    elif wanted == ["text"] and isinstance(value, dict):
        hint = "text that contains ': ' needs quotes"
    elif "text" not in wanted and isinstance(value, str) and re.fullmatch(r"[-+]?\d{1,15}(\.\d+)?", value):
        hint = "without quotes it is a number"
    return Explained(way, f"expected {said}, not {as_yaml(value)}", hint, key)


def _explained(one: _Found, shape: type[BaseModel]) -> Explained:
    way, error, context = one.way, one.error, one.error.get("ctx", {})
    kind, value = error["type"], error["input"]
    if kind == "missing":
        return Explained(way, f"missing key '{error['loc'][-1]}'", _purpose((*way, error["loc"][-1]), shape), at_key=True)
    if kind == "value_error":
        message, hint = (*map(str, context["error"].args), "")[:2]
        return Explained(way, *_template(message, hint), one.key)
    if kind == "literal_error":
        options = re.findall(r"'([^']*)'", context["expected"])
        return Explained(
            way, f"expected {context['expected']}, not {as_yaml(value)}", did_you_mean(value, options) if nearest(value, options) else ""
        )
    if kind == "string_pattern_mismatch":
        return Explained(way, f"{as_yaml(value)} cannot be a name here", _letters(context["pattern"]), one.key)
    if kind == "too_short" and context["min_length"] == 1:
        return Explained(way, "expected at least one, found none", _purpose(way, shape))
    if kind in LIMITS:
        length, limits = context.get("actual_length"), {name: _figure(limit) for name, limit in context.items()}
        return Explained(way, f"{LIMITS[kind].format(**limits)}, not {as_yaml(value) if length is None else length}", _purpose(way, shape))
    return Explained(way, f"{as_yaml(value)}: {error['msg']}", _purpose(way, shape))


def _figure(limit: Any) -> str:
    return f"{limit:g}" if isinstance(limit, float) else f"{limit:,}" if isinstance(limit, int) else str(limit)


def _template(message: str, hint: str) -> tuple[str, str]:
    """What Jinja says of a template speaks of tokens and statements."""
    if not message.startswith("template: "):
        return message, hint
    if unknown := re.search(r"No filter named '(\w+)'", message):
        return f"template: unknown filter '{unknown[1]}'", did_you_mean(unknown[1], SAFE_FILTERS, "filters")
    for pattern, ours, way_out in TEMPLATES:
        if found := re.search(pattern, message):
            return "template: " + (ours.format(*found.groups()) if found.groups() else ours), way_out.format(
                *found.groups()
            ) if found.groups() else way_out
    return message, hint


def _letters(pattern: str) -> str:
    return "a name is made of letters (a to z), digits" + (
        ", '.', '_' and '-'" if "." in pattern else " and _, and does not begin with a digit"
    )


def _way(loc: tuple[Any, ...], data: Any) -> KeyPath:
    """Where in the data an error is; what pydantic adds (the types that it tried) is no part of the way."""
    way: list[Any] = []
    for step in loc:
        if isinstance(data, dict):
            fitting = [key for key in data if key == step or str(key) == str(step)]
        else:
            fitting = [step] if isinstance(data, list) and isinstance(step, int) and step < len(data) else []
        if fitting:
            way.append(fitting[0])
            data = data[fitting[0]]
    return tuple(way)


def _at(data: Any, way: KeyPath) -> Any:
    for key in way:
        data = data[key]
    return data


def as_yaml(value: Any) -> str:
    """A value as it is quoted in a message."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict | list):
        return f"{'a' if value else 'an empty'} {'mapping' if isinstance(value, dict) else 'list'}"
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "…"


def _purpose(way: KeyPath, shape: type[BaseModel]) -> str:
    """What the key that a mistake is under is for."""
    info = next((info for name, info in shape.model_fields.items() if way and (info.alias or name) == way[0]), None)
    if info is None:
        return ""
    key, example = way[0], EXAMPLES.get(way[0], "") if len(way) == 1 else ""
    if not info.description:
        return f"such as {key}: {example}" if example else ""
    return f"{key}: {info.description}" + (f", such as {example}" if example and "such as" not in info.description else "")
