"""What editors say of a recipe: that a new one names its schema, and, with YAML's language server, completion, hover texts and mistakes."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from ruamel.yaml import YAML
from servers.language_server import COMMAND, LanguageServer, is_installed

from synthgen import api
from synthgen.fields.edges import CASES
from synthgen.recipe.load import CHECKS, FIELDS
from synthgen.recipe.schema import MODELINE, SCHEMA_FILE, schema
from synthgen.voices.library import shipped

TABLE = "name: x\ntables:\n  traffic:\n    rows: 3\n    fields:\n"
ANSWERS = {"about": "People.", "topics": ["renew", "hours"], "messages": {"renew": ["renew it"], "hours": ["when open"]}}
needs_server = pytest.mark.skipif(not is_installed(), reason=f"{COMMAND} is not installed; npm install -g {COMMAND} does")


# Without an editor


@pytest.mark.parametrize("source", [{}, {"like": "site-search"}, {"answers": ANSWERS}])
def test_a_new_recipe_names_the_schema_that_lies_beside_it(tmp_path: Path, source: dict[str, object]) -> None:
    recipe = api.new(tmp_path / "app", **source).recipe  # type: ignore[arg-type]
    assert recipe.read_text("utf-8").startswith(f"{MODELINE}\n")
    clone = shutil.copytree(tmp_path / "app", tmp_path / "elsewhere" / "clone")
    validator = Draft202012Validator(json.loads((clone / SCHEMA_FILE).read_text("utf-8")))
    assert not list(validator.iter_errors(YAML(typ="safe", pure=True).load(clone / "recipe.yaml")))


def test_a_schema_that_is_there_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / SCHEMA_FILE).write_text("mine", "utf-8")
    api.new(tmp_path / "app")
    assert (tmp_path / "app" / SCHEMA_FILE).read_text("utf-8") == "mine"


def test_every_key_of_a_field_and_of_a_check_is_explained() -> None:
    definitions = schema()["$defs"]
    names = [shape.__name__ for shape in {**FIELDS, **CHECKS}.values()] + ["Table", "From", "Harness"]
    lacking = [
        f"{name}.{key}"
        for name in names
        for key, value in definitions[name]["properties"].items()
        if not value.get("description") and not value.get("$ref")
    ]
    assert lacking == []


# In an editor


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return api.new(tmp_path_factory.mktemp("editor") / "app").recipe.parent


@pytest.fixture
def server(folder: Path) -> Iterator[LanguageServer]:
    with LanguageServer(folder) as running:
        yield running


def shown(server: LanguageServer, folder: Path, text: str) -> LanguageServer:
    """The server, with a recipe of this text open."""
    server.open(folder / "recipe.yaml", f"{MODELINE}\n{text}")
    return server


@needs_server
def test_what_new_writes_has_no_mistakes(server: LanguageServer, folder: Path) -> None:
    server.open(folder / "recipe.yaml", (folder / "recipe.yaml").read_text("utf-8"))
    assert server.mistakes() == []


@needs_server
@pytest.mark.parametrize("field", ["a: {kind: }\n", "a:\n        kind: \n"])
def test_kinds_are_offered_with_what_they_make(server: LanguageServer, folder: Path, field: str) -> None:
    offered = shown(server, folder, f"{TABLE}      {field}").completions("kind: ")
    assert offered.keys() == FIELDS.keys()
    assert "as a person types it" in offered["typed"]
    assert all(offered.values())


@needs_server
def test_keys_of_a_kind_are_offered_and_no_others(server: LanguageServer, folder: Path) -> None:
    offered = shown(server, folder, f"{TABLE}      a:\n        kind: number\n        \n").completions("number\n        ")
    assert {"between", "decimals", "distribution", "when"} <= offered.keys()
    assert not {"seeds", "task", "voice"} & offered.keys()


@needs_server
@pytest.mark.parametrize(
    ("field", "mark", "values"),
    [
        ("a: {kind: typed, seeds: [x], voice: }", "voice: ", set(shipped())),
        ("a: {kind: edge_case, of: b, case: }", "case: ", set(CASES)),
        ("a: {kind: fake, provider: }", "provider: ", {"name", "company", "numerify"}),
        ("a: {kind: typed, seeds: [x], aim: }", "aim: ", {"labels", "sense", "likeness"}),
    ],
)
def test_values_are_offered(server: LanguageServer, folder: Path, field: str, mark: str, values: set[str]) -> None:
    assert values <= shown(server, folder, f"{TABLE}      {field}\n").completions(mark).keys()


@needs_server
@pytest.mark.parametrize(
    ("mark", "words"),
    [
        ("ro", "how many; all"),
        ("see", "messages that show how people type"),
        ("kind: ty", "A message as a person types it"),
        ("voice: te", "types as to a friend, in small letters"),
        ("kind: uni", "Refuses"),
    ],
)
def test_words_are_explained(server: LanguageServer, folder: Path, mark: str, words: str) -> None:
    text = f"{TABLE}      a: {{kind: typed, seeds: [x], voice: texter}}\n    keep:\n      - {{kind: unique, field: a}}\n"
    assert words in shown(server, folder, text).hover(mark)


@needs_server
@pytest.mark.parametrize(
    ("field", "words"),
    [
        ("{kind: typed, seds: [x]}", "seds"),
        ("{kind: tiped, seeds: [x]}", "typed"),
        ("{kind: number, between: [1, 2], decimals: many}", "integer"),
    ],
)
def test_mistakes_are_marked(server: LanguageServer, folder: Path, field: str, words: str) -> None:
    mistakes = shown(server, folder, f"{TABLE}      a: {field}\n").mistakes()
    assert any(words in mistake for mistake in mistakes), mistakes
