"""Traces and observations out of Langfuse: the exports of its tables, of a trace or a session, of blob storage, and its API.

By https://langfuse.com/docs/api-and-data-platform/features/blob-storage-export-fields (names with underscores) and the public API (the
same in camel case); https://langfuse.com/faq/all/export-single-trace-or-session for single ones.

What a user asked is the input of a trace, or of an observation that is in no other: what is inside was asked by the application.
"""

from __future__ import annotations

from collections.abc import Iterator

from synthgen.text.formats.asked import turns_asked
from synthgen.text.formats.shape import Dialogue, LogFormat, Record, short_value

KINDS = {"SPAN", "GENERATION", "EVENT", "AGENT", "TOOL", "CHAIN", "RETRIEVER", "EVALUATOR", "EMBEDDING", "GUARDRAIL"}
TRACE = ("traceId", "trace_id")
PARENT = ("parentObservationId", "parent_observation_id")
OF_OBSERVATIONS = {*PARENT, "startTime", "start_time"}
SESSION = ("sessionId", "session_id")
MARKS = ({"htmlPath"}, {"bookmarked"}, {"observations"}, {"release", "public"}, {"release", "version", "tags"})
"""Fields by which a trace is told from any other log with an input and an output: all of one of these."""


def _is_observation(record: Record) -> bool:
    return str(record.get("type")) in KINDS and bool(short_value(record, TRACE) and record.keys() & OF_OBSERVATIONS) and "input" in record


def _is_trace(record: Record) -> bool:
    return {"id", "input", "output", "timestamp"} <= record.keys() and any(marks <= record.keys() for marks in MARKS)


def _recognise(record: Record) -> bool:
    return _is_observation(record) or _is_trace(record)


def _parts(value: Record) -> Iterator[Record] | None:
    """The traces of a session; the observations of a trace that has no input of its own."""
    traces = value.get("traces")
    if isinstance(traces, list) and traces and all(isinstance(trace, dict) and _is_trace(trace) for trace in traces):
        return iter(traces)
    observations = value.get("observations")
    are_observations = isinstance(observations, list) and all(isinstance(item, dict) and _is_observation(item) for item in observations)
    if observations and are_observations and not turns_asked(value.get("input")):
        session = {SESSION[0]: short_value(value, SESSION)}
        return ({**session, **observation} for observation in observations)
    return None


def _dialogue(record: Record, where: str) -> Dialogue:
    trace = short_value(record, TRACE) if _is_observation(record) else short_value(record, ("id",))
    inner = _is_observation(record) and bool(short_value(record, PARENT))
    turns = [] if inner else turns_asked(record.get("input"))
    return Dialogue(turns, "input", short_value(record, SESSION), trace)


FORMAT = LogFormat(
    "Langfuse",
    frozenset({*TRACE, *(key for marks in MARKS for key in marks), "traces"}),
    _recognise,
    _dialogue,
    unpack=_parts,
    talks=True,
    repeats=True,
    absent="its observations are all inside others, or it cannot be told what was typed: export traces, or name the field, such as --field "
    "input.question",
)
