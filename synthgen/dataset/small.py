"""Small files of JSON: read whatever is in them, written whole or not at all."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from synthgen.spec.replacing import replacing


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
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def write_object(path: Path, value: Mapping[str, Any]) -> None:
    """Write a JSON object to a file that has it before or after a power cut, or what it had."""
    with replacing(path) as unfinished:
        unfinished.write_text(json.dumps(value) + "\n", encoding="utf-8")
