"""A server on loopback that speaks the Hugging Face Hub's API for datasets, as huggingface_hub 2.4 and datasets 5.2 call it.

    with HubServer() as server:
        api = HfApi(endpoint=server.endpoint, token=server.token)
        ...
        assert server.strange == []

It stores commits, branches, tags and pull requests, takes large files over LFS (basic and multipart), and refuses what it does not know
rather than guess. It logs every request, can be told to fail (`server.fail`), to cut uploads (`server.cut`), and to be full
(`server.room`). It imports nothing of the project. Xet is not spoken: clients need HF_HUB_DISABLE_XET=1 (see `server.environment`).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
import socket
import struct
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from fnmatch import fnmatch
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NoReturn, Self
from urllib.parse import parse_qs, quote, unquote, urlsplit

import pytest
import yaml

OWNER, READER, STRANGER = "hf_ownerOfTheLoopback", "hf_readerOfTheLoopback", "hf_strangerOfTheLoopback"
ATTRIBUTES = (
    b"*.parquet filter=lfs diff=lfs merge=lfs -text\n*.arrow filter=lfs diff=lfs merge=lfs -text\n*.zst filter=lfs diff=lfs merge=lfs "
    b"-text\n"
)
NAME = r"[A-Za-z0-9][\w.-]*"
SIZES = ["n<1K", "1K<n<10K", "10K<n<100K", "100K<n<1M", "1M<n<10M", "10M<n<100M"]
REGULAR_MOST = 10_000_000


class Refusal(Exception):
    """A request that is answered with an error: the status, the message, and the code by which clients know it."""

    def __init__(self, status: int, message: str, code: str = "", **body: Any):
        super().__init__(message)
        self.status, self.message, self.code, self.body = status, message, code, body


@dataclass(frozen=True)
class User:
    """Who a token belongs to: a name, the organisations they may write to, and whether the token may write at all."""

    name: str
    orgs: tuple[str, ...] = ()
    writes: bool = True


@dataclass(frozen=True)
class File:
    """A file in a commit: its git id, and of a large one its SHA-256."""

    oid: str
    size: int
    key: str
    lfs: bool = False

    def told(self, path: str) -> dict[str, Any]:
        """The file as tree and paths-info tell it."""
        large = {"lfs": {"oid": self.key, "size": self.size, "pointerSize": len(_pointer(self.key, self.size))}} if self.lfs else {}
        return {"type": "file", "path": path, "oid": self.oid, "size": self.size, **large}


@dataclass(frozen=True)
class Commit:
    """All files after it, what it said, and how many files it brought and took away."""

    sha: str
    files: Mapping[str, File]
    title: str
    added: tuple[str, ...] = ()
    deleted: tuple[str, ...] = ()
    parent: str | None = None


@dataclass
class Repo:
    """A dataset on the Hub."""

    private: bool
    commits: dict[str, Commit] = field(default_factory=dict)
    branches: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    pulls: dict[str, str] = field(default_factory=dict)

    def at(self, revision: str) -> Commit:
        """The commit of a branch, a tag, a pull request or a commit id."""
        known = {**self.branches, **self.tags, **self.pulls, "HEAD": self.branches["main"]}
        sha = known.get(revision, revision)
        if sha not in self.commits:
            raise Refusal(404, f"Invalid rev id: {revision}", "RevisionNotFound")
        return self.commits[sha]


@dataclass(frozen=True)
class Request:
    """A request that was answered. `got` is how many bytes of its body came."""

    method: str
    path: str
    status: int
    got: int
    agent: str
    token: str


@dataclass
class _Fault:
    pattern: str
    status: int
    message: str
    times: int
    headers: dict[str, str]


@dataclass
class _Cut:
    after: int
    times: int
    passed: int


class HubServer:
    """The Hub. `users` are the tokens it knows; `page` is how many entries of a tree it gives at once; `parts`, if given, is the size from
    which a large file is asked for in parts; `room` is how many bytes of large files private repositories may hold; `latency` is how
    long, in seconds, it takes over each block of 64 KiB that is uploaded."""

    def __init__(self, *, page: int = 50, parts: int | None = None, room: int | None = None, latency: float = 0.0):
        self.users = {OWNER: User("tester", ("acme",)), READER: User("reader", writes=False), STRANGER: User("stranger")}
        self.page, self.parts, self.room, self.latency = page, parts, room, latency
        self.repos: dict[str, Repo] = {}
        self.blobs: dict[str, bytes] = {}
        self.pieces: dict[tuple[str, int], bytes] = {}
        self.log: list[Request] = []
        self.strange: list[str] = []
        self._faults: list[_Fault] = []
        self._cuts: list[_Cut] = []
        self.lock = threading.RLock()
        self.token = OWNER

    def __enter__(self) -> Self:
        handler = type("Handler", (_Handler,), {"hub": self})
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._http.daemon_threads = True
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *problem: object) -> None:
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()

    @property
    def endpoint(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self._http.server_address[1]}"

    @property
    def environment(self) -> dict[str, str]:
        """What a process needs in its environment to use this Hub."""
        return {"HF_ENDPOINT": self.endpoint, "HF_TOKEN": self.token, "HF_HUB_DISABLE_XET": "1"}

    def fail(self, pattern: str, status: int, message: str = "", times: int = 1, **headers: str) -> None:
        """Answer the next `times` requests whose "METHOD /path" matches with an error."""
        self._faults.append(_Fault(pattern, status, message, times, headers))

    def cut(self, after: int, times: int = 1, passed: int = 0) -> None:
        """Break the connection of the next `times` uploads when so many bytes came, once `passed` uploads got through."""
        self._cuts.append(_Cut(after, times, passed))

    def sent(self, pattern: str = r"PUT /lfs/") -> int:
        """How many bytes came in requests that match."""
        return sum(one.got for one in self.log if re.search(pattern, f"{one.method} {one.path}"))

    def asked(self, pattern: str) -> list[Request]:
        """The requests that match."""
        return [one for one in self.log if re.search(pattern, f"{one.method} {one.path}")]

    # What the handler asks

    def fault(self, line: str) -> _Fault | None:
        """The fault that a request meets."""
        for one in self._faults:
            if one.times > 0 and re.search(one.pattern, line):
                one.times -= 1
                return one
        return None

    def breaks(self) -> int | None:
        """After how many bytes this upload is cut."""
        for one in self._cuts:
            if one.times > 0:
                if one.passed > 0:
                    one.passed -= 1
                    return None
                one.times -= 1
                return one.after
        return None

    def used(self) -> int:
        """How many bytes of large files there are."""
        return sum(len(blob) for key, blob in self.blobs.items() if len(key) == 64)

    def keep(self, repo: Repo, branch: str | None, files: Mapping[str, File], title: str, parent: Commit | None) -> Commit:
        """A new commit; on a branch, if one is named."""
        told = json.dumps([title, len(repo.commits), time.time_ns(), sorted(files)])
        sha = hashlib.sha1(told.encode()).hexdigest()
        before = parent.files if parent else {}
        added = tuple(sorted(path for path, one in files.items() if before.get(path) != one))
        deleted = tuple(sorted(path for path in before if path not in files))
        commit = repo.commits[sha] = Commit(sha, dict(files), title, added, deleted, parent.sha if parent else None)
        if branch is not None:
            repo.branches[branch] = sha
        return commit

    def regular(self, data: bytes) -> File:
        """A file that git holds itself."""
        oid = hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()
        self.blobs[oid] = data
        return File(oid, len(data), oid)

    def put(self, name: str, files: Mapping[str, bytes], *, private: bool = True) -> Repo:
        """A repository that is there already, with small files."""
        repo = self.repos[name] = Repo(private)
        self.keep(repo, "main", {".gitattributes": self.regular(ATTRIBUTES)}, "initial commit", None)
        if files:
            parent = repo.at("main")
            self.keep(repo, "main", {**parent.files, **{path: self.regular(data) for path, data in files.items()}}, "by hand", parent)
        return repo

    def read(self, name: str, path: str, revision: str = "main") -> bytes:
        """The content of a file."""
        return self.blobs[self.repos[name].at(revision).files[path].key]


@pytest.fixture
def hub_server() -> Iterator[HubServer]:
    """A Hub of one test's own, which must not have been asked for anything that it does not know."""
    with HubServer() as server:
        yield server
    assert server.strange == []


def _pointer(sha: str, size: int) -> bytes:
    return f"version https://git-lfs.github.com/spec/v1\noid sha256:{sha}\nsize {size}\n".encode()


def _wrong(message: str) -> NoReturn:
    raise Refusal(400, message, "BadRequest")


def _shape(data: Any, what: str, needed: Mapping[str, Any], other: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """A JSON object with these keys of these types, and no others."""
    if not isinstance(data, dict):
        _wrong(f"{what}: expected an object")
    known = {**needed, **(other or {})}
    for key, value in data.items():
        if key not in known:
            _wrong(f"{what}: unexpected key {key}")
        if not isinstance(value, known[key]):
            _wrong(f"{what}: {key} is of the wrong type")
    if missing := [key for key in needed if key not in data]:
        _wrong(f"{what}: {missing[0]} is missing")
    return data


def _path(text: str) -> str:
    if not text or text.startswith("/") or ".." in text.split("/") or text.split("/")[0] == ".git" or "\\" in text or "//" in text:
        _wrong(f"invalid path: {text}")
    return text


def yaml_errors(content: str) -> list[str]:
    """What the Hub has against the metadata of a dataset's card."""
    found = re.match(r"---\r?\n(.*?)\r?\n---(\r?\n|$)", content, re.DOTALL)
    if found is None:
        return []
    try:
        data = yaml.safe_load(found[1])
    except yaml.YAMLError as error:
        return [f"not YAML: {str(error).splitlines()[0]}"]
    if not isinstance(data, dict):
        return ["the metadata is no mapping"]
    errors = [
        f'"{key}" must be a list of strings'
        for key in ("tags", "size_categories", "annotations_creators", "language_creators", "source_datasets")
        if key in data and not (isinstance(data[key], list) and all(isinstance(one, str) for one in data[key]))
    ]
    errors += [f"size_categories: {one}" for one in data.get("size_categories", []) if one not in SIZES]
    if "license" in data and not (isinstance(data["license"], str) and re.fullmatch(r"[a-z0-9.-]+", data["license"])):
        errors.append('"license" must be one of the known names')
    languages = data.get("language", [])
    if not all(
        isinstance(one, str) and re.fullmatch(r"[a-z]{2,3}|code|multilingual", one)
        for one in ([languages] if isinstance(languages, str) else languages)
    ):
        errors.append('"language" must be ISO 639 codes')
    names = []
    for config in data.get("configs", []):
        if (
            not isinstance(config, dict)
            or not isinstance(config.get("config_name"), str)
            or not isinstance(config.get("data_files"), list | str)
        ):
            errors.append('"configs" needs config_name and data_files')
            continue
        names.append(config["config_name"])
        for one in config["data_files"] if isinstance(config["data_files"], list) else []:
            if not isinstance(one, dict) or not isinstance(one.get("split"), str) or not isinstance(one.get("path"), str | list):
                errors.append(f"configs.{config['config_name']}.data_files needs split and path")
    if len(names) != len(set(names)):
        errors.append("two configs of one name")
    infos = data.get("dataset_info", [])
    for info in [infos] if isinstance(infos, dict) else infos:
        for key in ("features", "splits"):
            if not isinstance(info.get(key), list):
                errors.append(f"dataset_info.{key} must be a list")
    return errors


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "hub"
    hub: HubServer

    def log_message(self, *told: Any) -> None:
        pass

    def answer(self) -> None:
        self.got, self.answered = 0, False
        whole = urlsplit(self.path)
        self.place, self.query = whole.path, {key: values[-1] for key, values in parse_qs(whole.query).items()}
        try:
            with self.hub.lock:
                fault = self.hub.fault(f"{self.command} {self.path}")
                limit = self.hub.breaks() if self.command == "PUT" and self.place.startswith("/lfs/") else None
            data = self.body(limit)
            if fault:
                self.reply(fault.status, {"error": fault.message}, {"X-Error-Message": fault.message, **fault.headers})
                return
            with self.hub.lock:
                self.route(data)
        except Refusal as error:
            headers = {"X-Error-Message": error.message} | ({"X-Error-Code": error.code} if error.code else {})
            self.reply(error.status, {"error": error.message, **error.body}, headers)
        except ConnectionError:
            self.close_connection = True
        if not self.answered:
            self.note(0)

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = answer  # noqa: N815

    def body(self, limit: int | None) -> bytes:
        """The request's body; an upload that is to be cut off is."""
        if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
            found = b""
            while size := int(self.rfile.readline(), 16):
                found += self.rfile.read(size)
                self.rfile.readline()
                self.got = len(found)
                self.cut_off(limit)
            self.rfile.readline()
            return found
        left, blocks = int(self.headers.get("Content-Length") or 0), []
        while left:
            block = self.rfile.read(min(left, 1 << 16 if limit is None else max(1, min(1 << 16, limit - self.got))))
            if not block:
                raise ConnectionResetError
            blocks.append(block)
            left -= len(block)
            self.got += len(block)
            self.cut_off(limit)
            if self.command == "PUT" and self.hub.latency:
                time.sleep(self.hub.latency)
        return b"".join(blocks)

    def cut_off(self, limit: int | None) -> None:
        if limit is not None and self.got >= limit:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            with suppress(OSError):
                self.connection.close()
            raise ConnectionResetError

    def note(self, status: int) -> None:
        self.answered = True
        token = (self.headers.get("Authorization") or "").removeprefix("Bearer ")
        with self.hub.lock:
            self.hub.log.append(Request(self.command, self.path, status, self.got, self.headers.get("User-Agent") or "", token))

    def reply(self, status: int, body: Any = b"", headers: Mapping[str, str] | None = None) -> None:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.note(status)
        self.send_response(status)
        given = {"Content-Type": "application/json; charset=utf-8", "Content-Length": str(len(content)), **(headers or {})}
        for name, value in given.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    # Who asks

    @property
    def user(self) -> User | None:
        """Whom the token belongs to. Refuses a token that is not known."""
        given = self.headers.get("Authorization")
        if given is None:
            return None
        if given.removeprefix("Bearer ") not in self.hub.users or not given.startswith("Bearer "):
            raise Refusal(401, "Invalid credentials in Authorization header")
        return self.hub.users[given.removeprefix("Bearer ")]

    def owns(self, name: str) -> bool:
        """Whether the user belongs to the namespace of a repository."""
        return self.user is not None and name.split("/")[0] in (self.user.name, *self.user.orgs)

    def repo(self, name: str, *, write: bool = False) -> Repo:
        """A repository that the user may read, or write to."""
        found = self.hub.repos.get(name)
        if found is None or (found.private and not self.owns(name)):
            raise Refusal(404 if self.user else 401, "Repository not found", "RepoNotFound")
        if write:
            self.may_write(name)
        return found

    def may_write(self, name: str) -> None:
        if self.user is None:
            raise Refusal(401, "Invalid username or password.")
        if not self.owns(name) or not self.user.writes:
            raise Refusal(403, f"You don't have the required permissions to write to {name.split('/')[0]}")

    def json(self, data: bytes) -> Any:
        if not (self.headers.get("Content-Type") or "").split(";")[0].endswith("json"):
            _wrong("expected JSON")
        try:
            return json.loads(data)
        except ValueError:
            _wrong("malformed JSON")

    # What is asked

    ROUTES = (
        ("GET", r"/api/whoami-v2", "whoami"),
        ("POST", r"/api/validate-yaml", "validate"),
        ("POST", r"/api/repos/create", "create"),
        ("POST", rf"/datasets/({NAME}/{NAME})\.git/info/lfs/objects/batch", "batch"),
        ("PUT", r"/lfs/([0-9a-f]{64})", "upload"),
        ("PUT", r"/lfs/([0-9a-f]{64})/(\d+)", "part"),
        ("POST", r"/lfs/([0-9a-f]{64})/complete", "complete"),
        ("POST", r"/lfs/([0-9a-f]{64})/verify", "verify"),
        ("GET", rf"/api/datasets/({NAME}/{NAME})(?:/revision/([^/]+))?", "info"),
        ("POST", rf"/api/datasets/({NAME}/{NAME})/preupload/([^/]+)", "preupload"),
        ("POST", rf"/api/datasets/({NAME}/{NAME})/commit/([^/]+)", "commit"),
        ("GET", rf"/api/datasets/({NAME}/{NAME})/tree/([^/]+)(?:/(.+))?", "tree"),
        ("POST", rf"/api/datasets/({NAME}/{NAME})/paths-info/([^/]+)", "paths"),
        ("GET", rf"/api/datasets/({NAME}/{NAME})/refs", "refs"),
        ("POST", rf"/api/datasets/({NAME}/{NAME})/branch/([^/]+)", "branch"),
        ("POST", rf"/api/datasets/({NAME}/{NAME})/tag/([^/]+)", "tag"),
        ("PUT", rf"/api/datasets/({NAME}/{NAME})/settings", "settings"),
        ("GET", rf"/datasets/({NAME}/{NAME})/resolve/([^/]+)/(.+)", "resolve"),
        ("HEAD", rf"/datasets/({NAME}/{NAME})/resolve/([^/]+)/(.+)", "resolve"),
    )

    def route(self, data: bytes) -> None:
        for method, pattern, name in self.ROUTES:
            if self.command == method and (found := re.fullmatch(pattern, self.place)):
                getattr(self, f"on_{name}")(data, *(None if part is None else unquote(part) for part in found.groups()))
                return
        self.hub.strange.append(f"{self.command} {self.path}")
        raise Refusal(404, f"no such route: {self.command} {self.place}", "NotFound")

    def on_whoami(self, data: bytes) -> None:
        if self.user is None:
            raise Refusal(401, "Invalid username or password.")
        role = "write" if self.user.writes else "read"
        orgs = [{"type": "org", "name": name} for name in self.user.orgs]
        self.reply(
            200,
            {
                "type": "user",
                "id": "0",
                "name": self.user.name,
                "orgs": orgs,
                "auth": {"type": "access_token", "accessToken": {"role": role}},
            },
        )

    def on_validate(self, data: bytes) -> None:
        given = _shape(self.json(data), "validate-yaml", {"content": str, "repoType": str})
        errors = yaml_errors(given["content"])
        self.reply(400 if errors else 200, {"errors": [{"message": one} for one in errors], "warnings": []})

    def on_create(self, data: bytes) -> None:
        given = _shape(
            self.json(data), "create", {"name": str, "type": str}, {"organization": str | None, "visibility": str, "private": bool}
        )
        if given["type"] != "dataset":
            _wrong(f"this Hub holds no {given['type']}")
        if self.user is None:
            raise Refusal(401, "Invalid username or password.")
        if not re.fullmatch(NAME, given["name"]) or len(given["name"]) > 96:
            _wrong("invalid repository name")
        name = f"{given.get('organization') or self.user.name}/{given['name']}"
        self.may_write(name)
        url = f"{self.hub.endpoint}/datasets/{name}"
        if name in self.hub.repos:
            raise Refusal(409, "You already created this dataset repo", url=url)
        self.hub.put(name, {}, private=given.get("visibility", "private" if given.get("private") else "public") == "private")
        self.reply(200, {"url": url, "name": name, "id": "0"})

    def on_batch(self, data: bytes, name: str) -> None:
        given = _shape(self.json(data), "batch", {"operation": str, "transfers": list, "objects": list, "hash_algo": str}, {"ref": dict})
        pull = "ref" not in given  # a pull request names no branch that is written to
        self.repo(name, write=not pull)
        if self.user is None:
            raise Refusal(401, "Invalid username or password.")
        if given["operation"] != "upload" or given["hash_algo"] != "sha256":
            _wrong("only uploads by sha256 are known")
        told = []
        for one in given["objects"]:
            _shape(one, "object", {"oid": str, "size": int})
            if not re.fullmatch("[0-9a-f]{64}", one["oid"]):
                _wrong(f"not a sha256: {one['oid']}")
            new = one["oid"] not in self.hub.blobs
            if new and self.hub.room is not None and self.hub.used() + one["size"] > self.hub.room:
                raise Refusal(
                    403, "Private repository storage limit reached, please upgrade your plan to increase your private storage limit."
                )
            told.append({**one, **({"actions": self.actions(one["oid"], one["size"])} if new else {})})
        parts = any("chunk_size" in one.get("actions", {}).get("upload", {}).get("header", {}) for one in told)
        self.reply(200, {"transfer": "multipart" if parts else "basic", "objects": told}, {"Content-Type": "application/vnd.git-lfs+json"})

    def actions(self, oid: str, size: int) -> dict[str, Any]:
        base = f"{self.hub.endpoint}/lfs/{oid}"
        upload: dict[str, Any] = {"href": base, "header": {}}
        if self.hub.parts is not None and size > self.hub.parts:
            count = -(-size // self.hub.parts)
            header = {"chunk_size": str(self.hub.parts)} | {f"{number + 1:05d}": f"{base}/{number + 1}" for number in range(count)}
            upload = {"href": f"{base}/complete", "header": header}
        return {"upload": upload, "verify": {"href": f"{base}/verify", "header": {}}}

    def on_upload(self, data: bytes, oid: str) -> None:
        if self.headers.get("Authorization"):
            _wrong("a signed address takes no Authorization header")  # as S3 does: the token must not leave for there
        if hashlib.sha256(data).hexdigest() != oid:
            _wrong("the content is not what was announced")
        self.hub.blobs[oid] = data
        self.reply(200)

    def on_part(self, data: bytes, oid: str, number: str) -> None:
        self.hub.pieces[oid, int(number)] = data
        self.reply(200, b"", {"ETag": f'"{hashlib.md5(data).hexdigest()}"'})

    def on_complete(self, data: bytes, oid: str) -> None:
        given = _shape(self.json(data), "complete", {"oid": str, "parts": list})
        pieces = []
        for number, part in enumerate(given["parts"], 1):
            _shape(part, "part", {"partNumber": int, "etag": str})
            piece = self.hub.pieces.pop((oid, number), None)
            if piece is None or part != {"partNumber": number, "etag": f'"{hashlib.md5(piece).hexdigest()}"'}:
                _wrong(f"part {number} is not what was uploaded")
            pieces.append(piece)
        whole = b"".join(pieces)
        if hashlib.sha256(whole).hexdigest() != oid or given["oid"] != oid:
            _wrong("the parts do not make what was announced")
        self.hub.blobs[oid] = whole
        self.reply(200, {})

    def on_verify(self, data: bytes, oid: str) -> None:
        given = _shape(self.json(data), "verify", {"oid": str, "size": int})
        if self.user is None:
            raise Refusal(401, "Invalid username or password.")
        if given["oid"] != oid or len(self.hub.blobs.get(oid, b"")) != given["size"]:
            raise Refusal(404, "the object is not there")
        self.reply(200, {})

    def on_info(self, data: bytes, name: str, revision: str | None) -> None:
        repo = self.repo(name)
        commit = repo.at(revision or "main")
        siblings = [{"rfilename": path} for path in sorted(commit.files)]
        if self.query.get("blobs"):
            siblings = [
                {
                    "rfilename": path,
                    "size": one.size,
                    "blobId": one.oid,
                    **({"lfs": {"sha256": one.key, "size": one.size, "pointerSize": 130}} if one.lfs else {}),
                }
                for path, one in sorted(commit.files.items())
            ]
        self.reply(
            200,
            {
                "_id": "0",
                "id": name,
                "author": name.split("/")[0],
                "sha": commit.sha,
                "private": repo.private,
                "gated": False,
                "disabled": False,
                "lastModified": _now(),
                "createdAt": _now(),
                "tags": [],
                "downloads": 0,
                "likes": 0,
                "siblings": siblings,
                "cardData": {},
            },
        )

    def on_preupload(self, data: bytes, name: str, revision: str) -> None:
        repo = self.repo(name, write=self.query.get("create_pr") != "1")
        commit = repo.at(revision)
        given = _shape(self.json(data), "preupload", {"files": list}, {"gitIgnore": str})
        if len(given["files"]) > 256:
            _wrong("at most 256 files")
        rules = [
            line.split()[0] for line in self.hub.blobs[commit.files[".gitattributes"].key].decode().splitlines() if "filter=lfs" in line
        ]
        told = []
        for one in given["files"]:
            _shape(one, "file", {"path": str, "sample": str, "size": int})
            try:
                sample = base64.b64decode(one["sample"], validate=True)
            except binascii.Error:
                _wrong("the sample is not base64")
            large = one["size"] > REGULAR_MOST or b"\0" in sample or any(fnmatch(_path(one["path"]).split("/")[-1], rule) for rule in rules)
            held = commit.files.get(one["path"])
            oid = (held.key if held.lfs else held.oid) if held else None
            told.append({"path": one["path"], "uploadMode": "lfs" if large else "regular", "shouldIgnore": False, "oid": oid})
        self.reply(200, {"files": told})

    def on_commit(self, data: bytes, name: str, revision: str) -> None:
        pull = self.query.get("create_pr") == "1"
        repo = self.repo(name, write=not pull)
        if self.user is None:
            raise Refusal(401, "Invalid username or password.")
        if revision not in repo.branches and not (revision in repo.pulls and not pull):
            raise Refusal(404, f"Invalid rev id: {revision}", "RevisionNotFound")
        parent = repo.at(revision)
        if (self.headers.get("Content-Type") or "") != "application/x-ndjson":
            _wrong("expected application/x-ndjson")
        lines = [_shape(self.ndjson(line), "line", {"key": str, "value": dict}) for line in data.splitlines()]
        if not lines or lines[0]["key"] != "header" or any(line["key"] == "header" for line in lines[1:]):
            _wrong("expected one header, first")
        header = _shape(lines[0]["value"], "header", {"summary": str, "description": str}, {"parentCommit": str})
        if not header["summary"].strip():
            _wrong("the summary is empty")
        if len(lines) < 2:
            _wrong("an empty commit")
        if header.get("parentCommit", parent.sha) != parent.sha:
            raise Refusal(412, "A commit has happened since. Please refresh and try again.")
        files, touched = dict(parent.files), set[str]()
        for line in lines[1:]:
            path = self.apply(files, line["key"], line["value"])
            if path in touched:
                _wrong(f"{path} comes twice")
            touched.add(path)
        clash = next((path for path in files if any(other.startswith(path + "/") for other in files)), None)
        if clash:
            _wrong(f"{clash} is a file and a folder")
        if "README.md" in touched & files.keys() and (errors := yaml_errors(self.hub.blobs[files["README.md"].key].decode())):
            _wrong(f"Invalid metadata in README.md: {errors[0]}")
        commit = self.hub.keep(repo, None if pull or revision in repo.pulls else revision, files, header["summary"], parent)
        told = {
            "success": True,
            "commitOid": commit.sha,
            "commitUrl": f"{self.hub.endpoint}/datasets/{name}/commit/{commit.sha}",
            "hookOutput": "",
        }
        if pull:
            number = len(repo.pulls) + 1
            repo.pulls[f"refs/pr/{number}"] = commit.sha
            told["pullRequestUrl"] = f"{self.hub.endpoint}/datasets/{name}/discussions/{number}"
        elif revision in repo.pulls:
            repo.pulls[revision] = commit.sha
        self.reply(200, told)

    def ndjson(self, line: bytes) -> Any:
        try:
            return json.loads(line)
        except ValueError:
            _wrong("a line that is not JSON")

    def apply(self, files: dict[str, File], key: str, value: dict[str, Any]) -> str:
        """Make one change of a commit; returns its path."""
        if key == "file":
            _shape(value, key, {"path": str, "content": str, "encoding": str})
            try:
                content = base64.b64decode(value["content"], validate=True)
            except binascii.Error:
                _wrong("the content is not base64")
            if value["encoding"] != "base64" or len(content) > REGULAR_MOST:
                _wrong("a regular file is base64 and not large")
            if value["path"].endswith(".parquet"):
                _wrong("a Parquet file must be large")
            files[_path(value["path"])] = self.hub.regular(content)
        elif key == "lfsFile":
            _shape(value, key, {"path": str, "algo": str, "oid": str, "size": int})
            if (
                value["algo"] != "sha256"
                or len(self.hub.blobs.get(value["oid"], b"")) != value["size"]
                or value["oid"] not in self.hub.blobs
            ):
                _wrong(f"the large file of {value['path']} was not uploaded")
            oid = hashlib.sha1(_pointer(value["oid"], value["size"])).hexdigest()
            files[_path(value["path"])] = File(oid, value["size"], value["oid"], lfs=True)
        elif key == "deletedFile":
            _shape(value, key, {"path": str})
            if files.pop(_path(value["path"]), None) is None:
                raise Refusal(404, "A file with this name doesn't exist", "EntryNotFound")
        elif key == "deletedFolder":
            _shape(value, key, {"path": str})
            inside = [path for path in files if path.startswith(value["path"].rstrip("/") + "/")]
            if not inside:
                raise Refusal(404, "A folder with this name doesn't exist", "EntryNotFound")
            for path in inside:
                del files[path]
        else:
            _wrong(f"unknown operation {key}")
        return str(value["path"])

    def on_tree(self, data: bytes, name: str, revision: str, folder: str | None) -> None:
        files = self.repo(name).at(revision).files
        start = f"{folder.strip('/')}/" if folder else ""
        inside = {path: one for path, one in files.items() if path.startswith(start)}
        if start and not inside:
            raise Refusal(404, f"{folder} does not exist on {revision}", "EntryNotFound")
        deep = self.query.get("recursive", "false").lower() in ("true", "1")
        folders, told = set[str](), []
        for path, one in inside.items():
            steps = path[len(start) :].split("/")
            folders |= {start + "/".join(steps[:depth]) for depth in range(1, len(steps)) if deep or depth == 1}
            if deep or len(steps) == 1:
                told.append(one.told(path))
        told += [{"type": "directory", "path": one, "oid": hashlib.sha1(one.encode()).hexdigest(), "size": 0} for one in folders]
        told.sort(key=lambda one: one["path"])
        first = int(self.query.get("cursor", "0"))
        headers = {}
        if first + self.hub.page < len(told):
            query = "&".join(f"{key}={quote(value)}" for key, value in {**self.query, "cursor": str(first + self.hub.page)}.items())
            headers["Link"] = f'<{self.hub.endpoint}{self.place}?{query}>; rel="next"'
        self.reply(200, told[first : first + self.hub.page], headers)

    def on_paths(self, data: bytes, name: str, revision: str) -> None:
        files = self.repo(name).at(revision).files
        if (self.headers.get("Content-Type") or "").startswith("application/json"):
            wanted = self.json(data).get("paths", [])
        else:
            wanted = parse_qs(data.decode()).get("paths", [])
        told = []
        for path in [wanted] if isinstance(wanted, str) else wanted:
            if path in files:
                told.append(files[path].told(path))
            elif any(other.startswith(path.rstrip("/") + "/") for other in files):
                told.append({"type": "directory", "path": path, "oid": hashlib.sha1(path.encode()).hexdigest(), "size": 0})
        self.reply(200, told)

    def on_refs(self, data: bytes, name: str) -> None:
        repo = self.repo(name)

        def told(refs: Mapping[str, str], start: str) -> list[dict[str, str]]:
            return [{"name": one, "ref": start + one, "targetCommit": sha} for one, sha in refs.items()]

        pulls = {"pullRequests": told(repo.pulls, "")} if self.query.get("include_prs") else {}
        self.reply(200, {"branches": told(repo.branches, "refs/heads/"), "tags": told(repo.tags, "refs/tags/"), "converts": [], **pulls})

    def on_branch(self, data: bytes, name: str, branch: str) -> None:
        repo = self.repo(name, write=True)
        given = _shape(self.json(data), "branch", {}, {"startingPoint": str})
        if branch.startswith("refs/") or not re.fullmatch(r"[\w./-]+", branch):
            _wrong(f"invalid reference for a branch: {branch}")
        if branch in repo.branches:
            raise Refusal(409, "Reference already exists", "RefExists")
        repo.branches[branch] = repo.at(given.get("startingPoint", "main")).sha
        self.reply(200, {})

    def on_tag(self, data: bytes, name: str, revision: str) -> None:
        repo = self.repo(name, write=True)
        given = _shape(self.json(data), "tag", {"tag": str}, {"message": str})
        if not re.fullmatch(r"[\w./-]+", given["tag"]):
            _wrong("invalid tag")
        if given["tag"] in repo.tags:
            raise Refusal(409, "Tag reference exists already", "RefExists")
        repo.tags[given["tag"]] = repo.at(revision).sha
        self.reply(200, {})

    def on_settings(self, data: bytes, name: str) -> None:
        repo = self.repo(name, write=True)
        given = _shape(self.json(data), "settings", {"visibility": str})
        repo.private = given["visibility"] == "private"
        self.reply(200, {"private": repo.private})

    def on_resolve(self, data: bytes, name: str, revision: str, path: str) -> None:
        commit = self.repo(name).at(revision)
        found = commit.files.get(path)
        if found is None:
            raise Refusal(404, "Entry not found", "EntryNotFound")
        content = self.hub.blobs[found.key]
        etag = found.key if found.lfs else found.oid
        headers = {"ETag": f'"{etag}"', "X-Repo-Commit": commit.sha, "Accept-Ranges": "bytes", "Content-Type": "application/octet-stream"}
        if found.lfs:
            headers |= {"X-Linked-Etag": f'"{etag}"', "X-Linked-Size": str(found.size)}
        span = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range") or "")
        if span and self.command == "GET":
            first, last = int(span[1]), min(int(span[2] or len(content) - 1), len(content) - 1)
            self.reply(206, content[first : last + 1], {**headers, "Content-Range": f"bytes {first}-{last}/{len(content)}"})
        else:
            self.reply(200, content, headers)


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
