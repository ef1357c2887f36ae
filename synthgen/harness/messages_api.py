"""For the Messages API: requests, each a line of a batch, and what each answer should be."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from synthgen.harness.cases import EvalCase, Suite
from synthgen.harness.exporter import Exporter
from synthgen.harness.text import line, write_lines

TOKENS = 1024


def write_suite(suite: Suite, folder: Path) -> int:
    """requests.jsonl and cases.jsonl, joined by custom_id; returns how many requests. A blank message is no request."""
    blank = sum(case.blank for case in suite.cases())
    if blank:
        suite.notes.append(f"messages: {blank} blank messages are left out, for the API takes none")
    write_lines(
        folder / "cases.jsonl",
        (line({"custom_id": _name(case), "target": case.target, "labels": case.labels}) for case in _answerable_cases(suite)),
    )
    return write_lines(
        folder / "requests.jsonl", (line({"custom_id": _name(case), "params": _params(suite, case)}) for case in _answerable_cases(suite))
    )


def _answerable_cases(suite: Suite) -> Iterator[EvalCase]:
    return (case for case in suite.cases() if not case.blank)


def _params(suite: Suite, case: EvalCase) -> dict[str, Any]:
    turns = case.messages(suite.harness.system)
    system = "\n\n".join(turn["content"] for turn in turns if turn["role"] == "system")
    messages = [turn for turn in turns if turn["role"] != "system"]
    return {"model": suite.model, "max_tokens": TOKENS, **({"system": system} if system else {}), "messages": messages}


def _name(case: EvalCase) -> str:
    """An id as the API takes it: letters, digits, - and _, at most 64."""
    return re.sub(r"[^A-Za-z0-9_-]", "_", case.id)[-64:]


EXPORTER = Exporter("messages", write_suite)
