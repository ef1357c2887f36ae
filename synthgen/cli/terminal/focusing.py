"""What `focus` proposes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from synthgen.cli.terminal.page import out, print_unified_diff, safe

if TYPE_CHECKING:
    from synthgen.focusing import Focused


def print_focus(focused: Focused) -> None:
    """What failed and is moved, a line each, and the diff."""
    from synthgen.focusing import summary

    for line in summary(focused):
        out.print(safe(line))
    if focused.new != focused.old:
        out.print()
        print_unified_diff(focused.diff)
