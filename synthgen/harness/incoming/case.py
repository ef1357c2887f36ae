"""What is read of a harness's own file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

INPUT = "INPUT"
"""Where the input stands in a prompt."""
MOST_CASES = 100_000
"""Cases of a suite."""


@dataclass(frozen=True)
class IncomingCase:
    """One test: the `input` that its author typed; the `target`, or targets of which each would do, if it has any; its other variables,
    labels and metadata by name; and the turns `before` the input, each a role and a content."""

    input: str
    target: str | list[str] | None = None
    values: Mapping[str, Any] = field(default_factory=dict)
    before: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class IncomingSuite:
    """The cases of a file for a `harness`, and where they stood: `variable` is the input's name. `prompt` is the template around it, as
    Jinja and Nunjucks write it, with INPUT for that variable; it is empty where the input is all that is asked. `grade` is how targets are
    compared, where the file says so, and `notes` tell what of it is not in the cases."""

    harness: str
    cases: list[IncomingCase]
    variable: str
    prompt: str = ""
    grade: str = ""
    notes: tuple[str, ...] = ()

    @property
    def system(self) -> str:
        """The system prompt of all cases; empty where they have none, or several."""
        prompts = {tuple(content for role, content in case.before if role == "system") for case in self.cases}
        return "\n\n".join(prompts.pop()) if len(prompts) == 1 else ""
