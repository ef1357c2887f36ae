"""`seeds_as_rows`: what somebody typed is in the dataset, too, word for word but for its facts."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest
from builders import json_lines

from synthgen import api
from synthgen.cli.terminal.making import print_made
from synthgen.dataset import Dataset
from synthgen.dataset.look import messages
from synthgen.errors import RecipeError
from synthgen.models import ScriptedModel
from synthgen.recipe import load, plan
from synthgen.spec.rows import Prompt

SEEDS = {
    "lost card": ["lost my card on <day>", "card gone", "card <number> was stolen"],
    "fees": ["why a fee on <day>??", "What is this fee"],
}
WORDS = ["badge", "bank", "money", "lost", "fee", "today", "why", "my", "stolen", "help", "paid", "twice", "blocked", "again", "month"]
Changes = dict[str, Any]


def recipe(rows: int = 20, fields: Changes | None = None, keep: list[Any] | None = None, **message: Any) -> dict[str, Any]:
    """A recipe whose seeds are its first rows."""
    return {
        "name": "bank",
        "tables": {
            "traffic": {
                "rows": rows,
                "fields": {
                    "intent": {"kind": "choice", "options": list(SEEDS)},
                    "day": {"kind": "choice", "label": False, "options": ["monday", "tuesday", "friday"]},
                    "number": {"kind": "fake", "provider": "numerify", "args": {"text": "%###"}},
                    "message": {
                        "kind": "typed", "topic": "{{ intent }}", "seeds": SEEDS, "seeds_as_rows": True, "on_topic": False, **message,
                    },
                    "case": {"kind": "choice", "options": ["empty", "truncated", "none"]},
                    "input": {"kind": "edge_case", "of": "message", "case": "{{ case }}"},
                }
                | (fields or {}),
                "keep": keep or [],
            }
        },
        "harness": {"input": "input", "target": "intent", "out": "unclear"},
    }  # fmt: skip


def typist(prompt: Prompt, stream: Random) -> str:
    return f" {' '.join(stream.sample(WORDS, 5))}\n"


def made(data: dict[str, Any], out: Path, **options: Any) -> api.MakeResult:
    return api.make(data, out=out, models={"typist": ScriptedModel(typist)}, **options)


def rows_of(result: api.MakeResult) -> list[dict[str, Any]]:
    return list(Dataset.open(result.folder).rows("traffic"))


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    return rows_of(made(recipe(voice="texter"), tmp_path_factory.mktemp("seeds") / "out"))


def test_the_first_rows_are_the_seeds_one_of_each_topic_after_the_other(rows: list[dict[str, Any]]) -> None:
    given = [(row["intent"], re.sub(r"monday|tuesday|friday", "<day>", re.sub(r"\d{4}", "<number>", row["message"]))) for row in rows[:5]]
    assert given == [
        ("lost card", "lost my card on <day>"),
        ("fees", "why a fee on <day>??"),
        ("lost card", "card gone"),
        ("fees", "What is this fee"),
        ("lost card", "card <number> was stolen"),
    ]
    assert rows[0]["day"] in rows[0]["message"]
    assert rows[4]["number"] in rows[4]["message"]


def test_a_row_says_whether_it_is_a_seed_and_no_model_was_asked_for_that(rows: list[dict[str, Any]]) -> None:
    assert [row["message_seed"] for row in rows] == [True] * 5 + [None] * 15
    assert [row["provenance"]["asked"]["message"] is None for row in rows] == [True] * 5 + [False] * 15
    assert {row["message_voice"] for row in rows[:5]} == {None}
    assert {row["message_voice"] for row in rows[5:]} == {"texter"}
    assert all(row["message_style"] for row in rows)


def test_no_seed_is_made_an_edge_case(rows: list[dict[str, Any]]) -> None:
    assert [row["input"] for row in rows[:5]] == [row["message"] for row in rows[:5]]
    assert {row["case"] for row in rows[5:]} > {"empty"}


def test_checks_refuse_no_seed_but_what_is_made_is_compared_with_them(tmp_path: Path) -> None:
    def copies(prompt: Prompt, stream: Random) -> str:
        return f" {stream.choice(['Card gone!', typist(prompt, stream).strip()])}\n"

    keep = [
        {"kind": "length", "field": "message", "words": [5, 9]},
        {"kind": "near_duplicate", "field": "message", "similarity": 0.9},
    ]
    data = recipe(keep=keep, seeds=SEEDS | {"fees": ["what is this", "what is this fee now", "what is this fee now?"]}, words=[1, 9])
    result = api.make(data, out=tmp_path / "out", models={"typist": ScriptedModel(copies)})
    rows = rows_of(result)
    assert sum(bool(row["message_seed"]) for row in rows) == 6
    assert [row["message"].lower().strip("!") for row in rows].count("card gone") == 1


def test_rows_are_the_same_whatever_the_chunk_and_in_another_run(tmp_path: Path) -> None:
    data = recipe(rows=20)
    whole = rows_of(made(data, tmp_path / "whole"))
    again = rows_of(made(data, tmp_path / "again", chunk=2))
    assert [(row["intent"], row["message"]) for row in whole[:5]] == [(row["intent"], row["message"]) for row in again[:5]]
    assert [row["message_seed"] for row in again] == [row["message_seed"] for row in whole]


def test_a_seed_whose_fact_a_row_lacks_is_no_row(tmp_path: Path) -> None:
    number = {"number": {"kind": "fake", "provider": "numerify", "args": {"text": "%###"}, "when": "{{ intent == 'fees' }}"}}
    rows = rows_of(made(recipe(fields=number, seeds=SEEDS | {"fees": [*SEEDS["fees"], "fee <number>"]}), tmp_path / "out"))
    assert [row["message_seed"] for row in rows][:6] == [True, True, True, True, None, True]
    assert rows[4]["intent"] == "lost card"
    assert "<" not in rows[4]["message"]


def test_a_topic_is_the_option_that_it_is_the_text_of(tmp_path: Path) -> None:
    intent = {"kind": "choice", "options": {1: 3, 2: 1}}
    rows = rows_of(made(recipe(fields={"intent": intent}, seeds={"1": ["one", "won"], "2": ["two", "too"]}), tmp_path / "out"))
    assert [(row["intent"], row["message"]) for row in rows[:4]] == [(1, "one"), (2, "two"), (1, "won"), (2, "too")]


def test_a_row_that_wants_no_message_gets_no_seed(tmp_path: Path) -> None:
    rows = rows_of(made(recipe(when="{{ intent == 'fees' }}", otherwise="-"), tmp_path / "out"))
    assert [(row["intent"], row["message_seed"]) for row in rows[:4]] == [("lost card", None), ("fees", True)] * 2
    assert {row["message"] for row in rows if row["intent"] != "fees"} == {"-"}


def test_without_topics_the_seeds_are_rows_too(tmp_path: Path) -> None:
    data = recipe(topic="", seeds=["where is it", "no idea"])
    assert [row["message"] for row in rows_of(made(data, tmp_path / "out"))[:2]] == ["where is it", "no idea"]


def test_what_made_and_the_card_and_why_say_of_them(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    result = made(recipe(voice="texter"), tmp_path / "out")
    print_made(result)
    assert "traffic: 20 rows, 5 of them seeds" in capsys.readouterr().out
    assert result.manifest["tables"]["traffic"]["seeds"] == {"message": 5}
    assert "nobody wrote these messages, but for 5 that are seeds of the recipe" in (result.folder / "README.md").read_text("utf-8")
    told = api.why(result.folder, "traffic-0")
    makers = {fact.name: fact.maker for fact in told.facts}
    assert (makers["intent"], makers["message"]) == ("choice, from the row's seed", "typed, from the row's seed")
    assert "seed" not in makers["day"]
    assert told.attempts == []
    assert not told.untold


def test_made_messages_are_measured_and_compared_without_them(tmp_path: Path) -> None:
    result = made(recipe(), tmp_path / "out")
    assert messages(result.folder) == [row["message"] for row in rows_of(result)[5:]]


def test_a_preview_shows_what_is_made(tmp_path: Path) -> None:
    previewed = next(iter(api.preview(recipe(), show=3, models={"typist": ScriptedModel(typist)})))
    assert [row.index for row in previewed.rows] == [5, 6, 7]
    only_seeds = next(iter(api.preview(recipe(rows=2), show=3, models={"typist": ScriptedModel(typist)})))
    assert [row.values["message_seed"] for row in only_seeds.rows] == [True, True]


def test_they_are_not_asked_for_and_where_they_are_all_that_is_noted() -> None:
    checked = api.check(recipe(best_of=1))
    assert [question.prompts for question in checked.questions] == [15]
    assert "5 rows are seeds, and there are 4 in all" in api.check(recipe(rows=4)).notes[-1]
    assert not [note for note in checked.notes if "are seeds" in note]


def test_a_plan_gives_nothing_where_nobody_asks() -> None:
    assert plan(load(recipe(seeds_as_rows=False)).recipe).tables[0].presets == []


Told = Callable[[dict[str, Any]], str]


@pytest.fixture
def told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Told:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "logs.txt").write_text("hello there\nwhere is it\nwhat now\n", "utf-8")

    def tell(data: dict[str, Any]) -> str:
        with pytest.raises(RecipeError) as caught:
            load(data)
        return str(caught.value)

    return tell


def test_mistakes_are_told(told: Told) -> None:
    assert "are those of real people, and never rows" in told(recipe(seeds=None, like="logs.txt", topic=""))
    for topic in ("{{ intent }} now", "{{ intent }}{{ day }}"):
        assert "so the topic is one field, a choice that depends on no other" in told(recipe(topic=topic))
    intent = {"kind": "choice", "of": "day", "options": {"monday": ["fees"], "tuesday": ["fees"], "friday": ["lost card"]}}
    each = {"kind": "choice", "options": list(SEEDS), "pick": "each"}
    for other in (intent, each, {"kind": "fake", "provider": "word"}):
        assert "so the topic is one field, a choice that depends on no other" in told(recipe(fields={"intent": other}))
    second = {"kind": "typed", "seeds": ["hello", "hi there"], "seeds_as_rows": True}
    assert "the seeds of another field are the first rows already" in told(recipe(fields={"second": second}))


TYPED = [
    {"intent": "fees", "message": "why 12 TWICE on friday??", "day": "sunday", "count": 12},
    {"intent": "lost card", "message": "card <number> gone", "count": 3},
]
COUNT = {"count": {"kind": "number", "between": [1, 9]}}


def test_what_was_typed_in_a_file_is_in_the_first_rows_with_the_facts_that_are_given(tmp_path: Path) -> None:
    (tmp_path / "typed.jsonl").write_text(json_lines(TYPED), "utf-8")
    data = recipe(fields=COUNT, seeds_as_rows="typed.jsonl", voice="texter")
    rows = rows_of(made(data, tmp_path / "out", folder=tmp_path))
    assert [(row["intent"], row["message"], row["day"], row["count"], row["message_seed"]) for row in rows[:1]] == [
        ("fees", "why 12 TWICE on friday??", "sunday", 12, True)
    ]
    assert rows[1]["message"] == f"card {rows[1]['number']} gone"
    makers = {fact.name: fact.maker for fact in api.why(tmp_path / "out", "traffic-0").facts}
    assert {name for name, maker in makers.items() if "the row's seed" in maker} == {"intent", "day", "count", "message", "case"}
    assert [row["message_seed"] for row in rows[2:]] == [None] * 18
    (tmp_path / "typed.jsonl").write_text(json_lines(TYPED[:1]), "utf-8")
    assert [bool(row["message_seed"]) for row in rows_of(made(data, tmp_path / "out", folder=tmp_path))][:2] == [True, False]


@pytest.mark.parametrize(
    ("record", "said"),
    [
        ({"intent": "fees"}, "record 2 of the rows that were typed has no 'message'"),
        ({"message": " "}, "record 2 of the rows that were typed has no 'message'"),
        ({"message": "why", "intnt": "fees"}, "there is no field 'intnt'\n    did you mean 'intent'?"),
        ({"message": "why", "intent": "fee"}, "'intent' is 'fee', which is none of its values\n    did you mean 'fees'?"),
        ({"message": "why", "count": "3"}, "'count' is '3', and its column one of int64"),
        ({"message": "why", "count": True}, "'count' is True, and its column one of int64"),
        ({"message": "why", "since": "2026-01-01"}, "'since' is a column of date32, which no record can give"),
    ],
)
def test_a_record_that_can_be_no_row_is_told(told: Told, record: dict[str, Any], said: str) -> None:
    Path("typed.jsonl").write_text(json_lines([{"message": "fine"}, record]), "utf-8")
    fields = COUNT | {"since": {"kind": "date", "between": ["2026-01-01", "2026-02-01"]}}
    assert said in told(recipe(fields=fields, seeds_as_rows="typed.jsonl"))


def test_a_file_that_is_not_there_or_is_none_is_told(told: Told) -> None:
    assert "typed.jsonl" in told(recipe(seeds_as_rows="typed.jsonl"))
    Path("typed.jsonl").write_text("{no", "utf-8")
    assert "typed.jsonl" in told(recipe(seeds_as_rows="typed.jsonl"))
    assert "leaves" in told(recipe(seeds_as_rows="../typed.jsonl"))
