"""A prompt as `/v1/completions` takes it, and what comes back as a completion, or as a failure in words. Nothing is sent here.

As vLLM has it in its source (`vllm/entrypoints/openai/completion/protocol.py`), and llama.cpp's server in its answers, which tells
log-probabilities otherwise. Sampling is that of the models that run on this machine (see `base`), as far as a server can."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from synthgen.models import server_trouble
from synthgen.models.app_wire import short, trouble_in
from synthgen.models.base import MIN_P
from synthgen.models.failures import Failure
from synthgen.models.http_client import HttpAnswer, NoHttpAnswer
from synthgen.models.server_trouble import SEEDS, refusal, token_count, unanswered, unread
from synthgen.spec.rows import Completion, Prompt

KEY = "SYNTHGEN_COMPLETIONS_KEY"
"""The variable of the environment with the key of a server."""
OPTIONAL = ("logprobs", "min_p", "top_k", "top_p", "seed")
"""What a request does without where a server does not take it."""
ENDED = ("stop", "eos_token", "stop_sequence")
"""How a server says that a message has ended. TGI has words of its own."""
SHORTER = (
    "use shorter or fewer seed messages, or start the server with more context for each request (llama-server -c, vllm --max-model-len)"
)


def body(name: str, prompt: Prompt, without: Collection[str] = ()) -> dict[str, Any]:
    """The JSON that asks the model `name` to continue a prompt, `without` what its server does not take."""
    settings = prompt.settings
    asked = {
        "model": name,
        "prompt": prompt.text + str(settings.get("opening", "")),
        "max_tokens": int(settings.get("tokens", 120)),
        "temperature": float(settings.get("temperature", 1.0)),
        "seed": prompt.stream % SEEDS,
        "logprobs": 1,
        "min_p": MIN_P,
        "top_k": -1,
        "top_p": 1,
    }
    stop = str(settings.get("stop", ""))
    return {key: value for key, value in asked.items() if key not in without} | ({"stop": [stop]} if stop else {})


def _completion(prompt: Prompt, text: str) -> Completion | Failure:
    """The completion in the text of an answer. It begins with the prompt's opening, and ends with the `stop` text if it has ended."""
    try:
        answer = json.loads(text)
        choice = answer["choices"][0]
        written, finish = choice["text"], choice.get("finish_reason")
    except (ValueError, RecursionError, KeyError, IndexError, TypeError, AttributeError):
        written = finish = None
    if not isinstance(written, str) or finish == "abort":
        return Failure(f"its answer is no completion: {short(text) or 'it is empty'}", retryable=True)
    stop = str(prompt.settings.get("stop", ""))
    ended = finish in ENDED
    if stop and stop in written:  # a server that gives the stop text back, or minds none
        written, ended = written[: written.index(stop)], True
    usage = answer.get("usage")
    read, wrote = (token_count(usage, key) for key in ("prompt_tokens", "completion_tokens"))
    return Completion(
        prompt,
        str(prompt.settings.get("opening", "")) + written + (stop if ended else ""),
        "stop" if ended else "length",
        read,
        wrote,
        logprobs=_logprobs(choice.get("logprobs")),
    )


def _logprobs(told: Any) -> tuple[float, ...]:
    """The log-probabilities of what was written: a list of numbers as OpenAI has it, or one of tokens as llama.cpp has it; none where these
    are not told of each token."""
    if not isinstance(told, dict):
        return ()
    values, tokens = told.get("token_logprobs"), told.get("content")
    if isinstance(tokens, list):
        values = [token.get("logprob") if isinstance(token, dict) else None for token in tokens]
    if not isinstance(values, list) or not all(type(value) in (int, float) and value <= 0 for value in values):
        return ()
    return tuple(round(max(float(value), -1e4), 2) for value in values)


def refused_key(answer: HttpAnswer, sent: Mapping[str, Any]) -> str:
    """What a request can do without that a server refuses it for; empty where there is no such thing."""
    if answer.status not in (400, 422):
        return ""
    trouble = trouble_in(answer.text or "")
    return next((key for key in OPTIONAL if key in sent and re.search(rf"\b{key}\b", trouble)), "")


def outcome(prompt: Prompt, answer: HttpAnswer | NoHttpAnswer, *, answered_before: bool) -> Completion | Failure:
    """The completion in an answer, or why there is none. A server that has `answered_before` may be back in a moment."""
    if isinstance(answer, NoHttpAnswer):
        return unanswered(answer, answered_before=answered_before)
    if answer.text is None:
        return unread()
    return _completion(prompt, answer.text) if 200 <= answer.status < 300 else refusal(answer, KEY, SHORTER)


def missing(failure: Failure, name: str, served: Sequence[str] | None) -> Failure:
    """What it means that a server has no such call or model, by the names of the models that it says to have (None: it does not say)."""
    only_chat = Failure(
        f"the server has the model, but no /completions: it offers only chat ({failure.message})",
        "a chat model answers what people typed, and does not go on typing: serve a base model, as docs/models.md says",
    )
    return server_trouble.missing(failure, name, served, only_chat)
