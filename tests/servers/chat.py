"""A server of a chat model on loopback that is strict about what it is sent, as `/v1/chat/completions` has it. What it refuses it refuses
in the words of llama.cpp, vLLM, SGLang and OpenAI."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from servers.application import AppServer, Asked, Reaction, app_server, refused, wrong_request

NAME = "tiny-chat"
TAKEN: dict[str, type] = {
    "model": str,
    "messages": list,
    "max_tokens": int,
    "max_completion_tokens": int,
    "seed": int,
    "reasoning_effort": str,
    "chat_template_kwargs": dict,
    "response_format": dict,
}
EFFORTS = ("none", "minimal", "low", "medium", "high", "xhigh", "max")
React = Callable[[Asked, int], Reaction | None]
"""What comes in place of an answer to a request and its number; None where nothing does."""


@contextmanager
def chat_server(
    answer: Callable[[Mapping[str, Any]], str] = lambda body: "fine",
    react: React = lambda asked, number: None,
    *,
    refuses: Collection[str] = (),
    schemas: bool = True,
    system: bool = True,
    newer: bool = False,
    context: int = 100_000,
    base_only: bool = False,
) -> Iterator[AppServer]:
    """A server whose address ends in /v1 and that answers so: without JSON `schemas` or a `system` role, with the `newer` name for the
    limit of an answer alone, with so much `context`, or without the call."""

    def answered(asked: Asked, number: int) -> Any:
        if asked.path == "/v1/models":
            return {"object": "list", "data": [{"id": NAME}]}
        if (reaction := react(asked, number)) is not None:
            return reaction
        if asked.path != "/v1/chat/completions" or base_only:
            return refused(404, "Not Found")
        body = asked.body
        if wrong := _wrong(asked, refuses):
            return refused(404 if "does not exist" in wrong else 400, wrong)
        if not schemas and "response_format" in body:
            return refused(500, 'response_format type must be one of "text" or "json_object", but got: json_schema')
        if not system and body["messages"][0]["role"] == "system":
            return refused(400, "System role not supported")
        if newer and "max_tokens" in body:
            why = "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead."
            return refused(400, why)
        read = sum(len(message["content"]) for message in body["messages"]) // 4
        room = body.get("max_tokens", body.get("max_completion_tokens", 0))
        if read + room > context:
            why = f"This model's maximum context length is {context} tokens. However, you requested {read + room} tokens"
            return refused(400, f"{why} ({read} in the messages, {room} in the completion).")
        return written(answer(body), read)

    with app_server(answered, strict=False) as server:
        server.address = server.address.removesuffix("/chat") + "/v1"
        yield server


def written(text: str | None, read: int = 10, finish: str = "stop", **message: Any) -> dict[str, Any]:
    """The answer to a request."""
    output = len(text or "") // 4 + 1
    usage = {
        "prompt_tokens": read,
        "completion_tokens": output,
        "total_tokens": read + output,
        "prompt_tokens_details": {"cached_tokens": read // 2},
    }
    choice = {"index": 0, "message": {"role": "assistant", "content": text, **message}, "finish_reason": finish}
    return {"id": "chatcmpl-1", "object": "chat.completion", "model": NAME, "choices": [choice], "usage": usage}


def chats(server: AppServer) -> list[dict[str, Any]]:
    """The bodies of the requests for an answer."""
    return [asked.body for asked in server.asked if asked.path == "/v1/chat/completions"]


def _wrong(asked: Asked, refuses: Collection[str]) -> str:
    """Why this is no request for an answer."""
    if wrong := wrong_request(asked, NAME, TAKEN, refuses):
        return wrong
    body = asked.body
    if body.get("reasoning_effort", "low") not in EFFORTS:
        return "a value that is not allowed"
    return _wrong_messages(body["messages"]) or _wrong_form(body.get("response_format"))


def _wrong_messages(messages: list[Any]) -> str:
    turns = messages[1:] if messages[0].get("role") == "system" else messages
    if any(message.keys() != {"role", "content"} or not str(message["content"]).strip() for message in messages):
        return "a message has a role and content"
    roles = [turn["role"] for turn in turns]
    if roles != [("user", "assistant")[number % 2] for number in range(len(roles))] or roles[-1:] != ["user"]:
        return "Conversation roles must alternate user/assistant/user/assistant/..."
    return ""


def _wrong_form(form: Any) -> str:
    if form is None:
        return ""
    named = form.get("json_schema", {})
    if form.get("type") != "json_schema" or named.keys() != {"name", "strict", "schema"}:
        return "response_format: a json_schema has a name and a schema"
    properties, required = named["schema"].get("properties", {}), named["schema"].get("required", [])
    if named["strict"] and {*properties} != {*required}:
        return "Invalid schema for response_format 'answer': 'required' is required to include every key in properties"
    json.dumps(named["schema"])
    return ""
