"""Too little memory, at any moment of a command: it is told in words, and with enough the same command goes on. More by hand:
FAULTS_ROUNDS=50 python -m pytest tests/faults/test_memory.py"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from faults.disturbed import HANGS, LOST, ROUNDS, environment, rows

resource = pytest.importorskip("resource", reason="limits of memory need Unix")
FACTS = """\
name: facts
tables:
  people:
    rows: 10000
    fields:
      id: {kind: id}
      name: {kind: fake, provider: name}
      n: {kind: number, between: [1, 100]}
    keep: [{kind: unique, field: id}]
"""
LOADED = """\
name: loaded
tables:
  logs:
    rows: all
    fields:
      text: {kind: load, file: logs.jsonl, field: text}
"""
TYPED = """\
name: typed
tables:
  chat:
    rows: 3
    fields:
      message: {kind: typed, like: logs.jsonl}
"""
LIMITS = {
    "check facts.yaml": (0, 1, 2, 40),
    "check typed.yaml": (10, 1, 40),
    "make facts.yaml": (5, 1, 10, 20),
    "make loaded.yaml": (20, 1, 10, 40),
    "look outputs/facts --rows 10000": (5, 1, 10),
    "measure logs.jsonl": (5, 1, 10),
}
"""Megabytes beside what the libraries take: first so many as are too few, or end the work in its middle."""


def run(program: list[str], command: str, folder: Path, megabytes: int | None = None) -> subprocess.CompletedProcess[str]:
    """A command, which gets no more than so much address space."""
    limit = None if megabytes is None else (megabytes << 20, megabytes << 20)
    return subprocess.run(
        [sys.executable, *program, *command.split()],
        cwd=folder,
        env=environment(),
        preexec_fn=limit and (lambda: resource.setrlimit(resource.RLIMIT_AS, limit)),
        capture_output=True,
        text=True,
        check=False,
        timeout=HANGS,
    )


def from_its_start(command: str, folder: Path, megabytes: int) -> subprocess.CompletedProcess[str]:
    """A command that gets no more than so much memory, its libraries included."""
    return run(["-m", "synthgen"], command, folder, megabytes)


def within_its_work(command: str, folder: Path, megabytes: int) -> subprocess.CompletedProcess[str]:
    """A command that gets no more than so much memory beside what its libraries take."""
    return run([str(Path(__file__).with_name("limited.py")), str(megabytes)], command, folder)


def is_told(done: subprocess.CompletedProcess[str]) -> bool:
    """Whether a command had enough memory; if not, it ended with words that say so."""
    assert LOST not in done.stderr, done.stderr
    assert done.returncode in (0, 1, -signal.SIGABRT), (done.returncode, done.stderr)  # Arrow aborts, with words of its own
    assert done.returncode == 0 or "memory" in done.stderr.casefold() or "bad_alloc" in done.stderr, done.stderr
    return done.returncode != 0


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if not sys.platform.startswith("linux"):
        pytest.skip("elsewhere the limit is not kept")
    folder = tmp_path_factory.mktemp("memory")
    for name, recipe in (("facts", FACTS), ("loaded", LOADED), ("typed", TYPED)):
        (folder / f"{name}.yaml").write_text(recipe)
    with (folder / "logs.jsonl").open("w") as file:
        for number in range(30_000):
            file.write(json.dumps({"text": f"where is my parcel {number} it has not come" + " hm" * (number % 30)}) + "\n")
    return folder


@pytest.mark.parametrize("command", LIMITS)
def test_too_little_memory_is_told(command: str, place: Path) -> None:
    if command.startswith("look"):
        assert run(["-m", "synthgen"], "make facts.yaml --fresh", place).returncode == 0
    limits = LIMITS[command] if ROUNDS > 3 else LIMITS[command][:1]
    ends = [is_told(within_its_work(command, place, megabytes)) for megabytes in limits]
    assert True in ends, "there was always enough"


@pytest.mark.parametrize("megabytes", [30, 42])
def test_a_program_that_cannot_begin_says_why(megabytes: int, place: Path) -> None:
    done = from_its_start("check facts.yaml", place, megabytes)
    assert is_told(done)
    assert done.stderr.startswith("error: there is not enough memory for this\n"), done.stderr
    assert len(done.stderr.splitlines()) == 2


@pytest.mark.skipif(ROUNDS <= 3, reason="where memory ends within an import, what is written in C may end the program: FAULTS_ROUNDS=4")
@pytest.mark.parametrize("command", LIMITS)
def test_a_limit_from_the_start_is_told(command: str, place: Path) -> None:
    for megabytes in range(30, 1200, 30):
        if not is_told(from_its_start(command, place, megabytes)):
            return


def test_what_was_finished_is_kept(place: Path, tmp_path: Path) -> None:
    assert run(["-m", "synthgen"], f"make facts.yaml --out {tmp_path}/whole", place).returncode == 0
    for megabytes in (20, 5):
        is_told(within_its_work(f"make facts.yaml --out {tmp_path}/out", place, megabytes))
    done = run(["-m", "synthgen"], f"make facts.yaml --out {tmp_path}/out", place)
    assert done.returncode == 0, done.stderr
    assert rows(tmp_path / "out") == rows(tmp_path / "whole")
