"""What changed between two versions of a dataset."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from rich.text import Text

from synthgen.cli.terminal.page import grid, out, print_unified_diff, safe
from synthgen.models.budget import dollars
from synthgen.spec.rows import to_text

if TYPE_CHECKING:
    from synthgen.comparison.outputs import Difference, Figure, Shift, StyleShift, TableDifference

MOVED = 12
"""Shares and features of a table that are shown, at most."""
FIRST = 4
"""Cells of a row that is there in one version only."""
LONGEST = 160
"""Characters of a cell that are shown."""


def print_diff(difference: Difference) -> None:
    """The differences, those of the recipe first."""
    if not difference.differs:
        out.print(safe(f"{difference.before} and {difference.after} hold the same recipe and the same rows"))
    if difference.recipe:
        print_unified_diff(difference.recipe)
        out.print()
    for names, change in ((difference.tables_gone, "gone"), (difference.tables_new, "new")):
        for name in names:
            out.print(safe(f"table {name}: {change}"))
    for table in difference.tables:
        _table(table)
    _figures(difference.figures)
    for note in difference.notes:
        out.print(safe(f"note: {note}"))


def _table(table: TableDifference) -> None:
    rows = table.rows
    counts = f"{rows.added:,} rows new, {rows.gone:,} gone, {rows.changed:,} changed, {rows.same:,} the same"
    out.print(Text(f"{table.name}: {counts}", style="bold"))
    for names, change in ((table.columns_gone, "gone"), (table.columns_new, "new")):
        if names:
            out.print(safe(f"  columns {change}: {', '.join(names)}"))
    if rows.columns:
        out.print(safe(f"  changed: {', '.join(f'{name} in {count:,}' for name, count in rows.columns.most_common())}"))
    for line in _examples(table):
        out.print(safe(line))
    out.print()
    moved = [shift for shift in table.labels if shift.rows[0] != shift.rows[1] or shift.shares[0] != shift.shares[1]]
    if moved:
        _grid(["label", "value", "before", "after", "change, 95 %", ""], list(map(_shift, moved[:MOVED])), len(moved))
    if table.styles:
        _grid(["typed", "style", "before", "after", "KS", ""], list(map(_style, table.styles[:MOVED])), len(table.styles))
    _figures(table.figures)


def _shift(shift: Shift) -> Sequence[str]:
    (before, after), change = shift.shares, f"{shift.low:+.1%} to {shift.high:+.1%}"
    return shift.label, _cell(shift.value), f"{before:.1%}", f"{after:.1%}", change, _sure(shift.sure)


def _style(shift: StyleShift) -> Sequence[str]:
    before, after = shift.means
    return shift.field, shift.feature.replace("_", " "), f"{before:.3g}", f"{after:.3g}", f"{shift.distance:.3f}", _sure(shift.sure)


def _sure(sure: bool) -> str:
    return "more than chance" if sure else ""


def _grid(head: Sequence[str], rows: Sequence[Sequence[str]], count: int) -> None:
    grid(head, rows)
    if count > len(rows):
        out.print(Text(f"and {count - len(rows):,} that changed less\n"))


def _figures(figures: Sequence[Figure]) -> None:
    moved = [
        (figure.name, _figure(figure.before, figure.unit), _figure(figure.after, figure.unit))
        for figure in figures
        if figure.before != figure.after
    ]
    if moved:
        grid(["", "before", "after"], moved)


def _figure(value: float | None, unit: str) -> str:
    if value is None:
        return "none"
    return f"{value:.1%}" if unit == "share" else dollars(value) if unit == "dollars" else f"{value:,}"


def _examples(table: TableDifference) -> Iterator[str]:
    for row in table.rows.of_changed:
        yield f"  {row.row}"
        for name, (before, after) in row.cells.items():
            old_part, new_part = _parts(before, after)
            yield from (f"    {name}", f"      - {_cell(old_part)}", f"      + {_cell(new_part)}")
    for rows, change in ((table.rows.of_gone, "gone"), (table.rows.of_added, "new")):
        for example in rows:
            cells = ", ".join(f"{name} {_cell(value)!r}" for name, value in list(example.values.items())[:FIRST])
            yield f"  {example.row} {change}: {cells}"


def _parts(before: Any, after: Any) -> tuple[Any, Any]:
    """Of two mappings the parts that differ, else both values whole."""
    if not (isinstance(before, dict) and isinstance(after, dict)):
        return before, after
    differing = [key for key in {**before, **after} if before.get(key) != after.get(key)]
    old_part, new_part = ({key: mapping[key] for key in differing if key in mapping} for mapping in (before, after))
    return old_part, new_part


def _cell(value: Any) -> str:
    text = to_text(value) if value is not None else "(nothing)"
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
