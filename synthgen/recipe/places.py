"""A recipe's data, where in its file each part of it was said, and the mistakes found in it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from synthgen.errors import Mistake

KeyPath = tuple[Any, ...]
"""The keys that lead to a value."""
LINE_END = re.compile(r"\r\n|\r|\n")
"""What YAML ends a line with. Python knows more line ends, such as U+2028."""


class Place(NamedTuple):
    """Zero-based, as YAML counts: where a key or value begins, and the line on which it ends."""

    line: int
    column: int
    last: int


@dataclass
class Source:
    """The text of a recipe, its data, and the place of every key and value.

    `overrides` are the values that came from the command line, each with its option. `unsure` are the ways to
    values that could not be read as they were meant: a mistake that is reported, and from which no other follows.
    `left_out` are the tables that the command line takes away.
    """

    name: str
    text: str
    data: Any = None
    keys: dict[KeyPath, Place] = field(default_factory=dict)
    values: dict[KeyPath, Place] = field(default_factory=dict)
    overrides: dict[KeyPath, str] = field(default_factory=dict)
    unsure: set[KeyPath] = field(default_factory=set)
    left_out: set[str] = field(default_factory=set)
    mistakes: list[Mistake] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.lines = LINE_END.split(self.text)

    def tell(self, key_path: KeyPath, message: str, hint: str = "", *, at_key: bool = False, word: str = "") -> None:
        """Add a mistake at the value of `key_path`, or its key; with `word`, at that word inside the value."""
        option = next((option for prefix, option in self.overrides.items() if key_path[: len(prefix)] == prefix), None)
        if option is not None:
            self.mistakes.append(Mistake(option, message, hint))
        else:
            place = self._place(key_path, at_key)
            self.at(*self._word(place, word), message, hint)

    def on_line(self, key_path: KeyPath) -> str:
        """On which line a key or value was written, in words; nothing where it came from the command line."""
        if any(key_path[: len(prefix)] == prefix for prefix in self.overrides):
            return ""
        return f" (line {self._place(key_path, at_key=True).line + 1})"

    def at(self, line: int, column: int, message: str, hint: str = "") -> None:
        """Add a mistake at a zero-based line and column."""
        line_text = self.lines[line].replace("\t", " ") if line < len(self.lines) else ""
        self.mistakes.append(Mistake(f"{self.name}:{line + 1}:{column + 1}", message, hint, line_text, line + 1, column + 1))

    def at_file(self, message: str, hint: str = "") -> None:
        """Add a mistake that is not on any line."""
        self.mistakes.append(Mistake(self.name, message, hint))

    def rename(self, key_path: KeyPath, new_path: KeyPath) -> None:
        """Move what was written under a misspelt key to the key that was meant."""

        def renamed(old: KeyPath) -> KeyPath:
            return (*new_path, *old[len(key_path) :]) if old[: len(key_path)] == key_path else old

        self.keys = {renamed(old): place for old, place in self.keys.items()}
        self.values = {renamed(old): place for old, place in self.values.items()}
        self.overrides = {renamed(old): option for old, option in self.overrides.items()}
        self.unsure = set(map(renamed, self.unsure))

    def in_order(self) -> list[Mistake]:
        """The mistakes, each once: first those of the command line, then the file's, from top to bottom."""
        return sorted(dict.fromkeys(self.mistakes), key=lambda mistake: (mistake.number, mistake.column))

    def _place(self, key_path: KeyPath, at_key: bool) -> Place:
        """The place of a value, of its key, or of the nearest thing above it that was written."""
        for length in range(len(key_path), -1, -1):
            key, value = self.keys.get(key_path[:length]), self.values.get(key_path[:length])
            if key and (at_key or length < len(key_path) or not value):
                return key
            if value:
                return value
        return Place(0, 0, 0)

    def _word(self, place: Place, word: str) -> tuple[int, int]:
        """Inside the braces of a template, or if it is not there, anywhere in the value."""
        word_pattern = rf"(?<![\w.'\"]){re.escape(word)}(?!\w)"
        for pattern in (rf"\{{[{{%](?:(?!\}}\}}).)*?({word_pattern})", f"({word_pattern})") if word else ():
            for line in range(place.line, min(place.last + 1, len(self.lines))):
                start = place.column if line == place.line else 0
                if match := re.search(pattern, self.lines[line][start:]):
                    return line, start + match.start(1)
        return place.line, place.column
