"""Damaged files: rows of an unfinished run are made again, damage in a finished output is told, and there is a way out of each."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest
from typer.testing import CliRunner

import synthgen
import synthgen.making.runs
from synthgen.cli import app
from synthgen.dataset import JOURNAL, MANIFEST, Dataset
from synthgen.dataset import verify as verifying
from synthgen.errors import OutputError
from synthgen.models import ScriptedModel

SHOP: dict[str, Any] = {
    "name": "shop",
    "tables": {
        "orders": {
            "rows": 90,
            "fields": {"n": {"kind": "number", "between": [0, 1], "decimals": 9}, "v": {"kind": "choice", "options": ["a", "b", "c"]}},
            "keep": [{"kind": "lacks", "field": "v", "pattern": "c"}],
        },
        "chats": {"from": {"table": "orders"}, "fields": {"message": {"kind": "typed", "seeds": ["hi there", "where is it", "help me"]}}},
    },
}


def make(out: Path, **options: Any) -> synthgen.MakeResult:
    model = ScriptedModel(lambda prompt, random: f" hi {prompt.stream} and {random.randrange(10**6)}\n")
    return synthgen.make(SHOP, out=out, models={"typist": model}, chunk=20, **options)


def rows(out: Path) -> dict[str, list[dict[str, Any]]]:
    dataset = Dataset.open(out)
    return {name: list(dataset.rows(name)) for name in (*dataset.tables, *dataset.aside)}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished output. Nobody writes to it."""
    return make(tmp_path_factory.mktemp("whole") / "shop").folder


@pytest.fixture(scope="module")
def cut_off(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the unfinished output of a run that was cut off in the second table. Nobody writes to it."""
    folder = tmp_path_factory.mktemp("cut off")

    def stop(tick: synthgen.api.Tick) -> None:
        if tick.table == "chats" and tick.rows >= 60:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        make(folder / "shop", watch=stop)
    return folder


@pytest.fixture
def again(cut_off: Path, tmp_path: Path) -> Path:
    """A copy of the unfinished output."""
    shutil.copytree(cut_off, tmp_path, dirs_exist_ok=True)
    return tmp_path / "shop.unfinished"


@pytest.fixture
def shop(whole: Path, tmp_path: Path) -> Path:
    """A copy of the finished output."""
    return Path(shutil.copytree(whole, tmp_path / "shop"))


def flipped(content: bytes) -> bytes:
    place = Random(0).randrange(len(content))
    return content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :]


DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "cut": lambda content: content[: len(content) // 2],
    "emptied": lambda content: b"",
    "zeroed": lambda content: bytes(len(content)),
    "flipped": flipped,
    "longer": lambda content: content + b"\n",
    "other": lambda content: Random(0).randbytes(len(content)),
}


def spoil(file: Path, how: str) -> None:
    file.write_bytes(DAMAGES[how](file.read_bytes()))


# Unfinished


@pytest.mark.parametrize("how", DAMAGES)
@pytest.mark.parametrize("file", ["chunks/orders/00000.parquet", "chunks/orders/00002.parquet", "chunks/chats/00001.parquet"])
def test_damaged_chunks_are_made_again_with_the_same_rows(file: str, how: str, again: Path, whole: Path) -> None:
    spoil(again / file, how)
    made = make(again.with_name("shop"))
    assert rows(made.folder) == rows(whole)
    assert [note for note in made.notes if "damaged" in note]


@pytest.mark.parametrize("file", ["chunks/orders/00001.parquet", "chunks/refused/orders-00001.parquet"])
def test_chunks_that_are_gone_are_made_again(file: str, again: Path, whole: Path) -> None:
    (again / file).unlink()
    assert rows(make(again.with_name("shop")).folder) == rows(whole)


def test_what_was_refused_is_not_lost_with_a_damaged_file_of_it(again: Path, whole: Path) -> None:
    spoil(again / "chunks" / "refused" / "orders-00001.parquet", "cut")
    assert rows(make(again.with_name("shop")).folder) == rows(whole)


LINES: dict[str, Callable[[list[str]], list[str]]] = {
    "one is gone": lambda lines: lines[:1] + lines[2:],
    "two changed places": lambda lines: [lines[1], lines[0], *lines[2:]],
    "one is there twice": lambda lines: [lines[0], *lines],
    "one is cut": lambda lines: [lines[0], lines[1][:40], *lines[2:]],
    "the last is cut": lambda lines: [*lines[:-1], lines[-1][:-30]],
    "a number has changed": lambda lines: [line.replace('"rows": 20', '"rows": 19') for line in lines],
    "others": lambda lines: ["{}\n", "[]\n", "3\n", "null\n", "\0\0\0\n", '{"table": "orders"}\n', "[" * 5000 + "\n", *lines],
    "of an earlier version": lambda lines: [json.dumps({**json.loads(line), "seal": None}) + "\n" for line in lines],
    "none": lambda lines: [],
}


@pytest.mark.parametrize("how", LINES)
def test_lines_of_progress_that_are_damaged_count_for_nothing(how: str, again: Path, whole: Path) -> None:
    progress = again / "progress.jsonl"
    progress.write_text("".join(LINES[how](progress.read_text().splitlines(keepends=True))))
    assert rows(make(again.with_name("shop")).folder) == rows(whole)


def test_what_is_whole_is_not_made_again(again: Path) -> None:
    spoil(again / "chunks" / "chats" / "00001.parquet", "cut")
    ticks = list[tuple[str, int]]()
    make(again.with_name("shop"), watch=lambda tick: ticks.append((tick.table, tick.rows)))
    assert ticks[0] == ("chats", 20)


def test_rows_stay_with_the_rows_that_they_were_made_from(tmp_path: Path) -> None:
    """Where a damaged chunk becomes another, as the answers are gone too, what was made from it must not stay."""
    typed = {"kind": "typed", "seeds": ["hi there", "where is it", "help me"]}
    recipe = {
        "name": "talks",
        "tables": {
            "first": {"rows": 30, "fields": {"said": typed}},
            "then": {"from": {"table": "first"}, "fields": {"heard": {"kind": "template", "template": "{{ said }}"}, "again": typed}},
        },
    }

    def run(word: str, watch: synthgen.making.runs.Watch | None = None) -> None:
        models = {"typist": ScriptedModel(lambda prompt, random: f" {word} {prompt.stream} {random.randrange(10**6)}\n")}
        synthgen.make(recipe, out=tmp_path / "out", models=models, chunk=10, watch=watch)

    def stop(tick: synthgen.api.Tick) -> None:
        if tick.table == "then" and tick.rows >= 20:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run("once", stop)
    spoil(tmp_path / "out.unfinished" / "chunks" / "first" / "00000.parquet", "cut")
    (tmp_path / "out.unfinished" / JOURNAL).unlink()
    run("later")
    made = rows(tmp_path / "out")
    assert [row["heard"] for row in made["then"]] == [row["said"] for row in made["first"]]
    assert all("later" in row["said"] for row in made["first"])


def test_a_mark_that_is_damaged_does_not_lock_a_run_out_of_its_work(again: Path, whole: Path) -> None:
    for how in ("cut", "emptied", "zeroed"):
        spoil(again / ".synthgen.json", how)
        with pytest.raises(KeyboardInterrupt):
            make(again.with_name("shop"), watch=lambda tick: (_ for _ in ()).throw(KeyboardInterrupt()))
    assert rows(make(again.with_name("shop")).folder) == rows(whole)


@pytest.mark.parametrize("name", ["progress.jsonl", "chunks/orders", "chunks"])
def test_a_file_that_cannot_be_written_is_told_and_nothing_is_lost(name: str, again: Path, whole: Path) -> None:
    aside = again / "aside"
    (again / name).rename(aside)
    if aside.is_dir():
        (again / name).write_text("in the way")
    else:
        (again / name).mkdir()
    with pytest.raises(OutputError, match=rf"{name}.* cannot be read or written: ") as told:
        make(again.with_name("shop"))
    assert told.value.hint == "put that right, and run the same command again: all that was finished is kept"
    shutil.rmtree(again / name) if (again / name).is_dir() else (again / name).unlink()
    aside.rename(again / name)
    assert rows(make(again.with_name("shop")).folder) == rows(whole)


# Finished


def test_a_whole_output_is_verified(shop: Path) -> None:
    found = synthgen.verify(shop)
    manifest = json.loads((shop / MANIFEST).read_text())
    assert (found.files, found.damaged, found.hint) == (len(manifest["files"]), (), "")
    assert found.bytes == sum(one["bytes"] for one in manifest["files"].values())
    assert make(shop).already


@pytest.mark.parametrize("how", DAMAGES)
@pytest.mark.parametrize("file", ["orders/00000.parquet", "chats/00000.parquet", "refused/00000.parquet"])
def test_damaged_rows_are_told_by_make_and_verify_and_mended_by_a_recheck(file: str, how: str, shop: Path, whole: Path) -> None:
    spoil(shop / file, how)
    (damaged,) = synthgen.verify(shop).damaged
    assert damaged.path == file
    with pytest.raises(OutputError, match=f"shop is not as it was made: {damaged.path} {damaged.what}") as told:
        make(shop)
    assert told.value.hint == synthgen.verify(shop).hint == verifying.AGAIN
    make(shop, recheck=True)
    assert synthgen.verify(shop).damaged == ()
    assert rows(shop) == rows(whole)


def test_large_rows_are_told_by_their_size_when_nothing_else_is_cheap(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verifying, "CHEAP", 0)
    spoil(shop / "orders" / "00000.parquet", "flipped")
    assert make(shop).already
    assert synthgen.verify(shop).damaged
    spoil(shop / "orders" / "00000.parquet", "longer")
    with pytest.raises(OutputError, match="bytes in place of"):
        make(shop)


def test_a_card_that_the_user_wrote_on_is_told_by_verify_alone(shop: Path) -> None:
    (shop / "README.md").write_text("mine")
    assert make(shop).already
    assert [one.path for one in synthgen.verify(shop).damaged] == ["README.md"]


def test_what_is_missing_or_leads_elsewhere_is_told(shop: Path, tmp_path: Path) -> None:
    (shop / "orders" / "00000.parquet").unlink()
    (shop / "recipe.yaml").rename(tmp_path / "recipe.yaml")
    (shop / "recipe.yaml").symlink_to(tmp_path / "recipe.yaml")
    (shop / "chats" / "00000.parquet").unlink()
    (shop / "chats" / "00000.parquet").mkdir()
    told = {one.path: one.what for one in synthgen.verify(shop).damaged}
    assert told["orders/00000.parquet"] == "is missing"
    assert told["recipe.yaml"] == "leads out of the output"
    assert "chats/00000.parquet" in told


@pytest.mark.parametrize("how", DAMAGES)
def test_a_damaged_manifest_is_told_and_mended_by_a_recheck(how: str, shop: Path, whole: Path) -> None:
    spoil(shop / MANIFEST, how)
    with pytest.raises(OutputError, match=r"is damaged: its manifest|manifest\.json has another content") as told:
        make(shop)
    assert told.value.hint == verifying.AGAIN
    made = make(shop, recheck=True)
    assert synthgen.verify(shop).damaged == ()
    assert rows(shop) == rows(whole)
    assert [path for path in shop.rglob("*.kept*") if path.name not in ("README.md.kept", "report.html.kept")] == []
    assert not [note for note in made.notes if "parquet" in note]


@pytest.mark.parametrize("how", ["cut", "emptied", "zeroed", "other"])
def test_readers_tell_a_damaged_manifest_from_a_stranger_s(how: str, shop: Path, tmp_path: Path) -> None:
    spoil(shop / MANIFEST, how)
    for read in (synthgen.look, synthgen.verify, lambda folder: synthgen.export(folder, "jsonl"), synthgen.improve):
        with pytest.raises(OutputError, match=r"shop is damaged: its manifest\.json (cannot be read|is empty)"):
            read(shop)
    (tmp_path / "theirs").mkdir()
    (tmp_path / "theirs" / MANIFEST).write_text('{"name": "an extension", "manifest_version": 3')
    with pytest.raises(OutputError, match="was not made by synthgen"):
        synthgen.look(tmp_path / "theirs")


def test_a_manifest_that_is_gone_is_told(shop: Path) -> None:
    (shop / MANIFEST).unlink()
    for read in (synthgen.look, synthgen.verify, make):
        with pytest.raises(OutputError, match=r"is damaged: its manifest\.json is missing"):
            read(shop)
    make(shop, recheck=True)
    assert synthgen.verify(shop).damaged == ()


@pytest.mark.parametrize("gone", ["files", "tables", "recipe", "fingerprint", "name"])
def test_a_manifest_that_lacks_something_is_damaged(gone: str, shop: Path) -> None:
    manifest = json.loads((shop / MANIFEST).read_text())
    for wrong in ({key: value for key, value in manifest.items() if key != gone}, {**manifest, gone: 3}):
        (shop / MANIFEST).write_text(json.dumps(wrong))
        with pytest.raises(OutputError, match="is damaged"):
            synthgen.look(shop)


@pytest.mark.parametrize("how", DAMAGES)
def test_reading_damaged_rows_ends_in_words(how: str, shop: Path) -> None:
    if how in ("longer", "flipped"):
        how = "cut"  # Parquet may be read in spite of these
    spoil(shop / "orders" / "00000.parquet", how)
    for read in (synthgen.look, lambda folder: synthgen.export(folder, "jsonl", table="orders", input="v")):
        with pytest.raises(OutputError, match=r"orders.00000\.parquet is damaged: it cannot be read"):
            read(shop)


def test_a_damaged_journal_is_told_with_how_to_save_the_rest(shop: Path) -> None:
    content = (shop / JOURNAL).read_bytes()
    (shop / JOURNAL).write_bytes(content[: len(content) // 2] + b"\xff" * (len(content) // 4) + content[len(content) * 3 // 4 :])
    found = synthgen.verify(shop)
    assert [one.path for one in found.damaged] == [JOURNAL]
    assert ".recover" in found.hint


@pytest.mark.parametrize("name", [".origin.json", ".logs.npz"])
def test_damage_in_what_stays_on_this_machine_is_told(name: str, shop: Path) -> None:
    (shop / name).write_bytes(b"\0" * 50)
    assert [str(one) for one in synthgen.verify(shop).damaged] == [f"{name} cannot be read"]


def test_verifying_writes_nothing(shop: Path) -> None:
    before = {path: (path.stat().st_mtime_ns, path.is_file() and path.read_bytes()) for path in [shop, *shop.rglob("*")]}
    synthgen.verify(shop)
    assert {path: (path.stat().st_mtime_ns, path.is_file() and path.read_bytes()) for path in [shop, *shop.rglob("*")]} == before


def test_the_command_says_what_is_damaged_and_its_code_does_too(shop: Path) -> None:
    done = CliRunner().invoke(app, ["verify", str(shop)])
    assert (done.exit_code, "all as they were made" in done.output) == (0, True)
    spoil(shop / "orders" / "00000.parquet", "cut")
    done = CliRunner().invoke(app, ["verify", str(shop)])
    assert done.exit_code == 1
    assert "orders/00000.parquet has " in done.output
    assert "make --recheck" in done.output
    done = CliRunner().invoke(app, ["verify", str(shop), "--json"])
    assert (done.exit_code, [one["path"] for one in json.loads(done.output)["damaged"]]) == (1, ["orders/00000.parquet"])


def test_there_is_nothing_to_verify_where_there_is_no_output(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="there is no output"):
        synthgen.verify(tmp_path)


# What rows are made from


@pytest.mark.parametrize("changed", ["model.safetensors", "tokenizer.json"])
def test_other_weights_under_the_same_name_make_other_rows(changed: str, tiny: Path, tmp_path: Path) -> None:
    shutil.copytree(tiny, tmp_path / "model")
    recipe = tmp_path / "recipe.yaml"
    typed = "{kind: typed, by: mine, seeds: [hi there, where is it, help me]}"
    recipe.write_text(f"name: it\nmodels: {{mine: {{kind: base, name: model}}}}\ntables: {{t: {{rows: 2, fields: {{m: {typed}}}}}}}\n")

    def run() -> synthgen.MakeResult:
        models = {"mine": ScriptedModel(lambda prompt, random: f" hi {random.randrange(10**6)}\n")}
        return synthgen.make(recipe, out=tmp_path / "out", models=models)

    assert not run().already
    assert run().already
    content = (tmp_path / "model" / changed).read_bytes()
    (tmp_path / "model" / changed).write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    assert not run().already
