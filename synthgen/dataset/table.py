"""One table of a finished output: its columns, its rows by id, and which of its columns are labels."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from synthgen.dataset.columns import PROVENANCE
from synthgen.dataset.dataset import Dataset
from synthgen.spec.rows import plain

FEW, SHORT = 50, 80
"""Values that a label may have, and characters of one, at most."""
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
        return {one.name: str(one.type) for one in self.dataset.schema(self.table) if one.name != PROVENANCE}

    def read(self, names: Sequence[str]) -> Iterator[tuple[str, dict[str, Any]]]:
        """The id of each row, and its values in these columns."""
        for row in self.dataset.rows(self.table, [*dict.fromkeys(names), f"{PROVENANCE}.row"]):
            place = row.pop(PROVENANCE)["row"]
            yield f"{self.table}-{place}", plain(row)

    def labels(self, without: Sequence[str] = ()) -> dict[str, str]:
        """The columns that are labels, each under its short name: `voice` for `message_voice` where only one field has a voice."""
        makers = self.dataset.recipe.fields
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
                label in makers[field].sliced if field else name in makers and makers[name].role in FEW_VALUES
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
        open_ = [name for name in names if self.columns[name] in ("string", "bool", "int64")]
        values: dict[str, set[Any]] = {name: set() for name in open_}
        count = 0
        for batch in self.dataset.batches(self.table, open_):
            count += batch.num_rows
            for name in list(values):
                values[name].update(batch.column(name).unique().to_pylist())
                if len(values[name]) > FEW or any(isinstance(value, str) and len(value) > SHORT for value in values[name]):
                    del values[name]
        return {name: (found, count) for name, found in values.items()}

    def _same(self, name: str, other: str) -> bool:
        batches = self.dataset.batches(self.table, [name, other])
        return all(batch.column(name).to_pylist() == batch.column(other).to_pylist() for batch in batches)
