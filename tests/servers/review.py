"""The page of a review on a port of its own: in a thread, or as the command that people run, which can be killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import uvicorn

from synthgen.reviewing.page.desk import ReviewDesk
from synthgen.reviewing.page.gate import Gate
from synthgen.reviewing.page.pages import Pages
from synthgen.reviewing.page.serve import listening_on


@contextmanager
def served(output: Path) -> Iterator[str]:
    """The address of an output's page, served by a thread."""
    gate = Gate(Pages(ReviewDesk.open(output)).app())
    with listening_on(0) as listening:
        server = uvicorn.Server(uvicorn.Config(gate, lifespan="off", ws="none", log_config=None, timeout_graceful_shutdown=1))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}/{gate.token}/"
        finally:
            server.should_exit = True
            thread.join()


@dataclass
class Command:
    """`synthgen review OUTPUT`, and the address that it printed."""

    process: subprocess.Popen[str]
    address: str

    def kill(self) -> None:
        """kill -9."""
        self.process.kill()
        self.process.wait()

    def stop(self) -> str:
        """Ctrl-C: what it printed at the end."""
        self.process.send_signal(signal.SIGINT)
        told = self.process.communicate()[1]
        assert self.process.returncode == 0, told
        return told


@contextmanager
def command(output: Path, *options: str, by: Sequence[str] = ()) -> Iterator[Command]:
    """The command, until it is left; started `by` another program, where one is named."""
    asked = [*by, sys.executable, "-m", "synthgen", "review", str(output), "--no-browser", *options]
    process = subprocess.Popen(asked, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ | {"PYTHONUNBUFFERED": "1"})
    assert process.stdout
    try:
        yield Command(process, process.stdout.readline().strip())
    finally:
        process.kill()
        process.communicate()
