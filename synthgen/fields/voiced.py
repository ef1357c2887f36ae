"""The key `voice` of a field: the name of a voice, or weights of several."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from random import Random

from synthgen.errors import did_you_mean
from synthgen.spec.parts import PartMistake, RecipeContext


def weighted(voice: str | Mapping[str, float] | None) -> dict[str, float]:
    """The voices named, each with its weight."""
    return {} if voice is None else {voice: 1.0} if isinstance(voice, str) else dict(voice)


def draw_voice(voice: str | Mapping[str, float] | None, stream: Random) -> str:
    """One of the voices named, by its weight; no name where there is none."""
    weights = weighted(voice)
    return stream.choices([*weights], [*weights.values()])[0] if weights else ""


def voice_mistakes(voice: str | Mapping[str, float] | None, context: RecipeContext) -> Iterator[PartMistake]:
    """Names of no voice, and weights that choose nothing."""
    weights = weighted(voice)
    for name in weights:
        if name not in context.voices:
            at = ("voice",) if isinstance(voice, str) else ("voice", name)
            yield PartMistake(
                at, f"there is no voice '{name}'", did_you_mean(name, context.voices, "voices"), at_key=not isinstance(voice, str)
            )
    if voice is not None and not sum(weights.values()):
        yield PartMistake(("voice",), "all weights are 0, so no voice can be chosen" if weights else "no voices to choose from")
