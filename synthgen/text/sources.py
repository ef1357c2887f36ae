"""What a path of messages stands for: a file, or the folder of an export with a file for each day.

What is in a folder may come from a stranger, too: a file of it that a link leads out of it is not read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from synthgen.errors import DataError
from synthgen.text import decoding
from synthgen.text.formats import FORMATS
from synthgen.text.formats.shape import LogFormat
from synthgen.text.opened import MOST, PACKED, too_many

DAY = re.compile(r"\d{4}-\d\d-\d\d\.json")
"""The files of a Slack export's channel: https://slack.com/help/articles/220556107-How-to-read-Slack-data-exports."""
SAMPLE = 200
"""Lines of a text by which its format is known."""
LINES = tuple(log_format for log_format in FORMATS if log_format.lines)


def is_export(path: Path) -> bool:
    """Whether a path is the folder of an export, or of one of its channels: a file for each day lies in it, or in a folder in it."""
    return path.is_dir() and next(_days(path), None) is not None


def _days(folder: Path) -> Iterator[Path]:
    for pattern in ("*.json", "*/*.json"):
        yield from (file for file in folder.glob(pattern) if DAY.fullmatch(file.name))


def source_files(path: Path) -> list[Path]:
    """The files that a path stands for, in order: itself, or those of an export's folder. Raises DataError when one lies elsewhere."""
    if not is_export(path):
        return [path]
    files = sorted(islice(_days(path), MOST))
    if len(files) == MOST:
        raise too_many(path)
    outside = next((file for file in files if not file.resolve().is_relative_to(path.resolve())), None)
    if outside is not None:
        raise DataError(f"{outside}: a link that leaves the folder is not followed", "put the file itself there")
    return files


def suffix_of(path: Path) -> str:
    """The end of a file's name that says its format, in small letters and without that of its packing."""
    return (path.with_suffix("") if path.suffix.lower() in PACKED else path).suffix.lower()


def line_format(path: Path) -> LogFormat | None:
    """The format of a text that is no list of messages, by its first lines; None for one that is, and for what cannot be read."""
    suffix = suffix_of(path)
    formats = [log_format for log_format in LINES if log_format.lines and suffix in log_format.lines.suffixes]
    if not formats or not path.is_file():
        return None
    try:
        lines = list(islice(decoding.split_lines(path), SAMPLE))
    except DataError:  # said where it is read
        return None
    return next((log_format for log_format in formats if log_format.lines and log_format.lines.recognise(lines)), None)
