"""The lock beside an output, which says who holds it."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from synthgen.dataset.small import content_of, object_in
from synthgen.errors import OutputError

if TYPE_CHECKING:
    from filelock import BaseFileLock

SHORT = ("preview", "check --critique", "fetch")
"""The commands that are short enough to be waited for."""
PAUSE = 0.1
"""Seconds between two looks at a lock that is waited for."""


def acquire(output: Path, command: str, waiting: Callable[[str], None] | None = None) -> BaseFileLock:
    """Take the lock of an output for a `command`. Raises OutputError at once when somebody else has it, but a short command is waited for
    where `waiting` is given, which is called once with a message; and OSError."""
    from filelock import FileLock, Timeout

    file = _lock_file(output)
    output.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(file, blocking=False)
    notified = False
    while True:
        try:
            lock.acquire()
        except Timeout:
            holder = object_in(content_of(file))
            if waiting is None or holder.get("command") not in SHORT:
                who = f": {_in_words(holder)}" if "command" in holder else ""
                hint = "wait for it, stop it, or choose another place: --out DIR"
                raise OutputError(f"another run is working on {output}{who}", hint) from None
            if not notified:
                waiting(f"waits for `synthgen {holder['command']}`, which is working on {output} ({_since(holder)})")
            notified = True
            time.sleep(PAUSE)
        else:
            with suppress(OSError):  # then others see less of the holder
                holder = {"command": command, "process": os.getpid(), "since": time.strftime("%H:%M:%S")}
                file.write_text(json.dumps(holder), encoding="utf-8")
            return lock


def worker(output: Path) -> str:
    """Who is working on an output (command, process, since when), in words; nothing where nobody is. The lock is not touched."""
    holder = object_in(content_of(_lock_file(output)))
    return _in_words(holder) if "command" in holder and _lives(holder.get("process")) else ""


def _lock_file(output: Path) -> Path:
    return output.parent / f".{output.name}.synthgen.lock"


def _in_words(holder: Mapping[str, Any]) -> str:
    return f"{holder['command']}, {_since(holder)}"


def _since(holder: Mapping[str, Any]) -> str:
    return ", ".join(f"{key} {holder[key]}" for key in ("process", "since") if key in holder)


def _lives(process: Any) -> bool:
    """Whether a process is there: one that was killed leaves its name in the lock. On Windows, asking would end it."""
    if not isinstance(process, int) or process <= 0:
        return False
    if os.name == "nt":
        return True
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:  # somebody else's
        return True
    return True


def release(lock: BaseFileLock) -> None:
    """Give a lock back."""
    with suppress(OSError):
        os.truncate(lock.lock_file, 0)
    lock.release()
