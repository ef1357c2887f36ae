"""The commands: parse, call, print. Heavy imports wait until a command needs them."""

from __future__ import annotations

import json
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import Annotated, Any

import typer

app = typer.Typer(
    name="synthgen", no_args_is_help=True, rich_markup_mode=None, add_completion=False, pretty_exceptions_enable=False,
    help="Make the traffic that LLM applications really get: a recipe in, a dataset out.",
)  # fmt: skip

Recipe = Annotated[Path, typer.Argument(metavar="RECIPE", help="the recipe, a YAML file")]
Out = Annotated[Path | None, typer.Option("-o", "--out", metavar="DIR", help="where the output goes (default: outputs/NAME)")]
Rows = Annotated[int | None, typer.Option("--rows", metavar="N", min=1, help="rows for every table that has no parent")]
Seed = Annotated[int | None, typer.Option("--seed", metavar="N", help="another seed: other rows")]
Set = Annotated[
    list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="change the recipe, such as tables.traffic.rows=50; may be repeated")
]
Without = Annotated[list[str] | None, typer.Option("--without", metavar="TABLE", help="leave a table out; may be repeated")]
Allow = Annotated[
    list[Path] | None, typer.Option("--allow", metavar="DIR", help="a folder outside the recipe's own that it may read; may be repeated")
]
Json = Annotated[bool, typer.Option("--json", help="print the result as JSON, for a program")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="print nothing but errors")]


def main() -> None:
    """The console script."""
    signal.signal(signal.SIGTERM, lambda *_: (_ for _ in ()).throw(KeyboardInterrupt()))
    app()


@contextmanager
def _errors() -> Iterator[None]:
    from synthgen.errors import SynthgenError

    try:
        yield
    except SynthgenError as error:
        typer.echo(f"error: {error}" if not hasattr(error, "mistakes") else str(error), err=True)
        raise typer.Exit(error.exit_code) from None
    except BrokenPipeError:
        sys.stderr.close()
        raise typer.Exit(0) from None


def _command(function: Callable[..., None]) -> Callable[..., None]:
    @wraps(function)
    def called(*arguments: Any, **options: Any) -> None:
        with _errors():
            function(*arguments, **options)

    return app.command()(called)


def _loading(
    rows: int | None, seed: int | None, settings: list[str] | None, without: list[str] | None, allow: list[Path] | None
) -> dict[str, Any]:
    return {"rows": rows, "seed": seed, "settings": settings or [], "without": without or [], "allow": allow or []}


@_command
def make(
    recipe: Recipe, out: Out = None, rows: Rows = None, seed: Seed = None, set_: Set = None, without: Without = None, allow: Allow = None,
    fresh: Annotated[bool, typer.Option("--fresh", help="start over: forget what was made and answered")] = False,
    recheck: Annotated[bool, typer.Option("--recheck", help="read the answers that are there under the recipe's present checks; ask nothing")] = False,
    quiet: Quiet = False, as_json: Json = False,
) -> None:  # fmt: skip
    """Make the dataset. A run that was cut off goes on where it was."""
    from synthgen import api, terminal

    if fresh and recheck:
        raise typer.BadParameter("--fresh forgets the answers that --recheck reads; give one of them")
    try:
        with terminal.progress(silent=quiet or as_json) as watch:
            made = api.make(recipe, out=out, fresh=fresh, recheck=recheck, watch=watch, **_loading(rows, seed, set_, without, allow))
    except KeyboardInterrupt:
        typer.echo("\ninterrupted; what was finished is kept: the same command goes on", err=True)
        raise typer.Exit(130) from None
    if as_json:
        typer.echo(json.dumps({"folder": str(made.folder), "already": made.already, "notes": made.notes, **made.manifest}, default=str))
    elif not quiet:
        terminal.made(made)


@_command
def preview(
    recipe: Recipe, show: Annotated[int, typer.Option("-n", "--show", metavar="N", min=1, max=100, help="rows of each table")] = 5, out: Out = None,
    seed: Seed = None, set_: Set = None, without: Without = None, allow: Allow = None,
    prompts: Annotated[bool, typer.Option("--prompts", help="show what the model is asked, too")] = False, as_json: Json = False,
) -> None:  # fmt: skip
    """Show a handful of rows of each table. What is asked is remembered for make."""
    from synthgen import api, terminal

    try:
        for table, made in api.preview(recipe, show=show, out=out, **_loading(None, seed, set_, without, allow)):
            if as_json:
                for row in made:
                    typer.echo(json.dumps({"table": table.name, **api.plain(row.values)}, default=str, ensure_ascii=False))
            else:
                terminal.previewed(table, made, prompts=prompts)
    except KeyboardInterrupt:
        raise typer.Exit(130) from None


@_command
def check(
    recipe: Recipe,
    rows: Rows = None,
    seed: Seed = None,
    set_: Set = None,
    without: Without = None,
    allow: Allow = None,
    as_json: Json = False,
) -> None:
    """Find every mistake in a recipe, and say what it will ask of which model. Makes nothing."""
    from synthgen import api, terminal

    checked = api.check(recipe, **_loading(rows, seed, set_, without, allow))
    if as_json:
        tables = {table.name: {"rows": table.table.rows, "columns": dict(table.columns)} for table in checked.plan.tables}
        typer.echo(
            json.dumps(
                {"name": checked.loaded.recipe.name, "tables": tables, "asks": [api.asdict(question) for question in checked.questions]}
            )
        )
    else:
        terminal.checked(checked)


@_command
def look(
    output: Annotated[Path, typer.Argument(metavar="OUTPUT", help="an output folder")],
    table: Annotated[str | None, typer.Argument(metavar="[TABLE]", help="a table in it, or refused, unsure or review (default: the first)")] = None,
    where: Annotated[list[str] | None, typer.Option("--where", metavar="FIELD=VALUE", help="only rows where it is so (=~ for a part of it); may be repeated")] = None,
    rows: Annotated[int, typer.Option("-n", "--rows", metavar="N", min=1, help="how many rows")] = 10,
    skip: Annotated[int, typer.Option("--skip", metavar="N", min=0, help="how many to pass over first")] = 0,
    fields: Annotated[list[str] | None, typer.Option("--field", metavar="FIELD", help="show only this field; may be repeated")] = None,
    as_json: Json = False,
) -> None:  # fmt: skip
    """Read rows of an output."""
    from synthgen import api, terminal

    name, found, fitting = api.look(output, table, where=where or [], rows=rows, skip=skip)
    if fields:
        found = [{key: row[key] for key in fields if key in row} for row in found]
    if as_json:
        for row in found:
            typer.echo(json.dumps(api.plain(row), default=str, ensure_ascii=False))
    else:
        terminal.looked(name, found, fitting, skip)


@_command
def measure(
    source: Annotated[Path, typer.Argument(metavar="FILE", help="messages: JSONL, JSON, CSV, Parquet or text, or an output folder")],
    field: Annotated[str | None, typer.Option("--field", metavar="FIELD", help="the field that holds the messages (default: text, message, …)")] = None,
    table: Annotated[str | None, typer.Option("--table", metavar="TABLE", help="of an output, the table (default: the first)")] = None,
    as_json: Json = False,
) -> None:  # fmt: skip
    """Describe how people type in a file, and as a voice for a recipe."""
    from synthgen import api, terminal

    voice, count = api.measure(source, field=field, table=table)
    if as_json:
        typer.echo(json.dumps({"messages": count, **voice.model_dump(exclude_none=True)}))
    else:
        terminal.measured(voice, count, source.stem)


@_command
def compare(
    real: Annotated[Path, typer.Argument(metavar="REAL", help="messages that people really typed: a file, or an output folder")],
    generated: Annotated[Path, typer.Argument(metavar="GENERATED", help="an output folder, or a file of messages")],
    field: Annotated[str | None, typer.Option("--field", metavar="FIELD", help="the field that holds the real messages (default: text, message, …)")] = None,
    table: Annotated[str | None, typer.Option("--table", metavar="TABLE", help="the table of the output (default: the first)")] = None,
    originals: Annotated[Path | None, typer.Option("--originals", metavar="FILE", help="messages that should not be repeated, such as the seeds")] = None,
    as_json: Json = False,
) -> None:  # fmt: skip
    """Say how near generated messages come to real ones, and what gives them away."""
    from synthgen import api, terminal

    found = api.compare(real, generated, originals=originals, field=field, table=table)
    if as_json:
        typer.echo(json.dumps(found.as_dict()))
    else:
        terminal.compared(found)


@_command
def tune(
    logs: Annotated[list[Path], typer.Argument(metavar="LOGS", help="your users' messages: JSONL, JSON, CSV, Parquet or text files")],
    out: Annotated[Path, typer.Option("-o", "--out", metavar="DIR", help="where the model goes")],
    about: Annotated[str, typer.Option("--about", metavar="TEXT", help="who typed them where, as your recipe's about says it")] = "",
    field: Annotated[str | None, typer.Option("--field", metavar="FIELD", help="the field that holds the messages (default: text, message, …)")] = None,
    group: Annotated[str | None, typer.Option("--group", metavar="FIELD", help="the field that says what a message is about (default: group, intent, …)")] = None,
    model: Annotated[str, typer.Option("--model", metavar="NAME", help="the base model: scribbler, a folder, a .gguf file or a Hub id")] = "scribbler",
    epochs: Annotated[int, typer.Option("--epochs", metavar="N", min=1, help="how often every message is read")] = 3,
    minutes: Annotated[float | None, typer.Option("--minutes", metavar="N", min=0.1, help="train no longer than this")] = None,
    probe: Annotated[int, typer.Option("--probe", metavar="N", min=1, help="messages to generate, to measure what the model gives away of the logs")] = 400,
    seed: Annotated[int, typer.Option("--seed", metavar="N", help="another seed: another order of messages")] = 0,
    device: Annotated[str, typer.Option("--device", metavar="NAME", help="auto, cpu, cuda, mps")] = "auto",
    fresh: Annotated[bool, typer.Option("--fresh", help="start over")] = False,
    from_scratch: Annotated[bool, typer.Option("--from-scratch", help="make a base model as the embedded one was made: LOGS is the folder of corpora, --model the source")] = False,
    layers: Annotated[int | None, typer.Option("--layers", metavar="N", min=2, help="with --from-scratch: keep so many layers (default: all)")] = None,
    quiet: Quiet = False, as_json: Json = False,
) -> None:  # fmt: skip
    """Teach a small base model how your users type, on this machine. A run that was cut off goes on where it was."""
    from synthgen import api, terminal

    if from_scratch and (len(logs) != 1 or model == "scribbler"):
        raise typer.BadParameter("--from-scratch needs the folder of corpora, and --model SOURCE: the model to start from")
    if layers and not from_scratch:
        raise typer.BadParameter("--layers needs --from-scratch")
    if from_scratch and (about or field or group or epochs != 3 or probe != 400 or device != "auto"):
        raise typer.BadParameter("--from-scratch takes --layers, --minutes, --seed and --fresh, and none of the other options")
    try:
        with terminal.tuning(silent=quiet or as_json) as watch:
            if from_scratch:
                made = api.tune_from_scratch(logs[0], out, model=model, layers=layers, minutes=minutes, seed=seed, fresh=fresh, watch=watch)
            else:
                made = api.tune(logs, out, about=about, model=model, field=field, group=group, epochs=epochs, minutes=minutes, probe=probe,
                                seed=seed, device=device, fresh=fresh, watch=watch)  # fmt: skip
    except KeyboardInterrupt:
        typer.echo("\ninterrupted; what was learned is kept: the same command goes on", err=True)
        raise typer.Exit(130) from None
    if as_json:
        typer.echo(json.dumps({"folder": str(made.folder), "already": made.already, **made.record}, default=str))
    elif not quiet:
        terminal.tuned(made)


@_command
def schema() -> None:
    """Print the JSON Schema of a recipe, for editors."""
    from synthgen.recipe.schema import schema as shape

    typer.echo(json.dumps(shape(), indent=2))


@_command
def doctor(as_json: Json = False) -> None:
    """Say what this machine has: versions, device, models, keys (never their values)."""
    from synthgen import terminal
    from synthgen.doctor import examine

    found = examine()
    if as_json:
        typer.echo(json.dumps(found))
    else:
        terminal.examined(found)


def _version(wanted: bool) -> None:
    if wanted:
        from synthgen import __version__

        typer.echo(f"synthgen {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="print the version")] = False,
) -> None:
    pass
