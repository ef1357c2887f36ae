"""`synthgen serve`: a recipe's users behind OpenAI's API, as harnesses ask for them."""

from __future__ import annotations

import json
import re
import signal
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from random import Random
from textwrap import dedent
from typing import Any
from urllib.request import urlopen

import pytest
from hypothesis import given
from hypothesis import strategies as st
from servers.claude import ClaudeServer, last_text
from servers.users import UserServer, serve_command, served_users, stopped

from synthgen.errors import OutputError
from synthgen.models import ScriptedModel
from synthgen.recipe import load
from synthgen.serving.chat import RequestError, chat_request
from synthgen.serving.dialects import UserRequest, from_chat, from_promptfoo
from synthgen.serving.serve import ServeOptions, is_loopback, serve_users
from synthgen.serving.talking import is_reaction
from synthgen.serving.users import talk_plan
from synthgen.spec.rows import Prompt

RECIPE = """
name: bank
about: Customers of a retail bank, typing into its support chat.
tables:
  openers:
    rows: 6
    fields:
      name: {kind: fake, provider: last_name}
      card: {kind: number, between: [100000, 999999]}
      message: {kind: template, template: "my crad is gone {{ card }}"}
  talks:
    from: {table: openers, pick: first, rows: 6}
    fields:
      talk:
        kind: conversation
        user: message
        assistant: You help the customers of a bank.
        goal: "{{ name }}, card {{ card }}, wants a new card."
        behaviour: changes mind
"""
DONE = "Your new card is on its way."


def claude(prompt: Prompt, stream: Random) -> str:
    """A Claude that settles the user's message by the assistant's last words."""
    reply = re.findall("<assistant>(.*)</assistant>", prompt.text)[-1]
    goal = re.search("<goal>(.*), card (.*), wants", prompt.text)
    assert goal
    if reply == DONE:
        settled = {"state": "met", "met_by": DONE, "next": "thx bye"}
    elif "cannot" in reply:
        settled = {"state": "given up", "met_by": "", "next": "forget it then"}
    elif "weather" in reply:
        settled = {"state": "goes on", "met_by": "", "next": "call me on 07700 900123"}
    else:
        settled = {"state": "goes on", "met_by": "", "next": goal[1].lower() if "name" in reply else f"its {goal[2]}"}
    return json.dumps({"why": "So it is.", **settled}) + "\n"


def typist(prompt: Prompt, stream: Random) -> str:
    return " ok\n" if "wait" in prompt.text else " my name is kowalczyk\n"


@pytest.fixture
def recipe(tmp_path: Path) -> Path:
    path = tmp_path / "bank.yaml"
    path.write_text(dedent(RECIPE), encoding="utf-8")
    return path


@pytest.fixture
def models() -> dict[str, ScriptedModel]:
    return {"claude": ScriptedModel(claude), "typist": ScriptedModel(typist)}


@pytest.fixture
def users(recipe: Path, models: dict[str, ScriptedModel]) -> Iterator[UserServer]:
    with served_users(recipe, models, rows=6) as server:
        yield server


KEYS = [
    "messages", "role", "content", "type", "text", "user", "model", "metadata", "session", "n", "stream", "stream_options",
    "response_format", "json_schema", "schema", "properties", "history", "instructions",
]  # fmt: skip
HELLO = "Hi! How can I help you today?"
SYSTEM = "You are talks-2."


def first_of(users: UserServer, number: int) -> str:
    assert users.desk
    return users.desk.users.first(f"talks-{number}")


# A talk


def test_a_talk_goes_from_the_first_message_to_the_last(users):
    first = users.chat(HELLO, system=SYSTEM)
    assert first.text == first_of(users, 2)
    assert first.body["synthgen"] == {"row": "talks-2", "behaviour": "changes mind", "state": "goes on"}
    second = users.chat(HELLO, first.text, "What is your name?", system=SYSTEM)
    row = users.desk.users.rows["talks-2"]
    assert second.text == row.values["name"].lower()
    last = users.chat(HELLO, first.text, "What is your name?", second.text, DONE, system=SYSTEM)
    assert last.text == "thx bye\n###STOP###"
    assert (last.body["synthgen"]["state"], last.body["synthgen"]["met_by"]) == ("met", DONE)


def test_whoever_is_gone_types_no_more(users):
    over = users.chat(HELLO, first_of(users, 2), DONE, "thx bye\n###STOP###", "Anything else?", system=SYSTEM)
    assert over.text == "###STOP###"
    assert users.chat(HELLO, first_of(users, 2), "We cannot do that.", system=SYSTEM).text == "forget it then\n###STOP###"


def test_the_roles_may_be_as_they_are(users):
    messages = [{"role": "user", "content": first_of(users, 3)}, {"role": "assistant", "content": "Your name, please?"}]
    answer = users.post("/v1/chat/completions", {"messages": messages})
    assert answer.body["synthgen"]["row"] == "talks-3"
    assert answer.text == users.desk.users.rows["talks-3"].values["name"].lower()


def test_the_same_request_gets_the_same_answer_and_asks_nothing_again(users, models):
    turns = (HELLO, first_of(users, 2), "What is your name?")
    first = users.chat(*turns, system=SYSTEM)
    asked = sum(len(model.asked) for model in models.values())
    again = users.chat(*turns, system=SYSTEM)
    assert again.text == first.text
    assert sum(len(model.asked) for model in models.values()) == asked


def test_talks_at_the_same_time_do_not_mix(users):
    told: dict[int, str] = {}

    def talk(number: int) -> None:
        told[number] = users.chat(HELLO, first_of(users, number), "Your name?", system=f"row: talks-{number}").text

    threads = [threading.Thread(target=talk, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert told == {number: users.desk.users.rows[f"talks-{number}"].values["name"].lower() for number in range(6)}


def test_a_message_that_cannot_be_settled_is_an_error_in_words(users):
    answer = users.chat(HELLO, first_of(users, 2), "How is the weather?", system=SYSTEM)
    assert (answer.status, answer.body["error"]["code"]) == (422, "unsettled")
    assert "made-up fact" in answer.body["error"]["message"]


# Which row


def test_a_row_is_named_by_the_model_the_user_a_header_or_the_instructions(users):
    body = {"messages": [{"role": "user", "content": HELLO}]}
    assert users.post("/v1/chat/completions", body | {"model": "talks-4"}).body["synthgen"]["row"] == "talks-4"
    assert users.post("/v1/chat/completions", body | {"model": "gpt", "user": "talks-1"}).body["synthgen"]["row"] == "talks-1"
    assert users.post("/v1/chat/completions", body, x_session_id="talks-5").body["synthgen"]["row"] == "talks-5"
    assert users.chat(HELLO, system="row: talks-0").body["synthgen"]["row"] == "talks-0"
    missing = users.chat(HELLO, system="row: talks-99")
    assert (missing.status, "there is no row talks-99" in missing.body["error"]["message"]) == (400, True)


def test_a_session_keeps_its_row_and_sessions_differ(users):
    rows = {name: users.chat(HELLO, user=name).body["synthgen"]["row"] for name in map(str, range(30))}
    assert rows == {name: users.chat(HELLO, user=name).body["synthgen"]["row"] for name in rows}
    assert len(set(rows.values())) == 6
    for name, row in list(rows.items())[:3]:
        first = users.desk.users.first(row)
        assert users.chat(HELLO, first, "Your name?", user=name).body["synthgen"]["row"] == row


# The wire


def test_a_stream_says_the_same(users):
    answer = users.chat(HELLO, system=SYSTEM, stream=True, stream_options={"include_usage": True})
    assert answer.headers["content-type"].startswith("text/event-stream")
    *events, end = [line.removeprefix("data: ") for line in answer.body.split("\n\n") if line]
    chunks = [json.loads(event) for event in events]
    assert end == "[DONE]"
    assert "".join(chunk["choices"][0]["delta"].get("content", "") for chunk in chunks if chunk["choices"]) == first_of(users, 2)
    assert chunks[-1]["usage"] == {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}
    assert [chunk["choices"][0]["finish_reason"] for chunk in chunks[:-1]] == [None, None, "stop"]


def test_usage_is_what_models_read_and_wrote_for_the_message(users):
    usage = users.chat(HELLO, first_of(users, 2), "Your name?", system=SYSTEM).body["usage"]
    assert usage["prompt_tokens"] > 50
    assert usage["total_tokens"] == usage["prompt_tokens"] + usage["completion_tokens"]


def test_json_with_one_text_is_filled(users):
    schema = {"type": "object", "properties": {"reply": {"type": "string"}}}
    form = {"type": "json_schema", "json_schema": {"name": "x", "schema": schema}}
    assert json.loads(users.chat(HELLO, system=SYSTEM, response_format=form).text) == {"reply": first_of(users, 2)}
    schema["properties"] = {"reply": {"type": "string"}, "mood": {"type": "string"}}
    assert users.chat(HELLO, system=SYSTEM, response_format=form).status == 400


def test_what_tau2_sends_is_taken(users):
    """As tau2-bench 1.0.1 sends it by litellm: guidelines and scenario, roles flipped, null for no tool calls."""
    messages = [
        {"role": "system", "content": TAU2},
        {"role": "user", "content": HELLO},
        {"role": "assistant", "content": first_of(users, 1), "tool_calls": None},
        {"role": "user", "content": DONE},
    ]
    answer = users.post("/v1/chat/completions", {"model": "synthgen", "messages": messages, "temperature": 0.0, "num_retries": 3})
    assert (answer.text, answer.body["synthgen"]["row"]) == ("thx bye\n###STOP###", "talks-1")


def test_parts_of_text_and_what_shapes_a_models_answers_are_taken(users):
    messages = [{"role": "system", "content": SYSTEM}, {"role": "user", "content": [{"type": "text", "text": HELLO}]}]
    more = {"temperature": 0, "max_tokens": 5, "stop": ["x"], "tools": [], "seed": 1, "n": 1, "logprobs": False}
    assert users.post("/v1/chat/completions", {"messages": messages, **more}).text == first_of(users, 2)


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b"{", "not JSON"),
        (b"\xff\xfe", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b"[]", "no mapping"),
        ({}, "messages"),
        ({"messages": []}, "messages"),
        ({"messages": ["hi"]}, "messages[0]"),
        ({"messages": [{"role": "user", "content": 7}]}, "messages[0]"),
        ({"messages": [{"role": "king", "content": "hi"}]}, "role"),
        ({"messages": [{"role": "user", "content": "hi"}], "n": 2}, "one message at a time"),
    ],
)
def test_what_is_no_request_is_told(users, body, told):
    answer = users.post("/v1/chat/completions", body)
    assert answer.status == 400
    assert told in answer.body["error"]["message"]
    assert users.chat(HELLO).status == 200


ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.sampled_from(["user", "assistant", "text", "string"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*KEYS, "x"]), inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from(KEYS), ANY, max_size=6))
def test_whatever_is_asked_is_read_or_told(value):
    for read in (lambda: from_chat(chat_request(value)), lambda: from_promptfoo({"task": "tau", **value})):
        with suppress(RequestError):
            assert isinstance(read(), UserRequest)


def test_paths_that_are_not_there_are_told(users):
    answer = users.post("/v1/completions", {})
    assert (answer.status, answer.body["error"]["code"]) == (404, "not_found")


# Who may ask


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"host": "evil.example"}, 403),
        ({"host": "127.0.0.1.evil.example:80"}, 403),
        ({"origin": "http://evil.example"}, 403),
        ({"origin": "null"}, 403),
        ({"sec_fetch_site": "cross-site"}, 403),
        ({"content_type": "text/plain"}, 415),
        ({"content_type": "application/x-www-form-urlencoded"}, 415),
        ({"host": "localhost:9"}, 200),
    ],
)
def test_pages_in_browsers_and_other_names_are_refused(users, headers, status):
    assert users.post("/v1/chat/completions", {"messages": [{"role": "user", "content": HELLO}]}, **headers).status == status


def test_a_request_that_is_too_large_is_refused(users):
    messages = [{"role": "user", "content": "x" * 5_000_000}]
    assert users.post("/v1/chat/completions", {"messages": messages}).status == 413


def test_with_a_token_only_who_knows_it_is_answered(recipe, models):
    with served_users(recipe, models, token="a-token-of-this-test") as server:
        body = {"messages": [{"role": "user", "content": HELLO}]}
        assert server.post("/v1/chat/completions", body).status == 401
        assert server.post("/v1/chat/completions", body, authorization="Bearer another").status == 401
        assert server.post("/v1/chat/completions", body, authorization="Bearer a-token-of-this-test", host="box.lan").status == 200


@pytest.mark.parametrize(
    ("host", "alone"),
    [("127.0.0.1", True), ("127.8.8.8", True), ("::1", True), ("localhost", True), ("0.0.0.0", False), ("box.lan", False)],
)
def test_only_the_loopback_needs_no_token(host, alone):
    assert is_loopback(host) is alone


@pytest.mark.parametrize(
    ("how", "told"), [({"host": "0.0.0.0"}, "lets other machines ask"), ({"token": "short"}, "fewer than 16 characters")]
)
def test_other_addresses_need_a_token_that_is_long_enough(recipe, tmp_path, how, told):
    from synthgen.dataset import Output

    with pytest.raises(OutputError, match=told):
        serve_users(load(recipe), Output(tmp_path / "out"), ServeOptions(**how), lambda up: None, lambda tick: None)


def test_a_recipe_without_talks_is_told(tmp_path):
    path = tmp_path / "t.yaml"
    path.write_text("name: t\ntables: {a: {rows: 2, fields: {x: {kind: id}}}}\n", encoding="utf-8")
    with pytest.raises(OutputError, match="no field of kind: conversation"):
        talk_plan(load(path))


# Without a key


def test_without_a_key_a_user_types_the_first_message_and_reactions_and_then_says_why_not(recipe, models):
    with served_users(recipe, models, settled=False) as server:
        first = server.chat(HELLO, system=SYSTEM).text
        assert server.chat(HELLO, first, "Please wait a moment.", system=SYSTEM).text == "ok"
        refused = server.chat(HELLO, first, "What is your name?", system=SYSTEM)
        assert (refused.status, refused.body["error"]["code"]) == (400, "no_key")
        assert "ANTHROPIC_API_KEY" in refused.body["error"]["message"]
        later = server.chat(HELLO, first, "Please wait.", "ok", "Please wait.", "ok", "Please wait.", system=SYSTEM)
        assert later.body["error"]["code"] == "no_key"
    assert models["claude"].asked == []


@pytest.mark.parametrize(
    ("draft", "reacts"),
    [("ok", True), ("Ok, thanks!", True), ("hm why", True), ("yes", False), ("my card is gone", False), ("", False), ("ok 12", False)],
)
def test_a_reaction_claims_nothing(draft, reacts):
    assert is_reaction(draft) is reacts


# Whose goal


def obeying(prompt: Prompt, stream: Random) -> str:
    """A Claude that has the user say what the goal begins with, and after that that it is enough."""
    goal = re.search("<goal>(.*?)</goal>", prompt.text, re.DOTALL)
    assert goal
    following = goal[1].split(".")[0].lower() if "Nobody has written anything yet" in prompt.text else "and now"
    return json.dumps({"why": "So it is.", "state": "goes on", "met_by": "", "next": following}) + "\n"


TAU2 = """# User Simulation Guidelines
If the instruction goal is satisified, generate the '###STOP###' token to end the conversation.
<scenario>
Cancel order W77. You are talks-1.
</scenario>"""


def test_with_the_harness_s_goal_the_user_wants_that_in_the_manner_of_the_row(recipe):
    models = {"claude": ScriptedModel(obeying), "typist": ScriptedModel(typist)}
    with served_users(recipe, models, given_goals=True) as server:
        first = server.chat(HELLO, system=TAU2)
        assert (first.text, first.body["synthgen"]["row"]) == ("cancel order w77", "talks-1")
        assert server.chat(HELLO, first.text, "Why?", system=TAU2).text == "and now"
        earlier = server.desk.users.first("talks-1")
        assert f"<earlier>{earlier}</earlier>" in models["claude"].asked[0].text
        assert "Guidelines" not in models["claude"].asked[0].text
        assert f"- {earlier}\n" in models["typist"].asked[0].text
        assert server.chat(HELLO).body["error"]["message"].startswith("the request says nothing of what the user wants")


def test_without_a_key_nobody_has_the_harness_s_goal(recipe, models):
    with served_users(recipe, models, settled=False, given_goals=True) as server:
        assert server.chat(HELLO, system=TAU2).body["error"]["code"] == "no_key"


# The command


def test_with_a_key_claude_settles_the_messages_and_the_journal_remembers_them(recipe, tmp_path):
    def answer(request: dict[str, Any]) -> str:
        return claude(Prompt(last_text(request), 0), Random(0))

    with ClaudeServer(answer=answer) as anthropic:
        for _ in range(2):  # the second server finds its answer in the journal of the first
            with serve_command(recipe, "--rows", "3", "-o", str(tmp_path / "out"), **anthropic.environment) as (process, server):
                first = server.chat(HELLO, system=SYSTEM).text
                typed = server.chat(HELLO, first, "Which card, please?", system=SYSTEM)
                assert typed.text == f"its {first.rpartition(' ')[2]}"
                code, told = stopped(process, signal.SIGTERM)
            assert (code, "there is no key" in told) == (0, False)
        assert len(anthropic.asked()) == 1


@pytest.mark.parametrize("by", [signal.SIGINT, signal.SIGTERM])
def test_the_command_serves_until_it_is_told_to_end(recipe, tmp_path, by):
    with serve_command(recipe, "--rows", "3", "-o", str(tmp_path / "out")) as (process, server):
        with urlopen(f"{server.url}/models", timeout=60) as answer:
            assert [model["id"] for model in json.load(answer)["data"]] == ["synthgen", "talks-0", "talks-1", "talks-2"]
        assert server.chat(HELLO, system=SYSTEM).text.startswith("my crad is gone")
        code, told = stopped(process, by)
    assert code == 0
    assert "there is no key" in told
    assert "1 message of 1 user" in told
    assert "Traceback" not in told
