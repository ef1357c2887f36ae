"""Where everything is printed. Text from models and files is never read as markup or control codes."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from synthgen.cli.folding import folds, hanging
from synthgen.spec.rows import to_text


class _Folding(Console):
    def print(self, *objects: Any, **options: Any) -> None:
        """Print, and fold long lines where there is a terminal; a pipe gets them whole."""
        if self.is_terminal:
            objects = tuple(folded(thing, self.width) if isinstance(thing, Text) and not thing.no_wrap else thing for thing in objects)
        super().print(*objects, **options)


class _Out(_Folding):
    def on_broken_pipe(self) -> None:
        """Leave it to the program what a reader that went away means."""
        raise  # where rich calls this, it has caught the error


class _Err(_Folding):
    def on_broken_pipe(self) -> None:
        """Tell no more: what is told beside the work ends no work."""
        self.quiet = True


out = _Out(highlight=False, soft_wrap=True)
err = _Err(stderr=True, highlight=False, soft_wrap=True)
if not out.width:  # COLUMNS=0, as some editors and containers have it: rich would print nothing
    out.width = err.width = 80
INSET = "    "
WORD = re.compile(r"""(?:[^\s"']|"[^"]*"|'[^']*')+""")
"""A word of a command, with what is quoted in it."""
BAR = 24
"""Characters of a full bar."""


def safe(value: object) -> Text:
    """Text as it is, but for control codes, which are shown as what they are."""
    printable = "".join(letter if letter.isprintable() or letter == "\n" else repr(letter)[1:-1] for letter in str(value))
    return Text(printable)


def verbatim(value: object) -> Text:
    """The same in lines that are never folded: to be copied, or shown as a model reads them."""
    text = safe(value)
    text.no_wrap = True
    return text


def print_command(command: str) -> None:
    """A command to copy: at a terminal one that is longer than a line goes on after a backslash, never inside a word."""
    width = out.width - len(INSET) if out.is_terminal else len(command)
    lines = [""]
    for word in WORD.findall(command):
        if lines[-1] and len(lines[-1]) + len(word) + 3 > width:
            lines.append(f"  {word}")
        else:
            lines[-1] = f"{lines[-1]} {word}" if lines[-1] else word
    out.print(verbatim("\n".join(f"{INSET}{line}{' ' + chr(92) if number < len(lines) else ''}" for number, line in enumerate(lines, 1))))


def folded(text: Text, width: int) -> Text:
    """A text whose lines are as wide as they may be (see `folding`)."""
    lines = []
    for line in text.split("\n", allow_blank=True):
        parts = [line[start:end] for start, end in folds(line.plain, width)]
        inset = " " * hanging(line.plain)
        lines += [parts[0], *(Text.assemble(inset, part) for part in parts[1:])]
    return Text("\n").join(lines)


def grid(head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """A table without lines, and an empty line below."""
    grid = Table(*head, box=None, padding=(0, 2, 0, 0))
    for row in rows:
        grid.add_row(*map(safe, row))
    out.print(grid)
    out.print()


def fields(values: Mapping[str, Any]) -> None:
    """A row, its fields one below the other, and an empty line below."""
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column(overflow="fold")
    for name, value in values.items():
        grid.add_row(Text(name), safe(to_text(value)))
    out.print(grid)
    out.print()


def print_unified_diff(text: str) -> None:
    """A unified diff, in colours."""
    styles = {"+": "green", "-": "red", "@": "cyan"}
    for line in text.split("\n"):
        styled_line = verbatim(line)
        styled_line.stylize(styles.get(line[:1], ""))
        out.print(styled_line)
