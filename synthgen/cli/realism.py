"""How people type, and how near generated messages come to it: `measure` and `compare`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from synthgen.cli.options import Json, Turns


def measure(
    source: Annotated[
        str,
        typer.Argument(metavar="FILE", help="messages: a file of records or text, the folder of an export, or an output folder"),
    ],
    field: Annotated[
        str | None, typer.Option("--field", metavar="FIELD", help="the field that holds the messages (default: text, message, …)")
    ] = None,
    turns: Turns = None,
    table: Annotated[str | None, typer.Option("--table", metavar="TABLE", help="of an output, the table (default: the first)")] = None,
    as_json: Json = False,
) -> None:
    """Describe how people type in a file, and as a voice for a recipe."""
    from synthgen import api
    from synthgen.cli import terminal

    voice, count = api.measure(source, field=field, turns=turns, table=table, listen=terminal.print_reading)
    if as_json:
        typer.echo(json.dumps({"messages": count, **voice.model_dump(exclude_none=True)}))
    else:
        terminal.print_measure(voice, count, Path(source).stem)


def compare(
    real: Annotated[str, typer.Argument(metavar="REAL", help="messages that people really typed: a file, or an output folder")],
    generated: Annotated[str, typer.Argument(metavar="GENERATED", help="an output folder, or a file of messages")],
    field: Annotated[
        str | None, typer.Option("--field", metavar="FIELD", help="the field that holds the real messages (default: text, message, …)")
    ] = None,
    turns: Turns = None,
    table: Annotated[str | None, typer.Option("--table", metavar="TABLE", help="the table of the output (default: the first)")] = None,
    originals: Annotated[
        Path | None, typer.Option("--originals", metavar="FILE", help="messages that should not be repeated, such as the seeds")
    ] = None,
    as_json: Json = False,
) -> None:
    """Say how near generated messages come to real ones; and what gives them away."""
    from synthgen import api
    from synthgen.cli import terminal

    comparison = api.compare(real, generated, originals=originals, field=field, turns=turns, table=table, listen=terminal.print_reading)
    if as_json:
        typer.echo(json.dumps(comparison.as_dict()))
    else:
        terminal.print_compare(comparison)
