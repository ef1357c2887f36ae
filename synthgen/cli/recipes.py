"""Recipes, before they are run and after: `check`, `improve`, `focus`, `schema` and `skill`."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from synthgen.cli.options import Allow, Json, MaxCost, NoReview, Recipe, Rows, Seed, Set, Without, Yes, loading


def check(
    recipe: Recipe,
    rows: Rows = None,
    seed: Seed = None,
    set_: Set = None,
    without: Without = None,
    allow: Allow = None,
    critique: Annotated[
        bool, typer.Option("--critique", help="ask Claude what is unclear, ambiguous or missing in the prompts; it does not follow them")
    ] = False,
    out: Annotated[
        Path | None,
        typer.Option(
            "-o", "--out", metavar="DIR", help="with --critique: the output whose rows are shown as samples (default: outputs/NAME)"
        ),
    ] = None,
    max_cost: MaxCost = None,
    as_json: Json = False,
) -> None:
    """Find every mistake in a recipe; say what it will ask of which model. Makes nothing."""
    from synthgen import api
    from synthgen.cli import terminal

    options = loading(rows, seed, set_, without, allow)
    if critique:
        result = api.critique(recipe, out=out, max_cost=max_cost, **options)
        if as_json:
            typer.echo(json.dumps(api.asdict(result), ensure_ascii=False))
        else:
            terminal.print_critique(result)
        return
    if max_cost is not None or out is not None:
        raise typer.BadParameter("--max-cost and --out need --critique: nothing else here costs anything, or reads an output")
    checked = api.check(recipe, **options)
    if as_json:
        tables = {table.name: {"rows": table.table.wanted, "columns": dict(table.columns)} for table in checked.plan.tables}
        asks = [api.asdict(question) for question in checked.questions]
        typer.echo(json.dumps({"name": checked.loaded.recipe.name, "tables": tables, "asks": asks, "notes": checked.notes}))
    else:
        terminal.print_check(checked)


def improve(
    output: Annotated[str, typer.Argument(metavar="OUTPUT", help="an output folder with rows that were refused or put aside")],
    recipe: Annotated[
        Path | None,
        typer.Argument(
            metavar="[RECIPE]", help="the recipe that it was made from, to edit (default: the copy in the output, which is only read)"
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("-o", "--out", metavar="FILE", help="write the edited recipe here (default: into RECIPE)")
    ] = None,
    yes: Yes = False,
    allow: Allow = None,
    max_cost: MaxCost = None,
    as_json: Json = False,
) -> None:
    """Propose an edit of the recipe: Claude explains which instructions led to the rows that were put aside."""
    from synthgen import advice, api
    from synthgen.cli import terminal

    place = out or recipe
    if yes and place is None:
        raise typer.BadParameter("--yes needs to know where to write: name the RECIPE, or -o FILE")
    improvement = api.improve(output, recipe, max_cost=max_cost, allow=allow or [])
    if not as_json:
        terminal.print_improve(improvement)
    changed = improvement.new != improvement.old
    asks = changed and place is not None and not (yes or as_json) and sys.stdin.isatty() and sys.stdout.isatty()
    written = place if changed and (yes or (asks and typer.confirm(f"write this to {place}?", default=False))) else None
    if written is not None:
        advice.write(improvement, written)
    if as_json:
        changes = [
            {
                "place": change.place,
                "rows": list(change.rows),
                "explanation": change.explanation,
                "text": change.text,
                "failed": change.failed,
            }
            for change in improvement.changes
        ]
        summary = {
            "aside": improvement.aside,
            "reading": improvement.reading,
            "left": improvement.left,
            "changes": changes,
            "diff": improvement.diff,
            "cost": improvement.cost,
        }
        typer.echo(json.dumps({**summary, "written": str(written) if written else None}, ensure_ascii=False))
    elif written is not None:
        where = f"synthgen make {written}" if written == recipe else "in the place of the recipe that the output was made from, make"
        typer.echo(f"wrote {written}; {where} asks again only for the fields that changed")
    elif changed and not asks:
        typer.echo("nothing was written; " + ("--yes writes it" if place else "name the RECIPE, or -o FILE, and --yes, to write it"))


def focus(
    results: Annotated[
        Path, typer.Argument(metavar="RESULTS", help="what inspect, lm-eval or promptfoo wrote: a file, or a folder of them")
    ],
    output: Annotated[str, typer.Argument(metavar="OUTPUT", help="the output that was exported")],
    recipe: Annotated[
        Path | None, typer.Argument(metavar="[RECIPE]", help="the recipe that it was made from (default: as was noted when it was made)")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("-o", "--out", metavar="FILE", help="where the new recipe goes (default: NAME-focus.yaml beside RECIPE)")
    ] = None,
    yes: Yes = False,
    allow: Allow = None,
    no_review: NoReview = False,
    as_json: Json = False,
) -> None:
    """Write a recipe that makes more of what an application failed on: shown as a diff, and written if you say so."""
    from synthgen import api
    from synthgen.cli import terminal

    focused = api.focus(results, output, recipe, out, allow=allow or [], review=not no_review)
    if not as_json:
        terminal.print_focus(focused)
    changed = focused.new != focused.old
    asks = changed and not (yes or as_json) and sys.stdin.isatty() and sys.stdout.isatty()
    wants = changed and (yes or (asks and typer.confirm(f"write this to {focused.out}?", default=False)))
    written = focused.write() if wants else None
    if as_json:
        typer.echo(json.dumps({**focused.as_dict(), "written": str(written) if written else None}, ensure_ascii=False))
    elif written is not None:
        typer.echo(f"wrote {written}; next: synthgen make {written}")
    elif changed and not asks:
        typer.echo(f"nothing was written; --yes writes {focused.out}")


def schema() -> None:
    """Print the JSON Schema of a recipe, for editors."""
    from synthgen.recipe.schema import schema as shape

    typer.echo(json.dumps(shape(), indent=2))


def skill(
    project: Annotated[
        Path | None, typer.Argument(metavar="[DIR]", help="with --install: the project's folder (default: this one)")
    ] = None,
    install: Annotated[bool, typer.Option("--install", help="write it into a project, as .claude/skills/synthgen/SKILL.md")] = False,
    force: Annotated[bool, typer.Option("--force", help="with --install: also in place of a file that differs")] = False,
) -> None:
    """Print a short skill for coding agents: how a recipe is written and what to run."""
    from synthgen import advice

    if not install and (project is not None or force):
        raise typer.BadParameter("DIR and --force need --install")
    if install:
        typer.echo(f"wrote {advice.install(project or Path(), force=force)}")
    else:
        typer.echo(advice.skill(), nl=False)
