"""The copy on this machine of an output at an address: readers fetch it, whole and checked by its hashes, when there is another one than
they fetched before, or than this machine made. Nothing is written at the address."""

from __future__ import annotations

import time
from contextlib import suppress
from pathlib import Path

from synthgen.dataset.manifest import read_manifest
from synthgen.dataset.names import MANIFEST, MARK, PROGRESS, TEXTS
from synthgen.dataset.place import PAUSE, TRIES
from synthgen.dataset.remote import RemoteOutput
from synthgen.dataset.small import content_of
from synthgen.errors import OutputError
from synthgen.storage import Snapshot, is_remote, latest, refuse_address


def local_copy(place: str | Path, *, unfinished: bool = False) -> Path:
    """The folder of an output: what is named, or of an address the copy of what is there now, fetched where this machine has none. With
    `unfinished` also where nothing is there yet, but a run on this machine has begun. Raises OutputError."""
    if not is_remote(place):
        refuse_address(place)
        return Path(place)
    output = RemoteOutput.at(str(place))
    for _ in range(TRIES):
        snapshot = latest(output.storage)
        if snapshot is None:
            break
        with suppress(FileNotFoundError):  # files that have taken their places meanwhile
            _fetch(output, snapshot)
            return output.final
        if (now := latest(output.storage)) == snapshot:
            raise OutputError(f"{place} is not as it was made: files of it are missing", _way_out(place))
        if now is None:
            break
        time.sleep(PAUSE)
    else:
        raise OutputError(f"{place} is replaced again and again", "wait until the runs that make it are done")
    begun = (output.unfinished / MARK).exists()
    if begun and unfinished and not (output.whole / MANIFEST).exists():
        return output.final
    hint = "it is unfinished: run make again to go on" if begun else f"make it first: synthgen make RECIPE -o {place}"
    so_far = "; synthgen look shows what is done so far" if (output.unfinished / PROGRESS).exists() and not unfinished else ""
    raise OutputError(f"there is no output at {place}", hint + so_far)


def _fetch(output: RemoteOutput, snapshot: Snapshot) -> None:
    """Have the copy on this machine be that of the snapshot. Raises FileNotFoundError, OutputError."""
    if content_of(output.whole / MANIFEST) == snapshot.content:
        return
    read_manifest(output.final, snapshot.content, output.address)
    with output.fetching() as copy:
        if content_of(copy.whole / MANIFEST) == snapshot.content:  # another reader has fetched it
            return
        copy.claim()
        for file in copy.unfinished.rglob("*"):  # of another version, which was not fetched to its end
            if not file.is_dir() and file.relative_to(copy.unfinished).as_posix() not in {MARK, *snapshot.files}:
                file.unlink()
        snapshot.fetch(copy.unfinished)
        if (path := snapshot.damaged(copy.unfinished, TEXTS)) is not None:
            if latest(output.storage) != snapshot:
                raise FileNotFoundError(path)
            raise OutputError(f"{output.address}/{path} is damaged", _way_out(output.address))
        copy.take_place(snapshot.content, [])


def _way_out(place: object) -> str:
    return f"synthgen verify {place} says which files are; make --recheck writes them again where it was made"
