"""How a set of messages is typed: measured, written as a voice for a recipe, and as rows of a table."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from synthgen.voices.features import FEATURES, features
from synthgen.voices.voice import COUNTS, QUANTILES, RATES, Voice

GROUPS = {
    "case": ("lower_only", "sentence_case", "shouting"),
    "punctuation": (
        "end_mark", "question_mark", "exclamation", "repeated_marks", "commas", "apostrophes", "apostrophes_dropped",
    ),
    "spelling": (
        "unknown_words", "misspelled", "swapped", "dropped", "doubled", "neighbour_key", "phonetic", "split_or_joined", "confused",
    ),
    "manner": (
        "chat_words", "elongated", "emoji", "digits", "greeting", "polite", "keywords", "question", "first_person", "function_words",
        "articles", "sentences", "several_requests", "pasted",
    ),
    "length": ("words", "word_length"),
}  # fmt: skip
"""The features as they are shown."""
REMARKED = frozenset([
    "repeated_marks", "apostrophes_dropped", "swapped", "dropped", "doubled", "neighbour_key", "phonetic", "split_or_joined", "confused", "chat_words",
    "elongated", "keywords", "words",
])  # fmt: skip
"""Features that a name alone does not explain."""
_ORDINALS = ("5th", "25th", "50th", "75th", "95th")


class Bar(NamedTuple):
    """A row of the table: `value` is between 0 and 1 but where `unit` is a number; `says` is what the feature means."""

    group: str
    name: str
    value: float
    unit: str
    says: str


def measured(texts: Sequence[str]) -> Voice:
    """The voice in which messages are typed: each feature is its mean, `words` are quantiles. Raises ValueError without messages."""
    if not len(texts):
        raise ValueError("no messages to measure")
    found = features(texts)
    means = dict(zip(FEATURES, found.mean(axis=0, dtype=np.float64).tolist(), strict=True))
    words = np.quantile(found[:, FEATURES.index("words")], QUANTILES).tolist()
    figures = {name: _figure(mean) for name, mean in means.items() if name not in ("words", "characters")}
    return Voice.model_validate(figures | {"words": [_figure(value) for value in words]})


def _figure(value: float) -> float:
    """With three digits that count."""
    return float(f"{value:.3g}")


def described(voice: Voice, name: str = "NAME") -> str:
    """The voice as YAML, to be pasted under `voices:` in a recipe: what is set, in groups, with a comment where a name says too little."""
    lines = [f"{name}:"]
    if voice.about:
        lines.append(f"  about: {_quoted(voice.about)}")
    for group, names in GROUPS.items():
        shown = [(one, getattr(voice, one)) for one in names if getattr(voice, one) is not None]
        if shown:
            lines.append(f"  # {group}")
        lines += [f"  {one}: {_written(value)}{_remark(one)}" for one, value in shown]
    if voice.keyboard != "qwerty":
        lines.append(f"  keyboard: {voice.keyboard}")
    return "\n".join(lines) + "\n"


def _written(value: float | Sequence[float]) -> str:
    if isinstance(value, Sequence):
        return f"[{', '.join(map(_written, value))}]"
    return np.format_float_positional(value, trim="-")


def _quoted(text: str) -> str:
    """As YAML and JSON both read it."""
    return json.dumps(text, ensure_ascii=False)


def _remark(name: str) -> str:
    says = Voice.model_fields[name].description or ""
    return f"  # {says}" if name in REMARKED else ""


def bars(voice: Voice) -> Iterator[Bar]:
    """The rows of the table: one for each feature that the voice has, and five for the words of a message."""
    for group, names in GROUPS.items():
        for name in names:
            value, says = getattr(voice, name), Voice.model_fields[name].description or ""
            if name == "words" and value is not None:
                yield from (Bar(group, f"words, {at} in 100", words, "words", "") for at, words in zip(_ORDINALS, value, strict=True))
            elif value is not None:
                yield Bar(group, name, value, _unit(name), says)


def _unit(name: str) -> str:
    if name in COUNTS:
        return {"sentences": "a message", "word_length": "letters"}[name]
    return "per word" if name in RATES else "of messages"
