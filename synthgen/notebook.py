"""A run's progress in a notebook: one line that changes, by nothing but what a notebook has itself."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

from synthgen.making.runs import Tick, Watch
from synthgen.models.budget import dollars
from synthgen.spec import pages

EVERY = 0.2
"""Seconds between two changes of the line."""


@contextmanager
def progress(watch: Watch | None) -> Iterator[Watch]:
    """The watcher that was given; without one, in a notebook, one that shows the progress below the cell, and elsewhere nothing."""
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    if watch or not getattr(shell, "kernel", None):
        yield watch or (lambda tick: None)
    else:
        line = _Line(import_module("IPython.display").display)
        try:
            yield line.watch
        finally:
            line.show()


class _Line:
    """A line that a later one takes the place of."""

    def __init__(self, display: Callable[..., Any]) -> None:
        self.display = display
        self.handle: Any = None
        self.tick: Tick | None = None
        self.shown = 0.0

    def watch(self, tick: Tick) -> None:
        self.tick = tick
        if time.monotonic() - self.shown >= EVERY:
            self.show()

    def show(self) -> None:
        if self.tick is None:
            return
        self.shown = time.monotonic()
        bundle = {"text/plain": progress_text(self.tick), "text/html": pages.page(_bar(self.tick), pages.text(progress_text(self.tick)))}
        if self.handle is None:
            self.handle = self.display(bundle, raw=True, display_id=True)
        else:
            self.handle.update(bundle, raw=True)


def progress_text(tick: Tick) -> str:
    """How far a run is, in words."""
    of = f" of {tick.wanted:,}" if tick.wanted is not None else ""
    parts = [f"{tick.table}: {tick.rows:,}{of} rows", tick.batch or tick.waiting or (f"{tick.asked:,} answers" if tick.asked else "")]
    return ", ".join(filter(None, [*parts, dollars(tick.cost) if tick.cost is not None else ""]))


def _bar(tick: Tick) -> str:
    return f'<progress value="{tick.rows}" max="{tick.wanted}"></progress> ' if tick.wanted else ""
