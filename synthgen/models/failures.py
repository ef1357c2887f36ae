"""What a failed call to the API means: whether to try again and when, whether it may have been billed, and what the user reads. No message
holds the key, and no error of the SDK, whose request does, is kept."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from email.utils import parsedate_to_datetime
from time import time
from typing import Any

from synthgen.errors import ModelError, did_you_mean
from synthgen.models.clock import date_of
from synthgen.models.prices import price_list

KEPT = "everything that was answered is kept: the same command goes on where this one stopped"
SET_KEY = "set ANTHROPIC_API_KEY to a key from platform.claude.com (export ANTHROPIC_API_KEY=...), then run the same command"
TOO_LONG = ("prompt is too long", "exceeds the maximum", "exceed context limit", "too many pages", "maximum of 100 pdf pages")
CANNOT_SEND = ("LocalProtocolError", "UnsupportedProtocol", "InvalidURL", "UnicodeEncodeError")
NEVER_SENT = ("ConnectError", "ConnectTimeout", "PoolTimeout", "ProxyError")


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a call failed. `retryable`: another try may help, after `wait` seconds if the API said so; `throttled`: it asked for fewer calls;
    `billed`: it may have been paid for; `of_prompt`: only this prompt cannot be answered. `status` is the API's, 0 where it has none."""

    message: str
    hint: str = ""
    retryable: bool = False
    wait: float | None = None
    throttled: bool = False
    billed: bool = False
    of_prompt: bool = False
    status: int = 0

    def error(self, name: str, tries: int = 1) -> ModelError:
        """The error that ends the run, after so many tries."""
        tried = f" ({tries} tries)" if tries > 1 else ""
        return ModelError(f"{name}: {self.message}{tried}", self.hint or (KEPT if self.retryable else ""), retryable=self.retryable)


NO_ANSWER = Failure("an answer that is not what the API answers with", retryable=True, billed=True)
UNSENDABLE = Failure(
    "the request cannot be sent: the key or the address of the server has letters in it that are not allowed",
    "look for spaces and line breaks in ANTHROPIC_API_KEY and ANTHROPIC_BASE_URL",
)


def failure(error: BaseException, name: str, secrets: Iterable[str] = ()) -> Failure | None:
    """What an exception of the SDK means for a call to the model `name`; None if it is not one of the SDK's."""
    known_failure = _failure(error, name)
    return None if known_failure is None else replace(known_failure, message=redacted(known_failure.message, secrets))


def redacted(text: str, secrets: Iterable[str] = ()) -> str:
    """A text without the secrets and without anything that looks like a key."""
    for secret in sorted({secret.strip() for secret in secrets if len(secret.strip()) > 3}, key=len, reverse=True):
        text = text.replace(secret, "[key]")
    return re.sub(r"sk-ant-[\w-]+", "[key]", text)


def credentials() -> list[str]:
    """The secrets that stand in the environment."""
    return [os.environ[name] for name in ("ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "ANTHROPIC_IDENTITY_TOKEN") if os.environ.get(name)]


def _failure(error: BaseException, name: str) -> Failure | None:
    import anthropic
    import httpx2

    if isinstance(error, anthropic.APIStatusError):
        return replace(_status(error, name), status=error.status_code)
    cause = type(error.__cause__ or error).__name__
    if cause in CANNOT_SEND and isinstance(error, (anthropic.APIConnectionError, UnicodeError, httpx2.HTTPError, httpx2.InvalidURL)):
        return UNSENDABLE
    if isinstance(error, anthropic.APITimeoutError | TimeoutError):
        return Failure("no answer in time", retryable=True, billed=cause not in NEVER_SENT)
    if isinstance(error, anthropic.APIConnectionError | httpx2.TransportError):
        where = "the server cannot be reached" if cause in NEVER_SENT else "the connection was cut off"
        return Failure(where, retryable=True, billed=cause not in NEVER_SENT)
    if isinstance(error, anthropic.APIResponseValidationError | ValueError | RecursionError | httpx2.HTTPError) and not isinstance(
        error, anthropic.CredentialsError
    ):
        return NO_ANSWER
    if isinstance(error, anthropic.CredentialsError) or (isinstance(error, TypeError) and "authentication" in str(error)):
        return Failure("there is no key for the Anthropic API: ANTHROPIC_API_KEY is not set", SET_KEY)
    return Failure(str(error)) if isinstance(error, anthropic.AnthropicError) else None


def _status(error: Any, name: str) -> Failure:
    status, headers = error.status_code, error.response.headers
    reason = f"{status} {error.type or ''}".strip() + f": {error.api_message or error.response.reason_phrase or 'no reason given'}"
    retry_header = headers.get("x-should-retry") if status >= 400 else None
    retryable = retry_header == "true" or (retry_header != "false" and (status in (408, 409, 429) or status >= 500))
    if retryable:
        throttled = status in (429, 529) or (status == 503 and error.type == "overloaded_error")
        unbilled = error.type is not None and status not in (408, 504)  # a proxy between may give up on a request that is answered
        return Failure(reason, retryable=True, wait=told_to_wait(headers), throttled=throttled, billed=not unbilled and status != 429)
    if 300 <= status < 400:
        where = headers.get("location", "")[:200]
        return Failure(
            f"the server sends requests on to another address ({where or status}), where nothing is sent",
            "if that is the API that you mean, set ANTHROPIC_BASE_URL to it; a proxy or a login page of the network may be in between",
        )
    if status == 413 or (status == 400 and any(phrase in reason.casefold() for phrase in TOO_LONG)):
        return Failure(reason, of_prompt=True)
    if status == 401:
        return Failure(f"the key was refused ({reason})", SET_KEY)
    if status == 402:
        return Failure(f"the account cannot pay ({reason})", f"add credit at platform.claude.com; {KEPT}")
    if status == 403:
        return Failure(f"the key may not do this ({reason})", f"ask with a key of a workspace that may use {name}; {KEPT}")
    if status == 404:
        return Failure(f"the server has no such model or call ({reason})", did_you_mean(name, price_list(), "models with known prices"))
    return Failure(f"the request was refused ({reason})", f"what was asked is shown by synthgen preview --prompts; {KEPT}")


def told_to_wait(headers: Any) -> float | None:
    """Seconds that the API asks to wait: `retry-after-ms`, or `retry-after` as seconds, or as a date of the API's clock."""
    for header, unit in (("retry-after-ms", 1000), ("retry-after", 1)):
        try:
            return max(0.0, float(headers[header]) / unit)
        except (KeyError, ValueError):
            continue
    sent = date_of(headers)
    try:
        return max(0.0, parsedate_to_datetime(headers["retry-after"]).timestamp() - (time() if sent is None else sent))
    except (KeyError, ValueError, TypeError):
        return None
