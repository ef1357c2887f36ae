"""The manifest of a finished output: what was made, and how each file of it was. One that cannot be read is not taken for a stranger's."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeGuard

from synthgen.dataset.names import JOURNAL, LOGS, MANIFEST, ORIGIN
from synthgen.dataset.small import object_in
from synthgen.errors import OutputError

AGAIN = "write the output again, from the answers that it has: make --recheck"
"""The way out where a file is not as it was made."""
BEGINS = b'{\n  "synthgen": '


class DamagedManifest(OutputError):
    """The manifest of an output cannot be read."""


def read_manifest(output_folder: Path, content: bytes | None, display_name: str | Path) -> dict[str, Any]:
    """The manifest in its file's `content`, of an output that lies in `output_folder`; errors call it `display_name`. Raises OutputError
    where synthgen did not make it, DamagedManifest where it is not whole."""
    manifest = object_in(content)
    if _is_whole(manifest):
        return manifest
    is_ours = any((output_folder / name).exists() for name in (JOURNAL, ORIGIN, LOGS))
    if is_ours or "synthgen" in manifest or (content or b"").startswith(BEGINS):
        what = "is missing" if content is None else "is empty" if not content.strip(b"\0 \n") else "cannot be read"
        hint = AGAIN if (output_folder / JOURNAL).exists() else "make it again: --fresh"
        raise DamagedManifest(f"{display_name} is damaged: its {MANIFEST} {what}", hint)
    raise OutputError(f"{display_name} was not made by synthgen", "name the folder of an output")


def as_written(manifest: Mapping[str, Any]) -> bytes:
    """The content of a manifest's file."""
    return (json.dumps(manifest, indent=2, ensure_ascii=False, default=str) + "\n").encode()


def _is_whole(manifest: dict[str, Any]) -> bool:
    """Whether all is there that is read of a manifest, of a dataset's or a model's."""
    files = manifest.get("files")
    if not all(isinstance(manifest.get(key), str) for key in ("synthgen", "fingerprint")) or not _are_objects(files):
        return False
    if "tuned" in manifest:
        return isinstance(manifest["tuned"], dict)
    tables, recipe = manifest.get("tables"), manifest.get("recipe")
    return (
        isinstance(manifest.get("name"), str)
        and isinstance(recipe, dict)
        and _are_objects(recipe.get("tables"))
        and _are_objects(tables)
        and all(isinstance(table.get("rows"), int) for table in tables.values())
    )


def _are_objects(value: Any) -> TypeGuard[dict[str, dict[str, Any]]]:
    return isinstance(value, dict) and bool(value) and all(isinstance(item, dict) for item in value.values())
