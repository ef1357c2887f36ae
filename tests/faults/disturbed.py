"""What the tests of faults share: runs in processes of their own, and what came of them."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from pyarrow import parquet
from servers.claude import ClaudeServer

from faults.work import RECIPES

ROUNDS = int(os.environ.get("FAULTS_ROUNDS", "3"))
"""How often a run is disturbed; more by hand."""
HANGS = 1800
"""Seconds after which a process counts as one that hangs, on a machine that does much else too."""
WORK = Path(__file__).with_name("work.py")
LOST = "Traceback"


def recipe(kind: str, folder: Path) -> Path:
    """The recipe of a kind, in a folder."""
    place = folder / f"{kind}.yaml"
    place.write_text(RECIPES[kind])
    return place


def command(kind: str, place: Path, out: Path) -> list[str]:
    return [sys.executable, str(WORK), str(place), str(out), *(["--batch"] if kind == "batch" else [])]


def environment(more: Mapping[str, str] | None = None) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": os.pathsep.join([str(WORK.parents[1]), str(WORK.parents[2])]), **(more or {})}


def run(kind: str, place: Path, out: Path, more: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """The run, undisturbed; whatever it says, it does not end in a traceback."""
    done = subprocess.run(command(kind, place, out), capture_output=True, text=True, env=environment(more), timeout=HANGS, check=False)
    assert LOST not in done.stderr, done.stderr
    return done


def stopped(
    kind: str, place: Path, out: Path, more: Mapping[str, str] | None = None, *, at: int = 24, by: Sequence[str] = ()
) -> subprocess.Popen[str]:
    """A run whose first table has `at` rows, and which waits for a line; started `by` another program, where one is named."""
    process = subprocess.Popen(
        [*by, *command(kind, place, out)],
        env=environment({**(more or {}), "STOP_AT": str(at)}),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    for line in process.stdout:
        if int(line.split()[1]) >= at:
            break
    return process


def ended(process: subprocess.Popen[str]) -> tuple[int, str]:
    """How a stopped run ends that goes on: its exit code, and what it says, which is no traceback."""
    _, words = process.communicate("\n", timeout=HANGS)
    assert LOST not in words, words
    return process.returncode, words


class Undisturbed(NamedTuple):
    """What a run made that nothing disturbed, how much it asked Claude, and how long it took."""

    rows: dict[str, list[dict[str, Any]]]
    asked: int
    seconds: float


def undisturbed(kind: str, folder: Path) -> Undisturbed:
    """Such a run, in a folder."""
    with ClaudeServer() as server:
        began = time.monotonic()
        assert run(kind, recipe(kind, folder), folder / "out", server.environment).returncode == 0
        return Undisturbed(rows(folder / "out"), asked_messages(server), time.monotonic() - began)


def rows(out: Path) -> dict[str, list[dict[str, Any]]]:
    """All rows of an output, per table; how often they were tried is not part of them."""
    found: dict[str, list[dict[str, Any]]] = {}
    for file in sorted(out.glob("*/*.parquet")):
        found.setdefault(file.parent.name, []).extend(parquet.read_table(file).to_pylist())
    return found


def asked_messages(server: ClaudeServer) -> int:
    """How many messages Claude was asked for, in batches too."""
    return len(server.asked()) + sum(len(batch.requests) for batch in server.batches.values())


def every(folder: Path) -> list[Path]:
    """A folder and all that is in it, what is deepest first."""
    return [*sorted(folder.rglob("*"), reverse=True), folder]


def read_only(*paths: Path) -> None:
    """Take the permission to write away."""
    for path in paths:
        path.chmod(0o555 if path.is_dir() else 0o444)


def give_back(folder: Path) -> None:
    """Let everything be read and written again that is in a folder, or is it."""
    if os.geteuid() == 0:
        os.chown(folder, 0, 0)
    folder.chmod(0o755 if folder.is_dir() else 0o644)
    for path in folder.iterdir() if folder.is_dir() else ():
        give_back(path)
