"""How fast a run gets on, how long it takes still, and whether it gets the processor."""

from __future__ import annotations

import math
import os
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rich.text import Text

from synthgen.cli.terminal.page import safe

if TYPE_CHECKING:
    from synthgen.api import Tick

LIKELY = 0.7
"""The share of typed rows that is taken to pass, before they are read."""
SOON, RECENT = 3.0, 30.0
"""Seconds after which it is said how long a run takes still, and seconds over which its present pace is taken."""
LEAST, ENOUGH, SHARE = 8, 30, 0.05
"""Typed rows after which it is said how long a run takes still: a share of all that are wanted, but so many at least and at most. The
first few come at any pace."""
UNSURE = 3.0
"""How many times the least the most may be for a time to be said as a range."""
WATCHED, SCARCE = 10.0, 0.2
"""Seconds over which it is seen how much of a processor the process gets, and the share below which it waits for it."""


def _load() -> float:
    """How many programs want each processor."""
    return os.getloadavg()[0] / (os.cpu_count() or 1) if hasattr(os, "getloadavg") else 0.0


@dataclass
class ProcessorShare:
    """How much of a processor the process gets, by what it has `used` of it (seconds), and how many programs want each (`load`)."""

    used: Callable[[], float] = time.process_time
    load: Callable[[], float] = _load
    seen: deque[tuple[float, float]] = field(default_factory=deque)

    def note(self) -> None:
        """See how much it has used by now."""
        now = time.monotonic()
        if not self.seen or now - self.seen[-1][0] >= 1:
            self.seen.append((now, self.used()))
        while len(self.seen) > 2 and now - self.seen[1][0] >= WATCHED:
            self.seen.popleft()

    @property
    def is_wanted(self) -> bool:
        """Whether more programs want the processors than there are."""
        return self.load() > 1

    @property
    def is_scarce(self) -> bool:
        """Whether the process hardly got any of it lately, because others want it too."""
        self.note()
        (since, before), (now, after) = self.seen[0], self.seen[-1]
        return now - since >= WATCHED - 1 and after - before < SCARCE * (now - since) and self.is_wanted


class TablePace:
    """How fast a table gets on. Its `work` are rows, and of those that are typed but not yet read the share that most likely passes; it
    never falls. What is `given` of it, by an earlier run and its journal, says nothing of the pace; neither does the time before the first
    answer of this run, in which a model is loaded."""

    def __init__(self, tick: Tick, processor: ProcessorShare | None = None) -> None:
        self.tick, self.wanted = tick, tick.wanted
        self.processor = processor or ProcessorShare()
        self.work = self.given = float(tick.rows)
        self.since = time.monotonic()
        self.seen = deque([(self.since, 0.0)])
        self.told = set[str]()

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
        self.processor.note()

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
    def remaining_time(self) -> tuple[str, str]:
        """How long it takes still, from the pace since it began and that of the last half minute, and what makes it longer; two empty texts
        while nothing is known. Where the two differ much, only a busy computer, which explains it, lets a time be said."""
        since, then = self.seen[0]
        done = self.work - self.given
        recent, overall = (done - then) / max(time.monotonic() - since, 1e-3), done / self.seconds
        if not self.wanted or not self.is_known or overall <= 0:
            return "", ""
        times = [(self.wanted - self.work) / pace for pace in (recent, overall) if pace > 0]
        if min(times) < 1:
            return "", ""
        if max(times) <= UNSURE * min(times):
            return f"{time_range(min(times), max(times))} left", ""
        if not self.processor.is_wanted:
            return "", ""
        return f"{time_range(times[-1], times[-1])} left", "more while this computer is busy"

    def news(self, tick: Tick) -> Iterator[Text]:
        """What is told once, when it is known: what an earlier run left, and the trouble that the table is in."""
        for kind, words in (("going on", tick.going_on), ("trouble", tick.trouble)):
            if words and kind not in self.told:
                self.told.add(kind)
                yield safe(f"{tick.table}: {words}")


def time_range(least: float, most: float) -> str:
    """A time that lies between two numbers of seconds, in words."""
    unit, size = ("s", 1) if most < 120 else ("min", 60) if most < 7200 else ("h", 3600)
    low, high = max(1, round(least / size)), max(1, math.ceil(most / size))
    return f"about {low:,} {unit}" if high <= low * 1.3 else f"{low:,} to {high:,} {unit}"
