"""Every error that a user can meet, each with a message, a way out and an exit code.

    SynthgenError
    ├── RecipeError     1    the recipe is wrong: every mistake in it, each with its place
    ├── DataError       1    a file or dataset that the recipe names is wrong
    ├── OutputError     1    the output folder cannot be used: somebody else's, in use, or not there
    ├── LimitError      3    a limit of the recipe stopped the run: tries, patience, rows to draw from
    └── ModelError      4    a model or service failed; `retryable` says whether trying again helps
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass


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

    `where` is `file:line:column` (or the command-line option that said it), `line` the line itself,
    `column` the one-based column that a caret is drawn under (0: no line to show).
    """

    where: str
    message: str
    hint: str = ""
    line: str = ""
    column: int = 0

    def __str__(self) -> str:
        shown = [f"{self.where}: {self.message}"]
        if self.line:
            text, column = self.line.rstrip(), self.column
            if len(text) > 120:  # a very long line: show the part that holds the mistake
                start = max(0, min(column - 40, len(text) - 120))
                text, column = text[start : start + 120], column - start
            shown += [f"    {text}", " " * (3 + column) + "^"]
        if self.hint:
            shown.append(f"    {self.hint}")
        return "\n".join(shown)


class RecipeError(SynthgenError):
    """The recipe cannot be run; `mistakes` holds all that is wrong with it, in the order of its lines."""

    def __init__(self, mistakes: Sequence[Mistake]) -> None:
        self.mistakes = list(mistakes)
        count = len(self.mistakes)
        super().__init__(f"{count} mistake{'s' if count != 1 else ''} in the recipe")

    def __str__(self) -> str:
        return "\n\n".join([*map(str, self.mistakes), self.message])


class DataError(SynthgenError):
    """A file or dataset that the recipe names is missing, unreadable or not what it should be."""


class OutputError(SynthgenError):
    """The output folder cannot be used."""


class LimitError(SynthgenError):
    """A limit of the recipe stopped the run; what was made so far is kept."""

    exit_code = 3


class ModelError(SynthgenError):
    """A model could not be loaded or failed at work; all finished work is kept."""

    exit_code = 4

    def __init__(self, message: str, hint: str = "", *, retryable: bool = False) -> None:
        super().__init__(message, hint)
        self.retryable = retryable


def did_you_mean(word: object, known: Iterable[object], what: str = "") -> str:
    """A hint that names the nearest known word, or else lists the known ones (`what` says what they are)."""
    names = sorted(map(str, known))
    near = difflib.get_close_matches(str(word), names, n=1, cutoff=0.6)
    near = near or [name for name in names if name.casefold() == str(word).casefold()]
    if near:
        return f"did you mean '{near[0]}'?"
    listed = ", ".join(names[:40]) + (", …" if len(names) > 40 else "")
    return f"{what or 'known'}: {listed}" if names else ""
