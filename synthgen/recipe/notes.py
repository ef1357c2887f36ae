"""What is to be said of a recipe without mistakes: what it asks for can be made, but hardly as it is meant."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from random import Random

from synthgen.checks import Unique
from synthgen.errors import DataError
from synthgen.fields.fake import Fake
from synthgen.fields.typed import Typed
from synthgen.recipe.shape import BaseModelSpec, Recipe, Table
from synthgen.spec.rows import Row
from synthgen.voices.english import not_english

EMBEDDED = "scribbler"
DRAWS = 400
"""Values of a fake that are drawn to see whether they come again and again."""


def notes(recipe: Recipe, given: Collection[str] = ()) -> Iterator[str]:
    """Seeds that the embedded model does not understand; fakes that have too few values for every row to have its own. `given` are the
    models that others take the place of."""
    embedded = {name for name, spec in recipe.all_models.items() if isinstance(spec, BaseModelSpec) and spec.name == EMBEDDED}
    for name, table in recipe.tables.items():
        for field, shape in table.fields.items():
            if isinstance(shape, Typed) and shape.by in embedded.difference(given):
                yield from _of_seeds(f"{name}.{field}", shape)
            if isinstance(shape, Fake) and (shape.unique or any(isinstance(one, Unique) and one.field == field for one in table.keep)):
                yield from _of_values(f"{name}.{field}", shape, table)


def _of_seeds(where: str, field: Typed) -> Iterator[str]:
    pools = [field.texts, *field.pools.values()]
    share = next(filter(None, map(not_english, pools)), 0.0)
    if share:
        told = "the seed messages" if share >= 0.5 else "many of the seed messages"
        yield (
            f"{where}: {told} are not in English, and {EMBEDDED}, which types it, knows English only: what it types will make no sense. "
            f"Name a base model that knows the language: models: {{{field.by}: {{name: OWNER/NAME}}}}; see docs/models.md, Other languages"
        )


def _of_values(where: str, field: Fake, table: Table) -> Iterator[str]:
    if table.rows is None or field.when is not None:
        return
    try:
        drawn = Counter(repr(field.make(Row(where, number), Random(number))) for number in range(DRAWS))
    except DataError:  # told when it happens in a row
        return
    if len(drawn) < table.rows and min(drawn.values()) > 1:
        yield (
            f"{where}: {DRAWS} draws of '{field.provider}' gave only {len(drawn):,} different values, and {table.rows:,} rows shall each "
            "have another: make will most likely give up"
        )
