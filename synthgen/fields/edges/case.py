"""A case: its name, what it makes, and its builder."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from synthgen.fields.edges.situation import Builder


@dataclass(frozen=True, slots=True)
class Case:
    """An unusual kind of message: its `name` in a recipe, what it is `about` in one line, and what builds it."""

    name: str
    about: str
    build: Builder


def by_name(*builders: Builder) -> dict[str, Case]:
    """The cases of some builders: each is named by its function and told by that function's docstring."""
    names = [builder.__name__.replace("_", " ") for builder in builders]
    return {name: Case(name, (builder.__doc__ or "").splitlines()[0], builder) for name, builder in zip(names, builders, strict=True)}


def case_named(name: str, cases: Mapping[str, Case] | Iterable[str]) -> str | None:
    """The case that is meant, however its words are joined: `pasted log`, `Pasted_log` and `pasted-log` are one."""
    squeezed = re.sub(r"[\s_-]+", "", name.lower())
    return next((known for known in cases if known.replace(" ", "") == squeezed), None)
