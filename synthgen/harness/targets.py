"""What the answer to a row's input should be.

A label such as an intent was drawn before its message was made unusual. Where an edge case puts another message in its place, or none, the
label does not hold: what the recipe says under `harness: {out: …}` is the target then, or there is none.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from synthgen.fields.edges import CASES
from synthgen.recipe.harness import Harness
from synthgen.recipe.recorded import RecordedRecipe
from synthgen.spec.paths import get_path, root_of

READ_IT = ("answer", "reply", "verdict")
"""What fields are that are made from the input as it came to be, so that they hold for every edge case."""


@dataclass(frozen=True)
class Targets:
    """The targets of a table's rows: the field at `path`, or `out` (for all cases, or by case) where one of the columns `cases` names an
    edge case that puts another message in place of the row's."""

    path: str
    out: str | Mapping[str, str] | None = None
    cases: tuple[str, ...] = ()

    @property
    def columns(self) -> list[str]:
        """The columns that `of` needs."""
        return [root_of(self.path), *self.cases]

    def of(self, row: Mapping[str, Any]) -> Any:
        """The target of a row; None where it has none."""
        lost = [row[column] for column in self.cases if row[column] in CASES and CASES[row[column]].instead]
        if not lost:
            return get_path(row, self.path)
        return self.out.get(lost[0]) if isinstance(self.out, Mapping) else self.out


def targets_of(recipe: RecordedRecipe, columns: Collection[str], harness: Harness) -> Targets | None:
    """What the recipe of an output says of the targets in a table with these columns; None where it names none."""
    if harness.target is None:
        return None
    fields = dict(recipe.fields)
    target = fields.get(root_of(harness.target))
    if target and target.role in READ_IT:
        return Targets(harness.target)
    cases, name = list[str](), root_of(harness.input)
    while field := fields.pop(name, None):  # from the input back to the message as it was first typed
        if "case" in field.sliced and f"{name}_case" in columns:
            cases.append(f"{name}_case")
        name = field.made_from
    return Targets(harness.target, harness.out, tuple(cases))
