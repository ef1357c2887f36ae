"""The JSON Schema of a recipe, so that editors complete and check it."""

from __future__ import annotations

from typing import Any

from synthgen.recipe.shape import Recipe


def schema() -> dict[str, Any]:
    """JSON Schema (draft 2020-12)."""
    found = Recipe.model_json_schema(by_alias=True)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **found, "title": "synthgen recipe"}
