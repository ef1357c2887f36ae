"""JSON and YAML in which nothing that a message says can break a line, end a value or be run."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from synthgen.spec.replacing import replacing

BREAKS = {code: f"\\u{code:04x}" for code in (*range(0x7F, 0xA0), 0x2028, 0x2029, 0xFEFF)}
"""What some readers take for the end of a line, for none of a file's text, or for a command to the terminal; JSON may hold it as it is, but
need not."""


def line(value: Any, *, ascii_only: bool = False) -> str:
    """A value as JSON in one line, whatever a reader takes for the end of one."""
    return json.dumps(value, ensure_ascii=ascii_only, default=str).translate(BREAKS)


def quoted(text: str) -> str:
    """Text as a YAML scalar in double quotes: JSON's escapes are YAML's, and what YAML must not hold is escaped."""
    return "".join(_escaped(letter) for letter in json.dumps(text, ensure_ascii=False))


def _escaped(letter: str) -> str:
    if letter.isprintable():
        return letter
    return f"\\u{ord(letter):04x}" if ord(letter) < 0x10000 else f"\\U{ord(letter):08x}"


def write(path: Path, content: str) -> None:
    """Write a file that appears whole or not at all."""
    write_lines(path, [content.removesuffix("\n")])


def write_lines(path: Path, lines: Iterable[str]) -> int:
    """Write lines to a file that appears whole or not at all; returns how many."""
    path.parent.mkdir(parents=True, exist_ok=True)
    count = 0
    with replacing(path) as unfinished, unfinished.open("w", encoding="utf-8", newline="\n") as file:
        for text in lines:
            file.write(text + "\n")
            count += 1
    return count
