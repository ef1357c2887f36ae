"""CSV and its kin as programs write them: with commas, semicolons, tabs or bars, and quotes only where they are needed.

A line that cannot be read as its header says is refused with its number, never mended: which cell a stray comma belongs to is a guess.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import Any

from synthgen.errors import DataError
from synthgen.text.opened import LONGEST

SEPARATORS = ",;\t|"
LOOKED_AT = 20
"""Rows from which the separator is guessed."""
SHOWN = 100
"""Characters of a line that is shown mended, at most."""
csv.field_size_limit(LONGEST)  # a cell may be as long as a line of other formats
Lines = Callable[[], Iterator[str]]
"""Gives the lines of a text from the first on, without their ends."""


def read_delimited(lines: Lines, path: Path, usual: str) -> Iterator[dict[str, str]]:
    """The rows of a text whose first line names the columns, separated by `usual` or by what fits better. Raises DataError."""
    directive = re.fullmatch(r"sep=(.)", next(lines(), ""))  # how Excel is told the separator
    separator = directive[1] if directive else _separator(lines, usual)
    rows = _Rows(lines, separator, path, 1 if directive else 0)
    header = next(rows, None)
    if header is None:
        return
    names = [name.strip() for name in header]
    nameless = [place for place, name in enumerate(names) if not name]
    if duplicate := next((name for name in names if name and names.count(name) > 1), None):
        raise DataError(f"{path}:{rows.line}: two columns are named '{duplicate}'", "give one of them another name in that line")
    for row in rows:
        if len(row) < 2 <= len(names) and not "".join(row).strip():
            continue
        if len(row) > len(names) and not "".join(row[len(names) :]).strip():
            row = row[: len(names)]
        if len(row) != len(names):
            raise _ragged(row, len(names), rows, separator)
        if len(nameless) > 1 and "".join(row[place] for place in nameless).strip():
            raise DataError(f"{path}:{rows.line}: a cell stands in a column without a name", "name its column in the first line")
        yield dict(zip(names, row, strict=True))


class _Rows:
    """The rows that are not empty, each with the `line` that it begins in."""

    def __init__(self, lines: Lines, separator: str, path: Path, before: int = 0) -> None:
        spaced = f"{separator} " in next(islice(lines(), before, None), "")
        ended = (f"{line}\n" for line in islice(lines(), before, None))
        self._reader = csv.reader(ended, delimiter=separator, strict=True, skipinitialspace=spaced)
        self.path, self.line, self._before = path, 0, before

    def __iter__(self) -> Iterator[list[str]]:
        return self

    def __next__(self) -> list[str]:
        row: list[str] = []
        while not row:
            self.line = self._reader.line_num + self._before + 1
            try:
                row = next(self._reader)
            except csv.Error as error:
                raise self._unread(str(error)) from None
        return row

    def _unread(self, error: str) -> DataError:
        doubled = 'a cell that begins with a quote ends with one, and quotes inside it are doubled: "he said ""hi"""'
        if error == "unexpected end of data":
            return DataError(f"{self.path}:{self.line}: a quote opens a cell here, and nothing closes it", doubled)
        if "expected after" in error:
            end = self._reader.line_num + self._before
            upto = f" (it goes on to line {end})" if end > self.line else ""
            return DataError(f"{self.path}:{self.line}: there is more in a cell behind its closing quote{upto}", doubled)
        return DataError(f"{self.path}:{self.line}: {error}")


def _separator(lines: Lines, usual: str) -> str:
    """The separator: of those in the first line, the one that gives the next lines as many cells as the first."""
    sizes = {separator: _sizes(lines, separator) for separator in dict.fromkeys(usual + SEPARATORS)}
    possible = [separator for separator, cell_counts in sizes.items() if cell_counts and cell_counts[0] > 1]
    even = [separator for separator in possible if len(set(sizes[separator])) == 1]
    if usual in even or not possible:
        return usual
    candidates = even or ([usual] if usual in possible else possible)
    return max(candidates, key=lambda separator: sizes[separator][0])


def _sizes(lines: Lines, separator: str) -> list[int]:
    """How many cells the first rows have, as far as they can be read."""
    cell_counts: list[int] = []
    with suppress(csv.Error):
        cell_counts.extend(len(row) for row in islice(csv.reader((f"{line}\n" for line in lines()), delimiter=separator), LOOKED_AT) if row)
    return cell_counts


def _ragged(row: Sequence[str], column_count: int, rows: _Rows, separator: str) -> DataError:
    """The error that a row has another number of cells than the header, with how many others have, too."""
    line, ragged_count = rows.line, 0
    with suppress(DataError):
        ragged_count = sum(len(next_row) != column_count for next_row in rows)
    more = f" ({ragged_count:,} more line{'s' * (ragged_count != 1)} likewise)" if ragged_count else ""
    separator_name = {"\t": "tab"}.get(separator, f"'{separator}'")
    hint = f"an empty cell still has its {separator_name}, and a text with a line break stands in quotes"
    if len(row) > column_count:
        mended = _mended(row, column_count, separator)
        hint = f"a cell with a {separator_name} in it stands in quotes" + (f": {mended}" if len(mended) <= SHOWN else "")
    return DataError(f"{rows.path}:{line}: this line has {len(row)} cell{'s' * (len(row) != 1)}, and the header {column_count}{more}", hint)


def _mended(row: Sequence[str], column_count: int, separator: str) -> str:
    """The row with its surplus cells joined into one: the neighbouring cells that are the longest together."""
    over = len(row) - column_count + 1
    joined: list[list[Any]] = [
        [*row[:place], separator.join(row[place : place + over]), *row[place + over :]] for place in range(len(row) - over + 1)
    ]
    written = io.StringIO()
    csv.writer(written, delimiter=separator, lineterminator="").writerow(max(joined, key=lambda cells: max(map(len, cells))))
    return written.getvalue()
