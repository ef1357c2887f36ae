"""A base model behind a server: many prompts at a time, each answer given out the moment it arrives.

How many that are is found out: a few at first, more as long as the server is not much slower for it, half as many when it says that it
has too much to do. Prompts of one frame are sent one after the other, so that a server that keeps what it has read reads the frame once.
Whether the same seed gives the same text depends on the server; the answer journal is what makes a run repeatable."""

from __future__ import annotations

import asyncio
import json
import os
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass, replace
from itertools import chain
from math import inf
from random import Random
from time import monotonic

from synthgen.errors import ModelError, SynthgenError
from synthgen.models import completions_wire
from synthgen.models.base import MIN_P
from synthgen.models.completions_wire import KEY
from synthgen.models.event_loop import EventLoop
from synthgen.models.failures import Failure, redacted
from synthgen.models.http_client import HttpAnswer, HttpClient, NoHttpAnswer, provider_key
from synthgen.spec.rows import Completion, Prompt

FIRST = 4.0
"""Requests under way at a time, at first."""
SLOWER = 3.0
"""How much longer than the first a token may take while more requests are sent at a time."""
TRIES, THROTTLED_TRIES = 5, 10
"""How often a request is sent at most, and where the server has too many."""
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0
"""Seconds of the first pause between two tries at most, and of any."""
PATIENCE = 600.0
"""Seconds that a server may ask to wait; if it asks for more, the run ends and can be taken up later."""


class CompletionsModel:
    """The model `name` at `url`, to which `/completions` is added: `concurrency` requests at a time at most, each for `timeout` seconds.
    Its identity is the name alone, so that a server may move. `seeded` says whether the same seed gave the same text; None before two
    requests were compared."""

    def __init__(self, url: str, name: str, *, concurrency: int = 64, timeout: float = 300, first_pause: float = FIRST_PAUSE) -> None:
        self.url, self.name, self.concurrency, self.timeout, self.first_pause = url.rstrip("/"), name, concurrency, timeout, first_pause
        self.seeded: bool | None = None
        self.answers_there = False  # whether it has ever answered
        self.without = set[str]()  # what the server does not take
        self.tempo = Tempo(min(FIRST, concurrency))

    @property
    def identity(self) -> str:
        """The model's name, and how it samples."""
        return f"{self.name} behind a server min_p={MIN_P}"

    def count(self, text: str) -> int:
        """Not known without asking: raises ModelError."""
        raise ModelError(f"{self.name}: only its server knows how many tokens a text has")

    def complete(self, prompts: Sequence[Prompt]) -> Iterator[Completion]:
        """Completions in the order in which they arrive; settings as those of a base model. The first of all prompts is asked twice, to see
        whether seeds hold. Raises ModelError, after all that was answered until then is given out."""
        frames: dict[str, list[Prompt]] = {}
        for prompt in prompts:
            frames.setdefault(prompt.text, []).append(prompt)
        if not frames:
            return
        requests = _Requests(self)
        try:
            yield from requests.answers(deque(chain.from_iterable(frames.values())))
        finally:
            requests.end()


@dataclass
class Tempo:
    """How many requests may be under way (`limit`), and by how many one answer lets that grow."""

    limit: float
    usual: float = inf  # seconds that a token took when nothing else was asked
    was_too_fast: bool = False
    _seconds: float = 0.0
    _tokens: float = 0.0

    def growth(self, seconds: float, completion: Completion) -> float:
        """By how much an answer that took so long lets the limit grow: it doubles with each round until the server has once had too much,
        then grows by one; not at all while a token takes much longer than usual."""
        self._seconds = 0.9 * self._seconds + seconds
        self._tokens = 0.9 * self._tokens + max(1.0, completion.tokens_out or len(completion.text) / 4)
        if self._seconds / self._tokens > SLOWER * self.usual:
            return 0.0
        return 1 / self.limit if self.was_too_fast else 1.0


class _Requests:
    """The asking of some prompts: what is under way, in a loop of its own, until the end."""

    def __init__(self, model: CompletionsModel) -> None:
        self.model, self.client = model, HttpClient(model.url, model.concurrency)
        self.loop = EventLoop("completions", model.concurrency, model.tempo.limit)
        self.problem: SynthgenError | None = None
        self.jitter = Random()  # when to try again must differ between processes, and decides no answer
        self.key = (os.environ.get(KEY, "") or provider_key("openai", model.url)).strip()
        self.headers = {"accept": "application/json", "content-type": "application/json", "user-agent": "synthgen"}
        if self.key:
            self.headers["authorization"] = f"Bearer {self.key}"

    def answers(self, ahead: deque[Prompt]) -> Iterator[Completion]:
        """The completions. Raises ModelError when what is under way has ended."""
        if self.model.seeded is None:
            yield from self._asked_twice(ahead.popleft())
        running, done = set[Future[Completion | None]](), deque[Future[Completion | None]]()
        while True:
            while ahead and self.problem is None and len(running) + len(done) < self.model.concurrency:
                running.add(self.loop.start(self._completion(ahead.popleft())))
            if not done and not running:
                break
            if not done:
                just_done, running = wait(running, return_when=FIRST_COMPLETED)
                done.extend(just_done)
            if (completion := done.popleft().result()) is not None:
                yield completion
        if self.problem is not None:
            raise self.problem

    def _asked_twice(self, prompt: Prompt) -> Iterator[Completion]:
        """The completion of the first prompt, and what comes of the same request again: whether that is the same, and how fast."""
        began = monotonic()
        first = self.loop.start(self._completion(prompt)).result()
        if first is None:
            return
        yield first
        between = monotonic()
        again = self.loop.start(self._completion(prompt)).result()
        if again is not None:
            tokens = max(1.0, again.tokens_out or len(again.text) / 4)
            self.model.tempo.usual = max(between - began, monotonic() - between) / tokens
            self.model.seeded = again.text == first.text

    def end(self) -> None:
        """Let go of all that is under way."""
        self.model.tempo.limit = self.loop.pace.limit
        self.loop.end(self.client.close())

    # In the loop

    async def _completion(self, prompt: Prompt) -> Completion | None:
        """The completion of a prompt; None where the run has ended, for which the problem says why."""
        try:
            return await self._answer(prompt)
        except SynthgenError as error:
            self.problem = self.problem or error
            return None

    async def _answer(self, prompt: Prompt) -> Completion | None:
        tries, wins, pause = 0, 0, 0.0
        while self.problem is None:
            await asyncio.sleep(pause)
            answer = await self._once(prompt)
            if isinstance(answer, Completion):
                return answer
            busy = answer.throttled and answer.status > 0
            if busy and self.loop.pace.wins > wins:  # others get through: it is only too much at a time
                tries, wins = 0, self.loop.pace.wins
            tries += 1
            if not answer.retryable or tries >= (THROTTLED_TRIES if busy else TRIES) or (answer.wait or 0) > PATIENCE:
                raise await self._error(answer, tries)
            longest = min(LONGEST_PAUSE, self.model.first_pause * 2 ** (tries - 1))
            pause = answer.wait * self.jitter.uniform(1, 1.1) if answer.wait else self.jitter.uniform(0, longest)
        return None

    async def _once(self, prompt: Prompt) -> Completion | Failure:
        """What one try comes to."""
        began = await self.loop.pace.turn()
        try:
            answer = await self._sent(prompt)
            if isinstance(answer, Failure):
                if answer.throttled:
                    self.model.tempo.was_too_fast = True
                    self.loop.pace.too_fast(began, answer.wait)
                return replace(answer, message=redacted(answer.message, [self.key]))
            self.model.answers_there = True
            self.model.tempo.limit = self.loop.pace.limit
            self.loop.pace.went({}, self.model.tempo.growth(monotonic() - began, answer))
            return replace(answer, text=redacted(answer.text, [self.key])) if self.key and self.key in answer.text else answer
        finally:
            self.loop.pace.end()

    async def _sent(self, prompt: Prompt) -> Completion | Failure:
        """What the server makes of a prompt, asked without what it does not take."""
        while True:
            sent = completions_wire.body(self.model.name, prompt, self.model.without)
            answer = await self._ask("POST", "/completions", json.dumps(sent).encode())
            if isinstance(answer, HttpAnswer) and (refused := completions_wire.refused_key(answer, sent)):
                self.model.without.add(refused)
            elif isinstance(answer, Failure):
                return answer
            else:
                return completions_wire.outcome(prompt, answer, answered_before=self.model.answers_there)

    async def _ask(self, method: str, path: str, content: bytes | None = None) -> HttpAnswer | NoHttpAnswer | Failure:
        try:
            async with asyncio.timeout(self.model.timeout):
                return await self.client.ask(method, self.model.url + path, self.headers, content)
        except TimeoutError:
            hint = "give it more time (timeout) or fewer requests at a time (concurrency)"
            return Failure(f"no answer in {self.model.timeout:g} s", hint, retryable=True, throttled=True)

    async def _error(self, failure: Failure, tries: int) -> ModelError:
        """The error that ends the run. Where a call or a model is not there, the server is asked what it has."""
        if failure.status in completions_wire.MISSING:
            answer = await self._ask("GET", "/models")
            names = None if isinstance(answer, Failure) else completions_wire.served_names(answer)
            failure = completions_wire.missing(failure, self.model.name, names)
        return failure.error(f"{self.model.name} at {self.model.url}", tries)
