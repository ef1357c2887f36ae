"""The machine and its models: `tune` and `doctor`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from synthgen.cli.options import Json, Quiet, Turns, kept


def tune(
    logs: Annotated[list[Path], typer.Argument(metavar="LOGS", help="your users' messages: JSONL, JSON, CSV, Parquet or text files")],
    out: Annotated[Path, typer.Option("-o", "--out", metavar="DIR", help="where the model goes")],
    about: Annotated[str, typer.Option("--about", metavar="TEXT", help="who typed them where, as your recipe's about says it")] = "",
    field: Annotated[
        str | None, typer.Option("--field", metavar="FIELD", help="the field that holds the messages (default: text, message, …)")
    ] = None,
    turns: Turns = None,
    group: Annotated[
        str | None, typer.Option("--group", metavar="FIELD", help="the field that says what a message is about (default: group, intent, …)")
    ] = None,
    model: Annotated[
        str, typer.Option("--model", metavar="NAME", help="the base model: scribbler, a folder, a .gguf file or a Hub id")
    ] = "scribbler",
    epochs: Annotated[int, typer.Option("--epochs", metavar="N", min=1, help="how often every message is read")] = 3,
    minutes: Annotated[float | None, typer.Option("--minutes", metavar="N", min=0.1, help="train no longer than this")] = None,
    probe: Annotated[
        int, typer.Option("--probe", metavar="N", min=1, help="messages to generate, to measure what the model gives away of the logs")
    ] = 400,
    seed: Annotated[int, typer.Option("--seed", metavar="N", help="another seed: another order of messages")] = 0,
    device: Annotated[str, typer.Option("--device", metavar="NAME", help="auto, cpu, cuda, mps")] = "auto",
    fresh: Annotated[bool, typer.Option("--fresh", help="start over")] = False,
    from_scratch: Annotated[
        bool,
        typer.Option(
            "--from-scratch", help="make a base model as the embedded one was made: LOGS is the folder of corpora, --model the source"
        ),
    ] = False,
    layers: Annotated[
        int | None, typer.Option("--layers", metavar="N", min=2, help="with --from-scratch: keep so many layers (default: all)")
    ] = None,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Teach a small base model how your users type, on this machine. A run that was cut off goes on where it was."""
    from synthgen import api
    from synthgen.cli import terminal

    if from_scratch and (len(logs) != 1 or model == "scribbler"):
        raise typer.BadParameter("--from-scratch needs the folder of corpora, and --model SOURCE: the model to start from")
    if layers and not from_scratch:
        raise typer.BadParameter("--layers needs --from-scratch")
    if from_scratch and (about or field or group or turns or epochs != 3 or probe != 400 or device != "auto"):
        raise typer.BadParameter("--from-scratch takes --layers, --minutes, --seed and --fresh, and none of the other options")
    with kept("what was learned"), terminal.tuning(silent=quiet or as_json) as watch:
        if from_scratch:
            tuned = api.tune_from_scratch(logs[0], out, model=model, layers=layers, minutes=minutes, seed=seed, fresh=fresh, watch=watch)
        else:
            tuned = api.tune(
                logs,
                out,
                about=about,
                model=model,
                field=field,
                group=group,
                turns=turns,
                epochs=epochs,
                minutes=minutes,
                probe=probe,
                seed=seed,
                device=device,
                fresh=fresh,
                watch=watch,
                listen=None if quiet else terminal.print_reading,
            )
    if as_json:
        typer.echo(json.dumps({"folder": str(tuned.folder), "already": tuned.already, **tuned.record}, default=str))
    elif not quiet:
        terminal.print_tuned(tuned)


def doctor(as_json: Json = False) -> None:
    """Say what this machine has: versions, device, models, keys (never their values)."""
    from synthgen.cli import terminal
    from synthgen.cli.doctor import examine, verdict

    findings = examine()
    if as_json:
        typer.echo(json.dumps(findings))
    else:
        terminal.print_doctor(findings, verdict(findings))
