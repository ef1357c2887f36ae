"""Records that rows are made from. Of a long file they are kept in a temporary one: in memory they would need ten times as much room as in
the file that they came from."""

from __future__ import annotations

import pickle
import tempfile
import weakref
from array import array
from collections.abc import Iterable, Sequence
from typing import Any, overload

from synthgen.errors import DataError
from synthgen.text.opened import LARGEST, size_text

Record = dict[str, Any]
IN_MEMORY = 10_000_000
"""Bytes of records, as they are written, that are kept in memory."""


class StoredRecords(Sequence[Record]):
    """The records, each read when it is asked for. Raises DataError when there is no room for them."""

    def __init__(self, records: Iterable[Record], where: str, in_memory: int = IN_MEMORY) -> None:
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 (open as long as this lives, and gone with it)
        weakref.finalize(self, self._file.close)
        self._first: list[Record] = []
        self._starts = array("Q")
        size = 0
        try:
            for record in records:
                written = pickle.dumps(record, 5)  # what was just read, for a file that nobody else can open
                size += len(written)
                if size <= in_memory:
                    self._first.append(record)
                    continue
                if size > LARGEST:
                    raise DataError(f"{where}: its records are more than {size_text(LARGEST)}", "take a part of it")
                self._starts.append(self._file.tell())
                self._file.write(written)
        except RecursionError:
            raise DataError(f"{where}, record {len(self) + 1}: it is nested too deeply") from None
        except OSError as error:
            raise DataError(f"{where}: its records cannot be kept in {tempfile.gettempdir()}: {error.strerror}", "make room") from None

    def __len__(self) -> int:
        return len(self._first) + len(self._starts)

    @overload
    def __getitem__(self, place: int) -> Record: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[Record]: ...
    def __getitem__(self, place: int | slice) -> Any:
        if isinstance(place, slice):
            return [self[number] for number in range(*place.indices(len(self)))]
        number = place + len(self) if place < 0 else place
        if number < len(self._first):
            return self._first[number]
        self._file.seek(self._starts[number - len(self._first)])
        return pickle.load(self._file)  # noqa: S301 (see above)
