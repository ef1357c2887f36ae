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
        self.abilities = model.abilities(line)
        self.queue: SimpleQueue[list[Completion] | BaseException | None] = SimpleQueue()
        self._coming: list[Completion] = []
        self.problem: BaseException | None = None
        self._acknowledged: deque[None] = deque()
        self._notified = False

    def answers(self) -> Iterator[Completion]:
        """The answers; each counts as taken when the next one is asked for."""
        self.line.start(self._all())
        come: Iterator[Completion] = iter(())
        try:
            while isinstance(arrived := self.queue.get(), list):
                come = iter(arrived)
                for completion in come:
                    yield completion
                    self._take()
        except KeyboardInterrupt:
            yield from come
            while not self.queue.empty():
                if isinstance(arrived := self.queue.get(), list):
                    yield from arrived
            raise
        if arrived is not None:
            raise arrived

    def _take(self) -> None:
        self._acknowledged.append(None)
        if not self._notified:
            self._notified = True
            self.line.loop.call_soon_threadsafe(self._free)

    # In the loop

    def _free(self) -> None:
        self._notified = False
        while self._acknowledged:
            self._acknowledged.popleft()
            self.slots.release()

    def _give(self, completion: Completion) -> None:
        """Give an answer out, together with those that come in the same moment: to wake another thread takes longer than that."""
        if not self._coming:
            self.line.loop.call_soon(self._flush)
        self._coming.append(completion)

    def _flush(self) -> None:
        if self._coming:
            self.queue.put(self._coming)
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
                task = asyncio.create_task(self._complete_one(prompt))
                tasks.add(task)
                task.add_done_callback(tasks.discard)
            while tasks:
                await asyncio.wait(tasks)
        except Exception as error:  # noqa: BLE001 (it ends the run, with its own words)
            self.problem = self.problem or error
        finally:
            self.model.pace = self.pace.limit
            self._flush()
            self.queue.put(self.problem)

    def _end(self, problem: BaseException) -> None:
        """Send nothing more; what is under way is waited for."""
        if self.problem is None:
            self.problem = problem
            self.slots.release()  # the asking looks up and stops
            for task in self.waiting:
                task.cancel()

    async def _complete_one(self, prompt: Prompt) -> None:
        """Ask one prompt and give its answer out, unless the run has ended before it began."""
        if self.problem is not None:
            return None
        try:
            answer = await self._answer(prompt)
        except Exception as error:  # noqa: BLE001 (it ends the run, with its own words)
            return self._end(error)
        if isinstance(answer, Completion):
            self._give(answer)
        elif answer.of_prompt:
            self._give(Completion(prompt, answer.message, "error"))
        return None

    async def _answer(self, prompt: Prompt) -> Completion | Failure:
        """The answer to a prompt, or why this prompt alone has none. Raises ModelError and LimitError."""
        request = wire.request(self.model.name, prompt, self.abilities)
        most = wire.most_cost(self.model.price, request, self.abilities) if self.model.price else 0.0
        began, tries, wins, pause = monotonic(), 0, 0, 0.0
        brief = prompt.brief.digest if prompt.brief and wire.most_read(request, self.abilities) > LEAST * self._cacheable else ""
        while True:
            await self._turn(most, pause, brief)
            try:
                answer = await self._send(prompt, request, most)
            finally:
                self.pace.end()
                if brief:
                    self.warming[brief].set()
            if isinstance(answer, Completion) or answer.of_prompt or (self.problem is not None and answer.retryable):
                return answer
            if answer.throttled and self.pace.wins > wins:  # others get through: it is only too much at a time
                tries, wins = 0, self.pace.wins
            tries += 1
            too_late = not answer.throttled and monotonic() - began > LATE * self.model.timeout
            if not answer.retryable or tries >= TRIES or too_late or (answer.wait or 0) > PATIENCE:
                raise answer.error(self.model.name, tries)
            pause = self.line.pause(tries - 1, answer.wait)

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
                        raise self.budget.limit_error(most)
                    self.settled.clear()
                    with suppress(TimeoutError):  # another model's request may end too
                        await asyncio.wait_for(self.settled.wait(), 0.5)
            except BaseException:
                self.pace.end()
                raise
        finally:
            self.waiting.discard(me)

    async def _send(self, prompt: Prompt, request: wire.Request, most: float) -> Completion | Failure:
        """One try. What it cost is settled."""
        began, cost, cost_known = monotonic(), 0.0, False
        try:
            answer = await self.line.once(self._post(prompt, request))
            if isinstance(answer, Failure):
                cost_known = not answer.billed
                if answer.throttled:
                    self.pace.too_fast(began, answer.wait)
            else:
                cost_known, cost = True, answer.cost or 0.0
            return answer
        finally:
            if cost_known:
                self.budget.settle(most, cost)
            else:  # cut off: it may have been billed
                self.budget.mark_uncertain(most)
            self.settled.set()

    async def _post(self, prompt: Prompt, request: wire.Request) -> Completion:
        raw = await next(self.line.clients).messages.with_raw_response.create(**request, timeout=self.model.timeout)
        message = await raw.parse()
        try:
            completion = wire.completion(prompt, message, self.model.price)
        except (AttributeError, TypeError):
            raise ValueError("an answer without what a message has") from None
        self.pace.went(raw.headers)
        return completion
