"""What to do where a file or folder cannot be read or written, by the number of the system's error."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from errno import EACCES, EDQUOT, EFBIG, ENOSPC, EPERM, EROFS
from pathlib import Path

FULL = (ENOSPC, EDQUOT, EFBIG)
"""What a system says when there is no room for a file."""
FORBIDDEN = (EACCES, EPERM, EROFS)
"""What it says to who may not write or read."""
IN_WORDS = re.compile(r"\(os error (\d+)\)")
"""How Rust writes the number of a system's error: libraries that are written in it raise errors of their own."""


def remedy(errno: int | None, where: object) -> str:
    """A few words that say what to do."""
    if errno in FULL:
        return "free some space"
    return f"let this user read and write {where}" if errno in FORBIDDEN else "put that right"


@contextmanager
def system_errors(folder: Path) -> Iterator[None]:
    """Raise OSError, of the folder that is written into, where a library says in words of its own that the system failed."""
    try:
        yield
    except Exception as error:
        match = IN_WORDS.search(str(error))
        if match is None:
            raise
        number = int(match[1])
        raise OSError(number, os.strerror(number), str(folder)) from None
