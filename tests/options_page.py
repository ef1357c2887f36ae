"""The page of all commands and options, from the command line itself. `python tests/options_page.py` writes it anew."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer

import synthgen
from synthgen.cli.app import COMMANDS, app
from synthgen.cli.examples import EXAMPLES

PAGE = Path(synthgen.__file__).parent.parent / "docs" / "options.md"
HEAD = """# Options of all commands

Written by `python tests/options_page.py`, and checked by a test. [Commands](commands.md) says what each is for.
"""


def rendered() -> str:
    """The page."""
    commands: dict[str, Any] = getattr(typer.main.get_command(app), "commands")  # noqa: B009 (typer has a click of its own)
    return HEAD + "".join(
        f"\n## synthgen {name}\n\n{commands[name].help}\n\n{_examples(name)}{''.join(_rows(commands[name]))}" for name in COMMANDS
    )


def _examples(name: str) -> str:
    return "".join(f"    {line}\n" for line in EXAMPLES[name]) + "\n"


def _rows(command: Any) -> Iterator[str]:
    yield "| argument or option | |\n|---|---|\n"
    for parameter in command.params:
        if parameter.param_type_name == "argument":
            name = f"`{parameter.metavar or parameter.name.upper()}`" + (" …" if parameter.nargs == -1 else "")
        else:
            value = f" {parameter.metavar}" if parameter.metavar and not parameter.is_flag else ""
            name = ", ".join(f"`{option}{value}`" for option in parameter.opts)
        yield f"| {name} | {(parameter.help or '').replace('|', chr(92) + '|')} |\n"


if __name__ == "__main__":
    PAGE.write_text(rendered(), encoding="utf-8")
