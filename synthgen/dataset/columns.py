"""Rows as typed columns: which Arrow type each kind of column has, and how values are put into it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from synthgen.errors import DataError
from synthgen.spec.rows import Row, storable, to_text
from synthgen.text.message import texts_of

if TYPE_CHECKING:
    import datasets
    import pyarrow

PROVENANCE = "provenance"


def features(columns: Mapping[str, str], asked_fields: Sequence[str], has_parent: bool) -> datasets.Features:
    """The features of a table: its columns, and the provenance of each row."""
    from datasets import Features, Json, List, Value

    column_types = {}
    for name, kind in columns.items():
        column_types[name] = Json() if kind == "json" else List(Value("string")) if kind == "list" else Value(kind)
    origin: dict[str, Any] = {"row": Value("int64"), "try": Value("int32")}
    if has_parent:
        origin["parent"] = Value("int64")
    answer = {"model": Value("string"), "prompt": Value("string"), "try": Value("int32"), "seeds": List(Value("string"))}
    if asked_fields:
        origin["asked"] = dict.fromkeys(asked_fields, answer)
    return Features({**column_types, PROVENANCE: origin})


def refused_features() -> datasets.Features:
    """The features of the `refused` configuration."""
    from datasets import Features, Json, Value

    text, number = Value("string"), Value("int64")
    return Features({"table": text, "row": number, "try": number, "check": text, "field": text, "reason": text, "values": Json()})


def rows_table(rows: Sequence[Row], columns: Mapping[str, str], schema: pyarrow.Schema) -> pyarrow.Table:
    """Rows as an Arrow table. Raises DataError when a value does not fit its column."""
    import pyarrow

    arrays = [_array([row.values.get(name) for row in rows], kind, schema.field(name).type, name) for name, kind in columns.items()]
    return pyarrow.Table.from_arrays([*arrays, _origins(rows, schema.field(PROVENANCE).type)], schema=schema)


def _origins(rows: Sequence[Row], kind: pyarrow.StructType) -> pyarrow.Array:
    """How the rows came about."""
    import pyarrow

    def values(part: pyarrow.Field) -> list[Any]:
        if part.name == "asked":
            names = [field.name for field in part.type]
            return [{name: row.origin.get(name) for name in names} for row in rows]
        return [getattr(row, {"row": "index", "try": "attempt"}.get(part.name, part.name)) for row in rows]

    parts = [kind.field(place) for place in range(kind.num_fields)]
    return pyarrow.StructArray.from_arrays([pyarrow.array(values(part), part.type) for part in parts], fields=parts)


def refused_table(records: Sequence[Mapping[str, Any]], schema: pyarrow.Schema) -> pyarrow.Table:
    """Refused rows as an Arrow table."""
    import pyarrow

    arrays = [
        _array(
            [record[name] for record in records],
            "json" if name == "values" else "string" if field.type == pyarrow.string() else "int64",
            field.type,
            name,
        )
        for name, field in zip(schema.names, schema, strict=True)
    ]
    return pyarrow.Table.from_arrays(arrays, schema=schema)


def decode_json_columns(rows: list[dict[str, Any]], schema: pyarrow.Schema) -> list[dict[str, Any]]:
    """Rows of a table of that schema, with what their JSON columns hold in place of its text."""
    packed = [column.name for column in schema if "json" in str(column.type)]
    for row in rows:
        row |= {name: json.loads(row[name]) for name in packed if isinstance(row.get(name), str)}
    return rows


def _array(values: list[Any], kind: str, target: pyarrow.DataType, name: str) -> pyarrow.Array:
    import pyarrow

    if kind == "json":
        plain = partial(_plain, name)
        texts = [None if value is None else storable(json.dumps(value, ensure_ascii=False, default=plain)) for value in values]
        return pyarrow.ExtensionArray.from_storage(target, pyarrow.array(texts, target.storage_type))
    if kind == "string":
        values = [value if type(value) is str or value is None else to_text(value) for value in values]
    try:
        return pyarrow.array(values, target)
    except UnicodeEncodeError:
        return pyarrow.array([None if value is None else storable(value) for value in values], target)
    except OverflowError:
        raise DataError(f"field '{name}' is a column of {kind}, but one of its values has more than 64 bits") from None
    except (pyarrow.ArrowInvalid, pyarrow.ArrowTypeError) as error:
        raise DataError(f"field '{name}' is a column of {kind}, but one of its values is not: {error}") from None


def _plain(name: str, value: Any) -> str:
    """A value that JSON has no form for, as text."""
    if isinstance(value, bytes):
        return texts_of(value, f"field '{name}'")[0]
    return str(value)
