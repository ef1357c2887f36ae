"""Which prompt a completion answers: matched by what was asked, so that a model may give its answers in any order, with copies of its
prompts."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from synthgen.errors import ModelError
from synthgen.spec.rows import Completion, Prompt

if TYPE_CHECKING:
    from synthgen.models import Model


def placed(model: Model, prompts: Sequence[Prompt]) -> Iterator[tuple[int, Completion]]:
    """Each completion as it comes, with the place of its prompt in `prompts`. Those that ask the same get their answers one after the
    other.

    Raises ModelError where the model answers what it was not asked, or more often than it was.
    """
    waiting: dict[str, deque[int]] = {}
    for place, prompt in enumerate(prompts):
        waiting.setdefault(prompt.key, deque()).append(place)
    for completion in model.complete(prompts):
        places = waiting.get(completion.prompt.key)
        if not places:
            raise ModelError(
                f"model '{model.identity}' answered what it was not asked, or more often: {completion.prompt.text[-80:]!r}",
                "complete() gives one Completion for each prompt, with that prompt in it",
            )
        place = places.popleft()
        yield place, completion if completion.prompt is prompts[place] else replace(completion, prompt=prompts[place])
