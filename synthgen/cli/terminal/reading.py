"""Rows of an output, and what there is to say of examples."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.text import Text

from synthgen.cli.terminal.page import err, fields, out, safe

if TYPE_CHECKING:
    from synthgen.dataset.verify import Verified
    from synthgen.harness.fewshot import Count, Fewshot


def print_look(name: str, rows: Sequence[Mapping[str, Any]], fitting: int, skip: int) -> None:
    """Rows of an output."""
    for row in rows:
        fields({key: value for key, value in row.items() if key != "provenance"})
    first, last = skip + 1 if rows else skip, skip + len(rows)
    out.print(Text(f"{name}: rows {first:,} to {last:,} of {fitting:,}" + (f"; more: --skip {last}" if last < fitting else "")))


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
