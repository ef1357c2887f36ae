"""Long lines at a terminal, which would be broken inside words: they go on at a space, further in than they began.

A command at the end of a line stays whole, so that it can be copied; so do a recipe's line and the caret below it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

UNIT = re.compile(r"(?<=: )(?:synthgen |pip install |ssh -L |datasets\.load_dataset\().*|\S+")
"""What stays in one line: a word, or a command at the end."""
HANG = 2
"""How much further in a line goes on than it began."""
NARROWEST = 20
"""Characters of a terminal on which lines are still folded."""


def folds(line: str, width: int) -> list[tuple[int, int]]:
    """Where the parts of a line begin and end that are as wide as they may be; a single one where it fits."""
    from rich.cells import cell_len

    units = [match.span() for match in UNIT.finditer(line)]
    if not units or width < NARROWEST or cell_len(line) <= width:
        return [(0, len(line))]
    hang = hanging(line)
    parts = [(0, units[0][1])]
    for start, end in units[1:]:
        first, last = parts[-1]
        inset = hang if len(parts) > 1 else 0
        fits = inset + cell_len(line[first:end]) <= width
        if fits or hang + cell_len(line[start:end]) > width:  # what has room in no line is broken wherever it stands
            parts[-1] = first, end
        else:
            parts[-1] = first, last
            parts.append((start, end))
    return parts


def hanging(line: str) -> int:
    """How far in a line goes on."""
    return len(line) - len(line.lstrip(" ")) + HANG


def folded_message(text: str, width: int) -> str:
    """An error's lines, folded but for those above a caret and its own."""
    lines = text.split("\n")
    whole = {number for place, line in enumerate(lines) if line.strip() == "^" for number in (place - 1, place)}
    return "\n".join(line if number in whole else "\n".join(_folded(line, width)) for number, line in enumerate(lines))


def _folded(line: str, width: int) -> Iterator[str]:
    for number, (start, end) in enumerate(folds(line, width)):
        yield " " * (hanging(line) if number else 0) + line[start:end]
