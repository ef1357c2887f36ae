"""`synthgen tune` in a process of its own that tests can kill: it takes its time, and leaves a checkpoint after every step."""

import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from synthgen import cli
from synthgen.cli import terminal
from synthgen.tuning import train


def run(words: list[str], pause: float) -> None:
    """The command with these words; `pause` seconds after every step."""
    signal.signal(signal.SIGINT, signal.default_int_handler)  # which is off where the tests run in the background
    train.SAVED_EVERY = 0.0

    @contextmanager
    def slow(*, silent: bool) -> Iterator[Callable[[train.Step], None]]:
        yield lambda step: time.sleep(pause)

    terminal.tuning = slow
    sys.argv = ["synthgen", *words]
    cli.main()


def scratch(made: Callable[..., object], pause: float, *given: object) -> None:
    """A model made from scratch, with a pause after every step."""
    train.SAVED_EVERY = 0.0
    made(*given, watch=lambda step: time.sleep(pause))
