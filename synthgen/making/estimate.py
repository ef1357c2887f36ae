"""What a recipe will ask of which model, how many tokens that is and what it costs, before anything is asked.

The facts of the first rows are made and their frames are built; what they have of each is taken for all rows. A field that Claude makes
often reads what is not written yet: then a seed, or so many words, stands in its place.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from synthgen.engine import candidates
from synthgen.engine.run import ASKED_CHUNK
from synthgen.engine.step import is_wanted, make
from synthgen.errors import DataError, SynthgenError
from synthgen.fields import Asked, PythonField
from synthgen.fields.reply import APP
from synthgen.fields.shape import WORDS
from synthgen.models import Model, is_paid
from synthgen.recipe import Plan, TablePlan
from synthgen.recipe.plan import FieldStep, own_columns
from synthgen.spec.rows import Prompt, Row, Value
from synthgen.spec.streams import Streams


@dataclass(frozen=True)
class QuestionEstimate:
    """What a model will be asked for a field: prompts at least, and tokens read and written, as far as known before.

    What Claude writes is assumed: as long as the field's examples, or 200 tokens; and so is what it thinks before (`tokens_thinking`), by
    model and effort. `cost` is in US dollars at list prices, for one try a row, `cost_most` the same if every answer were as long as it may
    be; None where nothing is paid or no price is known.
    """

    table: str
    field: str
    model: str
    prompts: int
    frames: int
    tokens_read: int
    tokens_written: int
    exact: bool
    cost: float | None = None
    cost_most: float | None = None
    tokens_cached: int = 0
    tokens_thinking: int = 0


MEASURED = 1000
"""Texts that stand for all answers, whose tokens are counted."""
WRITTEN = 200
"""Tokens of an answer of Claude's of which nothing is known."""


def questions(recipe_plan: Plan, models: Mapping[str, Model], *, batch: bool = False) -> Iterator[QuestionEstimate]:
    """What will be asked for each field of a plan; with `batch`, of Claude at the price of batches."""
    if not recipe_plan.models:
        return
    streams = Streams(recipe_plan.recipe.seed)
    facts: dict[str, list[dict[str, Any]]] = {}
    for table in recipe_plan.tables:
        parents = facts.get(table.table.from_.table, []) if table.table.from_ else []
        source = candidates(table.name, table.table, lambda parents=parents: iter(parents), len(parents), streams)  # type: ignore[misc]
        rows = [
            candidate.row(table)
            for candidate, _ in zip(source.start(0), range(min(ASKED_CHUNK, source.wanted or ASKED_CHUNK)), strict=False)
        ]
        expected = source.wanted if source.wanted is not None else len(rows)
        if table.table.from_:  # the sample of parents stands for all of them
            share = _rows_expected(recipe_plan, table) / max(1, len(rows))
        else:
            share = (expected or 0) / max(1, len(rows))
        unknown: set[str] = set()
        for step in table.steps:
            if not isinstance(step, FieldStep):
                continue
            reads = {name for _, name in step.field.reads()}
            asked_field = table.asked.get(step.name)
            if isinstance(step.field, PythonField) and not reads & unknown:
                for row in rows:
                    make(row, step.name, step.field, streams)
            elif asked_field is not None:
                asking = [row for row in rows if step.name not in row.preset and _may_be_wanted(asked_field, row)]
                if asked_field.asks != "base":
                    yield from _of_claude(table.name, step.name, asked_field, models, asking, streams, share, batch)
                elif not reads & unknown:
                    yield _question(table.name, step.name, asked_field, models[asked_field.by], asking, streams, share)
            if asked_field is not None or reads & unknown:
                columns = own_columns(step.name, step.field)
                unknown |= columns.keys()
                for row in rows:
                    row.values |= {**dict.fromkeys(columns, ""), step.name: _stand_in(asked_field, row)}
        facts[table.name] = [dict(row.values) for row in rows]


def _rows_expected(recipe_plan: Plan, table: TablePlan) -> float:
    source = table.table.from_
    if source is None:
        return float(table.table.wanted or 0)
    parent = next(other_table for other_table in recipe_plan.tables if other_table.name == source.table)
    return min(source.rows or float("inf"), _rows_expected(recipe_plan, parent)) * sum(table.table.per_parent) / 2


def _question(
    table: str, name: str, asked_field: Asked, model: Model, rows: Sequence[Row], streams: Streams, share: float
) -> QuestionEstimate:
    prompts, frames, frame_texts = asked_field.workload(rows, name, streams)
    answers = asked_field.answers()
    answers = answers[:: max(1, len(answers) // MEASURED)]
    try:
        read, written = (sum(map(model.count, texts)) / max(1, len(texts)) for texts in (frame_texts, answers))
        exact = len(frame_texts) == frames
    except (SynthgenError, OSError):  # a model that is not on this machine yet: four letters a token
        read, written = (sum(map(len, texts)) / max(1, len(texts)) / 4 for texts in (frame_texts, answers))
        exact = False
    return QuestionEstimate(
        table,
        name,
        asked_field.by,
        round(prompts * share),
        round(frames * share),
        round(read * frames * share),
        round((written + 1) * prompts * share),
        exact,
    )


def _of_claude(
    table: str, name: str, asked_field: Asked, models: Mapping[str, Model], rows: Sequence[Row], streams: Streams, share: float, batch: bool
) -> Iterator[QuestionEstimate]:
    """What Claude, and whoever else takes part, will be asked for a field. In a conversation, a reply and a question to each turn."""
    try:
        foreseen = asked_field.foreseen(rows, name, streams)
    except SynthgenError:  # something that is not written yet cannot be read as it will be
        foreseen = [(Prompt(f"{WORDS}\n", number), asked_field.rounds()) for number, _ in enumerate(rows)]
    written = _answer_tokens(asked_field)
    by_model: dict[str, list[tuple[Prompt, int]]] = {}
    for prompt, calls in foreseen:
        by_model.setdefault(prompt.by or asked_field.by, []).append((prompt, calls))
    for by, pairs in by_model.items():
        model_prompts, calls = [prompt for prompt, _ in pairs], pairs[0][1]
        model, count = models[by], len(model_prompts) * share * calls
        frames = round(len({prompt.full_text for prompt in model_prompts}) * share * calls)
        if is_paid(model):
            estimate = model.expected(model_prompts, count, written, more_read=written * (calls - 1) / 2, batch=batch)
            yield QuestionEstimate(
                table,
                name,
                by,
                round(count),
                frames,
                estimate.read,
                round(count * written),
                False,
                estimate.cost,
                estimate.most,
                estimate.cached,
                estimate.thinking,
            )
        elif by == APP:
            yield QuestionEstimate(table, name, by, round(count), frames, 0, 0, False)
        else:
            read = sum(len(prompt.text) for prompt in model_prompts) * share * calls / 4
            yield QuestionEstimate(table, name, by, round(count), frames, round(read), round(count * written), False)


def _may_be_wanted(asked_field: Asked, row: Row) -> bool:
    with suppress(DataError):  # of what only stands for another
        return is_wanted(asked_field, row)
    return True


def _stand_in(asked_field: Asked | None, row: Row) -> Value:
    with suppress(SynthgenError):  # of what only stands for another
        if asked_field is not None:
            return asked_field.stand_in(row)
    return WORDS


def _answer_tokens(asked_field: Asked) -> float:
    """How many tokens an answer of Claude's has: as the field's examples are long."""
    if not (texts := asked_field.answers()):
        return WRITTEN
    return sum(map(len, texts)) / len(texts) / 3 + (WRITTEN / 2 if "reasons" in asked_field.labels() else 10)
