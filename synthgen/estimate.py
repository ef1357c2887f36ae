"""What a recipe will ask of which model, and how many tokens that is, told before anything is asked.

The facts of the first rows are made and their frames are built; what they have of each is taken for all rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from synthgen.engine import candidates
from synthgen.engine.run import ASKED_CHUNK
from synthgen.fields import Asked, Made
from synthgen.models import Model
from synthgen.recipe import Plan, TablePlan
from synthgen.recipe.plan import FieldStep, own_columns
from synthgen.rows import Row
from synthgen.streams import Streams


@dataclass(frozen=True)
class Question:
    """What a model will be asked for a field: prompts at least, and tokens read and written, as far as known before."""

    table: str
    field: str
    model: str
    prompts: int
    frames: int
    tokens_read: int
    tokens_written: int
    exact: bool


def questions(whole: Plan, models: Mapping[str, Model]) -> Iterator[Question]:
    """What will be asked for each field of a plan."""
    if not whole.models:
        return
    streams = Streams(whole.recipe.seed)
    facts: dict[str, list[dict[str, Any]]] = {}
    for table in whole.tables:
        parents = facts.get(table.table.from_.table, []) if table.table.from_ else []
        source = candidates(table.name, table.table, lambda parents=parents: iter(parents), len(parents), streams)  # type: ignore[misc]
        rows = [
            Row(table.name, one.index, values=dict(one.inherited or {}))
            for one, _ in zip(source.start(0), range(min(ASKED_CHUNK, source.wanted or ASKED_CHUNK)), strict=False)
        ]
        expected = source.wanted if source.wanted is not None else len(rows)
        if table.table.from_:  # the sample of parents stands for all of them
            share = _rows_expected(whole, table) / max(1, len(rows))
        else:
            share = (expected or 0) / max(1, len(rows))
        unknown: set[str] = set()
        for step in table.steps:
            if not isinstance(step, FieldStep):
                continue
            reads = {name for _, name in step.field.reads()}
            asked = table.asked.get(step.name)
            if isinstance(step.field, Made) and not reads & unknown:
                for row in rows:
                    row.give(step.name, step.field.make(row, streams.at(table.name, step.name, row.index, 0)))
            elif asked is not None and not reads & unknown:
                yield _question(table.name, step.name, asked, models[asked.by], rows, streams, share)
            if asked is not None or reads & unknown:
                columns = own_columns(step.name, step.field)
                unknown |= columns.keys()
                for row in rows:
                    row.values |= dict.fromkeys(columns, "")
        facts[table.name] = [dict(row.values) for row in rows]


def _rows_expected(whole: Plan, table: TablePlan) -> float:
    source = table.table.from_
    if source is None:
        return float(table.table.rows or 0)
    parent = next(one for one in whole.tables if one.name == source.table)
    return min(source.rows or float("inf"), _rows_expected(whole, parent)) * sum(source.bounds) / 2


def _question(table: str, name: str, asked: Asked, model: Model, rows: Sequence[Row], streams: Streams, share: float) -> Question:
    prompts = [prompt for own in asked.ask(rows, name, streams) for prompt in own]
    frames = {prompt.text for prompt in prompts}
    texts = getattr(asked, "texts", [])
    try:
        read = sum(map(model.count, frames))
        written = len(prompts) * (sum(map(model.count, texts)) / max(1, len(texts)) + 1)
        exact = True
    except Exception:  # a model that is not on this machine yet: four letters a token
        read = sum(len(frame) for frame in frames) // 4
        written = len(prompts) * (sum(map(len, texts)) / max(1, len(texts)) / 4 + 1)
        exact = False
    return Question(
        table, name, asked.by, round(len(prompts) * share), round(len(frames) * share), round(read * share), round(written * share), exact
    )
