"""Templates that ask for the time zone of a moment that has none."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from synthgen.fields import FieldShape
from synthgen.spec import render
from synthgen.spec.moments import HINT
from synthgen.spec.parts import PartMistake


def zone_mistakes(
    part: object, reads: Iterable[tuple[tuple[Any, ...], str]], field: Callable[[str], FieldShape | None]
) -> Iterator[PartMistake]:
    """Patterns such as `{{ due | date('%Z') }}` in a part's templates; what was loaded from a file may have a zone."""
    for at, name in reads:
        template = getattr(part, at[0], None) if len(at) == 1 else None
        zoneless = isinstance(template, str) and "{" in template and getattr(field(name), "zoneless", False)
        if zoneless and (wrong := render.zone_mistakes(str(template)).get(name)):
            yield PartMistake(at, wrong, HINT, name)
