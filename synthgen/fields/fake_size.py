"""How much a Faker provider would make of the arguments that a recipe gives it, told before it makes it.

Which of a provider's arguments are sizes is not written down anywhere. So it is asked with small ones first, twice: what grows with
them is estimated beforehand.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from math import log10
from typing import Any

from synthgen.memory import lacks_memory

MOST = 2_000_000
"""Characters, bytes or parts that one fact has at most."""
MOST_PARTS = 100_000
"""Values that a provider yields one after the other, at most."""
STEPS = [(10, 100), (100, 1_000), (1_000, 10_000), (100_000, 1_000_000)]
"""No number, text or list among the arguments is larger than that when a provider is asked twice to see what it makes; later ones are
for arguments that must not be smaller, and for facts that are not small without them."""
GROWS = 0.3
"""From which power of its arguments on a size is taken to grow with them, and then at least as they do."""


def predicted_size(make: Callable[[dict[str, Any]], Any], args: dict[str, Any]) -> float:
    """How large a fact will be, about; 0 where the arguments are small, or only bound what is made."""
    largest = _largest(args)
    for step in STEPS:
        if largest <= step[1]:
            break
        try:
            few, small = (max(1, size_of(make(_cut(args, most)))) for most in step)
        except Exception as error:  # a provider says in its own way that an argument is wrong
            if lacks_memory(error):
                raise
            continue
        power = log10(small / few) / log10(step[1] / step[0])
        if power > GROWS:
            return float(10 ** min(300, log10(small) + max(1.0, power) * log10(largest / step[1])))
    return 0


def _largest(value: Any) -> float:
    if isinstance(value, bool) or value is None:
        return 0
    if isinstance(value, int | float):
        return min(abs(value), 1e300)
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return max([len(value), *map(_largest, inner)])


def _cut(value: Any, most: int) -> Any:
    """The value with nothing in it that is larger than `most`."""
    if isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        return max(-most, min(value, most))
    if isinstance(value, dict):
        return {name: _cut(inner, most) for name, inner in islice(value.items(), most)}
    return [_cut(inner, most) for inner in value[:most]] if isinstance(value, list) else value[:most] if isinstance(value, str) else value


def size_of(value: Any) -> int:
    """How many characters, bytes or parts a value has, about."""
    if isinstance(value, str | bytes):
        return len(value)
    if isinstance(value, Mapping):
        return sum(size_of(key) + size_of(inner) for key, inner in value.items())
    if isinstance(value, list | tuple | set | frozenset | Iterator):
        return sum(map(size_of, islice(value, MOST_PARTS))) + 1
    return value.bit_length() // 3 + 8 if isinstance(value, int) else len(str(value))
