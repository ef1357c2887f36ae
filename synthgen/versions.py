"""The versions that decide what a recipe makes."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version

PACKAGES = ("faker", "jinja2", "numpy", "torch", "transformers", "tokenizers", "datasets", "pyarrow")


def installed(package: str) -> str:
    """The version of a package, or an empty text."""
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


def versions() -> dict[str, str]:
    """Python's version and those of the packages that decide the rows."""
    found = {package: installed(package) for package in PACKAGES}
    return {"python": platform.python_version(), **{package: one for package, one in found.items() if one}}
