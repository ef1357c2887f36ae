"""What of an output decisions can be of: its rows, its fields, and the values that these can have."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from synthgen.dataset import Dataset, Output
from synthgen.dataset.columns import PROVENANCE
from synthgen.decisions.decision import Decision
from synthgen.decisions.review import Review
from synthgen.errors import DataError, did_you_mean
from synthgen.fields import schemas
from synthgen.fields.answer import schema_of
from synthgen.fields.options import each_option
from synthgen.fields.schemas import Schema
from synthgen.spec.parts import RecipeContext
from synthgen.spec.paths import root_of
from synthgen.spec.rows import to_text

if TYPE_CHECKING:
    import pyarrow

READ = ("message", "text", "answer", "reply", "label", "verdict")
"""What fields are that a reviewer reads; what he decides holds as long as they say the same."""
WAITING = ("unsure", "review")
"""The configurations of rows that wait for somebody to decide."""


def review_of(dataset: Dataset) -> Review:
    """The decisions on an output, in the file beside it. Raises DataError, OutputError."""
    return Review.load(Output(dataset.folder).review, Reviewable(dataset))


@dataclass(frozen=True)
class Waiting:
    """A row that waits in a configuration, `where`: its number, its try, the `reason` why, and its values in the columns of its table. One
    that Claude was unsure of `lacks` its answer, the field of that name ("": it lacks nothing)."""

    where: str
    number: int
    attempt: int
    reason: str
    lacks: str
    values: dict[str, Any]


@dataclass(frozen=True)
class Reviewable:
    """An output as reviewers see it."""

    dataset: Dataset
    _numbers: dict[str, set[int]] = field(default_factory=dict, repr=False)
    _forms: dict[tuple[str, str], Schema | None] = field(default_factory=dict, repr=False)

    def fields(self, table: str) -> list[str]:
        """The columns of a table that a reviewer reads."""
        recorded_fields = self.dataset.recipe.fields_of(table)
        return [name for name in self.schemas[table].names if name in recorded_fields and recorded_fields[name].role in READ]

    def options(self, table: str, path: str) -> list[Any] | None:
        """The values that a field, or a part of one, can have; None where it may be any."""
        part_schema = _part(self.form(table, root_of(path)), path)
        return None if part_schema is None else [True, False] if part_schema.get("type") == "boolean" else part_schema.get("enum")

    @cached_property
    def _out(self) -> list[str]:
        """What the answer is where an edge case leaves nothing of a label."""
        out = self.dataset.recipe.harness.get("out")
        return [*map(str, out.values())] if isinstance(out, Mapping) else [str(out)] if out else []

    def form(self, table: str, name: str) -> Schema | None:
        """The JSON Schema of a field's values, as far as the recipe says it."""
        if (table, name) not in self._forms:
            self._forms[table, name] = self._form(table, name)
        return self._forms[table, name]

    def _form(self, table: str, name: str) -> Schema | None:
        if str(self.schemas[table].field(name).type) == "bool":
            return {"type": "boolean"}
        recorded_field = self.dataset.recipe.fields_of(table).get(name)
        listed = (
            None
            if recorded_field is None
            else recorded_field.data.get({"label": "options", "verdict": "rubric"}.get(recorded_field.role, ""))
        )
        if isinstance(listed, list | Mapping):
            listed = dict.fromkeys(option.value for option in each_option(listed))
            text = str(self.schemas[table].field(name).type) == "string"
            return {"enum": [*map(to_text, listed)] if text else list(listed)}
        try:
            return (
                None
                if recorded_field is None or "output" not in recorded_field.data
                else schema_of(recorded_field.data["output"], RecipeContext(Path()))
            )
        except (DataError, ValueError):  # it is in a file that is not here
            return None

    @cached_property
    def schemas(self) -> Mapping[str, pyarrow.Schema]:
        """The columns of each table."""
        return {name: self.dataset.schema(name) for name in self.dataset.tables if self.dataset.paths(name)}

    @cached_property
    def waiting(self) -> dict[str, dict[int, str]]:
        """For each table the numbers of its rows that wait for somebody to decide, each with the configuration that it is in."""
        by_table: dict[str, dict[int, str]] = {name: {} for name in self.dataset.tables}
        for name in (name for name in WAITING if name in self.dataset.aside):
            for batch in self.dataset.batches(name, ["table", "row"]):
                for table, row in zip(batch.column("table").to_pylist(), batch.column("row").to_pylist(), strict=True):
                    by_table.setdefault(table, {})[row] = name
        return by_table

    def waiting_rows(self, table: str, numbers: Collection[int]) -> Iterator[Waiting]:
        """Those rows of a table that wait and have these numbers."""
        schema = self.schemas[table]
        for name in sorted({self.waiting[table][number] for number in numbers if number in self.waiting[table]}):
            for row in self.dataset.rows(name):
                if row["table"] == table and row["row"] in numbers:
                    values = row["values"] or {}
                    texts = {column.name for column in schema if str(column.type) == "string"}
                    columns = {column: values.get(column) for column in schema.names if column != PROVENANCE}
                    columns |= {column: to_text(columns[column]) for column in texts if columns[column] is not None}
                    lacks = row["field"] if name == "unsure" else ""
                    columns |= {lacks: None} if lacks in columns else {}
                    yield Waiting(name, row["row"], row["try"], row["reason"], lacks, columns)

    def numbers(self, table: str) -> set[int]:
        """The numbers of a table's rows, of those too that wait for somebody to decide."""
        if table not in self._numbers:
            batches = self.dataset.batches(table, [f"{PROVENANCE}.row"])
            table_numbers = {number for batch in batches for number in batch.column(PROVENANCE).field("row").to_pylist()}
            self._numbers[table] = table_numbers | self.waiting[table].keys()
        return self._numbers[table]

    def wrong(self, decision: Decision) -> str:
        """Why a decision can be none on this output; "" where it can."""
        table, row = decision.table, decision.row
        if table not in self.schemas:
            return f"{self.dataset.folder} has no table '{table}': {did_you_mean(table, self.schemas, 'tables')}"
        number = number_of(table, row)
        if number is None or number not in self.numbers(table):
            return f"there is no row {row} in table '{table}' of {self.dataset.folder}"
        return self._unfit(decision) if decision.field and decision.decision != "undo" else ""

    def _unfit(self, decision: Decision) -> str:
        """Why the value of a decision cannot be in its field."""
        schema, root = self.schemas[decision.table], root_of(decision.field)
        if root not in schema.names or root == PROVENANCE:
            names = [name for name in schema.names if name != PROVENANCE]
            return f"table '{decision.table}' has no field '{root}': {did_you_mean(root, names, 'fields')}"
        column = schema.field(root).type
        if "." in decision.field and not is_json(column):
            return f"'{root}' is a column of {column} and has no parts"
        value, form = decision.value, self.form(decision.table, root)
        options = self.options(decision.table, decision.field)
        if options is not None and decision.decision == "answer":
            options = [*options, *self._out]
        if options is not None and value is not None and value not in options:
            return f"'{to_text(value)}' is no value of '{decision.field}': {did_you_mean(to_text(value), map(to_text, options), 'options')}"
        part = _part(form, decision.field)
        if part is not None and options is None and value is not None and (why := schemas.misfit(value, part, form, decision.field)):
            return why
        if decision.decision == "answer" or "." in decision.field:
            return ""
        try:
            cells([decision.value], column)
        except ValueError:
            return f"'{root}' is a column of {column}, and {to_text(decision.value)!r} is not"
        return ""


def number_of(table: str, row: str) -> int | None:
    """The number in a row's id, such as traffic-17; None where it is none of that table's."""
    name, _, number = row.rpartition("-")
    is_row_id = name == table and number.isascii() and number.isdecimal() and len(number) < 19 and str(int(number)) == number
    return int(number) if is_row_id else None


def is_json(column: pyarrow.DataType) -> bool:
    """Whether a column holds JSON, which can have parts."""
    return "json" in str(column)


def cells(values: Sequence[Any], column: pyarrow.DataType) -> pyarrow.Array:
    """Values as JSON has them, as a column of that type. Raises ValueError where one does not fit."""
    import pyarrow

    if is_json(column):
        texts = [None if value is None else json.dumps(value, ensure_ascii=False) for value in values]
        return pyarrow.ExtensionArray.from_storage(column, pyarrow.array(texts, column.storage_type))
    if not pyarrow.types.is_boolean(column) and any(isinstance(value, bool) for value in values):
        raise ValueError("a truth value")
    if pyarrow.types.is_integer(column) and any(isinstance(value, float) for value in values):
        raise ValueError("no whole number")  # it would be cut off
    try:
        if pyarrow.types.is_temporal(column):
            return pyarrow.array([None if value is None else str(value) for value in values], pyarrow.string()).cast(column)
        return pyarrow.array(values, column)
    except (pyarrow.ArrowException, OverflowError, TypeError, UnicodeError) as error:
        raise ValueError(str(error)) from None


def _part(form: Schema | None, path: str) -> Schema | None:
    """The JSON Schema of what is at a path in a value of that form; None where it says nothing of it."""
    for name in path.split(".")[1:]:
        form = (form.get("properties") or {}).get(name) if isinstance(form, Mapping) else None
    return form if isinstance(form, Mapping) and "$ref" not in form else None
