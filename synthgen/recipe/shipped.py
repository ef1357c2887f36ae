"""The recipes that come with synthgen, each a folder to copy."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path

import synthgen.recipe

RECIPE = "recipe.yaml"


@cache
def shipped_recipes() -> dict[str, Path]:
    """Their folders by name, in alphabetical order."""
    package = Path(synthgen.recipe.__file__).parents[1]
    places = (package / "recipes", package.parent / "recipes")  # as installed, and in a checkout
    folder = next((place for place in places if place.is_dir()), places[0])
    return {recipe.parent.name: recipe.parent for recipe in sorted(folder.glob(f"*/{RECIPE}"))}


def summaries() -> Iterator[tuple[str, str]]:
    """The name of each and what it makes, which is the comment that its file begins with."""
    for name, folder in shipped_recipes().items():
        yield name, (folder / RECIPE).read_text(encoding="utf-8").splitlines()[0].removeprefix("# ").split(". ")[0].rstrip(".")
