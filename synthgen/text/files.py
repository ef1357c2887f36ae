"""Reading the files that a recipe names: records (JSONL, JSON, CSV, Parquet), messages, and datasets.

Every error names the file and, where there is one, the line.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, TypeVar

from synthgen.errors import DataError, did_you_mean
from synthgen.spec.paths import find_path
from synthgen.spec.rows import finite, parsed_json
from synthgen.text import decoding, delimited, foreign, json_list, parquet_rows, transcript
from synthgen.text.decoding import START, refuse_binary
from synthgen.text.dialogues import DialogueReader, ReadSummary, Turns, unpacked
from synthgen.text.formats.shape import Dialogue
from synthgen.text.message import is_talk
from synthgen.text.opened import MOST, read_bounded, too_many
from synthgen.text.sources import is_export, line_format, source_files, suffix_of

T = TypeVar("T")
Record = dict[str, Any]
FORMATS = (".jsonl", ".ndjson", ".json", ".csv", ".tsv", ".parquet")
WHOLE = 64_000_000
"""Bytes of a JSON file that is no list, which has to be read as a whole."""


def _json_lines(path: Path) -> Iterator[Record]:
    for number, line in enumerate(decoding.split_lines(path), 1):
        if line.strip():
            yield _record(_value(line, path, number), f"{path}:{number}")


def _value(text: str, path: Path, number: int = 0) -> Any:
    """The value of a JSON text, the file's, or that of its line `number`."""
    try:
        return parsed_json(text, DECODER)
    except json.JSONDecodeError as error:
        where = f"{path}:{number}" if number else f"{path}:{error.lineno}:{error.colno}"
        hint = "one object a line? then name the file .jsonl" if not number and error.msg == "Extra data" else ""
        if number == 1 and text.strip() in ("[", "{", "[{"):
            hint = "one value of many lines? then name the file .json"
        raise DataError(f"{where}: not JSON: {error.msg}{f' at column {error.colno}' if number else ''}", hint) from None
    except (RecursionError, ValueError) as error:  # nested too deeply, or a number of thousands of digits
        raise DataError(f"{path}{f':{number}' if number else ''}: cannot be read: {error}") from None


def _once(pairs: list[tuple[str, Any]]) -> Record:
    """An object of these names and values. Raises ValueError where a name is there twice: the last would win without a word."""
    record = dict(pairs)
    if len(record) < len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(f"an object has two values named '{next(name for name in names if names.count(name) > 1)}'")
    return record


DECODER = json.JSONDecoder(object_pairs_hook=_once, parse_float=finite)


def _record(value: Any, where: str) -> Record:
    """The record that a JSON value is; a text is the message of one."""
    if isinstance(value, str):
        return {"text": value}
    if not isinstance(value, dict):
        raise DataError(f"{where}: a record is a JSON object in braces, not {type(value).__name__}")
    return value


def _json(path: Path) -> Iterator[Record]:
    items = json_list.items(path, _once)
    for item in items if items is not None else _list(_value(decoding.read_text(path, WHOLE), path), path):
        if not isinstance(item, dict | str):
            raise DataError(f"{path}: expected a JSON list of objects")
        yield _record(item, str(path))


def _list(value: Any, path: Path) -> list[Any]:
    """The records in a JSON file that is no list: the only list of objects in the object that it is, as exports have it; a conversation is
    one record."""
    inner = value if isinstance(value, dict) else {}
    lists = {
        key: items for key, items in inner.items() if isinstance(items, list) and items and all(isinstance(item, dict) for item in items)
    }
    if any(is_talk(items) for items in lists.values()):
        return [value]
    if len(lists) == 1:
        return next(iter(lists.values()))
    if inner and (parts := unpacked(inner)):
        return parts
    if lists:
        key = max(lists, key=lambda name: len(lists[name]))
        command = f"jq {shlex.quote(f'.{json.dumps(key)}')} {shlex.quote(path.name)} > records.json"
        raise DataError(f"{path}: it holds several lists of objects: {', '.join(lists)}", f"take one out, such as: {command}")
    hint = f"a list deeper inside is taken out so: jq .name.of.list {shlex.quote(path.name)} > records.json" if inner else ""
    raise DataError(f"{path}: expected a JSON list of objects", hint)


def _csv(path: Path) -> Iterator[Record]:
    return delimited.read_delimited(lambda: decoding.split_lines(path), path, "\t" if suffix_of(path) == ".tsv" else ",")


READERS = dict(zip(FORMATS, (_json_lines, _json_lines, _json, _csv, _csv, parquet_rows.read_rows), strict=True))


def records(path: Path) -> Iterator[Record]:
    """The records of a JSONL, JSON, CSV, TSV or Parquet file (each also as .gz or .zst), in order; of a text in a known format, such as a
    chat; of the files of an export's folder. Raises DataError with the line."""
    return _limited((record for file in source_files(path) for record in _records_of(file)), path)


def _records_of(path: Path) -> Iterator[Record]:
    if reader := READERS.get(suffix_of(path)):
        return reader(path)
    known = line_format(path)
    if known and known.lines:
        return known.lines.records(path)
    with read_bounded(path) as stream:
        refuse_binary(stream.read(START), path)
    raise DataError(f"{path}: unknown format '{path.suffix}'", f"formats: {', '.join(FORMATS)}")


def _limited(items: Iterable[T], path: Path) -> Iterator[T]:
    """The items of a file. Raises DataError when there are more than can be worked on."""
    for number, item in enumerate(items):
        if number == MOST:
            raise too_many(path)
        yield item


def is_records(path: Path) -> bool:
    """Whether a file holds records, and not a message a line: its name says so, or its first lines, or it is an export's folder."""
    return suffix_of(path) in READERS or line_format(path) is not None or is_export(path)


def messages(path: Path, field: str = "", turns: Turns | None = None, summary: ReadSummary | None = None) -> list[str]:
    """The messages in a file: one a line (.txt), or those of each record, in its field `field`: by default where the record's format has
    them, or `text` (or `message`, `input`, …). Of conversations these `turns` of the user. `summary` is filled with what was read.

    White space inside a message, line ends too, becomes single spaces; empty messages are left out.
    Raises DataError when there are none, or when they are the lines of a log or chat rather than what was typed.
    """
    summary = ReadSummary() if summary is None else summary
    if is_records(path):
        texts = [message for _, _, record_texts in dialogues(path, field, turns, summary) for message in record_texts]
    else:
        texts = lines(path, field)
        summary.messages = summary.records = len(texts)
    if not texts:
        raise DataError(f"{path}: no messages in it", summary.absent)
    transcript.refuse(texts, path)
    return texts


def lines(path: Path, field: str = "") -> list[str]:
    """The messages of a file with one a line, which has no `field`. Raises DataError."""
    if field:
        raise DataError(f"{path}: a message a line has no field '{field}'", f"give records: {', '.join(FORMATS)}")
    texts = _plain(_limited(decoding.split_lines(path), path))
    foreign.refuse(texts, path)
    return texts


def dialogues(
    path: Path, field: str = "", turns: Turns | None = None, summary: ReadSummary | None = None
) -> Iterator[tuple[Record, Dialogue, list[str]]]:
    """Each record of a file, what was said in it, and the messages of it that are wanted: see `messages`. Raises DataError where no record
    has the field, or most have none of the usual ones: in a log of events some are no messages."""
    reader = DialogueReader(path, field, turns, line_format(path), ReadSummary() if summary is None else summary)
    for record in records(path):
        yield from reader.read(record)
    reader.finish("; the first line names the fields" if suffix_of(path) in (".csv", ".tsv") and not field else "")


def turn_records(path: Path, turns: Turns | None, summary: ReadSummary | None = None) -> Iterator[Record]:
    """A record for each message of a file: its `text`, the `intent` that its format or record gives and its `conversation`, each None
    where there is none. Raises DataError."""
    for record, dialogue, texts in dialogues(path, "", turns, summary):
        intent = record.get("intent")
        labels = {"intent": intent if isinstance(intent, str) else None, "conversation": dialogue.conversation or dialogue.request or None}
        yield from ({"text": text, **labels} for text in texts)


def _plain(texts: Iterable[str]) -> list[str]:
    return [kept for text in texts if (kept := " ".join(text.split()))]


def grouped(
    path: Path, label: str, field: str = "", turns: Turns | None = None, summary: ReadSummary | None = None
) -> dict[str, list[str]]:
    """The messages in a file of records by what their field `label` says. Raises DataError when that is not there beside a message, or says
    the same of all."""
    if not is_records(path):
        lines(path, label)
    by_label: dict[str, list[str]] = {}
    for number, (record, dialogue, record_texts) in enumerate(dialogues(path, field, turns, summary), 1):
        if not dialogue.turns:
            continue
        try:
            value = find_path(record, label)
        except KeyError:
            raise DataError(f"{path}, record {number}: no field '{label}'", did_you_mean(label, map(str, record), "fields")) from None
        if isinstance(value, dict | list):
            raise DataError(f"{path}, record {number}: '{label}' is a {'list' if isinstance(value, list) else 'mapping'}, and no label")
        if (named := "" if value is None else " ".join(str(value).split())) and record_texts:
            by_label.setdefault(named, []).extend(record_texts)
    if len(by_label) < 2:
        raise DataError(f"{path}: '{label}' names fewer than two topics", "name the field that says what each message is about")
    transcript.refuse([message for group in by_label.values() for message in group], path)
    return by_label
