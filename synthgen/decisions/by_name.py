"""Decisions on rows that are named, without the page: who reads them at a terminal writes down which are bad, and says so once."""

from __future__ import annotations

import getpass
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

from synthgen.dataset import Dataset
from synthgen.dataset.columns import PROVENANCE
from synthgen.decisions.decision import Decision, seen
from synthgen.decisions.known import Reviewable, number_of, review_of
from synthgen.errors import DataError, OutputError

Verdict = Literal["accept", "reject", "unsure"]
USUAL = "not good enough"
"""Why rows are rejected of which nobody says why."""


def decide(folder: str | Path, rows: Mapping[Verdict, Sequence[str | int]], *, by: str = "", reason: str = "") -> None:
    """Decide on rows by their names, such as traffic-6, or 6 in the first table: what each verdict is on, and the reason of those that are
    rejected. `by` is who decides (default: who works here). Nothing is written unless all rows are there. Raises OutputError, DataError."""
    dataset = Dataset.open(folder)
    review, reviewable = review_of(dataset), Reviewable(dataset)
    verdicts: dict[str, dict[int, Verdict]] = {}
    for verdict, names in rows.items():
        for name in dict.fromkeys(map(str, names)):
            table, number = _place(folder, dataset.tables, name)
            if verdicts.setdefault(table, {}).setdefault(number, verdict) != verdict:
                raise DataError(f"{name} is to be {' and '.join(f'{other}ed' for other in rows)}", "give it to one of them")
    decisions = list[Decision]()
    for table, wanted in verdicts.items():
        read = reviewable.fields(table)
        for row in dataset.rows(table):
            number = row[PROVENANCE]["row"]
            if number in wanted:
                what = wanted.pop(number)
                why = (reason or USUAL) if what == "reject" else ""
                decisions.append(Decision(by or _user(), table, f"{table}-{number}", what, reason=why, seen=seen(row, read)))
        if wanted:
            hint = f"`synthgen look {folder} --short` shows which there are; nothing was written"
            raise OutputError(f"{folder} has no row {table}-{next(iter(wanted))}", hint)
    for decision in decisions:
        review.append(decision)


def _place(folder: str | Path, tables: Sequence[str], name: str) -> tuple[str, int]:
    """The table and the number of a row. Raises OutputError."""
    full = f"{tables[0]}-{name}" if name.isdecimal() else name
    table = full.rpartition("-")[0]
    number = number_of(table, full) if table in tables else None
    if number is None:
        raise OutputError(f"{folder}: '{name}' names no row", f"such as {tables[0]}-6; `synthgen look {folder} --short` shows them")
    return table, number


def _user() -> str:
    """Who works on this machine."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "somebody"
