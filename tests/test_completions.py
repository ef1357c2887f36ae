"""A base model behind a server: what it is sent, what is read of its answers, and what becomes of its errors."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
from pyarrow import parquet
from servers.application import AppServer, Asked, Reaction, nobody
from servers.completions import NAME, completions_server, prompts

from synthgen.api import check, make, preview, why
from synthgen.errors import ModelError, RecipeError
from synthgen.models import CompletionsModel, ScriptedModel
from synthgen.models.http_client import LARGEST
from synthgen.models.server_requests import Tempo
from synthgen.recipe import load
from synthgen.spec.rows import Completion, Prompt

SETTINGS = {"temperature": 0.9, "tokens": 48, "stop": "\n"}
RECIPE = """
    name: shop
    about: Customers of a shop, typing into its chat.
    models:
      typist: {{kind: completions, url: {url}, name: tiny{more}}}
    tables:
      traffic:
        rows: {rows}
        fields:
          message: {{kind: typed, seeds: [where is my parcel, i want my money back, app is down again, cant pay], best_of: 2}}
"""


@pytest.fixture(autouse=True)
def _no_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SYNTHGEN_COMPLETIONS_KEY", "OPENAI_API_KEY", "OPENAI_BASE_URL"):
        monkeypatch.delenv(name, raising=False)


def some(count: int = 12, frame: str = "Typed:\n-") -> list[Prompt]:
    return [Prompt(frame, 2**40 + number, SETTINGS) for number in range(count)]


def model(server: AppServer, **options: Any) -> CompletionsModel:
    return CompletionsModel(server.address, NAME, **({"first_pause": 0.001} | options))


def told(completions: Any) -> list[Completion]:
    """Completions in the order of their prompts' streams."""
    return sorted(completions, key=lambda completion: completion.prompt.stream)


def recipe(folder: Path, server: AppServer, *, rows: int = 12, more: str = "") -> Path:
    file = folder / "recipe.yaml"
    file.write_text(dedent(RECIPE).format(url=server.address, rows=rows, more=more), encoding="utf-8")
    return file


def messages(folder: Path) -> list[str]:
    return [record["message"] for file in sorted((folder / "traffic").glob("*.parquet")) for record in parquet.read_table(file).to_pylist()]


def failing(react: Callable[[Asked, int], Reaction | None], **options: Any) -> ModelError:
    """The error that ends the asking of a server that reacts so."""
    with completions_server(react) as server, pytest.raises(ModelError) as caught:
        list(model(server, **options).complete(some()))
    return caught.value


# What is sent, and what is read


def test_a_frame_is_continued_behind_the_opening():
    with completions_server() as server:
        opened = Prompt("Typed:\n-", 5, {**SETTINGS, "opening": " where is"})
        completion, *others = model(server).complete([opened])
        asked = server.asked[0].body
    assert (asked["prompt"], asked["max_tokens"], asked["temperature"], asked["stop"]) == ("Typed:\n- where is", 48, 0.9, ["\n"])
    assert completion.text.startswith(" where is ")
    assert completion.text.endswith("\n")
    assert completion.finish == "stop"
    assert completion.tokens_out == len(completion.logprobs) > 0
    assert others == []


def test_a_message_that_was_cut_off_is_told_from_one_that_ended():
    def cut(asked: Asked, number: int) -> Reaction:
        return Reaction({"choices": [{"text": " where is", "finish_reason": "length"}]})

    with completions_server(cut) as server:
        (completion,) = model(server).complete(some(1))
    assert (completion.text, completion.finish) == (" where is", "length")


def test_what_a_server_writes_behind_the_stop_is_cut_off():
    def deaf(asked: Asked, number: int) -> Reaction:
        return Reaction({"choices": [{"text": " one\n- two\n- three", "finish_reason": "length"}]})

    with completions_server(deaf) as server:
        (completion,) = model(server).complete(some(1))
    assert (completion.text, completion.finish) == (" one\n", "stop")


def test_prompts_of_one_frame_are_asked_one_after_the_other():
    mixed = [Prompt(f"{frame}:\n-", number, SETTINGS) for number in range(6) for frame in "ABC"]
    with completions_server() as server:
        list(model(server, concurrency=1).complete(mixed))
        frames = [text for text, _ in prompts(server)]
    assert [text for number, text in enumerate(frames) if text != frames[number - 1]] == ["A:\n-", "B:\n-", "C:\n-"]


@pytest.mark.parametrize("logprobs", ["openai", "llama.cpp"])
def test_log_probabilities_are_read_as_each_server_tells_them(logprobs):
    with completions_server(logprobs=logprobs) as server:
        for completion in model(server).complete(some(3)):
            assert len(completion.logprobs) == completion.tokens_out
            assert all(-2 <= logprob <= 0 for logprob in completion.logprobs)


@pytest.mark.parametrize(
    "strange", [None, 3, [], {"token_logprobs": [None, -1]}, {"token_logprobs": "x"}, {"content": [1, {}]}, {"content": [{"logprob": 1e9}]}]
)
def test_without_log_probabilities_all_else_goes_on(strange):
    choice = {"text": " where is it", "finish_reason": "stop", "logprobs": strange}
    with completions_server(lambda asked, number: Reaction({"choices": [choice], "usage": strange})) as server:
        (completion,) = model(server).complete(some(1))
    assert (completion.text, completion.logprobs, completion.tokens_out) == (" where is it\n", (), 0)


def test_what_a_server_does_not_take_is_left_out():
    with completions_server(refuses=("min_p", "top_k", "logprobs")) as server:
        completions = list(model(server).complete(some(20)))
        refused = sum("min_p" in asked.body or "top_k" in asked.body or "logprobs" in asked.body for asked in server.asked)
    assert len(completions) == 20
    assert refused == 3  # once for each, with the first prompt


# How many at a time


def test_the_completions_are_the_same_however_many_are_asked_at_a_time(tmp_path):
    made = []
    for concurrency in (1, 3, 16):
        (tmp_path / str(concurrency)).mkdir()
        with completions_server() as server:
            make(recipe(tmp_path / str(concurrency), server, more=f", concurrency: {concurrency}"), out=tmp_path / f"out{concurrency}")
            assert server.most <= concurrency
        made.append(messages(tmp_path / f"out{concurrency}"))
    assert made[0] == made[1] == made[2]
    assert len(made[0]) == 12


def test_more_are_asked_at_a_time_while_the_server_is_no_slower():
    (prompt,) = some(1)
    answer, tempo = Completion(prompt, " x\n", "stop", tokens_out=10), Tempo(4, usual=0.1)
    assert tempo.growth(1.0, answer) == 1  # twice as many with each round
    tempo.was_too_fast = True
    assert tempo.growth(1.0, answer) == 1 / 4
    assert [tempo.growth(9.0, answer) for _ in range(20)][-1] == 0  # a token takes nine times as long as usual


def test_fewer_are_asked_at_a_time_when_the_server_has_too_many():
    def busy(asked: Asked, number: int) -> Reaction | None:
        time.sleep(0.01)
        return Reaction({"error": {"message": "too many"}}, 429) if number in (8, 9, 10) else None

    with completions_server(busy) as server:
        asking = model(server, concurrency=4)
        assert len(list(asking.complete(some(12)))) == 12
        assert asking.server.tempo.was_too_fast


# What is asked again


@pytest.mark.parametrize(
    "trouble",
    [
        Reaction({"error": {"message": "slow down"}}, 429, {"retry-after": "0.01"}),
        Reaction({"error": {"message": "Loading model"}}, 503),
        Reaction("oh no", 500),
        Reaction(hang_up=True),
        Reaction({"choices": [{"text": " x"}]}, halfway=True),
        Reaction("<html>hello</html>"),
        Reaction({"choices": [{"text": " x", "finish_reason": "abort"}]}),
        Reaction({"choices": []}),
    ],
    ids=["429", "503", "500", "hangs up", "halfway", "not JSON", "aborted", "no choice"],
)
def test_what_passes_is_asked_again(trouble):
    with completions_server() as calm:
        usual = [completion.text for completion in told(model(calm).complete(some()))]
    with completions_server(lambda asked, number: trouble if number % 3 == 2 else None) as server:
        assert [completion.text for completion in told(model(server).complete(some()))] == usual


def test_a_server_that_stays_broken_ends_the_run_in_words():
    problem = failing(lambda asked, number: Reaction({"error": {"message": "out of memory"}}, 500) if number > 3 else None)
    assert "500" in problem.message
    assert "out of memory (5 tries)" in problem.message
    assert problem.retryable
    assert "everything that was answered is kept" in problem.hint


def test_an_answer_that_does_not_come_is_told():
    problem = failing(lambda asked, number: Reaction(wait=1.0), timeout=0.05)
    assert "no answer in 0.05 s (5 tries)" in problem.message
    assert "timeout" in problem.hint


def test_all_that_was_answered_is_given_out_before_the_error():
    with completions_server(lambda asked, number: Reaction({"error": "no"}, 400) if number == 8 else None) as server:
        given = list[Completion]()
        with pytest.raises(ModelError, match="400"):
            given.extend(model(server, concurrency=1).complete(some()))
    assert len(given) == 7  # the first was asked twice


def test_a_run_that_ended_in_the_middle_asks_nothing_twice(tmp_path):
    with completions_server() as calm:
        make(recipe(tmp_path, calm, rows=30), out=tmp_path / "usual")
    ill, answered = True, list[tuple[str, int]]()

    def react(asked: Asked, number: int) -> Reaction | None:
        if ill and number >= 25:
            return Reaction({"error": "no"}, 400)
        answered.append((asked.body["prompt"], asked.body["seed"]))
        return None

    with completions_server(react) as server:
        with pytest.raises(ModelError):
            make(recipe(tmp_path, server, rows=30), out=tmp_path / "out")
        ill = False
        make(recipe(tmp_path, server, rows=30), out=tmp_path / "out")
        asked_before = len(answered)
        make(recipe(tmp_path, server, rows=30), out=tmp_path / "out", fresh=False)
        assert len(answered) == asked_before
    assert sorted(Counter(answered).values())[-3:] == [1, 2, 2]  # twice: only the first of each run, to see whether seeds hold
    assert messages(tmp_path / "out") == messages(tmp_path / "usual")


def test_a_run_that_is_killed_goes_on_and_makes_the_same_rows(tmp_path):
    with completions_server() as calm:
        make(recipe(tmp_path, calm, rows=40), out=tmp_path / "usual")
    with completions_server(lambda asked, number: time.sleep(0.02)) as server:
        file = recipe(tmp_path, server, rows=40, more=", concurrency: 4")
        process = subprocess.Popen([sys.executable, "-m", "synthgen", "make", file, "-o", tmp_path / "out"], stdout=subprocess.DEVNULL)
        began = time.monotonic()
        while len(server.asked) < 20 and time.monotonic() - began < 120:
            time.sleep(0.01)
        process.kill()
        process.wait()
        make(file, out=tmp_path / "out")
        again = sum(count - 1 for count in Counter(prompts(server)).values())
    assert again <= 2 + 2 * 4  # the first of each run, and what was under way or had just come
    assert messages(tmp_path / "out") == messages(tmp_path / "usual")


# Seeds


@pytest.mark.parametrize("seeded", [True, False])
def test_the_manifest_says_whether_seeds_hold(seeded, tmp_path):
    with completions_server(seeded=seeded) as server:
        made = make(recipe(tmp_path, server), out=tmp_path / "out")
        again = make(recipe(tmp_path, server), out=tmp_path / "out")
    manifest = json.loads((made.folder / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["seeded"] == {"typist": seeded}
    assert messages(again.folder) == messages(made.folder)


def test_a_server_without_seeds_is_one_whose_seeds_do_not_hold():
    with completions_server(refuses=("seed",)) as server:
        asking = model(server)
        assert len(list(asking.complete(some()))) == 12
        assert asking.seeded is False


# Errors in words


def test_nobody_there():
    with pytest.raises(ModelError, match="nobody answers there") as caught:
        list(CompletionsModel(nobody().removesuffix("/chat"), NAME).complete(some()))
    assert "llama-server" in caught.value.hint
    assert "vllm serve" in caught.value.hint


def test_a_model_that_the_server_does_not_have():
    with completions_server() as server, pytest.raises(ModelError, match="no such model") as caught:
        list(CompletionsModel(server.address, "tinny").complete(some()))
    assert caught.value.hint == "did you mean 'tiny'?"


def test_a_server_that_offers_only_chat():
    with completions_server(chat_only=True) as server, pytest.raises(ModelError, match="offers only chat") as caught:
        list(model(server).complete(some()))
    assert "base model" in caught.value.hint


def test_an_address_where_nothing_is():
    with completions_server() as server, pytest.raises(ModelError, match="404") as caught:
        list(CompletionsModel(server.address.removesuffix("/v1"), NAME).complete(some()))
    assert "/v1" in caught.value.hint


@pytest.mark.parametrize(
    "message",
    [
        "request (9001 tokens) exceeds the available context size (2048 tokens), try increasing it",
        "This model's maximum context length is 2048 tokens. However, you requested 9065 tokens",
        "`inputs` tokens + `max_new_tokens` must be <= 2048. Given: 9001 `inputs` tokens and 64 `max_new_tokens`",
    ],
)
def test_a_frame_that_is_too_long_for_the_server(message):
    problem = failing(lambda asked, number: Reaction({"error": {"message": message}}, 400))
    assert "shorter or fewer seed messages" in problem.hint


def test_a_key_that_is_missing():
    problem = failing(lambda asked, number: Reaction({"error": "Unauthorized"}, 401))
    assert "SYNTHGEN_COMPLETIONS_KEY" in problem.hint


def test_an_answer_without_end_is_not_read_to_its_end():
    problem = failing(lambda asked, number: Reaction({"choices": [{"text": "x" * LARGEST}]}))
    assert f"more than {LARGEST:,} bytes" in problem.message


# Where requests go


def test_no_redirect_is_followed():
    with completions_server() as other:
        problem = failing(lambda asked, number: Reaction(b"", 307, {"location": f"{other.address}/completions"}))
        assert other.asked == []
    assert "where nothing is sent" in problem.message


def test_the_key_is_in_the_request_alone(tmp_path, monkeypatch):
    monkeypatch.setenv("SYNTHGEN_COMPLETIONS_KEY", "tok-1234567890abc")

    def echo(asked: Asked, number: int) -> Reaction | None:
        said = asked.headers["authorization"].removeprefix("Bearer ")
        return Reaction({"choices": [{"text": f" my key is {said}", "finish_reason": "stop"}]}) if number % 4 == 0 else None

    with completions_server(echo) as server:
        made = make(recipe(tmp_path, server), out=tmp_path / "out")
        assert {asked.headers["authorization"] for asked in server.asked} == {"Bearer tok-1234567890abc"}
    assert [file for file in made.folder.rglob("*") if file.is_file() and b"1234567890abc" in file.read_bytes()] == []
    assert any("1234567890abc" not in message for message in messages(made.folder))
    problem = failing(lambda asked, number: Reaction({"error": f"bad {asked.headers['authorization']}"}, 401))
    assert "1234567890abc" not in str(problem)


def test_the_key_of_openai_goes_to_its_own_server_only(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-proj-1234567890")
    with completions_server() as server:
        list(model(server).complete(some(2)))
        assert not [asked for asked in server.asked if "authorization" in asked.headers]
        monkeypatch.setenv("OPENAI_BASE_URL", server.address)
        list(model(server).complete(some(2)))
        assert server.asked[-1].headers["authorization"] == "Bearer sk-proj-1234567890"


def test_check_asks_nothing(tmp_path):
    with completions_server() as server:
        report = check(recipe(tmp_path, server))
        assert server.asked == []
    (question,) = report.questions
    assert not question.exact
    assert question.tokens_read > 0


def test_a_preview_asks_for_a_few_rows(tmp_path):
    with completions_server() as server:
        (table,) = preview(recipe(tmp_path, server, rows=500), show=3, out=tmp_path / "out")
        assert len(table.rows) == 3
        assert len(server.asked) < 50


@pytest.mark.parametrize(
    ("url", "mistake"),
    [
        ("http://gpu.example:8000/v1", "to allow it, add --allow http://gpu.example:8000"),
        ("https://api.openai.com/v1", "to allow it, add --allow https://api.openai.com:443"),
        ("http://127.0.0.1.example/v1", "add --allow"),
        ("http://localhost.example/v1", "add --allow"),
        ("http://0.0.0.0:8000/v1", "add --allow"),
        ("http://169.254.169.254/latest", "add --allow"),
        ("http://2130706433/v1", "add --allow"),
        ("http://127.0.0.1:1/x?y=", "a plain path"),
        ("http://127.0.0.1:1/x#", "a plain path"),
        ("http://127.0.0.1:1/a/../b", "a plain path"),
        ("http://127.0.0.1:1/a%2fb", "a plain path"),
        ("http://me:secret@127.0.0.1/v1", "a plain path"),
        ("http://127.0.0.1@gpu.example/v1", "a plain path"),
        ("http://127.0.0.1:99999/v1", "such as http://localhost:8000/v1"),
        ("http://127.0.0.1:1/v1/completions", "ends before /completions"),
        ("ftp://127.0.0.1/v1", "begins with http:// or https://"),
        ("localhost:8000", "begins with http:// or https://"),
    ],
)
def test_a_recipe_has_no_other_machine_asked_by_itself(url, mistake, tmp_path):
    file = recipe(tmp_path, AppServer(address=f'"{url}"'))
    with pytest.raises(RecipeError) as caught:
        load(file)
    assert mistake in str(caught.value)


@pytest.mark.parametrize("url", ["http://localhost:8000/v1", "http://127.0.0.1:1", "http://127.8.9.1/v1/", "http://[::1]:8000/v1"])
def test_this_machine_is_asked_without_a_word(url, tmp_path):
    assert load(recipe(tmp_path, AppServer(address=f'"{url}"'))).recipe.models["typist"].kind == "completions"


def test_another_machine_may_be_asked_when_it_is_allowed(tmp_path):
    file = recipe(tmp_path, AppServer(address="http://gpu.example:8000/v1"))
    load(file, allow=["http://GPU.example:8000", tmp_path])
    for other in ("http://gpu.example", "https://gpu.example:8000", "http://example:8000", tmp_path):
        with pytest.raises(RecipeError):
            load(file, allow=[other])
    with pytest.raises(RecipeError, match="--allow"):
        load(file, allow=["http://"])
    process = subprocess.run(
        [sys.executable, "-m", "synthgen", "check", file, "--allow", "http://gpu.example:8000"],
        capture_output=True,
        env=os.environ,
        check=True,
    )
    assert b"no mistakes" in process.stdout


def test_why_knows_what_was_allowed(tmp_path):
    file = recipe(tmp_path, AppServer(address="http://gpu.example:8000/v1"))
    typist = ScriptedModel(lambda prompt, stream: f" where is my order {stream.randrange(10**6)}\n")
    made = make(file, out=tmp_path / "out", models={"typist": typist}, allow=["http://gpu.example:8000"])
    explanation = why(made.folder, 0)
    assert explanation.untold == []
    assert explanation.message == messages(made.folder)[0]


def test_a_field_of_claude_is_not_made_by_a_base_model(tmp_path):
    file = recipe(tmp_path, AppServer(address="http://localhost:8000/v1"))
    label = "          label: {kind: claude, by: typist, shows: [message], task: Say what it is about.}\n"
    file.write_text(file.read_text(encoding="utf-8") + dedent(label).replace("label", "      label", 1), encoding="utf-8")
    with pytest.raises(RecipeError, match="'typist' is a base model"):
        load(file)
