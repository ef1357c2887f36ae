"""What reviewers came to, as the page shows it. It names nobody: a page is passed on."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from statistics import fmean

from synthgen.decisions.amended import Honoured
from synthgen.decisions.progress import ReviewProgress, progress
from synthgen.harness.human import Baseline, baselines
from synthgen.text.legible import Pieces, legible

REASONS, DIFFERING = 8, 12
"""Reasons, and answers of people that are not the target, that are shown."""


@dataclass(frozen=True)
class Differing:
    """A row that people answered otherwise than the target says: what they answered, and the target."""

    row: str
    answered: Pieces
    target: Pieces


@dataclass(frozen=True)
class Reviewed:
    """How far each table is, why rows were rejected and how often, how people did who took the test themselves, with the rows on which they
    differ from the target, and notes on the decisions."""

    tables: list[ReviewProgress]
    reasons: list[tuple[Pieces, int]]
    people: list[tuple[Baseline, list[Differing]]]
    notes: list[str]


def reviewed(honoured: Honoured | None) -> Reviewed | None:
    """What there is to show of a review; None where there is none."""
    if honoured is None or not len(honoured.review):
        return None
    reasons = Counter(
        reason
        for plan in honoured.plans.values()
        for standing in plan.standings
        if standing.out
        for reason in dict.fromkeys(decision.reason.strip() for decision in standing.by.values() if decision.decision == "reject")
    )
    people = [(baseline, _differing(baseline)) for baseline in baselines(honoured)]
    tables = [table_progress for table_progress in progress(honoured) if table_progress.decided or table_progress.outdated]
    return Reviewed(tables, [(legible(reason), count) for reason, count in reasons.most_common(REASONS)], people, list(honoured.notes()))


def _differing(baseline: Baseline) -> list[Differing]:
    """The rows that people got wrong, those that most of them did first."""
    answers: dict[str, list[float]] = {}
    for answer in baseline.answers:
        answers.setdefault(answer.row, []).append(answer.score)
    means = {row: fmean(scores) for row, scores in answers.items()}
    ranked = sorted(
        (answer for answer in baseline.differing), key=lambda answer: (means[answer.row], -len(answers[answer.row]), answer.row)
    )
    return [Differing(answer.row, legible(answer.answered), legible(answer.target)) for answer in ranked[:DIFFERING]]
