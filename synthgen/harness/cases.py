"""The rows of an output as a harness wants them: an input, perhaps a target, and the labels that results are sliced by."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from pydantic import ValidationError

from synthgen.dataset.columns import PROVENANCE
from synthgen.dataset.dataset import Dataset
from synthgen.errors import OutputError, did_you_mean
from synthgen.harness.targets import Targets
from synthgen.recipe.harness import Harness, root, table_of
from synthgen.recipe.roles import all_fields, kind_of, last_message, role
from synthgen.spec.rows import held, plain, written

FEW, SHORT = 50, 80
"""Values that a label may have, and characters of one, at most."""
FEW_VALUES = ("label", "verdict")
"""What fields are whose values are few by what they are."""
Turn = Mapping[str, str]


@dataclass(frozen=True)
class Case:
    """One row: `id` is its table and its place in that, `input` a message or a conversation that ends with the user,
    `target` what the answer should be (or a list of what it may be), `labels` what is known of it."""

    id: str
    input: str | list[Turn]
    target: str | list[str] | None
    labels: dict[str, Any]

    def messages(self, system: str = "") -> list[Turn]:
        """The input as chat messages, the system prompt first."""
        told: list[Turn] = [{"role": "user", "content": self.input}] if isinstance(self.input, str) else self.input
        return [{"role": "system", "content": system}, *told] if system else list(told)

    @property
    def text(self) -> str:
        """The input as one text."""
        return self.input if isinstance(self.input, str) else "\n".join(f"{turn['role']}: {turn['content']}" for turn in self.input)

    @property
    def blank(self) -> bool:
        """Whether there is nothing to read: such as of the edge case `empty`."""
        return not "".join(turn["content"] for turn in self.messages()).strip()


@dataclass(frozen=True)
class Rows:
    """One table of an output: its columns, and which of them are labels."""

    dataset: Dataset
    table: str

    @property
    def manifest(self) -> Mapping[str, Any]:
        """The output's."""
        return self.dataset.manifest

    @cached_property
    def columns(self) -> dict[str, str]:
        """The columns that ship, each with the name of its Arrow type."""
        return {one.name: str(one.type) for one in self.dataset.schema(self.table) if one.name != PROVENANCE}

    def read(self, names: Sequence[str]) -> Iterator[tuple[str, dict[str, Any]]]:
        """The id of each row, and its values in these columns."""
        for row in self.dataset.rows(self.table, [*dict.fromkeys(names), f"{PROVENANCE}.row"]):
            place = row.pop(PROVENANCE)["row"]
            yield f"{self.table}-{place}", plain(row)

    def labels(self, without: Sequence[str] = ()) -> dict[str, str]:
        """The columns that are labels, each under its short name: `voice` for `message_voice` where only one field has a voice."""
        makers = all_fields(self.manifest["recipe"])
        of = {
            name: next(((each, name[len(each) + 1 :]) for each in makers if name.startswith(f"{each}_")), ("", ""))
            for name in self.columns
            if name not in makers
        }
        held = self._few([name for name in self.columns if name not in without])
        found: dict[str, str] = {}
        for name in (name for name in self.columns if name in held):
            values, rows = held[name]
            field, label = of.get(name, ("", ""))
            sure = self.columns[name] == "bool" or (
                label in kind_of(makers[field]).sliced if field else role(makers.get(name, {})) in FEW_VALUES
            )
            if not sure and (len(values) > rows / 2 or self.columns[name] != "string"):
                continue
            if label in self.columns and self._same(name, label):
                continue  # said by that column already
            alone = label and label not in self.columns and [of[each][1] for each in of].count(label) == 1
            found[label if alone else name] = name
        return found

    def _few(self, names: Sequence[str]) -> dict[str, tuple[set[Any], int]]:
        """Those columns that hold few and short values, each with these and the number of its rows."""
        held: dict[str, tuple[set[Any], int]] = {}
        open_ = [name for name in names if self.columns[name] in ("string", "bool", "int64")]
        values: dict[str, set[Any]] = {name: set() for name in open_}
        count = 0
        for _, row in self.read(open_):
            count += 1
            for name in list(values):
                values[name].add(row[name])
                if len(values[name]) > FEW or (isinstance(row[name], str) and len(row[name]) > SHORT):
                    del values[name]
        for name, found in values.items():
            held[name] = (found, count)
        return held

    def _same(self, name: str, other: str) -> bool:
        return all(row[name] == row[other] for _, row in self.read([name, other]))


@dataclass(frozen=True)
class Suite:
    """What is exported: the cases of a table, how answers are graded, and what is to be told of both."""

    name: str
    about: str
    rows: Rows
    harness: Harness
    targets: Targets | None
    grading: dict[str, Any]
    labels: dict[str, str]
    model: str
    notes: list[str]

    @property
    def slug(self) -> str:
        """The name as Python and every harness can read it."""
        kept = "".join(letter if letter.isascii() and letter.isalnum() else "_" for letter in self.name)
        return kept if not kept[:1].isdigit() else f"_{kept}"

    def settings(self) -> dict[str, Any]:
        """What the files of a harness read of it."""
        return {"name": self.slug, "about": self.about, "system": self.harness.system, "grading": self.grading}

    def cases(self) -> Iterator[Case]:
        """The rows that can be cases, in order: those with an input and, where targets are wanted, a target."""
        needed = [root(self.harness.input), *(self.targets.columns if self.targets else [])]
        for name, row in self.rows.read([*needed, *self.labels.values()]):
            given, target = asked(held(row, self.harness.input)), answer(self.targets.of(row)) if self.targets else None
            if given is not None and (self.targets is None or target is not None):
                yield Case(name, given, target, {short: row[column] for short, column in self.labels.items()})


def asked(value: Any) -> str | list[Turn] | None:
    """A field's value as an input: of a conversation what comes before the last answer. None where there is nothing to answer."""
    if isinstance(value, list) and all(isinstance(turn, dict) and {"role", "content"} <= turn.keys() for turn in value):
        turns: list[Turn] = [{"role": str(turn["role"]), "content": str(turn["content"])} for turn in value]
        while turns and turns[-1]["role"] != "user":
            turns.pop()
        return turns or None
    return None if value is None else written(value)


def answer(value: Any) -> str | list[str] | None:
    """A field's value as a target: text, a list of texts of which each would do, or JSON."""
    if isinstance(value, str | None):
        return value or None
    if isinstance(value, list) and value and all(isinstance(one, str) for one in value):
        return [one for one in value if one] or None
    return json.dumps(value, ensure_ascii=False)


def harness_of(dataset: Dataset, **given: Any) -> tuple[Rows, Harness]:
    """The table that is read, and how: what the output's recipe says under `harness`, what is `given` in place of that, and where
    neither says an input, the last edge case of the last table that has messages, or else its message. Raises OutputError."""
    every = {name: Rows(dataset, name) for name in dataset.tables}
    said = {**(dataset.recipe.get("harness") or {}), **{key: value for key, value in given.items() if value is not None}}
    if said.get("table") is not None:
        dataset.named(str(said["table"]), aside=False)
    if "input" not in said:
        said["input"] = _message(every, said.get("table"))
    try:
        harness = Harness.model_validate(said)
    except ValidationError as error:
        wrong = error.errors()[0]
        raise OutputError(
            f"harness, {'.'.join(map(str, wrong['loc']))}: {wrong['msg']}", "a field is named as input, or as example.reply"
        ) from None
    shipped = {name: set(rows.columns) for name, rows in every.items()}
    table = table_of(harness, shipped)
    known = shipped[table] if table else set[str]().union(*shipped.values())
    for path in (harness.input, harness.target):
        if path and root(path) not in known:
            raise OutputError(
                f"{f'table {table!r}' if table else str(dataset.folder)} has no field '{root(path)}'",
                did_you_mean(root(path), known, "fields"),
            )
    if table is None:
        raise OutputError(f"no table of {dataset.folder} has both '{harness.input}' and '{harness.target}'", "name fields of one table")
    return every[table], harness


def _message(tables: Mapping[str, Rows], table: str | None) -> str:
    for name in [table] if table else reversed(list(tables)):
        if name in tables:
            found = last_message(all_fields(tables[name].manifest["recipe"]), tables[name].columns)
            if found is not None:
                return found
    raise OutputError("no field is a message that an application could read", "name one with --input, or under harness: in the recipe")
