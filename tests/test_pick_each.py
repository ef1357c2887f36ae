"""`pick: each`: every option of a choice for every row of the table above. (How mistakes are told: test_broken_recipes.)"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from builders import lines
from orders import Making

import synthgen
from synthgen.dataset import Dataset
from synthgen.recipe import load

PARENTS = """\
name: family
tables:
  requests:
    rows: 30
    fields:
      no: {kind: id}
      intent: {kind: choice, options: [refund, delay]}
"""
TWINS = """\
  twins:
    from: {table: requests, SOURCE}
    fields:
      voice: {kind: choice, pick: each, options: [careful, texter, phone]}
      twin: {kind: template, template: "{{ no }} by {{ voice }}"}
"""
LEVELS = "      level: {kind: choice, pick: each, options: [0, 1]}\n"


def family(make: Making, source: str = "per_row: 1", more: str = ""):
    made = make(PARENTS + TWINS.replace("SOURCE", source) + more)
    return made["requests"], made["twins"]


def test_every_row_above_has_a_row_for_each_option(make: Making) -> None:
    parents, twins = family(make)
    by_parent = [[row for row in twins.rows if row.parent == place] for place in range(30)]
    assert all([row.values["voice"] for row in rows] == ["careful", "texter", "phone"] for rows in by_parent)
    assert all(row.values["twin"].startswith(parents.rows[row.parent].values["no"]) for row in twins.rows)
    assert len(twins.rows) == 90


def test_several_are_combined(make: Making) -> None:
    _, twins = family(make, more=LEVELS)
    assert [(row.values["voice"], row.values["level"]) for row in twins.rows[:6]] == [
        ("careful", 0), ("careful", 1), ("texter", 0), ("texter", 1), ("phone", 0), ("phone", 1),
    ]  # fmt: skip
    assert len({(row.parent, row.values["voice"], row.values["level"]) for row in twins.rows}) == len(twins.rows) == 180


def test_several_rows_of_each(make: Making) -> None:
    _, twins = family(make, "rows: 4, per_row: 2")
    assert Counter((row.parent, row.values["voice"]) for row in twins.rows) == {
        (parent, voice): 2 for parent in range(4) for voice in ("careful", "texter", "phone")
    }


def test_some_of_the_rows_above(make: Making) -> None:
    _, twins = family(make, "rows: 5, pick: random")
    assert set(Counter(row.parent for row in twins.rows).values()) == {3}
    assert len({row.parent for row in twins.rows}) == 5


def test_without_a_table_above_the_options_are_taken_in_turn(make: Making) -> None:
    fields = ("a: {kind: choice, pick: each, options: [x, y]}", "b: {kind: choice, pick: each, options: [1, 2, 3]}")
    rows = make(lines(*fields, rows=13))["t"].values
    assert [(row["a"], row["b"]) for row in rows[:7]] == [("x", 1), ("x", 2), ("x", 3), ("y", 1), ("y", 2), ("y", 3), ("x", 1)]
    assert set(Counter((row["a"], row["b"]) for row in rows).values()) == {2, 3}


def test_rows_are_the_same_whatever_the_chunk(tmp_path: Path) -> None:
    place = tmp_path / "recipe.yaml"
    place.write_text(PARENTS + TWINS.replace("SOURCE", "rows: 9") + LEVELS, encoding="utf-8")
    for size in (None, 7):
        synthgen.make(place, out=tmp_path / str(size), chunk=size)
    whole, small = (list(Dataset.open(tmp_path / str(size)).rows("twins")) for size in (None, 7))
    assert whole == small
    assert len(whole) == 9 * 6


@pytest.mark.parametrize(("rows", "told"), [(3, False), (4, True)])
def test_check_counts_them(rows: int, told: bool, tmp_path: Path) -> None:
    place = tmp_path / "recipe.yaml"
    keep = "    keep: [{kind: unique, field: n}]\n"
    number = "      n: {kind: choice, options: [1, 2, 3, 4, 5, 6, 7, 8, 9]}\n"
    place.write_text(PARENTS + TWINS.replace("SOURCE", f"rows: {rows}") + number + keep, encoding="utf-8")
    if told:
        with pytest.raises(synthgen.RecipeError, match="9 different values, and 12 rows shall each have another"):
            load(place)
    else:
        load(place)
