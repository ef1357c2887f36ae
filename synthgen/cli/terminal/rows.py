"""Rows as they are read: what was said first, bright and in lines of its own, then labels, and the facts that it mentions; at any width, in
colours or without.

What cannot be seen is spelled out (see `legible`), in brackets, or without colours it would be taken for what was said.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

from rich.cells import cell_len
from rich.text import Text

from synthgen.cli.terminal.marked import first_end, marked
from synthgen.cli.terminal.page import out
from synthgen.dataset.layout import MANNERS, texts_of_row
from synthgen.spec.rows import to_text
from synthgen.text.legible import LONGEST, Pieces, legible, plainly

if TYPE_CHECKING:
    from synthgen.dataset.layout import RowText as Said
    from synthgen.dataset.look import LookedRow

CELL = 60
"""Characters of a label or a fact that are shown."""
GAP, BETWEEN = "   ", "  |  "
"""What lies between two cells, and between two tables."""
NARROWEST, LEAST = 38, 20
"""Characters that a table must have to stand beside another; and that any width has."""
ALL = sys.maxsize


@dataclass(frozen=True)
class How:
    """How rows are shown: as far as they are for reading, or `full`, with all that was measured and told of them; `search` is marked."""

    full: bool = False
    search: str = ""

    def longest(self, value: Any, usual: int) -> int:
        """How many characters of a value are shown: what is searched is among them."""
        return ALL if self.full else max(usual, first_end(to_text(value), self.search))


def width() -> int:
    """Columns of the terminal."""
    return max(LEAST, out.width)


def print_rows(rows: Sequence[LookedRow], how: How) -> None:
    """Rows one below the other, with an empty line after each. Rows without texts are a table, where it fits."""
    as_table = None if how.full or any(row.layout.texts or row.aside for row in rows) else table(rows, how)
    if as_table is not None and rows:
        print_lines([*as_table, Text()])
        return
    for row in rows:
        print_lines([*block(row, how, width()), Text()])


def print_lines(lines: Iterable[Text]) -> None:
    """Lines that are as wide as they may be."""
    for line in lines:
        out.print(line)


def block(row: LookedRow, how: How, width: int) -> list[Text]:
    """The lines of a row."""
    names = [name for name in row.layout.texts if name in row.values]
    longest = max((how.longest(row.values[name], LONGEST) for name in names), default=LONGEST)
    texts = texts_of_row(row.values, names, longest)
    head = list(_text_lines(texts[0], how, width, bright=True)) if texts else []
    other_lines = [line for text in texts[1:] for line in _text_lines(text, how, width - 2, dim=text.name in row.layout.earlier)]
    said = "\n".join(piece.text for text in texts for pieces in (text.pieces, *(part for _, part in text.parts)) for piece in pieces)
    labels = _label_lines(row, said, how, width - 2) if texts and not how.full else packed([Text(row.id, style="dim")], width - 2)
    if how.full:
        below = listed({name: value for name, value in row.values.items() if name not in names}, how, width - 2)
    elif texts:
        facts = {name: row.values.get(name) for name in row.layout.facts if _is_said(row.values.get(name), said, how)}
        below = packed(list(_cells(facts, how, dim=True)), width - 2)
    else:
        below = listed({name: row.values[name] for name in _columns(row) if row.values[name] is not None}, how, width - 2)
    return [*head, *_inset([*_aside(row, how, width - 2), *labels, *other_lines, *below], 2 if texts else 0)]


def _is_said(value: Any, said: str, how: How) -> bool:
    """Whether a value stands in what was said, or is what somebody searches."""
    text = to_text(value).strip() if value is not None else ""
    if not text:
        return False
    return bool(re.search(rf"(?<!\w)(?<!\d[.,]){re.escape(text)}(?!\w|[.,]\d)", said, re.IGNORECASE)) or bool(
        how.search and first_end(text, how.search)
    )


def _label_lines(row: LookedRow, said: str, how: How, width: int) -> list[Text]:
    """The id of a row and its labels: what it is about, how it was typed and what is odd about it; of the others as many as a line holds,
    and those that were said."""
    cells = [Text(row.id, style="dim")]
    for number, (name, column) in enumerate(row.layout.labels.items()):
        value = row.values.get(column)
        new_cells = list(_cells({name: value}, how))
        is_first = number == 0 or name.rpartition("_")[2] in MANNERS
        if is_first or len(packed([*cells, *new_cells], width)) == 1 or _is_said(value, said, how):
            cells += new_cells
        if number == 0 and row.right:
            cells += _cells({"right": row.right}, how)
    return packed(cells, width)


def _columns(row: LookedRow) -> list[str]:
    """The columns that are shown, in the order of the row."""
    columns = row.layout.columns
    return [name for name in row.values if name in columns]


def _aside(row: LookedRow, how: How, width: int) -> Iterator[Text]:
    """Why a try was set aside."""
    if row.aside:
        why = painted(legible(row.aside, longest=how.longest(row.aside, LONGEST)), how, inline=True)
        why.stylize("magenta")
        yield from wrap(why, width)


def together(row: LookedRow, related: Mapping[str, Sequence[LookedRow]], how: How) -> list[Text]:
    """The lines of a row, and beside them those of the rows that belong to it; below them where there is no room."""
    related = {
        name: [related_row if how.full else _without_shared(related_row, row) for related_row in rows] for name, rows in related.items()
    }
    count = 1 + len(related)
    column_width = (width() - len(BETWEEN) * (count - 1)) // count
    narrow = column_width < NARROWEST
    room = width() - 4 if narrow else column_width
    stacks = [_stack(name, rows, how, room) for name, rows in related.items()]
    if not narrow:
        return side_by_side([block(row, how, column_width), *stacks], column_width)
    return [*block(row, how, width()), *_inset((line for stack in stacks for line in stack), 4)]


def _without_shared(row: LookedRow, neighbour: LookedRow) -> LookedRow:
    """A row without the values that the row beside it has too."""
    same = {name for name, value in row.values.items() if name in neighbour.values and neighbour.values[name] == value}
    texts, facts = (tuple(name for name in names if name not in same) for names in (row.layout.texts, row.layout.facts))
    labels = {name: column for name, column in row.layout.labels.items() if column not in same}
    return replace(row, layout=replace(row.layout, texts=texts, labels=labels, facts=facts))


def _stack(name: str, rows: Sequence[LookedRow], how: How, width: int) -> list[Text]:
    """Rows one below the other."""
    blocks = [block(row, how, width) for row in rows] or [[Text(f"none in {name}", style="dim")]]
    return [line for number, lines in enumerate(blocks) for line in ([Text()] * bool(number) + lines)]


def listed(values: Mapping[str, Any], how: How, width: int) -> list[Text]:
    """The lines of fields, one below the other, their names on the left."""
    name_width = min(max(map(len, values), default=0), width // 3)
    lines = list[Text]()
    for name, value in values.items():
        value_text = painted(legible(value, longest=how.longest(value, LONGEST)), how)
        wrapped = list(wrap(value_text, width - name_width - 2)) or [Text()]
        label = Text(plainly(name), style="dim")
        if len(name) > name_width:
            lines += wrap(label, width)
            label = Text()
        lines += [padded(label if number == 0 else Text(), name_width + 2) + line for number, line in enumerate(wrapped)]
    return lines


def table(rows: Sequence[LookedRow], how: How) -> list[Text] | None:
    """Rows as a table under a head; None where that does not fit."""
    names = list(dict.fromkeys(name for row in rows for name in _columns(row)))
    columns: list[tuple[str, list[Any]]] = [("", [row.id for row in rows])]
    columns += [(name, [row.values.get(name) for row in rows]) for name in names]
    cells = [[Text(name, style="dim"), *(_cell(value, how) for value in column)] for name, column in columns]
    widths = [max(cell_len(cell.plain) for cell in column) for column in cells]
    if sum(widths) + 2 * (len(widths) - 1) > width():
        return None
    return [_joined(line, widths, "  ") for line in zip(*cells, strict=True)]


def side_by_side(blocks: Sequence[Sequence[Text]], column_width: int) -> list[Text]:
    """The lines of blocks beside each other, of so many characters each."""
    return [_joined([line or Text() for line in lines], [column_width] * len(blocks), BETWEEN) for lines in zip_longest(*blocks)]


def painted(pieces: Pieces, how: How, *, inline: bool = False) -> Text:
    """Pieces in colours; `inline` in one line."""
    text = Text()
    for piece in pieces:
        if piece.kind == "slip":
            for part in piece.parts:
                text.append(_spelled(part.text, part.kind), "yellow underline")
        elif not (inline and piece.text == "\n"):
            text.append(_spelled(piece.text, piece.kind), "cyan" if piece.kind == "sign" else "")
    return marked(text, how.search)


def wrap(text: Text, width: int) -> Iterator[Text]:
    """A text in lines of so many characters."""
    for line in text.wrap(out, max(LEAST // 2, width)):
        line.rstrip()
        yield line


def packed(cells: Sequence[Text], width: int) -> list[Text]:
    """Cells one after the other, as many in a line as it holds."""
    lines = list[Text]()
    for cell in cells:
        if lines and cell_len(lines[-1].plain) + len(GAP) + cell_len(cell.plain) <= width:
            lines[-1] = Text.assemble(lines[-1], GAP, cell)
        else:
            lines += wrap(cell, width)
    return lines


def padded(line: Text, width: int) -> Text:
    """A line, filled up to so many characters."""
    return Text.assemble(line, " " * max(0, width - cell_len(line.plain)))


def _text_lines(text: Said, how: How, width: int, *, bright: bool = False, dim: bool = False) -> Iterator[Text]:
    """The lines of a text, after the name of its field; the text that the row is about has no name, and an earlier version is dim."""
    name = "" if bright and not how.full else text.name
    parts = [(f"{name}.{part}" if name else part, pieces) for part, pieces in text.parts] or [(name, text.pieces)]
    for label, pieces in parts:
        painted_text = painted(pieces, how)
        painted_text.stylize("bold" if bright else "dim" if dim else "")
        yield from wrap(Text.assemble(*([(f"{plainly(label)}: ", "dim")] if label else []), painted_text), width)


def _cells(values: Mapping[str, Any], how: How, *, dim: bool = False) -> Iterator[Text]:
    for name, value in values.items():
        if value is not None:
            cell = _cell(value, how)
            cell.stylize("dim" if dim else "")
            yield Text.assemble((f"{name}: ", "dim"), cell)


def _cell(value: Any, how: How) -> Text:
    return Text() if value is None else painted(legible(value, longest=how.longest(value, CELL)), how, inline=True)


def _spelled(text: str, kind: str) -> str:
    """A sign in brackets, but for one that is no word."""
    if kind != "sign" or not any(map(str.isalnum, text)):
        return text
    return f" {text}" if text.startswith("…") else f"[{text}]"


def _joined(line: Sequence[Text], widths: Sequence[int], gap: str) -> Text:
    parts = [part for cell, cell_width in zip(line, widths, strict=True) for part in (padded(cell, cell_width), Text(gap, style="dim"))]
    joined = Text.assemble(*parts[:-1])
    joined.rstrip()
    return joined


def _inset(lines: Iterable[Text], by: int) -> list[Text]:
    return [Text.assemble(" " * by, line) if line.plain else line for line in lines]
