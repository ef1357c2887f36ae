"""The versions that decide what a recipe makes."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

PACKAGES = ("faker", "jinja2", "numpy", "torch", "transformers", "tokenizers", "datasets", "pyarrow")
CHECKOUT = Path(__file__).parent.parent
"""The folder of the repository, where synthgen is used from there."""


def installed(package: str) -> str:
    """The version of a package, or an empty text."""
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


def install_extra(extra: str, *packages: str) -> str:
    """The command that installs an extra: in a checkout as docs/install.md says it, elsewhere its `packages` by their names."""
    pinned = any((folder / "constraints.txt").exists() and (folder / "synthgen").is_dir() for folder in (Path(), CHECKOUT))
    return f"pip install '.[{extra}]' -c constraints.txt" if pinned else f"pip install {' '.join(packages)}"


def versions() -> dict[str, str]:
    """Python's version and those of the packages that decide the rows."""
    found = {package: installed(package) for package in PACKAGES}
    return {"python": platform.python_version(), **{package: one for package, one in found.items() if one}}
