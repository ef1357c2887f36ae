"""The application under test, asked as a model is: many messages at a time, each reply given out the moment it arrives, so that the answer
journal has it. An error is a result, too: a tester wants to know of it. Only where nobody would get an answer does the run stop."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import replace
from random import Random
from time import monotonic
from typing import Protocol

from synthgen.errors import ModelError, SynthgenError
from synthgen.models.app_wire import AppFailure, AppQuestion, AppReply
from synthgen.models.budget import Budget
from synthgen.models.event_loop import EventLoop
from synthgen.models.failures import KEPT
from synthgen.spec.digests import digest
from synthgen.spec.rows import Completion, Prompt

THROTTLED_TRIES = 8
"""How often a request is sent at most that the application has no time for."""
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0
"""Seconds of the first pause between two tries at most, and of any."""
PATIENCE = 600.0
"""Seconds that an application may ask to wait; if it asks for more, the run ends and can be taken up later."""
FAILING_FIRST, FAILING = 3, 50
"""How many requests may fail in a row, before any was answered and later."""
START = "start it, then run the same command again"


class Application(Protocol):
    """What is tested, behind an address or in Python. `name` is what errors call it and `identity` tells its replies from those of others;
    a request may take `timeout` seconds and be sent `tries` times, `concurrency` of them at a time, and `rate` begun in a second (None: as
    many as there are)."""

    name: str
    identity: str
    concurrency: int
    timeout: float
    tries: int
    rate: float | None

    async def ask(self, question: AppQuestion) -> AppReply | AppFailure:
        """What it answers, or why it does not."""

    async def close(self) -> None:
        """Let go of what it holds."""


class AppModel:
    """An application as a model, until it is closed. What it says that its replies cost is paid from the `budget`."""

    def __init__(self, application: Application, *, first_pause: float = FIRST_PAUSE) -> None:
        self.application, self.first_pause, self.budget = application, first_pause, Budget()
        self.identity = application.identity
        self.there = False  # whether it has ever answered
        self.failing = 0  # requests in a row that failed
        self.problem: SynthgenError | None = None
        self.hint = ""  # of the last failure
        self._jitter = Random()  # when to try again must differ between processes, and decides no answer
        self._loop: EventLoop | None = None
        self._next = 0.0

    def count(self, text: str) -> int:
        """Not known."""
        return 0

    def close(self) -> None:
        """End what is under way, and let go of the application."""
        if self._loop is not None:
            self._loop.end(self.application.close())
            self._loop = None

    def complete(self, prompts: Sequence[Prompt]) -> Iterator[Completion]:
        """The reply to each prompt, or the error that came in its place, in the order in which they arrive. Errors are held back until a
        reply shows that the application is there. Raises ModelError, LimitError; all that was answered until then is given out first."""
        self._loop = self._loop or EventLoop("application", self.application.concurrency)
        loop, self.problem, failed = self._loop, None, list[Completion]()
        ahead, running, done = deque(prompts), set[Future[Completion | None]](), deque[Future[Completion | None]]()
        while True:
            while ahead and len(running) + len(done) < self.application.concurrency and self._may_go_on():
                running.add(loop.start(self._completion(loop, ahead.popleft())))
            if not done and not running:
                break
            if not done:
                just_done, running = wait(running, return_when=FIRST_COMPLETED)
                done.extend(just_done)
            completion = done.popleft().result()
            if completion is None:
                continue
            if completion.finish == "failed":
                failed.append(completion)
                self._failed(completion)
            else:
                self.failing = 0
                yield from failed
                failed.clear()
                yield completion
        if self.problem is not None:
            raise self.problem
        for completion in failed:  # where it never answered, a mended address or key may help: they are not to be kept
            yield completion if self.there else replace(completion, finish="error")

    def _may_go_on(self) -> bool:
        """Whether more may be asked: nothing has ended the run, and the budget is not used up."""
        if self.problem is None and not self.budget.fits(0):
            self.problem = self.budget.limit_error(0)
        return self.problem is None

    def _failed(self, completion: Completion) -> None:
        """Note a failure; too many in a row are none of the messages' doing."""
        self.failing += 1
        if self.failing >= (FAILING if self.there else FAILING_FIRST) and self.problem is None:
            which = f"{self.failing} requests in a row" if self.there else f"the first {self.failing} requests"
            self.problem = ModelError(f"{self.application.name}: {which} failed, the last with: {completion.text}", self.hint or KEPT)

    # In the loop

    async def _completion(self, loop: EventLoop, prompt: Prompt) -> Completion | None:
        """The reply to a prompt, or the error in its place; None where the run has ended, for which the problem says why."""
        try:
            return await self._answer(loop, prompt)
        except SynthgenError as error:
            self.problem = self.problem or error
            return None

    async def _answer(self, loop: EventLoop, prompt: Prompt) -> Completion | None:
        session = digest(f"{self.identity}\0{prompt.settings.get('session', prompt.stream)}", 24)
        question, tries, pause = AppQuestion(prompt.text, prompt.turns, session), 0, 0.0
        while self.problem is None:
            await asyncio.sleep(pause)
            began, answer = await self._once(loop, question)
            if isinstance(answer, AppReply):
                self.there = True
                milliseconds = round((monotonic() - began) * 1000)
                self.budget.reserve(0, sent=True)
                self.budget.settle(0, answer.cost or 0.0)
                counts = answer.tokens_in, answer.tokens_out, answer.tokens_cached, answer.cost
                return Completion(prompt, answer.text, "stop", *counts, milliseconds=milliseconds)
            tries += 1
            if answer.what == "throttled":
                loop.pace.too_fast(began, answer.wait)
            if not self._again(answer, tries):
                self.hint = answer.hint
                return Completion(prompt, answer.message, "failed", milliseconds=round((monotonic() - began) * 1000))
            pause = self._pause(tries - 1, answer.wait)
        return None

    async def _once(self, loop: EventLoop, question: AppQuestion) -> tuple[float, AppReply | AppFailure]:
        """When a try began, and what came of it."""
        await loop.pace.turn()
        try:
            if self.application.rate:
                await self._due(1 / self.application.rate)
            began = monotonic()
            try:
                async with asyncio.timeout(self.application.timeout):
                    answer = await self.application.ask(question)
            except TimeoutError:
                answer = AppFailure(f"no answer in {self.application.timeout:g} s", "give it more time: timeout, in a file for --app")
            if isinstance(answer, AppReply):
                loop.pace.went({})
            return began, answer
        finally:
            loop.pace.end()

    async def _due(self, apart: float) -> None:
        """Wait until a request may begin, so many seconds after the one before it."""
        now = monotonic()
        self._next = max(now, self._next + apart)
        await asyncio.sleep(self._next - now)

    def _again(self, failure: AppFailure, tries: int) -> bool:
        """Whether another try may help; False where the failure is the answer. Raises ModelError where nobody answers, or has the time."""
        name = self.application.name
        if failure.what == "unreachable" and (not self.there or tries >= self.application.tries):
            raise ModelError(f"{name}: {failure.message}", f"{START}: {KEPT}" if self.there else START, retryable=True)
        if failure.what == "throttled" and (tries >= THROTTLED_TRIES or (failure.wait or 0) > PATIENCE):
            asked = f", and asks to wait {failure.wait:,.0f} s" if failure.wait else ""
            hint = f"ask less: rate, in a file for --app; {KEPT}"
            raise ModelError(f"{name}: it has too many requests ({failure.message}{asked})", hint, retryable=True)
        return failure.what in ("unreachable", "throttled") or (
            failure.what == "passing" and tries < self.application.tries and (failure.wait or 0) <= PATIENCE
        )

    def _pause(self, number: int, wait: float | None) -> float:
        """Seconds to the next try after `number` tries before: what the application told, or any up to twice as long as last time."""
        if wait:
            return wait * self._jitter.uniform(1, 1.1)
        return self._jitter.uniform(0, min(LONGEST_PAUSE, self.first_pause * 2**number))
