"""What must not be repeated: copies are known by their digests, and what a tuned model learned is a check of its own."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as some

from synthgen import api
from synthgen.checks import NotCopied
from synthgen.errors import DataError, LimitError, OutputError, RecipeError
from synthgen.models import ScriptedModel
from synthgen.recipe import Loaded, plan
from synthgen.spec.parts import RecipeContext
from synthgen.text.originals import LEARNED, Originals

LOGS = ["my card got declined at the shop", "hi, where is my order? it should have come on monday, pls look", "thanks!", "🙏"]


# Digests


@pytest.mark.parametrize(
    ("text", "copied"),
    [
        ("my card got declined at the shop", ""),
        ("My card got -- declined, at the SHOP!!", ""),
        ("my card got declined at the", None),
        ("my card got declined at the shops", None),
        ("Thanks", ""),
        ("🙏", ""),
        ("🙂", None),
        ("", None),
        ("so WHERE is my order; it should have come... ok?", "where is my order it should have come"),
        ("so where is my order it should have arrived", None),
        ("it should have come on monday pls look", "it should have come on monday pls look"),
        ("should have come on monday pls look", None),
    ],
)
def test_a_copy_is_known_but_for_case_punctuation_and_spacing(text: str, copied: str | None) -> None:
    assert Originals(LOGS).copied(text) == copied


def test_a_shorter_run_finds_more() -> None:
    assert Originals(LOGS, 3).copied("somebody has declined at the door") == "declined at the"
    assert Originals(LOGS, 4).copied("somebody has declined at the door") is None


@given(some.lists(some.text(max_size=60), max_size=6), some.text(max_size=60))
def test_every_original_is_a_copy_of_itself_and_survives_the_file(
    tmp_path_factory: pytest.TempPathFactory, texts: list[str], other: str
) -> None:
    file = tmp_path_factory.getbasetemp() / "any.npz"
    own = Originals(texts)
    own.save(file)
    loaded = Originals.load(file)
    assert all(one.copied(text) == "" for text in texts if text.strip() for one in (own, loaded))
    assert loaded.copied(other) == own.copied(other)
    assert loaded.run == own.run == 8


def test_the_file_holds_no_text(tmp_path: Path) -> None:
    Originals(LOGS, 5).save(tmp_path / LEARNED)
    assert Originals.load(tmp_path / LEARNED).run == 5
    with numpy.load(tmp_path / LEARNED) as stored:
        assert {name: stored[name].dtype.kind for name in stored} == {"run": "i", "digests": "u"}
        assert list(stored["digests"]) == sorted(stored["digests"])  # nor the order in which they stood


def test_others_are_added(tmp_path: Path) -> None:
    found = Originals(["one thing"])
    found.add(Originals(["another thing"]))
    assert (found.copied("One thing"), found.copied("another thing!"), found.copied("third thing")) == ("", "", None)
    with pytest.raises(ValueError, match="by runs of 5 words; leave out run, or write run: 5"):
        found.add(Originals(LOGS, 5))


@pytest.mark.parametrize(
    "content", [b"", b"nonsense", b"PK\x03\x04 cut off", b"\x93NUMPY\x01\x00v\x00{'descr': '<i8', 'fortran_order': False, 'shape': (), }"]
)
def test_a_broken_file_is_told(tmp_path: Path, content: bytes) -> None:
    (tmp_path / LEARNED).write_bytes(content)
    with pytest.raises(DataError, match="does not say which messages the model learned from") as error:
        Originals.load(tmp_path / LEARNED)
    assert error.value.hint == "tune the model again"


def test_a_half_written_file_or_another_one_is_told(tmp_path: Path) -> None:
    Originals(f"message number {number} of many" for number in range(500)).save(tmp_path / "whole.npz")
    whole = (tmp_path / "whole.npz").read_bytes()
    (tmp_path / "half.npz").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "bent.npz").write_bytes(whole[:300] + bytes(200) + whole[500:])
    numpy.savez(tmp_path / "other.npz", run=8)
    numpy.save(tmp_path / "array.npy", numpy.ones(3))
    numpy.savez(tmp_path / "pickle.npz", run=8, digests=numpy.array([{}], dtype=object), allow_pickle=True)
    for name in ("half.npz", "bent.npz", "other.npz", "array.npy", "pickle.npz", "missing.npz"):
        with pytest.raises(DataError, match="does not say which messages") as error:
            Originals.load(tmp_path / name)
        assert "allow_pickle" not in str(error.value)


# A tuned model in a recipe

RECIPE = """
name: tuned
models: {typist: {kind: base, name: my-model}}
tables: {t: {rows: 2, fields: {m: {kind: typed, seeds: [hey you there, good day to you]}}KEEP}}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """What a tuned model's folder has that matters here."""
    place = tmp_path / "my-model"
    place.mkdir()
    (place / "config.json").write_text("{}")
    Originals(LOGS).save(place / LEARNED)
    return place


def checks(loaded: Loaded) -> list[NotCopied]:
    return [
        step.check for table in plan(loaded.recipe).tables for step in table.steps if isinstance(getattr(step, "check", None), NotCopied)
    ]


def make(folder: Path, said: list[str], keep: str = "", **options: object) -> list[str]:
    """The messages of a run whose model says these, one after the other."""
    path = folder.parent / "recipe.yaml"
    path.write_text(RECIPE.replace("KEEP", keep), encoding="utf-8")
    stock = iter(said)
    made = api.make(
        path, out=folder.parent / "out", models={"typist": ScriptedModel(lambda prompt, stream: f" {next(stock)}\n")}, **options
    )  # type: ignore[arg-type]
    _, rows, _ = api.look(made.folder)
    return sorted(row["m"] for row in rows)


FRESH = ["the app is slow today", "can i pay by invoice"]


@pytest.mark.parametrize(
    "keep", ["", ", keep: [{kind: not_copied, field: m, run: 3}]", ", keep: [{kind: length, field: m, words: [1, 30]}]"]
)
def test_what_a_model_learned_is_refused_by_default(folder: Path, keep: str) -> None:
    said = [LOGS[0].upper(), f"ok {LOGS[1]}", FRESH[0], LOGS[2], FRESH[1], *(f"spare number {n} of ten" for n in range(10))]
    rows = make(folder, said, keep)
    assert not {one for one in rows if Originals(LOGS).copied(one) is not None}
    assert set(rows) & set(FRESH)
    _, refused, _ = api.look(folder.parent / "out", "refused")
    reasons = [one["reason"] for one in refused if one["check"] == "not_copied"]
    assert reasons[0] == f"equals a seed message: {LOGS[0].upper()}"
    assert reasons[1] == "repeats: hi where is my order it should have"


def test_a_model_without_the_digests_is_not_checked(folder: Path) -> None:
    (folder / LEARNED).unlink()
    assert make(folder, [LOGS[0], FRESH[0]]) == sorted([LOGS[0], FRESH[0]])


def test_the_check_stands_for_fields_of_that_model_alone(recipe: Callable[..., Loaded], folder: Path) -> None:
    text = """
    name: two
    models: {mine: {kind: base, name: my-model}}
    tables:
      t: {rows: 2, fields: {a: {kind: typed, seeds: [x y, z w]}, b: {kind: typed, seeds: [x y, z w], by: mine}}}
    """
    assert [check.field for check in checks(recipe(text))] == ["b"]


def test_a_model_where_the_command_runs_is_none_of_the_recipe_s(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """transformers would take `my-model` from there, although the recipe lies elsewhere."""
    elsewhere = folder.parent / "recipes"
    elsewhere.mkdir()
    monkeypatch.chdir(folder.parent)
    (elsewhere / "recipe.yaml").write_text(RECIPE.replace("KEEP", ""))
    from synthgen.recipe import load

    with pytest.raises(RecipeError, match="there is no 'my-model' beside the recipe"):
        load(elsewhere / "recipe.yaml")


def test_a_broken_file_of_digests_is_told_when_the_recipe_is_read(folder: Path) -> None:
    (folder / LEARNED).write_bytes(b"nonsense")
    with pytest.raises(RecipeError, match=r"recipe\.yaml:3:.*does not say which messages the model learned from"):
        make(folder, FRESH)


def test_another_model_in_the_folder_makes_a_finished_output_again(folder: Path) -> None:
    (folder / "manifest.json").write_text(json.dumps({"synthgen": "0", "fingerprint": "a"}))
    assert make(folder, FRESH) == sorted(FRESH)
    assert make(folder, []) == sorted(FRESH)  # nothing is asked: it is finished
    (folder / "manifest.json").write_text(json.dumps({"synthgen": "0", "fingerprint": "b"}))  # tuned again on the same logs
    again = api.make(
        folder.parent / "recipe.yaml", out=folder.parent / "out", models={"typist": ScriptedModel(lambda prompt, stream: " never asked\n")}
    )
    assert not again.already
    Originals([*LOGS, FRESH[0]]).save(folder / LEARNED)
    with pytest.raises(LimitError):  # the answer in the journal is a copy now, and so is the next
        api.make(
            folder.parent / "recipe.yaml",
            out=folder.parent / "out",
            models={"typist": ScriptedModel(lambda prompt, stream: f" {FRESH[0]}\n")},
        )


def test_a_check_may_name_a_models_folder(folder: Path) -> None:
    context = RecipeContext(folder.parent)
    check = NotCopied.model_validate({"field": "m", "file": "my-model"}, context=context)
    assert list(check.mistakes()) == []
    assert check.files() == [folder / LEARNED]
    assert check.memory([]).copied("Thanks...") == ""
    (fault,) = NotCopied.model_validate({"field": "m", "file": "my-model", "run": 5}, context=context).mistakes()
    assert (fault.at, fault.message) == (("file",), "it knows its messages by runs of 8 words")
    assert fault.hint == "leave out run, or write run: 8"
    (folder / LEARNED).unlink()
    (fault,) = check.mistakes()
    assert fault.message.startswith("my-model/learned.npz: does not say which messages the model learned from")


def test_a_models_folder_is_no_dataset(folder: Path) -> None:
    (folder / "manifest.json").write_text(json.dumps({"synthgen": "0", "fingerprint": "a", "files": {"config.json": {}}, "tuned": {}}))
    with pytest.raises(OutputError, match="is a model, not a dataset"):
        api.look(folder)
    (folder.parent / "recipe.yaml").write_text(RECIPE.replace("KEEP", ""))
    with pytest.raises(OutputError, match="is a model, not a dataset"):
        api.make(folder.parent / "recipe.yaml", out=folder, fresh=True)
    assert (folder / LEARNED).exists()
