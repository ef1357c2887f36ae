"""The program: its commands in the order of its help, and what becomes of their errors. Heavy imports wait until a command needs them."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable
from functools import wraps
from typing import Annotated, Any

import typer

from synthgen.cli import making, models, reading, realism, recipes, sending
from synthgen.cli.options import INTERRUPTED
from synthgen.cli.streams import failed, finished, open_streams, tell
from synthgen.quiet import quiet_program
from synthgen.spec.described import described

COMMANDS: dict[str, Callable[..., None]] = {
    "make": making.make,
    "preview": making.preview,
    "check": recipes.check,
    "new": recipes.new,
    "look": reading.look,
    "report": reading.report,
    "verify": reading.verify,
    "why": reading.why,
    "diff": reading.diff,
    "measure": realism.measure,
    "compare": realism.compare,
    "fewshot": reading.fewshot,
    "export": sending.export,
    "slice": sending.slice_,
    "push": sending.push,
    "improve": recipes.improve,
    "tune": models.tune,
    "schema": recipes.schema,
    "skill": recipes.skill,
    "doctor": models.doctor,
}

app = typer.Typer(
    name="synthgen",
    no_args_is_help=True,
    rich_markup_mode=None,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Make the traffic that LLM applications really get: a recipe in, a dataset out.",
)


def main() -> None:
    """The console script."""
    quiet_program()
    open_streams()
    signal.signal(signal.SIGTERM, lambda *_: (_ for _ in ()).throw(KeyboardInterrupt()))
    try:
        app()
    except SystemExit as ended:
        sys.exit(finished(ended.code))
    except OSError as error:
        sys.exit(failed(error))


def _told(function: Callable[..., None]) -> Callable[..., None]:
    """The command, whose errors are told in words and by the exit code."""

    @wraps(function)
    def called(*arguments: Any, **options: Any) -> None:
        from synthgen.errors import SynthgenError

        try:
            function(*arguments, **options)
        except SynthgenError as error:
            tell(f"error: {error}" if not hasattr(error, "mistakes") else str(error))
            raise typer.Exit(error.exit_code) from None
        except KeyboardInterrupt:
            tell("\ninterrupted")
            raise typer.Exit(INTERRUPTED) from None
        except OSError as error:
            raise typer.Exit(failed(error)) from None

    return called


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


for _name, _function in COMMANDS.items():
    app.command(_name, help=described(_function))(_told(_function))
