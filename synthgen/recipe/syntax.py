"""From YAML text to data in which every key and value knows its place, and YAML's mistakes in plain words.

The text is composed to nodes and built here rather than by a constructor, so that duplicate keys, tags,
templates without quotes and alias bombs are each reported as what they are, and the rest is still read.
"""

from __future__ import annotations

import math
import re
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.composer import Composer
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.reader import ReaderError

from synthgen.recipe.places import KeyPath, Place, Source
from synthgen.spec import numerals

MOST_VALUES = 50_000
DEEPEST = 50
TAGS = "tag:yaml.org,2002:"
KNOWN_TAGS = {"null", "bool", "int", "float", "str", "map", "seq", "timestamp", "merge", "value"}
UNQUOTED = re.compile(r"(?:^\s*+|[:,\[{-]\s++)(\{\{.*)")


class _TooMuch(Exception):
    """The rest of the text is not looked at."""


def build(source: Source) -> Any:
    """The data in the source's text; `{}` when it cannot be read, with the reason among the source's mistakes."""
    try:
        node = _parser().compose(source.text)
        return None if node is None else _Builder(source).value(node, (), ())
    except ReaderError as error:
        before = source.text[: error.position]
        line, column = before.count("\n"), len(before) - before.rfind("\n") - 1
        source.at(
            line,
            column,
            f"the character {chr(error.character)!r} cannot stand in YAML",
            "take it out; in double quotes it may be written as an escape",
        )
    except MarkedYAMLError as error:
        source.at(*_in_words(error, source))
    except YAMLError as error:
        source.at_file(f"not YAML: {str(error).splitlines()[0]}")
    except (_TooMuch, RecursionError):
        pass  # told where it was found
    return {}


def _parser() -> YAML:
    parser = YAML(typ="safe", pure=True)
    parser.Composer = _Composer
    return parser


class _Composer(Composer):
    """Gives up on a text that no recipe can be, before all of it is read."""

    def __init__(self, loader: Any = None) -> None:
        super().__init__(loader=loader)
        self.warn_double_anchors = False  # YAML allows a name to be given again
        self.count = self.depth = 0

    def compose_node(self, parent: Any, index: Any) -> Any:
        self.count, self.depth = self.count + 1, self.depth + 1
        if self.count > MOST_VALUES or self.depth > DEEPEST:
            raise MarkedYAMLError(
                problem="too large" if self.count > MOST_VALUES else "too deep", problem_mark=self.loader.parser.peek_event().start_mark
            )
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node


class _Builder:
    def __init__(self, source: Source) -> None:
        self.source = source
        self.count = 0

    def value(self, node: Any, key_path: KeyPath, above: tuple[Any, ...]) -> Any:
        """The data of a node; `above` are the nodes that it is in."""
        self.count += 1
        mark = node.start_mark
        self.source.values.setdefault(key_path, self.place(node, key_path))
        if any(node is ancestor for ancestor in above):
            return self.wrong(
                key_path, mark, "an alias (*name) for something that it is itself a part of", "write the values where they are needed"
            )
        if self.count > MOST_VALUES:
            place = self.source.keys.get(key_path[:1], self.source.values[()])
            self.source.at(
                place.line,
                place.column,
                f"with its aliases (*name) written out, the recipe has more than {MOST_VALUES:,} values",
                "aliases of aliases multiply: write the values where they are needed",
            )
            raise _TooMuch
        text = self.source.text[mark.index : node.end_mark.index]
        if node.id == "mapping" and text.startswith("{{"):
            template = " ".join(text.split())
            self.source.at(mark.line, mark.column, "a template needs quotes", f"write it as {_quoted(template)}")
            return template
        self.tag(node, key_path)
        if node.id == "mapping":
            return self.mapping(node, key_path, (*above, node))
        if node.id == "sequence":
            _mixed(node.value)
            return [self.value(item, (*key_path, number), (*above, node)) for number, item in enumerate(node.value)]
        return _scalar(node)

    def place(self, node: Any, key_path: KeyPath) -> Place:
        """Where a value is shown: what begins below its key, or is not there at all, is shown at the key."""
        start, end = node.start_mark, node.end_mark
        below = node.id != "scalar" and not node.flow_style
        if key_path in self.source.keys and (below or start.index == end.index):
            return self.source.keys[key_path]
        return Place(start.line, start.column, end.line)

    def wrong(self, key_path: KeyPath, mark: Any, message: str, hint: str) -> None:
        self.source.unsure.add(key_path)
        self.source.at(mark.line, mark.column, message, hint)

    def tag(self, node: Any, key_path: KeyPath) -> None:
        tag = str(node.tag or "")
        if tag.removeprefix(TAGS) not in KNOWN_TAGS and tag != "!":
            tag_name = tag.replace(TAGS, "!!")
            self.wrong(key_path, node.start_mark, f"unknown tag '{tag_name}'", "leave it out; text that begins with ! needs quotes")

    def mapping(self, node: Any, key_path: KeyPath, above: tuple[Any, ...]) -> dict[Any, Any]:
        data: dict[Any, Any] = {}
        _mixed([key_node for key_node, _ in node.value])
        for key_node, value_node in node.value:
            mark = key_node.start_mark
            if key_node.id != "scalar":
                self.wrong(key_path, mark, "a list or mapping cannot be a key", "text that begins with [ or { needs quotes")
                continue
            key = _scalar(key_node)
            inner_path = (*key_path, key)
            if str(key_node.tag).endswith(":merge"):
                self.wrong(key_path, mark, "keys cannot be merged with <<", "repeat the keys; an alias (*name) can stand for a whole value")
                continue
            if key in data:
                first = self.source.keys[inner_path].line
                where = f"first on line {first + 1}; " if first != mark.line else ""
                self.wrong(inner_path, mark, f"the key '{key_node.value}' is there twice", f"{where}take one out, or rename it")
                continue
            if node.flow_style and not key_node.style and value_node.value == "" and re.fullmatch(r"\w+:[^\s/].*", key_node.value):
                self.wrong(key_path, mark, "a colon without a space after it", f"write it as {key.replace(':', ': ', 1)}")
                continue
            self.source.keys[inner_path] = Place(mark.line, mark.column, mark.line)
            data[key] = self.value(value_node, inner_path, above)
        return data


def _mixed(nodes: list[Any]) -> None:
    """Make `True` and `FALSE` among texts text as well, so that they stay as they were typed."""
    tags = [str(node.tag or "").removeprefix(TAGS) for node in nodes]
    if "str" in tags:
        for node in (node for node, tag in zip(nodes, tags, strict=True) if tag == "bool" and not node.value.islower()):
            node.tag = f"{TAGS}str"


def _scalar(node: Any) -> Any:
    text, tag = node.value, str(node.tag or "").rpartition(":")[2]
    if tag == "null":
        return None
    if tag == "bool":
        return text.lower() == "true"
    digits = text.replace("_", "")
    if tag == "int" and re.fullmatch(r"[-+]?[0-9]{1,4000}", digits):
        return numerals.number(int(digits), text)
    if tag == "float" and re.fullmatch(r"[-+]?[0-9.]+(?:[eE][-+]?[0-9]+)?", digits) and math.isfinite(float(digits)):
        return numerals.number(float(digits), text)
    return text


def _quoted(text: str) -> str:
    return f"'{text}'" if '"' in text and "'" not in text else '"' + text.replace('"', "'") + '"'


def _in_words(error: MarkedYAMLError, source: Source) -> tuple[int, int, str, str]:
    """Zero-based line and column, message and hint. YAML's own words speak of tokens and blocks."""
    problem, context = str(error.problem or ""), str(error.context or "")
    mark = error.problem_mark or error.context_mark
    opened = error.context_mark or mark
    lines = [*source.lines, *[""] * mark.line]  # a text of YAML 1.1 has more line ends
    line = lines[mark.line]
    position, opening = (mark.line, mark.column), (opened.line, opened.column)
    if problem == "too large":
        return *position, f"a recipe has at most {MOST_VALUES:,} values", "put seed messages and data into files of their own"
    if problem == "too deep":
        return *position, f"nested more than {DEEPEST} deep", "is a bracket left open, or a line indented too far?"
    if line[: mark.column + 1].lstrip(" ").startswith("\t"):
        return *position, "a tab is used to indent", "YAML is indented with spaces only"
    if template := UNQUOTED.search(line):
        hint = "put the whole text in quotes" if "flow" in context else f"write it as {_quoted(template[1].split(' #')[0].strip())}"
        return mark.line, template.start(1), "a template needs quotes", hint
    if "mapping values are not allowed" in problem or "could not find expected ':'" in problem:
        return _colon(error, lines)
    if "quoted scalar" in context and "unexpected end" in problem:
        return *opening, "this quote is never closed", "the text ends with the quote that it begins with"
    if "unknown escape" in problem:
        sign = line[mark.column - 1 : mark.column + 1]
        return mark.line, mark.column - 1, f"{sign} means nothing in double quotes", "use single quotes, or write each \\ twice"
    if "flow mapping" in context or "flow sequence" in context:
        return _bracket(mark, opened, source.text[opened.index])
    if "undefined alias" in problem:
        name = problem.split("'")[1]
        return *position, f"*{name} is an alias, but nothing is named &{name}", "text that begins with * needs quotes"
    if "sequence entries" in problem:
        return *position, "a list cannot begin here", "its items are on lines of their own, or in brackets: [a, b]"
    if "single document" in context:
        return *position, "a second document begins here", "a recipe is one: take the --- out"
    if "found character" in problem or "anchor" in context or "tag" in context or "node content" in problem:
        return *position, "text cannot begin like this", "put it in quotes: what begins with one of @ ` % & * ! | > { } [ ] , needs them"
    if "block scalar" in context:
        return *position, "after | or > the text begins on the next line", "put a text that begins with | or > in quotes"
    if "<block end>" in problem:
        return _stray(mark, lines)
    return *position, f"not YAML: {problem or context}", ""


def _colon(error: Any, lines: list[str]) -> tuple[int, int, str, str]:
    mark = error.problem_mark
    before = lines[mark.line][: mark.column]
    if error.context_mark is None and re.search(r":\s", before):
        return mark.line, mark.column, "a second ': ' on one line", "text that contains ': ' needs quotes"
    number = error.context_mark.line if error.context_mark else max(0, mark.line - 1)
    while number and not lines[number].split("#")[0].strip():
        number -= 1
    above = lines[number]
    column = len(above) - len(above.lstrip())
    if glued := re.match(r"\s*(?:- )?(\w+):(?=[^\s:])", above):
        return number, column, "a colon without a space after it", f"write it as {glued[1]}: {above[glued.end() :].strip()}"
    if not re.search(r":(?:\s|$)", above):
        return number, column, "expected 'key: value'", "a key is followed by a colon and a space"
    start = len(before) - len(before.lstrip())
    return mark.line, start, "indented deeper than the line above, which has its value already", "keys of one mapping begin in one column"


def _bracket(mark: Any, opened: Any, bracket: str) -> tuple[int, int, str, str]:
    if mark.line > opened.line:
        hint = f"close it before line {mark.line + 1}, or put text that contains a {bracket} in quotes"
        return opened.line, opened.column, f"this {bracket} is not closed", hint
    close = "]" if bracket == "[" else "}"
    return (
        mark.line,
        mark.column,
        f"expected a comma, or the {close} that closes the {bracket}",
        "text that contains one of : , # [ ] { } needs quotes",
    )


def _stray(mark: Any, lines: list[str]) -> tuple[int, int, str, str]:
    line = lines[mark.line]
    if line[: mark.column].strip():
        return (
            mark.line,
            mark.column,
            "this follows a value that has ended",
            "text that contains a quote or bracket needs quotes around all of it",
        )
    return (
        mark.line,
        mark.column,
        "this line is indented like none of those above",
        "keys of one mapping, and items of one list, begin in one column",
    )
