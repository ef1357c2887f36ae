"""The JSON Schema of a recipe, so that editors complete and check it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from synthgen.recipe.shape import Recipe
from synthgen.spec.described import described
from synthgen.spec.parts import Part


def _kinds(shape: type[Part]) -> Iterator[type[Part]]:
    for kind in shape.__subclasses__():
        yield kind
        yield from _kinds(kind)


def schema() -> dict[str, Any]:
    """JSON Schema (draft 2020-12)."""
    for shape in _kinds(Part):
        shape.__doc__ = described(shape)
    json_schema = Recipe.model_json_schema(by_alias=True)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **json_schema, "title": "synthgen recipe"}
