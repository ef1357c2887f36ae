"""The voices that ship with the package: one file each, its name the voice's."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from ruamel.yaml import YAML

from synthgen.voices.voice import Voice

_FOLDER = Path(__file__).parent / "library"


@cache
def shipped() -> dict[str, Voice]:
    """All of them by name, in alphabetical order."""
    yaml = YAML(typ="safe")
    return {path.stem: Voice.model_validate(yaml.load(path)) for path in sorted(_FOLDER.glob("*.yaml"))}
