"""Permission that is lost while a run works: the error is one line that names the file, what is finished stays, and when the permission is
back the same command goes on. Root may write everywhere, so that root's runs work as somebody else here."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from functools import partial
from itertools import product
from pathlib import Path

import pytest
from servers.claude import ClaudeServer

from faults.disturbed import ROUNDS, Undisturbed, asked_messages, ended, recipe, rows, stopped
from faults.test_kills import AT_ONCE
from faults.work import RECIPES

NOBODY = 65534
"""Who the files belong to after a change of their owner."""


NEVER = 10**9
"""More rows than any table has."""


def every(folder: Path) -> list[Path]:
    """A folder and all that is in it, what is deepest first."""
    return [*sorted(folder.rglob("*"), reverse=True), folder]


def read_only(*paths: Path) -> None:
    for path in paths:
        path.chmod(0o555 if path.is_dir() else 0o444)


LOSSES: dict[str, Callable[[Path], object]] = {
    "all of the work": lambda out: read_only(*every(out.with_name("out.unfinished"))),
    "the folder of the work": lambda out: read_only(out.with_name("out.unfinished")),
    "its chunks": lambda out: read_only(*every(out.with_name("out.unfinished") / "chunks")),
    "what lies in it": lambda out: read_only(*(path for path in every(out.with_name("out.unfinished")) if path.is_file())),
    "the folder of outputs": lambda out: read_only(out.parent),
    "its owner": lambda out: [os.chown(path, NOBODY, NOBODY) for path in every(out.with_name("out.unfinished"))],
    "reading, too": lambda out: out.with_name("out.unfinished").chmod(0),
}


def give_back(folder: Path) -> None:
    if os.geteuid() == 0:
        os.chown(folder, 0, 0)
    folder.chmod(0o755 if folder.is_dir() else 0o644)
    for path in folder.iterdir() if folder.is_dir() else ():
        give_back(path)


@pytest.fixture
def somebody() -> list[str]:
    """The program by which a run is somebody's who may not write everywhere."""
    if not hasattr(os, "geteuid") or (os.geteuid() == 0 and shutil.which("setpriv") is None):
        pytest.skip("here everybody may write everywhere")
    return ["setpriv", "--bounding-set=-dac_override,-dac_read_search,-fowner"] if os.geteuid() == 0 else []


SHORT = {("facts", loss) for loss in LOSSES} | {("claude", "all of the work")}
CASES = [case for case in product(RECIPES, LOSSES) if ROUNDS > 3 or case in SHORT]


@pytest.mark.parametrize(("kind", "loss"), CASES)
def test_permission_that_is_lost_in_mid_run_ends_it_in_words(
    kind: str, loss: str, somebody: list[str], whole: Callable[[str], Undisturbed], tmp_path: Path
) -> None:
    file, outputs = recipe(kind, tmp_path), tmp_path / "outputs"
    with ClaudeServer() as server:
        process = stopped(kind, file, outputs / "out", server.environment, by=somebody)
        LOSSES[loss](outputs / "out")
        again = partial(stopped, kind, file, outputs / "out", server.environment, by=somebody, at=NEVER)
        for code, words in (ended(process), ended(again())):
            assert (code, words[:7], len(words.splitlines())) == (1, "error: ", 2), words
            assert f"{outputs}" in words
            assert "Permission denied" in words or "read-only" in words, words
            assert "let this user" in words, words
        give_back(outputs)
        assert ended(again()) == (0, "")
        assert asked_messages(server) <= whole(kind).asked + AT_ONCE
    assert rows(outputs / "out") == whole(kind).rows
