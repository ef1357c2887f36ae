"""Rows of an output, and what there is to say of examples."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from rich.text import Text

from synthgen.cli.terminal.page import err, out, safe
from synthgen.cli.terminal.rows import How, listed, print_lines, print_rows, together, width
from synthgen.cli.terminal.short import field_table, labelled_lines, one_line, short_lines
from synthgen.text.legible import plainly

if TYPE_CHECKING:
    from synthgen.dataset.answered import AnsweredSoFar
    from synthgen.dataset.look import Looked
    from synthgen.dataset.verify import Verified
    from synthgen.harness.fewshot import Count, Fewshot


def print_look(selection: Looked, skip: int, *, full: bool = False, short: bool = False, search: str = "") -> None:
    """Rows of an output, each with those of other tables that belong to it, or `short` in a line, and how far an unfinished run is."""
    how = How(full, search)
    if selection.answered:
        _print_answered(selection.answered, how)
        for line in _standing(selection):
            out.print(safe(line))
        return
    if selection.fields:
        as_table = None if full else field_table(selection.rows, how)
        print_lines(as_table or [line for row in selection.rows for line in (*listed(row, how, width()), Text())])
    elif short:
        print_lines(short_lines(selection.shown, how))
    elif selection.beside:
        for looked_row, related in zip(selection.shown, selection.beside, strict=True):
            print_lines([*together(looked_row, related, how), Text()])
    else:
        print_rows(selection.shown, how)
    first, last = skip + 1, skip + len(selection.rows)
    rows = f"rows {first:,} to {last:,}" if selection.rows else f"no rows after {skip:,}"
    which = f"{rows} of {selection.fitting:,}" if selection.fitting else "no rows"
    more = f"; more: --skip {last}" if selection.rows and last < selection.fitting else ""
    out.print(safe(f"{selection.table}: {which}{' so far' if selection.so_far else ''}{more}"))
    for line in _standing(selection):
        out.print(safe(line))


def _print_answered(answered: AnsweredSoFar, how: How) -> None:
    """What was answered while no row is finished, a line each, with its label before it."""
    out.print(safe(answered.heading))
    several = len({message.field for message in answered.messages}) > 1
    texts = [(plainly(message.field if several else message.topic), one_line(message.text, how)) for message in answered.messages]
    print_lines(labelled_lines(texts))


def print_standing(selection: Looked) -> None:
    """Why there are no rows, and how far an unfinished run is, on the error stream, so that a pipe holds the rows alone."""
    if selection.answered:
        err.print(safe(f"no row is finished yet, but {selection.answered.count:,} messages are kept: without --json the last are shown"))
    for line in _standing(selection):
        err.print(safe(line))


def _standing(selection: Looked) -> Iterator[str]:
    yield from selection.unmatched
    if selection.so_far:
        goes_on = f"{selection.working} is working on it" if selection.working else "the same synthgen make goes on with it"
        yield f"this run is not finished; {goes_on}"
        yield from (f"  {line}" for line in selection.so_far)
    if selection.again:
        yield f"a run is making it again; its rows so far: synthgen look {selection.again}"


def print_report(place: Path, against: str | None) -> None:
    """Where a report is, and whether it may be passed on."""
    out.print(Text(f"{place}"))
    if against:
        out.print(Text(f"it holds real messages of {against}: do not pass it on"))


def print_verify(verified: Verified) -> None:
    """Which files are not as they were made, and the way out."""
    for path in verified.damaged:
        out.print(safe(path))
    verdict = f"{len(verified.damaged)} not as they were made" if verified.damaged else "all as they were made"
    out.print(Text(f"{verified.folder}: {verified.files:,} files, {verified.bytes:,} bytes, {verdict}"))
    if verified.hint:
        out.print(Text(verified.hint))


def print_fewshot(fewshot: Fewshot, count: Count) -> None:
    """How few-shot examples cover the labels, and what they cost: on the error stream, so that a pipe holds the block alone."""
    from synthgen.harness.fewshot import summary

    for line in summary(fewshot, count):
        err.print(safe(line))
