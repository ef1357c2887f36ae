"""How far a review is, table by table, and where to go on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from synthgen.decisions.agreement import Agreement, enough
from synthgen.decisions.known import WAITING
from synthgen.reporting import aside as reported
from synthgen.reviewing.page.blind import Blind, BlindResult, BlindRun
from synthgen.reviewing.page.desk import ReviewDesk
from synthgen.reviewing.page.marks import ACCEPTED, DISPUTED, NONE, REJECTED, UNSURE, TableMarks
from synthgen.reviewing.page.queues import QUEUES, QueueRequest


@dataclass(frozen=True)
class TableProgress:
    """How many rows of a table there are, how many anybody decided, and how many this reviewer."""

    rows: int
    decided: int
    mine: int


@dataclass(frozen=True)
class QueueLine:
    """A queue to go to: how many rows are left in it (None: it is counted when it is opened)."""

    name: str
    title: str
    about: str
    left: int | None


@dataclass(frozen=True)
class TableOverview:
    """A table: its progress, how many rows have each status, its queues, what that tells of all rows, how far reviewers agree, and its
    labels, each value with its rows."""

    name: str
    progress: TableProgress
    counts: dict[str, int]
    queues: list[QueueLine]
    enough: str
    agreements: list[Agreement]
    labels: dict[str, list[tuple[str, int]]] = field(default_factory=dict)


def progress(marks: TableMarks, by: str) -> TableProgress:
    """How far a table is."""
    return TableProgress(len(marks.status), len(marks.status) - marks.count(NONE), int(marks.by(by).sum()))


def table_overview(desk: ReviewDesk, name: str, by: str) -> TableOverview:
    """The overview of a table."""
    marks = desk.marks(name)
    counts = {
        "accepted": marks.count(ACCEPTED),
        "rejected": marks.count(REJECTED),
        "unsure": marks.count(UNSURE),
        "disputed": marks.count(DISPUTED),
        "changed": int(marks.changed.sum()),
        "outdated": marks.outdated,
    }
    decided = progress(marks, by)
    share = enough(counts["accepted"], decided.decided, decided.rows)
    lines, agreements = list(_lines(desk, name, by)), desk.book.agreements(name)
    return TableOverview(name, decided, counts, lines, str(share), agreements, desk.table(name).values)


def _lines(desk: ReviewDesk, name: str, by: str) -> Iterator[QueueLine]:
    marks, queues = desk.marks(name), desk.queues(name)
    for key, queue in QUEUES.items():
        table = desk.table(name)
        has_rows = {"differing": bool(table.pairs), "waiting": table.made_count < len(table)}
        if queue.listed and has_rows.get(key, True):
            yield QueueLine(
                key, queue.title, queue.about, queues.left(QueueRequest(key), marks, by) if queues.is_known(QueueRequest(key)) else None
            )


def aside(desk: ReviewDesk) -> list[tuple[str, int]]:
    """The rows that were refused when the output was made: where they are, and how many."""
    names = [name for name in desk.dataset.aside if name not in WAITING]
    counts = [(name, sum(batch.num_rows for batch in desk.dataset.batches(name, ["row"]))) for name in names]
    return [(name, count) for name, count in counts if count]


def queue_aside(desk: ReviewDesk, name: str) -> reported.Queue:
    """Some of the rows that were set aside, by reason."""
    desk.dataset.named(name)
    return reported.queue(desk.dataset, name)


def answers(desk: ReviewDesk, blind: Blind) -> list[BlindResult]:
    """How those did who took it themselves."""
    results = [blind.result(name, BlindRun()) for name in desk.reviewers()] if blind.quiz else []
    return [result for result in results if result.count]
