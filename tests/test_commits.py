"""Which commit of a dataset on the Hub rows are of: the manifest says it, and a run says when it is another one than before."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from servers import hub
from servers.hub import HubServer

import synthgen

hub_server = hub.hub_server
RECIPE = """\
name: logs
tables:
  traffic:
    rows: 3
    fields:
      text: {kind: load, dataset: tester/logs, field: text, pick: random%s}
"""
CUT_OFF = """
import sys
import synthgen
from synthgen.making.runs import Tick

def stop(tick: Tick) -> None:
    if tick.rows >= 2:
        raise KeyboardInterrupt

synthgen.make(sys.argv[1], out=sys.argv[2], chunk=1, watch=stop)
"""
Run = Callable[..., subprocess.CompletedProcess[str]]


def lines(*texts: str) -> bytes:
    return b"".join(json.dumps({"text": text}).encode() + b"\n" for text in texts)


def move(server: HubServer, *texts: str) -> str:
    """A new commit of the dataset; its id."""
    repo = server.repos["tester/logs"]
    files = {**repo.at("main").files, "a.jsonl": server.regular(lines(*texts))}
    return server.keep(repo, "main", files, "more", repo.at("main")).sha


@pytest.fixture
def first(hub_server: HubServer) -> str:
    """The commit that is the newest at first."""
    return hub_server.put("tester/logs", {"a.jsonl": lines("one", "two")}).at("main").sha


@pytest.fixture
def run(hub_server: HubServer, tmp_path: Path) -> Run:
    """A command beside the Hub; it ends well."""
    (tmp_path / "logs.yaml").write_text(RECIPE % "")

    def called(*command: str, **environment: str) -> subprocess.CompletedProcess[str]:
        own = {"HF_HOME": str(tmp_path / "hf"), "HF_HUB_DISABLE_TELEMETRY": "1", "PYTHONPATH": str(Path(synthgen.__file__).parents[1])}
        return subprocess.run(
            [sys.executable, *command],
            cwd=tmp_path,
            env={**os.environ, **hub_server.environment, **own, **environment},
            capture_output=True,
            text=True,
            check=False,
        )

    return called


def make(run: Run, *options: str, **environment: str) -> str:
    done = run("-m", "synthgen", "make", "logs.yaml", "--out", "out", *options, **environment)
    assert done.returncode == 0, done.stderr
    return re.sub(r"\s+", " ", done.stdout + done.stderr)


def commits(tmp_path: Path) -> Any:
    return json.loads((tmp_path / "out" / "manifest.json").read_text())["tables"]["traffic"].get("commits")


def test_the_manifest_says_which_commit_was_read(run: Run, first: str, tmp_path: Path) -> None:
    make(run)
    assert commits(tmp_path) == {"text": [first]}
    make(run, "--fresh", HF_HUB_OFFLINE="1")
    assert commits(tmp_path) == {"text": [first]}


def test_rows_from_elsewhere_are_of_no_commit(run: Run, tmp_path: Path) -> None:
    (tmp_path / "logs.yaml").write_text("name: a\ntables: {traffic: {rows: 1, fields: {text: {kind: load, file: a.jsonl}}}}\n")
    (tmp_path / "a.jsonl").write_bytes(lines("one"))
    make(run)
    assert commits(tmp_path) is None


def test_another_commit_than_before_is_told(run: Run, first: str, hub_server: HubServer, tmp_path: Path) -> None:
    assert "changed, from" not in make(run)
    assert "changed, from" not in make(run)
    second = move(hub_server, "three")
    moved = f"traffic.text: its dataset on the Hub has changed, from commit {first[:12]} to {second[:12]}, since this output was made"
    words = make(run)
    assert moved in words
    assert "--fresh makes it of the new one" in words
    assert commits(tmp_path) == {"text": [first]}
    words = make(run, "--fresh")
    assert moved in words
    assert f"revision: {first} reads it as it was" in words
    assert commits(tmp_path) == {"text": [second]}
    assert "changed, from" not in make(run)


def test_the_hub_need_not_be_there_for_what_is_finished(run: Run, first: str, tmp_path: Path) -> None:
    (tmp_path / "logs.yaml").write_text((RECIPE % "").replace(", field: text", ""))
    make(run)
    assert "finished already" in make(run, HF_ENDPOINT="http://127.0.0.1:9")
    assert "finished already" in make(run, HF_HUB_OFFLINE="1")


def test_a_run_that_goes_on_with_another_commit_says_so(run: Run, first: str, hub_server: HubServer, tmp_path: Path) -> None:
    cut = run("-c", CUT_OFF, "logs.yaml", "out")
    assert "KeyboardInterrupt" in cut.stderr
    second = move(hub_server, "three")
    words = make(run)
    assert f"from commit {first[:12]} to {second[:12]}, since this run began; rows that were finished are of the old one" in words
    assert commits(tmp_path) == {"text": [first, second]}


def test_a_revision_is_read_as_it_was(run: Run, first: str, hub_server: HubServer, tmp_path: Path) -> None:
    (tmp_path / "logs.yaml").write_text(RECIPE % f", revision: {first}")
    make(run)
    second = move(hub_server, "three")
    assert "changed, from" not in make(run)
    assert commits(tmp_path) == {"text": [first]}
    make(run, "--fresh", HF_HUB_OFFLINE="1")
    (tmp_path / "logs.yaml").write_text(RECIPE % f", revision: {second}")
    offline = run("-m", "synthgen", "make", "logs.yaml", "--out", "out", HF_HUB_OFFLINE="1")
    assert f"its commit {second} was not loaded before" in offline.stderr
