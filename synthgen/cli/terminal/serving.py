"""What `serve` prints: where it is, what it can do, and in the end what it did."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from rich.text import Text

from synthgen.cli.terminal.page import err, out

if TYPE_CHECKING:
    from synthgen.serving.serve import ServerUp


def print_server(up: ServerUp, token: str) -> None:
    """Where it is. The address stands alone on standard output, for a program that reads it."""
    out.print(Text(up.address))
    key = "the token as api_key" if token else "any api_key"
    err.print(Text(f"{up.users:,} user{'s' if up.users != 1 else ''} of '{up.table}'; clients give {key}"))
    if up.keyless:
        err.print(Text(f"without a model that settles messages, users type their first one and short reactions: {up.keyless}"))
    err.print(Text("docs/serve.md says what to write in each harness; stop with Ctrl-C"))


def print_served(served: Mapping[str, int]) -> None:
    """How many messages users typed."""
    messages = sum(served.values())
    err.print(Text(f"{messages:,} message{'s' if messages != 1 else ''} of {len(served):,} user{'s' if len(served) != 1 else ''}"))
