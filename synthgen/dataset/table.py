"""One table of a finished output: its columns, its rows by id, and which of its columns are labels."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from synthgen.dataset.columns import PROVENANCE
from synthgen.dataset.dataset import Dataset
from synthgen.recipe.recorded import RecordedField
from synthgen.spec.rows import plain

if TYPE_CHECKING:
    import pyarrow

FEW, MANY, SHORT = 50, 200, 80
"""Values of a column that is taken for a label, values of one that the recipe says is a label, and characters of a value, at most."""
FEW_VALUES = ("label", "verdict")
"""What fields are whose values are few by what they are."""


@dataclass(frozen=True)
class TableRows:
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
        return {column.name: str(column.type) for column in self.dataset.schema(self.table) if column.name != PROVENANCE}

    def read(self, names: Sequence[str]) -> Iterator[tuple[str, dict[str, Any]]]:
        """The id of each row, and its values in these columns."""
        for row in self.dataset.rows(self.table, [*dict.fromkeys(names), f"{PROVENANCE}.row"]):
            place = row.pop(PROVENANCE)["row"]
            yield f"{self.table}-{place}", plain(row)

    def labels(self, without: Sequence[str] = (), most: int | None = None) -> dict[str, str]:
        """The columns that are labels, each under its short name: `voice` for `message_voice` where only one field has a voice. They are
        judged by the first `most` rows (None: by all)."""
        makers = self.dataset.recipe.fields
        typed = {name for name in self.columns if name in makers and makers[name].role == "message"}  # twins of few messages, too
        facts = {name for name in self.columns if name in makers and makers[name].is_fact}
        few_valued = self._few([name for name in self.columns if name not in {*typed, *facts, *without}], most)
        labels = list[str]()
        for name in (name for name in self.columns if name in few_valued):
            values, rows = few_valued[name]
            if not is_label(name, self.columns[name], makers) and (len(values) > rows / 2 or self.columns[name] != "string"):
                continue
            labels.append(name)
        return short_names(labels, self.columns, makers, lambda name, other: self._same(name, other, most))

    def _few(self, names: Sequence[str], most: int | None) -> dict[str, tuple[set[Any], int]]:
        """Those columns that hold few and short values, each with these and the number of its rows."""
        open_ = [name for name in names if self.columns[name] in ("string", "bool", "int64")]
        makers = self.dataset.recipe.fields
        most_values = {name: MANY if is_label(name, self.columns[name], makers) else FEW for name in open_}
        values: dict[str, set[Any]] = {name: set() for name in open_}
        count = 0
        for batch in self._batches(open_, most):
            count += batch.num_rows
            for name in list(values):
                values[name].update(batch.column(name).unique().to_pylist())
                too_long = any(isinstance(value, str) and len(value) > SHORT for value in values[name])
                if too_long or len(values[name]) > most_values[name]:
                    del values[name]
        return {name: (distinct, count) for name, distinct in values.items()}

    def _same(self, name: str, other: str, most: int | None) -> bool:
        batches = self._batches([name, other], most)
        return all(batch.column(name).to_pylist() == batch.column(other).to_pylist() for batch in batches)

    def _batches(self, names: Sequence[str], most: int | None) -> Iterator[pyarrow.RecordBatch]:
        """These columns of the first `most` rows, or a few more."""
        count = 0
        for batch in self.dataset.batches(self.table, names):
            yield batch
            count += batch.num_rows
            if most is not None and count >= most:
                return


def origin_of(column: str, makers: Mapping[str, RecordedField]) -> tuple[str, str]:
    """The field whose label a column is, and that label's name; two empty ones for a column of its own."""
    if column in makers:
        return "", ""
    field = max((maker for maker in makers if column.startswith(f"{maker}_")), key=len, default="")
    return field, column[len(field) + 1 :] if field else ""


def is_label(column: str, kind: str, makers: Mapping[str, RecordedField]) -> bool:
    """Whether a column of this type is a label by what it is, whatever its values."""
    field, label = origin_of(column, makers)
    return kind == "bool" or (label in makers[field].sliced if field else column in makers and makers[column].role in FEW_VALUES)


def short_names(
    labels: Sequence[str], columns: Collection[str], makers: Mapping[str, RecordedField], same: Callable[[str, str], bool]
) -> dict[str, str]:
    """The columns that are labels by their short names, but for those that hold the `same` as the column of that name."""
    origins = {name: origin_of(name, makers) for name in columns}
    names = dict[str, str]()
    for name in labels:
        label = origins[name][1]
        if label in columns and same(name, label):
            continue  # said by that column already
        alone = label and label not in columns and [origin_label for _, origin_label in origins.values()].count(label) == 1
        names[label if alone else name] = name
    return names
