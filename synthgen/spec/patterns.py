"""Regular expressions out of a recipe, which may be a stranger's: searched for in a bounded time.

Python's own `re` cannot be stopped, and RE2, which needs not be, reads `\\b`, `\\w` and `\\d` as ASCII: it would find nothing for
`\\büber\\b`. The `regex` package reads a pattern as `re` does, but for some ends of braces, and can be stopped. It writes a repeated
text out, so that what a pattern needs at least is bounded too.
"""

from __future__ import annotations

import re
from contextlib import suppress
from functools import lru_cache
from typing import Annotated

import regex
from pydantic import AfterValidator, Field

from synthgen.errors import LimitError

LONGEST, WIDEST = 10_000, 10_000
"""Characters of a pattern at most, and of the shortest text in which one can be found."""
SECONDS = 2.0
"""What one search may take of the processor: thousands of times what any does that is not in trouble."""
_BRACE = re.compile(r"(\\.)|\{(?!\d*,?\d*\})", re.DOTALL)
"""A brace that begins no repeat is a brace, where `regex` might read how far a text may differ."""


def find(pattern: str, text: str, where: str) -> regex.Match[str] | None:
    """Where a sound pattern is found first in a text, if it is. Raises LimitError, which says `where`, when that takes too long."""
    with suppress(TimeoutError, MemoryError):  # `regex` has a limit of its own for what a search may remember
        return _compiled(pattern).search(text, timeout=SECONDS)
    excerpt = pattern if len(pattern) <= 120 else f"{pattern[:119]}…"
    raise LimitError(
        f"{where}: the pattern {excerpt!r} takes more than {SECONDS:g} seconds on one text of {len(text):,} characters",
        "a repeat inside a repeat, such as (a+)+ or (a|aa)+, tries all ways to share a text out: write it with one repeat, such as a+",
    )


def sound(pattern: str) -> str:
    """The pattern, if it is one. Raises ValueError."""
    if len(pattern) > LONGEST:
        raise ValueError(f"a pattern has at most {LONGEST:,} characters, not {len(pattern):,}")
    try:
        re.compile(pattern)
        least = re._parser.parse(pattern).getwidth()[0]  # type: ignore[attr-defined]  # no public name tells it
        if least > WIDEST:
            raise ValueError(f"it is found in no text of fewer than {least:,} characters", f"repeat less: {WIDEST:,} are the most")
        _compiled(pattern)
    except (re.error, regex.error) as error:
        raise ValueError(f"not a regular expression: {error}", "to mean one of the signs ( [ * + ? . itself, write \\ before it") from None
    except RecursionError:
        raise ValueError("not a regular expression: nested too deeply") from None
    except OverflowError as error:
        raise ValueError(f"not a regular expression: {error}") from None
    return pattern


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> regex.Pattern[str]:
    return regex.compile(_BRACE.sub(lambda match: match[1] or r"\{", pattern))


Pattern = Annotated[str, AfterValidator(sound), Field(description="a Python regular expression, searched for anywhere in the text")]
