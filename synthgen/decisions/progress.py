"""How far the review of an output is, table by table."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from synthgen.decisions.agreement import Agreement, Enough, enough, kappa
from synthgen.decisions.amended import Honoured


@dataclass(frozen=True)
class ReviewProgress:
    """What reviewers came to in a table: of its `rows` (with those that wait to be let in) so many are accepted, rejected, unsure and
    disputed; so many are `changed`, `let_in`, `left_out` (those too that were made from a rejected row) or still `waiting`; on so many
    decisions are `outdated`. What that tells of all rows is in `enough`, and how far reviewers agree in `agreement`."""

    table: str
    rows: int
    accepted: int
    rejected: int
    unsure: int
    disputed: int
    changed: int
    let_in: int
    left_out: int
    waiting: int
    outdated: int
    enough: Enough
    agreement: tuple[Agreement, ...]

    @property
    def decided(self) -> int:
        """How many rows somebody decided on."""
        return self.accepted + self.rejected + self.unsure + self.disputed

    def __str__(self) -> str:
        sorts = {"accepted": self.accepted, "rejected": self.rejected, "unsure": self.unsure, "disputed": self.disputed}
        counts = ", ".join(f"{count:,} {name}" for name, count in sorts.items() if count) or "none"
        return f"{self.table}: {self.decided:,} of {self.rows:,} rows decided ({counts})"


def progress(honoured: Honoured) -> list[ReviewProgress]:
    """How far each table is."""
    return [_progress(honoured, name) for name in honoured.dataset.tables]


def _progress(honoured: Honoured, table: str) -> ReviewProgress:
    plan, reviewable = honoured.plans.get(table), honoured.reviewable
    waiting = len(reviewable.waiting[table])
    rows = reviewable.dataset.manifest["tables"][table]["rows"] + waiting
    standings = plan.standings if plan else []
    status = Counter(str(standing.status) for standing in standings)
    summary = plan.summary() if plan else {}
    decided = status["accepted"] + status["rejected"] + status["unsure"] + status["disputed"]
    return ReviewProgress(
        table,
        rows,
        status["accepted"],
        status["rejected"],
        status["unsure"],
        status["disputed"],
        changed=summary.get("changed", 0),
        let_in=summary.get("let in", 0),
        left_out=summary.get("left out", 0),
        waiting=waiting - len(plan.settled if plan else ()),
        outdated=sum(standing.waits for standing in standings),
        enough=enough(status["accepted"], decided, rows),
        agreement=tuple(kappa(standings)),
    )
