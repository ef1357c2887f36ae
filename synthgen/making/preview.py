"""A handful of rows of each table, each made from the handful above it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

from synthgen.dataset.layout import Layout, planned_layout
from synthgen.dataset.look import LookedRow
from synthgen.engine import TableRun, candidates
from synthgen.engine.chunk import Stage
from synthgen.engine.parents import Candidates
from synthgen.engine.run import Report
from synthgen.fields import Asked
from synthgen.fields.considered import Considered
from synthgen.fields.shape import Chosen
from synthgen.making.ahead import AheadModel, first_prompts
from synthgen.making.runs import RecordingModel, Tick, Watch
from synthgen.models import Model
from synthgen.recipe import Plan, Recipe, TablePlan
from synthgen.recipe.plan import CheckStep, FieldStep
from synthgen.recipe.recorded import RecordedRecipe
from synthgen.recipe.seed_notes import seed_notes
from synthgen.spec import pages
from synthgen.spec.rows import Completion, Prompt, Refusal, Row
from synthgen.spec.streams import Streams


@dataclass(frozen=True)
class Previewed:
    """A handful of a table's rows, what was asked for them (the prompts of each field, those of rows that were refused too), how the
    rows are read, and the `notes` on the seeds of its messages."""

    table: TablePlan
    rows: list[Row]
    prompts: dict[str, list[Prompt]]
    layout: Layout
    notes: tuple[str, ...] = ()

    @property
    def shown(self) -> list[LookedRow]:
        """The rows as they are read."""
        return [_looked_row(self.table, row, self.layout) for row in self.rows]

    def __repr__(self) -> str:
        return f"Previewed({self.table.name}, {len(self.rows)} rows)"

    def _repr_html_(self) -> str:
        return pages.page(pages.paragraph(self.table.name), pages.records([row.values for row in self.rows], self.layout.columns))


class Previews(Iterable[Previewed]):
    """The previews of a recipe's tables, each made when it is first come to. A notebook shows them all."""

    def __init__(self, source: Iterator[Previewed]) -> None:
        self._source = source
        self._cached: list[Previewed] = []

    def __iter__(self) -> Iterator[Previewed]:
        yield from self._cached
        for preview in self._source:
            self._cached.append(preview)
            yield preview

    def _repr_html_(self) -> str:
        return pages.page(*(preview._repr_html_() for preview in self))


@dataclass(frozen=True)
class Audience:
    """Who is told on the way: `watch` how far a table is, `show_row` of every row as soon as it is made. One that waits (`quick`) gets rows
    one by one, each chosen from fewer continuations."""

    watch: Watch = lambda tick: None
    show_row: Callable[[LookedRow], None] = lambda row: None
    quick: bool = False


def sooner(recipe: Recipe) -> Recipe:
    """A recipe whose rows come sooner, and are chosen from fewer continuations."""
    tables = {
        name: table.model_copy(
            update={"fields": {field: shape.sooner() if isinstance(shape, Asked) else shape for field, shape in table.fields.items()}}
        )
        for name, table in recipe.tables.items()
    }
    return recipe.model_copy(update={"tables": tables})


class _Passing:
    """Tells of each row that has gone through all steps of its table; of why it is as it is, nothing."""

    def __init__(self, last: FieldStep | CheckStep | None, tell_row: Callable[[Row], None]) -> None:
        self.last, self.tell_row, self.count = last, tell_row, 0

    def follows(self, row: Row) -> bool:
        """None."""
        return False

    def considered(self, row: Row, texts: Sequence[Considered]) -> None:
        """Not asked for."""

    def asked(self, name: str, rows: Sequence[Row], answers: Sequence[Sequence[Completion]], chosen: Sequence[Chosen]) -> None:
        """Not asked for."""

    def judged(self, step: FieldStep | CheckStep, row: Row, refusal: Refusal | None) -> None:
        """Tells of the row when it has passed the last step."""
        if step is self.last and refusal is None:
            self.count += 1
            self.tell_row(row)


def previews(
    recipe: Recipe, recorded: RecordedRecipe, recipe_plan: Plan, models: Mapping[str, RecordingModel], show: int, audience: Audience
) -> Iterator[Previewed]:
    """`show` rows of each table, and what the `models` were asked for them. Rows that lack an answer are left out."""
    streams = Streams(recipe.seed)
    values_by_table: dict[str, list[dict[str, Any]]] = {}
    for table in recipe_plan.tables:
        parents = values_by_table.get(table.table.from_.table, []) if table.table.from_ else []
        source = candidates(table.name, table.table, lambda parents=parents: iter(parents), len(parents), streams)  # type: ignore[misc]
        source = _without_presets(table, source)
        few = min(show, source.wanted or show)
        layout = planned_layout(recorded.fields_of(table.name), table.columns)
        passing = _Passing(table.steps[-1] if table.steps else None, partial(_tell, audience, table, layout))
        one_by_one = all(asked.asks == "base" for asked in table.asked.values())
        with _asked_ahead(table, source, models, few if audience.quick and one_by_one else 0, streams) as asked_models:
            run = TableRun(
                table,
                type(source)(few, source.start),
                streams,
                asked_models,
                patience=recipe.patience,
                chunk=1 if one_by_one else few,
                report=_report(table, few, passing, audience.watch),
                lenient=True,
                witness=passing,
            )
            rows: list[Row] = []
            for chunk in run.chunks():
                rows += chunk.rows
                if not audience.quick:
                    run.size = few  # the first row alone is written soonest; then the others side by side
        values_by_table[table.name] = [row.values for row in rows]
        prompts_by_field: dict[str, list[Prompt]] = {}
        for model in models.values():
            for prompt in model.prompts:
                prompts_by_field.setdefault(str(prompt.origin.get("field", "")).rpartition(".")[2], []).append(prompt)
            model.prompts.clear()
        notes = tuple(note for field in table.table.fields for note in seed_notes(recipe, table.name, field))
        yield Previewed(table, rows[:show], prompts_by_field, layout, notes)


def _without_presets(table: TablePlan, source: Candidates) -> Candidates:
    """The candidates of a table that are made, if there are any, and not preset: those are known."""
    count = len(table.presets)
    has_others = source.wanted is None or source.wanted > count
    return type(source)(source.wanted, lambda first: source.start(first + count), source.enough) if count and has_others else source


@contextmanager
def _asked_ahead(
    table: TablePlan, source: Candidates, models: Mapping[str, RecordingModel], count: int, streams: Streams
) -> Iterator[Mapping[str, Model]]:
    """The models, each asked ahead for what `count` rows of a table will ask."""
    rows = [candidate.row(table) for candidate, _ in zip(source.start(0), range(count), strict=False)]
    ahead = first_prompts(table, rows, streams)
    asked_models = {name: AheadModel(model, ahead.get(name, ())) if count else model for name, model in models.items()}
    try:
        yield asked_models
    finally:
        for model in asked_models.values():
            if isinstance(model, AheadModel):
                model.close()


def _report(table: TablePlan, few: int, passing: _Passing, watch: Watch) -> Report:
    """Tells how many rows a table has, how many completions have come for it, and what it waits for."""
    total = 0

    def report(stage: Stage, completions: int) -> None:
        nonlocal total
        total += completions
        watch(Tick(table.name, passing.count, few, total, stage=stage))

    report(Stage(), 0)
    return report


def _tell(audience: Audience, table: TablePlan, layout: Layout, row: Row) -> None:
    audience.show_row(_looked_row(table, row, layout))


def _looked_row(table: TablePlan, row: Row, layout: Layout) -> LookedRow:
    return LookedRow(f"{table.name}-{row.index}", {name: row.values.get(name) for name in table.columns}, layout)
