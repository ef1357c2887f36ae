"""What a target may be, and that of a row whose edge case leaves nothing of its label."""

from __future__ import annotations

import json
import re
from pathlib import Path
from random import Random

import pytest
from builders import one_table
from typer.testing import CliRunner

from synthgen import api
from synthgen.cli import app
from synthgen.errors import RecipeError
from synthgen.fields.edges import CASES
from synthgen.fields.edges.situation import Situation, content_words
from synthgen.harness import export
from synthgen.harness.fewshot import fewshot
from synthgen.harness.looked import with_targets

FIELDS = {
    "intent": {"kind": "choice", "options": ["late", "broken"]},
    "message": {"kind": "template", "template": "my parcel {{ ['came', 'arrived', 'turned up', 'got here'] | random }} {{ intent }}"},
    "case": {"kind": "choice", "options": ["none", "all capitals", "empty", "off topic"]},
    "input": {"kind": "edge_case", "of": "message", "case": "{{ case }}"},
    "noisy": {"kind": "noise", "of": "input", "rate": 0.05},
}


def made(folder: Path, **harness: object) -> Path:
    fields = FIELDS | {
        "message": {"kind": "template", "template": "my parcel came {{ intent }}, number {{ n }}"},
        "n": {"kind": "number", "between": [100, 999], "decimals": 0},
    }
    return api.make(one_table(fields, 60, **({"harness": harness} if harness else {})), out=folder / "out").folder


def exported(folder: Path, **given: str) -> list[dict[str, object]]:
    place = export(folder, ["jsonl"], out=folder.parent / "harness", **given).folders["jsonl"]
    return [json.loads(line) for line in next(place.glob("*.jsonl")).read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize(("values", "grades"), [(151, ("correct",)), (300, ("overlap",))])
def test_a_choice_among_very_many_values_is_graded_as_a_label_and_one_of_any_value_as_text(
    tmp_path: Path, values: int, grades: tuple[str, ...]
) -> None:
    fields = {"intent": {"kind": "choice", "options": [f"intent {n}" for n in range(values)]}, "message": {"kind": "id"}}
    folder = api.make(one_table(fields, 6 * values), out=tmp_path / "out").folder
    done = export(folder, ["jsonl"], input="message", target="intent")
    assert done.grades == grades
    assert ("intent" in done.labels) == (grades == ("correct",))


def test_what_the_recipe_calls_labels_are_labels_however_few_rows_there_are(tmp_path: Path) -> None:
    fields = {"n": {"kind": "id"}, "label": {"kind": "template", "template": "is {{ n }}"}, "message": {"kind": "id"}}
    recipe = one_table(fields, 4) | {"harness": {"input": "message", "target": "label", "grade": "label"}}
    folder = api.make(recipe, out=tmp_path / "out").folder
    assert export(folder, ["jsonl"]).grades == ("correct",)


@pytest.mark.parametrize("field", ["input", "noisy"])
def test_a_case_that_replaces_the_message_has_the_out_as_its_target(tmp_path: Path, field: str) -> None:
    cases = exported(made(tmp_path, input=field, target="intent", out={"off topic": "out of scope", "empty": "unclear"}))
    assert len(cases) == 60
    for one in cases:
        labels = one["labels"]
        assert isinstance(labels, dict)
        wanted = {"off topic": "out of scope", "empty": "unclear"}.get(labels["case"], labels["intent"])
        assert one["target"] == wanted


def test_without_an_out_such_rows_have_no_target_and_are_left_out(tmp_path: Path) -> None:
    folder = made(tmp_path)
    done = export(folder, ["jsonl"], out=tmp_path / "h", input="input", target="intent")
    rows = api.look(folder, "traffic", rows=100).rows
    assert done.left_out == sum(row["case"] in ("empty", "off topic") for row in rows) > 0
    assert any("out: unclear" in note for note in done.notes)


@pytest.mark.parametrize("out", [{"off topic": "out of scope", "empty": "unclear"}, None])
def test_look_says_what_is_right_where_that_is_not_the_label(tmp_path: Path, out: dict[str, str] | None) -> None:
    folder = made(tmp_path, input="input", target="intent", **({"out": out} if out else {}))
    shown = with_targets(folder, api.look(folder, "traffic", rows=100)).shown
    assert {row.values["case"] for row in shown if row.right} == {"off topic", "empty"}
    for row in shown:
        assert row.right == ((out or {}).get(row.values["case"], "no label") if row.values["case"] in ("off topic", "empty") else "")
    said = CliRunner().invoke(app, ["look", str(folder), "-n", "100"]).stdout
    short = CliRunner().invoke(app, ["look", str(folder), "-n", "100", "--short"]).stdout
    right = "out of scope" if out else "no label"
    assert f"right: {right}" in said
    assert re.search(rf"^traffic-\d+ +{right} +\(off topic\) ", short, re.MULTILINE)


def test_look_says_that_a_row_has_no_topic_where_nothing_is_right_or_wrong(tmp_path: Path) -> None:
    folder = made(tmp_path, input="input")
    shown = with_targets(folder, api.look(folder, rows=100)).shown
    assert {row.values["case"] for row in shown if row.right == "no label"} == {"off topic", "empty"}


def test_an_input_before_the_edge_case_keeps_its_label(tmp_path: Path) -> None:
    assert len(exported(made(tmp_path), input="message", target="intent")) == 60


def test_few_shot_examples_honour_the_out(tmp_path: Path) -> None:
    folder = made(tmp_path, input="input", target="intent", out="unclear")
    rows = api.look(folder, "traffic", rows=100).rows
    found = fewshot(folder, 12)
    assert {"unclear", "late"} <= {example.target for example in found.examples} <= {"unclear", "late", "broken"}
    for example in found.examples:
        assert example.input.strip()
        assert (example.target == "unclear") == (rows[example.row]["case"] == "off topic")


@pytest.mark.parametrize(
    ("harness", "said"),
    [
        ({"input": "input", "out": "unclear"}, "there is no target to compare answers with"),
        ({"input": "input", "target": "intent", "out": {"of topic": "x"}}, "there is no edge case 'of topic'"),
    ],
)
def test_an_out_for_nothing_is_a_mistake(tmp_path: Path, harness: dict[str, object], said: str) -> None:
    with pytest.raises(RecipeError, match=said):
        api.check(one_table(FIELDS, harness=harness))


UNREADABLE = {
    "wrong keyboard",
    "zero width",
    "combining",
    "look alike characters",
    "full width",
    "fancy letters",
    "leet",
    "lost letters",
}
"""Cases that keep what is asked, but not the words as letters."""
MIXED = {"change of mind", "somebody elses data", "wants a human", "asks about the bot", "system prompt request", "truncated"}
"""Cases that keep the words, or some of them, now and then."""


@pytest.mark.parametrize("name", sorted(CASES.keys() - UNREADABLE - MIXED))
def test_a_case_says_rightly_whether_the_message_is_still_there(name: str) -> None:
    message = "where is the refund of my broken kettle"
    kept = [len(content_words(message) & content_words(CASES[name].build(Random(seed), message, Situation()))) for seed in range(30)]
    assert (sum(count >= len(content_words(message)) / 2 for count in kept) > 15) != CASES[name].instead
