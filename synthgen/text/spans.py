"""Spans: where entities are in a text, each a mapping with its `start` and `end`, in characters from 0, and anything else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from synthgen.errors import DataError
from synthgen.spec.rows import Value, parsed_json, to_text

HINT = "it is a list of {start, end}: where an entity begins in the text, counted from 0, and where the character behind it is"
QUOTED = 60
"""Characters that an error quotes."""


def spans_of(value: Value, text: str, what: str) -> list[dict[str, Any]]:
    """The spans of a text that a value holds, as a list or as JSON; none where there is no value. Raises DataError that begins with
    `what` holds the value, where these are none."""
    try:
        spans = parsed_json(value) if isinstance(value, str) else [] if value is None else value
    except ValueError:
        raise DataError(f"{what} is no JSON: {to_text(value)[:QUOTED]}", HINT) from None
    for span in spans if isinstance(spans, list) else [spans]:
        start, end = (span.get("start"), span.get("end")) if isinstance(span, Mapping) else (None, None)
        if not (type(start) is type(end) is int and 0 <= start < end <= len(text)):
            raise DataError(f"{what} holds no span of a text of {len(text)} characters: {to_text(span)[:QUOTED]}", HINT)
    return [dict(span) for span in spans]


def moved(span: Mapping[str, Any], place: tuple[int, int], text: str) -> dict[str, Any]:
    """A span at another place, and with what stands there if it says a text."""
    start, end = place
    return {**span, "start": start, "end": end, **({"text": text[start:end]} if "text" in span else {})}
