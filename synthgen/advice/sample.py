"""What Claude will be asked for each of its fields, on one row, without asking anything.

The row comes from an output where there is one. Otherwise Python makes the facts, a seed message stands for what the base model would
type, and for what Claude would write there is a text that says so.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from synthgen.dataset import Dataset
from synthgen.engine import candidates
from synthgen.engine.step import is_wanted, leave_out, make
from synthgen.errors import DataError, OutputError, SynthgenError
from synthgen.fields import Asked, FieldShape, PythonField
from synthgen.fields.schemas import fitting
from synthgen.recipe import Plan, Recipe, TablePlan
from synthgen.recipe.plan import FieldStep, own_columns
from synthgen.spec.rows import Completion, Labelled, Prompt, Refusal, Row, Value
from synthgen.spec.streams import Streams

ROWS = 40
"""Rows among which one is looked for that a field is made for."""
ROUNDS = 6
"""Rounds of asking that are followed, at most."""
STANDS = "(here stands what Claude wrote for '{}')"


@dataclass(frozen=True)
class FieldQuestion:
    """What Claude is asked for a field: prompts of one row, one for each brief. `real` says that the row is from an output."""

    table: str
    name: str
    field: Asked
    prompts: Sequence[Prompt]
    real: bool


def questions(recipe_plan: Plan, outputs: Mapping[str, Sequence[Mapping[str, Any]]] | None = None) -> Iterator[FieldQuestion]:
    """The questions to Claude of each table and field, in the order of work. `outputs` are rows of tables that were made before."""
    streams, rows_by_table = Streams(recipe_plan.recipe.seed), dict[str, list[dict[str, Any]]]()
    for table in recipe_plan.tables:
        output_rows = list((outputs or {}).get(table.name, ()))[:ROWS]
        sample = _rows_from_output(table, output_rows) if output_rows else list(_first_rows(table, rows_by_table, streams))
        by_field: dict[str, FieldQuestion] = {}
        for row in sample:
            for step in table.steps:
                if isinstance(step, FieldStep):
                    prompts = _make(row, step.name, step.field, streams)
                    if prompts and step.name not in by_field and isinstance(step.field, Asked) and step.field.asks == "claude":
                        by_field[step.name] = FieldQuestion(table.name, step.name, step.field, prompts, bool(output_rows))
        rows_by_table[table.name] = [row.values for row in sample]
        yield from by_field.values()


def rows_of(folder: str | Path, recipe: Recipe) -> dict[str, list[dict[str, Any]]]:
    """Rows of the output in a folder, per table, to take samples from; none where there is no output, or its tables have other fields."""
    try:
        output = Dataset.open(folder)
        fields = {name: table.fields.keys() for name, table in output.recipe.tables.items()}
        same = [name for name in output.tables if name in recipe.tables and fields.get(name) == recipe.tables[name].fields.keys()]
        return {name: list(islice(output.rows(name), ROWS)) for name in same}
    except OutputError:
        return {}


def _rows_from_output(table: TablePlan, output_rows: Sequence[Mapping[str, Any]]) -> list[Row]:
    row_values = [{name: value for name, value in values.items() if name != "provenance"} for values in output_rows]
    return [Row(table.name, number, values=values, carried=table.carried) for number, values in enumerate(row_values)]


def _first_rows(table: TablePlan, rows_by_table: Mapping[str, list[dict[str, Any]]], streams: Streams) -> Iterator[Row]:
    parents = rows_by_table[table.table.from_.table] if table.table.from_ else []
    source = candidates(table.name, table.table, lambda: iter(parents), len(parents), streams)
    for candidate in islice(source.start(0), ROWS):
        yield candidate.row(table)


def _make(row: Row, name: str, field: FieldShape, streams: Streams) -> list[Prompt]:
    """Give the row the field's value, or what stands for it, if it has none; and return what Claude would be asked for it."""
    has_value = name in row.values
    with suppress(DataError):  # of what only stands for another
        if not is_wanted(field, row):
            if not has_value:
                leave_out(row, name, field)
            return []
    prompts, value = list[Prompt](), None
    try:
        if isinstance(field, PythonField):
            if not has_value:
                make(row, name, field, streams)
                return []
        elif isinstance(field, Asked) and field.asks == "claude":
            prompts, value = _all_rounds(row, name, field, streams)
        elif isinstance(field, Asked) and not has_value:
            value = field.stand_in(row)
    except SynthgenError:
        value = None  # a fact that cannot be made of what only stands for another
    if not has_value:
        row.give(name, value if value is not None else STANDS.format(name))
        for column in own_columns(name, field):
            row.values.setdefault(column, None)
    return prompts


def _all_rounds(row: Row, name: str, field: Asked, streams: Streams) -> tuple[list[Prompt], Value | Labelled | None]:
    """What is asked for a row in all rounds, a prompt for each brief, and the value that stands for what would come of it."""
    answers: list[Completion] = []
    kept: dict[str, Prompt] = {}
    ahead = field.ask([row], name, streams)[0]
    for _ in range(ROUNDS):
        if not ahead:
            break
        for prompt in ahead:
            if prompt.brief is not None:
                kept.setdefault(prompt.brief.digest, prompt)
            answers.append(Completion(prompt, _answer(prompt, name), "stop"))
        ahead = field.more([row], [answers], name, streams)[0]
    value = field.read(row, answers) if answers else None
    if isinstance(value, Refusal):  # what stands for an answer is none: for a revision stands what it is of
        value = row.values.get(str(getattr(field, "of", "")))
    return list(kept.values()), value


def _answer(prompt: Prompt, name: str) -> str:
    schema = prompt.brief.schema if prompt.brief else ""
    return json.dumps(fitting(json.loads(schema), STANDS.format, name)) if schema else STANDS.format(name) + "\n"
