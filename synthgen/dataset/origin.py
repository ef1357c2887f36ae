"""Which recipe file an output was made from: another recipe of the same name must not take its place unseen, and its seed files can be
found again.

The place of the file is kept from the folder that the output lies in, so that a project may be moved as a whole. It is not in the
manifest, since that leaves the machine. A recipe that is a mapping has no place, and outputs made before have no record: these are
taken for the same recipe, as is one whose file is gone, which was most likely renamed. Where relative paths began is known of all.
"""

from __future__ import annotations

import os
from hashlib import sha256
from pathlib import Path
from typing import Any

from synthgen.dataset.names import ORIGIN
from synthgen.dataset.place import Output
from synthgen.dataset.small import content_of, object_in, write_object
from synthgen.errors import OutputError
from synthgen.recipe import Loaded


def remember_origin(output: Output, loaded: Loaded) -> None:
    """Write into the unfinished folder which file its recipe is, and which folders it reads (its own, and those that it may), and which
    servers and outputs elsewhere it may ask."""
    file, base = _file(loaded), output.final.parent.resolve()
    reads = [_seen(place.resolve(), base) for place in (loaded.context.folder, *loaded.context.allow)]
    write_object(
        output.unfinished / ORIGIN,
        {"recipe": None if file is None else _seen(file, base), "reads": reads, "asks": [*loaded.context.servers, *loaded.context.outputs]},
    )


def folders(output: Output) -> list[Path]:
    """The folder in which the relative paths of a finished output's recipe began, and others that it may read; none where that is not
    known."""
    reads = _origin(output.whole).get("reads")
    if not isinstance(reads, list) or not all(isinstance(place, str) for place in reads):
        return []
    return [(output.final.parent.resolve() / place).resolve() for place in reads]


def servers(output: Output) -> list[str]:
    """The servers and outputs elsewhere that the recipe of a finished output was allowed to ask."""
    asks = _origin(output.whole).get("asks")
    return asks if isinstance(asks, list) and all(isinstance(server, str) and "://" in server for server in asks) else []


def recipe_file(output: Output) -> Path | None:
    """The file that a finished output was made from; None where that is not known, or it is gone."""
    recorded = _origin(output.whole).get("recipe")
    file = (output.final.parent.resolve() / recorded).resolve() if isinstance(recorded, str) else None
    return file if file is not None and file.is_file() else None


def refuse_other(output: Output, loaded: Loaded, *, finished: bool) -> list[str]:
    """Raise OutputError where the unfinished output is another recipe's, or the `finished` one. What it returns says which file they were
    made from that is gone."""
    notes = dict[str, None]()
    for folder, what in ((output.whole, "was made from"), (output.unfinished, "is unfinished work of")):
        recorded = _origin(folder).get("recipe") if finished or folder == output.unfinished else None
        if not isinstance(recorded, str):
            continue
        other_file, file = (output.final.parent.resolve() / recorded).resolve(), _file(loaded)
        if not other_file.exists():
            notes[f"{folder} {what} {_shown(other_file)}, which is not there any more"] = None
        elif file is None or not other_file.samefile(file):
            this = "this one is no file" if file is None else f"this one is {_shown(file)}"
            raise OutputError(
                f"{folder} {what} another recipe, {_shown(other_file)}; {this}",
                f"give this one another place (--out DIR) or another name (name: NAME); if it takes the place of {_shown(other_file)}, "
                "write it there, or move that file away",
            )
    return list(notes)


def manifest_hash(output_folder: Path) -> str | None:
    """The hash that the manifest of an output had when it was made, where that is known."""
    digest = _origin(output_folder).get("manifest")
    return digest if isinstance(digest, str) else None


def remember_report(folder: Path, content: bytes) -> None:
    """Write down that the page of an output was written anew, as it may be at any time: it shows what reviewers decided since."""
    if (folder / ORIGIN).exists():
        write_object(folder / ORIGIN, {**_origin(folder), "report": sha256(content).hexdigest()})


def report_hash(output_folder: Path) -> str | None:
    """The hash of the page of an output where it was written anew."""
    digest = _origin(output_folder).get("report")
    return digest if isinstance(digest, str) else None


def _seen(place: Path, base: Path) -> str:
    try:
        return os.path.relpath(place, base)
    except ValueError:  # on another drive
        return str(place)


def _origin(folder: Path) -> dict[str, Any]:
    return object_in(content_of(folder / ORIGIN))


def _file(loaded: Loaded) -> Path | None:
    """The file of a recipe; None for a mapping, or what came by a pipe."""
    file = loaded.context.folder / loaded.path.resolve().name
    return file.resolve() if file.is_file() else None


def _shown(file: Path) -> str:
    return str(file.relative_to(Path.cwd()) if file.is_relative_to(Path.cwd()) else file)
