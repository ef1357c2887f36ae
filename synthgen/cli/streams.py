"""Standard output and error: letters that they cannot show, readers that go away, and no room."""

from __future__ import annotations

import atexit
import codecs
import json
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from traceback import walk_tb
from typing import NoReturn

import typer

from synthgen.cli.folding import folded_message
from synthgen.errors import RecipeError, SynthgenError

ESCAPED = "synthgen-escaped"
PRINTERS = ("rich", "typer")
"""The packages that print."""


def open_streams() -> None:
    """Let every letter be written, on a terminal of ASCII or Latin-1 as in JSON: \\u00e9. So what is JSON stays JSON."""
    codecs.register_error(ESCAPED, _escaped)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors=ESCAPED)


def _escaped(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return json.dumps(error.object[error.start : error.end])[1:-1], error.end


def failed(error: OSError) -> int:
    """Print an error of the system, and return the exit code. A reader that closed its end, such as `head`, has read all it wants."""
    if isinstance(error, BrokenPipeError) or _printing(error):
        _drop_output()
        return _lost(error)
    tell(f"error: {error.filename}: {error.strerror}" if error.filename is not None else f"error: {error.strerror or error}")
    return 1


def finished(code: str | int | None) -> str | int | None:
    """The exit code of a command that has ended with `code`, when the rest of what it printed is written."""
    if type(sys.stdout).__name__ == "PacifyFlushWrapper":  # the parser found that the reader of its help went away
        return 0
    try:
        sys.stdout.flush()
    except OSError as error:
        _drop_output()
        return code or _lost(error)
    except (AttributeError, ValueError):  # it was closed, or never open
        pass
    return code


def end_now(code: int) -> NoReturn:
    """End the program, whose commands have let go of all that they held. After a second Ctrl-C threads may still be at work in a library,
    which would abort a program that ends as usual; a further Ctrl-C changes nothing."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for last in (atexit._run_exitfuncs, sys.stdout.flush, sys.stderr.flush):
        with suppress(Exception):
            last()
    os._exit(code)


def _lost(error: OSError) -> int:
    if isinstance(error, BrokenPipeError):
        return 0
    tell(f"error: what was to be printed could not be written: {error.strerror}")
    return 1


def _printing(error: OSError) -> bool:
    """Whether it was met while something was printed."""
    packages = (str(frame.f_globals.get("__name__")).partition(".")[0] for frame, _ in walk_tb(error.__traceback__))
    return any(package in PRINTERS for package in packages)


def _drop_output() -> None:
    """Throw away what is left to write, or Python would fail at its end."""
    with suppress(OSError, AttributeError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def error_text(error: SynthgenError, columns: int) -> str:
    """An error as it is printed on a terminal of so many columns (0: there is none)."""
    if isinstance(error, RecipeError):
        return error.shown(columns) if columns else str(error)
    return f"error: {error}"


@contextmanager
def announced(words: str, *, silent: bool = False) -> Iterator[None]:
    """Says at once what is being done, to whoever watches a terminal: modules take seconds to import on a busy machine."""
    with suppress(OSError, AttributeError, ValueError):
        if silent or not sys.stderr.isatty():
            silent = True
        else:
            sys.stderr.write(f"{words} …")
            sys.stderr.flush()
    try:
        yield
    finally:
        with suppress(OSError, AttributeError, ValueError):
            if not silent:
                sys.stderr.write(f"\r{' ' * (len(words) + 2)}\r")
                sys.stderr.flush()


def tell(text: str) -> None:
    """Print an error's lines on standard error, unless it is closed; at a terminal folded."""
    with suppress(OSError, AttributeError, ValueError):
        columns = error_columns()
        typer.echo(folded_message(text, columns) if columns else text, err=True)


def error_columns() -> int:
    """The width of the terminal that shows errors; 0 where there is none."""
    with suppress(OSError, AttributeError, ValueError):
        if sys.stderr.isatty():
            return int(os.environ.get("COLUMNS") or 0) or os.get_terminal_size(sys.stderr.fileno()).columns
    return 0
