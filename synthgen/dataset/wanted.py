"""Which rows of a table are wanted, and in which order."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from synthgen.dataset.dataset import Dataset
from synthgen.dataset.find import rows_at
from synthgen.dataset.layout import Layout, layout_of_values
from synthgen.errors import LISTED, DataError, OutputError, did_you_mean, nearest
from synthgen.spec.paths import get_path, root_of
from synthgen.spec.rows import to_text

CONDITION = re.compile(r"([^=!]+)(=~|!=|=)(.*)", re.DOTALL)
SHORT = 60
"""Characters of a value that may be proposed, at most."""


class Condition(NamedTuple):
    """What the value at a path must be: `=` the value, `!=` another, or `=~` one that has it as a part, whatever the case."""

    path: str
    operator: str
    value: str

    def holds(self, row: Mapping[str, Any]) -> bool:
        """Whether a row fulfils it."""
        actual_text = _comparable(get_path(row, self.path))
        if self.operator == "=~":
            return self.value.casefold() in actual_text.casefold()
        return (actual_text == self.value) == (self.operator == "=")


@dataclass(frozen=True)
class Names:
    """What the fields of a table, finished or set aside, may be called: its columns and parts of them, its labels by their short names,
    and the fields of rows that were set aside as those of the table that they were made for."""

    dataset: Dataset
    table: str
    columns: Sequence[str]
    layout: Layout | None

    def path(self, name: str) -> str:
        """The path of a field in a row. Raises OutputError where there is no such field."""
        root, labels = root_of(name), self.layout.labels if self.layout else {}
        if root in self.columns:
            return name
        if root in labels:
            return labels[root] + name[len(root) :]
        fields = self.dataset.recipe.fields
        if self.layout is None and any(root == field or root.startswith(f"{field}_") for field in fields):
            return f"values.{name}"
        allowed = {*self.columns, *labels, *(fields if self.layout is None else ())}
        raise OutputError(f"table '{self.table}' has no field '{name}'", did_you_mean(name, allowed, "fields"))

    def condition(self, text: str) -> Condition:
        """The condition FIELD=VALUE, FIELD!=VALUE or FIELD=~PART. Raises OutputError, DataError."""
        if not (found := CONDITION.fullmatch(text)):
            hint = "such as --where intent='lost card', --where case!=none, or --where message=~refund for a part of it"
            raise DataError(f"--where {text}: expected FIELD=VALUE", hint)
        name, operator, value = found.groups()
        return Condition(self.path(name.strip()), operator, value.strip())

    @property
    def searched(self) -> list[str]:
        """The columns in which a text is searched: those that are shown."""
        return self.layout.columns if self.layout else [name for name in self.columns if name not in ("table", "row", "try")]

    def leaves(self, row: Mapping[str, Any]) -> Iterator[str]:
        """The texts of a row in which one is searched."""
        for name in self.searched:
            value = row.get(name)
            if self.layout is None and name == "values" and isinstance(value, dict):
                columns = layout_of_values(self.dataset.recipe.fields_of(row["table"]), value).columns
                value = [value[column] for column in columns]
            yield from _leaves(value)


@dataclass(frozen=True)
class Wanted:
    """Rows that fulfil all `conditions` and have the text `search` in one of theirs, sorted by the path `by` ("": as they come),
    `falling` or rising; what has no value comes last."""

    names: Names
    conditions: Sequence[Condition] = ()
    search: str = ""
    by: str = ""
    falling: bool = False

    @classmethod
    def parse(cls, names: Names, where: Sequence[str], search: str, sort: str) -> Wanted:
        """The filter, search and order of a command. Raises OutputError, DataError."""
        falling = sort.startswith("-")
        by = names.path(sort.removeprefix("-").strip()) if sort else ""
        return cls(names, [names.condition(text) for text in where], search.casefold(), by, falling)

    def places(self, candidates: Sequence[int]) -> Sequence[int]:
        """The places of those among the candidates, which are in ascending order. Raises OutputError."""
        if not (self.conditions or self.search or self.by):
            return candidates
        roots = [*(condition.path for condition in self.conditions), *([self.by] if self.by else [])]
        columns = list(dict.fromkeys([*map(root_of, roots), *(self._searched if self.search else ())]))
        rows = zip(candidates, rows_at(self.names.dataset, self.names.table, candidates, columns), strict=False)
        matches = [(place, get_path(row, self.by) if self.by else None) for place, row in rows if self._fits(row)]
        return [place for place, _ in (_sorted(matches, falling=self.falling) if self.by else matches)]

    def unmatched(self, candidates: Sequence[int]) -> list[str]:
        """Of each condition whose value none of the candidates has, that it is so, and the value that was meant or those that there are."""
        exact = [(condition.path, condition.value) for condition in self.conditions if condition.operator != "=~"]
        if not exact:
            return []
        values: dict[str, set[str]] = {path: set() for path, _ in exact}
        for row in rows_at(self.names.dataset, self.names.table, candidates, list(dict.fromkeys(map(root_of, values)))):
            for path, path_values in values.items():
                path_values.add(_comparable(get_path(row, path)))
        return [f"no row has {path}={value}{_instead(value, values[path])}" for path, value in exact if value not in values[path]]

    @property
    def _searched(self) -> list[str]:
        return self.names.searched if self.names.layout else ["table", *self.names.searched]

    def _fits(self, row: Mapping[str, Any]) -> bool:
        return all(condition.holds(row) for condition in self.conditions) and (
            not self.search or any(self.search in leaf.casefold() for leaf in self.names.leaves(row))
        )


def _leaves(value: Any) -> Iterator[str]:
    """The values in a value, as text."""
    if isinstance(value, dict | list):
        for part in value.values() if isinstance(value, dict) else value:
            yield from _leaves(part)
    elif value is not None:
        yield to_text(value)


def _comparable(value: Any) -> str:
    return "None" if value is None else to_text(value)


def _instead(value: str, values: Collection[str]) -> str:
    """The value that was meant, or the values that there are, if they are few and short."""
    if len(values) <= LISTED and all(len(known) <= SHORT for known in values):
        return f"; {did_you_mean(value, values, 'values')}" if values else ""
    near = nearest(value, (known for known in values if len(known) <= SHORT))
    return f"; did you mean '{near}'?" if near else ""


def _sorted(pairs: Sequence[tuple[int, Any]], *, falling: bool) -> list[tuple[int, Any]]:
    """Places and values by their values; equal ones stay as they are, those that are nothing come last."""
    key: Callable[[tuple[int, Any]], Any] = lambda pair: _rank(pair[1])  # noqa: E731
    present = [pair for pair in pairs if not _is_nothing(pair[1])]
    return sorted(present, key=key, reverse=falling) + [pair for pair in pairs if _is_nothing(pair[1])]


def _is_nothing(value: Any) -> bool:
    return value is None or value != value


def _rank(value: Any) -> tuple[int, Any]:
    """What values of any kinds are sorted by: figures, then moments, then texts, whatever their case."""
    if isinstance(value, bool | int | float):
        return 0, value
    if isinstance(value, date):
        return 1, value.isoformat()
    return 2, to_text(value).casefold()
