"""Rows in one line each: their label and their message, or the fields that were asked for, as a table."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rich.cells import cell_len
from rich.text import Text

from synthgen.cli.terminal.page import out
from synthgen.cli.terminal.rows import How, padded, painted, width, wrap
from synthgen.dataset.layout import odd_cases
from synthgen.text.legible import LONGEST, legible, plainly

if TYPE_CHECKING:
    from synthgen.dataset.look import LookedRow

LABEL = 24
"""Characters of a label, at most."""
GAP = "  "


def one_line(value: Any, how: How) -> Text:
    """A value in one line."""
    return Text() if value is None else painted(legible(value, longest=how.longest(value, LONGEST)), how, inline=True)


def labelled_lines(texts: Sequence[tuple[str, Text]]) -> list[Text]:
    """Texts, each behind its label; at a terminal none is longer than a line."""
    label_width = min(LABEL, max((cell_len(label) for label, _ in texts), default=0))
    lines = list[Text]()
    for label, text in texts:
        line = Text.assemble(_dim(label, label_width), GAP, text) if label_width else text
        if out.is_terminal:
            line.truncate(width(), overflow="ellipsis")
        lines.append(line)
    return lines


def _dim(text: str, cells: int) -> Text:
    """What stands before a text, in so many characters."""
    dim = Text(text, style="dim")
    dim.truncate(cells, overflow="ellipsis")
    return padded(dim, cells)


def short_lines(rows: Sequence[LookedRow], how: How) -> list[Text]:
    """Rows in a line each, at a terminal in as many as it takes: its name, what is right for it or what it is about, what is odd about
    it, and what was said."""
    heads, texts = list[tuple[str, str]](), list[Text]()
    for row in rows:
        label, text = next(iter(row.layout.labels.values()), ""), next((name for name in row.layout.texts if name in row.values), "")
        value = row.right or row.values.get(label)
        others = [str(row.values[name]) for name in row.layout.columns if name != label and row.values.get(name) is not None]
        shown = one_line(row.values[text] if text else ", ".join(others), how)
        heads.append((row.id, "" if value is None else plainly(str(value))))
        texts.append(behind_marks(_marks(row), shown))
    return columned(heads, texts)


def columned(heads: Sequence[Sequence[str]], texts: Sequence[Text]) -> list[Text]:
    """Texts behind what stands before each, in columns; at a terminal each in as many lines as it takes."""
    widths = [max(map(cell_len, column)) for column in zip(*heads, strict=True)]
    widths = [widths[0], *(min(LABEL, cell_width) for cell_width in widths[1:])] if widths else []
    inset = sum(cell_width + len(GAP) for cell_width in widths if cell_width)
    lines = list[Text]()
    for head, said in zip(heads, texts, strict=True):
        parts = [*wrap(said, width() - inset)] if out.is_terminal and width() > 2 * inset else [said]
        cells = [_dim(cell, cell_width) for cell, cell_width in zip(head, widths, strict=True) if cell_width]
        lines += [Text(GAP).join([*cells, parts[0]]), *(Text.assemble(" " * inset, part) for part in parts[1:])]
    return lines


def behind_marks(marks: Iterable[str], text: Text) -> Text:
    """A text behind what is to be known of it before it is read."""
    return Text.assemble(*((f"({mark}) ", "magenta") for mark in marks), text)


def _marks(row: LookedRow) -> Iterator[str]:
    """What is to be known of a row before it is read: that it was rejected, and which edge case it is."""
    if row.aside.startswith("rejected"):
        yield "rejected"
    yield from odd_cases({column: row.values.get(column) for column in row.layout.labels.values()})


def field_table(rows: Sequence[Mapping[str, Any]], how: How) -> list[Text] | None:
    """The values of some fields, a line a row under their names; None where a line would not fit."""
    names = list(rows[0]) if rows else []
    columns = [[Text(plainly(name), style="dim"), *(one_line(row.get(name), how) for row in rows)] for name in names]
    widths = [max(cell_len(cell.plain) for cell in column) for column in columns]
    if not rows or sum(widths) + len(GAP) * (len(widths) - 1) > width():
        return None
    lines = []
    for cells in zip(*columns, strict=True):
        line = Text(GAP).join([padded(cell, cell_width) for cell, cell_width in zip(cells, widths, strict=True)])
        line.rstrip()
        lines.append(line)
    return lines
