"""Kinds say of themselves what others ask: no list of them stands anywhere else."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import get_args

import pytest

import synthgen
from synthgen.fields.shape import Role
from synthgen.models import BaseModel, ClaudeModel
from synthgen.recipe.load import CHECKS, FIELDS
from synthgen.recipe.recorded import RecordedField, RecordedRecipe, last_message
from synthgen.recipe.shape import BaseModelSpec, ClaudeSpec

ROOT = Path(synthgen.__file__).parent
OUTSIDE = [path for path in sorted(ROOT.rglob("*.py")) if path.relative_to(ROOT).parts[0] not in ("fields", "checks", "voices")]


def fields(**kinds: dict[str, str]) -> list[RecordedField]:
    return [RecordedField(name, data) for name, data in kinds.items()]


def test_every_kind_has_a_role() -> None:
    every = [RecordedField(kind, {"kind": kind}) for kind in FIELDS]
    assert {field.role for field in every} == set(get_args(Role))
    assert RecordedField("a", {"kind": "of another version"}).role == RecordedField("a", {}).role == "text"
    assert {field.name for field in every if field.sliced} == {"typed", "noise", "edge_case", "conversation"}


def test_the_last_message_is_the_one_that_no_other_goes_on_from() -> None:
    own = fields(message={"kind": "typed"}, noisy={"kind": "noise", "of": "message"}, input={"kind": "edge_case", "of": "noisy"})
    assert last_message(own, ["message", "noisy", "input"]) == "input"
    assert last_message(own, ["message", "noisy"]) == "noisy"
    assert last_message(own, ["other"]) is None


def test_a_recorded_recipe_knows_the_fields_above_a_table_and_its_paid_models() -> None:
    message, reply = {"kind": "typed"}, {"kind": "claude"}
    tables = {"traffic": {"fields": {"message": message}}, "examples": {"from": {"table": "traffic"}, "fields": {"reply": reply}}}
    recipe = RecordedRecipe({"tables": tables, "models": {"claude": {"name": "claude-haiku-5-5", "of_another_version": 1}}})
    assert [*recipe.fields_of("examples")] == ["message", "reply"]
    assert recipe.fields_of("nothing") == {}
    assert recipe.tables["examples"].parent == "traffic"
    assert recipe.claudes["claude"].name == "claude-haiku-5-5"
    assert RecordedRecipe({"tables": tables}).claudes == {}


@pytest.mark.parametrize("path", OUTSIDE, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_list_of_kinds_stands_outside_their_folder(path: Path) -> None:
    """Two or more names of kinds side by side, which a new kind would have to be added to."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Tuple | ast.List | ast.Set):
            names = [one.value for one in node.elts if isinstance(one, ast.Constant) and one.value in FIELDS]
            assert len(names) < 2, f"line {node.lineno}: {names}"


@pytest.mark.parametrize("path", sorted(ROOT.rglob("*.py")), ids=lambda path: str(path.relative_to(ROOT)))
def test_nobody_asks_of_what_kind_a_part_is_outside_its_folder(path: Path) -> None:
    room = path.relative_to(ROOT).parts[0]
    kinds = {
        "fields": FIELDS,
        "checks": CHECKS,
        "models": {"base": BaseModelSpec, "claude": ClaudeSpec, "": BaseModel, "paid": ClaudeModel},
    }
    names = {kind.__name__ for folder, own in kinds.items() if folder != room for kind in own.values()}
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "isinstance":
            asked = {one.id for one in ast.walk(node.args[1]) if isinstance(one, ast.Name)} & names
            assert not asked, f"line {node.lineno}: {asked}"
