"""JSON Schemas of answers: which can be asked for, what of them is sent, and whether a value fits one.

The Messages API holds a model to the shape of an answer but not to its limits (`minimum`, `pattern`, …). These go to the model as
words in a description, and are looked at here when the answer is read.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from synthgen.errors import did_you_mean
from synthgen.fields.schema_values import value_mistakes
from synthgen.spec import patterns
from synthgen.spec.parts import PartMistake

Schema = Mapping[str, Any]
KeyPath = tuple[Any, ...]

NOTES = {"title", "description", "$defs", "$schema", "$id"}
SENT = {
    "object": {"properties", "required", "additionalProperties"},
    "array": {"items", "minItems"},
    "string": {"format"},
    "integer": set[str](),
    "number": set[str](),
    "boolean": set[str](),
    "null": set[str](),
}
LIMITS = {
    "array": {"maxItems", "uniqueItems"},
    "string": {"minLength", "maxLength", "pattern"},
    "integer": {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"},
    "number": {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"},
}
"""Keywords that the API does not enforce."""
FORMATS = {"date-time", "time", "date", "duration", "email", "hostname", "uri", "ipv4", "ipv6", "uuid"}
HINTS = {
    "oneOf": "take anyOf",
    "allOf": "write its parts as one schema",
    "default": "there are no defaults: Claude always says a value",
    "patternProperties": "name each property",
    "nullable": "anyOf: [{type: string}, {type: 'null'}]",
}
KINDS: dict[str, type | tuple[type, ...]] = {
    "object": dict,
    "array": list,
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
    "null": type(None),
}
SAID = {
    "object": "a mapping",
    "array": "a list",
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "null": "null",
}
LARGEST = 2**63
DEEPEST = 100
"""Keys on the way to a part of a schema."""


# Which schemas can be asked for


def mistakes(part: Any, root: Any = None, at: KeyPath = ()) -> Iterator[PartMistake]:
    """What in a schema cannot be asked for."""
    root = part if root is None else root
    if len(at) > DEEPEST:
        yield PartMistake(at[:4], "a schema as deep as this cannot be asked for", "make the answer flatter")
        return
    if not isinstance(part, dict):
        yield PartMistake(at, "a schema is a mapping, such as {type: string}")
        return
    if wrong := list(value_mistakes(part, at)):
        yield from wrong
        return
    if at == () and isinstance(part.get("$defs"), dict):
        for name, inner in part["$defs"].items():
            yield from mistakes(inner, root, ("$defs", name))
    if "$ref" in part:
        yield from _reference_mistakes(part, root, at)
    elif "anyOf" in part:
        yield from _unknown(part, {"anyOf"}, at)
        if not isinstance(part["anyOf"], list) or not part["anyOf"]:
            yield PartMistake((*at, "anyOf"), "anyOf is a list of schemas")
        else:
            for number, inner in enumerate(part["anyOf"]):
                yield from mistakes(inner, root, (*at, "anyOf", number))
    elif part.keys() & {"enum", "const"}:
        yield from _unknown(part, {"enum", "const", "type"}, at)
        if "type" in part and part["type"] not in list(SENT):
            yield PartMistake((*at, "type"), f"type {part['type']!r} cannot be asked for", "take it out: the options say enough")
        options = part.get("enum", [part.get("const")])
        if not isinstance(options, list) or not options or any(isinstance(option, dict | list) for option in options):
            yield PartMistake((*at, "enum"), "enum is a list of texts, numbers, true or false")
    else:
        yield from _typed_mistakes(part, root, at)


def _reference_mistakes(part: dict[str, Any], root: Any, at: KeyPath) -> Iterator[PartMistake]:
    yield from _unknown(part, {"$ref"}, at)
    name, definitions = part["$ref"], _definitions(root)
    if name not in definitions:
        yield PartMistake((*at, "$ref"), f"$ref: there is no {name}", did_you_mean(name, definitions, "there are"))
    elif at[:1] == ("$defs",) and f"#/$defs/{at[1]}" in _reached(name, definitions):
        yield PartMistake(
            (*at, "$ref"), f"$ref: #/$defs/{at[1]} contains itself, which cannot be asked for", "write as many levels as there can be"
        )


def _definitions(root: Any) -> dict[str, Any]:
    definitions = root.get("$defs")
    return {f"#/$defs/{name}": definition for name, definition in definitions.items()} if isinstance(definitions, dict) else {}


def _reached(name: str, definitions: Mapping[str, Any]) -> set[str]:
    """The definitions that a definition refers to, directly or not, itself among them."""
    reached, ahead = set[str](), [name]
    while ahead:
        reference = ahead.pop()
        if reference in definitions and reference not in reached:
            reached.add(reference)
            ahead += re.findall(r'"\$ref": "([^"]*)"', json.dumps(definitions[reference], default=str))
    return reached


def _typed_mistakes(part: dict[str, Any], root: Any, at: KeyPath) -> Iterator[PartMistake]:
    kind = part.get("type")
    if kind is None and part.keys() & HINTS.keys():
        yield from _unknown(part, set(SENT), at)
        return
    if kind is None:
        yield PartMistake(at, "a schema needs a 'type', 'enum', 'const', 'anyOf' or '$ref'", f"types: {', '.join(SENT)}")
        return
    if not isinstance(kind, str) or kind not in SENT:
        many = "one type each: anyOf: [{type: string}, {type: 'null'}]" if isinstance(kind, list) else did_you_mean(kind, SENT, "types")
        yield PartMistake((*at, "type"), f"type {kind!r} cannot be asked for", many)
        return
    yield from _unknown(part, {"type"} | SENT[kind] | LIMITS.get(kind, set()), at)
    if part.get("format", "date") not in FORMATS:
        yield PartMistake(
            (*at, "format"), f"format '{part['format']}' cannot be asked for", did_you_mean(part["format"], FORMATS, "formats")
        )
    if kind == "array":
        yield from (
            mistakes(part.get("items"), root, (*at, "items"))
            if "items" in part
            else [PartMistake(at, "a list needs 'items': a schema of each")]
        )
    if kind == "object":
        if part.get("additionalProperties", False) is not False:
            yield PartMistake((*at, "additionalProperties"), "only additionalProperties: false can be asked for", "name every property")
        properties = part.get("properties")
        if not properties:
            yield PartMistake(at, "an object needs 'properties': a schema of each")
            return
        for name, inner in properties.items():
            if not re.fullmatch(r"[a-zA-Z0-9_.-]{1,64}", str(name)):
                yield PartMistake(
                    (*at, "properties", name),
                    f"'{name}' cannot be the name of a property",
                    "letters (a to z), digits, '.', '_' and '-'; 64 at most",
                    at_key=True,
                )
            yield from mistakes(inner, root, (*at, "properties", name))
        for name in part.get("required", []):
            if name not in properties:
                yield PartMistake(
                    (*at, "required"), f"required: there is no property '{name}'", did_you_mean(name, properties, "properties")
                )


def _unknown(part: dict[str, Any], keywords: set[str], at: KeyPath) -> Iterator[PartMistake]:
    for word in part:
        if word not in keywords | NOTES:
            hint = HINTS.get(str(word), "") or did_you_mean(word, keywords, "here")
            yield PartMistake((*at, word), f"the keyword '{word}' cannot be asked for here", hint, at_key=True)


def _resolved(name: str, root: Any) -> Any:
    return root["$defs"][name.removeprefix("#/$defs/")]


# What of a schema is sent


def sent(part: Any) -> Any:
    """A schema as the API takes it: closed objects, and limits as words in the description."""
    if not isinstance(part, dict):
        return part
    kind = part.get("type")
    kept, limits = dict[str, Any](), list[str]()
    for word, value in part.items():
        if word in ("$schema", "$id"):
            continue
        if word in LIMITS.get(str(kind), ()) or (word == "minItems" and value > 1):
            limits.append(f"{word}: {json.dumps(value)}")
        elif word in ("properties", "$defs"):
            kept[word] = {name: sent(inner) for name, inner in value.items()}
        elif word == "items":
            kept[word] = sent(value)
        elif word == "anyOf":
            kept[word] = [sent(inner) for inner in value]
        else:
            kept[word] = value
    if kind == "object":
        kept["additionalProperties"] = False
    if limits:
        kept["description"] = " ".join(filter(None, [part.get("description"), f"({', '.join(limits)})"]))
    return kept


# Whether a value fits


def misfit(value: Any, part: Schema, root: Schema | None = None, at: str = "") -> str | None:
    """Where and why a value does not fit a sound schema, if it does not."""
    root = part if root is None else root
    where = f"'{at}'" if at else "the answer"
    if "$ref" in part:
        return misfit(value, _resolved(part["$ref"], root), root, at)
    if "anyOf" in part:
        of_its_type = [branch for branch in part["anyOf"] if "type" not in branch or is_of(value, branch["type"])]
        reasons = [misfit(value, branch, root, at) for branch in of_its_type]
        return None if None in reasons else reasons[0] if len(reasons) == 1 else f"{where} fits none of its forms: {_short(value)}"
    if (kind := part.get("type")) and not is_of(value, kind):
        return f"{where} is not {SAID[kind]}: {_short(value)}"
    options = part.get("enum", [part["const"]] if "const" in part else None)
    if options is not None and not any(isinstance(value, bool) is isinstance(option, bool) and value == option for option in options):
        return f"{where} is none of its options: {_short(value)}"
    if isinstance(value, dict) and "properties" in part:
        return _misfit_inside(value, part, root, at)
    if isinstance(value, list):
        inner = (misfit(item, part["items"], root, f"{at}[{number}]") for number, item in enumerate(value) if "items" in part)
        return next(filter(None, inner), None) or _beyond(value, len(value), part, where, "Items")
    if isinstance(value, str):
        if "pattern" in part and not patterns.find(part["pattern"], value, where):
            return f"{where} does not match {part['pattern']}: {_short(value)}"
        return _beyond(value, len(value), part, where, "Length")
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _out_of_range(value, part, where)
    return None


def is_of(value: Any, kind: str) -> bool:
    """Whether a value is of a type; a number has to be one that a column can hold."""
    if isinstance(value, bool):
        return kind == "boolean"
    if kind == "integer" and isinstance(value, float):
        return value.is_integer() and abs(value) < LARGEST
    if kind == "number" and isinstance(value, float):
        return math.isfinite(value)
    return isinstance(value, KINDS[kind]) and not (isinstance(value, int) and abs(value) >= LARGEST)


def _misfit_inside(value: dict[str, Any], part: Schema, root: Schema, at: str) -> str | None:
    properties, where = part["properties"], f" in '{at}'" if at else ""
    if missing := [name for name in part.get("required", ()) if name not in value]:
        return f"there is no '{missing[0]}'{where}"
    if extra := [name for name in value if name not in properties]:
        return f"'{extra[0]}' was not asked for{where}"
    return next(filter(None, (misfit(inner, properties[name], root, f"{at}.{name}".lstrip(".")) for name, inner in value.items())), None)


def _beyond(value: Any, size: int, part: Schema, where: str, limit: str) -> str | None:
    if not part.get(f"min{limit}", 0) <= size <= part.get(f"max{limit}", size):
        return f"{where} has {size}, outside min{limit} {part.get(f'min{limit}', 0)} and max{limit} {part.get(f'max{limit}', 'any')}"
    if part.get("uniqueItems") and len({json.dumps(item, sort_keys=True) for item in value}) < size:
        return f"{where} has one twice"
    return None


def _out_of_range(value: float, part: Schema, where: str) -> str | None:
    satisfied = {
        "minimum": value >= part.get("minimum", value),
        "exclusiveMinimum": value > part.get("exclusiveMinimum", -math.inf),
        "maximum": value <= part.get("maximum", value),
        "exclusiveMaximum": value < part.get("exclusiveMaximum", math.inf),
        "multipleOf": math.isclose(0, math.remainder(value, part.get("multipleOf", value or 1)), abs_tol=1e-9),
    }
    return next((f"{where} is {value:g}, and {word} is {part[word]:g}" for word, true in satisfied.items() if not true), None)


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 80 else f"{text[:79]}…"


def settled(value: Any, part: Schema, root: Schema | None = None) -> Any:
    """A value that fits, its numbers as the columns hold them: a whole number written 3.0 is 3."""
    root = part if root is None else root
    if "$ref" in part:
        return settled(value, _resolved(part["$ref"], root), root)
    if "anyOf" in part:
        return settled(value, next(branch for branch in part["anyOf"] if misfit(value, branch, root) is None), root)
    if isinstance(value, dict):
        return {name: settled(value[name], inner, root) for name, inner in part.get("properties", {}).items() if name in value}
    if isinstance(value, list):
        return [settled(item, part["items"], root) for item in value]
    kind = part.get("type")
    return int(value) if kind == "integer" else float(value) if kind == "number" else value


def fitting(part: Schema, words: Callable[[str], str], name: str = "", root: Schema | None = None) -> Any:
    """A value that a schema allows, for one that is not there yet; what `words` makes of a part's name stands for text."""
    root = part if root is None else root
    if "$ref" in part:
        return fitting(root["$defs"][str(part["$ref"]).rpartition("/")[2]], words, name, root)
    if "const" in part:
        return part["const"]
    if "enum" in part:
        return part["enum"][0]
    for key in ("anyOf", "allOf", "oneOf"):
        if part.get(key):
            return fitting(part[key][0], words, name, root)
    kind = part.get("type", "string")
    kind = kind[0] if isinstance(kind, list) else kind
    if kind == "object":
        return {key: fitting(inner, words, key, root) for key, inner in part.get("properties", {}).items()}
    if kind == "array":
        return [fitting(part.get("items", {}), words, name, root)]
    simple: dict[str, Any] = {"integer": 1, "number": 1.0, "boolean": True, "null": None}
    return simple[kind] if kind in simple else words(name)
