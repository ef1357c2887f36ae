"""Too little memory, at any moment of a command: it is told in words, and with enough the same command goes on. More by hand:
FAULTS_ROUNDS=50 python -m pytest tests/faults/test_memory.py"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from faults.disturbed import LOST, ROUNDS, environment, rows

resource = pytest.importorskip("resource", reason="limits of memory need Unix")
FACTS = """\
name: facts
tables:
  people:
    rows: 30000
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
    "check facts.yaml": (60, 90),
    "check loaded.yaml": (90, 150),
    "check typed.yaml": (150, 500),
    "make facts.yaml": (150, 400, 500),
    "make loaded.yaml": (350, 450),
    "look outputs/facts --rows 20000": (300,),
    "measure logs.jsonl": (120, 200),
}
"""Megabytes of address space, some of which are too few."""


def limited(command: str, folder: Path, megabytes: int) -> subprocess.CompletedProcess[str]:
    """A command that gets no more than so much memory."""
    return subprocess.run(
        [sys.executable, "-m", "synthgen", *command.split()],
        cwd=folder,
        env=environment({"OPENBLAS_NUM_THREADS": "1"}),
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (megabytes << 20, megabytes << 20)),
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if not sys.platform.startswith("linux"):
        pytest.skip("elsewhere the limit is not kept")
    folder = tmp_path_factory.mktemp("memory")
    for name, recipe in (("facts", FACTS), ("loaded", LOADED), ("typed", TYPED)):
        (folder / f"{name}.yaml").write_text(recipe)
    with (folder / "logs.jsonl").open("w") as file:
        for number in range(150_000):
            file.write(json.dumps({"text": f"where is my parcel {number} it has not come" + " hm" * (number % 30)}) + "\n")
    return folder


@pytest.mark.skipif(ROUNDS <= 3, reason="where memory ends within an import, Python itself may lose the reason: by hand, FAULTS_ROUNDS=4")
@pytest.mark.parametrize("command", LIMITS)
def test_too_little_memory_is_told(command: str, place: Path) -> None:
    if command.startswith("look"):
        assert limited("make facts.yaml", place, 100_000).returncode == 0
    for megabytes in sorted({*range(40, 1200, 40), *LIMITS[command]}):
        done = limited(command, place, megabytes)
        assert LOST not in done.stderr, done.stderr
        assert done.returncode in (0, 1, -signal.SIGABRT), done.stderr  # what is written in Rust ends itself, with words of its own
        assert done.returncode == 0 or "memory" in done.stderr.casefold(), done.stderr


def test_what_was_finished_is_kept(place: Path, tmp_path: Path) -> None:
    assert limited(f"make facts.yaml --out {tmp_path}/whole", place, 100_000).returncode == 0
    for megabytes in (420, 400, 380):
        limited(f"make facts.yaml --out {tmp_path}/out", place, megabytes)
    done = limited(f"make facts.yaml --out {tmp_path}/out", place, 100_000)
    assert done.returncode == 0, done.stderr
    assert rows(tmp_path / "out") == rows(tmp_path / "whole")
