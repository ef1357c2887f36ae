"""The unfinished folder: finished chunks (hidden fields too) and a line of progress for each, so that the next run goes on from there.

A chunk that is not as it was written is made again, with those that follow: answers are in the journal, and the rest follows from the seed.
When all tables are done the chunks are written again as the dataset's shards, whose content does not depend on the size of the chunks.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from synthgen.dataset import columns
from synthgen.dataset.names import CHUNKS
from synthgen.dataset.progress import Progress
from synthgen.dataset.shards import write_parquet, write_shards
from synthgen.engine import Chunk, Refused, TableState
from synthgen.recipe import TablePlan
from synthgen.spec.digests import digest_of, sha256_of
from synthgen.spec.rows import SIDE_TABLES, Row

if TYPE_CHECKING:
    import pyarrow


UNWRITTEN = 3
"""Chunks that may wait to be written."""


class ChunkPacker:
    """Makes the rows of a chunk, and what was refused, into Arrow tables: the rows under "", the others under where they go."""

    def __init__(self, plan: TablePlan) -> None:
        self.table, self.columns, self.kept = plan.name, dict(plan.columns), dict(plan.kept)
        self.schema = columns.features(plan.kept, list(plan.asked), plan.table.from_ is not None).arrow_schema
        self.refused_schema = columns.refused_features().arrow_schema

    def __call__(self, rows: Sequence[Row], refused: Sequence[Refused]) -> dict[str, pyarrow.Table]:
        """The tables that have rows, and that of the rows. Raises DataError when a value does not fit its column."""
        records: dict[str, list[dict[str, Any]]] = {}
        for refusal in refused:
            records.setdefault(refusal.to, []).append(
                {
                    "table": self.table,
                    "row": refusal.row,
                    "try": refusal.attempt,
                    "check": refusal.by,
                    "field": refusal.field,
                    "reason": refusal.reason,
                    "values": {key: value for key, value in refusal.values.items() if key in self.columns},
                }
            )
        aside = {to: columns.refused_table(records[to], self.refused_schema) for to in SIDE_TABLES if to in records}
        return aside | {"": columns.rows_table(rows, self.kept, self.schema)}


class TableStore:
    """The chunks of one table in the unfinished folder, of `size` candidates each (None: as is usual, where nothing depends on it);
    `damaged` is how many of them were not as they were written."""

    def __init__(self, folder: Path, progress: Progress, plan: TablePlan, fingerprint: str, size: int | None = None) -> None:
        self.folder, self.progress, self.plan, self.fingerprint, self.size = folder, progress, plan, fingerprint, size
        self.shape = columns.features(plan.columns, list(plan.asked), plan.table.from_ is not None)
        self.pack = ChunkPacker(plan)
        self._chunks.mkdir(parents=True, exist_ok=True)
        for name in SIDE_TABLES:
            (folder / CHUNKS / name).mkdir(exist_ok=True)
        recorded = progress.of(plan.name, fingerprint)
        self.records = self._intact(recorded)
        self.damaged = len(recorded) - len(self.records)
        progress.cut(plan.name, self.records)

    def _intact(self, records: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        """The records up to the first that is missing, or whose files are not as they were written."""
        intact = list[dict[str, Any]]()
        for number, record in enumerate(records):
            files = record.get("files", {})
            if "done" not in record and self._name(number) not in files:
                break
            if any(_content(self.folder / path) != digest for path, digest in files.items()):
                break
            intact.append(record)
        return intact

    @property
    def _chunks(self) -> Path:
        return self.folder / CHUNKS / self.plan.name

    def _name(self, number: int, to: str = "") -> str:
        """The path of a chunk, or of its rows that went to another configuration."""
        return f"{CHUNKS}/{to}/{self.plan.name}-{number:05d}.parquet" if to else f"{CHUNKS}/{self.plan.name}/{number:05d}.parquet"

    @property
    def done(self) -> bool:
        """Whether the table has all its rows."""
        return bool(self.records) and bool(self.records[-1].get("done"))

    @property
    def state(self) -> TableState:
        """How far it is."""
        if not self.records:
            return TableState()
        state = self.records[-1]["state"]
        return TableState(**{**state, "refused": dict(state["refused"]), "aside": dict(state["aside"])})

    @property
    def count(self) -> int:
        """How many chunks are finished."""
        return sum("files" in record for record in self.records)

    @property
    def content(self) -> str:
        """What stands for all its rows."""
        return digest_of([record.get("files") for record in self.records])

    @contextmanager
    def writing(self, kept: Callable[[int], None], *, beside: bool) -> Iterator[Callable[[Chunk], None]]:
        """Keeps chunks, in their order, and tells `kept` how many rows the table has on the disk, in the thread that brings them. `beside`
        has them written while others are made; an error of that is raised with one of the next, or at the end, and nothing is written
        after it."""
        if not beside:

            def add_now(chunk: Chunk) -> None:
                self.add(chunk)
                kept(chunk.state.rows)

            yield add_now
            return
        unwritten = deque[tuple[Future[None], int]]()

        def wait() -> None:
            future, rows = unwritten.popleft()
            future.result()
            kept(rows)

        with ThreadPoolExecutor(1) as writer:

            def add(chunk: Chunk) -> None:
                before = unwritten[-1][0] if unwritten else None
                unwritten.append((writer.submit(self._add_after, before, chunk), chunk.state.rows))
                while len(unwritten) > UNWRITTEN:
                    wait()

            try:
                yield add
            finally:
                while unwritten:
                    wait()

    def _add_after(self, before: Future[None] | None, chunk: Chunk) -> None:
        """Keep a chunk, if the one before it could be kept."""
        if before:
            before.result()
        self.add(chunk)

    def add(self, chunk: Chunk) -> None:
        """Keep a chunk: what was refused, then the rows, then the line that says so."""
        tables = self.pack(chunk.rows, chunk.refused) if chunk.packed is None else chunk.packed
        files = dict[str, str]()
        for to, table in tables.items():
            path = self._name(chunk.number, to)
            write_parquet(self.folder / path, [table])
            files[path] = sha256_of(self.folder / path)
        self._record({"files": files, "rows": tables[""].num_rows}, chunk.state)

    def finish(self, state: TableState) -> None:
        """Say that the table is done."""
        self._record({"done": True}, state)

    def _record(self, what: dict[str, Any], state: TableState) -> None:
        record = {"table": self.plan.name, "fingerprint": self.fingerprint, **what, "state": asdict(state)}
        self.records.append(record)
        self.progress.add(record)

    def rows(self, only: Sequence[str] | None = None) -> Iterator[dict[str, Any]]:
        """The finished rows in order, hidden fields too."""
        from pyarrow import parquet

        column_names = list(self.plan.kept) if only is None else list(only)
        for number in range(self.count):
            with parquet.ParquetFile(self.folder / self._name(number)) as file:
                for batch in file.iter_batches(batch_size=1000, columns=column_names, use_threads=False):
                    yield from columns.decode_json_columns(batch.to_pylist(), file.schema_arrow)

    @cached_property
    def shards(self) -> list[dict[str, Any]]:
        """The shards of the table, which is done, as they ship: they are written, and named: path, rows, bytes, sha256."""
        return write_shards(self.folder, self.plan.name, [self.folder / self._name(n) for n in range(self.count)], self.shape)

    def aside(self, to: str) -> list[Path]:
        """The files of rows that went to that configuration in place of the table."""
        named = [self._name(number, to) for number in range(self.count)]
        return [self.folder / name for record, name in zip(self.records, named, strict=False) if name in record["files"]]


def aside_shards(folder: Path, stores: Sequence[TableStore]) -> dict[str, list[dict[str, Any]]]:
    """Write the shards of the rows of all tables that were set aside, and name them, for each configuration that has some."""
    files_by_table = {to: [file for store in stores for file in store.aside(to)] for to in SIDE_TABLES}
    return {to: write_shards(folder, to, files, columns.refused_features()) for to, files in files_by_table.items() if files}


def _content(file: Path) -> str | None:
    """What stands for a file's content; None where there is none to be read."""
    try:
        return sha256_of(file)
    except OSError:
        return None
