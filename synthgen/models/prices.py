"""What Claude costs: the list prices of one day, from `data/prices.json`, or those that a recipe gives. A model that is not listed has no
price here: nothing is guessed."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from synthgen.recipe.claude_models import dateless

if TYPE_CHECKING:
    from synthgen.recipe.prices import Prices

LIST = Path(__file__).with_name("data") / "prices.json"
MILLION = 1_000_000
MOST_TOKENS = 10**12
"""More than any request reads or writes; a larger count is an error of the server, and must not overflow a sum."""
CACHEABLE = 4096
"""The shortest prefix in tokens that any model caches, where the model's own is not known."""


def tokens(count: float | None) -> int:
    """A number of tokens, clipped to 0 to MOST_TOKENS. Raises TypeError for what is no number."""
    return int(min(max(0, count or 0), MOST_TOKENS))


@dataclass(frozen=True, slots=True)
class Usage:
    """The tokens of a request: `read` anew, `written` to the cache for five minutes or an `hour`, `cached` before, and its `output`, of
    which some may be `thinking`."""

    read: int = 0
    output: int = 0
    written: int = 0
    hour: int = 0
    cached: int = 0
    thinking: int = 0

    @property
    def prompt(self) -> int:
        """All that was read."""
        return self.read + self.written + self.hour + self.cached

    @classmethod
    def of(cls, usage: Any) -> Usage:
        """From the `usage` of a message of the API. Raises AttributeError, TypeError for anything else."""
        hour = tokens(getattr(getattr(usage, "cache_creation", None), "ephemeral_1h_input_tokens", 0))
        written = max(0, tokens(usage.cache_creation_input_tokens) - hour)
        output = tokens(usage.output_tokens)
        thinking = min(output, tokens(getattr(getattr(usage, "output_tokens_details", None), "thinking_tokens", 0)))
        return cls(tokens(usage.input_tokens), output, written, hour, tokens(usage.cache_read_input_tokens), thinking)


@dataclass(frozen=True, slots=True)
class Price:
    """US dollars per million tokens: as in `Usage`. A request in a batch costs `batch` times as much; one that reads more than `over`
    tokens costs what `beyond` says, all of it. `cacheable` is the shortest prefix, in tokens, that is cached."""

    input: float
    output: float
    write: float
    write_1h: float
    read: float
    batch: float = 0.5
    cacheable: int = CACHEABLE
    over: int | None = None
    beyond: Price | None = None

    def cost(self, usage: Usage, *, batch: bool = False) -> float:
        """What a request cost, in US dollars."""
        if self.over is not None and self.beyond is not None and usage.prompt > self.over:
            return self.beyond.cost(usage, batch=batch)
        uncached = usage.read * self.input + usage.output * self.output + usage.written * self.write + usage.hour * self.write_1h
        return (uncached + usage.cached * self.read) / MILLION * (self.batch if batch else 1)

    def most(self, tokens_in: int, tokens_out: int, *, batch: bool = False, hour: int = 0) -> float:
        """What a request can cost that reads and writes so many tokens at most, whatever the cache does, where `hour` of those that it
        reads may be written to the cache for an hour."""
        usual = max(self.input, self.write, self.read)
        standard = usual * (tokens_in - hour) + max(usual, self.write_1h) * hour + self.output * tokens_out
        dearer = (
            self.beyond.most(tokens_in, tokens_out, batch=batch, hour=hour)
            if self.over is not None and self.beyond and tokens_in > self.over
            else 0
        )
        return max(standard / MILLION * (self.batch if batch else 1), dearer)


@cache
def price_list() -> dict[str, Price]:
    """The models on the list, each with its price."""
    listed = json.loads(LIST.read_text(encoding="utf-8"))
    return {name: _price(entry, listed["batch"]) for name, entry in listed["models"].items()}


@cache
def list_date() -> str:
    """The day of the list, as YYYY-MM-DD."""
    return str(json.loads(LIST.read_text(encoding="utf-8"))["date"])


def price(name: str, recipe_prices: Prices | None = None) -> Price | None:
    """The price of a model: the `recipe_prices`, or the list's, of `claude-haiku-4-5-20251001` that of `claude-haiku-4-5`; None where none
    is known."""
    listed = price_list().get(name) or price_list().get(dateless(name))
    if recipe_prices is None:
        return listed
    write = recipe_prices.input * 1.25 if recipe_prices.cache_write is None else recipe_prices.cache_write
    read = recipe_prices.input * 0.1 if recipe_prices.cache_read is None else recipe_prices.cache_read
    recipe_price = Price(recipe_prices.input, recipe_prices.output, write, max(write, recipe_prices.input * 2), read, recipe_prices.batch)
    return replace(recipe_price, cacheable=listed.cacheable) if listed else recipe_price


def cost(name: str, usage: Usage, batch: bool = False, recipe_prices: Prices | None = None) -> float | None:
    """What a request cost, in US dollars; None where the model's price is not known."""
    model_price = price(name, recipe_prices)
    return None if model_price is None else model_price.cost(usage, batch=batch)


def _price(entry: dict[str, Any], batch: float) -> Price:
    over = entry.get("over")
    plain = {key: float(entry[key]) for key in ("input", "output", "write", "write_1h", "read")}
    beyond = _price({**over, "cacheable": entry["cacheable"]}, batch) if over else None
    return Price(**plain, batch=batch, cacheable=entry["cacheable"], over=over["tokens"] if over else None, beyond=beyond)
