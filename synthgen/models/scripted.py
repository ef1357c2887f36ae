"""A model without a model: it gives the answers it is told to. For tests and dry runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from random import Random

from synthgen.spec.rows import Completion, Prompt


class ScriptedModel:
    """Gives what `script` makes of a prompt and its random stream. `asked` holds every prompt that reached it."""

    def __init__(self, script: Callable[[Prompt, Random], str], identity: str = "scripted") -> None:
        self.script, self.identity = script, identity
        self.asked: list[Prompt] = []

    def count(self, text: str) -> int:
        """Words."""
        return len(text.split())

    def complete(self, prompts: Sequence[Prompt]) -> Iterator[Completion]:
        """The script's answers, in order."""
        for prompt in prompts:
            self.asked.append(prompt)
            text = self.script(prompt, Random(prompt.stream))
            yield Completion(prompt, text, "stop" if "\n" in text else "length", self.count(prompt.text), self.count(text))
