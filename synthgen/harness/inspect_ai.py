"""For inspect-ai: a task file and its dataset."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from synthgen.harness.cases import Suite
from synthgen.harness.exporter import Exporter
from synthgen.harness.shared import settings
from synthgen.harness.text import line, write, write_lines

TASK = '''\
"""inspect eval task.py --model openai/gpt-5.2          (a model of yours; mockllm/model tries the file without one, offline)

-T judge=MODEL adds a model's own verdict where there is a target. The labels of each case are its metadata:
`synthgen slice logs OUTPUT` says where answers are wrong.
"""

import json
from pathlib import Path

import graders
from inspect_ai import Task, task
from inspect_ai.dataset import json_dataset
from inspect_ai.model import ChatMessageSystem, ModelOutput, get_model
from inspect_ai.scorer import Score, mean, model_graded_qa, scorer, stderr
from inspect_ai.solver import solver

HERE = Path(__file__).resolve().parent
SUITE = json.loads((HERE / "suite.json").read_text(encoding="utf-8"))


@scorer(metrics={"*": [mean(), stderr()]})
def graded():
    async def score(state, target):
        answer = state.output.completion
        return Score(value=graders.grade(answer, list(target), SUITE), answer=answer)

    return score


@solver
def instructed():
    async def solve(state, generate):
        state.messages.insert(0, ChatMessageSystem(content=SUITE["system"]))
        return state

    return solve


@solver
def reply():
    """`generate`. What inspect's mock model always says is said here: the mock would fetch a vocabulary from the net to count it."""

    async def solve(state, generate):
        if str(state.model) != "mockllm/model" or get_model().model_args:
            return await generate(state)
        state.output = ModelOutput.from_content("mockllm/model", "Default output from mockllm/model")
        state.messages.append(state.output.message)
        return state

    return solve


@task
def NAME(judge=None):
    return Task(
        dataset=json_dataset(str(HERE / "data.jsonl"), name=SUITE["name"]),
        solver=[*([instructed()] if SUITE["system"] else []), reply()],
        scorer=[graded(), *([model_graded_qa(model=judge)] if judge and SUITE["grading"]["kind"] != "none" else [])],
    )
'''


def write_suite(suite: Suite, folder: Path) -> int:
    """task.py, data.jsonl, and what they read; returns how many cases."""
    write(folder / "task.py", TASK.replace("NAME", suite.slug))
    settings(suite, folder)
    return write_lines(folder / "data.jsonl", _samples(suite))


def _samples(suite: Suite) -> Iterator[str]:
    for case in suite.cases():
        sample_input = case.input or case.messages()  # inspect takes an empty text for a missing one
        target = {} if case.target is None else {"target": case.target}
        yield line({"id": case.id, "input": sample_input, **target, "metadata": case.labels})


EXPORTER = Exporter("inspect", write_suite, "cd {folder} && inspect eval task.py --model MODEL", ("inspect", "pip install inspect-ai"))
