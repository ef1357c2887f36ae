"""What SQLite's errors mean for an answer journal, each with a way out on which no answer is lost."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shlex import quote

from synthgen.errors import OutputError

NO_ROOM = "cannot be written: the disk is full", "free some space"
IN_USE = "is in use by another program", "close that program"
TROUBLES = {
    "SQLITE_FULL": NO_ROOM,
    "SQLITE_IOERR_SHMSIZE": NO_ROOM,
    "SQLITE_IOERR_WRITE": (
        "cannot be written: the disk, a quota or a limit on the size of files has no room left",
        "make room (df -h, quota and ulimit -f say where there is none)",
    ),
    "SQLITE_IOERR": ("cannot be read or written: the disk or the network folder failed", "see to the disk"),
    "SQLITE_READONLY": ("cannot be written: it or its folder is read-only", "let this user write there"),
    "SQLITE_CANTOPEN": ("cannot be opened: it is not a file, or this user may not write it or into its folder", "put that right"),
    "SQLITE_BUSY": IN_USE,
    "SQLITE_LOCKED": IN_USE,
    "SQLITE_PROTOCOL": IN_USE,
}
"""By the beginning of SQLite's name of an error, of which the first counts: what it means, and what to do before the same command is run
again."""
DAMAGED = "SQLITE_CORRUPT", "SQLITE_NOTADB"
OTHER_SHAPE = "SQLITE_ERROR", "SQLITE_MISMATCH"


@contextmanager
def in_words(path: Path | None) -> Iterator[None]:
    """Raise OutputError in place of SQLite's errors about the journal at `path`."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        name = getattr(error, "sqlite_errorname", "")
        if not name:  # not SQLite's, but a mistake in how it is called
            raise
        raise trouble(path, name, str(error)) from None
    except UnicodeDecodeError:  # in SQLite's own tables, or in what it says of them
        raise trouble(path, "SQLITE_CORRUPT", "it holds text that is none") from None


def trouble(path: Path | None, name: str, message: str) -> OutputError:
    """What SQLite's error `name`, with its `message`, means for a journal, and a way out on which no answer is lost."""
    journal = f"the answer journal {path or 'in memory'}"
    if name.startswith(DAMAGED):
        recover = f"sqlite3 {quote(f'{path}.damaged')} .recover | sqlite3 {quote(str(path))}"
        return OutputError(f"{journal} is damaged ({message})", f"{_aside(path, 'damaged')} ({recover} may save the rest before)")
    if name.startswith(OTHER_SHAPE):
        hint = f"use that version, or {_aside(path, 'other')}"
        return OutputError(f"{journal} was made by another version of synthgen ({message})", hint)
    prefix = next((candidate for candidate in TROUBLES if name.startswith(candidate)), "")
    problem, remedy = TROUBLES.get(prefix, (f"cannot be used ({message})", "see what the matter is"))
    code = f" ({name})" if prefix == "SQLITE_IOERR" else ""
    return OutputError(f"{journal} {problem}{code}", f"{remedy}, then run the same command again: all answers in it are kept")


def _aside(path: Path | None, end: str) -> str:
    return f"set it aside with: mv {quote(str(path))} {quote(f'{path}.{end}')}; make then asks again for what is not remembered"
