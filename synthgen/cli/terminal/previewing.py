"""Rows of a preview as they come, with a line below them that says how far it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from rich.markup import escape
from rich.text import Text

from synthgen.cli.terminal.making import print_heading, print_preview, print_prompts
from synthgen.cli.terminal.page import err, safe
from synthgen.cli.terminal.rows import How, block, print_lines, width
from synthgen.cli.terminal.watching import progress

if TYPE_CHECKING:
    from synthgen.api import LookedRow, Previewed, Tick


class Previewing:
    """Prints each row when it comes, under the name of its table, and after a table what is left to say of it."""

    def __init__(self, show: int, *, full: bool, prompts: bool) -> None:
        self.show, self.how, self.prompts = show, How(full), prompts
        self.live: Any = None
        self.watch: Callable[[Tick], None] = lambda tick: None
        self.table, self.printed = "", set[str]()

    def tell(self, tick: Tick) -> None:
        """How far a table is."""
        if tick.table != self.table:
            self.table, self.printed = tick.table, set()
        if self.live:
            waiting = f", {tick.waiting}" if tick.waiting else ""
            self.live.update(0, description=escape(safe(f"{tick.table}: {tick.rows:,} of {tick.wanted:,} rows{waiting}").plain))
        self.watch(tick)

    def print_row(self, row: LookedRow) -> None:
        """Print a row in which something was said; of others a table is made at the end."""
        if row.layout.texts:
            with self._paused():
                if not self.printed:
                    print_heading(self.table)
                print_lines([*block(row, self.how, width()), Text()])
            self.printed.add(row.id)

    def done(self, preview: Previewed) -> None:
        """Print what is left to say of a table."""
        with self._paused():
            print_preview(preview, self.printed, self.show, full=self.how.full)
            if self.prompts:
                print_prompts(preview)

    @contextmanager
    def _paused(self) -> Iterator[None]:
        """Without the line, which would stand among the rows."""
        if self.live:
            self.live.stop()
        yield
        if self.live:
            self.live.start()


@contextmanager
def previewing(show: int, *, full: bool, prompts: bool) -> Iterator[Previewing]:
    """Prints a preview, with a line that changes at a terminal, else a plain line now and then."""
    printer = Previewing(show, full=full, prompts=prompts)
    if not err.is_terminal:
        with progress(silent=False) as printer.watch:
            yield printer
        return
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    with Progress(
        SpinnerColumn("line"), TextColumn("{task.description}"), TimeElapsedColumn(), console=err, transient=True
    ) as printer.live:
        printer.live.add_task("reading the recipe", total=None)
        yield printer
