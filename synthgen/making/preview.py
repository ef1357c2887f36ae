"""A handful of rows of each table, each made from the handful above it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from synthgen.engine import TableRun, candidates
from synthgen.making.runs import RecordingModel
from synthgen.recipe import Plan, Recipe, TablePlan
from synthgen.spec import pages
from synthgen.spec.rows import Prompt, Row
from synthgen.spec.streams import Streams


@dataclass(frozen=True)
class Previewed:
    """A handful of a table's rows, and what was asked for them: the prompts of each field, those of rows that were refused too."""

    table: TablePlan
    rows: list[Row]
    prompts: dict[str, list[Prompt]]

    def __repr__(self) -> str:
        return f"Previewed({self.table.name}, {len(self.rows)} rows)"

    def _repr_html_(self) -> str:
        return pages.page(pages.paragraph(self.table.name), pages.records([row.values for row in self.rows], list(self.table.columns)))


class Previews(Iterable[Previewed]):
    """The previews of a recipe's tables, each made when it is first come to. A notebook shows them all."""

    def __init__(self, source: Iterator[Previewed]) -> None:
        self._source = source
        self._made: list[Previewed] = []

    def __iter__(self) -> Iterator[Previewed]:
        yield from self._made
        for one in self._source:
            self._made.append(one)
            yield one

    def _repr_html_(self) -> str:
        return pages.page(*(one._repr_html_() for one in self))


def previews(recipe: Recipe, whole: Plan, models: Mapping[str, RecordingModel], show: int) -> Iterator[Previewed]:
    """`show` rows of each table, and what the `models` were asked for them. Rows that lack an answer are left out."""
    streams = Streams(recipe.seed)
    made: dict[str, list[dict[str, Any]]] = {}
    for table in whole.tables:
        parents = made.get(table.table.from_.table, []) if table.table.from_ else []
        source = candidates(table.name, table.table, lambda parents=parents: iter(parents), len(parents), streams)  # type: ignore[misc]
        few = min(show, source.wanted or show)
        run = TableRun(table, type(source)(few, source.start), streams, models, patience=recipe.patience, lenient=True)
        rows = [row for chunk in run.chunks() for row in chunk.rows]
        made[table.name] = [row.values for row in rows]
        asked: dict[str, list[Prompt]] = {}
        for model in models.values():
            for prompt in model.prompts:
                asked.setdefault(str(prompt.origin.get("field", "")).rpartition(".")[2], []).append(prompt)
            model.prompts.clear()
        yield Previewed(table, rows[:show], asked)
