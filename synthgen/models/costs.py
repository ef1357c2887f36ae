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
BATCH_HITS = 0.64
"""The share of a batch's requests that find in the cache what others read: half way between the 30 and the 98 % that the API's docs tell
of."""
PAGE = 2_000
"""Tokens that a page of a PDF has, about."""


@dataclass(frozen=True, slots=True)
class Expected:
    """What is expected: tokens `read` and `cached` of them, tokens of thoughts before the answers (`thinking`), and US dollars, as is
    likely and if every answer were as long as it may be (None: no price is known)."""

    read: int
    cached: int
    thinking: int
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
    thinking: float = 0.0,
    batch: bool = False,
) -> Expected:
    """What `count` prompts cost that are like `prompts`, when an answer has `written` tokens and as many `thinking` before it, and each
    reads `more_read` tokens more.

    `tokens` counts those of a few prompts; where that raises ModelError, for want of a key, they are estimated. What is
    the same for many is cached after the first of them; of a `batch`, whose requests are answered side by side, a share of them finds it
    there, and all others write it for an hour.
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
    marked = briefs > 0 and shared >= (price.cacheable if price else CACHEABLE)
    caches = marked and briefs < count / 2
    cached_count = max(0.0, count - briefs) * (BATCH_HITS if batch else 1) if caches else 0.0
    read, cached, thought = round(count * (own_tokens + shared)), round(cached_count * shared), round(count * thinking)
    if price is None:
        return Expected(read, cached, thought, None, None)
    unshared, same, output = round(own_tokens), round(shared), round(written + thinking)
    if batch:  # where a brief that only one request has is not marked
        first = Usage(unshared, output, hour=same) if caches else Usage(unshared + same, output)
    else:
        first = Usage(unshared, output, written=same) if marked else Usage(unshared + same, output)
    later = Usage(unshared, output, cached=same)
    longest = max(prompt.brief.tokens if prompt.brief else wire.PLAIN_TOKENS for prompt in prompts)
    likely = (count - cached_count) * price.cost(first, batch=batch) + cached_count * price.cost(later, batch=batch)
    most = count * price.most(unshared + same, longest, batch=batch, hour=same if caches and batch else 0)
    return Expected(read, cached, thought, likely, max(likely, most))


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
