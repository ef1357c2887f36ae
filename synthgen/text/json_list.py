"""The items of a JSON list, one at a time: of a long list only the one that is read is in memory."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from json.decoder import JSONDecodeError
from pathlib import Path
from typing import Any

from synthgen.errors import DataError
from synthgen.spec.rows import finite, has_half_escapes, parsed_json
from synthgen.text.decoding import pieces
from synthgen.text.opened import LONGEST

SPACE = re.compile(r"[ \t\n\r]*")


Hook = Callable[[list[tuple[str, Any]]], Any]


def items(path: Path, hook: Hook) -> Iterator[Any] | None:
    """The items of the list in a file, whose objects `hook` makes of their pairs; None when there is none. Raises DataError."""
    text = _Text(path, hook)
    return _items(text, path) if text.sign() == "[" else None


def _items(text: _Text, path: Path) -> Iterator[Any]:
    try:
        text.place += 1
        sign = text.sign()
        if sign == "]":
            text.place += 1
        else:
            sign = ","
        while sign == ",":
            yield text.value()
            sign = text.sign()
            if sign not in ("]", ","):
                raise JSONDecodeError("Expecting ',' delimiter", text.window, text.place)
            text.place += 1
        if text.sign():
            raise JSONDecodeError("Extra data", text.window, text.place)
    except JSONDecodeError as error:
        hint = "one object a line? then name the file .jsonl" if error.msg == "Extra data" else ""
        raise DataError(f"{path}:{text.where(error)}: not JSON: {error.msg}", hint) from None
    except (RecursionError, ValueError) as error:  # nested too deeply, or a number of thousands of digits
        raise DataError(f"{path}: cannot be read: {error}") from None


class _Text:
    """A window that moves over a text; `place` is where in it the reading is."""

    def __init__(self, path: Path, hook: Hook) -> None:
        self._path, self._pieces = path, pieces(path)
        self._decoder = json.JSONDecoder(object_pairs_hook=hook, parse_float=finite)
        self.window, self.place = "", 0
        self._lines, self._columns = 0, 0  # before the window

    def sign(self) -> str:
        """The next character that is no white space; nothing at the end."""
        while True:
            self.place = SPACE.match(self.window, self.place).end()  # type: ignore[union-attr]
            if self.place < len(self.window) or not self._more(1):
                return self.window[self.place : self.place + 1]

    def value(self) -> Any:
        """The next value. Raises JSONDecodeError, and DataError when it is too long."""
        self.sign()
        while True:
            try:
                value, end = self._decoder.raw_decode(self.window, self.place)
            except JSONDecodeError:
                if not self._more(len(self.window) - self.place):  # it may only not be whole yet
                    raise
                continue
            raw, self.place = self.window[self.place : end], end
            return parsed_json(raw, self._decoder) if has_half_escapes(raw) else value

    def _more(self, least: int) -> bool:
        """Forget what was read, and take at least so many characters more, if there are any. Raises DataError."""
        consumed, self.window, self.place = self.window[: self.place], self.window[self.place :], 0
        self._lines += consumed.count("\n")
        self._columns = len(consumed) - consumed.rfind("\n") - 1 if "\n" in consumed else self._columns + len(consumed)
        if len(self.window) > LONGEST:
            raise DataError(f"{self._path}:{self._lines + 1}: an object of more than {LONGEST:,} characters")
        new: list[str] = []
        while sum(map(len, new)) < least:
            piece = next(self._pieces, None)
            if piece is None:
                break
            new.append(piece)
        self.window += "".join(new)
        return bool(new)

    def where(self, error: JSONDecodeError) -> str:
        """The line and the column of an error in the window."""
        return f"{self._lines + error.lineno}:{error.colno + (self._columns if error.lineno == 1 else 0)}"
