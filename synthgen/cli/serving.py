"""Being the user for a harness: `serve`."""

from __future__ import annotations

import os
from contextlib import ExitStack
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from synthgen.cli.interrupts import RememberedInterrupts
from synthgen.cli.options import Allow, MaxCost, Out, Quiet, Recipe, Seed, Set, Without, loading
from synthgen.cli.streams import announced

if TYPE_CHECKING:
    from synthgen.serving.serve import ServerUp


def serve(
    recipe: Recipe,
    rows: Annotated[int, typer.Option("-n", "--rows", metavar="N", min=1, max=1000, help="users: rows of the table with the talks")] = 20,
    table: Annotated[str | None, typer.Option("--table", metavar="TABLE", help="the table with the talks (default: the first)")] = None,
    host: Annotated[
        str, typer.Option("--host", metavar="ADDRESS", help="where to listen; another than this machine needs SYNTHGEN_SERVE_TOKEN")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", metavar="N", min=0, max=65535, help="the port (default: any that is free)")] = 0,
    stop: Annotated[
        str, typer.Option("--stop", metavar="TEXT", help="what stands behind the last words of a user whose talk is over")
    ] = "###STOP###",
    goal: Annotated[
        Literal["recipe", "harness"],
        typer.Option("--goal", metavar="WHOSE", help="whose goal users have: recipe, or harness: that of its scenario or instructions"),
    ] = "recipe",
    out: Out = None,
    seed: Seed = None,
    set_: Set = None,
    without: Without = None,
    allow: Allow = None,
    max_cost: MaxCost = None,
    quiet: Quiet = False,
) -> None:
    """Be the user for an eval harness, behind the API of OpenAI. Each session is a row of a recipe with talks; see docs/serve.md."""
    with RememberedInterrupts() as interrupts:
        with announced("reading the recipe", silent=quiet):
            from synthgen import api
            from synthgen.cli import terminal
            from synthgen.serving.serve import TOKEN, ServeOptions

        how = ServeOptions(host, port, os.environ.get(TOKEN, ""), rows, table, stop, goal, max_cost)
        with ExitStack() as progress:
            show = progress.enter_context(terminal.progress(silent=quiet))

            def watch(tick: api.Tick) -> None:
                interrupts.check()
                show(tick)

            def announce(up: ServerUp) -> None:
                interrupts.release()
                progress.close()
                terminal.print_server(up, how.token)

            served = api.serve(recipe, announce, how, out=out, watch=watch, **loading(None, seed, set_, without, allow))
    if not quiet:
        terminal.print_served(served)
