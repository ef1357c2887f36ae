"""Names of folders that a recipe gives: those that no system can hold, and those that an output needs for itself."""

from __future__ import annotations

from synthgen.spec.rows import SIDE_TABLES

MANIFEST = "manifest.json"
"""What says that an output is whole, and how each file of it was made."""
FILES = ("README.md", MANIFEST, "recipe.yaml", "report.html", "progress.jsonl", "LICENSE")
"""The files in an output, while it is made or on the Hub, whose names do not begin with a dot."""
FOLDERS = (*SIDE_TABLES, "harness", "chunks")
"""The folders in an output that hold no table."""
UNFINISHED = ".unfinished"
"""How the name of a folder ends in which a run works."""
DEVICES = {"con", "prn", "aux", "nul", *(f"{port}{number}" for port in ("com", "lpt") for number in range(10))}
"""What Windows takes for a device, whatever comes after a dot."""


def unusable(name: str) -> str:
    """Why a folder cannot have this name, if it cannot."""
    if name.partition(".")[0].casefold() in DEVICES:
        return "the name of a device on Windows"
    if name.endswith("."):
        return "a name that ends with a dot, which Windows takes away"
    return ""


def taken(name: str) -> str:
    """What of an output has this name already, on systems too that do not tell A from a."""
    if name.casefold() in map(str.casefold, FILES):
        return "a file of the output itself"
    return "a folder of the output itself" if name.casefold() in FOLDERS else ""
