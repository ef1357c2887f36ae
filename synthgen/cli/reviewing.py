"""Reviewing an output: the page on this machine, and how far the review is."""

from __future__ import annotations

import json
import os
import sys
import webbrowser
from typing import TYPE_CHECKING, Annotated

import typer

from synthgen.cli.interrupts import RememberedInterrupts
from synthgen.cli.options import Output
from synthgen.cli.streams import announced

if TYPE_CHECKING:
    from synthgen.reviewing.page.serve import Up


def review(
    output: Output,
    by: Annotated[str, typer.Option("--by", metavar="NAME", help="who reviews (default: the page asks)")] = "",
    port: Annotated[int, typer.Option("--port", metavar="N", min=0, max=65535, help="the port (default: any that is free)")] = 0,
    no_browser: Annotated[bool, typer.Option("--no-browser", help="print the address, and open nothing")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="print how far the review is as JSON, for a program, and open no page")] = False,
) -> None:
    """Read the rows of an output on a page, and accept, reject, edit and relabel them; or answer them yourself."""
    with RememberedInterrupts() as interrupts:
        with announced("opening the output", silent=as_json):
            from synthgen import api
            from synthgen.cli import terminal

        if as_json:
            typer.echo(json.dumps(api.review(output).as_dict(), default=str, ensure_ascii=False))
            return

        def announce(up: Up) -> None:
            interrupts.release()
            opens = not no_browser and _browser_is_there()
            terminal.print_review_page(up, by_hand=not opens)
            if opens:
                typer.launch(up.once)

        terminal.print_review_end(api.serve_review(output, announce, port=port, by=by))


def _browser_is_there() -> bool:
    """Whether a browser can be opened where the user sees it."""
    environment = os.environ
    has_screen = any(environment.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "WSL_DISTRO_NAME"))
    if not has_screen and (environment.get("SSH_CONNECTION") or sys.platform.startswith("linux")):
        return False
    try:
        webbrowser.get()
    except webbrowser.Error:
        return False
    return True
