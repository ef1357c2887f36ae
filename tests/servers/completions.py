"""A server of a base model on loopback that is strict about what it is sent, as `/v1/completions` has it. Prompt and seed decide what it
writes."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from random import Random
from threading import Lock
from typing import Any

from servers.application import AppServer, Asked, Reaction, app_server, refused, wrong_request

NAME = "tiny"
WORDS = [
    "my",
    "card",
    "order",
    "parcel",
    "app",
    "bill",
    "the",
    "is",
    "was",
    "not",
    "late",
    "gone",
    "here",
    "again",
    "please",
    "today",
    "lost",
    "pay",
]
TAKEN: dict[str, tuple[type, ...]] = {
    "model": (str,),
    "prompt": (str,),
    "max_tokens": (int,),
    "temperature": (int, float),
    "seed": (int,),
    "stop": (list,),
    "logprobs": (int,),
    "min_p": (int, float),
    "top_p": (int, float),
    "top_k": (int,),
}
React = Callable[[Asked, int], Reaction | None]
"""What comes in place of a completion of a request and its number; None where nothing does."""


@contextmanager
def completions_server(
    react: React = lambda asked, number: None,
    *,
    seeded: bool = True,
    logprobs: str = "openai",
    refuses: Collection[str] = (),
    chat_only: bool = False,
) -> Iterator[AppServer]:
    """A server whose address ends in /v1, and whose seeds hold or not; it tells log-probabilities as `openai` or `llama.cpp` do."""
    drawn, lock = Random(7), Lock()

    def answer(asked: Asked, number: int) -> Any:
        if asked.path == "/v1/models":
            return {"object": "list", "data": [{"id": NAME}]}
        if (reaction := react(asked, number)) is not None:
            return reaction
        if asked.path != "/v1/completions" or chat_only:
            return refused(404, "Not Found")
        if wrong := _wrong(asked, refuses):
            return refused(404 if "model" in wrong else 400, wrong)
        with lock:
            stream = (
                Random(f"{asked.body['prompt']}|{asked.body.get('seed')}") if seeded and "seed" in asked.body else Random(drawn.random())
            )
        return written(asked.body, stream, logprobs)

    with app_server(answer, strict=False) as server:
        server.address = server.address.removesuffix("/chat") + "/v1"
        yield server


def prompts(server: AppServer) -> list[tuple[str, int]]:
    """The prompts and seeds that were asked to be completed, in their order."""
    return [(asked.body["prompt"], asked.body.get("seed")) for asked in server.asked if asked.path == "/v1/completions"]


def written(body: dict[str, Any], stream: Random, logprobs: str) -> dict[str, Any]:
    """The answer to a request."""
    words = [f" {stream.choice(WORDS)}" for _ in range(stream.randint(3, 9))]
    chances = [round(-2 * stream.random(), 4) for _ in words]
    told = {
        "openai": {"tokens": words, "token_logprobs": chances, "text_offset": [0] * len(words), "top_logprobs": None},
        "llama.cpp": {"content": [{"id": 1, "token": word, "logprob": chance} for word, chance in zip(words, chances, strict=True)]},
    }
    return {
        "id": "cmpl-1",
        "object": "text_completion",
        "model": NAME,
        "choices": [{"index": 0, "text": "".join(words), "finish_reason": "stop", "logprobs": told.get(logprobs)}],
        "usage": {"prompt_tokens": len(body["prompt"]) // 4, "completion_tokens": len(words), "total_tokens": 0},
    }


def _wrong(asked: Asked, refuses: Collection[str]) -> str:
    """Why this is no request for a completion."""
    if wrong := wrong_request(asked, NAME, TAKEN, refuses):
        return wrong
    body = asked.body
    if not body.get("prompt") or body["max_tokens"] < 1:
        return "a value that is not allowed"
    return ""
