"""Permission that is lost while a run works: the error is one line that names the file, what is finished stays, and when the permission is
back the same command goes on. Root may write everywhere, so that root's runs work as somebody else here."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from itertools import product
from pathlib import Path

import pytest
from servers.claude import ClaudeServer

from faults.disturbed import ROUNDS, Undisturbed, asked_messages, ended, every, give_back, read_only, recipe, rows, stopped
from faults.test_kills import AT_ONCE
from faults.work import RECIPES

NOBODY = 65534
"""Who the files belong to after a change of their owner."""


NEVER = 10**9
"""More rows than any table has."""


LOSSES: dict[str, Callable[[Path], object]] = {
    "all of the work": lambda out: read_only(*every(out.with_name("out.unfinished"))),
    "the folder of the work": lambda out: read_only(out.with_name("out.unfinished")),
    "its chunks": lambda out: read_only(*every(out.with_name("out.unfinished") / "chunks")),
    "what lies in it": lambda out: read_only(*(path for path in every(out.with_name("out.unfinished")) if path.is_file())),
    "the folder of outputs": lambda out: read_only(out.parent),
    "its owner": lambda out: [os.chown(path, NOBODY, NOBODY) for path in every(out.with_name("out.unfinished"))],
    "reading, too": lambda out: out.with_name("out.unfinished").chmod(0),
}


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
