"""Notes on a recipe without mistakes: what it asks for can be made, but probably not as it is meant."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator
from random import Random

from synthgen.errors import DataError
from synthgen.fields import AnyField, Asked, PythonField
from synthgen.recipe.seed_notes import seed_notes
from synthgen.recipe.shape import Recipe, Table
from synthgen.spec.rows import Row
from synthgen.voices.english import not_english

EMBEDDED = "scribbler"
DRAWS = 400
"""Values of a fake that are drawn to see whether they come again and again."""


def notes(recipe: Recipe, replaced: Collection[str] = ()) -> Iterator[str]:
    """Seeds that the embedded model does not understand, or that are too few; fakes that have too few values for every row to have its own;
    templates where none can stand; datasets on the Hub that may change. `replaced` are the models that others take the place of."""
    embedded = {name for name, spec in recipe.all_models.items() if spec.english}
    for name, table in recipe.tables.items():
        for field, shape in table.fields.items():
            if isinstance(shape, Asked) and shape.by in embedded.difference(replaced):
                yield from _of_seeds(f"{name}.{field}", shape)
            yield from seed_notes(recipe, name, field)
            yield from _of_templates(f"{name}.{field}", shape, table)
            yield from (f"{name}.{field}: {note}" for note in shape.notes())
            if isinstance(shape, PythonField) and shape.draws and not [*shape.reads()] and _is_unique(field, shape, table):
                yield from _of_values(f"{name}.{field}", shape, table)


def files_that_were_read(recipe: Recipe) -> Iterator[str]:
    """What was read of the files of messages that a recipe names, a line each. Raises DataError, ValueError."""
    yield from dict.fromkeys(line for table in recipe.tables.values() for field in table.fields.values() for line in field.readings())


def _is_unique(name: str, shape: PythonField, table: Table) -> bool:
    implied = any(check["kind"] == "unique" for check in shape.implied())
    return implied or any(check.distinct and check.field == name for check in table.keep)


def _of_seeds(where: str, field: Asked) -> Iterator[str]:
    pools = [[seed for pool in field.pools.values() for seed in pool], *field.pools.values()]
    share = next(filter(None, map(not_english, pools)), 0.0)
    if share:
        subject = "the seed messages" if share >= 0.5 else "many of the seed messages"
        yield (
            f"{where}: {subject} are not in English, and {EMBEDDED}, which types it, knows English only: what it types will make no sense. "
            f"Name a base model that knows the language: models: {{{field.by}: {{name: OWNER/NAME}}}}; see docs/models.md, Other languages"
        )


def _of_templates(where: str, shape: AnyField, table: Table) -> Iterator[str]:
    """Names of fields in braces, where a template cannot stand and they stay as they are."""
    for text in shape.literals():
        if isinstance(text, str) and (named := re.search(r"\{\{\s*(\w+)", text)) and named[1] in table.fields:
            yield f"{where}: '{text}' stays as it is typed, for no template can stand there; see docs/fields.md, Values that depend"


def _of_values(where: str, field: PythonField, table: Table) -> Iterator[str]:
    if not isinstance(table.rows, int) or field.when is not None:
        return
    try:
        drawn = Counter(repr(field.make(Row(where, number), Random(number))) for number in range(DRAWS))
    except DataError:  # told when it happens in a row
        return
    if len(drawn) < table.rows and min(drawn.values()) > 1:
        yield (
            f"{where}: {DRAWS} draws gave only {len(drawn):,} different values, and {table.rows:,} rows shall each "
            "have another: make will most likely give up"
        )
