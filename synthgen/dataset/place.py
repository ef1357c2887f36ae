"""The place of an output: it appears complete or not at all, and the old one stays until the new one is whole.

A run works beside it, in `NAME.unfinished`. When all is done the two change places: the old output is kept for a moment in a folder
whose name is drawn, so that it can be nobody else's, and which says what it is for. Only writers, under the lock, finish a change of
places that was cut off. Readers write nothing: in that moment they read the old output where it is (see `dataset`).

Whatever synthgen did not make, or somebody has changed since, is carried over into the new output.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from glob import escape
from hashlib import sha256
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from synthgen.dataset.belongings import carry, keep_journal, move_journal, remove
from synthgen.dataset.lock import acquire, release
from synthgen.dataset.manifest import DamagedManifest, as_written, read_manifest
from synthgen.dataset.names import JOURNAL, JOURNALS, MANIFEST, MARK, ORIGIN, REVIEW
from synthgen.dataset.small import content_of, object_in, write_object
from synthgen.errors import OutputError
from synthgen.spec.digests import sha256_of
from synthgen.spec.names import UNFINISHED
from synthgen.spec.remedies import FORBIDDEN, FULL, remedy
from synthgen.spec.replacing import PARTS, sync

TRIES, PAUSE = 100, 0.02
"""How often an output is opened while others take its place all the time, and how many seconds lie between."""


@dataclass(frozen=True)
class Output:
    """The places of one output. If `final` is a link, they are beside what it leads to. `work` is how the name of the folder ends in which
    the next one comes together; `address` is where it goes, if that is elsewhere (see `remote`)."""

    final: Path
    work: str = UNFINISHED
    address: str = ""

    def __post_init__(self) -> None:
        if self.final.is_symlink():
            object.__setattr__(self, "final", self.final.resolve())

    @property
    def unfinished(self) -> Path:
        """Where a run works."""
        return self.final.with_name(self.final.name + self.work)

    @property
    def named(self) -> str:
        """What a user calls it."""
        return self.address or str(self.final)

    def remarks(self) -> list[str]:
        """What is to be said of its place before a run begins: of a folder nothing."""
        return []

    @property
    def review(self) -> Path:
        """What reviewers decided of its rows: beside it, so that an output that is made again loses none."""
        final = self.final if self.final.name.strip(".") else self.final.resolve()  # "." and ".." have no name of their own
        return final.with_name(final.name + REVIEW)

    @property
    def whole(self) -> Path:
        """Where a whole output is, if there is one: in its place, or still where it is kept while another takes its place."""
        if not (self.final / MANIFEST).exists():
            for replaced in self._replaced():
                if (replaced / self.final.name / MANIFEST).exists():
                    return replaced / self.final.name
        return self.final

    @property
    def journal(self) -> Path:
        """The answer journal: the run's own, or the finished output's."""
        finished_journal = self.final / JOURNAL
        return finished_journal if finished_journal.exists() and not (self.unfinished / JOURNAL).exists() else self.unfinished / JOURNAL

    def manifest(self, *, again: bool = False) -> dict[str, Any] | None:
        """The manifest of the finished output; None when there is none. Raises OutputError for a folder of somebody else's, and for a
        manifest that is damaged, unless the output is made `again`."""
        output_folder = self.whole
        if not output_folder.exists() or (output_folder.is_dir() and not any(output_folder.iterdir())):
            return None
        try:
            return read_manifest(output_folder, content_of(output_folder / MANIFEST), self.final)
        except DamagedManifest:
            if again:
                return None
            raise
        except OutputError:
            raise OutputError(f"{self.final} is there already and was not made by synthgen", "choose another place: --out DIR") from None

    @contextmanager
    def locked(self, command: str, waiting: Callable[[str], None] | None = None) -> Iterator[None]:
        """Nobody else may work on this output while a `command` does; a change of places that was cut off is finished. Raises OutputError
        at once when somebody does (see `lock.acquire`), and when a file cannot be read or written."""
        try:
            lock = acquire(self.final, command, waiting)
        except OSError as error:
            hint = "free some space, or choose another place: --out DIR" if error.errno in FULL else "choose another place: --out DIR"
            raise OutputError(f"cannot write to {error.filename or self.final.parent}: {error.strerror}", hint) from None
        try:
            self._settle()
            yield
        except OSError as error:
            if error.errno is None or isinstance(error, ConnectionError | TimeoutError):  # no file's
                raise
            full, place = error.errno in FULL, error.filename or self.unfinished
            raise OutputError(
                f"{place} cannot be {'written' if full else 'read or written'}: {os.strerror(error.errno)}",
                f"{self._way_out(error.errno)}, and run the same command again: all that was finished is kept",
            ) from None
        finally:
            release(lock)

    def _way_out(self, errno: int | None) -> str:
        """What to do about an error of the system."""
        return remedy(errno, f"in {self.final.parent} and all below")

    # For who holds the lock

    def settle(self, *, fresh: bool = False) -> None:
        """Finish a change of places that was cut off, beyond what the lock has done: of a folder there is no more."""

    def send_ahead(self, shards: Callable[[], Iterable[Mapping[str, Any]]]) -> None:
        """Send the shards of a table that is done (path, bytes, sha256) where the output goes: those of a folder are there."""

    def open(self, *, fresh: bool = False) -> list[str]:
        """Make ready to work: the unfinished folder, with the journal in it. `fresh` forgets all that was done, but keeps answers that were
        paid for: what it returns says where. Raises OutputError when a folder of that name is somebody else's."""
        self.claim()
        if fresh:
            return self._start_over()
        if (self.final / JOURNAL).exists() and not (self.unfinished / JOURNAL).exists():
            move_journal(self.final / JOURNAL, self.unfinished / JOURNAL)
        return []

    def claim(self) -> None:
        """Make the unfinished folder, or see that it is this output's. Raises OutputError when it is not."""
        work, mark = self.unfinished, self.unfinished / MARK
        work.parent.mkdir(parents=True, exist_ok=True)
        if os.path.lexists(work) and not (_marked(work).get("output") == self.final.name or _empty(work) or _mark_is_damaged(work)):
            raise OutputError(
                f"{work} is there and was not made by a run of {self.final.name}", "move it away, or choose another place: --out DIR"
            )
        work.mkdir(exist_ok=True)
        write_object(mark, {"output": self.final.name})
        sync(work.parent)

    def _start_over(self) -> list[str]:
        notes = keep_journal(self.unfinished / JOURNAL, self.unfinished, self.final)
        for entry in self.unfinished.iterdir():
            set_aside = entry.name.startswith(".journal") and entry.name not in JOURNALS
            if not set_aside and entry.name != MARK:
                remove(entry)
        return notes

    def publish(self, manifest: Mapping[str, Any], without: Sequence[str]) -> list[str]:
        """Write the manifest, leave out what only the run needed, and put the unfinished folder in the place of the final one. What
        synthgen did not make stays there; what it returns says what has a new name for that. Raises OutputError."""
        return self.take_place(as_written(manifest), without)

    def take_place(self, content: bytes, without: Sequence[str]) -> list[str]:
        """The same, with a manifest of this content."""
        (self.unfinished / MANIFEST).write_bytes(content)
        if (self.unfinished / ORIGIN).exists():
            origin = object_in(content_of(self.unfinished / ORIGIN))
            write_object(self.unfinished / ORIGIN, {**origin, "manifest": sha256(content).hexdigest()})
        for entry in self.unfinished.rglob("*"):
            if entry.relative_to(self.unfinished).parts[0] not in without:
                sync(entry)  # else a power cut might leave the new names with nothing in them, and the old output gone
        with self._changing_places():  # before anything is let go: here it shows whether this user may change names
            replaced = Path(mkdtemp(prefix=f".{self.final.name}.", suffix=".replaced", dir=self.final.parent))
        for entry in (*(self.unfinished / name for name in without), *self.unfinished.glob(PARTS)):
            remove(entry)  # last, for a run that is killed before goes on from them
        sync(self.unfinished)
        with self._changing_places():
            if self.final.exists():
                write_object(replaced / MARK, {"output": self.final.name, "replaced by": sha256(content).hexdigest()})
                os.replace(self.final, replaced / self.final.name)
            os.replace(self.unfinished, self.final)
        sync(self.final.parent)
        return self._settle()

    @contextmanager
    def _changing_places(self) -> Iterator[None]:
        """Raise OutputError where the output cannot take its place."""
        try:
            yield
        except OSError as error:
            if error.errno in FULL:
                raise
            way_out = self._way_out(error.errno) if error.errno in FORBIDDEN and os.name != "nt" else "close what reads it"
            hint = f"{way_out}, and run the same command again: all that was made is kept"
            raise OutputError(f"{self.unfinished} cannot take the place of {self.final}: {error.strerror}", hint) from None

    def _replaced(self) -> Iterator[Path]:
        """The folders for outputs that were replaced, or were about to be."""
        for place in sorted(self.final.parent.glob(f".{escape(self.final.name)}.*.replaced")):
            if _marked(place).get("output") == self.final.name or _empty(place):
                yield place

    def _settle(self) -> list[str]:
        """Finish a change of places: carry over what is not synthgen's, and let go of the old output."""
        notes = []
        for place in self._replaced():
            old = place / self.final.name
            if old.exists() and not self.final.exists():
                ready = _digest(self.unfinished / MANIFEST) == _marked(place).get("replaced by")
                os.replace(self.unfinished if ready else old, self.final)
            if old.exists() and _digest(self.final / MANIFEST) == _marked(place).get("replaced by"):
                notes += carry(old, self.final)
                os.replace(old, place / "done")  # for a run that is killed while it takes the files away
            if not old.exists():
                for entry in sorted(place.iterdir(), key=lambda entry: entry.name == MARK):  # the mark last
                    remove(entry)
                place.rmdir()
        (self.final / MARK).unlink(missing_ok=True)
        return notes


def _marked(folder: Path) -> dict[str, Any]:
    """What the mark in a folder says; nothing where there is none, or the folder is a link."""
    return {} if folder.is_symlink() else object_in(content_of(folder / MARK))


def _mark_is_damaged(folder: Path) -> bool:
    """Whether a folder has a mark in which nothing can be read: only synthgen writes a file of that name."""
    content = None if folder.is_symlink() else content_of(folder / MARK)
    return content is not None and not object_in(content)


def _empty(folder: Path) -> bool:
    """Whether there is nothing in a folder but perhaps a mark that was not finished."""
    return folder.is_dir() and not folder.is_symlink() and {*folder.iterdir()} <= {*folder.glob(PARTS)}


def _digest(file: Path) -> str:
    return sha256_of(file) if file.is_file() else ""
