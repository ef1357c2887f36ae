"""An output elsewhere, as it is whole: its manifest, and where the files are that this names.

A store of objects knows no change of places. So a run sends its files to `.unfinished`, each under its hash, and the manifest last: from
then on the new output is the whole one, and is read there. Then the files are copied to where they belong, the manifest last again, and
what is in `.unfinished` goes. Until the first of these moments the old output is as it was.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any, BinaryIO

from synthgen.errors import OutputError
from synthgen.spec.digests import sha256_of
from synthgen.spec.names import MANIFEST, UNFINISHED
from synthgen.storage.storage import Storage

STAGE = UNFINISHED
"""The folder in an output in which the next one comes together."""
PIECE = 4_000_000
HASH = re.compile("[0-9a-f]{64}")


@dataclass(frozen=True)
class Snapshot:
    """A whole output at an address: the `content` of its manifest, and whether its files are still `staged`, under their hashes."""

    storage: Storage
    content: bytes
    staged: bool

    @cached_property
    def files(self) -> dict[str, dict[str, Any]]:
        """What the manifest says of each file, by path; nothing where it says nothing. Raises OutputError for one that leads elsewhere."""
        files = _files_in(self.content)
        for path in files:
            if path.startswith("/") or "\\" in path or {"", ".", ".."} & {*path.split("/")} or ":" in path:
                raise OutputError(f"the manifest of {self.storage.address} names '{path}', which is not in it")
        return files

    def place(self, path: str) -> str:
        """Where a file is."""
        return staged(str(self.files[path].get("sha256"))) if self.staged else path

    def size_and_hash(self, path: str) -> tuple[int, str]:
        """How many bytes a file has, and its SHA-256. Raises FileNotFoundError, OutputError."""
        size, digest = 0, sha256()
        with self.storage.open(self.place(path)) as stream:
            for piece in _pieces(stream):
                size += len(piece)
                digest.update(piece)
        return size, digest.hexdigest()

    def fetch(self, folder: Path) -> None:
        """Fetch all files, but for the manifest, into a folder; those that it has already stay. Raises FileNotFoundError, OutputError."""
        wanted = {path: folder / path for path, record in self.files.items() if not _is(folder / path, record)}
        for file in wanted.values():
            file.parent.mkdir(parents=True, exist_ok=True)
        self.storage.get({file: self.place(path) for path, file in wanted.items()})

    def damaged(self, folder: Path, besides: Collection[str] = ()) -> str | None:
        """The first of the files that were fetched into a folder that is not as it was made, whatever those `besides` are; None where all
        are."""
        return next((path for path, record in self.files.items() if path not in besides and not _is(folder / path, record)), None)


def staged(sha: str) -> str:
    """Where a file of that hash waits for its place."""
    return f"{STAGE}/{sha if HASH.fullmatch(sha) else 'nothing'}"


def latest(storage: Storage) -> Snapshot | None:
    """The whole output at an address; None where there is no manifest. Raises OutputError."""
    content = storage.read(f"{STAGE}/{MANIFEST}")
    if content is not None and _files_in(content):  # not one whose writing was cut off, where that can be
        return Snapshot(storage, content, staged=True)
    content = storage.read(MANIFEST)
    return None if content is None else Snapshot(storage, content, staged=False)


def _files_in(content: bytes) -> dict[str, dict[str, Any]]:
    try:
        files = json.loads(content).get("files")
    except (ValueError, RecursionError, AttributeError):
        return {}
    return files if isinstance(files, dict) and all(isinstance(record, dict) for record in files.values()) else {}


def _is(file: Path, record: Mapping[str, Any]) -> bool:
    return file.is_file() and sha256_of(file) == record.get("sha256")


def _pieces(stream: BinaryIO) -> Iterator[bytes]:
    while piece := stream.read(PIECE):
        yield piece
