"""Files that take the place of what was there whole or not at all, by a name beside them that nobody else has."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from secrets import token_hex
from shutil import copymode

PARTS = ".*.part"
"""The names of files whose writing was cut off."""


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Where to write what shall be at `path`: it takes that place at the end, and when the writing fails, what was there stays as it was. A
    link stays a link; what is no file, such as /dev/stdout, is written to as it is. Raises OSError."""
    place = Path(os.path.realpath(path))
    if place.exists() and not place.is_file():
        yield path
        return
    temporary = place.with_name(f".{token_hex(8)}.part")
    try:
        yield temporary
        if place.exists():
            copymode(place, temporary)
        sync(temporary)
        os.replace(temporary, place)
    finally:
        temporary.unlink(missing_ok=True)


def sync(path: Path) -> None:
    """Wait until a file or folder is on the disk."""
    try:
        handle = os.open(path, os.O_RDONLY)
    except OSError:
        return  # a system that cannot open folders keeps its own order
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
