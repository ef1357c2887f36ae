"""`slice`: what harnesses wrote, by the labels of the rows."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synthgen.api import make
from synthgen.comparison.shares import difference, wilson
from synthgen.errors import DataError, OutputError
from synthgen.harness.results import read
from synthgen.harness.slicing import Sliced, slice_results

RECIPE = """
name: bank
tables:
  traffic:
    rows: 200
    fields:
      intent: {kind: choice, options: {lost card: 1, refund: 3}}
      voice: {kind: choice, options: [texter, careful]}
      amount: {kind: number, between: [1, 4], decimals: 0}
      input: {kind: id, prefix: message}
"""


@pytest.fixture(scope="module")
def output(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bank")
    (folder / "recipe.yaml").write_text(RECIPE)
    return make(folder / "recipe.yaml", out=folder / "out").folder


@pytest.fixture(scope="module")
def rows(output: Path) -> dict[str, dict[str, Any]]:
    from synthgen.dataset import Dataset
    from synthgen.dataset.table import TableRows

    return dict(TableRows(Dataset.open(output), Dataset.open(output).named()).read(["intent", "voice", "amount"]))


def right(number: int, row: dict[str, Any]) -> float:
    """Lost cards are mostly got wrong; all else is mostly right."""
    return float(number % 10 == 0 if row["intent"] == "lost card" else number % 10 != 0)


def inspect_log(path: Path, rows: dict[str, dict[str, Any]], *, epochs: int = 1, errors: int = 0) -> Path:
    samples = [
        {
            "id": row,
            "epoch": epoch,
            "metadata": {"intent": values["intent"]},
            "scores": {"graded": {"value": {"correct": right(n, values)}}, "match": {"value": "CI"[epoch]}},
        }
        | ({"scores": {}, "error": "timeout"} if n < errors else {})
        for epoch in range(epochs)
        for n, (row, values) in enumerate(rows.items())
    ]
    path.write_text(json.dumps({"eval": {"model": "mock/one"}, "samples": samples}))
    return path


def eval_log(path: Path, rows: dict[str, dict[str, Any]], method: str) -> Path:
    """The same as inspect packs it: a zip file, by default in Zstandard."""
    import pyarrow

    whole = json.loads(inspect_log(path.with_suffix(".tmp"), rows).read_text())
    path.with_suffix(".tmp").unlink()
    entries = {"header.json": {"eval": whole["eval"]}, "summaries.json": whole["samples"]}
    if method == "cut off":
        half = len(whole["samples"]) // 2
        entries = {"_journal/start.json": {"eval": whole["eval"]}}
        entries |= {f"_journal/summaries/{n}.json": part for n, part in enumerate((whole["samples"][:half], whole["samples"][half:]))}
    with zipfile.ZipFile(path, "w") as log:
        for name, value in entries.items():
            content = json.dumps(value).encode()
            log.writestr(name, pyarrow.compress(content, "zstd", asbytes=True) if method == "zstd" else content)
    if method == "zstd":  # stored entries, relabelled: method 93, and the size of what is packed
        data = bytearray(path.read_bytes())
        for signature, at in ((b"PK\x03\x04", 8), (b"PK\x01\x02", 10)):
            place = data.find(signature)
            while place >= 0:
                data[place + at : place + at + 2] = (93).to_bytes(2, "little")
                place = data.find(signature, place + 4)
        path.write_bytes(data)
    return path


def lm_eval_log(folder: Path, rows: dict[str, dict[str, Any]]) -> Path:
    folder.mkdir()
    stamp = "2026-11-22T21-13-22.374152"
    (folder / f"results_{stamp}.json").write_text(
        json.dumps({"config": {"model": "hf", "model_args": {"pretrained": "tiny"}}, "results": {"bank": {}}})
    )
    lines = [
        {
            "doc_id": n,
            "doc": {"id": row, "labels": {"intent": values["intent"]}},
            "metrics": ["correct"],
            "filter": "none",
            "correct": right(n, values),
        }
        for n, (row, values) in enumerate(rows.items())
    ]
    (folder / f"samples_bank_{stamp}.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    return folder


def promptfoo_log(path: Path, rows: dict[str, dict[str, Any]], errors: int = 0) -> Path:
    results = [
        {
            "testCase": {"metadata": {"id": row, "intent": values["intent"]}, "assert": [{"type": "javascript", "metric": "correct"}]},
            "provider": {"id": "echo", "label": ""},
            "success": bool(right(n, values)),
            "namedScores": {} if n < errors else {"correct": right(n, values)},
            "failureReason": 2 if n < errors else 0,
        }
        for n, (row, values) in enumerate(rows.items())
    ]
    path.write_text(json.dumps({"results": {"version": 3, "results": results}}))
    return path


def one(found: list[Sliced], grade: str = "correct") -> Sliced:
    (sliced,) = (each for each in found if each.grade == grade)
    return sliced


@pytest.mark.parametrize("kind", ["inspect", "zstd", "deflated", "cut off", "lm-eval", "promptfoo"])
def test_every_harness_says_the_same(kind: str, output: Path, rows: dict[str, dict[str, Any]], tmp_path: Path) -> None:
    place = (
        inspect_log(tmp_path / "log.json", rows)
        if kind == "inspect"
        else lm_eval_log(tmp_path / "results", rows)
        if kind == "lm-eval"
        else promptfoo_log(tmp_path / "results.json", rows)
        if kind == "promptfoo"
        else eval_log(tmp_path / "one.eval", rows, kind)
    )
    found = one(slice_results(place, output))
    assert found.run == {"lm-eval": "hf/tiny", "promptfoo": "echo"}.get(kind, "mock/one")
    assert (found.whole.rows, found.ungraded) == (200, 0)
    assert list(found.slices) == ["voice", "intent"]
    numbers = [n for n, values in enumerate(rows.values()) if values["intent"] == "lost card"]
    lost = found.slices["intent"]["lost card"]
    assert lost.rows == len(numbers)
    assert lost.mean == pytest.approx(sum(n % 10 == 0 for n in numbers) / len(numbers))
    assert lost.low < lost.mean < lost.high
    assert list(found.slices["intent"]) == ["lost card", "refund"]  # the worst first
    assert (lost.apart, found.slices["intent"]["refund"].apart) == (-1, 1)
    assert {share.apart for share in found.slices["voice"].values()} == {0}


def test_epochs_of_a_row_are_one_row(output: Path, rows: dict[str, dict[str, Any]], tmp_path: Path) -> None:
    found = slice_results(inspect_log(tmp_path / "log.json", rows, epochs=2), output)
    assert (one(found, "match").whole.rows, one(found, "match").whole.mean) == (200, 0.5)


def test_rows_that_failed_are_counted_and_not_graded(output: Path, rows: dict[str, dict[str, Any]], tmp_path: Path) -> None:
    for place in (inspect_log(tmp_path / "log.json", rows, errors=7), promptfoo_log(tmp_path / "results.json", rows, errors=7)):
        found = one(slice_results(place, output))
        assert (found.whole.rows, found.ungraded) == (193, 7)


def test_any_column_can_be_sliced_by(output: Path, rows: dict[str, dict[str, Any]], tmp_path: Path) -> None:
    place = inspect_log(tmp_path / "log.json", rows)
    found = one(slice_results(place, output, ["amount"]))
    assert list(found.slices) == ["amount"]
    assert sorted(found.slices["amount"]) == ["1", "2", "3", "4"]
    assert list(one(slice_results(place, output, ["amount", "voice", "intent"])).slices) == ["amount", "voice", "intent"]
    with pytest.raises(OutputError, match="did you mean 'voice'"):
        slice_results(place, output, ["voce"])


def test_several_runs_stay_apart(output: Path, rows: dict[str, dict[str, Any]], tmp_path: Path) -> None:
    inspect_log(tmp_path / "log.json", rows)
    promptfoo_log(tmp_path / "results.json", rows)
    assert sorted(found.run for found in slice_results(tmp_path, output) if found.grade == "correct") == ["echo", "mock/one"]
    inspect_log(tmp_path / "again.json", dict(list(rows.items())[:50]))
    runs = {found.run: found.whole.rows for found in slice_results(tmp_path, output) if found.grade == "correct"}
    assert runs == {"mock/one, again.json": 50, "mock/one, log.json": 200, "echo": 200}


def test_several_prompts_stay_apart(output: Path, rows: dict[str, dict[str, Any]], tmp_path: Path) -> None:
    whole = json.loads(promptfoo_log(tmp_path / "results.json", rows).read_text())
    whole["results"]["results"] += [{**result, "promptIdx": 1} for result in whole["results"]["results"]]
    (tmp_path / "results.json").write_text(json.dumps(whole))
    assert {found.run for found in slice_results(tmp_path, output)} == {"echo, prompt 1", "echo, prompt 2"}


def test_results_of_other_rows_are_told(output: Path, rows: dict[str, dict[str, Any]], tmp_path: Path) -> None:
    with pytest.raises(DataError, match="1 of 201 rows in the results, such as traffic-9000, are not in"):
        slice_results(inspect_log(tmp_path / "a.json", {**rows, "traffic-9000": {"intent": "refund"}}), output)
    with pytest.raises(DataError, match="table 'other'"):
        slice_results(inspect_log(tmp_path / "b.json", {"other-1": {"intent": "refund"}}), output)
    changed = {**rows, "traffic-0": {**rows["traffic-0"], "intent": "something else"}}
    with pytest.raises(DataError, match="made again since"):
        slice_results(inspect_log(tmp_path / "c.json", changed), output)


def test_a_run_of_inspect_that_has_not_ended_is_told_as_such(tmp_path: Path) -> None:
    begun = {"version": 2, "status": "started", "eval": {"model": "m"}, "samples": []}
    with zipfile.ZipFile(tmp_path / "now.eval", "w") as log:
        log.writestr("_journal/start.json", json.dumps({"version": 2, "eval": begun["eval"], "plan": {}}))
    (tmp_path / "now.json").write_text(json.dumps(begun))
    for place in (tmp_path / "now.eval", tmp_path / "now.json", tmp_path):
        with pytest.raises(DataError, match=r"the run of inspect in now\.\w+ is not finished") as told:
            list(read(place))
        assert "inspect eval-retry" in told.value.hint


def test_what_is_no_result_is_told(output: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="there is no"):
        list(read(tmp_path / "none"))
    (tmp_path / "other.json").write_text('{"a": 1}')
    with pytest.raises(DataError, match="holds no results"):
        list(read(tmp_path))
    (tmp_path / "cut.json").write_text('{"results": {"results": [')
    with pytest.raises(DataError, match="cannot be read as results"):
        list(read(tmp_path / "cut.json"))
    (tmp_path / "cut.eval").write_bytes(b"PK\x03\x04 cut")
    for name, content in (("deep.json", "[" * 100_000), ("deep.jsonl", '{"a":' * 100_000)):
        (tmp_path / name).write_text(content)
    with zipfile.ZipFile(tmp_path / "deep.eval", "w") as log:
        log.writestr("header.json", "[" * 100_000)
        log.writestr("summaries.json", "[]")
    for name in ("cut.eval", "deep.json", "deep.jsonl", "deep.eval"):
        with pytest.raises(DataError, match="cannot be read as results"):
            list(read(tmp_path / name))


# The intervals


def test_wilson_s_interval_is_the_published_one() -> None:
    # R. G. Newcombe, Two-sided confidence intervals for the single proportion, 1998, table I, method 3
    assert wilson(81, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert wilson(15, 148) == pytest.approx((0.0624, 0.1605), abs=5e-5)
    assert wilson(0, 20) == pytest.approx((0.0, 0.1611), abs=5e-5)
    assert wilson(1, 29) == pytest.approx((0.0061, 0.1718), abs=5e-5)


def test_newcombe_s_interval_is_the_published_one() -> None:
    # R. G. Newcombe, Interval estimation for the difference between independent proportions, 1998, table II, method 10
    assert difference(56, 70, 48, 80) == pytest.approx((0.0524, 0.3339), abs=5e-5)
    assert difference(9, 10, 3, 10) == pytest.approx((0.1705, 0.8090), abs=5e-5)
    assert difference(0, 10, 0, 20) == pytest.approx((-0.1611, 0.2775), abs=5e-5)


@given(st.integers(1, 500), st.floats(0, 1), st.floats(0.5, 0.9999))
def test_an_interval_holds_its_share_and_widens_with_confidence(count: int, share: float, confidence: float) -> None:
    low, high = wilson(share * count, count, confidence)
    assert -1e-9 <= low <= share + 1e-9
    assert share - 1e-9 <= high <= 1 + 1e-9
    wider = wilson(share * count, count, (1 + confidence) / 2)
    assert wider[0] <= low + 1e-9
    assert wider[1] >= high - 1e-9


def test_who_looks_at_many_slices_must_be_surer_of_each(output: Path, rows: dict[str, dict[str, Any]], tmp_path: Path) -> None:
    ones = [row for row, values in rows.items() if values["amount"] == 1]
    few, others = len(ones), len(rows) - len(ones)
    wrong = next(k for k in range(few) if difference(few - k, few, others, others)[1] < 0)  # surely worse, if it is all one looks at
    surer = next(k for k in range(few) if difference(few - k, few, others, others, 1 - 0.05 / 4)[1] < 0)
    assert wrong < surer
    for failures, apart in ((wrong, 0), (surer, -1)):
        samples = [{"id": row, "scores": {"match": {"value": "I" if row in ones[:failures] else "C"}}} for row in rows]
        (tmp_path / "log.json").write_text(json.dumps({"eval": {"model": "m"}, "samples": samples}))
        (found,) = slice_results(tmp_path / "log.json", output, ["amount"])
        assert found.slices["amount"]["1"].apart == apart
