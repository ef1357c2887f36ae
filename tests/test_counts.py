"""How many different values a field can have, and checks `unique` that ask for more."""

from __future__ import annotations

import pytest

from synthgen.errors import RecipeError
from synthgen.recipe import load
from synthgen.recipe.counts import distinct
from synthgen.recipe.shape import Table


def count(recipe, fields: str, name: str = "x", files=None) -> int | None:
    text = f"name: counted\ntables:\n  t:\n    rows: 2\n    fields: {{{fields}}}\n"
    table: Table = recipe(text, files).recipe.tables["t"]
    return distinct(name, table.fields.get)


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("kind: choice, options: [a, b, c]", 3),
        ("kind: choice, options: [a, a, b]", 2),
        ("kind: choice, options: {a: 1, b: 0, c: 2}", 2),
        ("kind: choice, options: [1, 1.0, 2]", 2),
        ("kind: choice, options: [true, false]", 2),
        ("kind: number, between: [1, 10]", 10),
        ("kind: number, between: [0, 2.5], decimals: 1", 26),
        ("kind: number, between: [0.15, 0.95], decimals: 1", 8),
        ("kind: number, distribution: normal, mean: 5, sd: 1, between: [0, 10], decimals: 0", 11),
        ("kind: number, distribution: normal, mean: 5, sd: 1", None),
        ("kind: date, between: [2026-01-01, 2026-01-31]", 31),
        ("kind: date, between: [2026-01-01T10:00, 2026-01-01T10:03]", 181),
        ("kind: date, between: [2026-01-01, 2026-12-31], format: '%A'", 7),
        ("kind: date, between: [2026-01-01T00:00, 2026-12-31T00:00], format: '%H:%M'", 1440),
        ("kind: date, between: [2026-01-01T09:00, 2026-01-01T09:59], format: '%H:%M'", 60),
        ("kind: date, between: [2026-01-01T00:00, 2026-12-31T00:00], format: '%d.%m.%Y'", 365),
        ("kind: date, between: [0001-01-01, 9999-12-31]", 3_652_059),
        ("kind: template, template: hello", 1),
        ("kind: id", None),
        ("kind: fake, provider: name", None),
        ("kind: fake, provider: boolean", 2),
        ("kind: load, file: five.jsonl", 5),
        ("kind: load, file: five.jsonl, field: a", 3),
        ("kind: load, file: five.jsonl, field: b", None),
        ("kind: typed, seeds: [hi there, hello]", None),
        ("kind: solve, of: y, task: what, output: [a, b, c]", 3),
        ("kind: solve, of: y, task: what, output: boolean", 2),
        ("kind: solve, of: y, task: what, output: text", None),
        ("kind: judge, of: y, rubric: {good: is, bad: is not}", 2),
    ],
)
def test_a_field_knows_how_many_values_it_can_have(recipe, field, values):
    records = "".join(f'{{"a": {a}, "b": {b}}}\n' for a, b in [(1, 1), (1, 2), (2, 3), (3, 4), (3, "null")])
    assert count(recipe, f"x: {{{field}}}, y: {{kind: id}}", files={"five.jsonl": records}) == values


def test_a_template_has_the_combinations_of_what_it_reads(recipe):
    parts = "a: {kind: choice, options: [1, 2, 3]}, b: {kind: number, between: [1, 4]}, i: {kind: id}"
    assert count(recipe, f'{parts}, x: {{kind: template, template: "{{{{ a }}}}-{{{{ b }}}} {{{{ a }}}}"}}') == 12
    assert count(recipe, f'{parts}, x: {{kind: template, template: "{{{{ a }}}}-{{{{ i }}}}"}}') is None
    nested = 'y: {kind: template, template: "{{ a }}"}, x: {kind: template, template: "{{ y }}{{ b }}"}'
    assert count(recipe, f"{parts}, {nested}") == 12


def test_rows_that_go_without_are_not_counted(recipe):
    source, never = "s: {kind: choice, options: [a, b]}", "when: \"{{ s == 'a' }}\""
    field = f"kind: choice, options: [u, v], {never}"
    assert count(recipe, f"{source}, x: {{{field}}}") is None
    assert count(recipe, f"{source}, x: {{{field}, otherwise: z}}") == 3
    assert count(recipe, f'{source}, y: {{{field}}}, x: {{kind: template, template: "{{{{ y }}}}"}}') == 3


@pytest.mark.parametrize(("rows", "right"), [(3, True), (4, False)])
def test_as_many_rows_as_there_are_values_can_be_made(recipe, make, rows, right):
    text = """\
        name: few
        tables:
          t:
            rows: 3
            fields: {c: {kind: choice, options: [a, b, c]}}
            keep: [{kind: unique, field: c}]
        """
    if right:
        assert sorted(make(text, rows=rows)["t"].column("c")) == ["a", "b", "c"]
    else:
        with pytest.raises(RecipeError, match="'c' can have 3 different values, and 4 rows shall each have another"):
            recipe(text, rows=rows)


@pytest.mark.parametrize(
    ("source", "right"),
    [
        ("{table: t}", True),  # as many as pass
        ("{table: t, rows: 3}", True),
        ("{table: t, rows: 4}", False),
        ("{table: t, rows: 2, per_row: [2, 9]}", False),
        ("{table: t, rows: 2, per_row: [1, 9]}", True),
        ("{table: t, rows: 900}", False),
    ],
)
def test_the_rows_of_a_child_are_counted(recipe, source, right):
    text = f"""\
        name: family
        tables:
          t:
            rows: 10
            fields: {{c: {{kind: choice, options: [a, b, c]}}}}
          child:
            from: {source}
            fields: {{i: {{kind: id}}}}
            keep: [{{kind: unique, field: c}}]
        """
    if right:
        recipe(text)
    else:
        with pytest.raises(RecipeError, match="'c' can have 3 different values"):
            recipe(text)


def test_fields_in_a_circle_end(tmp_path):
    path = tmp_path / "recipe.yaml"
    path.write_text(
        "name: circle\ntables:\n  t:\n    rows: 9\n    fields:\n"
        '      a: {kind: template, template: "{{ b }}"}\n      b: {kind: template, template: "{{ a }}"}\n'
        "    keep: [{kind: unique, field: a}]\n"
    )
    with pytest.raises(RecipeError, match="made from each other in a circle"):
        load(path)
