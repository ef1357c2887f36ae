"""Dates and numbers between values of their row. (How mistakes are told: test_broken_recipes.)"""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any

import pytest
from builders import lines
from orders import FILES, ROWS, Making, Told, Types

from synthgen.errors import DataError
from synthgen.recipe import plan

# Dates of the row

START = "start: {kind: date, between: [2026-01-01, 2026-02-01]}"


def test_a_date_lies_after_another(make: Making) -> None:
    rows = make(lines('end: {kind: date, between: ["{{ start }}", 2026-03-01]}', START, rows=300))["t"].values
    assert all(row["start"] <= row["end"] <= datetime.date(2026, 3, 1) for row in rows)
    assert len({row["end"] for row in rows}) > 30


@pytest.mark.parametrize(
    ("between", "days"),
    [
        ('["{{ start }}", +3d]', {0, 1, 2, 3}),
        ('[-2d, "{{ start }}"]', {-2, -1, 0}),
        ('["{{ start }} +1d", "{{ start }} +3d"]', {1, 2, 3}),
        ('["{{start}}+1w", "{{start}} +1w"]', {7}),
        ('["{{ start }} -1d", "{{ start }}"]', {-1, 0}),
        ('["{{ start }}", "{{ start }}"]', {0}),
        ("[\"{{ start.strftime('%Y-%m-%d') }}\", +0d]", {0}),
    ],
)
def test_a_distance_is_from_the_row_s_own_date(make: Making, between: str, days: set[int]) -> None:
    rows = make(lines(START, f"x: {{kind: date, between: {between}}}", rows=300))["t"].values
    assert {(row["x"] - row["start"]).days for row in rows} == days


def test_a_distance_beside_fixed_dates_is_from_the_recipe_s_now(make: Making) -> None:
    rows = make("now: 2026-01-10\n" + lines("x: {kind: date, between: [2026-01-10, +1d]}"))["t"].values
    assert {row["x"].day for row in rows} == {10, 11}


def test_three_dates_follow_each_other(make: Making) -> None:
    fields = (
        'shipped: {kind: date, between: ["{{ ordered }}", "{{ delivered }}"]}',
        'delivered: {kind: date, between: ["{{ ordered }} +1d", "{{ ordered }} +9d"]}',
        "ordered: {kind: date, between: [-30d, today]}",
    )
    for row in make(lines(*fields, rows=200))["t"].values:
        assert row["ordered"] <= row["shipped"] <= row["delivered"]


@pytest.mark.parametrize(
    ("start", "between", "column"),
    [
        ("{kind: date, between: [2026-01-01, 2026-01-09]}", '["{{ start }}", +3d]', "date32"),
        ("{kind: date, between: [2026-01-01, 2026-01-09]}", '["{{ start }}", +3h]', "timestamp[us]"),
        ("{kind: date, between: [2026-01-01, 2026-01-09]}", '["{{ start }} +9h", "{{ start }} +1d"]', "timestamp[us]"),
        ("{kind: date, between: [2026-01-01T10:00, 2026-01-09T10:00]}", '["{{ start }}", +3d]', "timestamp[us]"),
        ("{kind: date, between: [2026-01-01T10:00, 2026-01-09T10:00]}", '["{{ start }}", 2026-02-01]', "timestamp[us]"),
        ("{kind: fake, provider: date_time_this_year}", '["{{ start }}", +3d]', "timestamp[us]"),
        ("{kind: fake, provider: date_this_year}", '["{{ start }}", +3d]', "date32"),
        (f"{{kind: load, file: {ROWS}, field: created}}", '["{{ start }}", +3d]', "date32"),
        (f"{{kind: load, file: {ROWS}, field: created}}", '["{{ start }} +0h", +3d]', "timestamp[us]"),
    ],
)
def test_a_date_has_a_time_of_day_where_one_that_it_follows_has_one(
    column_types: Types, make: Making, start: str, between: str, column: str
) -> None:
    fields = f"start: {start}", f"end: {{kind: date, between: {between}}}"
    assert column_types(*fields, files=FILES)["end"] == column
    kind = {"date32": datetime.date, "timestamp[us]": datetime.datetime}[column]
    for row in make(lines(*fields, rows=2), files=FILES)["t"].values:
        assert type(row["end"]) is kind
        assert str(row["end"]) >= str(row["start"]).replace("T", " ")[: len(str(row["end"]))]


def test_the_time_of_day_comes_from_the_row_above_too(recipe: Callable[..., Any]) -> None:
    above = lines("start: {kind: date, between: [-6h, now]}", rows=3)
    below = '  child:\n    from: {table: t}\n    fields:\n      end: {kind: date, between: ["{{ start }}", +3d]}\n'
    assert plan(recipe(above + below).recipe).tables[1].columns["end"] == "timestamp[us]"


def test_a_format_makes_text_of_a_date_that_follows_another(make: Making) -> None:
    end = 'end: {kind: date, between: ["{{ start }}", +0d], format: "%d %b"}'
    assert all(row["end"] == row["start"].strftime("%d %b") for row in make(lines(START, end))["t"].values)


@pytest.mark.parametrize(
    ("between", "message"),
    [
        (
            '["{{ order.created }}", 2026-01-01]',
            r"t, row 0: the first date, 2026-01-05, is after the second, 2026-01-01\n  take a distance, such as between: \[\"\{\{ start",
        ),
        ('["{{ order.created }}", "{{ order.created }} -1d"]', "t, row 0: the first date, 2026-01-05, is after the second, 2026-01-04"),
        ('["{{ order.notes }}", +1d]', r"t, row 0: 'a;b' is not a date; it comes from \{\{ order.notes \}\}"),
        ('["{{ none }}", +1d]', r"t, row 0: \{\{ none \}\} gives no date"),
        ('["{{ order.created }}Z", +1d]', "t, row 0: .* has a time offset, and moments have no zone here"),
        ("[\"{{ '9990-01-01' }}\", +999w]", "t, row 0: '.999w' from 9990-01-01 00:00:00 is outside the calendar"),
        ('["{{ order.created }} +9999y", 2026-01-01]', "t, row 0: '.9999y' from 2026-01-05 14:30:00 is outside the calendar"),
    ],
)
def test_a_date_that_is_none_or_in_the_wrong_order_is_told_with_its_row(make: Making, between: str, message: str) -> None:
    fields = f"order: {{kind: load, file: {ROWS}}}", f"x: {{kind: date, between: {between}}}"
    with pytest.raises(DataError, match=message):
        make(lines(*fields, rows=2), files=FILES)


@pytest.mark.parametrize(
    ("between", "more", "right"),
    [
        ('["{{ start }}", 2026-02-01]', "", True),
        ('["{{ start }}", 2026-01-31]', "", False),
        ('["{{ start }}", 2026-01-31]', ', when: "{{ start.day < 9 }}"', True),
        ('["{{ start }} +1d", 2026-02-01]', "", False),
        ('[2026-01-01, "{{ start }}"]', "", True),
        ('[2026-01-02, "{{ start }}"]', "", False),
        ('["{{ start }}", -1d]', "", False),
        ('[+1d, "{{ start }}"]', "", False),
        ('["{{ start }}", -0d]', "", True),
        ('["{{ start }} +1d", +5d]', "", False),
    ],
)
def test_an_order_that_cannot_hold_is_a_mistake(mistakes: Told, between: str, more: str, right: bool) -> None:
    assert (mistakes(START, f"end: {{kind: date, between: {between}{more}}}") == []) is right


# Bounds of the row


def test_a_number_lies_between_numbers_of_its_row(make: Making, column_types: Types) -> None:
    fields = (
        "low: {kind: number, between: [1, 9]}",
        'high: {kind: number, between: ["{{ low }}", 20]}',
        'mid: {kind: number, between: ["{{ low }}", "{{ high }}"]}',
        'share: {kind: number, between: [0, "{{ high / 100 }}"], decimals: 2}',
        'cut: {kind: number, distribution: normal, mean: 50, sd: 20, between: ["{{ low }}", 60]}',
    )
    rows = make(lines(*fields, rows=300))["t"].values
    assert all(row["low"] <= row["mid"] <= row["high"] <= 20 and row["low"] <= row["cut"] <= 60 for row in rows)
    assert all(0 <= row["share"] <= row["high"] / 100 for row in rows)
    assert {row["low"] == row["mid"] for row in rows} == {True, False}
    columns = column_types(*fields)
    assert [columns[name] for name in ("low", "high", "mid", "share", "cut")] == ["int64", "int64", "int64", "float64", "float64"]


def test_a_number_in_text_is_a_bound(make: Making) -> None:
    fields = "digit: {kind: fake, provider: numerify, args: {text: '1%'}}", 'x: {kind: number, between: ["{{ digit }}", "{{ digit }}"]}'
    assert all(str(row["x"]) == row["digit"] for row in make(lines(*fields))["t"].values)


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ('between: ["{{ m }}", 3]', "t, row 0: the least, 5, is more than the most, 3"),
        ('between: ["{{ m / 2 }}", 9]', r"t, row 0: 2.5, which \{\{ m / 2 \}\} gives, is not a whole number, as these are\n  say how many"),
        ('between: ["{{ m + 0.2 }}", "{{ m + 0.8 }}"], decimals: 0', "t, row 0: no number with 0 decimals lies between 5.2 and 5.8"),
        ("between: [1, \"{{ 'many' }}\"]", "t, row 0: 'many', which .* gives, is no number"),
        ("between: [1, \"{{ 'inf' }}\"]", "t, row 0: 'inf', which .* gives, is no number"),
        ('between: [1, "{{ m > 1 }}"]', "t, row 0: 'true', which .* gives, is no number"),
        ('between: [1, "{{ none }}"]', r"t, row 0: \{\{ none \}\} gives no value"),
        ('between: [1, "{{ 10 ** 25 }}"]', "t, row 0: between 1 and 1e.25: a column of whole numbers has 64 bits"),
    ],
)
def test_bounds_that_are_none_are_told_with_their_row(make: Making, keys: str, message: str) -> None:
    fields = "n: {kind: template, template: '5'}", 'm: {kind: number, between: ["{{ n }}", "{{ n }}"]}'
    with pytest.raises(DataError, match=message):
        make(lines(*fields, f"x: {{kind: number, {keys}}}"))
