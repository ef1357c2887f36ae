"""What a variable of a prompt is really given, by its name and the words before it: what is usual, and what comes now and then."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

MESSAGE = "message"
"""The kind of what a user types."""
DOCUMENT = "document"
"""The kind of texts of any length."""
OTHER = "other"
"""The kind of variables of which nothing is known."""
BOTH_WAYS = {"email", "mail"}
"""Names of a text where they stand alone in a line, and of an address elsewhere."""
NAMED_THINGS = ("product", "company", "city", "country", "person", "language", "document")
"""What a name or a title is of, by the words before it."""
COUNTS = {"num", "number", "max", "min", "n", "count"}
"""Words that a number's name begins with."""
WRITTEN = frozenset(["ticket", "review", "comment", "post", "feedback", "tweet", "complaint", "email", "mail"])
"""Names of texts that users write, where no variable is their message."""
SAYS_NOTHING = {"text", "value", "string", "content", "str", "current", "user", "the", "raw", "full", "my"}
"""Words of names that say what a variable is only where no other does."""


@dataclass(frozen=True)
class VariableKind:
    """A kind of variable: what it is; the words of names that suggest it; its `usual` values, as a field in YAML or as texts; and `unusual`
    ones."""

    about: str
    names: frozenset[str]
    usual: str | tuple[str, ...]
    unusual: tuple[str, ...]


@cache
def variable_kinds() -> dict[str, VariableKind]:
    """All kinds by name."""
    from ruamel.yaml import YAML

    text = files("synthgen.interview").joinpath("variables.yaml").read_text(encoding="utf-8")
    kinds = YAML(typ="safe", pure=True).load(text)
    return {
        name: VariableKind(
            kind["about"],
            frozenset(kind["names"].split()),
            usual if isinstance(usual := kind.get("usual", ()), str) else tuple(usual),
            (*kind.get("unusual", ()), *(("\n\n".join([*usual] * kind["repeated"]),) if "repeated" in kind else ())),
        )
        for name, kind in kinds.items()
    }


def kind_of(variable: str, before: str, *, alone: bool) -> str:
    """The kind of a variable. `before` are the words before its place in the prompt, `alone` says that it is a whole line or stands between
    tags."""
    words = [word.casefold() for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+", variable)]
    telling = [word for word in words if word not in SAYS_NOTHING] or words
    if telling[-1] in ("name", "title") and len(telling) > 1:
        kinds = variable_kinds()
        named = next((kind for kind in NAMED_THINGS for word in telling[:-1] if word in kinds[kind].names), "person")
        return "firstname" if "first" in telling else named
    if telling[-1] in BOTH_WAYS and alone:
        return DOCUMENT
    if telling[-1] == "address" and telling[0] in BOTH_WAYS:
        return "mailaddress"
    if telling[0] in COUNTS:
        return "number"
    if telling[0] in ("is", "has", "should") and len(telling) > 1:
        return "bool"
    kind = _named([*reversed(telling)]) or _named(words) or _named(re.findall(r"[a-z]+", before.casefold())[:-4:-1])
    return kind or (DOCUMENT if alone else OTHER)


def is_written(variable: str) -> bool:
    """Whether a variable's name is that of a text which users write: a ticket, a review."""
    return not WRITTEN.isdisjoint(word.casefold() for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", variable))


def _named(words: Sequence[str]) -> str:
    """The kind that the first word suggests which suggests one."""
    return next((kind for word in words for kind, variable_kind in variable_kinds().items() if word in variable_kind.names), "")
