"""Rows of an output, and what there is to say of examples."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from rich.text import Text

from synthgen.cli.terminal.page import err, out, safe
from synthgen.cli.terminal.rows import How, listed, print_lines, print_rows, together, width

if TYPE_CHECKING:
    from synthgen.dataset.look import Looked
    from synthgen.dataset.verify import Verified
    from synthgen.harness.fewshot import Count, Fewshot


def print_look(found: Looked, skip: int, *, whole: bool = False, search: str = "") -> None:
    """Rows of an output, each with those of other tables that belong to it, and how far an unfinished run is."""
    how = How(whole, search)
    if found.fields:
        for row in found.rows:
            print_lines([*listed(row, how, width()), Text()])
    elif found.beside:
        for one, others in zip(found.shown, found.beside, strict=True):
            print_lines([*together(one, others, how), Text()])
    else:
        print_rows(found.shown, how)
    first, last = skip + 1, skip + len(found.rows)
    rows = f"rows {first:,} to {last:,}" if found.rows else f"no rows after {skip:,}"
    which = f"{rows} of {found.fitting:,}" if found.fitting else "no rows"
    more = f"; more: --skip {last}" if found.rows and last < found.fitting else ""
    out.print(safe(f"{found.table}: {which}{' so far' if found.so_far else ''}{more}"))
    for line in _standing(found):
        out.print(safe(line))


def print_standing(found: Looked) -> None:
    """How far an unfinished run is, on the error stream, so that a pipe holds the rows alone."""
    for line in _standing(found):
        err.print(safe(line))


def _standing(found: Looked) -> Iterator[str]:
    if found.so_far:
        yield "this run is not finished; the same synthgen make goes on with it"
        yield from (f"  {one}" for one in found.so_far)
    if found.again:
        yield f"a run is making it again; its rows so far: synthgen look {found.again}"


def print_report(place: Path, against: Path | None) -> None:
    """Where a report is, and whether it may be passed on."""
    out.print(Text(f"{place}"))
    if against:
        out.print(Text(f"it holds real messages of {against}: do not pass it on"))


def print_verify(found: Verified) -> None:
    """Which files are not as they were made, and the way out."""
    for one in found.damaged:
        out.print(safe(one))
    told = f"{len(found.damaged)} not as they were made" if found.damaged else "all as they were made"
    out.print(Text(f"{found.folder}: {found.files:,} files, {found.bytes:,} bytes, {told}"))
    if found.hint:
        out.print(Text(found.hint))


def print_fewshot(made: Fewshot, count: Count) -> None:
    """How few-shot examples cover the labels, and what they cost: on the error stream, so that a pipe holds the block alone."""
    from synthgen.harness.fewshot import summary

    for line in summary(made, count):
        err.print(safe(line))
