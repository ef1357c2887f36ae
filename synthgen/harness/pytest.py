"""For pytest: the cases as the parameters of a test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from synthgen.harness.cases import Suite
from synthgen.harness.exporter import FUNCTION, Exporter
from synthgen.harness.shared import CONFTEST, settings
from synthgen.harness.text import line, write, write_lines

TEST = '''\
"""APPLICATION=module:function pytest FILE        (a function of yours: from a message to a reply)"""

import json
from pathlib import Path

import graders
import pytest

HERE = Path(__file__).resolve().parent
SUITE = json.loads((HERE / "suite.json").read_text(encoding="utf-8"))
with (HERE / "cases.jsonl").open(encoding="utf-8") as lines:
    CASES = [json.loads(line) for line in lines]


def name_of(case):
    return f"{case['id']}-{case['target']}" if SUITE["grading"]["kind"] == "label" else case["id"]


@pytest.mark.parametrize("case", CASES, ids=name_of)
def test_reply(case, application, record_property):
    record_property("labels", json.dumps(case["labels"]))
    reply = application(case["input"])
    grades = graders.grade(reply, case["target"], SUITE)
    low = {name: grade for name, grade in grades.items() if grade < SUITE["grading"]["pass"]}
    if low:
        pytest.fail(graders.failure_line(reply, case["target"], case["input"], low), pytrace=False)
'''


def write_suite(suite: Suite, folder: Path) -> int:
    """cases.jsonl, test_NAME.py, and what it reads; returns how many cases."""
    write(folder / f"test_{suite.slug}.py", TEST)
    write(folder / "conftest.py", CONFTEST)
    settings(suite, folder)
    return write_lines(folder / "cases.jsonl", _lines(suite))


def _lines(suite: Suite) -> Iterator[str]:
    for case in suite.cases():
        yield line({"id": case.id, "input": case.input, "target": case.target, "labels": case.labels})


EXPORTER = Exporter("pytest", write_suite, "APPLICATION=module:function pytest {folder}", ("pytest", "pip install pytest"), FUNCTION)
