"""The commands as people call them."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from random import Random

import pytest
import typer
from builders import one_table
from servers import hub as hubs
from servers.claude import ClaudeServer
from servers.hub import HubServer
from typer.testing import CliRunner, Result

from synthgen import api
from synthgen.cli import COMMANDS, app
from synthgen.cli.app import SECTIONS
from synthgen.cli.doctor import verdict
from synthgen.cli.examples import EXAMPLES
from synthgen.cli.terminal import print_made
from synthgen.models import ScriptedModel
from synthgen.models.journal import answer_count
from synthgen.spec.rows import Prompt

hub_server = hubs.hub_server

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


def synthgen(
    *words: object, cwd: Path | None = None, code: int = 0, env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, **(env or {})}
    done = subprocess.run(
        [sys.executable, "-m", "synthgen", *map(str, words)], capture_output=True, text=True, cwd=cwd, timeout=240, env=environment
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done


@pytest.fixture
def facts(tmp_path: Path) -> Path:
    path = tmp_path / "facts.yaml"
    path.write_text(FACTS)
    return path


def invoked(*words: str) -> Result:
    return CliRunner().invoke(app, words, prog_name="synthgen")


def test_every_command_has_help() -> None:
    listed = synthgen("--help").stdout.partition("\nBegin:\n")[2]
    assert re.findall(r"^  (\w+)", listed, re.MULTILINE) == [*COMMANDS, "help"]
    assert re.findall(r"^(\w.+):$", listed, re.MULTILINE) == [*SECTIONS][1:]
    for command in COMMANDS:
        done = CliRunner().invoke(app, [command, "--help"])
        assert done.exit_code == 0
        assert "Usage:" in done.stdout


@pytest.mark.parametrize("command", COMMANDS)
def test_help_ends_with_examples_that_the_command_takes_and_a_page_of_the_docs(command: str) -> None:
    told = invoked("help", command).stdout
    assert told == invoked(command, "-h").stdout == invoked(command, "--help").stdout
    assert told.count(f"\n    synthgen {command}") >= 1
    group = typer.main.get_command(app)
    for line in EXAMPLES[command]:
        words = shlex.split(line.partition(" >")[0])
        assert words[:2] == ["synthgen", command]
        group.commands[command].make_context(command, words[2:])  # it raises an error for a word that it does not take
    assert (ROOT / re.findall(r"More: (docs/\w+\.md)", told)[0]).exists()


def test_a_misspelt_command_is_told_with_the_one_that_was_meant() -> None:
    for words in (["mak"], ["help", "mak"]):
        wrong = invoked(*words)
        assert wrong.exit_code == 2
        assert "Did you mean 'make'?" in wrong.stderr


def test_help_takes_the_width_of_the_terminal() -> None:
    for width, most in ((60, 60), (100, 100), (300, 120)):
        told = synthgen("help", "push", env={"COLUMNS": str(width)}).stdout
        assert most - 20 < max(map(len, told.splitlines())) <= most


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


def test_look_filters_by_a_part_of_a_field(facts: Path, tmp_path: Path) -> None:
    facts.write_text(FACTS + "      who: {kind: fake, provider: simple_profile}\n")
    synthgen("make", facts, cwd=tmp_path)
    every, women = (
        [
            json.loads(line)["who"]
            for line in synthgen("look", "outputs/facts", "--json", "-n", 100, *where, cwd=tmp_path).stdout.splitlines()
        ]
        for where in ((), ("--where", "who.sex=F"))
    )
    assert women == [who for who in every if who["sex"] == "F"]
    assert 0 < len(women) < len(every) == 30
    named = synthgen("look", "outputs/facts", "--json", "-n", 100, "--where", 'who=~"sex": "F"', cwd=tmp_path).stdout.splitlines()
    assert [json.loads(line)["who"] for line in named] == women  # a whole field fits as it is shown: as JSON
    shown = synthgen("look", "outputs/facts", "-n", 1, "--field", "who", cwd=tmp_path).stdout
    assert json.loads(shown[shown.index("{") : shown.rindex("}") + 1]) == every[0]


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
        "name: m\nmodels: {typist: {kind: base, name: nobody/nothing}}\ntables: {t: {rows: 2, fields: {m: {kind: typed, seeds: [hey, "
        "hi]}}}}\n"
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


def test_a_second_interruption_while_a_model_writes_ends_it_quietly(tmp_path: Path) -> None:
    recipe = (
        "name: shop\ntables: {t: {rows: 400, fields: {m: {kind: typed, seeds: [where is my parcel, still no parcel, it came broken]}}}}\n"
    )
    (tmp_path / "recipe.yaml").write_text(recipe)
    run = subprocess.Popen(
        [sys.executable, "-m", "synthgen", "make", "recipe.yaml"],
        cwd=tmp_path,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    while not answer_count(tmp_path / "outputs/shop.unfinished/.journal.sqlite") and run.poll() is None:
        time.sleep(0.05)
    for _ in range(2):
        run.send_signal(signal.SIGINT)
        time.sleep(0.1)
    _, said = run.communicate(timeout=60)
    assert run.returncode != -signal.SIGABRT
    assert "interrupted" in said
    assert "terminate" not in said
    assert "Traceback" not in said


def test_the_line_that_loads_an_output_names_the_table_of_the_harness(tmp_path: Path) -> None:
    tables = "  facts: {rows: 3, fields: {n: {kind: id}}}\n  asked: {from: {table: facts}, fields: {m: {kind: choice, options: [a, b]}}}\n"
    (tmp_path / "two.yaml").write_text(f"name: two\ntables:\n{tables}harness: {{table: asked, input: m}}\n")
    assert 'load: datasets.load_dataset("outputs/two", "asked")' in synthgen("make", "two.yaml", cwd=tmp_path).stdout
    assert "asked: rows 1 to 3 of 3" in synthgen("look", "outputs/two", cwd=tmp_path).stdout


def test_the_end_of_a_run_says_in_plain_words_how_near_its_voices_are(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    writer = ScriptedModel(lambda prompt, stream: f" My parcel {stream.randrange(10**6)} is lost, where is it?\n")
    recipe = {"name": "v", "tables": {"t": {"rows": 12, "fields": {"m": {"kind": "typed", "seeds": ["where is it"], "voice": "phone"}}}}}
    print_made(api.make(recipe, out=tmp_path / "out", models={"typist": writer}))
    line = next(line for line in capsys.readouterr().out.splitlines() if "voice" in line)
    assert re.fullmatch(r"    m, 12 rows: \d+ of \d+ measures of how people type fit the voice phone(; the report shows the others)?", line)


def test_the_end_of_a_run_is_short_and_says_what_to_do_first(capsys: pytest.CaptureFixture[str]) -> None:
    styles = {
        voice: {"rows": 250, "figures": {"words": {"like": True}, "caps": {"like": voice == "phone"}}} for voice in ("phone", "rushed")
    }
    topics = {"card declined": {"hold": 0.8}, "refund": {"hold": 0.9}}
    table = {"rows": 500, "refused": {}, "styles": {"m": styles}, "labels": {"m": {"hold": 0.86, "topics": topics}}}
    recipe = {"name": "v", "tables": {"t": {"rows": 500, "fields": {"m": {"kind": "typed", "seeds": ["where is it"]}}}}}
    answers = {"asked": 4000, "remembered": 401}
    manifest = {"tables": {"t": table}, "answers": answers, "seconds": 994.7, "spent": [], "recipe": recipe, "files": {}}
    print_made(api.MakeResult(Path("outputs/v"), manifest))
    assert capsys.readouterr().out.splitlines()[:5] == [
        "t: 500 rows",
        "    whether messages make sense is not measured: read twenty before you use them",
        "    m: about 86% of the labels hold; fewest for 'card declined': 80%",
        "    m, 500 rows: 3 of 4 measures of how people type fit the 2 voices; the report shows the others",
        "4,401 messages typed to choose 500 from, 401 of them before, in 16.6 min",
    ]


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        (["look", "out", "--limit", "24"], "--rows"),
        (["look", "out", "--serach", "x"], "--search"),
        (["look", "out", "--filter", "a=b"], "--where"),
        (["preview", "r.yaml", "--limit", "4"], "--rows"),
        (["make", "r.yaml", "--output", "x"], "--out"),
        (["make", "r.yaml", "--budget", "5"], "--max-cost"),
    ],
)
def test_an_option_that_there_is_not_is_told_with_the_one_that_was_meant(words: list[str], meant: str) -> None:
    wrong = invoked(*words)
    assert wrong.exit_code == 2
    assert wrong.stderr.splitlines()[-1].endswith(f"Error: No such option '{words[2]}'. Did you mean '{meant}'?")
    assert invoked("look", "out", "--qqqq").stderr.splitlines()[-1] == "Error: No such option '--qqqq'."


def imported_by_check(recipe: Path, *names: str) -> str:
    code = (
        "import sys\nfrom synthgen.cli import app\n"
        f"try:\n    app(['check', {str(recipe)!r}])\nexcept SystemExit as stop:\n    assert not stop.code, stop.code\n"
        f"print([name for name in {names!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.splitlines()[-1]


def test_check_of_facts_imports_nothing_heavy(facts: Path) -> None:
    assert imported_by_check(facts, "torch", "transformers", "datasets", "faker", "numpy", "pandas") == "[]"


def test_check_of_messages_does_not_open_the_model() -> None:
    assert imported_by_check(ROOT / "recipes" / "it-helpdesk" / "recipe.yaml", "torch", "transformers", "datasets") == "[]"


def test_help_imports_almost_nothing() -> None:
    code = (
        "import sys\nfrom synthgen.cli import app\n"
        "try:\n    app(['--help'])\nexcept SystemExit:\n    pass\n"
        "print([name for name in ('torch', 'transformers', 'datasets', 'faker', 'numpy', 'pyarrow', 'pydantic', 'jinja2', 'ruamel') if "
        "name in sys.modules])"
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
    assert list(validator.iter_errors(one_table({"f": field})))


def test_doctor_tells_of_keys_but_not_what_they_are() -> None:
    env = os.environ | {"ANTHROPIC_API_KEY": "sk-ant-very-secret"}
    done = subprocess.run([sys.executable, "-m", "synthgen", "doctor"], capture_output=True, text=True, env=env, check=True)
    assert "ANTHROPIC_API_KEY  present" in done.stdout
    assert "very-secret" not in done.stdout + done.stderr
    assert "torch" in done.stdout
    assert done.stdout.splitlines()[-1] == "ready: messages are typed on this machine, and Claude can be asked"


def test_doctor_says_what_is_missing() -> None:
    there = {"versions": {"torch": "2", "transformers": "5"}, "scribbler": "40 MB", "keys": {"ANTHROPIC_API_KEY": False}}
    assert verdict(there) == "ready: messages are typed on this machine; fields that Claude makes need ANTHROPIC_API_KEY"
    assert verdict({**there, "versions": {"torch": "2"}}) == "not ready: transformers missing; see docs/install.md"
    assert verdict({**there, "scribbler": "missing"}).startswith("not ready: the embedded model")


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda path: path.parent.name)
def test_every_recipe_is_without_mistakes(recipe: Path) -> None:
    assert "no mistakes" in synthgen("check", recipe).stdout


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("/etc/model", "m.yaml:2:37: '/etc/model' leaves the recipe's folder\n"),
        ("./mine", "m.yaml:2:37: './mine' is not there"),
    ],
)
def test_a_model_that_is_no_folder_here_is_a_mistake_in_the_recipe(tmp_path: Path, name: str, said: str) -> None:
    text = (
        f"name: m\nmodels: {{typist: {{kind: base, name: {name}}}}}\ntables: "
        f"{{t: {{rows: 2, fields: {{m: {{kind: typed, seeds: [hey, hi]}}}}}}}}\n"
    )
    (tmp_path / "m.yaml").write_text(text)
    assert said in synthgen("make", "m.yaml", cwd=tmp_path, code=1).stderr


# measure and compare

LOWER = [
    f"hi my {thing} {number} is {how}"
    for number, thing in enumerate(["parcel", "order", "card"])
    for how in ("late", "lost", "broken", "gone")
]
NEAT = [f"Hello, the {message.removeprefix('hi my ')}. Can you help me, please?" for message in LOWER]


def written(folder: Path, name: str, messages: list[str]) -> Path:
    place = folder / name
    lines = [json.dumps({"id": 1, "said": message}) for message in messages] if name.endswith(".jsonl") else messages
    place.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return place


def test_measure_shows_every_feature_with_a_bar(tmp_path: Path) -> None:
    said = synthgen("measure", written(tmp_path, "logs.txt", LOWER[:9] + NEAT[:3])).stdout
    assert said.startswith("12 messages\n")
    shown = {line[:22].strip(): line for line in said.partition("to type like this")[0].splitlines() if line.startswith("  ")}
    assert "  75.0% of messages" in shown["lower only"]
    assert shown["lower only"].count("▒") == 18
    assert shown["shouting"].count("▒") == 0
    assert "0.0% of messages" in shown["shouting"]
    assert "7 words" in shown["words, 50th in 100"] or "6 words" in shown["words, 50th in 100"]
    assert len(shown) > 35


def test_what_measure_prints_is_a_voice_for_a_recipe(tmp_path: Path) -> None:
    from synthgen.recipe import load
    from synthgen.voices.measure import measure_voice

    said = synthgen("measure", written(tmp_path, "2nd sample-of.logs.txt", LOWER)).stdout
    recipe = said[said.index("\nvoices:") :] + "name: x\ntables: {t: {rows: 1, fields: {m: {kind: typed, seeds: [a], voice: NAME}}}}\n"
    name = recipe.splitlines()[2].strip().removesuffix(":")
    (tmp_path / "recipe.yaml").write_text(recipe.replace("NAME", name), encoding="utf-8")
    assert load(tmp_path / "recipe.yaml").recipe.voices["my_2nd_sample_of_logs"].model_dump() == measure_voice(LOWER).model_dump()


def test_measure_tells_a_program(tmp_path: Path) -> None:
    told = json.loads(synthgen("measure", written(tmp_path, "logs.jsonl", LOWER), "--field", "said", "--json").stdout)
    assert (told["messages"], told["lower_only"], told["digits"], told["shouting"]) == (12, 1.0, 1.0, 0.0)
    assert told["words"] == [6, 6, 6, 6, 6]
    assert "keyboard" in told


def test_measure_says_what_it_cannot_read(tmp_path: Path) -> None:
    logs = written(tmp_path, "logs.jsonl", LOWER)
    wrong = synthgen("measure", logs, code=1).stderr
    assert "no field named text, message" in wrong
    assert "its fields: id, said" in wrong
    assert "no field 'sad'" in synthgen("measure", logs, "--field", "sad", code=1).stderr
    assert "did you mean 'logs.jsonl'?" in synthgen("measure", tmp_path / "log.jsonl", code=1).stderr
    (tmp_path / "empty.txt").write_text("\n \n")
    assert "no messages in it" in synthgen("measure", tmp_path / "empty.txt", code=1).stderr
    assert "there is no output at" in synthgen("measure", tmp_path, code=1).stderr


def test_measure_reads_a_field_of_an_output(facts: Path, tmp_path: Path) -> None:
    synthgen("make", facts, cwd=tmp_path)
    told = json.loads(synthgen("measure", "outputs/facts", "--field", "plan", "--json", cwd=tmp_path).stdout)
    assert (told["messages"], told["lower_only"]) == (30, 1.0)
    assert "table 'people' has no typed field" in synthgen("measure", "outputs/facts", cwd=tmp_path, code=1).stderr
    wrong = synthgen("measure", "outputs/facts", "--table", "peple", "--field", "plan", cwd=tmp_path, code=1).stderr
    assert "did you mean 'people'?" in wrong
    assert "did you mean 'plan'?" in synthgen("measure", "outputs/facts", "--field", "plam", cwd=tmp_path, code=1).stderr


def test_compare_says_in_words_and_figures_how_near_they_are(tmp_path: Path) -> None:
    real, generated = (
        written(tmp_path, "real.txt", [f"{one} {n}" for n in range(4) for one in LOWER]),
        written(tmp_path, "generated.txt", NEAT * 1 + [f"{one} Thanks {n}." for n in range(3) for one in NEAT]),
    )
    said = synthgen("compare", real, generated).stdout
    assert said.startswith("Nothing like real: ")
    assert "48 real and 48 generated messages" in said
    for row in ("style AUC", "text AUC", "mean KS", "MAUVE-like", "distinct one word", "self-BLEU", "similarity", "copied", "commas"):
        assert f"\n{row} " in said


def test_compare_tells_a_program_and_knows_copies(tmp_path: Path) -> None:
    real = written(tmp_path, "real.jsonl", [f"{one} {n}" for n in range(4) for one in LOWER])
    generated, seeds = written(tmp_path, "generated.txt", NEAT + LOWER), written(tmp_path, "seeds.jsonl", LOWER)
    told = json.loads(synthgen("compare", real, generated, "--field", "said", "--originals", seeds, "--json").stdout)
    assert (told["real"], told["generated"]) == (48, 24)
    assert told["copied"]["originals"] == 0.5
    assert told["copied"]["real"] == 0
    assert told["figures"]["text"]["value"] > 0.6
    without = json.loads(synthgen("compare", real, generated, "--field", "said", "--json").stdout)
    assert without["copied"]["originals"] == 0


def test_compare_says_what_it_cannot_compare(tmp_path: Path) -> None:
    real, few = written(tmp_path, "real.txt", LOWER * 2), written(tmp_path, "few.txt", ["hi", "ho"])
    assert (
        "2 different generated messages are too few to compare"
        in synthgen("compare", written(tmp_path, "many.txt", [f"a {n}" for n in range(30)]), few, code=1).stderr
    )
    assert "did you mean 'few.txt'?" in synthgen("compare", real, tmp_path / "fw.txt", code=1).stderr
    assert "Usage:" in synthgen("compare", real, code=2).stderr


# new, check --critique and improve


def test_a_new_recipe_is_without_mistakes(tmp_path: Path) -> None:
    said = synthgen("new", "x", cwd=tmp_path).stdout
    assert said == "wrote x/recipe.yaml\nnext: synthgen preview x/recipe.yaml\n"
    checked = synthgen("check", "x/recipe.yaml", cwd=tmp_path).stdout
    assert "no mistakes" in checked
    assert re.search(r"asks typist \(scribbler\) for traffic.message: .* written, at no cost$", checked, re.MULTILINE)
    assert "x/recipe.yaml is there already" in synthgen("new", "x", cwd=tmp_path, code=1).stderr


def test_a_new_recipe_about_a_paper_has_it_beside_it(tmp_path: Path) -> None:
    (tmp_path / "guide.md").write_text("# Style\n\nSay what is, not what is not.\n")
    said = synthgen("new", "tasks", "--paper", "guide.md", "-n", 7, "--concrete", cwd=tmp_path).stdout
    assert said.startswith("wrote tasks/recipe.yaml and copied tasks/guide.md\n")
    assert "no mistakes" in synthgen("check", "tasks/recipe.yaml", cwd=tmp_path).stdout
    assert "rows: 7" in (tmp_path / "tasks/recipe.yaml").read_text()
    assert "writes: concrete" in (tmp_path / "tasks/recipe.yaml").read_text()
    assert "need --paper" in synthgen("new", "y", "-n", 7, cwd=tmp_path, code=2).stderr
    assert "need --paper" in synthgen("new", "y", "--concrete", cwd=tmp_path, code=2).stderr
    assert not (tmp_path / "y").exists()


SHOP = """\
name: shop    # a small one
tables:
  traffic:
    rows: 24
    fields:
      intent: {kind: choice, options: [late, broken]}
      message: {kind: typed, topic: "{{ intent }}", seeds: {late: [where is it], broken: [it broke]}}
      reply: {kind: claude, task: Write the reply that we would give., shows: [message], tries: 1}
    keep:
      - {kind: length, field: reply, words: [1, 2]}
harness: {input: message, target: intent}
publish: {repo: tester/shop, test: 0.25, tag: v1}
"""


def shopkeeper(prompt: Prompt, stream: Random) -> str:
    """Types ten words, or answers; one answer in five is too long."""
    if prompt.brief is None:
        return " " + "".join(stream.choices("abcdefghij ", k=40)) + "\n"
    return "much too long an answer\n" if stream.random() < 0.2 else "ok then\n"


@pytest.fixture(scope="module")
def shop_made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a recipe and its output."""
    folder = tmp_path_factory.mktemp("shop")
    (folder / "recipe.yaml").write_text(SHOP)
    made = api.make(folder / "recipe.yaml", out=folder / "out", models=dict.fromkeys(("typist", "claude"), ScriptedModel(shopkeeper)))
    assert made.manifest["aside"]["refused"]
    return folder


@pytest.fixture
def shop(shop_made: Path, tmp_path: Path) -> Path:
    """The same, of one's own."""
    return Path(shutil.copytree(shop_made, tmp_path / "shop"))


def test_a_critique_has_the_line_of_each_question(shop: Path) -> None:
    doubt = {"quote": "the reply that we would give", "problem": "unclear", "question": "Who are we?", "suggestion": "our support"}
    with ClaudeServer(answer=lambda request: json.dumps({"doubts": [doubt]})) as server:
        asking = ("check", "recipe.yaml", "--critique", "-o")
        said = synthgen(*asking, "out", cwd=shop, env=server.environment).stdout
        assert "recipe.yaml:8:" in said
        assert "Who are we?" in said
        assert "1 questions about 1 fields, read with rows of the output" in said
        assert len(server.asked()) == 1
        told = json.loads(synthgen(*asking, "out", "--json", cwd=shop, env=server.environment).stdout)
        assert [one["question"] for one in told["findings"]] == ["Who are we?"]
        assert len(server.asked()) == 1  # the journal knew it
        dear = synthgen(*asking, "else", "--max-cost", "0.000001", cwd=shop, env=server.environment, code=3)
        assert dear.stderr.startswith("error: ")
        assert len(server.asked()) == 1
    assert "need --critique" in synthgen("check", "recipe.yaml", "--max-cost", 1, cwd=shop, code=2).stderr


def test_improve_shows_the_edit_and_writes_it_where_it_is_told_to(shop: Path) -> None:
    edit = {"place": "reply.task", "rows": [1], "explanation": "It sets no length.", "text": "Write the reply in two words."}
    before = (shop / "recipe.yaml").read_text()
    with ClaudeServer(answer=lambda request: json.dumps({"reading": "Too long.", "changes": [edit], "left": ""})) as server:
        said = synthgen("improve", "out", "recipe.yaml", cwd=shop, env=server.environment).stdout
        assert "It sets no length." in said
        assert "+      reply: {kind: claude, task: Write the reply in two words., shows: [message], tries: 1}" in said
        assert "nothing was written; --yes writes it" in said
        assert (shop / "recipe.yaml").read_text() == before
        told = json.loads(synthgen("improve", "out", "recipe.yaml", "--json", cwd=shop, env=server.environment).stdout)
        assert (told["changes"][0]["place"], told["written"]) == ("traffic.reply.task", None)
        assert "wrote recipe.yaml" in synthgen("improve", "out", "recipe.yaml", "--yes", cwd=shop, env=server.environment).stdout
    assert (shop / "recipe.yaml").read_text() == before.replace("Write the reply that we would give.", "Write the reply in two words.")
    assert "--yes needs to know where to write" in synthgen("improve", "out", "--yes", cwd=shop, code=2).stderr
    assert "there is no output at nowhere" in synthgen("improve", "nowhere", cwd=shop, code=1).stderr


# fewshot, export, slice and push


def test_fewshot_prints_the_block_alone_and_what_it_costs_beside_it(shop: Path) -> None:
    done = synthgen("fewshot", "out", "-k", 4, "--target", "reply", "--as", "messages", cwd=shop)
    turns = json.loads(done.stdout)
    assert [turn["role"] for turn in turns] == ["user", "assistant"] * 4
    assert {turn["content"] for turn in turns[1::2]} == {"ok then"}
    assert "4 examples of 24 rows of 'traffic': message → reply" in done.stderr
    assert "tokens" in done.stderr
    written = synthgen("fewshot", "out", "-k", 2, "-o", "shots.xml", cwd=shop)
    assert written.stdout == ""
    assert (shop / "shots.xml").read_text().count("<example>") == 2
    synthgen("fewshot", "out", "--as", "yaml", cwd=shop, code=2)


def test_export_writes_what_harnesses_run_and_slice_reads_what_they_say(shop: Path) -> None:
    said = synthgen("export", "out", "--to", "inspect", "--to", "jsonl", cwd=shop).stdout
    assert said.startswith("24 cases of 'traffic': input from the field message, target from the field intent")
    assert "cd out/harness/inspect && inspect eval task.py" in said
    cases = [json.loads(line) for line in (shop / "out/harness/inspect/data.jsonl").read_text().splitlines()]
    assert len(cases) == 24
    told = json.loads(synthgen("export", "out", "--to", "csv", "--target", "reply", "-o", "else", "--json", cwd=shop).stdout)
    assert (told["target"], told["folders"]) == ("reply", {"csv": "else/csv"})
    assert "there is no harness 'inspekt'" in synthgen("export", "out", "--to", "inspekt", cwd=shop, code=1).stderr
    synthgen("export", "out", cwd=shop, code=2)
    samples = [{"id": case["id"], "scores": {"correct": {"value": "C" if case["target"] == "late" else "I"}}} for case in cases]
    (shop / "log.json").write_text(json.dumps({"eval": {"model": "mock"}, "samples": samples}))
    late = sum(case["target"] == "late" for case in cases)
    shown = synthgen("slice", "log.json", "out", cwd=shop).stdout
    assert shown.startswith(f"mock: correct {late / 24:.0%} ")
    first, second = (line for line in shown.splitlines() if " rest" in line)
    assert first.split()[:3] == ["intent", "broken", "0%"]
    assert second.split()[:2] == ["late", "100%"]
    (sliced,) = json.loads(synthgen("slice", "log.json", "out", "--by", "intent", "--json", cwd=shop).stdout)
    assert (sliced["slices"]["intent"]["late"]["mean"], sliced["whole"]["rows"]) == (1, 24)
    synthgen("slice", "log.json", cwd=shop, code=2)
    assert "there is no nowhere" in synthgen("slice", "nowhere", "out", cwd=shop, code=1).stderr


def test_push_sends_an_output_where_its_recipe_says(shop: Path, hub_server: HubServer) -> None:
    env = {**hub_server.environment, "HF_HOME": str(shop / "home")}
    synthgen("export", "out", "--to", "csv", "--to", "pytest", cwd=shop)
    (shop / "out" / "mine").mkdir()
    (shop / "out" / "mine" / "notes.txt").write_text("mine")
    listed = synthgen("push", "out", "--dry-run", cwd=shop, env=env).stdout
    assert "files (" in listed
    assert "stays here: .journal.sqlite, .origin.json, harness/ (6 files), mine/notes.txt, report.html\n" in listed
    assert "would be sent" in listed
    assert hub_server.repos == {}
    said = synthgen("push", "out", cwd=shop, env=env).stdout
    assert f"private: {hub_server.endpoint}/datasets/tester/shop (tag v1)" in said
    repo = hub_server.repos["tester/shop"]
    assert repo.private
    assert any("test" in path for path in repo.at("main").files)  # the recipe's own share
    told = json.loads(synthgen("push", "out", "tester/other", "--test", 0, "--json", cwd=shop, env=env).stdout)
    assert (told["repo"], told["private"]) == ("tester/other", True)
    done = subprocess.run(
        [sys.executable, "-m", "synthgen", "push", "out", "tester/open", "--public"],
        input="n\n",
        cwd=shop,
        env={**os.environ, **env},
        capture_output=True,
        text=True,
    )
    assert "Everybody will be able to see tester/open" in done.stderr
    assert done.returncode == 1
    assert "tester/open" not in hub_server.repos
    synthgen("push", "out", "tester/open", "--public", "--yes", "--quiet", cwd=shop, env=env)
    assert not hub_server.repos["tester/open"].private


def test_make_push_makes_and_sends(facts: Path, tmp_path: Path, hub_server: HubServer) -> None:
    env = {**hub_server.environment, "HF_HOME": str(tmp_path / "home")}
    wrong = synthgen("make", facts, "--push", cwd=tmp_path, env=env, code=1).stderr
    assert "--push: the recipe does not say where to" in wrong
    assert "publish: {repo: OWNER/NAME}" in wrong
    assert not (tmp_path / "outputs").exists()
    synthgen("make", facts, cwd=tmp_path)
    facts.write_text(FACTS + "publish: {repo: tester/facts, license: mit}\n")
    said = synthgen("make", facts, "--push", cwd=tmp_path, env=env).stdout
    assert "finished already" in said  # where it is published makes no other rows
    assert f"private: {hub_server.endpoint}/datasets/tester/facts" in said
    assert "license: mit" in hub_server.read("tester/facts", "README.md").decode()
    told = json.loads(synthgen("make", facts, "--push", "--json", cwd=tmp_path, env=env).stdout)
    assert (told["pushed"]["repo"], told["pushed"]["sent"]) == ("tester/facts", [])


def test_push_must_know_where(facts: Path, tmp_path: Path) -> None:
    synthgen("make", facts, cwd=tmp_path)
    assert "not said where the output goes" in synthgen("push", "outputs/facts", cwd=tmp_path, code=1).stderr


def test_a_table_that_is_left_out_takes_its_harness_with_it(facts: Path, tmp_path: Path) -> None:
    facts.write_text(
        FACTS + "  others:\n    from: {table: people}\n    fields:\n      level: {kind: choice, options: [low, high]}\nharness: {input: "
        "level, target: plan}\n"
    )
    assert "no mistakes" in synthgen("check", facts, "--without", "others").stdout
    assert "no mistakes" in synthgen("check", facts).stdout
    wrong = synthgen("check", facts, "--set", "harness.input=lvel", code=1).stderr
    assert "--set harness.input=lvel: no table ships a field 'lvel'" in wrong
    assert "did you mean 'level'?" in wrong
