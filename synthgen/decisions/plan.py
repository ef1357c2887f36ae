"""What becomes of each row of a table by what reviewers decided of it, and of the row that it was made from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from synthgen.dataset import Dataset
from synthgen.dataset.columns import PROVENANCE
from synthgen.decisions.known import Reviewable, Waiting, number_of
from synthgen.decisions.review import Review, Standings
from synthgen.decisions.standing import Standing, put
from synthgen.spec.paths import root_of

REVIEWED = "reviewed"
OF_LETTERS = ("slips", "style", "mess")
"""What the labels of a text are called that tell of its letters, and are untrue of another text."""


@dataclass(frozen=True)
class Fate:
    """What becomes of a row: the decisions on it that hold, what is put into it (its parent's changes too, as far as it carries them), and
    whether it stays out, by itself or `with_parent`."""

    standing: Standing
    changes: Mapping[str, Any] = field(default_factory=dict)
    with_parent: bool = False

    @property
    def out(self) -> bool:
        """Whether it stays out."""
        return self.with_parent or self.standing.out

    @property
    def review_cell(self) -> dict[str, Any] | None:
        """What its column `reviewed` says; None where nobody decided on it."""
        if self.standing.status is None and not self.changes:
            return None
        return {"status": self.standing.status, "changed": list(self.changes)}

    def put_into(self, row: dict[str, Any], beside: Mapping[str, Sequence[str]]) -> None:
        """Change a row, and empty what stands `beside` a field and is untrue of another text."""
        for path, value in self.changes.items():
            put(row, path, value)
            row |= {name: None for name in beside.get(path, ()) if name in row}


@dataclass
class ReviewPlan:
    """The fates of a table's rows by number, as far as somebody decided on them; the numbers in the `order` of the rows; the rows that
    waited and are `let_in`, and where those were that are `settled`: let in, or rejected. `column` tells what was decided, the columns
    `beside` a text tell of its letters."""

    table: str
    column: str = REVIEWED
    above: ReviewPlan | None = None
    beside: Mapping[str, Sequence[str]] = field(default_factory=dict)
    order: list[int] = field(default_factory=list)
    fates: dict[int, Fate] = field(default_factory=dict)
    let_in: list[dict[str, Any]] = field(default_factory=list)
    settled: dict[int, str] = field(default_factory=dict)
    standings: list[Standing] = field(default_factory=list)

    @property
    def touched(self) -> bool:
        """Whether any row is another than it was made, or somebody decided on one."""
        decided = any(fate.out or fate.review_cell for fate in self.fates.values())
        return decided or bool(self.let_in) or bool(self.above and self.above.left_out)

    @property
    def left_out(self) -> int:
        """How many rows stay out."""
        return sum(fate.out for fate in self.fates.values())

    def places(self) -> list[int | None]:
        """Where each row is, by where it was; None for one that stays out."""
        new_places, place = list[int | None](), 0
        for number in self.order:
            out = number in self.fates and self.fates[number].out
            new_places.append(None if out else place)
            place += not out
        return new_places

    def summary(self) -> dict[str, int]:
        """How many rows there are of each sort that there is."""
        status = Counter(str(standing.status) for standing in self.standings)
        sorts = {
            **{name: status[name] for name in ("accepted", "rejected", "unsure", "disputed")},
            "changed": sum(bool(fate.changes) and not fate.out for fate in self.fates.values()),
            "let in": len(self.let_in),
            "left out": self.left_out,
        }
        return {name: count for name, count in sorts.items() if count}


def plan(dataset: Dataset, reviewable: Reviewable, review: Review, table: str, above: ReviewPlan | None) -> ReviewPlan:
    """What becomes of the rows of a table; `above` is the plan of the table that it is made from. Raises OutputError."""
    names = reviewable.schemas[table].names if table in reviewable.schemas else [PROVENANCE]
    fields = dataset.recipe.fields_of(table)
    beside = {name: [column for label in OF_LETTERS if (column := f"{name}_{label}") in names and column not in fields] for name in fields}
    table_plan, standings = ReviewPlan(table, _column(names), above, beside), review.standing(table)
    if table not in reviewable.schemas:
        return table_plan
    carried = _carried(dataset, reviewable, table, above)
    handed = {number: fate for number, fate in above.fates.items() if fate.out or _handed(fate, carried)} if above else {}
    decided = {number for row in standings if (number := number_of(table, row)) is not None}
    for batch in dataset.batches(table, _columns(names, standings, handed)):
        origin = batch.column(PROVENANCE)
        numbers = origin.field("row").to_pylist()
        parents = _parents(origin, above)
        touched = [at for at, number in enumerate(numbers) if number in decided or parents[at] in handed]
        table_plan.order += numbers
        for at, values in zip(touched, dataset.opened(batch.take(touched)) if touched else (), strict=True):
            table_plan.fates[numbers[at]] = _fate(f"{table}-{numbers[at]}", values, standings, handed.get(parents[at]), carried)
    table_plan.standings = [fate.standing for fate in table_plan.fates.values()]
    waiting = list(reviewable.waiting_rows(table, decided & reviewable.waiting[table].keys()))
    places = _places_of([row.values for row in waiting], dataset, above.table, carried) if above and carried and waiting else {}
    for at, row in enumerate(waiting):
        parent = handed.get(above.order[places[at]]) if above and at in places else None
        fate = _fate(f"{table}-{row.number}", row.values, standings, parent, carried)
        _settle(table_plan, fate, row, places.get(at))
    return table_plan


def _fate(name: str, row: Mapping[str, Any], standings: Standings, parent: Fate | None, carried: list[str]) -> Fate:
    inherited = _handed(parent, carried) if parent else {}
    standing = (standings[name] if name in standings else Standing(name)).of(row, inherited)
    return Fate(standing, {**inherited, **standing.changes}, parent is not None and parent.out)


def _parents(origin: Any, above: ReviewPlan | None) -> list[int]:
    """The number of the row that each row was made from; -1 where there is none, or it is not known."""
    if above is None or origin.type.get_field_index("parent") < 0:
        return [-1] * len(origin)
    places = origin.field("parent").to_pylist()
    return [-1 if place is None or place >= len(above.order) else above.order[place] for place in places]


def _handed(fate: Fate, carried: list[str]) -> dict[str, Any]:
    """The changes of a row that rows made from it have too."""
    return {path: value for path, value in fate.changes.items() if root_of(path) in carried}


def _carried(dataset: Dataset, reviewable: Reviewable, table: str, above: ReviewPlan | None) -> list[str]:
    """The columns that rows of a table have of the row that they are made from."""
    if above is None or above.table not in reviewable.schemas:
        return []
    own_fields, parent_columns = dataset.recipe.tables[table].fields, reviewable.schemas[above.table].names
    return [name for name in reviewable.schemas[table].names if name in parent_columns and name not in own_fields and name != PROVENANCE]


def _columns(names: list[str], standings: Standings, handed: Mapping[int, Fate]) -> list[str]:
    """The columns that tell whether decisions hold, or that are changed; and the provenance."""
    decisions = [decision for row in standings for decision in standings[row].decisions]
    column_names = {name for decision in decisions for name in decision.seen} | {
        root_of(decision.field) for decision in decisions if decision.changes
    }
    column_names |= {root_of(path) for fate in handed.values() for path in fate.changes}
    return [name for name in names if name in column_names or name == PROVENANCE]


def _column(names: list[str]) -> str:
    """The name of the column for the decisions, which no other column of the table has."""
    name = REVIEWED
    while name in names:
        name += "_"
    return name


# Rows that waited


def _settle(table_plan: ReviewPlan, fate: Fate, row: Waiting, parent: int | None) -> None:
    """Let a row in that was accepted, if it lacks nothing any more; let it go where it was rejected."""
    table_plan.standings.append(fate.standing)
    ready = fate.standing.status == "accepted" and (not row.lacks or row.lacks in fate.standing.changes)
    if fate.out or ready:
        table_plan.settled[row.number] = row.where
    if ready and not fate.out:
        values = dict(row.values)
        fate.put_into(values, table_plan.beside)
        origin = {"row": row.number, "try": row.attempt, **({} if parent is None else {"parent": parent})}
        table_plan.let_in.append({**values, PROVENANCE: origin, table_plan.column: fate.review_cell})


def _places_of(rows: list[dict[str, Any]], dataset: Dataset, parent: str, carried: list[str]) -> dict[int, int]:
    """For rows that waited, by their place in the list, the place of the row that they were made from: the first that says the same in all
    that they carry of it."""
    unmatched: dict[str, list[int]] = {}
    for number, row in enumerate(rows):
        unmatched.setdefault(repr([row[name] for name in carried]), []).append(number)
    parent_places = dict[int, int]()
    for place, values in enumerate(dataset.rows(parent, carried)):
        parent_places |= dict.fromkeys(unmatched.pop(repr([values[name] for name in carried]), ()), place)
    return parent_places
