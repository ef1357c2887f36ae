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


def print_diff(found: Difference) -> None:
    """The differences, those of the recipe first."""
    if not found.differs:
        out.print(safe(f"{found.before} and {found.after} hold the same recipe and the same rows"))
    if found.recipe:
        print_unified_diff(found.recipe)
        out.print()
    for names, said in ((found.tables_gone, "gone"), (found.tables_new, "new")):
        for name in names:
            out.print(safe(f"table {name}: {said}"))
    for table in found.tables:
        _table(table)
    _figures(found.figures)
    for note in found.notes:
        out.print(safe(f"note: {note}"))


def _table(one: TableDifference) -> None:
    rows = one.rows
    counts = f"{rows.added:,} rows new, {rows.gone:,} gone, {rows.changed:,} changed, {rows.same:,} the same"
    out.print(Text(f"{one.name}: {counts}", style="bold"))
    for names, said in ((one.columns_gone, "gone"), (one.columns_new, "new")):
        if names:
            out.print(safe(f"  columns {said}: {', '.join(names)}"))
    if rows.columns:
        out.print(safe(f"  changed: {', '.join(f'{name} in {count:,}' for name, count in rows.columns.most_common())}"))
    for line in _examples(one):
        out.print(safe(line))
    out.print()
    moved = [shift for shift in one.labels if shift.rows[0] != shift.rows[1] or shift.shares[0] != shift.shares[1]]
    if moved:
        _grid(["label", "value", "before", "after", "change, 95 %", ""], list(map(_shift, moved[:MOVED])), len(moved))
    if one.styles:
        _grid(["typed", "style", "before", "after", "KS", ""], list(map(_style, one.styles[:MOVED])), len(one.styles))
    _figures(one.figures)


def _shift(one: Shift) -> Sequence[str]:
    (had, has), change = one.shares, f"{one.low:+.1%} to {one.high:+.1%}"
    return one.label, _cell(one.value), f"{had:.1%}", f"{has:.1%}", change, _sure(one.sure)


def _style(one: StyleShift) -> Sequence[str]:
    had, has = one.means
    return one.field, one.feature.replace("_", " "), f"{had:.3g}", f"{has:.3g}", f"{one.distance:.3f}", _sure(one.sure)


def _sure(sure: bool) -> str:
    return "more than chance" if sure else ""


def _grid(head: Sequence[str], rows: Sequence[Sequence[str]], count: int) -> None:
    grid(head, rows)
    if count > len(rows):
        out.print(Text(f"and {count - len(rows):,} that changed less\n"))


def _figures(figures: Sequence[Figure]) -> None:
    moved = [(one.name, _figure(one.before, one.unit), _figure(one.after, one.unit)) for one in figures if one.before != one.after]
    if moved:
        grid(["", "before", "after"], moved)


def _figure(value: float | None, unit: str) -> str:
    if value is None:
        return "none"
    return f"{value:.1%}" if unit == "share" else dollars(value) if unit == "dollars" else f"{value:,}"


def _examples(one: TableDifference) -> Iterator[str]:
    for row in one.rows.of_changed:
        yield f"  {row.row}"
        for name, (before, after) in row.cells.items():
            had, has = _parts(before, after)
            yield from (f"    {name}", f"      - {_cell(had)}", f"      + {_cell(has)}")
    for rows, said in ((one.rows.of_gone, "gone"), (one.rows.of_added, "new")):
        for each in rows:
            cells = ", ".join(f"{name} {_cell(value)!r}" for name, value in list(each.values.items())[:FIRST])
            yield f"  {each.row} {said}: {cells}"


def _parts(before: Any, after: Any) -> tuple[Any, Any]:
    """Of two mappings the parts that differ, else both values whole."""
    if not (isinstance(before, dict) and isinstance(after, dict)):
        return before, after
    differing = [key for key in {**before, **after} if before.get(key) != after.get(key)]
    had, has = ({key: each[key] for key in differing if key in each} for each in (before, after))
    return had, has


def _cell(value: Any) -> str:
    said = to_text(value) if value is not None else "(nothing)"
    return said if len(said) <= LONGEST else f"{said[: LONGEST - 1]}…"
