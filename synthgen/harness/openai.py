"""For OpenAI: the items and the criteria of an eval, and chats to fine-tune on."""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from synthgen.harness import graders
from synthgen.harness.cases import EvalCase, Suite
from synthgen.harness.exporter import Exporter
from synthgen.harness.text import line, write, write_lines

GRADER = '''

SUITE = json.loads({suite})


def grade(sample, item):
    """What OpenAI calls: an answer's grade."""
    return _grade(sample.get("output_text") or "", item.get("target"), SUITE)[{name}]
'''


def write_suite(suite: Suite, folder: Path) -> int:
    """items.jsonl, eval.json and run.json (what the Evals API takes) and, with targets, fine_tuning.jsonl; returns how many cases."""
    write(folder / "eval.json", json.dumps(_eval(suite), indent=2, ensure_ascii=False))
    write(folder / "run.json", json.dumps(_run(), indent=2))
    if suite.harness.target:
        write_lines(folder / "fine_tuning.jsonl", _chats(suite))
    return write_lines(folder / "items.jsonl", _items(suite))


def _items(suite: Suite) -> Iterator[str]:
    for case in suite.cases():
        target_field = {} if case.target is None else {"target": _first(case)}
        item = {"id": case.id, "input": case.text, "messages": case.messages(suite.harness.system), **target_field}
        yield line({"item": {**case.labels, **item}})


def _chats(suite: Suite) -> Iterator[str]:
    for case in suite.cases():
        yield line({"messages": [*case.messages(suite.harness.system), {"role": "assistant", "content": _first(case)}]})


def _eval(suite: Suite) -> dict[str, Any]:
    """The body of POST /v1/evals: what an item is, and the graders of graders.py, each as a grader in Python."""
    text = {"type": "string"}
    case_fields = {"id": text, "input": text, "messages": {"type": "array", "items": {"type": "object"}}}
    target_field = {"target": text} if suite.harness.target else {}
    settings = suite.settings()
    return {
        "name": suite.name,
        "data_source_config": {
            "type": "custom",
            "item_schema": {"type": "object", "properties": {**case_fields, **target_field}, "required": [*case_fields, *target_field]},
            "include_sample_schema": True,
        },
        "testing_criteria": [
            {"type": "python", "name": name, "source": _source(name, settings), "pass_threshold": suite.grading["pass"]}
            for name in graders.grades(settings)
        ],
    }


def _source(name: str, settings: dict[str, Any]) -> str:
    source = inspect.getsource(graders).replace("def grade(", "def _grade(")
    return source + GRADER.format(suite=repr(line(settings, ascii_only=True)), name=repr(name))


def _run() -> dict[str, Any]:
    """The body of POST /v1/evals/EVAL_ID/runs, but for the names of the model and of the uploaded items."""
    return {
        "name": "MODEL",
        "data_source": {
            "type": "completions",
            "model": "MODEL",
            "source": {"type": "file_id", "id": "FILE_ID"},
            "input_messages": {"type": "item_reference", "item_reference": "item.messages"},
        },
    }


def _first(case: EvalCase) -> str:
    return case.target[0] if isinstance(case.target, list) else case.target or ""


EXPORTER = Exporter("openai", write_suite)
