"""A store of objects on loopback that speaks S3, as moto does it, and can be told to fail.

    with S3Server() as server, server.bucket("name"):
        monkeypatch the environment with server.environment, and use s3://name/…

`refuse` answers requests with a status, `cut` breaks their connections off in the middle of their bodies, and `hold` lets them wait until
the `with` ends, and be lost. Each names a method and a pattern of the path. `requests` are all that came, in order.
"""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Self

import boto3
from moto.server import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

KEY, SECRET = "AKIALOOPBACKLOOPBACK", "secretOfTheLoopbackServer0123456789ABCDE"
PATIENCE = 300.0
SETTINGS = {"config_kwargs": {"connect_timeout": PATIENCE, "read_timeout": PATIENCE}}
"""What fsspec has to hand to the driver (`fsspec.config.conf["s3"]`): a machine may be busy."""


class _Silent(WSGIRequestHandler):
    def log(self, *arguments: Any) -> None:
        pass


@dataclass
class Fault:
    """What happens to requests of a method on paths that a pattern matches."""

    method: str
    pattern: str
    act: Callable[[dict[str, Any], Any], Iterable[bytes]]
    met: threading.Event = field(default_factory=threading.Event)


class S3Server:
    """The server; it runs in threads of this process, from `with` to the end of it."""

    def __init__(self) -> None:
        self.app = DomainDispatcherApplication(create_backend_app)
        self.faults: list[Fault] = []
        self.requests: list[tuple[str, str]] = []

    def __enter__(self) -> Self:
        self.http: BaseWSGIServer = make_server("127.0.0.1", 0, self._answer, threaded=True, request_handler=_Silent)
        self.http.daemon_threads = True
        self.thread = threading.Thread(target=self.http.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self.thread.start()
        self.endpoint = f"http://127.0.0.1:{self.http.server_port}"
        self.client = boto3.client(
            "s3", endpoint_url=self.endpoint, aws_access_key_id=KEY, aws_secret_access_key=SECRET, region_name="us-east-1"
        )
        return self

    def __exit__(self, *error: object) -> None:
        self.http.shutdown()
        self.http.server_close()
        self.client.close()

    @property
    def environment(self) -> dict[str, str]:
        """What a driver has to find in its environment."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET,
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_MAX_ATTEMPTS": "1",
            "AWS_CONFIG_FILE": "/nowhere",
            "AWS_SHARED_CREDENTIALS_FILE": "/nowhere",
        }

    def objects(self, bucket: str, prefix: str = "") -> dict[str, bytes]:
        """All that is in a bucket, by key."""
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        keys = [entry["Key"] for page in pages for entry in page.get("Contents", [])]
        return {key: self.client.get_object(Bucket=bucket, Key=key)["Body"].read() for key in keys}

    @contextmanager
    def refuse(self, method: str, pattern: str, status: int) -> Iterator[Fault]:
        """Answer with a status."""
        code = {403: "AccessDenied", 503: "SlowDown"}[status]

        def act(environ: dict[str, Any], start: Any) -> Iterable[bytes]:
            environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
            start(f"{status} {HTTPStatus(status).phrase}", [("Content-Type", "application/xml")])
            return [f"<Error><Code>{code}</Code><Message>{code} of {KEY}</Message></Error>".encode()]

        with self._fault(Fault(method, pattern, act)) as fault:
            yield fault

    @contextmanager
    def cut(self, method: str, pattern: str) -> Iterator[Fault]:
        """Break the connection off when half of the body is there."""

        def act(environ: dict[str, Any], start: Any) -> Iterable[bytes]:
            environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0) // 2)
            environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
            raise ConnectionAbortedError

        with self._fault(Fault(method, pattern, act)) as fault:
            yield fault

    @contextmanager
    def hold(self, method: str, pattern: str) -> Iterator[Fault]:
        """Have requests wait, and then be lost; `met` says that the first one waits."""
        go_on = threading.Event()

        def act(environ: dict[str, Any], start: Any) -> Iterable[bytes]:
            go_on.wait(PATIENCE)
            raise ConnectionAbortedError

        try:
            with self._fault(Fault(method, pattern, act)) as fault:
                yield fault
        finally:
            go_on.set()

    @contextmanager
    def _fault(self, fault: Fault) -> Iterator[Fault]:
        self.faults.append(fault)
        try:
            yield fault
        finally:
            self.faults.remove(fault)

    def _answer(self, environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"]
        self.requests.append((method, path))
        for fault in [fault for fault in self.faults if fault.method == method and re.search(fault.pattern, path)]:
            fault.met.set()
            return fault.act(environ, start)
        answered: Iterable[bytes] = self.app(environ, start)
        return answered
