"""`new`: a recipe that works as it is, or one that has Claude write about a paper; nothing is overwritten."""

from __future__ import annotations

import json
import re
from pathlib import Path
from random import Random

import pytest
from typer.testing import CliRunner

from synthgen.advice import start
from synthgen.api import check, look, make
from synthgen.cli import app, starting
from synthgen.errors import DataError, OutputError
from synthgen.fields import Claude, Judge
from synthgen.models import ScriptedModel
from synthgen.recipe import load, plan
from synthgen.recipe.shipped import shipped_recipes
from synthgen.spec.rows import Prompt

PAPER = "# Asking twice\n\nAsk the question, then ask it again in other words. Where the answers differ, say so.\n"


def typist(prompt: Prompt, stream: Random) -> str:
    words = [
        "please",
        "where",
        "lost",
        "now",
        "still",
        "parcel",
        "blue",
        "late",
        "today",
        "again",
        "waiting",
        "help",
        "got",
        "box",
        "old",
        "sent",
        "back",
        "cash",
        "mine",
        "yours",
    ]
    return f" {' '.join(stream.sample(words, 7))}\n"


@pytest.fixture
def paper(tmp_path: Path) -> Path:
    path = tmp_path / "asking twice.md"
    path.write_text(PAPER, encoding="utf-8")
    return path


# The plain one


def test_it_is_found_right_and_makes_rows_without_a_key(tmp_path: Path) -> None:
    made = start(tmp_path / "my-shop")
    assert made.recipe == tmp_path / "my-shop" / "recipe.yaml"
    loaded = load(made.recipe)
    assert loaded.recipe.name == "my-shop"
    assert plan(loaded.recipe).models == {"typist"}
    result = make(made.recipe, out=tmp_path / "out", models={"typist": ScriptedModel(typist)})
    assert result.manifest["tables"]["traffic"]["rows"] == 100
    assert {row["intent"] for row in look(result.folder, rows=100)[1]} == {"late parcel", "wrong item", "refund"}


def test_what_is_commented_out_is_right_too(tmp_path: Path) -> None:
    recipe = start(tmp_path / "shop").recipe
    text = recipe.read_text(encoding="utf-8")
    head, _, tail = text.partition("  # examples:")
    recipe.write_text(head + re.sub(r"^  # ?", "  ", "  # examples:" + tail, flags=re.MULTILINE), encoding="utf-8")
    checked = check(recipe)
    assert [table.name for table in checked.plan.tables] == ["traffic", "examples"]
    assert checked.plan.models == {"typist", "claude"}


def test_no_place_is_left_open_and_the_next_command_is_named(tmp_path: Path) -> None:
    text = start(tmp_path / "shop").recipe.read_text(encoding="utf-8")
    assert "__" not in text
    assert f"synthgen check {tmp_path / 'shop' / 'recipe.yaml'}" in text


@pytest.mark.parametrize("name", ["123", "true", "2026-01-01", "null", "1.5"])
def test_a_name_that_yaml_takes_for_something_else_is_text(tmp_path: Path, name: str) -> None:
    assert load(start(tmp_path / name).recipe).recipe.name == name


@pytest.mark.parametrize("name", ["my shop", "-x", "naïve", "a" * 81, "a:b"])
def test_a_name_that_cannot_be_one_is_told(tmp_path: Path, name: str) -> None:
    with pytest.raises(OutputError, match="cannot name a recipe"):
        start(tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_overwritten(tmp_path: Path, paper: Path) -> None:
    recipe = start(tmp_path / "shop").recipe
    recipe.write_text("mine")
    for more in ({}, {"paper": paper}):
        with pytest.raises(OutputError, match="is there already; nothing was written"):
            start(tmp_path / "shop", **more)  # type: ignore[arg-type]
    assert recipe.read_text() == "mine"
    assert {one.name for one in recipe.parent.iterdir()} == {"recipe.yaml", "recipe.schema.json"}


def test_a_folder_that_is_there_is_used(tmp_path: Path) -> None:
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "logs.txt").write_text("x")
    assert start(tmp_path / "shop").recipe.exists()
    assert (tmp_path / "shop" / "logs.txt").read_text() == "x"


def test_a_place_that_cannot_be_written_to_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(OutputError, match="cannot write to"):
        start(tmp_path / "file" / "shop")


# The one about a paper


def test_claude_gets_the_paper_whole_and_writes_that_many_tasks(tmp_path: Path, paper: Path) -> None:
    made = start(tmp_path / "asking", paper=paper, count=5, writes="concrete")
    assert made.paper == tmp_path / "asking" / "asking twice.md"
    assert made.paper.read_text(encoding="utf-8") == PAPER
    table = load(made.recipe).recipe.tables["tasks"]
    written, verdict = table.fields["written"], table.fields["verdict"]
    assert isinstance(written, Claude)
    assert isinstance(verdict, Judge)
    assert (table.rows, written.writes) == (5, "concrete")
    assert [one.content for one in written.papers] == [one.content for one in verdict.papers] == [PAPER]

    def claude(prompt: Prompt, stream: Random) -> str:
        assert prompt.brief
        assert [one.content for one in prompt.brief.documents] == [PAPER]
        if str(prompt.origin["field"]).endswith("verdict"):
            return json.dumps({"reasons": "It stands there.", "answer": stream.random() < 0.7}) + "\n"
        text = " ".join(
            stream.sample(["alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa", "lambda", "mu"], 8)
        )
        return json.dumps({"outcome": "answer", "why": "", "answer": {"task": text, "answer": "a", "passage": "p"}}) + "\n"

    model = ScriptedModel(claude)
    result = make(made.recipe, out=tmp_path / "out", models={"claude": model})
    assert result.manifest["tables"]["tasks"]["rows"] == 5
    texts = [prompt.text for prompt in model.asked if str(prompt.origin["field"]).endswith("written")]
    assert all("Write one task" in text and "{{" not in text for text in texts)
    assert len(set(texts)) > 3  # each has a setting of its own
    assert all(row["verdict"] is True and row["task"] for row in look(result.folder, rows=9)[1])


def test_illustrative_is_the_default_and_a_pdf_will_do(tmp_path: Path) -> None:
    (tmp_path / "paper.pdf").write_bytes(b"%PDF-1.4 x")
    text = start(tmp_path / "p", paper=tmp_path / "paper.pdf").recipe.read_text(encoding="utf-8")
    assert "writes: illustrative" in text
    assert "rows: 20" in text
    assert load(tmp_path / "p" / "recipe.yaml")


@pytest.mark.parametrize("name", ['he said "no": #1.txt', "it's {{ mine }}.md", "a__COUNT__b.txt"])
def test_any_file_name_will_do(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text(PAPER)
    field = load(start(tmp_path / "p", paper=tmp_path / name).recipe).recipe.tables["tasks"].fields["written"]
    assert isinstance(field, Claude)
    assert field.documents == [name]


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("paper.docx", b"x", "a document is a .md, .txt or .pdf file"),
        ("paper.md", b" \n", "is empty"),
        ("paper.pdf", b"not one", "not a PDF"),
        ("paper.txt", b"\xff\xfe\x00", "UTF-16-LE, as its first bytes say, but broken"),
        ("", b"", "is a folder"),
    ],
)
def test_a_paper_that_is_none_is_told_and_nothing_is_written(tmp_path: Path, name: str, content: bytes, said: str) -> None:
    source = tmp_path / name if name else tmp_path / "papers.md"
    source.write_bytes(content) if name else source.mkdir()
    with pytest.raises(DataError, match=said):
        start(tmp_path / "p", paper=source)
    assert not (tmp_path / "p").exists()
    with pytest.raises(DataError, match="no such file"):
        start(tmp_path / "p", paper=tmp_path / "nowhere.md")


def test_another_file_of_the_papers_name_is_left_alone(tmp_path: Path, paper: Path) -> None:
    (tmp_path / "p").mkdir()
    other = tmp_path / "p" / paper.name
    other.write_text("another")
    with pytest.raises(OutputError, match="is another file; nothing was written"):
        start(tmp_path / "p", paper=paper)
    assert other.read_text() == "another"
    assert not (tmp_path / "p" / "recipe.yaml").exists()
    other.write_text(PAPER)
    assert start(tmp_path / "p", paper=other).paper == other  # it lies there already


# A recipe that comes with synthgen


@pytest.mark.parametrize("name", shipped_recipes())
def test_a_shipped_recipe_is_copied_under_its_new_name_with_its_seeds(tmp_path: Path, name: str) -> None:
    copy = load(start(tmp_path / "2026-11-28", like=name).recipe)
    assert copy.recipe.name == "2026-11-28"
    shipped = load(shipped_recipes()[name] / "recipe.yaml")
    assert {**copy.data, "name": ""} == {**shipped.data, "name": ""}
    assert {file.name for file in (tmp_path / "2026-11-28").rglob("*.txt")} == {
        file.name for file in shipped_recipes()[name].rglob("*.txt")
    }


def test_what_cannot_be_copied_is_told_and_nothing_is_written(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="no recipe 'it-helpdsk' comes with synthgen") as told:
        start(tmp_path / "desk", like="it-helpdsk")
    assert told.value.hint == "did you mean 'it-helpdesk'?"
    seeds = tmp_path / "desk" / "seeds"
    seeds.mkdir(parents=True)
    (seeds / "printer.txt").write_text("mine\n")
    with pytest.raises(OutputError, match=r"printer\.txt is there already and is another file"):
        start(tmp_path / "desk", like="it-helpdesk")
    assert [file.name for file in (tmp_path / "desk").rglob("*") if file.is_file()] == ["printer.txt"]


def test_each_shipped_recipe_is_listed_with_what_it_makes() -> None:
    listed = CliRunner(env={"COLUMNS": "200"}).invoke(app, ["new", "--list"]).stdout
    for name in shipped_recipes():
        assert re.search(rf"^{name} +\S+ \S+", listed, re.MULTILINE)


def test_whoever_comes_back_to_an_interview_finds_the_rows_that_there_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    fields = {"label": {"kind": "choice", "options": ["a", "b"]}, "message": {"kind": "template", "template": "about {{ label }}"}}
    recipe = tmp_path / "app" / "recipe.yaml"
    recipe.parent.mkdir()
    recipe.write_text(json.dumps({"name": "app", "tables": {"t": {"rows": 4, "fields": fields}}}), "utf-8")
    assert starting._finished_or_made(recipe) == Path("outputs/app")
    assert len(look("outputs/app", rows=20).rows) == 4
    make(recipe, rows=9)
    assert starting._finished_or_made(recipe) == Path("outputs/app")
    assert len(look("outputs/app", rows=20).rows) == 9
    other = tmp_path / "other" / "recipe.yaml"
    other.parent.mkdir()
    other.write_text(recipe.read_text("utf-8"), "utf-8")
    with pytest.raises(OutputError, match="was made from another recipe"):
        starting._finished_or_made(other)
