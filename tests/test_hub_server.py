"""The test server that speaks the Hub's API: what it keeps, what it refuses, how it fails. Asked by the real clients."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from huggingface_hub import CommitOperationAdd, CommitOperationDelete, HfApi, constants
from huggingface_hub.errors import EntryNotFoundError, HfHubHTTPError, RepositoryNotFoundError, RevisionNotFoundError
from servers import hub as hubs
from servers.hub import OWNER, READER, STRANGER, HubServer, yaml_errors

hub_server = hubs.hub_server
NAME = "tester/demo"
LARGE = bytes(range(256)) * 40


@pytest.fixture(autouse=True)
def _plain_uploads(monkeypatch: pytest.MonkeyPatch) -> None:
    """No Xet."""
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", True)


@pytest.fixture
def api(hub_server: HubServer) -> HfApi:
    return HfApi(endpoint=hub_server.endpoint, token=OWNER)


@pytest.fixture
def demo(api: HfApi) -> HfApi:
    """A client, and a dataset with a small and a large file."""
    api.create_repo(NAME, repo_type="dataset", private=True)
    commit(api, {"README.md": b"# Demo\n", "data/train.parquet": LARGE})
    return api


def commit(api: HfApi, files: dict[str, bytes], **options: Any) -> Any:
    adds = [CommitOperationAdd(path, data) for path, data in files.items()]
    return api.create_commit(NAME, adds, repo_type="dataset", commit_message=options.pop("commit_message", "some files"), **options)


def raw(server: HubServer, line: str, body: Any = None, token: str | None = OWNER, kind: str = "application/json") -> tuple[int, Any]:
    """The status and the JSON of a request that no client makes."""
    method, path = line.split(" ")
    data = body if isinstance(body, bytes) else None if body is None else json.dumps(body).encode()
    asked = urllib.request.Request(server.endpoint + path, data, method=method, headers={"Content-Type": kind})
    if token:
        asked.add_header("Authorization", f"Bearer {token}")
    try:
        with urllib.request.urlopen(asked) as answer:
            return answer.status, json.loads(answer.read() or b"null")
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.loads(error.read() or b"null")


def ndjson(*lines: tuple[str, dict[str, Any]]) -> bytes:
    return b"".join(json.dumps({"key": key, "value": value}).encode() + b"\n" for key, value in lines)


HEADER = ("header", {"summary": "s", "description": ""})


def small(path: str, content: str = "eA==", **other: Any) -> tuple[str, dict[str, Any]]:
    return "file", {"path": path, "content": content, "encoding": "base64", **other}


def send_lines(server: HubServer, *lines: tuple[str, dict[str, Any]], token: str | None = OWNER) -> tuple[int, Any]:
    return raw(server, f"POST /api/datasets/{NAME}/commit/main", ndjson(*lines), token, "application/x-ndjson")


# What it keeps


def test_files_come_back_as_they_were_sent(demo: HfApi, tmp_path: Path) -> None:
    for path, content in {"README.md": b"# Demo\n", "data/train.parquet": LARGE}.items():
        assert Path(demo.hf_hub_download(NAME, path, repo_type="dataset", local_dir=tmp_path)).read_bytes() == content
    assert demo.list_repo_files(NAME, repo_type="dataset") == [".gitattributes", "README.md", "data/train.parquet"]


def test_a_file_is_known_by_what_git_and_lfs_call_it(demo: HfApi) -> None:
    readme, large = demo.get_paths_info(NAME, ["README.md", "data/train.parquet"], repo_type="dataset")
    assert readme.blob_id == hashlib.sha1(b"blob 7\0# Demo\n").hexdigest()
    assert readme.lfs is None
    assert large.lfs.sha256 == hashlib.sha256(LARGE).hexdigest()
    assert large.size == large.lfs.size == len(LARGE)


def test_what_is_there_already_is_not_asked_for(demo: HfApi, hub_server: HubServer) -> None:
    before = hub_server.repos[NAME].branches["main"]
    assert commit(demo, {"data/train.parquet": LARGE}).oid == before
    assert len(hub_server.asked("PUT /lfs/")) == 1
    commit(demo, {"data/other.parquet": LARGE})
    assert len(hub_server.asked("PUT /lfs/")) == 1


def test_a_tree_comes_page_by_page(api: HfApi) -> None:
    with HubServer(page=2) as server:
        server.put(NAME, {f"d/{number}.txt": b"x" for number in range(7)})
        found = list(HfApi(endpoint=server.endpoint, token=OWNER).list_repo_tree(NAME, repo_type="dataset", recursive=True))
        assert [one.path for one in found] == [".gitattributes", "d", *(f"d/{number}.txt" for number in range(7))]
        assert len(server.asked("GET .*/tree/")) == 5


def test_large_files_in_parts(api: HfApi) -> None:
    with HubServer(parts=3000) as server:
        inside = HfApi(endpoint=server.endpoint, token=OWNER)
        inside.create_repo(NAME, repo_type="dataset")
        commit(inside, {"x.parquet": LARGE})
        assert [one.got for one in server.asked("PUT /lfs/")] == [3000, 3000, 3000, 1240]
        assert server.read(NAME, "x.parquet") == LARGE


def test_commits_keep_their_history(demo: HfApi, hub_server: HubServer) -> None:
    first = hub_server.repos[NAME].branches["main"]
    demo.create_commit(
        NAME,
        [CommitOperationDelete("data/", is_folder=True), CommitOperationDelete("README.md")],
        repo_type="dataset",
        commit_message="away",
    )
    assert demo.list_repo_files(NAME, repo_type="dataset") == [".gitattributes"]
    assert len(demo.list_repo_files(NAME, repo_type="dataset", revision=first)) == 3
    assert hub_server.repos[NAME].at("main").deleted == ("README.md", "data/train.parquet")


def test_branches_tags_and_pull_requests(demo: HfApi, hub_server: HubServer) -> None:
    demo.create_branch(NAME, repo_type="dataset", branch="next")
    demo.create_tag(NAME, repo_type="dataset", tag="v1")
    commit(demo, {"a.txt": b"a"}, revision="next")
    pull = commit(demo, {"b.txt": b"b"}, create_pr=True)
    assert pull.pr_revision == "refs/pr/1"
    commit(demo, {"c.txt": b"c"}, revision="refs/pr/1")
    files = {
        name: set(hub_server.repos[NAME].at(name).files) - {".gitattributes", "README.md", "data/train.parquet"}
        for name in ("main", "next", "v1", "refs/pr/1")
    }
    assert files == {"main": set(), "next": {"a.txt"}, "v1": set(), "refs/pr/1": {"b.txt", "c.txt"}}
    refs = demo.list_repo_refs(NAME, repo_type="dataset", include_pull_requests=True)
    assert [one.name for one in refs.branches] == ["main", "next"]
    assert [one.name for one in refs.tags] == ["v1"]
    assert [one.ref for one in refs.pull_requests or []] == ["refs/pr/1"]
    for again in (
        lambda: demo.create_branch(NAME, repo_type="dataset", branch="next"),
        lambda: demo.create_tag(NAME, repo_type="dataset", tag="v1"),
    ):
        with pytest.raises(HfHubHTTPError) as conflict:
            again()
        assert conflict.value.response.status_code == 409


DATASETS = """
import datasets, json, sys
whole = datasets.DatasetDict({"train": datasets.Dataset.from_dict({"n": list(range(30)), "t": [{"a": [str(i)]} for i in range(30)]}),
                              "test": datasets.Dataset.from_dict({"n": [1], "t": [{"a": ["x"]}]})})
whole.push_to_hub("tester/sets", private=True, num_shards={"train": 3, "test": 1})
whole.push_to_hub("tester/sets", "second")
whole.push_to_hub("tester/sets", revision="next")
back = {name: datasets.load_dataset("tester/sets", name) for name in ("default", "second")}
stream = list(datasets.load_dataset("tester/sets", "default", split="train", streaming=True))
assert all(found[split].to_list() == whole[split].to_list() and found[split].features == whole[split].features
           for found in back.values() for split in whole), back
assert stream == whole["train"].to_list()
try:
    datasets.load_dataset("tester/none")
except datasets.exceptions.DatasetNotFoundError:
    print("done")
"""


def test_datasets_pushes_and_loads_by_itself(hub_server: HubServer, tmp_path: Path) -> None:
    environment = {**os.environ, **hub_server.environment, "HF_HOME": str(tmp_path), "HF_HUB_DISABLE_TELEMETRY": "1"}
    done = subprocess.run([sys.executable, "-c", DATASETS], env=environment, capture_output=True, text=True, check=False)
    assert done.stdout.strip().endswith("done"), done.stderr
    assert set(hub_server.repos["tester/sets"].branches) == {"main", "next"}


# Who may do what


def test_a_token_that_is_not_known_is_refused(hub_server: HubServer) -> None:
    with pytest.raises(HfHubHTTPError, match="Invalid credentials") as refused:
        HfApi(endpoint=hub_server.endpoint, token="hf_nobodys").repo_info(NAME, repo_type="dataset")
    assert refused.value.response.status_code == 401
    assert not isinstance(refused.value, RepositoryNotFoundError)


@pytest.mark.parametrize(("token", "status"), [(STRANGER, 404), (READER, 404), (False, 401)])
def test_what_is_private_is_not_there_for_others(demo: HfApi, hub_server: HubServer, token: Any, status: int) -> None:
    other = HfApi(endpoint=hub_server.endpoint, token=token)
    for asked in (other.repo_info, other.list_repo_refs, other.list_repo_files):
        with pytest.raises(RepositoryNotFoundError) as refused:
            asked(NAME, repo_type="dataset")
        assert refused.value.response.status_code == status
    demo.update_repo_settings(NAME, repo_type="dataset", private=False)
    assert other.repo_info(NAME, repo_type="dataset").private is False


def test_others_may_open_a_pull_request_and_nothing_else(demo: HfApi, hub_server: HubServer) -> None:
    demo.update_repo_settings(NAME, repo_type="dataset", private=False)
    other = HfApi(endpoint=hub_server.endpoint, token=STRANGER)
    assert commit(other, {"x.parquet": LARGE + b"x"}, create_pr=True).pr_num == 1
    refused = [
        lambda: commit(other, {"x.txt": b"x"}),
        lambda: other.create_tag(NAME, repo_type="dataset", tag="t"),
        lambda: other.create_branch(NAME, repo_type="dataset", branch="b"),
        lambda: other.update_repo_settings(NAME, repo_type="dataset", private=True),
        lambda: other.create_repo("tester/new", repo_type="dataset"),
        lambda: HfApi(endpoint=hub_server.endpoint, token=READER).create_repo("reader/new", repo_type="dataset"),
    ]
    for asked in refused:
        with pytest.raises(HfHubHTTPError) as error:
            asked()
        assert error.value.response.status_code == 403
    assert send_lines(hub_server, HEADER, small("x.txt"), token=None)[0] == 401


def test_a_repository_is_made_once(api: HfApi) -> None:
    assert api.create_repo("acme/sets", repo_type="dataset").repo_id == "acme/sets"
    with pytest.raises(HfHubHTTPError) as conflict:
        api.create_repo("acme/sets", repo_type="dataset")
    assert conflict.value.response.status_code == 409
    assert api.create_repo("acme/sets", repo_type="dataset", exist_ok=True).repo_id == "acme/sets"


def test_what_is_not_there_is_said_by_its_kind(demo: HfApi) -> None:
    with pytest.raises(RevisionNotFoundError):
        demo.repo_info(NAME, repo_type="dataset", revision="none")
    with pytest.raises(EntryNotFoundError):
        demo.hf_hub_download(NAME, "none.txt", repo_type="dataset")
    with pytest.raises(EntryNotFoundError):
        list(demo.list_repo_tree(NAME, "none", repo_type="dataset"))


# What it refuses


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        ([small("x")], "one header, first"),
        ([HEADER, HEADER, small("x")], "one header, first"),
        ([HEADER], "empty commit"),
        ([("header", {"summary": " ", "description": ""}), small("x")], "summary is empty"),
        ([("header", {"summary": "s"}), small("x")], "description is missing"),
        ([HEADER, small("/x")], "invalid path"),
        ([HEADER, small("a/../x")], "invalid path"),
        ([HEADER, small("x", "?")], "not base64"),
        ([HEADER, small("x", encoding="utf-8")], "is base64"),
        ([HEADER, small("x", mode="1")], "unexpected key mode"),
        ([HEADER, small("x.parquet")], "must be large"),
        ([HEADER, small("x"), small("x")], "comes twice"),
        ([HEADER, small("x"), small("x/y")], "a file and a folder"),
        ([HEADER, ("copied", {"path": "x"})], "unknown operation"),
        ([HEADER, ("lfsFile", {"path": "x", "algo": "sha256", "oid": "0" * 64, "size": 0})], "was not uploaded"),
        ([HEADER, ("lfsFile", {"path": "x", "algo": "sha256", "oid": hashlib.sha256(LARGE).hexdigest(), "size": 3})], "was not uploaded"),
        ([HEADER, small("README.md", "LS0tCmxpY2Vuc2U6IFsKLS0tCg==")], "Invalid metadata in README.md"),
    ],
)
def test_a_commit_that_is_not_right(demo: HfApi, hub_server: HubServer, lines: list[Any], told: str) -> None:
    before = hub_server.repos[NAME].branches["main"]
    status, said = send_lines(hub_server, *lines)
    assert status == 400
    assert told in said["error"]
    assert hub_server.repos[NAME].branches["main"] == before


def test_what_is_not_there_cannot_be_deleted(demo: HfApi, hub_server: HubServer) -> None:
    assert send_lines(hub_server, HEADER, ("deletedFile", {"path": "none"}))[0] == 404
    assert send_lines(hub_server, HEADER, ("deletedFolder", {"path": "none/"}))[0] == 404


def test_a_commit_on_what_has_changed_since(demo: HfApi, hub_server: HubServer) -> None:
    old = hub_server.repos[NAME].branches["main"]
    commit(demo, {"a.txt": b"a"}, parent_commit=old)
    with pytest.raises(HfHubHTTPError) as refused:
        commit(demo, {"b.txt": b"b"}, parent_commit=old)
    assert refused.value.response.status_code == 412


def test_a_large_file_that_is_not_what_was_announced(demo: HfApi, hub_server: HubServer) -> None:
    assert raw(hub_server, f"PUT /lfs/{'0' * 64}", b"x", None)[0] == 400
    right = hashlib.sha256(b"x").hexdigest()
    assert raw(hub_server, f"PUT /lfs/{right}", b"x", OWNER)[0] == 400  # the token goes to nobody but the Hub
    assert raw(hub_server, f"POST /lfs/{right}/verify", {"oid": right, "size": 1})[0] == 404
    assert raw(hub_server, f"PUT /lfs/{right}", b"x", None)[0] == 200
    assert raw(hub_server, f"POST /lfs/{right}/verify", {"oid": right, "size": 1})[0] == 200


@pytest.mark.parametrize(
    ("line", "body", "told"),
    [
        ("POST /api/repos/create", {"name": "x", "type": "model"}, "holds no model"),
        ("POST /api/repos/create", {"name": "x", "type": "dataset", "colour": "red"}, "unexpected key"),
        ("POST /api/repos/create", {"name": "../x", "type": "dataset"}, "invalid repository name"),
        (f"POST /api/datasets/{NAME}/preupload/main", {"files": [{"path": "x", "sample": "?", "size": 1}]}, "not base64"),
        (f"POST /api/datasets/{NAME}/preupload/main", {"files": [{"path": "x"}]}, "is missing"),
        (
            f"POST /datasets/{NAME}.git/info/lfs/objects/batch",
            {"operation": "upload", "transfers": [], "objects": [{"oid": "x", "size": 1}], "hash_algo": "sha256"},
            "not a sha256",
        ),
        (f"POST /api/datasets/{NAME}/tag/main", {"tag": "a b"}, "invalid tag"),
        (f"POST /api/datasets/{NAME}/branch/refs%2Fx", {}, "invalid reference"),
    ],
)
def test_a_request_that_is_not_right(demo: HfApi, hub_server: HubServer, line: str, body: Any, told: str) -> None:
    status, said = raw(hub_server, line, body)
    assert status == 400
    assert told in said["error"]


def test_a_way_that_it_does_not_know_is_remembered() -> None:
    with HubServer() as server:
        assert raw(server, "GET /api/models/gpt2")[0] == 404
        assert raw(server, "DELETE /api/repos/create")[0] == 404
        assert server.strange == ["GET /api/models/gpt2", "DELETE /api/repos/create"]


@pytest.mark.parametrize(
    ("text", "errors"),
    [
        ("# no metadata", 0),
        ("---\nlicense: mit\nlanguage: [en]\nsize_categories: [n<1K]\n---\n", 0),
        ("---\nlicense: MIT Licence\n---\n", 1),
        ("---\nlanguage: English\n---\n", 1),
        ("---\nsize_categories: [few]\ntags: x\n---\n", 2),
        ("---\nconfigs: [{config_name: a, data_files: a/*}, {config_name: a, data_files: [{split: train}]}, {}]\n---\n", 3),
        ("---\ndataset_info: {features: x}\n---\n", 2),
        ("---\n- a\n---\n", 1),
    ],
)
def test_the_metadata_of_a_card_is_read(text: str, errors: int) -> None:
    assert len(yaml_errors(text)) == errors


# How it fails


def test_it_fails_when_it_is_told_to(demo: HfApi, hub_server: HubServer) -> None:
    hub_server.fail("POST .*/commit/", 418, "a teapot", times=2)
    for _ in range(2):
        with pytest.raises(HfHubHTTPError) as failed:
            commit(demo, {"a.txt": b"a"})
        assert failed.value.response.status_code == 418
        assert failed.value.response.headers["X-Error-Message"] == "a teapot"
    assert commit(demo, {"a.txt": b"a"}).oid


def test_an_upload_is_cut_off(demo: HfApi, hub_server: HubServer) -> None:
    hub_server.cut(after=1000, passed=0)
    commit(demo, {"b.parquet": LARGE + b"b"})
    assert [(one.status, one.got) for one in hub_server.asked("PUT /lfs/")[1:]] == [(0, 1000), (200, len(LARGE) + 1)]


def test_it_has_only_so_much_room(demo: HfApi, hub_server: HubServer) -> None:
    hub_server.room = len(LARGE) + 5
    with pytest.raises(HfHubHTTPError, match="storage limit reached"):
        commit(demo, {"b.parquet": LARGE + b"b"})
    hub_server.room = 3 * len(LARGE)
    assert commit(demo, {"b.parquet": LARGE + b"b"}).oid
