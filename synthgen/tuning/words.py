"""Words that the searches for identifiers know."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path

DATA = Path(__file__).parent / "data"
DIGIT = re.compile(r"\d")
YEAR = r"(?:19|20)\d\d"


@cache
def words(name: str) -> frozenset[str]:
    """The words of a list in `data/words.json`."""
    tables: dict[str, list[str]] = json.loads((DATA / "words.json").read_text(encoding="utf-8"))
    return frozenset(word for line in tables[name] for word in line.split())


@cache
def any_of(name: str) -> str:
    """An expression for the words of a list, the longest first."""
    return "|".join(map(re.escape, sorted(words(name), key=lambda word: (-len(word), word))))
