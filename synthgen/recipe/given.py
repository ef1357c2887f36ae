"""A recipe made in Python: a mapping in place of a file. Its mistakes are told with the way to the key, since there are no lines."""

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

    def tell(self, way: KeyPath, message: str, hint: str = "", *, at_key: bool = False, word: str = "") -> None:
        """Add a mistake at the way to a value, or on the option that put it there."""
        option = next((option for said, option in self.overrides.items() if way[: len(said)] == said), None)
        said = next((new for new in self.renamed if way[: len(new)] == new), None)
        told = way if said is None else (*self.renamed[said], *way[len(said) :])
        self.mistakes.append(Mistake(option or ".".join(map(str, told)) or NAME, message, hint))

    def __post_init__(self) -> None:
        super().__post_init__()
        self.renamed: dict[KeyPath, KeyPath] = {}

    def rename(self, way: KeyPath, meant: KeyPath) -> None:
        """Remember under which key it was said."""
        super().rename(way, meant)
        self.renamed[meant] = way


def source_of(data: Mapping[str, Any]) -> Source:
    """A copy of a mapping, as YAML would have given it. Raises RecipeError when it is empty; other mistakes are kept in it."""
    source = Given(NAME, "")
    if not data:
        raise RecipeError([Mistake(NAME, "an empty mapping", BEGINS)])
    source.data = _plain(data, (), source)
    return source


def _plain(value: Any, way: KeyPath, source: Source) -> Any:
    """A value as YAML would have given it; what YAML has no word for is told."""
    if len(way) > DEEPEST:
        source.tell(way[:4], f"nested more than {DEEPEST} deep", "is it a part of itself?")
        source.unsure.add(way[:4])
        return None
    if isinstance(value, Mapping):
        return {_key(key): _plain(inner, (*way, _key(key)), source) for key, inner in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str | bytes | bytearray):
        return [_plain(inner, (*way, number), source) for number, inner in enumerate(value)]
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return _text(value, way, source)
    if isinstance(value, int | float):
        return int(value) if isinstance(value, int) else float(value)
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    if isinstance(value, datetime.date):
        return value.isoformat()
    source.tell(way, f"expected text, a number, true, false, a list or a mapping, not a {type(value).__name__}")
    source.unsure.add(way)
    return None


def _text(value: str, way: KeyPath, source: Source) -> str:
    """A text; half a letter, which no file can hold, is told."""
    whole = str(value).encode("utf-8", "replace").decode()
    if whole != str(value):
        source.tell(way, "text with half a letter (a lone surrogate) in it", "decode it in another way")
    return whole


def _key(key: Any) -> Any:
    return key if key is None or isinstance(key, bool | int | float) else str(key)
