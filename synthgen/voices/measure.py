"""How a set of messages is typed: measured, written as a voice for a recipe, and as rows of a table."""

from __future__ import annotations

import json
from collections.abc import Sequence

import numpy as np

from synthgen.voices.features import FEATURES, features
from synthgen.voices.voice import GROUPS, QUANTILES, Voice

REMARKED = frozenset(
    [
        "repeated_marks",
        "apostrophes_dropped",
        "swapped",
        "dropped",
        "doubled",
        "neighbour_key",
        "phonetic",
        "split_or_joined",
        "confused",
        "chat_words",
        "elongated",
        "keywords",
        "words",
    ]
)
"""Features that a name alone does not explain."""


def measure_voice(texts: Sequence[str]) -> Voice:
    """The voice in which messages are typed: each feature is its mean, `words` are quantiles. Raises ValueError without messages."""
    if not len(texts):
        raise ValueError("no messages to measure")
    measured = features(texts)
    means = dict(zip(FEATURES, measured.mean(axis=0, dtype=np.float64).tolist(), strict=True))
    words = np.quantile(measured[:, FEATURES.index("words")], QUANTILES).tolist()
    figures = {name: _figure(mean) for name, mean in means.items() if name not in ("words", "characters")}
    return Voice.model_validate(figures | {"words": [_figure(value) for value in words]})


def _figure(value: float) -> float:
    """With three digits that count."""
    return float(f"{value:.3g}")


def voice_yaml(voice: Voice, name: str = "NAME") -> str:
    """The voice as YAML, to be pasted under `voices:` in a recipe: what is set, in groups, with a comment where a name says too little."""
    lines = [f"{name}:"]
    if voice.about:
        lines.append(f"  about: {_quoted(voice.about)}")
    for group, names in GROUPS.items():
        figures = [(feature, getattr(voice, feature)) for feature in names if getattr(voice, feature) is not None]
        if figures:
            lines.append(f"  # {group}")
        lines += [f"  {feature}: {_written(value)}{_remark(feature)}" for feature, value in figures]
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
    description = Voice.model_fields[name].description or ""
    return f"  # {description}" if name in REMARKED else ""
