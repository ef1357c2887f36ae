"""What stays between two previews of a recipe that somebody is editing: its models, and what its files said."""

from __future__ import annotations

import difflib
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from threading import Thread

from synthgen.making.runs import open_models
from synthgen.models import Model, for_few, use_huge_pages
from synthgen.recipe import Loaded, plan
from synthgen.recipe.load import file_state

EVERY = 0.1
"""Seconds between two looks at the files."""
MOST = 1_000_000
"""Bytes of a file whose lines are compared."""


class KeptModels:
    """Models for a handful of rows, which stay loaded for as long as recipes describe them in the same way."""

    def __init__(self) -> None:
        self.models: dict[str, Model] = {}
        self.settled = False

    def of(self, loaded: Loaded) -> dict[str, Model]:
        """The models that a recipe asks, by name."""
        specs, names = loaded.recipe.all_models, plan(loaded.recipe).models
        described = {name: f"{name}: {specs[name].model_dump_json()}" for name in names}
        new = open_models(loaded, {name for name in names if described[name] not in self.models})
        self.models = {described[name]: for_few(new[name]) if name in new else self.models[described[name]] for name in names}
        return {name: self.models[described[name]] for name in names}

    def settle(self) -> None:
        """Spend time in which nobody waits on what makes those that have written write faster."""
        if not self.settled:
            self.settled = True
            Thread(target=use_huge_pages, daemon=True).start()


@dataclass(frozen=True)
class FileChange:
    """A file that was saved, and the lines that were `added` and `removed`; neither is known of a large file, or of one that is no text."""

    file: Path
    added: list[str]
    removed: list[str]


class WatchedFiles:
    """The files of a recipe: its own, and those that it reads."""

    def __init__(self, recipe: Path) -> None:
        self.recipe = recipe
        self.states: dict[Path, tuple[int, ...]] = {}
        self.texts: dict[Path, list[str]] = {}
        self._note({recipe})

    def follow(self, loaded: Loaded) -> None:
        """From now on, watch what this recipe reads; a file that was watched before keeps what it said."""
        files = {self.recipe, *loaded.read}
        self.states = {file: state for file, state in self.states.items() if file in files}
        self._note(files - self.states.keys())

    def changed(self) -> bool:
        """Whether a file was saved since it was last noted."""
        return any(file_state(file) != state for file, state in self.states.items())

    def wait(self) -> list[FileChange]:
        """Wait until a file is saved, and the saving is over; what changed."""
        while not self.changed():
            time.sleep(EVERY)
        before: dict[Path, tuple[int, ...]] = {}
        while before != (now := {file: file_state(file) for file in self.states}):  # some editors write in several steps
            before = now
            time.sleep(EVERY)
        return list(self._changes())

    def _changes(self) -> Iterator[FileChange]:
        for file in [file for file, state in self.states.items() if file_state(file) != state]:
            lines_before = self.texts.get(file, [])
            self._note({file})
            lines = list(difflib.ndiff(lines_before, self.texts.get(file, [])))
            added, removed = ([line[2:] for line in lines if line.startswith(sign)] for sign in "+-")
            yield FileChange(file, added, removed)

    def _note(self, files: set[Path]) -> None:
        for file in files:
            self.states[file] = state = file_state(file)
            self.texts.pop(file, None)
            if state and state[0] <= MOST:
                try:
                    self.texts[file] = file.read_text("utf-8").splitlines()
                except (OSError, UnicodeDecodeError):
                    continue
