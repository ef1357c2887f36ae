"""For deepeval: goldens, and a test file that runs an application on them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from synthgen.harness.cases import Suite
from synthgen.harness.exporter import FUNCTION, Exporter
from synthgen.harness.shared import CONFTEST, settings
from synthgen.harness.text import line, write, write_lines

TEST = '''\
"""APPLICATION=module:function deepeval test run FILE        (a function of yours: from a message to a reply)"""

import json
from pathlib import Path

import graders
import pytest
from deepeval import assert_test
from deepeval.dataset import EvaluationDataset
from deepeval.metrics import BaseMetric
from deepeval.test_case import LLMTestCase
from rich.markup import escape

HERE = Path(__file__).resolve().parent
SUITE = json.loads((HERE / "suite.json").read_text(encoding="utf-8"))
DATASET = EvaluationDataset()
DATASET.add_goldens_from_json_file(str(HERE / "goldens.json"))


class Graded(BaseMetric):
    """One of the grades of graders.py."""

    def __init__(self, grade):
        self.grade, self.threshold, self.async_mode = grade, SUITE["grading"]["pass"], False

    def measure(self, test_case, *_, **__):
        target = test_case.additional_metadata.get("targets") or test_case.expected_output
        self.score = graders.grade(test_case.actual_output, target, SUITE)[self.grade]
        self.success = self.score >= self.threshold
        self.reason = f"{self.grade} is {self.score}"
        if not self.success:
            why = graders.failure_line(test_case.actual_output, target, test_case.input, {self.grade: self.score})
            self.reason = escape(why)  # deepeval prints it as rich's markup
        return self.score

    async def a_measure(self, test_case, *_, **__):
        return self.measure(test_case)

    def is_successful(self):
        return self.success

    @property
    def __name__(self):
        return self.grade


@pytest.mark.parametrize("golden", DATASET.goldens, ids=lambda golden: golden.name)
def test_reply(golden, application):
    reply = application(golden.additional_metadata.get("messages") or golden.input)
    case = LLMTestCase(
        name=golden.name, input=golden.input, actual_output=reply, expected_output=golden.expected_output,
        additional_metadata=golden.additional_metadata,
    )
    assert_test(case, [Graded(grade) for grade in graders.grades(SUITE)])
'''


def write_suite(suite: Suite, folder: Path) -> int:
    """goldens.json, test_NAME.py, and what it reads; returns how many cases."""
    write(folder / f"test_{suite.slug}.py", TEST)
    write(folder / "conftest.py", CONFTEST)
    settings(suite, folder)
    return write_lines(folder / "goldens.json", _goldens(suite)) - 2


def _goldens(suite: Suite) -> Iterator[str]:
    before = ""
    yield "["
    for case in suite.cases():
        if before:
            yield f"{before},"
        targets = case.target if isinstance(case.target, list) else [case.target]
        metadata = {**case.labels, **({} if isinstance(case.input, str) else {"messages": case.messages()})}
        metadata |= {"targets": targets} if len(targets) > 1 else {}
        before = line({"name": case.id, "input": case.text, "expected_output": targets[0], "additional_metadata": metadata})
    yield before
    yield "]"


EXPORTER = Exporter(
    "deepeval",
    write_suite,
    "APPLICATION=module:function deepeval test run {folder}/test_{name}.py",
    ("deepeval", "pip install deepeval"),
    FUNCTION,
)
