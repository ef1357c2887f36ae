"""Decisions on rows that are named, without the page: who reads them at a terminal writes down which are bad, and says so once."""

from __future__ import annotations

import getpass
from collections.abc import Container, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Literal

from synthgen.dataset import Dataset, output_at
from synthgen.dataset.find import numbers, rows_at
from synthgen.dataset.look import Looked
from synthgen.decisions.amended import honoured
from synthgen.decisions.decision import Decision, seen
from synthgen.decisions.known import Reviewable, number_of, review_of
from synthgen.errors import DataError, OutputError, SynthgenError
from synthgen.spec.numbers_named import numbers_named

Verdict = Literal["accept", "reject", "unsure"]
REST = "rest"
"""Stands for all rows on which no decision holds."""
USUAL = "not good enough"
"""Why rows are rejected of which nobody says why."""


def decide(folder: str | Path, rows: Mapping[Verdict, Sequence[str | int]], *, by: str = "", reason: str = "") -> None:
    """Decide on rows by their names, such as traffic-6, or in the first table 6, 6-9, or `rest` for all on which nobody has decided: what
    each verdict is on, and the reason of those that are rejected. `by` is who decides (default: who works here). Nothing is written unless
    all rows are there. Raises OutputError, DataError."""
    dataset = Dataset.open(folder)
    review = review_of(dataset)
    verdicts: dict[str, dict[int, Verdict]] = {}
    for verdict, names in rows.items():
        for name in dict.fromkeys(each for named in names for each in _each(str(named), dataset.tables) if each != REST):
            table, number = _place(folder, dataset.tables, name)
            if verdicts.setdefault(table, {}).setdefault(number, verdict) != verdict:
                raise DataError(f"{name} is to be {' and '.join(f'{other}ed' for other in rows)}", "give it to one of them")
    rest = next((verdict for verdict, names in rows.items() if REST in map(str, names)), None)
    if rest:
        first = dataset.tables[0]
        verdicts[first] = dict.fromkeys(honoured(dataset, review).undecided(first), rest) | verdicts.get(first, {})
    decisions = list[Decision]()
    for table, wanted in verdicts.items():
        read = Reviewable(dataset).fields(table)
        places = _places(dataset, table, wanted)
        if missing := wanted.keys() - places.keys():
            hint = f"`synthgen look {folder} --short` shows which there are; nothing was written"
            raise OutputError(f"{folder} has no row {table}-{min(missing)}", hint)
        for number, row in zip(places, rows_at(dataset, table, list(places.values())), strict=True):
            what = wanted[number]
            why = (reason or USUAL) if what == "reject" else ""
            decisions.append(Decision(by or _user(), table, f"{table}-{number}", what, reason=why, seen=seen(row, read)))
    for decision in decisions:
        review.append(decision)


def _places(dataset: Dataset, table: str, wanted: Container[int]) -> dict[int, int]:
    """Where in a table those of the wanted rows are that are there, in ascending order, by their numbers."""
    return {number: place for place, number in enumerate(numbers(dataset, table).tolist()) if number in wanted}


def _each(name: str, tables: Sequence[str]) -> list[str]:
    """The rows that a name stands for: several, where it is a range of numbers such as 6-9."""
    if name.rpartition("-")[0] in tables:
        return [name]
    with suppress(ValueError):
        return list(map(str, numbers_named(name)))
    return [name]


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


def marked(folder: str | Path, looked: Looked) -> Looked:
    """Rows of an output as they are read, those that a reviewer rejected set aside for that."""
    try:
        if not output_at(folder).review.exists():
            return looked
        standings = review_of(Dataset.open(folder)).standing(looked.table)
    except SynthgenError:
        return looked
    out = {row.id: standings[row.id] for row in looked.shown if row.id in standings and standings[row.id].out}
    rejected = {name: f"rejected: {', '.join(standing.reasons)}" for name, standing in out.items()}
    return replace(looked, shown=[replace(row, aside=rejected.get(row.id, row.aside)) for row in looked.shown])
