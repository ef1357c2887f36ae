"""What Claude costs: the list prices of one day, from `data/prices.json`, or those that a recipe gives. A model that is not listed has no
price here: nothing is guessed."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from synthgen.recipe.shape import Prices

LIST = Path(__file__).with_name("data") / "prices.json"
MILLION = 1_000_000
MOST_TOKENS = 10**12
"""More than any request reads or writes; what is told beyond it is a mistake of who tells it, and must not overflow what adds it up."""
CACHEABLE = 4096
"""The shortest prefix in tokens that any model caches, where the model's own is not known."""


def tokens(told: float | None) -> int:
    """A number of tokens as somebody told it, brought to one from 0 to MOST_TOKENS. Raises TypeError for what is no number."""
    return int(min(max(0, told or 0), MOST_TOKENS))


@dataclass(frozen=True, slots=True)
class Usage:
    """The tokens of one request: `read` anew, `written` to the prompt cache for five minutes or an `hour`, `cached` before, and `made`."""

    read: int = 0
    made: int = 0
    written: int = 0
    hour: int = 0
    cached: int = 0

    @property
    def prompt(self) -> int:
        """All that was read."""
        return self.read + self.written + self.hour + self.cached

    @classmethod
    def of(cls, told: Any) -> Usage:
        """The `usage` of a message as the API tells it. Raises AttributeError, TypeError for what is none."""
        hour = tokens(getattr(getattr(told, "cache_creation", None), "ephemeral_1h_input_tokens", 0))
        written = max(0, tokens(told.cache_creation_input_tokens) - hour)
        return cls(tokens(told.input_tokens), tokens(told.output_tokens), written, hour, tokens(told.cache_read_input_tokens))


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
        whole = usage.read * self.input + usage.made * self.output + usage.written * self.write + usage.hour * self.write_1h
        return (whole + usage.cached * self.read) / MILLION * (self.batch if batch else 1)

    def most(self, tokens_in: int, tokens_out: int, *, batch: bool = False) -> float:
        """What a request can cost that reads and writes so many tokens at most, whatever the cache does."""
        own = max(self.input, self.write, self.read) * tokens_in + self.output * tokens_out
        dearer = (
            self.beyond.most(tokens_in, tokens_out, batch=batch) if self.over is not None and self.beyond and tokens_in > self.over else 0
        )
        return max(own / MILLION * (self.batch if batch else 1), dearer)


@cache
def price_list() -> dict[str, Price]:
    """The models on the list, each with its price."""
    told = json.loads(LIST.read_text(encoding="utf-8"))
    return {name: _price(one, told["batch"]) for name, one in told["models"].items()}


@cache
def list_date() -> str:
    """The day of the list, as YYYY-MM-DD."""
    return str(json.loads(LIST.read_text(encoding="utf-8"))["date"])


def price(name: str, own: Prices | None = None) -> Price | None:
    """The price of a model: the recipe's `own`, or the list's, of `claude-haiku-4-5-20251001` that of `claude-haiku-4-5`; None where none
    is known."""
    known = price_list().get(name) or price_list().get(re.sub(r"-20\d{6}$", "", name))
    if own is None:
        return known
    write = own.input * 1.25 if own.cache_write is None else own.cache_write
    read = own.input * 0.1 if own.cache_read is None else own.cache_read
    told = Price(own.input, own.output, write, max(write, own.input * 2), read, own.batch)
    return replace(told, cacheable=known.cacheable) if known else told


def cost(name: str, usage: Usage, batch: bool = False, own: Prices | None = None) -> float | None:
    """What a request cost, in US dollars; None where the model's price is not known."""
    found = price(name, own)
    return None if found is None else found.cost(usage, batch=batch)


def _price(told: dict[str, Any], batch: float) -> Price:
    over = told.get("over")
    plain = {key: float(told[key]) for key in ("input", "output", "write", "write_1h", "read")}
    beyond = _price({**over, "cacheable": told["cacheable"]}, batch) if over else None
    return Price(**plain, batch=batch, cacheable=told["cacheable"], over=over["tokens"] if over else None, beyond=beyond)
