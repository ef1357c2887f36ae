"""Claude, asked over the Messages API: many prompts at a time, each answer given out the moment it arrives.

The next prompt is sent when the one who asks has taken an answer, and so kept it: a run that is killed loses no more answers than requests
were under way. Claude's answers cannot be seeded: the journal is what makes a run repeatable."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING

from synthgen.errors import ModelError
from synthgen.models import wire
from synthgen.models.batches import Batches
from synthgen.models.budget import Budget
from synthgen.models.clock import ServerClock
from synthgen.models.connection import TRIES, Connection
from synthgen.models.costs import BYTES_A_TOKEN, Expected, expected
from synthgen.models.exchange import Exchange
from synthgen.models.failures import NO_ANSWER, Failure
from synthgen.models.ledger import BatchLedger
from synthgen.models.model import Batching
from synthgen.models.prices import price
from synthgen.recipe.claude_models import Retirement, known_retirement, thought_tokens
from synthgen.spec.rows import Brief, Completion, Prompt

if TYPE_CHECKING:
    from synthgen.recipe.prices import Prices

PLAIN = Brief("")
COUNTING = 10.0
"""Seconds that the counting of tokens may take."""


class ClaudeModel:
    """A model of Anthropic's. `concurrency` requests may be under way at a time, each for `timeout` seconds; `prices` take the place of
    the list's; no request is sent that could pass the `budget`. Raises ModelError where a limit is set and the model's price is not
    known."""

    def __init__(
        self, name: str, *, concurrency: int = 64, timeout: float = 300, prices: Prices | None = None, budget: Budget | None = None
    ) -> None:
        self.name, self.concurrency, self.timeout, self.budget = name, concurrency, timeout, budget or Budget()
        self.price = price(name, prices)
        self.pace, self.clock = float(concurrency), ServerClock()
        self.warm: dict[str, float] = {}  # when each brief was last read, so that the API has it in its cache
        self._abilities: wire.Abilities | None = None
        if self.price is None and self.budget.limit is not None:
            raise ModelError(
                f"{name}: its price is not known, so that --max-cost cannot be kept",
                f"give its prices in the recipe (models: {{…: {{kind: claude, name: {name}, prices: {{input: 1, output: 5}}}}}}) or "
                f"leave --max-cost out",
            )

    @property
    def identity(self) -> str:
        """The model's name."""
        return self.name

    def count(self, text: str) -> int:
        """About how many tokens a text has; rather too many. `tokens` asks."""
        return -(-len(text.encode("utf-8", "replace")) // BYTES_A_TOKEN)

    def check_key(self, otherwise: str = "") -> None:
        """Make sure, without a request, that there is a key. Raises ModelError, which says `otherwise` what can be done without one."""
        with Connection(self.name, self.timeout, clock=self.clock) as line:
            result = line.start(line.once(line.signed())).result()
        if isinstance(result, Failure):
            problem = result.error(self.name)
            raise ModelError(f"{problem.message}; {otherwise}" if otherwise else problem.message, problem.hint)

    def tokens(self, prompts: Sequence[Prompt]) -> list[int]:
        """How many tokens each prompt has with all that is sent with it, counted by the API, which costs nothing. Raises ModelError at once
        when that fails."""
        with Connection(self.name, min(self.timeout, COUNTING), clock=self.clock) as line:
            return line.start(self._counted(line, prompts)).result()

    def expected(self, prompts: Sequence[Prompt], count: float, written: float, *, more_read: float = 0.0, batch: bool = False) -> Expected:
        """What `count` prompts cost that are like `prompts`, with what the model is assumed to think: see `costs.expected`."""
        briefs = [prompt.brief or PLAIN for prompt in prompts]
        thoughts = [min(thought_tokens(self.name, brief.effort, brief.thinking), max(0.0, brief.tokens - written)) for brief in briefs]
        thinking = sum(thoughts) / len(prompts)
        return expected(self.tokens, self.price, prompts, count, written, more_read=more_read, thinking=thinking, batch=batch)

    def retirement(self, today: date) -> Retirement | None:
        """Its end, if it is near, set or over: as the API says where it has been asked, else as far as is known."""
        abilities = self._abilities
        if abilities is None or not abilities.lifecycle:
            return known_retirement(self.name, today)
        return None if abilities.lifecycle == "active" else Retirement(abilities.retires, gone=abilities.lifecycle == "retired")

    async def _counted(self, line: Connection, prompts: Sequence[Prompt]) -> list[int]:
        abilities = self._abilities = self._abilities or await _abilities(line, self.name, 1)
        requests = [
            {key: part for key, part in wire.request(self.name, prompt, abilities).items() if key != "max_tokens"} for prompt in prompts
        ]
        replies = await asyncio.gather(*(line.once(line.client.messages.count_tokens(**request)) for request in requests))
        counts = [reply if isinstance(reply, Failure) else wire.token_count(reply, "input_tokens") for reply in replies]
        for count in counts:
            if not isinstance(count, int):
                raise (count or NO_ANSWER).error(self.name)
        return [count for count in counts if isinstance(count, int)]

    def complete(self, prompts: Sequence[Prompt]) -> Iterator[Completion]:
        """An answer to each prompt, in the order in which they arrive. Raises ModelError, or LimitError before a request that could pass
        the budget; all that was answered until then is given out first."""
        if not prompts:
            return
        with Connection(self.name, self.timeout, min(self.concurrency, len(prompts)), self.clock) as line:
            yield from Exchange(self, line, prompts).answers()

    def batched(
        self, prompts: Mapping[str, Prompt], ledger: BatchLedger, how: Batching, watch: Callable[[str], None]
    ) -> Iterator[tuple[str, Completion]]:
        """The answers to prompts, each under its key, asked in Message Batches."""
        with Connection(self.name, self.timeout, clock=self.clock) as line:
            yield from Batches(self, ledger, line, prompts, how, watch).answers()

    def abilities(self, line: Connection) -> wire.Abilities:
        """What the model accepts, asked once. A server that does not tell gets the least that it can be sent."""
        if self._abilities is None:
            self._abilities = line.start(_abilities(line, self.name)).result()
        return self._abilities


async def _abilities(line: Connection, name: str, tries: int = TRIES) -> wire.Abilities:
    card = await line.patient(lambda client: client.models.retrieve(name), tries)
    if not isinstance(card, Failure):
        return wire.Abilities.of(card)
    if card.retryable or card.status in (0, 401, 402) or 300 <= card.status < 400:
        raise card.error(name, tries if card.retryable else 1)
    return wire.Abilities()
