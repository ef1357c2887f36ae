"""Faker's draws without what Faker does again for each: the weights of hundreds of names added up, a pattern taken apart.

What is drawn is the same, from the same random numbers in the same order. Where a version of Faker draws otherwise, which a few draws show,
its own way is left alone.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Callable, Sequence
from functools import lru_cache, partial
from itertools import accumulate
from random import Random
from typing import Any

TOKEN = re.compile(r"\{\{\s*(\w+)(:\s*\w+?)?\s*\}\}")
"""As in `faker.generator`: the name of a provider and of a group of arguments."""
TRIALS = 8


def speed_up(generator: Any) -> None:
    """Have a generator's providers draw so."""
    for provider in generator.providers:
        for name, way, trial in (("random_elements", _elements, _three_of_each), ("random_element", _element, _some)):
            usual = getattr(provider, name)
            quicker = partial(way, provider, usual)
            if _alike(generator.random, usual, quicker, trial):
                setattr(provider, name, quicker)
    quicker = partial(_parse, generator, generator.parse)
    if _alike(generator.random, generator.parse, quicker, _names):
        generator.parse = quicker


def _elements(
    provider: Any,
    usual: Callable[..., Sequence[Any]],
    elements: Any = ("a", "b", "c"),
    length: int | None = None,
    unique: bool = False,
    use_weighting: bool | None = None,
) -> Sequence[Any]:
    """`BaseProvider.random_elements`: some of the elements."""
    if unique or length is None or use_weighting is not None or not provider.__use_weighting__ or type(elements) is not OrderedDict:
        return usual(elements, length, unique, use_weighting)
    return _weighted(provider.generator.random, elements, length)


def _element(provider: Any, usual: Callable[..., Any], elements: Any = ("a", "b", "c")) -> Any:
    """`BaseProvider.random_element`: one of the elements."""
    kind = type(elements)
    if kind is tuple or kind is list or kind is str:
        return provider.generator.random.choice(elements)
    if kind is OrderedDict and provider.__use_weighting__:
        return _weighted(provider.generator.random, elements, 1)[0]
    return usual(elements)


def _weighted(random: Random, elements: Any, length: int) -> list[Any]:
    try:
        keys, added = elements._synthgen_weights
    except AttributeError:
        keys, added = elements._synthgen_weights = (tuple(elements), list(accumulate(elements.values())))
    return random.choices(keys, cum_weights=added, k=length)


def _parse(generator: Any, usual: Callable[[str], str], text: str) -> str:
    """`Generator.parse`: a pattern with what the providers that it names make."""
    parts = _parts(text) if type(text) is str else None
    if parts is None:
        return usual(text)
    texts = list(parts)
    for place in range(1, len(parts), 2):
        maker = getattr(generator, parts[place], None) or generator.get_formatter(parts[place])
        texts[place] = str(maker())
    return "".join(texts)


@lru_cache(maxsize=4096)
def _parts(pattern: str) -> tuple[str, ...] | None:
    """A pattern as text, the name of a provider, text, and so on; None where it has groups of arguments."""
    pieces = TOKEN.split(pattern)
    return None if any(pieces[2::3]) else tuple(piece for place, piece in enumerate(pieces) if place % 3 != 2)


def _some(draw: Callable[..., Any], *more: Any) -> list[Any]:
    """What a way of drawing gives of each kind of elements."""
    return [draw(elements, *more) for elements in (["a", "b", "c"], ("a", "b"), "abcdef", OrderedDict(a=0.1, b=0.7, c=0.3))]


def _three_of_each(draw: Callable[..., Any]) -> list[Any]:
    return _some(draw, 3)


def _names(parse: Callable[[str], str]) -> list[str]:
    return [parse("a {{random_digit}} {{ random_letter }}b"), parse("c")]


def _alike(
    random: Random, usual: Callable[..., Any], quicker: Callable[..., Any], trial: Callable[[Callable[..., Any]], list[Any]]
) -> bool:
    """Whether two ways give the same in some trials, of the same random numbers."""
    outcomes = []
    for way in (usual, quicker):
        random.seed(0)
        outcomes.append([trial(way) for _ in range(TRIALS)] + [random.random()])
    return outcomes[0] == outcomes[1]
