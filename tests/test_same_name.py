"""Two recipes of one name: neither takes the place of the other's output unseen, and whoever edits a recipe notices nothing of that."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import pytest

import synthgen
from synthgen.dataset import Dataset
from synthgen.dataset.names import ORIGIN
from synthgen.errors import OutputError

RECIPE = "name: demo\ntables:\n  t:\n    rows: 3\n    fields:\n      v: {{kind: choice, options: [{}]}}\n"


def wrote(file: str, says: str) -> Path:
    path = Path(file)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(RECIPE.format(says))
    return path


def says(folder: str | Path = "outputs/demo") -> str:
    (value,) = {row["v"] for row in Dataset.open(folder).rows("t")}
    return str(value)


def mapping(said: str) -> dict[str, Any]:
    return {"name": "demo", "tables": {"t": {"rows": 3, "fields": {"v": {"kind": "choice", "options": [said]}}}}}


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    synthgen.make(wrote("a/recipe.yaml", "from a"))


@pytest.mark.parametrize("options", [{}, {"fresh": True}, {"recheck": True}, {"rows": 5}])
def test_another_recipe_of_the_same_name_stops(options: dict[str, Any]) -> None:
    with pytest.raises(OutputError) as told:
        synthgen.make(wrote("b/recipe.yaml", "from b"), **options)
    assert told.value.message == f"outputs/demo was made from another recipe, {Path('a/recipe.yaml')}; this one is {Path('b/recipe.yaml')}"
    assert "--out DIR" in told.value.hint
    assert "another name" in told.value.hint
    assert "move that file away" in told.value.hint
    assert says() == "from a"
    assert not Path("outputs/demo.unfinished").exists()
    assert "move that file away" in told.value.hint


def test_the_ways_out_work() -> None:
    other = wrote("b/recipe.yaml", "from b")
    assert says(synthgen.make(other, out="elsewhere").folder) == "from b"
    assert says(synthgen.make(other, settings=["name=other"]).folder) == "from b"
    shutil.move("outputs/demo", "aside")
    assert says(synthgen.make(other).folder) == "from b"
    assert says("aside") == "from a"


@pytest.mark.parametrize("out", [None, "elsewhere/out"])
def test_an_edited_recipe_is_run_again_wherever_one_stands(out: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = Path(out or "outputs/demo").absolute()
    for number, (place, file) in enumerate([(".", "a/recipe.yaml"), ("a", "recipe.yaml"), ("a", str(Path("a/recipe.yaml").absolute()))]):
        wrote("a/recipe.yaml", f"edit {number}")
        with monkeypatch.context() as there:
            there.chdir(place)
            made = synthgen.make(file, out=folder)
        assert (says(folder), made.notes) == (f"edit {number}", ())


def test_a_file_with_two_names_is_one_file() -> None:
    Path("link.yaml").symlink_to("a/recipe.yaml")
    os.link("a/recipe.yaml", "hard.yaml")
    for number, name in enumerate(["link.yaml", "hard.yaml", "a/recipe.yaml"]):
        Path("a/recipe.yaml").write_text(RECIPE.format(f"edit {number}"))
        synthgen.make(name)
        assert says() == f"edit {number}"


def test_a_recipe_that_was_renamed_goes_on_and_that_is_told() -> None:
    os.replace("a/recipe.yaml", "a/renamed.yaml")
    assert synthgen.make("a/renamed.yaml").already
    made = synthgen.make(wrote("a/renamed.yaml", "renamed"))
    assert made.notes == (f"outputs/demo was made from {Path('a/recipe.yaml')}, which is not there any more",)
    assert says() == "renamed"
    assert synthgen.make(wrote("a/renamed.yaml", "again")).notes == ()


def test_a_project_may_be_moved_as_a_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "project").mkdir()
    for name in ("a", "outputs"):
        os.replace(name, f"project/{name}")
    monkeypatch.chdir("project")
    assert synthgen.make(wrote("a/recipe.yaml", "moved")).notes == ()
    with pytest.raises(OutputError, match="another recipe"):
        synthgen.make(wrote("b/recipe.yaml", "from b"))


def test_a_copy_that_says_the_same_finds_it_finished() -> None:
    shutil.copytree("a", "b")
    assert synthgen.make("b/recipe.yaml").already
    wrote("b/recipe.yaml", "from b")
    with pytest.raises(OutputError, match="another recipe"):
        synthgen.make("b/recipe.yaml")


def test_unfinished_work_of_another_recipe_stays() -> None:
    def stop(tick: synthgen.api.Tick) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        synthgen.make(wrote("a/recipe.yaml", "edited"), watch=stop)
    shutil.rmtree("outputs/demo")
    with pytest.raises(OutputError, match=r"demo\.unfinished is unfinished work of another recipe, a.recipe\.yaml"):
        synthgen.make(wrote("b/recipe.yaml", "from b"))
    synthgen.make("a/recipe.yaml")
    assert says() == "edited"


def test_an_output_that_does_not_say_what_it_was_made_from_is_replaced() -> None:
    Path("outputs/demo", ORIGIN).unlink()
    synthgen.make(wrote("b/recipe.yaml", "from b"))
    assert says() == "from b"


def test_a_mapping_takes_the_place_of_a_mapping_only() -> None:
    with pytest.raises(OutputError, match=r"was made from another recipe, a.recipe\.yaml; this one is no file"):
        synthgen.make(mapping("one"))
    for said in ("one", "two"):
        synthgen.make(mapping(said), out="mapped")
        assert says("mapped") == said


def test_what_an_output_was_made_from_does_not_leave() -> None:
    pushed = synthgen.push("outputs/demo", "me/demo", dry_run=True)
    assert ORIGIN in pushed.stays
    assert ORIGIN not in [path for path, _ in pushed.sent]
    assert "a/recipe.yaml" not in Path("outputs/demo/manifest.json").read_text()


def test_rows_of_an_earlier_version_are_told_of_before_they_are_replaced() -> None:
    told = list[str]()
    synthgen.make("a/recipe.yaml", rows=5, before=lambda checked: told.extend(checked.notes))
    assert told == ["outputs/demo has 3 rows that were made before with other settings: those of now replace them (-o DIR keeps both)"]
    told.clear()
    assert synthgen.make("a/recipe.yaml", rows=5, before=lambda checked: told.extend(checked.notes)).already
    synthgen.make("a/recipe.yaml", rows=5, fresh=True, before=lambda checked: told.extend(checked.notes))
    assert told == []


def test_of_rows_that_are_made_together_it_is_said_that_more_are_added() -> None:
    path = Path("more.yaml")
    path.write_text(RECIPE.format("x").replace("name: demo", "name: more").replace("    rows: 3\n", "    rows: 3\n    together: 3\n"))
    synthgen.make(path)
    told = list[str]()
    synthgen.make(path, rows=6, before=lambda checked: told.extend(checked.notes))
    assert told == ["outputs/more has 3 rows: they stay, with what was decided on them, and more are added (if no seed has changed)"]
    told.clear()
    synthgen.make(path, rows=7, before=lambda checked: told.extend(checked.notes))
    synthgen.make(path, rows=9, before=lambda checked: told.extend(checked.notes))
    assert told[1].startswith("outputs/more has 7 rows: the first 6 stay, with what was decided on them, and more are added")
    synthgen.make(path, rows=6)
    told.clear()
    synthgen.make(path, before=lambda checked: told.extend(checked.notes))
    assert told == ["outputs/more has 6 rows, and 3 are asked for: the others go (-o DIR keeps both; --rows N keeps more)"]
    told.clear()
    path.write_text(path.read_text().replace("[x]", "[y]"))
    synthgen.make(path, rows=9, before=lambda checked: told.extend(checked.notes))
    assert "made before with other settings" in told[0]
