"""What check notes of a recipe that has no mistakes. (Seeds that are not in English are in test_english.)"""

from __future__ import annotations

import json
from pathlib import Path
from random import Random
from typing import Any

import pytest
from typer.testing import CliRunner

import synthgen
from synthgen.cli import app
from synthgen.cli.terminal.making import print_made, print_preview
from synthgen.models import ScriptedModel
from synthgen.recipe.notes import notes
from synthgen.recipe.seed_notes import seed_notes
from synthgen.recipe.shipped import shipped_recipes
from synthgen.spec.rows import Prompt


def noted(**field: Any) -> tuple[str, ...]:
    fields = {"country": {"kind": "choice", "options": ["DE", "FR"]}, "x": field}
    return synthgen.check({"name": "noted", "tables": {"t": {"rows": 20, "fields": fields}}}).notes


@pytest.mark.parametrize(("provider", "count"), [("month_name", 1), ("random_digit", 1), ("name", 0), ("city", 0)])
def test_a_unique_fake_whose_values_come_again_and_again_is_noted(provider: str, count: int) -> None:
    found = noted(kind="fake", provider=provider, unique=True)
    assert len(found) == count
    assert all("and 20 rows shall each have another" in note for note in found)


@pytest.mark.parametrize(
    "field",
    [
        {"kind": "choice", "options": ["{{ country }}", "none"]},
        {"kind": "choice", "options": {"to {{country}}": 1, "none": 2}},
        {"kind": "choice", "options": ["a"], "when": "{{ country == 'DE' }}", "otherwise": "{{ country }}"},
        {"kind": "id", "prefix": "{{ country | lower }}"},
        {"kind": "fake", "provider": "bothify", "args": {"text": "{{ country }}-##"}},
    ],
)
def test_a_template_where_none_can_stand_is_noted(field: dict[str, Any]) -> None:
    (note,) = noted(**field)
    assert note.startswith("t.x: '")
    assert "stays as it is typed, for no template can stand there; see docs/fields.md, Values that depend" in note


@pytest.mark.parametrize(
    "field",
    [
        {"kind": "choice", "options": ["{{7*7}}", "{{ nothing }}", "{ country }"]},
        {"kind": "template", "template": "{{ country }}"},
        {"kind": "fake", "provider": "pystr_format", "args": {"string_format": "{{country}}-##"}},
    ],
)
def test_braces_that_name_no_field_are_not(field: dict[str, Any]) -> None:
    assert noted(**field) == ()


@pytest.mark.parametrize(("revision", "count"), [(None, 1), ("main", 1), ("v1", 0), ("1f2c3d4", 0)])
def test_a_dataset_on_the_hub_that_may_change_is_noted(revision: str | None, count: int) -> None:
    field = {"kind": "load", "dataset": "me/shop", "pick": "random", "revision": revision}
    found = [*notes(synthgen.load_recipe({"name": "noted", "tables": {"t": {"rows": 20, "fields": {"x": field}}}}).recipe)]
    assert len(found) == count
    assert all("t.x: 'me/shop' on the Hub may change between two runs" in note and "revision: COMMIT" in note for note in found)


SEEDS = {
    "late": ["where is <parcel>", "<parcel> is late", "still no <parcel>", "is <parcel> lost", "my parcel is late"],
    "wrong": ["this is wrong", "wrong colour", "i got the wrong one", "not what i ordered", "wrong size"],
    "refund": ["money back pls", "refund <parcel>", "i want my money", "how do i get a refund", "refund me"],
}


def noted_of_seeds(seeds: Any, **keys: Any) -> list[str]:
    fields = {
        "intent": {"kind": "choice", "options": {"late": 3, "wrong": 1, "refund": 1, "never": 0}},
        "parcel": {"kind": "choice", "options": ["a", "b"]},
        "message": {"kind": "typed", "topic": "{{ intent }}", "seeds": seeds, **keys},
    }
    return [*notes(synthgen.load_recipe({"name": "noted", "tables": {"t": {"rows": 20, "fields": fields}}}).recipe)]


def test_topics_with_seeds_enough_are_not_noted() -> None:
    assert noted_of_seeds(SEEDS) == []
    assert noted_of_seeds(["where is it", "late"]) == []


def test_a_topic_without_seeds_is_noted_where_others_have_some() -> None:
    (note,) = noted_of_seeds({topic: SEEDS[topic] for topic in ("late", "refund")})
    assert note.startswith("t.message: 'wrong' has no seeds, 2 of 3 topics have some: its messages will be about anything")
    (note,) = noted_of_seeds({"late": SEEDS["late"]})
    assert note.startswith("t.message: 'wrong', 'refund' have no seeds, 1 of 3 topics has some: their messages will be about anything")


def test_a_topic_with_few_seeds_is_noted() -> None:
    (note,) = noted_of_seeds(SEEDS | {"wrong": ["wrong one"]})
    assert note.startswith("t.message: fewer than 3 seeds for 'wrong' (1): many rows will be much alike")


def test_a_slot_that_must_be_mentioned_and_that_few_seeds_show_is_noted() -> None:
    (note,) = noted_of_seeds(SEEDS, mention={"parcel": 0.3})
    assert note.startswith("t.message: mention: too few seeds show <parcel>: 0 of 5 for 'wrong', 1 of 5 for 'refund'. Messages that must")
    assert noted_of_seeds(SEEDS, mention={"parcel": 0}) == []
    (note,) = noted_of_seeds(["where is <parcel>", "late"], mention={"parcel": 0.3})
    assert note.startswith("t.message: mention: too few seeds show <parcel>: 1 of 2. Messages")


def test_slots_that_few_seeds_show_are_one_note() -> None:
    seeds = SEEDS | {"refund": [*SEEDS["refund"], "<intent>: where is it"]}
    (note,) = noted_of_seeds(seeds, mention={"parcel": 0.3, "intent": 0.1})
    assert "too few seeds show <intent> (in 3 of 3 topics), <parcel> (in 2 of 3 topics). Messages that must mention one are refused" in note
    assert "write each of them into 3 seeds or more of each topic" in note


def test_make_tells_each_note_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fields = {"country": {"kind": "id"}, "x": {"kind": "choice", "options": ["{{ country }}", "none"]}}
    (tmp_path / "recipe.yaml").write_text(json.dumps({"name": "noted", "tables": {"t": {"rows": 2, "fields": fields}}}), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    made = CliRunner().invoke(app, ["make", "recipe.yaml"])
    assert made.exit_code == 0, made.output
    assert made.output.count("stays as it is typed") == 1, made.output


def test_no_shipped_recipe_is_noted_for_its_seeds() -> None:
    for folder in shipped_recipes().values():
        recipe = synthgen.load_recipe(folder / "recipe.yaml").recipe
        assert [note for table, shape in recipe.tables.items() for name in shape.fields for note in seed_notes(recipe, table, name)] == []


def typist(prompt: Prompt, stream: Random) -> str:
    return f" {stream.choice(SEEDS[stream.choice([*SEEDS])])} {stream.randrange(10**6)}\n"


def test_a_preview_notes_a_topic_without_seeds(capsys: pytest.CaptureFixture[str]) -> None:
    fields = {
        "intent": {"kind": "choice", "options": ["late", "wrong"]},
        "message": {"kind": "typed", "topic": "{{ intent }}", "seeds": {"wrong": SEEDS["wrong"]}},
    }
    recipe = {"name": "noted", "tables": {"t": {"rows": 20, "fields": fields}}}
    (preview,) = synthgen.preview(recipe, show=2, models={"typist": ScriptedModel(typist)})
    print_preview(preview, set(), 2, full=False)
    assert "note: t.message: 'late' has no seeds, 1 of 2 topics has some" in " ".join(capsys.readouterr().out.split())


def test_whoever_reads_how_many_labels_hold_reads_that_sense_is_not_measured(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    fields = {
        "intent": {"kind": "choice", "options": ["late", "wrong"]},
        "message": {"kind": "typed", "topic": "{{ intent }}", "seeds": {"wrong": SEEDS["wrong"], "late": SEEDS["late"]}, "tries": 100},
        "parcel": {"kind": "id"},
    }
    recipe = {"name": "noted", "tables": {"t": {"rows": 6, "fields": fields}}}
    made = synthgen.make(recipe, out=tmp_path / "out", models={"typist": ScriptedModel(typist)})
    print_made(made)
    assert "of the labels hold" in (printed := capsys.readouterr().out)
    assert "whether messages make sense is not measured: read twenty before you use them" in printed
    assert "whether they make sense is not measured" in (made.folder / "README.md").read_text(encoding="utf-8")
