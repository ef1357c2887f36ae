"""Making rows: `make` and `preview`."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import replace
from typing import Annotated, Any

import typer

from synthgen.cli.options import (
    All,
    Allow,
    App,
    AppVersion,
    Engine,
    Json,
    MaxCost,
    Out,
    Quiet,
    Recipe,
    Rows,
    Seed,
    Set,
    Without,
    Workers,
    kept,
    loading,
)
from synthgen.cli.streams import announced


def make(
    recipe: Recipe,
    out: Out = None,
    rows: Rows = None,
    seed: Seed = None,
    set_: Set = None,
    without: Without = None,
    allow: Allow = None,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="start over: forget what was made, and set answers that were paid for aside")
    ] = False,
    recheck: Annotated[
        bool, typer.Option("--recheck", help="read the answers that are there under the recipe's present checks; ask nothing")
    ] = False,
    app: App = None,
    app_version: AppVersion = "",
    max_cost: MaxCost = None,
    batch: Annotated[
        bool, typer.Option("--batch", help="ask Claude in Message Batches: half the price, in an hour or so; you may leave and come back")
    ] = False,
    engine: Engine = "local",
    workers: Workers = None,
    push: Annotated[bool, typer.Option("--push", help="then send it to the Hub, where and how the recipe's publish says")] = False,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Make the dataset. A run that was cut off goes on where it was."""
    if fresh and recheck:
        raise typer.BadParameter("--fresh does without the answers that --recheck reads; give one of them")
    silent = quiet or as_json
    with announced("reading the recipe", silent=silent):
        from synthgen import api
        from synthgen.cli import terminal
    with kept("what was finished"), terminal.progress(silent=silent) as watch:
        notes_told: list[str] = []

        def before(checked: api.Checked) -> None:
            notes_told.extend(checked.notes)
            terminal.print_asking(checked)

        result = api.make(
            recipe,
            out=out,
            fresh=fresh,
            recheck=recheck,
            app=app,
            app_version=app_version,
            max_cost=max_cost,
            batch=batch,
            engine=engine,
            workers=workers,
            push=push,
            watch=watch,
            before=None if silent else before,
            **loading(rows, seed, set_, without, allow),
        )
    if as_json:
        sent = {"pushed": api.asdict(result.pushed)} if result.pushed else {}
        typer.echo(
            json.dumps(
                {
                    "folder": str(result.folder),
                    **({"address": result.address} if result.address else {}),
                    "already": result.already,
                    "notes": result.notes,
                    **result.manifest,
                    **sent,
                },
                default=str,
            )
        )
    elif not quiet:
        terminal.print_made(replace(result, notes=tuple(note for note in result.notes if note not in notes_told)))
        if result.pushed:
            terminal.print_push(result.pushed)


def preview(
    recipe: Recipe,
    show: Annotated[int, typer.Option("-n", "--show", "--rows", metavar="N", min=1, max=100, help="rows of each table")] = 5,
    out: Out = None,
    seed: Seed = None,
    set_: Set = None,
    without: Without = None,
    allow: Allow = None,
    app: App = None,
    app_version: AppVersion = "",
    prompts: Annotated[
        bool, typer.Option("--prompts", help="show what is asked, whole; Claude and your application are not asked")
    ] = False,
    full: All = False,
    watch: Annotated[
        bool, typer.Option("--watch", "-w", help="show them again whenever the recipe, or a file that it reads, is saved; Ctrl-C ends")
    ] = False,
    as_json: Json = False,
) -> None:
    """Show a handful of rows of each table, as they come. What is asked is remembered for make."""
    if watch and as_json:
        raise typer.BadParameter("--watch shows rows to read; take --json away")
    asked: dict[str, Any] = {"app": app, "app_version": app_version}
    if watch:
        from synthgen.cli.terminal.following import follow

        with suppress(KeyboardInterrupt):
            follow(recipe, show, out, full=full, prompts=prompts, app=asked, options=loading(None, seed, set_, without, allow))
        return
    with announced("reading the recipe", silent=as_json):
        from synthgen import api
        from synthgen.cli import terminal

    if as_json:
        for table_preview in api.preview(recipe, show=show, out=out, ask=not prompts, **asked, **loading(None, seed, set_, without, allow)):
            for row in table_preview.rows:
                typer.echo(json.dumps({"table": table_preview.table.name, **row.values}, default=str, ensure_ascii=False))
        return
    with terminal.previewing(show, full=full, prompts=prompts) as printer:
        options = loading(None, seed, set_, without, allow) | asked
        for table_preview in api.preview(
            recipe, show=show, out=out, ask=not prompts, watch=printer.tell, each=printer.print_row, **options
        ):
            printer.done(table_preview)
