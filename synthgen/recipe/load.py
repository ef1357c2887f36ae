"""From a file to a Recipe: every mistake at once, each with its place, its line and the way out.

Types are checked first. Where a part has a mistake it is set aside, so that the rest can still be checked for
what only its meaning tells (unknown providers, missing fields, cycles): a second run never finds what the
first could have said.
"""

from __future__ import annotations

import copy
import datetime
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from synthgen.checks import AnyCheck
from synthgen.errors import Mistake, RecipeError, did_you_mean
from synthgen.fields import AnyField, Fault, Part, Scene
from synthgen.fields.date import moment
from synthgen.recipe import source as sources
from synthgen.recipe.plan import cross_faults
from synthgen.recipe.shape import AnyModel, From, Recipe, Table
from synthgen.recipe.source import Source, Way


@dataclass(frozen=True)
class Loaded:
    """A recipe without mistakes, the scene it was read in, and its text."""

    recipe: Recipe
    scene: Scene
    path: Path
    text: str
    data: dict[str, Any]


def load(
    path: str | Path,
    *,
    settings: Sequence[str] = (),
    rows: int | None = None,
    seed: int | None = None,
    without: Sequence[str] = (),
    allow: Sequence[str | Path] = (),
) -> Loaded:
    """Read a recipe.

    `settings` are overrides such as `tables.traffic.rows=50`, `rows` and `seed` the short forms of the usual ones
    (`rows` goes to every table that has no parent), `without` the tables to leave out, `allow` folders outside
    the recipe's own that it may read. Raises RecipeError with every mistake.
    """
    path = Path(path)
    source = sources.read(path, str(path))
    given = list(settings)
    if rows is not None:
        tables = source.data.get("tables")
        given += [f"tables.{name}.rows={rows}" for name, table in _items(tables) if isinstance(table, dict) and "from" not in table]
    if seed is not None:
        given.append(f"seed={seed}")
    for setting in given:
        sources.override(source, setting)
    for table in without:
        if isinstance(source.data.get("tables"), dict) and source.data["tables"].pop(table, None) is None:
            source.mistakes.append(Mistake(f"--without {table}", "no such table", did_you_mean(table, source.data["tables"], "tables")))
    scene = _scene(source.data, path, tuple(Path(folder) for folder in allow))
    recipe = _checked(source, scene)
    if source.mistakes or recipe is None:
        raise RecipeError(_in_order(source))
    return Loaded(recipe, scene, path, path.read_text(encoding="utf-8-sig"), source.data)


def _items(value: Any) -> list[tuple[Any, Any]]:
    return list(value.items()) if isinstance(value, dict) else []


def _scene(data: dict[str, Any], path: Path, allow: tuple[Path, ...]) -> Scene:
    scene = Scene(path.resolve().parent, allow=allow)
    about, now = data.get("about"), scene.now
    if isinstance(data.get("now"), str):
        try:
            now = moment(data["now"], scene.now)[0]
        except ValueError:
            pass  # told as a mistake of its type
    return Scene(scene.folder, about if isinstance(about, str) else "", now, allow)


def _in_order(source: Source) -> list[Mistake]:
    def place(mistake: Mistake) -> tuple[int, int, int]:
        numbers = mistake.where.removeprefix(source.name).strip(":").split(":")
        return (0, int(numbers[0]), int(numbers[1])) if len(numbers) == 2 and numbers[0].isdecimal() else (1, 0, 0)

    return sorted(dict.fromkeys(source.mistakes), key=place)


def _checked(source: Source, scene: Scene) -> Recipe | None:
    """The recipe, or what of it can be read, with its mistakes added to the source."""
    data, dropped = copy.deepcopy(source.data), False
    recipe = None
    for _ in range(200):
        try:
            recipe = Recipe.model_validate(data, context=scene)
            break
        except ValidationError as error:
            found = list(_explained(error, data))
            # What the first round sets aside can only make the later ones complain of what is missing.
            if not dropped:
                source.mistakes += [source.mistake(way, message, hint, at_key=at_key) for way, message, hint, at_key in found]
            dropped = True
            if not _set_aside(data, [way for way, *_ in found]):
                return None
    if recipe is None:
        return None
    for way, part in _parts(recipe, ()):
        for fault in part.faults():
            source.mistakes.append(_told(source, way, fault))
    if not any("leaves the recipe's folder" in mistake.message for mistake in source.mistakes) and not _unreadable(recipe):
        for fault in cross_faults(recipe, source.data):
            source.mistakes.append(_told(source, (), fault))
    return recipe


def _unreadable(recipe: Recipe) -> bool:
    """Whether some field cannot say what it reads, because its files cannot be read: a mistake told already."""
    for table in recipe.tables.values():
        for field in table.fields.values():
            try:
                list(field.reads())
            except Exception:  # told as a fault of the field
                return True
    return False


def _told(source: Source, way: Way, fault: Fault) -> Mistake:
    full = (*way, *fault.at)
    return source.mistake(full, fault.message, fault.hint, at_key=not fault.at or fault.message.startswith(("unknown key", "missing key")))


def _parts(part: Part, way: Way) -> Iterator[tuple[Way, Part]]:
    """A part and all parts in it, each with the way to it."""
    yield way, part
    for name, info in type(part).model_fields.items():
        value, key = getattr(part, name), info.alias or name
        if isinstance(value, Part):
            yield from _parts(value, (*way, key))
        elif isinstance(value, dict | list):
            pairs = value.items() if isinstance(value, dict) else enumerate(value)
            for inner, item in pairs:
                if isinstance(item, Part):
                    yield from _parts(item, (*way, key, inner))


def _set_aside(data: Any, ways: list[Way]) -> bool:
    """Take the smallest whole part that holds each mistake out of the data; False when nothing can be spared."""
    spared = False
    for way in sorted(ways, key=len, reverse=True):
        for length in (6, 5, 4, 3, 2, 1):
            if length <= len(way) and _spare(data, way[:length]):
                spared = True
                break
    return spared


def _spare(data: Any, way: Way) -> bool:
    shape = tuple("*" if place % 2 else part for place, part in enumerate(way))
    whole = [("tables", "*", "fields", "*"), ("tables", "*", "keep", "*"), ("tables", "*", "from"), ("models", "*"), ("tables", "*")]
    known = len(way) == 1 and way[0] not in ("tables",)
    if len(way) == 3 and way[2] not in ("fields",):
        known = True
    if not known and shape not in whole:
        return False
    for key in way[:-1]:
        if not isinstance(data, dict | list) or (isinstance(data, dict) and key not in data):
            return False
        data = data[key]
    if isinstance(data, dict) and way[-1] in data:
        del data[way[-1]]
        return True
    if isinstance(data, list) and isinstance(way[-1], int) and way[-1] < len(data) and data[way[-1]] is not None:
        data[way[-1]] = {"kind": "lacks", "field": next(iter(data), {}).get("field", "x") if isinstance(data[0], dict) else "x", "pattern": "(?!)"}
        return True
    return False


# How pydantic's errors are told

EXPECTED = {
    "string_type": "text", "int_type": "a whole number", "int_from_float": "a whole number", "float_type": "a number", "bool_type": "true or false",
    "list_type": "a list", "dict_type": "a mapping (key: value)", "model_type": "a mapping (key: value)", "model_attributes_type": "a mapping (key: value)",
}  # fmt: skip


def _explained(error: ValidationError, data: Any) -> Iterator[tuple[Way, str, str, bool]]:
    """(way, message, hint, whether the key is what is wrong) for each mistake; branches of a choice of types are one mistake."""
    told = [(_way(one["loc"], data), one) for one in error.errors(include_url=False)]
    deeper = {way for way, one in told if one["type"] not in EXPECTED}
    types: dict[Way, list[str]] = {}
    for way, one in told:
        if one["type"] in EXPECTED:
            types.setdefault(way, []).append(EXPECTED[one["type"]])
    for way, expected in types.items():
        branch_taken = any(other[: len(way)] == way and (len(other) > len(way) or other in deeper) for other in [*deeper, *types] if other != way)
        if branch_taken or way in deeper:
            continue
        hint = _described(way, data)
        if isinstance(_at(data, way), dict) and any("{" in str(key) for key in _at(data, way)):
            hint = 'a template needs quotes: "{{ name }}"'
        yield way, f"expected {' or '.join(dict.fromkeys(expected))}, not {_shown(_at(data, way))}", hint, False
    for way, one in told:
        if one["type"] not in EXPECTED:
            yield _one(way, one, data)


def _one(way: Way, one: Any, data: Any) -> tuple[Way, str, str, bool]:
    kind, context = one["type"], one.get("ctx", {})
    key = way[-1] if way else ""
    if kind == "extra_forbidden":
        known = _keys(_class_at(way[:-1], data))
        return way, f"unknown key '{key}'", did_you_mean(key, known, "keys here"), True
    if kind == "missing":
        return way, f"missing key '{one['loc'][-1]}'", _described((*way, one["loc"][-1]), data), True
    if kind == "union_tag_invalid":
        kinds = [tag.strip(" '") for tag in context["expected_tags"].split(",")]
        return (*way, "kind"), f"unknown kind '{context['tag']}'", did_you_mean(context["tag"], kinds, "kinds"), False
    if kind == "union_tag_not_found":
        classes = CHECKS if "keep" in way else FIELDS
        return way, "missing key 'kind'", "kinds: " + ", ".join(sorted(classes)), True
    if kind == "value_error":
        message = str(one["msg"]).removeprefix("Value error, ")
        return way, message, "", one["loc"][-1] == "[key]"
    if kind == "literal_error":
        options = [option.strip(" '") for option in context["expected"].replace(" or ", ",").split(",")]
        if len(options) == 1:
            return way, f"expected '{options[0]}', not {_shown(one['input'])}", "", False
        return way, f"expected {context['expected']}, not {_shown(one['input'])}", did_you_mean(one["input"], options), False
    if kind == "string_pattern_mismatch" and one["loc"][-1] == "[key]":
        hint = "letters, digits and _, not beginning with a digit" if "fields" in way else "letters, digits, '.', '_' and '-'"
        return way, f"'{key}' cannot be a name here", hint, True
    if kind == "string_pattern_mismatch":
        return way, f"{_shown(one['input'])} cannot be a name here", "letters, digits, '.', '_' and '-', beginning with a letter or digit", False
    if kind == "too_short" and isinstance(one["input"], dict):
        return way, "expected at least one, found none", _described(way, data), False
    message = str(one["msg"]).replace("Input should ", "should ").replace("List should ", "should ").replace(" after validation", "")
    return way, f"{_shown(one['input'])} {message}", _described(way, data), False


def _way(loc: tuple[Any, ...], data: Any) -> Way:
    """Where in the data an error is; what pydantic adds (tags, types) is no part of the way."""
    way: list[Any] = []
    for step in loc:
        if isinstance(data, dict):
            key = next((key for key in data if key == step or str(key) == str(step)), None)
            if key is None:
                continue
            way.append(key)
            data = data[key]
        elif isinstance(data, list) and isinstance(step, int) and step < len(data):
            way.append(step)
            data = data[step]
    return tuple(way)


def _at(data: Any, way: Way) -> Any:
    for key in way:
        data = data[key]
    return data


def _shown(value: Any) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return str(value).lower()
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "…"


FIELDS: dict[str, type[Part]] = {part.model_fields["kind"].default: part for part in get_args(get_args(AnyField)[0])}
CHECKS: dict[str, type[Part]] = {part.model_fields["kind"].default: part for part in get_args(get_args(AnyCheck)[0])}


def _class_at(way: Way, data: Any) -> type[BaseModel] | None:
    """The class that reads the mapping at `way`."""
    if way == ():
        return Recipe
    if way[0] == "models" and len(way) == 2:
        return AnyModel
    if way[0] != "tables" or len(way) < 2:
        return None
    if len(way) == 2:
        return Table
    if way[2:] == ("from",):
        return From
    if len(way) == 4 and way[2] in ("fields", "keep"):
        part = _at(data, way)
        classes = FIELDS if way[2] == "fields" else CHECKS
        return classes.get(str(part.get("kind"))) if isinstance(part, dict) else None
    return None


def _keys(shape: type[BaseModel] | None) -> list[str]:
    return [info.alias or name for name, info in shape.model_fields.items()] if shape else []


def _described(way: Way, data: Any) -> str:
    """What the key at the end of `way` is for."""
    shape = _class_at(way[:-1], data) if way else None
    if shape is None:
        return ""
    info = next((info for name, info in shape.model_fields.items() if (info.alias or name) == way[-1]), None)
    return f"{way[-1]}: {info.description}" if info and info.description else ""


def clock(loaded: Loaded) -> datetime.datetime:
    """The recipe's now."""
    return loaded.scene.now
