"""The bytes of a file as text: UTF-8, or UTF-16 and UTF-32 where the file itself says so.

No other encoding is guessed: read in the wrong one, a file turns into another text without a word. For a file that is not text, the error
says what it is and how to convert it."""

from __future__ import annotations

import codecs
import io
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

from synthgen.errors import DataError
from synthgen.text.opened import LARGEST, LONGEST, PIECE, read_all, read_bounded

MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
SHEET = "save its sheet as 'CSV UTF-8' and name that file"
KINDS = (
    (b"PK\x03\x04", "an Excel workbook or a zip archive", f"of a workbook, {SHEET}; unpack an archive and name the file in it"),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook or Word document", SHEET),
    (b"\x1f\x8b", "packed with gzip", "its name should end in .gz: mv {name} {name}.gz"),
    (b"\x28\xb5\x2f\xfd", "packed with zstd", "its name should end in .zst: mv {name} {name}.zst"),
    (b"BZh91AY&SY", "packed with bzip2", "unpack it: bunzip2 {name}"),
    (b"\xfd7zXZ", "packed with xz", "unpack it: unxz {name}"),
    (b"\x04\x22\x4d\x18", "packed with lz4", "unpack it: lz4 -d {name}"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive", "unpack it and name the file in it"),
    (b"Rar!\x1a\x07", "a rar archive", "unpack it and name the file in it"),
    (b"PAR1\x15", "a Parquet file", "its name should end in .parquet: mv {name} {stem}.parquet"),
    (b"ARROW1\0", "an Arrow file", "write it as Parquet: pandas.read_feather('{name}').to_parquet('{stem}.parquet')"),
    (b"SQLite format 3\0", "a SQLite database", "write its table as CSV: sqlite3 -header -csv {name} 'select * from TABLE' > {stem}.csv"),
    (b"%PDF-", "a PDF", "copy its text into a file"),
    (b"Obj\x01", "an Avro file", "write it as JSONL or Parquet"),
    (b"\x89PNG", "a picture", ""),
    (b"\xff\xd8\xff", "a picture", ""),
)
"""What files that are not text begin with, what they are, and what to do."""
START = 512
"""Bytes of a file that tell."""
EXAMINED = 100_000_000
"""Bytes of a file that are looked through for what is wrong with it."""
NO_TEXT = "save it as text, such as CSV UTF-8 or JSONL"


def decoded(raw: bytes, path: Path) -> str:
    """The text of a file's content, without a byte order mark and with plain line ends. Raises DataError with the line."""
    refuse_binary(raw[:START], path)
    try:
        text = raw.decode(_encoding(raw))
    except UnicodeDecodeError as error:
        raise _undecodable(raw, error, path) from None
    if "\0" in text:
        raise _zeros(path, text[: text.index("\0")].count("\n") + 1)
    return text.replace("\r\n", "\n").replace("\r", "\n")


def pieces(path: Path, most: int = LARGEST) -> Iterator[str]:
    """The text in a file as `decoded` gives it, piece by piece. Raises DataError."""
    with read_bounded(path, most) as stream:
        raw, line = stream.read(PIECE), 1
        refuse_binary(raw[:START], path)
        decoder = io.IncrementalNewlineDecoder(codecs.getincrementaldecoder(_encoding(raw))(), translate=True)
        while True:
            try:
                text = decoder.decode(raw, final=not raw)
            except UnicodeDecodeError as error:
                line += error.object[: error.start].count(b"\n")
                raise _broken(path, DataError(f"{path}:{line}: not UTF-8 text", NO_TEXT)) from None
            if "\0" in text:
                raise _broken(path, _zeros(path, line + text[: text.index("\0")].count("\n")))
            yield text
            if not raw:
                return
            raw, line = stream.read(PIECE), line + text.count("\n")


def _broken(path: Path, fallback: DataError) -> DataError:
    """The error that there is something else than text in a file: what the whole of it shows, if it is not too large, or else what is
    known."""
    if path.stat().st_size > EXAMINED:
        return fallback
    try:
        decoded(read_all(path, 2 * EXAMINED), path)
    except DataError as error:
        return error if "at most" not in error.message else fallback
    return fallback


def _zeros(path: Path, line: int) -> DataError:
    hint = f"of a file that was cut off, leave them out: {_piped(path, 'tr -d ' + shlex.quote(chr(92) + '000'), '<')}"
    return DataError(f"{path}:{line}: zero bytes, which no text has: a binary file, or one that was cut off", hint)


def read_text(path: Path, most: int = LARGEST) -> str:
    """The text in a file, without a byte order mark and with plain line ends. Raises DataError."""
    return "".join(pieces(path, most))


def split_lines(path: Path) -> Iterator[str]:
    """The lines of a text, without their ends. Raises DataError."""
    partial_line, number = "", 1
    for piece in pieces(path):
        *complete_lines, partial_line = (partial_line + piece).split("\n")
        yield from complete_lines
        number += len(complete_lines)
        if len(partial_line) > LONGEST:
            raise DataError(f"{path}:{number}: a line of more than {LONGEST:,} characters", "a record, or a message, has a line of its own")
    if partial_line:
        yield partial_line


def refuse_binary(start: bytes, path: Path) -> None:
    """Raise DataError when a file begins as no text does, with what it is and how to convert it."""
    for begins, file_type, hint in KINDS:
        if start.startswith(begins):
            raise DataError(f"{path}: {file_type}, not text", hint.format(name=shlex.quote(path.name), stem=path.stem) or NO_TEXT)
    if start[257:262] == b"ustar":
        raise DataError(f"{path}: a tar archive, not text", "unpack it and name the file in it")


def _encoding(content: bytes) -> str:
    """What the mark at the start says, else UTF-8; text in which every other byte is zero is UTF-16 without the mark."""
    for mark, encoding in MARKS:
        if content.startswith(mark):
            return encoding
    even, odd = content[:2000:2], content[1:2000:2]
    for zeros, letters, encoding in ((odd, even, "utf-16-le"), (even, odd, "utf-16-be")):
        if len(zeros) > 8 and zeros.count(0) > 0.8 * len(zeros) and not letters.count(0):
            return encoding
    return "utf-8"


def _undecodable(content: bytes, error: UnicodeDecodeError, path: Path) -> DataError:
    if error.encoding != "utf-8":
        return DataError(f"{path}: {error.encoding.upper()}, as its first bytes say, but broken: {error.reason}", NO_TEXT)
    if b"\0" in content[:4096]:
        return DataError(f"{path}: a binary file, not text", NO_TEXT)
    line = content[: error.start].count(b"\n") + 1
    forgiven = content.decode("utf-8", "replace")
    broken = forgiven.count("\ufffd")
    if sum(map(len, re.findall(r"[^\x00-\x7f]+", forgiven))) > 2 * broken:
        hint = f"mend the line, or leave out the bytes that are wrong: {_piped(path, 'iconv -c -f UTF-8 -t UTF-8')}"
        return DataError(f"{path}:{line}: not UTF-8 text, though the rest of the file is", hint)
    windows_text = _as_windows(content, error.start)
    command = _piped(path, f"iconv -f {'WINDOWS-1252' if windows_text else 'ENCODING'} -t UTF-8")
    hint = (
        f"as Windows-1252 it says “{windows_text}”; if that is right: {command}"
        if windows_text
        else f"in its own encoding, convert it: {command}"
    )
    return DataError(f"{path}:{line}: not UTF-8 text", hint)


def _as_windows(content: bytes, place: int) -> str:
    """A part of the line around a place, read as Windows-1252; nothing where that cannot be."""
    start, end = content.rfind(b"\n", 0, place) + 1, content.find(b"\n", place)
    line = content[max(start, place - 20) : min(end if end >= 0 else len(content), place + 20)]
    try:
        content.decode("cp1252")
        return line.decode("cp1252").strip()
    except UnicodeDecodeError:
        return ""


def _piped(path: Path, command: str, before: str = "") -> str:
    """A command line that reads the file and writes another one beside it."""
    unpack = {".gz": "gzip -dc", ".zst": "zstd -dc"}.get(path.suffix.lower())
    plain = path.with_suffix("") if unpack else path
    name, new = shlex.quote(path.name), shlex.quote(f"{plain.stem}-utf8{plain.suffix}")
    return f"{unpack} {name} | {command} > {new}" if unpack else f"{command} {before + ' ' if before else ''}{name} > {new}"
