"""Numbers that Python writes otherwise than they were typed: text where an option may be text, numbers where a number is meant."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from synthgen.api import make
from synthgen.dataset import Dataset
from synthgen.dataset.finish import fingerprint
from synthgen.errors import RecipeError
from synthgen.recipe import load
from synthgen.spec import numerals


def written(folder: Path, fields: str, keep: str = "[]") -> Path:
    path = folder / "recipe.yaml"
    path.write_text(f"name: typed\ntables:\n  t:\n    rows: 12\n    fields: {{{fields}}}\n    keep: {keep}\n", encoding="utf-8")
    return path


def made(folder: Path, fields: str, keep: str = "[]") -> list[dict[str, Any]]:
    return list(Dataset.open(make(written(folder, fields, keep), out=folder / "out").folder).rows("t"))


@pytest.mark.parametrize(
    ("options", "values"),
    [
        ("[00501, 02134]", {"00501", "02134"}),
        ("[0049301234, +4930]", {"0049301234", "+4930"}),
        ("[1.10, 1.2]", {"1.10", "1.2"}),
        ("[1_000, 1e3, .5, -0]", {"1_000", "1e3", ".5", "-0"}),
        ("[1.10, 2]", {"1.10", "2"}),
        ("{00501: 1.50, 10001: 2}", {"00501", "10001"}),
        ("[yes, no, on, Off]", {"yes", "no", "on", "Off"}),
        ("[True, FALSE, maybe]", {"True", "FALSE", "maybe"}),
        ("[2026-01-02, 12:30, 0x1F, 0o17]", {"2026-01-02", "12:30", "0x1F", "0o17"}),
        ("[501, 2134]", {501, 2134}),
        ("[1.5, 2.0]", {1.5, 2.0}),
        ("[True, FALSE]", {True, False}),
    ],
)
def test_an_option_is_what_was_typed(tmp_path, options, values):
    assert {row["c"] for row in made(tmp_path, f"c: {{kind: choice, options: {options}}}")} <= values
    field = load(tmp_path / "recipe.yaml").recipe.tables["t"].fields["c"]
    known = [value for value, _ in field.known_values()]
    assert {*known} == values
    assert {type(value) for value in known} == {type(value) for value in values}


def test_a_number_is_a_number_however_it_was_typed(tmp_path):
    rows = made(
        tmp_path, "n: {kind: number, between: [0.50, 1.10], decimals: 02}, f: {kind: fake, provider: pyfloat, args: {min_value: 1_0.0}}"
    )
    assert all(0.5 <= row["n"] <= 1.1 and row["f"] >= 10 for row in rows)


def test_otherwise_is_a_number_among_numbers_and_as_typed_among_texts(tmp_path):
    never = 'when: "{{ false }}", otherwise: 007'
    rows = made(
        tmp_path,
        f"a: {{kind: choice, options: [x], {never}}}, b: {{kind: choice, options: [2], {never}}}, "
        f"c: {{kind: number, between: [0, 1.5], {never}}}",
    )
    assert {(row["a"], row["b"], row["c"]) for row in rows} == {("007", 7, 7.0)}


def test_elements_of_a_fake_are_as_typed(tmp_path):
    rows = made(tmp_path, "f: {kind: fake, provider: random_element, args: {elements: [007, 008, 9]}}")
    assert {row["f"] for row in rows} <= {"007", "008", "9"}


TYPED = numerals.number(501, "00501")


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ([TYPED, 90210], ["00501", "90210"]),
        ({TYPED: 4, 90210: 2}, {"00501": 4, "90210": 2}),
        ({90210: numerals.number(2.5, "2.50"), 1.5: 1}, {90210: 2.5, 1.5: 1}),
        ({"elements": {TYPED: 4, 90210: 2, "none": 1}, "length": TYPED}, {"elements": {"00501": 4, "90210": 2, "none": 1}, "length": 501}),
        ([[TYPED, 1], [2, True]], [["00501", "1"], [2, True]]),
    ],
)
def test_all_options_are_text_or_none_in_lists_and_as_keys(options, expected):
    assert repr(numerals.options_as_typed(options)) == repr(expected)


def test_shares_are_of_the_options_that_were_typed_so(tmp_path):
    rows = made(tmp_path, "c: {kind: choice, options: [1.10, 1.20]}", "[{kind: balance, field: c, shares: [1.10, 1.20]}]")
    assert sorted(row["c"] for row in rows) == ["1.10"] * 6 + ["1.20"] * 6


def test_shares_of_numbers_are_numbers(tmp_path):
    rows = made(tmp_path, "n: {kind: number, between: [0.5, 0.6], decimals: 1}", "[{kind: balance, field: n, shares: [0.50, 0.60]}]")
    assert {row["n"] for row in rows} == {0.5, 0.6}


def test_options_of_an_answer_are_as_typed_and_a_schema_has_numbers(tmp_path):
    of_a, of_b = "[1.10, 2]", "{schema: {type: number, minimum: 0.50}}"
    text = f"z: {{kind: id}}, a: {{kind: claude, task: x, shows: [z], output: {of_a}}}, "
    text += f"b: {{kind: claude, task: x, shows: [z], output: {of_b}}}"
    fields = load(written(tmp_path, text)).recipe.tables["t"].fields
    assert (fields["a"].form.of, fields["b"].form.of) == ({"type": "string", "enum": ["1.10", "2"]}, {"type": "number", "minimum": 0.5})


@pytest.mark.parametrize(
    ("output", "held"), [("text", "00501"), ("number", 501), ("{zip: text, price: number}", {"zip": "a", "price": 1.1})]
)
def test_an_example_is_of_the_form_that_is_asked_for(tmp_path, output, held):
    said = "00501" if not isinstance(held, dict) else "{zip: a, price: 1.10}"
    field = (
        load(
            written(
                tmp_path,
                f"a: {{kind: claude, task: x, shows: [z], output: {output}, examples: [{{input: 1.10, output: {said}}}]}}, z: {{kind: id}}",
            )
        )
        .recipe.tables["t"]
        .fields["a"]
    )
    (example,) = field._records
    assert (example["input"], field._output_of(example)) == ("1.10", held)


def test_grades_are_as_typed(tmp_path):
    field = (
        load(written(tmp_path, "j: {kind: judge, of: a, rubric: {01: good, 02: bad}, least: 01}, a: {kind: id}"))
        .recipe.tables["t"]
        .fields["j"]
    )
    assert list(field.grades) == ["01", "02"]


def test_the_copy_of_the_recipe_makes_the_same(tmp_path):
    text = 'a: {kind: choice, options: {00501: 1.50, 2: 1}}, b: {kind: choice, options: [x], when: "{{ a }}", otherwise: 1.10}'
    path = written(tmp_path, text)
    folder = make(path, out=tmp_path / "out").folder
    assert fingerprint(load(folder / "recipe.yaml")) == fingerprint(load(path))
    fields = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["recipe"]["tables"]["t"]["fields"]
    assert (fields["a"]["options"], fields["b"]["otherwise"]) == ({"00501": 1.5, "2": 1.0}, "1.10")


def test_what_was_typed_decides_whether_it_is_the_same_recipe(tmp_path):
    said = [
        fingerprint(load(written(tmp_path, f"b: {{kind: choice, options: [x], when: '{{{{ true }}}}', otherwise: {one}}}")))
        for one in ("'7'", "007")
    ]
    assert said[0] != said[1]


def test_a_setting_is_as_typed(tmp_path):
    path = written(tmp_path, "c: {kind: choice, options: [a]}")
    loaded = load(path, settings=["tables.t.fields.c.options=[00501]", "tables.t.rows=007"])
    assert loaded.recipe.tables["t"].fields["c"].options == ["00501"]
    assert (loaded.recipe.tables["t"].rows, type(loaded.data["tables"]["t"]["rows"])) == (7, int)


def test_a_number_where_only_text_may_stand_is_told_as_it_was_typed(tmp_path):
    with pytest.raises(RecipeError, match=r"expected text, not 00501"):
        load(written(tmp_path, "c: {kind: template, template: 00501}"))


def test_a_number_knows_how_it_was_typed_only_if_python_writes_it_otherwise():
    assert type(numerals.number(501, "501")) is int
    assert repr(numerals.number(501, "00501")) == "00501"
    assert json.dumps(numerals.as_typed({"a": [numerals.number(1.1, "1.10")]})) == '{"a": ["1.10"]}'
