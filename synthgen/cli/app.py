"""The program: its commands in the order of its help, and what becomes of their errors. Heavy imports wait until a command needs them."""

from __future__ import annotations

import re
import signal
import sys
from collections.abc import Callable
from functools import wraps
from typing import Annotated, Any

import typer

from synthgen.cli import making, models, reading, realism, recipes, reviewing, sending, serving, starting
from synthgen.cli.commands import SectionedGroup, SuggestingCommand
from synthgen.cli.examples import epilog
from synthgen.cli.options import INTERRUPTED
from synthgen.cli.streams import end_now, error_columns, error_text, failed, finished, open_streams, tell
from synthgen.memory import lacks_memory
from synthgen.quiet import quiet_program
from synthgen.spec.described import described

SECTIONS: dict[str, dict[str, Callable[..., None]]] = {
    "Begin": {
        "new": starting.new,
        "preview": making.preview,
        "check": recipes.check,
        "make": making.make,
        "improve": recipes.improve,
    },
    "Read": {
        "look": reading.look,
        "report": reading.report,
        "review": reviewing.review,
        "why": reading.why,
        "verify": reading.verify,
        "measure": realism.measure,
        "compare": realism.compare,
    },
    "Hand on": {"export": sending.export, "push": sending.push, "fewshot": reading.fewshot},
    "Results": {"slice": sending.slice_, "focus": recipes.focus, "diff": reading.diff},
    "The machine": {
        "doctor": models.doctor,
        "schema": recipes.schema,
        "skill": recipes.skill,
        "tune": models.tune,
        "serve": serving.serve,
    },
}
"""The commands, by what they are for."""
COMMANDS = {name: function for commands in SECTIONS.values() for name, function in commands.items()}

WIDEST = 120
"""Columns that help takes at most; on a narrower terminal as many as there are."""


class _Program(SectionedGroup):
    sections = SECTIONS


app = typer.Typer(
    name="synthgen",
    cls=_Program,
    no_args_is_help=True,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": WIDEST},
    pretty_exceptions_enable=False,
    help="Make the traffic that LLM applications really get: recipe in, dataset out.",
)


def main() -> None:
    """Read the command line, and run what it says."""
    try:
        _run()
    except KeyboardInterrupt:  # a further one, after the first was told
        end_now(INTERRUPTED)


def _run() -> None:
    quiet_program()
    open_streams()
    signal.signal(signal.SIGTERM, lambda *_: (_ for _ in ()).throw(KeyboardInterrupt()))
    try:
        app()
    except SystemExit as ended:
        if ended.code == INTERRUPTED:
            end_now(INTERRUPTED)
        sys.exit(finished(ended.code))
    except OSError as error:
        if lacks_memory(error):
            raise
        sys.exit(failed(error))


def _errors_in_words(function: Callable[..., None]) -> Callable[..., None]:
    """The command with its errors turned into a message and an exit code."""

    @wraps(function)
    def called(*arguments: Any, **options: Any) -> None:
        from synthgen.errors import SynthgenError

        try:
            function(*arguments, **options)
        except SynthgenError as error:
            if lacks_memory(error):
                raise
            tell(error_text(error, error_columns()))
            raise typer.Exit(error.exit_code) from None
        except KeyboardInterrupt:
            tell("\ninterrupted")
            raise typer.Exit(INTERRUPTED) from None
        except OSError as error:
            if lacks_memory(error):
                raise
            raise typer.Exit(failed(error)) from None

    return called


def _version(requested: bool) -> None:
    if requested:
        from synthgen import __version__

        typer.echo(f"synthgen {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="print the version")] = False,
) -> None:
    pass


for _name, _function in COMMANDS.items():
    _help_text = described(_function)
    _short_text = re.split(r"[.;:] ", _help_text)[0].rstrip(".")
    app.command(_name, cls=SuggestingCommand, help=_help_text, short_help=_short_text, epilog=epilog(_name))(_errors_in_words(_function))


@app.command("help", help="Show the help of a command, or this list.", short_help="Show the help of a command, or this list")
def _help(context: typer.Context, command: Annotated[str | None, typer.Argument(metavar="COMMAND", help="a command")] = None) -> None:
    group = context.parent
    assert group is not None
    typer.echo(group.get_help() if command is None else _resolved(group, command))


def _resolved(group: Any, command: str) -> str:
    """The help of a command. A misspelt command gives the same error as when it is run."""
    name, subcommand, _ = group.command.resolve_command(group, [command])
    return str(subcommand.get_help(subcommand.make_context(name, [], parent=group, resilient_parsing=True)))
