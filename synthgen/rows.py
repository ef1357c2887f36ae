"""The values that flow through a run: a row, what a model is asked, what it gave back, and a refusal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

Value = Any
"""What a field holds: text, a number, a truth value, a date, or a list or mapping of these."""


@dataclass(slots=True)
class Row:
    """One record in the making.

    `index` is its place among the table's candidates and, with `attempt` (how often it was refused so
    far), decides every random stream that it draws from. `inherited` holds the fields of the parent row.
    `origin` says for each asked field how its value came to be.
    """

    table: str
    index: int
    attempt: int = 0
    values: dict[str, Value] = field(default_factory=dict)
    origin: dict[str, dict[str, Any]] = field(default_factory=dict)
    parent: int | None = None

    def give(self, name: str, value: Value | Labelled) -> None:
        """Set a field's value, and its labels each under a name of its own."""
        if isinstance(value, Labelled):
            self.values[name] = value.value
            self.values |= {f"{name}_{label}": what for label, what in value.labels.items()}
        else:
            self.values[name] = value


@dataclass(frozen=True, slots=True)
class Prompt:
    """What a model is asked: the `text` to continue, the `stream` that seeds the sampling, `settings`
    that shape the answer (temperature, words, …), and `origin`: what provenance remembers of it."""

    text: str
    stream: int
    settings: Mapping[str, float | int | str | bool] = field(default_factory=dict)
    origin: Mapping[str, Any] = field(default_factory=dict)

    @property
    def digest(self) -> str:
        """A short, stable name of the text, the same in every row that shares it."""
        return digest(self.text)


@dataclass(frozen=True, slots=True)
class Completion:
    """What a model gave back for `prompt`, word for word. `finish` is `stop` or `length`."""

    prompt: Prompt
    text: str
    finish: str
    tokens_in: int = 0
    tokens_out: int = 0


@dataclass(frozen=True, slots=True)
class Labelled:
    """A value, and what is known of it: each label ships in a column of its own, named `field_label`."""

    value: Value
    labels: Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a value was refused: `reason` is a short fixed name that can be counted, `detail` the rest."""

    reason: str
    detail: str = ""


def digest(text: str) -> str:
    """Sixteen hexadecimal digits that name a text."""
    return sha256(text.encode("utf-8", "replace")).hexdigest()[:16]
