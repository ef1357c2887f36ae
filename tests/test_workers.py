"""Work that is done apart: in this process, and in several."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from synthgen.engine.workers import AHEAD, InProcess, Processes, Workers
from synthgen.errors import DataError

HANG = 60


@pytest.fixture(params=[1, 3])
def workers(request: pytest.FixtureRequest) -> Iterator[Workers]:
    started: Workers = Processes(request.param) if request.param > 1 else InProcess()
    yield started
    started.close()


class Double:
    """Twice a number, where it is not the one that fails; it says in which process."""

    def __init__(self, wrong: int = -1) -> None:
        self.wrong, self.starter = wrong, os.getpid()

    def __call__(self, number: int) -> tuple[int, bool]:
        if number == self.wrong:
            raise DataError(f"{number} is wrong", "take another")
        time.sleep(0.01)
        return 2 * number, os.getpid() == self.starter


class Deadly(Double):
    """The same, but one number ends the process that works on it, unless that is the one that wants the results."""

    def __call__(self, number: int) -> tuple[int, bool]:
        if number == 3 and os.getpid() != self.starter:
            os.kill(os.getpid(), signal.SIGKILL if os.name == "posix" else signal.SIGTERM)
        if os.getpid() == self.starter:
            time.sleep(0.1)
        return super().__call__(number)


def wait_for(marker: Path) -> None:
    deadline = time.monotonic() + HANG
    while not marker.exists() and time.monotonic() < deadline:
        time.sleep(0.01)


def slow_elsewhere(item: tuple[int, int, str]) -> bool:
    """Whether another process than the starter did it; that one leaves work to the others until they have begun."""
    _, starter, marker = item
    if os.getpid() == starter:
        wait_for(Path(marker))
        return False
    Path(marker).touch()
    return True


def test_results_come_in_the_order_of_the_items(workers: Workers) -> None:
    assert [result for result, _ in workers.map(Double(), range(40))] == [2 * number for number in range(40)]
    assert [result for result, _ in workers.map(Double(), range(3))] == [0, 2, 4]
    assert list(workers.map(Double(), [])) == []


def test_other_processes_work_too(tmp_path: Path) -> None:
    workers = Processes(2)
    elsewhere = list(workers.map(slow_elsewhere, [(number, os.getpid(), str(tmp_path / "begun")) for number in range(8)]))
    workers.close()
    assert any(elsewhere)


def test_items_are_taken_a_few_ahead_only(workers: Workers) -> None:
    taken = []

    def items() -> Iterator[int]:
        for number in range(1000):
            taken.append(number)
            yield number

    results = workers.map(Double(), items())
    assert next(results)[0] == 0
    assert len(taken) <= AHEAD * workers.count
    getattr(results, "close", list)()


def test_an_error_is_raised_in_its_place(workers: Workers) -> None:
    results = workers.map(Double(5), range(10))
    assert [next(results)[0] for _ in range(5)] == [0, 2, 4, 6, 8]
    with pytest.raises(DataError, match="5 is wrong") as raised:
        next(results)
    assert raised.value.hint == "take another"


def test_what_a_killed_process_was_at_is_done_again() -> None:
    workers = Processes(3)
    assert [result for result, _ in workers.map(Deadly(), range(16))] == [2 * number for number in range(16)]
    assert [result for result, _ in workers.map(Deadly(), range(16))] == [2 * number for number in range(16)]
    workers.close()


SCRIPT = """
import sys
from test_workers import Double
from synthgen.engine.workers import Processes
workers = Processes(2)
for number, (result, _) in enumerate(workers.map(Double(), range(10**6))):
    if number == 50:
        print(workers._helpers[0].process.pid, flush=True)
"""


@pytest.mark.skipif(os.name != "posix", reason="signals")
@pytest.mark.parametrize("sent", [signal.SIGKILL, signal.SIGINT])
def test_no_process_outlives_who_started_it(sent: signal.Signals) -> None:
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    starter = subprocess.Popen(
        [sys.executable, "-c", SCRIPT],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=environment,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # a job in the background of a shell is deaf to it
    )
    assert starter.stdout
    other = int(starter.stdout.readline())
    starter.send_signal(sent)
    starter.wait(HANG)
    starter.stdout.close()
    deadline = time.monotonic() + HANG
    while _lives(other) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not _lives(other)


def _lives(process: int) -> bool:
    """Whether a process is there; one that only waits to be taken leave of is not."""
    try:
        return (
            Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
            if Path("/proc").exists()
            else not os.kill(process, 0)
        )
    except OSError:
        return False
