"""A disk that is full at any moment of a run: the error is clear, what is finished stays, and with room the same command goes on."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest
from servers.claude import ClaudeServer

from faults.disturbed import ROUNDS, recipe, rows, run

LEAST, MOST, ENOUGH = 16, 400, 100_000
"""Kilobytes."""


def mount(place: Path, kilobytes: int, *, again: bool = False) -> bool:
    options = f"{'remount,' if again else ''}size={kilobytes}k"
    return subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(place)], capture_output=True, check=False).returncode == 0


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A small disk of one's own."""
    place = tmp_path / "disk"
    place.mkdir()
    if shutil.which("mount") is None or os.geteuid() != 0 or not mount(place, ENOUGH):
        pytest.skip("a small disk can be mounted by root alone")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


@pytest.mark.parametrize("kind", ["facts", "typed", "claude"])
def test_a_full_disk_ends_a_run_in_words_and_room_lets_it_go_on(kind: str, disk: Path, tmp_path: Path) -> None:
    place, stream = recipe(kind, tmp_path), Random(kind)
    with ClaudeServer() as server:
        assert run(kind, place, tmp_path / "whole", server.environment).returncode == 0
        full = 0
        for _ in range(ROUNDS):
            shutil.rmtree(disk / "own", ignore_errors=True)
            assert mount(disk, stream.randint(LEAST, MOST), again=True)
            cut = run(kind, place, disk / "own", server.environment)
            if cut.returncode:
                full += 1
                assert cut.returncode == 1
                assert cut.stderr.startswith("error: "), cut.stderr
                assert "full" in cut.stderr or "room" in cut.stderr or "space" in cut.stderr, cut.stderr
            assert mount(disk, ENOUGH, again=True)
            done = run(kind, place, disk / "own", server.environment)
            assert done.returncode == 0, done.stderr
            assert rows(disk / "own") == rows(tmp_path / "whole")
        assert full, "no disk was too small"
