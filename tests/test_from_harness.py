"""A recipe from the file of an eval harness: its inputs, targets, labels and prompt, and that it makes rows at the first try."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from synthgen import api
from synthgen.cli import app
from synthgen.errors import DataError, OutputError
from synthgen.harness.incoming import IncomingSuite, read_suite
from synthgen.recipe import load

PROMPTFOO = """
prompts:
  - |
    You are the desk of {{company}}. Sort the ticket.
    Ticket: {{ticket}}
  - Sort {{ticket}}
providers: [echo]
defaultTest:
  vars: {company: Halden & Co}
  assert:
    - {type: latency, threshold: 3000}
tests:
  - description: a plain one
    vars: {ticket: The printer does not print., floor: 3}
    assert: [{type: equals, value: printer}, {type: llm-rubric, value: is polite}]
  - vars: {ticket: I cannot log in to the VPN.}
    assert: {type: icontains, value: vpn}
  - vars: {ticket: [Please reset my password., How do I change my password?]}
    assert: [{type: contains-any, value: [password, account]}]
    metadata: {source: desk}
"""
INSPECT = (
    {"input": "What is the capital of France?", "target": "Paris", "id": 1, "metadata": {"topic": "geography"}},
    {"input": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "How many legs has a spider?"}], "target": ["8"]},
)
OPENAI = (
    {"input": [{"role": "system", "content": "Name the sentiment."}, {"role": "user", "content": "It broke."}], "ideal": "negative"},
    {"input": [{"role": "system", "content": "Name the sentiment."}, {"role": "user", "content": "Lovely."}], "ideal": ["good", "fine"]},
)
CSV = """question,locale,__expected,__description,__metadata:split
Where is my order?,en,contains: order,first,test
Ship to Oslo?,en,Oslo,,dev
"""


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str, Any], Path]:
    def written(name: str, content: Any) -> Path:
        file = tmp_path / name
        text = content if isinstance(content, str) else "".join(json.dumps(record) + "\n" for record in content)
        file.write_text(text, "utf-8")
        return file

    return written


def right_answers(suite: IncomingSuite) -> dict[str, Any]:
    return {case.input: case.target for case in suite.cases}


# What is read


def test_a_promptfoo_config_gives_inputs_targets_and_its_prompt(write: Callable[[str, Any], Path]):
    suite = read_suite(write("promptfooconfig.yaml", PROMPTFOO))
    assert (suite.harness, suite.variable, suite.grade) == ("promptfoo", "ticket", "label")
    assert right_answers(suite) == {
        "The printer does not print.": "printer",
        "I cannot log in to the VPN.": "vpn",
        "Please reset my password.": ["password", "account"],
        "How do I change my password?": ["password", "account"],
    }
    assert suite.prompt == "You are the desk of {{company}}. Sort the ticket.\nTicket: {{INPUT}}"
    assert suite.cases[0].values == {"company": "Halden & Co", "floor": 3, "description": "a plain one", "rubric": "is polite"}
    assert suite.cases[2].values == {"company": "Halden & Co", "source": "desk"}
    assert suite.notes == (
        "of its 2 prompts the first is taken",
        "assertions that stay in your own file, as they say nothing of what is right: latency",
    )


def test_tests_may_lie_in_a_file_of_their_own(write: Callable[[str, Any], Path]):
    write("tests.csv", CSV)
    write("prompt.json", json.dumps([{"role": "system", "content": "Be kind."}, {"role": "user", "content": "{{question}}"}]))
    suite = read_suite(write("config.yaml", "prompts: [file://prompt.json]\nproviders: [echo]\ntests: file://tests.csv\n"))
    assert right_answers(suite) == {"Where is my order?": "order", "Ship to Oslo?": "Oslo"}
    assert suite.cases[0].values == {"split": "test", "locale": "en", "description": "first"}
    assert (suite.system, suite.prompt) == ("Be kind.", "")


def test_expected_values_of_variables_are_filled_in(write: Callable[[str, Any], Path]):
    config = (
        "prompts: ['{{q}}']\nproviders: [echo]\ndefaultTest: {assert: [{type: similar, value: '{{right}}'}]}\n"
        "tests: [{vars: {q: 'Who wrote Emma?', right: Jane Austen wrote it.}}]\n"
    )
    suite = read_suite(write("config.yaml", config))
    assert right_answers(suite) == {"Who wrote Emma?": "Jane Austen wrote it."}
    assert (suite.grade, suite.cases[0].values) == ("", {})


@pytest.mark.parametrize(
    "test",
    ["3", "{vars: {q: x}, assert: {type: equals, value: []}}", "{vars: {q: x, 1: y}, assert: x, metadata: [a]}", "{vars: {q: {a: b}}}"],
)
def test_odd_tests_are_read_as_far_as_they_can_be(write: Callable[[str, Any], Path], test: str):
    config = f"prompts: ['{{{{q}}}}']\nproviders: [echo]\ndefaultTest: 3\ntests: [{{vars: {{q: a}}}}, {test}]\n"
    assert read_suite(write("config.yaml", config)).cases[0].input == "a"


def test_an_inspect_dataset_gives_its_metadata_and_its_choices(write: Callable[[str, Any], Path]):
    suite = read_suite(write("data.jsonl", INSPECT))
    assert (suite.harness, right_answers(suite)) == (
        "inspect",
        {"What is the capital of France?": "Paris", "How many legs has a spider?": "8"},
    )
    assert suite.cases[0].values == {"topic": "geography", "id": 1}
    assert suite.cases[1].before == (("system", "Be brief."),)
    choices = read_suite(write("choices.csv", 'input,choices,target\nWhich is liquid?,"[""Iron"", ""Mercury""]",B\n'))
    assert (choices.cases[0].values, choices.grade) == ({"choices": ["Iron", "Mercury"]}, "label")
    assert "{{ choice }}" in choices.prompt


def test_openai_evals_give_their_system_prompt(write: Callable[[str, Any], Path]):
    suite = read_suite(write("evals.jsonl", OPENAI))
    assert (suite.harness, suite.system) == ("openai", "Name the sentiment.")
    assert right_answers(suite) == {"It broke.": "negative", "Lovely.": ["good", "fine"]}


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.yaml", "name: x\ntables: {}\n", "no prompts and tests"),
        ("a.yaml", "a: [b\n", "is not YAML"),
        ("a.txt", "hello\n", "no file of a harness"),
        ("a.jsonl", [{"a": "x", "b": "y"}], "which field somebody types: a, b"),
        ("a.jsonl", [{"input": [{"role": "system", "content": "x"}], "target": "y"}], "nobody is the user"),
        ("a.yaml", "prompts: [x]\nproviders: [echo]\ntests: []\n", "no tests with an input"),
        ("a.yaml", "prompts: [x]\nproviders: [echo]\ntests: file://make.py\n", "its tests come from file://make.py"),
        ("a.yaml", "prompts: [x]\nproviders: [echo]\ntests: https://example.com/tests.csv\n", "its tests come from https"),
        ("a.yaml", "prompts: [x]\nproviders: [echo]\ntests: [{vars: {a: x, b: y}}]\n", "which variable somebody types: a, b"),
    ],
)
def test_what_cannot_be_read_is_told(write: Callable[[str, Any], Path], name: str, content: Any, words: str):
    with pytest.raises(DataError, match=re.escape(words)):
        read_suite(write(name, content))


def test_a_configuration_of_a_stranger_reads_nothing_elsewhere(write: Callable[[str, Any], Path], tmp_path: Path):
    (tmp_path / "secret.txt").write_text("mine", "utf-8")
    (tmp_path / "theirs").mkdir()
    for named in ("file://../secret.txt", f"file://{tmp_path}/secret.txt"):
        config = f"prompts: ['{{{{q}}}}']\nproviders: [echo]\ntests: [{{vars: {{q: '{named}'}}}}]\n"
        with pytest.raises(DataError, match="lies outside the folder"):
            read_suite(write("theirs/config.yaml", config))
        with pytest.raises(DataError, match="lies outside the folder"):
            read_suite(write("theirs/config.yaml", f"prompts: ['{named}']\nproviders: [echo]\ntests: [{{vars: {{q: x}}}}]\n"))


def test_aliases_that_stand_for_too_much_are_told(write: Callable[[str, Any], Path]):
    levels = "".join(f"l{number}: &l{number} [{', '.join([f'*l{number - 1}'] * 12)}]\n" for number in range(1, 9))
    with pytest.raises(DataError, match="more than 2,000,000 values"):
        read_suite(write("config.yaml", f"l0: &l0 x\n{levels}prompts: [x]\nproviders: [echo]\ntests: [{{vars: {{q: *l8}}}}]\n"))


# The recipe


@pytest.mark.parametrize(
    ("name", "content", "harness"),
    [
        ("promptfooconfig.yaml", PROMPTFOO, "promptfoo"),
        ("data.jsonl", INSPECT, "inspect"),
        ("evals.jsonl", OPENAI, "openai"),
        ("tests.csv", CSV, "promptfoo"),
    ],
)
def test_the_recipe_makes_rows_at_the_first_try_and_exports_back(
    write: Callable[[str, Any], Path], tmp_path: Path, name: str, content: Any, harness: str
):
    source = write(name, content)
    neat = read_suite(source)
    heard: list[str] = []
    started = api.new(tmp_path / "typed", harness=source, listen=heard.append)
    assert heard[0] == f"{name}: {len(neat.cases)} cases of {harness}, typed in: {neat.variable}"
    made = api.make(started.recipe, out=tmp_path / "out")
    rows = api.look(made.folder, table="traffic", rows=100).rows
    assert len(rows) == 3 * len(neat.cases)
    targets = right_answers(neat)
    for row in rows:
        target = targets[row["neat"]]
        assert row["target"] in (target, [target])
    assert {row["voice"] for row in rows} == {"careful", "texter", "phone"}
    assert any(row["message"] != row["neat"] for row in rows)
    exported = api.export(made.folder, harness)
    back = exported.folders[harness] / {"promptfoo": "promptfooconfig.yaml", "inspect": "data.jsonl", "openai": "items.jsonl"}[harness]
    again = read_suite(back)
    assert len(again.cases) == len(rows)
    assert {json.dumps(case.target) for case in again.cases} <= {json.dumps(part) for row in rows for part in _forms(row["target"])}


def _forms(target: Any) -> list[Any]:
    return [target, *(target if isinstance(target, list) else [])]


def test_the_prompt_is_filled_with_what_was_typed(write: Callable[[str, Any], Path], tmp_path: Path):
    started = api.new(tmp_path / "typed", harness=write("promptfooconfig.yaml", PROMPTFOO))
    harness = load(started.recipe).recipe.harness
    assert harness
    assert (harness.input, harness.target, harness.grade) == ("prompt", "target", "label")
    rows = api.look(api.make(started.recipe, out=tmp_path / "out").folder, table="traffic", rows=100).rows
    for row in rows:
        assert row["prompt"] == f"You are the desk of Halden & Co. Sort the ticket.\nTicket: {row['message']}"


def test_names_that_a_recipe_needs_itself_are_changed_in_the_prompt_too(write: Callable[[str, Any], Path], tmp_path: Path):
    config = (
        "prompts: ['{{ id }} of {{ message }}, {{ in }} {% if neat %}neat{% endif %}: {{question}}']\nproviders: [echo]\n"
        "tests: [{vars: {id: 7, message: note, in: here, question: What is id?, neat: ''}}]\n"
    )
    started = api.new(tmp_path / "typed", harness=write("config.yaml", config), field="question")
    assert load(started.recipe)
    rows = api.look(api.make(started.recipe, out=tmp_path / "out").folder, table="traffic", rows=9).rows
    assert all(row["prompt"] == f"7 of note, here : {row['message']}" for row in rows)


def test_variables_that_no_test_has_are_empty_and_those_that_an_assertion_shares_are_kept(
    write: Callable[[str, Any], Path], tmp_path: Path
):
    config = (
        "prompts: ['{{ lang }}|{{ place }}: {{q}}']\nproviders: [echo]\n"
        "tests: [{vars: {q: Where is it?, place: Oslo}, assert: {type: equals, value: '{{ place }}'}}]\n"
    )
    started = api.new(tmp_path / "typed", harness=write("config.yaml", config), field="q")
    for row in api.look(api.make(started.recipe, out=tmp_path / "out").folder, table="traffic", rows=9).rows:
        assert (row["prompt"], row["target"]) == (f"|Oslo: {row['message']}", "Oslo")


def test_a_dataset_of_our_own_may_be_typed_again(write: Callable[[str, Any], Path], tmp_path: Path):
    first = api.make(api.new(tmp_path / "one", harness=write("evals.jsonl", OPENAI)).recipe, out=tmp_path / "out")
    config = api.export(first.folder, "promptfoo").folders["promptfoo"] / "promptfooconfig.yaml"
    assert api.check(api.new(tmp_path / "two", harness=config).recipe)


def test_nothing_is_overwritten(write: Callable[[str, Any], Path], tmp_path: Path):
    (tmp_path / "typed").mkdir()
    (tmp_path / "typed" / "cases.jsonl").write_text("mine", "utf-8")
    with pytest.raises(OutputError, match=r"cases\.jsonl is there already; nothing was written"):
        api.new(tmp_path / "typed", harness=write("evals.jsonl", OPENAI))


def test_the_command_says_what_it_read(write: Callable[[str, Any], Path], tmp_path: Path):
    told = CliRunner().invoke(app, ["new", str(tmp_path / "typed"), "--from-harness", str(write("promptfooconfig.yaml", PROMPTFOO))])
    assert told.exit_code == 0, told.output
    assert "4 cases of promptfoo, typed in: ticket" in told.output
    assert "next: synthgen preview" in told.output
    assert CliRunner().invoke(app, ["new", "x", "--from-harness", "a.yaml", "--like", "bank-support"]).exit_code == 2
