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
from synthgen.recipe.roles import kind_of, last_message, role
from synthgen.recipe.shape import BaseModelSpec, ClaudeSpec

ROOT = Path(synthgen.__file__).parent
OUTSIDE = [path for path in sorted(ROOT.rglob("*.py")) if path.relative_to(ROOT).parts[0] not in ("fields", "checks", "voices")]


def test_every_kind_has_a_role() -> None:
    assert {role({"kind": kind}) for kind in FIELDS} == set(get_args(Role))
    assert role({"kind": "of another version"}) == role({}) == "text"
    assert {kind for kind in FIELDS if kind_of({"kind": kind}).sliced} == {"typed", "noise", "edge_case", "conversation"}


def test_the_last_message_is_the_one_that_no_other_goes_on_from() -> None:
    fields = {"message": {"kind": "typed"}, "noisy": {"kind": "noise", "of": "message"}, "input": {"kind": "edge_case", "of": "noisy"}}
    assert last_message(fields, fields) == "input"
    assert last_message(fields, ["message", "noisy"]) == "noisy"
    assert last_message(fields, ["other"]) is None


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
