"""The rows on which nobody has decided, as the application will read them, by what is right for them."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from synthgen.dataset import Dataset
from synthgen.dataset.layout import odd_cases
from synthgen.decisions.amended import honoured
from synthgen.decisions.known import number_of
from synthgen.harness.cases import harness_of
from synthgen.harness.suite import suite_of

MOST = 1000
"""Rows that are gone through at a time."""
TOGETHER = 20
"""Rows that are shown at once."""


@dataclass(frozen=True)
class UndecidedRow:
    """A row: its number in its table, its input as one text, and which edge `cases` it is."""

    number: int
    text: str
    cases: tuple[str, ...]


@dataclass(frozen=True)
class UndecidedRows:
    """Rows of a `table`, which are shown at once; all have the `label` that is right for them, or says what they are about ("":
    none). They may be `continued` from those before."""

    table: str
    label: str
    rows: list[UndecidedRow]
    continued: bool = False


def undecided(folder: str | Path) -> Iterator[UndecidedRows]:
    """The first rows of an output's harness on which nobody has decided, by label, a screenful at a time. Raises DataError, OutputError."""
    reviewed = honoured(Dataset.open(folder))
    table, harness = harness_of(reviewed.dataset)
    suite = suite_of(table, harness)
    numbers = set(reviewed.undecided(table.table))
    open_ = ((number, case) for case in suite.cases() if (number := number_of(table.table, case.id)) in numbers)
    by_label = dict[str, list[UndecidedRow]]()
    for number, case in islice(open_, MOST):
        label = case.target if suite.grading["kind"] == "label" else case.labels[suite.topic] if suite.topic else None
        row = UndecidedRow(number, case.text, tuple(odd_cases(case.labels)))
        by_label.setdefault(label if isinstance(label, str) else "", []).append(row)
    for label, rows in by_label.items():
        size = math.ceil(len(rows) / math.ceil(len(rows) / TOGETHER))
        for start in range(0, len(rows), size):
            yield UndecidedRows(table.table, label, rows[start : start + size], start > 0)
