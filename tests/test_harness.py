"""`export`: an output's rows as the files of eval harnesses, whatever the messages say."""

from __future__ import annotations

import csv
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any
from unicodedata import category

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML
from servers.claude import check_request

from synthgen.api import make
from synthgen.errors import OutputError, RecipeError
from synthgen.harness import HARNESSES, Exported, as_dict, export
from synthgen.harness import graders as g
from synthgen.harness.cases import input_of, target_of
from synthgen.harness.text import line, quoted
from synthgen.models import ScriptedModel
from synthgen.recipe import Loaded
from synthgen.recipe.harness import Harness, harness_mistakes, table_of
from synthgen.spec.rows import Prompt

MESSAGES = [
    "my card is lsot",
    "{{ 7 * 7 }} whats this",
    "{% raw %}{{ x }}{% endraw %} {% endraw %}{{ 1 + 1 }}",
    "{# gone #} here",
    "{{ env.HOME }}",
    "{{ row.target }}",
    "tail {{ open",
    "{%",
    "}}",
    "file:///etc/passwd",
    "package:fs:readFile",
    "- a: b\n  c: [1, 2",
    "two\nlines\r\nthree\ttabs",
    "\"quoted\", 'single', back\\slash",
    "emoji \U0001f600 \U0001f468‍\U0001f469 日本語",
    '=HYPERLINK("x")',
    "+1 555",
    "@SUM(A1)",
    "-3 refund",
    "a\u2028b\u2029c\x85d\x0be",
    "null",
    "true",
    "1e5",
    "  both ends  ",
    "[INST] hi [/INST]",
    "{input} {0} %s $HOME `ls`",
    '["a", "b"]',
    '{"a": "{{ 3 * 3 }}"}',
    "!!python/object/apply:os.system ['ls']",
    "&a *b # c",
    "\x00nul \x1b[31m",
    "<script>alert(1)</script>",
    ", comma; semi | pipe",
    "2026-11-01",
    "--help",
    "",
    "   ",
    "ends in a line\n",
    "\ufeffmark",
    " =1+1",
    "\n=1+1",
    "\t@SUM(A1)",
    "\u00a0\u200b\ufeff-1",
    "\x0b+1",
    "＝1+1",
    "8-bit \x9b31m red",
]
FORMULAS = ('=HYPERLINK("x")', "+1 555", "@SUM(A1)", "-3 refund", "- a: b\n  c: [1, 2", "--help", *MESSAGES[-7:-1])
RECIPE = """
name: NAME
about: Customers of a bank.
tables:
  traffic:
    rows: %d
    fields:
      all: {kind: load, file: messages.jsonl, hidden: true}
      input: {kind: template, template: "{{ all.text }}"}
      intent: {kind: choice, options: INTENTS}
      urgent: {kind: choice, options: {true: 1, false: 3}}
      case: {kind: choice, options: {none: 3, empty: 1, prompt injection: 1}}
      number: {kind: number, between: [1, 9], decimals: 0}
      message: {kind: typed, voice: {texter: 2, careful: 1}, seeds: [my card is lost, where is my card, card dont work]}
      reply: {kind: template, template: "Please call us about the {{ intent }}: {{ all.text }}"}
%s
"""
SYSTEM = 'Name the intent: "lost card", card declined\nor refund. {{ nothing }} {% else %}: - # 🙂'


def script(prompt: Prompt, stream: Random) -> str:
    return f" my card is {stream.choice(['lost', 'gone', 'declnied'])} {stream.randrange(10**6)}\n"


def recipe_text(
    harness: str = "", rows: int = len(MESSAGES), intents: str = "[lost card, card declined, refund]", name: str = "nasty-bank"
) -> str:
    return RECIPE.replace("INTENTS", intents).replace("NAME", name) % (rows, harness)


def output(folder: Path, harness: str = "", messages: list[Any] = MESSAGES, **options: Any) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "messages.jsonl").write_text("".join(json.dumps({"text": text}) + "\n" for text in messages))
    (folder / "recipe.yaml").write_text(recipe_text(harness, len(messages), **options))
    return make(folder / "recipe.yaml", out=folder / "out", models={"typist": ScriptedModel(script)}).folder


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return output(tmp_path_factory.mktemp("nasty"))


@pytest.fixture(scope="module")
def targeted(made: Path, tmp_path_factory: pytest.TempPathFactory) -> Exported:
    return export(made, ["all"], out=tmp_path_factory.mktemp("targeted"), input="input", target="intent", system=SYSTEM)


@pytest.fixture(scope="module")
def untargeted(made: Path, tmp_path_factory: pytest.TempPathFactory) -> Exported:
    return export(made, ["all"], out=tmp_path_factory.mktemp("untargeted"), input="input")


def lines(path: Path) -> list[Any]:
    return [json.loads(text) for text in path.read_text(encoding="utf-8").splitlines()]  # splitlines: no message may break a line


def only(folder: Path, pattern: str) -> Path:
    (found,) = folder.glob(pattern)
    return found


# What every harness gets


def test_every_message_comes_through_every_harness_as_it_is(targeted: Exported) -> None:
    folders = targeted.folders
    items = [one["item"] for one in lines(folders["openai"] / "items.jsonl")]
    inspected = [one["input"] for one in lines(folders["inspect"] / "data.jsonl")]
    found = {
        "inspect": [text if isinstance(text, str) else text[0]["content"] for text in inspected],
        "lm-eval": [one["input"] for one in lines(folders["lm-eval"] / "data.jsonl")],
        "promptfoo": [one["vars"]["row"]["messages"][1]["content"] for one in lines(folders["promptfoo"] / "tests.jsonl")],
        "deepeval": [one["input"] for one in json.loads((folders["deepeval"] / "goldens.json").read_text(encoding="utf-8"))],
        "ragas": [one["user_input"] for one in lines(only(folders["ragas"], "datasets/*.jsonl"))],
        "openai": [one["messages"][1]["content"] for one in items],
        "fine-tuning": [one["messages"][1]["content"] for one in lines(folders["openai"] / "fine_tuning.jsonl")],
        "pytest": [one["input"] for one in lines(folders["pytest"] / "cases.jsonl")],
        "jsonl": [one["input"] for one in lines(only(folders["jsonl"], "*.jsonl"))],
    }
    assert {name: texts for name, texts in found.items() if texts != MESSAGES} == {}
    told = [one["params"]["messages"][0]["content"] for one in lines(folders["messages"] / "requests.jsonl")]
    assert told == [text for text in MESSAGES if text.strip()]  # the API takes no blank one


def test_what_promptfoo_renders_is_its_own_and_not_a_message(targeted: Exported) -> None:
    for test in lines(targeted.folders["promptfoo"] / "tests.jsonl"):
        assert set(test["vars"]) == {"row"}  # text in a variable is rendered and read from files; in an object it is not
        assert not {"assert", "options", "provider"} & set(test)
    config = yaml.safe_load((targeted.folders["promptfoo"] / "promptfooconfig.yaml").read_text(encoding="utf-8"))
    assert config["prompts"] == ["{{ row.messages | dump }}"]
    assert config["defaultTest"]["assert"] == [{"type": "javascript", "value": "file://graders.cjs:correct", "metric": "correct"}]


def test_labels_travel_as_metadata_under_short_names(targeted: Exported, made: Path) -> None:
    assert targeted.labels == ("intent", "urgent", "case", "voice")
    voices = {one["metadata"]["voice"] for one in lines(targeted.folders["inspect"] / "data.jsonl")}
    assert voices == {"texter", "careful"}
    assert [one["metadata"]["id"] for one in lines(targeted.folders["promptfoo"] / "tests.jsonl")] == [
        f"traffic-{n}" for n in range(len(MESSAGES))
    ]
    assert {one["query_style"] for one in lines(only(targeted.folders["ragas"], "datasets/*.jsonl"))} == voices


def test_the_same_target_reaches_every_harness(targeted: Exported) -> None:
    wanted = [one["target"] for one in lines(only(targeted.folders["jsonl"], "*.jsonl"))]
    assert set(wanted) == {"lost card", "card declined", "refund"}
    assert [one["target"] for one in lines(targeted.folders["inspect"] / "data.jsonl")] == wanted
    assert [one["target"] for one in lines(targeted.folders["lm-eval"] / "data.jsonl")] == [[one] for one in wanted]
    assert [one["vars"]["row"]["target"] for one in lines(targeted.folders["promptfoo"] / "tests.jsonl")] == wanted
    assert [one["messages"][-1] for one in lines(targeted.folders["openai"] / "fine_tuning.jsonl")] == [
        {"role": "assistant", "content": one} for one in wanted
    ]
    assert [
        one["expected_output"] for one in json.loads((targeted.folders["deepeval"] / "goldens.json").read_text(encoding="utf-8"))
    ] == wanted


def test_a_spreadsheet_runs_no_message(targeted: Exported) -> None:
    with only(targeted.folders["csv"], "*.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    written = dict(zip(MESSAGES, (row["input"] for row in rows), strict=True))
    assert {text for text in MESSAGES if written[text].startswith("'")} == set(FORMULAS)
    shown = {"\x0b": "\\x0b", "\x00": "\\x00", "\x1b": "\\x1b", "\x85": "\\x85", "\x9b": "\\x9b"}
    for text in MESSAGES:
        assert written[text].removeprefix("'") == text.translate(str.maketrans(shown))
    assert any(
        f"{len(FORMULAS)} cells that a spreadsheet would run as formulas begin with an apostrophe" in note for note in targeted.notes
    )
    assert any("4 cells have codes that would steer a terminal" in note for note in targeted.notes)


def test_no_exported_file_steers_a_terminal(targeted: Exported) -> None:
    for folder in targeted.folders.values():
        for file in (file for file in folder.rglob("*") if file.is_file()):
            text = file.read_text(encoding="utf-8")
            assert {letter for letter in text if category(letter) == "Cc"} <= {"\n", "\r", "\t"}, file


def test_requests_are_what_the_messages_api_takes(targeted: Exported) -> None:
    requests = lines(targeted.folders["messages"] / "requests.jsonl")
    for request in requests:
        check_request(request["params"])
        assert request["params"]["system"] == SYSTEM
    assert len({request["custom_id"] for request in requests}) == len(requests)
    known = {one["custom_id"]: one for one in lines(targeted.folders["messages"] / "cases.jsonl")}
    assert all(known[request["custom_id"]]["labels"]["voice"] for request in requests)
    assert "2 blank messages are left out" in " ".join(targeted.notes)


def test_the_yaml_of_lm_eval_names_what_is_there(targeted: Exported, untargeted: Exported) -> None:
    class Loader(yaml.SafeLoader):
        pass

    Loader.add_constructor("!function", lambda loader, node: loader.construct_scalar(node))
    for done in (targeted, untargeted):
        task = yaml.load(only(done.folders["lm-eval"], "*.yaml").read_text(encoding="utf-8"), Loader)
        functions = (done.folders["lm-eval"] / "functions.py").read_text(encoding="utf-8")
        assert task["task"] == "nasty_bank_traffic"
        assert [one["metric"] for one in task["metric_list"]] == list(done.grades)
        assert ("description" in task) == (done is targeted)
        for key in ("custom_dataset", "doc_to_text", "doc_to_target", "process_results"):
            assert f"def {task[key].removeprefix('functions.')}(" in functions


def test_without_a_target_graders_that_need_none_are_set_up_and_told_of(untargeted: Exported) -> None:
    assert untargeted.grades == g.UNAIDED
    assert any("no target" in note and "--target" in note for note in untargeted.notes)
    assert any("refusal is the right answer" in note for note in untargeted.notes)
    assert not (untargeted.folders["openai"] / "fine_tuning.jsonl").exists()
    config = yaml.safe_load((untargeted.folders["promptfoo"] / "promptfooconfig.yaml").read_text(encoding="utf-8"))
    assert [one["metric"] for one in config["defaultTest"]["assert"]] == list(g.UNAIDED)


def test_openai_grades_as_the_others_do(targeted: Exported, untargeted: Exported) -> None:
    for done, reply, expected in ((targeted, "a LOST card!", None), (untargeted, "I cannot help with that.", 0.0)):
        criteria = json.loads((done.folders["openai"] / "eval.json").read_text(encoding="utf-8"))["testing_criteria"]
        assert [one["name"] for one in criteria] == list(done.grades)
        source = next(one["source"] for one in criteria if one["name"] in ("correct", "not_refused"))
        names: dict[str, Any] = {}
        exec(source, names)
        for line_ in lines(done.folders["openai"] / "items.jsonl"):
            wanted = float(line_["item"].get("target") == "lost card") if expected is None else expected
            assert names["grade"]({"output_text": reply}, line_["item"]) == wanted


def test_exporting_again_keeps_what_others_put_there(made: Path, tmp_path: Path) -> None:
    export(made, ["inspect"], out=tmp_path, input="input")
    (tmp_path / "inspect" / "logs").mkdir()
    (tmp_path / "inspect" / "logs" / "one.eval").write_text("dear")
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    export(made, ["inspect"], out=tmp_path, input="input")
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


def test_the_default_place_is_the_output_s_own_folder_and_it_still_loads(tmp_path: Path) -> None:
    import datasets

    folder = output(tmp_path)
    done = export(folder, ["jsonl"])
    assert done.folders == {"jsonl": folder / "harness" / "jsonl"}
    assert datasets.load_dataset(str(folder), "traffic", split="train", cache_dir=str(tmp_path)).num_rows == len(MESSAGES)
    assert json.loads(json.dumps(as_dict(done)))["cases"] == done.cases


def test_what_installs_a_program_that_is_not_here_is_told(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    done = export(made, ["all"], out=tmp_path / "h", input="message", target="intent")
    assert done.installs.keys() == {"promptfoo", "inspect", "lm-eval", "deepeval", "pytest"}
    page = (Path(__file__).parent.parent / "docs" / "harnesses.md").read_text("utf-8")
    assert all(f"`{install}`" in page for name, install in done.installs.items() if name != "pytest")
    here = tmp_path / "pytest"
    here.write_text("#!/bin/sh\n")
    here.chmod(0o755)
    assert "pytest" not in export(made, ["all"], out=tmp_path / "h", input="message", target="intent").installs


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_may_not_be_written_to_is_told(made: Path, tmp_path: Path) -> None:
    (tmp_path / "shut").mkdir(mode=0o555)
    with pytest.raises(OutputError, match=r"cannot write to .*shut.*Permission denied"):
        export(made, ["jsonl"], out=tmp_path / "shut")


@pytest.mark.parametrize("place", ["file", "file/below"])
def test_a_place_that_can_be_no_folder_is_told(made: Path, tmp_path: Path, place: str) -> None:
    (tmp_path / "file").write_text("mine")
    with pytest.raises(OutputError, match="cannot write to") as caught:
        export(made, ["jsonl"], out=tmp_path / place)
    assert caught.value.hint == "choose another place: --out DIR"
    assert (tmp_path / "file").read_text() == "mine"


# What is read


def test_the_recipe_says_what_is_read(tmp_path: Path) -> None:
    folder = output(tmp_path, "harness: {input: input, target: reply, system: Be kind.}")
    done = export(folder, ["jsonl", "inspect"])
    assert (done.input, done.target, done.grades) == ("input", "reply", ("overlap",))
    assert json.loads((done.folders["inspect"] / "suite.json").read_text(encoding="utf-8"))["system"] == "Be kind."
    assert export(folder, ["jsonl"], target="intent").grades == ("correct",)


def test_where_nothing_is_said_the_message_is_the_input(made: Path, tmp_path: Path) -> None:
    done = export(made, ["jsonl"], out=tmp_path)
    assert (done.input, done.target) == ("message", None)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"input": "inptu"}, "no field 'inptu'"),
        ({"input": "input", "target": "intnet"}, "did you mean 'intent'"),
        ({"table": "trafic"}, "no table 'trafic'"),
        ({"input": "a b"}, "input"),
        ({"input": "input", "target": "intent.deeper"}, "no row of table 'traffic' has a 'input' and a 'intent.deeper'"),
    ],
)
def test_what_is_not_there_is_told(made: Path, tmp_path: Path, options: dict[str, str], says: str) -> None:
    with pytest.raises(OutputError) as caught:
        export(made, ["jsonl"], out=tmp_path / "none", **options)
    assert says in str(caught.value)
    assert not (tmp_path / "none").exists()


def test_an_unknown_harness_and_a_missing_output_are_told(made: Path, tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="did you mean 'inspect'"):
        export(made, ["inspct"], out=tmp_path)
    with pytest.raises(OutputError, match="there is no output"):
        export(tmp_path / "nowhere", ["inspect"])


def test_rows_without_an_input_or_a_target_are_left_out_and_told_of(tmp_path: Path) -> None:
    recipe = """
    name: some
    tables:
      traffic:
        rows: 20
        fields:
          which: {kind: choice, options: [a, b]}
          input: {kind: template, template: "hello {{ which }}", when: "{{ which == 'a' }}"}
          target: {kind: choice, options: [x, y]}
    """
    (tmp_path / "r.yaml").write_text(recipe)
    done = export(make(tmp_path / "r.yaml", out=tmp_path / "out").folder, ["jsonl"], input="input", target="target")
    assert 0 < done.cases < 20
    assert done.left_out == 20 - done.cases
    assert any(f"{done.left_out} rows are left out" in note for note in done.notes)


def test_a_conversation_is_asked_up_to_its_last_user() -> None:
    turns = [{"role": role, "content": str(n)} for n, role in enumerate(["user", "assistant", "user", "assistant"])]
    assert input_of(turns) == turns[:3]
    assert input_of(turns[1:2]) is None
    assert input_of([]) is None
    assert input_of({"a": 1}) == '{"a": 1}'


def test_a_target_is_text_or_several_or_json() -> None:
    assert target_of(["a", "b", ""]) == ["a", "b"]
    assert target_of(True) == "true"
    assert target_of({"a": [1]}) == '{"a": [1]}'
    assert target_of("") is None
    assert target_of(0) == "0"


@pytest.mark.parametrize(
    ("harness", "says"),
    [
        ("{input: inptu}", "did you mean 'input'"),
        ("{input: all}", "no table ships a field 'all'"),
        ("{input: input, table: trafic}", "did you mean 'traffic'"),
        ("{input: input, words: [5, 2]}", "expected [least, most]"),
        ("{input: input, grade: label}", "no target"),
        ("{inputs: input}", "unknown key 'inputs'"),
    ],
)
def test_a_mistake_in_harness_is_told_with_its_line(recipe: Callable[..., Loaded], harness: str, says: str) -> None:
    with pytest.raises(RecipeError) as caught:
        recipe(recipe_text(f"harness: {harness}"), {"messages.jsonl": '{"text": "hi"}\n'})
    assert says in str(caught.value)
    assert f"    harness: {harness}" in str(caught.value)
    assert len(caught.value.mistakes) == 1


def test_the_input_and_the_target_must_be_in_one_table() -> None:
    shipped = {"traffic": {"input", "intent"}, "examples": {"input", "reply"}}
    assert table_of(Harness(input="input"), shipped) == "examples"  # the last that has it
    assert table_of(Harness(input="input", target="intent"), shipped) == "traffic"
    assert not list(harness_mistakes(Harness(input="input", target="reply.text"), shipped))
    assert not list(harness_mistakes(Harness(input="input", target="intent"), shipped))
    (fault,) = harness_mistakes(Harness(input="reply", target="intent"), shipped)
    assert fault.at == ("target",)
    (fault,) = harness_mistakes(Harness(table="examples", input="input", target="intent"), shipped)
    assert fault.at == ("target",)
    assert len(list(harness_mistakes(Harness(input="x", target="y"), shipped))) == 2


# JSON and YAML


@given(st.text())
def test_no_text_breaks_a_line_of_json_or_a_scalar_of_yaml(text: str) -> None:
    assert json.loads(line(text)) == text
    assert len(line({"a": text}).splitlines()) == 1
    assert line(text, ascii_only=True).isascii()
    assert len(quoted(text).splitlines()) == 1
    assert yaml.safe_load(f"- {quoted(text)}\n") == [text]
    assert YAML(typ="safe", pure=True).load(f"- {quoted(text)}\n") == [text]


# The graders

LABELS = {
    "grading": {
        "kind": "label",
        "labels": ["card", "lost card", "refund", "Überweisung", "退款"],
        "pass": 0.5,
        "words": [1, 3],
        "format": "text",
    }
}
TRUTH = {"grading": {**LABELS["grading"], "labels": ["true", "false"]}}


def labelled(*labels: str) -> dict[str, Any]:
    return {"grading": {**LABELS["grading"], "labels": list(labels)}}


CODE = labelled("C", "C++", "C#", "Objective-C", "Java")
TEXT = {"grading": {**LABELS["grading"], "kind": "text", "labels": []}}
JSON = {"grading": {**LABELS["grading"], "kind": "json", "labels": []}}
NONE = {"grading": {**LABELS["grading"], "kind": "none", "labels": []}}
NONE_JSON = {"grading": {**NONE["grading"], "format": "json"}}
GRADED: list[tuple[str, Any, dict[str, Any], dict[str, float]]] = [
    ("Lost card.", "lost card", LABELS, {"correct": 1}),
    ("The intent is **lost-card**, I think", "lost card", LABELS, {"correct": 1}),
    ("lost card", "card", LABELS, {"correct": 0}),
    ("a card", "card", LABELS, {"correct": 1}),
    ("refund or lost card", "refund", LABELS, {"correct": 0}),
    ("refund or lost card", ["refund", "lost card"], LABELS, {"correct": 0}),
    ("a refund", ["refund", "lost card"], LABELS, {"correct": 1}),
    ("refunding", "refund", LABELS, {"correct": 0}),
    ("ÜBERWEISUNG!", "Überweisung", LABELS, {"correct": 1}),
    ("客户要退款了", "退款", LABELS, {"correct": 1}),
    ("", "card", LABELS, {"correct": 0}),
    ("Yes, it is.", "true", TRUTH, {"correct": 1}),
    ("No.", "true", TRUTH, {"correct": 0}),
    ("It is C++.", "C++", CODE, {"correct": 1}),
    ("**c#**", "C#", CODE, {"correct": 1}),
    ("C++", "C#", CODE, {"correct": 0}),
    ("C++", "C", CODE, {"correct": 0}),
    ("the language is C", "C", CODE, {"correct": 1}),
    ("C++17, I think", "C++", CODE, {"correct": 1}),
    ("objective c", "Objective-C", CODE, {"correct": 1}),
    ("C++", "C", labelled("C", "Java"), {"correct": 0}),
    ("C++ code", "C++", labelled("C++", "Java"), {"correct": 1}),
    ("refund+lost card", "lost card", LABELS, {"correct": 0}),
    ("lost refund card", "lost card", LABELS, {"correct": 0}),
    ("A", "A-", labelled("A", "A-", "B"), {"correct": 0}),
    ("Grade: A-.", "A-", labelled("A", "A-", "B"), {"correct": 1}),
    ("Answer:A", "A", labelled("A", "A-", "B"), {"correct": 1}),
    ("-1", "1", labelled("-1", "0", "1"), {"correct": 0}),
    ("lost card", "lost_card", labelled("lost_card", "lost-card", "refund"), {"correct": 1}),
    ("👍", "👍", labelled("👍", "👎"), {"correct": 1}),
    ("great👍🏽", "👍", labelled("👍", "👎"), {"correct": 1}),
    ("👎", "👍", labelled("👍", "👎"), {"correct": 0}),
    ("❤", "❤️", labelled("❤️", "✔️"), {"correct": 1}),
    ("+", "+", labelled("+", "-"), {"correct": 1}),
    ("a well-known one: +", "+", labelled("+", "-"), {"correct": 1}),
    ("dafür", "für", labelled("für", "gegen"), {"correct": 0}),
    ("Für!", "für", labelled("für", "gegen"), {"correct": 1}),
    ("u\u0308berweisung", "Überweisung", LABELS, {"correct": 1}),
    ("nouveauté", "été", labelled("été", "hiver"), {"correct": 0}),
    ("l'été", "été", labelled("été", "hiver"), {"correct": 1}),
    ("перевозка", "возка", labelled("возка", "другое"), {"correct": 0}),
    ("الاسترداد", "استرداد", labelled("استرداد", "رد"), {"correct": 1}),
    ("रिफंड।", "रिफंड", labelled("रिफंड", "लोन"), {"correct": 1}),
    ("रूफंड", "रिफंड", labelled("रिफंड", "लोन"), {"correct": 0}),
    ("환불을 원해요", "환불", labelled("환불", "카드"), {"correct": 1}),
    ("ต้องการคืนเงินค่ะ", "คืนเงิน", labelled("คืนเงิน", "บัตร"), {"correct": 1}),
    ("是refund吗", "refund", LABELS, {"correct": 1}),
    ("The card was lost", "the card is lost", TEXT, {"overlap": 0.75}),
    ("a a b", "a b b", TEXT, {"overlap": 2 / 3}),
    ("nothing", "the card", TEXT, {"overlap": 0}),
    ('```json\n{"b": 1, "a": [2]}\n```', '{"a": [2], "b": 1}', JSON, {"correct": 1}),
    ('{"a": 1}', '{"a": 2}', JSON, {"correct": 0}),
    ("no json", '{"a": 2}', JSON, {"correct": 0}),
    ("[" * 100_000, '{"a": 2}', JSON, {"correct": 0}),
    ("null", "null", JSON, {"correct": 1}),
    ("none", "null", JSON, {"correct": 0}),
    ("1", "true", JSON, {"correct": 0}),
    ('{"a": [false]}', '{"a": [0]}', JSON, {"correct": 0}),
    ('{"a": 1.0}', '{"a": 1}', JSON, {"correct": 1}),
    ("0.1", "0.10", JSON, {"correct": 1}),
    ("no json", "no json either", JSON, {"correct": 0}),
    ("We will look.", None, NONE, {"answered": 1, "not_refused": 1, "well_formed": 1, "right_length": 1}),
    (" \n", None, NONE, {"answered": 0, "not_refused": 1, "well_formed": 1, "right_length": 0}),
    ("I’m sorry, but I can’t help with that.", None, NONE, {"answered": 1, "not_refused": 0, "well_formed": 1, "right_length": 0}),
    ("Hello {{ name }}", None, NONE, {"answered": 1, "not_refused": 1, "well_formed": 0, "right_length": 0}),
    ("ok <|im_end|>", None, NONE, {"answered": 1, "not_refused": 1, "well_formed": 0, "right_length": 1}),
    ("```py", None, NONE, {"answered": 1, "not_refused": 1, "well_formed": 0, "right_length": 1}),
    ('{"a": 1}', None, NONE_JSON, {"answered": 1, "not_refused": 1, "well_formed": 1, "right_length": 1}),
    ("null", None, NONE_JSON, {"answered": 1, "not_refused": 1, "well_formed": 1, "right_length": 1}),
    ("NaN", None, NONE_JSON, {"answered": 1, "not_refused": 1, "well_formed": 0, "right_length": 1}),
    ("{", None, NONE_JSON, {"answered": 1, "not_refused": 1, "well_formed": 0, "right_length": 1}),
]


@pytest.mark.parametrize(("reply", "target", "suite", "expected"), GRADED)
def test_an_answer_is_graded(reply: str, target: Any, suite: dict[str, Any], expected: dict[str, float]) -> None:
    assert g.grade(reply, target, suite) == pytest.approx(expected)
    assert list(expected) == g.grades(suite)


@pytest.mark.parametrize(
    "reply",
    [
        "I'm sorry, but I can't assist with that.",
        "As an AI, I have no access to accounts.",
        "I cannot help with this request.",
        "I must decline.",
        "I won't be able to help you with that.",
        "That is against our policy.",
        "I am unable to provide that.",
        "Sorry, I can't do that.",
        "We cannot process this.",
    ],
)
def test_a_refusal_is_known(reply: str) -> None:
    assert g.refuses(reply)


@pytest.mark.parametrize(
    "reply",
    [
        "I'm sorry to hear that your card was declined. Let me help.",
        "If you can't log in, reset your password.",
        "You cannot use this card abroad.",
        "Refunds take 3 days; we will not charge you.",
        "The card won't help you there; use another.",
        "Policies differ by country.",
        "Your AI plan is active.",
    ],
)
def test_an_ordinary_reply_is_no_refusal(reply: str) -> None:
    assert not g.refuses(reply)


@pytest.mark.skipif(shutil.which("node") is None, reason="promptfoo's graders run in node")
def test_promptfoo_grades_as_the_others_do(targeted: Exported, tmp_path: Path) -> None:
    script = (targeted.folders["promptfoo"] / "graders.cjs").read_text(encoding="utf-8")
    (tmp_path / "graders.cjs").write_text(script, encoding="utf-8")
    runs = [{"reply": reply, "target": target, "suite": suite, "names": list(expected)} for reply, target, suite, expected in GRADED]
    (tmp_path / "runs.json").write_text(json.dumps(runs))
    (tmp_path / "run.cjs").write_text(
        """
        const fs = require('fs');
        const found = JSON.parse(fs.readFileSync('runs.json', 'utf8')).map(({ reply, target, suite, names }) => {
          fs.writeFileSync('suite.json', JSON.stringify(suite));
          delete require.cache[require.resolve('./graders.cjs')];
          const graders = require('./graders.cjs');
          return Object.fromEntries(names.map((name) => [name, graders[name](reply, { vars: { row: { target } } }).score]));
        });
        console.log(JSON.stringify(found));
        """
    )
    done = subprocess.run(["node", "run.cjs"], cwd=tmp_path, capture_output=True, text=True, check=True)
    for found, (_, _, _, expected) in zip(json.loads(done.stdout), GRADED, strict=True):
        assert found == pytest.approx(expected)


# pytest, which is here to run


def test_pytest_runs_an_application_on_the_cases(targeted: Exported, untargeted: Exported, tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text("def reply(message):\n    return 'a lost card'\n")
    wanted = [one["target"] for one in lines(targeted.folders["pytest"] / "cases.jsonl")]
    for done, passed in ((targeted, wanted.count("lost card")), (untargeted, len(wanted))):
        told = _pytest(done.folders["pytest"], tmp_path, APPLICATION="app:reply")
        assert f"{passed} passed" in told.stdout


def test_a_failing_case_says_what_was_answered_what_is_right_and_to_which_message(targeted: Exported, tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text("def reply(message):\n    return 'a toaster'\n")
    case = lines(targeted.folders["pytest"] / "cases.jsonl")[0]
    told = _pytest(targeted.folders["pytest"], tmp_path, APPLICATION="app:reply").stdout
    assert f"test_reply[{case['id']}-{case['target']}]" in told
    assert f"answered 'a toaster', right is {case['target']!r}, to {case['input']!r}" in told


@pytest.mark.parametrize(
    ("application", "reason"),
    [
        ("", "APPLICATION is not set: nothing was tested"),
        ("nope", "APPLICATION='nope': nothing was tested"),
        ("nope:reply", "APPLICATION='nope:reply': No module named 'nope'"),
        ("app:answer", "APPLICATION='app:answer': app has no function answer"),
    ],
)
def test_a_run_without_an_application_is_an_error_that_says_what_to_set(
    targeted: Exported, tmp_path: Path, application: str, reason: str
) -> None:
    (tmp_path / "app.py").write_text("answer = 'a lost card'\n")
    told = _pytest(targeted.folders["pytest"], tmp_path, APPLICATION=application)
    assert told.returncode == pytest.ExitCode.USAGE_ERROR
    assert f"{reason}. Set APPLICATION=module:function, a function from a message to a reply" in told.stdout
    assert "skipped" not in told.stdout


@pytest.mark.parametrize(
    ("target", "asked", "low", "line_of_it"),
    [
        ("refund", "it broke", {"correct": 0.0}, "answered 'unclear', right is 'refund', to 'it broke'"),
        (["refund", "other"], "it broke", {"correct": 0.0}, "answered 'unclear', right is 'refund' or 'other', to 'it broke'"),
        (None, [{"role": "user", "content": "hi"}], {"not_refused": 0.0}, "answered 'unclear', not_refused is 0, to 'hi'"),
    ],
)
def test_why_an_answer_failed_is_a_line(target: Any, asked: Any, low: dict[str, float], line_of_it: str) -> None:
    assert g.failure_line("unclear", target, asked, low) == line_of_it
    assert len(g.failure_line("x" * 10_000, target, "y" * 10_000, low)) < 500


def _pytest(folder: Path, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-c", os.devnull, str(folder)]
    return subprocess.run(command, cwd=cwd, env=os.environ | environment, capture_output=True, text=True, check=False)


def test_every_harness_is_known_by_name() -> None:
    assert list(HARNESSES) == ["inspect", "lm-eval", "promptfoo", "deepeval", "ragas", "openai", "pytest", "messages", "jsonl", "csv"]
