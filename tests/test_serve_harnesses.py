"""Harnesses with a user of their own, unedited, with the users of a recipe in its place, as docs/serve.md shows it. Each is run where it
is installed."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
from servers.users import UserServer, served_users
from test_serve import DONE, RECIPE, claude, typist

from synthgen.models import ScriptedModel

ASKS = "What is your name?"


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


def shown(heading: str, language: str) -> str:
    """The block of code under a heading of the page."""
    page = (Path(__file__).parents[1] / "docs" / "serve.md").read_text(encoding="utf-8")
    section = page.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    (block,) = re.findall(rf"^```{language}\n(.*?)^```$", section, re.MULTILINE | re.DOTALL)
    return str(block)


def talk_of(users: UserServer, number: int) -> list[str]:
    """What is said in a talk with an application that asks for the name and then does what is wanted."""
    assert users.desk
    row = users.desk.users.rows[f"talks-{number}"].values
    return [row["message"], ASKS, row["name"].lower(), DONE]


AS_GPT = """
from deepeval.models import GPTModel
user = GPTModel(model="gpt-4.1", base_url=user.base_url, api_key="any", temperature=0)
simulator = """
CASES = """
import json
print("CASES" + json.dumps([[[turn.role, turn.content] for turn in case.turns] for case in cases]))
"""


@pytest.mark.skipif(shutil.which("deepeval") is None, reason="deepeval is not installed; pip install deepeval does")
@pytest.mark.parametrize("kind", ["LocalModel", "GPTModel"])
def test_deepevals_simulator_has_its_talks_with_the_users(users: UserServer, tmp_path: Path, kind: str) -> None:
    """Also by deepeval's own client of OpenAI, which asks for JSON by its schema."""
    code = shown("deepeval", "python").replace("http://127.0.0.1:8765/v1", users.url)
    code = code.replace('content="Your new', f'content="{ASKS}" if not turns or len(turns) < 2 else "Your new')
    if kind == "GPTModel":
        code = code.replace("\nsimulator = ", AS_GPT).replace("simulator_model=user)", "simulator_model=user, async_mode=False)")
    (tmp_path / "simulate.py").write_text(code + CASES, encoding="utf-8")
    python = Path(str(shutil.which("deepeval"))).parent / "python"
    quiet = {"DEEPEVAL_TELEMETRY_OPT_OUT": "YES", "DEEPEVAL_UPDATE_WARNING_OPT_OUT": "YES"}
    done = ran([str(python), "simulate.py"], tmp_path, **quiet)
    assert done.returncode == 0, done.stderr[-3000:]
    cases = json.loads(done.stdout.partition("CASES")[2].splitlines()[0])
    assert [[text for _, text in case] for case in cases] == [talk_of(users, number) for number in range(3)]


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
    (tmp_path / "promptfooconfig.yaml").write_text(shown("promptfoo", "yaml"), encoding="utf-8")
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
    talks = [re.sub(r"^(?:User|Assistant): ", "", result["response"]["output"], flags=re.MULTILINE).split("\n---\n") for result in results]
    assert talks == [talk_of(users, number) for number in range(2)]


def test_inspect_has_its_talks_with_the_users(users: UserServer, tmp_path: Path) -> None:
    pytest.importorskip("openai", reason="inspect asks by the package openai; pip install openai does")
    from inspect_ai import eval as evaluate
    from inspect_ai.model import ChatMessage, ModelOutput, ModelUsage, get_model

    def application(messages: list[ChatMessage], *_: Any) -> ModelOutput:
        asked = any(message.role == "assistant" for message in messages)
        output = ModelOutput.from_content("mockllm/model", DONE if asked else ASKS)
        output.usage = ModelUsage()
        return output

    code = dict[str, Any]()
    exec(shown("inspect", "python"), code)
    user = get_model("openai-api/synthgen/synthgen", base_url=users.url, api_key="any")
    model = get_model("mockllm/model", custom_outputs=application)
    (log,) = evaluate(code["talks"](), model=model, model_roles={"user": user}, log_dir=str(tmp_path), display="none")
    assert log.status == "success"
    assert log.samples is not None
    assert [[message.text for message in sample.messages] for sample in log.samples] == [talk_of(users, number) for number in range(3)]


def test_a_loop_with_openais_package_ends_when_the_user_does(users: UserServer) -> None:
    pytest.importorskip("openai", reason="pip install openai does")
    code = dict[str, Any]()
    exec(shown("Your own loop", "python").replace("http://127.0.0.1:8765/v1", users.url), code)
    assert [one["content"] for one in code["messages"]] == [talk_of(users, 2)[0], DONE]
    assert code["typed"] == "thx bye\n###STOP###"
