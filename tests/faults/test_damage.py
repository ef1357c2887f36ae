"""Every file of an output is damaged in turn: what reads it says so or does without it, and no run makes other rows in silence."""

from __future__ import annotations

import shutil
import signal
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

import synthgen
from faults.disturbed import ROUNDS, recipe, rows, run, stopped
from faults.work import script
from synthgen.dataset import MARK
from synthgen.errors import SynthgenError
from synthgen.models import ScriptedModel

Damage = Callable[[Path, Random], None]


def truncated(file: Path, stream: Random) -> None:
    data = file.read_bytes()
    file.write_bytes(data[: stream.randrange(len(data) or 1)])


def flipped(file: Path, stream: Random) -> None:
    data = bytearray(file.read_bytes())
    if data:
        data[stream.randrange(len(data))] ^= 1 << stream.randrange(8)
    file.write_bytes(data)


def emptied(file: Path, stream: Random) -> None:
    file.write_bytes(b"")


def garbled(file: Path, stream: Random) -> None:
    file.write_bytes(stream.randbytes(300))


def missing(file: Path, stream: Random) -> None:
    file.unlink()


DAMAGES: list[Damage] = [truncated, flipped, emptied, garbled, missing]
READERS: dict[str, Callable[[Path], object]] = {
    "look": lambda out: synthgen.look(out),
    "measure": lambda out: synthgen.measure(out),
    "fewshot": lambda out: synthgen.fewshot(out, 3, source="message", target="thing"),
    "export": lambda out: synthgen.export(out, ["jsonl", "promptfoo"], input="message", target="thing"),
    "push": lambda out: synthgen.push(out, "me/shop", dry_run=True, hub=None),
}


def make(place: Path, out: Path) -> None:
    synthgen.make(place, out=out, models={"typist": ScriptedModel(script)}, chunk=12)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return recipe("typed", tmp_path_factory.mktemp("recipe"))


@pytest.fixture(scope="module")
def whole(place: Path) -> Path:
    assert run("typed", place, place.parent / "whole").returncode == 0
    return place.parent / "whole"


@pytest.fixture(scope="module")
def cut(place: Path) -> Path:
    """What a run leaves that is killed in its middle: the folder of its unfinished work."""
    out = place.parent / "cut" / "out"
    process = stopped("typed", place, out, at=60)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    return out.with_name("out.unfinished")


def told(work: Callable[[], object]) -> SynthgenError | None:
    """The error that some work ends in, if it does; any other than ours is a fault."""
    try:
        work()
    except SynthgenError as error:
        return error
    return None


def files(folder: Path) -> list[Path]:
    return sorted(path.relative_to(folder) for path in folder.rglob("*") if path.is_file())


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda one: one.__name__)
def test_damaged_unfinished_work_is_made_again(damage: Damage, place: Path, whole: Path, cut: Path, tmp_path: Path) -> None:
    """Or the run says what is damaged, and what to do."""
    own = files(cut)
    assert {"progress.jsonl", ".journal.sqlite"} < {name.name for name in own}
    assert any("chunks" in name.parts for name in own)
    for number, name in enumerate(own):
        for seed in range(ROUNDS if damage in (truncated, flipped) else 1):
            out = tmp_path / f"{number}-{seed}" / "out"
            shutil.copytree(cut, out.with_name(cut.name))
            damage(out.with_name(cut.name) / name, Random(f"{name}{seed}"))
            problem = told(lambda out=out: make(place, out))
            if problem is None:
                assert rows(out) == rows(whole), str(name)
            else:  # a journal may hold what was paid for, and without its mark the folder may be anybody's; the rest is made again
                assert "journal" in problem.message or name.name == MARK, (str(name), problem.message)
                assert problem.hint, (str(name), problem.message)


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda one: one.__name__)
def test_what_reads_a_damaged_output_says_so(damage: Damage, whole: Path, tmp_path: Path) -> None:
    for number, name in enumerate(files(whole)):
        for reader, read in READERS.items():
            out = tmp_path / f"{number}-{reader}"
            shutil.copytree(whole, out)
            damage(out / name, Random(f"{name}{reader}"))
            problem = told(lambda read=read, out=out: read(out))
            assert problem is None or problem.message, (str(name), reader)
