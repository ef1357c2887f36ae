"""Work that is going on: a line that changes at a terminal, else a plain line now and then."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from rich.cells import cell_len
from rich.markup import escape
from rich.text import Text

from synthgen.cli.terminal.pace import TablePace
from synthgen.cli.terminal.page import err, safe
from synthgen.models.budget import dollars

if TYPE_CHECKING:
    from synthgen.api import Tick
    from synthgen.tuning.train import Step

START = "reading the recipe"
"""What is done before a table is begun."""
BAR = 16
"""Characters of a bar."""
PADDING = 3
"""Characters between the parts of a live line, and behind it."""
BUSY = "waiting for the processor: this computer is busy"
PLAIN_EVERY = 10.0
"""Seconds between plain lines when nobody watches."""


@contextmanager
def progress(*, silent: bool) -> Iterator[Callable[[Tick], None]]:
    """A watcher for a run: a live line at a terminal, else a plain line now and then, or nothing."""
    if silent:
        yield lambda tick: None
    elif err.is_terminal:
        yield from _live()
    else:
        yield _plainly()


def _live() -> Iterator[Callable[[Tick], None]]:
    from rich.progress import BarColumn, Progress, ProgressColumn, Task, TextColumn
    from rich.table import Column

    class StatusColumn(ProgressColumn):
        """How far a table is, said anew at every refresh: time passes without answers, too."""

        def render(self, task: Task) -> Text:
            name = cell_len(Text.from_markup(task.description).plain)
            return safe(_doing(task.fields["pace"], err.width - name - BAR - PADDING) if task.fields["pace"] else "")

    name, status = TextColumn("{task.description}", table_column=Column(no_wrap=True)), StatusColumn(Column(no_wrap=True))
    with Progress(name, BarColumn(BAR), status, console=err, transient=True) as display:
        start = display.add_task(START, total=None, pace=None)
        tables: dict[str, tuple[Any, TablePace]] = {}

        def watch(tick: Tick) -> None:
            display.update(start, visible=False)
            if tick.table not in tables:
                new_pace = TablePace(tick)
                description = escape(safe(tick.table).plain)
                tables[tick.table] = display.add_task(description, total=tick.wanted, pace=new_pace), new_pace
            task, pace = tables[tick.table]
            pace.add(tick)
            display.update(task, completed=pace.work)
            for news in pace.news(tick):
                display.console.print(news)

        yield watch


def _plainly() -> Callable[[Tick], None]:
    paces: dict[str, TablePace] = {}
    printed_at = [time.monotonic()]

    def watch(tick: Tick) -> None:
        pace = paces.setdefault(tick.table, TablePace(tick))
        pace.add(tick)
        with suppress(OSError):  # a run does not end because nobody reads how far it is
            for news in pace.news(tick):
                err.print(news)
            if time.monotonic() - printed_at[0] >= PLAIN_EVERY:
                printed_at[0] = time.monotonic()
                err.print(safe(f"{tick.table}: {_doing(pace)}"))

    return watch


def _doing(pace: TablePace, room: int | None = None) -> str:
    """How far a table is, as far as there is room: what matters least is left out first."""
    parts = [(words, matters) for words, matters in _parts(pace) if words]
    while room is not None and len(parts) > 1 and cell_len(", ".join(words for words, _ in parts)) > room:
        parts.remove(min(parts, key=lambda part: part[1]))
    return ", ".join(words for words, _ in parts)


def _parts(pace: TablePace) -> Iterator[tuple[str, int]]:
    """What can be said of a table, in the order in which it is, and how much each matters."""
    tick = pace.tick
    loading = bool(tick.preparing) and not pace.new_answers
    at_once = bool(tick.waiting) and tick.stage.round == 1 and not tick.rows
    rows = f"{tick.rows:,}{f' of {tick.wanted:,}' if tick.wanted else ''} rows"
    yield ("" if at_once and not tick.batch else rows), 8
    if tick.batch:
        yield tick.batch, 9
    elif loading or tick.asked:
        yield tick.waiting, 9
        yield (tick.choosing if not loading else ""), 2
        yield (tick.preparing if loading else ""), 7
    elif not (tick.rows or tick.stage.answered):
        yield "getting ready", 7
        loading = True
    if not tick.batch:
        yield (BUSY if tick.here and pace.processor.is_scarce else ""), 4
        yield (f"{pace.seconds:,.0f} s so far" if loading else pace.rate), (3 if loading else 0)
        time_left, more = ("", "") if loading or tick.only_retries else pace.remaining_time
        yield time_left, 6
        yield (more if tick.here else ""), 1
    yield (dollars(tick.cost) if tick.cost is not None else ""), 5


@contextmanager
def tuning(*, silent: bool) -> Iterator[Callable[[Step], None]]:
    """A watcher for a training: a line that changes at a terminal, else a plain line now and then, or nothing."""
    held_out, printed_at = [""], [time.monotonic()]

    def status_line(step: Step) -> str:
        remaining_time = f", about {step.seconds * (1 - step.done) / step.done:,.0f} s left" if step.done > 0.02 else ""
        return (
            f"tuning: {step.done:.0%}, {step.loss:.2f} bits per byte{held_out[0]}, {step.tokens / max(step.seconds, 1e-3):,.0f} tokens a "
            f"second{remaining_time}"
        )

    def watch(step: Step) -> None:
        if step.held is not None:
            held_out[0] = f" (held out: {step.held:.3f})"
        elif live:
            live.update(status_line(step))
        elif time.monotonic() - printed_at[0] >= PLAIN_EVERY:
            printed_at[0] = time.monotonic()
            with suppress(OSError):
                err.print(Text(status_line(step)))

    if silent:
        yield lambda step: None
    elif err.is_terminal:
        with err.status("reading") as live:
            yield watch
    else:
        live = None
        yield watch
