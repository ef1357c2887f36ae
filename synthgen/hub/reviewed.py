"""What the card on the Hub tells of a review: how many rows were read, and what came of it. It names nobody."""

from __future__ import annotations

from collections.abc import Iterator

from synthgen.decisions.amended import Honoured
from synthgen.decisions.progress import ReviewProgress, progress
from synthgen.harness.human import Baseline, baselines


def reviewed_section(honoured: Honoured) -> list[str]:
    """The lines of the card's section; none where nobody decided anything that holds."""
    if not len(honoured.review):
        return []
    told = [line for one in progress(honoured) if one.decided for line in _table(one)]
    people = [_person(one) for one in baselines(honoured)]
    if not (told or people):
        return []
    columns = sorted({own.column for own in honoured.plans.values() if own.touched})
    kept = f"The column `{columns[0]}` says on which rows people decided, and what they changed." if columns else ""
    return ["## Reviewed by people", "", *told, *people, *([kept, ""] if kept else [])]


def _table(one: ReviewProgress) -> Iterator[str]:
    sorts = {
        f"{one.accepted:,} accepted": one.accepted,
        f"{one.rejected:,} rejected": one.rejected,
        f"{one.unsure:,} left unsure": one.unsure,
        f"{one.disputed:,} disputed": one.disputed,
    }
    counts = ", ".join(name for name, count in sorts.items() if count)
    yield f"* `{one.table}`: people decided on {one.decided:,} of {one.rows:,} rows: {counts}."
    yield f"  {one.changed:,} rows were changed, {one.left_out:,} left out, {one.let_in:,} let in that were set aside before."
    for pair in one.agreement:
        kappa = "" if pair.kappa is None else f", Cohen's kappa {pair.kappa:.2f}"
        yield f"  Two reviewers agree on {pair.share:.0%} of the {pair.rows:,} rows that both read{kappa}."
    yield ""


def _person(one: Baseline) -> str:
    who = "a person" if len(one.people) == 1 else f"{len(one.people)} people"
    taken = "" if one.seconds is None else f", in {one.seconds:.0f} seconds each"
    share = f"{one.score:.0%} ({one.low:.0%} to {one.high:.0%}) of {len(one.answers):,} rows"
    return f"* `{one.field}` of `{one.table}`, answered by {who} who did not see it{taken}: {one.grade} in {share}.\n"
