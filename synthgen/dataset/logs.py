"""The logs that an output was made like: known by digests beside its rows, so that no copy of them leaves."""

from __future__ import annotations

from pathlib import Path

from synthgen.dataset.names import LOGS
from synthgen.recipe import Recipe
from synthgen.text import files
from synthgen.text.originals import Originals


def remember_logs(recipe: Recipe, folder: Path) -> None:
    """Keep digests of the messages that a recipe's fields are `like` beside its rows, so that a push can tell copies of them: of all turns,
    whichever the fields learned from. The file never leaves; there is none when the recipe is like no logs."""
    logs = {log for table in recipe.tables.values() for field in table.fields.values() for log in field.logs()}
    (folder / LOGS).unlink(missing_ok=True)
    if logs:
        with_logs = Originals(text for log, field in sorted(logs) for text in files.messages(log, field, "all"))
        with_logs.save(folder / LOGS)
