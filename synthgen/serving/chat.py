"""What a request says and how it is answered: OpenAI's `/v1/chat/completions`, as far as a user who types needs it.

See https://platform.openai.com/docs/api-reference/chat. What shapes a model's answers (temperature, stop, tools, seed, …) changes nothing
of what a person types, and is passed over.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from synthgen.errors import SynthgenError
from synthgen.spec.rows import parsed_json, storable

ROLES = ("system", "developer", "user", "assistant", "tool", "function")


class RequestError(SynthgenError):
    """A request that cannot be answered: the HTTP `status`, and a short `code` for programs."""

    def __init__(self, message: str, hint: str = "", *, status: int = 400, code: str = "invalid_request") -> None:
        super().__init__(message, hint)
        self.status, self.code = status, code

    def body(self) -> dict[str, Any]:
        """The error as OpenAI's API has it."""
        message = f"{self.message} ({self.hint})" if self.hint else self.message
        kind = "invalid_request_error" if self.status < 500 else "server_error"
        return {"error": {"message": message, "type": kind, "param": None, "code": self.code}}


def unforeseen(error: Exception) -> RequestError:
    """What a client is told of a fault of ours."""
    return RequestError(f"a fault in synthgen: {type(error).__name__}: {str(error)[:200]}", "please report it", status=500, code="fault")


@dataclass(frozen=True)
class ChatRequest:
    """A request: its `messages`, (role, text) each; who asks (`user`) and for which `model`; the `schema` that the answer shall have, if
    one is asked for; and whether it is sent as a `stream`, with the usage at its end (`usage`)."""

    messages: tuple[tuple[str, str], ...]
    user: str = ""
    model: str = ""
    schema: Mapping[str, Any] = field(default_factory=dict)
    stream: bool = False
    usage: bool = False

    @property
    def instructions(self) -> str:
        """What the harness tells the user to be: its system messages."""
        return "\n".join(text for role, text in self.messages if role in ("system", "developer"))


@dataclass(frozen=True)
class ChatReply:
    """What is answered: the `text`, how many tokens models read and wrote for it, and what is known of it beside (`about`)."""

    text: str
    tokens_in: int = 0
    tokens_out: int = 0
    about: Mapping[str, Any] = field(default_factory=dict)


def parsed(body: bytes) -> dict[str, Any]:
    """The mapping in a body. Raises RequestError."""
    try:
        value = parsed_json(body.decode())
    except (ValueError, RecursionError) as error:
        raise RequestError(f"the body is not JSON: {str(error)[:120]}") from None
    if not isinstance(value, dict):
        raise RequestError("the body is JSON, but no mapping")
    return value


def chat_request(value: Mapping[str, Any]) -> ChatRequest:
    """The request in a body for `/v1/chat/completions`. Raises RequestError."""
    messages = value.get("messages")
    if not isinstance(messages, list) or not messages:
        raise RequestError("'messages' has to be a list of at least one message", 'such as [{"role": "user", "content": "Hello!"}]')
    if value.get("n") not in (None, 1):
        raise RequestError(f"'n' is {str(value['n'])[:20]!r}: a user types one message at a time", "leave n out")
    names = [value.get("user"), (value.get("metadata") or {}).get("session") if isinstance(value.get("metadata"), dict) else None]
    options = value.get("stream_options")
    return ChatRequest(
        tuple(_message(number, message) for number, message in enumerate(messages)),
        next((name for name in names if isinstance(name, str) and name), ""),
        value["model"] if isinstance(value.get("model"), str) else "",
        _schema(value.get("response_format")),
        value.get("stream") is True,
        isinstance(options, dict) and options.get("include_usage") is True,
    )


def _message(number: int, message: Any) -> tuple[str, str]:
    if not isinstance(message, dict) or message.get("role") not in ROLES:
        raise RequestError(f"messages[{number}] has no 'role' that is known", f"roles: {', '.join(ROLES)}")
    content = message.get("content")
    if isinstance(content, list):
        content = "".join(str(part.get("text", "")) for part in content if isinstance(part, dict) and part.get("type") == "text")
    if content is not None and not isinstance(content, str):
        raise RequestError(f"messages[{number}] has a 'content' that is neither text nor parts of text")
    return message["role"], storable(content or "")


def _schema(wanted: Any) -> Mapping[str, Any]:
    inner = wanted.get("json_schema") if isinstance(wanted, dict) else None
    schema = inner.get("schema") if isinstance(inner, dict) else None
    return schema if isinstance(schema, dict) and isinstance(schema.get("properties"), dict) else {}


def completion_body(reply: ChatReply, request: ChatRequest, number: int, created: int) -> dict[str, Any]:
    """A reply as the API has it. What is known of the talk beside its text stands under `synthgen`."""
    choice = {
        "index": 0,
        "message": {"role": "assistant", "content": reply.text, "refusal": None},
        "logprobs": None,
        "finish_reason": "stop",
    }
    return {**_head("chat.completion", request, number, created), "choices": [choice], "usage": _usage(reply), "synthgen": reply.about}


def events(reply: ChatReply, request: ChatRequest, number: int, created: int) -> Iterator[bytes]:
    """The same as a stream: the role, the text, the end, and where it was asked for the usage."""
    head = _head("chat.completion.chunk", request, number, created)
    for delta, finish in (({"role": "assistant", "content": ""}, None), ({"content": reply.text}, None), ({}, "stop")):
        yield _event({**head, "choices": [{"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}]})
    if request.usage:
        yield _event({**head, "choices": [], "usage": _usage(reply)})
    yield b"data: [DONE]\n\n"


def _head(kind: str, request: ChatRequest, number: int, created: int) -> dict[str, Any]:
    return {"id": f"chatcmpl-{number}", "object": kind, "created": created, "model": request.model or "synthgen"}


def _usage(reply: ChatReply) -> dict[str, int]:
    return {
        "prompt_tokens": reply.tokens_in,
        "completion_tokens": reply.tokens_out,
        "total_tokens": reply.tokens_in + reply.tokens_out,
    }


def _event(value: Mapping[str, Any]) -> bytes:
    return f"data: {json.dumps(value, ensure_ascii=False)}\n\n".encode()
