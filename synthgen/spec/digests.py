"""Short, stable names of texts and values."""

from __future__ import annotations

import json
from hashlib import blake2b, file_digest, sha256
from pathlib import Path
from typing import Any


def digest(text: str, length: int = 16) -> str:
    """So many hexadecimal digits that name a text: of its SHA-256."""
    return sha256(text.encode("utf-8", "replace")).hexdigest()[:length]


def digest_of(value: Any) -> str:
    """Sixteen hexadecimal digits that name a value, as JSON spells it."""
    return digest(json.dumps(value, sort_keys=True, default=str))


def number_of(text: str) -> int:
    """A number of 64 bits that stands for a text: its BLAKE2b."""
    return int.from_bytes(blake2b(text.encode("utf-8", "replace"), digest_size=8).digest(), "big")


def sha256_of(file: Path) -> str:
    """The SHA-256 of a file's content, in hexadecimal."""
    with file.open("rb") as stream:
        return file_digest(stream, "sha256").hexdigest()
