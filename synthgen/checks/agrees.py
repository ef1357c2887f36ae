"""`kind: agrees`: a blind answer that is the same as the label; where they differ, somebody should look at the row."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Literal

from pydantic import Field

from synthgen.checks.shape import Check
from synthgen.fields.instructed import part_mistakes
from synthgen.fields.shape import Others
from synthgen.spec.parts import PartMistake
from synthgen.spec.paths import get_path, root_of
from synthgen.spec.rows import Row, Value


class Agrees(Check):
    """Keeps rows whose `field` says the same as another, `with`. The others go to `review`, and are not made again."""

    to: ClassVar[str] = "review"
    final: ClassVar[bool] = True
    kind: Literal["agrees"] = "agrees"
    with_: str = Field(alias="with", min_length=1, description="the field to agree with, or a part of one: example.intent")

    def reads(self) -> Iterator[tuple[tuple[str, ...], str]]:
        """Both fields."""
        yield from super().reads()
        yield ("with",), root_of(self.with_)

    def needs(self, others: Others) -> Iterator[PartMistake]:
        """A part of a field that this does not have."""
        yield from part_mistakes(("with",), self.with_, others)

    def refuse(self, row: Row, memory: Any) -> str | None:
        """What each of them says, where they differ. Where there is no label, there is nothing to agree with."""
        answer, label = row.values[self.field], get_path(row.values, self.with_)
        if label is None:
            return None
        return _difference(answer, label, self.field, self.with_)


def _difference(answer: Value, label: Value, answer_name: str, label_name: str) -> str | None:
    """How two values differ. Of two mappings those parts are compared that both have."""
    if isinstance(answer, Mapping) and isinstance(label, Mapping):
        shared_parts = [name for name in answer if name in label]
        differences = [_difference(answer[name], label[name], f"{answer_name}.{name}", f"{label_name}.{name}") for name in shared_parts]
        return "; ".join(filter(None, differences)) or (None if shared_parts else f"{answer_name} and {label_name} have no part in common")
    return None if same(answer, label) else f"{answer_name} says {_shown(answer)}, {label_name} says {_shown(label)}"


def same(one: Value, other: Value) -> bool:
    """Whether two values say the same: text whatever its case and the space around it, numbers to nine digits."""
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    first, second = _number(one), _number(other)
    if first is not None and second is not None:
        return math.isclose(first, second, rel_tol=1e-9, abs_tol=1e-9)
    return _plain(one) == _plain(other)


def _number(value: Value) -> float | None:
    if isinstance(value, bool):
        return None
    try:
        return float(value)
    except (TypeError, ValueError):
        return None


def _plain(value: Value) -> str:
    return " ".join(str(value).split()).casefold()


def _shown(value: Value) -> str:
    text = _plain(value) if isinstance(value, bool) else repr(value)
    return text if len(text) <= 120 else f"{text[:119]}…"
