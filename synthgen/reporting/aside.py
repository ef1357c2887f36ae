"""What did not ship: refusals by reason with examples, and the rows that wait for somebody to decide."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from synthgen.dataset import Dataset
from synthgen.dataset.layout import SPOKEN
from synthgen.errors import DataError
from synthgen.hub.leaks import Guard
from synthgen.recipe.recorded import last_message
from synthgen.reporting.contents import CELL
from synthgen.text.legible import Pieces, legible

EXAMPLES, QUEUED = 3, 20
"""Rows that are shown of a reason that rows were refused for, and of a queue."""
KEPT_BACK = "not shown: it holds a message of the logs, or a secret"


@dataclass(frozen=True)
class AsideExample:
    """A row that did not ship: which try of which row, why, and what was said in it."""

    id: str
    reason: Pieces
    texts: list[tuple[str, Pieces]]
    labels: list[tuple[str, Pieces]]


@dataclass(frozen=True)
class Reason:
    """Why rows of a table did not ship: the check or field, how many, their share of the side table, and some of them."""

    table: str
    check: str
    field: str
    count: int
    share: float
    length: float
    examples: list[AsideExample]


@dataclass(frozen=True)
class Queue:
    """A side table, such as `unsure`, by reason."""

    name: str
    rows: int
    reasons: list[Reason]


def queue(dataset: Dataset, name: str) -> Queue:
    """A side table by reason, the commonest first."""
    counts = Counter[tuple[str, str, str]]()
    example_places: dict[tuple[str, str, str], list[int]] = {}
    most, place = EXAMPLES if name == "refused" else QUEUED, 0
    for batch in dataset.batches(name, ["table", "check", "field"]):
        for key in zip(*(batch.column(column).to_pylist() for column in ("table", "check", "field")), strict=True):
            counts[key] += 1
            key_places = example_places.setdefault(key, [])
            if len(key_places) < most:
                key_places.append(place)
            place += 1
    rows = dict(_at(dataset, name, sorted(place for key_places in example_places.values() for place in key_places)))
    guard = _guard(dataset)
    examples = {key: list(_examples(dataset, [rows[place] for place in key_places], guard)) for key, key_places in example_places.items()}
    longest = max(counts.values(), default=1)
    reasons = [
        Reason(*key, count, count / counts.total(), 100 * count / longest, examples[key])
        for key, count in sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    ]
    return Queue(name, place, reasons)


def _at(dataset: Dataset, name: str, places: list[int]) -> Iterator[tuple[int, dict[str, Any]]]:
    first, place_set = 0, set(places)
    for batch in dataset.batches(name):
        offsets = [place for place in range(batch.num_rows) if first + place in place_set]
        if offsets:
            yield from zip((first + place for place in offsets), dataset.opened(batch.take(offsets)), strict=True)
        first += batch.num_rows


def _guard(dataset: Dataset) -> Guard | None:
    """The guard that finds messages of real people, and secrets, in a row; None where the messages to compare with are missing."""
    try:
        originals = dataset.originals
    except DataError:
        return None
    if originals is None and any(field.data.get("like") for field in dataset.recipe.fields.values()):
        return None  # it was made to be like some logs, of which nothing is left
    return Guard(dataset.recipe, originals)


def _examples(dataset: Dataset, rows: list[dict[str, Any]], guard: Guard | None) -> Iterator[AsideExample]:
    for row in rows:
        row_id, check, values = f"{row['table']}-{row['row']}", row.pop("check"), row.pop("values") or {}
        if guard is None or guard.withholds(check, values, row):
            yield AsideExample(row_id, legible(KEPT_BACK), [], [])
        else:
            yield AsideExample(row_id, legible(row["reason"]), _shown_texts(dataset, row, values), _labels(dataset, row["table"], values))


def _shown_texts(dataset: Dataset, row: Mapping[str, Any], values: Mapping[str, Any]) -> list[tuple[str, Pieces]]:
    """What was typed, and the field that the row was refused for."""
    fields = dataset.recipe.fields_of(row["table"])
    names = [name for name in values if name in fields and fields[name].role in SPOKEN]
    message = last_message(fields.values(), values)
    shown_names = dict.fromkeys(name for name in (message, row["field"]) if name in values and (name in names or name == row["field"]))
    return [(name, legible(values[name], values.get(f"{name}_slips") or ())) for name in shown_names]


def _labels(dataset: Dataset, table: str, values: Mapping[str, Any]) -> list[tuple[str, Pieces]]:
    fields = dataset.recipe.fields_of(table)
    return [
        (name, legible(value, longest=CELL))
        for name, value in values.items()
        if name in fields and fields[name].role in ("label", "verdict")
    ]
