"""Parquet files that appear whole or not at all, and the shards of a configuration, which do not depend on how its rows came."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from synthgen.spec.digests import sha256_of
from synthgen.spec.replacing import sync

if TYPE_CHECKING:
    import datasets
    import pyarrow

SHARD_ROWS = 100_000
GROUP_ROWS = 10_000


def write_shards(folder: Path, name: str, files: Sequence[Path], shape: datasets.Features) -> list[dict[str, Any]]:
    """Write the chunks' rows as the shards of a configuration, in features of this shape, and name them: path, rows, bytes, sha256."""
    import pyarrow
    from pyarrow import parquet

    shutil.rmtree(folder / name, ignore_errors=True)
    (folder / name).mkdir()
    schema = shape.arrow_schema
    total = sum(parquet.read_metadata(file).num_rows for file in files)
    count = max(1, -(-total // SHARD_ROWS))

    def groups() -> Iterator[pyarrow.Table]:
        """Tables of exactly GROUP_ROWS rows, so that the shards do not depend on how the rows came in chunks."""
        waiting: list[pyarrow.Table] = []
        for file in files:
            with parquet.ParquetFile(file) as stored:
                for batch in stored.iter_batches(batch_size=GROUP_ROWS, columns=schema.names, use_threads=False):
                    waiting.append(pyarrow.Table.from_batches([batch]).cast(schema))
                    while sum(part.num_rows for part in waiting) >= GROUP_ROWS:
                        merged = pyarrow.concat_tables(waiting)
                        yield merged.slice(0, GROUP_ROWS).combine_chunks()
                        waiting = [merged.slice(GROUP_ROWS)]
        remainder = pyarrow.concat_tables(waiting) if waiting else schema.empty_table()
        if remainder.num_rows or not total:
            yield remainder.combine_chunks()

    shards, source = [], groups()
    for number in range(count):
        path = f"{name}/{number:05d}.parquet"
        rows = write_parquet(folder / path, _some(source, SHARD_ROWS // GROUP_ROWS))
        shards.append({"path": path, "rows": rows, "bytes": (folder / path).stat().st_size, "sha256": sha256_of(folder / path)})
    return shards


def _some(tables: Iterator[pyarrow.Table], count: int) -> Iterator[pyarrow.Table]:
    for _ in range(count):
        try:
            yield next(tables)
        except StopIteration:
            return


def write_parquet(path: Path, tables: Sequence[pyarrow.Table] | Iterator[pyarrow.Table]) -> int:
    """Write tables to a file that appears whole or not at all; returns how many rows."""
    from pyarrow import parquet

    temporary, writer, rows = path.with_name(path.name + ".part"), None, 0
    try:
        for table in tables:
            writer = writer or parquet.ParquetWriter(
                temporary, table.schema, compression="zstd", use_content_defined_chunking=True, write_page_index=True
            )
            writer.write_table(table, row_group_size=GROUP_ROWS)
            rows += table.num_rows
    finally:
        if writer:
            writer.close()
    sync(temporary)
    os.replace(temporary, path)
    return rows
