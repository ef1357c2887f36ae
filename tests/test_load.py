"""What is loaded becomes columns that hold it as it was, in as many rows as there are records."""

import datetime
import json
from decimal import Decimal
from pathlib import Path
from random import Random

import pyarrow
import pytest
from pyarrow import parquet
from pydantic import TypeAdapter

from synthgen import api
from synthgen.errors import DataError, LimitError, RecipeError
from synthgen.fields import AnyField
from synthgen.spec.parts import RecipeContext
from synthgen.spec.rows import Row

HUGE = 10**30


def written(folder, values, name="a.jsonl"):
    """A file whose records have these values, each under `v`."""
    (folder / name).write_text("\n".join(json.dumps({"v": value}) for value in values))


def loading(folder, **keys):
    return TypeAdapter(AnyField).validate_python({"kind": "load", **keys}, context=RecipeContext(folder))


def made(folder, rows="all", **fields):
    """The type of the column `v` of an output that loads it so, and its values as `datasets` reads them."""
    import datasets

    shown = {name: {"kind": "load", **keys} if isinstance(keys, dict) else keys for name, keys in fields.items()}
    (folder / "recipe.yaml").write_text(json.dumps({"name": "n", "tables": {"t": {"rows": rows, "fields": shown}}}))
    out = api.make(folder / "recipe.yaml", out=folder / "out").folder
    table = datasets.Dataset.from_parquet([str(path) for path in out.glob("t/*.parquet")], cache_dir=str(folder / "cache"))
    return table.features, [dict(row) for row in table]


def column(folder, **keys):
    features, rows = made(folder, v=keys)
    values = [row["v"] for row in rows]
    return getattr(features["v"], "dtype", None) or type(features["v"]).__name__, values


def faults(folder, **keys):
    return [(fault.at, fault.message) for fault in loading(folder, **keys).mistakes()]


# Types


@pytest.mark.parametrize(
    ("first", "last", "kind", "values"),
    [
        (1, 2.5, "float64", [1.0, 2.5]),
        (1, "x", "Json", [1, "x"]),
        (None, "text", "string", [None, "text"]),
        (None, True, "bool", [None, True]),
        (None, [1], "Json", [None, [1]]),
        (True, 2, "Json", [True, 2]),
        (1, True, "Json", [1, True]),
        (1, HUGE, "string", ["1", str(HUGE)]),
        (1.5, HUGE, "string", ["1.5", str(HUGE)]),
        (1.5, 2**53 + 1, "Json", [1.5, 2**53 + 1]),
        (1, 2**63 - 1, "int64", [1, 2**63 - 1]),
        ("a", {"b": 1}, "Json", ["a", {"b": 1}]),
        ({"a": 1}, {"a": "x"}, "Json", [{"a": 1}, {"a": "x"}]),
        (["a"], "x", "Json", [["a"], "x"]),
        ("2024-01-01", "now", "string", ["2024-01-01", "now"]),
    ],
)
def test_the_last_record_counts_as_the_first(tmp_path, first, last, kind, values):
    written(tmp_path, [first] * 1200 + [last])
    found, rows = column(tmp_path, file="a.jsonl", field="v")
    assert (found, rows[1199:]) == (kind, values)
    assert [type(value) for value in rows[1199:]] == [type(value) for value in values]


MOMENT = datetime.datetime(2024, 1, 1, 3)  # noqa: DTZ001
ZONED = MOMENT.replace(tzinfo=datetime.timezone(datetime.timedelta(hours=2)))
STORED = {
    "moment": (pyarrow.array([MOMENT]), "timestamp[us]", MOMENT),
    "zone": (pyarrow.array([ZONED], pyarrow.timestamp("us", "+02:00")), "string", "2024-01-01 03:00:00+02:00"),
    "nanoseconds": (pyarrow.array([1001], pyarrow.timestamp("ns")), "string", "1970-01-01 00:00:00.000001001"),
    "day": (pyarrow.array([MOMENT.date()]), "date32", MOMENT.date()),
    "decimal": (pyarrow.array([Decimal("1.10")]), "string", "1.10"),
    "bytes": (pyarrow.array(["café".encode()]), "string", "café"),
    "large": (pyarrow.array([2**64 - 1], pyarrow.uint64()), "string", str(2**64 - 1)),
    "small": (pyarrow.array([1], pyarrow.int8()), "int64", 1),
    "float": (pyarrow.array([0.5], pyarrow.float32()), "float64", 0.5),
    "category": (pyarrow.array(["a"]).dictionary_encode(), "string", "a"),
    "mapping": (pyarrow.array([{"a": 1, "b": "x"}]), "Json", {"a": 1, "b": "x"}),
    "list": (pyarrow.array([["a"]]), "Json", ["a"]),
}


@pytest.mark.parametrize("name", STORED)
@pytest.mark.parametrize("source", [{"file": "a.parquet"}, {"dataset": "folder"}])
def test_a_column_of_parquet_keeps_what_it_holds(tmp_path, source, name):
    values, kind, value = STORED[name]
    (tmp_path / "folder").mkdir()
    for path in ("a.parquet", "folder/a.parquet"):
        parquet.write_table(pyarrow.table({"v": values}), tmp_path / path)
    assert column(tmp_path, **source, field="v") == (kind, [value])


def test_a_whole_record_holds_text_for_bytes(tmp_path):
    parquet.write_table(pyarrow.table({"b": pyarrow.array(["café".encode()]), "n": [1]}), tmp_path / "a.parquet")
    assert column(tmp_path, file="a.parquet") == ("Json", [{"b": "café", "n": 1}])


@pytest.mark.parametrize("part", [None, "v"])
def test_what_no_column_can_hold_is_told_with_its_record(tmp_path, part):
    written(tmp_path, [[1], [HUGE]])
    assert faults(tmp_path, file="a.jsonl", field=part) == [(("file",), "record 2 holds a whole number of more than 64 bits")]
    assert not faults(tmp_path, file="a.jsonl", field=part, hidden=True)
    parquet.write_table(pyarrow.table({"v": pyarrow.array([b"a", b"\xff"])}), tmp_path / "a.parquet")
    assert faults(tmp_path, file="a.parquet", field=part) == [(("file",), "record 2 holds bytes that are not UTF-8 text")]


# Parts of records


def test_a_part_of_a_field_is_loaded(tmp_path):
    users = [{"user": {"name": {"first": "Ann"}}}, {"user": {"name": None}}, {"user": None}]
    written(tmp_path, users)
    assert column(tmp_path, file="a.jsonl", field="v.user.name.first") == ("string", ["Ann", None, None])


def test_a_field_that_has_a_dot_in_its_name_comes_first(tmp_path):
    (tmp_path / "a.jsonl").write_text('{"user.name": "dotted", "user": {"name": "inner"}}')
    assert column(tmp_path, file="a.jsonl", field="user.name") == ("string", ["dotted"])


def test_a_part_of_a_dataset_is_loaded(tmp_path):
    (tmp_path / "folder").mkdir()
    parquet.write_table(pyarrow.table({"user": [{"name": "Ann", "age": 3}]}), tmp_path / "folder" / "a.parquet")
    assert column(tmp_path, dataset="folder", field="user.name") == ("string", ["Ann"])
    with pytest.raises(DataError) as error:
        loading(tmp_path, dataset="folder", field="user.nam").make(Row("t", 0), Random(0))
    assert error.value.message == "dataset 'folder': its rows have no field 'user.nam'"
    assert error.value.hint == "did you mean 'user.name'?"


def test_parts_that_are_not_there_are_told_by_check(tmp_path):
    written(tmp_path, [{"a": 1}, {"a": 2}, {}, 5])
    assert faults(tmp_path, file="a.jsonl", field="v.a") == [(("field",), "record 3 and 1 more have no field 'v.a'")]
    assert faults(tmp_path, file="a.jsonl", field="v.b") == [(("field",), "its records have no field 'v.b'")]


# All rows


def test_all_rows_are_as_many_as_there_are_records(tmp_path):
    written(tmp_path, ["a", "b", "c"])
    fields = {"v": {"file": "a.jsonl", "field": "v"}, "whole": {"file": "a.jsonl"}, "any": {"file": "a.jsonl", "pick": "random"}}
    rows = made(tmp_path, **fields)[1]
    assert [row["v"] for row in rows] == ["a", "b", "c"]
    assert api.check(tmp_path / "recipe.yaml").plan.tables[0].table.wanted == 3


def test_all_rows_but_those_that_a_check_refuses(tmp_path):
    written(tmp_path, ["a", "b", "c", "b"])
    recipe = {"name": "n", "tables": {"t": {
        "rows": "all",
        "fields": {"v": {"kind": "load", "file": str(tmp_path / "a.jsonl"), "field": "v"}},
        "keep": [{"kind": "lacks", "field": "v", "pattern": "b"}],
    }}}  # fmt: skip
    done = api.make(recipe, out=tmp_path / "out", allow=[tmp_path])
    assert [row["v"] for row in api.look(done.folder).rows] == ["a", "c"]


def test_fewer_rows_can_be_asked_for_on_the_command_line(tmp_path):
    written(tmp_path, ["a", "b", "c"])
    made(tmp_path, v={"file": "a.jsonl", "field": "v"})
    assert len(api.look(api.make(tmp_path / "recipe.yaml", out=tmp_path / "two", rows=2).folder).rows) == 2


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"v": {"kind": "choice", "options": ["a"]}}, "rows: all needs a field that loads records in order"),
        ({"v": {"kind": "load", "file": "a.jsonl", "pick": "random"}}, "rows: all needs a field that loads records in order"),
        (
            {"v": {"kind": "load", "file": "a.jsonl"}, "w": {"kind": "load", "file": "b.jsonl"}},
            "its fields load different numbers of records: 'v' has 2, 'w' has 3",
        ),
        ({"v": {"kind": "load", "file": "gone.jsonl"}}, "gone.jsonl: no such file"),
        ({"v": {"kind": "lod", "file": "a.jsonl"}}, "unknown kind 'lod'"),
    ],
)
def test_how_many_all_are_has_to_be_clear(tmp_path, fields, message):
    written(tmp_path, ["a", "b"])
    written(tmp_path, ["a", "b", "c"], "b.jsonl")
    (tmp_path / "recipe.yaml").write_text(json.dumps({"name": "n", "tables": {"t": {"rows": "all", "fields": fields}}}))
    with pytest.raises(RecipeError) as error:
        api.check(tmp_path / "recipe.yaml")
    assert [mistake.message for mistake in error.value.mistakes] == [message]


def test_too_many_rows_are_told_that_all_can_be_asked_for(tmp_path):
    written(tmp_path, ["a"])
    with pytest.raises(LimitError) as error:
        made(tmp_path, rows=2, v={"file": "a.jsonl", "field": "v"})
    assert "rows: all" in error.value.hint


def test_rows_of_two_finished_tables_come_together_in_a_third(tmp_path: Path) -> None:
    (tmp_path / "parents.yaml").write_text(
        "name: parents\ntables:\n"
        "  customers: {rows: 5, fields: {customer: {kind: id, prefix: c}}}\n"
        "  products: {rows: 4, fields: {product: {kind: id, prefix: p}}}\n"
    )
    api.make(tmp_path / "parents.yaml", out=tmp_path / "outputs" / "parents")
    (tmp_path / "orders.yaml").write_text(
        "name: orders\ntables:\n  orders:\n    rows: 60\n    fields:\n"
        "      buyer: {kind: load, dataset: outputs/parents/customers, pick: random, hidden: true}\n"
        "      item: {kind: load, dataset: outputs/parents/products, pick: random, hidden: true}\n"
        '      pair: {kind: template, template: "{{ buyer.customer }} {{ item.product }}"}\n'
    )
    made = api.make(tmp_path / "orders.yaml", out=tmp_path / "outputs" / "orders")
    pairs = {row["pair"] for row in api.look(made.folder, rows=60).rows}
    assert {pair.partition(" ")[0] for pair in pairs} == {f"c-{number:06}" for number in range(5)}
    assert len(pairs) > 5
