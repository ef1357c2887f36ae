"""The same request typed in several ways: how the scores of each way differ from those of the baseline, which is the first.

A recipe makes such rows by choices with `pick: each`: for every row of the table above (a request) one row with each of the options, or
with each combination of them. Where several fields are combined, the scores of a request with an option and those with the baseline are
averaged over the same combinations of the others. Rows that are not there, or have no score, are in no pair.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from synthgen.comparison.paired import PairedDifference, holm, paired_difference
from synthgen.comparison.trend import Slope, trend
from synthgen.dataset import Dataset
from synthgen.dataset.columns import PROVENANCE
from synthgen.harness.share import Share, share_of
from synthgen.spec.rows import to_text

SURE = 0.05
"""The corrected p below which a difference is told to be one."""


@dataclass(frozen=True)
class Twins:
    """The rows of a table that are the same requests in several ways: the `options` of each field by its name, the baseline first; and of
    each row the request that it is of, and its value of each field. `levels` are the fields whose options are numbers. Without `paired` the
    rows are of different requests."""

    table: str
    options: Mapping[str, tuple[str, ...]]
    levels: frozenset[str]
    requests: Mapping[str, int]
    values: Mapping[str, Mapping[str, str]]
    paired: bool

    def only(self, fields: Collection[str]) -> Twins | None:
        """The same with only these of its fields told of; None where it has none of them."""
        options = {name: options for name, options in self.options.items() if name in fields}
        return replace(self, options=options, levels=self.levels & options.keys()) if options else None


@dataclass(frozen=True)
class PairedSlice:
    """How the scores with a `value` of a field differ from those with its `baseline`; `corrected_p` is the p for as many comparisons as
    there are (Holm), and `apart` is -1 where the value is surely worse, 1 where it is surely better."""

    field: str
    baseline: str
    value: str
    difference: PairedDifference
    corrected_p: float
    apart: int


@dataclass(frozen=True)
class LevelTrend:
    """The share of right answers at each level of a field, and how it changes with a level."""

    field: str
    levels: dict[str, Share]
    slope: Slope


def twins_of(dataset: Dataset, table: str) -> Twins | None:
    """The rows of a table that has choices with `pick: each`, or is made from one that has; None where neither has."""
    tables, made_by = dataset.recipe.tables, [table]
    while not (fields := _each(dataset, made_by[-1])):
        above = tables[made_by[-1]].parent if made_by[-1] in tables else ""
        if not above or above not in dataset.tables:
            return None
        made_by.append(above)
    names = [name for name in fields if name in dataset.schema(table).names]
    if not names:
        return None
    paired = bool(tables[made_by[-1]].parent)
    links = [_parents(dataset, name) for name in (made_by if paired else made_by[:-1])]
    levels = frozenset(name for name in names if all(_is_number(option) for option in fields[name]))
    options = {name: tuple(dict.fromkeys(_word(option, name in levels) for option in fields[name])) for name in names}
    requests, values = dict[str, int](), dict[str, dict[str, str]]()
    for place, row in enumerate(dataset.rows(table, [*names, f"{PROVENANCE}.row"])):
        row_id, origin = f"{table}-{row[PROVENANCE]['row']}", place
        for parents in links:
            origin = parents[origin] if 0 <= origin < len(parents) else -1
        row_values = {name: _word(row[name], name in levels) for name in names}
        if origin >= 0 and all(value in options[name] for name, value in row_values.items()):
            requests[row_id], values[row_id] = origin, row_values
    return Twins(table, options, levels, requests, values, paired)


def _each(dataset: Dataset, table: str) -> dict[str, list[Any]]:
    """The options of a table's own choices with `pick: each`."""
    recorded = dataset.recipe.tables.get(table)
    fields = recorded.fields if recorded else {}
    options = {name: field.data.get("options") for name, field in fields.items() if field.data.get("pick") == "each"}
    return {name: list(values) for name, values in options.items() if isinstance(values, list) and values}


def _parents(dataset: Dataset, table: str) -> list[int]:
    """The place in the table above of the row that each row was made from, in order; -1 where it is not known."""
    rows = dataset.rows(table, [f"{PROVENANCE}.parent"])
    return [-1 if row[PROVENANCE]["parent"] is None else int(row[PROVENANCE]["parent"]) for row in rows]


def _is_number(option: Any) -> bool:
    return isinstance(option, int | float) and not isinstance(option, bool)


def _word(value: Any, is_level: bool) -> str:
    return f"{float(value):g}" if is_level and _is_number(value) else to_text(value)


# What the scores say


def paired_slices(tables: Sequence[Twins], scores: Mapping[str, float]) -> list[PairedSlice]:
    """How the scores with each value differ from those with the baseline of its field, fields and values in the recipe's order."""
    slices = [paired for twins in tables if twins.paired for paired in _differences(twins, scores)]
    corrected = holm([each_slice.difference.p for each_slice in slices])
    return [
        replace(each_slice, corrected_p=p, apart=(0 if p >= SURE else -1 if each_slice.difference.difference < 0 else 1))
        for each_slice, p in zip(slices, corrected, strict=True)
    ]


def _differences(twins: Twins, scores: Mapping[str, float]) -> Iterator[PairedSlice]:
    for field, (baseline, *others) in twins.options.items():
        cells = _cells(twins, scores, field)
        for value in others:
            pairs = [pair for cell in cells.values() if (pair := _pair(cell, baseline, value))]
            if pairs:
                yield PairedSlice(field, baseline, value, paired_difference(*zip(*pairs, strict=True)), 1.0, 0)


Cell = Mapping[tuple[str, ...], Mapping[str, float]]
"""The scores of a request: by the values of all other fields, and by that of one."""


def _cells(twins: Twins, scores: Mapping[str, float], field: str) -> dict[int, Cell]:
    """The scores of each request, with a field told from the others."""
    listed: dict[int, dict[tuple[str, ...], dict[str, list[float]]]] = defaultdict(lambda: defaultdict(lambda: defaultdict(list)))
    for row, request in twins.requests.items():
        if row in scores:
            others = tuple(value for name, value in twins.values[row].items() if name != field)
            listed[request][others][twins.values[row][field]].append(scores[row])
    return {
        request: {others: {value: sum(same) / len(same) for value, same in by_value.items()} for others, by_value in cell.items()}
        for request, cell in listed.items()
    }


def _pair(cell: Cell, baseline: str, value: str) -> tuple[float, float] | None:
    """A request's mean scores with the baseline and with another value, over the combinations of other fields that have both."""
    both = [by_value for by_value in cell.values() if baseline in by_value and value in by_value]
    if not both:
        return None
    return sum(by_value[baseline] for by_value in both) / len(both), sum(by_value[value] for by_value in both) / len(both)


def level_trends(twins: Twins, scores: Mapping[str, float]) -> list[LevelTrend]:
    """How the scores change with each field whose options are numbers, two or more."""
    return [slope for field in twins.options if field in twins.levels and (slope := _trend(twins, scores, field))]


def _trend(twins: Twins, scores: Mapping[str, float], field: str) -> LevelTrend | None:
    points = list(_points(twins, scores, field))
    slope = trend(*zip(*points, strict=True)) if points else None
    if slope is None:
        return None
    by_level: dict[float, list[float]] = defaultdict(list)
    for _, _, level, score in points:
        by_level[level].append(score)
    return LevelTrend(field, {f"{level:g}": share_of(by_level[level]) for level in sorted(by_level)}, slope)


def _points(twins: Twins, scores: Mapping[str, float], field: str) -> Iterator[tuple[tuple[Any, ...], int, float, float]]:
    """The stratum, the cluster, the level and the score of each row."""
    for row, request in twins.requests.items():
        if row in scores:
            others = tuple(value for name, value in twins.values[row].items() if name != field)
            yield (request if twins.paired else 0, *others), request, float(twins.values[row][field]), scores[row]
