"""Whether the models that fields name are there and can make them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from synthgen.errors import did_you_mean
from synthgen.fields import Asked
from synthgen.fields.reply import APP
from synthgen.fields.shape import FieldShape
from synthgen.recipe.shape import AnySpec
from synthgen.spec.parts import PartMistake

CALLED = {"base": "a base model", "claude": "Claude", APP: "your application (--app)"}
"""The kinds of models that a field may need, in words."""
NAME_ONE = "name a base model: models: {base: {kind: base, name: scribbler}}, and here"


def model_mistakes(field: FieldShape, models: Mapping[str, AnySpec | None]) -> Iterator[PartMistake]:
    """The models that a field names and that are not there or cannot make it, and what it asks for that its model does not allow. A model
    is None when another mistake hides it."""
    if not isinstance(field, Asked):
        return
    for key, needed in field.makers().items():
        name = getattr(field, key)
        if name not in models:
            yield PartMistake((key,), f"there is no model '{name}'", did_you_mean(name, {*models} - {APP}, "models"))
        elif (model := models[name]) is not None and model.asked_as != needed:
            yield _unfit(key, name, model, needed, [other for other, spec in models.items() if spec and spec.asked_as == needed])
    if model := models.get(field.by):
        yield from model.cannot(field)


def _unfit(key: str, name: str, model: AnySpec, needed: str, fitting: list[str]) -> PartMistake:
    subject = "this field is made by" if key == "by" else f"'{key}' names"
    why = f": {model.no_typist}" if model.no_typist and needed == "base" else ""
    hint = f"such as {key}: {fitting[0]}" if fitting else f"{NAME_ONE} {key}: base" if needed == "base" else ""
    return PartMistake((key,), f"'{name}' is {model.called}, and {subject} {CALLED[needed]}{why}", hint)
