"""What the install costs: `python tests/bench/install.py`, in an environment in which synthgen is installed.

Prints, in MB as the files lie on the disk, what each dependency has, and what would go with it if nothing else needed it: its own files and
those of all that only it brings. Compiled modules, which Python writes when they are first imported, are not counted."""

from __future__ import annotations

import tomllib
from collections.abc import Collection
from functools import cache
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

PYPROJECT = Path(__file__).parents[2] / "pyproject.toml"
PACKAGE = Path(__file__).parents[2] / "synthgen"


@cache
def size(name: str) -> int:
    """Bytes of a distribution's files."""
    files = distribution(name).files or ()
    places = [Path(str(file.locate())) for file in files if "__pycache__" not in file.parts]
    return sum(place.stat().st_size for place in places if place.is_file())


@cache
def needs(name: str) -> frozenset[str]:
    """The distributions that one needs on this machine."""
    requirements = map(Requirement, distribution(name).requires or ())
    return frozenset(
        canonicalize_name(requirement.name)
        for requirement in requirements
        if requirement.marker is None or requirement.marker.evaluate({"extra": ""})
    )


def brought(names: Collection[str]) -> set[str]:
    """These distributions, and all that they bring."""
    reached, ahead = set[str](), list(names)
    while ahead:
        name = ahead.pop()
        if name in reached:
            continue
        try:
            further = needs(name)
        except PackageNotFoundError:  # such as those of another system
            continue
        reached.add(name)
        ahead += further
    return reached


def main() -> None:
    """Print the table."""
    project = tomllib.loads(PYPROJECT.read_text("utf-8"))["project"]
    direct = sorted(canonicalize_name(Requirement(text).name) for text in project["dependencies"])
    everything = brought(direct)
    own = sum(file.stat().st_size for file in PACKAGE.rglob("*") if file.is_file() and "__pycache__" not in file.parts)
    total = sum(map(size, everything))
    print(f"all {(total + own) / 1e6:.0f} MB: synthgen {own / 1e6:.0f}, {len(everything)} distributions {total / 1e6:.0f}")
    for name in sorted(direct, key=size, reverse=True):
        alone = everything - brought([other for other in direct if other != name])
        others = sorted((other for other in alone - {name} if size(other) > 500_000), key=size, reverse=True)
        brings = ", ".join(f"{other} {size(other) / 1e6:.0f}" for other in others)
        goes = sum(map(size, alone))
        version, more = distribution(name).version, f" ({brings})" if brings else ""
        print(f"{name} {version}: {size(name) / 1e6:.1f} MB, {goes / 1e6:.1f} would go with it{more}")
    shared = everything - set(direct)
    print("largest of the others:", ", ".join(f"{name} {size(name) / 1e6:.1f}" for name in sorted(shared, key=size, reverse=True)[:12]))


if __name__ == "__main__":
    main()
