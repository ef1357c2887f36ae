"""A clock that is set while a run is under way, or was wrong all the time: nothing is waited for that long, the rows are the same, and
nothing is paid twice. More by hand: FAULTS_ROUNDS=50 python -m pytest tests/faults/test_clock.py"""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest
from servers.claude import ClaudeServer, Fault

from faults.disturbed import ROUNDS, Undisturbed, asked_messages, ended, environment, recipe, rows, run, stopped
from faults.work import RECIPES

DAY = 24 * 3600
JUMPS = {"a day back": -DAY, "a year on": 365 * DAY}
"""Seconds."""


class Clock:
    """The clock of the processes that have its `environment`."""

    def __init__(self, folder: Path, library: Path) -> None:
        self._file = folder / "clock"
        self.environment = {"LD_PRELOAD": str(library), "CLOCK_AHEAD": str(self._file)}
        self.set(0)

    def set(self, ahead: int) -> None:
        """Let it show so many seconds more than the machine's."""
        content = ahead.to_bytes(8, sys.byteorder, signed=True)
        if self._file.exists():
            with self._file.open("r+b") as file:
                file.write(content)
        else:
            self._file.write_bytes(content)


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    compiler = shutil.which("cc")
    if compiler is None or not sys.platform.startswith("linux"):
        pytest.skip("a clock of one's own needs Linux and a C compiler")
    place = tmp_path_factory.mktemp("clock") / "clock.so"
    subprocess.run([compiler, "-shared", "-fPIC", "-o", place, Path(__file__).with_name("clock.c"), "-ldl"], check=True)
    return place


@pytest.fixture
def clock(tmp_path: Path, library: Path) -> Clock:
    clock = Clock(tmp_path, library)
    clock.set(DAY)
    shown = subprocess.run(
        [sys.executable, "-c", "import datetime, time; print(time.time(), datetime.datetime.now().timestamp())"],
        env=environment(clock.environment),
        capture_output=True,
        text=True,
        check=True,
    )
    assert all(float(moment) > time.time() + DAY / 2 for moment in shown.stdout.split())
    clock.set(0)
    return clock


@pytest.mark.parametrize("jump", JUMPS)
@pytest.mark.parametrize("kind", RECIPES)
def test_a_clock_that_is_set_in_mid_run_changes_nothing(
    kind: str, jump: str, clock: Clock, whole: Callable[[str], Undisturbed], tmp_path: Path
) -> None:
    with ClaudeServer(latency=0.01) as server:
        process = stopped(kind, recipe(kind, tmp_path), tmp_path / "out", server.environment | clock.environment)
        clock.set(JUMPS[jump])
        assert ended(process) == (0, "")
        assert asked_messages(server) == whole(kind).asked
    assert rows(tmp_path / "out") == whole(kind).rows


@pytest.mark.parametrize("jump", JUMPS)
def test_a_batch_is_found_again_whatever_the_clocks_of_both_runs(
    jump: str, clock: Clock, whole: Callable[[str], Undisturbed], tmp_path: Path
) -> None:
    stream, place = Random(jump), recipe("batch", tmp_path)
    with ClaudeServer(latency=0.02) as server:
        for number in range(ROUNDS):
            clock.set(0 if number % 2 else JUMPS[jump])
            with stopped("batch", place, tmp_path / "out", server.environment | clock.environment, at=0) as process:
                assert process.stdin is not None
                process.stdin.close()
                time.sleep(stream.uniform(0, whole("batch").seconds / 2))
                process.send_signal(signal.SIGKILL)
        done = run("batch", place, tmp_path / "out", server.environment)
        assert done.returncode == 0, done.stderr
        assert asked_messages(server) == whole("batch").asked
    assert rows(tmp_path / "out") == whole("batch").rows


def once_lost(server: ClaudeServer, is_it: Callable[[str, str], bool], fault: str | Fault) -> Callable[[int], str | Fault | None]:
    """A fault that the first request meets that `is_it`, by its method and path."""
    met: list[int] = []

    def draw(number: int) -> str | Fault | None:
        entry = server.log[number - 1]
        return None if met or not is_it(entry.method, entry.path) else met.append(number) or fault

    return draw


@pytest.mark.parametrize("jump", JUMPS)
def test_a_batch_whose_id_was_lost_is_found_by_a_clock_that_is_wrong(
    jump: str, clock: Clock, whole: Callable[[str], Undisturbed], tmp_path: Path
) -> None:
    place = recipe("batch", tmp_path)
    clock.set(JUMPS[jump])
    with ClaudeServer() as server:
        server.faults = once_lost(server, lambda method, path: (method, path) == ("POST", "/v1/messages/batches"), "cut")
        done = run("batch", place, tmp_path / "out", server.environment | clock.environment)
        assert done.returncode == 0, done.stderr
        assert asked_messages(server) == whole("batch").asked


@pytest.mark.parametrize("jump", JUMPS)
def test_a_date_to_wait_for_is_one_of_the_servers_clock(jump: str, clock: Clock, tmp_path: Path) -> None:
    """By a clock that is a day late, the run would end and say that it has to wait for a day."""
    place = recipe("claude", tmp_path)
    clock.set(JUMPS[jump])
    with ClaudeServer() as server:
        soon = time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(time.time() + 1))
        server.faults = once_lost(server, lambda method, path: path == "/v1/messages", Fault("429", headers={"retry-after": soon}))
        done = run("claude", place, tmp_path / "out", server.environment | clock.environment)
        assert done.returncode == 0, done.stderr
