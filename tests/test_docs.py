"""The README and the documents: they leave nothing out, their links lead somewhere, and what they show works."""

from __future__ import annotations

import re
import shlex
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import typer
from options_page import rendered
from ruamel.yaml import YAML

import synthgen
from synthgen.advice import skill
from synthgen.cli import COMMANDS
from synthgen.cli.app import app
from synthgen.errors import Mistake, RecipeError
from synthgen.fields.edges import CASES, NONE
from synthgen.harness import HARNESSES
from synthgen.recipe import load
from synthgen.recipe.load import CHECKS, FIELDS
from synthgen.recipe.shape import Recipe
from synthgen.voices import Voice
from synthgen.voices.library import shipped

TOP = Path(synthgen.__file__).parent.parent
PAGES = [TOP / "README.md", TOP / "CONTRIBUTING.md", TOP / "recipes" / "README.md", *sorted((TOP / "docs").glob("*.md"))]
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def page(name: str) -> str:
    return (TOP / "docs" / name).read_text(encoding="utf-8")


def blocks(*languages: str) -> Iterator[Any]:
    pages = {str(path.relative_to(TOP)): path.read_text(encoding="utf-8") for path in PAGES} | {"skill": skill()}
    for name, page in pages.items():
        for number, (language, text) in enumerate(BLOCK.findall(page)):
            if language in languages:
                yield pytest.param(text, id=f"{name}-{number}")


def commands() -> dict[str, Any]:
    """The commands of the command line by name, as click has them."""
    return getattr(typer.main.get_command(app), "commands")  # type: ignore[no-any-return]  # noqa: B009 (typer has a click of its own)


# What they explain


def row(text: str, name: str) -> str:
    return next((line for line in text.splitlines() if line.startswith(f"| `{name}` |")), "")


@pytest.mark.parametrize(("name", "kind"), [*(("fields.md", kind) for kind in FIELDS), *(("checks.md", kind) for kind in CHECKS)])
def test_every_kind_and_its_keys_are_explained(name: str, kind: str) -> None:
    shape = {**FIELDS, **CHECKS}[kind]
    line = row(page(name), kind)
    assert line, f"no row for {kind}"
    common = {"kind", "when", "otherwise", "hidden", "field"} if kind in CHECKS else {"kind", "when", "otherwise", "hidden"}
    names = [field.alias or name for name, field in shape.model_fields.items()]
    assert [name for name in names if name not in common and f"`{name}`" not in line] == []


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_explained(command: str) -> None:
    assert [line for line in page("commands.md").splitlines() if re.match(rf"\| `synthgen {command}\b", line)]


def test_the_page_of_options_is_what_the_command_line_says() -> None:
    assert page("options.md") == rendered(), "python tests/options_page.py"


def test_every_key_of_a_recipe_is_explained() -> None:
    assert [key for key in Recipe.model_fields if not row(page("recipe.md"), key)] == []


@pytest.mark.parametrize("voice", shipped())
def test_who_types_on_every_voice_is_said(voice: str) -> None:
    assert row(page("voices.md"), voice) == f"| `{voice}` | {shipped()[voice].about} |"


@pytest.mark.parametrize("name", HARNESSES)
def test_every_harness_is_explained(name: str) -> None:
    assert [line for line in page("harnesses.md").splitlines() if line.startswith("| `") and f"`{name}`" in line.split(" | ")[0]]


def test_the_help_names_every_harness() -> None:
    (told,) = (parameter.help for parameter in commands()["export"].params if parameter.name == "to")
    assert told.startswith(f"{', '.join(HARNESSES)}, or all;")


def test_every_edge_case_is_named_and_no_other() -> None:
    (line,) = (line for line in page("edge-cases.md").splitlines() if line.startswith("The cases: "))
    assert re.findall(r"`([^`]+)`", line) == [*CASES, NONE]


def test_every_setting_that_is_shown_for_a_voice_is_one() -> None:
    shown = re.search(r"^  our_users: (\{.*\})", page("voices.md"), re.MULTILINE)
    assert shown
    assert Voice.model_validate(YAML(typ="safe").load(shown[1])).words


def test_the_readme_is_one_page_and_names_every_document() -> None:
    readme = (TOP / "README.md").read_text(encoding="utf-8")
    assert len(readme.encode()) <= 8000
    assert [path.name for path in PAGES if path.parent.name == "docs" and f"(docs/{path.name})" not in readme] == []


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(TOP)))
def test_links_lead_somewhere(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)\s]+)\)", BLOCK.sub("", text)):
        if not target.startswith("http"):
            place, _, heading = target.partition("#")
            file = (path.parent / place).resolve() if place else path
            assert file.exists(), target
            titles = re.findall(r"^#+ (.*)$", BLOCK.sub("", file.read_text(encoding="utf-8")), re.MULTILINE) if heading else []
            assert not heading or heading in [re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles], target


# What they show


def mistakes(recipe: dict[str, Any]) -> Sequence[Mistake]:
    try:
        load(recipe)
    except RecipeError as error:
        return error.mistakes
    return []


@pytest.mark.parametrize("text", [*blocks("yaml")])
def test_what_is_shown_of_a_recipe_can_stand_in_one(text: str, tmp_path: Path) -> None:
    """Whole recipes as they are; keys of a recipe, tables and fields in one that has what they speak of. Files that are named are not
    there: nothing else may be wrong."""
    shown = YAML(typ="safe").load(text)
    others = {"apiVersion", "jobs", "repos", "url", "providers"}  # see test_ci_page, test_application_page, test_serve_harnesses
    if shown.keys() & others:
        return
    fields: dict[str, Any] = {
        name: {"kind": "choice", "options": ["a", "b"]} for name in ("intent", "merchant", "message", "second", "case", "input")
    }
    recipe: dict[str, Any] = {"name": "t", "tables": {"traffic": {"rows": 3, "fields": fields}}}
    if "tables" in shown:
        recipe = {"name": "t"} | shown
    elif shown.keys() <= Recipe.model_fields.keys():
        recipe |= shown
    elif any("from" in part for part in shown.values()):
        recipe["tables"] |= shown
    else:
        fields |= shown
    assert [mistake for mistake in mistakes(recipe) if "no such file" not in mistake.message] == []


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(TOP)))
def test_what_is_installed_is_there(path: Path) -> None:
    """Extras and files of versions that are named, and PyTorch's one address."""
    text = path.read_text(encoding="utf-8")
    extras = tomllib.loads((TOP / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    assert {name for names in re.findall(r"'\.\[([\w,]+)\]'", text) for name in names.split(",")} <= extras.keys()
    assert [name for name in re.findall(r"install .* -c ([\w.]+)", text) if not (TOP / name).is_file()] == []
    assert set(re.findall(r"https://download\.pytorch\.org[\w./]*", text)) <= {"https://download.pytorch.org/whl/cpu"}


def test_before_a_commit_the_same_is_run_as_in_ci() -> None:
    hooks = YAML(typ="safe").load(TOP / ".pre-commit-config.yaml")["repos"][0]["hooks"]
    (command,) = re.findall(r"<!-- test -->\n```sh\n(.*)\n```", (TOP / "README.md").read_text(encoding="utf-8"))
    _, *checks, _ = command.split(" && ")
    assert [hook["entry"] for hook in hooks] == checks


@pytest.mark.parametrize("text", [*blocks("sh")])
def test_what_is_shown_of_the_command_line_can_be_typed(text: str) -> None:
    """Each command exists, and takes the arguments and options that are shown; it isn't run."""
    for line in text.replace("\\\n", " ").splitlines():
        for part in re.split(r"&&|\||[()]", re.sub(r"\s#.*", "", line)):
            words = shlex.split(re.sub(r">.*", "", part))
            if words[:1] == ["synthgen"] and len(words) > 1 and not words[1].startswith("-"):
                name, *given = words[1:]
                commands()[name].make_context(name, given)
