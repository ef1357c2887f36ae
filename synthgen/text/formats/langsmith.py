"""Runs out of LangSmith: what `list_runs` gives, the download of a table of runs, and the Parquet files of a bulk export.

By https://docs.langchain.com/langsmith/run-data-format and https://docs.langchain.com/langsmith/data-export.

What a user asked is in the inputs of a root run; the runs inside it were asked by the application.
"""

from __future__ import annotations

from typing import Any

from synthgen.spec.paths import get_path
from synthgen.text.formats.asked import turns_asked, value_of
from synthgen.text.formats.shape import Dialogue, LogFormat, Record, short_value

THREADS = ("session_id", "thread_id", "conversation_id")
"""Metadata that make runs a thread: https://docs.langchain.com/langsmith/threads."""


def _recognise(record: Record) -> bool:
    return isinstance(record.get("run_type"), str) and "inputs" in record and bool(record.keys() & {"trace_id", "id", "run_id"})


def _is_root(record: Record) -> bool:
    """Whether a run is in no other, as far as any of its fields says."""
    trace, run = record.get("trace_id"), record.get("id") or record.get("run_id")
    is_inner = record.get("parent_run_id") or record.get("parent_run_ids") or "." in str(record.get("dotted_order"))
    return not is_inner and str(record.get("is_root", True)).casefold() == "true" and (not trace or not run or trace == run)


def _dialogue(record: Record, where: str) -> Dialogue:
    turns = turns_asked(record["inputs"]) if _is_root(record) else []
    return Dialogue(turns, "inputs", _thread(record), short_value(record, ("trace_id", "id", "run_id")))


def _thread(record: Record) -> str:
    extra: Any = value_of(record.get("extra"))
    metadata = get_path(extra, "metadata") if isinstance(extra, dict) else None
    return short_value(record, ("thread_id",)) or (short_value(metadata, THREADS) if isinstance(metadata, dict) else "")


def _parts(value: Record) -> list[Record] | None:
    """The run with its inputs read, which a bulk export keeps as JSON."""
    inputs = value_of(value.get("inputs"))
    return [{**value, "inputs": inputs}] if _recognise(value) and inputs is not value.get("inputs") else None


FORMAT = LogFormat(
    "LangSmith",
    frozenset({"run_type"}),
    _recognise,
    _dialogue,
    unpack=_parts,
    talks=True,
    repeats=True,
    absent="its runs are all inside others, or it cannot be told what was typed: export root runs (is_root), or name the field, such as "
    "--field inputs.question",
)
