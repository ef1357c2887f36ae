"""A chat model behind a server: it is asked what Claude is asked, over OpenAI's `/v1/chat/completions`.

A server says seldom what it can do, so that it is found out with the first request, which goes alone: what that is refused for is left
out from then on. Answers are known by the model's name and by what was asked, not by how."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from math import inf
from typing import TYPE_CHECKING

from synthgen.errors import ModelError
from synthgen.models import chat_wire
from synthgen.models.budget import Budget
from synthgen.models.chat_wire import KEY, OPTIONAL
from synthgen.models.costs import BYTES_A_TOKEN, Expected, expected
from synthgen.models.failures import Failure
from synthgen.models.http_client import HttpAnswer
from synthgen.models.prices import Price
from synthgen.models.server_requests import FIRST_PAUSE, ModelServer, Post, Response, ServerRequests, tokens_written
from synthgen.recipe.claude_models import Retirement, thought_tokens
from synthgen.spec.rows import Brief, Completion, Prompt

if TYPE_CHECKING:
    from synthgen.recipe.prices import Prices

PLAIN = Brief("")
LOOK = 0.05
"""Seconds after which it is looked again whether the budget has room."""


class ChatModel:
    """The model `name` at `url`, to which `/chat/completions` is added: `concurrency` requests at a time at most, each for `timeout`
    seconds. What it costs is known by its `prices` alone; no request is sent that could pass the `budget`. Raises ModelError where a limit
    is set without prices."""

    def __init__(
        self,
        url: str,
        name: str,
        *,
        concurrency: int = 64,
        timeout: float = 300,
        prices: Prices | None = None,
        budget: Budget | None = None,
        first_pause: float = FIRST_PAUSE,
    ) -> None:
        self.name, self.concurrency, self.budget = name, concurrency, budget or Budget()
        self.server = ModelServer(url, name, "/chat/completions", KEY, concurrency, timeout, first_pause)
        self.price = None if prices is None else _price(prices)
        if self.price is None and self.budget.limit is not None:
            raise ModelError(
                f"{name}: its price is not known, so that --max-cost cannot be kept",
                "give its prices in the recipe (prices: {input: 1, output: 5}, or {input: 0, output: 0} where it costs nothing) or leave "
                "--max-cost out",
            )

    @property
    def identity(self) -> str:
        """The model's name."""
        return f"{self.name} behind a chat server"

    @property
    def left_out(self) -> list[str]:
        """What its server did not take, so that it was not asked for."""
        return sorted({part.partition(" ")[0] for part in self.server.without} & {"response_format", *OPTIONAL})

    def count(self, text: str) -> int:
        """About how many tokens a text has; rather too many."""
        return -(-len(text.encode("utf-8", "replace")) // BYTES_A_TOKEN)

    def check_key(self, otherwise: str = "") -> None:
        """Nothing to see before it is asked: many servers want no key, and one that does says so."""

    def expected(self, prompts: Sequence[Prompt], count: float, written: float, *, more_read: float = 0.0, batch: bool = False) -> Expected:
        """What `count` prompts cost that are like `prompts`: see `costs.expected`. There are no batches, and what a server caches it does
        not say."""
        briefs = [prompt.brief or PLAIN for prompt in prompts]
        thoughts = [min(thought_tokens(self.name, brief.effort, brief.thinking), max(0.0, brief.tokens - written)) for brief in briefs]
        thinking = sum(thoughts) / len(prompts)
        guess = expected(self._uncounted, self.price, prompts, count, written, more_read=more_read, thinking=thinking)
        return replace(guess, cached=0)

    def _uncounted(self, prompts: Sequence[Prompt]) -> list[int]:
        raise ModelError(f"{self.name}: only its server knows how many tokens a text has")

    def retirement(self, today: date) -> Retirement | None:
        """Its end, of which nothing is known."""
        return None

    def complete(self, prompts: Sequence[Prompt]) -> Iterator[Completion]:
        """An answer to each prompt, in the order in which they arrive. Raises ModelError, or LimitError before a request that could pass
        the budget; all that was answered until then is given out first."""
        if not prompts:
            return
        ahead, tempo = deque(prompts), self.server.tempo
        with ServerRequests(self.server, self._once, chat_wire.missing) as requests:
            if tempo.usual == inf:
                first, seconds = requests.alone(ahead.popleft())
                if first is not None:
                    yield first
                if first is not None and first.finish != "error":
                    tempo.usual = seconds / tokens_written(first)
            yield from requests.answers(ahead)

    # In the loop

    async def _once(self, prompt: Prompt, post: Post) -> Completion | Failure:
        """What the server makes of a prompt, asked without what it does not take."""
        if unsendable := chat_wire.unsendable(prompt):
            return unsendable
        endless = False
        while True:
            body = chat_wire.body(self.name, prompt, self.server.without, endless=endless)
            answer, result = await self._paid(prompt, body, post)
            refused = chat_wire.refused_part(answer, body) if isinstance(answer, HttpAnswer) else ""
            if refused and refused not in self.server.without:
                self.server.without.add(refused)
            elif isinstance(answer, HttpAnswer) and chat_wire.wants_fewer(answer) and not endless:
                endless = True  # then it writes until its context is full, which is less than it was asked for
            else:
                return result

    async def _paid(self, prompt: Prompt, body: chat_wire.Body, post: Post) -> tuple[Response, Completion | Failure]:
        """One request, for which its most expensive end is set aside, and its cost settled."""
        most = 0.0 if self.price is None else chat_wire.most_cost(self.price, prompt, body)
        while not self.budget.reserve(most):
            if not self.budget.under_way:
                raise self.budget.limit_error(most)
            await asyncio.sleep(LOOK)
        settled = False
        try:
            answer = await post(body)
            result = (
                answer
                if isinstance(answer, Failure)
                else chat_wire.outcome(prompt, answer, self.price, answered_before=self.server.answers_there)
            )
            known = not result.billed if isinstance(result, Failure) else self.price is None or result.cost is not None
            if known:
                self.budget.settle(most, 0.0 if isinstance(result, Failure) else result.cost or 0.0)
                settled = True
            return answer, result
        finally:
            if not settled:  # cut off, or not told: it may have been billed
                self.budget.mark_uncertain(most)


def _price(prices: Prices) -> Price:
    """A price without assumptions: what is read from a cache costs as much as the rest, unless the recipe says otherwise."""
    read = prices.input if prices.cache_read is None else prices.cache_read
    return Price(prices.input, prices.output, prices.input, prices.input, read)
