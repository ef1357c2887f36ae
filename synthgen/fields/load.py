"""`kind: load`: rows that exist already, from a file, a dataset on disk, or the Hub."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from random import Random
from typing import Any, Literal

from pydantic import Field

from synthgen.errors import DataError, LimitError, did_you_mean
from synthgen.fields.column_types import column_of, declared, misfit
from synthgen.fields.load_dataset import Named, Opened, newest_commit, opened
from synthgen.fields.shape import Count, PythonField
from synthgen.spec.parts import PartMistake, unreadable_file
from synthgen.spec.paths import find_path, paths_in
from synthgen.spec.rows import Row, Value
from synthgen.text import files
from synthgen.text.dialogues import ReadSummary, Turns
from synthgen.text.kept import StoredRecords
from synthgen.text.message import texts_of
from synthgen.text.sources import source_files


class Load(PythonField):
    """A record of a `file` (JSONL, JSON, CSV, TSV, Parquet) or a `dataset` (a folder or Hub id). Templates
    read its parts, `{{ ticket.subject }}`. With `field`, only that part of it."""

    kind: Literal["load"] = "load"
    file: str | None = Field(None, json_schema_extra={"description": "a file of records: JSONL, JSON, CSV, TSV or Parquet"})
    dataset: str | None = Field(None, description="a folder of data files or that save_to_disk wrote, or the id of a dataset on the Hub")
    config: str | None = Field(None, json_schema_extra={"description": "the configuration of the dataset"})
    split: str = Field("train", json_schema_extra={"description": "the split of the dataset"})
    revision: str | None = Field(None, json_schema_extra={"description": "a branch, tag or commit of the dataset on the Hub"})
    field: str | None = Field(None, description="one field of the record in place of the whole, or a part of one, such as user.name")
    turns: Turns | None = Field(
        None,
        exclude_if=lambda turns: turns is None,
        description="a record for each message that a user typed: text, intent (where the format gives one) and conversation; of "
        "conversations the first, all, or those that are new, as requests repeat the ones before",
    )
    pick: Literal["order", "random"] = Field("order", description="row 0 gets record 0, and so on; or drawn with repetition")

    def mistakes(self) -> Iterator[PartMistake]:
        """No source or two, a path that leaves the folder, a file that cannot be read, a dataset that names files elsewhere."""
        if self.file is None and self.dataset is None:
            yield PartMistake((), "a load field reads either a 'file' or a 'dataset', and here is neither", "such as file: tickets.jsonl")
            return
        if self.file is not None and self.dataset is not None:
            yield PartMistake(("dataset",), "a load field reads either a 'file' or a 'dataset', not both", "take one out", at_key=True)
            return
        if self.turns and self.file is None:
            yield PartMistake(("turns",), "turns are read of a 'file', and here is a 'dataset'", "take it out", at_key=True)
            return
        try:
            if self.dataset is not None:
                self.files()
                return
            yield from self._record_mistakes()
        except (DataError, ValueError) as error:
            yield unreadable_file(("file" if self.dataset is None else "dataset",), error, self._context)

    def _record_mistakes(self) -> Iterator[PartMistake]:
        """No records, some without the field, or with a number that no column holds."""
        records = self._records
        if not len(records):
            yield PartMistake(("file",), f"'{self.file}' holds no records")
            return
        if self.field:
            missing = [number for number, record in enumerate(records, 1) if not _has(record, self.field)]
            if len(missing) == len(records):
                yield PartMistake(
                    ("field",), f"its records have no field '{self.field}'", did_you_mean(self.field, paths_in(records[0]), "fields")
                )
                return
            if missing:
                which = f"record {missing[0]} has" if len(missing) == 1 else f"record {missing[0]} and {len(missing) - 1:,} more have"
                yield PartMistake(("field",), f"{which} no field '{self.field}'", NULL)
        for number, record in enumerate(records if not self.hidden else (), 1):
            value = record if not self.field else find_path(record, self.field) if _has(record, self.field) else None
            if not isinstance(value, int) and (reason := misfit(value)):  # a number by itself becomes text, of any length
                yield PartMistake(("file",), f"record {number} holds {reason}", "write it as text")
                return

    def files(self) -> list[Path]:
        """The file, or those of a dataset on this machine."""
        if self.dataset is not None:
            return self._opened.files
        return source_files(self._context.path(self.file)) if self.file else []

    def notes(self) -> Iterator[str]:
        """That its rows may change, where it is a dataset on the Hub without a revision. Raises DataError."""
        if self.dataset is not None and self.revision in (None, "main") and not self.files():
            yield (
                f"'{self.dataset}' on the Hub may change between two runs, which then make other rows, and a run that was cut off goes on "
                "with them; revision: COMMIT keeps it as it is"
            )

    def commit(self, *, newest: bool = False) -> str | None:
        """That of its dataset."""
        if self.dataset is None or self.files():
            return None
        return newest_commit(self._opened.named) if newest else self._records.commit  # type: ignore[attr-defined]

    @cached_property
    def _opened(self) -> Opened:
        return opened(Named(self.dataset or "", self.config, self.split, self.revision, self._context))

    @cached_property
    def _records(self) -> Sequence[dict[str, Any]]:
        if self.file is None:
            return self._opened.rows(self.field)
        path = self._context.path(self.file)
        return StoredRecords(files.turn_records(path, self.turns, self._summary) if self.turns else files.records(path), self.file)

    @cached_property
    def _summary(self) -> ReadSummary:
        return ReadSummary()

    def readings(self) -> Iterator[str]:
        """What was read of its file, where it was read for messages."""
        if self.file is not None and self.turns:
            self._records  # noqa: B018 (it is read, to see what is in it)
            yield f"{self.file}: {self._summary}"

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
        if not self.field:
            return record
        where = f"'{self.file or self.dataset}', record {index + 1}"
        try:
            value = find_path(record, self.field)
        except KeyError:
            raise DataError(f"{where}: no field '{self.field}'", NULL) from None
        return texts_of(value, f"{where}: '{self.field}'")[0] if isinstance(value, bytes) else value

    def distinct(self, of: Count) -> int | None:
        """The records of a file, or what their field says; a dataset may be far away."""
        if self.file is None:
            return None
        if self.field is None:
            return len(self._records)
        values = [record.get(self.field) for record in self._records]
        return None if None in values else len(set(map(repr, values)))

    def known_values(self) -> list[tuple[Value, bool]] | None:
        """What the field of a file's records says, if that is not much, and its fallback."""
        if self.file is None or self.field is None:
            return None
        values = dict[str, Value]()
        for value in self._values():
            values.setdefault(repr(value), value)
            if len(values) > MOST_KNOWN:
                return None
        return [(value, True) for value in [*values.values(), *([self.fallback] if self.when is not None else [])]]

    def column(self) -> str:
        """The type of the field that holds all its values as they are; a whole record is JSON."""
        return self._column if self.field else "json"

    @cached_property
    def _column(self) -> str:
        features = self._records.features if self.dataset is not None else {}  # type: ignore[attr-defined]
        return declared(features, str(self.field)) or column_of(self._values())

    def _values(self) -> Iterator[Value]:
        """The values of all records that have the field; without one the records."""
        if not self.field:
            return iter(self._records)
        return (find_path(record, self.field) for record in self._records if _has(record, self.field))


NULL = "write null where there is nothing"
MOST_KNOWN = 1000
"""Different values of a field, at most, that others which depend on it are compared with before a run."""


def _has(record: Mapping[str, Any], path: str) -> bool:
    try:
        find_path(record, path)
    except KeyError:
        return False
    return True
