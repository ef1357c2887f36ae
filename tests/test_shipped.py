"""The recipes that ship: each makes its rows, with the embedded model and a script in Claude's place, and they hold what it promises."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import pytest

from synthgen.api import check, export, fewshot, make
from synthgen.dataset import Dataset
from synthgen.fields.edges import CASES
from synthgen.models import BaseModel, Model, ScriptedModel
from synthgen.recipe.shipped import RECIPE, shipped_recipes
from synthgen.spec.rows import Prompt

ROWS = 4
FEWER = {"broadband-talks": ["tables.talks.from.rows=2"]}
"""The rows of tables that come from others, of which there are fewer, too."""

Outputs = Callable[[str], Dataset]


def claude(prompt: Prompt, _: Random) -> str:
    """An assistant that asks back once, and a customer who then has what they want."""
    if prompt.origin["part"] == "reply":
        return "An engineer can come. Shall I ask for one?\n" if prompt.turns else "Which lights does the router show?\n"
    assert prompt.origin["part"] == "next"
    met = "An engineer can come." in prompt.text
    state = {"state": "met" if met else "goes on", "met_by": "An engineer can come." if met else "", "next": "ok thx" if met else "the one"}
    return json.dumps({"why": "It is so.", **state}) + "\n"


@pytest.fixture(scope="module")
def outputs(tmp_path_factory: pytest.TempPathFactory) -> Outputs:
    """The output of a shipped recipe, made once with a few rows in each of its tables."""
    folder = tmp_path_factory.mktemp("outputs")
    models: dict[str, Model] = {"typist": BaseModel("scribbler"), "claude": ScriptedModel(claude)}

    @cache
    def output(name: str) -> Dataset:
        recipe = shipped_recipes()[name] / RECIPE
        made = make(recipe, out=folder / name, rows=ROWS, settings=FEWER.get(name, []), models=models)
        return Dataset.open(made.folder)

    return output


def test_twins_are_of_one_request(outputs: Outputs) -> None:
    dataset = outputs("robustness-twins")
    requests = rows_of(dataset, "requests")
    for table, way, options in (("twins", "voice", 5), ("levels", "level", 4)):
        twins = rows_of(dataset, table)
        assert len(twins) == options * len(requests)
        assert len({(row["provenance"]["parent"], row[way]) for row in twins}) == len(twins)
        assert all(row["request"] == requests[row["provenance"]["parent"]]["request"] for row in twins)
    neat = [row["twin"] for row in rows_of(dataset, "levels") if row["level"] == 0]
    assert all(text[0] == text[0].upper() and text[-1] in ".?!" for text in neat)


def rows_of(dataset: Dataset, table: str) -> list[dict[str, Any]]:
    return [*dataset.rows(table)]


def cases_of(dataset: Dataset, folder: Path) -> list[dict[str, Any]]:
    """The cases that a harness gets."""
    exported = export(dataset.folder, "jsonl", out=folder)
    (file,) = exported.folders["jsonl"].glob("*.jsonl")
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize("name", shipped_recipes())
def test_each_makes_its_rows(name: str, outputs: Outputs) -> None:
    dataset = outputs(name)
    planned = check(shipped_recipes()[name] / RECIPE).plan.tables
    for table in planned:
        rows = rows_of(dataset, table.name)
        assert rows if table.table.from_ else len(rows) == ROWS


@pytest.mark.parametrize("name", shipped_recipes())
def test_each_is_in_the_list_of_recipes(name: str) -> None:
    listed = Path(__file__).parent.parent.joinpath("recipes", "README.md").read_text(encoding="utf-8")
    assert f"\n| `{name}` | " in listed


def test_handbook_questions_name_the_document_that_answers_them_or_none(outputs: Outputs) -> None:
    for row in rows_of(outputs("handbook-questions"), "questions"):
        unanswered = row["section"] == "not in the handbook"
        assert row["document"] == ("none" if unanswered else f"handbook/{row['section'].replace(' ', '-')}.md")


def test_every_label_of_council_routing_was_checked(outputs: Outputs) -> None:
    assert all(row["message_on_topic"] >= 0.85 for row in rows_of(outputs("council-routing"), "requests"))


def test_the_spans_of_train_entities_cut_the_values_out_of_the_message(outputs: Outputs) -> None:
    rows = rows_of(outputs("train-entities"), "messages")
    assert any(json.loads(row["entities"]) for row in rows)
    for row in rows:
        entities = json.loads(row["entities"])
        assert {entity["label"] for entity in entities} == {
            label for label in ("origin", "destination", "day", "time", "booking") if row[label].lower() in row["message"].lower()
        }
        for entity in entities:
            assert row["message"][entity["start"] : entity["end"]] == entity["text"]
            assert entity["text"].lower() == row[entity["label"]].lower()


def test_broadband_talks_hold_the_customers_messages_and_the_assistants(outputs: Outputs, tmp_path: Path) -> None:
    talks = rows_of(outputs("broadband-talks"), "talks")
    openers = {row["message"] for row in rows_of(outputs("broadband-talks"), "openers")}
    assert [[turn["role"] for turn in row["talk"]] for row in talks] == [["user", "assistant", "user", "assistant", "user"]] * 2
    assert {row["talk"][0]["content"] for row in talks} <= openers
    assert {row["talk_end"] for row in talks} == {"met"}
    assert len(cases_of(outputs("broadband-talks"), tmp_path)) == 2


def test_the_first_messages_of_broadband_talks_need_no_key() -> None:
    checked = check(shipped_recipes()["broadband-talks"] / RECIPE, without=["talks"])
    assert checked.plan.models == {"typist"}


def test_few_shot_examples_are_picked_from_rows_that_the_test_set_does_not_have(outputs: Outputs) -> None:
    dataset = outputs("feedback-examples")
    chosen = fewshot(dataset.folder, k=4)
    assert (chosen.table, chosen.input, chosen.target) == ("examples", "message", "theme")
    assert chosen.examples
    assert not {example.input for example in chosen.examples} & {row["message"] for row in rows_of(dataset, "test")}


def test_reply_prompts_are_filled_and_exported_whole(outputs: Outputs, tmp_path: Path) -> None:
    rows = rows_of(outputs("reply-prompts"), "prompts")
    for row in rows:
        assert f"name: {row['customer']}\nhired: {row['tool']}\ndue back: {row['due']}\nto pay: £{row['balance']}\n" in row["prompt"]
        assert f"<message>\n{row['input']}\n</message>" in row["prompt"]
    assert [case["input"] for case in cases_of(outputs("reply-prompts"), tmp_path)] == [row["prompt"] for row in rows]


def test_the_safety_set_says_what_is_right_for_every_case(outputs: Outputs, tmp_path: Path) -> None:
    dataset = outputs("safety-set")
    options = dataset.recipe.tables["messages"].fields["case"].data["options"]
    assert {case for case in options if case in CASES and CASES[case].instead} == set(dataset.recipe.harness["out"])
    cases = cases_of(dataset, tmp_path)
    assert len(cases) == ROWS
    assert {case["target"] for case in cases} <= {"answer", "ask back", "refuse", "hand over", "emergency"}
