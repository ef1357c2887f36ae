"""One text in a recipe's file replaced by another, and every other letter of the file left as it is.

The new text is written as the old one was (plain, in quotes, folded or word for word in a block) where that can be. Each way of
writing it is tried, and the first is taken after which the file reads as before but for this one text.
"""

from __future__ import annotations

import copy
import difflib
import json
import re
import textwrap
from collections.abc import Iterator, Sequence
from typing import Any

from synthgen.errors import DataError
from synthgen.memory import lacks_memory

KeyPath = tuple[Any, ...]
WIDEST = 120
"""Columns up to which a text stands on one line, and that a line in a block has at most unless the old ones were longer."""


def replace_value(text: str, key_path: KeyPath, new: str) -> str:
    """The YAML `text` with `new` as the value at `key_path`. Raises DataError where it cannot be replaced by itself."""
    dotted = ".".join(map(str, key_path))
    data = _data(text)
    old = value_at(data, key_path)
    if old is None and isinstance(value_at(data, key_path[:-1]), dict):
        old = ""  # it is written newly
    if not isinstance(old, str):
        raise DataError(f"{dotted} is no text in the recipe", "is it the recipe that was run?")
    new = new.rstrip("\n") + old[len(old.rstrip("\n")) :]
    expected = copy.deepcopy(data)
    _set_value(expected, key_path, new)
    for candidate in _candidates(text, key_path, new):
        try:
            if _data(candidate) == expected:
                return candidate
        except Exception as error:  # YAML's errors are many; what cannot be read back is not taken
            if lacks_memory(error):
                raise
            continue
    raise DataError(f"{dotted} cannot be replaced by itself: another part of the recipe has its text from there", "change it by hand")


def value_at(data: Any, key_path: KeyPath) -> Any:
    """What the keys of `key_path` lead to; None where there is nothing."""
    for key in key_path:
        if isinstance(data, dict):
            data = data.get(key)
        else:
            data = data[key] if isinstance(data, list) and isinstance(key, int) and key < len(data) else None
    return data


def unified_diff(old: str, new: str, name: str, new_name: str = "") -> str:
    """What is changed in a file, as `diff -u` shows it; `new_name` is where it is proposed, if that is elsewhere."""
    lines = difflib.unified_diff(old.splitlines(), new.splitlines(), f"{name}", new_name or f"{name} (proposed)", lineterm="")
    return "\n".join(lines)


def _yaml() -> Any:
    from ruamel.yaml import YAML

    return YAML(typ="safe", pure=True)


def _data(text: str) -> Any:
    return _yaml().load(text)


def _set_value(data: Any, key_path: KeyPath, new: str) -> None:
    data = value_at(data, key_path[:-1])
    data[key_path[-1]] = new


def _candidates(text: str, key_path: KeyPath, new: str) -> Iterator[str]:
    """The file with the new text in it, written in one way after the other, the likest to the old first."""
    if value_at(_data(text), key_path) is None:
        yield from _added(text, key_path, new)
        return
    node, flow, indent = _node(text, key_path)
    quoted = _quoted(new)
    start, end = node.start_mark.index, node.end_mark.index
    if flow:
        if node.style is None and "\n" not in new:
            yield text[:start] + new + text[end:]
        yield text[:start] + quoted + text[end:]
        return
    if node.style in ("|", ">"):
        end = _block_end(text, start, indent)
        head, _, body = text[start:end].partition("\n")
        lines = body.split("\n")
        trailing = comment[0].rstrip() if (comment := re.search(r"\s#.*", head)) else ""
    else:
        head, lines = "", textwrap.dedent(text[start:end]).split("\n")
        begun = text.find("\n", end)
        trailing = text[end : begun if begun >= 0 else len(text)].rstrip()
        single = "\n" not in text[start:end] and len(new) + start - text.rfind("\n", 0, start) <= WIDEST
        if node.style is None and single:
            yield text[:start] + new + text[end:]
        if node.style == "'" and single:
            yield f"{text[:start]}'{new.replace(chr(39), chr(39) * 2)}'{text[end:]}"
        if node.style == '"' and single:
            yield text[:start] + quoted + text[end:]
        end += len(trailing)
    first = next((line for line in lines if line.strip()), "") if head else ""
    depth = len(first) - len(first.lstrip()) if first else indent + 2
    marks = [head] if head else []
    marks += [f"{style}{'-' if not new.endswith(chr(10)) else ''}{trailing}" for style in (">", "|")]
    for mark in marks:
        body = new.rstrip("\n")
        body_lines = _folded(body, lines, max(WIDEST, *map(len, lines)) - depth if head else 100) if mark[0] == ">" else body.split("\n")
        indented = [" " * depth + line if line else "" for line in body_lines]
        yield _joined(text, start, end, [mark, *indented])
    yield _joined(text, start, end, [quoted + trailing])


def _added(text: str, key_path: KeyPath, new: str) -> Iterator[str]:
    """The file with a new key behind the first one of the mapping that it is to be in."""
    node, flow, _ = _node(text, key_path[:-1])
    key, first = node.value[0]
    quoted, depth = _quoted(new), key.start_mark.column
    if flow or node.flow_style:
        yield f"{text[: first.end_mark.index]}, {key_path[-1]}: {quoted}{text[first.end_mark.index :]}"
        return
    end = text.find("\n", first.end_mark.index)
    end = len(text) if end < 0 else end - (text[end - 1] == "\r")
    short = len(quoted) + len(str(key_path[-1])) + depth <= WIDEST
    for value_text in ([new] if short else []) + [f">-\n{textwrap.indent(chr(10).join(_folded(new, [], 100)), ' ' * (depth + 2))}", quoted]:
        yield _joined(text, end, end, ["", *f"{' ' * depth}{key_path[-1]}: {value_text}".split("\n")])


def _quoted(text: str) -> str:
    """A text in double quotes, on one line; letters that YAML takes for a line's end, or for none, are written as their numbers."""
    odd = r"[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]"
    return re.sub(odd, lambda letter: f"\\u{ord(letter[0]):04x}", json.dumps(text, ensure_ascii=False))


def _joined(text: str, start: int, end: int, lines: Sequence[str]) -> str:
    return text[:start] + ("\r\n" if "\r\n" in text else "\n").join(line.rstrip("\r") for line in lines) + text[end:]


def _node(text: str, key_path: KeyPath) -> tuple[Any, bool, int]:
    """The node of a value, whether it stands inside braces or brackets, and the column of its key."""
    node, flow, indent = _yaml().compose(text), False, 0
    for key in key_path:
        flow = flow or bool(node.flow_style)
        if node.id == "mapping":
            pairs = [pair for pair in node.value if str(pair[0].value) == str(key)]
            if not pairs:
                raise DataError(f"{'.'.join(map(str, key_path))} is not written in the recipe itself", "change it by hand")
            indent, node = pairs[0][0].start_mark.column, pairs[0][1]
        else:
            node = node.value[int(key)]
    return node, flow, indent


def _block_end(text: str, start: int, indent: int) -> int:
    """Where the text of a block ends that begins at `start`, under a key in that column: before the line break of its last line."""
    end = text.find("\n", start)
    if end < 0:
        return len(text)
    place = end
    for line in text[end + 1 :].split("\n"):
        place += 1 + len(line)
        if line.strip():
            if len(line) - len(line.lstrip()) <= indent:
                break
            end = place
    return end - (text[end - 1] == "\r")


def _folded(new: str, old: Sequence[str], width: int) -> list[str]:
    """Lines that fold to `new`: its own line breaks doubled, its long lines broken, where the old ones were if they still hold the same
    words."""
    old_paragraphs = _paragraphs(old)
    lines: list[str] = []
    for paragraph in re.sub(r"\n+", lambda breaks: breaks[0] + "\n", new).split("\n"):
        lines += _wrapped(paragraph.split(" "), old_paragraphs, max(width, 20)) if paragraph else [""]
    return lines


def _paragraphs(lines: Sequence[str]) -> list[list[list[str]]]:
    """Runs of lines with words, each line as its words."""
    paragraphs: list[list[list[str]]] = [[]]
    for line in lines:
        if line.strip():
            paragraphs[-1].append(line.split())
        elif paragraphs[-1]:
            paragraphs.append([])
    return [paragraph for paragraph in paragraphs if paragraph]


def _wrapped(words: Sequence[str], old_paragraphs: Sequence[list[list[str]]], width: int) -> list[str]:
    """The words in lines: those of the old paragraph that is most alike, as long as they hold the same, at its beginning and its end."""
    wordings = [[word for line in paragraph for word in line] for paragraph in old_paragraphs]
    alike = [difflib.SequenceMatcher(None, wording, words, autojunk=False).ratio() for wording in wordings]
    old = old_paragraphs[alike.index(max(alike))] if alike and max(alike) > 0.3 else []
    words, before, after = list(words), list[str](), list[str]()
    for line in old:
        if words[: len(line)] != line:
            break
        before.append(" ".join(line))
        words = words[len(line) :]
    for line in reversed(old[len(before) :]):
        if words[-len(line) :] != line:
            break
        after.insert(0, " ".join(line))
        words = words[: -len(line)]
    if words and before:  # as few lines as can be
        words = [*before.pop().split(), *words]
    middle = textwrap.wrap(" ".join(words), width, break_long_words=False, break_on_hyphens=False) if words else []
    return [*before, *middle, *after]
