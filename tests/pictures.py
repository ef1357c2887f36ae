"""The pictures in the docs, taken of pages as they are. `python tests/pictures.py [OUTPUT]` takes them anew.

Without an output that is made by recipes/bank-support, 60 rows of it are made first, which takes a minute.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

from browser import Browser, browser
from servers.review import served

import synthgen
from synthgen.dataset import REPORT
from synthgen.recipe.load import load

IMAGES = Path(synthgen.__file__).parent.parent / "docs" / "images"
RECIPE = Path(synthgen.__file__).parent.parent / "recipes" / "bank-support" / "recipe.yaml"
WIDE, HIGH = 1100, 560
LARGEST = 120_000
"""Bytes of a picture, at most."""


def take(window: Browser, name: str) -> None:
    """A picture of what the window shows."""
    place = IMAGES / f"{name}.png"
    window.window(place)
    print(f"{place}: {place.stat().st_size:,} bytes")
    assert place.stat().st_size <= LARGEST


def report(window: Browser, output: Path) -> None:
    """The report: what was made, and how people type."""
    window.open(output / REPORT)
    take(window, "report")
    window.run("document.getElementById('typing').scrollIntoView()")
    take(window, "report-typing")


def review(window: Browser, output: Path) -> None:
    """The review: a row whose message became an edge case, with the labels that it could have, and a question without its target."""
    with served(output) as address:
        window.open(f"{address}by/ana/rows/traffic?queue=label&label=case&is=two+requests")
        window.press("l")
        take(window, "review")
        window.open(f"{address}by/ana/take/question?count=20")
        take(window, "take-it-yourself")


def main(output: Path | None) -> None:
    """Take them all."""
    IMAGES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as place:
        own = Path(place) / "bank-support"
        if output:
            shutil.copytree(output, own)
            synthgen.report(own)
        else:
            synthgen.make(load(RECIPE, rows=60), out=own)
        with browser(Path(place) / "profile") as window:
            window.size(WIDE, HIGH)
            report(window, own)
            review(window, own)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else None)
