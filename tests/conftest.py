"""What many tests share: a recipe written to a folder of its own, and its tables made by a scripted model."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from textwrap import dedent
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from synthgen.engine import Refused, State, TableRun, candidates
from synthgen.models import Model, ScriptedModel
from synthgen.recipe import Loaded, load, plan
from synthgen.rows import Prompt, Row
from synthgen.streams import Streams

# A busy machine is no mistake of the code.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")


@pytest.fixture
def recipe(tmp_path: Path) -> Callable[..., Loaded]:
    """Write a recipe, and files next to it, and load it. `options` are those of `load`."""

    def write(text: str, files: Mapping[str, str | bytes] | None = None, **options: Any) -> Loaded:
        for name, content in (files or {}).items():
            place = tmp_path / name
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content if isinstance(content, bytes) else content.encode())
        path = tmp_path / "recipe.yaml"
        path.write_text(dedent(text), encoding="utf-8")
        return load(path, **options)

    return write


@dataclass
class Made:
    """A table that was made: its rows, what was refused, and how far it came."""

    rows: list[Row] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    state: State = field(default_factory=State)

    @property
    def values(self) -> list[dict[str, Any]]:
        """The rows' values."""
        return [row.values for row in self.rows]

    def column(self, name: str) -> list[Any]:
        """One field of all rows."""
        return [row.values[name] for row in self.rows]


def message(prompt: Prompt, random: Random) -> str:
    """A message that is hardly ever the same twice and mentions what it must."""
    return f" hi {random.randrange(10**9)} {' '.join(f'<{slot}>' for slot in prompt.origin.get('mention', ()))}\n"


@pytest.fixture
def make(recipe: Callable[..., Loaded]) -> Callable[..., dict[str, Made]]:
    """Make the tables of a recipe, each with a model that says what `script` makes of a prompt and its random stream."""

    def run(
        text: str,
        script: Callable[[Prompt, Random], str] = message,
        *,
        model: Model | None = None,
        chunk: int | None = None,
        made: dict[str, Made] | None = None,
        **options: Any,
    ) -> dict[str, Made]:
        loaded = recipe(text, **options)
        whole, streams = plan(loaded.recipe), Streams(loaded.recipe.seed)
        doors = dict.fromkeys(loaded.recipe.all_models, model or ScriptedModel(script))
        made = {} if made is None else made
        for table in whole.tables:
            parents = made[table.table.from_.table].values if table.table.from_ else []
            source = candidates(table.name, table.table, _reader(parents), len(parents), streams)
            one = made[table.name] = Made()
            for finished in TableRun(table, source, streams, doors, patience=loaded.recipe.patience, chunk=chunk).chunks(one.state):
                one.rows += finished.rows
                one.refused += finished.refused
        return made

    return run


def _reader(rows: list[dict[str, Any]]) -> Callable[[], Iterable[dict[str, Any]]]:
    return lambda: iter(rows)
