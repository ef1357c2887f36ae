"""A connection to the API: an event loop on a thread of its own with a client in it, so that many requests can be under way while the rest
of synthgen, which knows nothing of asyncio, waits for one at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from contextlib import AsyncExitStack, suppress
from itertools import cycle
from random import Random
from threading import Event, Thread
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar

from synthgen.models.clock import ServerClock
from synthgen.models.failures import UNSENDABLE, Failure, credentials, failure, redacted

if TYPE_CHECKING:
    from concurrent.futures import Future

    from anthropic import AsyncAnthropic

T = TypeVar("T")
TRIES = 8
"""How often a call is tried before the run gives up."""
EACH = 16
"""Calls at a time that one client makes."""
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0
"""Seconds of the first pause between two tries at most, and of any."""
PATIENCE = 600.0
"""Seconds that the API may ask to wait; if it asks for more, the run ends and can be taken up later."""


def import_client() -> None:
    """Import Anthropic's client, which takes a second, before it is needed."""
    with suppress(ImportError):
        import anthropic  # noqa: F401


class Connection:
    """Open inside `with`. `name` is the model that errors name, `timeout` the seconds that one call may take. The calls that are
    under way are shared out among clients, EACH to one: a client looks at all of its connections before every call."""

    def __init__(self, name: str, timeout: float, at_once: int = 1, clock: ServerClock | None = None) -> None:
        self.name, self.timeout, self.at_once, self.clock = name, timeout, at_once, clock or ServerClock()
        self.jitter = Random()  # when to try again must differ between processes, and decides no answer
        self._ready = Event()
        self._thread = Thread(target=self._run, name="claude", daemon=True)
        self._failed: BaseException | None = None

    def __enter__(self) -> Self:
        self._thread.start()
        self._ready.wait()
        if self._failed is not None:
            self._thread.join()
            raise self._failed
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.loop.call_soon_threadsafe(self._over.set)
        self._thread.join()

    def start(self, work: Coroutine[Any, Any, T]) -> Future[T]:
        """Do some work in the loop."""
        return asyncio.run_coroutine_threadsafe(work, self.loop)

    def call(self, work: Callable[[AsyncAnthropic], Awaitable[T]]) -> T:
        """The result of one call, tried again as long as that may help. Raises ModelError."""
        return self.start(self._settled(work)).result()

    async def _settled(self, work: Callable[[AsyncAnthropic], Awaitable[T]]) -> T:
        result = await self.patient(work)
        if isinstance(result, Failure):
            raise result.error(self.name, TRIES if result.retryable else 1)
        return result

    async def patient(self, work: Callable[[AsyncAnthropic], Awaitable[T]], tries: int = TRIES) -> T | Failure:
        """The result of a call, or why there is none after all tries."""
        for number in range(tries):
            result = await self.once(work(self.client))
            if not isinstance(result, Failure) or not result.retryable or number == tries - 1 or (result.wait or 0) > PATIENCE:
                break
            await asyncio.sleep(self.pause(number, result.wait))
        return result

    async def signed(self) -> None:
        """Sign a request that goes nowhere: fails where there is no key."""
        import anthropic
        import httpx2

        async with httpx2.AsyncClient(transport=httpx2.MockTransport(lambda request: httpx2.Response(404, json={}))) as nowhere:
            with suppress(anthropic.NotFoundError):
                await self.client.with_options(http_client=nowhere).models.retrieve(self.name)

    async def once(self, call: Awaitable[T]) -> T | Failure:
        """The result of a call, or why there is none."""
        try:
            async with asyncio.timeout(self.timeout):
                return await call
        except Exception as error:
            problem = failure(error, self.name, self.secrets)
            if problem is None:
                raise
        return problem

    def pause(self, number: int, retry_after: float | None) -> float:
        """Seconds to the next try after `number` tries before: what the API told, or any up to twice as long as last time."""
        if retry_after is not None:
            return retry_after * self.jitter.uniform(1, 1.1)
        return self.jitter.uniform(0, min(LONGEST_PAUSE, FIRST_PAUSE * 2**number))

    def _more(self) -> Iterator[AsyncAnthropic]:
        """More clients like the first, where many calls will be under way."""
        import anthropic
        import httpx2

        more = -(-self.at_once // EACH) - 1
        trusted = httpx2.create_ssl_context() if more else True  # it takes long to make
        for _ in range(more):
            yield self.client.with_options(http_client=anthropic.DefaultAsyncHttpxClient(verify=trusted, **self._http))

    @property
    def _http(self) -> dict[str, Any]:
        """The options of a client: a prompt goes to the server that the user named, and to no other, and each answer tells the time."""

        async def answered(response: Any) -> None:
            self.clock.hear(response.headers)

        return {"follow_redirects": False, "event_hooks": {"response": [answered]}}

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except BaseException as error:  # noqa: BLE001 (told to the one who opened it)
            self._failed = error
        finally:
            self._ready.set()

    async def _serve(self) -> None:
        from anthropic import AnthropicError, AsyncAnthropic, DefaultAsyncHttpxClient

        self.loop, self._over = asyncio.get_running_loop(), asyncio.Event()
        self.secrets = credentials()
        problem: Failure | None = None
        try:
            self.client = AsyncAnthropic(max_retries=0, timeout=self.timeout, http_client=DefaultAsyncHttpxClient(**self._http))
        except (AnthropicError, ValueError, TypeError) as error:
            problem = failure(error, self.name, self.secrets)
            if not isinstance(error, AnthropicError):
                problem = Failure(
                    f"the SDK cannot be set up: {redacted(str(error), self.secrets)}", "look at the ANTHROPIC_ variables of the environment"
                )
        else:
            self.secrets += [secret for secret in (self.client.api_key, self.client.auth_token) if secret]
            if any(not "!" <= letter <= "~" for secret in self.secrets for letter in secret):  # the SDK would log it whole
                problem = UNSENDABLE
        if problem is not None:
            raise problem.error(self.name)
        async with AsyncExitStack() as stack:
            self.clients = cycle([await stack.enter_async_context(client) for client in (self.client, *self._more())])
            self._ready.set()
            await self._over.wait()
            other_tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
            for task in other_tasks:
                task.cancel()
            await asyncio.gather(*other_tasks, return_exceptions=True)
