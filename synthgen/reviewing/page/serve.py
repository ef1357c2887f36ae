"""The server: on the loopback of this machine only, until it is stopped."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from synthgen.errors import OutputError
from synthgen.memory import lacks_memory
from synthgen.versions import install_extra

HOST = "127.0.0.1"


@dataclass(frozen=True)
class Up:
    """A server that answers: its `address`, one that leads there `once`, and the `file` that decisions are written to."""

    address: str
    once: str
    file: Path


def serve(folder: str | Path, announce: Callable[[Up], None], *, port: int = 0, by: str = "") -> int:
    """Let people review the output in a folder until the process is interrupted, and return how many decisions were written meanwhile.

    `announce` is called when the server is up. `port` is any that is free unless one is named; `by` is the reviewer (else the page asks).
    Raises OutputError where there is no such output, the port is taken or the extra `review` is not installed, and DataError for decisions
    that cannot be read.
    """
    try:
        import uvicorn

        from synthgen.reviewing.page.gate import Gate
        from synthgen.reviewing.page.pages import Pages, named
    except ImportError as error:
        if lacks_memory(error):
            raise
        hint = f"{install_extra('review', 'starlette', 'uvicorn')}\nor without a page: synthgen review {folder} --terminal"
        raise OutputError(f"the review page needs a package that is not installed: {error.name}", hint) from None
    from synthgen.reviewing.page.desk import ReviewDesk

    if by:
        named(by)
    desk = ReviewDesk.open(folder)
    desk.warm_up()
    before = len(desk.book.review)
    gate = Gate(Pages(desk, by).app())
    with listening_on(port) as listening:
        place = f"http://{HOST}:{listening.getsockname()[1]}"
        config = uvicorn.Config(
            gate, lifespan="off", ws="none", log_config=None, access_log=False, server_header=False, timeout_graceful_shutdown=2
        )
        config.load()  # imports, in which Ctrl-C may be lost, are done before it is announced
        announce(Up(f"{place}/{gate.token}/", f"{place}{gate.link()}", desk.file))
        with suppress(KeyboardInterrupt):  # that is how it is stopped
            uvicorn.Server(config).run(sockets=[listening])
    return len(desk.book.review) - before


def listening_on(port: int, host: str = HOST) -> socket.socket:
    """A socket that listens on the loopback, or at another address. It says that it is one of TCP, or asyncio would not send small parts of
    a page at once: the browser would wait 40 ms for each. Raises OutputError."""
    listening = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        if os.name == "posix":
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
        listening.listen(64)
    except (OSError, OverflowError) as error:
        listening.close()
        what = getattr(error, "strerror", None) or str(error)
        place = f"port {port}" if host == HOST else f"{host}, port {port}"
        raise OutputError(f"{place} cannot be used: {what}", "name another: --port N, or none for any that is free") from None
    return listening
