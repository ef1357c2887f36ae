"""The command line."""

from synthgen.cli.app import COMMANDS, app, main

__all__ = ["COMMANDS", "app", "main"]
