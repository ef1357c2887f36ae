"""A recipe made in Python: a mapping in place of a file. Its mistakes name the path to the key, since there are no lines."""

from __future__ import annotations

import datetime
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from synthgen.errors import Mistake, RecipeError
from synthgen.recipe.places import KeyPath, Source
from synthgen.recipe.source import BEGINS
from synthgen.recipe.syntax import DEEPEST

NAME = "recipe"
"""Stands for the file's name; relative paths begin in the working folder."""


@dataclass
class Given(Source):
    """A mapping and the mistakes found in it."""

    def tell(self, key_path: KeyPath, message: str, hint: str = "", *, at_key: bool = False, word: str = "") -> None:
        """Add a mistake at the way to a value, or on the option that put it there."""
        option = next((option for prefix, option in self.overrides.items() if key_path[: len(prefix)] == prefix), None)
        renamed_prefix = next((new for new in self.renamed if key_path[: len(new)] == new), None)
        shown_path = key_path if renamed_prefix is None else (*self.renamed[renamed_prefix], *key_path[len(renamed_prefix) :])
        self.mistakes.append(Mistake(option or ".".join(map(str, shown_path)) or NAME, message, hint))

    def on_line(self, key_path: KeyPath) -> str:
        """Nothing, since there are no lines."""
        return ""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.renamed: dict[KeyPath, KeyPath] = {}

    def rename(self, key_path: KeyPath, new_path: KeyPath) -> None:
        """Remember the key under which the value was written."""
        super().rename(key_path, new_path)
        self.renamed[new_path] = key_path


def source_of(data: Mapping[str, Any]) -> Source:
    """A copy of a mapping, as YAML would have given it. Raises RecipeError when it is empty; other mistakes are kept in it."""
    source = Given(NAME, "")
    if not data:
        raise RecipeError([Mistake(NAME, "an empty mapping", BEGINS)])
    source.data = _plain(data, (), source)
    return source


def _plain(value: Any, key_path: KeyPath, source: Source) -> Any:
    """A value as YAML would have given it; a value that YAML cannot hold is a mistake."""
    if len(key_path) > DEEPEST:
        source.tell(key_path[:4], f"nested more than {DEEPEST} deep", "is it a part of itself?")
        source.unsure.add(key_path[:4])
        return None
    if isinstance(value, Mapping):
        return {_key(key): _plain(inner, (*key_path, _key(key)), source) for key, inner in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str | bytes | bytearray):
        return [_plain(inner, (*key_path, number), source) for number, inner in enumerate(value)]
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return _text(value, key_path, source)
    if isinstance(value, int | float):
        return int(value) if isinstance(value, int) else float(value)
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    if isinstance(value, datetime.date):
        return value.isoformat()
    source.tell(key_path, f"expected text, a number, true, false, a list or a mapping, not a {type(value).__name__}")
    source.unsure.add(key_path)
    return None


def _text(value: str, key_path: KeyPath, source: Source) -> str:
    """A text; a lone surrogate, which no file can hold, is a mistake."""
    encodable = str(value).encode("utf-8", "replace").decode()
    if encodable != str(value):
        source.tell(key_path, "text with half a letter (a lone surrogate) in it", "decode it in another way")
    return encodable


def _key(key: Any) -> Any:
    return key if key is None or isinstance(key, bool | int | float) else str(key)
