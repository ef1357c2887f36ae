"""A review in the terminal: where its page is, and what came of it."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from rich.text import Text

from synthgen.cli.terminal.page import err, out, safe

if TYPE_CHECKING:
    from synthgen.reviewing.page.serve import Up
    from synthgen.reviewing.state import ReviewState


def print_review_page(up: Up, *, by_hand: bool) -> None:
    """Where the page is, and how it is opened `by_hand`. The address stands alone on standard output, for a program that reads it."""
    out.print(Text(up.address))
    if by_hand:
        port = urlsplit(up.address).port
        err.print(
            Text(
                f"open it in your browser; if synthgen runs on a server, first, on your own machine: ssh -L {port}:127.0.0.1:{port} SERVER"
            )
        )
    err.print(Text(f"decisions go to {up.file}; stop with Ctrl-C"))


def print_review_end(decisions: int) -> None:
    """How many decisions were written."""
    err.print(Text(f"{decisions:,} decision{'s' if decisions != 1 else ''} written"))


def print_decided(state: ReviewState) -> None:
    """How far each table is that somebody decided on, and where the decisions are."""
    for table in state.tables:
        if table.decided:
            out.print(safe(table))
    change = f"synthgen review {shlex.quote(str(state.folder))} --accept 3 (or --reject 3)"
    err.print(safe(f"decisions go to {state.file}; to change one: {change}"))
