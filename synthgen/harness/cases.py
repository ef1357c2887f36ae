"""The rows of an output as a harness wants them: an input, perhaps a target, and the labels that results are sliced by."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from synthgen.dataset.dataset import Dataset
from synthgen.dataset.table import TableRows
from synthgen.errors import OutputError, did_you_mean
from synthgen.harness.targets import Targets
from synthgen.recipe.harness import Harness, table_of
from synthgen.recipe.recorded import last_message
from synthgen.spec.paths import get_path, root_of
from synthgen.spec.rows import to_text

Turn = Mapping[str, str]


@dataclass(frozen=True)
class EvalCase:
    """One row: `id` is its table and its place in that, `input` a message or a conversation that ends with the user,
    `target` what the answer should be (or a list of what it may be), `labels` its other values."""

    id: str
    input: str | list[Turn]
    target: str | list[str] | None
    labels: dict[str, Any]

    def messages(self, system: str = "") -> list[Turn]:
        """The input as chat messages, the system prompt first."""
        turns: list[Turn] = [{"role": "user", "content": self.input}] if isinstance(self.input, str) else self.input
        return [{"role": "system", "content": system}, *turns] if system else list(turns)

    @property
    def text(self) -> str:
        """The input as one text."""
        return self.input if isinstance(self.input, str) else "\n".join(f"{turn['role']}: {turn['content']}" for turn in self.input)

    @property
    def blank(self) -> bool:
        """Whether there is nothing to read: such as of the edge case `empty`."""
        return not "".join(turn["content"] for turn in self.messages()).strip()


@dataclass(frozen=True)
class Suite:
    """What is exported: the cases of a table, how answers are graded, and `notes` on both. The label `topic` says what an input is about,
    and `about_it` of which rows that is true."""

    name: str
    about: str
    rows: TableRows
    harness: Harness
    targets: Targets | None
    grading: dict[str, Any]
    labels: dict[str, str]
    model: str
    notes: list[str]
    topic: str | None = None
    about_it: Targets | None = None

    @property
    def slug(self) -> str:
        """The name as Python and every harness can read it."""
        identifier = "".join(letter if letter.isascii() and letter.isalnum() else "_" for letter in self.name)
        return identifier if not identifier[:1].isdigit() else f"_{identifier}"

    def settings(self) -> dict[str, Any]:
        """What the files of a harness read of it."""
        return {"name": self.slug, "about": self.about, "system": self.harness.system, "grading": self.grading}

    def cases(self) -> Iterator[EvalCase]:
        """The rows that can be cases, in order: those with an input and, where targets are wanted, a target."""
        needed = [root_of(self.harness.input), *(column for part in (self.targets, self.about_it) if part for column in part.columns)]
        for name, row in self.rows.read([*needed, *self.labels.values()]):
            case_input, target = input_of(get_path(row, self.harness.input)), target_of(self.targets.of(row)) if self.targets else None
            if case_input is not None and (self.targets is None or target is not None):
                labels = {short: row[column] for short, column in self.labels.items()}
                if self.topic and self.about_it:
                    labels[self.topic] = self.about_it.of(row)
                yield EvalCase(name, case_input, target, labels)


def input_of(value: Any) -> str | list[Turn] | None:
    """A field's value as an input: of a conversation what comes before the last answer. None where there is nothing to answer."""
    if isinstance(value, list) and all(isinstance(turn, dict) and {"role", "content"} <= turn.keys() for turn in value):
        turns: list[Turn] = [{"role": str(turn["role"]), "content": str(turn["content"])} for turn in value]
        while turns and turns[-1]["role"] != "user":
            turns.pop()
        return turns or None
    return None if value is None else to_text(value)


def target_of(value: Any) -> str | list[str] | None:
    """A field's value as a target: text, a list of texts of which each would do, or JSON."""
    if isinstance(value, str | None):
        return value or None
    if isinstance(value, list) and value and all(isinstance(text, str) for text in value):
        return [text for text in value if text] or None
    return json.dumps(value, ensure_ascii=False)


def harness_of(dataset: Dataset, **overrides: Any) -> tuple[TableRows, Harness]:
    """The table that is read, and how: what the output's recipe says under `harness`, the `overrides` in place of that, and where
    neither says an input, the last edge case of the last table that has messages, or else its message. Raises OutputError."""
    tables = {name: TableRows(dataset, name) for name in dataset.tables}
    settings = {**dataset.recipe.harness, **{key: value for key, value in overrides.items() if value is not None}}
    if settings.get("table") is not None:
        dataset.named(str(settings["table"]), aside=False)
    if "input" not in settings:
        settings["input"] = _message(tables, settings.get("table"))
    try:
        harness = Harness.model_validate(settings)
    except ValidationError as error:
        wrong = error.errors()[0]
        raise OutputError(
            f"harness, {'.'.join(map(str, wrong['loc']))}: {wrong['msg']}", "a field is named as input, or as example.reply"
        ) from None
    shipped = {name: set(rows.columns) for name, rows in tables.items()}
    table = table_of(harness, shipped)
    columns = shipped[table] if table else set[str]().union(*shipped.values())
    for path in (harness.input, harness.target):
        if path and root_of(path) not in columns:
            raise OutputError(
                f"{f'table {table!r}' if table else str(dataset.folder)} has no field '{root_of(path)}'",
                did_you_mean(root_of(path), columns, "fields"),
            )
    if table is None:
        raise OutputError(f"no table of {dataset.folder} has both '{harness.input}' and '{harness.target}'", "name fields of one table")
    return tables[table], harness


def _message(tables: Mapping[str, TableRows], table: str | None) -> str:
    for name in [table] if table else reversed(list(tables)):
        if name in tables:
            message_field = last_message(tables[name].dataset.recipe.fields.values(), tables[name].columns)
            if message_field is not None:
                return message_field
    raise OutputError("no field is a message that an application could read", "name one with --input, or under harness: in the recipe")
