"""What the card on the Hub says of a review: how many rows were read, and what came of it. It names nobody."""

from __future__ import annotations

from collections.abc import Iterator

from synthgen.decisions.amended import Honoured
from synthgen.decisions.progress import ReviewProgress, progress
from synthgen.harness.human import Baseline, baselines


def reviewed_section(honoured: Honoured) -> list[str]:
    """The lines of the card's section; none where nobody decided anything that holds."""
    if not len(honoured.review):
        return []
    lines = [line for review in progress(honoured) if review.decided for line in _table(review)]
    people = [_person(baseline) for baseline in baselines(honoured)]
    if not (lines or people):
        return []
    columns = sorted({plan.column for plan in honoured.plans.values() if plan.touched})
    note = f"The column `{columns[0]}` says on which rows people decided, and what they changed." if columns else ""
    return ["## Reviewed by people", "", *lines, *people, *([note, ""] if note else [])]


def _table(review: ReviewProgress) -> Iterator[str]:
    sorts = {
        f"{review.accepted:,} accepted": review.accepted,
        f"{review.rejected:,} rejected": review.rejected,
        f"{review.unsure:,} left unsure": review.unsure,
        f"{review.disputed:,} disputed": review.disputed,
    }
    counts = ", ".join(name for name, count in sorts.items() if count)
    yield f"* `{review.table}`: people decided on {review.decided:,} of {review.rows:,} rows: {counts}."
    yield f"  {review.changed:,} rows were changed, {review.left_out:,} left out, {review.let_in:,} let in that were set aside before."
    for pair in review.agreement:
        kappa = "" if pair.kappa is None else f", Cohen's kappa {pair.kappa:.2f}"
        yield f"  Two reviewers agree on {pair.share:.0%} of the {pair.rows:,} rows that both read{kappa}."
    yield ""


def _person(baseline: Baseline) -> str:
    who = "a person" if len(baseline.people) == 1 else f"{len(baseline.people)} people"
    taken = "" if baseline.seconds is None else f", in {baseline.seconds:.0f} seconds each"
    share = f"{baseline.score:.0%} ({baseline.low:.0%} to {baseline.high:.0%}) of {len(baseline.answers):,} rows"
    return f"* `{baseline.field}` of `{baseline.table}`, answered by {who} who did not see it{taken}: {baseline.grade} in {share}.\n"
