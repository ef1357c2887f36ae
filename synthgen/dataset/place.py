"""The place of an output: it appears complete or not at all, and the old one stays until the new one is whole.

A run works beside it, in `NAME.unfinished`. When all is done the two change places: the old output is kept for a moment in a folder
whose name is drawn, so that it can be nobody else's, and which says what it is for. Only writers, under the lock, finish a change of
places that was cut off. Readers write nothing: in that moment they read the old output where it is (see `dataset`).

Whatever synthgen did not make, or somebody has changed since, is carried over into the new output.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from errno import EDQUOT, EFBIG, ENOSPC
from glob import escape
from hashlib import sha256
from itertools import chain, count
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from synthgen.dataset.shards import sync
from synthgen.errors import OutputError
from synthgen.spec.digests import sha256_of
from synthgen.spec.names import UNFINISHED

JOURNAL, JOURNAL_KEPT = ".journal.sqlite", ".journal.kept"
"""The answer journal, and how the names begin of those that `fresh` set aside."""
MANIFEST = "manifest.json"
LOGS = ".logs.npz"
"""Digests of the messages that the rows are like, for a push to tell copies of them; it never leaves."""
MARK = ".synthgen.json"
"""Says that a folder beside an output is synthgen's, and which output's."""
FULL = (ENOSPC, EDQUOT, EFBIG)
"""What a system says when there is no room for a file."""
WAL, SHM = "-wal", "-shm"
"""What SQLite keeps beside a journal: answers that are not yet in it, and how to find them."""
JOURNALS = (JOURNAL, JOURNAL + WAL, JOURNAL + SHM)


@dataclass(frozen=True)
class Output:
    """The places of one output. If `final` is a link, they are beside what it leads to."""

    final: Path

    def __post_init__(self) -> None:
        if self.final.is_symlink():
            object.__setattr__(self, "final", self.final.resolve())

    @property
    def unfinished(self) -> Path:
        """Where a run works."""
        return self.final.with_name(self.final.name + UNFINISHED)

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
        there = self.final / JOURNAL
        return there if there.exists() and not (self.unfinished / JOURNAL).exists() else self.unfinished / JOURNAL

    def manifest(self) -> dict[str, Any] | None:
        """The manifest of the finished output; None when there is none. Raises OutputError for a folder of somebody else's."""
        whole = self.whole
        if not whole.exists() or (whole.is_dir() and not any(whole.iterdir())):
            return None
        manifest = object_in(content_of(whole / MANIFEST))
        if "synthgen" in manifest:
            return manifest
        raise OutputError(f"{self.final} is there already and was not made by synthgen", "choose another place: --out DIR")

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Nobody else may work on this output; a change of places that was cut off is finished. Raises OutputError at once when somebody
        does, and when the disk is full."""
        from filelock import FileLock, Timeout

        try:
            self.final.parent.mkdir(parents=True, exist_ok=True)
            lock = FileLock(self.final.parent / f".{self.final.name}.synthgen.lock", blocking=False)
            lock.acquire()
        except Timeout:
            raise OutputError(
                f"another run is working on {self.final}", "wait for it, stop it, or choose another place: --out DIR"
            ) from None
        except OSError as error:
            raise OutputError(f"cannot write to {self.final.parent}: {error.strerror}", "choose another place: --out DIR") from None
        try:
            self._settle()
            yield
        except OSError as error:
            if error.errno not in FULL:
                raise
            hint = "free some space, and run the same command again: all that was finished is kept"
            raise OutputError(f"{error.filename or self.unfinished} cannot be written: {os.strerror(error.errno)}", hint) from None
        finally:
            lock.release()

    # For who holds the lock

    def open(self, *, fresh: bool = False) -> list[str]:
        """Make ready to work: the unfinished folder, with the journal in it. `fresh` forgets all that was done, but keeps answers that were
        paid for: what it returns says where. Raises OutputError when a folder of that name is somebody else's."""
        self.claim()
        if fresh:
            return self._start_over()
        if (self.final / JOURNAL).exists() and not (self.unfinished / JOURNAL).exists():
            _move_journal(self.final / JOURNAL, self.unfinished / JOURNAL)
        return []

    def claim(self) -> None:
        """Make the unfinished folder, or see that it is this output's. Raises OutputError when it is not."""
        work, mark = self.unfinished, self.unfinished / MARK
        work.parent.mkdir(parents=True, exist_ok=True)
        if os.path.lexists(work) and not (_marked(work).get("output") == self.final.name or _empty(work)):
            raise OutputError(
                f"{work} is there and was not made by a run of {self.final.name}", "move it away, or choose another place: --out DIR"
            )
        work.mkdir(exist_ok=True)
        _write_mark(mark, {"output": self.final.name})

    def _start_over(self) -> list[str]:
        notes = _keep_journal(self.unfinished / JOURNAL, self.unfinished, self.final)
        for entry in self.unfinished.iterdir():
            set_aside = entry.name.startswith(".journal") and entry.name not in JOURNALS
            if not set_aside and entry.name != MARK:
                _remove(entry)
        return notes

    def publish(self, manifest: Mapping[str, Any], without: Sequence[str]) -> list[str]:
        """Write the manifest, leave out what only the run needed, and put the unfinished folder in the place of the final one. What
        synthgen did not make stays there; what it returns says what has a new name for that. Raises OutputError."""
        content = (json.dumps(manifest, indent=2, ensure_ascii=False, default=str) + "\n").encode()
        (self.unfinished / MANIFEST).write_bytes(content)
        for entry in (self.unfinished / name for name in without):  # last, for a run that is killed before goes on from them
            _remove(entry)
        sync(self.unfinished)
        try:
            if self.final.exists():
                replaced = Path(mkdtemp(prefix=f".{self.final.name}.", suffix=".replaced", dir=self.final.parent))
                _write_mark(replaced / MARK, {"output": self.final.name, "replaced by": sha256(content).hexdigest()})
                os.replace(self.final, replaced / self.final.name)
            os.replace(self.unfinished, self.final)
        except OSError as error:
            hint = "close what reads it, and run the same command again: all that was made is kept"
            raise OutputError(f"{self.unfinished} cannot take the place of {self.final}: {error.strerror}", hint) from None
        sync(self.final.parent)
        return self._settle()

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
                notes += _carried(old, self.final)
                os.replace(old, place / "done")  # for a run that is killed while it takes the files away
            if not old.exists():
                for entry in sorted(place.iterdir(), key=lambda entry: entry.name == MARK):  # the mark last
                    _remove(entry)
                place.rmdir()
        (self.final / MARK).unlink(missing_ok=True)
        return notes


def content_of(file: Path) -> bytes | None:
    """What is in a file; None where there is none to be read."""
    try:
        return file.read_bytes()
    except OSError:
        return None


def object_in(content: bytes | None) -> dict[str, Any]:
    """The JSON object in a file's content; an empty one where there is none."""
    try:
        value = json.loads(content or b"")
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _write_mark(path: Path, mark: Mapping[str, str]) -> None:
    temporary = path.with_name(path.name + ".part")
    temporary.write_text(json.dumps(mark) + "\n", encoding="utf-8")
    os.replace(temporary, path)


def _marked(folder: Path) -> dict[str, Any]:
    """What the mark in a folder says; nothing where there is none, or the folder is a link."""
    return {} if folder.is_symlink() else object_in(content_of(folder / MARK))


def _empty(folder: Path) -> bool:
    """Whether there is nothing in a folder but perhaps a mark that was not finished."""
    return folder.is_dir() and not folder.is_symlink() and {entry.name for entry in folder.iterdir()} <= {f"{MARK}.part"}


def _digest(file: Path) -> str:
    return sha256_of(file) if file.is_file() else ""


def _remove(entry: Path) -> None:
    if entry.is_dir() and not entry.is_symlink():
        shutil.rmtree(entry)
    else:
        entry.unlink(missing_ok=True)


# What goes along


def _keep_journal(journal: Path, *folders: Path) -> list[str]:
    """Put a journal with answers that were paid for into the first of the folders, under a name that is free in all, and say so."""
    from synthgen.models.journal import paid

    if not paid(journal):
        return []
    kept = _free(JOURNAL_KEPT, ".sqlite", *folders)
    _move_journal(journal, kept)
    return [f"answers that were paid for are kept in {kept}; named {JOURNAL}, make uses them again"]


def _move_journal(journal: Path, target: Path) -> None:
    """Move a journal, and before it what SQLite keeps beside it."""
    if Path(f"{journal}{WAL}").exists():
        os.replace(f"{journal}{WAL}", f"{target}{WAL}")
    os.replace(journal, target)


def _free(name: str, suffix: str, *folders: Path) -> Path:
    """The first of NAME, NAME-2, NAME-3, … (each with the suffix) that is free in all folders, in the first of them."""
    names = chain([f"{name}{suffix}"], (f"{name}-{number}{suffix}" for number in count(2)))
    return folders[0] / next(each for each in names if not any(os.path.lexists(folder / each) for folder in folders))


def _carried(old: Path, new: Path) -> list[str]:
    """Move into the new output what others put into the old one, or changed in it. Returns what has another name there, and why."""
    made = json.loads((old / MANIFEST).read_text(encoding="utf-8")).get("files", {})
    notes = list[str]()
    own = {MANIFEST, MARK, LOGS, *JOURNALS}
    folders = {name.rpartition("/")[0] for name in made if "/" in name}
    waiting = sorted(old.iterdir())
    while waiting:
        entry = waiting.pop()
        path = entry.relative_to(old).as_posix()
        target = new / path
        if entry.is_dir() and not entry.is_symlink() and (path in folders or target.is_dir()):
            waiting += sorted(entry.iterdir())
        elif path not in own and not _as_made(entry, made.get(path)):
            if os.path.lexists(target):
                target = _free(f"{target.name}.kept", "", target.parent, entry.parent)
                notes.append(f"your {new / path} is kept as {target.name}")
            target.parent.mkdir(parents=True, exist_ok=True)
            try:
                os.replace(entry, target)
            except OSError:
                if not (entry.is_dir() and target.is_dir()):
                    raise
                waiting += sorted(entry.iterdir())  # an export has made that folder at this very moment
    return [*notes, *_keep_journal(old / JOURNAL, new)]


def _as_made(file: Path, record: Mapping[str, Any] | None) -> bool:
    """Whether a file is what the manifest says that synthgen made."""
    return record is not None and file.is_file() and record.get("sha256") in (None, sha256_of(file))
