"""`kind: load`: rows that exist already, from a file, a dataset on disk, or the Hub."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from random import Random
from typing import Any, Literal

from pydantic import Field

from synthgen import files
from synthgen.errors import DataError, LimitError, did_you_mean
from synthgen.fields.shape import Made
from synthgen.parts import Fault, misread
from synthgen.rows import Row, Value


class Load(Made):
    """A record of a `file` (JSONL, JSON, CSV, TSV, Parquet) or a `dataset` (a folder or Hub id): templates
    read its parts, `{{ ticket.subject }}`. With `field`, only that part of it."""

    kind: Literal["load"] = "load"
    file: str | None = None
    dataset: str | None = Field(None, description="a folder that save_to_disk wrote, or the id of a dataset on the Hub")
    config: str | None = None
    split: str = "train"
    revision: str | None = None
    field: str | None = Field(None, description="one field of the record in place of the whole")
    pick: Literal["order", "random"] = Field("order", description="row 0 gets record 0, and so on; or drawn with repetition")

    def faults(self) -> Iterator[Fault]:
        """No source or two, a path that leaves the folder, a file that cannot be read."""
        if self.file is None and self.dataset is None:
            yield Fault((), "a load field reads either a 'file' or a 'dataset', and here is neither", "such as file: tickets.jsonl")
            return
        if self.file is not None and self.dataset is not None:
            yield Fault(("dataset",), "a load field reads either a 'file' or a 'dataset', not both", "take one out", at_key=True)
            return
        try:
            records = self._records if self.file else [{}]
            if not len(records):
                yield Fault(("file",), f"'{self.file}' holds no records")
            elif self.field and self.file and self.field not in records[0]:
                yield Fault(("field",), f"its records have no field '{self.field}'", did_you_mean(self.field, records[0], "fields"))
        except (DataError, ValueError) as error:
            yield misread(("file",), error, self._scene)

    def files(self) -> list[Path]:
        """The file, if it is one."""
        return [self._scene.path(self.file)] if self.file else []

    @cached_property
    def _records(self) -> Sequence[dict[str, Any]]:
        if self.file:
            return list(files.records(self._scene.path(self.file)))
        return self._dataset()

    def _dataset(self) -> Sequence[dict[str, Any]]:
        import datasets

        folder = self._scene.folder / str(self.dataset)
        try:
            if folder.is_dir():
                folder = self._scene.path(str(self.dataset))
                if (folder / "state.json").exists() or (folder / "dataset_dict.json").exists():
                    found = datasets.load_from_disk(str(folder))
                    return found[self.split] if isinstance(found, datasets.DatasetDict) else found  # type: ignore[no-any-return]
            source = str(folder) if folder.is_dir() else str(self.dataset)
            return datasets.load_dataset(source, self.config, split=self.split, revision=self.revision)  # type: ignore[no-any-return]
        except Exception as error:  # the loader has dozens of error classes; each means that there are no rows
            raise DataError(
                f"dataset '{self.dataset}' cannot be loaded: {type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}",
                "check its name, config, split and your login (hf auth login), or download it and name the folder",
            ) from None

    def make(self, row: Row, stream: Random) -> Value:
        """The record, or one field of it."""
        records = self._records
        index = row.index if self.pick == "order" else stream.randrange(len(records))
        if index >= len(records):
            raise LimitError(
                f"{row.table}: '{self.file or self.dataset}' has only {len(records)} records to give in order",
                "ask for fewer rows, or draw from it with pick: random",
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
