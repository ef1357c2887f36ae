"""Reviewing an output: the page on this machine, and how far the review is."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

import typer

from synthgen.cli.options import Output

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
    from synthgen import api
    from synthgen.cli import terminal

    if as_json:
        typer.echo(json.dumps(api.review(output).as_dict(), default=str, ensure_ascii=False))
        return

    def announce(up: Up) -> None:
        terminal.print_review_page(up)
        if not no_browser:
            typer.launch(up.once)

    terminal.print_review_end(api.serve_review(output, announce, port=port, by=by))
