"""The mistakes that pydantic and Jinja find, in the words of somebody who writes a recipe."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from pydantic import BaseModel, ValidationError

from synthgen.errors import did_you_mean, nearest
from synthgen.fields import FieldShape
from synthgen.recipe.places import KeyPath
from synthgen.spec.parts import DEPENDS_HINT
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

    key_path: KeyPath
    message: str
    hint: str = ""
    at_key: bool = False


class _Finding(NamedTuple):
    key_path: KeyPath
    error: Any
    key: bool


def keys(shape: type[BaseModel]) -> list[str]:
    """The keys that a part may have."""
    return [info.alias or name for name, info in shape.model_fields.items()]


def explained(error: ValidationError, shape: type[BaseModel], data: Any) -> Iterator[Explained]:
    """Each mistake once: a value that fits none of several types is one mistake."""
    all_errors = [
        _Finding(_key_path_of(detail["loc"], data), detail, "[key]" in detail["loc"]) for detail in error.errors(include_url=False)
    ]
    non_literal = {(entry.key_path, entry.key) for entry in all_errors if entry.error["type"] != "literal_error"}
    words = [
        entry for entry in all_errors if entry.error["type"] == "literal_error" and (entry.key_path, entry.key) in non_literal
    ]  # in place of another type
    errors = [entry for entry in all_errors if entry not in words]
    types: dict[tuple[KeyPath, bool], list[str]] = {}
    for entry in errors:
        if entry.error["type"] in TYPES:
            types.setdefault((entry.key_path, entry.key), []).append(TYPES[entry.error["type"]])
    for (key_path, key), expected in types.items():
        if not any(_closer(entry, key_path) for entry in errors):
            also = [entry.error["ctx"]["expected"] for entry in words if (entry.key_path, entry.key) == (key_path, key)]
            yield _mistyped(key_path, key, expected + also, shape, data)
    for entry in errors:
        if entry.error["type"] not in TYPES:
            yield _explained(entry, shape)


def _closer(entry: _Finding, key_path: KeyPath) -> bool:
    """Whether another error shows that the value at `key_path` was of one of the types after all."""
    return entry.key_path[: len(key_path)] == key_path and (len(entry.key_path) > len(key_path) or entry.error["type"] not in TYPES)


def _mistyped(key_path: KeyPath, key: bool, expected: list[str], shape: type[BaseModel], data: Any) -> Explained:
    value = key_path[-1] if key else _at(data, key_path)
    expected_types = list(dict.fromkeys(expected))
    expectation = (
        "text, a number, true or false"
        if set(expected_types) == SINGLE
        else ", ".join(expected_types[:-1]) + " or " * (len(expected_types) > 1) + expected_types[-1]
    )
    hint = _purpose(key_path, shape)
    if key and key_path[0] == "fields":
        return Explained(key_path, f"{as_yaml(value)} cannot be a name here", _letters(""), key)
    if expected_types == ["text"] and isinstance(value, bool | int | float):
        hint = "in quotes it is text"
    elif "text" not in expected_types and isinstance(value, str) and "{{" in value and issubclass(shape, FieldShape):
        hint = DEPENDS_HINT
    elif expected_types == ["text"] and isinstance(value, dict):
        hint = "text that contains ': ' needs quotes"
    elif "text" not in expected_types and isinstance(value, str) and re.fullmatch(r"[-+]?\d{1,15}(\.\d+)?", value):
        hint = "without quotes it is a number"
    return Explained(key_path, f"expected {expectation}, not {as_yaml(value)}", hint, key)


def _explained(entry: _Finding, shape: type[BaseModel]) -> Explained:
    key_path, error, context = entry.key_path, entry.error, entry.error.get("ctx", {})
    kind, value = error["type"], error["input"]
    if kind == "missing":
        return Explained(key_path, f"missing key '{error['loc'][-1]}'", _purpose((*key_path, error["loc"][-1]), shape), at_key=True)
    if kind == "value_error":
        message, hint = (*map(str, context["error"].args), "")[:2]
        return Explained(key_path, *_template(message, hint), entry.key)
    if kind == "literal_error":
        options = re.findall(r"'([^']*)'", context["expected"])
        return Explained(
            key_path,
            f"expected {context['expected']}, not {as_yaml(value)}",
            did_you_mean(value, options) if nearest(value, options) else "",
        )
    if kind == "string_pattern_mismatch":
        return Explained(key_path, f"{as_yaml(value)} cannot be a name here", _letters(context["pattern"]), entry.key)
    if kind == "too_short" and context["min_length"] == 1:
        return Explained(key_path, "expected at least one, found none", _purpose(key_path, shape))
    if kind in LIMITS:
        length, limits = context.get("actual_length"), {name: _figure(limit) for name, limit in context.items()}
        return Explained(
            key_path, f"{LIMITS[kind].format(**limits)}, not {as_yaml(value) if length is None else length}", _purpose(key_path, shape)
        )
    return Explained(key_path, f"{as_yaml(value)}: {error['msg']}", _purpose(key_path, shape))


def _figure(limit: Any) -> str:
    return f"{limit:g}" if isinstance(limit, float) else f"{limit:,}" if isinstance(limit, int) else str(limit)


def _template(message: str, hint: str) -> tuple[str, str]:
    """What Jinja says of a template speaks of tokens and statements."""
    if not message.startswith("template: "):
        return message, hint
    if unknown := re.search(r"No filter named '(\w+)'", message):
        return f"template: unknown filter '{unknown[1]}'", did_you_mean(unknown[1], SAFE_FILTERS, "filters")
    for pattern, wording, way_out in TEMPLATES:
        if match := re.search(pattern, message):
            return "template: " + (wording.format(*match.groups()) if match.groups() else wording), way_out.format(
                *match.groups()
            ) if match.groups() else way_out
    return message, hint


def _letters(pattern: str) -> str:
    return "a name is made of letters (a to z), digits" + (
        ", '.', '_' and '-'" if "." in pattern else " and _, and does not begin with a digit"
    )


def _key_path_of(loc: tuple[Any, ...], data: Any) -> KeyPath:
    """Where in the data an error is; what pydantic adds (the types that it tried) is no part of the way."""
    key_path: list[Any] = []
    for step in loc:
        if isinstance(data, dict):
            fitting = [key for key in data if key == step or str(key) == str(step)]
        else:
            fitting = [step] if isinstance(data, list) and isinstance(step, int) and step < len(data) else []
        if fitting:
            key_path.append(fitting[0])
            data = data[fitting[0]]
    return tuple(key_path)


def _at(data: Any, key_path: KeyPath) -> Any:
    for key in key_path:
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


def _purpose(key_path: KeyPath, shape: type[BaseModel]) -> str:
    """What the key that a mistake is under is for."""
    info = next((info for name, info in shape.model_fields.items() if key_path and (info.alias or name) == key_path[0]), None)
    if info is None:
        return ""
    key, example = key_path[0], EXAMPLES.get(key_path[0], "") if len(key_path) == 1 else ""
    if not info.description:
        return f"such as {key}: {example}" if example else ""
    return f"{key}: {info.description}" + (f", such as {example}" if example and "such as" not in info.description else "")
