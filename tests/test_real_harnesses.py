"""The real harnesses run what `export` wrote, offline and unedited, and `slice` reads what they wrote.

inspect-ai and lm-eval are among the packages that tests need. promptfoo, deepeval and ragas are run where they are installed.
"""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from test_harness import MESSAGES, SYSTEM, output

from synthgen.harness import export, graders
from synthgen.harness.slicing import Sliced, slice_results

MOCKED = "[default output, lol, refund]"
"""What inspect's mock model and lm-eval's dummy say is in these."""


def needs(package: str) -> pytest.MarkDecorator:
    missing = importlib.util.find_spec(package) is None and not os.environ.get("CI")
    return pytest.mark.skipif(missing, reason=f"{package} is not installed; pip install -e '.[dev]' does")


@dataclass(frozen=True)
class Exports:
    """Two outputs, exported into one folder: `nasty` with a target and a system prompt, `plain` with neither."""

    folder: Path
    nasty: Path
    plain: Path


@pytest.fixture(scope="module")
def exports(tmp_path_factory: pytest.TempPathFactory) -> Exports:
    folder = tmp_path_factory.mktemp("exports")
    nasty, plain = (output(folder / "made" / name, intents=MOCKED, name=f"{name}-bank") for name in ("nasty", "plain"))
    harnesses = ["inspect", "lm-eval", "promptfoo", "deepeval", "ragas"]
    export(nasty, harnesses, out=folder / "nasty", input="input", target="intent", system=SYSTEM)
    export(plain, ["inspect", "lm-eval", "promptfoo"], out=folder / "plain", input="input")
    return Exports(folder, nasty, plain)


def run(command: list[str], cwd: Path, codes: tuple[int, ...] = (0,), **environment: str) -> str:
    """Run a command away from this machine's settings and from the network; what it printed."""
    offline = {"HF_HUB_OFFLINE": "1", "HOME": str(cwd), "http_proxy": "http://127.0.0.1:9", "https_proxy": "http://127.0.0.1:9"}
    done = subprocess.run(
        command, cwd=cwd, env=os.environ | offline | environment, capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode in codes, done.stdout + done.stderr
    return done.stdout


def graded(found: list[Sliced], right: str) -> None:
    """The only grade is of a model that always says `right`."""
    (one,) = found
    assert (one.grade, one.whole.rows, one.ungraded) == ("correct", len(MESSAGES), 0)
    means = {intent: share.mean for intent, share in one.slices["intent"].items()}
    assert means == {"default output": 0, "lol": 0, "refund": 0} | {right: 1}
    assert one.slices["intent"][right].apart == 1
    assert set(one.slices) == {"intent", "urgent", "case", "voice"}


def unaided(found: list[Sliced]) -> None:
    assert {one.grade: one.whole.mean for one in found} == {"answered": 1, "not_refused": 1, "well_formed": 1, "right_length": 1}


@needs("inspect_ai")
def test_inspect_runs_the_tasks(exports: Exports, tmp_path: Path) -> None:
    tasks = [f"{name}/inspect/task.py" for name in ("nasty", "plain")]
    command = [
        sys.executable,
        "-m",
        "inspect_ai",
        "eval",
        *tasks,
        "--model",
        "mockllm/model",
        "--display",
        "plain",
        "--log-dir",
        str(tmp_path / "logs"),
    ]
    run(command, exports.folder, TIKTOKEN_CACHE_DIR=str(tmp_path / "no vocabulary"))
    (nasty,), (plain,) = ((tmp_path / "logs").glob(f"*{name}-bank-traffic*.eval") for name in ("nasty", "plain"))
    graded(slice_results(nasty, exports.nasty), "default output")
    unaided(slice_results(plain, exports.plain))
    script = (
        "import json, sys; from inspect_ai.log import read_eval_log as r; print(json.dumps({s.id: [m.text for m in s.messages] for s in "
        "r(sys.argv[1]).samples}))"
    )
    told = json.loads(run([sys.executable, "-c", script, str(nasty)], tmp_path))
    assert [told[f"traffic-{n}"][:2] for n in range(len(MESSAGES))] == [[SYSTEM, text] for text in MESSAGES]


@needs("lm_eval")
def test_lm_eval_runs_the_tasks(exports: Exports, tmp_path: Path) -> None:
    tasks = "nasty_bank_traffic,plain_bank_traffic"
    command = [sys.executable, "-m", "lm_eval", "--model", "dummy", "--tasks", tasks, "--log_samples", "--output_path", "results"]
    run([*command, "--include_path", str(exports.folder)], tmp_path)
    (nasty,), (plain,) = (tmp_path.rglob(f"samples_{name}_bank_traffic_*.jsonl") for name in ("nasty", "plain"))
    graded(slice_results(nasty, exports.nasty), "lol")
    unaided(slice_results(plain, exports.plain))
    told: list[Any] = [
        json.loads(line)["arguments"]["gen_args_0"]["arg_0"] for line in nasty.read_text(encoding="utf-8").split("\n") if line
    ]
    assert told == [f"{SYSTEM}\n\nMessage: {text}\nAnswer:" for text in MESSAGES]


@pytest.mark.skipif(shutil.which("promptfoo") is None, reason="promptfoo is not installed; npm install -g promptfoo does")
def test_promptfoo_runs_the_configurations(exports: Exports, tmp_path: Path) -> None:
    quiet = {f"PROMPTFOO_DISABLE_{what}": "true" for what in ("TELEMETRY", "UPDATE", "REMOTE_GENERATION")}
    for name in ("nasty", "plain"):
        config = str(exports.folder / name / "promptfoo" / "promptfooconfig.yaml")
        command = ["promptfoo", "eval", "-c", config, "--no-cache", "--no-table", "-o", f"{name}.json"]
        run(command, tmp_path, (0, 100), PROMPTFOO_CONFIG_DIR=str(tmp_path), **quiet)  # 100: some test has failed, as the echo's do
    results = json.loads((tmp_path / "nasty.json").read_text(encoding="utf-8"))["results"]["results"]
    told = {result["testCase"]["metadata"]["id"]: json.loads(result["response"]["output"]) for result in results}
    assert [[turn["content"] for turn in told[f"traffic-{n}"]] for n in range(len(MESSAGES))] == [[SYSTEM, text] for text in MESSAGES]
    assert {one.grade for one in slice_results(tmp_path / "plain.json", exports.plain)} == set(graders.UNAIDED)
    (one,) = slice_results(tmp_path / "nasty.json", exports.nasty)
    assert (one.run, one.whole.rows, one.ungraded) == ("echo", len(MESSAGES), 0)


@pytest.mark.skipif(shutil.which("deepeval") is None, reason="deepeval is not installed; pip install deepeval does")
def test_deepeval_runs_the_file_and_ends_by_itself(exports: Exports, tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text("def reply(messages):\n    return 'lol'\n")
    folder = exports.folder / "nasty" / "deepeval"
    command = ["deepeval", "test", "run", str(folder / "test_nasty_bank_traffic.py")]
    said = run(command, tmp_path, (1,), APPLICATION="app:reply", PYTHONPATH="", COLUMNS="200")  # 1: some test has failed
    right = sum(golden["expected_output"] == "lol" for golden in json.loads((folder / "goldens.json").read_text(encoding="utf-8")))
    assert f"Passed: {right} | Failed: {len(MESSAGES) - right}" in said
    assert "right is 'refund', to 'my card is lsot'" in said
    assert "APPLICATION is not set: nothing was tested" in run(command, tmp_path, (4,), APPLICATION="", PYTHONPATH="", COLUMNS="200")


@pytest.mark.skipif(shutil.which("ragas") is None, reason="ragas is not installed; pip install ragas 'langchain-community<0.4' does")
def test_ragas_reads_the_samples(exports: Exports, tmp_path: Path) -> None:
    python = Path(str(shutil.which("ragas"))).with_name("python")
    said = run([str(python), str(exports.folder / "nasty" / "ragas" / "load.py")], tmp_path, PYTHONPATH="")
    count, _, first = said.partition("\n")
    assert count == f"{len(MESSAGES)} samples, {len(MESSAGES)} rows"
    assert json.loads(first)["user_input"] == MESSAGES[0]
