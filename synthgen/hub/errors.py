"""What can go wrong with the Hub, each in a line that says what to do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from synthgen.errors import HubError, OutputError, SynthgenError
from synthgen.spec.remedies import remedy

if TYPE_CHECKING:
    from huggingface_hub import HfApi

ROOM = ("quota", "storage", "limit reached", "upgrade", "payment")
AGAIN = "the same command goes on where it was"
LOGIN = "run `hf auth login`, or set HF_TOKEN to a token with write access: https://huggingface.co/settings/tokens"


def token_of(api: HfApi) -> str | None:
    """The token that the client sends, if there is one."""
    from huggingface_hub import get_token

    return api.token if isinstance(api.token, str) else get_token() if api.token is not False else None


@contextmanager
def hub_errors(repo: str, api: HfApi) -> Iterator[None]:
    """What the client raises, in a line."""
    try:
        yield
    except SynthgenError:
        raise
    except Exception as error:
        explanation = _explained(error, repo, api)
        if explanation is None:
            raise
        token = _token_if_readable(api)
        if token:
            explanation.message = explanation.message.replace(token, "…")
        raise explanation from None


def _token_if_readable(api: HfApi) -> str | None:
    try:
        return token_of(api)
    except Exception:  # noqa: BLE001 (whatever made it fail before)
        return None


def _explained(error: BaseException, repo: str, api: HfApi) -> SynthgenError | None:
    import httpx2
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, OfflineModeIsEnabled

    if isinstance(error, HfHubHTTPError):
        return _answered(error, repo)
    if isinstance(error, OfflineModeIsEnabled):
        return HubError("the Hub is not asked, because HF_HUB_OFFLINE is set", "unset it to push")
    if isinstance(error, httpx2.TimeoutException):
        return HubError(f"{api.endpoint} did not answer in time", AGAIN, retryable=True)
    if isinstance(error, httpx2.ConnectError):
        return HubError(f"cannot reach {api.endpoint}: {_line(error)}", f"check the network; {AGAIN}", retryable=True)
    if isinstance(error, httpx2.HTTPError):
        return HubError(f"the connection to {api.endpoint} broke: {_line(error)}", AGAIN, retryable=True)
    if isinstance(error, HFValidationError):
        return OutputError(f"'{repo}' cannot name a dataset on the Hub: {_line(error)}")
    if error.__cause__ is not None and (explanation := _explained(error.__cause__, repo, api)):
        return explanation
    if isinstance(error, OSError) and error.filename:
        return OutputError(f"cannot read or write {error.filename}: {error.strerror}", f"{remedy(error.errno, 'there')}; {AGAIN}")
    if isinstance(error, OSError | RuntimeError | ValueError):
        why = f" ({_line(error.__cause__)})" if error.__cause__ is not None else ""
        return HubError(f"the Hub's client failed: {_line(error)}{why}", AGAIN, retryable=True)
    return None


def _answered(error: Any, repo: str) -> HubError:
    """The Hub's answer, in a line."""
    status, reason = error.response.status_code, _reason(error)
    if status in (402, 403, 413, 507) and any(word in reason.lower() for word in ROOM):
        return HubError(f"the Hub has no room for {repo}: {reason}", "make room there, upgrade the account, or make it public: --public")
    if status == 401:
        return HubError(f"the Hub does not accept the token ({status}): {reason}", LOGIN)
    if status == 403:
        return HubError(f"the token may not write to {repo} ({status}): {reason}", f"is it yours? {LOGIN}")
    if status == 404:
        return HubError(f"the Hub knows no {repo}, or the token may not see it ({status}): {reason}", "check the name and the token")
    if status in (409, 412):
        return HubError(f"somebody else changed {repo} at the same time ({status}): {reason}", AGAIN, retryable=True)
    if status == 429:
        return HubError(f"the Hub takes no more requests for now ({status}): {reason}", f"wait some minutes; {AGAIN}", retryable=True)
    if status >= 500:
        return HubError(f"the Hub failed ({status}): {reason}", AGAIN, retryable=True)
    return HubError(f"the Hub refuses what was sent to {repo} ({status}): {reason}")


def _reason(error: Any) -> str:
    """The reason that the Hub gives, without addresses and request ids."""
    reason = error.response.headers.get("X-Error-Message") or error.server_message or error.response.reason_phrase
    return " ".join(str(reason).split())[:300]


def _line(error: BaseException) -> str:
    return " ".join(str(error).split())[:300] or type(error).__name__
