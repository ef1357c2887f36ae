"""Two versions of a dataset: what changed in the recipe, in the rows, in how labels and styles are distributed, and in what the
manifests say.

Rows are the same row in both versions when they have the same number in their table. Shares are compared by Newcombe's interval, style
features by the two-sample Kolmogorov-Smirnov test, both at a confidence raised to the number of shares or features that are looked at
(Bonferroni). Both take the versions for independent samples; where most rows are the same they are less sure than they might be, never
surer.
"""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from itertools import islice
from math import log, sqrt
from pathlib import Path
from typing import Any

from synthgen.comparison.rows import RowChanges, row_changes
from synthgen.comparison.shares import difference
from synthgen.dataset import Dataset
from synthgen.dataset.columns import PROVENANCE
from synthgen.dataset.table import TableRows
from synthgen.errors import OutputError, did_you_mean
from synthgen.spec import pages
from synthgen.spec.rows import to_text

RECIPE = "recipe.yaml"
CONFIDENCE = 0.95
MEASURED = 10_000
"""Messages of a field whose style is measured; of more, so many that lie evenly among them."""


@dataclass(frozen=True)
class Shift:
    """A value of a label: its rows and its share before and after, the 95 % interval of the difference, and whether that is surely more
    than chance."""

    label: str
    value: str
    rows: tuple[int, int]
    shares: tuple[float, float]
    low: float
    high: float
    sure: bool


@dataclass(frozen=True)
class StyleShift:
    """A style feature of a field's messages: its mean before and after, the Kolmogorov-Smirnov distance of the two distributions (0: the
    same), and whether that is surely more than chance."""

    field: str
    feature: str
    means: tuple[float, float]
    distance: float
    sure: bool


@dataclass(frozen=True)
class Figure:
    """What the manifests say of one thing, before and after; None where one doesn't. `unit` is share, count or dollars."""

    name: str
    before: float | None
    after: float | None
    unit: str = "share"


@dataclass(frozen=True)
class TableDifference:
    """What changed in a table: its columns, its rows, how its labels and styles are distributed, the largest change first, and what the
    manifests say of it."""

    name: str
    columns_gone: list[str]
    columns_new: list[str]
    rows: RowChanges
    labels: list[Shift]
    styles: list[StyleShift]
    figures: list[Figure]

    @property
    def differs(self) -> bool:
        """Whether anything in its rows or columns does."""
        rows = self.rows
        return bool(self.columns_gone or self.columns_new or rows.added or rows.gone or rows.changed)


@dataclass(frozen=True)
class Difference:
    """What changed from the output in `before` to the one in `after`: the recipe, as a unified diff, the tables that are there in one only,
    those in both, what the manifests say of the whole, and what else is to be known (`notes`)."""

    before: Path
    after: Path
    recipe: str
    tables_gone: list[str]
    tables_new: list[str]
    tables: list[TableDifference]
    figures: list[Figure] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def differs(self) -> bool:
        """Whether the recipe, a table or a row does."""
        return bool(self.recipe or self.tables_gone or self.tables_new or any(table.differs for table in self.tables))

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {"differs": self.differs, **asdict(self), "before": str(self.before), "after": str(self.after)}

    def __repr__(self) -> str:
        changes = [
            f"{table.name} {table.rows.added:,} rows new, {table.rows.gone:,} gone, {table.rows.changed:,} changed" for table in self.tables
        ]
        return f"Difference({'; '.join(changes)}{'; another recipe' if self.recipe else ''})"

    def _repr_html_(self) -> str:
        rows = [(table.name, table.rows.added, table.rows.gone, table.rows.changed, table.rows.same) for table in self.tables]
        moved = [
            (table.name, shift.label, shift.value, f"{shift.shares[0]:.1%}", f"{shift.shares[1]:.1%}")
            for table in self.tables
            for shift in table.labels
        ]
        return pages.page(
            pages.table(["table", "new", "gone", "changed", "the same"], rows),
            pages.table(["table", "label", "value", "before", "after"], moved[: pages.ROWS]) if moved else "",
        )


def diff(before: str | Path, after: str | Path, table: str | None = None) -> Difference:
    """What changed from one output to another; with `table`, in that table only. Raises OutputError."""
    first, second = Dataset.open(before), Dataset.open(after)
    table_names = list(dict.fromkeys([*first.tables, *second.tables]))
    if table is not None and table not in table_names:
        raise OutputError(f"neither {before} nor {after} has a table '{table}'", did_you_mean(table, table_names, "tables"))
    compared = [table] if table is not None else table_names
    return Difference(
        first.folder,
        second.folder,
        _recipe(first, second),
        [name for name in compared if name not in second.tables],
        [name for name in compared if name not in first.tables],
        [_table(first, second, name) for name in compared if name in first.tables and name in second.tables],
        list(_totals(first.manifest, second.manifest)),
        list(_notes(first, second)),
    )


def _recipe(first: Dataset, second: Dataset) -> str:
    (first_lines, first_name), (second_lines, second_name) = (
        (output.texts.get(RECIPE, b"").decode("utf-8", "replace").splitlines(), f"{output.folder}/{RECIPE}") for output in (first, second)
    )
    return "\n".join(difflib.unified_diff(first_lines, second_lines, first_name, second_name, lineterm=""))


def _table(first: Dataset, second: Dataset, name: str) -> TableDifference:
    first_columns, second_columns = ([column for column in output.schema(name).names if column != PROVENANCE] for output in (first, second))
    shared = [column for column in first_columns if column in second_columns]
    return TableDifference(
        name,
        [column for column in first_columns if column not in shared],
        [column for column in second_columns if column not in shared],
        row_changes(first, second, name, shared),
        _labels(first, second, name, shared),
        _styles(first, second, name, shared),
        list(_figures(first.manifest["tables"][name], second.manifest["tables"][name])),
    )


# Labels


def _labels(first: Dataset, second: Dataset, table: str, shared: Sequence[str]) -> list[Shift]:
    """The shares of all values of all labels, those that moved most first."""
    labels = {**TableRows(first, table).labels(), **TableRows(second, table).labels()}
    counts = {
        label: (_counts(first, table, column), _counts(second, table, column)) for label, column in labels.items() if column in shared
    }
    looks = sum(len(before | after) for before, after in counts.values())
    shifts = []
    for label, (before, after) in counts.items():
        total_before, total_after = before.total(), after.total()
        for value in before | after if total_before and total_after else ():
            count_before, count_after = before[value], after[value]
            low, high = difference(count_after, total_after, count_before, total_before, CONFIDENCE)
            least, most = difference(count_after, total_after, count_before, total_before, 1 - (1 - CONFIDENCE) / looks)
            shares = count_before / total_before, count_after / total_after
            shifts.append(Shift(label, value, (count_before, count_after), shares, round(low, 4), round(high, 4), least > 0 or most < 0))
    return sorted(shifts, key=lambda shift: (-abs(shift.shares[1] - shift.shares[0]), shift.label, shift.value))


def _counts(output: Dataset, table: str, column: str) -> Counter[str]:
    counts = Counter[str]()
    for path in output.paths(table):
        with output.stored(path) as stored:
            for batch in stored.iter_batches(batch_size=100_000, columns=[column], use_threads=False):
                for entry in batch.column(column).value_counts().to_pylist():
                    counts[to_text(entry["values"])] += entry["counts"]
    return counts


# Styles


def _styles(first: Dataset, second: Dataset, table: str, shared: Sequence[str]) -> list[StyleShift]:
    """The style features of what was typed, those that differ most first."""
    fields = first.recipe.fields_of(table).keys() & second.recipe.fields_of(table).keys()
    typed = [
        name
        for name in shared
        if name in fields and all(output.recipe.fields_of(table)[name].role == "message" for output in (first, second))
    ]
    typed = [name for name in typed if all(str(output.schema(table).field(name).type) == "string" for output in (first, second))]
    shifts = [shift for name in typed for shift in _shifts(name, _texts(first, table, name), _texts(second, table, name), len(typed))]
    return sorted(shifts, key=lambda shift: (-shift.distance, shift.field, shift.feature))


def _texts(output: Dataset, table: str, name: str) -> list[str]:
    step = -(-output.manifest["tables"][table]["rows"] // MEASURED) or 1
    return [row[name] for row in islice(output.rows(table, [name]), 0, None, step) if row[name]]


def _shifts(name: str, before: Sequence[str], after: Sequence[str], fields: int) -> Iterator[StyleShift]:
    from synthgen.comparison.divergence import kolmogorov_smirnov
    from synthgen.voices.features import FEATURES, features

    if not before or not after or before == after:
        return
    features_before, features_after = features(before), features(after)
    chance = (1 - CONFIDENCE) / (len(FEATURES) * fields)
    limit = sqrt(-log(chance / 2) / 2 * (len(before) + len(after)) / (len(before) * len(after)))
    for place, feature in enumerate(FEATURES):
        distance = kolmogorov_smirnov(features_before[:, place], features_after[:, place])
        if distance:
            means = float(features_before[:, place].mean()), float(features_after[:, place].mean())
            yield StyleShift(name, feature, means, round(distance, 4), distance > limit)


# What the manifests say


def _figures(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Figure]:
    yield Figure("rows", before["rows"], after["rows"], "count")
    yield Figure("refused, of all tries", _refused(before), _refused(after))
    for by in dict.fromkeys([*before["refused"], *after["refused"]]):
        yield Figure(f"refused by {by}", _refused(before, by), _refused(after, by))
    for to in dict.fromkeys([*before.get("aside", {}), *after.get("aside", {})]):
        yield Figure(f"rows in {to}", before.get("aside", {}).get(to, 0), after.get("aside", {}).get(to, 0), "count")
    for name in dict.fromkeys([*before.get("labels", {}), *after.get("labels", {})]):
        hold_before, hold_after = (table_record.get("labels", {}).get(name, {}).get("hold") for table_record in (before, after))
        yield Figure(f"labels of {name} that hold", hold_before, hold_after)
    met = [
        {(name, voice): style["figures"] for name, voices in table_record.get("styles", {}).items() for voice, style in voices.items()}
        for table_record in (before, after)
    ]
    for name, voice in dict.fromkeys([*met[0], *met[1]]):
        met_before, met_after = (_met(styles[name, voice]) if (name, voice) in styles else None for styles in met)
        yield Figure(f"figures of style that {name} meets as {voice}", met_before, met_after)


def _refused(table_record: Mapping[str, Any], by: str | None = None) -> float:
    count = sum(table_record["refused"].values()) if by is None else int(table_record["refused"].get(by, 0))
    return float(count / max(1, table_record["tries"]))


def _met(figures: Mapping[str, Mapping[str, Any]]) -> float:
    return sum(bool(figure["like"]) for figure in figures.values()) / max(1, len(figures))


def _totals(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Figure]:
    costs_before, costs_after = (
        [entry["cost"] for entry in manifest.get("spent", []) if entry["cost"] is not None] for manifest in (before, after)
    )
    if costs_before or costs_after:
        yield Figure(
            "cost of all answers", sum(costs_before) if costs_before else None, sum(costs_after) if costs_after else None, "dollars"
        )


def _notes(first: Dataset, second: Dataset) -> Iterator[str]:
    """Other differences, which may be why rows differ."""
    manifest_before, manifest_after = first.manifest, second.manifest
    if manifest_before["fingerprint"] != manifest_after["fingerprint"] and not _recipe(first, second):
        yield "the recipe is the same, but not all that it was run with: a file that it reads, or synthgen itself, has changed"
    for section in ("versions", "models"):
        for name in dict.fromkeys([*manifest_before[section], *manifest_after[section]]):
            before, after = manifest_before[section].get(name, "none"), manifest_after[section].get(name, "none")
            if before != after:
                yield f"{name}: {before} before, {after} after"
