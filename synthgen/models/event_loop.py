"""An event loop on a thread of its own, so that many requests can be under way while the rest of synthgen, which knows nothing of asyncio,
waits for one at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from concurrent.futures import Future
from threading import Event, Thread
from typing import Any, TypeVar

from synthgen.models.pace import Pace

T = TypeVar("T")
CLOSING = 10.0
"""Seconds that the end of what is under way is waited for."""


class EventLoop:
    """A loop and the pace of what is asked in it: at most `concurrency` requests at a time, `limit` of them at first."""

    def __init__(self, name: str, concurrency: int, limit: float | None = None) -> None:
        self._ready, self._concurrency, self._limit = Event(), concurrency, limit
        self._last: Coroutine[Any, Any, None] | None = None
        self._thread = Thread(target=lambda: asyncio.run(self._serve()), name=name, daemon=True)
        self._thread.start()
        self._ready.wait()

    def start(self, work: Coroutine[Any, Any, T]) -> Future[T]:
        """Do some work in the loop."""
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    def end(self, last: Coroutine[Any, Any, None]) -> None:
        """Stop, when `last` is done; what is under way is cancelled."""
        self._last = last
        self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join(CLOSING)  # a function that never lets go must not hold up the end

    async def _serve(self) -> None:
        self._loop, self._over = asyncio.get_running_loop(), asyncio.Event()
        self.pace = Pace(self._concurrency, self._limit)
        self._ready.set()
        await self._over.wait()
        others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        if self._last is not None:
            await self._last
