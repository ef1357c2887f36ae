"""The door: what the rest of synthgen knows of a model."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

from synthgen.rows import Completion, Prompt


class Model(Protocol):
    """Anything that completes prompts."""

    @property
    def identity(self) -> str:
        """Name, revision and parameters: two models of the same identity give the same completions."""

    def company(self, prompt: Prompt) -> str:
        """Prompts of the same company in one call are answered together, and their answers depend on one another a little:
        in sixteen-bit arithmetic a batch of seven adds up otherwise than a batch of eight."""

    def complete(self, prompts: Sequence[Prompt]) -> Iterator[Completion]:
        """A completion for each prompt, one company after the other. Raises ModelError."""

    def count(self, text: str) -> int:
        """How many tokens a text has."""
