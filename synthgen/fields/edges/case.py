"""A case: its name, what it makes, its builder, and whether a label of the message still holds."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from synthgen.fields.edges.situation import Builder
from synthgen.spec.described import described


@dataclass(frozen=True, slots=True)
class EdgeCaseSpec:
    """An unusual kind of message: its `name` in a recipe, what it is `about` in one line, what builds it, and whether that puts
    another message, or none, `instead` of the row's, so that a label such as its intent does not hold."""

    name: str
    about: str
    build: Builder
    instead: bool = False


def by_name(*builders: Builder, instead: Collection[Builder]) -> dict[str, EdgeCaseSpec]:
    """The cases of some builders: each is named by its function and told by that function's docstring. Those in `instead` put another
    message in place of a row's."""
    names = [builder.__name__.replace("_", " ") for builder in builders]
    return {
        name: EdgeCaseSpec(name, described(builder).partition("\n")[0], builder, builder in instead)
        for name, builder in zip(names, builders, strict=True)
    }


def case_named(name: str, cases: Mapping[str, EdgeCaseSpec] | Iterable[str]) -> str | None:
    """The case that is meant, however its words are joined: `pasted log`, `Pasted_log` and `pasted-log` are one."""
    squeezed = re.sub(r"[\s_-]+", "", name.lower())
    return next((case for case in cases if case.replace(" ", "") == squeezed), None)
