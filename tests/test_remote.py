"""Outputs at an address: they appear there whole or not at all, whatever is cut off, and every command that reads one takes the address."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import fsspec
import pytest
from builders import one_message
from conftest import forked
from fsspec.implementations.memory import MemoryFileSystem
from servers.s3 import KEY, SECRET, SETTINGS, S3Server

import synthgen
from synthgen.dataset import JOURNAL, Dataset, RemoteOutput
from synthgen.errors import OutputError, StorageError
from synthgen.models import ScriptedModel
from synthgen.spec.rows import Prompt

PATIENCE = 300.0
BUCKET = "shops"


def script(prompt: Prompt, random: Random) -> str:
    return f" where is it {random.randrange(10**9)}\n"


def recipe(rows: int = 20) -> dict[str, Any]:
    """Messages that a model is asked for, and a table that is made from them."""
    data = one_message(rows, harness={"input": "message"})
    data["tables"]["more"] = {"from": {"table": "traffic", "rows": 5}, "fields": {"n": {"kind": "number", "between": [1, 9]}}}
    return data


def made(place: str | Path, rows: int = 20, **options: Any) -> tuple[synthgen.MakeResult, list[Prompt]]:
    """What make says, and what it asked."""
    model = ScriptedModel(script)
    return synthgen.make(recipe(rows), out=place, models={"typist": model}, **options), model.asked


def messages(place: str | Path) -> list[str]:
    return [row["message"] for row in Dataset.open(place).rows("traffic")]


@dataclass
class Store:
    """The server, an address in a bucket of it, and machines that have nothing in common but that."""

    server: S3Server
    address: str
    folder: Path
    patch: pytest.MonkeyPatch

    def on(self, machine: str) -> None:
        """Go on as another machine."""
        self.patch.setenv("SYNTHGEN_HOME", str(self.folder / machine))

    @property
    def objects(self) -> dict[str, bytes]:
        """All that is at the address, by path."""
        _, _, path = self.address.removeprefix("s3://").partition("/")
        return {key.removeprefix(f"{path}/"): content for key, content in self.server.objects(BUCKET, f"{path}/").items()}

    @property
    def waiting(self) -> list[str]:
        """What is left there that only a run needs."""
        return [path for path in self.objects if path.startswith(".unfinished/")]


@pytest.fixture(scope="module")
def server() -> Iterator[S3Server]:
    with S3Server() as running:
        running.client.create_bucket(Bucket=BUCKET)
        yield running


@pytest.fixture
def store(server: S3Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    for name, value in server.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setitem(fsspec.config.conf, "s3", SETTINGS)
    fsspec.get_filesystem_class("s3").clear_instance_cache()
    a_store = Store(server, f"s3://{BUCKET}/{tmp_path.name}/traffic", tmp_path, monkeypatch)
    a_store.on("here")
    yield a_store
    assert not server.faults


# Making


def test_an_output_at_an_address_is_the_same_as_one_in_a_folder(store: Store, tmp_path: Path) -> None:
    result, _ = made(store.address)
    local = Dataset.open(made(tmp_path / "local")[0].folder)
    assert (result.address, result.named) == (store.address, store.address)
    manifest = json.loads(store.objects["manifest.json"])
    assert {*store.objects} == {"manifest.json", *manifest["files"]} == {"manifest.json", *local.manifest["files"]}
    assert messages(store.address) == [row["message"] for row in local.rows("traffic")]
    assert (result.folder / JOURNAL).exists()
    again, asked = made(store.address)
    assert (again.already, asked) == (True, [])


@pytest.mark.parametrize("scheme", ["memory", "file"])
def test_one_way_serves_all_schemes(scheme: str, store: Store, tmp_path: Path) -> None:
    address = f"{scheme}://{tmp_path}/elsewhere/shop"
    first = made(address)[0]
    store.on("there")
    assert messages(address) == messages(first.folder)
    assert made(address)[0].already
    (tmp_path / "elsewhere").mkdir(exist_ok=True)
    made(address, rows=10)
    store.on("here")
    assert len(messages(address)) == 10
    assert synthgen.verify(address).damaged == ()
    if scheme == "memory":
        MemoryFileSystem.store.clear()


def test_tables_with_the_same_content_are_all_there(store: Store) -> None:
    address, table = "memory://shops/twice", {"rows": 3, "fields": {"a": {"kind": "choice", "options": ["x"]}}}
    result = synthgen.make({"name": "twice", "tables": {"one": table, "two": table}}, out=address)
    assert len({record["sha256"] for path, record in result.manifest["files"].items() if path.endswith(".parquet")}) == 1
    store.on("there")
    assert [len(list(Dataset.open(address).rows(name))) for name in ("one", "two")] == [3, 3]


def test_a_table_is_sent_as_soon_as_it_is_done(store: Store) -> None:
    data = recipe()
    data["tables"]["more"]["fields"]["note"] = {"kind": "typed", "seeds": ["late", "broken"]}
    seen = list[int]()

    def watching(prompt: Prompt, random: Random) -> str:
        if "late" in prompt.text:
            seen.append(len([path for path in store.waiting if not path.endswith(".synthgen.json")]))
        return script(prompt, random)

    synthgen.make(data, out=store.address, models={"typist": ScriptedModel(watching)})
    assert {*seen} == {1}
    assert not store.waiting


# Reading on another machine


def test_every_command_that_reads_an_output_takes_its_address_and_writes_nothing_there(store: Store, tmp_path: Path) -> None:
    here, _ = made(store.address)
    made(tmp_path / "other", rows=10)
    store.on("there")
    before, since = store.objects, len(store.server.requests)
    assert len(synthgen.look(store.address, rows=100).rows) == 20
    assert synthgen.verify(store.address).damaged == ()
    assert synthgen.why(store.address, 3).message == messages(here.folder)[3]
    assert synthgen.diff(store.address, tmp_path / "other").differs
    assert not synthgen.diff(here.folder, store.address).differs
    assert synthgen.export(store.address, "jsonl", table="traffic", out=tmp_path / "cases").cases == 20
    assert synthgen.report(store.address, out=tmp_path / "page.html").exists()
    assert synthgen.review(store.address).as_dict()
    assert synthgen.measure(store.address).messages == 20
    assert synthgen.compare(store.address, store.address)
    assert {method for method, _ in store.server.requests[since:]} <= {"GET", "HEAD"}
    assert store.objects == before


def test_what_was_fetched_is_fetched_once_and_again_when_it_was_made_anew(store: Store) -> None:
    made(store.address)
    store.on("there")
    assert len(messages(store.address)) == 20
    since = len(store.server.requests)
    messages(store.address)
    assert not [path for _, path in store.server.requests[since:] if path.endswith(".parquet")]
    store.on("here")
    made(store.address, rows=10)
    store.on("there")
    assert len(messages(store.address)) == 10


def test_the_answers_of_this_machine_stay_when_another_version_is_fetched(store: Store) -> None:
    made(store.address)
    store.on("there")
    made(store.address, rows=10)
    store.on("here")
    assert len(messages(store.address)) == 10
    assert made(store.address)[1] == []
    assert len(messages(store.address)) == 20


def test_a_recipe_reads_an_output_elsewhere_only_where_that_is_allowed(store: Store, tmp_path: Path) -> None:
    made(store.address)
    rows = {"kind": "load", "dataset": store.address, "config": "traffic", "pick": "order"}
    loading = {"name": "loads", "tables": {"t": {"rows": 20, "fields": {"row": {**rows, "field": "message"}}}}}
    with pytest.raises(synthgen.RecipeError, match=f"--allow {store.address}"):
        synthgen.load_recipe(loading)
    for place in (store.address, store.address.rpartition("/")[0]):
        result = synthgen.make(loading, out=tmp_path / "loads", allow=[place])
        assert [row["row"] for row in Dataset.open(result.folder).rows("t")] == messages(store.address)
    with pytest.raises(synthgen.RecipeError, match="--allow"):
        synthgen.load_recipe(loading, allow=[f"{store.address}-not"])


def test_the_output_there_is_read_while_this_machine_makes_another(store: Store) -> None:
    made(store.address, rows=10)
    store.on("there")
    seen = list[int]()

    def reading(prompt: Prompt, random: Random) -> str:
        if not seen:
            seen.append(len(messages(store.address)))
        return script(prompt, random)

    synthgen.make(recipe(), out=store.address, models={"typist": ScriptedModel(reading)})
    assert seen == [10]
    assert len(messages(store.address)) == 20
    left = {path.name for path in Path(os.environ["SYNTHGEN_HOME"]).glob("*/*") if path.suffix != ".lock"}
    assert left == {"traffic", ".writer.json"}


# Cuts


MOMENTS = {
    "a shard": r"unfinished/[0-9a-f]{64}$",
    "the manifest": r"unfinished/manifest\.json$",
    "a copy": r"traffic/README\.md$",
    "the last word": r"traffic/manifest\.json$",
}


def _make(environment: dict[str, str], address: str) -> None:
    os.environ.update(environment)
    fsspec.config.conf["s3"] = SETTINGS
    made(address)


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_run_that_is_killed_while_it_sends_goes_on(moment: str, store: Store) -> None:
    old = made(store.address, rows=10)[0]
    old_messages = messages(old.folder)
    with store.server.hold("PUT", MOMENTS[moment]) as fault:
        environment = {**store.server.environment, "SYNTHGEN_HOME": os.environ["SYNTHGEN_HOME"]}
        run = forked.Process(target=_make, args=(environment, store.address))
        run.start()
        assert fault.met.wait(PATIENCE)
        os.kill(run.pid or 0, signal.SIGKILL)
        run.join()
    store.on("there")
    new = moment in ("a copy", "the last word")  # the manifest is there: the new one is whole
    assert (messages(store.address) == old_messages) is not new
    assert len(messages(store.address)) == (20 if new else 10)
    store.on("here")
    since = len(store.server.requests)
    again, asked = made(store.address)
    assert asked == []
    assert again.already is new
    assert not store.waiting
    sent = [path for method, path in store.server.requests[since:] if method == "PUT" and path.endswith(".parquet")]
    assert len(sent) == 2
    assert messages(store.address)[:10] == old_messages
    assert synthgen.verify(store.address).damaged == ()


@pytest.mark.parametrize(
    ("fault", "moment"), [("refused", "a shard"), ("forbidden", "a shard"), ("cut off", "a shard"), ("forbidden", "a copy")]
)
def test_a_store_that_fails_is_told_of_and_loses_nothing(fault: str, moment: str, store: Store) -> None:
    made(store.address, rows=10)
    pattern, server = MOMENTS[moment], store.server
    failing = server.cut("PUT", pattern) if fault == "cut off" else server.refuse("PUT", pattern, {"refused": 503, "forbidden": 403}[fault])
    with failing, pytest.raises(OutputError) as error:
        made(store.address)
    assert store.address in error.value.message
    assert KEY not in str(error.value)
    assert (error.value.exit_code, isinstance(error.value, StorageError)) == ((1, False) if fault == "forbidden" else (4, True))
    store.on("there")
    assert len(messages(store.address)) == (10 if moment == "a shard" else 20)
    store.on("here")
    assert made(store.address)[1] == []
    assert len(messages(store.address)) == 20
    assert not store.waiting


def test_the_old_output_stays_until_the_new_one_is_whole(store: Store) -> None:
    made(store.address, rows=10)
    old = store.objects
    with store.server.refuse("PUT", MOMENTS["the manifest"], 403), pytest.raises(OutputError):
        made(store.address)
    assert {path: content for path, content in store.objects.items() if path in old} == old
    assert synthgen.verify(store.address).damaged == ()


# Damage


def test_a_file_that_is_not_whole_is_named_and_made_anew(store: Store) -> None:
    made(store.address)
    content = store.objects["traffic/00000.parquet"]
    key = f"{store.address.removeprefix(f's3://{BUCKET}/')}/traffic/00000.parquet"
    store.server.client.put_object(Bucket=BUCKET, Key=key, Body=content[:-9])
    found = synthgen.verify(store.address)
    assert [str(damage) for damage in found.damaged] == [
        f"traffic/00000.parquet has {len(content) - 9:,} bytes in place of {len(content):,}"
    ]
    with pytest.raises(OutputError, match=r"traffic/00000.parquet has"):
        made(store.address)
    store.on("there")
    with pytest.raises(OutputError, match=r"traffic/00000.parquet is damaged"):
        Dataset.open(store.address)
    store.server.client.delete_object(Bucket=BUCKET, Key=key)
    with pytest.raises(OutputError, match="files of it are missing"):
        Dataset.open(store.address)
    store.on("here")
    assert made(store.address, recheck=True)[1] == []
    assert store.objects["traffic/00000.parquet"] == content
    store.on("there")
    assert len(messages(store.address)) == 20


@pytest.mark.parametrize("path", ["../precious.txt", "/precious.txt", "a/../../precious.txt", "C:precious.txt", "a//b", "a\\b"])
def test_a_manifest_that_names_files_elsewhere_is_refused(path: str, store: Store) -> None:
    MemoryFileSystem.store.clear()
    address, files = "memory://shops/traffic", fsspec.filesystem("memory")
    made(address)
    manifest = json.loads(files.cat_file("/shops/traffic/manifest.json"))
    manifest["files"][path] = {"bytes": 1, "sha256": "0" * 64}
    files.pipe_file("/shops/traffic/manifest.json", json.dumps(manifest).encode())
    files.pipe_file("/shops/precious.txt", b"mine")
    store.on("there")
    for reads in (Dataset.open, synthgen.verify, made):
        with pytest.raises(OutputError, match="which is not in it"):
            reads(address)
    assert files.cat_file("/shops/precious.txt") == b"mine"
    assert not [file for file in store.folder.rglob("*") if "precious" in file.name]


# Two writers


def test_two_machines_do_not_work_on_one_output(store: Store) -> None:
    first = RemoteOutput.at(store.address)
    with first.locked("make"):
        first.open()
        store.on("there")
        with pytest.raises(OutputError, match="another machine is working on"):
            made(store.address)
        made(store.address, fresh=True)  # it was killed, says the user
        with pytest.raises(OutputError, match=r"there is no|another machine"):
            first.publish({"files": {}}, ())
    assert len(messages(store.address)) == 20
    assert not store.waiting


# Mistakes


def test_what_is_wrong_with_an_address_is_told_before_anything_is_asked(store: Store, tmp_path: Path) -> None:
    store.server.client.put_object(Bucket=BUCKET, Key=f"{tmp_path.name}/theirs/precious.txt", Body=b"mine")
    mistakes = {
        f"s3://{BUCKET}/{tmp_path.name}/theirs": "was not made by synthgen",
        "s3://nobodys/traffic": "cannot be written: FileNotFoundError: The specified bucket does not exist",
        "abfs://container/traffic": "needs a package that is not installed",
        "s4://bucket/traffic": "there is no driver for s4://",
        "s3://": "is no address of an output",
        f"s3://key:{SECRET}@bucket/traffic": "holds credentials",
        f"s3://bucket/traffic?key={SECRET}": "holds credentials",
        "s3://bucket/../traffic": "leads up",
    }
    for address, what in mistakes.items():
        model = ScriptedModel(script)
        with pytest.raises(OutputError, match=what) as error:
            synthgen.make(recipe(), out=address, models={"typist": model})
        assert model.asked == []
        assert SECRET not in str(error.value)
    with pytest.raises(OutputError, match="there is no output at"):
        Dataset.open(f"{store.address}/none")
    with pytest.raises(OutputError, match="in Python an address is text"):
        Dataset.open(Path(store.address))
    with pytest.raises(OutputError, match="is no path of this machine"):
        synthgen.export(made(store.address)[0].folder, "jsonl", out="s3://bucket/cases")


def test_a_run_without_credentials_says_so(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    with pytest.raises(OutputError, match="credentials"):
        made(store.address)


def test_no_secret_is_written(store: Store) -> None:
    made(store.address)
    written = [file.read_bytes() for file in store.folder.rglob("*") if file.is_file()]
    for secret in (KEY, SECRET):
        assert not [content for content in (*written, *store.objects.values()) if secret.encode() in content]
