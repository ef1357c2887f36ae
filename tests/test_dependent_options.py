"""Options of a choice by the value of another field, or from a list of the row. (How mistakes are told: test_broken_recipes.)"""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from builders import lines, one_table
from datasets import load_dataset
from orders import FILES, ORDERS, ROWS, Making, Told, Types

import synthgen
from synthgen.dataset import Dataset
from synthgen.decisions.known import Reviewable
from synthgen.errors import DataError, RecipeError
from synthgen.fields.options import each_option
from synthgen.recipe.counts import distinct
from synthgen.recipe.shape import Table

COUNTRY = "country: {kind: choice, options: {DE: 3, FR: 1}}"


# Options by the value of another field


def test_each_row_gets_an_option_of_its_own_list(make: Making) -> None:
    city = "city: {kind: choice, of: country, options: {DE: [Berlin, Bonn], FR: [Paris, Lyon]}}"
    rows = make(lines(city, COUNTRY, rows=400))["t"].values
    assert {(row["country"], row["city"]) for row in rows} == {("DE", "Berlin"), ("DE", "Bonn"), ("FR", "Paris"), ("FR", "Lyon")}


def test_the_weights_of_each_list_are_met(make: Making) -> None:
    city = "city: {kind: choice, of: country, options: {DE: {Berlin: 9, Bonn: 1}, FR: {Paris: 1, Lyon: 0}}}"
    counts = Counter(make(lines(COUNTRY, city, rows=4000))["t"].column("city"))
    assert counts["Berlin"] / (counts["Berlin"] + counts["Bonn"]) == pytest.approx(0.9, abs=0.02)
    assert counts["Lyon"] == 0
    assert counts["Paris"] > 0


@pytest.mark.parametrize(
    ("source", "options", "pairs"),
    [
        ("{kind: choice, options: [true, false]}", "{true: [1], false: [2]}", {(True, 1), (False, 2)}),
        ("{kind: choice, options: [1, 2]}", "{1: [a], 2: [b]}", {(1, "a"), (2, "b")}),
        ("{kind: choice, options: [1, 2.5]}", "{1: [a], 2.5: [b]}", {(1, "a"), (2.5, "b")}),
        ("{kind: choice, options: ['1', '2']}", "{1: [true], 2: [no]}", {("1", "true"), ("2", "no")}),
        ("{kind: choice, options: [00501, 1.10]}", "{00501: [a], 1.10: [b]}", {("00501", "a"), ("1.10", "b")}),
        ("{kind: date, between: [2026-01-01, 2026-01-01]}", "{2026-01-01: [a]}", {(datetime.date(2026, 1, 1), "a")}),
        ("{kind: choice, options: [x], when: '{{ no > 5 }}', otherwise: ''}", "{x: [a], '': [b]}", {("x", "a"), ("", "b")}),
    ],
)
def test_values_are_told_by_their_text(make: Making, source: str, options: str, pairs: set[Any]) -> None:
    fields = ["no: {kind: number, between: [1, 9]}", f"s: {source}", f"x: {{kind: choice, of: s, options: {options}}}"]
    assert {(row["s"], row["x"]) for row in make(lines(*fields))["t"].values} == pairs


def test_the_column_holds_the_options_of_all_lists(column_types: Types) -> None:
    columns = column_types(
        COUNTRY,
        "whole: {kind: choice, of: country, options: {DE: [1], FR: {2: 1}}}",
        "points: {kind: choice, of: country, options: {DE: [1], FR: [2.5]}}",
        "words: {kind: choice, of: country, options: {DE: [1], FR: [many]}}",
    )
    assert [columns[name] for name in ("whole", "points", "words")] == ["int64", "float64", "string"]


def test_the_options_of_a_list_that_is_mixed_with_others_become_text_too(make: Making) -> None:
    words = "words: {kind: choice, of: country, options: {DE: [1], FR: [many]}}"
    assert set(make(lines(COUNTRY, words))["t"].column("words")) == {"1", "many"}


def test_a_value_has_one_list_of_options(mistakes: Told) -> None:
    assert mistakes(COUNTRY, "x: {kind: choice, of: country, options: {1: [a], '1': [b]}}") == ["two lists of options for 1"]


def test_a_part_of_a_record_may_decide(make: Making) -> None:
    fields = f"order: {{kind: load, file: {ROWS}}}", "x: {kind: choice, of: order.id, options: {1: [one], 2: [two]}}"
    assert make(lines(*fields, rows=2), files=FILES)["t"].column("x") == ["one", "two"]


def test_options_may_depend_on_options_that_depend_on_others(make: Making) -> None:
    city = "city: {kind: choice, of: country, options: {DE: [Berlin, Bonn], FR: [Paris]}}"
    street = "street: {kind: choice, of: city, options: {Berlin: [Linden], Bonn: [Markt], Paris: [Rivoli]}}"
    rows = make(lines(street, city, COUNTRY))["t"].values
    assert {(row["city"], row["street"]) for row in rows} == {("Berlin", "Linden"), ("Bonn", "Markt"), ("Paris", "Rivoli")}


def test_where_it_is_not_made_it_is_what_otherwise_says(make: Making) -> None:
    city = "city: {kind: choice, of: country, options: {DE: [Bonn]}, when: \"{{ country == 'DE' }}\", otherwise: elsewhere}"
    assert {(row["country"], row["city"]) for row in make(lines(COUNTRY, city))["t"].values} == {("DE", "Bonn"), ("FR", "elsewhere")}


def test_a_value_without_options_is_told_with_its_row(make: Making) -> None:
    load_field = "c: {kind: fake, provider: country_code}"
    with pytest.raises(DataError, match=r"^t, row \d+: there are no options for c '[A-Z]{2}'\n  there are some for DE, FR; add it"):
        make(lines(load_field, "x: {kind: choice, of: c, options: {DE: [a], FR: [b]}}"))
    nothing = "x: {kind: choice, of: order.none, options: {DE: [a]}}"
    with pytest.raises(DataError, match=r"^t, row 0: 'order.none' has no value, and the options depend on it"):
        make(lines(f"order: {{kind: load, file: {ROWS}}}", nothing, rows=1), files=FILES)


def test_a_loaded_value_without_options_is_told_before(recipe: Callable[..., Any]) -> None:
    fields = f"id: {{kind: load, file: {ROWS}, field: id}}", "x: {kind: choice, of: id, options: {1: [one]}}"
    with pytest.raises(RecipeError) as caught:
        recipe(lines(*fields, rows=2), FILES)
    assert [mistake.message for mistake in caught.value.mistakes] == ["there are no options for id '2'"]


def test_there_may_be_options_for_values_that_no_record_of_a_file_has(make: Making) -> None:
    fields = f"id: {{kind: load, file: {ROWS}, field: id}}", "x: {kind: choice, of: id, options: {1: [one], 2: [two], 3: [three]}}"
    assert make(lines(*fields, rows=2), files=FILES)["t"].column("x") == ["one", "two"]


@pytest.mark.parametrize(
    ("source", "when", "right"),
    [
        ("{kind: choice, options: [a, b]}", "", True),
        ("{kind: choice, options: [a, b, c]}", "", False),
        ("{kind: choice, options: {a: 1, b: 1, c: 0}}", "", True),
        ("{kind: choice, options: [a, b, c]}", ", when: \"{{ s != 'c' }}\"", True),
        ("{kind: choice, options: [a, b], when: '{{ n > 5 }}', otherwise: c}", "", False),
        ("{kind: choice, options: [a], when: '{{ n > 5 }}', otherwise: b}", "", True),
        ("{kind: choice, options: {1: 1}, when: '{{ n > 5 }}'}", "", False),
        ("{kind: choice, of: n, options: {1: [a], 2: [b]}}", "", False),  # number: its values are not known, but the options are
        ("{kind: fake, provider: name}", "", True),  # nobody knows
    ],
)
def test_values_without_options_are_mistakes_where_they_are_known(mistakes: Told, source: str, when: str, right: bool) -> None:
    n = "n: {kind: number, between: [1, 9]}"
    options = "{a: [x], b: [y]}" if "of: n" not in source else "{a: [x], z: [y]}"
    assert (mistakes(n, f"s: {source}", f"x: {{kind: choice, of: s, options: {options}{when}}}") == []) is right


@pytest.mark.parametrize(
    ("options", "count"),
    [("{DE: [a, b], FR: [b, c]}", 3), ("{DE: {a: 1, b: 0}, FR: [a]}", 1), ("{DE: [1], FR: [1.5]}", 2)],
)
def test_the_options_of_all_lists_are_counted(recipe: Callable[..., Any], options: str, count: int) -> None:
    fields: Table = recipe(lines(COUNTRY, f"x: {{kind: choice, of: country, options: {options}}}", rows=2)).recipe.tables["t"]
    assert distinct("x", fields.fields.get) == count


def test_more_rows_than_options_are_told(recipe: Callable[..., Any]) -> None:
    unique = "{kind: unique, field: x}"
    with pytest.raises(RecipeError, match="'x' can have 3 different values, and 40 rows shall each have another"):
        recipe(lines(COUNTRY, "x: {kind: choice, of: country, options: {DE: [a, b], FR: [b, c]}}", keep=unique))


def test_the_topics_and_cases_of_a_choice_are_those_of_all_lists(mistakes: Told) -> None:
    topic = "topic: {kind: choice, of: country, options: {DE: [card, login], FR: [refund]}}"
    typed = 'm: {kind: typed, topic: "{{ topic }}", seeds: {card: [my card], login: [no log in], refund: [money back], lost: [lost]}}'
    case = "case: {kind: choice, of: country, options: {DE: [none, emty], FR: {pasted log: 1}}}"
    edge = 'e: {kind: edge_case, of: m, case: "{{ case }}"}'
    assert mistakes(COUNTRY, topic, typed, case, edge) == ["no row has the topic 'lost'", "there is no edge case 'emty'"]


def test_a_reviewer_may_choose_among_the_options_of_all_lists(tmp_path: Path) -> None:
    fields = {
        "country": {"kind": "choice", "options": ["DE", "FR"]},
        "city": {"kind": "choice", "of": "country", "options": {"DE": ["Berlin", "Bonn"], "FR": {"Paris": 1}}},
        "tag": {"kind": "choice", "options": "{{ [country, city] }}"},
    }
    synthgen.make(one_table(fields), out=tmp_path / "out")
    reviewable = Reviewable(Dataset.open(tmp_path / "out"))
    assert reviewable.options("traffic", "city") == ["Berlin", "Bonn", "Paris"]
    assert reviewable.options("traffic", "tag") is None
    assert load_dataset(str(tmp_path / "out"), "traffic", split="train").features["city"].dtype == "string"


def test_options_are_told_with_the_way_to_them() -> None:
    assert [option.at for option in each_option({"DE": ["a"], "FR": {"b": 1}})] == [("DE", 0), ("FR", "b")]


# A list of the row


def test_one_of_a_row_s_own_list_is_chosen(make: Making) -> None:
    fields = (f"order: {{kind: load, file: {ROWS}, pick: random}}", 'tag: {kind: choice, options: "{{ order.tags }}"}')
    rows = make(lines(*fields, rows=60), files=FILES)["t"].values
    assert {(row["order"]["id"], row["tag"]) for row in rows} == {(1, "new"), (1, "gift"), (2, "old")}


def test_a_list_can_be_made_of_fields_and_of_text(make: Making) -> None:
    fields = (
        f"order: {{kind: load, file: {ROWS}}}",
        'a: {kind: choice, options: "{{ [order.id, order.notes] }}"}',
        "b: {kind: choice, options: \"{{ order.notes.split(';') }}\"}",
        "words: {kind: fake, provider: words, args: {nb: 2}}",
        'c: {kind: choice, options: "{{ words }}"}',
    )
    for row, order in zip(make(lines(*fields, rows=2), files=FILES)["t"].values, ORDERS, strict=True):
        assert row["a"] in (str(order["id"]), order["notes"])
        assert row["b"] in str(order["notes"]).split(";")
        assert row["c"] in row["words"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            "{{ order.notes }}",
            r"t, row 0: \{\{ order.notes \}\} gives 'a;b', which is no list\n  split a text: .*\(order.notes\).split",
        ),
        ("{{ order.id }}", "t, row 0: .* gives '1', which is no list"),
        ("{{ order.lines }}", "t, row 0: the list .* holds records or lists"),
        ("{{ [] }}", r"t, row 0: the list \{\{ \[\] \}\} is empty"),
        ("{{ none }}", "t, row 0: .* gives no value"),
        ("{{ order.gone }}", "t, row 0: template .*UndefinedError"),
    ],
)
def test_what_is_no_list_of_values_is_told_with_its_row(make: Making, options: str, message: str) -> None:
    fields = f"order: {{kind: load, file: {ROWS}}}", f'x: {{kind: choice, options: "{options}"}}'
    with pytest.raises(DataError, match=message):
        make(lines(*fields, rows=1), files=FILES)


def test_a_record_is_taken_by_its_place(make: Making) -> None:
    fields = (
        f"order: {{kind: load, file: {ROWS}, pick: random}}",
        'place: {kind: number, between: [0, "{{ order.lines | length - 1 }}"], hidden: true}',
        'sku: {kind: template, template: "{{ order.lines[place].sku }}"}',
    )
    rows = make(lines(*fields, rows=60), files=FILES)["t"].values
    assert {(row["order"]["id"], row["sku"]) for row in rows} == {(1, "x"), (1, "y"), (2, "z")}
