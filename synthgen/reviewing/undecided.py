"""Rows as the application will read them, by what is right for them: those on which nobody has decided, and how many are kept."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from synthgen.dataset import Dataset
from synthgen.dataset.columns import PROVENANCE
from synthgen.dataset.layout import odd_cases
from synthgen.decisions.amended import Honoured, honoured
from synthgen.decisions.known import number_of
from synthgen.harness.cases import EvalCase, Suite, harness_of
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
    none). They may be `continued` from those before, and have the label for input that is `out` of all topics."""

    table: str
    label: str
    rows: list[UndecidedRow]
    continued: bool = False
    out: bool = False


def _reviewed(folder: str | Path) -> tuple[Honoured, Suite]:
    """An output as reviewers left it, and what is exported of it."""
    reviewed = honoured(Dataset.open(folder))
    return reviewed, suite_of(*harness_of(reviewed.dataset))


def _label(suite: Suite, case: EvalCase) -> str:
    """What is right for a row, or what it is about; empty where neither is known."""
    label = case.target if suite.grading["kind"] == "label" else case.labels[suite.topic] if suite.topic else None
    return label if isinstance(label, str) else ""


def kept(folder: str | Path) -> Counter[str]:
    """How many rows of an output's harness are exported, by label. Raises DataError, OutputError."""
    _, suite = _reviewed(folder)
    return Counter(_label(suite, case) for case in suite.cases())


def undecided_seeds(folder: str | Path) -> list[str]:
    """The rows of an output's harness that are seeds of its recipe, as somebody typed them, and on which nobody has decided. Raises
    DataError, OutputError."""
    reviewed, suite = _reviewed(folder)
    dataset, table = reviewed.dataset, suite.rows.table
    columns = {f"{name}_seed" for name, field in dataset.recipe.fields_of(table).items() if field.data.get("seeds_as_rows")}
    columns &= {*dataset.schema(table).names}
    rows = dataset.rows(table, [*columns, f"{PROVENANCE}.row"]) if columns else ()
    seeds, numbers = [row[PROVENANCE]["row"] for row in rows if any(row[column] for column in columns)], {*reviewed.undecided(table)}
    return [f"{table}-{number}" for number in seeds if number in numbers]


def undecided(folder: str | Path) -> Iterator[UndecidedRows]:
    """The first rows of an output's harness on which nobody has decided, by label, a screenful at a time. Raises DataError, OutputError."""
    reviewed, suite = _reviewed(folder)
    table = suite.rows.table
    numbers = set(reviewed.undecided(table))
    by_label, count = dict[str, list[UndecidedRow]](), 0
    for case in suite.cases():
        rows = by_label.setdefault(_label(suite, case), [])  # in the order of all rows
        number = number_of(table, case.id)
        if number in numbers:
            rows.append(UndecidedRow(number, case.text, tuple(odd_cases(case.labels))))
            count += 1
        if count == MOST:
            break
    for label, rows in by_label.items():
        size = math.ceil(len(rows) / math.ceil(len(rows) / TOGETHER)) if rows else 1
        for start in range(0, len(rows), size):
            yield UndecidedRows(table, label, rows[start : start + size], start > 0, bool(label) and label == suite.harness.out)
