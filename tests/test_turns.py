"""Which turns of conversations are read: all, the first, or those that no earlier record had; in recipes and commands."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random

import pytest
from typer.testing import CliRunner

from synthgen import api
from synthgen.cli.app import app
from synthgen.dataset.finish import fingerprint
from synthgen.errors import DataError, RecipeError
from synthgen.text import files
from synthgen.text.dialogues import TURNS, ReadSummary
from synthgen.tuning.logs import read_logs

ANSWER = {"role": "assistant", "content": "ok"}
NAMES = ["conversation_id", "session_id"]


def talk(*said: str) -> list[dict[str, str]]:
    """A conversation in which the user says this, and is answered between."""
    turns = [turn for text in said for turn in ({"role": "user", "content": text}, {"role": "assistant", "content": f"re: {text}"})]
    return turns[:-1]


def written(path: Path, records: list[dict[str, object]]) -> Path:
    path.write_text("\n".join(map(json.dumps, records)), "utf-8")
    return path


def requests(*said: str, **more: str) -> list[dict[str, object]]:
    """The requests of a conversation, each with the talk before it."""
    return [{"messages": talk(*said[: number + 1]), **more} for number in range(len(said))]


TALKS = [*requests("hi", "my bike is late", "ok"), *requests("hi", "refund pls"), *requests("yes")]


def test_by_default_all_turns_of_conversations_are_read(tmp_path: Path) -> None:
    path = written(
        tmp_path / "a.jsonl", [{"messages": [*talk(*said), ANSWER]} for said in (("hi", "late", "ok"), ("hi",), ("hi", "refund"))]
    )
    assert files.messages(path) == files.messages(path, turns="all") == ["hi", "late", "ok", "hi", "hi", "refund"]
    assert files.messages(path, turns="first") == ["hi", "hi", "hi"]


@pytest.mark.parametrize("order", [TALKS, TALKS[::-1]], ids=["oldest first", "newest first"])
def test_a_turn_that_later_requests_repeat_is_read_once(order: list[dict[str, object]], tmp_path: Path) -> None:
    path, summary = written(tmp_path / "a.jsonl", order), ReadSummary()
    assert sorted(files.messages(path, turns="new", summary=summary)) == sorted(["hi", "my bike is late", "ok", "hi", "refund pls", "yes"])
    assert str(summary).endswith("; 4 repeated ones left out")
    assert len(files.messages(path)) == 10


def test_two_people_may_say_the_same(tmp_path: Path) -> None:
    path = written(tmp_path / "a.jsonl", [*requests("hi"), *requests("hi"), *requests("hi", "hi")])
    assert files.messages(path, turns="new") == ["hi"] * 4
    assert files.messages(path, turns="first") == ["hi"] * 3


def test_a_log_that_holds_only_the_last_requests_gives_the_whole_talks(tmp_path: Path) -> None:
    path = written(tmp_path / "a.jsonl", [{"messages": talk("hi", "late", "ok")}, {"messages": talk("hello", "refund")}])
    assert files.messages(path, turns="new") == ["hi", "late", "ok", "hello", "refund"]


def test_the_work_of_tools_is_no_new_turn(tmp_path: Path) -> None:
    asked = talk("where is it")
    called = [*asked, {"role": "assistant", "content": [{"type": "tool_use", "id": "1", "name": "a", "input": {}}]}]
    answered = [*called, {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "1", "content": "far"}]}]
    path = written(tmp_path / "a.jsonl", [{"messages": asked}, {"messages": answered}])
    assert files.messages(path, turns="new") == ["where is it"]


@pytest.mark.parametrize("name", NAMES)
def test_a_conversation_that_records_name_is_told_from_others(name: str, tmp_path: Path) -> None:
    cut = [{"messages": talk("hi", "late"), name: "a"}, {"messages": talk("hi", "refund"), name: "b"}]
    assert files.messages(written(tmp_path / "a.jsonl", cut), turns="new") == ["hi", "late", "hi", "refund"]
    rows = [{"text": text, name: talk_name} for text, talk_name in (("hi", "a"), ("hello", "b"), ("late", "a"), ("thx", "b"))]
    assert files.messages(written(tmp_path / "b.jsonl", rows), turns="first") == ["hi", "hello"]


def test_records_are_read_one_after_the_other(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text(json.dumps({"messages": talk("hi")}) + "\n{broken\n")
    read = files.dialogues(tmp_path / "a.jsonl")
    assert next(read)[2] == ["hi"]
    with pytest.raises(DataError, match=r"a\.jsonl:2: not JSON"):
        next(read)


def test_other_turns_are_refused_with_those_that_there_are(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="turns are first, all, new, and not 'last'"):
        api.measure(written(tmp_path / "a.jsonl", TALKS), turns="last")  # type: ignore[arg-type]


def test_only_what_holds_a_message_needs_a_label(tmp_path: Path) -> None:
    events = [{"text": "hi", "intent": "a"}, {"subtype": "join"}, {"text": "yo", "intent": "b"}]
    assert files.grouped(written(tmp_path / "a.jsonl", events), "intent") == {"a": ["hi"], "b": ["yo"]}


# In recipes


def recipe(**keys: object) -> dict[str, object]:
    return {"name": "t", "about": "Shoppers.", "tables": {"t": {"rows": 3, "fields": {"message": keys}}}}


def nlu(folder: Path) -> Path:
    examples = "".join(f"    - where is my [parcel {number}](thing)\n" for number in range(120))
    more = "".join(f"    - i want my money back {number}\n" for number in range(120))
    (folder / "nlu.yml").write_text(f"nlu:\n- intent: late_parcel\n  examples: |\n{examples}- intent: refund\n  examples: |\n{more}")
    return folder / "nlu.yml"


def test_a_recipe_says_which_turns_are_meant_and_check_what_was_read(tmp_path: Path) -> None:
    written(tmp_path / "a.jsonl", TALKS)
    (tmp_path / "r.yaml").write_text(json.dumps(recipe(kind="typed", like="a.jsonl", turns="new")))
    line = "a.jsonl: 6 user turns of 3 conversations, field messages (OpenAI chat); 4 repeated ones left out"
    assert api.check(tmp_path / "r.yaml").readings == (line,)
    shown = CliRunner().invoke(app, ["check", str(tmp_path / "r.yaml")])
    assert f"  reads {line}\n" in shown.output


def test_turns_of_messages_that_are_no_conversations_are_a_mistake(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("hi\nyo\n")
    with pytest.raises(RecipeError, match="turns: it says which turns of conversations, and no file here holds any"):
        api.check(recipe(kind="typed", like="a.txt", turns="new"), folder=tmp_path)
    with pytest.raises(RecipeError, match="turns are read of a 'file', and here is a 'dataset'"):
        api.check(recipe(kind="load", dataset="owner/name", turns="all"))


def test_a_recipe_that_does_not_say_turns_keeps_its_fingerprint(tmp_path: Path) -> None:
    written(tmp_path / "a.jsonl", TALKS)
    plain, chosen = (api.load_recipe(recipe(kind="typed", like="a.jsonl", **keys), folder=tmp_path) for keys in ({}, {"turns": "all"}))
    assert "turns" not in plain.recipe.tables["t"].fields["message"].model_dump(mode="json")
    assert fingerprint(plain) != fingerprint(chosen)


def test_load_gives_a_record_for_each_turn(tmp_path: Path) -> None:
    written(tmp_path / "a.jsonl", [{"messages": talk("hi", "late"), "intent": "late", "session_id": "s"}, {"messages": talk("thx")}])
    fields = {
        "turn": {"kind": "load", "file": "a.jsonl", "turns": "all"},
        "text": {"kind": "load", "file": "a.jsonl", "turns": "all", "field": "text"},
    }
    made = api.make({"name": "t", "tables": {"t": {"rows": "all", "fields": fields}}}, folder=tmp_path, out=tmp_path / "out")
    rows = api.look(made.folder).rows
    assert [row["text"] for row in rows] == ["hi", "late", "thx"]
    assert rows[0]["turn"] == {"text": "hi", "intent": "late", "conversation": "s"}
    assert rows[2]["turn"] == {"text": "thx", "intent": None, "conversation": None}


def test_the_intents_of_training_data_are_a_column_and_topics(tmp_path: Path) -> None:
    nlu(tmp_path)
    fields = {
        "intent": {"kind": "load", "file": "nlu.yml", "field": "intent"},
        "message": {"kind": "typed", "topic": "{{ intent }}", "like": "nlu.yml", "labelled": "intent"},
    }
    checked = api.check({"name": "t", "tables": {"t": {"rows": "all", "fields": fields}}}, folder=tmp_path)
    assert checked.readings == ("nlu.yml: 240 messages, field text (Rasa NLU)",)
    typed = checked.loaded.recipe.tables["t"].fields["message"]
    assert {topic: len(seeds) for topic, seeds in typed.pools.items()} == {"late_parcel": 120, "refund": 120}
    (tmp_path / "cx.csv").write_text("Intent Display Name,Language,Phrase\na,en,hi\n,,hello\nb,en,bye\n")
    assert files.grouped(tmp_path / "cx.csv", "intent") == {"a": ["hi", "hello"], "b": ["bye"]}


def test_an_export_counts_with_each_of_its_files(tmp_path: Path) -> None:
    days = [tmp_path / "export" / "help" / f"2026-01-0{day}.json" for day in (1, 2)]
    days[0].parent.mkdir(parents=True)
    for day in days:
        day.write_text(json.dumps([{"type": "message", "ts": "1700000000.000100", "user": "U", "text": f"hi {day.stem}"}]))
    loaded = api.load_recipe(recipe(kind="typed", like="export"), folder=tmp_path)
    assert loaded.recipe.tables["t"].fields["message"].files() == [day.resolve() for day in days]
    before = fingerprint(loaded)
    days[1].write_text(days[1].read_text().replace("hi", "hey"))
    assert fingerprint(loaded) != before


def test_a_recipe_reads_no_export_that_links_lead_out_of(tmp_path: Path) -> None:
    (tmp_path / "secret.json").write_text('[{"text": "secret"}]')
    (tmp_path / "recipe" / "export").mkdir(parents=True)
    (tmp_path / "recipe" / "export" / "2026-01-01.json").symlink_to(tmp_path / "secret.json")
    with pytest.raises(RecipeError, match="a link that leaves the folder is not followed"):
        api.check(recipe(kind="typed", like="export"), folder=tmp_path / "recipe")


# In commands


def test_commands_say_what_they_read_beside_the_result(tmp_path: Path) -> None:
    path = written(tmp_path / "a.jsonl", TALKS)
    result = CliRunner().invoke(app, ["measure", str(path), "--turns", "new", "--json"])
    assert json.loads(result.stdout)["messages"] == 6
    assert result.stderr == "a.jsonl: 6 user turns of 3 conversations, field messages (OpenAI chat); 4 repeated ones left out\n"
    assert (
        "--turns says which turns of the messages that --against reads"
        in CliRunner().invoke(app, ["report", str(tmp_path), "--turns", "all"]).stderr
    )


def test_the_options_take_the_turns_that_there_are() -> None:
    for turns in TURNS:
        assert CliRunner().invoke(app, ["measure", "--turns", turns, "nowhere.jsonl"]).exit_code != 2


def test_compare_reads_the_same_turns_of_what_is_real(tmp_path: Path) -> None:
    lines: list[str] = []
    logs = written(tmp_path / "a.jsonl", [request for number in range(40) for request in requests(f"hi {number}", f"late {number}")])
    (tmp_path / "b.txt").write_text("\n".join(f"where is it {number}" for number in range(40)))
    comparison = api.compare(logs, tmp_path / "b.txt", turns="first", listen=lines.append)
    assert comparison.real == 40
    assert lines == ["a.jsonl: 40 user turns of 40 conversations, field messages (OpenAI chat)"]


def test_tuning_knows_intents_and_conversations(tmp_path: Path) -> None:
    logs = read_logs([nlu(tmp_path)], "", Random(0))
    assert {message.topic for message in logs.typed} == {"late parcel", "refund"}
    assert logs.readings == ["nlu.yml: 240 messages, field text (Rasa NLU)"]
    chats = [
        request for number in range(110) for request in requests(f"hi there {number}", f"it is late {number}", session_id=f"s{number}")
    ]
    units = [message.unit for message in read_logs([written(tmp_path / "a.jsonl", chats)], "", Random(0), turns="new").typed]
    assert units[:4] == ["s0", "s0", "s1", "s1"]
    assert len(units) == 220
