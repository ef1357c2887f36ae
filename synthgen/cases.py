"""Rows of a recipe as the cases of a test: `pytest.mark.parametrize("row", rows("recipe.yaml"), ids=row_id)`.

That is all that pytest needs. A plugin would be loaded into every test session of everybody who has synthgen, to save these few words.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from synthgen.api import Recipes, loaded_from, make
from synthgen.dataset import output_at
from synthgen.decisions.amended import opened, told_in
from synthgen.models import Model
from synthgen.spec import pages
from synthgen.spec.digests import digest
from synthgen.spec.rows import plain
from synthgen.storage import is_remote

SLUG = 32
"""Letters of a row's text in its id."""


class RowList(list[dict[str, Any]]):
    """A list of rows, which a notebook shows as a table."""

    def _repr_html_(self) -> str:
        return pages.page(pages.records(self))


def rows(
    recipe: Recipes,
    table: str | None = None,
    n: int | None = None,
    fields: Sequence[str] | None = None,
    *,
    out: str | Path | None = None,
    max_cost: float | None = 0,
    models: Mapping[str, Model] | None = None,
    review: bool = True,
    **options: Any,
) -> RowList:
    """The first `n` rows (default: all) of a recipe's table (default: its first), as plain values; `fields` names the ones that are
    wanted (default: all but the provenance). They are as reviewers left them, without `review` as they were made.

    The dataset is made when it is not there, or when the recipe has changed, with the answers that its journal has; that asks Claude for
    nothing that costs more than `max_cost` US dollars. Processes that want the same rows at the same time, such as the workers of
    pytest-xdist, wait for each other. `options` are those of `load_recipe`. Raises SynthgenError.
    """
    from filelock import FileLock

    loaded = loaded_from(recipe, options)
    place = loaded.output_place(out)
    folder = output_at(place).final.absolute()
    folder.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(folder.parent / f".{folder.name}.synthgen-rows.lock"):
        made = make(loaded, out=place if is_remote(place) else folder, max_cost=max_cost, models=models)
        dataset = opened(made.named, review=review)
        name = dataset.named(table)
        review_column = told_in(dataset, name)
        table_rows = dataset.rows(name, fields)
        row_list = RowList(plain(row) for row in islice(table_rows, n))
    if fields is None:
        for row in row_list:
            row.pop("provenance", None)
            row.pop(review_column, None)
    return row_list


def row_id(row: Mapping[str, Any]) -> str:
    """A short name of a row for a test report, letters and digits only: the beginning of its longest text and a digest of all of it,
    so that it stays the same when other rows come and go."""
    texts = [value for value in row.values() if isinstance(value, str)]
    words = re.findall(r"[a-z0-9]+", max(texts, key=len, default="").lower())
    slug = "-".join(words)[:SLUG].strip("-")
    return "-".join(filter(None, [slug, digest(repr(sorted(row.items(), key=lambda item: item[0])))[:6]]))
