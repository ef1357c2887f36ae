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
LEAST, ENOUGH, SHARE = 8, 30, 0.05
"""Answered rows after which it is said how long a run takes still: a share of all that are wanted, but so many at least and at most. The
first few come at any pace."""


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

    class StatusColumn(ProgressColumn):
        """How far a table is, said anew at every refresh: time passes without answers, too."""

        def render(self, task: Task) -> Text:
            return safe(_doing(task.fields["pace"], narrow=err.width < NARROW))

    with Progress(TextColumn("{task.description}"), BarColumn(BAR), StatusColumn(), console=err, transient=True) as display:
        tables: dict[str, tuple[Any, _Pace]] = {}

        def watch(tick: Tick) -> None:
            if tick.table not in tables:
                new_pace = _Pace(tick)
                description = escape(safe(tick.table).plain)
                tables[tick.table] = display.add_task(description, total=tick.wanted, pace=new_pace), new_pace
            task, pace = tables[tick.table]
            pace.add(tick)
            display.update(task, completed=pace.work)
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
                err.print(safe(f"{tick.table}: {_doing(pace)}"))

    return watch


class _Pace:
    """How fast a table gets on. Its `work` are rows, and of those that are answered but not yet read the share that most likely passes; it
    never falls. What is `given` of it, by an earlier run and its journal, says nothing of the pace; neither does the time before the first
    answer of this run, in which a model is loaded."""

    def __init__(self, tick: Tick) -> None:
        self.tick, self.wanted = tick, tick.wanted
        self.work = self.given = float(tick.rows)
        self.since = time.monotonic()
        self.seen = deque([(self.since, 0.0)])
        self.warned = False

    @property
    def new_answers(self) -> int:
        """Answers that were asked for in this run."""
        return self.tick.asked - self.tick.remembered

    @property
    def seconds(self) -> float:
        """Since the first answer of this run, or since it began."""
        return max(time.monotonic() - self.since, 1e-3)

    def add(self, tick: Tick) -> None:
        """What a tick says."""
        now, before, answers_before = time.monotonic(), self.work, self.new_answers
        remembered = tick.remembered > self.tick.remembered
        self.tick = tick
        self.work = max(self.work, tick.rows + LIKELY * tick.stage.answered)
        if remembered:
            self.given += self.work - before
        if self.new_answers and not answers_before:
            self.since, self.given = now, self.work
            self.seen.clear()
        if not self.seen or now - self.seen[-1][0] >= 1:
            self.seen.append((now, self.work - self.given))
        while len(self.seen) > 2 and now - self.seen[1][0] > RECENT:
            self.seen.popleft()

    @property
    def is_known(self) -> bool:
        """Whether the pace can be seen by now."""
        enough = min(ENOUGH, max(LEAST, SHARE * (self.wanted or math.inf)))
        return self.seconds >= SOON and (not self.tick.asked or self.work - self.given > LIKELY * (enough - 0.5))

    @property
    def rate(self) -> str:
        """How many rows come in a second or a minute; nothing while that is not known. A row may take many answers."""
        rows = (self.work - self.given) / self.seconds
        if not self.is_known or rows <= 0:
            return ""
        pace, unit = (rows, "second") if rows >= 1 else (60 * rows, "minute")
        return f"{pace:,.{0 if pace >= 10 else 1}f} rows a {unit}"

    @property
    def remaining_time(self) -> str:
        """How long it takes still, from the pace since it began and that of the last half minute; nothing while that is not known."""
        since, then = self.seen[0]
        done = self.work - self.given
        recent, overall = (done - then) / max(time.monotonic() - since, 1e-3), done / self.seconds
        if not self.wanted or not self.is_known or overall <= 0:
            return ""
        times = [(self.wanted - self.work) / pace for pace in (recent, overall) if pace > 0]
        return f"{_range(min(times), max(times))} left" if min(times) >= 1 else ""

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


def _doing(pace: _Pace, *, narrow: bool = False) -> str:
    """How far a table is; on a narrow terminal without the pace of answers."""
    tick = pace.tick
    rows = f"{tick.rows:,}{f' of {tick.wanted:,}' if tick.wanted else ''} rows"
    if tick.batch:
        parts = [tick.batch]
    elif tick.preparing and not pace.new_answers:
        parts = [tick.waiting, tick.preparing, f"{pace.seconds:,.0f} s so far"]
    elif tick.asked:
        parts = [tick.waiting, "" if narrow else pace.rate, pace.remaining_time]
    elif not (tick.rows or tick.stage.answered):
        parts = ["getting ready", f"{pace.seconds:,.0f} s so far"]
    else:
        parts = [pace.rate, pace.remaining_time]
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
