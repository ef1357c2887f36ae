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
    sample = [prompts[at * len(prompts) // COUNTED] for at in range(COUNTED)] if len(prompts) > COUNTED else list(prompts)
    bare = [replace(prompt, text=".", turns=()) for prompt in sample]
    try:
        counts = tokens([*sample, *bare])
    except ModelError:
        counts = [_estimated(prompt) for prompt in [*sample, *bare]]
    shared = sum(counts[len(sample) :]) / len(sample)
    own_tokens = max(0.0, sum(counts[: len(sample)]) / len(sample) - shared) + more_read
    briefs = (
        len({prompt.brief.digest for prompt in prompts if prompt.brief}) * count / len(prompts) if _differ(prompts) else _briefs(prompts)
    )
    caches = not batch and 0 < briefs < count / 2 and shared >= (price.cacheable if price else CACHEABLE)
    cached_count = max(0.0, count - briefs) if caches else 0.0
    read, cached = round(count * (own_tokens + shared)), round(cached_count * shared)
    if price is None:
        return Expected(read, cached, None, None)
    first = Usage(round(own_tokens), round(written), round(shared)) if caches else Usage(round(own_tokens + shared), round(written))
    later = Usage(round(own_tokens), round(written), cached=round(shared))
    longest = max(prompt.brief.tokens if prompt.brief else wire.PLAIN_TOKENS for prompt in prompts)
    likely = (count - cached_count) * price.cost(first, batch=batch) + cached_count * price.cost(later, batch=batch)
    return Expected(read, cached, likely, max(likely, count * price.most(round(own_tokens + shared), longest, batch=batch)))


def _briefs(prompts: Sequence[Prompt]) -> int:
    return len({prompt.brief.digest for prompt in prompts if prompt.brief})


def _differ(prompts: Sequence[Prompt]) -> bool:
    """Whether each row seems to have a brief of its own."""
    return len(prompts) > 1 and _briefs(prompts) > len(prompts) / 2


def _estimated(prompt: Prompt) -> int:
    """About how many tokens a prompt has with all that is sent with it."""
    texts, brief = [prompt.full_text], prompt.brief
    pages = 0
    if brief:
        texts += [brief.system, brief.schema, *(document.content for document in brief.documents if document.type != "application/pdf")]
        pages = sum(
            wire.pages(document.content) or len(document.content) // 50_000 + 1
            for document in brief.documents
            if document.type == "application/pdf"
        )
    return sum(len(text.encode("utf-8", "replace")) for text in texts) // BYTES_A_TOKEN + pages * PAGE + 10
