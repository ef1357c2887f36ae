"""What eval harnesses write: the grades of each row, from the results of inspect, lm-eval and promptfoo."""

from __future__ import annotations

import io
import json
import struct
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from synthgen.errors import DataError

ZSTANDARD = 93
"""The method that inspect packs its logs with; Python's zip files know it from 3.14 on."""
LETTERS = {"C": 1.0, "I": 0.0, "P": 0.5, "N": 0.0}
"""How inspect writes correct, incorrect, partly correct and no answer."""


@dataclass(frozen=True)
class Result:
    """One grade of one answer: who answered (`run`), which grade it is, the row's id and its labels in the harness, and the score,
    0 to 1; None where the row could not be graded. `file` is what it was read from."""

    run: str
    grade: str
    row: str
    labels: Mapping[str, Any]
    score: float | None
    file: str = ""


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
        if unfinished := [file.name for file in files if _is_begun(file)]:
            raise DataError(
                f"{place}: the run of inspect in {unfinished[0]} is not finished, and has no graded rows yet",
                "wait until it ends, or go on with it: inspect eval-retry LOG",
            )
        hint = "inspect: its log folder or an .eval file; lm-eval: --output_path, with --log_samples; promptfoo: -o results.json"
        raise DataError(f"{place} holds no results of rows of inspect, lm-eval or promptfoo", hint)


def _of_file(file: Path) -> Iterator[Result]:
    try:
        if file.suffix == ".eval":
            yield from _packed(file)
        elif file.suffix == ".jsonl":
            lines = [json.loads(text) for text in file.read_text(encoding="utf-8").split("\n") if text.strip()]
            records = [line for line in lines if isinstance(line, dict)]
            yield from (
                _lm_eval(records, file) if records and "doc" in records[0] else _promptfoo([line for line in records if "testCase" in line])
            )
        else:
            content = json.loads(file.read_text(encoding="utf-8"))
            if isinstance(content, dict) and "eval" in content and "samples" in content:
                yield from _inspect(content["eval"], content["samples"] or [])
            elif (
                isinstance(content, dict)
                and isinstance(content.get("results"), dict)
                and isinstance(content["results"].get("results"), list)
            ):
                yield from _promptfoo(content["results"]["results"])
    except (OSError, ValueError, KeyError, IndexError, TypeError, AttributeError, RuntimeError, zipfile.BadZipFile, struct.error) as error:
        raise DataError(f"{file} cannot be read as results: {type(error).__name__}: {error}", "was the run cut off?") from None


def _is_begun(file: Path) -> bool:
    """Whether a file is the log of a run of inspect that has not ended."""
    if file.suffix == ".eval":
        with suppress(OSError, zipfile.BadZipFile), zipfile.ZipFile(file) as log:
            return "_journal/start.json" in log.namelist() and "header.json" not in log.namelist()
    with suppress(OSError, ValueError):
        log = json.loads(file.read_text(encoding="utf-8"))
        return isinstance(log, dict) and log.get("status") == "started"
    return False


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
            yield from ((str(name), _score(grade)) for name, grade in value.items())
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
        name_length, extra_length = struct.unpack("<HH", raw.read(4))
        raw.seek(entry.header_offset + 30 + name_length + extra_length)
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
        config = json.loads(beside.read_text(encoding="utf-8")).get("config", {})
        arguments = config.get("model_args") or {}
        model_name = arguments.get("pretrained") or arguments.get("model") if isinstance(arguments, dict) else arguments
        return f"{config.get('model')}/{model_name}" if model_name else str(config.get("model"))
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
        named_scores = result.get("namedScores") or {}
        failed = result.get("failureReason") == 2 or (not named_scores and result.get("error") and not result.get("gradingResult"))
        names = (
            {str(assertion["metric"]) for assertion in case.get("assert") or () if assertion.get("metric")}
            if failed
            else named_scores.keys()
        )
        for name in sorted(names) or ["passed"]:
            score = None if failed else _score(named_scores[name] if name in named_scores else bool(result.get("success")))
            yield Result(str(run), name, str(labels["id"]), labels, score)
