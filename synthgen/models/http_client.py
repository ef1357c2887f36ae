"""JSON that is sent to a server: no redirect is followed, no cookie is kept, and no more of an answer is read than a limit allows."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit

from synthgen.models.app_wire import short
from synthgen.spec.addresses import is_loopback

if TYPE_CHECKING:
    import httpx2

PROVIDER_KEYS = {
    "openai": ("OPENAI_API_KEY", "OPENAI_BASE_URL", "api.openai.com"),
    "anthropic": ("ANTHROPIC_API_KEY", "ANTHROPIC_BASE_URL", "api.anthropic.com"),
}
"""The variables with the keys of others, and of where their servers are, which alone get them; and where these are otherwise."""
LARGEST = 1_000_000
"""Bytes of an answer."""
IDLE = 2.0
"""Seconds for which a connection is kept that is not used: servers close theirs after five or more, which a request must not run into."""


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """What a server answered: its status and the phrase for it, its headers, its media type, and its text (None where there is too much, or
    where it is a stream, which is not read)."""

    status: int
    phrase: str
    headers: Mapping[str, str]
    kind: str
    text: str | None


@dataclass(frozen=True, slots=True)
class NoHttpAnswer:
    """Why there is no answer. `what` this is: `unreachable`, where nobody answers; `passing`, so that another try may help; `final`."""

    message: str
    hint: str = ""
    what: Literal["unreachable", "passing", "final"] = "final"


@dataclass
class HttpClient:
    """A client for the server at `url`, with so many connections at most. It belongs to the event loop that first asks."""

    url: str
    connections: int
    _client: httpx2.AsyncClient | None = field(default=None, init=False)

    @property
    def _opened(self) -> httpx2.AsyncClient:
        if self._client is None:
            from http.cookiejar import CookieJar, DefaultCookiePolicy

            import httpx2

            parts = urlsplit(self.url)
            self._client = httpx2.AsyncClient(
                follow_redirects=False,
                timeout=None,
                trust_env=not is_loopback(parts.hostname),  # a proxy cannot reach this machine
                verify=parts.scheme == "https",
                cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
                limits=httpx2.Limits(max_connections=self.connections, keepalive_expiry=IDLE),
            )
        return self._client

    async def close(self) -> None:
        """Let go of its connections."""
        if self._client is not None:
            await self._client.aclose()
            self._client = None

    async def ask(self, method: str, url: str, headers: Mapping[str, str], content: bytes | None = None) -> HttpAnswer | NoHttpAnswer:
        """What a request comes to. How long it may take is the caller's to say."""
        import httpx2

        try:
            return await self._answer(method, url, headers, content)
        except (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.ProxyError) as error:
            return NoHttpAnswer(f"nobody answers there ({short(str(error)) or type(error).__name__})", what="unreachable")
        except (httpx2.UnsupportedProtocol, httpx2.LocalProtocolError, httpx2.InvalidURL, UnicodeError):
            return NoHttpAnswer("the request cannot be sent", "look for odd letters in the address and the headers")
        except httpx2.TransportError:
            return NoHttpAnswer("the connection was lost", what="passing")
        except (httpx2.HTTPError, httpx2.StreamError):
            return NoHttpAnswer("its answer cannot be read")
        except OSError as error:  # such as certificates that are not there
            return NoHttpAnswer(f"the request cannot be sent: {short(str(error))}")

    async def _answer(self, method: str, url: str, headers: Mapping[str, str], content: bytes | None) -> HttpAnswer:
        async with self._opened.stream(method, url, content=content, headers=dict(headers)) as response:
            kind = response.headers.get("content-type", "").partition(";")[0].strip().casefold()
            streams = kind == "text/event-stream" and response.status_code < 300
            raw = None if streams else await _content(response)
        text = None if raw is None else raw.decode("utf-8", "replace")
        return HttpAnswer(response.status_code, response.reason_phrase, response.headers, kind, text)


async def _content(response: Any) -> bytes | None:
    """The content of an answer; None where there is too much."""
    raw = bytearray()
    async for chunk in response.aiter_bytes():
        raw += chunk
        if len(raw) > LARGEST:
            return None
    return bytes(raw)


def provider_key(form: str, url: str) -> str:
    """The key of a provider in the environment, where the address is of a server of theirs, or of the one that stands for it."""
    if form not in PROVIDER_KEYS:
        return ""
    name, base, host = PROVIDER_KEYS[form]
    theirs = {host, urlsplit(os.environ.get(base, "")).netloc.casefold()} - {""}
    return os.environ.get(name, "") if urlsplit(url).netloc.casefold() in theirs else ""
