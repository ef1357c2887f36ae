"""The asking of a server that was not made for us: many prompts at a time, each answer given out the moment it arrives.

How many that are is found out: a few at first, more as long as the server is not much slower for it, half as many when it says that it
has too much to do. What the server does not take is learnt from what it refuses, once."""

from __future__ import annotations

import asyncio
import json
import os
from collections import deque
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass, field, replace
from math import inf
from random import Random
from time import monotonic
from types import TracebackType
from typing import Any, Self

from synthgen.errors import ModelError, SynthgenError
from synthgen.models.event_loop import EventLoop
from synthgen.models.failures import Failure, redacted
from synthgen.models.http_client import HttpAnswer, HttpClient, NoHttpAnswer, provider_key
from synthgen.models.server_trouble import MISSING, served_names
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

Response = HttpAnswer | NoHttpAnswer | Failure
Post = Callable[[Mapping[str, Any]], Awaitable[Response]]
"""Sends a body to the server's call."""
Try = Callable[[Prompt, Post], Awaitable[Completion | Failure]]
"""What one try of a prompt comes to."""
Missing = Callable[[Failure, str, Sequence[str] | None], Failure]
"""What it means that a server does not have the call or the model of that name, which has those models (None: it does not say)."""


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
        self._tokens = 0.9 * self._tokens + tokens_written(completion)
        if self._seconds / self._tokens > SLOWER * self.usual:
            return 0.0
        return 1 / self.limit if self.was_too_fast else 1.0


def tokens_written(completion: Completion) -> float:
    """How many tokens a completion has, one at least; guessed where the server does not say."""
    return max(1.0, completion.tokens_out or len(completion.text) / 4)


@dataclass
class ModelServer:
    """The model `name` of a server at `url`, to which the path of a `call` is added: `concurrency` requests at a time at most, each for
    `timeout` seconds; its key is in the variable `key_name` of the environment."""

    url: str
    name: str
    call: str
    key_name: str
    concurrency: int
    timeout: float
    first_pause: float = FIRST_PAUSE
    answers_there: bool = field(default=False, init=False)
    """Whether it has ever answered."""
    without: set[str] = field(default_factory=set, init=False)
    """What it does not take."""

    def __post_init__(self) -> None:
        self.url = self.url.rstrip("/")
        self.tempo = Tempo(min(FIRST, self.concurrency))

    @property
    def key(self) -> str:
        """Its key; OpenAI's where it is OpenAI's."""
        return (os.environ.get(self.key_name, "") or provider_key("openai", self.url)).strip()


class ServerRequests:
    """The asking of some prompts, inside `with`: what is under way, in a loop of its own. `one_try` says what is sent and what is read."""

    def __init__(self, server: ModelServer, one_try: Try, missing: Missing) -> None:
        self.server, self.one_try, self.missing = server, one_try, missing
        self.client = HttpClient(server.url, server.concurrency)
        self.loop = EventLoop(f"requests to {server.name}", server.concurrency, server.tempo.limit)
        self.problem: SynthgenError | None = None
        self.jitter = Random()  # when to try again must differ between processes, and decides no answer
        self.key = server.key
        self.headers = {"accept": "application/json", "content-type": "application/json", "user-agent": "synthgen"}
        if self.key:
            self.headers["authorization"] = f"Bearer {self.key}"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.server.tempo.limit = self.loop.pace.limit
        self.loop.end(self.client.close())

    def answers(self, ahead: deque[Prompt]) -> Iterator[Completion]:
        """The completions. Raises ModelError when what is under way has ended."""
        running, done = set[Future[Completion | None]](), deque[Future[Completion | None]]()
        while True:
            while ahead and self.problem is None and len(running) + len(done) < self.server.concurrency:
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

    def alone(self, prompt: Prompt) -> tuple[Completion | None, float]:
        """The completion of a prompt while nothing else is asked, and the seconds that it took; None where there is a problem, which
        `answers` will raise."""
        began = monotonic()
        completion = self.loop.start(self._completion(prompt)).result()
        return completion, monotonic() - began

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
                if answer.of_prompt:
                    return Completion(prompt, answer.message, "error")
                raise await self._error(answer, tries)
            longest = min(LONGEST_PAUSE, self.server.first_pause * 2 ** (tries - 1))
            pause = answer.wait * self.jitter.uniform(1, 1.1) if answer.wait else self.jitter.uniform(0, longest)
        return None

    async def _once(self, prompt: Prompt) -> Completion | Failure:
        """What one try comes to."""
        began = await self.loop.pace.turn()
        try:
            answer = await self.one_try(prompt, self._post)
            if isinstance(answer, Failure):
                if answer.throttled:
                    self.server.tempo.was_too_fast = True
                    self.loop.pace.too_fast(began, answer.wait)
                return replace(answer, message=redacted(answer.message, [self.key]))
            self.server.answers_there = True
            self.server.tempo.limit = self.loop.pace.limit
            self.loop.pace.went({}, self.server.tempo.growth(monotonic() - began, answer))
            return replace(answer, text=redacted(answer.text, [self.key])) if self.key and self.key in answer.text else answer
        finally:
            self.loop.pace.end()

    async def _post(self, body: Mapping[str, Any]) -> Response:
        return await self._ask("POST", self.server.call, json.dumps(body).encode())

    async def _ask(self, method: str, path: str, content: bytes | None = None) -> Response:
        try:
            async with asyncio.timeout(self.server.timeout):
                return await self.client.ask(method, self.server.url + path, self.headers, content)
        except TimeoutError:
            hint = "give it more time (timeout) or fewer requests at a time (concurrency)"
            return Failure(f"no answer in {self.server.timeout:g} s", hint, retryable=True, throttled=True, billed=True)

    async def _error(self, failure: Failure, tries: int) -> ModelError:
        """The error that ends the run. Where a call or a model is not there, the server is asked what it has."""
        if failure.status in MISSING:
            answer = await self._ask("GET", "/models")
            names = None if isinstance(answer, Failure) else served_names(answer)
            failure = self.missing(failure, self.server.name, names)
        return failure.error(f"{self.server.name} at {self.server.url}", tries)
