"""Reading a recipe's file, and what the command line changes in it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from synthgen.errors import DataError, Mistake, RecipeError, did_you_mean
from synthgen.recipe import syntax
from synthgen.recipe.nearby import meant_recipe, recipes_in
from synthgen.recipe.places import KeyPath, Source
from synthgen.recipe.words import as_yaml
from synthgen.text.opened import plain_file

LARGEST = 1 << 20
BEGINS = "a recipe has at least a name and tables: it begins like this: name: my-data"


def read(path: Path, name: str) -> Source:
    """The data in a YAML file. Raises RecipeError when it cannot be read at all; other mistakes are kept in it."""
    source = Source(name, _text(path, name))
    source.data = syntax.build(source)
    if source.data is None and not source.mistakes:
        source.at_file("there is nothing but comments in it" if source.text.strip() else "the file is empty", BEGINS)
    elif not isinstance(source.data, dict) and not source.mistakes:
        source.tell((), f"expected a mapping (key: value), not {as_yaml(source.data)}", BEGINS)
    if source.mistakes and not (isinstance(source.data, dict) and source.data):
        raise RecipeError(source.in_order())
    return source


def _text(path: Path, name: str) -> str:
    try:
        if path.is_dir():
            recipes = recipes_in(path)
            raise _unreadable(name, "a folder, not a recipe", f"the recipe in it: {recipes[0]}" if recipes else "name a YAML file")
        if path.stat().st_size > LARGEST:
            raise _unreadable(
                name,
                f"{path.stat().st_size:,} bytes; a recipe has at most {LARGEST:,}",
                "put seed messages and data into files of their own",
            )
        with plain_file(path, LARGEST) as file:
            raw = file.read(LARGEST + 1)
    except DataError as error:
        raise _unreadable(name, error.message.removeprefix(str(path)).removeprefix(":").removeprefix(" is").strip(), error.hint) from None
    except FileNotFoundError:
        raise _unreadable(name, "no such file", meant_recipe(path)) from None
    except OSError as error:
        raise _unreadable(name, f"cannot be read: {error.strerror}") from None
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = raw[: error.start].decode("utf-8", "replace")
        source = Source(name, raw.decode("utf-8", "replace"))
        encoding = "UTF-16" if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else "WINDOWS-1252"
        hint = f"save it as UTF-8; perhaps: iconv -f {encoding} -t UTF-8 {path.name} > new.yaml"
        source.at(before.count("\n"), len(before) - before.rfind("\n") - 1, f"not UTF-8 text: byte {raw[error.start]:#04x}", hint)
        raise RecipeError(source.mistakes) from None


def _unreadable(name: str, message: str, hint: str = "") -> RecipeError:
    return RecipeError([Mistake(name, message, hint)])


def override(source: Source, setting: str, option: str = "") -> None:
    """Put `tables.traffic.rows=50` into the data; mistakes in it will name the option."""
    option = option or f"--set {setting}"
    path, equals, text = setting.partition("=")
    if not equals or not path:
        source.mistakes.append(Mistake(option, "expected KEY=VALUE", "such as --set tables.traffic.rows=50"))
        return
    place: Any = source.data
    key_path: KeyPath = ()
    *above, last = path.split(".")
    for word in above:
        key = _key_like(place, word)
        if key is None:
            source.mistakes.append(_nowhere(option, place, key_path, word))
            return
        place, key_path = place[key], (*key_path, key)
    key = _key_like(place, last)
    if key is None and not isinstance(place, dict):
        source.mistakes.append(_nowhere(option, place, key_path, last))
        return
    key = last if key is None else key
    value = Source(option, text)
    value.data = text if text.lstrip().startswith("{{") else syntax.build(value)
    source.mistakes += [Mistake(option, mistake.message, mistake.hint) for mistake in value.mistakes]
    if not value.mistakes:
        place[key] = value.data
        source.overrides[(*key_path, key)] = option


def _nowhere(option: str, place: Any, key_path: KeyPath, word: str) -> Mistake:
    where = ".".join(map(str, key_path)) or "the recipe"
    if isinstance(place, list):
        return Mistake(
            option, f"{where} is a list without a '{word}'", f"it has {len(place)} item{'s' if len(place) != 1 else ''}, counted from 0"
        )
    if not isinstance(place, dict):
        return Mistake(option, f"{where} holds no keys, only {as_yaml(place)}")
    return Mistake(option, f"there is no '{word}' in {where}", did_you_mean(word, place, "it has"))


def _key_like(place: Any, word: str) -> Any:
    if isinstance(place, list):
        return int(word) if word.isdecimal() and int(word) < len(place) else None
    return next((key for key in place if str(key) == word), None) if isinstance(place, dict) else None
