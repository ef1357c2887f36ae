"""Values of a recipe's file set anew: weights, names of files, keys and items that were not there; every other letter stays as it is.

As in `edit`, a way of writing the value is taken only when the file reads as before but for this one value.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator, Mapping
from typing import Any

from synthgen.advice.edit import KeyPath, value_at
from synthgen.errors import DataError
from synthgen.spec.scalars import scalar

MISSING = object()


def set_value(text: str, key_path: KeyPath, value: Any) -> str:
    """The YAML `text` with `value` at `key_path`: a text, a number, or numbers by option in place of a list of these options or of such
    numbers. Raises DataError where it cannot be set by itself."""
    expected = data_of(text)
    parent = value_at(expected, key_path[:-1])
    if not isinstance(parent, dict | list):
        raise DataError(f"{_dotted(key_path)} is not written in the recipe itself", "change it by hand")
    parent[key_path[-1]] = copy.deepcopy(value)
    return _first_that_reads(_set(text, key_path, value), expected, key_path, value)


def add_item(text: str, key_path: KeyPath, item: Mapping[str, Any]) -> str:
    """The YAML `text` with one more `item` in the list at `key_path`, which is made where there is none. Raises DataError."""
    expected = data_of(text)
    parent = value_at(expected, key_path[:-1])
    if not isinstance(parent, dict):
        raise DataError(f"{_dotted(key_path)} is not written in the recipe itself", "change it by hand")
    parent[key_path[-1]] = [*(parent.get(key_path[-1]) or []), dict(item)]
    return _first_that_reads(_with_item(text, key_path, item), expected, key_path, item)


def _first_that_reads(candidates: Iterator[str], expected: Any, key_path: KeyPath, value: Any) -> str:
    try:
        for candidate in candidates:
            if _reads(candidate) == expected:
                return candidate
    except (IndexError, StopIteration, AttributeError):  # its YAML is written in a way that is not looked for
        pass
    raise DataError(f"{_dotted(key_path)} cannot be changed by itself", f"write by hand: {key_path[-1]}: {_flow(value)}")


def _reads(text: str) -> Any:
    from ruamel.yaml.error import YAMLError

    try:
        return data_of(text)
    except (YAMLError, ValueError):
        return MISSING


def _yaml() -> Any:
    from ruamel.yaml import YAML

    return YAML(typ="safe", pure=True)


def data_of(text: str) -> Any:
    """What a YAML text holds."""
    return _yaml().load(text)


def _dotted(key_path: KeyPath) -> str:
    return ".".join(map(str, key_path))


def _flow(value: Any) -> str:
    """A value as YAML in a line."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_flow(key)}: {_flow(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, str):
        return value if re.fullmatch(r"[A-Za-z][\w-]*(/[\w-]+)*\.txt", value, re.ASCII) else scalar(value)
    return str(value).lower() if isinstance(value, bool) else f"{value}"


# What is there


def _pair(text: str, key_path: KeyPath) -> tuple[Any, Any] | None:
    """The nodes of a key and of its value; None where there are none."""
    key, node = None, _yaml().compose(text)
    for name in key_path:
        if node.id == "mapping":
            key, node = next(((key, value) for key, value in node.value if str(key.value) == str(name)), (None, None))
        else:
            node = node.value[name] if isinstance(name, int) and name < len(node.value) else None
        if node is None:
            return None
    return key, node


def _end(node: Any) -> int:
    """Where a node's own letters end: a collection in lines ends, for YAML, only where the next thing begins."""
    if node.id == "scalar" or node.flow_style or not node.value:
        return int(node.end_mark.index)
    last = node.value[-1]
    return _end(last[1] if node.id == "mapping" else last)


def _set(text: str, key_path: KeyPath, value: Any) -> Iterator[str]:
    pair = _pair(text, key_path)
    if pair is None:
        yield from _with_key(text, key_path, value)
        return
    key, node = pair
    if isinstance(value, Mapping) and node.id == "mapping":
        for _, inner, number in reversed([(key, inner, value.get(_plain(key))) for key, inner in node.value]):
            text = text[: inner.start_mark.index] + f"{number}" + text[inner.end_mark.index :]
        yield text
    elif isinstance(value, Mapping) and node.id == "sequence":
        yield _weighted(text, node, list(value.values()))
    elif node.id == "scalar" or node.flow_style:
        yield text[: node.start_mark.index] + _flow(value) + text[_end(node) :]
    elif key is not None:
        colon = text.index(":", key.end_mark.index)
        comment = re.match(r"\s*#[^\r\n]*|", text[colon + 1 :])
        yield f"{text[: colon + 1]} {_flow(value)}{comment[0] if comment else ''}{text[_end(node) :]}"


def _plain(key: Any) -> Any:
    """What a key's node reads as."""
    return data_of(key.value) if key.style is None and key.tag != "tag:yaml.org,2002:str" else key.value


def _weighted(text: str, node: Any, weights: list[Any]) -> str:
    """A list of options with a weight behind each."""
    for item, weight in reversed(list(zip(node.value, weights, strict=True))):
        text = f"{text[: item.end_mark.index]}: {weight}{text[item.end_mark.index :]}"
        if not node.flow_style:
            dash = text.rindex("-", 0, item.start_mark.index)
            text = f"{text[:dash]} {text[dash + 1 :]}"
    if not node.flow_style:
        return text
    end = text.rindex("]", node.start_mark.index, node.end_mark.index + sum(len(f": {weight}") for weight in weights))
    return f"{text[: node.start_mark.index]}{{{text[node.start_mark.index + 1 : end]}}}{text[end + 1 :]}"


# What is not there


def _with_key(text: str, key_path: KeyPath, value: Any) -> Iterator[str]:
    """The file with a new key: behind the first of its mapping, in braces behind the last."""
    pair = _pair(text, key_path[:-1])
    parent = pair[1] if pair else _yaml().compose(text)
    key, node = parent.value[-1 if parent.flow_style else 0]
    written = f"{_flow(key_path[-1])}: {_flow(value)}"
    if parent.flow_style:
        yield f"{text[: _end(node)]}, {written}{text[_end(node) :]}"
    else:
        yield _below(text, _end(node), f"{' ' * key.start_mark.column}{written}")


def _with_item(text: str, key_path: KeyPath, item: Mapping[str, Any]) -> Iterator[str]:
    pair = _pair(text, key_path)
    if pair is None or not pair[1].value:
        if pair is None:
            parent = _pair(text, key_path[:-1])
            assert parent is not None
            key, last = parent[1].value[-1]
            if parent[1].flow_style:
                yield f"{text[: _end(last)]}, {key_path[-1]}: [{_flow(item)}]{text[_end(last) :]}"
            else:
                indent = " " * key.start_mark.column
                yield _below(text, _end(last), f"{indent}{key_path[-1]}:{_break(text)}{indent}  - {_flow(item)}")
        else:
            yield f"{text[: pair[1].start_mark.index]}[{_flow(item)}]{text[pair[1].end_mark.index :]}"
        return
    last = pair[1].value[-1]
    if pair[1].flow_style:
        yield f"{text[: _end(last)]}, {_flow(item)}{text[_end(last) :]}"
    else:
        dash = pair[1].start_mark.column
        yield _below(text, _end(last), f"{' ' * dash}- {_flow(item)}")


def _below(text: str, place: int, line: str) -> str:
    """The text with a line behind the one that `place` is in."""
    end = text.find("\n", place)
    if end < 0:
        return f"{text}{_break(text)}{line}"
    end -= text[end - 1] == "\r"
    return f"{text[:end]}{_break(text)}{line}{text[end:]}"


def _break(text: str) -> str:
    return "\r\n" if "\r\n" in text else "\n"
