"""A recipe to begin with: `new`."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Mapping
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Annotated, Any

import typer

from synthgen.cli.options import INTERRUPTED, MaxCost, Turns
from synthgen.cli.streams import tell
from synthgen.errors import OutputError

if TYPE_CHECKING:  # which imports much, and help needs none of it
    from synthgen.dataset import Output

FieldName = Annotated[
    str | None,
    typer.Option(
        "--field",
        metavar="NAME",
        help="with --from-logs: the field of its records that holds the messages; with --from-harness: the variable that somebody types",
    ),
]


def new(
    name: Annotated[str | None, typer.Argument(metavar="NAME", help="the folder to make; the recipe gets its name")] = None,
    like: Annotated[
        str | None, typer.Option("--like", metavar="RECIPE", help="copy a recipe that comes with synthgen, with its seeds: see --list")
    ] = None,
    list_: Annotated[bool, typer.Option("--list", help="list the recipes that come with synthgen")] = False,
    answers: Annotated[
        Path | None,
        typer.Option("--answers", metavar="FILE", help="the answers of an interview (answers.yaml): the recipe that they end in"),
    ] = None,
    from_logs: Annotated[
        Path | None,
        typer.Option("--from-logs", metavar="FILE", help="messages that people really typed: a recipe that makes more like them, by topic"),
    ] = None,
    from_harness: Annotated[
        Path | None,
        typer.Option(
            "--from-harness",
            metavar="FILE",
            help="a promptfoo config or its tests, an inspect dataset, an OpenAI evals file: its neat inputs, typed as people would",
        ),
    ] = None,
    from_prompt: Annotated[
        Path | None,
        typer.Option(
            "--from-prompt",
            metavar="FILE",
            help="a template with {{variables}}, {variables} or <variables>: each is filled with what it will really be given; or a system "
            "prompt: what people type to its application",
        ),
    ] = None,
    from_docs: Annotated[
        Path | None,
        typer.Option(
            "--from-docs",
            metavar="DIR",
            help="a folder of documents (.md, .txt, .pdf): Claude reads them, and says who types what, and why",
        ),
    ] = None,
    field: FieldName = None,
    turns: Turns = None,
    topics: Annotated[
        int | None,
        typer.Option("--topics", metavar="N", min=2, max=100, help="with --from-logs: how many topics (default: as many as stand apart)"),
    ] = None,
    paper: Annotated[
        Path | None,
        typer.Option(
            "--paper", metavar="FILE", help="a paper or style guide (.md, .txt, .pdf): Claude reads it whole and writes tasks about it"
        ),
    ] = None,
    count: Annotated[
        int | None, typer.Option("-n", "--count", metavar="N", min=1, help="with --paper: how many tasks (default: 20)")
    ] = None,
    concrete: Annotated[
        bool,
        typer.Option(
            "--concrete",
            help="with --paper: tasks that look just like real ones (default: illustrative, unlike your data, to teach the idea)",
        ),
    ] = False,
    max_cost: MaxCost = None,
) -> None:
    """Ask about your application, and write a recipe of the answers. With a NAME it asks nothing: it writes a small recipe, a copy of one
    that comes with synthgen, or one of what is there, and each works as it is."""
    from synthgen.cli import terminal

    files = {"logs": from_logs, "harness": from_harness, "prompt": from_prompt, "docs": from_docs}
    sources = {"--like": like, "--paper": paper, "--answers": answers, **{f"--from-{kind}": file for kind, file in files.items()}}
    belonging = {
        ("--field",): (field is not None, from_logs or from_harness, "--from-logs or --from-harness"),
        ("--turns", "--topics"): (turns is not None or topics is not None, from_logs, "--from-logs"),
        ("--max-cost",): (max_cost is not None, from_docs, "--from-docs"),
        ("-n", "--concrete"): (count is not None or concrete, paper, "--paper"),
    }
    _refuse_misfits(sources, belonging)
    if list_:
        terminal.print_recipes()
    elif name is None and (any(value is not None for value in sources.values()) or not sys.stdin.isatty()):
        raise typer.BadParameter("name the folder to make, such as: synthgen new my-shop")
    elif name is None:
        _interview()
    elif any(files.values()):
        _from_file(name, files, {"field": field or "", "turns": turns, "topics": topics, "max_cost": max_cost})
    elif answers is not None:
        _from_answers(name, answers)
    elif like is None and paper is None and _goes_on(Path(name)):
        _interview(Path(name))
    else:
        _from_shipped(name, like, paper, {"count": count or 20, "writes": "concrete" if concrete else "illustrative"})


def _refuse_misfits(sources: Mapping[str, Any], belonging: Mapping[tuple[str, ...], tuple[bool, Any, str]]) -> None:
    """Refuse two sources of a recipe, and options without the source that they belong to."""
    if sum(source is not None for source in sources.values()) > 1:
        *names, last = sources
        raise typer.BadParameter(f"{', '.join(names)} and {last} each write another recipe; give one of them")
    for names_of_options, (is_given, source, owner) in belonging.items():
        if is_given and source is None:
            raise typer.BadParameter(f"{' and '.join(names_of_options)} need{'s' * (len(names_of_options) == 1)} {owner}")


def _from_file(name: str, files: Mapping[str, Any], options: Mapping[str, Any]) -> None:
    from synthgen import api
    from synthgen.cli import terminal
    from synthgen.cli.terminal.interview import print_written

    if files["docs"]:
        terminal.print_documents_cost(files["docs"])
    project = api.new(name, **files, listen=terminal.print_reading, **options)
    if files["docs"]:
        print_written(project)
    elif project.topics:
        terminal.print_found_topics(project)
    else:
        terminal.print_started(project)


def _from_answers(name: str, answers: Path) -> None:
    from synthgen import api
    from synthgen.cli.terminal.interview import print_written

    print_written(api.new(name, answers=answers))


def _from_shipped(name: str, like: str | None, paper: Path | None, options: Mapping[str, Any]) -> None:
    from synthgen import api

    project = api.new(name, like=like, paper=paper, **options)
    typer.echo(f"wrote {project.recipe}" + (f" and copied {project.paper}" if project.paper else ""))
    typer.echo(f"next: synthgen {'check' if paper else 'preview'} {project.recipe}")
    if not (like or paper) and sys.stdin.isatty():
        typer.echo("to be asked about your own application instead: synthgen new, without a name")


def _answers(folder: Path) -> None:
    """Have the questions answered: Claude's, where it may lead, or the fixed ones."""
    from synthgen.cli.terminal import interview
    from synthgen.interview.led import journalled

    if model := interview.claude_may_lead(folder):
        with journalled(model, folder) as remembering:
            interview.lead(folder, remembering)
    else:
        interview.hold(folder)


def _made(recipe: Path, more: int = 0) -> Path:
    """Make a recipe's dataset, with so many `more` rows from now on; say which facts it does without, and return its folder."""
    from synthgen import api
    from synthgen.cli.terminal.making import facts_without_message
    from synthgen.cli.terminal.watching import progress
    from synthgen.interview import TABLE, add_rows

    if more:
        manifest = _output(recipe).manifest()
        add_rows(recipe, more, manifest["tables"][TABLE]["rows"] if manifest else 0)
    with progress(silent=False) as watch:
        made = api.make(recipe, watch=watch)
    for table in made.manifest["tables"].values():
        for line in facts_without_message(table):
            tell(f"{line.strip()}: see {recipe.parent}/seeds")
    return made.folder


def _output(recipe: Path) -> Output:
    """The output of a recipe. Raises OutputError where it is another's."""
    from synthgen import api
    from synthgen.dataset.origin import refuse_other
    from synthgen.dataset.remote import output_at

    loaded = api.load_recipe(recipe)
    output = output_at(loaded.output_place())
    if output.manifest() is not None:
        refuse_other(output, loaded, finished=True)
    return output


def _finished_or_made(recipe: Path, more: int = 0) -> Path:
    """The folder of a recipe's dataset: as it is, if it is finished and no `more` rows are wanted, for it may have more than its recipe
    says; or else it is made."""
    output = _output(recipe)
    return _made(recipe, more) if more or output.manifest() is None else output.final


def _goes_on(folder: Path) -> bool:
    """Whether there is an interview to go on with: answers, or what was written of them. Raises OutputError where nobody can answer."""
    from synthgen.interview.answers import ANSWERS_FILE
    from synthgen.recipe.shipped import RECIPE

    if not (folder / ANSWERS_FILE).exists():
        return False
    if not sys.stdin.isatty() and not (folder / RECIPE).exists():
        hint = f"for the recipe that they end in: synthgen new {folder} --answers {folder}/{ANSWERS_FILE}"
        raise OutputError(f"{folder} has the answers of an interview, which goes on at a terminal", hint)
    return sys.stdin.isatty()


def _interview(folder: Path | None = None) -> None:
    """Ask, for a recipe in a folder or one that somebody names; write it, make its first rows, and ask which to keep. What is done already
    is not done again."""
    from synthgen import api
    from synthgen.cli.terminal import interview
    from synthgen.interview.answers import ANSWERS_FILE
    from synthgen.models.connection import import_client
    from synthgen.recipe.shipped import RECIPE

    if folder and (folder / RECIPE).exists():
        interview.make_and_choose(folder / RECIPE, folder / ANSWERS_FILE, _finished_or_made, sure=True)
        return

    Thread(target=import_client, daemon=True).start()  # while somebody types a name
    folder = folder or interview.folder()
    try:
        _answers(folder)
    except KeyboardInterrupt:
        kept = f"your answers are kept; to go on: synthgen new {shlex.quote(str(folder))}"
        tell(f"\ninterrupted; {kept if (folder / ANSWERS_FILE).exists() else 'nothing was answered yet'}")
        raise typer.Exit(INTERRUPTED) from None
    started = api.new(folder, answers=folder / ANSWERS_FILE)
    api.check(started.recipe)
    interview.print_written(started)
    interview.make_and_choose(started.recipe, folder / ANSWERS_FILE, _made)
