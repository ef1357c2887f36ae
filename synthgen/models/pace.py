"""How many requests are under way at a time: as many as asked for, fewer when the API says that it is too much.

Half as many after a 429 or 529, one more after each round without (additive increase, multiplicative decrease), and none while the API asks
to wait or its rate limit has nothing left."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Mapping
from datetime import UTC, datetime
from time import monotonic, time

from synthgen.models.clock import date_of

LONGEST = 60.0
"""Seconds that a used-up rate limit is waited for at most: a server may say anything."""


class Pace:
    """Gives turns to those who ask, inside one event loop. `limit` is how many may be under way, never more than `most`."""

    def __init__(self, most: int, limit: float | None = None) -> None:
        self.most, self.limit = most, min(float(most), limit or float(most))
        self.under_way = 0
        self.wins = 0  # answers so far
        self._until = self._cut = 0.0
        self._waiting: deque[asyncio.Future[None]] = deque()

    async def turn(self) -> float:
        """Wait for a turn and tell when it began."""
        if self._waiting or self.under_way >= int(self.limit) or monotonic() < self._until:
            ticket = asyncio.get_running_loop().create_future()
            self._waiting.append(ticket)
            self._wake()
            try:
                await ticket
            except asyncio.CancelledError:
                if ticket.done() and not ticket.cancelled():
                    self.end()
                raise
        else:
            self.under_way += 1
        return monotonic()

    def end(self) -> None:
        """Give a turn back."""
        self.under_way -= 1
        self._let()

    def went(self, headers: Mapping[str, str], growth: float | None = None) -> None:
        """A request was answered, with these headers. The limit grows by so much; if that is not said, by one with each round."""
        self.wins += 1
        self.limit = min(self.most, self.limit + (1 / self.limit if growth is None else growth))
        sent = date_of(headers)
        resets = [headers.get(name[: -len("remaining")] + "reset") for name, remaining in headers.items() if _is_empty(name, remaining)]
        for reset in resets:
            if reset:
                self._pause(_seconds_to(reset, time() if sent is None else sent))

    def too_fast(self, began: float, wait: float | None) -> None:
        """A request that was sent at `began` was refused because there were too many. Those that were sent with it do not count again."""
        if began > self._cut:
            self._cut, self.limit = monotonic(), max(1.0, self.limit / 2)
        if wait:
            self._pause(wait)

    def _pause(self, seconds: float) -> None:
        self._until = max(self._until, monotonic() + min(seconds, LONGEST))
        self._wake()

    def _wake(self) -> None:
        if self._waiting and (delay := self._until - monotonic()) > 0:
            asyncio.get_running_loop().call_later(delay + 0.001, self._let)

    def _let(self) -> None:
        while self._waiting and self.under_way < int(self.limit) and monotonic() >= self._until:
            first = self._waiting.popleft()
            if not first.done():
                first.set_result(None)
                self.under_way += 1


def _is_empty(name: str, remaining: str) -> bool:
    return name.startswith("anthropic-ratelimit-") and name.endswith("-remaining") and remaining.strip() == "0"


def _seconds_to(when: str, now: float) -> float:
    try:
        moment = datetime.fromisoformat(when)
    except ValueError:
        return 0.0
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() - now
