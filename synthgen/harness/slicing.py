"""Where an application fails: the results of an eval harness by voice, case, intent and the output's other labels.

Shares have Wilson's interval (E. B. Wilson, 1927). A slice stands apart when Newcombe's interval of its difference from all other rows
(R. G. Newcombe, 1998, method 10) leaves out zero, at a confidence raised to the number of slices that are looked at (Bonferroni).
Grades between 0 and 1 are taken as shares of an answer, for which both intervals are too wide rather than too narrow.
"""

from __future__ import annotations

import io
import json
import struct
import zipfile
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from synthgen.comparison.shares import difference, wilson
from synthgen.dataset import Dataset
from synthgen.dataset.table import FEW, TableRows
from synthgen.errors import DataError, OutputError, did_you_mean

ZSTANDARD = 93
"""The method that inspect packs its logs with; Python's zip files know it from 3.14 on."""
FIRST = ("voice", "case", "intent")
"""The labels that are shown before the others: how a message was typed, what is odd about it, and what it is about."""
LETTERS = {"C": 1.0, "I": 0.0, "P": 0.5, "N": 0.0}
"""How inspect writes correct, incorrect, partly correct and no answer."""


@dataclass(frozen=True)
class Result:
    """One grade of one answer: who answered (`run`), which grade it is, the row's id and what the harness knew of it, and the score,
    0 to 1; None where the row could not be graded. `file` is what it was read from."""

    run: str
    grade: str
    row: str
    labels: Mapping[str, Any]
    score: float | None
    file: str = ""


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
    """One grade of one run: over all rows, and for each label by its values, the worst first. `ungraded` rows have no score."""

    run: str
    grade: str
    whole: Share
    slices: dict[str, dict[str, Share]]
    ungraded: int


def slice_results(results: str | Path, output: str | Path, by: Sequence[str] = ()) -> list[Sliced]:
    """The results of inspect, lm-eval or promptfoo (a file, or a folder of them) on the cases of an output, by its labels.

    `by` names the columns to slice by (default: all labels). Raises DataError when there are no such results, or they are of other
    rows, and OutputError when there is no such output or column.
    """
    found = list(read(results))
    scores: dict[tuple[str, str, str], dict[str, list[float | None]]] = defaultdict(lambda: defaultdict(list))
    for one in found:
        scores[one.file, one.run, one.grade][one.row].append(one.score)
    runs = Counter(run for _, run in {(file, run) for file, run, _ in scores})
    labels = _labels(output, found, by)
    sliced = []
    for (file, run, grade), rows in scores.items():
        means = {row: sum(own) / len(own) for row, given in rows.items() if (own := [score for score in given if score is not None])}
        name = run if runs[run] == 1 else f"{run}, {file}"
        sliced.append(_sliced(name, grade, means, len(rows) - len(means), labels))
    return sliced


def _sliced(run: str, grade: str, means: Mapping[str, float], ungraded: int, labels: Mapping[str, Mapping[str, str]]) -> Sliced:
    groups: dict[str, dict[str, list[float]]] = {label: defaultdict(list) for label in labels}
    for label, values in labels.items():
        for row, mean in means.items():
            groups[label][values[row]].append(mean)
    groups = {label: own for label, own in groups.items() if len(own) > 1}
    looks = sum(len(own) for own in groups.values())
    slices = {}
    for label, own in groups.items():
        shares = {value: _share(scores, list(means.values()), looks) for value, scores in own.items()}
        slices[label] = dict(sorted(shares.items(), key=lambda item: (item[1].mean, item[0])))
    return Sliced(run, grade, _share(list(means.values())), slices, ungraded)


def _share(scores: Sequence[float], every: Sequence[float] = (), looks: int = 1) -> Share:
    """A slice's share, and whether it is apart from the rest of `every` row; `looks` slices are looked at."""
    count, total = len(scores), sum(scores)
    low, high = wilson(total, count)
    apart = 0
    if others := max(0, len(every) - count):
        least, most = difference(total, count, sum(every) - total, others, 1 - 0.05 / looks)
        apart = -1 if most < 0 else 1 if least > 0 else 0
    return Share(count, total / count if count else 0.0, low, high, apart)


# The output's labels


def _labels(output: str | Path, found: Sequence[Result], by: Sequence[str]) -> dict[str, dict[str, str]]:
    """For each label the value of every row that has results."""
    wanted = {one.row: one for one in found}
    values: dict[str, dict[str, str]] = {}
    met: set[str] = set()
    dataset = Dataset.open(output)
    for table in sorted({row.rpartition("-")[0] for row in wanted}):
        if table not in dataset.tables:
            raise DataError(
                f"the results are of rows of a table '{table}', which {output} does not have", "name the output that was exported"
            )
        rows = TableRows(dataset, table)
        columns = _columns(rows.columns, rows.labels(), by)
        for name, row in rows.read(list(columns.values())):
            if name in wanted:
                met.add(name)
                for short, column in columns.items():
                    told = wanted[name].labels.get(short, row[column])
                    if _word(told) != _word(row[column]):
                        raise DataError(
                            f"row {name} has {short} '{_word(row[column])}' in {output}, and '{_word(told)}' in the results",
                            "the output was made again since: export it again, and run the harness on that",
                        )
                    values.setdefault(short, {})[name] = _word(row[column])
    if unknown := sorted(wanted.keys() - met):
        raise DataError(
            f"{len(unknown)} of {len(wanted)} rows in the results, such as {unknown[0]}, are not in {output}",
            "name the output that was exported",
        )
    for label in values:
        values[label] = {row: values[label].get(row, "none") for row in wanted}
    shown = sorted(values, key=lambda label: by.index(label) if label in by else FIRST.index(label) if label in FIRST else len(FIRST))
    return {label: values[label] for label in shown if len(set(values[label].values())) <= FEW or label in by}


def _columns(known: Mapping[str, str], labels: Mapping[str, str], by: Sequence[str]) -> dict[str, str]:
    if not by:
        return dict(labels)
    for name in by:
        if name not in labels and name not in known:
            raise OutputError(f"there is no label '{name}'", did_you_mean(name, {*labels, *known}, "labels"))
    return {name: labels.get(name, name) for name in by}


def _word(value: Any) -> str:
    return "none" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


# What the harnesses write


def read(place: str | Path) -> Iterator[Result]:
    """Every grade in a harness's results: a file, or a folder with any number of them. Raises DataError when there are none."""
    place = Path(place)
    if not place.exists():
        raise DataError(f"there is no {place}", "name the file or folder that the harness wrote")
    kinds = ("*.eval", "samples_*.jsonl", "*.json", "*.jsonl")
    files = [place] if place.is_file() else sorted({file for kind in kinds for file in place.rglob(kind)})
    count = 0
    for file in files:
        for result in _of_file(file):
            count += 1
            yield replace(result, file=file.name)
    if not count:
        hint = "inspect: its log folder or an .eval file; lm-eval: --output_path, with --log_samples; promptfoo: -o results.json"
        raise DataError(f"{place} holds no results of rows of inspect, lm-eval or promptfoo", hint)


def _of_file(file: Path) -> Iterator[Result]:
    try:
        if file.suffix == ".eval":
            yield from _packed(file)
        elif file.suffix == ".jsonl":
            lines = [json.loads(text) for text in file.read_text(encoding="utf-8").split("\n") if text.strip()]
            known = [line for line in lines if isinstance(line, dict)]
            yield from _lm_eval(known, file) if known and "doc" in known[0] else _promptfoo([line for line in known if "testCase" in line])
        else:
            whole = json.loads(file.read_text(encoding="utf-8"))
            if isinstance(whole, dict) and "eval" in whole and "samples" in whole:
                yield from _inspect(whole["eval"], whole["samples"] or [])
            elif isinstance(whole, dict) and isinstance(whole.get("results"), dict) and isinstance(whole["results"].get("results"), list):
                yield from _promptfoo(whole["results"]["results"])
    except (OSError, ValueError, KeyError, IndexError, TypeError, AttributeError, RuntimeError, zipfile.BadZipFile, struct.error) as error:
        raise DataError(f"{file} cannot be read as results: {type(error).__name__}: {error}", "was the run cut off?") from None


def _score(value: Any) -> float | None:
    """A grade as a number from 0 to 1; None where it is none."""
    if isinstance(value, str):
        value = LETTERS.get(value, {"true": 1.0, "false": 0.0, "yes": 1.0, "no": 0.0}.get(value.lower(), value))
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if 0 <= number <= 1 else None


def _inspect(run: Mapping[str, Any], samples: Sequence[Mapping[str, Any]]) -> Iterator[Result]:
    names: dict[str, None] = {}
    for sample in samples:
        names |= dict.fromkeys(name for name, _ in _graded(sample))
    for sample in samples:
        graded = dict(_graded(sample))
        for name in names:
            yield Result(str(run["model"]), name, str(sample["id"]), sample.get("metadata") or {}, graded.get(name))


def _graded(sample: Mapping[str, Any]) -> Iterator[tuple[str, float | None]]:
    for scorer, score in (sample.get("scores") or {}).items():
        value = score["value"] if isinstance(score, dict) else score
        if isinstance(value, dict):
            yield from ((str(name), _score(one)) for name, one in value.items())
        else:
            yield scorer, _score(value)


def _packed(file: Path) -> Iterator[Result]:
    with zipfile.ZipFile(file) as log:
        names = set(log.namelist())
        start = "header.json" if "header.json" in names else "_journal/start.json"
        if "summaries.json" in names:
            samples = _entry(log, file, "summaries.json")
        else:  # a run that was cut off
            parts = sorted(name for name in names if name.startswith("_journal/summaries/"))
            samples = [sample for name in parts for sample in _entry(log, file, name)]
        yield from _inspect(_entry(log, file, start)["eval"], samples)


def _entry(log: zipfile.ZipFile, file: Path, name: str) -> Any:
    """A JSON file of a zip file, packed in any way that inspect packs it."""
    entry = log.getinfo(name)
    if entry.compress_type != ZSTANDARD:
        return json.loads(log.read(name))
    import pyarrow

    with file.open("rb") as raw:  # APPNOTE.TXT 4.3.7: thirty bytes, of which the last four are the lengths of name and extra field
        raw.seek(entry.header_offset + 26)
        own, extra = struct.unpack("<HH", raw.read(4))
        raw.seek(entry.header_offset + 30 + own + extra)
        packed = raw.read(entry.compress_size)
    with pyarrow.CompressedInputStream(io.BytesIO(packed), "zstd") as stream:
        return json.loads(stream.read())


def _lm_eval(lines: Sequence[Mapping[str, Any]], file: Path) -> Iterator[Result]:
    run = _model(file)
    for line in lines:
        doc = line["doc"]
        for name in line.get("metrics", ()):
            if "id" in doc:
                yield Result(
                    run,
                    name if line.get("filter") in (None, "none") else f"{name} ({line['filter']})",
                    str(doc["id"]),
                    doc.get("labels") or {},
                    _score(line.get(name)),
                )


def _model(samples: Path) -> str:
    """The model, from the results that lie beside the samples."""
    moment = samples.stem[-26:]
    for beside in samples.parent.glob(f"results_{moment}.json"):
        told = json.loads(beside.read_text(encoding="utf-8")).get("config", {})
        arguments = told.get("model_args") or {}
        own = arguments.get("pretrained") or arguments.get("model") if isinstance(arguments, dict) else arguments
        return f"{told.get('model')}/{own}" if own else str(told.get("model"))
    return samples.parent.name


def _promptfoo(results: Sequence[Mapping[str, Any]]) -> Iterator[Result]:
    prompts = {result.get("promptIdx", 0) for result in results}
    for result in results:
        case, provider = result["testCase"], result.get("provider") or {}
        labels = dict(case.get("metadata") or {})
        if "id" not in labels:
            continue
        run = provider.get("label") or provider.get("id") if isinstance(provider, dict) else provider
        if len(prompts) > 1:
            run = f"{run}, prompt {result.get('promptIdx', 0) + 1}"
        named = result.get("namedScores") or {}
        failed = result.get("failureReason") == 2 or (not named and result.get("error") and not result.get("gradingResult"))
        names = {str(one["metric"]) for one in case.get("assert") or () if one.get("metric")} if failed else named.keys()
        for name in sorted(names) or ["passed"]:
            score = None if failed else _score(named[name] if name in named else bool(result.get("success")))
            yield Result(str(run), name, str(labels["id"]), labels, score)
