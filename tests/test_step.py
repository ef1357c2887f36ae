"""A field's `when` decides in an estimate and in a sample as it does in a run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from builders import one_table

from synthgen import api
from synthgen.advice.sample import questions
from synthgen.errors import DataError
from synthgen.models import ScriptedModel
from synthgen.recipe import load, plan

FIELDS: dict[str, Any] = {
    "n": {"kind": "number", "between": [0, 1], "decimals": 0},
    "ratio": {"kind": "template", "template": "{{ 10 // n }}", "when": "{{ n != 0 }}", "otherwise": "none"},
    "message": {"kind": "typed", "seeds": ["it is <ratio>", "why <ratio>", "hello there"], "when": "{{ n != 0 }}"},
}


def recipe(**more: Any) -> dict[str, Any]:
    return one_table(FIELDS | more, 40)


def test_an_estimate_makes_no_fact_that_is_not_wanted(tmp_path: Path) -> None:
    checked = api.check(recipe())
    (asked,) = checked.questions
    made = api.make(recipe(), out=tmp_path / "out", models={"typist": ScriptedModel(lambda prompt, stream: f" well {stream.random()}\n")})
    rows = api.look(made.folder, "traffic", rows=40).rows
    assert {row["ratio"] for row in rows} == {"none", "10"}
    assert asked.prompts == sum(row["message"] is not None for row in rows)


def test_a_sample_makes_none_either() -> None:
    claude = {"kind": "claude", "task": "Say what {{ ratio }} is."}
    (question,) = questions(plan(load(recipe(answer=claude)).recipe))
    assert "none" in question.prompts[0].text or "10" in question.prompts[0].text


def test_a_condition_that_cannot_be_told_is_told(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="traffic, row 0, when: "):
        api.make(recipe(ratio={"kind": "template", "template": "x", "when": "{{ n / 0 }}"}), out=tmp_path / "out")
