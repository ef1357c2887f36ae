"""The values that flow through a run: a row, what a model is asked, what it gave back, and a refusal."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from unicodedata import category

from synthgen.spec.digests import digest

SIDE_TABLES = {
    "refused": "no check refused any",
    "unsure": "Claude was sure of all",
    "review": "no check set any aside for somebody to look at",
}
"""The configurations of rows that a table does not ship, and what it means that one has none."""
Value = Any
"""What a field holds: text, a number, a truth value, a date, or a list or mapping of these."""


@dataclass(slots=True)
class Row:
    """One record in the making.

    `index` is its place among the table's candidates and, with `attempt` (how often it was refused so
    far), decides every random stream that it draws from. `turn` is its place among the rows of the same parent; without one, its index.
    `carried` names the fields that it ships of its parent row. `preset` are values of fields that stand before the row is made.
    `origin` says for each asked field how its value came to be.
    """

    table: str
    index: int
    attempt: int = 0
    values: dict[str, Value] = field(default_factory=dict)
    origin: dict[str, dict[str, Any]] = field(default_factory=dict)
    parent: int | None = None
    turn: int = 0
    carried: tuple[str, ...] = ()
    preset: Mapping[str, Value] = field(default_factory=dict)

    def give(self, name: str, value: Value | Labelled) -> None:
        """Set a field's value, and its labels each under a name of its own."""
        bare = value.value if isinstance(value, Labelled) else value
        self.values[name] = storable(bare) if isinstance(bare, str) else bare
        if isinstance(value, Labelled):
            self.values |= {f"{name}_{label}": label_value for label, label_value in value.labels.items()}


@dataclass(frozen=True, slots=True)
class Document:
    """A file that a model is given whole: its `name`, its media `type`, and its `content`, text or (of a PDF) base64."""

    name: str
    type: str
    content: str

    def __post_init__(self) -> None:
        _set(self, name=storable(self.name), content=storable(self.content))


@dataclass(frozen=True)
class Brief:
    """What an instruct model reads first, the same for many prompts: the `system` text and whole `documents`; the JSON Schema, as JSON,
    that its answer must have (empty: free text); how much `effort` it shall make (empty: the model's own way); how many `tokens`
    it may write at most, its thoughts among them; and its `thinking`: off, on, or how many tokens of thoughts at most (empty: the
    model's own way)."""

    system: str
    documents: tuple[Document, ...] = ()
    schema: str = ""
    effort: str = ""
    tokens: int = 8192
    thinking: str = ""

    def __post_init__(self) -> None:
        _set(self, system=storable(self.system))

    @cached_property
    def digest(self) -> str:
        """A short, stable name of all of it."""
        parts = [self.system, self.schema, self.effort, str(self.tokens)]
        parts += [f"{document.name}\0{document.type}\0{document.content}" for document in self.documents]
        parts += [f"thinking {self.thinking}"] if self.thinking else []  # without it, answers of earlier versions stay known
        return digest("\0".join(parts))


@dataclass(frozen=True, slots=True)
class Prompt:
    """What a model is asked: the `text` to continue or to answer, the `stream` that seeds the sampling, `settings`
    that shape the answer (temperature, words, …), and `origin`: what provenance remembers of it.

    An instruct model reads a `brief` first, and of a conversation the `turns` before the text, (role, text) each. `by` is the
    model that is asked, if it is another than the field's own.
    """

    text: str
    stream: int
    settings: Mapping[str, float | int | str | bool] = field(default_factory=dict)
    origin: Mapping[str, Any] = field(default_factory=dict)
    brief: Brief | None = None
    turns: tuple[tuple[str, str], ...] = ()
    by: str = ""

    def __post_init__(self) -> None:
        _set(self, text=storable(self.text), turns=tuple((role, storable(text)) for role, text in self.turns))

    @property
    def full_text(self) -> str:
        """The text, after the turns before it."""
        return "\n\n".join([*(f"[{role}]\n{text}" for role, text in self.turns), f"[user]\n{self.text}"]) if self.turns else self.text

    @property
    def digest(self) -> str:
        """A short, stable name of the text (and of the brief and the turns), the same in every row that shares it."""
        return digest(self.full_text) if self.brief is None else digest(f"{self.brief.digest}\0{self.full_text}")

    @property
    def key(self) -> str:
        """A digest of all that decides the answer: prompts with the same key ask the same."""
        settings = json.dumps(dict(self.settings), sort_keys=True, default=str)
        return digest("\0".join([self.by, self.brief.digest if self.brief else "", self.full_text, settings, str(self.stream)]))


@dataclass(frozen=True, slots=True)
class Completion:
    """What a model gave back for `prompt`, word for word but for half characters (see `storable`). `finish` is `stop`, `length` (cut off at
    the most tokens), `refusal` (with the reason as the text), `failed` (the application under test gave an error, which is the text) or
    `error` (the request cannot be answered, such as one that is too long; never kept).

    `tokens_in` counts all that was read, `tokens_cached` those of them that came from a prompt cache, `tokens_out` all that was written,
    `tokens_thinking` those of them that the model only thought; `cost` is in US dollars at the list prices of the day, None where they are
    not known or nothing is paid. `logprobs` are the log-probabilities (nats, at temperature 1) of the tokens that the model chose, without
    those of an opening; none where the model does not tell. `milliseconds` is how long the application under test took for its answer.
    """

    prompt: Prompt
    text: str
    finish: str
    tokens_in: int = 0
    tokens_out: int = 0
    tokens_cached: int = 0
    cost: float | None = None
    logprobs: tuple[float, ...] = ()
    tokens_thinking: int = 0
    milliseconds: int | None = None

    def __post_init__(self) -> None:
        _set(self, text=storable(self.text))


@dataclass(frozen=True, slots=True)
class Labelled:
    """A value, and what is known of it: each label ships in a column of its own, named `field_label`."""

    value: Value
    labels: Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a value was refused: `reason` is a short fixed name that can be counted, `detail` the rest. The row goes `to` that
    configuration of the output; a `final` refusal is not asked about again."""

    reason: str
    detail: str = ""
    to: str = "refused"
    final: bool = False


def storable(text: str) -> str:
    """A text that can be sent and kept: half a character (a lone surrogate) becomes a question mark, two halves in a row their
    character."""
    try:
        text.encode()
    except UnicodeEncodeError:
        joined = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")
        return joined.encode("utf-8", "replace").decode()
    return text


def steerless(text: str) -> str:
    """A text in which codes that would steer a terminal are written as their numbers; tabs and line ends stay."""
    return "".join(repr(letter)[1:-1] if category(letter) == "Cc" and letter not in "\t\n\r" else letter for letter in text)


DECODER = json.JSONDecoder()


def parsed_json(text: str, decoder: json.JSONDecoder = DECODER) -> Any:
    """The value of a JSON text, as a decoder reads it (one with options is to be kept: making it takes longer than reading a record), but
    storable: half a character may have been written as an escape. Raises json.JSONDecodeError."""
    value = decoder.decode(text)
    return json.loads(storable(json.dumps(value, ensure_ascii=False))) if has_half_escapes(text) else value


def has_half_escapes(text: str) -> bool:
    """Whether halves of characters may stand in a JSON text as escapes."""
    return "\\ud" in text or "\\uD" in text


def finite(text: str) -> float:
    """The number that digits with a point or an exponent are. Raises ValueError for one that would be infinite."""
    number = float(text)
    if number in (math.inf, -math.inf):
        raise ValueError(f"{text} is larger than a number can be here (1.8e308)")
    return number


def _set(frozen: object, **values: Any) -> None:
    """Set what a frozen value was made with, while it is made."""
    for name, value in values.items():
        object.__setattr__(frozen, name, value)


def plain(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row as JSON can hold it."""
    return {
        key: value if isinstance(value, str | int | float | bool | list | dict) or value is None else str(value)
        for key, value in row.items()
    }


def to_text(value: Value) -> str:
    """A value as text: text as it is, truth values and anything with parts as JSON has it, nothing for None."""
    if value is None:
        return ""
    return json.dumps(value, ensure_ascii=False, default=str) if isinstance(value, bool | dict | list) else str(value)
