"""The door: what the rest of synthgen knows of a model."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

from synthgen.spec.rows import Completion, Prompt


class Model(Protocol):
    """Anything that completes prompts."""

    @property
    def identity(self) -> str:
        """Name, revision and parameters: two models of the same identity give the same completions."""

    def complete(self, prompts: Sequence[Prompt]) -> Iterator[Completion]:
        """A completion for each prompt, in any order, each as soon as it is there. What it is depends on its prompt alone,
        never on the other prompts. Raises ModelError."""

    def count(self, text: str) -> int:
        """How many tokens a text has."""
