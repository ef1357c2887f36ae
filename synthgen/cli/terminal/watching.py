"""Work that is going on: a line that changes at a terminal, else a plain line now and then."""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from rich.markup import escape
from rich.text import Text

from synthgen.cli.terminal.page import err, safe
from synthgen.models.budget import dollars

if TYPE_CHECKING:
    from synthgen.api import Tick
    from synthgen.tuning.train import Step

BAR, NARROW = 16, 100
"""Characters of a bar, and of a line in which there is no room for the bar, the pace and the time that is left."""
PLAIN_EVERY = 10.0
"""Seconds between plain lines when nobody watches."""
LIKELY = 0.7
"""The share of answered rows that is taken to pass, before they are read."""
SOON, RECENT = 3.0, 30.0
"""Seconds after which it is said how long a run takes still, and seconds over which its present pace is taken."""


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
    from rich.progress import BarColumn, Progress, TextColumn

    columns = [TextColumn("{task.description}"), BarColumn(BAR), TextColumn("{task.fields[doing]}")]
    with Progress(*columns, console=err, transient=True) as display:
        tables: dict[str, tuple[Any, _Pace]] = {}

        def watch(tick: Tick) -> None:
            if tick.table not in tables:
                tables[tick.table] = display.add_task(safe(tick.table).plain, total=tick.wanted, doing=""), _Pace(tick)
            task, pace = tables[tick.table]
            pace.add(tick)
            display.update(task, completed=pace.work, doing=escape(_doing(tick, pace, narrow=err.width < NARROW)))
            if trouble := pace.news(tick):
                display.console.print(trouble)

        yield watch


def _plainly() -> Callable[[Tick], None]:
    paces: dict[str, _Pace] = {}
    printed_at = [time.monotonic()]

    def watch(tick: Tick) -> None:
        pace = paces.setdefault(tick.table, _Pace(tick))
        pace.add(tick)
        with suppress(OSError):  # a run does not end because nobody reads how far it is
            if trouble := pace.news(tick):
                err.print(trouble)
            if time.monotonic() - printed_at[0] >= PLAIN_EVERY:
                printed_at[0] = time.monotonic()
                err.print(safe(f"{tick.table}: {_doing(tick, pace)}"))

    return watch


class _Pace:
    """How fast a table gets on. Its `work` are rows, and of those that are answered but not yet read the share that most likely passes; it
    never falls."""

    def __init__(self, tick: Tick) -> None:
        self.start, self.first, self.work = time.monotonic(), float(tick.rows), float(tick.rows)
        self.wanted = tick.wanted
        self.seen: deque[tuple[float, float]] = deque([(self.start, self.first)])
        self.warned = False

    @property
    def seconds(self) -> float:
        """Since it began."""
        return max(time.monotonic() - self.start, 1e-3)

    def add(self, tick: Tick) -> None:
        """What a tick says."""
        self.work = max(self.work, tick.rows + LIKELY * tick.stage.answered)
        now = time.monotonic()
        if now - self.seen[-1][0] >= 1:
            self.seen.append((now, self.work))
        while len(self.seen) > 2 and now - self.seen[1][0] > RECENT:
            self.seen.popleft()

    @property
    def remaining_time(self) -> str:
        """How long it takes still, from the pace since it began and that of the last half minute; nothing while that is not known."""
        since, then = self.seen[0]
        recent, overall = (self.work - then) / max(time.monotonic() - since, 1e-3), (self.work - self.first) / self.seconds
        if not self.wanted or self.seconds < SOON or min(recent, overall) <= 0:
            return ""
        least, most = sorted((self.wanted - self.work) / pace for pace in (recent, overall))
        return f"{_range(least, most)} left" if least >= 1 else ""

    def news(self, tick: Tick) -> Text | None:
        """The trouble that the table is in, which is told once."""
        if not tick.trouble or self.warned:
            return None
        self.warned = True
        return safe(f"{tick.table}: {tick.trouble}")


def _range(least: float, most: float) -> str:
    """A time that lies between two numbers of seconds, in words."""
    unit, size = ("s", 1) if most < 120 else ("min", 60) if most < 7200 else ("h", 3600)
    low, high = max(1, round(least / size)), max(1, math.ceil(most / size))
    return f"about {low:,} {unit}" if high <= low * 1.3 else f"{low:,} to {high:,} {unit}"


def _doing(tick: Tick, pace: _Pace, *, narrow: bool = False) -> str:
    """How far a table is; on a narrow terminal without the pace of answers."""
    rows = f"{tick.rows:,}{f' of {tick.wanted:,}' if tick.wanted else ''} rows"
    if tick.batch:
        parts = [tick.batch]
    elif tick.asked:
        parts = [tick.waiting, "" if narrow else f"{tick.asked / pace.seconds:.1f} answers a second", pace.remaining_time]
    elif not (tick.rows or tick.stage.answered):
        parts = ["getting ready"]
    else:
        parts = [f"{(tick.rows - pace.first) / pace.seconds:,.0f} rows a second", pace.remaining_time]
    return ", ".join(filter(None, [rows, *parts, dollars(tick.cost) if tick.cost is not None else ""]))


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
