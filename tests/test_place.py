"""Outputs change places without a trace: readers write nothing and see one output whole, and what is the user's stays the user's."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from builders import one_message
from conftest import forked
from pyarrow import parquet

import synthgen
from synthgen.dataset import JOURNAL, MANIFEST, Dataset, Output
from synthgen.errors import DataError, OutputError
from synthgen.models import Journal, ScriptedModel
from synthgen.spec.rows import Completion, Prompt

SHOP = {
    "name": "shop",
    "tables": {
        "t": {"rows": 30, "fields": {"n": {"kind": "number", "between": [1, 9]}, "reason": {"kind": "choice", "options": ["late",
        "broken"]}}},
        "u": {"rows": 5, "fields": {"n": {"kind": "number", "between": [1, 9]}}},
    },
}  # fmt: skip


def made(out: Path, seed: int = 1, **options: Any) -> synthgen.MakeResult:
    return synthgen.make(SHOP, out=out, seed=seed, **options)


def tree(folder: Path) -> dict[str, tuple[int, bytes]]:
    return {
        path.relative_to(folder).as_posix(): (path.lstat().st_mtime_ns, path.read_bytes() if path.is_file() else b"")
        for path in [folder, *folder.rglob("*")]
    }


def texts(folder: Path) -> dict[str, str]:
    return {path.relative_to(folder).as_posix(): path.read_text() for path in folder.rglob("*") if path.suffix in (".csv", ".txt")}


# Readers


@pytest.mark.parametrize("beside", ["shop.old", "shop.unfinished", ".shop.1.replaced", "shop.bak"])
@pytest.mark.parametrize("gone", [False, True])
def test_reading_writes_nothing_whatever_lies_beside(beside: str, gone: bool, tmp_path: Path) -> None:
    made(tmp_path / "shop")
    shutil.copytree(tmp_path / "shop", tmp_path / beside)
    (tmp_path / beside / "t" / "labels.csv").write_text("precious")
    if gone:
        shutil.rmtree(tmp_path / "shop")
    before = tree(tmp_path)
    reads = (
        lambda: synthgen.look(tmp_path / "shop", rows=1),
        lambda: synthgen.export(tmp_path / "shop", "jsonl", input="n", out=tmp_path.parent / f"{tmp_path.name}-files"),
        lambda: synthgen.fewshot(tmp_path / "shop", 2, source="n", target="reason"),
        lambda: synthgen.measure(tmp_path / "shop", field="reason"),
        lambda: synthgen.improve(tmp_path / "shop"),
        lambda: synthgen.slice_results(tmp_path / "no results", tmp_path / "shop"),
    )
    for read in reads:
        try:
            read()
        except DataError:
            assert gone or read is reads[-1]
        except OutputError:
            assert gone
        else:
            assert not gone
    assert tree(tmp_path) == before


def test_what_is_told_of_a_folder_that_is_no_output(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "theirs").mkdir()
    (tmp_path / "theirs" / MANIFEST).write_text("{}")
    for name, said in (("empty", "there is no output at"), ("nowhere", "there is no output at"), ("theirs", "was not made by synthgen")):
        with pytest.raises(OutputError, match=said):
            synthgen.look(tmp_path / name)


@pytest.mark.parametrize("path", ["../private.parquet", "t/../../private.parquet", "../private.txt", "{}/private.txt"])
def test_a_manifest_cannot_name_files_elsewhere(path: str, tmp_path: Path) -> None:
    out, private = made(tmp_path / "shop").folder, tmp_path / "private.parquet"
    shutil.copy(out / "t" / "00000.parquet", private)
    private.with_suffix(".txt").write_text("private")
    manifest = json.loads((out / MANIFEST).read_text())
    manifest["files"][path.format(tmp_path)] = {"rows": 30, "sha256": ""}
    (out / MANIFEST).write_text(json.dumps(manifest))
    for read in (synthgen.look, lambda folder: synthgen.push(folder, "me/shop", dry_run=True)):
        with pytest.raises(OutputError, match="which is not in it"):
            read(out)


def test_a_link_in_an_output_leads_nowhere_else(tmp_path: Path) -> None:
    out = made(tmp_path / "shop").folder
    shutil.move(out / "README.md", tmp_path / "private")
    (out / "README.md").symlink_to(tmp_path / "private")
    with pytest.raises(OutputError, match=r"names 'README.md', which is not in it"):
        synthgen.push(out, "me/shop", dry_run=True)


def test_a_shard_that_is_gone_is_told_when_it_is_read(tmp_path: Path) -> None:
    out = made(tmp_path / "shop").folder
    (out / "t" / "00000.parquet").unlink()
    assert len(synthgen.look(out, "u").rows) == 5
    with pytest.raises(OutputError, match="is missing") as told:
        synthgen.look(out, "t")
    assert "--recheck" in told.value.hint
    assert len(synthgen.look(made(tmp_path / "shop", recheck=True).folder, "t", rows=100).rows) == 30


def _again_and_again(out: Path, times: int) -> None:
    for seed in range(2, times):
        made(out, seed)


def test_who_reads_while_outputs_change_places_sees_one_of_them_whole(tmp_path: Path) -> None:
    out = made(tmp_path / "shop").folder
    seeds = {seed: [row["n"] for row in synthgen.look(made(tmp_path / f"{seed}", seed).folder, rows=100).rows] for seed in range(1, 12)}
    run, seen = forked.Process(target=_again_and_again, args=(out, 12)), list[int]()
    run.start()
    while run.is_alive():
        dataset = Dataset.open(out)
        seed = dataset.manifest["seed"]
        seen.append(seed)
        assert [row["n"] for row in dataset.rows("t")] == seeds[seed]
        exported = synthgen.export(out, ["jsonl", "inspect"], table="t", input="n", target="reason")
        assert exported.cases == 30
    assert run.exitcode == 0
    assert len(set(seen)) > 1
    assert [path.name for path in tmp_path.iterdir() if "shop" in path.name and path.name != "shop"] == [".shop.synthgen.lock"]


# Writers


WRITES = {"os.rename", "os.remove", "os.rmdir", "os.mkdir", "shutil.rmtree"}


def _killed(out: Path, at: int) -> None:
    """Make the output anew, and end the process when it is about to change the file system for so many times since it has the manifest."""
    seen = -1

    def hook(event: str, arguments: Sequence[Any]) -> None:
        nonlocal seen
        if event == "open" and str(arguments[0]).endswith(f"shop.unfinished/{MANIFEST}") and "w" in str(arguments[1]):
            seen = 0
        elif event in WRITES and seen >= 0:
            seen += 1
            if seen > at:
                os._exit(9)

    sys.addaudithook(hook)
    made(out, 2)
    os._exit(0)


def test_cut_off_at_any_step_an_output_is_there_and_nothing_is_lost(tmp_path: Path) -> None:
    wanted = {seed: [row["n"] for row in synthgen.look(made(tmp_path / f"wanted {seed}", seed).folder, rows=100).rows] for seed in (1, 2)}
    for at in range(100):
        out = made(tmp_path / f"{at}" / "shop").folder
        (out / "t" / "labels.csv").write_text("precious")
        (out / "mine").mkdir()
        (out / "mine" / "notes.txt").write_text("mine")
        (out / "README.md").write_text("my own words\n")
        run = forked.Process(target=_killed, args=(out, at))
        run.start()
        run.join()
        before = tree(out.parent)
        dataset = Dataset.open(out)
        assert [row["n"] for row in dataset.rows("t")] == wanted[dataset.manifest["seed"]]
        assert tree(out.parent) == before
        made(out, 2)
        assert [row["n"] for row in Dataset.open(out).rows("t")] == wanted[2]
        assert texts(out) == {"t/labels.csv": "precious", "mine/notes.txt": "mine"}
        assert (out / "README.md.kept").read_text() == "my own words\n"
        assert sorted(path.name for path in out.parent.iterdir()) == [".shop.synthgen.lock", "shop"]
        assert not [path for path in out.iterdir() if path.name.startswith(".synthgen")]
        if run.exitcode == 0:
            break
    assert 10 < at < 99


@pytest.mark.parametrize("fresh", [False, True])
def test_a_folder_beside_it_that_is_not_synthgens_stays(fresh: bool, tmp_path: Path) -> None:
    out = made(tmp_path / "shop").folder
    for name in ("shop.old", ".shop.x.replaced"):
        shutil.copytree(out, tmp_path / name)
        (tmp_path / name / "labels.csv").write_text("precious")
    elsewhere = tmp_path / "elsewhere"
    shutil.copytree(out, elsewhere)
    (tmp_path / ".shop.y.replaced").symlink_to(elsewhere)
    before = {name: tree(tmp_path / name) for name in ("shop.old", ".shop.x.replaced", "elsewhere")}
    made(out, 2, fresh=fresh)
    made(out, 3, fresh=fresh)
    assert {name: tree(tmp_path / name) for name in before} == before
    assert texts(out) == {}


@pytest.mark.parametrize("link", [False, True])
@pytest.mark.parametrize("fresh", [False, True])
def test_an_unfinished_folder_of_somebody_else_is_refused(fresh: bool, link: bool, tmp_path: Path) -> None:
    out = made(tmp_path / "shop").folder
    theirs = tmp_path / ("elsewhere" if link else "shop.unfinished")
    shutil.copytree(out, theirs)
    if link:
        (tmp_path / "shop.unfinished").symlink_to(theirs)
    before = tree(theirs)
    with pytest.raises(OutputError, match=r"shop\.unfinished is there and was not made by a run of shop") as told:
        made(out, 2, fresh=fresh)
    assert "move it away" in told.value.hint
    assert tree(theirs) == before
    assert Dataset.open(out).manifest["seed"] == 1


def test_an_unfinished_folder_of_another_output_is_refused(tmp_path: Path) -> None:
    Output(tmp_path / "other").open()
    os.replace(tmp_path / "other.unfinished", tmp_path / "shop.unfinished")
    with pytest.raises(OutputError, match="was not made by a run of shop"):
        made(tmp_path / "shop")


def test_what_somebody_put_or_changed_there_goes_along(tmp_path: Path) -> None:
    out = made(tmp_path / "shop").folder
    (out / "v").mkdir()
    (out / "v" / "mine.txt").write_text("mine")
    (out / "README.md").write_text("mine")
    table = parquet.read_table(out / "u" / "00000.parquet").slice(0, 2)
    parquet.write_table(table, out / "u" / "00000.parquet")
    (out / "t" / "link").symlink_to(tmp_path / "nowhere")
    again = synthgen.make({**SHOP, "tables": {**SHOP["tables"], "v": SHOP["tables"]["u"]}}, out=out)  # type: ignore[dict-item]
    assert sorted(note for note in again.notes if "kept" in note) == [
        f"your {out}/README.md is kept as README.md.kept",
        f"your {out}/u/00000.parquet is kept as 00000.parquet.kept",
    ]
    assert (out / "v" / "mine.txt").read_text() == (out / "README.md.kept").read_text() == "mine"
    assert parquet.read_table(out / "u" / "00000.parquet.kept").num_rows == 2
    assert (out / "t" / "link").is_symlink()
    assert {name: len(synthgen.look(out, name, rows=100).rows) for name in "tuv"} == {"t": 30, "u": 5, "v": 5}
    (out / "README.md").write_text("mine, too")
    made(out, 2)
    assert {(out / "README.md.kept").read_text(), (out / "README.md.kept-2").read_text()} == {"mine", "mine, too"}


def test_an_output_that_is_a_link_is_made_where_the_link_leads(tmp_path: Path) -> None:
    (tmp_path / "large disk").mkdir()
    made(tmp_path / "large disk" / "shop")
    (tmp_path / "shop").symlink_to(tmp_path / "large disk" / "shop")
    made(tmp_path / "shop", 2)
    assert (tmp_path / "shop").is_symlink()
    assert Dataset.open(tmp_path / "large disk" / "shop").manifest["seed"] == 2
    assert sorted(path.name for path in tmp_path.iterdir()) == ["large disk", "shop"]


FULL = """
import resource, sys
from pathlib import Path
import synthgen
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), -1))
many = {"name": "many", "tables": {"t": {"rows": 20000, "fields": {"n": {"kind": "number", "between": [0, 1], "decimals": 9}}}}}
synthgen.make(many, out=Path(sys.argv[1]), chunk=int(sys.argv[3]))
"""


@pytest.mark.parametrize(("room", "chunk"), [(75_000, 10_000), (150_000, 2000)])
def test_a_full_disk_is_told_and_the_same_command_goes_on(room: int, chunk: int, tmp_path: Path) -> None:
    """A file may have so many bytes: a chunk has no room, or a shard."""
    out = tmp_path / "many"
    told = subprocess.run([sys.executable, "-c", FULL, str(out), str(room), str(chunk)], capture_output=True, text=True).stderr
    assert "OutputError" in told.splitlines()[-2]
    assert "cannot be written: File too large" in told
    assert "all that was finished is kept" in told.splitlines()[-1]
    assert not out.exists()
    subprocess.run([sys.executable, "-c", FULL, str(out), "10000000", str(chunk)], check=True)
    assert len(list(Dataset.open(out).rows("t"))) == 20000


# Answers that were paid for


class Paid(ScriptedModel):
    """A scripted model that costs something."""

    def complete(self, prompts: Sequence[Prompt]) -> Iterator[Completion]:
        for one in super().complete(prompts):
            yield replace(one, cost=0.01)


TYPED = one_message(4)


def answers(journal: Path) -> int:
    opened = Journal(journal)
    try:
        return len(opened)
    finally:
        opened.close()


@pytest.mark.parametrize("model", [Paid, ScriptedModel])
def test_fresh_keeps_the_answers_that_were_paid_for(model: type[ScriptedModel], tmp_path: Path) -> None:
    out, costs = tmp_path / "out", model is Paid

    def make(**options: Any) -> synthgen.MakeResult:
        return synthgen.make(TYPED, out=out, models={"typist": model(lambda prompt, stream: f" hi {prompt.stream}\n")}, **options)

    make()
    first = answers(out / JOURNAL)
    again = make(fresh=True, seed=5)
    kept = out / ".journal.kept.sqlite"
    assert kept.exists() is costs
    assert [note for note in again.notes if "paid for" in note] == (
        [f"answers that were paid for are kept in {kept}; named {JOURNAL}, make uses them again"] if costs else []
    )
    make(fresh=True, seed=6)
    assert sorted(path.name for path in out.glob(".journal*")) == sorted(
        [JOURNAL, *([".journal.kept.sqlite", ".journal.kept-2.sqlite"] if costs else [])]
    )
    if costs:
        assert answers(kept) == first


def test_fresh_keeps_those_of_an_unfinished_run_too(tmp_path: Path) -> None:
    told = iter(range(10))

    def fails(prompt: Prompt, stream: Any) -> str:
        if next(told) == 2:
            raise synthgen.ModelError("the model went away")
        return f" hi {prompt.stream}\n"

    with pytest.raises(synthgen.ModelError):
        synthgen.make(TYPED, out=tmp_path / "out", models={"typist": Paid(fails)})
    synthgen.make(TYPED, out=tmp_path / "out", fresh=True, models={"typist": Paid(lambda prompt, stream: f" hi {prompt.stream}\n")})
    assert (tmp_path / "out" / ".journal.kept.sqlite").exists()


def test_a_journal_moves_with_what_lies_beside_it(tmp_path: Path) -> None:
    synthgen.make(TYPED, out=tmp_path / "out", models={"typist": Paid(lambda prompt, stream: f" hi {prompt.stream}\n")})
    (count,) = (answers(tmp_path / "out" / JOURNAL),)
    journal = Journal(tmp_path / "out" / JOURNAL)  # as a preview that was killed leaves it: not all is in the one file
    journal.keep("key", "model", Completion(Prompt("more", 1), "paid", "stop", cost=1.0))
    for name in (JOURNAL, f"{JOURNAL}-wal"):
        shutil.copy(tmp_path / "out" / name, tmp_path / name)
    journal.close()
    for name in (JOURNAL, f"{JOURNAL}-wal"):
        os.replace(tmp_path / name, tmp_path / "out" / name)
    Output(tmp_path / "out").open()
    assert answers(tmp_path / "out.unfinished" / JOURNAL) == count + 1
