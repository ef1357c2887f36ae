"""The page on continuous integration: what it shows is run, in a repository as it describes."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from ruamel.yaml import YAML

PAGE = Path(__file__).parents[1] / "docs" / "ci.md"
HOOKS, WORKFLOW = (YAML(typ="safe").load(block) for block in re.findall(r"^```yaml\n(.*?)^```$", PAGE.read_text("utf-8"), re.M | re.S))
RECIPE = """name: evals
tables:
  traffic:
    rows: 20
    fields:
      plan: {kind: choice, options: [free, paid]}
      seats: {kind: number, between: [1, 40]}
"""


@pytest.fixture
def run(tmp_path: Path) -> object:
    """Runs a line in a new repository, and returns its exit code and what it printed; `synthgen` is the one that is tested."""
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "synthgen").write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m synthgen "$@"\n')
    (programs / "synthgen").chmod(0o755)
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("GIT_", "ANTHROPIC_"))}
    environment["PATH"] = f"{programs}:{environment['PATH']}"
    (tmp_path / "repository" / "evals").mkdir(parents=True)
    (tmp_path / "repository" / "evals" / "recipe.yaml").write_text(RECIPE)

    def line(command: str, *more: str) -> tuple[int, str]:
        done = subprocess.run(
            ["bash", "-c", f"{command} {shlex.join(more)}"], cwd=tmp_path / "repository", env=environment, capture_output=True, text=True
        )
        return done.returncode, done.stdout + done.stderr

    assert line("git init -q . && git config user.email a@example.com && git config user.name a")[0] == 0
    return line


@pytest.mark.skipif(shutil.which("git") is None or shutil.which("bash") is None, reason="needs git and bash")
def test_the_steps_pass_for_what_is_in_order_and_fail_where_the_output_is_not_the_recipe_s(run, tmp_path: Path) -> None:
    for command in re.findall(r"^```sh\n(.*?)^```$", PAGE.read_text("utf-8"), re.M | re.S)[0].splitlines():
        assert run(command)[0] == 0
    assert run("git add evals/recipe.yaml && git commit -qm evals")[0] == 0
    steps = [step["run"] for step in WORKFLOW["jobs"]["datasets"]["steps"] if "run" in step and not step["run"].startswith("pip ")]
    assert len(steps) == 4
    for step in steps:
        code, said = run(step)
        assert code == 0, said
    recipe = tmp_path / "repository" / "evals" / "recipe.yaml"
    recipe.write_text(RECIPE.replace("between: [1, 40]", "between: [1, 4]"))
    codes = [run(step) for step in steps]
    assert [code for code, _ in codes] == [0, 0, 0, 1]
    assert "00000.parquet" in codes[-1][1]


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
def test_the_hook_checks_every_recipe_that_it_is_given(run, tmp_path: Path) -> None:
    (hook,) = HOOKS["repos"][0]["hooks"]
    assert run(hook["entry"], "evals/recipe.yaml", "evals/recipe.yaml")[0] == 0
    (tmp_path / "repository" / "evals" / "wrong.yaml").write_text(RECIPE.replace("choice", "choise"))
    code, said = run(hook["entry"], "evals/wrong.yaml", "evals/recipe.yaml")
    assert code == 1
    assert "did you mean 'choice'?" in said
    assert re.search(hook["files"], "evals/recipe.yaml")
    assert not re.search(hook["files"], "evals/myrecipe.yaml")
