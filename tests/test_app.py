"""Your own application in a recipe: `kind: reply`, `kind: conversation` without `assistant`, and `--app`."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path
from random import Random
from textwrap import dedent
from typing import Any

import pytest
from pyarrow import parquet
from servers.application import Asked, Reaction, app_server

from synthgen.api import MakeResult, check, fewshot, make, preview, why
from synthgen.errors import DataError, ModelError, OutputError, RecipeError
from synthgen.models import ScriptedModel
from synthgen.recipe import load
from synthgen.spec.rows import Prompt

REPLIES = """
    name: shop
    about: Customers of a shop, typing into its chat.
    tables:
      traffic:
        rows: 12
        fields:
          order: {kind: number, between: [100, 999]}
          message: {kind: template, template: "wheres my order {{ order }}"}
          reply: {kind: reply, of: message}
"""
TALKS = """
    name: talks
    about: Customers of a shop, typing into its chat.
    tables:
      talks:
        rows: 6
        fields:
          order: {kind: number, between: [100, 999]}
          message: {kind: template, template: "wheres my order {{ order }}"}
          talk: {kind: conversation, behaviour: changes mind, user: message, goal: "To know where order {{ order }} is.", turns: 3}
"""


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    (tmp_path / "shop.yaml").write_text(dedent(REPLIES), encoding="utf-8")
    return tmp_path / "shop.yaml"


@pytest.fixture
def talking(tmp_path: Path) -> Path:
    (tmp_path / "talks.yaml").write_text(dedent(TALKS), encoding="utf-8")
    return tmp_path / "talks.yaml"


def rows(made: MakeResult, table: str = "traffic") -> list[dict[str, Any]]:
    return [record for file in sorted((made.folder / table).glob("*.parquet")) for record in parquet.read_table(file).to_pylist()]


def answer(message: str) -> str:
    """An application that knows no order with a 7 in it."""
    if "7" in message:
        raise LookupError("no such order")
    return f"It is on its way: {message[-3:]}."


def settling(prompt: Prompt, stream: Random) -> str:
    """Who settles what the user types next."""
    reply = re.findall("<assistant>(.*)</assistant>", prompt.text)[-1]
    state = (
        {"state": "met", "met_by": reply, "next": ""} if "on its way" in reply else {"state": "goes on", "met_by": "", "next": "and now"}
    )
    return json.dumps({"why": "It is so.", **state}) + "\n"


def people() -> dict[str, Any]:
    return {"claude": ScriptedModel(settling), "typist": ScriptedModel(lambda prompt, stream: " and then\n")}


# Replies


def test_a_reply_is_what_the_application_answered(shop, tmp_path):
    made = make(shop, out=tmp_path / "out", app=answer)
    found = rows(made)
    assert len(found) == 12
    for row in found:
        odd = "7" in row["message"]
        assert row["reply"] == (None if odd else f"It is on its way: {row['order']}.")
        assert row["reply_error"] == ("LookupError: no such order" if odd else None)
        assert row["reply_ms"] >= 0
    errors = sum(row["reply"] is None for row in found)
    assert 0 < errors < 12
    figures = made.manifest["tables"]["traffic"]["application"]["reply"]
    assert (figures["calls"], figures["errors"]) == (12, errors)
    assert 0 <= figures["median_ms"] <= figures["p95_ms"]
    assert made.manifest["models"] == {"app": "app test_app:answer"}
    assert [(spent["field"], spent["answers"]) for spent in made.manifest["spent"]] == [("traffic.reply", 12)]


def test_a_row_without_a_message_is_not_asked_about(shop, tmp_path):
    text = shop.read_text().replace('template: "wheres my order {{ order }}"', 'template: hi, when: "{{ order > 500 }}"')
    shop.write_text(text)
    found = rows(make(shop, out=tmp_path / "out", app=lambda message: "yes"))
    assert {(row["message"], row["reply"], row["reply_ms"] is None) for row in found} == {("hi", "yes", False), (None, None, True)}


def test_where_no_application_is_named_it_is_told_before_anything_is_made(shop, talking, tmp_path):
    for recipe, field in ((shop, "traffic.reply"), (talking, "talks.talk")):
        with pytest.raises(ModelError, match=f"{field} is made by your application, and it is not said which") as caught:
            make(recipe, out=tmp_path / "out", models=people())
        assert "--app http://localhost:8000/chat" in caught.value.hint
        with pytest.raises(ModelError, match="not said which"):
            list(preview(recipe, out=tmp_path / "out", models=people()))
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("about:", "models: {app: {kind: claude}}\nabout:", "'app' is your own application, which no recipe can name"),
        ("of: message", "of: mesage", "there is no field 'mesage'; did you mean 'message'?"),
        ("of: message", "of: message, by: claude", "'claude' is Claude, and this field is made by your application (--app)"),
        ("of: message", "of: message, url: 'http://x'", "unknown key 'url'"),
        ("of: message", "of: message.text", "'message' has no parts"),
    ],
)
def test_a_mistake_in_a_recipe_is_told(shop, old, new, said):
    shop.write_text(dedent(shop.read_text()).replace(old, new))
    with pytest.raises(RecipeError) as caught:
        load(shop)
    assert all(part in " ".join(str(caught.value).split()) for part in said.split("; "))


def test_check_says_how_often_it_will_be_asked(shop, talking, monkeypatch):
    monkeypatch.delenv("ANTHROPIC_API_KEY", raising=False)
    (question,) = check(shop).questions
    assert (question.field, question.model, question.prompts, question.cost) == ("reply", "app", 12, None)
    asked = {question.model: question.prompts for question in check(talking).questions}
    assert asked == {"app": 18, "claude": 18}


def test_a_model_takes_its_place_in_python(shop, tmp_path):
    made = make(shop, out=tmp_path / "out", models={"app": ScriptedModel(lambda prompt, stream: "fine\n")})
    assert {row["reply"] for row in rows(made)} == {"fine\n"}


# The journal


def test_a_run_that_was_cut_off_asks_nothing_twice(shop, tmp_path):
    def busy_from(limit: int) -> Any:
        def react(asked: Asked, number: int) -> Any:
            return Reaction(b"", 429, {"retry-after": "9999"}) if number >= limit else {"reply": f"yes {asked.body['message']}"}

        return react

    with app_server(busy_from(5)) as server:
        (tmp_path / "app.yaml").write_text(f"url: {server.address}\nname: shop bot\nconcurrency: 1\n")
        with pytest.raises(ModelError, match="asks to wait 9,999 s"):
            make(shop, out=tmp_path / "out", app=tmp_path / "app.yaml")
        before = server.messages[:5]
    with app_server(busy_from(99)) as server:
        (tmp_path / "app.yaml").write_text(f"url: {server.address}\nname: shop bot\n")
        made = make(shop, out=tmp_path / "out", app=tmp_path / "app.yaml")
        assert not set(before) & set(server.messages)
        assert len(server.messages) == 7
    assert {row["reply"] for row in rows(made)} == {f"yes {row['message']}" for row in rows(made)}


def test_what_always_fails_does_not_keep_a_run_from_its_end(shop, tmp_path):
    """The last rows are those that an earlier run did not come to, and the application fails on all of them."""

    def react(asked: Asked, number: int) -> Any:
        if number < 6:
            return {"reply": "yes"}
        return Reaction(b"", 429, {"retry-after": "9999"}) if busy else Reaction({"error": "odd"}, 400)

    file = tmp_path / "app.yaml"
    with app_server(react) as server:
        file.write_text(f"url: {server.address}\nconcurrency: 1\n")
        busy = True
        with pytest.raises(ModelError, match="too many requests"):
            make(shop, out=tmp_path / "out", app=file)
        busy = False
        made = make(shop, out=tmp_path / "out", app=file)
    assert Counter(row["reply_error"] for row in rows(made)) == {None: 6, "400 Bad Request: odd": 6}


def test_errors_are_remembered_as_replies_are(shop, tmp_path):
    first = make(shop, out=tmp_path / "out", app=answer)
    calls = list[str]()

    def never(message: str) -> str:
        calls.append(message)
        return "never"

    never.__qualname__ = "answer"
    again = make(shop, out=tmp_path / "out", app=never, recheck=True)
    assert rows(again) == rows(first)
    assert calls == []


def test_another_version_is_asked_anew_and_the_same_is_not(shop, tmp_path):
    calls = Counter[str]()

    def counted(message: str, session: str) -> str:
        calls[session] += 1
        return "yes"

    first = make(shop, out=tmp_path / "out", app=counted, app_version="1")
    again = make(shop, out=tmp_path / "out", app=counted, app_version="1")
    assert again.already
    assert any("another --app-version asks it again" in note for note in again.notes)
    assert sum(calls.values()) == 12
    other = make(shop, out=tmp_path / "out", app=counted, app_version="2")
    assert not other.already
    assert sum(calls.values()) == len(calls) == 24  # and no talk of the first version is gone on with
    assert [row["order"] for row in rows(other)] == [row["order"] for row in rows(first)]


def test_what_was_wrong_with_the_application_at_first_is_not_remembered(shop, tmp_path):
    mended = list[bool]()

    def bot(message: str) -> str:
        if not mended:
            raise RuntimeError("no key")
        return "yes"

    def previewed() -> set[tuple[str | None, str | None]]:
        (shown,) = preview(shop, out=tmp_path / "out", show=2, app=bot)
        return {(row.values["reply"], row.values["reply_error"]) for row in shown.rows}

    assert previewed() == {(None, "RuntimeError: no key")}
    mended.append(True)
    assert previewed() == {("yes", None)}


def test_what_a_preview_asked_is_not_asked_again(shop, tmp_path):
    calls = list[str]()

    def counted(message: str) -> str:
        calls.append(message)
        return "yes"

    (shown,) = preview(shop, out=tmp_path / "out", show=4, app=counted)
    assert [row.values["reply"] for row in shown.rows] == ["yes"] * 4
    make(shop, out=tmp_path / "out", app=counted)
    assert len(calls) == len(set(calls)) == 12


def test_what_would_be_asked_is_shown_without_an_application(shop, tmp_path):
    (shown,) = preview(shop, out=tmp_path / "out", show=3, ask=False)
    assert shown.rows == []
    assert shown.prompts["reply"]
    assert all(prompt.text.startswith("wheres my order") for prompt in shown.prompts["reply"])


def test_a_fresh_start_sets_what_was_answered_aside(shop, tmp_path):
    make(shop, out=tmp_path / "out", app=answer)
    made = make(shop, out=tmp_path / "out", app=answer, fresh=True)
    assert any("journal" in note for note in made.notes)


def test_a_reply_can_be_asked_about(shop, tmp_path):
    made = make(shop, out=tmp_path / "out", app=answer)
    told = why(made.folder, 0)
    (attempt,) = told.attempts
    assert told.untold == []
    assert [question.text for question in attempt.questions] == [told.values["message"]]
    assert attempt.answers[0].text == (told.values["reply"] or told.values["reply_error"])


def test_a_reply_is_no_example_of_what_is_right(shop, tmp_path):
    made = make(shop, out=tmp_path / "out", app=answer)
    with pytest.raises(OutputError, match="no field that Claude made, nor a label"):
        fewshot(made.folder, 3, source="message")
    assert "It is on its way" not in (made.folder / "README.md").read_text("utf-8")


def test_no_secret_is_written_anywhere(shop, tmp_path, monkeypatch):
    monkeypatch.setenv("SHOP_TOKEN", "abc123def456")

    def react(asked: Asked, number: int) -> Any:
        return Reaction({"error": asked.headers["x-token"]}, 400) if number == 4 else {"reply": asked.headers["x-token"]}

    with app_server(react) as server:
        (tmp_path / "app.yaml").write_text(f"url: {server.address}\nheaders: {{X-Token: '${{SHOP_TOKEN}}'}}\n")
        made = make(shop, out=tmp_path / "out", app=tmp_path / "app.yaml")
    assert {row["reply"] for row in rows(made)} == {"[key]", None}
    written = [file for file in tmp_path.rglob("*") if file.is_file()]
    assert len(written) > 5
    assert [file for file in written if b"abc123def456" in file.read_bytes()] == []


def test_an_application_that_no_field_asks_is_told(tmp_path):
    recipe = {"name": "t", "tables": {"t": {"rows": 2, "fields": {"a": {"kind": "number", "between": [1, 9]}}}}}
    made = make(recipe, out=tmp_path / "out", app=answer)
    assert any("no field asks the application" in note for note in made.notes)


# Conversations


def test_a_conversation_is_held_with_the_application(talking, tmp_path):
    asked = list[tuple[list[dict[str, str]], str]]()

    def bot(messages: list[dict[str, str]], session: str) -> str:
        asked.append((messages, session))
        return "Which one?" if len(messages) == 1 else f"It is on its way: {messages[0]['content'][-3:]}."

    made = make(talking, out=tmp_path / "out", app=bot, models=people())
    for row in rows(made, "talks"):
        talk = json.loads(row["talk"]) if isinstance(row["talk"], str) else row["talk"]
        assert [turn["content"] for turn in talk] == [row["message"], "Which one?", "and now", f"It is on its way: {row['order']}."]
        assert (row["talk_end"], row["talk_turns"], row["talk_error"]) == ("met", 2, None)
        assert len(json.loads(row["talk_ms"])) == 2
    assert len(asked) == 12
    sessions = Counter(session for _, session in asked)
    assert set(sessions.values()) == {2}
    assert {len({messages[0]["content"] for messages, own in asked if own == session}) for session in sessions} == {1}
    assert made.manifest["tables"]["talks"]["application"]["talk"]["calls"] == 12


def test_an_error_ends_a_talk_and_is_kept(talking, tmp_path):
    def bot(messages: list[dict[str, str]]) -> str:
        if len(messages) > 1 and "7" in messages[0]["content"]:
            raise LookupError("no such order")
        return "Which one?" if len(messages) == 1 else "It is on its way."

    made = make(talking, out=tmp_path / "out", app=bot, models=people())
    ends = Counter(row["talk_end"] for row in rows(made, "talks"))
    assert ends.keys() == {"met", "error"}
    for row in (row for row in rows(made, "talks") if row["talk_end"] == "error"):
        talk = json.loads(row["talk"]) if isinstance(row["talk"], str) else row["talk"]
        assert [turn["role"] for turn in talk] == ["user", "assistant", "user"]
        assert (row["talk_error"], row["talk_turns"], row["talk_why"]) == ("LookupError: no such order", 1, "")
    assert made.manifest["tables"]["talks"]["application"]["talk"]["errors"] == ends["error"]


def test_talks_are_the_same_however_many_are_made_together_and_nothing_is_asked_twice(talking, tmp_path):
    def bot(messages: list[dict[str, str]]) -> str:
        return "Which one?" if len(messages) < 4 else "It is on its way."

    whole = make(talking, out=tmp_path / "whole", app=bot, models=people())
    parts = make(talking, out=tmp_path / "parts", app=bot, models=people(), chunk=2)

    def without_times(made: MakeResult) -> list[dict[str, Any]]:
        return [{key: value for key, value in row.items() if key != "talk_ms"} for row in rows(made, "talks")]

    assert without_times(whole) == without_times(parts)
    again = people()
    assert rows(make(talking, out=tmp_path / "whole", app=bot, models=again, recheck=True), "talks") == rows(whole, "talks")
    assert [model.asked for model in again.values()] == [[], []]


@pytest.mark.parametrize("replies", [1, 4, 8])
def test_a_run_that_was_cut_off_goes_on_in_the_middle_of_its_talks(talking, tmp_path, replies):
    def react(asked: Asked, number: int) -> Any:
        if len(server.asked) > limit:
            return Reaction(b"", 429, {"retry-after": "9999"})
        return {"reply": "Which one?" if len(asked.body["history"]) < 4 else "It is on its way."}

    file = tmp_path / "app.yaml"
    limit = replies
    with app_server(react) as server:
        file.write_text(f"url: {server.address}\nname: shop bot\nconcurrency: 1\n")
        with pytest.raises(ModelError, match="too many requests"):
            make(talking, out=tmp_path / "out", app=file, models=people())
        before = {(asked.body["session"], len(asked.body["history"])) for asked in server.asked[:replies]}
    limit = 99
    with app_server(react) as server:
        file.write_text(f"url: {server.address}\nname: shop bot\n")
        made = make(talking, out=tmp_path / "out", app=file, models=people())
        after = [(asked.body["session"], len(asked.body["history"])) for asked in server.asked]
    assert len(after) == len(set(after)) == 18 - replies
    assert not before & set(after)
    assert {session for session, _ in before} <= {session for session, _ in after}  # the talks are the same ones
    assert {row["talk_turns"] for row in rows(made, "talks")} == {3}


def test_keys_of_claudes_replies_are_none_of_an_application(talking):
    talking.write_text(dedent(TALKS).replace("turns: 3", "turns: 3, effort: low, tokens: 500"))
    with pytest.raises(RecipeError, match="'effort' is of Claude's replies") as caught:
        load(talking)
    assert len(caught.value.mistakes) == 2
    talking.write_text(dedent(TALKS).replace("turns: 3", "turns: 3, by: app"))
    with pytest.raises(RecipeError, match=r"'app' is your application \(--app\), and this field is made by Claude"):
        load(talking)


# On the command line


def command(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    asked = [sys.executable, "-m", "synthgen", *words]
    return subprocess.run(asked, cwd=folder, env=os.environ, capture_output=True, text=True, timeout=300, check=False)


def test_it_is_named_on_the_command_line(shop, tmp_path):
    (tmp_path / "bot.py").write_text("async def answer(message, history):\n    return message.upper()\n")
    shown = command(tmp_path, "preview", "shop.yaml", "-n", "2", "--app", "bot:answer")
    assert "WHERES MY ORDER" in shown.stdout
    made = command(tmp_path, "make", "shop.yaml", "--app", "bot:answer")
    assert made.returncode == 0, made.stderr
    assert "asks your application (--app) for traffic.reply: 12 requests or more" in made.stderr
    assert "reply: the application was asked 12 times, 0 errors; half took up to" in made.stdout
    (tmp_path / "bot.py").write_text("raise RuntimeError('must not be run')")
    again = command(tmp_path, "make", "shop.yaml")
    assert again.returncode == 4
    assert "it is not said which that is" in again.stderr
    wrong = command(tmp_path, "make", "shop.yaml", "--app", "localhost:8000/chat")
    assert (wrong.returncode, "did you mean http://localhost:8000/chat?" in wrong.stderr) == (DataError.exit_code, True)
    told = command(tmp_path, "check", "shop.yaml")
    assert "asks your application (--app) for traffic.reply: 12 requests or more" in told.stdout
