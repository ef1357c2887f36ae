"""A recipe's users on a port of their own: in threads, with models of a test, or as the command that people run."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import uvicorn

from synthgen.models import Journal, Journalled, Model
from synthgen.recipe import load
from synthgen.reviewing.page.serve import listening_on
from synthgen.serving.desk import TalkDesk
from synthgen.serving.door import Door
from synthgen.serving.talking import TalkEnd
from synthgen.serving.users import made_users, talk_plan
from synthgen.serving.wire import UserApi

SECONDS = 60


@dataclass
class Answered:
    """The status and the body of an answer."""

    status: int
    body: Any
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """What the user typed."""
        assert self.status == 200, self.body
        return str(self.body["choices"][0]["message"]["content"])


@dataclass
class UserServer:
    """A server that answers at `url` (with /v1)."""

    url: str
    desk: TalkDesk | None = None

    def post(self, path: str, body: Any, **headers: str) -> Answered:
        """Send a body, as JSON unless it is bytes."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        sent = {"content-type": "application/json"} | {name.replace("_", "-"): value for name, value in headers.items()}
        try:
            with urlopen(Request(self.url.removesuffix("/v1") + path, data, sent), timeout=SECONDS) as answer:
                text = answer.read().decode()
                return Answered(answer.status, json.loads(text) if text.startswith("{") else text, dict(answer.headers))
        except HTTPError as error:
            return Answered(error.code, json.loads(error.read()), dict(error.headers))

    def chat(self, *turns: str, system: str = "", **more: Any) -> Answered:
        """The next message of a talk whose turns, the assistant's first, are told with their roles flipped, as harnesses do."""
        roles = ["user", "assistant"]
        messages = [{"role": roles[number % 2], "content": text} for number, text in enumerate(turns)]
        messages = [{"role": "system", "content": system}, *messages] if system else messages
        return self.post("/v1/chat/completions", {"model": "synthgen", "messages": messages, **more})


@contextmanager
def served_users(
    recipe: Path, models: Mapping[str, Model], *, rows: int = 4, settled: bool = True, given_goals: bool = False, token: str = ""
) -> Iterator[UserServer]:
    """The users of a recipe, served by threads."""
    ready, over, desks = threading.Event(), threading.Event(), list[TalkDesk]()

    def work() -> None:
        try:
            loaded = load(recipe)
            journal = Journal(None)
            journalled = {name: Journalled(model, journal) for name, model in models.items()}
            users = made_users(loaded, talk_plan(loaded), journalled, rows, lambda tick: None)
            desks.append(TalkDesk(users, journalled, TalkEnd(), settled=settled, given_goals=given_goals))
        finally:
            ready.set()
        desks[0].work(over.is_set)
        journal.close()

    worker = threading.Thread(target=work)
    worker.start()
    assert ready.wait(SECONDS)
    with listening_on(0) as listening:
        door = Door(UserApi(desks[0]).app(), token)
        server = uvicorn.Server(uvicorn.Config(door, lifespan="off", ws="none", log_config=None, timeout_graceful_shutdown=1))
        web = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        web.start()
        try:
            yield UserServer(f"http://127.0.0.1:{listening.getsockname()[1]}/v1", desks[0])
        finally:
            over.set()
            worker.join()
            server.should_exit = True
            web.join()


@contextmanager
def serve_command(recipe: Path, *options: str, **environment: str) -> Iterator[tuple[subprocess.Popen[str], UserServer]]:
    """`synthgen serve RECIPE`, until it is left, and the server that it is."""
    asked = [sys.executable, "-m", "synthgen", "serve", str(recipe), *options]
    usual = {name: value for name, value in os.environ.items() if not name.startswith("ANTHROPIC_")}
    process = subprocess.Popen(
        asked,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=usual | {"PYTHONUNBUFFERED": "1"} | environment,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # it may be ignored here
    )
    assert process.stdout
    try:
        yield process, UserServer(process.stdout.readline().strip())
    finally:
        process.kill()
        process.communicate()


def stopped(process: subprocess.Popen[str], by: signal.Signals) -> tuple[int, str]:
    """The exit code of a command that was told to end, and what it printed on its way."""
    process.send_signal(by)
    told = process.communicate(timeout=SECONDS)[1]
    return process.returncode, told
