"""The unfinished folder: finished chunks (hidden fields too) and a line of progress for each, so that the next run goes on from there.

When all tables are done the chunks are written again as the dataset's shards, whose content does not depend on the size of the chunks.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from synthgen.dataset import columns
from synthgen.dataset.shards import write_parquet, write_shards
from synthgen.engine import Chunk, State
from synthgen.recipe import TablePlan
from synthgen.spec.rows import SIDE_TABLES


class Progress:
    """What a run has finished, a line for each chunk, so that the next run goes on from there."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "progress.jsonl"
        self.records: list[dict[str, Any]] = []
        if self.path.exists():
            for line in self.path.read_bytes().splitlines():
                try:
                    self.records.append(json.loads(line))
                except ValueError:
                    break  # the line that the kill cut off
            self._write("w", self.records)

    def _write(self, mode: str, records: Sequence[dict[str, Any]]) -> None:
        with self.path.open(mode, encoding="utf-8") as file:
            file.writelines(json.dumps(record) + "\n" for record in records)
            file.flush()
            os.fsync(file.fileno())

    def add(self, record: dict[str, Any]) -> None:
        """One more finished chunk, or table."""
        self.records.append(record)
        self._write("a", [record])

    def of(self, table: str, fingerprint: str) -> list[dict[str, Any]]:
        """The records of a table, if they are of this very plan."""
        found = [record for record in self.records if record["table"] == table]
        return found if all(record["fingerprint"] == fingerprint for record in found) else []

    def drop(self, table: str) -> None:
        """Forget a table."""
        self.records = [record for record in self.records if record["table"] != table]
        self._write("w", self.records)


class TableStore:
    """The chunks of one table in the unfinished folder."""

    def __init__(self, folder: Path, progress: Progress, plan: TablePlan, fingerprint: str) -> None:
        self.folder, self.progress, self.plan, self.fingerprint = folder, progress, plan, fingerprint
        has_parent = plan.table.from_ is not None
        self.shape = columns.features(plan.columns, list(plan.asked), has_parent)
        self.kept_shape = columns.features(plan.kept, list(plan.asked), has_parent)
        self.refused_shape = columns.refused_features()
        self._chunks.mkdir(parents=True, exist_ok=True)
        for name in SIDE_TABLES:
            (folder / "chunks" / name).mkdir(exist_ok=True)
        self.records = progress.of(plan.name, fingerprint)
        if not all((folder / record["file"]).exists() for record in self.records if "file" in record):
            self.records = []
        if not self.records:
            progress.drop(plan.name)

    @property
    def _chunks(self) -> Path:
        return self.folder / "chunks" / self.plan.name

    @property
    def done(self) -> bool:
        """Whether the table has all its rows."""
        return bool(self.records) and bool(self.records[-1].get("done"))

    @property
    def state(self) -> State:
        """How far it is."""
        if not self.records:
            return State()
        state = self.records[-1]["state"]
        return State(**{**state, "refused": dict(state["refused"]), "aside": dict(state["aside"])})

    @property
    def count(self) -> int:
        """How many chunks are finished."""
        return sum("file" in record for record in self.records)

    def add(self, chunk: Chunk) -> None:
        """Keep a chunk: what was refused, then the rows, then the line that says so."""
        name = f"{chunk.number:05d}.parquet"
        for to in SIDE_TABLES:
            file = self.folder / "chunks" / to / f"{self.plan.name}-{name}"
            file.unlink(missing_ok=True)
            records = [
                {
                    "table": self.plan.name,
                    "row": one.row,
                    "try": one.attempt,
                    "check": one.by,
                    "field": one.field,
                    "reason": one.reason,
                    "values": {key: value for key, value in one.values.items() if key in self.plan.columns},
                }
                for one in chunk.refused
                if one.to == to
            ]
            if records:
                write_parquet(file, [columns.refused_table(records, self.refused_shape)])
        write_parquet(self._chunks / name, [columns.rows_table(chunk.rows, self.plan.kept, self.kept_shape)])
        self._record({"file": f"chunks/{self.plan.name}/{name}", "rows": len(chunk.rows)}, chunk.state)

    def finish(self, state: State) -> None:
        """Say that the table is done."""
        self._record({"done": True}, state)

    def _record(self, what: dict[str, Any], state: State) -> None:
        record = {"table": self.plan.name, "fingerprint": self.fingerprint, **what, "state": asdict(state)}
        self.records.append(record)
        self.progress.add(record)

    def rows(self, only: Sequence[str] | None = None) -> Iterator[dict[str, Any]]:
        """The finished rows in order, hidden fields too."""
        from pyarrow import parquet

        wanted = list(self.plan.kept) if only is None else list(only)
        for number in range(self.count):
            with parquet.ParquetFile(self._chunks / f"{number:05d}.parquet") as file:
                for batch in file.iter_batches(batch_size=1000, columns=wanted):
                    yield from columns.opened(batch.to_pylist(), file.schema_arrow)

    def shards(self) -> list[dict[str, Any]]:
        """Write the table's shards, as they ship, and name them: path, rows, bytes, sha256."""
        return write_shards(self.folder, self.plan.name, [self._chunks / f"{n:05d}.parquet" for n in range(self.count)], self.shape)

    def aside(self, to: str) -> list[Path]:
        """The files of rows that went to that configuration in place of the table."""
        named = [self.folder / "chunks" / to / f"{self.plan.name}-{n:05d}.parquet" for n in range(self.count)]
        return [file for file in named if file.exists()]


def aside_shards(folder: Path, stores: Sequence[TableStore]) -> dict[str, list[dict[str, Any]]]:
    """Write the shards of the rows of all tables that were set aside, and name them, for each configuration that has some."""
    found = {to: [file for store in stores for file in store.aside(to)] for to in SIDE_TABLES}
    return {to: write_shards(folder, to, files, columns.refused_features()) for to, files in found.items() if files}
