"""Harnesses with a user of their own, unedited, with the users of a recipe in its place. Each is run where it is installed."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent

import pytest
from servers.users import UserServer, served_users
from test_serve import DONE, RECIPE, claude, typist

from synthgen.models import ScriptedModel


@pytest.fixture
def users(tmp_path: Path) -> Iterator[UserServer]:
    path = tmp_path / "bank.yaml"
    path.write_text(dedent(RECIPE), encoding="utf-8")
    with served_users(path, {"claude": ScriptedModel(claude), "typist": ScriptedModel(typist)}, rows=6) as server:
        yield server


def ran(command: list[str], folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, cwd=folder, env=os.environ | environment, capture_output=True, text=True, timeout=300, stdin=subprocess.DEVNULL
    )


DEEPEVAL = """
import json, sys
from deepeval.dataset import ConversationalGolden
from deepeval.models import GPTModel, LocalModel
from deepeval.simulator import ConversationSimulator
from deepeval.test_case import Turn

url, kind = sys.argv[1:]

def application(input, turns=None, thread_id=None):
    said = sum(turn.role == "assistant" for turn in turns or [])
    return Turn(role="assistant", content=["What is your name?", "Your new card is on its way."][min(said, 1)])

if kind == "local":
    model = LocalModel(model="synthgen", base_url=url, api_key="any", temperature=0)
else:
    model = GPTModel(model="gpt-4.1", base_url=url, api_key="any", temperature=0)
goldens = [ConversationalGolden(scenario=f"row: talks-{n}", expected_outcome="a new card") for n in (1, 4)]
simulator = ConversationSimulator(model_callback=application, simulator_model=model, async_mode=kind == "local")
cases = simulator.simulate(conversational_goldens=goldens, max_user_simulations=4)
print("CASES" + json.dumps([[[turn.role, turn.content] for turn in case.turns] for case in cases]))
"""


@pytest.mark.skipif(shutil.which("deepeval") is None, reason="deepeval is not installed; pip install deepeval does")
@pytest.mark.parametrize("kind", ["local", "gpt"])
def test_deepevals_simulator_has_its_talks_with_the_users(users: UserServer, tmp_path: Path, kind: str) -> None:
    (tmp_path / "simulate.py").write_text(DEEPEVAL, encoding="utf-8")
    python = Path(str(shutil.which("deepeval"))).parent / "python"
    done = ran(
        [str(python), "simulate.py", users.url, kind], tmp_path, DEEPEVAL_TELEMETRY_OPT_OUT="YES", DEEPEVAL_UPDATE_WARNING_OPT_OUT="YES"
    )
    assert done.returncode == 0, done.stderr[-3000:]
    cases = json.loads(done.stdout.partition("CASES")[2].splitlines()[0])
    for number, case in zip((1, 4), cases, strict=True):
        row = users.desk.users.rows[f"talks-{number}"]  # type: ignore[union-attr]
        assert case == [
            ["user", row.values["message"]],
            ["assistant", "What is your name?"],
            ["user", row.values["name"].lower()],
            ["assistant", DONE],
        ]


PROMPTFOO = """
prompts: ["You help the customers of a bank."]
providers: [file://bank.js]
defaultTest:
  provider: {id: "promptfoo:simulated-user", config: {maxTurns: 4}}
tests:
  - vars: {instructions: "row: talks-1"}
  - vars: {instructions: "row: talks-4"}
"""
BANK = """
module.exports = class {
  id() { return "bank"; }
  async callApi(prompt) {
    const said = JSON.parse(prompt).filter((message) => message.role === "assistant").length;
    return { output: ["What is your name?", "Your new card is on its way."][Math.min(said, 1)] };
  }
};
"""


@pytest.mark.skipif(shutil.which("promptfoo") is None, reason="promptfoo is not installed; npm install -g promptfoo does")
def test_promptfoos_simulated_user_is_a_user_of_the_recipe(users: UserServer, tmp_path: Path) -> None:
    (tmp_path / "promptfooconfig.yaml").write_text(PROMPTFOO, encoding="utf-8")
    (tmp_path / "bank.js").write_text(BANK, encoding="utf-8")
    done = ran(
        ["promptfoo", "eval", "--no-cache", "--no-table", "-o", "results.json"],
        tmp_path,
        PROMPTFOO_REMOTE_GENERATION_URL=users.url.removesuffix("/v1") + "/api/v1/task",
        PROMPTFOO_DISABLE_TELEMETRY="1",
        PROMPTFOO_DISABLE_UPDATE="1",
        PROMPTFOO_CONFIG_DIR=str(tmp_path / "config"),
    )
    assert done.returncode == 0, done.stderr[-3000:] + done.stdout[-3000:]
    results = json.loads((tmp_path / "results.json").read_text(encoding="utf-8"))["results"]["results"]
    for number, result in zip((1, 4), results, strict=True):
        row = users.desk.users.rows[f"talks-{number}"]  # type: ignore[union-attr]
        assert result["response"]["output"].split("\n---\n") == [
            f"User: {row.values['message']}",
            "Assistant: What is your name?",
            f"User: {row.values['name'].lower()}",
            f"Assistant: {DONE}",
        ]
