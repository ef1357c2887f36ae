"""The rows that an application was tested on, each with how far it failed, and what the recipe says of the fields that they are made by."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from synthgen.dataset import Dataset
from synthgen.dataset.table import TableRows
from synthgen.fields import FieldShape
from synthgen.fields.options import key_text
from synthgen.focusing.weights import Failures
from synthgen.harness.cases import EvalCase, harness_of, input_of
from synthgen.harness.pairing import Twins, twins_of
from synthgen.harness.scored import HUMAN, Scored
from synthgen.recipe.shape import Recipe
from synthgen.spec.paths import get_path, root_of

FAILED = 0.5
"""How far a row fails that is taken for a failing one: 0 is right, 1 is wrong."""


@dataclass(frozen=True)
class TestedTable:
    """A table whose rows an application was tested on: how far each of them `failed`, 0 to 1, by its id. `recipe` is the one to change."""

    dataset: Dataset
    recipe: Recipe
    name: str
    failed: Mapping[str, float]

    @cached_property
    def lineage(self) -> list[str]:
        """The table, and those that it is made from."""
        names = [self.name]
        while (table := self.recipe.tables.get(names[-1])) and table.from_ is not None and table.from_.table not in names:
            names.append(table.from_.table)
        return names

    def fields(self) -> Iterator[tuple[str, str, FieldShape]]:
        """The fields behind a row: the table, the name and the field."""
        for table in self.lineage:
            yield from ((table, name, field) for name, field in self.recipe.tables[table].fields.items())

    @cached_property
    def rows(self) -> TableRows:
        """The rows as they ship."""
        return TableRows(self.dataset, self.name)

    @cached_property
    def input(self) -> str:
        """What the application reads: a field, or a part of one. Raises OutputError."""
        return harness_of(self.dataset, table=self.name)[1].input

    def made_from(self) -> list[str]:
        """The field that the application reads and those that it goes back to, the first one last."""
        fields = {name: field for _, name, field in reversed(list(self.fields()))}
        names, name = list[str](), root_of(self.input)
        while name in fields and name not in names:
            names.append(name)
            name = str(getattr(fields[name], "of", "") or "")
        return names

    def values(self, columns: Sequence[str]) -> Iterator[tuple[str, dict[str, Any]]]:
        """The tested rows, each with its id and its values in these columns."""
        return ((row, values) for row, values in self.rows.read(columns) if row in self.failed)

    def text(self, values: Mapping[str, Any]) -> str:
        """What the application read of a row, as one text; "" where there was nothing."""
        read = input_of(get_path(values, self.input))
        return "" if read is None else " ".join(EvalCase("", read, None, {}).text.split())

    @cached_property
    def _twins(self) -> Twins | None:
        return twins_of(self.dataset, self.name)

    @cached_property
    def requests(self) -> int:
        """How many requests the tested rows are of."""
        return len({self._request(row) for row in self.failed})

    def _request(self, row: str) -> object:
        return self._twins.requests.get(row, row) if self._twins else row

    def failures(self, column: str) -> dict[str, Failures]:
        """How many requests there are of each value of a column, and how far they failed: the mean of a request's rows with that value."""
        by_value: dict[str, dict[object, list[float]]] = defaultdict(lambda: defaultdict(list))
        for row, values in self.values([column]):
            by_value[key_text(values[column])][self._request(row)].append(self.failed[row])
        return {
            value: Failures(len(requests), sum(sum(failed) / len(failed) for failed in requests.values()))
            for value, requests in by_value.items()
        }


def tested_tables(scored: Scored, recipe: Recipe) -> list[TestedTable]:
    """The tables that have results; a row's failure is the mean of all runs and grades, people's left out."""
    scores: dict[str, list[float]] = defaultdict(list)
    for run in (run for run in scored.runs if run.run != HUMAN):
        for row, score in run.scores.items():
            scores[row].append(score)
    by_table: dict[str, dict[str, float]] = defaultdict(dict)
    for row, row_scores in scores.items():
        by_table[row.rpartition("-")[0]][row] = 1 - sum(row_scores) / len(row_scores)
    return [TestedTable(scored.dataset, recipe, table, failed) for table, failed in sorted(by_table.items()) if table in recipe.tables]
