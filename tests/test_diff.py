"""`diff`: what changed between two versions of a dataset."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest
from typer.testing import CliRunner

import synthgen.comparison.rows
from synthgen.api import diff, make
from synthgen.cli.app import app
from synthgen.dataset import Dataset
from synthgen.errors import OutputError
from synthgen.models import ScriptedModel
from synthgen.spec.rows import Prompt

FIELDS: dict[str, Any] = {
    "key": {"kind": "id"},
    "name": {"kind": "fake", "provider": "first_name"},
    "intent": {"kind": "choice", "options": {"lost [bold]card": 3, "refund": 1}},
    "price": {"kind": "number", "between": [1, 90], "decimals": 2, "when": "{{ intent == 'refund' }}"},
    "day": {"kind": "date", "between": ["-9d", "-1d"]},
    "said": {"kind": "template", "template": "Hi, it is {{ name }} about {{ intent }}."},
    "message": {"kind": "noise", "of": "said", "rate": 0.1},
}
Version = Callable[..., Path]


@pytest.fixture
def version(tmp_path: Path) -> Version:
    """Make a version of a dataset: `rows`, and fields that are otherwise (None: not there)."""

    def run(called: str, rows: int = 300, more: dict[str, Any] | None = None, **changes: Any) -> Path:
        fields = {key: shape for key, shape in {**FIELDS, **changes}.items() if shape is not None}
        tables = {"t": {"rows": rows, "fields": fields}, **(more or {})}
        return make({"name": "shop", "tables": tables}, out=tmp_path / called).folder

    return run


def rows_of(folder: Path) -> dict[str, dict[str, Any]]:
    return {f"t-{row.pop('provenance')['row']}": row for row in Dataset.open(folder).rows("t")}


def test_the_same_recipe_makes_no_difference(version: Version) -> None:
    found = diff(version("a"), version("b"))
    assert not found.differs
    assert found.recipe == ""
    (table,) = found.tables
    assert (table.rows.same, table.rows.changed, table.rows.added, table.rows.gone) == (300, 0, 0, 0)
    assert not [one for one in table.labels if one.rows[0] != one.rows[1]]
    assert table.styles == []


@pytest.mark.parametrize("at_once", [7, 10_000])
@pytest.mark.parametrize(("before", "after"), [(300, 280), (280, 300), (1, 30), (300, 300)])
def test_rows_are_compared_by_their_ids(version: Version, monkeypatch: pytest.MonkeyPatch, at_once: int, before: int, after: int) -> None:
    monkeypatch.setattr(synthgen.comparison.rows, "AT_ONCE", at_once)
    keep = {"kind": "choice", "options": {"lost [bold]card": 3, "refund": 2}}
    first, second = version("a", before), version("b", after, intent=keep)
    ours, theirs = rows_of(first), rows_of(second)
    found = diff(first, second).tables[0].rows
    differing = [row for row in ours if row in theirs and ours[row] != theirs[row]]
    assert (found.added, found.gone, found.changed) == (len(theirs.keys() - ours), len(ours.keys() - theirs), len(differing))
    assert found.same == len(ours.keys() & theirs) - len(differing)
    assert [one.row for one in found.of_changed] == differing[:5]
    for one in found.of_changed:
        cells = {name for name in ours[one.row] if ours[one.row][name] != theirs[one.row][name]}
        assert one.cells.keys() == cells
        assert all(str(one.cells[name][0]) == str(ours[one.row][name]) for name in cells)
    assert [one.row for one in found.of_gone] == [row for row in ours if row not in theirs][:5]
    assert [one.row for one in found.of_added] == [row for row in theirs if row not in ours][:5]
    assert found.columns["price"] == sum(ours[row]["price"] != theirs[row]["price"] for row in differing)  # nothing against a number too


def test_rows_in_the_midst_that_were_refused_are_gone(version: Version) -> None:
    lacks = {"t": {"rows": 300, "fields": FIELDS, "keep": [{"kind": "lacks", "field": "name", "pattern": "^[A-J]"}]}}
    first, second = version("a"), version("b", more=lacks)
    ours, theirs = rows_of(first), rows_of(second)
    found = diff(first, second).tables[0].rows
    assert (found.gone, found.added) == (len(ours.keys() - theirs), len(theirs.keys() - ours))
    assert found.same + found.changed == len(ours.keys() & theirs)


def test_columns_and_tables_that_come_and_go_are_named(version: Version) -> None:
    more = {"u": {"rows": 3, "fields": {"a": {"kind": "id"}}}}
    found = diff(version("a", day=None), version("b", more=more, price=None))
    assert (found.tables[0].columns_gone, found.tables[0].columns_new) == (["price"], ["day"])
    assert (found.tables_gone, found.tables_new) == ([], ["u"])
    assert found.tables[0].rows.same == 300
    assert found.differs


def test_a_column_of_another_type_is_compared_by_its_values(version: Version) -> None:
    first = version("a", price={"kind": "number", "between": [1, 90], "decimals": 0})
    second = version("b", price={"kind": "template", "template": "{{ key }}"})
    assert diff(first, second).tables[0].rows.columns["price"] == 300


def test_shares_that_moved_most_stand_first_and_chance_is_told_from_change(version: Version) -> None:
    moved = {"kind": "choice", "options": {"lost [bold]card": 1, "refund": 3}}
    colour = {"kind": "choice", "options": ["red", "blue"]}
    first = version("a", colour=colour)
    second = version("b", intent=moved, colour=colour)
    labels = diff(first, second).tables[0].labels
    assert {one.label for one in labels[:2]} == {"intent"}
    assert all(one.sure for one in labels[:2])
    for one in labels:
        assert one.low <= one.shares[1] - one.shares[0] <= one.high
        assert one.rows[0] == sum(str(row[one.label]) == one.value for row in rows_of(first).values())
    gaps = [abs(one.shares[1] - one.shares[0]) for one in labels]
    assert gaps == sorted(gaps, reverse=True)
    other = diff(first, version("c", colour=colour, name={"kind": "fake", "provider": "last_name"})).tables[0]
    assert not [one for one in other.labels if one.sure]


def test_how_it_is_typed_is_compared_too(version: Version) -> None:
    found = diff(version("a"), version("b", said={"kind": "template", "template": "hi its {{ name }} about {{ intent }}"})).tables[0]
    assert {one.field for one in found.styles} == {"message"}
    sure = {one.feature for one in found.styles if one.sure}
    assert {"lower_only", "end_mark"} & sure
    assert [one.distance for one in found.styles] == sorted((one.distance for one in found.styles), reverse=True)


def test_what_the_manifests_say_is_set_side_by_side(tmp_path: Path) -> None:
    def typed(prompt: Prompt, stream: Random) -> str:
        said = stream.choice(["parcel late", "where is it", "came broken"]), stream.choice(["again", "today", "now pls", "or what"])
        return f" {' '.join(said)} {stream.randrange(500)}\n"

    def made(name: str, keep: list[dict[str, Any]]) -> Path:
        fields = {"message": {"kind": "typed", "seeds": ["hi", "it is late", "hello there"], "tries": 50}}
        recipe = {"name": "t", "tables": {"t": {"rows": 20, "fields": fields, "keep": keep}}}
        return make(recipe, out=tmp_path / name, models={"typist": ScriptedModel(typed)}).folder

    near = {"kind": "near_duplicate", "field": "message"}
    found = diff(made("a", [{"kind": "unique", "field": "message"}]), made("b", [{"kind": "unique", "field": "message"}, near]))
    figures = {one.name: one for one in found.tables[0].figures}
    one = figures["refused by near_duplicate (message)"]
    assert one.before == 0
    assert one.after is not None
    assert one.after > 0
    assert figures["rows"].unit == "count"


def test_another_seed_file_is_told_though_the_recipe_reads_the_same(tmp_path: Path) -> None:
    (tmp_path / "recipe.yaml").write_text("name: t\ntables: {t: {rows: 2, fields: {m: {kind: load, file: data.csv}}}}\n")
    (tmp_path / "data.csv").write_text("m\na\nb\n")
    first = make(tmp_path / "recipe.yaml", out=tmp_path / "a").folder
    (tmp_path / "data.csv").write_text("m\na\nc\n")
    second = make(tmp_path / "recipe.yaml", out=tmp_path / "b").folder
    found = diff(first, second)
    assert found.recipe == ""
    assert any("a file that it reads" in note for note in found.notes)


# The command


def run(*arguments: object) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["diff", *map(str, arguments)])
    return done.exit_code, done.output


def test_the_exit_code_says_whether_they_differ(version: Version) -> None:
    first, second, third = version("a"), version("b"), version("c", 299)
    assert run(first, second)[0] == 0
    code, said = run(first, third)
    assert code == 1
    assert "-    rows: 300" in said
    assert "t: 0 rows new, 1 gone, 0 changed, 299 the same" in said
    assert "t-299 gone" in said
    code, told = run(first, third, "--json")
    assert code == 1
    assert json.loads(told)["tables"][0]["rows"]["gone"] == 1
    assert json.loads(run(first, second, "--json")[1])["differs"] is False


def test_what_rows_hold_is_text_and_no_markup(version: Version) -> None:
    said = run(version("a"), version("b", intent={"kind": "choice", "options": {"lost [bold]card": 1, "re\u202efund": 3}}))[1]
    assert "lost [bold]card" in said
    assert "re\\u202efund" in said
    assert "\u202e" not in said


def test_one_table_can_be_looked_at_alone(version: Version) -> None:
    more = {"u": {"rows": 3, "fields": {"a": {"kind": "id"}}}}
    first, second = version("a", more=more), version("b", more=more)
    assert [table.name for table in diff(first, second, table="u").tables] == ["u"]
    with pytest.raises(OutputError) as told:
        diff(first, second, table="w")
    assert "has a table 'w'" in str(told.value)


def test_a_folder_without_an_output_is_told(version: Version, tmp_path: Path) -> None:
    code, said = run(version("a"), tmp_path / "nothing")
    assert code == 1
    assert said.startswith("error: there is no output")
