"""A prompt as the Messages API takes it, the most tokens that it can be, and a message of the API as an answer. Nothing is sent here."""

from __future__ import annotations

import base64
import json
import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any, Literal

from synthgen.models.prices import Price, Usage
from synthgen.recipe.claude_models import OFF, known_thinking
from synthgen.spec.rows import Brief, Completion, Document, Prompt

Request = dict[str, Any]
Kept = Literal["", "5m", "1h"]
"""For how long the API is asked to keep in its cache what it reads, as it says that; empty: not at all."""
EFFORTS = ("low", "medium", "high", "xhigh", "max")
KINDS = ("adaptive", "between_tools", "disabled", "enabled")
"""Of thinking."""
LIVES = ("active", "deprecated", "retired")
PLAIN_TOKENS = 8192
"""What a prompt without a brief may be answered with."""
PAGE = 8_000
"""More tokens than a page of a PDF has, which is read as text and as a picture."""
AROUND = 64
"""More tokens than the API puts around a request and around each of its blocks."""
SCHEMA = 1_024
"""More tokens than the API explains a JSON Schema in."""
PAGE_OF_PDF = re.compile(rb"/Type\s*/Page\b")
UNPACKED = 64_000_000
"""Bytes of the compressed parts of a PDF that are looked through."""
MOST_TOKENS = 2**40
"""More than anybody's model reads."""


@dataclass(frozen=True, slots=True)
class Abilities:
    """What a model accepts: levels of effort, JSON Schemas, so many tokens written (None: not known) and read, and kinds of thinking (none:
    not known); and how far its life is (`lifecycle`, empty: not known), with the day on which it retires."""

    efforts: frozenset[str] = frozenset()
    schemas: bool = True
    writes: int | None = None
    reads: int = 1_000_000
    thinking: frozenset[str] = frozenset()
    lifecycle: str = ""
    retires: date | None = None

    @classmethod
    def of(cls, card: Any) -> Abilities:
        """What the Models API says of a model, as far as it can be read: a server of another make may say anything."""
        plain = cls()
        capabilities = getattr(card, "capabilities", None)
        effort = getattr(capabilities, "effort", None)
        efforts = frozenset(level for level in EFFORTS if _supported(effort) and _supported(getattr(effort, level, None)))
        schemas = _supported(getattr(capabilities, "structured_outputs", None)) if capabilities else plain.schemas
        kinds = getattr(getattr(capabilities, "thinking", None), "types", None)
        thinking = frozenset(kind for kind in KINDS if _supported(getattr(kinds, kind, None)))
        writes, reads = token_count(card, "max_tokens") or None, token_count(card, "max_input_tokens") or plain.reads
        lifecycle, retires = getattr(card, "lifecycle", None), getattr(card, "retires_at", None)
        return cls(
            efforts,
            schemas,
            writes,
            reads,
            thinking,
            lifecycle if lifecycle in LIVES else "",
            retires.date() if isinstance(retires, datetime) else None,
        )


def _supported(capability: Any) -> bool:
    return getattr(capability, "supported", False) is True


def token_count(record: Any, name: str) -> int | None:
    """A number of tokens that the API tells under this name; None where it gives none."""
    number = getattr(record, name, None)
    return number if isinstance(number, int) and not isinstance(number, bool) and 0 <= number < MOST_TOKENS else None


def request(model: str, prompt: Prompt, abilities: Abilities, kept: Kept = "5m") -> Request:
    """The parameters of `messages.create`: what is the same for many prompts first, and marked to be `kept` in the cache for so long, the
    prompt's text last."""
    brief = prompt.brief
    tokens = brief.tokens if brief else PLAIN_TOKENS
    parameters: Request = {"model": model, "max_tokens": min(tokens, abilities.writes or tokens), "messages": _messages(prompt, kept)}
    if brief is None:
        return parameters
    if brief.system.strip():
        parameters["system"] = [{"type": "text", "text": brief.system, **_mark(kept)}]
    if brief.thinking:
        parameters["thinking"] = _thinking(brief.thinking, abilities.thinking or known_thinking(model))
    config: dict[str, Any] = {}
    if brief.effort in abilities.efforts:
        config["effort"] = brief.effort
    if brief.schema and abilities.schemas:
        config["format"] = {"type": "json_schema", "schema": _schema(brief.schema)}
    return {**parameters, "output_config": config} if config else parameters


def most_read(parameters: Request, abilities: Abilities) -> int:
    """More tokens than a request can have: a token is a byte at least."""
    return _most_tokens(parameters, abilities)[-1]


def _most_tokens(parameters: Request, abilities: Abilities) -> tuple[int, int]:
    """More tokens than a request can have up to the last block that is marked to be cached, and in all."""
    system, messages = parameters.get("system", []), [turn["content"] for turn in parameters["messages"]]
    blocks = [*system, *(block for content in messages for block in (content if isinstance(content, list) else [{"text": content}]))]
    schema = parameters.get("output_config", {}).get("format")
    count, cached, limit = AROUND + (SCHEMA + len(json.dumps(schema)) * 2 if schema else 0), 0, max(abilities.reads, 1)
    for block in blocks:
        count += AROUND + _most_block(block, abilities)
        cached = count if "cache_control" in block else cached
    return min(cached, limit), min(count, limit)


def most_cost(price: Price, parameters: Request, abilities: Abilities, *, batch: bool = False) -> float:
    """The most that a request can cost, in US dollars."""
    cached, count = _most_tokens(parameters, abilities)
    return price.most(count, parameters["max_tokens"], batch=batch, hour=cached if batch else 0)


def completion(prompt: Prompt, message: Any, price: Price | None, *, batch: bool = False) -> Completion:
    """A message of the API as the answer to a prompt."""
    usage = Usage.of(message.usage)
    text = "".join(block.text for block in message.content if block.type == "text")
    finish = {"refusal": "refusal", "max_tokens": "length", "model_context_window_exceeded": "length"}.get(
        message.stop_reason or "", "stop"
    )
    if finish == "refusal":
        details = getattr(message, "stop_details", None)
        why = [getattr(details, "category", None), getattr(details, "explanation", None)]
        text = ": ".join(part for part in why if part) or text or "no reason was given"
    cost = None if price is None else price.cost(usage, batch=batch)
    return Completion(prompt, text, finish, usage.prompt, usage.output, usage.cached, cost, tokens_thinking=usage.thinking)


def results(response: Any) -> list[Any]:
    """The results of a batch in the server's answer, each on a line. They come from the server that was asked for them: the address in
    `results_url`, to which the SDK goes with the key, may be of another one. Raises ValueError for a line that is no result."""
    from anthropic.types.messages import MessageBatchIndividualResponse

    records = [json.loads(line) for line in response.content.splitlines() if line.strip()]
    if not all(isinstance(record, dict) for record in records):
        raise ValueError("a result is no object")
    return [MessageBatchIndividualResponse.construct(**record) for record in records]


def _thinking(asked: str, accepted: frozenset[str]) -> dict[str, Any]:
    """How thinking that is off, on, or a number of tokens is said to a model that accepts some kinds of it (none: not known)."""
    if asked == "off":
        return {"type": "between_tools" if accepted & OFF == {"between_tools"} else "disabled"}
    return {"type": "adaptive"} if asked == "on" else {"type": "enabled", "budget_tokens": int(asked)}


def _mark(kept: Kept) -> dict[str, Any]:
    """The mark of a block up to which the API caches a request."""
    if not kept:
        return {}
    return {"cache_control": {"type": "ephemeral"} if kept == "5m" else {"type": "ephemeral", "ttl": kept}}


def _messages(prompt: Prompt, kept: Kept) -> list[dict[str, Any]]:
    turns: list[tuple[str, str]] = []
    for role, text in [*prompt.turns, ("user", prompt.text)]:
        if turns and turns[-1][0] == role:  # the API wants them by turns
            turns[-1] = (role, f"{turns[-1][1]}\n\n{text}")
        else:
            turns.append((role, text))
    messages: list[dict[str, Any]] = [{"role": role, "content": text} for role, text in turns]
    documents = _documents(prompt.brief, kept) if prompt.brief else []
    if documents:
        first = next(message for message in messages if message["role"] == "user")
        first["content"] = [*documents, {"type": "text", "text": first["content"]}]
    return messages


def _documents(brief: Brief, kept: Kept) -> list[dict[str, Any]]:
    blocks: list[dict[str, Any]] = [
        {"type": "document", "source": _source(document), "title": document.name}
        for document in brief.documents
        if document.content.strip()
    ]
    if blocks:
        blocks[-1] |= _mark(kept)
    return blocks


def _source(document: Document) -> dict[str, str]:
    if document.type == "application/pdf":
        return {"type": "base64", "media_type": document.type, "data": document.content}
    return {"type": "text", "media_type": "text/plain", "data": document.content}


@lru_cache(256)
def _schema_text(schema: str) -> str:
    from anthropic import transform_schema

    parsed: Mapping[str, Any] = json.loads(schema)
    try:  # what the API does not enforce becomes a description
        return json.dumps(transform_schema(dict(parsed)))
    except (ValueError, AssertionError, TypeError):  # the API says what is wrong with it
        return schema


def _schema(schema: str) -> Any:
    return json.loads(_schema_text(schema))


def _most_block(block: Mapping[str, Any], abilities: Abilities) -> int:
    source = block.get("source")
    if source is None:
        return len(block["text"].encode())
    title = len(block.get("title", "").encode())
    if source["type"] == "base64":
        page_count = pages(source["data"])
        return title + (page_count * PAGE if page_count else abilities.reads)
    return title + len(source["data"].encode())


@lru_cache(64)
def pages(data: str) -> int:
    """How many pages a PDF (in base64) has; 0 if they cannot be counted."""
    try:
        raw = base64.b64decode(data)
    except ValueError:
        return 0
    count, room = len(PAGE_OF_PDF.findall(raw)), UNPACKED
    for match in re.finditer(rb"/ObjStm\b.{0,400}?stream\r?\n", raw, re.DOTALL):  # pages of newer files stand in compressed parts
        try:
            part = zlib.decompressobj().decompress(memoryview(raw)[match.end() :], room)
        except zlib.error:
            return 0
        count, room = count + len(PAGE_OF_PDF.findall(part)), room - len(part)
        if room <= 0:
            return 0
    return count
