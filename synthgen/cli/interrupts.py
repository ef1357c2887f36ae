"""Ctrl-C while a server starts. A library that is just being imported may swallow it: the C code of some drops every exception that meets
it there. So it is remembered, and heeded at the next step."""

from __future__ import annotations

import signal
from types import FrameType, TracebackType
from typing import Any

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class RememberedInterrupts:
    """Remembers, in its block and until `release`, that somebody wants the program to end. What is to ignore that goes on doing so."""

    def __init__(self) -> None:
        self.pressed = False
        self._before: dict[int, Any] = {}

    def __enter__(self) -> RememberedInterrupts:
        for number in SIGNALS:
            if signal.getsignal(number) is not signal.SIG_IGN:
                self._before[number] = signal.signal(number, self._remember)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._restore()

    def check(self, *_: object) -> None:
        """Raise KeyboardInterrupt if somebody wanted the end."""
        if self.pressed:
            raise KeyboardInterrupt

    def release(self) -> None:
        """The same, and from now on signals go where they went before."""
        self._restore()
        self.check()

    def _remember(self, number: int, frame: FrameType | None) -> None:
        self.pressed = True
        raise KeyboardInterrupt

    def _restore(self) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
        self._before.clear()
