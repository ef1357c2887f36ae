"""Several runs of one output at a time, and readers beside them: one run works, the others are told so, and every reader sees one output
whole."""

from __future__ import annotations

import subprocess
import threading
from pathlib import Path

import pytest

import synthgen
from faults.disturbed import HANGS, LOST, command, environment, recipe, rows, run
from faults.work import script
from synthgen.errors import OutputError
from synthgen.models import ScriptedModel

WRITERS, READERS = 5, 3


def test_of_many_runs_one_works_and_the_others_are_told_so(tmp_path: Path) -> None:
    place = recipe("typed", tmp_path)
    assert run("typed", place, tmp_path / "whole").returncode == 0
    told = [
        subprocess.Popen(
            command("typed", place, tmp_path / "out"),
            env=environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(WRITERS)
    ]
    said = [one.communicate(timeout=HANGS)[1] for one in told]
    assert 0 in {one.returncode for one in told}
    for one, words in zip(told, said, strict=True):
        assert LOST not in words, words
        assert one.returncode == 0 or ("error: " in words and str(tmp_path / "out") in words), words
    assert rows(tmp_path / "out") == rows(tmp_path / "whole")


def test_readers_see_one_output_whole_while_it_is_replaced(tmp_path: Path) -> None:
    place, out = recipe("typed", tmp_path), tmp_path / "out"

    def make(seed: int) -> None:
        synthgen.make(place, out=out, models={"typist": ScriptedModel(script)}, chunk=40, seed=seed, rows=40)

    make(0)
    seen, faults, done = list[int](), list[BaseException](), threading.Event()

    def read() -> None:
        ended = False
        while not ended:
            ended = done.is_set()  # then once more, when nobody replaces it
            try:
                found = synthgen.look(out, rows=100)
            except OutputError as error:
                if "again and again" not in error.message:
                    faults.append(error)
            except BaseException as error:
                faults.append(error)
            else:
                seen.append(len(found.rows))

    readers = [threading.Thread(target=read) for _ in range(READERS)]
    for one in readers:
        one.start()
    for seed in range(1, 6):
        make(seed)
    done.set()
    for one in readers:
        one.join()
    assert faults == []
    assert set(seen) == {40}


@pytest.mark.parametrize("kind", ["facts", "typed"])
def test_a_folder_that_may_not_be_written_any_more_ends_a_run_in_words(kind: str, tmp_path: Path) -> None:
    """As root may write everywhere, a file stands where the folder should be."""
    place = recipe(kind, tmp_path)
    (tmp_path / "out.unfinished").write_text("somebody's own")
    done = run(kind, place, tmp_path / "out")
    assert (done.returncode, done.stderr.startswith("error: ")) == (1, True), done.stderr
    assert (tmp_path / "out.unfinished").read_text() == "somebody's own"
