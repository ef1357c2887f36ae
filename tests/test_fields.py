"""The facts that Python makes: choice, number, date, template, id, load. (Faker's are in test_fake, messages in test_typed.)"""

import datetime
import json
import pickle
from collections import Counter
from statistics import mean, stdev

import pyarrow
import pytest
from hypothesis import assume, given
from hypothesis import strategies as some
from pyarrow import parquet
from pydantic import TypeAdapter, ValidationError

from synthgen.errors import DataError, LimitError
from synthgen.fields import AnyField, PythonField
from synthgen.fields.date_bound import moment
from synthgen.spec.parts import RecipeContext
from synthgen.spec.rows import Row
from synthgen.spec.streams import Streams

NOW = datetime.datetime.fromisoformat("2026-11-01T12:00")


def field(kind: str, context: RecipeContext | None = None, **keys: object) -> PythonField:
    return TypeAdapter(AnyField).validate_python({"kind": kind, **keys}, context=context)


def draws(made: PythonField, count: int = 400, seed: int = 0, **values: object) -> list:
    streams = Streams(seed)
    return [made.make(Row("t", index, values=dict(values)), streams.at("t", "f", index, 0)) for index in range(count)]


def faults(made: PythonField) -> list[tuple]:
    """Where the faults are; how they are told is in test_broken_recipes."""
    return [fault.at for fault in made.mistakes()]


# choice


def test_a_list_of_options_is_chosen_from_alike():
    counts = Counter(draws(field("choice", options=["a", "b", "c"]), 6000))
    assert set(counts) == {"a", "b", "c"}
    assert all(count == pytest.approx(2000, abs=200) for count in counts.values())


def test_weights_are_met():
    counts = Counter(draws(field("choice", options={"often": 8.0, "now and then": 2, "never": 0}), 6000))
    assert counts["often"] / 6000 == pytest.approx(0.8, abs=0.03)
    assert counts["never"] == 0


@pytest.mark.parametrize(
    ("options", "values", "column"),
    [
        (["a", "b"], {"a", "b"}, "string"),
        ([True, False], {True, False}, "bool"),
        ({True: 1.0, False: 1.0}, {True, False}, "bool"),
        ([1, 2], {1, 2}, "int64"),
        ([1, 2.5], {1, 2.5}, "float64"),
        ([True, "maybe"], {"true", "maybe"}, "string"),
        ([1, "none"], {"1", "none"}, "string"),
        (["only"], {"only"}, "string"),
        (["", "🙏🏽", "مرحبا"], {"", "🙏🏽", "مرحبا"}, "string"),
    ],
)
def test_options_of_one_type_keep_it_and_mixed_ones_become_text(options, values, column):
    choice = field("choice", options=options)
    found = draws(choice)
    assert {(type(value), value) for value in found} == {(type(value), value) for value in values}
    assert choice.column() == column


@pytest.mark.parametrize(
    "options", [[], {}, {"a": 0.0, "b": 0.0}, {"a": -1.0}, {"a": float("nan")}, {"a": float("inf"), "b": 1.0}, [None], [["a"]], "a"]
)
def test_options_that_cannot_be_chosen_from_are_refused(options):
    with pytest.raises(ValidationError):
        field("choice", options=options)


# number


def test_a_number_has_all_its_places_in_text_and_is_a_plain_number_for_all_else():
    number = field("number", between=[20.4, 20.4], decimals=2)
    (value,) = draws(number, 1)
    text = field("template", template="£{{ n }}, £{{ n * 2 }}, {{ n | round(1) }}, {{ n > 20.3 }}, {{ '{:.1f}'.format(n) }}")
    assert draws(text, 1, n=value) == ["£20.40, £40.8, 20.4, True, 20.4"]
    assert (value, repr(value), json.dumps(value), pickle.loads(pickle.dumps(value))) == (20.4, "20.4", "20.4", value)
    assert str(pickle.loads(pickle.dumps(value))) == "20.40"
    assert pyarrow.array([value], "float64").to_pylist() == [20.4]


@given(some.floats(-1e6, 1e6), some.floats(0, 1e6), some.one_of(some.none(), some.integers(0, 6)))
def test_a_number_lies_between_its_bounds_in_steps_of_its_last_place(low, width, decimals):
    number = field("number", between=[low, low + width], decimals=decimals)
    assume(not faults(number))
    for value in draws(number, 20):
        assert low <= value <= low + width
        assert round(value, number.places) == value


@pytest.mark.parametrize(
    ("keys", "values", "column"),
    [
        ({"between": [1.0, 3.0]}, {1, 2, 3}, "int64"),
        ({"between": [0.0, 0.3], "decimals": 1}, {0.0, 0.1, 0.2, 0.3}, "float64"),
        ({"between": [-0.2, 0.1], "decimals": 1}, {-0.2, -0.1, 0.0, 0.1}, "float64"),
        ({"between": [0.4, 2.6], "decimals": 0}, {1, 2}, "int64"),
        ({"between": [5.0, 5.0]}, {5}, "int64"),
        ({"between": [0.25, 0.25]}, {0.25}, "float64"),
    ],
)
def test_every_value_between_the_bounds_occurs_and_both_bounds_do(keys, values, column):
    number = field("number", **keys)
    found = draws(number)
    assert set(found) == values
    assert {isinstance(value, float) for value in found} == {column == "float64"}
    assert number.column() == column


def test_numbers_are_as_likely_at_the_bounds_as_between():
    counts = Counter(draws(field("number", between=[1.0, 4.0]), 8000))
    assert all(count == pytest.approx(2000, abs=200) for count in counts.values())


def test_sixteen_digits_keep_the_last():
    assert {value % 10 for value in draws(field("number", between=[1e15, 9999999999999999.0 - 1]))} == set(range(10))


@pytest.mark.parametrize(
    ("keys", "average", "spread"),
    [
        ({"distribution": "normal", "mean": 50.0, "sd": 10.0}, 50, 10),
        ({"distribution": "exponential", "mean": 20.0}, 20, 20),
        ({"distribution": "poisson", "mean": 4.0}, 4, 2),
        ({"distribution": "lognormal", "mu": 0.0, "sigma": 0.5}, 1.133, 0.604),
        ({"between": [0.0, 12.0], "decimals": 3}, 6, 3.464),
    ],
)
def test_a_distribution_has_its_mean_and_spread(keys, average, spread):
    values = draws(field("number", **keys), 8000)
    assert mean(values) == pytest.approx(average, rel=0.05)
    assert stdev(values) == pytest.approx(spread, rel=0.06)


@pytest.mark.parametrize(
    "keys",
    [
        {"distribution": "normal", "mean": 50.0, "sd": 100.0, "between": [40.0, 60.0]},
        {"distribution": "normal", "mean": 0.0, "sd": 0.1, "between": [100.123, 101.0]},
        {"distribution": "exponential", "mean": 1.0, "between": [0.005, 0.5]},
    ],
)
def test_a_distribution_is_cut_off_at_its_bounds(keys):
    low, high = keys["between"]
    assert all(low <= value <= high for value in draws(field("number", **keys)))


def test_there_is_no_minus_zero():
    values = draws(field("number", distribution="normal", mean=0.0, sd=0.05, decimals=1))
    assert 0.0 in values
    assert "-0.0" not in map(str, values)


@pytest.mark.parametrize(
    ("keys", "at"),
    [
        ({}, ()),
        ({"distribution": "normal", "mean": 1.0}, ("distribution",)),
        ({"distribution": "poisson", "mean": 1.0, "sd": 1.0}, ("sd",)),
        ({"distribution": "exponential", "mean": -1.0}, ("mean",)),
        ({"between": [0.1, 0.9], "decimals": 0}, ("between",)),
        ({"distribution": "lognormal", "mu": 1e4, "sigma": 1.0}, ("distribution",)),
        ({"distribution": "poisson", "mean": 1e30}, ("distribution",)),
    ],
)
def test_parameters_that_make_no_number_are_a_fault(keys, at):
    assert faults(field("number", **keys)) == [at]


@pytest.mark.parametrize("between", [[3.0, 1.0], [1.0], [0.0, float("inf")], [float("nan"), 1.0]])
def test_bounds_are_two_numbers_in_order(between):
    with pytest.raises(ValidationError):
        field("number", between=between)


# date


@pytest.mark.parametrize(
    ("text", "then", "timed"),
    [
        ("now", "2026-11-01T12:00", True),
        ("today", "2026-11-01T00:00", False),
        ("-1d", "2026-10-31T00:00", False),
        ("+2w", "2026-11-15T00:00", False),
        ("-6h", "2026-11-01T06:00", True),
        ("-45m", "2026-11-01T11:15", True),
        ("-1y", "2025-11-01T00:00", False),
        ("2024-02-29", "2024-02-29T00:00", False),
        ("2026-03-31T14:30", "2026-03-31T14:30", True),
        ("2026-03-31 14:30:05", "2026-03-31T14:30:05", True),
        ("20260331", "2026-03-31T00:00", False),
        ("2026-W14-2", "2026-03-31T00:00", False),
        ("2026W14T10", "2026-03-30T10:00", True),
    ],
)
def test_a_moment_is_named_by_a_date_or_from_now(text, then, timed):
    assert moment(text, NOW) == (datetime.datetime.fromisoformat(then), timed)


@pytest.mark.parametrize(
    "text", ["yesterday", "", "2026-02-30", "31.03.2026", "1d", "+d", "-1q", "--1d", "+9999999d", "-999999y", "+999999w", "١d"]
)
def test_what_is_no_moment_is_told(text):
    with pytest.raises(ValueError, match=r"is not a date|outside the calendar"):
        moment(text, NOW)


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("2026-03-29T00:00Z", "write it without the offset: 2026-03-29T00:00:00"),
        (
            "2026-03-29 04:00+02:00",
            "write it without the offset: 2026-03-29T04:00:00; beside another offset, all in UTC: 2026-03-29T02:00:00",
        ),
        ("20260329T04-0330", "write it without the offset: 2026-03-29T04:00:00; beside another offset, all in UTC: 2026-03-29T07:30:00"),
        ("0001-01-01T00:00+05:00", "write it without the offset: 0001-01-01T00:00:00"),
    ],
)
def test_an_offset_is_refused_and_not_dropped(text, hint):
    with pytest.raises(ValueError, match="has a time offset, and moments have no zone here") as caught:
        moment(text, NOW)
    assert caught.value.args[1] == hint


@pytest.mark.parametrize(("pattern", "wrong"), [("%H:%M %z", True), ("%Z", True), ("%:z", True), ("%s", True), ("%%z %d %S", False)])
def test_a_pattern_asks_for_no_zone(pattern, wrong):
    assert faults(field("date", between=["-6h", "now"], format=pattern)) == [("format",)] * wrong


def test_a_date_lies_between_its_bounds_and_both_occur():
    date = field("date", between=["2026-02-27", "2026-03-02"])
    assert set(draws(date)) == {
        datetime.date(2026, 2, 27),
        datetime.date(2026, 2, 28),
        datetime.date(2026, 3, 1),
        datetime.date(2026, 3, 2),
    }
    assert date.column() == "date32"


def test_a_date_has_a_time_when_a_bound_has_one():
    date = field("date", RecipeContext(None, now=NOW), between=["-90m", "now"])
    values = draws(date)
    assert all(NOW - datetime.timedelta(minutes=90) <= value <= NOW for value in values)
    assert {type(value) for value in values} == {datetime.datetime}
    assert len(set(values)) > 300
    assert date.column() == "timestamp[us]"


def test_relative_dates_stand_still_with_the_recipes_clock():
    there = {
        moment.year: draws(field("date", RecipeContext(None, now=moment), between=["-6d", "-1d"]), 50)
        for moment in (NOW, NOW.replace(year=1999))
    }
    assert all(datetime.date(1999, 10, 26) <= value <= datetime.date(1999, 10, 31) for value in there[1999])
    assert [value.replace(year=2026) for value in there[1999]] == there[2026]


def test_a_day_without_a_zero_in_front():
    date = field("date", between=["2026-03-05", "2026-03-05"], format="%-d %B, %d/%-m %% %-I h, 100%%-d")
    assert draws(date, 1) == ["5 March, 05/3 % 12 h, 100%-d"]


def test_a_format_makes_text_of_a_date():
    date = field("date", between=["2026-03-30", "2026-03-31"], format="%A, %d %b – 100%%")
    assert set(draws(date)) == {"Monday, 30 Mar – 100%", "Tuesday, 31 Mar – 100%"}
    assert date.column() == "string"


def test_dates_in_the_wrong_order_or_none_are_faults():
    assert faults(field("date", between=["2026-02-01", "2026-01-01"])) == [("between",)]
    assert faults(field("date", between=["soon", "later"])) == [("between", 0), ("between", 1)]


# template and id


def test_a_template_is_text_of_other_fields():
    template = field("template", template="{{ code }}-{{ code * 2 }} {{ gone }}")
    assert draws(template, 1, code=4, gone="") == ["4-8 "]
    assert {name for _, name in template.reads()} == {"code", "gone"}
    assert template.column() == "string"


def test_a_template_that_cannot_be_filled_names_the_row():
    with pytest.raises(DataError, match=r"t, row 0: template '\{\{ 1 / code \}\}': ZeroDivisionError"):
        draws(field("template", template="{{ 1 / code }}"), code=0)


def test_an_id_names_a_row_by_its_place_alone():
    assert draws(field("id", prefix="bank"), 2) == ["bank-000000", "bank-000001"]
    assert draws(field("id"), 2, seed=1) == ["t-000000", "t-000001"]
    assert field("id").make(Row("t", 12345678, attempt=3), Streams(0).at("t", "f")) == "t-12345678"


# load

RECORDS = [{"subject": f"ticket {number}", "n": number, "tags": ["a"]} for number in range(5)]


@pytest.fixture
def context(tmp_path):
    (tmp_path / "tickets.jsonl").write_text("\n".join(map(json.dumps, RECORDS)) + "\n")
    (tmp_path / "tickets.csv").write_text("subject,n\n" + "".join(f"ticket {number},{number}\n" for number in range(5)))
    parquet.write_table(pyarrow.Table.from_pylist(RECORDS), tmp_path / "tickets.parquet")
    return RecipeContext(tmp_path)


def test_rows_are_loaded_in_order(context):
    assert draws(field("load", context, file="tickets.jsonl"), 5) == RECORDS
    assert draws(field("load", context, file="tickets.parquet", field="n"), 5) == [0, 1, 2, 3, 4]


def test_a_file_with_too_few_records_says_so(context):
    with pytest.raises(LimitError, match=r"t: 'tickets.jsonl' has only 5 records"):
        draws(field("load", context, file="tickets.jsonl"), 6)


def test_records_are_drawn_at_random_when_asked(context):
    load = field("load", context, file="tickets.jsonl", field="n", pick="random")
    counts = Counter(draws(load, 1000))
    assert set(counts) == set(range(5))
    assert draws(load, 20) == draws(load, 20)
    assert draws(load, 20) != draws(load, 20, seed=1)


@pytest.mark.parametrize(
    ("file", "part", "column"),
    [
        ("tickets.jsonl", None, "json"),
        ("tickets.jsonl", "subject", "string"),
        ("tickets.jsonl", "n", "int64"),
        ("tickets.csv", "n", "string"),
        ("tickets.jsonl", "tags", "json"),
    ],
)
def test_a_loaded_column_has_the_type_of_its_values(context, file, part, column):
    assert field("load", context, file=file, field=part).column() == column


@pytest.mark.parametrize(
    ("values", "column"), [([1, 2.5], "float64"), ([1, None], "int64"), ([1, "a"], "json"), ([None], "json"), ([True, 1], "json")]
)
def test_mixed_values_find_a_type_that_holds_them(tmp_path, values, column):
    (tmp_path / "a.jsonl").write_text("\n".join(json.dumps({"x": value}) for value in values))
    assert field("load", RecipeContext(tmp_path), file="a.jsonl", field="x").column() == column


@pytest.mark.parametrize(
    ("keys", "at"),
    [
        ({}, ()),
        ({"file": "gone.jsonl"}, ("file",)),
        ({"file": "../x.jsonl"}, ("file",)),
        ({"file": "tickets.jsonl", "field": "subjet"}, ("field",)),
    ],
)
def test_what_cannot_be_loaded_is_a_fault(context, keys, at):
    assert faults(field("load", context, **keys)) == [at]


def test_a_record_without_the_field_is_told_with_its_number(tmp_path):
    (tmp_path / "a.jsonl").write_text('{"x": 1}\n{"y": 2}\n')
    with pytest.raises(DataError, match=r"'a\.jsonl', record 2: no field 'x'"):
        draws(field("load", RecipeContext(tmp_path), file="a.jsonl", field="x"), 2)


def test_a_dataset_on_disk_is_loaded(tmp_path):
    import datasets

    datasets.Dataset.from_list(RECORDS).save_to_disk(tmp_path / "saved")
    datasets.DatasetDict({"train": datasets.Dataset.from_list(RECORDS[:2]), "test": datasets.Dataset.from_list(RECORDS[2:])}).save_to_disk(
        tmp_path / "splits"
    )
    assert draws(field("load", RecipeContext(tmp_path), dataset="saved", field="n"), 5) == [0, 1, 2, 3, 4]
    assert draws(field("load", RecipeContext(tmp_path), dataset="splits", split="test", field="n"), 3) == [2, 3, 4]
    with pytest.raises(DataError, match="dataset 'splits': it has no split 'nope'"):
        draws(field("load", RecipeContext(tmp_path), dataset="splits", split="nope", field="n"), 1)


# every kind


@pytest.mark.parametrize(
    "keys",
    [
        {"kind": "choice", "options": {"a": 1.0, "b": 2.0}},
        {"kind": "number", "between": [0.0, 1e6]},
        {"kind": "number", "distribution": "poisson", "mean": 50.0},
        {"kind": "number", "distribution": "lognormal", "mu": 3.0, "sigma": 1.0},
        {"kind": "date", "between": ["-5y", "now"]},
        {"kind": "fake", "provider": "name"},
    ],
)
def test_the_same_seed_draws_the_same_and_another_seed_others(keys):
    assert draws(field(**keys), 40) == draws(field(**keys), 40)
    assert draws(field(**keys), 40) != draws(field(**keys), 40, seed=1)
