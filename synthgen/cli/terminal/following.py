"""A preview that is made again at every save."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.text import Text

from synthgen import api
from synthgen.cli.folding import folded_message
from synthgen.cli.streams import error_text
from synthgen.cli.terminal.page import err, out, safe, verbatim
from synthgen.cli.terminal.previewing import Previewing, previewing
from synthgen.errors import SynthgenError
from synthgen.making.watched import FileChange, KeptModels, WatchedFiles
from synthgen.models import UnnamedApp

SOON = "each is chosen from a few messages, to be here soon: those of make are others, chosen from more"
AS_BEFORE = "all rows as before (a change of weights, or of one seed, shows in more of them: -n 20)"
LINES = 3
"""Lines of a change that are shown, of each kind."""

Shown = dict[tuple[str, str], dict[str, Any]]
"""The rows that were shown, by table and id."""


class _Saved(Exception):
    """A file was saved while rows were made."""


def follow(
    recipe: Path, show: int, out_folder: str | Path | None, *, full: bool, prompts: bool, app: Mapping[str, Any], options: Mapping[str, Any]
) -> None:
    """Preview a recipe again whenever it, or a file that it reads, is saved, until somebody interrupts."""
    preview = _RepeatedPreview(WatchedFiles(recipe), KeptModels(), options, show, out_folder, full=full, prompts=prompts, app=app)
    changes: Sequence[FileChange] = ()
    while True:
        _print_changes(changes)
        try:
            preview.run()
        except _Saved:
            pass
        except SynthgenError as error:
            columns = err.width if err.is_terminal else 0
            message = error_text(error, columns)
            err.print(verbatim(folded_message(message, columns) if columns else message))
        if not preview.files.changed():
            err.print(Text(f"watching {_named(list(preview.files.states))}; Ctrl-C ends", style="dim"))
            preview.models.settle()
        changes = preview.files.wait()


@dataclass
class _RepeatedPreview:
    """What stays from one preview to the next, and the rows that the last whole one showed."""

    files: WatchedFiles
    models: KeptModels
    options: Mapping[str, Any]
    show: int
    out_folder: str | Path | None
    full: bool
    prompts: bool
    app: Mapping[str, Any]
    shown: Shown = field(default_factory=dict)

    def run(self) -> None:
        """Show the rows as they are now, and say which are other than before. Raises _Saved, SynthgenError."""
        loaded = api.load_recipe(self.files.recipe, **self.options)
        self.files.follow(loaded)
        models, shown = self.models.of(loaded), Shown()
        with previewing(self.show, full=self.full, prompts=self.prompts) as printer:
            watch, each = _then(printer, self._stop_if_saved)
            named = {name: model for name, model in models.items() if not isinstance(model, UnnamedApp)}
            options = {"ask": not self.prompts, "models": named, "watch": watch, "each": each, "quick": True, **self.app}
            for table in api.preview(loaded, show=self.show, out=self.out_folder, **options):
                printer.done(table)
                shown |= {(table.table.name, row.id): {name: row.values.get(name) for name in row.layout.columns} for row in table.shown}
        if self.shown:
            other_rows = [row for (table_name, row), values in shown.items() if self.shown.get((table_name, row)) != values]
            out.print(safe(f"other than before: {', '.join(other_rows)}" if other_rows else AS_BEFORE))
        else:
            out.print(Text(SOON, style="dim"))
        self.shown = shown

    def _stop_if_saved(self) -> None:
        if self.files.changed():
            raise _Saved


def _then(printer: Previewing, check: Callable[[], None]) -> tuple[Any, Any]:
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
