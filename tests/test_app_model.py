"""The application under test as a model: what it is sent, what is read of its answers, and what becomes of its errors."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
from servers.application import AppServer, Asked, Reaction, app_server, nobody
from servers.claude import ClaudeServer

from synthgen.errors import DataError, LimitError, ModelError, RecipeError
from synthgen.models import AppModel, Budget, opened_app
from synthgen.models.http_client import LARGEST
from synthgen.spec.rows import Completion, Prompt

FIRST = (("user", "hi"), ("assistant", "What is it?"))


def prompts(*messages: str, turns: tuple[tuple[str, str], ...] = ()) -> list[Prompt]:
    return [Prompt(message, number, settings={"session": f"s{number}"}, turns=turns) for number, message in enumerate(messages)]


@contextmanager
def app(source: Any, version: str = "") -> Iterator[AppModel]:
    with opened_app(source, version) as models:
        model = models["app"]
        model.first_pause = 0.001
        yield model


def ask(source: Any, *messages: str, turns: tuple[tuple[str, str], ...] = ()) -> list[Completion]:
    """What comes of each message, in the order of the messages."""
    with app(source) as model:
        return sorted(model.complete(prompts(*messages, turns=turns)), key=lambda completion: completion.prompt.stream)


def told(source: Any, *messages: str) -> list[tuple[str, str]]:
    return [(completion.finish, completion.text) for completion in ask(source, *messages)]


def echo(asked: Asked, number: int) -> Any:
    return {"reply": f"you said {asked.body['message']}"}


def configured(folder: Path, server: AppServer, text: str = "") -> Path:
    (folder / "app.yaml").write_text(f"url: {server.address}\n{dedent(text)}", encoding="utf-8")
    return folder / "app.yaml"


# A plain address


def test_an_address_is_sent_the_message_its_history_and_its_talk():
    with app_server(echo) as server:
        (completion,) = ask(server.address, "still nothing", turns=FIRST)
        assert completion.text == "you said still nothing"
        assert completion.finish == "stop"
        assert completion.milliseconds is not None
        (asked,) = server.asked
        assert asked.path == "/chat"
        assert asked.body["history"] == [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "What is it?"}]


@pytest.mark.parametrize(
    "answer",
    [
        {"reply": "yes"},
        {"message": "yes"},
        {"text": "yes"},
        {"content": "yes"},
        {"answer": "yes", "id": "7", "status": "done"},
        {"message": {"role": "assistant", "content": "yes"}, "done": True},
        {"data": {"output": {"text": "yes"}}},
        {"choices": [{"message": {"role": "assistant", "content": "yes"}}]},
        {"choices": [{"text": "yes"}]},
        {"content": [{"type": "text", "text": "y"}, {"type": "text", "text": "es"}]},
        "yes",
        [{"text": "yes"}],
        Reaction("yes", headers={"content-type": "text/plain; charset=utf-8"}),
        Reaction('{"reply": "yes"}', headers={"content-type": "text/plain"}),
    ],
)
def test_a_reply_is_found_where_replies_usually_are(answer):
    reaction = answer if isinstance(answer, Reaction) else Reaction(json.dumps(answer))
    with app_server(lambda asked, number: reaction) as server:
        assert told(server.address, "hi") == [("stop", "yes")]


def test_each_talk_has_a_name_of_its_own_that_stays():
    with app_server(echo) as server:
        ask(server.address, "a", "b")
        ask(server.address, "a", "b")
        with app(server.address, version="2") as model:
            list(model.complete(prompts("a", "b")))
        sessions = [(asked.body["message"], asked.body["session"]) for asked in server.asked]
    assert len(set(sessions[:2])) == 2
    assert sorted(sessions[:2]) == sorted(sessions[2:4])
    assert not set(sessions[4:]) & set(sessions[:4])  # what another version keeps of a talk is of another talk


def test_no_cookie_leads_from_one_talk_into_another():
    def answer(asked: Asked, number: int) -> Any:
        return Reaction({"reply": asked.headers.get("cookie", "none")}, headers={"set-cookie": f"sid={number}; Path=/"})

    with app_server(answer) as server:
        assert [text for _, text in told(server.address, *"abcdef")] == ["none"] * 6


def test_a_number_is_a_reply():
    answers = [Reaction('{"answer": 42}'), Reaction("42", headers={"content-type": "text/plain"})]
    with app_server(lambda asked, number: answers[number]) as server:
        for _ in answers:
            assert told(server.address, "hi") == [("stop", "42")]


# Endpoints like OpenAI's and Anthropic's


def test_an_endpoint_like_openais_is_known_by_its_path(monkeypatch):
    monkeypatch.setenv("SYNTHGEN_APP_KEY", "the-key-of-shop-1")
    monkeypatch.setenv("SYNTHGEN_APP_MODEL", "shop-1")
    usage = {"prompt_tokens": 31, "completion_tokens": 5, "prompt_tokens_details": {"cached_tokens": 8}, "cost": 0.002}
    answer = {"choices": [{"message": {"role": "assistant", "content": "yes"}}], "usage": usage}
    with app_server(lambda asked, number: answer, strict=False) as server:
        (completion,) = ask(f"{server.address}/v1/chat/completions", "still nothing", turns=FIRST)
        (asked,) = server.asked
    assert asked.body == {
        "model": "shop-1",
        "messages": [
            {"role": "user", "content": "hi"},
            {"role": "assistant", "content": "What is it?"},
            {"role": "user", "content": "still nothing"},
        ],
    }
    assert asked.headers["authorization"] == "Bearer the-key-of-shop-1"
    assert (completion.text, completion.tokens_in, completion.tokens_out, completion.tokens_cached) == ("yes", 31, 5, 8)
    assert completion.cost == 0.002


def test_an_endpoint_like_anthropics_is_known_by_its_path(monkeypatch, tmp_path):
    monkeypatch.setenv("SYNTHGEN_APP_KEY", "the-key-of-shop-1")
    usage = {"input_tokens": 100, "output_tokens": 10, "cache_read_input_tokens": 50, "cache_creation_input_tokens": 0}
    answer = {"type": "message", "content": [{"type": "text", "text": "yes"}], "usage": usage}
    with app_server(lambda asked, number: answer, strict=False) as server:
        (tmp_path / "prompt.md").write_text("You help customers.\n")
        text = f"url: {server.address}/v1/messages\nmodel: claude-haiku-4-5\nsystem: prompt.md\n"
        (tmp_path / "app.yaml").write_text(text)
        (completion,) = ask(tmp_path / "app.yaml", "hi")
        (asked,) = server.asked
    assert asked.body["system"] == "You help customers."
    assert (asked.body["model"], asked.body["messages"]) == ("claude-haiku-4-5", [{"role": "user", "content": "hi"}])
    assert asked.body["max_tokens"] > 0
    assert (asked.headers["authorization"], "anthropic-version" in asked.headers) == ("Bearer the-key-of-shop-1", True)
    assert (completion.text, completion.tokens_in, completion.tokens_out, completion.tokens_cached) == ("yes", 150, 10, 50)
    assert completion.cost == pytest.approx((100 * 1 + 10 * 5 + 50 * 0.1) / 1e6)


def test_the_messages_api_takes_what_it_is_sent(monkeypatch, tmp_path):
    with ClaudeServer(answer=lambda request: "What is it?") as server:
        for name, value in server.environment.items():
            monkeypatch.setenv(name, value)
        file = tmp_path / "app.yaml"
        file.write_text(f"url: {server.environment['ANTHROPIC_BASE_URL']}/v1/messages\nmodel: claude-haiku-4-5\nsystem: Help.\n")
        completions = ask(file, "still nothing", "hello", turns=FIRST)
        assert [entry.status for entry in server.asked()] == [200, 200]
    assert [(completion.finish, completion.text) for completion in completions] == [("stop", "What is it?")] * 2
    assert all(completion.tokens_in and completion.tokens_out and completion.cost for completion in completions)


def test_a_key_of_others_goes_to_their_own_servers_only(monkeypatch):
    monkeypatch.delenv("SYNTHGEN_APP_KEY", raising=False)
    monkeypatch.setenv("OPENAI_API_KEY", "sk-proj-1234567890")
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-1234567890")
    with app_server(lambda asked, number: {"text": "yes"}, strict=False) as server:
        host = server.address.removesuffix("/chat")
        for path in ("/v1/chat/completions", "/v1/messages", "/chat"):
            ask(host + path, "hi")
        assert not [asked for asked in server.asked if "1234567890" in str(asked.headers)]
        monkeypatch.setenv("OPENAI_BASE_URL", f"{host}/v1")
        ask(f"{host}/v1/chat/completions", "hi")
        assert server.asked[-1].headers["authorization"] == "Bearer sk-proj-1234567890"


# A file


def test_a_file_says_what_is_sent_and_where_the_reply_stands(tmp_path, monkeypatch):
    monkeypatch.setenv("SHOP_TOKEN", "abc123def456")

    def answer(asked: Asked, number: int) -> Any:
        return {"result": {"parts": [{"text": "no"}, {"text": f"{asked.body['ask']['q']}!"}]}, "message": "ok"}

    with app_server(answer, strict=False) as server:
        file = configured(
            tmp_path,
            server,
            """
            body:
              ask: {q: "{{ message }}", n: 3}
              past: "{{ history }}"
              all: "{{ messages }}"
              id: "user {{ session }}"
              t: "{{ history }}; {{ message }}"
            reply: result.parts.1.text
            headers: {Authorization: "Token ${SHOP_TOKEN}", X-Talk: "{{ session }}"}
            """,
        )
        (completion,) = ask(file, "where", turns=FIRST)
        (asked,) = server.asked
    assert completion.text == "where!"
    assert asked.body["ask"] == {"q": "where", "n": 3}
    assert asked.body["past"] == [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "What is it?"}]
    assert asked.body["all"] == [*asked.body["past"], {"role": "user", "content": "where"}]
    assert asked.body["t"] == "user: hi\nassistant: What is it?; where"
    assert asked.headers["authorization"] == "Token abc123def456"
    assert asked.body["id"] == f"user {asked.headers['x-talk']}"


def test_a_message_fills_its_place_whatever_it_holds(tmp_path):
    with app_server(lambda asked, number: {"reply": asked.body["q"]}, strict=False) as server:
        file = configured(tmp_path, server, 'body: {q: "< {{ message }} >"}')
        odd = ['{{ session }} "\n\x00\\', "${HOME} {% x %}", "日本 🚀"]
        assert [text for _, text in told(file, *odd)] == [f"< {message} >" for message in odd]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("url: http://x/chat\nfunction: a:b\n", "either 'url' or 'function'"),
        ("timeout: 3\n", "either 'url' or 'function'"),
        ("url: ftp://x/chat\n", "1:6: expected an address that begins with http"),
        ("url: http://me:secret@x/chat\n", "would stand in the list of processes"),
        ("url: http://x/chat\nbdy: {a: b}\n", "2:1: unknown key 'bdy'"),
        ("url: http://x/chat\nbdy: {a: b}\n", "did you mean 'body'?"),
        ('url: http://x/chat\nbody: {a: "{{ mesage }}"}\n', "nothing fills '{{ mesage }}'"),
        ("url: http://x/chat\nbody: {a: b}\n", "the message is nowhere in it"),
        ("url: http://x/chat\nheaders: {A: '${NO_SUCH_NAME}'}\n", "${NO_SUCH_NAME} is not set in the environment"),
        ('url: http://x/chat\nheaders: {A: "{{ message }}"}\n', "cannot stand here"),
        ("url: http://x/chat\nheaders: {'A B': c}\n", "no header can have this name"),
        ("url: http://x/chat\ntimeout: -1\n", "2:10: expected more than 0"),
        ("url: http://x/chat\nmodel: m\n", "'model' is for an endpoint that is asked as OpenAI's or Anthropic's"),
        ("function: a:b\nreply: x\n", "'reply' is for an address"),
        ("url: http://x/v1/messages\nsystem: none.md\n", "no such file"),
        ("url: [\n", "app.yaml:"),
    ],
)
def test_a_mistake_in_a_file_is_told_with_its_line(tmp_path, text, said):
    (tmp_path / "app.yaml").write_text(text)
    with pytest.raises(RecipeError) as caught, app(tmp_path / "app.yaml"):
        pass
    assert said in " ".join(str(caught.value).split())


def test_a_file_that_is_not_there_is_told(tmp_path):
    with pytest.raises(RecipeError, match="no such file"), app(tmp_path / "ap.yaml"):
        pass


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("localhost:8000/chat", "did you mean http://localhost:8000/chat?"),
        ("bot.py", "neither an address, nor module:function"),
        ("no_such_module_here:f", "there is no module 'no_such_module_here'"),
        ("json:no_such_function", "there is no function 'no_such_function' in json"),
        ("json:decoder", "there is no function 'decoder' in json"),
        ("http://me:secret@x/chat", "would stand in the list of processes"),
        ("http://", "expected an address"),
        ("http://x:99999/", "this is no address"),
    ],
)
def test_what_is_no_application_is_told(name, said):
    with pytest.raises(DataError) as caught, app(name):
        pass
    assert said in str(caught.value)
    assert "me:secret" not in str(caught.value)


# What goes wrong


def test_nobody_there_is_told_at_once():
    with pytest.raises(ModelError, match="nobody answers there") as caught:
        ask(nobody(), *"abc")
    assert caught.value.retryable
    assert "start it" in caught.value.hint


def test_what_passes_is_tried_again():
    def answer(asked: Asked, number: int) -> Any:
        return [Reaction({"error": "busy"}, 503), Reaction(hang_up=True), Reaction({"reply": "yes"}, halfway=True), {"reply": "yes"}][
            number
        ]

    with app_server(answer) as server:
        assert told(server.address, "hi") == [("stop", "yes")]
        assert len(server.asked) == 4


def test_an_error_is_what_the_application_answered():
    def answer(asked: Asked, number: int) -> Any:
        errors = {
            "blocked": Reaction({"detail": "no such words"}, 403),
            "empty": Reaction({"error": {"message": "an empty message", "code": 7}}, 400),
            "crash": Reaction("<html><h1>Internal Server Error</h1></html>", 500, {"content-type": "text/html"}),
            "lost": Reaction(hang_up=True),
            "nonsense": Reaction("{'not': json"),
            "no reply": Reaction({"status": "ok", "id": 3}),
            "its error": Reaction({"error": "out of order"}),
        }
        return errors.get(asked.body["message"], {"reply": "yes"})

    with app_server(answer) as server, app(server.address) as model:
        list(model.complete(prompts("hello")))
        asked = prompts("blocked", "empty", "crash", "lost", "nonsense", "no reply", "its error", "hi")
        completions = sorted(model.complete(asked), key=lambda completion: completion.prompt.stream)
        tries = {message: server.messages.count(message) for message in server.messages}
    assert [(completion.finish, completion.text) for completion in completions] == [
        ("failed", "403 Forbidden: no such words"),
        ("failed", "400 Bad Request: an empty message"),
        ("failed", "500 Internal Server Error"),
        ("failed", "the connection was lost"),
        ("failed", "its answer is not JSON: {'not': json"),
        ("failed", "its answer has no reply in it; its keys are status, id"),
        ("failed", "its answer has no reply in it: out of order"),
        ("stop", "yes"),
    ]
    assert tries == {
        "hello": 1, "blocked": 1, "empty": 1, "crash": 4, "lost": 4, "nonsense": 1, "no reply": 1, "its error": 1, "hi": 1
    }  # fmt: skip


@pytest.mark.parametrize(("answered", "limit"), [(False, 3), (True, 50)])
def test_where_everything_fails_the_run_stops(answered, limit):
    def answer(asked: Asked, number: int) -> Any:
        return {"reply": "yes"} if answered and number == 0 else Reaction({"detail": [{"msg": "field required"}]}, 422)

    with app_server(answer) as server, app(server.address) as model:
        if answered:
            list(model.complete(prompts("hello")))
        came = model.complete(prompts(*map(str, range(200))))
        with pytest.raises(
            ModelError, match=f"{'50 requests in a row' if answered else 'the first 3 requests'} failed.*field required"
        ) as caught:
            list(came)
        assert limit <= len(server.asked) - answered < limit + 20
    assert "message, session and history" in caught.value.hint


def test_errors_that_come_first_are_given_out_when_a_reply_shows_that_it_is_there(tmp_path):
    def answer(asked: Asked, number: int) -> Any:
        return Reaction({"error": "odd"}, 400) if asked.body["message"] in "ab" else {"reply": "yes"}

    with app_server(answer) as server:
        assert [finish for finish, _ in told(configured(tmp_path, server, "concurrency: 1"), *"abc")] == ["failed", "failed", "stop"]
        assert [finish for finish, _ in told(server.address, "a", "b")] == ["error", "error"]  # too few to be sure: not to be kept


@pytest.mark.parametrize(
    ("reaction", "said", "hint"),
    [
        (Reaction({"error": "no key"}, 401), "401 Unauthorized: no key", "SYNTHGEN_APP_KEY"),
        (Reaction("not here", 404), "404 Not Found: not here", "the address"),
        (
            Reaction(b"", 307, {"location": "http://127.0.0.1:9/other"}),
            r"307: it sends requests on to another address \(http://127",
            "name that",
        ),
        (Reaction("data: {}\n\n", headers={"content-type": "text/event-stream"}), "it streams its answer", "one JSON object"),
    ],
)
def test_what_no_message_would_get_past_is_told_with_the_way_out(tmp_path, reaction, said, hint):
    with app_server(lambda asked, number: reaction) as server:
        with pytest.raises(ModelError, match=said) as caught:
            ask(configured(tmp_path, server, "concurrency: 1"), *"abcdef")
        assert hint in caught.value.hint
        assert len(server.asked) == 3


def test_no_redirect_is_followed():
    with app_server(echo) as other:
        with app_server(lambda asked, number: Reaction(b"", 302, {"location": other.address})) as server:
            assert [finish for finish, _ in told(server.address, "hi")] == ["error"]
        assert other.asked == []


def test_what_answers_too_late_is_an_error_of_that_message(tmp_path):
    def answer(asked: Asked, number: int) -> Any:
        return Reaction({"reply": "yes"}, wait=300)

    with app_server(answer) as server:
        assert told(configured(tmp_path, server, "timeout: 0.5"), "slow") == [("error", "no answer in 0.5 s")]
        assert len(server.asked) == 1


def test_an_answer_without_end_is_not_read_to_its_end():
    def answer(asked: Asked, number: int) -> Any:
        return {"reply": "x" * LARGEST if asked.body["message"] == "all" else "yes"}

    with app_server(answer) as server:
        assert told(server.address, "hi", "all") == [("stop", "yes"), ("failed", "its answer has more than 1,000,000 bytes")]


def test_an_application_that_asks_to_wait_is_waited_for():
    times = list[float]()

    def answer(asked: Asked, number: int) -> Any:
        times.append(time.monotonic())
        return Reaction({"error": "slow down"}, 429, {"retry-after": "1"}) if number == 0 else {"reply": "yes"}

    with app_server(answer) as server:
        assert told(server.address, "hi") == [("stop", "yes")]
    assert times[1] - times[0] >= 1


def test_an_application_that_never_has_time_stops_the_run():
    with app_server(lambda asked, number: Reaction({"error": "slow down"}, 429)) as server:
        with pytest.raises(ModelError, match="too many requests") as caught:
            ask(server.address, "hi")
        assert "rate" in caught.value.hint
        assert len(server.asked) == 8


def test_it_is_not_asked_more_at_a_time_nor_more_often_than_a_file_says(tmp_path):
    with app_server(lambda asked, number: Reaction({"reply": "yes"}, wait=0.02)) as server:
        ask(configured(tmp_path, server, "concurrency: 3"), *"abcdefghij")
        assert server.most <= 3
    with app_server(echo) as server:
        began = time.monotonic()
        ask(configured(tmp_path, server, "rate: 10"), *"abcdef")
        assert time.monotonic() - began >= 0.45


def test_what_it_says_that_it_costs_counts_towards_the_limit(tmp_path):
    def answer(asked: Asked, number: int) -> Any:
        return {"reply": "yes", "usage": {"cost": 0.5}}

    with app_server(answer) as server, app(configured(tmp_path, server, "concurrency: 1")) as model:
        model.budget = Budget(1.2)
        came = list[Completion]()
        with pytest.raises(LimitError, match="max-cost"):
            came.extend(model.complete(prompts(*"abcdef")))
        assert len(server.asked) == 3


def test_no_secret_comes_back(tmp_path, monkeypatch):
    monkeypatch.setenv("SHOP_TOKEN", "abc123def456")
    monkeypatch.setenv("SYNTHGEN_APP_KEY", "key-9876543210")

    def answer(asked: Asked, number: int) -> Any:
        seen = f"{asked.headers['authorization']} {asked.headers['x-key']}"
        return {"a": {"reply": seen}, "b": Reaction({"error": seen}, 400), "c": Reaction(seen, 200)}[asked.body["message"]]

    with app_server(answer) as server:
        found = told(configured(tmp_path, server, "headers: {X-Key: '${SHOP_TOKEN}'}"), *"abc")
        assert [finish for finish, _ in found] == ["stop", "failed", "failed"]
        assert not [text for _, text in found if "abc123def456" in text or "key-9876543210" in text or "[key]" not in text]
        with app(f"{server.address}?api_key=hunter2hunter2") as model:
            assert "hunter2" not in model.identity
        with pytest.raises(ModelError) as caught:
            ask(f"{nobody()}?api_key=hunter2hunter2", "a")
        assert "hunter2" not in str(caught.value)


# A function


def test_a_function_is_given_what_its_parameters_are_named():
    def of_message(message: str) -> str:
        return f"message {message}"

    def of_any_name(x: str) -> str:
        return f"x {x}"

    def of_all(messages: list[dict[str, str]], session_id: str, temperature: float = 0.5) -> str:
        return f"{[turn['role'] for turn in messages]} {bool(session_id)} {temperature}"

    def of_both(history: list[dict[str, str]], message: str) -> str:
        return f"{len(history)} {message}"

    def of_parts(text: str, /, *, history: list[dict[str, str]] | None = None) -> dict[str, Any]:
        return {"reply": f"{text} {len(history or [])}", "usage": {"input_tokens": 3, "output_tokens": 4}}

    async def later(message: str) -> str:
        await asyncio.sleep(0)
        return f"later {message}"

    class Bot:
        def __call__(self, message: str) -> Any:
            return later(message)

    expected: dict[Callable[..., Any], str] = {
        of_message: "message hey",
        of_any_name: "x hey",
        of_all: "['user', 'assistant', 'user'] True 0.5",
        of_both: "2 hey",
        of_parts: "hey 2",
        later: "later hey",
        Bot(): "later hey",
        str.upper: "HEY",
    }
    for function, text in expected.items():
        (completion,) = ask(function, "hey", turns=FIRST)
        assert (completion.finish, completion.text) == ("stop", text)
    (completion,) = ask(of_parts, "hey")
    assert (completion.tokens_in, completion.tokens_out) == (3, 4)


def test_a_function_that_cannot_be_called_with_a_message_is_told():
    for function in (lambda: "", lambda a, b: "", lambda message, user: "", lambda session: ""):
        with pytest.raises(DataError, match=r"takes no message|not known what to give it"), app(function):
            pass


def test_what_a_function_raises_or_returns_in_place_of_a_reply_is_an_error():
    def function(message: str) -> Any:
        if message == "raise":
            raise KeyError("order")
        if message == "exit":
            raise SystemExit(3)
        return {"none": None, "number": 3, "object": object(), "content": type("Answer", (), {"content": "yes"})()}.get(message, "yes")

    found = told(function, "hi", "raise", "exit", "none", "number", "object", "content")
    assert found == [
        ("stop", "yes"),
        ("failed", "KeyError: 'order'"),
        ("failed", "SystemExit: 3"),
        ("failed", "it returned nothing"),
        ("failed", "it returned a int, and no text or mapping with a reply"),
        ("failed", "it returned a object, and no text or mapping with a reply"),
        ("stop", "yes"),
    ]


def test_a_function_is_called_alone_unless_it_is_made_for_more():
    under_way, most = list[int](), list[int]()

    def alone(message: str) -> str:
        under_way.append(1)
        most.append(len(under_way))
        time.sleep(0.005)
        under_way.pop()
        return "yes"

    ask(alone, *"abcdef")
    assert max(most) == 1
    together = threading.Barrier(2)

    async def waits(message: str) -> str:
        await asyncio.to_thread(together.wait, 30)
        return "yes"

    assert told(waits, "a", "b") == [("stop", "yes")] * 2


def test_a_function_that_never_returns_is_given_up(tmp_path, monkeypatch):
    (tmp_path / "stuck_bot.py").write_text("import threading\ndef answer(m):\n    threading.Event().wait()\n")
    (tmp_path / "app.yaml").write_text("function: stuck_bot:answer\ntimeout: 0.5\n")
    monkeypatch.chdir(tmp_path)
    assert told(tmp_path / "app.yaml", "a") == [("error", "no answer in 0.5 s")]


def test_a_function_keeps_what_belongs_to_its_loop():
    loops = set()

    async def answer(message: str) -> str:
        loops.add(id(asyncio.get_running_loop()))
        return "yes"

    with app(answer) as model:
        for _ in range(3):
            list(model.complete(prompts("a", "b")))
    assert len(loops) == 1


def test_a_module_is_found_where_the_command_runs(tmp_path, monkeypatch):
    (tmp_path / "found_bot.py").write_text("class Bot:\n    @staticmethod\n    def answer(m):\n        return m + '!'\n")
    (tmp_path / "broken_bot.py").write_text("import no_such_package_here\n")
    (tmp_path / "raising_bot.py").write_text("raise ValueError('no config')\n")
    monkeypatch.chdir(tmp_path)
    assert told("found_bot:Bot.answer", "a") == [("stop", "a!")]
    for name, said in {"broken_bot:f": "there is no module 'no_such_package_here'", "raising_bot:f": "ValueError: no config"}.items():
        with pytest.raises(DataError, match=said), app(name):
            pass


# Which application it is


def test_its_identity_tells_it_from_others_and_holds_no_secret(tmp_path, monkeypatch):
    monkeypatch.setenv("TOKEN", "abc123def456")

    def identity(text: str, version: str = "") -> str:
        (tmp_path / "app.yaml").write_text(text)
        with app(tmp_path / "app.yaml", version) as model:
            return model.identity

    plain = "url: http://shop/chat\n"
    with app("http://shop/chat") as model:
        assert model.identity == identity(plain) == "app http://shop/chat"
    assert identity(plain + "timeout: 7\nconcurrency: 2\nrate: 3\ntries: 1\n") == identity(plain)  # which decide no answer
    assert identity(plain + "version: 1.10\n") == "app http://shop/chat version 1.10"
    assert identity(plain + "version: a\n", "b") == "app http://shop/chat version b"
    assert identity(plain + "name: shop bot\n") == "app shop bot"
    headers = identity(plain + "headers: {Authorization: 'Bearer ${TOKEN}'}\n")
    monkeypatch.setenv("TOKEN", "xyz987uvw654")
    assert identity(plain + "headers: {Authorization: 'Bearer ${TOKEN}'}\n") == headers
    all_of_them = [identity(plain), headers, identity(plain + "reply: a\n"), identity(plain + "body: {q: '{{ message }}'}\n")]
    assert len(set(all_of_them)) == 4
    with app("json:dumps", "3") as model:
        assert model.identity == "app json:dumps version 3"
