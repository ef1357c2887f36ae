"""Reading an output: `look`, `why`, `diff`, `report`, `verify` and `fewshot`."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

from synthgen.cli.browser import browser_is_there
from synthgen.cli.options import All, Allow, Json, NoReview, Output, Turns
from synthgen.cli.streams import tell


def look(
    output: Output,
    tables: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="TABLE",
            help="a table in it, or refused, unsure or review (default: the recipe's harness's, else the first); further ones are shown "
            "beside it, row by row",
        ),
    ] = None,
    where: Annotated[
        list[str] | None,
        typer.Option(
            "--where", metavar="FIELD=VALUE", help="only rows where it is so (!= where it is not, =~ for a part of it); may be repeated"
        ),
    ] = None,
    search: Annotated[str, typer.Option("--search", metavar="TEXT", help="only rows with this in a text, whatever the case")] = "",
    sort: Annotated[str, typer.Option("--sort", metavar="FIELD", help="sorted by a field; -FIELD: falling")] = "",
    row: Annotated[str | None, typer.Option("--row", metavar="ROW", help="only the row of this id, such as traffic-17")] = None,
    rows: Annotated[
        int | None,
        typer.Option(
            "-n", "--rows", metavar="N", min=1, help="how many rows (default: 10; of messages that no row is chosen from yet, 20)"
        ),
    ] = None,
    skip: Annotated[int, typer.Option("--skip", metavar="N", min=0, help="how many to pass over first")] = 0,
    fields: Annotated[list[str] | None, typer.Option("--field", metavar="FIELD", help="show only this field; may be repeated")] = None,
    short: Annotated[bool, typer.Option("--short", help="one line a row: what is right for it, and what was typed")] = False,
    full: All = False,
    as_json: Json = False,
) -> None:
    """Read rows of an output, or of a run that is not finished: what was typed, then labels, and the facts that it mentions."""
    if short and full:
        raise typer.BadParameter("--short shows less of a row and --all all of it; give one of them")
    if short and tables and len(tables) > 1:
        raise typer.BadParameter("--short shows rows of one table; name one")
    from synthgen import api
    from synthgen.cli import terminal
    from synthgen.decisions.by_name import marked
    from synthgen.harness.looked import with_targets

    selection = api.look(output, tables, where=where or [], search=search, sort=sort, row=row, fields=fields or [], rows=rows, skip=skip)
    if not as_json:
        terminal.print_look(with_targets(output, marked(output, selection)), skip, full=full, short=short, search=search)
        return
    for number, values in enumerate(selection.rows):
        related_rows = (
            {name: [looked_row.whole for looked_row in looked_rows] for name, looked_rows in selection.beside[number].items()}
            if selection.beside
            else {}
        )
        typer.echo(json.dumps({selection.table: values, **related_rows} if related_rows else values, default=str, ensure_ascii=False))
    terminal.print_standing(selection)


def report(
    output: Output,
    open_: Annotated[bool, typer.Option("--open", help="then open it in the browser")] = False,
    against: Annotated[
        str | None,
        typer.Option("--against", metavar="LOGS", help="real messages, to lay beside the generated ones: a file, or an output folder"),
    ] = None,
    field: Annotated[
        str | None, typer.Option("--field", metavar="FIELD", help="the field that holds the real messages (default: text, message, …)")
    ] = None,
    turns: Turns = None,
    results: Annotated[
        Path | None,
        typer.Option("--results", metavar="RESULTS", help="what inspect, lm-eval or promptfoo wrote: say where the application fails, too"),
    ] = None,
    file: Annotated[
        Path | None, typer.Option("-o", "--out", metavar="FILE", help="where it goes (default: report.html in the output)")
    ] = None,
    no_review: NoReview = False,
) -> None:
    """Write the page that shows an output: rows, labels, how people type, what was refused, and what it took."""
    from synthgen import api
    from synthgen.cli import terminal

    if (field is not None or turns is not None) and against is None:
        name, does = ("--field", "names a field") if field is not None else ("--turns", "says which turns")
        raise typer.BadParameter(f"{name} {does} of the messages that --against reads; give both")
    place = api.report(output, against=against, field=field, turns=turns, results=results, out=file, review=not no_review)
    terminal.print_report(place, against)
    if open_ and browser_is_there():
        typer.launch(place.resolve().as_uri())
    elif open_:
        tell("no browser can be opened here: open that file yourself")


def verify(output: Output, as_json: Json = False) -> None:
    """Say which files of an output are not as they were made; of a tuned model, too. Reads every one."""
    from synthgen import api
    from synthgen.cli import terminal

    verified = api.verify(output)
    if as_json:
        typer.echo(json.dumps({**api.asdict(verified), "folder": str(verified.folder)}))
    else:
        terminal.print_verify(verified)
    if verified.damaged:
        raise typer.Exit(1)


def why(
    output: Output,
    row: Annotated[str, typer.Argument(metavar="ROW", help="the row's id, such as traffic-17, or its number in --table")],
    table: Annotated[str | None, typer.Option("--table", metavar="TABLE", help="the row's table (default: the first)")] = None,
    recipe: Annotated[
        Path | None,
        typer.Option("--recipe", metavar="RECIPE", help="the recipe that was run, where it is not where it was then (for its seed files)"),
    ] = None,
    allow: Allow = None,
    full: Annotated[bool, typer.Option("--all", help="whole settings, frames and texts, random streams, models and versions")] = False,
    as_json: Json = False,
) -> None:
    """Tell everything about one row: who made its facts, what a model was asked and answered, what else it might have said."""
    from synthgen import api
    from synthgen.cli import terminal

    explanation = api.why(output, row, table=table, recipe=recipe, allow=allow or [])
    if as_json:
        typer.echo(json.dumps(explanation.as_dict(), default=str, ensure_ascii=False))
    else:
        terminal.print_why(explanation, full=full)


def diff(
    before: Annotated[str, typer.Argument(metavar="BEFORE", help="an output folder, or the address of one")],
    after: Annotated[str, typer.Argument(metavar="AFTER", help="the output of another version")],
    table: Annotated[str | None, typer.Option("--table", metavar="TABLE", help="look at this table only")] = None,
    as_json: Json = False,
) -> None:
    """Say what changed between two versions of a dataset: recipe, rows, labels, styles, quality. Exit code 1 when they differ."""
    from synthgen import api
    from synthgen.cli import terminal

    difference = api.diff(before, after, table=table)
    if as_json:
        typer.echo(json.dumps(difference.as_dict(), default=str, ensure_ascii=False))
    else:
        terminal.print_diff(difference)
    raise typer.Exit(int(difference.differs))


def fewshot(
    output: Output,
    k: Annotated[
        int, typer.Option("-k", metavar="K", min=1, max=1000, help="how many examples, as far as there are so many that differ")
    ] = 8,
    table: Annotated[
        str | None, typer.Option("--table", metavar="TABLE", help="the table (default: the first that Claude made something in)")
    ] = None,
    input_: Annotated[
        str | None,
        typer.Option("--input", metavar="FIELD", help="what an example begins with (default: the recipe's harness, else what was typed)"),
    ] = None,
    target: Annotated[
        str | None,
        typer.Option(
            "--target",
            metavar="FIELD",
            help="what it ends with, such as example.reply (default: the recipe's harness, else what Claude made)",
        ),
    ] = None,
    cover: Annotated[
        list[str] | None,
        typer.Option(
            "--cover", metavar="FIELD", help="a label to show evenly (default: topics and the short parts of the target); may be repeated"
        ),
    ] = None,
    form: Annotated[
        Literal["xml", "messages", "markdown"],
        typer.Option("--as", metavar="FORM", help="xml, messages (JSON for the Messages API) or markdown"),
    ] = "xml",
    file: Annotated[Path | None, typer.Option("-o", "--out", metavar="FILE", help="write it to a file")] = None,
    no_review: NoReview = False,
) -> None:
    """Print few-shot examples that cover the labels and differ."""
    from synthgen import api
    from synthgen.cli import terminal
    from synthgen.harness.fewshot import block, claudes, counted, save

    result = api.fewshot(output, k, table=table, source=input_, target=target, cover=cover or [], form=form, review=not no_review)
    text = block(result.examples, form)
    if file:
        save(text, file)
    else:
        typer.echo(str(terminal.safe(text)) if sys.stdout.isatty() else text)
    terminal.print_fewshot(result, counted(text, claudes(output)))
