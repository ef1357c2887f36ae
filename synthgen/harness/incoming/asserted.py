"""What promptfoo's assertions say of the right answer: https://www.promptfoo.dev/docs/configuration/expected-outputs."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from synthgen.harness.incoming.records import target_in
from synthgen.spec.rows import to_text

NAMES = {"equals", "contains", "icontains", "contains-any", "icontains-any", "starts-with"}
"""Assertions that an answer names something."""
LIKE = {"similar", "factuality", "model-graded-factuality", "rouge-n", "bleu", "levenshtein", "answer"}
"""Assertions that an answer is like a text."""
JUDGED = {"llm-rubric", "model-graded-closedqa", "g-eval", "grade"}
"""Assertions that a model judges, by what they say."""
CHECKED = {"fn", "eval", "javascript", "python", "is-json", "regex", "contains-all"}
"""Assertions that say nothing of the right answer as a whole, in a cell of a CSV file."""
ANY = {"contains-any", "icontains-any"}
SHORT = 6
"""Words of a name, at most."""
PLACE = re.compile(r"\{\{\s*(\w+)\s*\}\}")


@dataclass(frozen=True)
class Asserted:
    """The target, if any; whether it is a name that the answer holds, not a text that it is like; what a judge is told; the variables that
    stand in assertions alone; and the kinds of those assertions that say nothing of the right answer."""

    target: str | list[str] | None
    names: bool
    rubric: str
    variables: frozenset[str]
    others: frozenset[str]


def asserted(assertions: Sequence[Any], values: Mapping[str, Any]) -> Asserted:
    """What the assertions of a test say, whose variables have these values."""
    target: str | list[str] | None = None
    names, rubrics, used, others = False, list[str](), set[str](), set[str]()
    for kind, value in map(_kind_and_value, _flat(assertions)):
        texts = value if isinstance(value, list) else [value]
        filled = [PLACE.sub(lambda place: to_text(values.get(place[1])), text) if isinstance(text, str) else text for text in texts]
        if kind in NAMES | LIKE and target is None and value not in (None, []):
            target = target_in(filled if kind in ANY else filled[0], "")
            names = kind in NAMES and all(len(text.split()) <= SHORT for text in ([target] if isinstance(target, str) else target or []))
            used.update(text.strip(" {}") for text in texts if isinstance(text, str) and PLACE.fullmatch(text.strip()))
        elif kind in JUDGED:
            rubrics += [to_text(text) for text in filled if text]
        else:
            others.add(kind)
    return Asserted(target, names, "\n".join(rubrics), frozenset(used), frozenset(others))


def _flat(assertions: Sequence[Any]) -> list[Any]:
    """Assertions with those of sets in place of the sets."""
    flat: list[Any] = []
    for assertion in assertions:
        inner = assertion.get("assert") if isinstance(assertion, Mapping) and assertion.get("type") == "assert-set" else None
        flat += _flat(inner) if isinstance(inner, list) else [assertion]
    return flat


def _kind_and_value(assertion: Any) -> tuple[str, Any]:
    """The kind of an assertion and what it expects; in a CSV file both are one text, `contains: Paris`, or the answer alone."""
    if isinstance(assertion, Mapping):
        return str(assertion.get("type", "")), assertion.get("value")
    kind, colon, value = str(assertion).partition(":")
    if colon and (match := re.fullmatch(r"(not-)?([a-z][a-z-]*)(\([\d.]+\))?", kind.strip())):
        name, text = (match[1] or "") + match[2], value.strip()
        known = name.removeprefix("not-") in NAMES | LIKE | JUDGED | {
            "fn",
            "eval",
            "javascript",
            "python",
            "is-json",
            "regex",
            "contains-all",
        }
        if known:
            return name, [part.strip() for part in text.split(",")] if name in ANY else text
    return "equals", str(assertion)
