"""Outputs that somebody may have meant who named a folder in which there is none."""

from __future__ import annotations

from pathlib import Path

from synthgen.dataset.names import MANIFEST, MARK
from synthgen.errors import nearest
from synthgen.spec.names import UNFINISHED

OUTPUTS = Path("outputs")
"""Where outputs go that nobody gave another place."""


def meant_output(folder: str | Path) -> str:
    """A hint that names an output of nearly this name, beside it or in `outputs`; nothing where there is none."""
    named = Path(folder)
    places = {name: place for parent in (OUTPUTS, named.parent) for name, place in _outputs(parent).items() if place != named}
    name = named.name if named.name in places else _near(named.name, list(places))
    return f"did you mean {places[name]}?" if name else ""


def _near(name: str, names: list[str]) -> str | None:
    begun = [known for known in names if len(name) > 2 and known.startswith(name)]
    return begun[0] if len(begun) == 1 else nearest(name, names)


def _outputs(parent: Path) -> dict[str, Path]:
    """The outputs in a folder, unfinished ones too, by name."""
    try:
        entries = [entry for entry in parent.iterdir() if (entry / MANIFEST).exists() or (entry / MARK).exists()]
    except OSError:
        return {}
    names = [entry.name.removesuffix(UNFINISHED) for entry in entries if not entry.name.startswith(".")]
    return {name: parent / name for name in names}
