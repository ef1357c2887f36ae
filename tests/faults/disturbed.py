"""What the tests of faults share: runs in processes of their own, and what came of them."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pyarrow import parquet
from servers.claude import ClaudeServer

from faults.work import RECIPES

ROUNDS = int(os.environ.get("FAULTS_ROUNDS", "3"))
"""How often a run is disturbed; more by hand."""
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
    done = subprocess.run(command(kind, place, out), capture_output=True, text=True, env=environment(more), timeout=300, check=False)
    assert LOST not in done.stderr, done.stderr
    return done


def rows(out: Path) -> dict[str, list[dict[str, Any]]]:
    """All rows of an output, per table; how often they were tried is not part of them."""
    found: dict[str, list[dict[str, Any]]] = {}
    for file in sorted(out.glob("*/*.parquet")):
        found.setdefault(file.parent.name, []).extend(parquet.read_table(file).to_pylist())
    return found


def asked_messages(server: ClaudeServer) -> int:
    """How many messages Claude was asked for, in batches too."""
    return len(server.asked()) + sum(len(batch.requests) for batch in server.batches.values())
