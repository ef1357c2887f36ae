"""Where an application fails: the results of an eval harness by voice, case, intent and the output's other labels.

Shares have Wilson's interval (E. B. Wilson, 1927). A slice stands apart when Newcombe's interval of its difference from all other rows
(R. G. Newcombe, 1998, method 10) leaves out zero, at a confidence raised to the number of slices that are looked at (Bonferroni).
Grades between 0 and 1 are taken as shares of an answer, for which both intervals are too wide rather than too narrow.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from synthgen.comparison.shares import difference, wilson
from synthgen.dataset import Dataset
from synthgen.dataset.table import MANY, TableRows
from synthgen.decisions.amended import Honoured, honoured
from synthgen.errors import DataError, OutputError, did_you_mean
from synthgen.harness.human import baselines
from synthgen.harness.results import Result, read
from synthgen.spec.paths import root_of

FIRST = ("voice", "case", "intent")
"""The labels that are shown before the others: how a message was typed, what is odd about it, and what it is about."""
HUMAN = "human"
"""The run of people who took the test themselves."""


@dataclass(frozen=True)
class Share:
    """The mean score of so many rows, and its interval at 95 %; `apart` is -1 for a slice that is surely worse than all other rows,
    1 for one that is surely better."""

    rows: int
    mean: float
    low: float
    high: float
    apart: int = 0


@dataclass(frozen=True)
class Sliced:
    """One grade of one run: over all rows, and for each label by its values, the worst first. `ungraded` rows have no score; `left_out` do
    not count, for a reviewer rejected them, or changed their target since."""

    run: str
    grade: str
    whole: Share
    slices: dict[str, dict[str, Share]]
    ungraded: int
    left_out: int = 0


def slice_results(results: str | Path, output: str | Path, by: Sequence[str] = (), *, review: bool = True) -> list[Sliced]:
    """The results of inspect, lm-eval or promptfoo (a file, or a folder of them) on the cases of an output, by its labels.

    `by` names the columns to slice by (default: all labels). With `review`, labels are as reviewers left them, rows that they rejected
    do not count, nor those whose target they changed since, and people who took the test are there as the run `human`. Raises DataError
    when there are no such results, or they are of other rows, and OutputError when there is no such output or column.
    """
    harness_results = list(read(results))
    dataset = Dataset.open(output)
    reviewed_output = honoured(dataset) if review else None
    human_results = (
        list(_of_people(reviewed_output, {result.row.rpartition("-")[0] for result in harness_results})) if reviewed_output else []
    )
    labels, without = _labels(dataset, reviewed_output.dataset if reviewed_output else dataset, [*human_results, *harness_results], by)
    scores: dict[tuple[str, str, str], dict[str, list[float | None]]] = defaultdict(lambda: defaultdict(list))
    for result in [*harness_results, *human_results]:
        scores[result.file, result.run, result.grade][result.row].append(result.score)
    runs = Counter(run for _, run in {(file, run) for file, run, _ in scores})
    sliced = []
    for (file, run, grade), rows in scores.items():
        scores_by_row = {
            row: [score for score in row_scores if score is not None]
            for row, row_scores in rows.items()
            if run == HUMAN or row not in without
        }
        means = {row: sum(row_scores) / len(row_scores) for row, row_scores in scores_by_row.items() if row_scores}
        name = run if runs[run] == 1 else f"{run}, {file}"
        sliced.append(_sliced(name, grade, means, len(scores_by_row) - len(means), labels, len(rows) - len(scores_by_row)))
    return sliced


def _of_people(reviewed_output: Honoured, tables: Collection[str]) -> Iterator[Result]:
    """The grades of people who took the test themselves, on the rows of these tables."""
    for baseline in baselines(reviewed_output) if tables else ():
        if baseline.table in tables:
            yield from (Result(HUMAN, baseline.grade, answer.row, {}, answer.score, baseline.field) for answer in baseline.answers)


def _sliced(
    run: str, grade: str, means: Mapping[str, float], ungraded: int, labels: Mapping[str, Mapping[str, str]], left_out: int
) -> Sliced:
    groups: dict[str, dict[str, list[float]]] = {label: defaultdict(list) for label in labels}
    for label, values in labels.items():
        for row, mean in means.items():
            groups[label][values[row]].append(mean)
    groups = {label: value_means for label, value_means in groups.items() if len(value_means) > 1}
    looks = sum(len(value_means) for value_means in groups.values())
    slices = {}
    for label, value_means in groups.items():
        shares = {value: _share(scores, list(means.values()), looks) for value, scores in value_means.items()}
        slices[label] = dict(sorted(shares.items(), key=lambda item: (item[1].mean, item[0])))
    return Sliced(run, grade, _share(list(means.values())), slices, ungraded, left_out)


def _share(scores: Sequence[float], all_scores: Sequence[float] = (), looks: int = 1) -> Share:
    """A slice's share, and whether it is apart from the rest of `all_scores`; `looks` slices are looked at."""
    count, total = len(scores), sum(scores)
    low, high = wilson(total, count)
    apart = 0
    if other_count := max(0, len(all_scores) - count):
        least, most = difference(total, count, sum(all_scores) - total, other_count, 1 - 0.05 / looks)
        apart = -1 if most < 0 else 1 if least > 0 else 0
    return Share(count, total / count if count else 0.0, low, high, apart)


# The output's labels


def _labels(
    dataset: Dataset, reviewed: Dataset, results: Sequence[Result], by: Sequence[str]
) -> tuple[dict[str, dict[str, str]], set[str]]:
    """For each label the value of every row that has results, as in the `reviewed` output; and the rows whose results do not count, for
    reviewers rejected them or changed their target since."""
    results_by_row = {result.row: result for result in results}
    values: dict[str, dict[str, str]] = {}
    without, met = set[str](), set[str]()
    for table in sorted({row.rpartition("-")[0] for row in results_by_row}):
        if table not in dataset.tables:
            raise DataError(
                f"the results are of rows of a table '{table}', which {dataset.folder} does not have", "name the output that was exported"
            )
        rows = TableRows(reviewed, table)
        columns = _columns(rows.columns, rows.labels(), by)
        now = _words(rows, columns, results_by_row)
        original_rows = TableRows(dataset, table)
        then = (
            now
            if reviewed is dataset
            else _words(original_rows, {short: name for short, name in columns.items() if name in original_rows.columns}, results_by_row)
        )
        met |= then.keys() | now.keys()
        without |= then.keys() - now.keys()
        for name, row_values in now.items():
            if _stale(results_by_row[name], row_values, then.get(name, row_values), columns, dataset):
                without.add(name)
            for short, value in row_values.items():
                values.setdefault(short, {})[name] = value
    if unknown := sorted(results_by_row.keys() - met):
        raise DataError(
            f"{len(unknown)} of {len(results_by_row)} rows in the results, such as {unknown[0]}, are not in {dataset.folder}",
            "name the output that was exported",
        )
    for label in values:
        values[label] = {row: values[label].get(row, "none") for row in results_by_row}
    ordered_labels = sorted(
        values, key=lambda label: by.index(label) if label in by else FIRST.index(label) if label in FIRST else len(FIRST)
    )
    return {label: values[label] for label in ordered_labels if len(set(values[label].values())) <= MANY or label in by}, without


def _words(rows: TableRows, columns: Mapping[str, str], row_ids: Collection[str]) -> dict[str, dict[str, str]]:
    """For each of the rows the values of these columns, by the short names of these."""
    return {
        name: {short: _word(row[column]) for short, column in columns.items()}
        for name, row in rows.read(list(columns.values()))
        if name in row_ids
    }


def _stale(result: Result, now: Mapping[str, str], then: Mapping[str, str], columns: Mapping[str, str], dataset: Dataset) -> bool:
    """Whether a result was graded by a target that a reviewer has changed since. Raises DataError where it is of another row."""
    target = root_of(str(dataset.recipe.harness.get("target") or ""))
    stale = False
    for short, value in now.items():
        result_value = _word(result.labels.get(short, value))
        if result_value not in (value, then.get(short, value)):
            raise DataError(
                f"row {result.row} has {short} '{then.get(short, value)}' in {dataset.folder}, and '{result_value}' in the results",
                "the output was made again since: export it again, and run the harness on that",
            )
        stale = stale or (result_value != value and columns[short] == target)
    return stale


def _columns(columns: Mapping[str, str], labels: Mapping[str, str], by: Sequence[str]) -> dict[str, str]:
    if not by:
        return dict(labels)
    for name in by:
        if name not in labels and name not in columns:
            raise OutputError(f"there is no label '{name}'", did_you_mean(name, {*labels, *columns}, "labels"))
    return {name: labels.get(name, name) for name in by}


def _word(value: Any) -> str:
    return "none" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
