"""A server on loopback that answers as it is told, whatever the API would say."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

Answers = Mapping[str, Any]
"""By the last word of a path (`messages`, `count_tokens`, `results`, …): bytes, a JSON value, or what makes one of the request's body."""


@contextmanager
def anything(answers: Answers) -> Iterator[str]:
    """The address of a server with these answers; what is not among them is not found. The answer to a path that ends in a name, such as
    that of a model, is under the word before the name."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            words = self.path.partition("?")[0].strip("/").split("/")
            told = next((answers[word] for word in reversed(words[-2:]) if word in answers), None)
            answer = told(body) if isinstance(told, Callable) else told  # type: ignore[arg-type]
            raw = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
            self.send_response(404 if told is None else 200)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        do_POST = do_GET  # noqa: N815

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
