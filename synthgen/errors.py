"""Every error that a user can meet, each with a message, a way out and an exit code.

SynthgenError
├── RecipeError     1    the recipe is wrong: every mistake in it, each with its place
├── DataError       1    a file or dataset that the recipe names is wrong
├── OutputError     1    the output folder cannot be used: somebody else's, in use, or not there
│   └── StorageError 4   the place of an output at an address failed; `retryable` as below
├── LimitError      3    a limit of the recipe stopped the run: tries, patience, rows to draw from
├── ModelError      4    a model or service failed; `retryable` says whether trying again helps
└── HubError        4    the Hub did not take what was sent; `retryable` as above
"""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

WIDEST, INSET = 120, 4
"""Characters of a line that are shown with a mistake, and how far in."""
LISTED = 24
"""Known names that are listed when none is near."""


class SynthgenError(Exception):
    """Something a user can mend: `message` says what is wrong and where, `hint` what to do next."""

    exit_code = 1
    retryable = False

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message}\n  {self.hint}" if self.hint else self.message


@dataclass(frozen=True, slots=True)
class Mistake:
    """One thing wrong in a recipe.

    `where` is `file:line:column` (or the command-line option that said it), `line` the line itself, `number` that
    line's number (0: not on a line), `column` the one-based column that a caret is drawn under.
    """

    where: str
    message: str
    hint: str = ""
    line: str = ""
    number: int = 0
    column: int = 0

    def __str__(self) -> str:
        return self.shown()

    def shown(self, columns: int | None = None) -> str:
        """The mistake on a terminal of so many columns, which breaks no line above a caret."""
        lines = [f"{self.where}: {self.message}"]
        if self.line.strip():
            text, column = _around(self.line.rstrip(), self.column - 1, (columns or WIDEST + INSET) - INSET)
            lines += [" " * INSET + text, " " * INSET + "".join(map(_gap, text[:column])) + "^"]
        if self.hint:
            lines.append(" " * INSET + self.hint)
        return "\n".join(map(_printable, lines))


def _around(text: str, column: int, room: int) -> tuple[str, int]:
    """The part of a line around a column that takes so much room, with an ellipsis where it is cut; and the column in it."""
    sizes = list(map(_cells, text))
    if sum(sizes) <= room:
        return text, column
    start = end = min(column, len(text))
    used = 2  # an ellipsis at either end
    while start and used + sizes[start - 1] <= room // 3:
        start -= 1
        used += sizes[start]
    while end < len(text) and used + sizes[end] <= room:
        used += sizes[end]
        end += 1
    while start and used + sizes[start - 1] <= room:
        start -= 1
        used += sizes[start]
    before = "…" if start else ""
    return f"{before}{text[start:end]}{'…' if end < len(text) else ''}", column - start + len(before)


def _cells(letter: str) -> int:
    """How many columns a letter takes."""
    gap = _gap(letter)
    return 2 if gap == "\u3000" else len(gap)


def _gap(letter: str) -> str:
    """As much empty space as a terminal gives the letter."""
    if not letter.isprintable():
        return " " * len(_printable(letter))
    if unicodedata.combining(letter):
        return ""
    return "\u3000" if unicodedata.east_asian_width(letter) in "WF" else " "


def _printable(text: str) -> str:
    """A recipe's text must not steer the terminal that shows it."""
    return "".join(letter if letter.isprintable() or letter == "\u3000" else repr(letter)[1:-1] for letter in text)


class RecipeError(SynthgenError):
    """The recipe cannot be run; `mistakes` holds all that is wrong with it, in the order of its lines."""

    def __init__(self, mistakes: Sequence[Mistake]) -> None:
        self.mistakes = list(mistakes)
        count = len(self.mistakes)
        super().__init__(f"{count} mistake{'s' if count != 1 else ''} in the recipe")

    def __str__(self) -> str:
        return self.shown()

    def shown(self, columns: int | None = None) -> str:
        """All mistakes, on a terminal of so many columns."""
        told = [mistake.shown(columns) for mistake in self.mistakes]
        return "\n\n".join([*told, self.message] if len(told) > 1 else told)


class DataError(SynthgenError):
    """A file or dataset that the recipe names is missing, unreadable or not what it should be."""


class OutputError(SynthgenError):
    """The output folder cannot be used."""


class StorageError(OutputError):
    """Where an output at an address is, or goes, something failed; `retryable` says whether the same command may do better."""

    exit_code = 4

    def __init__(self, message: str, hint: str = "", *, retryable: bool = False) -> None:
        super().__init__(message, hint)
        self.retryable = retryable


class LimitError(SynthgenError):
    """A limit of the recipe stopped the run; what was made so far is kept."""

    exit_code = 3


class ModelError(SynthgenError):
    """A model could not be loaded or failed at work; all finished work is kept."""

    exit_code = 4

    def __init__(self, message: str, hint: str = "", *, retryable: bool = False) -> None:
        super().__init__(message, hint)
        self.retryable = retryable


def nearest(word: object, known: Iterable[object], alike: float = 0.65) -> str | None:
    """The known name that is most like `word`, if one is alike enough (0: not at all, 1: the same)."""
    names = {str(name).casefold(): str(name) for name in sorted(map(str, known))}
    found = difflib.get_close_matches(str(word).casefold(), names, n=1, cutoff=alike)
    return names[found[0]] if found else None


def did_you_mean(word: object, known: Iterable[object], what: str = "") -> str:
    """A hint that names the known word that was meant, or else lists the known ones (`what` says what they are)."""
    names, part = sorted(map(str, known)), str(word).casefold()
    begun = [name for name in names if len(part) > 2 and name.casefold().startswith(part)]
    near = begun[0] if len(begun) == 1 else nearest(word, names)
    if near:
        return f"did you mean '{near}'?"
    like = begun or [name for name in names if len(part) > 3 and part in name.casefold()]
    listed = ", ".join((like or names)[:LISTED]) + (", …" if len(like or names) > LISTED else "")
    if like:
        return f"did you mean one of these? {listed}"
    return f"{what or 'known'}: {listed}" if names else ""


class HubError(SynthgenError):
    """The Hub did not take what was sent; `retryable` says whether the same command may do better."""

    exit_code = 4

    def __init__(self, message: str, hint: str = "", *, retryable: bool = False) -> None:
        super().__init__(message, hint)
        self.retryable = retryable
