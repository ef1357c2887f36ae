"""The one reader of a finished output: whole, as it was when it was opened, whatever a run does beside it. It writes nothing.

An output may be replaced while it is read. So all its files are opened first, and then it is asked whether the manifest is still the
same: opened files stay readable when another output takes their place.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from synthgen.dataset.columns import PROVENANCE, decode_json_columns
from synthgen.dataset.fetched import local_copy
from synthgen.dataset.manifest import AGAIN, read_manifest
from synthgen.dataset.names import JOURNAL, LOGS, MANIFEST, PROGRESS
from synthgen.dataset.nearby import meant_output
from synthgen.dataset.place import PAUSE, TRIES, Output
from synthgen.dataset.small import content_of
from synthgen.errors import OutputError, did_you_mean
from synthgen.memory import lacks_memory
from synthgen.recipe.recorded import RecordedRecipe
from synthgen.spec.remedies import FORBIDDEN, remedy
from synthgen.spec.rows import SIDE_TABLES
from synthgen.text.originals import Originals

if TYPE_CHECKING:
    import pyarrow
    from pyarrow import parquet


class Amendments(Protocol):
    """What changes rows while they are read: what reviewers decided (see `decisions.amended`)."""

    def concerns(self, table: str) -> bool:
        """Whether rows of a table are other than they were made."""

    def schema(self, table: str, schema: pyarrow.Schema) -> pyarrow.Schema:
        """The columns of a table that has these as it was made."""

    def batches(self, table: str, schema: pyarrow.Schema, batches: Iterator[pyarrow.RecordBatch]) -> Iterator[pyarrow.RecordBatch]:
        """The rows of a table, from those that were made, which have the columns that say which rows they are."""


@dataclass(frozen=True)
class Dataset:
    """A finished output: its `folder`, its manifest, its texts (card and recipe), its shards, opened, and the file with the digests
    of the logs that it is like (None: there is none). Of an unfinished one the shards are chunks, in a folder of it (`root`); `hint` is the
    way out where one of them cannot be read. `amended` says how rows are other than they were made (None: they are as they were)."""

    folder: Path
    manifest: dict[str, Any] = field(repr=False)
    texts: dict[str, bytes] = field(repr=False)
    shards: dict[str, Any] = field(repr=False)
    logs: Path | None = field(default=None, repr=False)
    root: str = field(default="", repr=False)
    hint: str = field(default=AGAIN, repr=False)
    amended: Amendments | None = field(default=None, repr=False)

    @classmethod
    def open(cls, folder: str | Path) -> Dataset:
        """The output in a folder, or at an address. Raises OutputError where there is none, or it was not made by synthgen."""
        folder = local_copy(folder)
        output = Output(Path(folder))
        for _ in range(TRIES):
            output_folder = output.whole
            content = content_of(output_folder / MANIFEST)
            if content is None and content_of(output.whole / MANIFEST) is None:
                break
            if content is not None:
                dataset = cls._opened(Path(folder), output_folder, _manifest(output_folder, content, folder))
                if content_of(output.whole / MANIFEST) == content:
                    return dataset
            time.sleep(PAUSE)
        else:
            raise OutputError(f"{folder} is replaced again and again", "wait until the runs that make it are done")
        if (output.whole / JOURNAL).exists():
            _manifest(output.whole, None, folder)
        not_made = meant_output(folder) or "make it first: synthgen make RECIPE"
        hint = "it is unfinished: run make again to go on" if output.unfinished.exists() else not_made
        so_far = "; synthgen look shows what is done so far" if (output.unfinished / PROGRESS).exists() else ""
        raise OutputError(f"there is no output at {folder}", hint + so_far)

    @classmethod
    def unpublished(cls, folder: Path, manifest: dict[str, Any]) -> Dataset:
        """The output whose files are all written to a folder, but for the manifest."""
        return cls._opened(folder, folder, {"aside": {}, **manifest})

    @classmethod
    def _opened(cls, folder: Path, output_folder: Path, manifest: dict[str, Any]) -> Dataset:
        import pyarrow

        texts, shards = dict[str, bytes](), dict[str, pyarrow.MemoryMappedFile]()
        for path in manifest["files"]:
            file = output_folder / path
            if not file.resolve().is_relative_to(output_folder.resolve()):
                raise OutputError(f"the manifest of {folder} names '{path}', which is not in it")
            try:
                if file.suffix == ".parquet":
                    shards[path] = pyarrow.memory_map(str(file), "r")
                else:
                    texts[path] = file.read_bytes()
            except OSError as error:
                if lacks_memory(error):
                    raise
                continue  # an error where it is read
        return cls(folder, manifest, texts, shards, output_folder / LOGS if (output_folder / LOGS).exists() else None)

    @cached_property
    def recipe(self) -> RecordedRecipe:
        """The recipe that was run."""
        return RecordedRecipe(self.manifest["recipe"])

    @cached_property
    def originals(self) -> Originals | None:
        """The messages of the logs that it is like, as digests; None where there are none, or they are not known. Raises DataError."""
        return None if self.logs is None else Originals.load(self.logs)

    @property
    def tables(self) -> list[str]:
        """The tables, in the order of work."""
        return list(self.manifest["tables"])

    @property
    def aside(self) -> list[str]:
        """The configurations of rows that were refused or set aside."""
        return list(self.manifest["aside"])

    def named(self, table: str | None = None, *, aside: bool = True) -> str:
        """A table's name, by default the first; with `aside` also of rows that were set aside. Raises OutputError for one that is not
        there."""
        names = [*self.tables, *(self.aside if aside else ())]
        if table is not None and table not in names:
            if table in SIDE_TABLES:
                raise OutputError(f"{self.folder}: no row is in '{table}'", f"{SIDE_TABLES[table]}; there are {', '.join(names)}")
            raise OutputError(f"{self.folder} has no table '{table}'", did_you_mean(table, names, "tables"))
        return table or names[0]

    def paths(self, table: str) -> list[str]:
        """The paths of a table's shards, in order."""
        return sorted(path for path in self.manifest["files"] if path.startswith(f"{table}/") and path.endswith(".parquet"))

    def shard(self, path: str) -> Any:
        """An opened shard, for pyarrow to read. Raises OutputError when it is not there."""
        if path not in self.shards:
            raise self._unopened(self.folder / self.root / path)
        return self.shards[path]

    def _unopened(self, file: Path) -> OutputError:
        """Why a file of the output could not be opened."""
        try:
            file.open("rb").close()
        except FileNotFoundError:
            return OutputError(f"{file} is missing", self.hint)
        except OSError as error:
            if error.errno in FORBIDDEN:
                return OutputError(f"{file} cannot be read: {error.strerror}", remedy(error.errno, "it"))
        return OutputError(f"{file} is damaged: it cannot be read", self.hint)

    def schema(self, table: str) -> pyarrow.Schema:
        """The columns of a table. Raises OutputError."""
        stored_schema = self._stored_schema(table)
        return stored_schema if self.amended is None else self.amended.schema(table, stored_schema)

    def _stored_schema(self, table: str) -> pyarrow.Schema:
        from pyarrow import parquet

        first = next(iter(self.paths(table)), None)
        if first is None:
            raise OutputError(f"{self.folder} has no rows of '{table}'", "it was left out when the output was sent to the Hub")
        with self._read_errors(first):
            return parquet.read_schema(self.shard(first))

    def has(self, table: str, columns: Sequence[str]) -> None:
        """Raise OutputError when a table does not have these columns."""
        names = self.schema(table).names
        for name in (name for name in columns if name.partition(".")[0] not in names):
            raise OutputError(f"table '{table}' has no field '{name}'", did_you_mean(name, names, "fields"))

    def rows(self, table: str, columns: Sequence[str] | None = None) -> Iterator[dict[str, Any]]:
        """The rows of a table in order, with these columns only, if they are given; JSON columns as what they hold. Raises OutputError."""
        for batch in self.batches(table, columns):
            yield from self.opened(batch)

    def opened(self, batch: pyarrow.RecordBatch) -> list[dict[str, Any]]:
        """The rows of a batch, JSON columns as what they hold."""
        return decode_json_columns(batch.to_pylist(), batch.schema)

    def batches(self, table: str, columns: Sequence[str] | None = None) -> Iterator[pyarrow.RecordBatch]:
        """The same, a thousand rows at a time, as Arrow has them: JSON columns as text. Raises OutputError."""
        self.has(table, columns or ())
        if self.amended is None or not self.amended.concerns(table):
            yield from self._stored(table, columns)
            return
        place = (f"{PROVENANCE}.row",) if table in self.tables else ("table", "row")
        read = None if columns is None else [*columns, *(name for name in place if name not in columns)]
        for batch in self.amended.batches(table, self._stored_schema(table), self._stored(table, read)):
            roots = None if columns is None else {name.partition(".")[0] for name in columns}
            yield batch if roots is None else batch.select([name for name in batch.schema.names if name in roots])

    def _stored(self, table: str, columns: Sequence[str] | None) -> Iterator[pyarrow.RecordBatch]:
        for path in self.paths(table):
            with self.stored(path) as stored:
                yield from stored.iter_batches(batch_size=1000, columns=None if columns is None else list(columns), use_threads=False)

    def count(self, table: str) -> int:
        """How many rows a table has, as its shards say. Raises OutputError."""
        total = 0
        for path in self.paths(table):
            with self.stored(path) as stored:
                total += stored.metadata.num_rows
        return total

    @contextmanager
    def stored(self, path: str) -> Iterator[parquet.ParquetFile]:
        """A shard, opened as Parquet. Raises OutputError where it is missing or cannot be read."""
        from pyarrow import parquet

        with self._read_errors(path), parquet.ParquetFile(self.shard(path)) as stored:
            yield stored

    @contextmanager
    def _read_errors(self, path: str) -> Iterator[None]:
        """Raise OutputError where a shard cannot be read."""
        import pyarrow

        try:
            yield
        except (pyarrow.ArrowException, OSError, ValueError) as error:
            if lacks_memory(error):
                raise
            raise OutputError(f"{self.folder / self.root / path} is damaged: it cannot be read", self.hint) from None


def _manifest(output_folder: Path, content: bytes | None, folder: str | Path) -> dict[str, Any]:
    manifest = read_manifest(output_folder, content, folder)
    if "tables" not in manifest:
        raise OutputError(f"{folder} is a model, not a dataset")
    return {"aside": {}, **manifest}
