"""Applications under test on loopback, strict about what they are sent: slow, busy, broken, elsewhere, talking nonsense, hanging up."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import Any

PLAIN = {"message": str, "session": str, "history": list}
"""What a body of the plain form holds."""


@dataclass
class Reaction:
    """How a request is answered: with this status, JSON value (or bytes, or text) and headers, after `wait` seconds; or the line goes dead
    (`hang_up`) before a word, or `halfway`."""

    body: Any = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    wait: float = 0.0
    hang_up: bool = False
    halfway: bool = False


@dataclass
class Asked:
    """A request: its path, its headers (names in small letters), its body."""

    path: str
    headers: dict[str, str]
    body: Any


@dataclass
class AppServer:
    """The server's address, what it was asked, and how many requests were under way at a time, at most."""

    address: str = ""
    asked: list[Asked] = field(default_factory=list)
    most: int = 0

    @property
    def messages(self) -> list[str]:
        """The messages of the plain form, in the order in which they came."""
        return [asked.body["message"] for asked in self.asked]


Answer = Callable[[Asked, int], Reaction | Any]
"""What makes an answer of a request and its number, the first is 0: a reaction, or a JSON value."""


@contextmanager
def app_server(answer: Answer, *, strict: bool = True) -> Iterator[AppServer]:
    """A server that answers so. A strict one takes nothing but the plain form."""
    server, lock, under_way = AppServer(), Lock(), 0

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            nonlocal under_way
            raw = self.rfile.read(int(self.headers.get("content-length") or 0))
            asked = Asked(self.path, {name.lower(): value for name, value in self.headers.items()}, json.loads(raw or b"null"))
            with lock:
                number = len(server.asked)
                server.asked.append(asked)
                under_way += 1
                server.most = max(server.most, under_way)
            wrong = _wrong(asked) if strict else ""
            found = Reaction({"detail": wrong}, 422) if wrong else answer(asked, number)
            reaction = found if isinstance(found, Reaction) else Reaction(found)
            time.sleep(reaction.wait)
            with lock:
                under_way -= 1
            with suppress(OSError):  # who asked may have gone
                self._react(reaction)

        do_GET = do_PUT = do_POST  # noqa: N815

        def _react(self, reaction: Reaction) -> None:
            if reaction.hang_up:
                self.close_connection = True
                self.connection.shutdown(socket.SHUT_RDWR)
                return
            body = reaction.body.encode() if isinstance(reaction.body, str) else reaction.body
            body = body if isinstance(body, bytes) else json.dumps(body).encode()
            self.send_response(reaction.status)
            headers = {"content-type": "application/json", "content-length": str(len(body))} | dict(reaction.headers)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body[: len(body) // 2] if reaction.halfway else body)
            if reaction.halfway:
                self.close_connection = True
                self.connection.shutdown(socket.SHUT_RDWR)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        http.daemon_threads = True
        thread = Thread(target=http.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        server.address = f"http://127.0.0.1:{http.server_port}/chat"
        yield server
        http.shutdown()


def refused(status: int, message: str) -> Reaction:
    """An error as servers of models tell it."""
    return Reaction({"error": {"message": message, "code": status}}, status)


def wrong_request(asked: Asked, model: str, taken: Mapping[str, type | tuple[type, ...]], refuses: Collection[str]) -> str:
    """Why a server of a `model` does not take a request: it is no JSON of keys and types that are `taken`."""
    body = asked.body
    if asked.headers.get("content-type") != "application/json" or not isinstance(body, dict):
        return "the body is not JSON"
    if unknown := [key for key in body if key not in taken or key in refuses]:
        return f"Unrecognized request argument supplied: {unknown[0]}"
    kinds = {key: kind if isinstance(kind, tuple) else (kind,) for key, kind in taken.items()}
    if wrong := [key for key, value in body.items() if type(value) not in kinds[key]]:
        return f"of another type: {', '.join(wrong)}"
    if body.get("model") != model:
        return f"The model `{body.get('model')}` does not exist."
    return "" if 0 <= body.get("seed", 0) < 2**31 else "a value that is not allowed"


def nobody() -> str:
    """An address at which nobody answers."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{free.getsockname()[1]}/chat"


def _wrong(asked: Asked) -> str:
    """Why this is no request of the plain form."""
    if asked.headers.get("content-type") != "application/json":
        return "the content-type is not application/json"
    if not isinstance(asked.body, dict) or asked.body.keys() != PLAIN.keys():
        return "the body does not have message, session and history"
    if wrong := [name for name, kind in PLAIN.items() if not isinstance(asked.body[name], kind)]:
        return f"of another type: {', '.join(wrong)}"
    if not asked.body["session"]:
        return "the session has no name"
    turns = asked.body["history"]
    roles = ["user", "assistant"] * (len(turns) // 2)
    if [turn.get("role") for turn in turns] != roles or not all(turn.keys() == {"role", "content"} for turn in turns):
        return "the history is not that of user and assistant by turns"
    return ""
