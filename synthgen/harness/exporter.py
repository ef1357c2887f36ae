"""What an eval harness is to synthgen. Each has a file in this folder that ends with its `EXPORTER`, and one line in `export.HARNESSES`."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from synthgen.harness.cases import Suite

FUNCTION = "module:function is yours: it takes a message, and returns what your application answers"
"""What is to be put in first where a harness calls a function."""


@dataclass(frozen=True)
class Exporter:
    """A harness: its `name`, what writes the files of a suite into a folder (and returns how many cases there are), and the command that
    runs them, with places for the `{folder}` and the suite's `{name}` (none where somebody else runs them); the `program` that this
    needs, with the command that installs it; and what is to be put in `first`."""

    name: str
    write: Callable[[Suite, Path], int]
    command: str = ""
    program: tuple[str, str] = ("", "")
    first: str = ""

    @property
    def is_missing(self) -> bool:
        """Whether the program is not installed here."""
        return bool(self.program[0]) and shutil.which(self.program[0]) is None
