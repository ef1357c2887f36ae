"""Reading the files that a recipe names: records (JSONL, JSON, CSV, Parquet), messages, and datasets.

Every error names the file and, where there is one, the line.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from synthgen.errors import DataError, did_you_mean
from synthgen.spec.rows import parsed_json

Record = dict[str, Any]
FORMATS = (".jsonl", ".ndjson", ".json", ".csv", ".tsv", ".parquet")


def content(path: Path) -> bytes:
    """What is in a file, unpacked if it is a .gz. Raises DataError."""
    try:
        read = path.read_bytes()
        return gzip.decompress(read) if path.suffix.lower() == ".gz" else read
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise DataError(f"{path}: cannot be unpacked: {error}") from None
    except IsADirectoryError:
        raise DataError(f"{path} is a folder, not a file") from None
    except FileNotFoundError:
        near = [entry.name for entry in path.parent.iterdir()] if path.parent.is_dir() else []
        raise DataError(f"{path}: no such file", did_you_mean(path.name, near, "files there")) from None
    except OSError as error:
        raise DataError(f"{path}: {error.strerror or error}") from None


def text(path: Path) -> str:
    """The text in a file, without a byte order mark and with plain line ends. Raises DataError."""
    read = content(path)
    try:
        return io.TextIOWrapper(io.BytesIO(read), encoding="utf-8-sig").read()
    except UnicodeDecodeError as error:
        line = read[: error.start].count(b"\n") + 1
        raise DataError(f"{path}:{line}: not UTF-8 text", f"convert it: iconv -t UTF-8 {path.name}") from None


def _json_lines(path: Path) -> Iterator[Record]:
    for number, line in enumerate(text(path).split("\n"), 1):
        if line.strip():
            yield _record(line, f"{path}:{number}")


def _record(text: str, where: str) -> Record:
    try:
        value = parsed_json(text)
    except json.JSONDecodeError as error:
        raise DataError(f"{where}: not JSON: {error.msg} at column {error.colno}") from None
    except (RecursionError, ValueError) as error:  # nested too deeply, or a number of thousands of digits
        raise DataError(f"{where}: cannot be read: {error}") from None
    if not isinstance(value, dict):
        raise DataError(f"{where}: a record is a JSON object in braces, not {type(value).__name__}")
    return value


def _json(path: Path) -> Iterator[Record]:
    try:
        value = parsed_json(text(path))
    except json.JSONDecodeError as error:
        hint = "one object a line? then name the file .jsonl" if error.msg == "Extra data" else ""
        raise DataError(f"{path}:{error.lineno}:{error.colno}: not JSON: {error.msg}", hint) from None
    except (RecursionError, ValueError) as error:  # nested too deeply, or a number of thousands of digits
        raise DataError(f"{path}: cannot be read: {error}") from None
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise DataError(f"{path}: expected a JSON list of objects")
    yield from value


def _csv(path: Path) -> Iterator[Record]:
    lines = csv.DictReader(io.StringIO(text(path), newline=""), delimiter="\t" if _format(path) == ".tsv" else ",")
    try:
        for record in lines:
            if None in record or None in record.values():
                raise DataError(f"{path}:{lines.line_num}: this line does not have the header's {len(lines.fieldnames or ())} cells")
            yield dict(record)
    except csv.Error as error:
        raise DataError(f"{path}:{lines.reader.line_num}: {error}") from None


def _parquet(path: Path) -> Iterator[Record]:
    import pyarrow
    from pyarrow import parquet

    try:
        with parquet.ParquetFile(path) as file:
            for batch in file.iter_batches():
                yield from batch.to_pylist()
    except (pyarrow.ArrowException, OSError) as error:
        raise DataError(f"{path}: cannot be read as Parquet: {error}") from None


READERS = dict(zip(FORMATS, (_json_lines, _json_lines, _json, _csv, _csv, _parquet), strict=True))


def records(path: Path) -> Iterator[Record]:
    """The records of a JSONL, JSON, CSV, TSV (these also as .gz) or Parquet file, in order. Raises DataError with the line."""
    reader = READERS.get(_format(path))
    if reader is None:
        raise DataError(f"{path}: unknown format '{path.suffix}'", f"formats: {', '.join(FORMATS)}")
    return reader(path)


def _format(path: Path) -> str:
    packed = path.suffix.lower() == ".gz"
    return (path.with_suffix("") if packed else path).suffix.lower()


def is_records(path: Path) -> bool:
    """Whether a file's name says that it holds records, and not a message a line."""
    return _format(path) in READERS


def messages(path: Path, field: str = "") -> list[str]:
    """The messages in a file: one a line (.txt), or one a record, in its field `text` (or `message`, `input`, …).

    White space inside a message, line ends too, becomes single spaces; empty messages are left out.
    Raises DataError when there are none.
    """
    if is_records(path):
        found = [message(record, field, f"{path}, record {number}") for number, record in enumerate(records(path), 1)]
    else:
        found = text(path).split("\n")
    kept = [" ".join(text.split()) for text in found]
    kept = [text for text in kept if text]
    if not kept:
        raise DataError(f"{path}: no messages in it")
    return kept


def grouped(path: Path, label: str) -> dict[str, list[str]]:
    """The messages in a file of records by what their field `label` says. Raises DataError when that is not there, or says the same of
    all."""
    if not is_records(path):
        raise DataError(f"{path}: a message a line has no field '{label}'", f"give records: {', '.join(FORMATS)}")
    found: dict[str, list[str]] = {}
    for number, record in enumerate(records(path), 1):
        where = f"{path}, record {number}"
        text = " ".join(message(record, "", where).split())
        if label not in record:
            raise DataError(f"{where}: no field '{label}'", did_you_mean(label, map(str, record), "fields"))
        named = "" if record[label] is None else " ".join(str(record[label]).split())
        if text and named:
            found.setdefault(named, []).append(text)
    if len(found) < 2:
        raise DataError(f"{path}: '{label}' names fewer than two topics", "name the field that says what each message is about")
    return found


MESSAGE_FIELDS = ("text", "message", "input", "content", "prompt", "query", "question", "utterance")


def message(record: Record, field: str, where: str) -> str:
    """The message in a record: in its field `field`, or else in the first that is there of those usual. Raises DataError."""
    for name in [field] if field else MESSAGE_FIELDS:
        if name in record:
            return str(record[name] if record[name] is not None else "")
    wanted = f"no field '{field}'" if field else f"no field named {', '.join(MESSAGE_FIELDS[:-1])} or {MESSAGE_FIELDS[-1]}"
    raise DataError(f"{where}: {wanted}", f"its fields: {', '.join(map(str, record))}")
