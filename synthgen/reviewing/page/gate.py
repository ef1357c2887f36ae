"""What is let in: requests of this machine's own browser, for pages under the token that the command printed. All else is refused.

The token is a part of every path rather than a cookie: browsers send the cookies of 127.0.0.1 to whatever else listens there, on any
port. Nobody who does not know the path can name a page, so that no form of another site reaches one. Host and Origin are checked as
well, against names that are made to lead to this machine (DNS rebinding) and against pages that other ports serve.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from secrets import compare_digest, token_urlsafe
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse, RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

OURS = ("127.0.0.1", "localhost")
"""The names of this machine that a page may be asked for under; the port is any, for one that is forwarded by ssh."""
READS, WRITES = ("GET", "HEAD"), ("POST",)
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; "
        "frame-ancestors 'none'; base-uri 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
"""What every answer says. A policy of no referrer would take the Origin from forms."""
REFUSED = "Refused: {why}.\nOpen the address that the command printed; each start of synthgen review has one of its own.\n"


@dataclass
class Gate:
    """An application that answers only what is let in. `links` are tokens that lead to it once, for what other users of the machine can
    see: the command line of a browser."""

    inner: ASGIApp
    token: str = field(default_factory=lambda: token_urlsafe(24), repr=False)
    links: set[str] = field(default_factory=set, repr=False)

    def link(self) -> str:
        """A path that leads to the page once."""
        self.links.add(once := token_urlsafe(24))
        return f"/{once}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or refuse it."""
        if scope["type"] != "http":
            return
        guarded = _with_headers(send)
        first, _, inner_path = scope["path"].lstrip("/").partition("/")
        if why := self._refusal(scope):
            await PlainTextResponse(REFUSED.format(why=why), 403)(scope, receive, guarded)
        elif not inner_path and first in self.links:
            self.links.discard(first)
            await RedirectResponse(f"/{self.token}/", 303)(scope, receive, guarded)
        elif not compare_digest(first.encode(), self.token.encode()):
            await PlainTextResponse(REFUSED.format(why="no token, or one of an earlier start"), 403)(scope, receive, guarded)
        elif not scope["path"].startswith(f"/{self.token}/"):
            await RedirectResponse(f"/{self.token}/", 303)(scope, receive, guarded)
        else:
            await self.inner({**scope, "root_path": f"/{self.token}"}, receive, guarded)

    def _refusal(self, scope: Scope) -> str:
        """Why a request is refused whatever it asks for; "" where it is not."""
        headers, method = Headers(scope=scope), scope["method"]
        hosts = headers.getlist("host")
        if len(hosts) != 1 or _name(hosts[0]) not in OURS:
            return "the address is not one of this machine"
        if method not in (*READS, *WRITES):
            return f"{method} is not what this page is for"
        page_origin, origins = f"http://{hosts[0].lower()}", headers.getlist("origin")
        if any(origin.lower() != page_origin for origin in origins) or (method in WRITES and len(origins) != 1):
            return "it comes from another page"
        return "it comes from another site" if _crosses(headers, method) else ""


def _crosses(headers: Mapping[str, str], method: str) -> bool:
    """Whether a browser says that another site asks. One may link to a page, whose address it cannot know without being told."""
    elsewhere = headers.get("sec-fetch-site", "none") not in ("none", "same-origin")
    return elsewhere and (method in WRITES or headers.get("sec-fetch-mode") != "navigate")


def _name(host: str) -> str:
    try:
        return (urlsplit(f"//{host}").hostname or "").lower() if "@" not in host and "/" not in host else ""
    except ValueError:
        return ""


def _with_headers(send: Send) -> Send:
    async def sent(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers[name] = value
        await send(message)

    return sent
