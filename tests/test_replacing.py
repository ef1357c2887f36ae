"""Files that are written whole or not at all, without touching a neighbour."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from synthgen.harness.fewshot import save
from synthgen.harness.text import write_lines
from synthgen.spec.replacing import replacing

WRITERS: dict[str, Callable[[Path, str], object]] = {
    "export": lambda path, text: write_lines(path, [text]),
    "fewshot": lambda path, text: save(text, path),
}


@pytest.mark.parametrize("writer", WRITERS)
def test_a_neighbour_stays_whatever_its_name(writer: str, tmp_path: Path) -> None:
    mine = [tmp_path / f"cases.jsonl{end}" for end in (".part", ".tmp", ".bak", "~")] + [tmp_path / ".cases.jsonl.part"]
    for path in mine:
        path.write_text("mine")
    WRITERS[writer](tmp_path / "cases.jsonl", "made")
    assert (tmp_path / "cases.jsonl").read_text() == "made\n"
    assert {path.read_text() for path in mine} == {"mine"}
    assert len(list(tmp_path.iterdir())) == len(mine) + 1


def test_what_was_there_stays_and_nothing_is_left_when_the_disk_is_full(tmp_path: Path) -> None:
    resource = pytest.importorskip("resource")
    path = tmp_path / "cases.jsonl"
    path.write_text("before")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, before[1]))
    try:
        with pytest.raises(OSError, match="File too large"):
            write_lines(path, ["x" * 100] * 1000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert path.read_text() == "before"
    assert [entry.name for entry in tmp_path.iterdir()] == ["cases.jsonl"]


def test_a_link_stays_a_link_and_a_file_keeps_who_may_read_it(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    file, link = tmp_path / "elsewhere" / "recipe.yaml", tmp_path / "recipe.yaml"
    file.write_text("before")
    file.chmod(0o640)
    link.symlink_to(file)
    with replacing(link) as unfinished:
        unfinished.write_text("after")
    assert link.is_symlink()
    assert (file.read_text(), file.stat().st_mode & 0o777) == ("after", 0o640)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no such files here")
def test_what_is_no_file_is_written_to_as_it_is(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    reader = os.open(tmp_path / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    save("made", tmp_path / "pipe")
    assert os.read(reader, 100) == b"made\n"
    os.close(reader)
    assert (tmp_path / "pipe").is_fifo()
