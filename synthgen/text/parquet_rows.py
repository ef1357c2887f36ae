"""The rows of a Parquet file, a few at a time.

A file of some hundred bytes can stand for gigabytes: a text is in it once, however many rows have it. So texts are read as they are
shared, and only as many rows are written out at a time as memory can take.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from synthgen.errors import DataError
from synthgen.memory import lacks_memory
from synthgen.text.opened import GROWTH, LARGEST, MOST, PACKED, SMALL, packed_too_large, plain_file, read_all, too_many

if TYPE_CHECKING:
    import pyarrow
    from pyarrow import parquet

ROWS = 1024


def read_rows(path: Path) -> Iterator[dict[str, Any]]:
    """The rows, in order; bytes that are text as text. Raises DataError."""
    before = 0
    for table in read_tables(path):
        yield from _listed(_with_text(table), path, before)
        before += table.num_rows


def _listed(table: pyarrow.Table, path: Path, before: int) -> list[dict[str, Any]]:
    """The rows of a table that follows `before` others."""
    try:
        return table.to_pylist()  # type: ignore[no-any-return]
    except UnicodeDecodeError:
        for number in range(table.num_rows):
            for name in table.column_names:
                try:
                    table.column(name)[number].as_py()
                except UnicodeDecodeError:
                    raise DataError(f"{path}, record {before + number + 1}: its '{name}' is not UTF-8 text", "write it as UTF-8") from None
        raise


def _with_text(table: pyarrow.Table) -> pyarrow.Table:
    import pyarrow

    for place, column in enumerate(table.schema):
        if column.type in (pyarrow.binary(), pyarrow.large_binary()):
            with suppress(pyarrow.ArrowInvalid):  # not UTF-8: told where it is read as text
                table = table.set_column(place, column.name, table.column(place).cast(pyarrow.large_string()))
    return table


def read_tables(path: Path) -> Iterator[pyarrow.Table]:
    """The rows in small tables, in order. Raises DataError."""
    import pyarrow

    packed = path.suffix.lower() in PACKED
    with io.BytesIO(read_all(path)) if packed else plain_file(path) as file:
        try:
            yield from _tables(file, path, path.stat().st_size)
        except (pyarrow.ArrowException, OSError) as error:
            if lacks_memory(error):
                raise
            raise DataError(f"{path}: cannot be read as Parquet: {error}") from None


def _tables(file: BinaryIO, path: Path, size: int) -> Iterator[pyarrow.Table]:
    import pyarrow
    from pyarrow import parquet

    with parquet.ParquetFile(file) as stored:
        texts = _check(stored, path)
        schema = stored.schema_arrow
        if duplicate := next((name for name in schema.names if schema.names.count(name) > 1), None):
            raise DataError(f"{path}: two columns are named '{duplicate}'", "give one of them another name")
        most, written_out = min(LARGEST, max(SMALL, GROWTH * size)), 0
    with parquet.ParquetFile(file, read_dictionary=texts) as stored:
        for batch in stored.iter_batches(ROWS, use_threads=False):
            shared = pyarrow.Table.from_batches([batch])
            step = min(ROWS, max(1, SMALL // max(1, shared.nbytes)))
            for start in range(0, shared.num_rows, step):
                few = shared.slice(start, step).cast(schema)
                written_out += few.nbytes
                if written_out > most:
                    raise packed_too_large(path, "take a part of it")
                yield few


def _check(stored: parquet.ParquetFile, path: Path) -> list[str]:
    """The columns of texts, in a file whose parts are of a likely size. Raises DataError."""
    metadata = stored.metadata
    if metadata.num_rows > MOST:
        raise too_many(path)
    parts = [metadata.row_group(group).column(column) for group in range(metadata.num_row_groups) for column in range(metadata.num_columns)]
    if any(part.total_uncompressed_size > max(SMALL, GROWTH * part.total_compressed_size) for part in parts):
        raise packed_too_large(path, "take a part of it")
    columns = [stored.schema.column(number) for number in range(len(stored.schema))]
    return [column.path for column in columns if column.physical_type == "BYTE_ARRAY"]
