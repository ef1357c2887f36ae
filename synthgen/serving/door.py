"""What is let in: requests of programs on this machine, or with the token. All else is refused, in the form that the API has for errors.

Whoever can ask costs money, where Claude settles the messages. A page in a browser must not: its requests name where they come from
(Origin), or are of a kind that a form can send, and a name that was made to lead to this machine (DNS rebinding) is not one of its own.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from secrets import compare_digest
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from synthgen.serving.chat import RequestError

LARGEST = 4_000_000
"""Bytes of a request."""
READ = 8 * LARGEST
"""Bytes up to which one is read, and not kept: a client that is cut off while it sends never reads why."""
SLOWEST = 60.0
"""Seconds in which a request has to be there."""
LOCAL = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True)
class Door:
    """An application that answers only what is let in: with a `token`, whoever knows it; else who asks for this machine by its name."""

    inner: ASGIApp
    token: str = ""
    hosts: Sequence[str] = LOCAL

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or refuse it."""
        if scope["type"] != "http":
            return
        try:
            self._check(Headers(scope=scope), scope["method"])
            body = await _body(receive)
        except RequestError as error:
            await JSONResponse(error.body(), error.status)(scope, receive, send)
            return
        replayed = False

        async def body_received() -> Message:
            nonlocal replayed
            if replayed:
                return await receive()  # that the client has gone
            replayed = True
            return {"type": "http.request", "body": body, "more_body": False}

        await self.inner(scope, body_received, send)

    def _check(self, headers: Headers, method: str) -> None:
        """Refuse what is not let in. Raises RequestError."""
        if self.token:
            kind, _, token = headers.get("authorization", "").partition(" ")
            if kind.lower() != "bearer" or not compare_digest(
                token.strip().encode("utf-8", "replace"), self.token.encode("utf-8", "replace")
            ):
                raise RequestError(
                    "the token is missing or wrong", "give the one of the server as api_key", status=401, code="invalid_api_key"
                )
        elif len(hosts := headers.getlist("host")) != 1 or _name(hosts[0]) not in self.hosts:
            raise RequestError("the address is not one of this machine", "ask for 127.0.0.1", status=403, code="host")
        if "origin" in headers or headers.get("sec-fetch-site", "none") not in ("none", "same-origin"):
            raise RequestError("a page in a browser asks", "ask from a program", status=403, code="origin")
        if method == "POST" and headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
            raise RequestError("the body is not declared as JSON", "content-type: application/json", status=415, code="content_type")
        length = headers.get("content-length", "0")
        if not length.isascii() or not length.isdigit() or len(length) > 12 or int(length) > READ:
            raise _too_large()


async def _body(receive: Receive) -> bytes:
    """The whole body of a request. Raises RequestError."""
    parts, size = list[bytes](), 0
    try:
        async with asyncio.timeout(SLOWEST):
            while True:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise RequestError("the client has gone")
                part = message.get("body", b"")
                size += len(part)
                if size > READ:
                    raise _too_large()
                if size <= LARGEST:
                    parts.append(part)
                if not message.get("more_body", False):
                    break
    except TimeoutError:
        raise RequestError("the request took too long to come", status=408, code="slow") from None
    if size > LARGEST:
        raise _too_large()
    return b"".join(parts)


def _too_large() -> RequestError:
    return RequestError(f"a request may have {LARGEST:,} bytes", "send less of the talk", status=413, code="too_large")


def _name(host: str) -> str:
    try:
        return (urlsplit(f"//{host}").hostname or "").lower() if "@" not in host and "/" not in host else ""
    except ValueError:
        return ""
