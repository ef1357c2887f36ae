"""What the fields of an output are, asked of the kinds that its recipe names. A recipe of another version may name kinds that are not known
here: their fields are taken for text."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from synthgen.fields import FieldShape
from synthgen.recipe.load import FIELDS

Fields = Mapping[str, Mapping[str, Any]]
"""Fields by name, as a recipe's file has them."""


def kind_of(shape: Mapping[str, Any]) -> type[FieldShape]:
    """The kind of a field, as a class; one that is not known is any field."""
    kind = FIELDS.get(str(shape.get("kind")), FieldShape)
    assert issubclass(kind, FieldShape)
    return kind


def role(shape: Mapping[str, Any]) -> str:
    """What a field is in a dataset."""
    return kind_of(shape).role


def all_fields(recipe: Mapping[str, Any]) -> Fields:
    """The fields of all tables of a recipe, by name."""
    return {name: shape for table in recipe["tables"].values() for name, shape in table.get("fields", {}).items()}


def made_from(shape: Mapping[str, Any]) -> str:
    """The field that one changes or goes on from; "" where there is none."""
    return str(shape.get("of") or shape.get("user") or "")


def last_message(fields: Fields, columns: Collection[str]) -> str | None:
    """The field among those of `columns` that holds what was typed, in its last version; None where nobody typed."""
    messages = {name: shape for name, shape in fields.items() if name in columns and role(shape) == "message"}
    earlier = {made_from(shape) for shape in messages.values()}
    return next((name for name in messages if name not in earlier), None)
