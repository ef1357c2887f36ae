"""Where an application fails: the results of an eval harness by voice, case, intent and the output's other labels.

Shares have Wilson's interval (E. B. Wilson, 1927). A slice stands apart when Newcombe's interval of its difference from all other rows
(R. G. Newcombe, 1998, method 10) leaves out zero, at a confidence raised to the number of slices that are looked at (Bonferroni).
Grades between 0 and 1 are taken as shares of an answer, for which both intervals are too wide rather than too narrow. So are the means of
requests that were typed in several ways: their rows are not independent, and each request counts once.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean

from synthgen.harness.label_effects import LabelEffect, label_effects, typed_rows
from synthgen.harness.pairing import LevelTrend, PairedSlice, level_trends, paired_slices, twins_of
from synthgen.harness.scored import scored
from synthgen.harness.share import Share, share_of


@dataclass(frozen=True)
class Sliced:
    """One grade of one run: over all rows, and for each label by its values, the worst first. `ungraded` rows have no score; `left_out` do
    not count, for a reviewer rejected them, or changed their target since. Of requests that were typed in several ways, `paired` says how
    each way differs from the baseline, and `trends` how the score changes from level to level. `effects` say what single slips, cases and
    voices do to it, the dearest first; there are none where there are too few rows."""

    run: str
    grade: str
    whole: Share
    slices: dict[str, dict[str, Share]]
    ungraded: int
    left_out: int = 0
    paired: tuple[PairedSlice, ...] = ()
    trends: tuple[LevelTrend, ...] = ()
    effects: tuple[LabelEffect, ...] = ()


def slice_results(results: str | Path, output: str | Path, by: Sequence[str] = (), *, review: bool = True) -> list[Sliced]:
    """The results of inspect, lm-eval or promptfoo (a file, or a folder of them) on the cases of an output, by its labels.

    `by` names the columns to slice by (default: all labels). With `review`, labels are as reviewers left them, rows that they rejected
    do not count, nor those whose target they changed since, and people who took the test are there as the run `human`. Raises DataError
    when there are no such results, or they are of other rows, and OutputError when there is no such output or column.
    """
    scored_rows = scored(results, output, by, review=review)
    twins = [table_twins for table in scored_rows.tables if (table_twins := twins_of(scored_rows.dataset, table))]
    requests = {row: f"{table.table}, {request}" for table in twins if table.paired for row, request in table.requests.items()}
    if by:
        twins = [kept for table_twins in twins if (kept := table_twins.only(by))]
    by_table = {table_twins.table: table_twins for table_twins in twins}
    typed = [typed_rows(scored_rows.dataset, table, scored_rows.labels, by_table.get(table)) for table in scored_rows.tables if not by]
    sliced_runs = []
    for run in scored_rows.runs:
        paired = tuple(paired_slices(twins, run.scores))
        trends = tuple(trend for table_twins in twins for trend in level_trends(table_twins, run.scores))
        costs = tuple(effect for table in typed for effect in label_effects(table, run.scores, scored_rows.labels))
        slices = _slices(run.scores, scored_rows.labels, requests)
        whole = share_of([fmean(same) for same in _by_request(run.scores, requests).values()], rows=len(run.scores))
        sliced_runs.append(Sliced(run.run, run.grade, whole, slices, run.ungraded, run.left_out, paired, trends, costs))
    return sliced_runs


def _slices(
    scores: Mapping[str, float], labels: Mapping[str, Mapping[str, str]], requests: Mapping[str, str]
) -> dict[str, dict[str, Share]]:
    whole = _by_request(scores, requests)
    values_of: dict[str, dict[str, dict[str, float]]] = {label: defaultdict(dict) for label in labels}
    for label, values in labels.items():
        for row, score in scores.items():
            values_of[label][values[row]][row] = score
    values_of = {label: by_value for label, by_value in values_of.items() if len(by_value) > 1}
    looks, slices = sum(map(len, values_of.values())), dict[str, dict[str, Share]]()
    for label, by_value in values_of.items():
        shares = {value: _slice(rows, whole, requests, looks) for value, rows in by_value.items()}
        slices[label] = dict(sorted(shares.items(), key=lambda item: (item[1].mean, item[0])))
    return slices


def _by_request(scores: Mapping[str, float], requests: Mapping[str, str]) -> dict[str, list[float]]:
    """The scores of each request."""
    by_request = defaultdict[str, list[float]](list)
    for row, score in scores.items():
        by_request[requests.get(row, row)].append(score)
    return by_request


def _slice(rows: Mapping[str, float], whole: Mapping[str, list[float]], requests: Mapping[str, str], looks: int) -> Share:
    """The share of some rows beside all others, each request's rows taken together on either side."""
    inside = _by_request(rows, requests)
    outside_sum, outside_count = sum(map(fmean, whole.values())), len(whole)
    for request, its_scores in inside.items():
        left = len(whole[request]) - len(its_scores)
        outside_sum += (sum(whole[request]) - sum(its_scores)) / left - fmean(whole[request]) if left else -fmean(whole[request])
        outside_count -= not left
    return share_of(list(map(fmean, inside.values())), (outside_sum, outside_count), looks, len(rows))
