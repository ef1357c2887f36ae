"""How the labels of a table are spread, each alone and crossed by voice, case and intent; and how many of them hold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any

from synthgen.reporting.contents import Contents
from synthgen.text.legible import Pieces, legible

MOST, WIDEST = 24, 12
"""Values of a label that are shown alone, and as the columns of a crossing; the rest are counted together."""
CROSSED = 8
"""Labels that are crossed with each of those that come first."""
LEVELS = 9
"""Shades of a crossing's cells."""


@dataclass(frozen=True)
class CountBar:
    """A value, how many rows have it, their share, and the length of its bar as a percentage of the longest."""

    name: Pieces
    count: int
    share: float
    length: float


@dataclass(frozen=True)
class Spread:
    """How a label is spread: its bars, and how many further values there are in how many rows."""

    label: str
    bars: list[CountBar]
    further: int = 0
    further_rows: int = 0


@dataclass(frozen=True)
class Crossing:
    """A label's values (rows) against another's (columns): how many rows of the table have both, and a shade from 0 to LEVELS by the share
    of its line."""

    label: str
    by: str
    columns: list[Pieces]
    lines: list[tuple[Pieces, int, list[tuple[int, float, int]]]]
    complete: bool


@dataclass(frozen=True)
class Holding:
    """How many messages of a field are about their topic, by an estimate: in all, and by topic (rows, share)."""

    field: str
    rows: int
    hold: float
    topics: dict[str, tuple[int, float]]

    def least(self, count: int) -> list[tuple[str, float]]:
        """The topics of which the fewest hold, and their shares."""
        return sorted(((topic, share) for topic, (_, share) in self.topics.items()), key=lambda item: (item[1], item[0]))[:count]

    @property
    def bars(self) -> list[CountBar]:
        """The topics' bars, least first."""
        return [
            CountBar(legible(topic, longest=80), self.topics[topic][0], share, 100 * share) for topic, share in self.least(len(self.topics))
        ]


def bars(counts: Mapping[Any, int], total: int, most: int = MOST) -> tuple[list[CountBar], int, int]:
    """The bars of the commonest values, and how many others there are, in how many rows."""
    ordered = sorted(counts.items(), key=lambda item: (-item[1], str(item[0])))
    longest = max(counts.values(), default=1)
    top_bars = [
        CountBar(legible(value, longest=80), count, count / max(1, total), 100 * count / longest) for value, count in ordered[:most]
    ]
    return top_bars, len(ordered) - len(top_bars), sum(count for _, count in ordered[most:])


def spreads(table: Contents) -> list[Spread]:
    """The spread of each label."""
    return [Spread(label, *bars(counts, table.rows)) for label, counts in _alone(table)]


def _alone(table: Contents) -> Iterator[tuple[str, dict[Any, int]]]:
    for label, column in table.labels.items():
        yield label, {value: count for (value,), count in counted(table, [column]).items()}


def counted(table: Contents, columns: Sequence[str]) -> Counter[tuple[Any, ...]]:
    """How many rows have which values in these columns."""
    counts = Counter[tuple[Any, ...]]()
    for batch in table.dataset.batches(table.name, columns):
        counts.update(zip(*(batch.column(name).to_pylist() for name in columns), strict=True))
    return counts


def crossings(table: Contents) -> list[Crossing]:
    """Each label by voice, case and intent, as far as there are these."""
    labels = list(table.labels)[:CROSSED]
    other_labels = [label for label in labels if label not in table.first]
    pairs = [(label, by) for label in [*reversed(table.first), *other_labels] for by in table.first if by != label]
    seen = set[frozenset[str]]()
    candidates = []
    for label, by in pairs:
        if frozenset((label, by)) not in seen:
            seen.add(frozenset((label, by)))
            candidates.append(_crossing(table, label, by))
    return [crossing for crossing in candidates if len(crossing.columns) > 1 and len(crossing.lines) > 1]


def _crossing(table: Contents, label: str, by: str) -> Crossing:
    counts = counted(table, [table.labels[label], table.labels[by]])
    sums = Counter[Any](), Counter[Any]()
    for pair, count in counts.items():
        for place, value in enumerate(pair):
            sums[place][value] += count
    rows, columns = (_commonest(value_counts, most) for value_counts, most in zip(sums, (MOST, WIDEST), strict=True))
    lines = []
    for row in rows:
        row_counts = [counts[row, column] for column in columns]
        cells = [(count, count / sums[0][row], ceil(LEVELS * count / sums[0][row])) for count in row_counts]
        lines.append((legible(row, longest=80), sums[0][row], cells))
    complete = len(rows) == len(sums[0]) and len(columns) == len(sums[1])
    return Crossing(label, by, [legible(column, longest=40) for column in columns], lines, complete)


def _commonest(counts: Mapping[Any, int], most: int) -> list[Any]:
    return sorted(counts, key=lambda value: (-counts[value], str(value)))[:most]


def holdings(manifest: Mapping[str, Any], table: str) -> list[Holding]:
    """How many labels hold, as the manifest tells it of a table."""
    return [
        Holding(
            field,
            record["rows"],
            record["hold"],
            {str(topic): (topic_record["rows"], topic_record["hold"]) for topic, topic_record in record["topics"].items()},
        )
        for field, record in manifest["tables"][table].get("labels", {}).items()
    ]
