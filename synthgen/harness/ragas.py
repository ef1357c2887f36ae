"""For ragas: samples, as `EvaluationDataset.from_jsonl` and `Dataset.load` read them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from synthgen.harness.cases import EvalCase, Suite
from synthgen.harness.exporter import Exporter
from synthgen.harness.text import line, write, write_lines

LOAD = '''\
"""python load.py        The samples, for your own `evaluate` or `@experiment`: each needs the `response` of your application.

pip install ragas "langchain-community<0.4"         (ragas 0.4.3 does not import with a newer langchain-community)
"""

import json
from pathlib import Path

from ragas import Dataset, EvaluationDataset

HERE = Path(__file__).resolve().parent
FILE = next((HERE / "datasets").glob("*.jsonl"))
SAMPLES = EvaluationDataset.from_jsonl(FILE)          # what ragas' metrics read; query_style is the voice
ROWS = Dataset.load(FILE.stem, backend="local/jsonl", root_dir=str(HERE))     # the same with all labels, for @experiment

if __name__ == "__main__":
    print(f"{len(SAMPLES)} samples, {len(ROWS)} rows")
    print(json.dumps(dict(ROWS[0]), indent=2, default=str))
'''


def write_suite(suite: Suite, folder: Path) -> int:
    """datasets/NAME.jsonl and load.py; returns how many cases."""
    write(folder / "load.py", LOAD)
    return write_lines(folder / "datasets" / f"{suite.slug}.jsonl", _samples(suite))


def _samples(suite: Suite) -> Iterator[str]:
    for case in suite.cases():
        target = case.target[0] if isinstance(case.target, list) else case.target
        voice = {"query_style": str(case.labels["voice"])} if case.labels.get("voice") is not None else {}
        reference = {} if target is None else {"reference": target}
        labels = {key: value for key, value in case.labels.items() if key not in ("user_input", "reference", "response", "rubrics")}
        # ragas opens the file in the machine's own encoding
        yield line({"id": case.id, "user_input": _input(case), **reference, **voice, **labels}, ascii_only=True)


def _input(case: EvalCase) -> Any:
    """A message, or a conversation as ragas' own messages."""
    if isinstance(case.input, str):
        return case.input
    types = {"user": "human", "assistant": "ai", "tool": "tool"}
    return [{"content": turn["content"], "type": types.get(turn["role"], "human")} for turn in case.input]


EXPORTER = Exporter("ragas", write_suite, "python {folder}/load.py")
