"""`kind: agrees`: a blind answer that is the same as the label; where they differ, somebody should look at the row."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Literal

from pydantic import Field

from synthgen.checks.shape import Check
from synthgen.fields.instructed import part_mistakes
from synthgen.fields.shape import Others
from synthgen.spec.parts import PartMistake
from synthgen.spec.paths import get_path, root_of
from synthgen.spec.rows import Row, Value

WHOLE = re.compile(r"[-+]?\d{1,1000}", re.ASCII)
REAL = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?", re.ASCII | re.IGNORECASE)


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
    """Whether two values say the same: text whatever its case and the space around it, whole numbers to the last digit, others to nine.
    Of two texts that begin with a zero, such as 00501, none is a number, but a code."""
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    first, second = _number(one), _number(other)
    if first is None or second is None or (isinstance(one, str) and isinstance(other, str) and (_is_code(one) or _is_code(other))):
        return _plain(one) == _plain(other)
    if isinstance(first, int) and isinstance(second, int):
        return first == second
    try:
        return math.isclose(first, second, rel_tol=1e-9, abs_tol=1e-9)
    except OverflowError:  # a whole number that is larger than any other
        return False


def _number(value: Value) -> float | None:
    """The number that a value is; None where it is none."""
    if isinstance(value, str):
        text = value.strip()
        if WHOLE.fullmatch(text):
            return int(text)
        return float(text) if REAL.fullmatch(text) else None
    return value if isinstance(value, int | float) and not isinstance(value, bool) and value == value else None


def _is_code(text: str) -> bool:
    return bool(re.match(r"[-+]?0\d", text.strip()))


def _plain(value: Value) -> str:
    return " ".join(str(value).split()).casefold()


def _shown(value: Value) -> str:
    text = _plain(value) if isinstance(value, bool) else repr(value)
    return text if len(text) <= 120 else f"{text[:119]}…"
