"""The server of users: models opened, rows made, requests answered until it is stopped."""

from __future__ import annotations

import ipaddress
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from synthgen.dataset import Output
from synthgen.errors import ModelError, OutputError
from synthgen.making.runs import Watch, open_models, shared_journal
from synthgen.models import Budget, Journalled, Model, is_paid
from synthgen.recipe import Loaded
from synthgen.reviewing.page.serve import listening_on
from synthgen.serving.desk import TalkDesk
from synthgen.serving.talking import TalkEnd
from synthgen.serving.users import made_users, talk_plan
from synthgen.versions import install_extra

if TYPE_CHECKING:
    import uvicorn

TOKEN = "SYNTHGEN_SERVE_TOKEN"  # noqa: S105 (the name of a variable of the environment)
SHORT_TOKEN = 16


@dataclass(frozen=True)
class ServeOptions:
    """How users are served: at which address (`host`, `port`; 0: any that is free), for whoever knows the `token` (""; this machine); the
    users of so many `rows` of which `table` (None: the first with a conversation); behind what text a talk is over (`stop`); whether they
    want what their row says, or what the harness says (`goal`); for at most `max_cost` US dollars; and by these `models` in place of the
    recipe's."""

    host: str = "127.0.0.1"
    port: int = 0
    token: str = ""
    rows: int = 20
    table: str | None = None
    stop: str = "###STOP###"
    goal: Literal["recipe", "harness"] = "recipe"
    max_cost: float | None = None
    models: Mapping[str, Model] | None = None


@dataclass(frozen=True)
class ServerUp:
    """A server that answers: its `address` as harnesses want it (with /v1), how many `users` it has, of which `table`, and why what they
    type is settled by no model (`keyless`; "" where one settles it)."""

    address: str
    users: int
    table: str
    keyless: str


def serve_users(loaded: Loaded, output: Output, how: ServeOptions, announce: Callable[[ServerUp], None], watch: Watch) -> dict[str, int]:
    """Answer harnesses as the users of a recipe until the process is interrupted; how many messages each row's user typed. `announce` is
    called when the server is up, `watch` told how far its rows are. Raises SynthgenError."""
    try:
        import uvicorn

        from synthgen.serving.door import Door
        from synthgen.serving.wire import UserApi
    except ImportError as error:
        raise OutputError(
            f"serving needs a package that is not installed: {error.name}", install_extra("review", "starlette", "uvicorn")
        ) from None
    _check_address(how)
    talks = talk_plan(loaded, how.table)
    names = talks.plan.models | {talks.field.by, talks.field.typist}
    opened = open_models(loaded, names, how.models, Budget(how.max_cost))
    keyless = _keyless(opened[talks.field.by])
    with listening_on(how.port, how.host) as listening, shared_journal(output, "serve") as journal:
        models = {name: Journalled(model, journal) for name, model in opened.items()}
        users = made_users(loaded, talks, models, how.rows, watch)
        desk = TalkDesk(users, models, TalkEnd(how.stop), settled=not keyless, given_goals=how.goal == "harness")
        door = Door(UserApi(desk).app(), how.token)
        config = uvicorn.Config(
            door, lifespan="off", ws="none", log_config=None, access_log=False, server_header=False, timeout_graceful_shutdown=2
        )
        config.load()  # imports, in which Ctrl-C may be lost, are done before it is announced
        with _answering(uvicorn.Server(config), listening) as stopped:
            host, port = listening.getsockname()[:2]
            announce(ServerUp(f"http://{f'[{host}]' if ':' in host else host}:{port}/v1", len(users.rows), talks.table, keyless))
            with suppress(KeyboardInterrupt):  # that is how it is stopped
                desk.work(stopped)
        return desk.served


@contextmanager
def _answering(server: uvicorn.Server, listening: socket.socket) -> Iterator[Callable[[], bool]]:
    """The server in a thread of its own: models and journal stay with the one that signals reach. What it gives says whether the thread
    has ended."""
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, name="serve", daemon=True)
    thread.start()
    try:
        yield lambda: not thread.is_alive()
    finally:
        server.should_exit = True
        thread.join(timeout=10)


def _keyless(model: Model) -> str:
    """Why a model cannot settle messages, if it cannot."""
    if is_paid(model):
        try:
            model.check_key()
        except ModelError as error:
            return error.message
    return ""


def is_loopback(host: str) -> bool:
    """Whether only this machine can ask at an address."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _check_address(how: ServeOptions) -> None:
    """Refuse to be asked by other machines without a token. Raises OutputError."""
    if how.token and len(how.token) < SHORT_TOKEN:
        raise OutputError(f"the token in {TOKEN} has fewer than {SHORT_TOKEN} characters", f"export {TOKEN}=$(openssl rand -hex 24)")
    if not how.token and not is_loopback(how.host):
        raise OutputError(
            f"--host {how.host} lets other machines ask, and each answer may cost money",
            f"export {TOKEN}=$(openssl rand -hex 24); clients give it as their api_key",
        )
