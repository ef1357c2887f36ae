"""How near a table's typed messages came to what its recipe asks: to each voice, to their topics, and to the facts that seeds mention."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from itertools import islice
from statistics import fmean
from typing import Any

from synthgen.spec import render
from synthgen.text.slots import as_typed
from synthgen.voices import Voice

MEASURED = 100_000  # messages whose style is measured, at most

ReadRows = Callable[[Sequence[str]], Iterator[dict[str, Any]]]
"""Gives a table's rows, with these columns."""


def style_figures(rows: ReadRows, name: str, voices: Mapping[str, Voice]) -> dict[str, Any]:
    """For each voice of the field `name` how many rows it has, and each of its features as asked and as typed."""
    from synthgen.voices.likeness import style_errors

    texts: dict[str, list[str]] = {}
    for row in islice(rows([name, f"{name}_voice"]), MEASURED):
        if row[name] is not None and row[f"{name}_voice"] is not None:  # a seed that is a row was typed in none
            texts.setdefault(row[f"{name}_voice"], []).append(row[name])
    return {voice: {"rows": len(typed), "figures": style_errors(typed, voices[voice])} for voice, typed in sorted(texts.items())}


def unmentioned(rows: ReadRows, name: str, slot_names: Collection[str]) -> list[str]:
    """The slots of which no message of the field `name` has the row's fact."""
    left = set(slot_names)
    for row in islice(rows([name, *sorted(slot_names)]), MEASURED):
        if not left:
            break
        if (text := row[name]) is not None:
            left -= {slot for slot in left if row[slot] is not None and as_typed(row[slot], text).casefold() in text.casefold()}
    return sorted(left)


def label_figures(rows: ReadRows, name: str, topic: str) -> dict[str, Any]:
    """How many messages of the field `name` are about their topic, which is of this template, as their scores say; also by topic."""
    likely: dict[str, list[float]] = {}
    for row in rows([f"{name}_on_topic", *sorted(render.names(topic))]):
        if (holds := row[f"{name}_on_topic"]) is not None:
            likely.setdefault(render.fill(topic, row).strip(), []).append(holds)
    every = [holds for scores in likely.values() for holds in scores]
    topics = {name: {"rows": len(scores), "hold": round(fmean(scores), 3)} for name, scores in sorted(likely.items())}
    return {"rows": len(every), "hold": round(fmean(every), 3), "topics": topics} if every else {}
