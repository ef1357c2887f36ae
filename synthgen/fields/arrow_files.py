"""Whether what is in an Arrow file is as large as the file. Its parts may be compressed, and then some bytes can stand for gigabytes, which
are there at once; nothing in pyarrow tells before. So the one word that says it is read here (Message.fbs and File.fbs of Apache Arrow,
in the layout of FlatBuffers)."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from synthgen.errors import DataError

MAGIC = b"ARROW1"
DICTIONARY, RECORDS = 2, 3
"""The types of messages that hold values."""


def check(file: BinaryIO, path: Path) -> None:
    """Raise DataError when a part of the file is compressed, or when it is no Arrow file."""
    import pyarrow

    try:
        for message in _messages(file):
            if _is_compressed(message.metadata.to_pybytes()):
                raise DataError(
                    f"{path}: it is compressed, and can be far larger than it looks", "save it with save_to_disk, or as Parquet"
                )
    except (pyarrow.ArrowException, OSError, EOFError, struct.error, IndexError, ValueError) as error:
        raise DataError(f"{path}: cannot be read as Arrow: {error}") from None


def _messages(file: BinaryIO) -> Iterator[Any]:
    """The messages of a stream, one after the other, or those that the end of a file names."""
    from pyarrow import ipc

    if file.read(len(MAGIC)) == MAGIC:
        for place in _places(file):
            file.seek(place)
            yield ipc.read_message(file)
        return
    file.seek(0)
    reader = ipc.MessageReader.open_stream(file)
    while True:
        try:
            yield reader.read_next_message()
        except StopIteration:
            return


def _places(file: BinaryIO) -> Iterator[int]:
    """Where the messages of a file begin."""
    file.seek(-10, 2)
    size = int.from_bytes(file.read(4), "little")
    file.seek(-10 - size, 2)
    footer = file.read(size)
    root = _unsigned(footer, 0)
    for slot in (2, 3):  # dictionaries, recordBatches
        at = _field(footer, root, slot)
        if at is not None:
            vector = at + _unsigned(footer, at)
            for number in range(_unsigned(footer, vector)):
                yield struct.unpack_from("<q", footer, vector + 4 + 24 * number)[0]


def _is_compressed(message: bytes) -> bool:
    root = _unsigned(message, 0)
    kind, header = _field(message, root, 1), _field(message, root, 2)
    if kind is None or header is None or message[kind] not in (DICTIONARY, RECORDS):
        return False
    table = header + _unsigned(message, header)
    if message[kind] == DICTIONARY:
        inner = _field(message, table, 1)
        if inner is None:
            return False
        table = inner + _unsigned(message, inner)
    return _field(message, table, 3) is not None


def _field(buffer: bytes, table: int, slot: int) -> int | None:
    """Where a field of a table is, if it is there."""
    names = table - struct.unpack_from("<i", buffer, table)[0]
    place = 4 + 2 * slot
    offset = struct.unpack_from("<H", buffer, names + place)[0] if place < struct.unpack_from("<H", buffer, names)[0] else 0
    return table + offset if offset else None


def _unsigned(buffer: bytes, place: int) -> int:
    return int(struct.unpack_from("<I", buffer, place)[0])
