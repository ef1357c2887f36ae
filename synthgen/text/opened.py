"""The one door to what is in a file: plain files only, and never more of one than memory can take.

A recipe, and what it names, may come from a stranger: a pipe that nobody writes to, a device that never ends, a little `.gz` of zeros
without end, a file of one line. Text comes in pieces, so that a long file is never in memory as a whole.
"""

from __future__ import annotations

import gzip
import io
import os
import shlex
import stat
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from synthgen.errors import DataError, did_you_mean

LARGEST = 2_000_000_000
"""Bytes of a file, unpacked."""
LONGEST = 32_000_000
"""Characters of a line, or of an object in a list: a request with more is not taken by the API."""
GROWTH, SMALL = 100, 20_000_000
"""What is packed may have so many times its size when it is unpacked; however small it is, so many bytes."""
MOST = 10_000_000
"""Records, or messages, of a file."""
PIECE = 1 << 20
KINDS = {
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a named pipe",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
    stat.S_IFSOCK: "a socket",
}
DAMAGED = (gzip.BadGzipFile, EOFError, zlib.error)


@contextmanager
def plain_file(path: Path, most: int = LARGEST) -> Iterator[BinaryIO]:
    """A plain file of at most so many bytes, opened as it is. Raises DataError, also in place of the OSErrors of reading it."""
    try:
        _check(path, path.stat(), most)
        flags = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0)  # so that even a pipe does not wait
        with os.fdopen(os.open(path, flags), "rb") as file:
            _check(path, os.fstat(file.fileno()), most)
            yield file
    except FileNotFoundError:
        near = [entry.name for entry in path.parent.iterdir()] if path.parent.is_dir() else []
        raise DataError(f"{path}: no such file", did_you_mean(path.name, near, "files there")) from None
    except OSError as error:
        raise DataError(f"{path}: {error.strerror or error}") from None


def _check(path: Path, status: os.stat_result, most: int) -> None:
    if not stat.S_ISREG(status.st_mode):
        kind = KINDS.get(stat.S_IFMT(status.st_mode), "something else")
        raise DataError(f"{path} is {kind}, not a file", "" if kind == "a folder" else "only plain files are read: save its content to one")
    if status.st_size > most:
        raise _too_large(path, most, f"it has {size_text(status.st_size)}")


@contextmanager
def read_bounded(path: Path, most: int = LARGEST) -> Iterator[BinaryIO]:
    """What is in a plain file, unpacked if it is a .gz or .zst: at most so many bytes. Raises DataError."""
    unpack = PACKED.get(path.suffix.lower())
    with plain_file(path, most) as file:
        try:
            growth = max(SMALL, GROWTH * os.fstat(file.fileno()).st_size) if unpack else most
            if unpack is _gzip and _announced(file) > growth:  # seen before hours are spent on what is in it
                Bounded(_gzip(file), path, most, growth).read_to_end()
                file.seek(0)
            yield io.BufferedReader(Bounded(unpack(file) if unpack else file, path, most, growth), PIECE)
        except (*DAMAGED, OSError) as error:
            if unpack is None:
                raise
            hint = f"unpack it by itself: zstd -d --long=31 {shlex.quote(path.name)}" if unpack is _zstd else ""
            raise DataError(f"{path}: cannot be unpacked: {error}", hint) from None


def _gzip(file: BinaryIO) -> Any:
    return gzip.GzipFile(fileobj=file)


def _zstd(file: BinaryIO) -> Any:
    import pyarrow

    return Readable(pyarrow.CompressedInputStream(file, "zstd"))


PACKED = {".gz": _gzip, ".zst": _zstd}


class Readable:
    """A stream of pyarrow's, read into a buffer as those of the standard library are."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def readinto(self, buffer: Any) -> int:
        """Fill the buffer as far as there is something."""
        chunk = self._stream.read(len(buffer))
        buffer[: len(chunk)] = chunk
        return len(chunk)


def _announced(file: BinaryIO) -> int:
    """How much a .gz says that it unpacks to (RFC 1952, ISIZE)."""
    if file.seek(0, os.SEEK_END) < 4:
        file.seek(0)
        return 0
    file.seek(-4, os.SEEK_END)
    size = int.from_bytes(file.read(4), "little")
    file.seek(0)
    return size


class Bounded(io.RawIOBase):
    """A stream that ends with a DataError once more than `most` bytes were read of it, or more than its packed size lets expect."""

    def __init__(self, source: Any, path: Path, most: int, growth: int) -> None:
        self._source, self._path, self._most, self._growth, self._read = source, path, most, growth, 0

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Read on. Raises DataError when that is too much."""
        count: int = self._source.readinto(buffer)
        self._read += count
        if self._read > self._most:
            raise _too_large(self._path, self._most)
        if self._read > self._growth:
            raise packed_too_large(self._path)
        return count

    def read_to_end(self) -> None:
        """Read all of it. Raises DataError when that is too much."""
        piece = bytearray(PIECE)
        while self.readinto(piece):
            pass


def packed_too_large(path: Path, way_out: str = "unpack it and name what comes out") -> DataError:
    """The error that a packed file holds far more than is likely."""
    return DataError(f"{path}: it unpacks to more than {GROWTH} times its size", f"if it is meant to be so large, {way_out}")


def too_many(path: Path) -> DataError:
    """The error that a file has more records than can be worked on."""
    return DataError(f"{path}: there are more than {MOST:,} records in it", "take a part of it")


def _too_large(path: Path, most: int, reason: str = "there is more in it") -> DataError:
    return DataError(f"{path}: {reason}; at most {size_text(most)} are read", "take a part of it")


def size_text(size: int) -> str:
    """A number of bytes as people say it."""
    return f"{size / 1e9:,.3g} GB" if size >= 1e9 else f"{size / 1e6:,.3g} MB" if size >= 1e5 else f"{size:,} bytes"


def read_all(path: Path, most: int = LARGEST) -> bytes:
    """All that is in a file, unpacked if it is a .gz or .zst. Raises DataError."""
    with read_bounded(path, most) as stream:
        return stream.read()
