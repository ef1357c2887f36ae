"""The commands as people call them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
RECIPES = sorted((ROOT / "recipes").glob("*/recipe.yaml"))
FACTS = """name: facts
seed: 1
tables:
  people:
    rows: 30
    fields:
      plan: {kind: choice, options: {free: 3, paid: 1}}
      seats: {kind: number, between: [1, 40]}
      paying: {kind: choice, options: {true: 1, false: 1}}
"""


def synthgen(*words: object, cwd: Path | None = None, code: int = 0) -> subprocess.CompletedProcess[str]:
    done = subprocess.run([sys.executable, "-m", "synthgen", *map(str, words)], capture_output=True, text=True, cwd=cwd, timeout=240)
    assert done.returncode == code, done.stdout + done.stderr
    return done


@pytest.fixture
def facts(tmp_path: Path) -> Path:
    path = tmp_path / "facts.yaml"
    path.write_text(FACTS)
    return path


def test_every_command_has_help() -> None:
    listed = synthgen("--help").stdout
    for command in ("make", "preview", "check", "look", "schema", "doctor"):
        assert f"  {command} " in listed
        assert "Usage:" in synthgen(command, "--help").stdout


def test_make_says_what_it_did_and_where_it_is(facts: Path, tmp_path: Path) -> None:
    said = synthgen("make", facts, cwd=tmp_path).stdout
    assert "people: 30 rows" in said
    assert 'datasets.load_dataset("outputs/facts", "people")' in said
    assert "finished already" in synthgen("make", facts, cwd=tmp_path).stdout


def test_make_tells_a_program(facts: Path, tmp_path: Path) -> None:
    told = json.loads(synthgen("make", facts, "--json", "--rows", 7, cwd=tmp_path).stdout)
    assert told["tables"]["people"]["rows"] == 7
    assert told["folder"] == "outputs/facts"


def test_quiet_prints_nothing(facts: Path, tmp_path: Path) -> None:
    done = synthgen("make", facts, "--quiet", cwd=tmp_path)
    assert done.stdout == done.stderr == ""


def test_settings_from_the_command_line(facts: Path, tmp_path: Path) -> None:
    synthgen(
        "make", facts, "--set", "tables.people.rows=5", "--set", "tables.people.fields.seats.between=[2, 2]", "--seed", 9, cwd=tmp_path
    )
    rows = [json.loads(line) for line in synthgen("look", "outputs/facts", "--json", cwd=tmp_path).stdout.splitlines()]
    assert [row["seats"] for row in rows] == [2] * 5
    assert "seed: 9" in (tmp_path / "outputs/facts/recipe.yaml").read_text()


def test_look_filters_by_field(facts: Path, tmp_path: Path) -> None:
    synthgen("make", facts, cwd=tmp_path)
    asked = ("look", "outputs/facts", "--where", "plan=paid", "--where", "paying=true", "--json", "-n", 100)
    rows = [json.loads(line) for line in synthgen(*asked, cwd=tmp_path).stdout.splitlines()]
    assert rows
    assert all(row["plan"] == "paid" and row["paying"] is True for row in rows)
    wrong = synthgen("look", "outputs/facts", "--where", "plam=paid", cwd=tmp_path, code=1)
    assert "did you mean 'plan'?" in wrong.stderr


def test_a_mistake_is_one_message_and_exit_code_1(tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text(FACTS.replace("kind: number", "kind: nmber"))
    done = synthgen("make", "bad.yaml", cwd=tmp_path, code=1)
    assert "bad.yaml:8:" in done.stderr
    assert "did you mean 'number'?" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_wrong_command_line_is_exit_code_2() -> None:
    synthgen("make", "--rows", "many", "x.yaml", code=2)


def test_a_limit_is_exit_code_3(tmp_path: Path) -> None:
    text = FACTS.replace("seats: {kind: number, between: [1, 40]}", "seats: {kind: fake, provider: random_digit, unique: true}")
    (tmp_path / "few.yaml").write_text(text)
    done = synthgen("make", "few.yaml", cwd=tmp_path, code=3)
    assert "has 10 of 30 rows" in done.stderr
    assert "unique (seats) refused" in done.stderr


def test_a_model_that_is_not_there_is_exit_code_4_and_one_line(tmp_path: Path) -> None:
    (tmp_path / "m.yaml").write_text(
        "name: m\nmodels: {typist: {kind: base, name: nobody/nothing}}\ntables: {t: {rows: 2, fields: {m: {kind: typed, seeds: [hey, hi]}}}}\n"
    )
    env = os.environ | {"HF_HUB_OFFLINE": "1"}
    done = subprocess.run([sys.executable, "-m", "synthgen", "make", "m.yaml"], capture_output=True, text=True, cwd=tmp_path, env=env)
    assert done.returncode == 4
    assert "model 'nobody/nothing' is not on this machine" in done.stderr
    assert "Traceback" not in done.stderr


def test_interrupted_says_how_to_go_on(facts: Path, tmp_path: Path) -> None:
    facts.write_text(FACTS.replace("rows: 30", "rows: 3000000"))
    run = subprocess.Popen(
        [sys.executable, "-m", "synthgen", "make", str(facts)],
        cwd=tmp_path,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # a job in the background of a shell is deaf to it
    )
    while not (tmp_path / "outputs/facts.unfinished/progress.jsonl").exists() and run.poll() is None:
        time.sleep(0.05)
    run.send_signal(signal.SIGINT)
    began = time.monotonic()
    _, said = run.communicate(timeout=60)
    assert run.returncode == 130
    assert "the same command goes on" in said
    assert "Traceback" not in said
    assert time.monotonic() - began < 20


def test_check_of_facts_imports_nothing_heavy(facts: Path) -> None:
    code = (
        "import sys\nfrom synthgen.cli import app\n"
        f"try:\n    app(['check', {str(facts)!r}])\nexcept SystemExit as stop:\n    assert not stop.code, stop.code\n"
        "print([name for name in ('torch', 'transformers', 'datasets', 'faker', 'numpy', 'pandas') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]", done.stdout


def test_help_imports_almost_nothing() -> None:
    code = (
        "import sys\nfrom synthgen.cli import app\n"
        "try:\n    app(['--help'])\nexcept SystemExit:\n    pass\n"
        "print([name for name in ('torch', 'transformers', 'datasets', 'faker', 'numpy', 'pyarrow', 'pydantic', 'jinja2', 'ruamel') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]", done.stdout


def test_the_schema_accepts_the_recipes_and_refuses_what_make_refuses() -> None:
    from jsonschema import Draft202012Validator
    from ruamel.yaml import YAML

    schema = json.loads(synthgen("schema").stdout)
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema)
    for recipe in RECIPES:
        assert not list(validator.iter_errors(YAML(typ="safe", pure=True).load(recipe.read_text())))
    field = {"kind": "choise", "options": ["a"]}
    assert list(validator.iter_errors({"name": "x", "tables": {"t": {"rows": 1, "fields": {"f": field}}}}))


def test_doctor_tells_of_keys_but_not_what_they_are() -> None:
    env = os.environ | {"ANTHROPIC_API_KEY": "sk-ant-very-secret"}
    done = subprocess.run([sys.executable, "-m", "synthgen", "doctor"], capture_output=True, text=True, env=env, check=True)
    assert "ANTHROPIC_API_KEY  present" in done.stdout
    assert "very-secret" not in done.stdout + done.stderr
    assert "torch" in done.stdout


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda path: path.parent.name)
def test_every_recipe_is_without_mistakes(recipe: Path) -> None:
    assert "no mistakes" in synthgen("check", recipe).stdout


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("/etc/model", "m.yaml:2:37: '/etc/model' leaves the recipe's folder; to allow it, add --allow /etc"),
        ("./mine", "m.yaml:2:37: './mine' is not there"),
    ],
)
def test_a_model_that_is_no_folder_here_is_a_mistake_in_the_recipe(tmp_path: Path, name: str, said: str) -> None:
    text = f"name: m\nmodels: {{typist: {{kind: base, name: {name}}}}}\ntables: {{t: {{rows: 2, fields: {{m: {{kind: typed, seeds: [hey, hi]}}}}}}}}\n"
    (tmp_path / "m.yaml").write_text(text)
    assert said in synthgen("make", "m.yaml", cwd=tmp_path, code=1).stderr
