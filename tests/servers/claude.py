"""A server on loopback that speaks the Anthropic API as version 2026-10-21 does, stricter than the real one and never laxer.

    with ClaudeServer(answer=lambda request: "hello", latency=0.05, faults={"529": 0.1}) as server:
        client = anthropic.Anthropic(**server.client)
        ...
        assert server.asked_again() == []

It keeps a log of every request, can be told to fail in every way that a network can, and imports nothing of the project, so that
it knows the protocol and not our reading of it. Where the real thing's behaviour is not known, the request is refused.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import contextlib
import hashlib
import json
import math
import re
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import lru_cache
from random import Random
from types import TracebackType
from typing import Any, NoReturn, Self
from urllib.parse import parse_qs, urlsplit

import pytest

VERSION = "2026-10-21"
KEY = "sk-ant-test-of-the-loopback"
LARGEST = {"/v1/messages/batches": 256_000_000}
USUAL_LARGEST = 32_000_000
ERRORS = {
    400: "invalid_request_error",
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    500: "api_error",
    504: "timeout_error",
    529: "overloaded_error",
}

Request = dict[str, Any]
Check = Callable[[Any, str], None]


class Refusal(Exception):
    """A request that is answered with an error: the status, the message, and headers of its own."""

    def __init__(self, status: int, message: str, headers: Mapping[str, str] | None = None, kind: str | None = None):
        super().__init__(message)
        self.status, self.message, self.headers = status, message, dict(headers or {})
        self.kind = kind or ERRORS.get(status, "invalid_request_error" if status < 500 else "api_error")

    def body(self, request_id: str | None) -> dict[str, Any]:
        """The body that the API sends for it."""
        return {"type": "error", "error": {"type": self.kind, "message": self.message}, "request_id": request_id}


class Mistake(Exception):
    """The test that uses the server asked it for something that makes no sense."""


# Models


@dataclass(frozen=True)
class Model:
    """What a model accepts: thinking types, what it does when none is given, effort levels, the one that it takes when none is given, and
    those that thinking off allows."""

    thinking: str
    alone: str
    effort: str = "low medium high xhigh max"
    effort_off: str = "low medium high"
    forced: bool = False
    cacheable: int = 512
    output: int = 128_000
    window: int = 1_000_000
    bytes_per_token: float = 3.0
    omits: bool = True
    lifecycle: str = "active"
    usual: str = "high"
    alias: str | None = None


_FOUR = {"bytes_per_token": 4.0, "forced": True}
_OLD = {**_FOUR, "output": 64_000, "window": 200_000, "omits": False, "effort": "", "effort_off": ""}
MODELS: dict[str, Model] = {
    "claude-haiku-5-5": Model("adaptive disabled", "adaptive", forced=True, usual="medium"),
    "claude-sonnet-5-5": Model("adaptive between_tools", "adaptive"),
    "claude-opus-5-5": Model("adaptive", "adaptive", usual="medium"),
    "claude-fable-5-2": Model("adaptive", "adaptive"),
    "claude-mythos-5-2": Model("adaptive", "adaptive"),
    "claude-fable-5-1": Model("adaptive", "adaptive"),
    "claude-mythos-5-1": Model("adaptive", "adaptive"),
    "claude-fable-5": Model("adaptive", "adaptive", **_FOUR),
    "claude-mythos-5": Model("adaptive", "adaptive", **_FOUR),
    "claude-opus-5": Model("adaptive disabled", "adaptive", **_FOUR),
    "claude-sonnet-5": Model("adaptive disabled", "adaptive", cacheable=1024, **_FOUR),
    "claude-opus-4-8": Model("adaptive disabled", "disabled", cacheable=1024, **_FOUR),
    "claude-opus-4-7": Model("adaptive disabled", "disabled", cacheable=2048, **_FOUR),
    "claude-opus-4-6": Model("adaptive enabled disabled", "disabled", effort="low medium high max", cacheable=4096, omits=False, **_FOUR),
    "claude-sonnet-4-6": Model("adaptive enabled disabled", "disabled", effort="low medium high max", cacheable=1024, omits=False, **_FOUR),
    "claude-opus-4-5-20251101": Model(
        "enabled disabled", "disabled", cacheable=4096, alias="claude-opus-4-5", **{**_OLD, "effort": "low medium high"}
    ),
    "claude-haiku-4-5-20251001": Model("enabled disabled", "disabled", cacheable=4096, alias="claude-haiku-4-5", **_OLD),
    "claude-sonnet-4-5-20250929": Model(
        "enabled disabled", "disabled", cacheable=1024, lifecycle="deprecated", alias="claude-sonnet-4-5", **_OLD
    ),
    "claude-mythos-preview": Model("adaptive", "adaptive", cacheable=2048, lifecycle="retired", **_FOUR),
}
ALIASES = {model.alias: name for name, model in MODELS.items() if model.alias}


def find_model(name: str) -> tuple[str, Model]:
    """The model of a name or an alias, under its full name."""
    full = ALIASES.get(name, name)
    if full not in MODELS or MODELS[full].lifecycle == "retired":
        raise Refusal(404, f"model: {name}")
    return full, MODELS[full]


def model_card(name: str, retires: str | None = None) -> dict[str, Any]:
    """What the Models API says of a model, which `retires` on a day."""
    model = MODELS[name]
    lifecycle = "deprecated" if retires and model.lifecycle == "active" else model.lifecycle

    def yes(truth: bool = True) -> dict[str, bool]:
        return {"supported": truth}

    kinds, efforts, never = model.thinking.split(), model.effort.split(), yes(False)
    return {
        "type": "model",
        "id": name,
        "display_name": name.replace("-", " ").title(),
        "line": name.split("-")[1],
        "lifecycle": lifecycle,
        "created_at": "2026-01-01T00:00:00Z",
        "deprecated_at": None if lifecycle == "active" else "2026-05-01T00:00:00Z",
        "retires_at": f"{retires}T00:00:00Z" if retires else None,
        "max_tokens": model.output,
        "max_input_tokens": model.window,
        "capabilities": {
            **{one: yes() for one in ("batch", "citations", "image_input", "pdf_input", "structured_outputs")},
            "code_execution": never,
            "context_management": never,
            "server_tools": {"supported": False, "code_execution": never, "web_search": never},
            "effort": {"supported": bool(efforts), **{one: yes(one in efforts) for one in ("low", "medium", "high", "xhigh", "max")}},
            "thinking": {
                "supported": True,
                "types": {one: yes(one in kinds) for one in ("adaptive", "between_tools", "disabled", "enabled")},
            },
        },
    }


# The shapes of requests. A check takes a value and its path, and refuses it in the words of pydantic, as the real thing does.


def wrong(path: str, message: str) -> NoReturn:
    """Refuse a request for what stands at a path of it."""
    raise Refusal(400, f"{path}: {message}" if path else message)


def anything(value: Any, path: str) -> None:
    """No check."""


def text(value: Any, path: str) -> None:
    """A string."""
    if not isinstance(value, str):
        wrong(path, "Input should be a valid string")


def flag(value: Any, path: str) -> None:
    """A boolean."""
    if not isinstance(value, bool):
        wrong(path, "Input should be a valid boolean")


def mapping(value: Any, path: str) -> None:
    """An object of any keys."""
    if not isinstance(value, dict):
        wrong(path, "Input should be a valid dictionary")


def number(least: int) -> Check:
    """An integer that is not smaller than `least`."""

    def check(value: Any, path: str) -> None:
        if not isinstance(value, int) or isinstance(value, bool):
            wrong(path, "Input should be a valid integer")
        if value < least:
            wrong(path, f"Input should be greater than or equal to {least}")

    return check


def one_of(*words: str) -> Check:
    """One of some words."""

    def check(value: Any, path: str) -> None:
        if value not in words:
            wrong(path, f"Input should be {' or '.join(map(repr, words))}")

    return check


def maybe(inner: Check) -> Check:
    """Null, or what `inner` accepts."""
    return lambda value, path: None if value is None else inner(value, path)


def listed(inner: Check) -> Check:
    """A list of what `inner` accepts."""

    def check(value: Any, path: str) -> None:
        if not isinstance(value, list):
            wrong(path, "Input should be a valid list")
        for index, item in enumerate(value):
            inner(item, f"{path}.{index}")

    return check


def record(needed: Mapping[str, Check], optional: Mapping[str, Check] | None = None) -> Check:
    """An object with these keys and no others."""
    known = {**needed, **(optional or {})}

    def check(value: Any, path: str) -> None:
        if not isinstance(value, dict):
            wrong(path, "Input should be a valid dictionary or object to extract fields from")
        dot = f"{path}." if path else ""
        for key in needed:
            if key not in value:
                wrong(f"{dot}{key}", "Field required")
        for key, item in value.items():
            if key not in known:
                wrong(f"{dot}{key}", "Extra inputs are not permitted")
            known[key](item, f"{dot}{key}")

    return check


def tagged(**shapes: Check) -> Check:
    """An object whose `type` says which shape it has."""

    def check(value: Any, path: str) -> None:
        if not isinstance(value, dict):
            wrong(path, "Input should be a valid dictionary or object to extract fields from")
        if "type" not in value:
            wrong(path, "Unable to extract tag using discriminator 'type'")
        tag = value["type"]
        if not isinstance(tag, str) or tag not in shapes:
            words = ", ".join(map(repr, shapes))
            wrong(path, f"Input tag '{tag}' found using 'type' does not match any of the expected tags: {words}")
        shapes[tag](value, f"{path}.{tag}")

    return check


@lru_cache(32)
def decoded(value: str) -> bytes | None:
    """What some base64 says, or nothing if it is none. The same document comes with many requests."""
    try:
        return base64.b64decode(value, validate=True) or None
    except (binascii.Error, ValueError):
        return None


def coded(value: Any, path: str) -> None:
    """Some base64."""
    text(value, path)
    if decoded(value) is None:
        wrong(path, "Invalid base64 data")


def pdf(value: Any, path: str) -> None:
    """A PDF in base64."""
    coded(value, path)
    if not (decoded(value) or b"").startswith(b"%PDF-"):
        wrong(path, "The PDF specified was not valid.")


def address(value: Any, path: str) -> None:
    """The address of a file."""
    text(value, path)
    if not value.startswith("https://"):
        wrong(path, "Only HTTPS URLs are supported.")


def some_text(value: Any, path: str) -> None:
    """Text of a block: empty text is refused."""
    text(value, path)
    area = path.split(".")[0]
    if not value:
        wrong(area, "text content blocks must be non-empty")
    if not value.strip():
        wrong(area, "text content blocks must contain non-whitespace text")


def text_or(inner: Check) -> Check:
    """Text, or a list of blocks of which there is at least one."""

    def check(value: Any, path: str) -> None:
        if isinstance(value, str):
            return some_text(value, path)
        listed(inner)(value, path)
        if not value:
            wrong(path, "all messages must have non-empty content")
        return None

    return check


def no_citations(value: Any, path: str) -> None:
    """Citations where there can be none."""
    if value is not None and value != []:
        wrong(path, "citations are not permitted on text blocks in user messages")


def input_schema(value: Any, path: str) -> None:
    """The schema of a tool."""
    mapping(value, path)
    if value.get("type") != "object":
        wrong(f"{path}.type", "Input should be 'object'")


TYPE = {"type": anything}
CACHE = {"cache_control": maybe(record({"type": one_of("ephemeral")}, {"ttl": one_of("5m", "1h")}))}
CITED = {"citations": maybe(record({}, {"enabled": flag}))}
TEXT = record({**TYPE, "text": some_text}, {**CACHE, "citations": no_citations})
ADDRESS = record({**TYPE, "url": address})
IMAGE = record(
    {
        **TYPE,
        "source": tagged(
            base64=record({**TYPE, "media_type": one_of("image/jpeg", "image/png", "image/gif", "image/webp"), "data": coded}), url=ADDRESS
        ),
    },
    {**CACHE, "transformations": maybe(record({}, {"oversized_image": one_of("downsize", "error")}))},
)
DOCUMENT = record(
    {
        **TYPE,
        "source": tagged(
            base64=record({**TYPE, "media_type": one_of("application/pdf"), "data": pdf}),
            text=record({**TYPE, "media_type": one_of("text/plain"), "data": some_text}),
            url=ADDRESS,
            content=record({**TYPE, "content": text_or(tagged(text=TEXT, image=IMAGE))}),
        ),
    },
    {**CACHE, **CITED, "context": maybe(text), "title": maybe(text)},
)
FOUND = record({**TYPE, "source": text, "title": text, "content": text_or(tagged(text=TEXT))}, {**CACHE, **CITED})
RESULT = record(
    {**TYPE, "tool_use_id": text},
    {**CACHE, "content": text_or(tagged(text=TEXT, image=IMAGE, document=DOCUMENT, search_result=FOUND)), "is_error": flag},
)
USER = text_or(tagged(text=TEXT, image=IMAGE, document=DOCUMENT, search_result=FOUND, tool_result=RESULT))
ASSISTANT = text_or(
    tagged(
        text=record({**TYPE, "text": some_text}, {**CACHE, "citations": maybe(listed(mapping))}),
        thinking=record({**TYPE, "thinking": text, "signature": text}),
        redacted_thinking=record({**TYPE, "data": text}),
        tool_use=record({**TYPE, "id": text, "name": text, "input": mapping}, {**CACHE, "caller": mapping, "toolset_name": maybe(text)}),
    )
)


def message(value: Any, path: str) -> None:
    """A turn."""
    record({"role": text, "content": anything})(value, path)
    if value["role"] == "system":
        wrong("messages", 'Unexpected role "system". The Messages API accepts a top-level `system` parameter.')
    one_of("user", "assistant")(value["role"], f"{path}.role")
    (USER if value["role"] == "user" else ASSISTANT)(value["content"], f"{path}.content")


def tool(value: Any, path: str) -> None:
    """A tool of the client's: the server's own tools are not offered here."""
    mapping(value, path)
    one_of("custom")(value.get("type") or "custom", f"{path}.type")
    record(
        {"name": text, "input_schema": input_schema},
        {
            **CACHE,
            **TYPE,
            "description": text,
            "strict": flag,
            "input_examples": listed(mapping),
            "defer_loading": flag,
            "eager_input_streaming": maybe(flag),
            "allowed_callers": listed(one_of("direct")),
        },
    )(value, f"{path}.custom")
    if not re.fullmatch(r"[a-zA-Z0-9_-]{1,128}", value["name"]):
        wrong(f"{path}.custom.name", "String should match pattern '^[a-zA-Z0-9_-]{1,128}$'")
    if value.get("strict"):
        check_schema(value["input_schema"], f"{path}.custom.input_schema")


_SHOWN = {"display": maybe(one_of("summarized", "omitted"))}
_PARALLEL = {"disable_parallel_tool_use": flag}
COUNTED = {
    **CACHE,
    "output_config": record(
        {},
        {
            "effort": maybe(one_of("low", "medium", "high", "xhigh", "max")),
            "format": maybe(record({"type": one_of("json_schema"), "schema": mapping})),
        },
    ),
    "speed": maybe(one_of("standard")),
    "system": text_or(tagged(text=TEXT)),
    "thinking": tagged(
        adaptive=record(TYPE, _SHOWN),
        disabled=record(TYPE),
        between_tools=record(TYPE),
        enabled=record({**TYPE, "budget_tokens": number(1024)}, _SHOWN),
    ),
    "tool_choice": tagged(
        auto=record(TYPE, _PARALLEL), any=record(TYPE, _PARALLEL), none=record(TYPE), tool=record({**TYPE, "name": text}, _PARALLEL)
    ),
    "tools": listed(tool),
}
ASKED = {
    **COUNTED,
    "diagnostics": maybe(record({}, {"previous_message_id": maybe(text)})),
    "inference_geo": maybe(one_of("global", "us")),
    "metadata": record({}, {"user_id": maybe(text)}),
    "service_tier": one_of("auto", "standard_only"),
    "stop_sequences": listed(text),
    "stream": flag,
}
COUNT = record({"model": text, "messages": listed(message)}, COUNTED)
ASK = record({"model": text, "messages": listed(message), "max_tokens": number(0)}, ASKED)
BATCH = record({"requests": listed(record({"custom_id": text, "params": mapping}))})


# The rules that a shape cannot say


def check_headers(headers: Mapping[str, str], key: str) -> None:
    """The key as a bearer token, and the one version that is spoken here."""
    if headers.get("authorization", "") != f"Bearer {key}":
        raise Refusal(401, "Invalid bearer token" if "authorization" in headers else "Authentication header is required")
    if "anthropic-version" not in headers:
        wrong("anthropic-version", "header is required")
    if headers["anthropic-version"] != VERSION:
        wrong("anthropic-version", f"{headers['anthropic-version']!r} is not a valid version")
    if "anthropic-beta" in headers:
        wrong("anthropic-beta", f"Unexpected value(s) `{headers['anthropic-beta']}` for the `anthropic-beta` header")


def check_request(request: Any, *, counting: bool = False) -> None:
    """Refuse what the Messages API refuses. `counting` is for a request that only asks how many tokens it has."""
    (COUNT if counting else ASK)(request, "")
    _, model = find_model(request["model"])
    check_turns(request["messages"])
    check_cache(request)
    check_tools(request, model)
    check_thinking(request, model)
    schema = asked_schema(request)
    if schema is not None:
        check_schema(schema, "output_config.format.schema")
        if any(block.get("citations") and block["citations"].get("enabled") for block in user_blocks(request) if block["type"] != "text"):
            wrong("", "Citations are not supported when using output_config.format.")
    for index, word in enumerate(request.get("stop_sequences", ())):
        if not word.strip():
            wrong(f"stop_sequences.{index}", "each stop sequence must contain non-whitespace")
    if request.get("max_tokens", 0) > model.output:
        most, name = model.output, request["model"]
        wrong("max_tokens", f"{request['max_tokens']} > {most}, which is the maximum allowed number of output tokens for {name}")
    size = count_tokens(request)
    if size > model.window:
        wrong("", f"prompt is too long: {size} tokens > {model.window} maximum")


def check_turns(turns: list[dict[str, Any]]) -> None:
    """User and assistant by turns, the user first and last; every result of a tool after its use."""
    if not turns:
        wrong("messages", "at least one message is required")
    if len(turns) > 100_000:
        wrong("messages", "there is a limit of 100000 messages in a single request")
    if turns[0]["role"] != "user":
        wrong("messages", 'first message must use the "user" role')
    used: set[str] = set()
    for index, turn in enumerate(turns):
        if index and turns[index - 1]["role"] == turn["role"]:
            wrong("messages", f'roles must alternate between "user" and "assistant", but found multiple "{turn["role"]}" roles in a row')
        blocks = turn["content"] if isinstance(turn["content"], list) else []
        results = {block["tool_use_id"] for block in blocks if block["type"] == "tool_result"}
        if strange := results - used:
            wrong(f"messages.{index}", f"unexpected `tool_use_id` found in `tool_result` blocks: {', '.join(sorted(strange))}")
        if missing := used - results:
            wrong(f"messages.{index}", f"`tool_use` ids were found without `tool_result` blocks: {', '.join(sorted(missing))}")
        used = {block["id"] for block in blocks if block["type"] == "tool_use"}
        for block in blocks:
            if block["type"] == "thinking" and block["signature"] != sign(block["thinking"]):
                wrong(f"messages.{index}.content", "Invalid `signature` in `thinking` block")
    if turns[-1]["role"] == "assistant":
        wrong("", "This model does not support assistant message prefill. The conversation must end with a user message.")


def check_cache(request: Request) -> None:
    """At most four breakpoints, the lasting ones first."""
    marks = [mark for _, _, mark in blocks_of(request) if mark]
    whole = request.get("cache_control")
    if (found := len(marks) + bool(whole)) > 4:
        wrong("", f"A maximum of 4 blocks with cache_control may be provided. Found {found}.")
    lives = [mark.get("ttl", "5m") for mark in [*marks, *([whole] if whole else [])]]
    if lives != sorted(lives):
        wrong("", "a ttl='1h' cache_control block must not come after a ttl='5m' cache_control block")


def check_tools(request: Request, model: Model) -> None:
    """A choice among the tools that are there, on a model that can be forced."""
    choice, tools = request.get("tool_choice"), request.get("tools", [])
    names = [one["name"] for one in tools]
    if len(set(names)) < len(names):
        wrong("tools", "Tool names must be unique.")
    if choice and not tools:
        wrong("tool_choice", "tool_choice may only be specified while providing tools.")
    if choice and choice["type"] in ("any", "tool"):
        if not model.forced:
            wrong("tool_choice", 'type "tool" and "any" are not supported for this model.')
        if request.get("thinking", {}).get("type") in ("adaptive", "enabled"):
            wrong("", "Thinking may not be enabled when tool_choice forces tool use.")
    if choice and choice["type"] == "tool" and choice["name"] not in names:
        wrong("tool_choice.tool.name", f"Tool '{choice['name']}' not found in provided tools")


def check_thinking(request: Request, model: Model) -> None:
    """Thinking and effort that the model has."""
    effort = (request.get("output_config") or {}).get("effort")
    if effort and not model.effort:
        wrong("", "This model does not support the effort parameter.")
    if effort and effort not in model.effort.split():
        wrong("output_config.effort", f"'{effort}' is not supported for this model. Supported levels: {', '.join(model.effort.split())}")
    thinking = request.get("thinking")
    if not thinking:
        return
    kind = thinking["type"]
    if kind not in model.thinking.split():
        wrong("", f'"thinking.type.{kind}" is not supported for this model. Supported: {model.thinking}.')
    if kind in ("disabled", "between_tools") and effort and effort not in model.effort_off.split():
        wrong("thinking", f'type "{kind}" is not supported with effort "{effort}" on this model.')
    if kind == "enabled" and thinking["budget_tokens"] >= request.get("max_tokens", math.inf):
        wrong("", "`max_tokens` must be greater than `thinking.budget_tokens`.")


# JSON schemas: what structured output accepts, an answer that fits, and whether one fits

FORMATS = {
    "date-time": "2026-10-21T09:30:00Z",
    "time": "09:30:00Z",
    "date": "2026-10-21",
    "duration": "P3D",
    "email": "ada@example.com",
    "hostname": "example.com",
    "uri": "https://example.com/",
    "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1",
    "uuid": "123e4567-e89b-42d3-a456-426614174000",
}
KEYWORDS: dict[str, set[str]] = {
    "object": {"properties", "required", "additionalProperties"},
    "array": {"items", "minItems"},
    "string": {"format"},
    "integer": set(),
    "number": set(),
    "boolean": set(),
    "null": set(),
}
NOTES = {"title", "description", "$defs", "definitions"}
GRAMMAR = 64_000


def is_plain(value: Any) -> bool:
    """Whether a JSON value is neither an object nor a list."""
    return value is None or isinstance(value, str | int | float | bool)


def check_schema(schema: Any, path: str) -> None:
    """Refuse what the compiler of grammars refuses."""
    if len(json.dumps(schema)) > GRAMMAR:
        wrong(path, "Invalid schema: The compiled grammar is too large, which would cause performance issues. Simplify your schema.")
    parts = list({id(one): one for one in _parts(schema, schema, path, ())}.values())
    loose = sum(len(set(one["properties"]) - set(one.get("required", ()))) for one in parts if "properties" in one)
    unions = sum("anyOf" in one for one in parts)
    for count, most, what in ((loose, 24, "optional parameters"), (unions, 16, "parameters with union types")):
        if count > most:
            wrong(path, f"Schemas contains too many {what} ({count}), which would make grammar compilation inefficient (limit: {most}).")


def _parts(part: Any, root: Any, path: str, seen: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    """Check a part of a schema and yield it and all parts of it."""
    if not isinstance(part, dict):
        wrong(path, "Schema must be an object")
    yield part
    for group in NOTES & {"$defs", "definitions"} & set(part):
        if part is not root:
            wrong(path, f"'{group}' must stand at the root of the schema")
        mapping(part[group], f"{path}: {group}")
        for name, one in part[group].items():
            yield from _parts(one, root, path, (f"#/{group}/{name}",))
    if "$ref" in part:
        name = part["$ref"]
        if name in seen:
            wrong(path, f"Recursive schemas are not supported: {name}")
        if extra := sorted(set(part) - NOTES - {"$ref"}):
            wrong(path, f"Beside '$ref', properties {', '.join(extra)} are not supported")
        yield from _parts(resolve(name, root, path), root, path, (*seen, name))
        return
    if joint := next((word for word in ("anyOf", "allOf") if word in part), None):
        if extra := sorted(set(part) - NOTES - {joint}):
            wrong(path, f"Beside '{joint}', properties {', '.join(extra)} are not supported")
        if not isinstance(part[joint], list) or not part[joint]:
            wrong(path, f"'{joint}' must be a list of schemas")
        for one in part[joint]:
            yield from _parts(one, root, path, seen)
        return
    if words := {"enum", "const"} & set(part):
        if extra := sorted(set(part) - NOTES - {"enum", "const", "type"}):
            wrong(path, f"For enum and const, properties {', '.join(extra)} are not supported")
        choices = part["enum"] if "enum" in words else [part["const"]]
        if not isinstance(choices, list) or not choices or not all(map(is_plain, choices)):
            wrong(path, "'enum' and 'const' must give strings, numbers, booleans or null")
        if len(choices) > len({json.dumps(one) for one in choices}):
            wrong(path, "'enum' must not give a value twice")
        if "type" in part and not all(_typed(one, part["type"]) for one in choices):
            wrong(path, f"'enum' and 'const' must fit the type {part['type']!r}")
        return
    yield from _typed_part(part, root, path, seen)


def _typed_part(part: dict[str, Any], root: Any, path: str, seen: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    """Check a part that has a type, and yield the parts of it."""
    kind = part.get("type")
    if kind is None:
        wrong(path, "Schema must have a 'type', 'enum', 'const', 'anyOf', 'allOf' or '$ref'")
    if not isinstance(kind, str) or kind not in KEYWORDS:
        wrong(path, f"Type {kind!r} is not supported")
    if extra := sorted(set(part) - NOTES - {"type"} - KEYWORDS[kind]):
        what = f"property '{extra[0]}' is" if len(extra) == 1 else f"properties {', '.join(extra)} are"
        wrong(path, f"For '{kind}' type, {what} not supported")
    if kind == "string" and "format" in part and part["format"] not in FORMATS:
        wrong(path, f"For 'string' type, format {part['format']!r} is not supported")
    if kind == "array":
        if part.get("minItems", 0) not in (0, 1):
            wrong(path, "For 'array' type, 'minItems' values other than 0 or 1 are not supported")
        if "items" not in part:
            wrong(path, "For 'array' type, 'items' must be given")
        yield from _parts(part["items"], root, path, seen)
    if kind == "object":
        if "additionalProperties" not in part:
            wrong(path, "For 'object' type, 'additionalProperties' must be explicitly set to false")
        if part["additionalProperties"] is not False:
            shown = json.dumps(part["additionalProperties"])
            wrong(path, f"For 'object' type, 'additionalProperties: {shown}' is not supported. Please set 'additionalProperties' to false")
        mapping(part.get("properties", {}), f"{path}.properties")
        listed(text)(part.get("required", []), f"{path}.required")
        if lost := set(part.get("required", ())) - set(part.get("properties", {})):
            wrong(path, f"For 'object' type, required properties are not defined: {', '.join(sorted(lost))}")
        for name, one in part.get("properties", {}).items():
            if not re.fullmatch(r"[a-zA-Z0-9_.-]{1,64}", name):
                wrong(path, "Property keys should match pattern '^[a-zA-Z0-9_.-]{1,64}$'")
            yield from _parts(one, root, path, seen)


def resolve(name: Any, root: Any, path: str) -> Any:
    """What a `$ref` points to."""
    found = re.fullmatch(r"#/(\$defs|definitions)/(.+)", name) if isinstance(name, str) else None
    if not found or found[2] not in root.get(found[1], {}):
        wrong(path, f"Reference {name!r} cannot be resolved")
    return root[found[1]][found[2]]


def _typed(value: Any, kind: str) -> bool:
    if isinstance(value, bool):
        return kind == "boolean"
    kinds = {"object": dict, "array": list, "string": str, "integer": int, "number": (int, float), "null": type(None)}
    return isinstance(value, kinds.get(kind, ()))


def misfit(value: Any, schema: Any, root: Any = None, path: str = "$") -> str | None:
    """Where and why a value does not fit a schema, or nothing."""
    root = schema if root is None else root
    if "$ref" in schema:
        return misfit(value, resolve(schema["$ref"], root, path), root, path)
    if "anyOf" in schema:
        return None if any(misfit(value, one, root, path) is None for one in schema["anyOf"]) else f"{path} fits none of anyOf"
    for one in schema.get("allOf", ()):
        if found := misfit(value, one, root, path):
            return found
    if "type" in schema and not _typed(value, schema["type"]):
        return f"{path} is no {schema['type']}"
    # 1 is True in Python and not in JSON
    choices = schema.get("enum", [schema["const"]] if "const" in schema else None)
    if choices is not None and json.dumps(value) not in map(json.dumps, choices):
        return f"{path} is none of {choices}"
    if isinstance(value, list) and "items" in schema:
        if len(value) < schema.get("minItems", 0):
            return f"{path} has too few items"
        found = (misfit(one, schema["items"], root, f"{path}[{index}]") for index, one in enumerate(value))
        return next(filter(None, found), None)
    if isinstance(value, dict) and schema.get("type") == "object":
        properties = schema.get("properties", {})
        if lost := [name for name in schema.get("required", ()) if name not in value]:
            return f"{path} lacks {lost[0]}"
        if extra := [name for name in value if name not in properties]:
            return f"{path} has {extra[0]}, which the schema has not"
        return next(filter(None, (misfit(one, properties[name], root, f"{path}.{name}") for name, one in value.items())), None)
    return None


def fill(schema: Any, stream: Random, root: Any = None) -> Any:
    """A value that fits a schema."""
    root = schema if root is None else root
    if "$ref" in schema:
        return fill(resolve(schema["$ref"], root, ""), stream, root)
    if "anyOf" in schema:
        return fill(stream.choice(schema["anyOf"]), stream, root)
    if "allOf" in schema:
        parts = [fill(one, stream, root) for one in schema["allOf"]]
        return {key: item for part in parts for key, item in part.items()} if all(isinstance(one, dict) for one in parts) else parts[0]
    if "enum" in schema or "const" in schema:
        return stream.choice(schema["enum"]) if "enum" in schema else schema["const"]
    kind = schema["type"]
    if kind == "object":
        needed = schema.get("required", [])
        names = [*needed, *(name for name in schema.get("properties", {}) if name not in needed and stream.random() < 0.5)]
        return {name: fill(schema["properties"][name], stream, root) for name in names}
    if kind == "array":
        return [fill(schema["items"], stream, root) for _ in range(stream.randint(schema.get("minItems", 0), 3))]
    if kind == "string":
        return FORMATS.get(schema.get("format", ""), " ".join(stream.choices(WORDS, k=stream.randint(2, 8))))
    return {"integer": stream.randint(0, 9), "number": stream.randint(0, 99) / 10, "boolean": stream.random() < 0.5, "null": None}[kind]


WORDS = [
    "the",
    "card",
    "did",
    "not",
    "come",
    "so",
    "I",
    "asked",
    "again",
    "and",
    "they",
    "said",
    "it",
    "was",
    "lost",
    "but",
    "nobody",
    "knows",
    "when",
    "a",
    "new",
    "one",
    "will",
    "arrive",
]


# Tokens and the prompt cache


def asked_schema(request: Request) -> Any:
    """The schema that the answer has to fit, if one was asked for."""
    return ((request.get("output_config") or {}).get("format") or {}).get("schema")


def canonical(value: Any) -> str:
    """A JSON value as text, the same for equal values."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"))


def digest(*texts: str) -> str:
    """A hash of some texts."""
    found = hashlib.sha256()
    for one in texts:
        found.update(one.encode("utf-8", "surrogatepass") + b"\0")
    return found.hexdigest()


def sign(thought: str) -> str:
    """The signature of a thought, by which the server knows its own."""
    return base64.b64encode(hashlib.sha256(f"thought:{thought}".encode("utf-8", "surrogatepass")).digest()).decode()


def user_blocks(request: Request) -> Iterator[dict[str, Any]]:
    """The blocks of all turns of the user."""
    for turn in request["messages"]:
        if turn["role"] == "user":
            yield from [{"type": "text", "text": turn["content"]}] if isinstance(turn["content"], str) else turn["content"]


def blocks_of(request: Request) -> Iterator[tuple[str, dict[str, Any], dict[str, Any] | None]]:
    """All that a request has in the order in which it is cached: where it stands, the block, and its cache mark."""
    areas = [("tools", request.get("tools", [])), ("system", request.get("system", []))]
    for where, content in [*areas, *((turn["role"], turn["content"]) for turn in request["messages"])]:
        for block in [{"type": "text", "text": content}] if isinstance(content, str) else content:
            yield where, block, block.get("cache_control")


def weigh(value: str, per_token: float) -> int:
    """How many tokens a text has: fewer bytes a token make more of them."""
    return math.ceil(len(value.encode("utf-8", "surrogatepass")) / per_token)


def block_tokens(block: dict[str, Any], per_token: float) -> int:
    """How many tokens a block has."""
    if "text" in block:
        return 3 + weigh(block["text"], per_token)
    if "source" in block and isinstance(block["source"], dict):
        source = block["source"]
        if source["type"] == "base64" and source["media_type"] == "application/pdf":
            pages = len(re.findall(rb"/Type\s*/Page\b", decoded(source["data"]) or b""))
            return 2000 * max(pages, 1)
        if source["type"] == "text":
            return 8 + weigh(source["data"] + (block.get("title") or "") + (block.get("context") or ""), per_token)
        return 1600
    return 5 + weigh(canonical({key: value for key, value in block.items() if key != "cache_control"}), per_token)


def count_tokens(request: Request) -> int:
    """How many tokens a request has."""
    per_token = find_model(request["model"])[1].bytes_per_token
    schema = asked_schema(request)
    extra = 0 if schema is None else 60 + weigh(canonical(schema), per_token)
    return 7 + extra + sum(block_tokens(block, per_token) for _, block, _ in blocks_of(request))


@dataclass
class Cached:
    """What a request reads from the cache and writes to it: tokens, and the prefixes that others can read when it is answered."""

    read: int = 0
    written: dict[str, int] = field(default_factory=lambda: {"5m": 0, "1h": 0})
    prefixes: dict[str, int] = field(default_factory=dict)


class PromptCache:
    """Remembers the prefixes that were asked to be cached, until they are forgotten."""

    LIVES: dict[str, int] = {"5m": 300, "1h": 3600}

    def __init__(self) -> None:
        self.until: dict[str, float] = {}

    def look(self, request: Request) -> Cached:
        """What a request finds. Nothing is remembered yet: a prefix can be read once a request that wrote it was answered."""
        name, model = find_model(request["model"])
        found, chain, total, read_at = Cached(), digest(name, *(canonical(request.get(one)) for one in SETTINGS)), 0, 0
        path: list[tuple[str, int]] = []
        marks: dict[int, str] = {}
        for where, block, mark in blocks_of(request):
            bare = {key: value for key, value in block.items() if key != "cache_control"}
            chain, total = digest(chain, where, canonical(bare)), total + block_tokens(block, model.bytes_per_token)
            path.append((chain, total))
            if mark:
                marks[len(path) - 1] = mark.get("ttl", "5m")
        if request.get("cache_control"):
            marks.setdefault(len(path) - 1, request["cache_control"].get("ttl", "5m"))
        now = time.monotonic()
        for at, life in sorted(marks.items()):
            # The real thing looks back over 20 blocks before each mark.
            for chain, tokens in path[max(0, at - 19) : at + 1]:
                if self.until.get(chain, 0) > now and tokens > read_at:
                    read_at = tokens
                    self.until[chain] = max(self.until[chain], now + self.LIVES[life])
        found.read, edge = read_at, read_at
        for at, life in sorted(marks.items()):
            chain, tokens = path[at]
            if tokens >= model.cacheable:
                found.prefixes[chain] = self.LIVES[life]
                if tokens > edge:
                    found.written[life] += tokens - edge
                    edge = tokens
        return found

    def keep(self, found: Cached) -> None:
        """Remember what an answered request wrote."""
        for chain, life in found.prefixes.items():
            self.until[chain] = max(self.until.get(chain, 0), time.monotonic() + life)


# A change of one of these changes the prompt before the first block.
SETTINGS = ("output_config", "thinking", "tool_choice", "speed")


# Faults

STATUSES = ("301", "302", "303", "307", "308", "400", "401", "402", "403", "404", "408", "409", "413", "429", "500", "503", "504", "529")
TRANSPORT = (*STATUSES, "slow", "hang", "cut", "cut_before", "malformed")
CONTENT = ("bad_schema", "prose", "refusal", "truncated", "context")
BATCH_ENDS = ("expired", "errored", "canceled")


@dataclass(frozen=True)
class Fault:
    """One way to fail, as a test writes it: `429`, `529 retry-after=2`, `307 location=URL`, `slow=0.5`, `hang=0.3`,
    `refusal=frontier_llm`."""

    name: str
    value: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, told: str) -> Fault:
        """Read a fault as a test writes it."""
        head, *rest = told.split()
        name, _, value = head.partition("=")
        if name not in (*TRANSPORT, *CONTENT, *BATCH_ENDS):
            raise Mistake(f"there is no fault {name!r}")
        return cls(name, value, dict(one.split("=", 1) for one in rest))


Faults = Callable[[Any], str | Fault | None] | Mapping[str, float] | None


def draw(faults: Faults, key: Any, seed: int) -> Fault | None:
    """The fault of a request: what the test's function says, or drawn by its rates, the same for the same key and seed."""
    if faults is None:
        return None
    if callable(faults):
        told = faults(key)
        return Fault.read(told) if isinstance(told, str) and told else told or None
    drawn = Random(f"{seed}:{key}").random()
    for told, rate in faults.items():
        drawn -= rate
        if drawn < 0:
            return Fault.read(told)
    return None


# The log


@dataclass
class Entry:
    """A request and what became of it.

    `whole` says whether the client took the whole answer: nothing failed while it was sent and the connection was not reset
    before the next request on it or its orderly end. `time` and `answered` are seconds of `time.monotonic`; `retry` is which retry
    of its own the SDK says that it is.
    """

    number: int
    time: float
    method: str
    path: str
    body: Any = None
    status: int | None = None
    answer: Any = None
    fault: str | None = None
    answered: float | None = None
    whole: bool = False
    retry: int = 0

    @property
    def paid(self) -> bool:
        """Whether the client has a good message, for which it must not ask again."""
        return self.whole and self.status == 200 and self.path == "/v1/messages" and self.fault in (None, "slow")


@dataclass
class Batch:
    """A Message Batch: its requests, how often it was asked for, how it ended, and whose messages came out bad as the test wished."""

    number: int
    id: str
    requests: list[dict[str, Any]]
    created: datetime
    asked: float
    polls: int = 0
    canceled: datetime | None = None
    ended: datetime | None = None
    results: list[dict[str, Any]] = field(default_factory=list)
    spoiled: set[str] = field(default_factory=set)
    deleted: bool = False

    def card(self, url: str) -> dict[str, Any]:
        """What the API says of it."""
        kinds = [one["result"]["type"] for one in self.results]
        return {
            "type": "message_batch",
            "id": self.id,
            "created_at": stamp(self.created),
            "expires_at": stamp(self.created + timedelta(hours=24)),
            "ended_at": stamp(self.ended) if self.ended else None,
            "archived_at": None,
            "cancel_initiated_at": stamp(self.canceled) if self.canceled else None,
            "processing_status": "ended" if self.ended else "canceling" if self.canceled else "in_progress",
            "request_counts": {
                "processing": 0 if self.ended else len(self.requests),
                **{kind: kinds.count(kind) for kind in ("succeeded", "errored", "canceled", "expired")},
            },
            "results_url": f"{url}/v1/messages/batches/{self.id}/results" if self.ended else None,
        }


@dataclass
class Reply:
    """What is sent: an object as JSON, a list as JSON lines, or a message as a stream of events."""

    content: Any
    headers: dict[str, str] = field(default_factory=dict)
    status: int = 200
    kind: str = "application/json"

    def payload(self) -> bytes:
        """The body."""
        if self.kind == "text/event-stream":
            return b"".join(events(self.content))
        if self.kind == "application/x-jsonl":
            return b"".join(json.dumps(one).encode() + b"\n" for one in self.content)
        return json.dumps(self.content).encode()


def events(whole: dict[str, Any]) -> Iterator[bytes]:
    """A message as server-sent events."""

    def event(kind: str, **rest: Any) -> bytes:
        return f"event: {kind}\ndata: {json.dumps({'type': kind, **rest})}\n\n".encode()

    usage = whole["usage"]
    yield event(
        "message_start", message={**whole, "content": [], "stop_reason": None, "stop_details": None, "usage": {**usage, "output_tokens": 0}}
    )
    for index, block in enumerate(whole["content"]):
        kind = block["type"]
        empty = {"text": {"text": ""}, "thinking": {"thinking": "", "signature": ""}, "tool_use": {"input": {}}}[kind]
        yield event("content_block_start", index=index, content_block={**block, **empty})
        if kind == "tool_use":
            deltas = [{"type": "input_json_delta", "partial_json": json.dumps(block["input"])}]
        else:
            pieces = [block[kind][start : start + 40] for start in range(0, len(block[kind]), 40)]
            deltas = [{"type": f"{kind}_delta", kind: piece} for piece in pieces]
        if kind == "thinking":
            deltas.append({"type": "signature_delta", "signature": block["signature"]})
        for delta in deltas:
            yield event("content_block_delta", index=index, delta=delta)
        yield event("content_block_stop", index=index)
        yield event("ping")
    ending = {key: whole[key] for key in ("stop_reason", "stop_sequence", "stop_details")}
    yield event("message_delta", delta=ending, usage={key: usage[key] for key in ("output_tokens", "output_tokens_details")})
    yield event("message_stop")


def stamp(when: datetime) -> str:
    """A time as the API writes it."""
    return when.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def last_text(request: Request) -> str:
    """The last text of the user."""
    return next((block["text"] for block in reversed(list(user_blocks(request))) if block["type"] == "text"), "")


Answer = Callable[[Request], "str | dict[str, Any] | list[Any] | None"]


@dataclass
class Bucket:
    """So many requests a minute, so many at once: filled all the time, emptied by one a request."""

    rate: float
    room: float
    level: float
    at: float

    def take(self) -> bool:
        """Take a request out, if there is one."""
        now = time.monotonic()
        self.level, self.at = min(self.room, self.level + (now - self.at) * self.rate / 60), now
        free = self.level >= 1
        self.level -= free
        return free


def limits(rate: int, left: int, full: float) -> dict[str, str]:
    """The headers of a rate limit, with the seconds until it is full again. Tokens are not limited here."""
    when = (datetime.now(UTC) + timedelta(seconds=full)).strftime("%Y-%m-%dT%H:%M:%SZ")
    found: dict[str, str] = {}
    for what, most, now in (
        ("requests", rate, left),
        ("tokens", TOKENS, TOKENS),
        ("input-tokens", TOKENS, TOKENS),
        ("output-tokens", TOKENS, TOKENS),
    ):
        found |= {f"anthropic-ratelimit-{what}-{end}": str(value) for end, value in (("limit", most), ("remaining", now), ("reset", when))}
    return found


TOKENS = 4_000_000


class ClaudeServer:
    """The server. All settings may be changed while it runs; `log` tells what happened.

    answer: makes the text of a message out of a request; nothing means the default: an echo of the last text of the user, or
        under a schema some JSON that fits it. What does not fit the schema is a mistake of the test and fails it.
    faults: by the number of a request (the first is 1) or by rates; batch_faults: by the `custom_id`, or by rates.
    batch_polls: how often a batch is still in progress when asked for, for all or by its number (the first is 1).
    latency: seconds before an answer, or a function of the request.
    rate_limit: requests a minute, for every model or by model; burst: how many of them at once (one second's worth).
    retires: the day, as YYYY-MM-DD, on which a model of a full name retires.
    results_at: the address of the server that a batch's results are said to be at (its own).
    thinks: whether messages start with a thinking block where the model thinks.
    words: what every error, explanation of a refusal and thought that is shown says beside its own words. A lone surrogate, here or in an
        answer, is sent as the real thing does: as an escape in the JSON.
    """

    def __init__(
        self,
        *,
        answer: Answer | None = None,
        faults: Faults = None,
        batch_faults: Faults = None,
        batch_polls: int | Callable[[int], int] = 0,
        latency: float | Callable[[Request], float] = 0.0,
        rate_limit: int | Mapping[str, int] | None = None,
        burst: int | None = None,
        thinks: bool = True,
        words: str = "",
        retires: Mapping[str, str] | None = None,
        results_at: str = "",
        seed: int = 0,
        key: str = KEY,
        port: int = 0,
    ):
        self.answer, self.faults, self.batch_faults, self.batch_polls = answer, faults, batch_faults, batch_polls
        self.latency, self.rate_limit, self.burst, self.thinks, self.seed, self.key = latency, rate_limit, burst, thinks, seed, key
        self.words, self.results_at, self.retires = words, results_at, dict(retires or {})
        self.batches: dict[str, Batch] = {}
        self.mistakes: list[str] = []
        self.at_once = self.most_at_once = 0
        self._port, self._log, self._cache, self._made = port, list[Entry](), PromptCache(), 0
        self._buckets: dict[str, Bucket] = {}
        self._thread = threading.Thread(target=self._run, name="claude-server", daemon=True)
        self._ready, self._failed = threading.Event(), list[BaseException]()
        self._connections: set[asyncio.Task[None]] = set()

    # Use

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._port}"

    @property
    def client(self) -> dict[str, str]:
        """The arguments of an SDK client that speaks with it."""
        return {"base_url": self.url, "api_key": self.key}

    @property
    def environment(self) -> dict[str, str]:
        """The environment of a process that speaks with it."""
        return {"ANTHROPIC_BASE_URL": self.url, "ANTHROPIC_API_KEY": self.key}

    @property
    def log(self) -> tuple[Entry, ...]:
        """All requests so far, in the order in which they came."""
        return tuple(self._log)

    def asked(self, path: str = "/v1/messages", method: str = "POST") -> list[Entry]:
        """The requests for a path."""
        return [entry for entry in self.log if (entry.method, entry.path) == (method, path)]

    def asked_again(self) -> list[tuple[int, int]]:
        """Pairs of requests, the second of which asked for what the first had brought or a batch was making.

        A message counts that the client took whole and that no fault spoiled: to ask again after a refusal or prose is no waste.
        """
        paid: dict[str, tuple[float, int]] = {}
        found = []
        for entry in self.log:
            mine = {digest(canonical({**params, "stream": False})): good for params, good in self._bought(entry)}
            for what, good in mine.items():
                if what in paid and paid[what][0] <= entry.time:
                    found.append((paid[what][1], entry.number))
                elif good and entry.answered is not None:
                    paid[what] = (entry.answered, entry.number)
        return found

    def _bought(self, entry: Entry) -> Iterator[tuple[Request, bool]]:
        """The messages that a request asks for, and whether it brought them."""
        if entry.method != "POST" or not isinstance(entry.body, dict):
            return
        if entry.path == "/v1/messages":
            yield entry.body, entry.paid
        elif entry.path == "/v1/messages/batches" and isinstance(entry.answer, dict) and entry.answer.get("id") in self.batches:
            batch = self.batches[entry.answer["id"]]
            lost = {one["custom_id"] for one in batch.results if one["result"]["type"] != "succeeded"} | batch.spoiled
            for one in batch.requests:
                yield one["params"], one["custom_id"] not in lost

    def start(self) -> Self:
        """Listen."""
        self._thread.start()
        self._ready.wait()
        if self._failed:
            raise self._failed[0]
        return self

    def stop(self) -> None:
        """Close all connections and end. Raises a `Mistake` if the test asked for something that makes no sense."""
        if self._thread.is_alive():
            with contextlib.suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._stopping.set)
            self._thread.join(10)
        if self.mistakes:
            raise Mistake("\n".join(self.mistakes))

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        # A test that fails by itself is not to be covered by what may be the reason.
        with contextlib.suppress(*([Mistake] if kind else [])):
            self.stop()

    # The thread

    def _run(self) -> None:
        self._loop = asyncio.new_event_loop()
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_until_complete(self._serve())
            self._loop.run_until_complete(self._loop.shutdown_asyncgens())
        except BaseException as error:
            self._failed.append(error)
        finally:
            self._loop.close()
            self._ready.set()

    async def _serve(self) -> None:
        self._stopping = asyncio.Event()
        server = await asyncio.start_server(self._connection, "127.0.0.1", self._port, limit=1 << 20, backlog=1024)
        self._port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._stopping.wait()
        server.close()
        for task in list(self._connections):
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)
        await server.wait_closed()
        await asyncio.sleep(0)

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection until it ends."""
        task = asyncio.current_task()
        assert task
        self._connections.add(task)
        last: Entry | None = None
        try:
            stays = True
            while stays:
                head = await reader.readuntil(b"\r\n\r\n")
                last = Entry(len(self._log) + 1, time.monotonic(), "", "")
                self._log.append(last)
                self.at_once += 1
                self.most_at_once = max(self.most_at_once, self.at_once)
                try:
                    stays = await self._exchange(head, reader, writer, last)
                finally:
                    self.at_once -= 1
        except (asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass
        except ConnectionError:
            # What the client had not read yet is lost with the connection.
            if last:
                last.whole = False
        except asyncio.CancelledError:
            writer.transport.abort()
        finally:
            self._connections.discard(task)
            writer.close()
            with contextlib.suppress(ConnectionError, asyncio.CancelledError):
                await writer.wait_closed()

    async def _exchange(self, head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, entry: Entry) -> bool:
        """Answer one request; whether the connection stays."""
        first, *lines = head.decode("latin-1").rstrip().split("\r\n")
        entry.method, _, rest = first.partition(" ")
        asked_for = urlsplit(rest.partition(" ")[0])
        entry.path = asked_for.path
        headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        entry.retry = int(headers.get("x-stainless-retry-count", 0))
        try:
            raw = await self._read(headers, reader, entry.path)
            reply = await self._reply(entry, headers, raw, asked_for.query, reader)
        except Refusal as refusal:
            reply = Reply(refusal.body(f"req_{entry.number:024d}"), refusal.headers, refusal.status)
        except (ConnectionError, asyncio.IncompleteReadError):
            raise
        except Exception as error:
            told = str(error) if isinstance(error, Mistake) else traceback.format_exc()
            self.mistakes.append(f"request {entry.number}: {told}")
            reply = Reply(Refusal(500, told).body(None), {"x-should-retry": "false"}, 500)
        entry.status, entry.answer = reply.status, reply.content
        if reader.at_eof():
            return False
        return await self._send(reply, entry, writer) and headers.get("connection", "").lower() != "close"

    async def _read(self, headers: dict[str, str], reader: asyncio.StreamReader, path: str) -> bytes:
        """The body of a request. One that is too large is read to its end and refused, so that the client hears of it."""
        if "transfer-encoding" in headers:
            raise Refusal(411, "content-length: header is required", {"connection": "close"})
        left = int(headers.get("content-length") or 0)
        if left <= LARGEST.get(path, USUAL_LARGEST):
            return await reader.readexactly(left)
        while left:
            left -= len(await reader.readexactly(min(left, 1 << 20)))
        raise Refusal(413, "Request exceeds the maximum size")

    async def _send(self, reply: Reply, entry: Entry, writer: asyncio.StreamWriter) -> bool:
        """Send an answer; whether the connection stays."""
        body = reply.payload()
        cut = reply.status == 200 and entry.fault == "cut"
        if reply.status == 200 and entry.fault == "malformed":
            body = body[: len(body) // 2] + b" <html>Bad gateway</html>"
        headers = {
            "content-type": reply.kind,
            "content-length": str(len(body)),
            "date": format_datetime(datetime.now(UTC), usegmt=True),
            "request-id": f"req_{entry.number:024d}",
            "anthropic-organization-id": "00000000-0000-4000-8000-000000000000",
            **reply.headers,
        }
        lines = [f"HTTP/1.1 {reply.status} {'OK' if reply.status == 200 else 'Refused'}", *(f"{one}: {headers[one]}" for one in headers)]
        # Before it is sent: the client may have it before the next line runs here.
        entry.answered, entry.whole = time.monotonic(), not cut
        writer.write("\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + (body[: len(body) // 2] if cut else body))
        await writer.drain()
        return not cut and headers.get("connection") != "close"

    # What is asked

    async def _reply(self, entry: Entry, headers: dict[str, str], raw: bytes, asked_for: str, reader: asyncio.StreamReader) -> Reply:
        """Answer a request, or fail as it was told."""
        check_headers(headers, self.key)
        if raw:
            if headers.get("content-type", "").split(";")[0].strip().lower() != "application/json":
                wrong("content-type", "header must be application/json")
            try:
                entry.body = json.loads(raw)
            except ValueError as error:
                wrong("", f"The request body is not valid JSON: {error}")
        handle, names = self._route(entry)
        query = parse_qs(asked_for, keep_blank_values=True)
        if query and handle not in (self._list_batches, self._list_models):
            wrong(min(query), "Extra inputs are not permitted")
        if handle == self._message:
            check_request(entry.body)
        fault = draw(self.faults, entry.number, self.seed)
        if fault and fault.name in BATCH_ENDS:
            raise Mistake(f"{fault.name!r} is how a request of a batch ends, not a fault of a request")
        if fault and (handle == self._message or fault.name in TRANSPORT):
            entry.fault = fault.name
            await self._fail(fault, reader)
        if handle != self._message:
            await asyncio.sleep(0 if callable(self.latency) else self.latency)
        return await handle(entry, fault, query, *names)

    def _route(self, entry: Entry) -> tuple[Callable[..., Any], tuple[str, ...]]:
        """Who answers, with the names that stand in the path."""
        allowed = False
        for method, pattern, handle in (
            ("POST", r"/v1/messages", self._message),
            ("POST", r"/v1/messages/count_tokens", self._count),
            ("POST", r"/v1/messages/batches", self._new_batch),
            ("GET", r"/v1/messages/batches", self._list_batches),
            ("GET", r"/v1/messages/batches/([\w-]+)", self._get_batch),
            ("DELETE", r"/v1/messages/batches/([\w-]+)", self._delete_batch),
            ("POST", r"/v1/messages/batches/([\w-]+)/cancel", self._cancel_batch),
            ("GET", r"/v1/messages/batches/([\w-]+)/results", self._results),
            ("GET", r"/v1/models", self._list_models),
            ("GET", r"/v1/models/([\w.-]+)", self._get_model),
        ):
            if found := re.fullmatch(pattern, entry.path):
                if entry.method == method:
                    return handle, found.groups()
                allowed = True
        raise Refusal(405, "Method Not Allowed") if allowed else Refusal(404, "Not found")

    async def _fail(self, fault: Fault, reader: asyncio.StreamReader) -> None:
        """Fail in the ways that need no answer."""
        if fault.name in STATUSES:
            status = int(fault.name)
            raise Refusal(status, f"a fault that the test asked for: {status}{self.words}", fault.headers)
        if fault.name == "slow":
            await asyncio.sleep(float(fault.value or 1))
        if fault.name == "hang":  # until the client goes away, or for so many seconds
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(reader.read(1), float(fault.value) if fault.value else None)
            raise ConnectionAbortedError
        if fault.name == "cut_before":
            raise ConnectionAbortedError

    async def _message(self, entry: Entry, fault: Fault | None, _query: object) -> Reply:
        request = entry.body
        headers = self._rate(request)
        found = self._cache.look(request)
        await asyncio.sleep(self.latency(request) if callable(self.latency) else self.latency)
        answer = self._compose(request, fault, found)
        self._cache.keep(found)
        return Reply(answer, headers, kind="text/event-stream" if request.get("stream") else "application/json")

    async def _count(self, entry: Entry, _fault: object, _query: object) -> Reply:
        check_request(entry.body, counting=True)
        return Reply({"input_tokens": count_tokens(entry.body)})

    def _rate(self, request: Request) -> dict[str, str]:
        """The headers of the rate limit, if the request is within it."""
        name, _ = find_model(request["model"])
        rate = self.rate_limit.get(name) if isinstance(self.rate_limit, Mapping) else self.rate_limit
        if not rate:
            return limits(4000, 3999, 0)
        room = self.burst or max(1, rate / 60)
        bucket = self._buckets.get(name)
        if not bucket or (bucket.rate, bucket.room) != (rate, room):
            bucket = self._buckets[name] = Bucket(rate, room, room, time.monotonic())
        free = bucket.take()
        headers = limits(rate, int(bucket.level), (room - bucket.level) * 60 / rate)
        if not free:
            message = f"This request would exceed your organization's rate limit of {rate} requests per minute (model: {name})."
            raise Refusal(429, message, {**headers, "retry-after": str(math.ceil((1 - bucket.level) * 60 / rate))})
        return headers

    # Answers

    def _compose(self, request: Request, fault: Fault | None, cached: Cached, tier: str = "standard") -> dict[str, Any]:
        """The message that answers a request."""
        name, model = find_model(request["model"])
        self._made += 1
        chance = Random(digest(canonical({**request, "stream": False})))
        most = request["max_tokens"]
        content: list[dict[str, Any]] = []
        stop, details, sequence = "end_turn", None, None
        thought = self._thought(request, model, chance) if most else 0
        written = self._text(request, fault, chance)
        tokens = weigh(written, model.bytes_per_token)
        forced = (request.get("tool_choice") or {}).get("type") in ("any", "tool")
        if fault and fault.name == "refusal":
            stop, thought, tokens = "refusal", 0, 0
            details = {
                "type": "refusal",
                "category": fault.value or "general_harms",
                "explanation": f"This request was declined.{self.words}",
            }
        elif thought + tokens > most or (fault and fault.name == "truncated"):
            room = max(0, most - thought) * model.bytes_per_token
            written = written[: min(int(room), len(written) // 2)]
            thought, tokens, stop = min(thought, most), max(0, most - thought), "max_tokens"
        elif fault and fault.name == "context":
            written, tokens, stop = written[: len(written) // 2], tokens // 2, "model_context_window_exceeded"
        elif forced:
            chosen = next(one for one in request["tools"] if one["name"] == request["tool_choice"].get("name", one["name"]))
            content = [
                {
                    "type": "tool_use",
                    "id": f"toolu_{self._made:024d}",
                    "name": chosen["name"],
                    "input": fill(chosen["input_schema"], chance),
                }
            ]
            stop, written, thought = "tool_use", "", 0
        else:
            hits = [(written.index(word), word) for word in request.get("stop_sequences", ()) if word in written]
            if hits:
                at, sequence = min(hits)
                written, stop = written[:at], "stop_sequence"
                tokens = weigh(written, model.bytes_per_token)
        if thought:
            display = request.get("thinking", {}).get("display") or ("omitted" if model.omits else "summarized")
            shown = "" if display == "omitted" else f"Let me see what is asked here.{self.words}"
            content.insert(0, {"type": "thinking", "thinking": shown, "signature": sign(shown)})
        if written and stop != "refusal":
            content.append({"type": "text", "text": written, "citations": None})
        made = sum(cached.written.values())
        return {
            "id": f"msg_{self._made:024d}",
            "type": "message",
            "role": "assistant",
            "model": name,
            "content": content,
            "container": None,
            "stop_reason": stop,
            "stop_sequence": sequence,
            "stop_details": details,
            "usage": {
                "input_tokens": count_tokens(request) - cached.read - made,
                "output_tokens": thought + tokens,
                "cache_creation_input_tokens": made,
                "cache_read_input_tokens": cached.read,
                "cache_creation": {f"ephemeral_{life}_input_tokens": count for life, count in cached.written.items()},
                "output_tokens_details": {"thinking_tokens": thought},
                "server_tool_use": None,
                "service_tier": tier,
                "inference_geo": request.get("inference_geo") or "global",
            },
        }

    def _thought(self, request: Request, model: Model, chance: Random) -> int:
        """How many tokens the model thinks."""
        kind = request.get("thinking", {}).get("type", model.alone)
        if not self.thinks or kind in ("disabled", "between_tools"):
            return 0
        effort = (request.get("output_config") or {}).get("effort") or model.usual
        thought = {"low": 20, "medium": 60, "high": 150, "xhigh": 300, "max": 600}[effort] + chance.randrange(20)
        return min(thought, request.get("thinking", {}).get("budget_tokens", thought))

    def _text(self, request: Request, fault: Fault | None, chance: Random) -> str:
        """The text of the answer."""
        if fault and fault.name == "prose":
            return 'Sure! Here is the JSON that you asked for:\n```json\n{"oops": 1}\n```'
        if fault and fault.name == "bad_schema":
            return '{"nobody_asked_for_this": true}'
        given = self.answer(request) if self.answer else None
        schema = asked_schema(request)
        if given is None:
            return last_text(request) if schema is None else json.dumps(fill(schema, chance), ensure_ascii=False)
        written = given if isinstance(given, str) else json.dumps(given, ensure_ascii=False)
        if schema is not None:
            try:
                found = misfit(json.loads(written), schema)
            except ValueError:
                found = "it is no JSON"
            if found:
                raise Mistake(f"the test's answer {written[:200]!r} does not fit the schema: {found}")
        return written

    # Batches

    async def _new_batch(self, entry: Entry, _fault: object, _query: object) -> Reply:
        BATCH(entry.body, "")
        requests = entry.body["requests"]
        if not requests:
            wrong("requests", "List should have at least 1 item after validation, not 0")
        if len(requests) > 100_000:
            wrong("requests", f"List should have at most 100000 items after validation, not {len(requests)}")
        seen: set[str] = set()
        for index, one in enumerate(requests):
            name = one["custom_id"]
            if not re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", name):
                wrong(f"requests.{index}.custom_id", "String should match pattern '^[a-zA-Z0-9_-]{1,64}$'")
            if name in seen:
                wrong(f"requests.{index}.custom_id", f"Custom IDs must be unique: {name}")
            seen.add(name)
        number = len(self.batches) + 1
        made = Batch(number, f"msgbatch_{number:024d}", requests, datetime.now(UTC), time.monotonic())
        self.batches[made.id] = made
        return Reply(made.card(self.results_at or self.url))

    def _batch(self, name: str) -> Batch:
        if name not in self.batches or self.batches[name].deleted:
            raise Refusal(404, f"Message Batch {name} not found.")
        return self.batches[name]

    def _end(self, batch: Batch) -> None:
        """End a batch: every request gets its result, in another order than it was asked."""
        asked = [{"custom_id": one["custom_id"], "result": self._result(batch, one)} for one in batch.requests]
        batch.results = Random(f"{self.seed}:{batch.id}").sample(asked, len(asked))
        if batch.results == asked:
            batch.results.reverse()
        batch.ended = datetime.now(UTC)

    def _result(self, batch: Batch, one: dict[str, Any]) -> dict[str, Any]:
        key = one["custom_id"] if callable(self.batch_faults) else f"{batch.id}:{one['custom_id']}"
        fault = draw(self.batch_faults, key, self.seed)
        if batch.canceled:
            return {"type": "canceled"}
        if fault and fault.name in ("expired", "canceled"):
            return {"type": fault.name}
        try:
            if fault and fault.name == "errored":
                raise Refusal(500, f"a fault that the test asked for{self.words}", kind=fault.value or None)
            if fault and fault.name not in CONTENT:
                raise Mistake(f"a request of a batch cannot fail by {fault.name!r}")
            check_request(one["params"])
            if one["params"].get("stream"):
                wrong("stream", "Streaming is not supported in a Message Batch")
            if fault:
                batch.spoiled.add(one["custom_id"])
            found = self._cache.look(one["params"])
            made = self._compose(one["params"], fault, found, "batch")
            self._cache.keep(found)
        except Refusal as refusal:
            return {"type": "errored", "error": refusal.body(f"req_{batch.number:08d}")}
        return {"type": "succeeded", "message": made}

    async def _get_batch(self, _entry: object, _fault: object, _query: object, name: str) -> Reply:
        batch = self._batch(name)
        if not batch.ended:
            batch.polls += 1
            polls = self.batch_polls(batch.number) if callable(self.batch_polls) else self.batch_polls
            if batch.polls > polls or batch.canceled:
                self._end(batch)
        return Reply(batch.card(self.results_at or self.url))

    async def _cancel_batch(self, _entry: object, _fault: object, _query: object, name: str) -> Reply:
        batch = self._batch(name)
        if batch.ended:
            wrong("", f"Message Batch {name} has already ended and cannot be canceled.")
        batch.canceled = batch.canceled or datetime.now(UTC)
        return Reply(batch.card(self.results_at or self.url))

    async def _delete_batch(self, _entry: object, _fault: object, _query: object, name: str) -> Reply:
        batch = self._batch(name)
        if not batch.ended:
            wrong("", f"Message Batch {name} is still processing. Cancel it first.")
        batch.deleted = True
        return Reply({"type": "message_batch_deleted", "id": name})

    async def _results(self, _entry: object, _fault: object, _query: object, name: str) -> Reply:
        batch = self._batch(name)
        if not batch.ended:
            raise Refusal(404, f"Message Batch {name} has no results yet.")
        return Reply(batch.results, kind="application/x-jsonl")

    async def _list_batches(self, _entry: object, _fault: object, query: dict[str, list[str]]) -> Reply:
        kept = [batch for batch in reversed(self.batches.values()) if not batch.deleted]
        return Reply(page([batch.card(self.results_at or self.url) for batch in kept], query))

    # Models

    async def _list_models(self, _entry: object, _fault: object, query: dict[str, list[str]]) -> Reply:
        wanted = query.pop("lifecycle[]", ["active", "deprecated"])
        for one in wanted:
            one_of("active", "deprecated", "retired")(one, "lifecycle")
        return Reply(page([model_card(name, self.retires.get(name)) for name, model in MODELS.items() if model.lifecycle in wanted], query))

    async def _get_model(self, _entry: object, _fault: object, _query: object, name: str) -> Reply:
        full = ALIASES.get(name, name)
        if full not in MODELS:
            raise Refusal(404, f"model: {name}")
        return Reply(model_card(full, self.retires.get(full)))


def page(items: list[dict[str, Any]], query: dict[str, list[str]]) -> dict[str, Any]:
    """A page of a list, as `limit`, `after_id` and `before_id` ask for it."""
    if strange := set(query) - {"limit", "after_id", "before_id"}:
        wrong(min(strange), "Extra inputs are not permitted")
    limit = query.get("limit", ["20"])[0]
    if not limit.isdigit() or not 1 <= int(limit) <= 1000:
        wrong("limit", "Input should be between 1 and 1000")
    names = [item["id"] for item in items]
    start, end = 0, len(items)
    for what in ("after_id", "before_id"):
        if what in query and query[what][0] not in names:
            wrong(what, "not found")
    if "after_id" in query:
        start = names.index(query["after_id"][0]) + 1
    if "before_id" in query:
        end = names.index(query["before_id"][0])
        start = max(start, end - int(limit))
    shown = items[start : min(end, start + int(limit))]
    more = start > 0 if "before_id" in query else start + len(shown) < end
    return {"data": shown, "has_more": more, "first_id": shown[0]["id"] if shown else None, "last_id": shown[-1]["id"] if shown else None}


@pytest.fixture
def claude_server() -> Iterator[ClaudeServer]:
    """A server that answers as it should, until the test sets it otherwise."""
    with ClaudeServer() as server:
        yield server


@pytest.fixture
def named_server(monkeypatch: pytest.MonkeyPatch) -> Iterator[ClaudeServer]:
    """The server that the environment names."""
    with ClaudeServer() as server:
        for name, value in server.environment.items():
            monkeypatch.setenv(name, value)
        yield server


def main() -> None:
    """Serve until interrupted: `python tests/servers/claude.py --latency 0.05 --fault 529=0.1`."""
    import argparse

    reader = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    reader.add_argument("--port", type=int, default=0)
    reader.add_argument("--latency", type=float, default=0.0)
    reader.add_argument("--rate-limit", type=int)
    reader.add_argument("--fault", action="append", default=[], help="NAME=RATE")
    told = reader.parse_args()
    faults = {name: float(rate) for name, _, rate in (one.rpartition("=") for one in told.fault)}
    with ClaudeServer(port=told.port, latency=told.latency, rate_limit=told.rate_limit, faults=faults or None) as server:
        print(*(f"{name}={value}" for name, value in server.environment.items()), sep="\n", flush=True)
        with contextlib.suppress(KeyboardInterrupt):
            threading.Event().wait()


if __name__ == "__main__":
    main()
