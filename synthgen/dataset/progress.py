"""What a run has finished, a line for each chunk, so that the next run goes on from there. Each line is sealed with a digest: one that was
cut off or damaged counts for nothing, and neither does a chunk that is not as its line says."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from synthgen.dataset.names import PROGRESS
from synthgen.dataset.small import content_of, object_in
from synthgen.spec.digests import digest_of
from synthgen.spec.replacing import replacing

SEAL = "seal"


class Progress:
    """The lines of an unfinished folder."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / PROGRESS
        content = self.path.read_bytes() if self.path.exists() else b""
        self.records = _records(content)
        if content != _sealed(self.records):
            self._rewrite()

    def _rewrite(self) -> None:
        """Write all lines; a disk that is full leaves those that were there."""
        with replacing(self.path) as unfinished:
            unfinished.write_bytes(_sealed(self.records))

    def add(self, record: dict[str, Any]) -> None:
        """One more finished chunk, or table."""
        self.records.append(record)
        with self.path.open("ab") as file:
            file.write(_sealed([record]))
            file.flush()
            os.fsync(file.fileno())

    def of(self, table: str, fingerprint: str) -> list[dict[str, Any]]:
        """The records of a table, if they are of this very plan."""
        records = [record for record in self.records if record["table"] == table]
        return records if all(record["fingerprint"] == fingerprint for record in records) else []

    def cut(self, table: str, kept: Sequence[dict[str, Any]]) -> None:
        """Forget all records of a table but those that are `kept`."""
        if len(kept) < sum(record["table"] == table for record in self.records):
            self.records = [*(record for record in self.records if record["table"] != table), *kept]
            self._rewrite()


def recorded(folder: Path) -> list[dict[str, Any]]:
    """The records of an unfinished folder, for who only reads them."""
    return _records(content_of(folder / PROGRESS) or b"")


def _records(content: bytes) -> list[dict[str, Any]]:
    return [record for line in content.splitlines() if (record := _opened(line)) is not None]


def _sealed(records: Sequence[dict[str, Any]]) -> bytes:
    return "".join(json.dumps({**record, SEAL: digest_of(record)}) + "\n" for record in records).encode()


def _opened(line: bytes) -> dict[str, Any] | None:
    """The record in a line; None when the line is not as it was written."""
    record = object_in(line)
    return record if record.pop(SEAL, None) == digest_of(record) else None
