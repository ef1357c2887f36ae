"""A network that drops, stalls, answers garbage and is overloaded, all at once: every answer comes, none is lost, and what cannot come is
told."""

from __future__ import annotations

from pathlib import Path

import pytest
from servers.claude import ClaudeServer

from faults.disturbed import recipe, rows, run

MIXED = {"529": 0.05, "500": 0.05, "429": 0.02, "cut": 0.03, "malformed": 0.02}


@pytest.mark.parametrize("kind", ["claude", "batch"])
def test_a_bad_network_loses_nothing(kind: str, tmp_path: Path) -> None:
    place = recipe(kind, tmp_path)
    with ClaudeServer() as good:
        assert run(kind, place, tmp_path / "whole", good.environment).returncode == 0
    with ClaudeServer(faults=MIXED, seed=3) as bad:
        for _ in range(20):
            done = run(kind, place, tmp_path / "bad", bad.environment)
            if done.returncode == 0:
                break
            assert done.stderr.startswith("error: "), done.stderr
        assert done.returncode == 0, done.stderr
        assert {entry.fault for entry in bad.log} > {None}, "no request failed"
    made, whole = rows(tmp_path / "bad"), rows(tmp_path / "whole")
    assert [row["message"] for row in made["traffic"]] == [row["message"] for row in whole["traffic"]]
    assert len(made["replies"]) == len(whole["replies"])


def test_a_server_that_is_none_is_told(tmp_path: Path) -> None:
    place = recipe("claude", tmp_path)
    with ClaudeServer(faults={"hang": 0.0}) as server:
        nowhere = {**server.environment, "ANTHROPIC_BASE_URL": "http://127.0.0.1:9"}
        done = run("claude", place, tmp_path / "out", nowhere)
    assert done.returncode == 1
    assert done.stderr.startswith("error: ")
    assert "127.0.0.1:9" in done.stderr or "cannot be reached" in done.stderr or "connect" in done.stderr.casefold(), done.stderr
