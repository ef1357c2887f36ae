"""What reviewers do with an output, whatever page they do it on: one output, its decisions, and what was worked out of both so far."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from threading import RLock
from typing import Any

from synthgen.dataset import MANIFEST, Dataset, Output
from synthgen.dataset.columns import PROVENANCE
from synthgen.decisions import Decision, Review, Standing, seen
from synthgen.decisions.known import Reviewable
from synthgen.decisions.standing import STATUS, put
from synthgen.errors import DataError, OutputError, SynthgenError, did_you_mean
from synthgen.reviewing.page.marks import DecisionBook, TableMarks
from synthgen.reviewing.page.queues import QueueRequest, TableQueues
from synthgen.reviewing.page.shown import ShownRow, at, in_words, show
from synthgen.reviewing.page.table import ReviewTable
from synthgen.spec.rows import to_text

REASONS = ("the label is wrong", "makes no sense", "does not say what it is about", "nobody writes so", "gives the label away")
"""Reasons that are always offered, under the same numbers."""
OFFERED = 9
"""Reasons that are offered at most: those, then others in the order in which they were first given."""


class Overtaken(SynthgenError):
    """Somebody decided on the row after it was shown."""


@dataclass(frozen=True)
class DecisionRequest:
    """What a reviewer asks for on a row: the decision, the `path` that it changes and the `text` that shall stand there, why, how many
    seconds the row was looked at, and as what it was shown (`since`)."""

    decision: str
    path: str = ""
    text: str = ""
    reason: str = ""
    seconds: float | None = None
    since: str = ""


@dataclass
class ReviewDesk:
    """An output that is reviewed. One lock guards all of it: requests come in several threads."""

    dataset: Dataset
    reviewable: Reviewable = field(init=False, repr=False)
    book: DecisionBook = field(init=False, repr=False)
    lock: RLock = field(default_factory=RLock, repr=False)
    _version: tuple[int, int, int] | None = field(init=False, repr=False)
    _tables: dict[str, ReviewTable] = field(default_factory=dict, repr=False)
    _queues: dict[str, TableQueues] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        self._begin(self.dataset)

    def _begin(self, dataset: Dataset) -> None:
        self.dataset, self.reviewable, self._version = dataset, Reviewable(dataset), _version(dataset.folder)
        self._tables.clear()
        self._queues.clear()
        self.book = DecisionBook(dataset, Review.load(Output(dataset.folder).review, self.reviewable), self.table)

    def renewed(self) -> bool:
        """Take in what was decided elsewhere meanwhile, and the output itself where it was made again; whether it was. Raises DataError,
        OutputError."""
        if _version(self.dataset.folder) in (self._version, None):
            self.book.refresh()
            return False
        self._begin(Dataset.open(self.dataset.folder))
        return True

    @classmethod
    def open(cls, folder: str | Path) -> ReviewDesk:
        """The desk for the output in a folder. Raises OutputError, DataError."""
        return cls(Dataset.open(folder))

    @property
    def tables(self) -> list[str]:
        """The tables that are there: of an output from the Hub some may have been left out."""
        return list(self.reviewable.schemas)

    @property
    def file(self) -> Path:
        """Where decisions are written."""
        return self.book.review.file

    def table(self, name: str) -> ReviewTable:
        """A table. Raises OutputError where there is none of that name."""
        if name not in self._tables:
            if name not in self.tables:
                raise OutputError(f"there is no table '{name}'", did_you_mean(name, self.tables, "tables"))
            self._tables[name] = ReviewTable(self.reviewable, name)
        return self._tables[name]

    def queues(self, name: str) -> TableQueues:
        """The queues of a table."""
        if name not in self._queues:
            self._queues[name] = TableQueues(self.table(name))
        return self._queues[name]

    def marks(self, name: str) -> TableMarks:
        """What was decided of each row of a table."""
        return self.book.marks(name)

    def place(self, name: str, number: int) -> int:
        """The place of the row of a number. Raises OutputError."""
        place = self.table(name).place(f"{name}-{number}")
        if place is None:
            raise OutputError(f"there is no row {name}-{number}", "rows are named by their numbers, as exports have them")
        return place

    def warm_up(self) -> None:
        """Work out what the first page needs, so that it comes at once."""
        for name in self.tables[:1]:
            assert self.table(name).contents.labels is not None
            self.marks(name)
            self.reviewable.numbers(name)

    # A row

    def seen(self, name: str, place: int, by: str, ask: QueueRequest) -> ShownRow:
        """A row as a reviewer sees it; in the queue for a second opinion without what others decided, until it is given."""
        table = self.table(name)
        row = table.id(place)
        standing = self.marks(name).standing_of(place, row)
        if ask.queue == "second" and by not in standing.by:
            standing = Standing(row)
        return show(table, place, standing, self.current(table, place, standing), self.book.above(table, place))

    def current(self, table: ReviewTable, place: int, standing: Standing) -> dict[str, Any]:
        """The values of the row at a place with what was changed in it, and in the row that it is made from."""
        values = {key: value for key, value in table.row(place).items() if key != PROVENANCE}
        for path, value in {**self.book.inherited(table, place), **standing.changes}.items():
            put(values, path, value)
        return values

    def decide(self, by: str, name: str, place: int, wish: DecisionRequest, ask: QueueRequest) -> Decision:
        """Write down what a reviewer decided. Raises Overtaken where others decided since the row was shown, DataError, OutputError."""
        if wish.decision not in STATUS:
            raise DataError(f"there is no decision '{wish.decision}'", did_you_mean(wish.decision, STATUS, "decisions"))
        with self.lock:
            self.book.refresh()
            shown_row = self.seen(name, place, by, ask)
            if shown_row.since != wish.since:
                raise Overtaken(_overtaken(shown_row, wish.since))
            changes = self._change(name, place, shown_row, wish) if wish.decision in ("edit", "relabel") else {}
            decision = Decision(
                by=by,
                table=name,
                row=shown_row.id,
                decision=wish.decision,  # type: ignore[arg-type]
                reason=wish.reason.strip(),
                seconds=wish.seconds,
                seen=seen(shown_row.values, self.table(name).read),
                **changes,
            )
            return self.book.append(decision)[0]

    def _change(self, name: str, place: int, shown_row: ShownRow, wish: DecisionRequest) -> dict[str, Any]:
        """Which field is changed, and from what to what. Raises DataError."""
        was = at(shown_row.values, wish.path)
        table, value = self.table(name), wish.text.replace("\r\n", "\n")  # browsers write line ends so
        options = table.options(wish.path)
        if wish.decision == "relabel":
            if not options:
                raise DataError(f"'{wish.path}' has no options", "edit it, or reject the row")
            options_by_text = {to_text(option): option for option in options}
            if wish.text not in options_by_text:
                raise DataError(f"'{wish.text}' is no option of '{wish.path}'", did_you_mean(wish.text, options_by_text, "options"))
            return _changed(wish.path, was, options_by_text[wish.text])
        if wish.path == table.lacks(place) and wish.path not in shown_row.standing.changes:
            return _changed(wish.path, was, _parsed_json(value) if table.is_json(wish.path) else value)
        if options or not isinstance(was, str):
            raise DataError(f"'{wish.path}' cannot be edited", "only texts can")
        if value == was.replace("\r\n", "\n").replace("\r", "\n"):
            value = was
        return _changed(wish.path, was, value)

    def undo(self, by: str) -> Decision | None:
        """Take back a reviewer's last decision that still stands, and return that; None where there is none. Raises DataError,
        OutputError."""
        with self.lock:
            self.book.refresh()
            last = self.book.last_of(by)
            if last:
                self.book.append(Decision(by=by, table=last.table, row=last.row, decision="undo", undoes=last.id))
            return last

    def reasons(self) -> list[str]:
        """Reasons for a rejection. Each keeps its number, for hands learn numbers."""
        return list(dict.fromkeys([*REASONS, *self.book.reasons]))[:OFFERED]

    def step(self, name: str, by: str, ask: QueueRequest, at_place: int | None = None) -> int | None:
        """The place of the row to decide next."""
        return self.queues(name).step(ask, self.marks(name), by, at_place)

    def reviewers(self) -> Sequence[str]:
        """Who decided anything so far."""
        return self.book.review.reviewers


def _changed(path: str, was: Any, value: Any) -> dict[str, Any]:
    if value == was and type(value) is type(was):
        raise DataError("nothing was changed", "accept the row with a, or change something")
    return {"field": path, "value": value, "was": was}


def _parsed_json(text: str) -> Any:
    """The value that was typed as JSON. Raises DataError."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise DataError(f"this is no JSON: {error}", "fill in the values, and leave the rest as it was") from None


def _overtaken(row: ShownRow, since: str) -> str:
    """Why a decision is not written: the row is not as it was shown."""
    if row.since.partition(".")[0] == since.partition(".")[0]:
        return f"{row.id} says something else since you opened it; nothing was written. It is shown anew: decide once more"
    if not row.standing.decisions:
        return f"what was decided on {row.id} was undone since you opened it; nothing was written"
    last = row.standing.decisions[-1]
    why = f" ({last.reason})" if last.reason else ""
    return f"{row.id} was {in_words(last)} by {last.by}{why} since you opened it; nothing was written. It is shown anew: decide once more"


def _version(folder: Path) -> tuple[int, int, int] | None:
    """A version stamp of the output, which changes when it is made again; None while there is no output."""
    try:
        manifest_status = (Output(folder).whole / MANIFEST).stat()
    except OSError:
        return None
    return manifest_status.st_mtime_ns, manifest_status.st_ino, manifest_status.st_size


def counted(query: Mapping[str, str], key: str, default: int, most: int) -> int:
    """A number in an address, from 1 to `most`."""
    text = query.get(key, "")
    return min(int(text), most) if text.isascii() and text.isdigit() and 0 < len(text) < 10 and int(text) else default
