"""The asking of many prompts at a time: when each is sent, tried again or given up, and how its answer comes out of the event loop."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import suppress
from queue import SimpleQueue
from time import monotonic
from typing import TYPE_CHECKING

from synthgen.models import wire
from synthgen.models.connection import PATIENCE, TRIES, Connection
from synthgen.models.failures import Failure
from synthgen.models.pace import Pace
from synthgen.models.prices import CACHEABLE
from synthgen.spec.rows import Completion, Prompt

if TYPE_CHECKING:
    from synthgen.models.claude import ClaudeModel

LATE = 4
"""After so many times the time limit no request is tried again, unless it was told to wait."""
WARM = 240.0
"""Seconds for which a brief that was read stays in the API's cache, for certain."""
LEAST = 3
"""Fewer bytes than that for each token of the shortest prefix that is cached, and a brief is not cached."""


class Exchange:
    """The asking of some prompts: one task for each, in the line's loop; the answers come through a queue."""

    def __init__(self, model: ClaudeModel, line: Connection, prompts: Sequence[Prompt]) -> None:
        self.model, self.line, self.prompts, self.budget = model, line, prompts, model.budget
        self.can = model.abilities(line)
        self.came: SimpleQueue[list[Completion] | BaseException | None] = SimpleQueue()
        self._coming: list[Completion] = []
        self.problem: BaseException | None = None
        self._taken: deque[None] = deque()
        self._told = False

    def answers(self) -> Iterator[Completion]:
        """The answers; each counts as taken when the next one is asked for."""
        self.line.start(self._all())
        come: Iterator[Completion] = iter(())
        try:
            while isinstance(some := self.came.get(), list):
                come = iter(some)
                for one in come:
                    yield one
                    self._take()
        except KeyboardInterrupt:
            yield from come
            while not self.came.empty():
                if isinstance(some := self.came.get(), list):
                    yield from some
            raise
        if some is not None:
            raise some

    def _take(self) -> None:
        self._taken.append(None)
        if not self._told:
            self._told = True
            self.line.loop.call_soon_threadsafe(self._free)

    # In the loop

    def _free(self) -> None:
        self._told = False
        while self._taken:
            self._taken.popleft()
            self.slots.release()

    def _give(self, one: Completion) -> None:
        """Give an answer out, together with those that come in the same moment: to wake another thread takes longer than that."""
        if not self._coming:
            self.line.loop.call_soon(self._given)
        self._coming.append(one)

    def _given(self) -> None:
        if self._coming:
            self.came.put(self._coming)
            self._coming = []

    async def _all(self) -> None:
        """Ask everything, and tell the end: None, or the error that ended it, after the answers that were under way."""
        self.pace = Pace(self.model.concurrency, self.model.pace)
        self.slots = asyncio.Semaphore(self.model.concurrency)
        self.settled = asyncio.Event()
        self.waiting: set[asyncio.Task[None]] = set()
        self.warming: dict[str, asyncio.Event] = {}
        tasks: set[asyncio.Task[None]] = set()
        try:
            for prompt in self.prompts:
                await self.slots.acquire()
                if self.problem is not None:
                    break
                task = asyncio.create_task(self._one(prompt))
                tasks.add(task)
                task.add_done_callback(tasks.discard)
            while tasks:
                await asyncio.wait(tasks)
        except Exception as error:  # noqa: BLE001 (it ends the run, with its own words)
            self.problem = self.problem or error
        finally:
            self.model.pace = self.pace.now
            self._given()
            self.came.put(self.problem)

    def _end(self, problem: BaseException) -> None:
        """Send nothing more; what is under way is waited for."""
        if self.problem is None:
            self.problem = problem
            self.slots.release()  # the asking looks up and stops
            for task in self.waiting:
                task.cancel()

    async def _one(self, prompt: Prompt) -> None:
        """Ask one prompt and give its answer out, unless the run has ended before it began."""
        if self.problem is not None:
            return None
        try:
            found = await self._answer(prompt)
        except Exception as error:  # noqa: BLE001 (it ends the run, with its own words)
            return self._end(error)
        if isinstance(found, Completion):
            self._give(found)
        elif found.own:
            self._give(Completion(prompt, found.what, "error"))
        return None

    async def _answer(self, prompt: Prompt) -> Completion | Failure:
        """The answer to a prompt, or why this prompt alone has none. Raises ModelError and LimitError."""
        asked = wire.request(self.model.name, prompt, self.can)
        most = wire.most_cost(self.model.price, asked, self.can) if self.model.price else 0.0
        began, tries, wins, pause = monotonic(), 0, 0, 0.0
        brief = prompt.brief.digest if prompt.brief and wire.most_read(asked, self.can) > LEAST * self._cacheable else ""
        while True:
            await self._turn(most, pause, brief)
            try:
                found = await self._send(prompt, asked, most)
            finally:
                self.pace.end()
                if brief:
                    self.warming[brief].set()
            if isinstance(found, Completion) or found.own or (self.problem is not None and found.again):
                return found
            if found.throttled and self.pace.wins > wins:  # others get through: it is only too much at a time
                tries, wins = 0, self.pace.wins
            tries += 1
            too_late = not found.throttled and monotonic() - began > LATE * self.model.timeout
            if not found.again or tries >= TRIES or too_late or (found.wait or 0) > PATIENCE:
                raise found.error(self.model.name, tries)
            pause = self.line.pause(tries - 1, found.wait)

    @property
    def _cacheable(self) -> int:
        return self.model.price.cacheable if self.model.price else CACHEABLE

    async def _warm(self, brief: str) -> None:
        """Let the first request with a brief go ahead: until it is answered, all others would write the same to the cache again."""
        if brief not in self.warming:
            self.warming[brief] = asyncio.Event()
            if monotonic() - self.model.warm.get(brief, -WARM) < WARM:
                self.warming[brief].set()
        elif not self.warming[brief].is_set():
            await self.warming[brief].wait()
        self.model.warm[brief] = monotonic()

    async def _turn(self, most: float, pause: float, brief: str) -> None:
        """Wait until the request may be sent: for `pause` seconds, for the cache, a turn, and the budget. A problem ends the wait."""
        me = asyncio.current_task()
        assert me is not None
        self.waiting.add(me)
        try:
            if pause:
                await asyncio.sleep(pause)
            if brief:
                await self._warm(brief)
            await self.pace.turn()
            try:
                while not self.budget.reserve(most):
                    if not self.budget.under_way:
                        raise self.budget.passed(most)
                    self.settled.clear()
                    with suppress(TimeoutError):  # another model's request may end too
                        await asyncio.wait_for(self.settled.wait(), 0.5)
            except BaseException:
                self.pace.end()
                raise
        finally:
            self.waiting.discard(me)

    async def _send(self, prompt: Prompt, asked: wire.Request, most: float) -> Completion | Failure:
        """One try. What it cost is settled."""
        began, cost, sure = monotonic(), 0.0, False
        try:
            found = await self.line.once(self._post(prompt, asked))
            if isinstance(found, Failure):
                sure = not found.billed
                if found.throttled:
                    self.pace.too_fast(began, found.wait)
            else:
                sure, cost = True, found.cost or 0.0
            return found
        finally:
            if sure:
                self.budget.settle(most, cost)
            else:  # cut off: it may have been billed
                self.budget.mark_uncertain(most)
            self.settled.set()

    async def _post(self, prompt: Prompt, asked: wire.Request) -> Completion:
        raw = await next(self.line.clients).messages.with_raw_response.create(**asked, timeout=self.model.timeout)
        message = await raw.parse()
        try:
            made = wire.completion(prompt, message, self.model.price)
        except (AttributeError, TypeError):
            raise ValueError("an answer without what a message has") from None
        self.pace.went(raw.headers)
        return made
