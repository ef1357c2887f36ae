"""Decisions on rows that are named, without the page: who reads them at a terminal writes down which are bad, and says so once."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from synthgen.dataset import Dataset
from synthgen.dataset.columns import PROVENANCE
from synthgen.decisions.decision import Decision, seen
from synthgen.decisions.known import Reviewable, number_of, review_of
from synthgen.errors import OutputError

Verdict = Literal["accept", "reject", "unsure"]


def decide(folder: str | Path, rows: Sequence[str], verdict: Verdict, *, by: str, reason: str = "") -> int:
    """Decide on rows by their names, such as traffic-6, or 6 in the first table, all in the same way, and say on how many. Nothing is
    written unless all of them are there. Raises OutputError, DataError."""
    dataset = Dataset.open(folder)
    review, reviewable = review_of(dataset), Reviewable(dataset)
    wanted: dict[str, dict[int, str]] = {}
    for name in dict.fromkeys(rows):
        full = f"{dataset.tables[0]}-{name}" if name.isdecimal() else name
        table = full.rpartition("-")[0]
        number = number_of(table, full) if table in dataset.tables else None
        if number is None:
            raise OutputError(
                f"{folder}: '{name}' names no row", f"such as {dataset.tables[0]}-6; `synthgen look {folder} --short` shows them"
            )
        wanted.setdefault(table, {})[number] = full
    decisions = list[Decision]()
    for table, names in wanted.items():
        read = reviewable.fields(table)
        for row in dataset.rows(table):
            if name := names.pop(row[PROVENANCE]["row"], ""):
                decisions.append(Decision(by, table, name, verdict, reason=reason if verdict == "reject" else "", seen=seen(row, read)))
        if names:
            first = next(iter(names.values()))
            raise OutputError(
                f"{folder} has no row {first}", f"`synthgen look {folder} --short` shows which there are; nothing was written"
            )
    for decision in decisions:
        review.append(decision)
    return len(decisions)
