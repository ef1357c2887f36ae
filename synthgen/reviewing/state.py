"""How far the review of an output is: for a program, a coding agent, and a notebook."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from synthgen.dataset import Dataset
from synthgen.decisions.amended import honoured
from synthgen.decisions.progress import ReviewProgress, progress
from synthgen.harness.human import Baseline, baselines
from synthgen.spec import pages


@dataclass(frozen=True)
class ReviewState:
    """The review of an output in `folder`, whose decisions are in `file`: how many `hold` (those that were undone aside), who decided
    (`reviewers`), how far each of the `tables` is, which rows are `outdated`, how `people` did who took the test themselves, and what
    else there is to be told."""

    folder: Path
    file: Path
    hold: int
    reviewers: tuple[str, ...]
    tables: tuple[ReviewProgress, ...]
    outdated: tuple[str, ...]
    people: tuple[Baseline, ...]
    notes: tuple[str, ...]

    def queues(self, table: ReviewProgress) -> dict[str, int]:
        """How many rows of a table wait for somebody, by why."""
        return {
            "unsure": table.unsure,
            "disputed": table.disputed,
            "set aside": table.waiting,
            "outdated": table.outdated,
            "unreviewed": table.rows - table.decided,
        }

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        tables = {table.table: {**asdict(table), "decided": table.decided, "queues": self.queues(table)} for table in self.tables}
        people = [
            {**asdict(baseline), "answers": len(baseline.answers), "differing": [asdict(answer) for answer in baseline.differing]}
            for baseline in self.people
        ]
        return {**asdict(self), "folder": str(self.folder), "file": str(self.file), "tables": tables, "people": people}

    def __repr__(self) -> str:
        lines = [*map(str, self.tables), *(f"{baseline.table}.{baseline.field} {baseline}" for baseline in self.people)]
        return f"ReviewState({self.folder}: {'; '.join(lines)})"

    def _repr_html_(self) -> str:
        head = ["table", "rows", "accepted", "rejected", "unsure", "disputed", "set aside", "outdated", "accepted in all"]
        rows = [
            (
                table.table,
                table.rows,
                table.accepted,
                table.rejected,
                table.unsure,
                table.disputed,
                table.waiting,
                table.outdated,
                str(table.enough),
            )
            for table in self.tables
        ]
        pairs = [
            (table.table, f"{pair.one}, {pair.other}", pair.rows, f"{pair.share:.0%}", "" if pair.kappa is None else f"{pair.kappa:.2f}")
            for table in self.tables
            for pair in table.agreement
        ]
        agreement = [pages.table(["table", "reviewers", "rows", "agree on", "Cohen's kappa"], pairs)] if pairs else []
        lines = [*(f"{baseline.table}.{baseline.field}: {baseline}" for baseline in self.people), *(f"note: {note}" for note in self.notes)]
        return pages.page(pages.table(head, rows), *agreement, *map(pages.paragraph, lines))


def review_state(folder: str | Path) -> ReviewState:
    """How far the review of an output is. Raises DataError, OutputError."""
    reviewed_output = honoured(Dataset.open(folder))
    return ReviewState(
        Path(folder),
        reviewed_output.review.file,
        reviewed_output.holding,
        tuple(reviewed_output.review.reviewers),
        tuple(progress(reviewed_output)),
        tuple(reviewed_output.outdated),
        tuple(baselines(reviewed_output)),
        tuple(reviewed_output.notes()),
    )
