"""`push`: an output on the Hub, told by the real clients against a loopback Hub: what goes, what stays, what goes wrong."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from random import Random
from textwrap import dedent
from typing import Any

import pyarrow
import pytest
import yaml
from huggingface_hub import HfApi, constants
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import parquet
from pydantic import ValidationError
from servers import hub as hubs
from servers.hub import OWNER, READER, STRANGER, HubServer

from synthgen.api import make
from synthgen.dataset.logs import remember_logs
from synthgen.dataset.names import LOGS
from synthgen.errors import DataError, HubError, OutputError, SynthgenError
from synthgen.hub.hub import Pushed, publishing, push
from synthgen.hub.leaks import SECRETS, in_text, secret
from synthgen.hub.outgoing import _picked, in_test
from synthgen.models import ScriptedModel
from synthgen.recipe import load
from synthgen.recipe.publish import Publish
from synthgen.spec.rows import Prompt

hub_server = hubs.hub_server

RECIPE = """
name: shop
about: Customers of a shop.
seed: 3
tables:
  orders:
    rows: 60
    fields:
      order_id: {kind: fake, provider: numerify, args: {text: "%####"}, unique: true}
      price: {kind: number, between: [3, 90], decimals: 2}
      placed: {kind: date, between: [-30d, -1d]}
  messages:
    from: {table: orders, per_row: [1, 2]}
    fields:
      reason: {kind: choice, options: [late, broken]}
      message:
        kind: typed
        topic: "{{ reason }}"
        on_topic: false
        voice: {texter: 1}
        best_of: 1
        seeds: {late: [where is <order_id>, still no parcel, when], broken: [<order_id> came broken, its smashed, crack in it]}
    keep:
      - {kind: lacks, field: message, pattern: "7$"}
"""
SENT = {"README.md", "manifest.json", "recipe.yaml", "messages/00000.parquet", "orders/00000.parquet", "refused/00000.parquet"}


WORDS = ["red", "late", "wet", "two", "broken", "small", "again", "here", "gone", "blue", "soon", "lost", "open", "back"]


def script(prompt: Prompt, stream: Random) -> str:
    return f" it came {' '.join(stream.choices(WORDS, k=4))} {stream.randrange(100)}\n"


def make_output(folder: Path, text: str, script: Callable[[Prompt, Random], str] = script, **options: Any) -> Path:
    """Make a recipe's output in the folder `out` there."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "recipe.yaml").write_text(dedent(text), encoding="utf-8")
    made = make(folder / "recipe.yaml", out=folder / "out", models={"typist": ScriptedModel(script)}, **options).folder
    if not (made / LOGS).exists():
        remember_logs(load(folder / "recipe.yaml").recipe, made)
    return made


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_output(tmp_path_factory.mktemp("shop"), RECIPE)


@pytest.fixture
def output(shop: Path, tmp_path: Path) -> Path:
    """An output of one's own."""
    return Path(shutil.copytree(shop, tmp_path / "own"))


@pytest.fixture(autouse=True)
def _plain_uploads(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The loopback Hub does not speak Xet, and this machine's own token is none of the tests' business."""
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", True)
    monkeypatch.setattr(constants, "HF_TOKEN_PATH", str(tmp_path / "no token"))
    for name in ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def send(hub_server: HubServer) -> Callable[..., Pushed]:
    """Push with a token (default: the owner's)."""

    def run(folder: Path, repo: str = "tester/shop", token: str | None = OWNER, **options: Any) -> Pushed:
        return push(folder, repo, hub=HfApi(endpoint=hub_server.endpoint, token=token if token else False), **options)

    return run


def rows(folder: Path, name: str) -> list[dict[str, Any]]:
    return [row for file in sorted((folder / name).glob("*.parquet")) for row in parquet.read_table(file).to_pylist()]


def front(card: bytes) -> dict[str, Any]:
    """The metadata of a card."""
    found = yaml.safe_load(card.decode().split("\n---\n")[0].removeprefix("---\n"))
    assert isinstance(found, dict)
    return found


# The round trip

LOADING = """
import json, os, sys
reached = set()
sys.addaudithook(lambda event, given: reached.add(str(given[1])) if event == "socket.connect" else None)
from synthgen.hub.hub import push
folder, out = sys.argv[1:]
push(folder, "tester/plain")
push(folder, "tester/split", test=0.3, tag="v1")
pull = push(folder, "tester/plain", pr=True, test=0.5, message="a test split")
import datasets
told = {}
def load(place, name, **options):
    for split, rows in datasets.load_dataset(place, name, **options).items():
        yield split, [str(rows.features), [json.dumps(row, default=str) for row in rows]]
for name in ("orders", "messages", "refused"):
    told[name] = {"here": dict(load(folder, name)), "there": dict(load("tester/plain", name)), "split": dict(load("tester/split", name)),
                  "tag": dict(load("tester/split", name, revision="v1")), "pull": dict(load("tester/plain", name, revision="refs/pr/1"))}
told["stream"] = [json.dumps(row, default=str) for row in datasets.load_dataset("tester/plain", "messages", split="train", streaming=True)]
told["reached"] = sorted(reached)
json.dump(told, open(out, "w"))
"""


@pytest.fixture(scope="module")
def loaded(shop: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What `datasets` loads here and from the Hub, in a process of its own that has only the environment to go by."""
    place = tmp_path_factory.mktemp("loaded")
    with HubServer(page=3) as server:
        environment = {**os.environ, **server.environment, "HF_HOME": str(place / "home"), "HF_DATASETS_DISABLE_PROGRESS_BARS": "1"}
        done = subprocess.run(
            [sys.executable, "-c", LOADING, shop, place / "told"], env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        told = json.loads((place / "told").read_text())
        told["agents"], told["strange"], told["port"] = {one.agent for one in server.log}, server.strange, server.endpoint.split(":")[-1]
        told["home"] = [path.read_bytes() for path in place.rglob("*") if path.is_file()]
        told["content"] = list(server.blobs.values())
        return told


@pytest.mark.parametrize("name", ["orders", "messages", "refused"])
def test_what_is_loaded_from_the_hub_is_what_was_made(loaded: dict[str, Any], name: str) -> None:
    here = loaded[name]["here"]
    assert list(here) == ["train"]
    assert len(here["train"][1]) > 5
    assert loaded[name]["there"] == here
    assert loaded[name]["tag"] == loaded[name]["split"]


@pytest.mark.parametrize("kind", ["split", "pull"])
def test_the_splits_hold_all_rows_between_them_in_their_order(loaded: dict[str, Any], kind: str) -> None:
    for name in ("orders", "messages"):
        features, whole = loaded[name]["here"]["train"]
        train, test = loaded[name][kind]["train"], loaded[name][kind]["test"]
        assert train[0] == test[0] == features
        assert [row for row in whole if row in set(train[1])] == train[1]
        assert [row for row in whole if row not in set(train[1])] == test[1]
        assert test[1]
    assert loaded["refused"][kind] == loaded["refused"]["here"]


def test_it_streams(loaded: dict[str, Any]) -> None:
    assert loaded["stream"] == loaded["messages"]["here"]["train"][1]


def test_nobody_but_the_hub_is_reached_and_it_is_told_nothing_of_the_machine(loaded: dict[str, Any]) -> None:
    assert loaded["reached"]
    assert all(f"'127.0.0.1', {loaded['port']}" in one for one in loaded["reached"])
    assert loaded["strange"] == []
    pushing = {agent for agent in loaded["agents"] if agent.startswith("synthgen/")}
    assert pushing
    assert not any("torch" in agent or "agent/" in agent for agent in pushing)


def test_a_client_that_was_there_before_tells_nothing_either(send: Callable[..., Pushed], output: Path, hub_server: HubServer) -> None:
    send(output)
    assert not [one.agent for one in hub_server.log if "torch" in one.agent or "agent/" in one.agent]


def test_the_token_is_written_nowhere(loaded: dict[str, Any]) -> None:
    assert not [one for one in (*loaded["home"], *loaded["content"]) if OWNER.encode() in one]


# What goes


def test_all_goes_in_one_commit_and_what_make_did_not_make_stays(send: Callable[..., Pushed], output: Path, hub_server: HubServer) -> None:
    (output / "notes.txt").write_text("mine")
    (output / "orders" / "extra.parquet").write_bytes(b"mine")
    done = send(output)
    repo = hub_server.repos["tester/shop"]
    assert (output / ".journal.sqlite").exists()
    assert [set(commit.added) for commit in repo.commits.values()] == [{".gitattributes"}, SENT]
    assert {path for path, _ in done.sent} == SENT
    assert set(done.stays) == {".journal.sqlite", ".origin.json", "notes.txt", "orders/extra.parquet", "report.html"}
    assert done.created
    assert done.private
    assert repo.private
    assert done.commit == repo.branches["main"]
    assert done.url == f"{hub_server.endpoint}/datasets/tester/shop"
    for path in SENT - {"README.md", "manifest.json"}:
        assert hub_server.read("tester/shop", path) == (output / path).read_bytes()


def test_the_manifest_there_names_what_is_there(send: Callable[..., Pushed], output: Path, hub_server: HubServer) -> None:
    send(output, test=0.4)
    files = json.loads(hub_server.read("tester/shop", "manifest.json"))["files"]
    there = hub_server.repos["tester/shop"].at("main").files
    assert set(files) == set(there) - {".gitattributes", "manifest.json"}
    for path, one in files.items():
        content = hub_server.read("tester/shop", path)
        assert one["bytes"] == len(content)
        assert one["sha256"] == hubs.hashlib.sha256(content).hexdigest()


def test_the_card_tells_configurations_features_sizes_and_the_recipe(
    send: Callable[..., Pushed], output: Path, hub_server: HubServer
) -> None:
    send(output, test=0.4, license="cc-by-4.0", language=["en", "de"])
    card = hub_server.read("tester/shop", "README.md")
    data = front(card)
    assert data["license"] == "cc-by-4.0"
    assert data["language"] == ["en", "de"]
    assert data["tags"] == ["synthetic", "synthgen"]
    assert data["size_categories"] == ["n<1K"]
    configs = {one["config_name"]: one for one in data["configs"]}
    assert set(configs) == {"orders", "messages", "refused"}
    assert configs["orders"]["default"]
    assert configs["orders"]["data_files"] == [{"split": one, "path": f"orders/{one}-*.parquet"} for one in ("train", "test")]
    assert configs["refused"]["data_files"] == [{"split": "train", "path": "refused/*.parquet"}]
    infos = {one["config_name"]: one for one in data["dataset_info"]}
    assert [one["name"] for one in infos["orders"]["features"]] == ["order_id", "price", "placed", "provenance"]
    counts = {one["name"]: one["num_examples"] for one in infos["orders"]["splits"]}
    assert sum(counts.values()) == 60
    sizes = [one.size for path, one in hub_server.repos["tester/shop"].at("main").files.items() if path.startswith("orders/")]
    assert infos["orders"]["download_size"] == sum(sizes)
    text = card.decode()
    for told in (
        'load_dataset("tester/shop", "orders")',
        "seed 3",
        "## Models, licences and attributions",
        "## Known limits",
        "provider: numerify",
    ):
        assert told in text


def test_what_somebody_wrote_into_the_card_stays(send: Callable[..., Pushed], output: Path, hub_server: HubServer) -> None:
    card = (output / "README.md").read_text()
    (output / "README.md").write_text(
        card.replace("\nlanguage:", "\nlicense: mit\nlanguage:", 1).replace("# shop", "# My shop\n\nBy hand.")
    )
    send(output)
    there = hub_server.read("tester/shop", "README.md")
    assert front(there)["license"] == "mit"
    assert b"By hand." in there


def test_a_card_without_a_licence_says_so(send: Callable[..., Pushed], output: Path, hub_server: HubServer) -> None:
    send(output)
    card = hub_server.read("tester/shop", "README.md")
    assert "license" not in front(card)
    assert b"has not said under which licence" in card


def test_the_second_push_sends_nothing_and_the_next_only_what_changed(
    send: Callable[..., Pushed], output: Path, tmp_path: Path, hub_server: HubServer
) -> None:
    first = send(output, test=0.2)
    again = send(output, test=0.2)
    assert again.sent == ()
    assert again.commit is None
    assert again.same == len(first.sent)
    assert len(hub_server.repos["tester/shop"].commits) == 2
    more = make_output(
        tmp_path / "more", RECIPE.replace("[late, broken]", "[late, broken, lost]").replace("late: [", "lost: [gone], late: [")
    )
    before = hub_server.sent()
    third = send(more, test=0.2)
    assert {path.split("/")[0] for path, _ in third.sent} == {"README.md", "manifest.json", "recipe.yaml", "messages", "refused"}
    assert hub_server.sent() - before == sum(size for path, size in third.sent if path.endswith(".parquet"))


def test_what_an_earlier_push_sent_and_this_one_has_not_is_taken_away_and_nothing_else(
    send: Callable[..., Pushed], output: Path, hub_server: HubServer
) -> None:
    send(output)
    repo = hub_server.repos["tester/shop"]
    head = repo.at("main")
    hub_server.keep(repo, "main", {**head.files, "notes.txt": hub_server.regular(b"by hand")}, "by hand", head)
    done = send(output, test=0.5, without=["refused"])
    assert set(done.removed) == {"orders/00000.parquet", "messages/00000.parquet", "refused/00000.parquet"}
    there = set(repo.at("main").files)
    assert "notes.txt" in there
    assert not there & set(done.removed)
    assert "refused" not in {one["config_name"] for one in front(hub_server.read("tester/shop", "README.md"))["configs"]}


def test_a_dry_run_says_what_would_be_and_changes_nothing(send: Callable[..., Pushed], output: Path, hub_server: HubServer) -> None:
    told = send(output, dry_run=True)
    assert {path for path, _ in told.sent} == SENT
    assert told.created
    assert told.dry_run
    assert hub_server.repos == {}
    done = send(output)
    (output / "README.md").write_text((output / "README.md").read_text() + "\nmore\n")
    again = send(output, dry_run=True, tag="v1")
    assert {path for path, _ in again.sent} == {"README.md", "manifest.json"}
    assert hub_server.repos["tester/shop"].branches == {"main": done.commit}
    assert hub_server.repos["tester/shop"].tags == {}


def test_a_dry_run_makes_do_without_a_hub_or_a_token(output: Path, send: Callable[..., Pushed]) -> None:
    told = push(output, "shop", dry_run=True, hub=HfApi(endpoint="http://127.0.0.1:9", token=False))
    assert {path for path, _ in told.sent} == SENT
    assert "could not be asked" in told.notes[0]


def test_what_is_not_said_is_as_the_output_s_recipe_says(output: Path) -> None:
    manifest = json.loads((output / "manifest.json").read_text())
    publish = {"repo": "tester/shop", "private": False, "tag": "v1", "test": 0.2, "license": "mit", "language": ["en"]}
    manifest["recipe"]["publish"] = publish
    (output / "manifest.json").write_text(json.dumps(manifest))
    assert publishing(output) == Publish.model_validate(publish)
    other = publishing(output, tag="v2", test=0.0)
    assert (other.tag, other.test, other.license) == ("v2", 0.0, "mit")
    assert publishing(output, "tester/shop").private is False
    assert publishing(output, "tester/other").private is True, "who may see another dataset is not this recipe's to say"


def test_where_it_goes_must_be_said_and_be_a_name(output: Path) -> None:
    for said, what in (({}, "not said where"), ({"repo": "a b"}, "cannot name a dataset"), ({"repo": "a/b", "test": 2.0}, "test: ")):
        with pytest.raises(OutputError, match=what):
            publishing(output, **said)


def test_a_name_alone_is_ones_own(send: Callable[..., Pushed], output: Path, hub_server: HubServer) -> None:
    assert send(output, "toys").repo == "tester/toys"
    assert send(output, "acme/toys").repo == "acme/toys"
    assert set(hub_server.repos) == {"tester/toys", "acme/toys"}


def test_a_pull_request_leaves_the_dataset_as_it_is(send: Callable[..., Pushed], output: Path, hub_server: HubServer) -> None:
    send(output, private=False)
    before = hub_server.repos["tester/shop"].branches["main"]
    done = send(output, private=False, test=0.5, pr=True, token=STRANGER, message="Splits, please")
    repo = hub_server.repos["tester/shop"]
    assert done.pr == f"{hub_server.endpoint}/datasets/tester/shop/discussions/1"
    assert repo.branches == {"main": before}
    assert repo.at("refs/pr/1").title == "Splits, please"
    assert "orders/test-00000.parquet" in repo.at("refs/pr/1").files
    assert "orders/00000.parquet" not in repo.at("refs/pr/1").files
    more = send(output, test=0.4, private=False, revision="refs/pr/1")
    assert repo.at("refs/pr/1").sha == more.commit
    assert repo.branches == {"main": before}


def test_a_pull_request_needs_a_dataset(send: Callable[..., Pushed], output: Path, hub_server: HubServer) -> None:
    with pytest.raises(OutputError, match="no dataset tester/shop to open a pull request on"):
        send(output, pr=True)
    assert hub_server.repos == {}
    with pytest.raises(OutputError, match="cannot be tagged"):
        send(output, pr=True, tag="v1")


def test_a_branch_is_made_when_it_is_missing(send: Callable[..., Pushed], output: Path, hub_server: HubServer) -> None:
    send(output, revision="next", tag="n1")
    repo = hub_server.repos["tester/shop"]
    assert set(repo.at("main").files) == {".gitattributes"}
    assert set(repo.at("next").files) > SENT
    assert repo.tags == {"n1": repo.branches["next"]}
    assert send(output, revision="next").sent == ()


def test_a_tag_names_one_version_for_good(send: Callable[..., Pushed], output: Path, hub_server: HubServer) -> None:
    done = send(output, tag="v1")
    assert hub_server.repos["tester/shop"].tags == {"v1": done.commit}
    assert send(output, tag="v1").sent == ()
    asked = len(hub_server.asked("POST"))
    with pytest.raises(OutputError, match="tag v1 already"):
        send(output, test=0.5, tag="v1")
    assert len(hub_server.asked("POST")) == asked
    assert send(output, tag="v2").commit is None
    assert hub_server.repos["tester/shop"].tags == {"v1": done.commit, "v2": done.commit}


def test_what_is_private_stays_so_until_somebody_says_public(send: Callable[..., Pushed], output: Path, hub_server: HubServer) -> None:
    send(output)
    done = send(output, private=False)
    assert not hub_server.repos["tester/shop"].private
    assert not done.private
    with pytest.raises(OutputError, match="public: everybody would see"):
        send(output, test=0.5)
    assert send(output, "tester/open", private=False).created
    assert not hub_server.repos["tester/open"].private


def test_somebody_elses_dataset_is_left_alone(send: Callable[..., Pushed], output: Path, hub_server: HubServer) -> None:
    hub_server.put("tester/shop", {"README.md": b"# Mine", "data.csv": b"a,b"})
    with pytest.raises(OutputError, match="was not made by synthgen"):
        send(output)
    assert not hub_server.asked("POST /api/datasets")
    assert send(output, pr=True).pr
    hub_server.put("tester/new", {"README.md": b"# soon"})
    assert send(output, "tester/new").commit


def test_an_output_that_is_not_whole_is_not_sent(send: Callable[..., Pushed], output: Path, tmp_path: Path, hub_server: HubServer) -> None:
    with pytest.raises(OutputError, match="no output"):
        send(tmp_path / "none" / "out")
    assert not (tmp_path / "none").exists()
    with pytest.raises(OutputError, match="no table 'order'"):
        send(output, without=["order"])
    with pytest.raises(OutputError, match="leave no table"):
        send(output, without=["orders", "messages"])
    (output / "orders" / "00000.parquet").write_bytes(b"PAR1")
    with pytest.raises(OutputError, match="not what was made"):
        send(output)
    (output / "orders" / "00000.parquet").unlink()
    with pytest.raises(OutputError, match="missing"):
        send(output)
    assert hub_server.log == []


@pytest.mark.parametrize("name", ["", "a/b/c", "../x", "a b", "/x", "x/", "a/" + "b" * 97])
def test_a_name_that_the_hub_does_not_take_is_refused_here(send: Callable[..., Pushed], output: Path, name: str) -> None:
    with pytest.raises(OutputError, match="cannot name a dataset"):
        send(output, name)


# Splits


@given(st.text(min_size=1, max_size=20), st.integers(0, 10**6), st.floats(0, 1), st.floats(0, 1))
def test_a_row_in_the_smaller_test_is_in_the_larger(table: str, row: int, one: float, other: float) -> None:
    assert in_test(table, row, min(one, other)) <= in_test(table, row, max(one, other))


def test_the_share_is_met() -> None:
    assert sum(in_test("traffic", row, 0.2) for row in range(10_000)) == pytest.approx(2000, abs=120)


def test_a_row_never_changes_side_and_takes_its_children_along(
    send: Callable[..., Pushed], output: Path, tmp_path: Path, hub_server: HubServer
) -> None:
    more = make_output(tmp_path / "more", RECIPE.replace("rows: 60", "rows: 90").replace('"7$"', '"[67]$"'))
    sides: list[dict[str, bool]] = []
    for name, folder in (("few", output), ("many", more)):
        send(folder, f"tester/{name}", test=0.3)
        found: dict[str, dict[str, bool]] = {"orders": {}, "messages": {}}
        for table, known in found.items():
            for split in ("train", "test"):
                place = tmp_path / "there.parquet"
                place.write_bytes(hub_server.read(f"tester/{name}", f"{table}/{split}-00000.parquet"))
                known |= {row["order_id"]: split == "test" for row in parquet.read_table(place).to_pylist()}
        assert found["messages"] == found["orders"]
        sides.append(found["orders"])
    assert len(sides[1]) == 90
    assert sides[0].items() <= sides[1].items()


def test_rows_are_picked_from_shards_of_many_groups(tmp_path: Path) -> None:
    numbers = list(range(95))
    parquet.write_table(pyarrow.table({"n": numbers}), tmp_path / "all.parquet", row_group_size=10)
    picked = _picked(tmp_path / "all.parquet", [in_test("t", number, 0.4) for number in numbers], tmp_path / "some" / "x.parquet")
    assert parquet.read_table(picked)["n"].to_pylist() == [number for number in numbers if in_test("t", number, 0.4)]


# What must not leave

FAKES = {
    "an Anthropic key": "sk-ant-api03-" + "Ab3_" * 10,
    "an OpenAI key": "sk-proj-" + "Ab3-" * 10,
    "an OpenRouter key": "sk-or-v1-" + "0a" * 32,
    "a Hugging Face token": "hf_" + "aBcD" * 8,
    "an AWS key": "AKIA" + "ABCD2345" * 2,
    "a GitHub token": "ghp_" + "a1B2" * 9,
    "a GitLab token": "glpat-" + "a1B2" * 5,
    "a Google key": "AIza" + "a1B2c" * 7,
    "a Slack token": "xoxb-" + "123456789-abc",
    "a Stripe key": "sk_live_" + "a1B2" * 6,
    "an npm token": "npm_" + "a1B2" * 9,
    "a PyPI token": "pypi-AgE" + "a1B2" * 12,
    "a SendGrid key": "SG." + "a1B2" * 5 + "x." + "a1B2" * 8,
    "a Twilio key": "SK" + "0a" * 16,
    "an Azure key": "AccountKey=" + "a1B2" * 20 + "==",
    "a Telegram token": "123456789:AA" + "a1B" * 11,
    "a JSON web token": "eyJ" + "a1B2" * 4 + ".eyJ" + "a1B2" * 4 + "." + "a1B2" * 4,
    "a private key": "-----BEGIN RSA " + "PRIVATE KEY-----",
    "a password in an address": "postgres://app:hunter22@db.example.com/x",
}


@pytest.mark.parametrize("what", SECRETS)
@pytest.mark.parametrize("around", ["{}", "my key is {} ok", '{{"key": "{}"}}', "token={}\\n"])
def test_a_secret_is_known_by_its_form(what: str, around: str) -> None:
    found = secret(around.format(FAKES[what]), {})
    assert found is not None
    assert found[0] == what
    assert FAKES[what] not in found[1]


@pytest.mark.parametrize(
    "text",
    [
        "where is my order ORD-48213, hf_ please",
        "task-ant-farm-colony-number-one-hundred",
        "sk-8 shoes",
        "see https://example.com/a:b@c",
        "user@example.com:8080",
        "Basket 4f5e6d7c8b9a0f1e2d3c",
        "risk-ant-hill-of-great-and-terrible-size",
        "-----BEGIN CERTIFICATE-----",
        "DE89370400440532013000",
        "AKIAH is my name",
        "https://shop.example/path?q=1",
    ],
)
def test_what_people_type_is_no_secret(text: str) -> None:
    assert secret(text, {}) is None


def test_what_this_machine_keeps_secret_is_one() -> None:
    assert secret("it is correct horse battery", {"correct horse": "SHOP_PASSWORD"}) == (
        "the value of SHOP_PASSWORD on this machine",
        "corr…",
    )
    assert secret("it is correct horse battery", {}) is None


def test_a_place_on_this_machine_is_no_business_of_the_hubs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/somebody")
    found = list(in_text("recipe.yaml", f"name: x\nlike: {Path.home()}/logs.jsonl\n"))
    assert [(one.where, one.what) for one in found] == [("recipe.yaml, line 2", "a place on this machine")]
    assert not list(in_text("recipe.yaml", f"like: {Path.home()}land/logs.jsonl"))


def test_an_output_with_a_secret_in_a_row_is_not_sent(send: Callable[..., Pushed], tmp_path: Path, hub_server: HubServer) -> None:
    made = make_output(tmp_path, RECIPE, lambda prompt, stream: " use " + "sk-ant-api03-" + "AbC_" * 10 + "\n")
    with pytest.raises(OutputError) as refused:
        send(made)
    assert "messages/00000.parquet, row 0, message: an Anthropic key (sk-ant-…)" in str(refused.value)
    assert "more" in str(refused.value)
    assert "AbC_" not in str(refused.value)
    assert hub_server.log == []


@pytest.mark.parametrize("where", ["README.md", "recipe.yaml", "manifest.json"])
def test_an_output_with_a_secret_in_its_words_is_not_sent(
    send: Callable[..., Pushed], output: Path, where: str, hub_server: HubServer
) -> None:
    key = "hf_" + "aBcD" * 8
    if where == "manifest.json":
        manifest = json.loads((output / where).read_text())
        (output / where).write_text(json.dumps({**manifest, "note": key}))
    else:
        (output / where).write_text((output / where).read_text() + f"\n# {key}\n")
    with pytest.raises(OutputError, match=rf"{where}, line \d+: a Hugging Face token \(hf_aBcD…\)"):
        send(output)
    assert hub_server.log == []


def test_a_refused_row_with_a_secret_stays(send: Callable[..., Pushed], tmp_path: Path, hub_server: HubServer) -> None:
    key = "AKIA" + "ABCD2345" * 2

    def leaky(prompt: Prompt, stream: Random) -> str:
        return f" {key} 7\n" if stream.random() < 0.3 else script(prompt, stream)

    made = make_output(tmp_path, RECIPE.replace("voice: {texter: 1}", "").replace("best_of: 1", ""), leaky)
    held = [row for row in rows(made, "refused") if key in row["values"]]
    done = send(made)
    assert done.withheld == {"refused": len(held)}
    assert held
    assert not [blob for blob in hub_server.blobs.values() if key.encode() in blob]
    (tmp_path / "there.parquet").write_bytes(hub_server.read("tester/shop", "refused/00000.parquet"))
    assert parquet.read_table(tmp_path / "there.parquet").num_rows == len(rows(made, "refused")) - len(held)
    assert send(made).sent == ()


LIKE = """
name: bank
about: Customers of a bank.
tables:
  traffic:
    rows: 20
    fields:
      reason: {kind: choice, options: [card got declined in the shop, no]}
      message: {kind: typed, topic: a, seeds: [hello], like: logs.txt, best_of: 1}
"""
REAL = ["my card got declined in the shop why is that", "card got declined in the shop", "please help me", "declined"] + [
    f"message number {n} about a thing {n * n}" for n in range(40)
]


@pytest.fixture
def like(tmp_path: Path) -> Callable[..., Path]:
    """An output that is like logs. What `make` itself would refuse is typed into a field that it does not look at."""

    def run(script: Callable[[Prompt, Random], str] = script, text: str = LIKE) -> Path:
        (tmp_path / "logs.txt").write_text("\n".join(REAL))
        return make_output(tmp_path, text, script)

    return run


def test_rows_that_are_like_the_logs_and_no_copies_are_sent(
    like: Callable[..., Path], send: Callable[..., Pushed], hub_server: HubServer
) -> None:
    made = like()
    done = send(made)
    assert LOGS in done.stays
    assert LOGS not in hub_server.repos["tester/shop"].at("main").files
    assert "card got declined in the shop" in {row["reason"] for row in rows(made, "traffic")}  # an option is nobody's message


def test_a_row_copied_from_the_logs_is_not_sent(like: Callable[..., Path], send: Callable[..., Pushed], hub_server: HubServer) -> None:
    made = like(text=LIKE + "      said: {kind: template, template: 'My card got declined in the shop, why is that?!'}\n")
    with pytest.raises(OutputError, match=r"traffic/00000.parquet, row 0, said: a message of the logs .*; and 19 more"):
        send(made)
    assert hub_server.log == []


def test_a_refused_copy_stays(like: Callable[..., Path], send: Callable[..., Pushed], tmp_path: Path, hub_server: HubServer) -> None:
    def copying(prompt: Prompt, stream: Random) -> str:
        return f" {stream.choice(REAL[:5])}\n" if stream.random() < 0.5 else script(prompt, stream)

    made = like(copying)
    copies = [row for row in rows(made, "refused") if row["check"] == "copied seed"]
    assert copies
    assert {"please help me", "declined"} <= {row["reason"] for row in copies}
    assert send(made).withheld == {"refused": len(copies)}
    (tmp_path / "there.parquet").write_bytes(hub_server.read("tester/shop", "refused/00000.parquet"))
    assert not [row for row in parquet.read_table(tmp_path / "there.parquet").to_pylist() if row["reason"] in REAL]


def test_without_knowing_the_logs_nothing_is_sent(like: Callable[..., Path], send: Callable[..., Pushed], tmp_path: Path) -> None:
    made = like()
    (made / LOGS).unlink()
    with pytest.raises(OutputError, match="name the logs"):
        send(made)
    assert send(made, logs=[tmp_path / "logs.txt"]).commit


def test_a_short_message_that_everybody_says_is_no_copy(like: Callable[..., Path], send: Callable[..., Pushed], tmp_path: Path) -> None:
    made = like(text=LIKE + "      said: {kind: template, template: 'Thanks, ok!'}\n")
    (tmp_path / "more.txt").write_text("thanks ok\n")
    assert send(made, logs=[tmp_path / "more.txt"]).commit
    (tmp_path / "more.txt").write_text("thanks ok\n" + rows(made, "traffic")[3]["message"])
    with pytest.raises(OutputError, match="row 3, message: a message of the logs"):
        send(made, logs=[tmp_path / "more.txt"])


def test_the_field_of_the_logs_may_be_named(like: Callable[..., Path], send: Callable[..., Pushed], tmp_path: Path) -> None:
    made = like()
    copied = rows(made, "traffic")[3]["message"]
    (tmp_path / "zendesk.csv").write_text(f'Ticket,Comment\n1,"{copied}"\n')
    with pytest.raises(DataError, match="Comment"):
        send(made, logs=[tmp_path / "zendesk.csv"])
    with pytest.raises(OutputError, match="row 3, message: a message of the logs"):
        send(made, logs=[tmp_path / "zendesk.csv"], field="Comment")


# What a recipe says


def test_a_recipe_says_where_it_goes_and_private_is_usual() -> None:
    said = Publish.model_validate({"repo": "me/shop", "test": 0.2, "license": "cc-by-4.0", "language": ["en", "pl"]})
    assert said.private
    assert list(said.mistakes()) == []


@pytest.mark.parametrize(
    ("said", "at"),
    [({"license": "CC BY 4.0"}, ("license",)), ({"language": ["en", "English"]}, ("language", 1))],
)
def test_what_the_hub_does_not_take_is_told_before(said: dict[str, Any], at: tuple[Any, ...]) -> None:
    faults = list(Publish.model_validate({"repo": "me/shop", **said}).mistakes())
    assert [fault.at for fault in faults] == [at]
    assert faults[0].hint


@pytest.mark.parametrize(
    "said",
    [{}, {"repo": "a/b/c"}, {"repo": "me/x--y"}, {"repo": "me/x.git"}, {"repo": "me/x", "test": 1.0}, {"repo": "me/x", "colour": "red"}],
)
def test_a_recipe_that_says_it_wrong(said: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Publish.model_validate(said)


# What goes wrong


@pytest.mark.parametrize(
    ("token", "repo", "told"),
    [
        (READER, "reader/shop", "may not write to reader/shop"),
        (OWNER, "stranger/shop", "may not write to stranger/shop"),
        ("hf_thatNobodyKnowsAtAll", "tester/shop", "does not accept the token"),
        ("hf_thatNobodyKnowsAtAll", "shop", "does not accept the token"),
        (None, "tester/shop", "no Hugging Face token"),
        (None, "shop", "no Hugging Face token"),
    ],
)
def test_a_token_that_does_not_do(
    send: Callable[..., Pushed], output: Path, token: str | None, repo: str, told: str, hub_server: HubServer
) -> None:
    with pytest.raises(HubError, match=told) as failed:
        send(output, repo, token=token)
    in_a_line(failed.value)
    assert "HF_TOKEN" in failed.value.hint
    assert hub_server.repos == {}


def in_a_line(error: SynthgenError) -> None:
    assert "\n" not in error.message
    assert "\n" not in error.hint
    assert error.hint
    assert len(error.message) < 400
    assert not any(token in str(error) for token in (OWNER, READER, STRANGER))


@pytest.mark.parametrize(
    ("line", "status", "said", "told", "again"),
    [
        ("POST .*/commit/", 409, "Conflict", "somebody else changed tester/shop", True),
        ("POST .*/commit/", 412, "A commit has happened since.", "somebody else changed tester/shop", True),
        ("POST .*/commit/", 500, f"{OWNER} broke it", "the Hub failed (500): … broke it", True),
        ("POST .*/commit/", 429, "slow down", "takes no more requests", True),
        ("POST .*/commit/", 400, "bad idea", "refuses what was sent to tester/shop (400): bad idea", False),
        ("POST .*/commit/", 403, "Forbidden: pass `create_pr=1`", "may not write to tester/shop (403)", False),
        ("POST .*/preupload/", 404, "gone", "knows no tester/shop", False),
        ("PUT /lfs/", 403, "Request has expired", "may not write", False),
        ("POST .*/batch", 402, "Payment required", "no room for tester/shop", False),
    ],
)
def test_each_failure_is_told_in_a_line_and_the_same_command_goes_on(
    send: Callable[..., Pushed], output: Path, line: str, status: int, said: str, told: str, again: bool, hub_server: HubServer
) -> None:
    hub_server.fail(line, status, said)
    with pytest.raises(HubError) as failed:
        send(output)
    assert told in failed.value.message
    assert failed.value.retryable is again
    assert failed.value.exit_code == 4
    assert "\n" not in str(failed.value.message)
    assert OWNER not in str(failed.value)
    assert set(hub_server.repos["tester/shop"].at("main").files) == {".gitattributes"}
    assert {path for path, _ in send(output).sent} == SENT


def test_a_hub_that_is_full_says_so(send: Callable[..., Pushed], output: Path, hub_server: HubServer) -> None:
    hub_server.room = 1000
    with pytest.raises(HubError, match="no room for tester/shop: Private repository storage limit reached") as failed:
        send(output)
    in_a_line(failed.value)
    hub_server.room = None
    assert send(output).commit


def test_a_hub_that_cannot_be_reached_is_told_in_a_line(output: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    with pytest.raises(HubError, match=r"cannot reach http://127\.0\.0\.1:9: ") as failed:
        push(output, "tester/shop", hub=HfApi(endpoint="http://127.0.0.1:9", token=OWNER))
    in_a_line(failed.value)
    assert failed.value.retryable


def test_somebody_who_pushes_at_the_same_time_is_not_overwritten(send: Callable[..., Pushed], output: Path, hub_server: HubServer) -> None:
    send(output)
    repo, keep = hub_server.repos["tester/shop"], hub_server.keep
    (output / "README.md").write_text((output / "README.md").read_text() + "\nmore\n")
    asked = hub_server.fault

    def meanwhile(line: str) -> Any:
        if "POST" in line and "preupload" in line:
            head = repo.at("main")
            keep(repo, "main", {**head.files, "other.txt": hub_server.regular(b"x")}, "somebody else", head)
        return asked(line)

    hub_server.fault = meanwhile  # type: ignore[method-assign]
    with pytest.raises(HubError, match="somebody else changed tester/shop"):
        send(output)
    assert repo.at("main").title == "somebody else"
    hub_server.fault = asked  # type: ignore[method-assign]
    assert send(output).commit
    assert "other.txt" in repo.at("main").files


def test_an_upload_that_is_cut_is_tried_again(send: Callable[..., Pushed], output: Path, hub_server: HubServer) -> None:
    hub_server.cut(after=700)
    done = send(output)
    assert len(hub_server.asked("PUT /lfs/")) == 4
    assert {path for path, _ in done.sent} == SENT
    assert set(hub_server.repos["tester/shop"].at("main").files) > SENT


def test_a_push_that_was_cut_goes_on_where_it_was(send: Callable[..., Pushed], output: Path, hub_server: HubServer) -> None:
    hub_server.fail(
        f"PUT /lfs/{hubs.hashlib.sha256((output / 'messages/00000.parquet').read_bytes()).hexdigest()}", 403, "Request has expired"
    )
    with pytest.raises(HubError):
        send(output)
    first = hub_server.sent() - (output / "messages/00000.parquet").stat().st_size
    assert first > 0
    hub_server.log.clear()
    send(output)
    assert [one.got for one in hub_server.asked("PUT /lfs/")] == [(output / "messages/00000.parquet").stat().st_size]


def test_large_files_go_in_parts(output: Path) -> None:
    with HubServer(parts=1500) as server:
        push(output, "tester/shop", hub=HfApi(endpoint=server.endpoint, token=OWNER))
        assert len(server.asked(r"PUT /lfs/\w+/\d")) > 3
        assert server.read("tester/shop", "orders/00000.parquet") == (output / "orders/00000.parquet").read_bytes()


def test_a_push_that_is_killed_goes_on_where_it_was(output: Path) -> None:
    code = "import sys; from synthgen.hub.hub import push; push(sys.argv[1], 'tester/shop')"
    with HubServer(latency=0.4) as server:
        environment = {**os.environ, **server.environment}
        process = subprocess.Popen([sys.executable, "-c", code, output], env=environment)
        while not server.asked("POST /lfs/.*/verify") and process.poll() is None:
            time.sleep(0.01)
            server.latency = 30 if len(server.blobs) > 3 else 0.4  # some are through; the rest takes for ever
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert set(server.repos["tester/shop"].at("main").files) == {".gitattributes"}
        server.latency, there = 0, {key for key in server.blobs if len(key) == 64}
        assert there
        server.log.clear()
        done = push(output, "tester/shop", hub=HfApi(endpoint=server.endpoint, token=OWNER))
        assert {path for path, _ in done.sent} == SENT
        assert not {one.path.split("/")[2] for one in server.asked("PUT /lfs/")} & there


def test_who_is_making_the_output_is_waited_for(send: Callable[..., Pushed], output: Path) -> None:
    from synthgen.dataset import Output

    with Output(output).locked("make"), pytest.raises(OutputError, match="another run is working"):
        send(output)
