"""A preview that is made again at every save."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.text import Text

from synthgen import api
from synthgen.cli.terminal.page import err, out, safe
from synthgen.cli.terminal.previewing import Previewing, previewing
from synthgen.errors import SynthgenError
from synthgen.making.watched import FileChange, KeptModels, WatchedFiles

LINES = 3
"""Lines of a change that are shown, of each kind."""

Shown = dict[tuple[str, str], dict[str, Any]]
"""The rows that were shown, by table and id."""


class _Saved(Exception):
    """A file was saved while rows were made."""


def follow(recipe: Path, show: int, out_folder: Path | None, *, full: bool, prompts: bool, options: Mapping[str, Any]) -> None:
    """Preview a recipe again whenever it, or a file that it reads, is saved, until somebody interrupts."""
    files, models, shown = WatchedFiles(recipe), KeptModels(), Shown()
    changes: Sequence[FileChange] = ()
    while True:
        _print_changes(changes)
        try:
            shown = _preview(recipe, show, out_folder, files, models, shown, options, full=full, prompts=prompts)
        except _Saved:
            pass
        except SynthgenError as error:
            err.print(safe(error if hasattr(error, "mistakes") else f"error: {error}"))
        if not files.changed():
            err.print(Text(f"watching {_named(list(files.states))}; Ctrl-C ends", style="dim"))
        changes = files.wait()


def _preview(
    recipe: Path,
    show: int,
    out_folder: Path | None,
    files: WatchedFiles,
    models: KeptModels,
    before: Shown,
    options: Mapping[str, Any],
    *,
    full: bool,
    prompts: bool,
) -> Shown:
    """The rows that are shown now."""

    def stop_if_saved(*_: object) -> None:
        if files.changed():
            raise _Saved

    loaded = api.load_recipe(recipe, **options)
    files.follow(loaded)
    shown = Shown()
    with previewing(show, full=full, prompts=prompts) as printer:
        watch, each = _then(printer, stop_if_saved)
        for table in api.preview(loaded, show=show, out=out_folder, ask=not prompts, models=models.of(loaded), watch=watch, each=each):
            printer.done(table)
            shown |= {(table.table.name, row.id): row.values for row in table.shown}
    if before:
        other_rows = [row for (table_name, row), values in shown.items() if before.get((table_name, row)) != values]
        out.print(safe(f"other than before: {', '.join(other_rows)}" if other_rows else "all rows as before"))
    return shown


def _then(printer: Previewing, check: Any) -> tuple[Any, Any]:
    """What is told how far a preview is, and of each row, with a check behind either."""

    def watch(tick: api.Tick) -> None:
        printer.tell(tick)
        check()

    def each(row: api.LookedRow) -> None:
        printer.print_row(row)
        check()

    return watch, each


def _print_changes(changes: Sequence[FileChange]) -> None:
    """What was saved, on a new page where somebody sees it."""
    if not changes:
        return
    if out.is_terminal:
        out.clear()
    out.rule(time.strftime("%H:%M:%S"), align="left", style="dim")
    for change in changes:
        lines_added = f"{len(change.added):,} line{'' if len(change.added) == 1 else 's'} added"
        out.print(safe(f"{change.file.name}: {lines_added}, {len(change.removed):,} removed"))
        for sign, lines, style in (("-", change.removed, "red"), ("+", change.added, "green")):
            for line in lines[:LINES]:
                out.print(Text(f"  {sign} ", style=style) + safe(line.strip()))
            if len(lines) > LINES:
                out.print(Text(f"  {sign} … {len(lines) - LINES:,} more", style=style))
    out.print()


def _named(files: Sequence[Path]) -> str:
    """Files in words: the first by its name, the others by their number."""
    others = len(files) - 1
    return f"{files[0].name} and {others:,} file{'s' if others > 1 else ''} that it reads" if others else files[0].name
