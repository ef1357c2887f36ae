"""Reading rows of an output, some of them, as they are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from synthgen import files, pages
from synthgen.errors import DataError, OutputError, did_you_mean
from synthgen.output import MANIFEST, Output
from synthgen.output.columns import opened
from synthgen.rows import held, written


class Looked(NamedTuple):
    """What `look` found: the table's name, some of its rows, and how many fit in all."""

    table: str
    rows: list[dict[str, Any]]
    fitting: int

    def _repr_html_(self) -> str:
        return pages.page(pages.paragraph(f"{self.table}: {len(self.rows):,} of {self.fitting:,} rows"), pages.records(self.rows))


def look(folder: str | Path, table: str | None = None, *, where: Sequence[str] = (), rows: int = 10, skip: int = 0) -> Looked:
    """Rows of an output: the table's name, some of its rows that fit all of `where` (FIELD=VALUE), and how many fit in all.

    `table` is a name in the output, or one of rows set aside (refused, unsure, review); by default the first. Raises OutputError when there is no such output.
    """
    name, _, shards = _table(folder, table)
    tests = [_test(text) for text in where]
    found: list[dict[str, Any]] = []
    fitting = 0
    for row in _rows(name, shards, [key.split(".")[0] for key, _ in tests], None):
        if all(_is(row, key, value) for key, value in tests):
            fitting += 1
            if skip < fitting <= skip + rows:
                found.append(row)
    return Looked(name, found, fitting)


def read(folder: str | Path, table: str | None = None, fields: Sequence[str] | None = None) -> Iterator[dict[str, Any]]:
    """The rows of an output's table (by default the first), with those `fields` only, if they are given. Raises OutputError."""
    name, _, shards = _table(folder, table)
    return _rows(name, shards, fields or [], list(fields) if fields is not None else None)


def messages(place: str | Path, table: str | None = None, field: str | None = None) -> list[str]:
    """The messages in an output folder, or in a file as `files.messages` reads it.

    Of an output those of `field` in `table`; by default the first table's first typed field. Raises OutputError, DataError.
    """
    if not Path(place).is_dir():
        return files.messages(Path(place), field or "")
    name, manifest, shards = _table(place, table)
    fields = manifest["recipe"]["tables"].get(name, {}).get("fields", {})
    typed = [each for each, shape in fields.items() if shape.get("kind") == "typed" and not shape.get("hidden")]
    if field is None and not typed:
        raise OutputError(f"table '{name}' has no typed field", "name the one to read with --field")
    wanted = field or typed[0]
    return [str(row[wanted]) for row in _rows(name, shards, [wanted], [wanted]) if row[wanted] is not None]


def _table(folder: str | Path, table: str | None) -> tuple[str, dict[str, Any], list[Path]]:
    """The name of an output's table (by default the first), the output's manifest, and the table's files."""
    output = Output(Path(folder))
    manifest = output.manifest() if (output.final / MANIFEST).exists() else None
    if manifest is None:
        hint = "it is unfinished: run make again to go on" if output.unfinished.exists() else "make it first: synthgen make RECIPE"
        raise OutputError(f"there is no output at {folder}", hint)
    if "tables" not in manifest:
        raise OutputError(f"{folder} is a model, not a dataset")
    names = [*manifest["tables"], *manifest["aside"]]
    name = table or names[0]
    if name not in names:
        raise OutputError(f"{folder} has no table '{name}'", did_you_mean(name, names, "tables"))
    return name, manifest, sorted((output.final / name).glob("*.parquet"))


def _rows(name: str, shards: Sequence[Path], needed: Sequence[str], columns: list[str] | None) -> Iterator[dict[str, Any]]:
    from pyarrow import parquet

    for file in shards:
        with parquet.ParquetFile(file) as stored:
            for key in needed:
                if key not in stored.schema_arrow.names:
                    raise OutputError(f"table '{name}' has no field '{key}'", did_you_mean(key, stored.schema_arrow.names, "fields"))
            for batch in stored.iter_batches(batch_size=1000, columns=columns):
                yield from opened(batch.to_pylist(), stored.schema_arrow)


def _test(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not equals:
        raise DataError(
            f"--where {text}: expected FIELD=VALUE", "such as --where intent='lost card', or --where message=~refund for a part of it"
        )
    return key.strip(), value.strip()


def _is(row: Mapping[str, Any], key: str, value: str) -> bool:
    found = held(row, key)
    shown = "None" if found is None else written(found)
    return value[1:].casefold() in shown.casefold() if value.startswith("~") else shown == value
