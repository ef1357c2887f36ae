"""What a number of prompts will cost, told before they are asked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from synthgen.errors import ModelError
from synthgen.models import wire
from synthgen.models.prices import CACHEABLE, Price, Usage
from synthgen.spec.rows import Prompt

BYTES_A_TOKEN = 3
"""What a token has at least, on average: 5.5 models make more tokens of a text than older ones."""
COUNTED = 4
"""Prompts whose tokens the API counts."""
PAGE = 2_000
"""Tokens that a page of a PDF has, about."""


@dataclass(frozen=True, slots=True)
class Expected:
    """What is expected: tokens `read` and `cached` of them, and US dollars, as is likely and if every answer were as long as it may be
    (None: no price is known)."""

    read: int
    cached: int
    cost: float | None
    most: float | None


def expected(
    tokens: Callable[[Sequence[Prompt]], list[int]],
    price: Price | None,
    prompts: Sequence[Prompt],
    count: float,
    written: float,
    *,
    more_read: float = 0.0,
    batch: bool = False,
) -> Expected:
    """What `count` prompts cost that are like `prompts`, when an answer has `written` tokens, and each reads `more_read` tokens more.

    `tokens` counts those of a few prompts; where that raises ModelError, for want of a key, they are estimated. What is
    the same for many is cached after the first of them, but for a `batch`, where nothing is certain.
    """
    some = [prompts[at * len(prompts) // COUNTED] for at in range(COUNTED)] if len(prompts) > COUNTED else list(prompts)
    bare = [replace(one, text=".", turns=()) for one in some]
    try:
        found = tokens([*some, *bare])
    except ModelError:
        found = [_estimated(one) for one in [*some, *bare]]
    shared = sum(found[len(some) :]) / len(some)
    own = max(0.0, sum(found[: len(some)]) / len(some) - shared) + more_read
    briefs = len({one.brief.digest for one in prompts if one.brief}) * count / len(prompts) if _differ(prompts) else _briefs(prompts)
    caches = not batch and 0 < briefs < count / 2 and shared >= (price.cacheable if price else CACHEABLE)
    again = max(0.0, count - briefs) if caches else 0.0
    read, cached = round(count * (own + shared)), round(again * shared)
    if price is None:
        return Expected(read, cached, None, None)
    first = Usage(round(own), round(written), round(shared)) if caches else Usage(round(own + shared), round(written))
    later = Usage(round(own), round(written), cached=round(shared))
    longest = max(one.brief.tokens if one.brief else wire.PLAIN_TOKENS for one in prompts)
    likely = (count - again) * price.cost(first, batch=batch) + again * price.cost(later, batch=batch)
    return Expected(read, cached, likely, max(likely, count * price.most(round(own + shared), longest, batch=batch)))


def _briefs(prompts: Sequence[Prompt]) -> int:
    return len({one.brief.digest for one in prompts if one.brief})


def _differ(prompts: Sequence[Prompt]) -> bool:
    """Whether each row seems to have a brief of its own."""
    return len(prompts) > 1 and _briefs(prompts) > len(prompts) / 2


def _estimated(prompt: Prompt) -> int:
    """About how many tokens a prompt has with all that is sent with it."""
    texts, brief = [prompt.whole], prompt.brief
    pages = 0
    if brief:
        texts += [brief.system, brief.schema, *(one.content for one in brief.documents if one.type != "application/pdf")]
        pages = sum(wire.pages(one.content) or len(one.content) // 50_000 + 1 for one in brief.documents if one.type == "application/pdf")
    return sum(len(one.encode("utf-8", "replace")) for one in texts) // BYTES_A_TOKEN + pages * PAGE + 10
