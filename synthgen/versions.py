"""The versions that decide what a recipe makes."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from shlex import quote

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
    """The command that installs an extra: in a checkout, or of one, as docs/install.md says it; elsewhere its `packages` by their names."""
    folders = (folder for folder in (Path(), CHECKOUT) if (folder / "constraints.txt").exists() and (folder / "synthgen").is_dir())
    if (folder := next(folders, None)) is None:
        return f"pip install {' '.join(packages)}"
    return f"pip install {quote(f'{folder}[{extra}]')} -c {quote(str(folder / 'constraints.txt'))}"


def versions() -> dict[str, str]:
    """Python's version and those of the packages that decide the rows."""
    found = {package: installed(package) for package in PACKAGES}
    return {"python": platform.python_version(), **{package: one for package, one in found.items() if one}}
