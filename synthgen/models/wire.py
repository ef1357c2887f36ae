"""A prompt as the Messages API takes it, the most tokens that it can be, and a message of the API as an answer. Nothing is sent here."""

from __future__ import annotations

import base64
import json
import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from synthgen.models.prices import Price, Usage
from synthgen.spec.rows import Brief, Completion, Document, Prompt

Request = dict[str, Any]
EFFORTS = ("low", "medium", "high", "xhigh", "max")
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
CACHED = {"cache_control": {"type": "ephemeral"}}


@dataclass(frozen=True, slots=True)
class Abilities:
    """What a model accepts: levels of effort, JSON Schemas, so many tokens written (None: not known) and read."""

    efforts: frozenset[str] = frozenset()
    schemas: bool = True
    writes: int | None = None
    reads: int = 1_000_000

    @classmethod
    def of(cls, card: Any) -> Abilities:
        """What the Models API says of a model, as far as it can be read: a server of another make may say anything."""
        plain = cls()
        can = getattr(card, "capabilities", None)
        effort = getattr(can, "effort", None)
        efforts = frozenset(one for one in EFFORTS if _supported(effort) and _supported(getattr(effort, one, None)))
        schemas = _supported(getattr(can, "structured_outputs", None)) if can else plain.schemas
        return cls(efforts, schemas, whole(card, "max_tokens") or None, whole(card, "max_input_tokens") or plain.reads)


def _supported(told: Any) -> bool:
    return getattr(told, "supported", False) is True


def whole(told: Any, name: str) -> int | None:
    """A number of tokens that the API tells under this name; None where there is none to be read."""
    number = getattr(told, name, None)
    return number if isinstance(number, int) and not isinstance(number, bool) and 0 <= number < MOST_TOKENS else None


def request(model: str, prompt: Prompt, can: Abilities) -> Request:
    """The parameters of `messages.create`: what is the same for many prompts first, and marked to be cached, the prompt's text last."""
    brief = prompt.brief
    tokens = brief.tokens if brief else PLAIN_TOKENS
    made: Request = {"model": model, "max_tokens": min(tokens, can.writes or tokens), "messages": _messages(prompt)}
    if brief is None:
        return made
    if brief.system.strip():
        made["system"] = [{"type": "text", "text": brief.system, **CACHED}]
    config: dict[str, Any] = {}
    if brief.effort in can.efforts:
        config["effort"] = brief.effort
    if brief.schema and can.schemas:
        config["format"] = {"type": "json_schema", "schema": _schema(brief.schema)}
    return {**made, "output_config": config} if config else made


def most_read(asked: Request, can: Abilities) -> int:
    """More tokens than a request can have: a token is a byte at least."""
    system, messages = asked.get("system", []), [turn["content"] for turn in asked["messages"]]
    blocks = [*system, *(block for content in messages for block in (content if isinstance(content, list) else [{"text": content}]))]
    schema = asked.get("output_config", {}).get("format")
    around = AROUND + (SCHEMA + len(json.dumps(schema)) * 2 if schema else 0)
    return min(around + sum(AROUND + _most_block(block, can) for block in blocks), max(can.reads, 1))


def most_cost(price: Price, asked: Request, can: Abilities, *, batch: bool = False) -> float:
    """The most that a request can cost, in US dollars."""
    return price.most(most_read(asked, can), asked["max_tokens"], batch=batch)


def completion(prompt: Prompt, message: Any, price: Price | None, *, batch: bool = False) -> Completion:
    """A message of the API as the answer to a prompt."""
    usage = Usage.of(message.usage)
    text = "".join(block.text for block in message.content if block.type == "text")
    finish = {"refusal": "refusal", "max_tokens": "length", "model_context_window_exceeded": "length"}.get(
        message.stop_reason or "", "stop"
    )
    if finish == "refusal":
        told = getattr(message, "stop_details", None)
        why = [getattr(told, "category", None), getattr(told, "explanation", None)]
        text = ": ".join(one for one in why if one) or text or "no reason was given"
    cost = None if price is None else price.cost(usage, batch=batch)
    return Completion(prompt, text, finish, usage.prompt, usage.made, usage.cached, cost)


def results(response: Any) -> list[Any]:
    """The results of a batch in the server's answer, each on a line. They come from the server that was asked for them: the address in
    `results_url`, to which the SDK goes with the key, may be of another one. Raises ValueError when a line is none."""
    from anthropic.types.messages import MessageBatchIndividualResponse

    found = [json.loads(line) for line in response.content.splitlines() if line.strip()]
    if not all(isinstance(one, dict) for one in found):
        raise ValueError("a result is no object")
    return [MessageBatchIndividualResponse.construct(**one) for one in found]


def _messages(prompt: Prompt) -> list[dict[str, Any]]:
    turns: list[tuple[str, str]] = []
    for role, text in [*prompt.turns, ("user", prompt.text)]:
        if turns and turns[-1][0] == role:  # the API wants them by turns
            turns[-1] = (role, f"{turns[-1][1]}\n\n{text}")
        else:
            turns.append((role, text))
    made: list[dict[str, Any]] = [{"role": role, "content": text} for role, text in turns]
    documents = _documents(prompt.brief) if prompt.brief else []
    if documents:
        first = next(one for one in made if one["role"] == "user")
        first["content"] = [*documents, {"type": "text", "text": first["content"]}]
    return made


def _documents(brief: Brief) -> list[dict[str, Any]]:
    made: list[dict[str, Any]] = [
        {"type": "document", "source": _source(one), "title": one.name} for one in brief.documents if one.content.strip()
    ]
    if made:
        made[-1] |= CACHED
    return made


def _source(one: Document) -> dict[str, str]:
    if one.type == "application/pdf":
        return {"type": "base64", "media_type": one.type, "data": one.content}
    return {"type": "text", "media_type": "text/plain", "data": one.content}


@lru_cache(256)
def _schema_text(schema: str) -> str:
    from anthropic import transform_schema

    whole: Mapping[str, Any] = json.loads(schema)
    try:  # what the API does not enforce becomes a description
        return json.dumps(transform_schema(dict(whole)))
    except (ValueError, AssertionError, TypeError):  # the API says what is wrong with it
        return schema


def _schema(schema: str) -> Any:
    return json.loads(_schema_text(schema))


def _most_block(block: Mapping[str, Any], can: Abilities) -> int:
    source = block.get("source")
    if source is None:
        return len(block["text"].encode())
    title = len(block.get("title", "").encode())
    if source["type"] == "base64":
        found = pages(source["data"])
        return title + (found * PAGE if found else can.reads)
    return title + len(source["data"].encode())


@lru_cache(64)
def pages(data: str) -> int:
    """How many pages a PDF (in base64) has; 0 if they cannot be counted."""
    try:
        raw = base64.b64decode(data)
    except ValueError:
        return 0
    count, left = len(PAGE_OF_PDF.findall(raw)), UNPACKED
    for found in re.finditer(rb"/ObjStm\b.{0,400}?stream\r?\n", raw, re.DOTALL):  # pages of newer files stand in compressed parts
        try:
            part = zlib.decompressobj().decompress(memoryview(raw)[found.end() :], left)
        except zlib.error:
            return 0
        count, left = count + len(PAGE_OF_PDF.findall(part)), left - len(part)
        if left <= 0:
            return 0
    return count
