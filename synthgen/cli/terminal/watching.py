"""Work that is going on: a line that changes at a terminal, else a plain line now and then."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from rich.text import Text

from synthgen.cli.terminal.page import err
from synthgen.models.budget import dollars

if TYPE_CHECKING:
    from synthgen.api import Tick
    from synthgen.tuning.train import Step

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
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = [
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[speed]}"),
        TimeRemainingColumn(),
    ]
    with Progress(*columns, console=err, transient=True) as shown:
        tasks: dict[str, Any] = {}
        began: dict[str, tuple[float, int]] = {}

        def watch(tick: Tick) -> None:
            if tick.table not in tasks:
                tasks[tick.table] = shown.add_task(tick.table, total=tick.wanted, speed="")
                began[tick.table] = (time.monotonic(), tick.rows)
            shown.update(tasks[tick.table], completed=tick.rows, speed=_speed(tick, *began[tick.table]))

        yield watch


def _plainly() -> Callable[[Tick], None]:
    began: dict[str, tuple[float, int]] = {}
    said = [time.monotonic()]

    def watch(tick: Tick) -> None:
        began.setdefault(tick.table, (time.monotonic(), tick.rows))
        if time.monotonic() - said[0] >= PLAIN_EVERY:
            said[0] = time.monotonic()
            of = f" of {tick.wanted:,}" if tick.wanted else ""
            left = _left(tick, *began[tick.table])
            with suppress(OSError):  # a run does not end because nobody reads how far it is
                err.print(Text(f"{tick.table}: {tick.rows:,}{of} rows, {_speed(tick, *began[tick.table])}{left}"))

    return watch


def _speed(tick: Tick, start: float, first: int) -> str:
    seconds = max(time.monotonic() - start, 1e-3)
    cost = f", {dollars(tick.cost)}" if tick.cost is not None else ""
    if tick.batch:
        return f"{tick.batch}{cost}"
    if tick.asked:
        return f"{tick.asked:,} messages, {tick.asked / seconds:.1f} a second{cost}"
    return f"{(tick.rows - first) / seconds:,.0f} rows a second"


def _left(tick: Tick, start: float, first: int) -> str:
    made = tick.rows - first
    if not tick.wanted or made <= 0:
        return ""
    seconds = (time.monotonic() - start) / made * (tick.wanted - tick.rows)
    return f", about {seconds:.0f} s left"


@contextmanager
def tuning(*, silent: bool) -> Iterator[Callable[[Step], None]]:
    """A watcher for a training: a line that changes at a terminal, else a plain line now and then, or nothing."""
    held, said = [""], [time.monotonic()]

    def told(step: Step) -> str:
        left = f", about {step.seconds * (1 - step.done) / step.done:,.0f} s left" if step.done > 0.02 else ""
        return (
            f"tuning: {step.done:.0%}, {step.loss:.2f} bits per byte{held[0]}, {step.tokens / max(step.seconds, 1e-3):,.0f} tokens a "
            f"second{left}"
        )

    def watch(step: Step) -> None:
        if step.held is not None:
            held[0] = f" (held out: {step.held:.3f})"
        elif live:
            live.update(told(step))
        elif time.monotonic() - said[0] >= PLAIN_EVERY:
            said[0] = time.monotonic()
            with suppress(OSError):
                err.print(Text(told(step)))

    if silent:
        yield lambda step: None
    elif err.is_terminal:
        with err.status("reading") as live:
            yield watch
    else:
        live = None
        yield watch
