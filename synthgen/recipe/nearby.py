"""Recipes that somebody may have meant who named a file that is none."""

from __future__ import annotations

import re
from pathlib import Path

from synthgen.errors import LISTED, nearest
from synthgen.recipe.shipped import RECIPE, shipped_recipes

FOLDER = "recipes"
"""The folder in which a project, and synthgen's own, has its recipes."""
READ = 1 << 20
"""Bytes of a file in which a recipe is looked for."""
TABLES = re.compile(rb"""^(?:\{.*)?["']?tables["']?\s*:""", re.MULTILINE)


def recipes_in(folder: Path) -> list[Path]:
    """The recipes in a folder, the usual name first."""
    try:
        files = [file for file in folder.glob("*.y*ml") if not file.name.startswith(".") and _is_recipe(file)]
    except OSError:
        return []
    return sorted(files, key=lambda file: (file.name != RECIPE, file.name))


def meant_recipe(path: Path) -> str:
    """A hint that names a recipe of nearly this name: a file, a folder with one, or one that comes with synthgen; else what there is."""
    files = recipes_in(path.parent)
    folders = [place.parent for parent in (path.parent, path.parent / FOLDER) for place in sorted(parent.glob(f"*/{RECIPE}"))]
    places = {folder.name: folder / RECIPE for folder in reversed(folders)} | {file.name: file for file in files}
    if name := _near(path, list(places)):
        return f"did you mean '{places[name]}'?"
    if name := _near(path, list(shipped_recipes())):
        return f"{name} comes with synthgen: synthgen new NAME --like {name} copies it"
    names = [file.name for file in files][:LISTED]
    return f"recipes there: {', '.join(names)}" if names else ""


def _is_recipe(file: Path) -> bool:
    """Whether it has tables."""
    try:
        if not file.is_file():
            return False
        with file.open("rb") as stream:
            return TABLES.search(stream.read(READ)) is not None
    except OSError:
        return False


def _near(path: Path, names: list[str]) -> str | None:
    begun = [name for name in names if len(path.name) > 2 and name.startswith(path.name)]
    return begun[0] if len(begun) == 1 else nearest(path.name, names) or nearest(path.stem, names)
