"""Reviewing an output: the page on this machine, and how far the review is."""

from __future__ import annotations

import json
import shlex
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from synthgen.cli.browser import browser_is_there
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
    reject: Annotated[
        list[str] | None, typer.Option("--reject", metavar="ROWS", help="reject rows, such as 6,9 or traffic-6,traffic-9, and open no page")
    ] = None,
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="why --reject rejects them")] = "",
    terminal_: Annotated[
        bool, typer.Option("--terminal", help="go through the rows here, label by label: which would you not keep? Opens no page")
    ] = False,
    accept: Annotated[
        list[str] | None,
        typer.Option("--accept", metavar="ROWS", help="accept rows, such as 6-9, or rest for all others, and open no page"),
    ] = None,
) -> None:
    """Decide on the rows of an output, on a page or with --terminal; or answer them yourself."""
    if reason and not (reject or terminal_):
        raise typer.BadParameter("--reason says why rows are rejected: give --reject too")
    if (reject or accept or terminal_) and (as_json or port or no_browser):
        raise typer.BadParameter("--reject, --accept and --terminal open no page: leave out --json, --port and --no-browser")
    if terminal_:
        if reject or accept:
            raise typer.BadParameter("--terminal asks which rows to reject: leave out --reject and --accept")
        _go_through(output, by, reason)
        return
    if reject or accept:
        from synthgen import api
        from synthgen.cli import terminal

        terminal.print_decided(api.review(output, reject=_names(reject), accept=_names(accept), by=by, reason=reason))
        return
    with RememberedInterrupts() as interrupts:
        with announced("opening the output", silent=as_json):
            from synthgen import api
            from synthgen.cli import terminal

        if as_json:
            typer.echo(json.dumps(api.review(output).as_dict(), default=str, ensure_ascii=False))
            return

        def announce(up: Up) -> None:
            interrupts.release()
            opens = not no_browser and browser_is_there()
            terminal.print_review_page(up, by_hand=not opens)
            if opens:
                typer.launch(up.once)

        terminal.print_review_end(api.serve_review(output, announce, port=port, by=by))


def _go_through(output: str, by: str, reason: str) -> None:
    from synthgen import api
    from synthgen.cli import terminal
    from synthgen.cli.terminal.deciding import go_through

    try:
        go_through(output, by=by, reason=reason)
    except KeyboardInterrupt:
        terminal.err.print(terminal.safe(f"\nstopped; to go on: synthgen review {shlex.quote(output)} --terminal"))
    terminal.print_decided(api.review(output))
    export = f"synthgen export {shlex.quote(output)} --to promptfoo"
    terminal.err.print(terminal.safe(f"rejected rows stay out of exports, not of load_dataset: {export}"))


def _names(listed: Sequence[str] | None) -> list[str]:
    """The rows that an option names, each time it is given one or several."""
    return [name.strip() for part in listed or () for name in part.split(",") if name.strip()]
