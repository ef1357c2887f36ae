"""A skill for coding agents: how a recipe is written, and what is run. Its lists are read from the code, so that they never go stale."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from importlib.resources import files
from inspect import getdoc
from pathlib import Path

from synthgen.errors import OutputError
from synthgen.harness import HARNESSES
from synthgen.recipe.load import CHECKS, FIELDS
from synthgen.spec.parts import Part
from synthgen.voices.library import shipped

PLACE = Path(".claude", "skills", "synthgen", "SKILL.md")
"""Where agents look for it in a project."""


def skill() -> str:
    """The skill, as a SKILL.md: front matter with its name and when to use it, then Markdown."""
    template = files("synthgen.advice").joinpath("skill.md").read_text(encoding="utf-8")
    lists = {
        "HARNESSES": [", ".join(HARNESSES)],
        "FIELDS": _kinds(FIELDS),
        "CHECKS": _kinds(CHECKS),
        "VOICES": [", ".join(f"{name} ({voice.about.partition(',')[0]})" for name, voice in shipped().items())],
    }
    return re.sub(r"__([A-Z]+)__", lambda place: "\n".join(lists[place[1]]), template)


def _kinds(kinds: Mapping[str, type[Part]]) -> Iterator[str]:
    """For each kind the first sentence of what it says of itself, and those of its own keys that are not in it."""
    for name, kind in kinds.items():
        (sentence,) = re.findall(r"\A.*?\.(?=\s|\Z)", " ".join((getdoc(kind) or "").split()))
        common = {key for base in kind.__mro__[1:] if issubclass(base, Part) for key in base.model_fields} | {"kind"}
        keys = (field.alias or key for key, field in kind.model_fields.items() if key not in common)
        more = ", ".join(key for key in keys if f"`{key}`" not in sentence)
        yield f"* {name}: {sentence}" + (f" ({more})" if more else "")


def install(project: str | Path, *, force: bool = False) -> Path:
    """Write the skill into the folder of a project and say where. A file that is there and differs is replaced only by `force`.
    Raises OutputError."""
    folder, content = Path(project), skill().encode()
    place = folder / PLACE
    if not folder.is_dir():
        raise OutputError(f"there is no folder {folder}", "name the folder of a project")
    try:
        if place.exists() and not force and place.read_bytes() != content:
            raise OutputError(
                f"{place} is there already and differs; nothing was written", "it may be of another version: --force replaces it"
            )
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)
    except OSError as error:
        raise OutputError(
            f"cannot write to {place}: {error.strerror}", "choose another folder, or print the skill: synthgen skill"
        ) from None
    return place
