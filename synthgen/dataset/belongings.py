"""What goes along when an output takes the place of another: the answer journal, and what others have put there or changed."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from itertools import chain, count
from pathlib import Path
from typing import Any

from synthgen.dataset.names import JOURNAL, JOURNAL_KEPT, JOURNALS, LOGS, MANIFEST, MARK, ORIGIN, REPORT, WAL
from synthgen.dataset.small import content_of, object_in
from synthgen.spec.digests import sha256_of
from synthgen.spec.replacing import sync


def remove(entry: Path) -> None:
    """Take away a file, a link or a whole folder."""
    if entry.is_dir() and not entry.is_symlink():
        shutil.rmtree(entry)
    else:
        entry.unlink(missing_ok=True)


def keep_journal(journal: Path, *folders: Path) -> list[str]:
    """Put a journal with answers that were paid for into the first of the folders, under a name that is free in all, and say so."""
    from synthgen.models.journal import paid

    if not paid(journal):
        return []
    kept = _free(JOURNAL_KEPT, ".sqlite", *folders)
    move_journal(journal, kept)
    return [f"answers that were paid for are kept in {kept}; named {JOURNAL}, make uses them again"]


def move_journal(journal: Path, target: Path) -> None:
    """Move a journal, and before it what SQLite keeps beside it."""
    if Path(f"{journal}{WAL}").exists():
        os.replace(f"{journal}{WAL}", f"{target}{WAL}")
    os.replace(journal, target)
    for folder in {journal.parent, target.parent}:
        sync(folder)


def _free(name: str, suffix: str, *folders: Path) -> Path:
    """The first of NAME, NAME-2, NAME-3, … (each with the suffix) that is free in all folders, in the first of them."""
    names = chain([f"{name}{suffix}"], (f"{name}-{number}{suffix}" for number in count(2)))
    return folders[0] / next(candidate for candidate in names if not any(os.path.lexists(folder / candidate) for folder in folders))


def carry(old: Path, new: Path) -> list[str]:
    """Move into the new output what others put into the old one, or changed in it. Returns what has another name there, and why. Where the
    old manifest cannot be read, what is not the same in the new output is taken for theirs."""
    recorded = object_in(content_of(old / MANIFEST)).get("files")
    file_records = recorded if isinstance(recorded, dict) else {}
    if REPORT in file_records and (report_digest := object_in(content_of(old / ORIGIN)).get("report")):
        file_records = {**file_records, REPORT: {"sha256": report_digest}}
    notes = list[str]()
    reserved = {MANIFEST, MARK, LOGS, ORIGIN, *JOURNALS}
    folders = {name.rpartition("/")[0] for name in file_records if "/" in name}
    waiting = sorted(old.iterdir())
    while waiting:
        entry = waiting.pop()
        path = entry.relative_to(old).as_posix()
        target = new / path
        if entry.is_dir() and not entry.is_symlink() and (path in folders or target.is_dir()):
            waiting += sorted(entry.iterdir())
        elif path not in reserved and not _as_made(entry, file_records.get(path)) and not _same(entry, target):
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
    if (old / JOURNAL).exists() and not (new / JOURNAL).exists():  # it was not made here, but fetched
        move_journal(old / JOURNAL, new / JOURNAL)
    return [*notes, *keep_journal(old / JOURNAL, new)]


def _as_made(file: Path, record: Mapping[str, Any] | None) -> bool:
    """Whether a file is what the manifest says that synthgen made."""
    return isinstance(record, dict) and file.is_file() and record.get("sha256") in (None, sha256_of(file))


def _same(one: Path, other: Path) -> bool:
    """Whether two files have the same content."""
    plain = all(file.is_file() and not file.is_symlink() for file in (one, other))
    return plain and one.stat().st_size == other.stat().st_size and sha256_of(one) == sha256_of(other)
