"""For lm-evaluation-harness: a task in YAML, its data, and the functions that it names."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from synthgen.harness import graders
from synthgen.harness.cases import Suite
from synthgen.harness.exporter import Exporter
from synthgen.harness.shared import settings
from synthgen.harness.text import line, quoted, write, write_lines

FUNCTIONS = '''\
"""What the task in YAML names: its data, its prompts and its grades."""

import json
import sys
from pathlib import Path

from datasets import Dataset

HERE = Path(__file__).resolve().parent
SUITE = json.loads((HERE / "suite.json").read_text(encoding="utf-8"))
sys.path.insert(0, str(HERE))
import graders  # noqa: E402

sys.path.remove(str(HERE))


def dataset(**_):
    """The cases, wherever this folder lies."""
    with (HERE / "data.jsonl").open(encoding="utf-8") as file:
        docs = [json.loads(line) for line in file]
    return {"test": Dataset.from_list([{**doc, "system": SUITE["system"] + "\\n\\n"} for doc in docs])}


def text(doc):
    """What a model reads."""
    return f"Message: {doc['input']}\\nAnswer:"


def target(doc):
    """What the answer should be; where it may be several things, the first."""
    return (doc["target"] or [""])[0]


def scores(doc, results):
    """The grades of an answer."""
    return graders.grade(results[0], doc["target"], SUITE)
'''


def write_suite(suite: Suite, folder: Path) -> int:
    """NAME.yaml, functions.py, data.jsonl, and what they read; returns how many cases."""
    write(folder / f"{suite.slug}.yaml", "\n".join(_task(suite)))
    write(folder / "functions.py", FUNCTIONS)
    settings(suite, folder)
    return write_lines(folder / "data.jsonl", _docs(suite))


def _task(suite: Suite) -> Iterator[str]:
    yield f"# lm_eval --model MODEL --tasks {suite.slug} --include_path . --log_samples --output_path results"
    yield "# (--model dummy tries the file without a model; --apply_chat_template where the model is one for chats)"
    yield f"task: {quoted(suite.slug)}"
    yield "custom_dataset: !function functions.dataset"
    yield "test_split: test"
    yield "output_type: generate_until"
    if suite.harness.system:
        yield "description: system   # the field of that name"
    yield "doc_to_text: !function functions.text"
    yield "doc_to_target: !function functions.target"
    yield "process_results: !function functions.scores"
    yield 'generation_kwargs: {until: ["</s>", "<|im_end|>"], max_gen_toks: 512, do_sample: false}'
    yield "metric_list:"
    yield from (f"  - {{metric: {name}, aggregation: mean, higher_is_better: true}}" for name in graders.grades(suite.settings()))
    yield "metadata: {version: 1.0}"


def _docs(suite: Suite) -> Iterator[str]:
    for case in suite.cases():
        target = case.target if isinstance(case.target, list) else [case.target or ""]
        yield line({"id": case.id, "input": case.text, "target": target, "labels": case.labels})


EXPORTER = Exporter(
    "lm-eval",
    write_suite,
    "lm_eval --model MODEL --include_path {folder} --tasks {name} --log_samples --output_path results",
    ("lm_eval", "pip install lm-eval"),
)
