"""An output at an address, such as s3://bucket/traffic. A run works on this machine, in the folder that belongs to the address, with the
answer journal; what is finished is sent (see `storage.snapshot`).

Stores of objects have no locks. Who works on an output says so in a small file there, which is looked at before the new output takes the
place of the old. The finished output stays on this machine, too, as the copy that readers of the address would have to fetch.
"""

from __future__ import annotations

import json
import platform
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from secrets import token_hex
from typing import Any

from synthgen.dataset.lock import acquire, release
from synthgen.dataset.manifest import DamagedManifest, as_written, read_manifest
from synthgen.dataset.names import FETCHED, MANIFEST, OF_RUNS
from synthgen.dataset.place import Output
from synthgen.dataset.small import content_of, object_in, write_object
from synthgen.errors import OutputError, StorageError
from synthgen.storage import STAGE, Snapshot, Storage, is_remote, latest, local_folder, name_of, refuse_address, staged

CLAIM = f"{STAGE}/.synthgen.json"
"""Says who works on the output."""
WRITER = ".writer.json"
"""Names this machine in the folder of an address."""
ELSEWHERE = "choose another place: -o ADDRESS"


@dataclass(frozen=True)
class RemoteOutput(Output):
    """The places of an output at an address: those of a folder, on this machine, and its storage."""

    _held: set[str] = field(default_factory=set, init=False, repr=False, compare=False)

    @classmethod
    def at(cls, address: str) -> RemoteOutput:
        """The output at an address. Raises OutputError where that is none."""
        return cls(local_folder(address) / name_of(address), address=address.rstrip("/"))

    @cached_property
    def storage(self) -> Storage:
        """Its files there. Raises OutputError where no driver knows them."""
        return Storage(self.address)

    def remarks(self) -> list[str]:
        """Where the work is until the output is there."""
        return [f"until {self.address} is whole, work and answers are in {self.unfinished}: only this machine can go on with them"]

    def manifest(self, *, again: bool = False) -> dict[str, Any] | None:
        """The manifest of the finished output there, as of one in a folder. Raises OutputError."""
        snapshot = latest(self.storage)
        if snapshot is None:
            if {*self.storage.sizes()} - {STAGE}:
                raise OutputError(f"{self.address} is there already and was not made by synthgen", ELSEWHERE)
            return None
        try:
            manifest = read_manifest(self.final, snapshot.content, self.address)
        except DamagedManifest:
            if again:
                return None
            raise
        except OutputError:
            raise OutputError(f"{self.address} is there already and was not made by synthgen", ELSEWHERE) from None
        return manifest if snapshot.files else None

    @contextmanager
    def locked(self, command: str, waiting: Callable[[str], None] | None = None) -> Iterator[None]:
        """As of a folder; at the address it is let go of, too, if this command took it."""
        with super().locked(command, waiting):
            try:
                yield
            finally:
                with suppress(OutputError):
                    self._let_go()

    @contextmanager
    def copying(self) -> Iterator[None]:
        """Nobody else has the copy on this machine change places meanwhile: a reader may fetch another while a run makes the next."""
        if FETCHED in self._held:
            yield
            return
        lock = acquire(self.final.with_name(self.final.name + FETCHED), "fetch", lambda note: None)
        self._held.add(FETCHED)
        try:
            yield
        finally:
            self._held.discard(FETCHED)
            release(lock)

    @contextmanager
    def fetching(self) -> Iterator[RemoteOutput]:
        """This output, as a reader works on it, in a folder of its own."""
        copy = replace(self, work=FETCHED)
        with copy.copying():
            copy._settle()
            yield copy

    def take_place(self, content: bytes, without: Sequence[str]) -> list[str]:
        """As of a folder, on this machine."""
        with self.copying():
            return super().take_place(content, without)

    def _settle(self) -> list[str]:
        with self.copying():
            return super()._settle()

    # For who holds the lock

    def settle(self, *, fresh: bool = False) -> None:
        """Finish a change of places that was cut off: there, and then here if it was this machine's. Raises OutputError."""
        snapshot = latest(self.storage)
        if snapshot is None:
            return
        ours = content_of(self.unfinished / MANIFEST) == snapshot.content
        if snapshot.staged or ours:
            self._take(fresh=fresh)
            self._change_places()
        if ours:
            self.take_place(snapshot.content, OF_RUNS)

    def open(self, *, fresh: bool = False) -> list[str]:
        """Make ready to work, as in a folder; no other machine may work on it then, unless with `fresh`. Raises OutputError."""
        self._take(fresh=fresh)
        with self.copying():
            return super().open(fresh=fresh)

    def send_ahead(self, shards: Callable[[], Iterable[Mapping[str, Any]]]) -> None:
        """Send the shards of a table that is done. What fails is sent in the end, where it counts: rows are not held up by it."""
        files = {shard["path"]: shard for shard in shards()}
        with suppress(OutputError):
            self._send(files)

    def publish(self, manifest: Mapping[str, Any], without: Sequence[str]) -> list[str]:
        """Send what is not there yet, have the new output take the place of the old there, and then here. Raises OutputError."""
        content = as_written(manifest)
        (self.unfinished / MANIFEST).write_bytes(content)
        self._send(manifest["files"])
        self._refuse_absent(manifest["files"])
        self._refuse_loss()
        self.storage.write(f"{STAGE}/{MANIFEST}", content)
        self._change_places()
        return super().publish(manifest, without)

    def _send(self, files: Mapping[str, Mapping[str, Any]]) -> None:
        for path in self._absent(files):
            self.storage.put(self.unfinished / path, staged(files[path]["sha256"]))

    def _refuse_absent(self, files: Mapping[str, Mapping[str, Any]]) -> None:
        """Raise StorageError where a file that was sent has not arrived."""
        if absent := self._absent(files):
            raise StorageError(f"{self.address}: {absent[0]} did not arrive whole", "run the same command again", retryable=True)

    def _absent(self, files: Mapping[str, Mapping[str, Any]]) -> list[str]:
        """The files that do not wait there whole."""
        there = self.storage.sizes(STAGE)
        return [path for path, record in files.items() if there.get(record["sha256"]) != record["bytes"]]

    def _change_places(self) -> None:
        """Have the output that waits there take its place, if one does, and take away what nobody needs any more."""
        snapshot = latest(self.storage)
        if snapshot is not None and snapshot.staged:
            old = self.storage.read(MANIFEST)
            before = Snapshot(self.storage, old, staged=False).files if old is not None else {}
            self.storage.copy({path: snapshot.place(path) for path in snapshot.files})
            self.storage.write(MANIFEST, snapshot.content)
            self.storage.remove([path for path in before if path not in snapshot.files])
            self.storage.remove([f"{STAGE}/{MANIFEST}"])
        self._clear()

    def _clear(self) -> None:
        """Take away what waits there, but for the word of who works on it."""
        waiting = [f"{STAGE}/{name}" for name in self.storage.sizes(STAGE)]
        self.storage.remove([path for path in waiting if path != CLAIM])

    # Who works on it

    def _take(self, *, fresh: bool) -> None:
        """Say at the address that this machine works on it. Raises OutputError where another one does, whose place `fresh` takes."""
        holder = self._holder()
        if holder and holder.get("writer") != self._writer and not fresh:
            raise self._taken(holder)
        claim = {"writer": self._writer, "machine": platform.node(), "since": time.strftime("%Y-%m-%d %H:%M")}
        with suppress(FileExistsError):  # who came first is seen below
            self.storage.write(CLAIM, json.dumps(claim).encode(), new=not (holder or fresh))
        self._refuse_loss()
        self._held.add(CLAIM)
        if fresh:
            self._change_places()

    def _refuse_loss(self) -> None:
        """Raise OutputError where another machine works on it by now."""
        holder = self._holder()
        if holder.get("writer") != self._writer:
            raise self._taken(holder)

    def _taken(self, holder: Mapping[str, Any]) -> OutputError:
        who = ", ".join(f"{key} {holder[key]}" for key in ("machine", "since") if key in holder)
        return OutputError(
            f"another machine is working on {self.address}: {who}" if who else f"another machine has worked on {self.address} meanwhile",
            f"wait for it, or {ELSEWHERE}; if it was killed and does not come back, --fresh begins anew in its place",
        )

    def _holder(self) -> dict[str, Any]:
        return object_in(self.storage.read(CLAIM))

    def _let_go(self) -> None:
        if CLAIM in self._held and self._holder().get("writer") == self._writer:
            self.storage.remove([CLAIM])
        self._held.discard(CLAIM)

    @cached_property
    def _writer(self) -> str:
        """What this machine is called in the claim. It is drawn once."""
        file = self.final.parent / WRITER
        if "writer" not in object_in(content_of(file)):
            write_object(file, {"writer": token_hex(16), "address": self.address})
        return str(object_in(content_of(file)).get("writer"))


def output_at(place: str | Path) -> Output:
    """The output in a folder, or at an address. Raises OutputError."""
    if is_remote(place):
        return RemoteOutput.at(str(place))
    refuse_address(place)
    return Output(Path(place))
