"""A recipe, and what lies beside it, written into a folder that has neither."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from synthgen.errors import OutputError
from synthgen.recipe.schema import MODELINE, SCHEMA_FILE, schema_lines
from synthgen.recipe.shipped import RECIPE


def refuse_taken(folder: Path, names: Iterable[str]) -> None:
    """Raise OutputError when a folder has a recipe, or a file of one of these names."""
    if taken := next((folder / name for name in (RECIPE, *names) if (folder / name).exists()), None):
        raise OutputError(f"{taken} is there already; nothing was written", "choose another name")


def write_new(folder: Path, lines: Iterable[str], beside: Mapping[str, Iterable[str]]) -> Path:
    """Write a recipe of these lines and the files `beside` it, by name, each of its lines, and the schema for editors, unless there is one;
    the recipe comes last, and is returned. Raises OutputError."""
    refuse_taken(folder, beside)
    schema = {} if (folder / SCHEMA_FILE).exists() else {SCHEMA_FILE: schema_lines()}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, file_lines in {**beside, **schema}.items():
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).write_text("".join(f"{line}\n" for line in file_lines), encoding="utf-8")
        with (folder / RECIPE).open("x", encoding="utf-8") as file:
            file.write("".join(f"{line}\n" for line in (MODELINE, *lines)))
    except OSError as error:
        raise OutputError(f"cannot write to {folder}: {error.strerror}", "choose another place") from None
    return folder / RECIPE
