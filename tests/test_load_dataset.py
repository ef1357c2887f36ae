"""A dataset that a recipe loads comes from the recipe's folder, an allowed one or the Hub, whatever its own files name."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import datasets
import pytest
from servers import hub
from servers.hub import HubServer

import synthgen
from synthgen.api import make as make_output
from synthgen.dataset.finish import fingerprint
from synthgen.errors import RecipeError, SynthgenError
from synthgen.recipe import Loaded

hub_server = hub.hub_server
SECRET = "the password is swordfish"
MINE = "my card got declined"
RECIPE = """
name: shop
tables:
  traffic:
    rows: 1
    fields:
      a: {kind: load, %s}
"""
PLACE = "recipe.yaml:7:"
CARD = "---\nconfigs:\n- config_name: default\n  %s\n---\n"


def lines(*texts: str) -> str:
    return "".join(json.dumps({"text": text}) + "\n" for text in texts)


def saved(folder: Path, *texts: str) -> None:
    datasets.Dataset.from_list([{"text": text} for text in texts]).save_to_disk(folder)


@pytest.fixture
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of somebody's own files, which are none of the recipe's business."""
    place = tmp_path_factory.mktemp("home")
    (place / "private.jsonl").write_text(lines(SECRET))
    with gzip.open(place / "private.gz", "wt") as packed:
        packed.write(lines(SECRET))
    with zipfile.ZipFile(place / "private.zip", "w") as archive:
        archive.writestr("private.jsonl", lines(SECRET))
    (place / "set").mkdir()
    (place / "set" / "private.jsonl").write_text(lines(SECRET))
    saved(place / "saved", SECRET)
    return place


@pytest.fixture
def tickets(tmp_path: Path) -> Path:
    """The folder of a dataset beside the recipe."""
    place = tmp_path / "tickets"
    place.mkdir()
    return place


Attempt = Callable[..., tuple[str, str]]


@pytest.fixture
def attempt(make: Callable[..., dict[str, Any]]) -> Attempt:
    """Make a row of a dataset: the row, and what is said in its place."""

    def run(keys: str = "dataset: tickets", files: Mapping[str, str | bytes] | None = None, **options: Any) -> tuple[str, str]:
        try:
            return str(make(RECIPE % keys, files=files, **options)["traffic"].column("a")), ""
        except SynthgenError as error:
            return "", str(error)

    return run


# What the card of a folder names


@pytest.mark.parametrize("card", ["README.md", ".huggingface.yaml"])
@pytest.mark.parametrize(
    "way",
    [
        "data_files: UP/private.jsonl",
        "data_files: UP/*.jsonl",
        "data_files: HOME/private.jsonl",
        "data_files: HOME/p*.jsonl",
        "data_files: [{split: train, path: HOME/private.jsonl}]",
        "data_files: [{split: test, path: a.jsonl}, {split: train, path: [UP/private.jsonl]}]",
        "data_files: file://HOME/private.jsonl",
        "data_files: file:HOME/private.jsonl",
        "data_files: local://HOME/private.jsonl",
        "data_files: zip://private.jsonl::HOME/private.zip",
        "data_files: gzip://private.jsonl::HOME/private.gz",
        "data_files: dir://private.jsonl::file://HOME",
        "data_files: private.jsonl\n  data_dir: UP",
        "data_dir: UP/set",
        "data_dir: HOME/set",
        "data_files: out/private.jsonl",
        "data_files: out/*.jsonl",
        "data_files: link.jsonl",
        "data_dir: out/set",
    ],
)
def test_the_card_of_a_folder_names_no_file_outside(attempt: Attempt, tickets: Path, home: Path, way: str, card: str) -> None:
    (tickets / "out").symlink_to(home)
    (tickets / "link.jsonl").symlink_to(home / "private.jsonl")
    (tickets / "a.jsonl").write_text(lines(MINE))
    (tickets / "private.jsonl").write_text(lines(MINE))
    text = CARD % way.replace("HOME", str(home)).replace("UP", os.path.relpath(home, tickets))
    (tickets / card).write_text(text if card == "README.md" else text.replace("---\n", ""))
    row, error = attempt()
    assert SECRET not in row
    assert PLACE in error
    assert f"dataset 'tickets': its {card} names '" in error


def test_the_card_of_a_folder_names_no_page(attempt: Attempt, tickets: Path, hub_server: HubServer) -> None:
    hub_server.put("tester/other", {"private.jsonl": lines(SECRET).encode()}, private=False)
    (tickets / "README.md").write_text(CARD % f"data_files: {hub_server.endpoint}/datasets/tester/other/resolve/main/private.jsonl")
    row, error = attempt()
    assert SECRET not in row
    assert PLACE in error
    assert "which is no file of that folder\n" in error
    assert hub_server.log == []


def test_the_version_in_a_card_is_no_path(attempt: Attempt, tickets: Path, home: Path) -> None:
    (tickets / "a.jsonl").write_text(lines(MINE))
    (tickets / "card.json").write_text(CARD % f"data_files: a.jsonl\n  version: {home}/written")
    (tickets / "README.md").symlink_to("card.json")
    assert f"its README.md gives the version '{home}/written'" in attempt()[1]
    assert not (home / "written").exists()


def test_the_error_says_the_way_out(recipe: Callable[..., Loaded], tickets: Path, home: Path, tmp_path: Path) -> None:
    (tickets / "README.md").write_text(CARD % f"data_files: {home}/set/*.jsonl")
    with pytest.raises(RecipeError) as refused:
        recipe(RECIPE % "dataset: tickets")
    assert str(refused.value) == (
        f"{tmp_path}/recipe.yaml:7:32: dataset 'tickets': its README.md names '{home}/set/*.jsonl', "
        "which leads out of the recipe's folder\n"
        "          a: {kind: load, dataset: tickets}\n"
        "                                   ^\n"
        f"    to allow it, add --allow {home}/set"
    )


def test_an_allowed_folder_may_be_named(attempt: Attempt, tickets: Path, home: Path) -> None:
    (tickets / "README.md").write_text(CARD % f"data_files: {home}/set/*.jsonl")
    (tickets / "link.jsonl").symlink_to(home / "private.jsonl")
    assert SECRET in attempt(allow=[home / "set"])[0]
    (tickets / "README.md").unlink()
    assert SECRET in attempt(allow=[home])[0]
    assert SECRET in attempt(f"dataset: {home}/saved", allow=[home])[0]
    assert SECRET in attempt(f"dataset: {home}/set", allow=[home])[0]


# Links


@pytest.mark.parametrize("name", ["link.jsonl", "train.jsonl", "data/train-00000-of-00001.jsonl"])
def test_a_link_leads_nowhere_else(attempt: Attempt, tickets: Path, home: Path, name: str) -> None:
    (tickets / name).parent.mkdir(exist_ok=True)
    (tickets / name).symlink_to(home / "private.jsonl")
    row, error = attempt()
    assert SECRET not in row
    assert PLACE in error
    assert f"dataset 'tickets': its file '{name}' leads out of the recipe's folder" in error


def test_the_folder_is_no_link_to_elsewhere(attempt: Attempt, tmp_path: Path, home: Path) -> None:
    for name, target in (("link", home / "set"), ("disk", home / "saved")):
        (tmp_path / name).symlink_to(target)
        row, error = attempt(f"dataset: {name}")
        assert SECRET not in row
        assert f": '{name}' leaves the recipe's folder\n" in error


@pytest.mark.parametrize("name", ["README.md", ".huggingface.yaml", "dataset_infos.json"])
def test_what_is_said_of_a_folder_is_no_link_to_elsewhere(attempt: Attempt, tickets: Path, home: Path, name: str) -> None:
    (tickets / "a.jsonl").write_text(lines(MINE))
    (tickets / name).symlink_to(home / "private.jsonl")
    assert f"dataset 'tickets': its {name} leads out of the recipe's folder" in attempt()[1]


# What save_to_disk wrote


def test_the_state_names_no_file_outside(attempt: Attempt, tickets: Path, home: Path) -> None:
    saved(tickets, MINE)
    shard = home / "saved" / "data-00000-of-00001.arrow"
    for name in (str(shard), os.path.relpath(shard, tickets)):
        state = json.loads((tickets / "state.json").read_text())
        (tickets / "state.json").write_text(json.dumps(state | {"_data_files": [{"filename": name}]}))
        row, error = attempt()
        assert SECRET not in row
        assert PLACE in error
        assert f"dataset 'tickets': its state.json names '{name}', which leads out of the recipe's folder" in error


@pytest.mark.parametrize("name", ["state.json", "dataset_info.json", "data-00000-of-00001.arrow"])
def test_a_saved_file_is_no_link_to_elsewhere(attempt: Attempt, tickets: Path, home: Path, name: str) -> None:
    saved(tickets, MINE)
    (tickets / name).unlink()
    (tickets / name).symlink_to(home / "saved" / name)
    row, error = attempt()
    assert SECRET not in row
    assert PLACE in error
    assert "dataset 'tickets': its " in error
    assert f"{name}" in error


def test_a_split_leads_nowhere_else(attempt: Attempt, tickets: Path, home: Path) -> None:
    saved(tickets / "train", MINE)
    for split in (str(home / "saved"), os.path.relpath(home / "saved", tickets)):
        (tickets / "dataset_dict.json").write_text(json.dumps({"splits": ["train", split]}))
        row, error = attempt(f"dataset: tickets, split: {split}")
        assert SECRET not in row
        assert f"dataset 'tickets': its split '{split}' leads out of the recipe's folder" in error
        assert MINE in attempt()[0]
    assert "dataset 'tickets': it has no split 'trian'\n" in attempt("dataset: tickets, split: trian")[1]


# Files inside files


def with_links(file: Path, target: Path, mode: str) -> None:
    """A tar whose links, each inside when it is unpacked, lead out together."""
    depth = 30
    links = {"a.jsonl": f"up{target}", "up": "/".join([f"{step}" for step in range(depth)] + [".."] * depth)}
    with tarfile.open(file, mode) as archive:
        for name, place in {**links, **dict.fromkeys(map(str, range(depth)), ".")}.items():
            member = tarfile.TarInfo(name)
            member.type, member.linkname = tarfile.SYMTYPE, place
            archive.addfile(member)


@pytest.mark.parametrize(("name", "mode"), [("a.jsonl", "w"), ("a.txt", "w:gz"), ("a.csv.tar.bz2", "w:bz2"), ("a.jsonl.tar", "w:xz")])
def test_an_archive_is_not_unpacked(attempt: Attempt, tickets: Path, home: Path, name: str, mode: str) -> None:
    with_links(tickets / name, home / "private.jsonl", mode)
    row, error = attempt()
    assert SECRET not in row
    assert PLACE in error
    assert f"dataset 'tickets': its file '{name}' is an archive" in error


def test_a_member_of_a_zip_names_no_other_file(attempt: Attempt, tickets: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(home)
    with zipfile.ZipFile(tickets / "a.jsonl.zip", "w") as archive:
        archive.writestr("private.jsonl::private.zip", lines(MINE))
    row, error = attempt()
    assert SECRET not in row
    assert "dataset 'tickets': its file 'a.jsonl.zip' is an archive" in error


def test_a_packed_file_is_read(attempt: Attempt, tickets: Path) -> None:
    with gzip.open(tickets / "a.jsonl.gz", "wt") as packed:
        packed.write(lines(MINE))
    assert MINE in attempt()[0]


def test_formats_that_name_further_files_are_not_read(attempt: Attempt, tickets: Path, home: Path) -> None:
    (tickets / "task.toml").write_text("x = 1\n")
    (tickets / "instruction.md").symlink_to(home / "private.jsonl")
    row, error = attempt("dataset: tickets, split: test")
    assert SECRET not in row
    assert PLACE in error
    assert "dataset 'tickets': it is read as 'harbor'" in error


IMAGES = "dataset_info:\n  features:\n  - {name: text, dtype: string}\n  - {name: photo, dtype: image}\n"


def test_a_value_is_not_read_from_the_file_that_a_row_names(attempt: Attempt, tickets: Path, home: Path) -> None:
    (tickets / "a.jsonl").write_text(json.dumps({"text": MINE, "photo": f"{home}/private.jsonl"}) + "\n")
    (tickets / "README.md").write_text(f"---\n{IMAGES}---\n")
    row, error = attempt()
    assert (row, error.splitlines()[0]) == ("", "dataset 'tickets': its field 'photo' may be kept in files that its rows name")
    assert "its field 'photo' may be" in attempt("dataset: tickets, field: photo")[1]
    assert MINE in attempt("dataset: tickets, field: text")[0]


def test_a_saved_value_is_not_read_from_the_file_that_a_row_names(attempt: Attempt, tickets: Path, home: Path) -> None:
    cells = [{"turns": [{"said": MINE, "sound": {"bytes": None, "path": f"{home}/private.jsonl"}}]}]
    sounds = datasets.Features({"turns": datasets.List({"said": datasets.Value("string"), "sound": datasets.Audio()})})
    datasets.Dataset.from_list(cells).cast(sounds).save_to_disk(tickets)
    row, error = attempt()
    assert (row, error.splitlines()[0]) == ("", "dataset 'tickets': its field 'turns' may be kept in files that its rows name")


# Rows that another dataset left behind


def test_a_folder_is_not_taken_for_another_of_its_name(attempt: Attempt, tickets: Path, home: Path) -> None:
    """`datasets` keeps what it read under a folder's name and card; those of a stranger may be the same as yours."""
    (home / "tickets").mkdir()
    for folder, text in ((home / "tickets", SECRET), (tickets, MINE)):
        (folder / "README.md").write_text(CARD % "data_files: a.jsonl")
        (folder / "a.jsonl").write_text(lines(text))
    assert datasets.load_dataset(str(home / "tickets"), split="train")[0] == {"text": SECRET}
    assert attempt() == (str([{"text": MINE}]), "")


def test_a_folder_that_changed_is_read_again(attempt: Attempt, recipe: Callable[..., Loaded], tickets: Path) -> None:
    (tickets / "README.md").write_text(CARD % "data_files: a.jsonl")
    told = []
    for text in ("first", "second"):
        (tickets / "a.jsonl").write_text(lines(text))
        told.append(fingerprint(recipe(RECIPE % "dataset: tickets")))
        assert attempt()[0] == str([{"text": text}])
    assert told[0] != told[1]


# Names


@pytest.mark.parametrize("name", ["text", "json", "csv", "parquet", "arrow", "pandas", "sql", "imagefolder", "webdataset", "xml", "cache"])
def test_a_format_is_no_dataset(attempt: Attempt, home: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.chdir(home / "set")
    row, error = attempt(f"dataset: {name}")
    assert SECRET not in row
    assert PLACE in error
    assert f"'{name}' is the name of a file format, not of a dataset\n" in error
    assert "for a file: file: NAME; for a folder: its path from the recipe" in error


def test_a_folder_may_have_the_name_of_a_format(attempt: Attempt) -> None:
    assert MINE in attempt("dataset: text", files={"text/a.txt": MINE})[0]


def test_a_path_is_seen_from_the_recipe(attempt: Attempt, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(home)
    monkeypatch.setenv("HOME", str(home))
    for name in ("./set", f"{home}/set", "~/set", os.path.relpath(home / "set", tmp_path), "~", f"{home}/saved"):
        row, error = attempt(f"dataset: '{name}'")
        assert SECRET not in row
        assert PLACE in error
        assert f"'{name}' is not there" in error or f"'{name}' leaves the recipe's folder\n" in error


@pytest.mark.parametrize("start", ["file://", "local://", "file:", "hf://datasets/", "https://example.com", "s3://", "zip://a.jsonl::"])
def test_a_url_is_no_dataset(attempt: Attempt, home: Path, start: str) -> None:
    row, error = attempt(f"dataset: '{start}{home}/set'")
    assert SECRET not in row
    assert PLACE in error
    assert "is neither a folder nor the id of a dataset on the Hub" in error


@pytest.mark.parametrize("name", ["buckets/tester/things", "a/b/c", "a/../b", "..", "../b", "-", "a b", ""])
def test_what_is_no_name_of_a_dataset(attempt: Attempt, name: str) -> None:
    assert PLACE in attempt(f"dataset: '{name}'")[1]


def test_a_folder_whose_name_is_a_url_to_datasets(attempt: Attempt, tmp_path: Path) -> None:
    (tmp_path / "zip::" / "a").mkdir(parents=True)
    (tmp_path / "zip::" / "a" / "a.jsonl").write_text(lines(MINE))
    assert "is no plain path" in attempt("dataset: 'zip::/a'")[1]


def test_a_file_is_no_folder(attempt: Attempt) -> None:
    error = attempt("dataset: a.jsonl", files={"a.jsonl": lines(MINE)})[1]
    assert ": 'a.jsonl' is a file, not a folder\n" in error
    assert error.endswith("to read it: file: a.jsonl")


def test_a_field_that_is_not_there(attempt: Attempt) -> None:
    error = attempt("dataset: tickets, field: txet", files={"tickets/a.jsonl": lines(MINE)})[1]
    assert error == "dataset 'tickets': its rows have no field 'txet'\n  did you mean 'text'?"


# What is loaded as ever


def test_folders_of_data_files_are_loaded(attempt: Attempt, tickets: Path) -> None:
    rows = datasets.Dataset.from_list([{"text": MINE}])
    for name, write in (("a.jsonl", rows.to_json), ("a.csv", rows.to_csv), ("data/train-00000-of-00001.parquet", rows.to_parquet)):
        (tickets / name).parent.mkdir(exist_ok=True)
        write(tickets / name)
        assert attempt() == (str([{"text": MINE}]), "")
        (tickets / name).unlink()


def test_what_stands_in_csv_is_text_as_in_a_file(attempt: Attempt, tickets: Path) -> None:
    (tickets / "a.csv").write_text("text,country,zip,none\n1.10,NA,00501,\n2.5,DE,02134,3\n")
    assert attempt("dataset: tickets") == (str([{"text": "1.10", "country": "NA", "zip": "00501", "none": ""}]), "")


def test_the_types_that_a_card_gives_to_csv_are_kept(attempt: Attempt, tickets: Path) -> None:
    (tickets / "a.csv").write_text("text,n\n00501,007\n")
    (tickets / "README.md").write_text(
        "---\ndataset_info:\n  features:\n  - {name: text, dtype: string}\n  - {name: n, dtype: int64}\n---\n"
    )
    assert attempt("dataset: tickets") == (str([{"text": "00501", "n": 7}]), "")


def test_text_that_is_not_utf_8_is_told(attempt: Attempt, tickets: Path) -> None:
    import pyarrow
    from pyarrow import parquet

    text = pyarrow.array([b"G\xe4ste"], pyarrow.binary())
    broken = pyarrow.StringArray.from_buffers(1, *text.buffers()[1:])
    parquet.write_table(pyarrow.table({"text": broken}), tickets / "train.parquet")
    assert "dataset 'tickets': it holds text that is not UTF-8" in attempt()[1]


def test_splits_and_configurations_are_loaded(attempt: Attempt, tickets: Path) -> None:
    names = {"one": "a/*.jsonl", "two": "[{split: test, path: b/b.jsonl}, {split: train, path: ../tickets/c.csv}]"}
    configs = "".join(f"- config_name: {name}\n  data_files: {names}\n" for name, names in names.items())
    (tickets / "README.md").write_text(f"---\nconfigs:\n{configs.replace('c.csv', 'c.jsonl')}---\n")
    for name in ("a/a.jsonl", "b/b.jsonl", "c.jsonl"):
        (tickets / name).parent.mkdir(exist_ok=True)
        (tickets / name).write_text(lines(name, MINE))
    for keys, name in (("config: one", "a/a.jsonl"), ("config: two, split: test", "b/b.jsonl"), ("config: two", "c.jsonl")):
        assert attempt(f"dataset: tickets, {keys}, field: text") == (str([name]), "")
    assert MINE in attempt("dataset: tickets, config: one, split: 'train[1:]'")[0]
    assert "dataset 'tickets' cannot be loaded: ValueError: Config name is missing." in attempt()[1]
    assert PLACE in attempt("dataset: tickets, config: none")[1]


def test_what_save_to_disk_wrote_is_loaded(attempt: Attempt, tmp_path: Path) -> None:
    saved(tmp_path / "one", MINE)
    whole = datasets.DatasetDict(
        {"train": datasets.Dataset.from_list([{"text": "x"}]), "test": datasets.Dataset.from_list([{"text": MINE}])}
    )
    whole.save_to_disk(tmp_path / "all")
    assert attempt("dataset: one") == (str([{"text": MINE}]), "")
    assert attempt("dataset: all, split: test") == (str([{"text": MINE}]), "")


def test_an_output_is_loaded(attempt: Attempt, recipe: Callable[..., Loaded], tmp_path: Path) -> None:
    first = recipe(RECIPE.replace("kind: load, %s", f"kind: choice, options: [{MINE}]"))
    made = make_output(first.path, out=tmp_path / "made").folder
    assert attempt("dataset: made, config: traffic, field: a") == (str([MINE]), "")
    (part,) = recipe(RECIPE % "dataset: made, config: traffic").recipe.tables["traffic"].fields.values()
    assert {path.relative_to(made).parts[0] for path in part.files()} == {"README.md", "traffic"}


def test_a_recipe_that_loads_no_dataset_waits_for_none(tmp_path: Path) -> None:
    (tmp_path / "recipe.yaml").write_text(RECIPE.replace("kind: load, %s", "kind: id") + "      b: {kind: load, dataset: owner/name}\n")
    program = "import sys; from synthgen.recipe import load; load(sys.argv[1]); sys.exit('datasets' in sys.modules)"
    subprocess.run([sys.executable, "-c", program, tmp_path / "recipe.yaml"], check=True)


# The Hub

HUB = """
import json, sys
from pathlib import Path
from synthgen.errors import SynthgenError
from synthgen.recipe import load
import datasets

def attempt(place, keys):
    recipe = {"name": "shop", "tables": {"traffic": {"rows": 1, "fields": {"a": {"kind": "load", **keys}}}}}
    try:
        (place / "recipe.yaml").write_text(json.dumps(recipe))
        field = load(place / "recipe.yaml").recipe.tables["traffic"].fields["a"]
        return [str(list(field._records)), ""]
    except SynthgenError as error:
        return ["", str(error)]

home, place, asked = Path(sys.argv[1]), Path(sys.argv[2]), json.loads(sys.argv[3])
datasets.load_dataset(str(home / "set"))
print(json.dumps({name: attempt(place, keys) for name, keys in asked.items()}))
"""


@pytest.fixture
def on_hub(hub_server: HubServer, home: Path, tmp_path: Path) -> Callable[..., dict[str, tuple[str, str]]]:
    """Load datasets in a process that works in somebody's own folder and has loaded their dataset `set` before."""

    def run(asked: Mapping[str, Mapping[str, str]], **environment: str) -> dict[str, tuple[str, str]]:
        own = {"HF_HOME": str(home / "hf"), "HF_HUB_DISABLE_TELEMETRY": "1", "PYTHONPATH": str(Path(synthgen.__file__).parents[1])}
        told = {**os.environ, **hub_server.environment, **own, **environment}
        place = tmp_path / "recipe"
        place.mkdir(exist_ok=True)
        arguments = [sys.executable, "-c", HUB, home, place, json.dumps(asked)]
        done = subprocess.run(arguments, env=told, cwd=home, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return {name: tuple(attempt) for name, attempt in json.loads(done.stdout.splitlines()[-1]).items()}

    return run


def test_a_dataset_of_the_hub_names_files_of_its_own_only(
    on_hub: Callable[..., dict[str, tuple[str, str]]], hub_server: HubServer, home: Path, tmp_path: Path
) -> None:
    other = f"{hub_server.endpoint}/datasets/tester/other/resolve/main/a.jsonl"
    ways = {
        "absolute": f"{home}/private.jsonl",
        "file": f"file://{home}/private.jsonl",
        "zip": f"zip://private.jsonl::{home}/private.zip",
        "up": "../other@main/a.jsonl",
        "neighbour": "hf://datasets/tester/other@main/a.jsonl",
        "page": other,
        "home": "~/private.jsonl",
        "middle": "x/../../other@main/a.jsonl",
    }
    hub_server.put("tester/other", {"a.jsonl": lines(SECRET).encode()}, private=False)
    for name, way in ways.items():
        hub_server.put(f"tester/{name}", {"README.md": (CARD % f"data_files: {way}").encode(), "a.jsonl": lines(MINE).encode()})
    hub_server.put("tester/yaml", {".huggingface.yaml": (CARD % f"data_dir: {home}").replace("---\n", "").encode()})
    hub_server.put("tester/version", {"README.md": (CARD % f"data_files: a.jsonl\n  version: {home}/written").encode()})
    for name, file in (("tar", "a.jsonl"), ("tgz", "a.jsonl.tar.gz")):
        with_links(tmp_path / file, home / "private.jsonl", "w" if name == "tar" else "w:gz")
        hub_server.put(f"tester/{name}", {file: (tmp_path / file).read_bytes()})
    photo = json.dumps({"photo": f"{home}/private.jsonl"}).encode()
    hub_server.put("tester/photos", {"README.md": f"---\n{IMAGES}---\n".encode(), "a.jsonl": photo})
    hub_server.put("tester/harbor", {"task.toml": b"x = 1", "instruction.md": b"x"})
    found = on_hub({name.split("/")[1]: {"dataset": name} for name in hub_server.repos if name != "tester/other"})
    assert SECRET not in str(found)
    for name, way in ways.items():
        assert f"dataset 'tester/{name}': its README.md names '{way}', which is no file of that repository\n" in found[name][1]
    assert f"dataset 'tester/yaml': its .huggingface.yaml names '{home}', which is no file of that repository\n" in found["yaml"][1]
    assert f"its README.md gives the version '{home}/written'" in found["version"][1]
    assert "its file 'a.jsonl' is an archive" in found["tar"][1]
    assert "its file 'a.jsonl.tar.gz' is an archive" in found["tgz"][1]
    assert "its field 'photo' may be kept in files that its rows name" in found["photos"][1]
    assert "it is read as 'harbor'" in found["harbor"][1]
    assert not (home / "written").exists()
    assert [request.path for request in hub_server.log if "tester/other" in request.path] == []


def test_a_name_is_looked_up_on_the_hub_and_nowhere_else(
    on_hub: Callable[..., dict[str, tuple[str, str]]], hub_server: HubServer, home: Path
) -> None:
    (home / "tester" / "here").mkdir(parents=True)
    (home / "tester" / "here" / "private.jsonl").write_text(lines(SECRET))
    asked = {name: {"dataset": name} for name in ("set", "tester/here", "saved", "private.jsonl", "hf")}
    for found in (on_hub(asked), on_hub(asked, HF_HUB_OFFLINE="1")):
        assert SECRET not in str(found)
        assert all(error.startswith(f"dataset '{name}'") for name, (_, error) in found.items())
        assert "a folder is named by its path from the recipe" in found["set"][1]
    assert all(request.startswith("GET /api/datasets/") for request in hub_server.strange)  # it knows no names without an owner
    hub_server.strange.clear()


def test_datasets_of_the_hub_are_loaded(on_hub: Callable[..., dict[str, tuple[str, str]]], hub_server: HubServer) -> None:
    configs = (
        "---\nconfigs:\n- config_name: one\n  data_files: a/*.jsonl\n- config_name: two\n  data_files: [{split: test, path: "
        "b.jsonl}]\n---\n"
    )
    hub_server.put("tester/plain", {"data/a.jsonl": lines(MINE).encode()})
    hub_server.put("tester/sets", {"README.md": configs.encode(), "a/a.jsonl": lines("one").encode(), "b.jsonl": lines("two").encode()})
    hub_server.put("tester/packed", {"a.jsonl.gz": gzip.compress(lines(MINE).encode())})
    asked = {
        "plain": {"dataset": "tester/plain"},
        "packed": {"dataset": "tester/packed"},
        "one": {"dataset": "tester/sets", "config": "one"},
        "two": {"dataset": "tester/sets", "config": "two", "split": "test", "revision": "main", "field": "text"},
    }
    told = {"plain": MINE, "packed": MINE, "one": "one"}
    wanted = {**{name: (str([{"text": text}]), "") for name, text in told.items()}, "two": ("[{'text': 'two'}]", "")}
    assert on_hub(asked) == wanted
    asks = len(hub_server.log)
    assert on_hub({"plain": asked["plain"]}, HF_HUB_OFFLINE="1") == {"plain": wanted["plain"]}
    assert len(hub_server.log) == asks


def test_what_stands_in_csv_on_the_hub_is_text_too(
    on_hub: Callable[..., dict[str, tuple[str, str]]], hub_server: HubServer, home: Path
) -> None:
    table = b"text,country,zip\n1.10,NA,00501\n2.5,DE,02134\n"
    hub_server.put("tester/Codes", {"a.csv": table})
    hub_server.put("tester/packed", {"a.csv.gz": gzip.compress(table)})
    types = "".join(
        f"  - {{name: {name}, dtype: {dtype}}}\n" for name, dtype in (("text", "float64"), ("country", "string"), ("zip", "string"))
    )
    typed = f"---\ndataset_info:\n  features:\n{types}---\n"
    hub_server.put("tester/typed", {"a.csv": table, "README.md": typed.encode()})
    hub_server.put("tester/sets", {"README.md": b"---\nconfigs:\n- {config_name: one, data_files: a.csv}\n---\n", "a.csv": table})
    asked = {name: {"dataset": f"tester/{name}"} for name in ("Codes", "packed", "typed")} | {
        "one": {"dataset": "tester/sets", "config": "one"},
        "only": {"dataset": "tester/sets"},
    }
    records = [{"text": "1.10", "country": "NA", "zip": "00501"}, {"text": "2.5", "country": "DE", "zip": "02134"}]
    as_text = (str(records), "")
    wanted = dict.fromkeys(asked, as_text) | {"typed": (str([{**record, "text": float(record["text"])} for record in records]), "")}
    online = on_hub(asked)
    assert {name: online[name] for name in wanted} == {**wanted, "typed": online["typed"]}
    assert "'text': 1.1," in online["typed"][0]
    asks = len(hub_server.log)
    offline = on_hub(asked, HF_HUB_OFFLINE="1")
    assert {name: error for name, (_, error) in offline.items() if error} == {}
    assert offline == online
    assert len(hub_server.log) == asks


def test_guessed_columns_that_were_loaded_before_are_not_taken(
    on_hub: Callable[..., dict[str, tuple[str, str]]], hub_server: HubServer, home: Path
) -> None:
    hub_server.put("tester/codes", {"a.csv": b"zip\n00501\n"})
    own = {"HF_HOME": str(home / "hf"), "HF_HUB_DISABLE_TELEMETRY": "1"}
    script = "import datasets; print(datasets.load_dataset('tester/codes', split='train')[0])"
    done = subprocess.run(
        [sys.executable, "-c", script], env={**os.environ, **hub_server.environment, **own}, capture_output=True, text=True, check=True
    )
    assert "501" in done.stdout
    (_, error) = on_hub({"codes": {"dataset": "tester/codes"}}, HF_HUB_OFFLINE="1")["codes"]
    assert "dataset 'tester/codes': its columns were guessed when it was loaded before" in error
