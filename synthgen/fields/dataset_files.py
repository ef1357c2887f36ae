"""What `datasets` is given to read: plain files that are no archives, whose lines and sizes are no surprise, and cards that can be read."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import re
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from synthgen.errors import DataError
from synthgen.fields import arrow_files
from synthgen.text import decoding, opened, parquet_rows
from synthgen.text.opened import GROWTH, LONGEST, PIECE, SMALL, Bounded, Readable

ARCHIVES = (b"Rar!\x1a\x07", b"7z\xbc\xaf\x27\x1c")
HEAD, BLOCK = 4_000_000, 512
"""Bytes by which an archive is known, and of a header in a tar."""
CARD = 2_000_000
"""Bytes of a card, and of any other file that says what is in a dataset."""
MOST_VALUES = 50_000
"""Values in a card when its aliases are written out."""
DEEPEST = 200
"""Brackets that something is in: of far more, the reader of JSON dies without a word."""
STRING = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"', re.DOTALL)


def check_plain(file: Path, most: int | None = None) -> None:
    """Raise DataError when that is no plain file, or larger than `most`."""
    with opened.plain_file(file, most or max(opened.LARGEST, file.stat().st_size)):
        pass


def is_archive(file: Path) -> bool:
    """Whether a file is one whose members may be links, or have names that lead elsewhere. Raises DataError when it is no plain file, or
    only looks like one."""
    with opened.plain_file(file, max(opened.LARGEST, file.stat().st_size)) as stream:
        start = stream.read(HEAD)
        if len(start) >= BLOCK and not start.strip(b"\0"):  # an archive of nothing, which takes very long to find out
            raise DataError(f"{file}: it begins with {len(start):,} zeros", "leave it out")
        return start.startswith(ARCHIVES) or tarfile.is_tarfile(io.BytesIO(start)) or zipfile.is_zipfile(stream)


def check_growth(file: Path, kind: str) -> None:
    """Raise DataError when a data file of a format would fill the memory, or the disk, with far more than its size lets expect."""
    if kind == "parquet":
        for _ in parquet_rows.read_tables(file):
            pass
        return
    size = file.stat().st_size
    with opened.plain_file(file, max(opened.LARGEST, size)) as raw:
        if kind == "arrow":
            arrow_files.check(raw, file)
            return
        unpack = _packing(raw)
        most = max(SMALL, GROWTH * size)
        try:
            stream = io.BufferedReader(Bounded(unpack(raw), file, 1 << 62, most), PIECE) if unpack else raw
            _check_text(stream, file, kind)
        except (gzip.BadGzipFile, EOFError, zlib.error, lzma.LZMAError) as error:
            raise DataError(f"{file}: cannot be unpacked: {error}") from None


def _check_text(stream: Any, file: Path, kind: str) -> None:
    number, run, depth = 1, 0, _Depth()
    while piece := stream.read(PIECE):
        number += piece.count(b"\n")
        run = len(piece) - piece.rfind(b"\n") - 1 if b"\n" in piece else run + len(piece)
        if run > LONGEST:
            raise DataError(f"{file}:{number}: a line of more than {LONGEST:,} bytes", "a record has a line of its own")
        if kind == "json" and depth.after(piece) > DEEPEST:
            raise DataError(f"{file}:{number}: nested more than {DEEPEST} deep", "make its records flatter")


class _Depth:
    """How deep brackets are nested in a JSON text that comes in pieces."""

    def __init__(self) -> None:
        self._rest, self._now = b"", 0

    def after(self, piece: bytes) -> int:
        """The deepest place in one more piece."""
        import numpy

        bare = STRING.sub(b"", self._rest + piece)
        complete, quote, unclosed = bare.partition(b'"')  # a string that goes on in the next piece
        self._rest = quote + unclosed
        letters = numpy.frombuffer(complete, dtype=numpy.uint8)
        steps = numpy.isin(letters, (91, 123)).astype(numpy.int32) - numpy.isin(letters, (93, 125))
        depths = self._now + numpy.cumsum(steps)
        self._now = int(depths[-1]) if len(depths) else self._now
        return int(depths.max(initial=0))


def _packing(raw: BinaryIO) -> Callable[[BinaryIO], Any] | None:
    """How a file is unpacked, which `datasets` tells by its first bytes."""
    start = raw.read(6)
    raw.seek(0)
    return next((unpack for sign, unpack in PACKINGS.items() if start.startswith(sign)), None)


@contextmanager
def unpacked(file: Path) -> Iterator[BinaryIO]:
    """What is in a file that may be packed, whatever its name."""
    with opened.plain_file(file, max(opened.LARGEST, file.stat().st_size)) as raw:
        unpack = _packing(raw)
        yield unpack(raw) if unpack else raw


def _by_arrow(name: str) -> Callable[[BinaryIO], Any]:
    def unpack(raw: BinaryIO) -> Any:
        import pyarrow

        return Readable(pyarrow.CompressedInputStream(raw, name))

    return unpack


PACKINGS: dict[bytes, Callable[[BinaryIO], Any]] = {
    b"\x1f\x8b": lambda raw: gzip.GzipFile(fileobj=raw),
    b"BZh": bz2.BZ2File,
    b"\xfd7zXZ\x00": lzma.LZMAFile,
    b"\x28\xb5\x2f\xfd": _by_arrow("zstd"),
    b"\x04\x22\x4d\x18": _by_arrow("lz4"),
}


def card(file: Path) -> Any:
    """What a card says, in its front matter or as a whole. Raises DataError."""
    import yaml  # type: ignore[import-untyped]
    from huggingface_hub.repocard import REGEX_YAML_BLOCK

    text = decoding.read_text(file, CARD)
    if file.suffix == ".md":
        block = REGEX_YAML_BLOCK.search(text)
        text = block.group(2) if block else ""
    node = yaml.compose(text, yaml.SafeLoader)
    if node is None:
        return None
    if sum(1 for _, _ in zip(range(MOST_VALUES + 1), _written_out(node), strict=False)) > MOST_VALUES:
        raise DataError(
            f"{file}: it says more than {MOST_VALUES:,} things, its aliases (*name) written out", "leave out what is not needed"
        )
    return yaml.safe_load(text)


def _written_out(node: Any) -> Iterator[Any]:
    """A node and all that is in it, as often as it is there."""
    waiting = [node]
    while waiting:
        current = waiting.pop()
        yield current
        if current.id != "scalar":
            waiting += [child for item in current.value for child in (item if isinstance(item, tuple) else (item,))]
