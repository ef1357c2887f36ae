"""A YAML file as data in which every key and value knows its place.

The YAML is composed to nodes and built here rather than by a constructor, so that duplicate keys, tags,
templates without quotes and alias bombs are each told as what they are, with their lines, all at once.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from synthgen.errors import Mistake, RecipeError, did_you_mean

LARGEST = 1 << 20
MOST_NODES = 50_000
NEWLINE = b"\n"
Way = tuple[Any, ...]
"""The keys that lead to a value."""


@dataclass
class Source:
    """The data of a recipe and where each part of it was said."""

    name: str
    lines: list[str]
    data: Any = None
    keys: dict[Way, tuple[int, int]] = field(default_factory=dict)
    values: dict[Way, tuple[int, int]] = field(default_factory=dict)
    overrides: dict[Way, str] = field(default_factory=dict)
    mistakes: list[Mistake] = field(default_factory=list)

    def mistake(self, way: Way, message: str, hint: str = "", *, at_key: bool = False) -> Mistake:
        """A mistake at the place of `way`, or of the nearest thing above it that was said somewhere."""
        for length in range(len(way), -1, -1):
            part = way[:length]
            for said, option in self.overrides.items():
                if part[: len(said)] == said:
                    return Mistake(option, message, hint)
            places = self.keys if at_key or length < len(way) else self.values
            if part in places or part in self.keys or part in self.values:
                return self.at(*places.get(part, self.keys.get(part, self.values.get(part, (0, 0)))), message, hint)
        return Mistake(self.name, message, hint)

    def at(self, line: int, column: int, message: str, hint: str = "") -> Mistake:
        """A mistake at a zero-based line and column."""
        shown = self.lines[line] if line < len(self.lines) else ""
        return Mistake(f"{self.name}:{line + 1}:{column + 1}", message, hint, shown.replace("\t", " "), column + 1)


def read(path: Path, name: str) -> Source:
    """The data in a YAML file. Raises RecipeError when it cannot be read at all; other mistakes are kept in it."""

    def fail(message: str, hint: str = "") -> RecipeError:
        return RecipeError([Mistake(name, message, hint)])

    try:
        if path.is_dir():
            inside = sorted(entry.name for entry in path.glob("*.y*ml"))
            raise fail("a folder, not a recipe", f"name the file in it: {path / inside[0]}" if inside else "name a YAML file")
        if path.stat().st_size > LARGEST:
            raise fail(f"{path.stat().st_size:,} bytes; a recipe has at most {LARGEST:,}", "put seed messages and data into files of their own")
        raw = path.read_bytes()
    except FileNotFoundError:
        near = [entry.name for entry in path.parent.glob("*.y*ml")] if path.parent.is_dir() else []
        raise fail("no such file", did_you_mean(path.name, near, "recipes there")) from None
    except OSError as error:
        raise fail(f"cannot be read: {error.strerror}") from None
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        where = f"{name}:{raw[: error.start].count(NEWLINE) + 1}" if error.start else name
        raise RecipeError([Mistake(where, f"not UTF-8 text: byte {raw[error.start]:#04x}", f"convert it: iconv -t UTF-8 {path.name}")]) from None
    source = Source(name, text.splitlines())
    source.data = _Builder(source).build(text)
    if not isinstance(source.data, dict) and not source.mistakes:
        found = {list: "a list", type(None): "an empty file"}.get(type(source.data), f"only {source.data!r}")
        raise fail(f"expected a mapping with name and tables, found {found}", "a recipe starts like this: name: my-data")
    if source.mistakes:
        raise RecipeError(source.mistakes)
    return source


def override(source: Source, setting: str) -> None:
    """Put `tables.traffic.rows=50` into the data; mistakes in it will name the option."""
    option = f"--set {setting}"
    path, equals, text = setting.partition("=")
    if not equals or not path:
        source.mistakes.append(Mistake(option, "expected KEY=VALUE, such as tables.traffic.rows=50"))
        return
    words = path.split(".")
    place = source.data
    way: list[Any] = []
    for word in words[:-1]:
        key = _key_like(place, word)
        if key is None:
            known: Iterable[Any] = place if isinstance(place, dict) else ()
            source.mistakes.append(Mistake(option, f"there is no '{word}' in {'.'.join(map(str, way)) or 'the recipe'}", did_you_mean(word, known)))
            return
        place = place[key]
        way.append(key)
    value = Source(option, [text])
    value.data = _Builder(value).build(text)
    if value.mistakes:
        source.mistakes.extend(Mistake(option, mistake.message, mistake.hint) for mistake in value.mistakes)
        return
    key = _key_like(place, words[-1])
    if isinstance(place, list) and key is None or not isinstance(place, dict | list):
        source.mistakes.append(Mistake(option, f"there is no '{words[-1]}' in {'.'.join(map(str, way)) or 'the recipe'}"))
        return
    key = words[-1] if key is None else key
    place[key] = value.data
    source.overrides[(*way, key)] = option


def _key_like(place: Any, word: str) -> Any:
    if isinstance(place, list):
        return int(word) if word.isdecimal() and int(word) < len(place) else None
    return next((key for key in place if str(key) == word), None) if isinstance(place, dict) else None


class _Builder:
    def __init__(self, source: Source) -> None:
        self.source = source
        self.count = 0

    def build(self, text: str) -> Any:
        from ruamel.yaml import YAML
        from ruamel.yaml.error import MarkedYAMLError, YAMLError

        try:
            node = YAML(typ="safe", pure=True).compose(text)
            return None if node is None else self.value(node, (), ())
        except MarkedYAMLError as error:
            self._not_yaml(error)
        except YAMLError as error:
            self.source.mistakes.append(Mistake(self.source.name, f"not YAML: {str(error).splitlines()[0]}"))
        except RecursionError:
            self.source.mistakes.append(Mistake(self.source.name, "nested too deeply"))
        return {}

    def _not_yaml(self, error: Any) -> None:
        mark = error.problem_mark or error.context_mark
        problem, hint = str(error.problem or error.context), ""
        line = self.source.lines[mark.line] if mark.line < len(self.source.lines) else ""
        if "\\t" in problem or line[: mark.column + 1].lstrip(" ").startswith("\t"):
            problem, hint = "a tab is used to indent", "YAML is indented with spaces only"
        elif "could not determine a constructor" in problem or "undefined alias" in problem:
            hint = "text that begins with & or * needs quotes"
        elif "mapping values are not allowed" in problem:
            hint = "text that contains ': ' needs quotes"
        elif problem.startswith("found character") or "expected the node content" in problem or "expected <block end>" in problem:
            hint = "text that contains or begins with one of : # @ ` % & * ! | > { } [ ] needs quotes"
        self.source.mistakes.append(self.source.at(mark.line, mark.column, f"not YAML: {problem}" if not problem.startswith("a tab") else problem, hint))

    def value(self, node: Any, way: Way, above: tuple[Any, ...]) -> Any:
        self.count += 1
        mark = node.start_mark
        self.source.values.setdefault(way, (mark.line, mark.column))
        if self.count > MOST_NODES or any(node is one for one in above):
            if not self.source.mistakes or "aliases" not in self.source.mistakes[-1].message:
                what = "an alias that holds itself" if any(node is one for one in above) else f"more than {MOST_NODES:,} values, aliases (*name) written out"
                self.source.mistakes.append(self.source.at(mark.line, mark.column, f"aliases: {what}", "write the values where they are needed"))
            return None
        if node.id == "mapping":
            return self.mapping(node, way, (*above, node))
        if node.id == "sequence":
            return [self.value(item, (*way, place), (*above, node)) for place, item in enumerate(node.value)]
        return self.scalar(node)

    def mapping(self, node: Any, way: Way, above: tuple[Any, ...]) -> dict[Any, Any]:
        found: dict[Any, Any] = {}
        for key_node, value_node in node.value:
            mark = key_node.start_mark
            if self.count > MOST_NODES:
                break
            if key_node.id != "scalar":
                hint = 'a template needs quotes: "{{ name }}"' if key_node.id == "mapping" else "a key is a word"
                self.source.mistakes.append(self.source.at(node.start_mark.line, node.start_mark.column, "a mapping used as a key", hint))
                continue
            key = self.scalar(key_node)
            if key in found and type(key) in {type(old) for old in found if old == key}:
                first = self.source.keys[(*way, key)][0] + 1
                self.source.mistakes.append(self.source.at(mark.line, mark.column, f"the key '{key}' is there twice", f"first on line {first}"))
                continue
            self.source.keys[(*way, key)] = (mark.line, mark.column)
            found[key] = self.value(value_node, (*way, key), above)
        return found

    def scalar(self, node: Any) -> Any:
        text, tag = node.value, str(node.tag or "").rpartition(":")[2]
        if tag == "null":
            return None
        if tag == "bool":
            return text.lower() == "true"
        if tag == "int" and re.fullmatch(r"[-+]?[0-9_]+", text):
            return int(text.replace("_", ""))
        if tag == "float":
            try:
                return float(text.replace("_", ""))
            except ValueError:
                return text
        if str(node.tag).startswith("!") and not str(node.tag).startswith("tag:"):
            self.source.mistakes.append(self.source.at(node.start_mark.line, node.start_mark.column, f"unknown tag '{node.tag}'", "text that begins with ! needs quotes"))
        return text
