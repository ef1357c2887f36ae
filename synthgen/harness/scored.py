"""The results of an eval harness beside the rows that they are of: the mean score of each row, and its labels."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

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
class ScoredRun:
    """One grade of one run: the mean score of each row by its id. `ungraded` rows have none; `left_out` rows do not count, for a reviewer
    rejected them, or changed their target since."""

    run: str
    grade: str
    scores: Mapping[str, float]
    ungraded: int
    left_out: int


@dataclass(frozen=True)
class Scored:
    """The runs on the rows of an output (`dataset`, as reviewers left it), and for each label the value of every row."""

    dataset: Dataset
    labels: Mapping[str, Mapping[str, str]]
    runs: Sequence[ScoredRun]

    @property
    def tables(self) -> list[str]:
        """The tables whose rows have scores."""
        return sorted({row.rpartition("-")[0] for run in self.runs for row in run.scores})


def scored(results: str | Path, output: str | Path, by: Sequence[str] = (), *, review: bool = True) -> Scored:
    """What inspect, lm-eval or promptfoo wrote (a file, or a folder of them) on the cases of an output, with its labels (or the columns
    `by`). See `slice_results`. Raises DataError, OutputError."""
    harness_results = list(read(results))
    dataset = Dataset.open(output)
    reviewed_output = honoured(dataset) if review else None
    human_results = (
        list(_of_people(reviewed_output, {result.row.rpartition("-")[0] for result in harness_results})) if reviewed_output else []
    )
    reviewed = reviewed_output.dataset if reviewed_output else dataset
    labels, without = _labels(dataset, reviewed, [*human_results, *harness_results], by)
    scores: dict[tuple[str, str, str], dict[str, list[float | None]]] = defaultdict(lambda: defaultdict(list))
    for result in [*harness_results, *human_results]:
        scores[result.file, result.run, result.grade][result.row].append(result.score)
    runs = Counter(run for _, run in {(file, run) for file, run, _ in scores})
    scored_runs = []
    for (file, run, grade), rows in scores.items():
        scores_by_row = {
            row: [score for score in row_scores if score is not None]
            for row, row_scores in rows.items()
            if run == HUMAN or row not in without
        }
        means = {row: sum(row_scores) / len(row_scores) for row, row_scores in scores_by_row.items() if row_scores}
        name = run if runs[run] == 1 else f"{run}, {file}"
        scored_runs.append(ScoredRun(name, grade, means, len(scores_by_row) - len(means), len(rows) - len(scores_by_row)))
    return Scored(reviewed, labels, scored_runs)


def _of_people(reviewed_output: Honoured, tables: Collection[str]) -> Iterator[Result]:
    """The grades of people who took the test themselves, on the rows of these tables."""
    for baseline in baselines(reviewed_output) if tables else ():
        if baseline.table in tables:
            yield from (Result(HUMAN, baseline.grade, answer.row, {}, answer.score, baseline.field) for answer in baseline.answers)


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
