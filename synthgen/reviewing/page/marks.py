"""What was decided of each row of a table, as arrays: the next row that nobody decided is found among 100,000 in no time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice, takewhile
from typing import TYPE_CHECKING, Any

from synthgen.dataset import Dataset
from synthgen.decisions import Decision, Review, Standing
from synthgen.decisions.agreement import Agreement, kappa
from synthgen.decisions.amended import honoured
from synthgen.decisions.review import Standings
from synthgen.reviewing.page.table import ReviewTable
from synthgen.spec.paths import root_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

NONE, ACCEPTED, REJECTED, UNSURE, DISPUTED = range(5)
Inherited = Callable[[ReviewTable, int], Mapping[str, Any]]
CODES = {None: NONE, "accepted": ACCEPTED, "rejected": REJECTED, "unsure": UNSURE, "disputed": DISPUTED}


class TableMarks:
    """The `status` of each row by its place, whether a value of it was `changed`, and who decided it. Decisions that a row no longer fits
    count for nothing."""

    def __init__(self, table: ReviewTable, standings: Standings, inherited: Inherited, holding: Iterable[Standing] = ()) -> None:
        """`inherited` gives the changes that a row has from the one that it is made from, `holding` the decisions so far that hold."""
        import numpy

        self.table, self.standings, self._inherited = table, standings, inherited
        self.status: NDArray[Any] = numpy.zeros(len(table), "int8")
        self.changed: NDArray[Any] = numpy.zeros(len(table), bool)
        self.outdated = 0
        self._of: dict[str, NDArray[Any]] = {}
        self._outdated_counts: dict[str, int] = {}
        for standing in holding:
            if (place := table.place(standing.row)) is not None:
                self._mark(place, standing)

    def by(self, reviewer: str) -> NDArray[Any]:
        """Which rows a reviewer has decided."""
        import numpy

        if reviewer not in self._of:
            self._of[reviewer] = numpy.zeros(len(self.table), bool)
        return self._of[reviewer]

    def take(self, rows: Iterable[str]) -> None:
        """Look again at the decisions on these rows."""
        for place, row in [(place, row) for row in rows if (place := self.table.place(row)) is not None]:
            self._mark(place, self.standing_of(place, row))

    def standing_of(self, place: int, row: str) -> Standing:
        """What holds of the decisions on a row."""
        standing = self.standings.get(row)
        return standing.of(self.table.row(place), self._inherited(self.table, place)) if standing else Standing(row)

    def _mark(self, place: int, standing: Standing) -> None:
        self.status[place] = CODES[standing.status]
        self.changed[place] = bool(standing.changes)
        for reviewer in {*self._of, *standing.by}:
            self.by(reviewer)[place] = reviewer in standing.by
        self.outdated += len(standing.outdated) - self._outdated_counts.pop(standing.row, 0)
        if standing.outdated:
            self._outdated_counts[standing.row] = len(standing.outdated)

    def of_several(self) -> Iterator[Standing]:
        """What holds of the decisions on each row that several have decided."""
        import numpy

        several = (
            numpy.add.reduce([reviewer_marks.astype("int8") for reviewer_marks in self._of.values()]) > 1
            if len(self._of) > 1
            else numpy.zeros(0, bool)
        )
        return (self.standing_of(int(place), self.table.id(int(place))) for place in several.nonzero()[0])

    def count(self, *statuses: int) -> int:
        """How many rows have one of these statuses."""
        import numpy

        return int(numpy.isin(self.status, statuses).sum())


class DecisionBook:
    """All that was decided: the review and the marks of each table, kept in step with what others write."""

    def __init__(self, dataset: Dataset, review: Review, tables: Callable[[str], ReviewTable]) -> None:
        self.dataset, self.review, self._tables = dataset, review, tables
        self.reasons: dict[str, None] = {}
        self._marks: dict[str, TableMarks] = {}
        self._agreements: dict[str, tuple[int, list[Agreement]]] = {}
        self._read = 0
        self._follow()

    def marks(self, table: str) -> TableMarks:
        """The marks of a table."""
        if not self._marks:
            plans = honoured(self.dataset, self.review).plans
            for name in filter(self.dataset.paths, self.dataset.tables):
                current_standings = plans[name].standings if name in plans else ()
                self._marks[name] = TableMarks(self._tables(name), self.review.standing(name), self.inherited, current_standings)
        return self._marks[table]

    def above(self, table: ReviewTable, place: int) -> Standing | None:
        """What was decided on the row that a row is made from; None where there is none."""
        parent = table.parent_of(place)
        if parent is None:
            return None
        return self.marks(table.parent).standing_of(parent, self._tables(table.parent).id(parent))

    def inherited(self, table: ReviewTable, place: int) -> dict[str, Any]:
        """The changes that a row has from the one that it is made from."""
        above = self.above(table, place)
        return {path: value for path, value in above.changes.items() if root_of(path) not in table.own_fields} if above else {}

    def refresh(self) -> None:
        """Take in what was decided elsewhere meanwhile. Raises DataError, OutputError."""
        if self.review.reload():
            self._follow()

    def append(self, *decisions: Decision) -> list[Decision]:
        """Write decisions; they are on the disk when this returns. Raises DataError, OutputError."""
        try:
            return [self.review.append(decision) for decision in decisions]
        finally:
            self._follow()

    def _follow(self) -> None:
        fresh = list(islice(reversed(self.review.ids.values()), max(0, len(self.review) - self._read)))[::-1]
        self._read = len(self.review)
        self.reasons |= {
            decision.reason: None for decision in fresh if decision.decision == "reject" and decision.reason not in self.reasons
        }
        if any(marks.standings is not self.review.standing(name) for name, marks in self._marks.items()):
            self._marks.clear()  # it is another file now
        for name, marks in self._marks.items():
            marks.take({decision.row for decision in fresh if decision.table == name})

    def agreements(self, table: str) -> list[Agreement]:
        """How far each pair of reviewers agrees on the rows of a table."""
        marks, read = self.marks(table), len(self.review)
        if self._agreements.get(table, (-1, []))[0] != read:
            self._agreements[table] = read, kappa(marks.of_several())
        return self._agreements[table][1]

    def was_undone(self, decision: Decision) -> bool:
        """Whether a decision was taken back."""
        later = takewhile(lambda entry: entry.id != decision.id, reversed(self.review.ids.values()))
        return any(entry.decision == "undo" and entry.undoes == decision.id for entry in later)

    def last_of(self, reviewer: str) -> Decision | None:
        """A reviewer's last decision that was not undone."""
        undone = set[str]()
        for decision in reversed(self.review.ids.values()):
            if decision.by == reviewer and decision.decision == "undo":
                undone |= {decision.undoes} if decision.id not in undone else set()
            elif decision.by == reviewer and decision.id not in undone and decision.decision != "answer":
                return decision
        return None
