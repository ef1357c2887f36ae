"""What it means that a server behind an address refuses a request, or does not answer. Nothing is sent here."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from synthgen.errors import did_you_mean
from synthgen.models.app_wire import short, trouble_in
from synthgen.models.failures import KEPT, Failure, told_to_wait
from synthgen.models.http_client import LARGEST, HttpAnswer, NoHttpAnswer
from synthgen.spec.rows import steerless

TOO_LONG = re.compile(r"context (length|size|window)|maximum context|max_model_len|max_new_tokens.{0,40}must be|prompt is too long", re.I)
MISSING = (404, 405, 501)
"""The states of an answer that say that there is no such call, or no such model."""
MOST_TOKENS = 10**9
"""More than any request has: what a server says beyond that is no count."""
START = "start it (llama-server -m MODEL.gguf, or vllm serve MODEL; docs/models.md), then run the same command again"
"""The way out where nobody answers."""
SEEDS = 2**31
"""Seeds of a request: whatever number a server keeps them in, it holds these, and none of them means a random one."""


def is_too_long(answer: HttpAnswer) -> bool:
    """Whether a request was refused for having more tokens than the server reads and writes."""
    return answer.status == 413 or (answer.status in (400, 422) and bool(TOO_LONG.search(trouble_in(answer.text or ""))))


def token_count(usage: object, key: str) -> int:
    """How many tokens a server says that an answer took; 0 where it does not say."""
    count = usage.get(key) if isinstance(usage, Mapping) else None
    return count if type(count) is int and 0 <= count < MOST_TOKENS else 0


def unanswered(answer: NoHttpAnswer, *, answered_before: bool) -> Failure:
    """Why there is no answer. A server that has `answered_before` may be back in a moment."""
    if answer.what == "unreachable":
        return Failure(answer.message, f"{START}: {KEPT}" if answered_before else START, retryable=answered_before)
    return Failure(answer.message, answer.hint, retryable=answer.what == "passing", billed=answer.what == "passing")


def unread() -> Failure:
    """That an answer is not read."""
    return Failure(f"its answer is a stream, or has more than {LARGEST:,} bytes", "look at the address, and what serves there", billed=True)


def refusal(answer: HttpAnswer, key_name: str, shorter: str) -> Failure:
    """Why a server refuses a request: its key is in the variable `key_name`; `shorter` says how a request is made shorter."""
    status, trouble = answer.status, trouble_in(answer.text or "")
    message = f"{status} {answer.phrase}".strip() + (f": {trouble}" if trouble else "")
    if 300 <= status < 400:
        where = short(answer.headers.get("location", "")) or "it does not say which"
        return Failure(f"{status}: it sends requests on to another address ({where}), where nothing is sent", "name that address as url")
    if status in (408, 429) or status >= 500:
        throttled, billed = status in (429, 503), status not in (429, 503)
        return Failure(message, retryable=True, wait=told_to_wait(answer.headers), throttled=throttled, billed=billed, status=status)
    if status in (401, 403, 407):
        return Failure(message, f"give it a key: export {key_name}=…; {KEPT}", status=status)
    if is_too_long(answer):
        return Failure(message, shorter, status=status)
    return Failure(message, f"what was asked is shown by synthgen preview --prompts; {KEPT}", status=status)


def missing(failure: Failure, name: str, served: Sequence[str] | None, otherwise: Failure) -> Failure:
    """What it means that a server has no such call or model, by the names of the models that it says to have (None: it does not say); the
    `otherwise` where it has the model."""
    if served is None:
        return replace(failure, hint="look at the url: with most servers it ends in /v1")
    if name not in served:
        return Failure(f"the server has no such model ({failure.message})", did_you_mean(name, served, "it has"))
    return otherwise


def served_names(answer: HttpAnswer | NoHttpAnswer) -> list[str] | None:
    """The models that a server has, as its `/v1/models` tells; None where it does not."""
    if isinstance(answer, NoHttpAnswer) or answer.status != 200:
        return None
    try:
        return [steerless(str(model["id"]))[:200] for model in json.loads(answer.text or "")["data"]]
    except (ValueError, RecursionError, KeyError, TypeError):
        return None
