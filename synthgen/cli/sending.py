"""Handing rows on, and reading what came of them: `export`, `slice` and `push`."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from synthgen.cli.options import Json, NoReview, Output, Quiet, Without, Yes, kept

if TYPE_CHECKING:
    from synthgen.harness.slicing import Sliced


def export(
    output: Output,
    to: Annotated[
        list[str],
        typer.Option(
            "--to",
            metavar="HARNESS",
            help="inspect, lm-eval, promptfoo, deepeval, ragas, openai, pytest, messages, jsonl, csv, or all; may be repeated",
        ),
    ],
    out: Annotated[
        Path | None, typer.Option("-o", "--out", metavar="DIR", help="where the files go (default: harness/ in the output)")
    ] = None,
    table: Annotated[
        str | None,
        typer.Option("--table", metavar="TABLE", help="the table (default: the recipe's harness, or the last that has the fields)"),
    ] = None,
    input_: Annotated[
        str | None,
        typer.Option("--input", metavar="FIELD", help="what the application reads (default: the recipe's harness, or the message)"),
    ] = None,
    target: Annotated[
        str | None, typer.Option("--target", metavar="FIELD", help="what the answer should be, such as intent or example.reply")
    ] = None,
    system: Annotated[str | None, typer.Option("--system", metavar="TEXT", help="the system prompt that comes before every input")] = None,
    no_review: NoReview = False,
    as_json: Json = False,
) -> None:
    """Write an output's rows as files of an eval harness, ready to run."""
    from synthgen import api
    from synthgen.cli import terminal
    from synthgen.harness import as_dict

    done = api.export(output, to, out=out, table=table, input=input_, target=target, system=system, review=not no_review)
    if as_json:
        typer.echo(json.dumps(as_dict(done), ensure_ascii=False))
    else:
        terminal.print_export(done)


def slice_(
    results: Annotated[
        Path, typer.Argument(metavar="RESULTS", help="what inspect, lm-eval or promptfoo wrote: a file, or a folder of them")
    ],
    output: Annotated[str, typer.Argument(metavar="OUTPUT", help="the output that was exported")],
    by: Annotated[
        list[str] | None,
        typer.Option(
            "--by", metavar="FIELD", help="slice by this column (default: by all labels: voice, case, intent, …); may be repeated"
        ),
    ] = None,
    no_review: NoReview = False,
    as_json: Json = False,
) -> None:
    """Say where an application fails: its grades by voice, case and intent."""
    from synthgen import api
    from synthgen.cli import terminal

    sliced_runs = api.slice_results(results, output, by or [], review=not no_review)
    if as_json:
        typer.echo(json.dumps([_as_dict(sliced_run) for sliced_run in sliced_runs], ensure_ascii=False))
    else:
        terminal.print_slices(sliced_runs)


def push(
    output: Output,
    repo: Annotated[
        str | None, typer.Argument(metavar="[REPO]", help="OWNER/NAME on the Hub, or NAME for your own (default: the recipe's publish)")
    ] = None,
    public: Annotated[bool, typer.Option("--public", help="let everybody see it; asks first")] = False,
    yes: Yes = False,
    revision: Annotated[
        str | None, typer.Option("--revision", metavar="BRANCH", help="the branch, made when it is missing (default: main)")
    ] = None,
    tag: Annotated[str | None, typer.Option("--tag", metavar="NAME", help="a name for this version, such as v1")] = None,
    pr: Annotated[bool, typer.Option("--pr", help="open a pull request; the dataset stays as it is")] = False,
    test: Annotated[
        float | None,
        typer.Option("--test", metavar="SHARE", min=0.0, max=0.99, help="the share of rows for the split test; a row never changes side"),
    ] = None,
    license_: Annotated[
        str | None, typer.Option("--license", metavar="NAME", help="the licence of the rows, as the Hub names it: cc-by-4.0, mit, …")
    ] = None,
    language: Annotated[
        list[str] | None, typer.Option("--language", metavar="CODE", help="a language of the messages, such as en; may be repeated")
    ] = None,
    without: Without = None,
    logs: Annotated[
        list[Path] | None,
        typer.Option("--logs", metavar="FILE", help="messages that no row may copy, besides those the recipe is like; may be repeated"),
    ] = None,
    field: Annotated[
        str | None,
        typer.Option("--field", metavar="NAME", help="where the messages are in the records of --logs (default: text, message, …)"),
    ] = None,
    no_review: NoReview = False,
    message: Annotated[str | None, typer.Option("-m", "--message", metavar="TEXT", help="what the commit says")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="list what would be sent; send nothing")] = False,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Send an output to the Hugging Face Hub, private by default: one commit, and only what has changed."""
    from synthgen import api
    from synthgen.cli import terminal

    settings = {
        "private": False if public else None,
        "revision": revision,
        "tag": tag,
        "test": test,
        "license": license_,
        "language": language,
    }
    publish = api.publishing(output, repo, **settings)
    to_all = not publish.private
    if to_all and not (yes or dry_run) and not typer.confirm(f"Everybody will be able to see {publish.repo}. Go on?", err=True):
        raise typer.Exit(1)
    how = api.Sending(
        pr=pr,
        dry_run=dry_run,
        without=without or (),
        logs=logs or (),
        field=field,
        review=not no_review,
        message=message,
        progress=not (quiet or as_json) and sys.stderr.isatty(),
    )
    with kept("what was sent"):
        done = api.send(output, publish, how)
    if as_json:
        typer.echo(json.dumps(api.asdict(done)))
    elif not quiet:
        terminal.print_push(done)


SELDOM = ("left_out", "paired", "trends", "effects")
"""What there is of some results only."""


def _as_dict(sliced_run: Sliced) -> dict[str, Any]:
    """For JSON. What there may be none of is told where there is some."""
    return {key: value for key, value in asdict(sliced_run).items() if value or key not in SELDOM}
