"""`kind: load`: rows that exist already, from a file, a dataset on disk, or the Hub."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from random import Random
from typing import Any, Literal

from pydantic import Field

from synthgen.errors import DataError, LimitError, did_you_mean
from synthgen.fields.load_dataset import Named, Opened, opened
from synthgen.fields.shape import Made
from synthgen.spec.parts import Fault, misread
from synthgen.spec.rows import Row, Value
from synthgen.text import files


class Load(Made):
    """A record of a `file` (JSONL, JSON, CSV, TSV, Parquet) or a `dataset` (a folder or Hub id). Templates
    read its parts, `{{ ticket.subject }}`. With `field`, only that part of it."""

    kind: Literal["load"] = "load"
    file: str | None = None
    dataset: str | None = Field(None, description="a folder of data files or that save_to_disk wrote, or the id of a dataset on the Hub")
    config: str | None = None
    split: str = "train"
    revision: str | None = None
    field: str | None = Field(None, description="one field of the record in place of the whole")
    pick: Literal["order", "random"] = Field("order", description="row 0 gets record 0, and so on; or drawn with repetition")

    def faults(self) -> Iterator[Fault]:
        """No source or two, a path that leaves the folder, a file that cannot be read, a dataset that names files elsewhere."""
        if self.file is None and self.dataset is None:
            yield Fault((), "a load field reads either a 'file' or a 'dataset', and here is neither", "such as file: tickets.jsonl")
            return
        if self.file is not None and self.dataset is not None:
            yield Fault(("dataset",), "a load field reads either a 'file' or a 'dataset', not both", "take one out", at_key=True)
            return
        try:
            if self.dataset is not None:
                self.files()
                return
            records = self._records
            if not len(records):
                yield Fault(("file",), f"'{self.file}' holds no records")
            elif self.field and self.field not in records[0]:
                yield Fault(("field",), f"its records have no field '{self.field}'", did_you_mean(self.field, records[0], "fields"))
        except (DataError, ValueError) as error:
            yield misread(("file" if self.dataset is None else "dataset",), error, self._context)

    def files(self) -> list[Path]:
        """The file, or those of a dataset on this machine."""
        if self.dataset is not None:
            return self._opened.files
        return [self._context.path(self.file)] if self.file else []

    @cached_property
    def _opened(self) -> Opened:
        return opened(Named(self.dataset or "", self.config, self.split, self.revision, self._context))

    @cached_property
    def _records(self) -> Sequence[dict[str, Any]]:
        if self.file is None:
            return self._opened.rows(self.field)
        return list(files.records(self._context.path(self.file)))

    def supply(self) -> int | None:
        """As many values as there are records, if they are given in order."""
        return len(self._records) if self.pick == "order" else None

    def make(self, row: Row, stream: Random) -> Value:
        """The record, or one field of it."""
        records = self._records
        index = row.index if self.pick == "order" else stream.randrange(len(records))
        if index >= len(records):
            raise LimitError(
                f"{row.table}: '{self.file or self.dataset}' has only {len(records)} records to give in order",
                "ask for fewer rows (rows: all asks for as many as there are), or draw from it with pick: random",
            )
        record = records[index]
        if self.field and self.field not in record:
            raise DataError(f"'{self.file or self.dataset}', record {index + 1}: no field '{self.field}'")
        return record[self.field] if self.field else record

    def column(self) -> str:
        """The type of the field, judged by the first records; a whole record is JSON."""
        if not self.field:
            return "json"
        found = {type(record.get(self.field)) for record, _ in zip(self._records, range(1000), strict=False)} - {type(None)}
        kinds = {str: "string", bool: "bool", int: "int64", float: "float64"}
        if found == {int, float}:
            return "float64"
        return kinds.get(found.pop(), "json") if len(found) == 1 else "json"
