"""A run that is killed at any moment, again and again: the same command goes on, the rows are those of a run that was not, and no answer
is paid twice but those that were under way. More by hand: FAULTS_ROUNDS=50 python -m pytest tests/faults/test_kills.py"""

from __future__ import annotations

import signal
import subprocess
import time
from pathlib import Path
from random import Random

import pytest
from servers.claude import ClaudeServer

from faults.disturbed import LOST, ROUNDS, asked_messages, command, environment, recipe, rows, run
from faults.work import RECIPES

AT_ONCE = 64
"""Requests to Claude that may be under way, as is usual."""


@pytest.mark.parametrize("kind", RECIPES)
def test_a_run_that_is_killed_goes_on_and_makes_the_same_rows(kind: str, tmp_path: Path) -> None:
    stream, place = Random(kind), recipe(kind, tmp_path)
    with ClaudeServer(latency=0.02) as server:
        began = time.monotonic()
        assert run(kind, place, tmp_path / "whole", server.environment).returncode == 0
        usual, asked = time.monotonic() - began, asked_messages(server)
        kills = 0
        for _ in range(ROUNDS):
            process = subprocess.Popen(
                command(kind, place, tmp_path / "killed"),
                env=environment(server.environment),
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
            assert process.stdout is not None
            assert process.stderr is not None
            process.stdout.readline()  # it has begun
            time.sleep(stream.uniform(0, usual / 2))
            process.send_signal(signal.SIGKILL)
            said = process.stderr.read()
            kills += process.wait() == -signal.SIGKILL
            assert LOST not in said, said
            process.stdout.close()
            process.stderr.close()
        done = run(kind, place, tmp_path / "killed", server.environment)
        assert done.returncode == 0, done.stderr
        twice = asked_messages(server) - 2 * asked
    assert rows(tmp_path / "killed") == rows(tmp_path / "whole")
    assert twice <= AT_ONCE * kills
    if kind == "batch":  # a batch that was sent is found again
        assert twice <= 0
    assert {path.name for path in tmp_path.iterdir() if path.suffix != ".lock"} == {f"{kind}.yaml", "whole", "killed"}
