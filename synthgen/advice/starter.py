"""A recipe to begin with: a small one that works at once, a copy of one that comes with synthgen, or one that has Claude write tasks
about a paper."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Literal

from synthgen.errors import OutputError, did_you_mean
from synthgen.fields.instructed import document
from synthgen.recipe.schema import MODELINE, SCHEMA_FILE, schema_lines
from synthgen.recipe.shipped import RECIPE, shipped_recipes
from synthgen.spec.scalars import scalar

Writes = Literal["illustrative", "concrete"]


@dataclass(frozen=True)
class Started:
    """A new recipe; the copy of the paper beside it, if there is one; the topics whose seeds are stand-ins, because an interview got no
    messages about them; and the topics and the `odd` edge cases that were found in logs, each with its share of the messages."""

    recipe: Path
    paper: Path | None = None
    stand_ins: tuple[str, ...] = ()
    topics: Mapping[str, float] = field(default_factory=dict)
    odd: Mapping[str, float] = field(default_factory=dict)


def recipe_name(folder: Path) -> str:
    """The name of a recipe in a folder, which is the folder's. Raises OutputError."""
    name = folder.resolve().name
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}", name):
        near = re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("-._")[:80]
        hint = "letters, digits, '.', '_' and '-', up to 80, beginning with a letter or digit" + (f": perhaps {near}" if near else "")
        raise OutputError(f"'{name}' cannot name a recipe", hint)
    return name


def start(
    place: str | Path, *, like: str | None = None, paper: str | Path | None = None, count: int = 20, writes: Writes = "illustrative"
) -> Started:
    """Write `recipe.yaml` into the folder `place`, which may be there already, but not with a recipe in it.

    `like` names a recipe that comes with synthgen (see `shipped_recipes`): it is copied with its seed files.
    With a `paper` (.md, .txt or .pdf), which is copied beside it, the recipe has Claude write `count` tasks about what it teaches:
    `illustrative` ones, to teach the idea, or `concrete` ones, to stand for data. Raises OutputError, DataError.
    """
    folder = Path(place)
    name = recipe_name(folder)
    recipe, yaml_name = folder / RECIPE, scalar(name)
    if recipe.exists():
        raise OutputError(f"{recipe} is there already; nothing was written", f"choose another name; its rows: synthgen make {recipe}")
    source = Path(paper).expanduser() if paper is not None else None
    if like is not None:
        shipped = _shipped(like)
        text = re.sub(r"^name: .*$", lambda _: f"name: {yaml_name}", (shipped / RECIPE).read_text(encoding="utf-8"), count=1, flags=re.M)
        beside = {file: folder / file.relative_to(shipped) for file in sorted(shipped.rglob("*")) if file.is_file() and file.name != RECIPE}
    else:
        values = {"NAME": yaml_name, "FILE": str(recipe), "COUNT": str(count), "WRITES": writes}
        if source is not None:
            document(source)  # tells what is wrong with it
            values["DOCUMENT"], values["PAPER"] = _text(source.name), " ".join(source.name.split())
            values["ABOUT"] = _text(f"Tasks that practise and test what the document {values['PAPER']} teaches.")
        template = files("synthgen.advice").joinpath(f"starters/{'paper' if source else 'plain'}.yaml").read_text(encoding="utf-8")
        text = re.sub(r"__([A-Z]+)__", lambda place: values[place[1]], template)
        beside = {source: folder / source.name} if source is not None else {}
    _write(recipe, text, beside)
    return Started(recipe, beside[source] if like is None and source is not None else None)


def _shipped(name: str) -> Path:
    """The folder of a recipe that comes with synthgen."""
    recipes = shipped_recipes()
    if name not in recipes:
        raise OutputError(f"no recipe '{name}' comes with synthgen", did_you_mean(name, recipes, "recipes"))
    return recipes[name]


def _write(recipe: Path, text: str, beside: Mapping[Path, Path]) -> None:
    """Write a recipe with the schema for editors, and the copies that lie `beside` it, each under its original; nothing where another file
    has the name of one."""
    for original, copy in beside.items():
        if copy.exists() and copy.read_bytes() != original.read_bytes():
            raise OutputError(f"{copy} is there already and is another file; nothing was written", "choose another name")
    try:
        recipe.parent.mkdir(parents=True, exist_ok=True)
        for original, copy in beside.items():
            if not copy.exists():
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(original, copy)
        schema = recipe.parent / SCHEMA_FILE
        if not schema.exists():
            schema.write_text("".join(f"{line}\n" for line in schema_lines()), encoding="utf-8")
        with recipe.open("x", encoding="utf-8") as file:
            file.write(f"{MODELINE}\n{text}")
    except OSError as error:
        raise OutputError(f"cannot write to {recipe.parent}: {error.strerror}", "choose another place") from None


def _text(value: str) -> str:
    """A text in quotes, as YAML reads it."""
    return json.dumps(value, ensure_ascii=False)
