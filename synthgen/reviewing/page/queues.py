"""The orders in which rows can be reviewed. A queue is worked out when it is first opened; what was decided is looked up at every step."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, Any

from synthgen.checks.agrees import same
from synthgen.errors import OutputError, did_you_mean
from synthgen.reporting.contents import COMPARED
from synthgen.reviewing.page.marks import ACCEPTED, DISPUTED, NONE, REJECTED, UNSURE, TableMarks
from synthgen.reviewing.page.table import ReviewTable
from synthgen.spec.paths import get_path, root_of
from synthgen.spec.rows import to_text

if TYPE_CHECKING:
    from numpy.typing import NDArray

Places = Any
"""The places of rows, as an array or a list."""


@dataclass(frozen=True)
class QueueRequest:
    """Which rows are wanted: the queue's name; of `label` the label and its value, of `search` the text."""

    queue: str = "open"
    label: str = ""
    value: str = ""
    text: str = ""

    @classmethod
    def of(cls, query: Mapping[str, str]) -> QueueRequest:
        """What an address asks for. Raises OutputError where there is no such queue."""
        name = query.get("queue", "open")
        if name not in QUEUES:
            raise OutputError(f"there is no queue '{name}'", did_you_mean(name, QUEUES, "queues"))
        labelled, searching = name == "label", name == "search"
        return cls(
            name,
            query.get("label", "") if labelled else "",
            query.get("is", "") if labelled else "",
            query.get("q", "") if searching else "",
        )

    @property
    def title(self) -> str:
        """What is shown for it."""
        more = {"label": f"{self.label}: {self.value or 'nothing'}", "search": f"search: {self.text}"}
        return more.get(self.queue, QUEUES[self.queue].title)

    @property
    def query(self) -> dict[str, str]:
        """What says so in an address."""
        parameters = {"queue": self.queue, "label": self.label, "is": self.value, "q": self.text}
        return {key: value for key, value in parameters.items() if value or (key == "is" and self.label)}


@dataclass(frozen=True)
class ReviewQueue:
    """A queue of a table: its title, what is in it, and its rows for a reviewer. With `skips`, rows that this reviewer has decided are
    passed over."""

    title: str
    about: str
    rows: Callable[[ReviewTable, TableMarks, str, QueueRequest], Places]
    skips: bool = True
    listed: bool = True


def _open(table: ReviewTable, marks: TableMarks, by: str, ask: QueueRequest) -> Places:
    import numpy

    return numpy.concatenate(_by_urgency(table, marks, by))


def _by_urgency(table: ReviewTable, marks: TableMarks, by: str) -> list[Places]:
    """The rows that others doubt, those that wait, and all others that nobody has decided."""
    doubtful = (((marks.status == UNSURE) | (marks.status == DISPUTED)) & ~marks.by(by)).nonzero()[0]
    undecided = (marks.status == NONE).nonzero()[0]
    return [doubtful, undecided[undecided >= table.made_count], undecided[undecided < table.made_count]]


def _waiting(table: ReviewTable, marks: TableMarks, by: str, ask: QueueRequest) -> Places:
    return range(table.made_count, len(table))


def _sample(table: ReviewTable, marks: TableMarks, by: str, ask: QueueRequest) -> Places:
    places = list(range(table.made_count))
    Random(f"review {table.dataset.manifest['seed']} {table.name}").shuffle(places)
    return places


def _with(*statuses: int) -> Callable[[ReviewTable, TableMarks, str, QueueRequest], Places]:
    def rows(table: ReviewTable, marks: TableMarks, by: str, ask: QueueRequest) -> Places:
        import numpy

        return numpy.flatnonzero(numpy.isin(marks.status, statuses))

    return rows


def _changed(table: ReviewTable, marks: TableMarks, by: str, ask: QueueRequest) -> Places:
    return marks.changed.nonzero()[0]


def _second(table: ReviewTable, marks: TableMarks, by: str, ask: QueueRequest) -> Places:
    return ((marks.status != NONE) & ~marks.by(by)).nonzero()[0]


def _odd(table: ReviewTable, marks: TableMarks, by: str, ask: QueueRequest) -> Places:
    return [place for place, _ in sorted(table.contents.typicality(), key=lambda item: (item[1], item[0]))]


def _differing(table: ReviewTable, marks: TableMarks, by: str, ask: QueueRequest) -> Places:
    pairs = table.pairs
    names = list(dict.fromkeys(root_of(path) for pair in pairs for path in pair))
    return [place for place, row in _each(table, names) if any(differs(row, *pair) for pair in pairs)] if pairs else []


def _labelled(table: ReviewTable, marks: TableMarks, by: str, ask: QueueRequest) -> Places:
    column = table.contents.labels.get(ask.label)
    return [place for place, row in _each(table, [column]) if to_text(row[column]) == ask.value] if column else []


def _text_matches(table: ReviewTable, marks: TableMarks, by: str, ask: QueueRequest) -> Places:
    """Rows in which a text is said, whatever its case: searched as Arrow has it, JSON as its text."""
    import pyarrow
    from pyarrow import compute

    columns = [name for name in [*table.contents.spoken, *table.contents.labels.values()] if name in table.contents.columns]
    places, first = list[int](), 0
    for batch in table.columns(columns) if columns else ():
        hit = None
        for column in batch.columns:
            stored = column.storage if isinstance(column, pyarrow.ExtensionArray) else column
            matches = compute.match_substring(stored.cast(pyarrow.string()), ask.text, ignore_case=True).fill_null(False)
            hit = matches if hit is None else compute.or_(hit, matches)
        places += [first + int(place) for place in hit.to_numpy(zero_copy_only=False).nonzero()[0]] if hit is not None else []
        first += batch.num_rows
    return places


def _each(table: ReviewTable, names: Sequence[str]) -> Iterator[tuple[int, dict[str, Any]]]:
    return enumerate(row for batch in table.columns(list(names)) for row in table.dataset.opened(batch))


def differs(row: Mapping[str, Any], label: str, answer: str) -> bool:
    """Whether a blind answer says another thing than the label, where there are both."""
    label_value, answer_value = get_path(row, label), get_path(row, answer)
    return label_value is not None and answer_value is not None and not same(label_value, answer_value)


QUEUES = {
    "open": ReviewQueue("To decide", "Rows that others doubt, those that were set aside, then all that nobody has decided.", _open),
    "waiting": ReviewQueue("Set aside", "Rows that were set aside when the output was made. Those that are accepted go in.", _waiting),
    "sample": ReviewQueue("At random", "All rows, shuffled: what a share of accepted rows can be told from.", _sample),
    "unsure": ReviewQueue("Unsure", "Rows that somebody is unsure of, or that reviewers differ on.", _with(UNSURE, DISPUTED), skips=False),
    "differing": ReviewQueue("Disagreements", "Rows whose blind answer says another thing than their label.", _differing),
    "odd": ReviewQueue(
        "Least typical",
        f"The rows least like the others, the oddest first; of a large table among {COMPARED:,} that are evenly spread.",
        _odd,
    ),
    "second": ReviewQueue("Second opinion", "Rows that others have decided, and you have not. What they decided shows later.", _second),
    "accepted": ReviewQueue("Accepted", "Rows that all who decided accept.", _with(ACCEPTED), skips=False),
    "rejected": ReviewQueue("Rejected", "Rows that all who decided reject.", _with(REJECTED), skips=False),
    "changed": ReviewQueue("Changed", "Rows with an edit or another label.", _changed, skips=False),
    "label": ReviewQueue("By label", "Rows with one value of a label.", _labelled, listed=False),
    "search": ReviewQueue("Search", "Rows in which a text is said.", _text_matches, listed=False),
}
FIXED = ("waiting", "sample", "differing", "odd", "label", "search")
"""The queues whose rows do not depend on what was decided."""
SLOW = ("differing", "odd")
"""Those of them that take a moment to work out."""
KEPT = 32
"""Queues of a table that are kept."""


class TableQueues:
    """The queues of one table, each of the fixed ones worked out once."""

    def __init__(self, table: ReviewTable) -> None:
        self.table = table
        self._worked: OrderedDict[QueueRequest, NDArray[Any]] = OrderedDict()

    def rows(self, ask: QueueRequest, marks: TableMarks, by: str) -> NDArray[Any]:
        """The places of the rows of a queue, in its order."""
        import numpy

        if ask not in self._worked:
            places = numpy.asarray(QUEUES[ask.queue].rows(self.table, marks, by, ask), "int64")
            if ask.queue not in FIXED:
                return places
            self._worked[ask] = places
            while len(self._worked) > KEPT:
                self._worked.popitem(last=False)
        return self._worked[ask]

    def is_known(self, ask: QueueRequest) -> bool:
        """Whether a queue is worked out, or takes no work."""
        return ask.queue not in SLOW or ask in self._worked

    def left(self, ask: QueueRequest, marks: TableMarks, by: str) -> int:
        """How many rows of a queue there are for a reviewer to decide."""
        rows = self.rows(ask, marks, by)
        return int((~marks.by(by)[rows]).sum()) if QUEUES[ask.queue].skips else len(rows)

    def step(self, ask: QueueRequest, marks: TableMarks, by: str, at: int | None = None) -> int | None:
        """The place of the row to decide after the one `at` a place (None: the first); from the end on from the start. None where nothing
        is left."""
        if ask.queue == "open":
            return _first(*(part for rows in _by_urgency(self.table, marks, by) for part in _around(rows[rows != at], at)))
        ahead, behind = _around(self.rows(ask, marks, by), at)
        if not QUEUES[ask.queue].skips:
            return _first(ahead)
        decided = marks.by(by)
        return _first(ahead[~decided[ahead]], behind[~decided[behind]])

    def beside(self, ask: QueueRequest, marks: TableMarks, by: str, at: int) -> tuple[int | None, int | None]:
        """The places of the rows before and after one in a queue, decided or not."""
        if ask.queue == "open":
            return (at - 1 if at > 0 else None), (at + 1 if at + 1 < len(self.table) else None)
        ahead, behind = _around(self.rows(ask, marks, by), at)
        return _first(behind[::-1]), _first(ahead)


def _around(rows: NDArray[Any], at: int | None) -> tuple[NDArray[Any], NDArray[Any]]:
    """The rows of a queue after a place, and those before it; where the place is not in the queue, those at higher and at lower places."""
    if at is None:
        return rows, rows[:0]
    positions = (rows == at).nonzero()[0]
    if len(positions):
        return rows[positions[0] + 1 :], rows[: positions[0]]
    return rows[rows > at], rows[rows < at]


def _first(*several: Any) -> int | None:
    return next((int(rows[0]) for rows in several if len(rows)), None)
