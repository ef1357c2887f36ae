"""Claude as a model: what is sent, what comes of every way to fail, what it costs, and that the key is nowhere. The real SDK speaks with a
strict server on loopback."""

from __future__ import annotations

import base64
import json
import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from servers import claude
from servers.claude import ClaudeServer

from synthgen.errors import LimitError, ModelError, SynthgenError
from synthgen.models import Budget, ClaudeModel, Journal, Journalled, connection, wire
from synthgen.models.pace import Pace
from synthgen.models.prices import Usage, cost, price
from synthgen.spec.rows import Brief, Completion, Document, Prompt

claude_server = claude.claude_server
server = claude.named_server

HAIKU = "claude-haiku-5-5"
SCHEMA = {"type": "object", "properties": {"label": {"type": "string"}}, "required": ["label"], "additionalProperties": False}
PDF = base64.b64encode(b"%PDF-1.4 /Type /Page /Type /Page").decode()
BRIEF = Brief("Label each message.", schema=json.dumps(SCHEMA), effort="low", tokens=400)
LONG = replace(BRIEF, system="You are told about cards that were lost on their way. " * 100)


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tries follow each other at once."""
    monkeypatch.setattr(connection, "FIRST_PAUSE", 0.01)


def prompts(count: int, brief: Brief | None = None) -> list[Prompt]:
    return [Prompt(f"message {number}", number, origin={"field": "traffic.label"}, brief=brief) for number in range(count)]


def model(name: str = HAIKU, **settings: Any) -> ClaudeModel:
    return ClaudeModel(name, **{"timeout": 2, **settings})


def messages(server: ClaudeServer) -> list[claude.Entry]:
    return server.asked()


def on_first_try(fault: str) -> Callable[[dict[str, Any]], Any]:
    """A fault that every message meets once."""
    seen: set[str] = set()

    def draw(body: dict[str, Any]) -> str | None:
        text = json.dumps(body["messages"])
        return None if text in seen else seen.add(text) or fault

    return draw


def by_body(server: ClaudeServer, choose: Callable[[dict[str, Any]], str | None]) -> None:
    """Let the server fail by what is asked and not by its number."""

    def draw(number: int) -> str | None:
        entry = server.log[number - 1]
        return choose(entry.body) if entry.path == "/v1/messages" else None

    server.faults = draw


def answers(found: list[Completion]) -> dict[str, str]:
    return {one.prompt.text: one.text for one in found}


# What is sent


def test_a_brief_comes_first_and_is_cached_and_the_text_last(server):
    documents = (Document("guide.md", "text/markdown", "# Guide"), Document("paper.pdf", "application/pdf", PDF))
    prompt = Prompt("and now?", 1, brief=replace(BRIEF, documents=documents), turns=(("user", "hello"), ("assistant", "hi")))
    list(model().complete([prompt]))
    (sent,) = messages(server)
    cached = {"cache_control": {"type": "ephemeral"}}
    first = sent.body["messages"][0]["content"]
    assert sent.body["system"] == [{"type": "text", "text": "Label each message.", **cached}]
    assert [block["type"] for block in first] == ["document", "document", "text"]
    assert first[0]["source"] == {"type": "text", "media_type": "text/plain", "data": "# Guide"}
    assert first[1] == {
        "type": "document",
        "title": "paper.pdf",
        "source": {"type": "base64", "media_type": "application/pdf", "data": PDF},
        **cached,
    }
    assert "cache_control" not in first[0]
    assert sent.body["messages"][1:] == [{"role": "assistant", "content": "hi"}, {"role": "user", "content": "and now?"}]
    assert sent.body["output_config"] == {"effort": "low", "format": {"type": "json_schema", "schema": SCHEMA}}
    assert sent.body["max_tokens"] == 400


def test_a_prompt_without_a_brief_is_only_its_text(server):
    list(model().complete([Prompt("hello", 1)]))
    assert messages(server)[0].body == {"model": HAIKU, "max_tokens": 8192, "messages": [{"role": "user", "content": "hello"}]}


@pytest.mark.parametrize("name", sorted({*claude.MODELS, *claude.ALIASES} - {"claude-mythos-preview"}))
def test_every_model_gets_only_what_it_accepts(server, name):
    for effort in wire.EFFORTS:
        (found,) = model(name).complete([Prompt("hello", 1, brief=replace(BRIEF, effort=effort, tokens=300_000))])
        assert found.finish == "stop"
    assert all(entry.body["max_tokens"] == claude.find_model(name)[1].output for entry in messages(server))


@pytest.mark.parametrize("name", sorted({*claude.MODELS, *claude.ALIASES} - {"claude-mythos-preview"}))
def test_thinking_is_said_as_the_model_takes_it(server, name):
    accepted = set(claude.find_model(name)[1].thinking.split())
    fitting = {"off": {"disabled", "between_tools"}, "on": {"adaptive"}, "2000": {"enabled"}}
    for thinking, kinds in fitting.items():
        prompt = Prompt("hello", 1, brief=replace(BRIEF, effort="", tokens=3000, thinking=thinking))
        if accepted & kinds:
            (found,) = model(name).complete([prompt])
            assert messages(server)[-1].body["thinking"]["type"] in accepted & kinds
            assert (found.tokens_thinking == 0) is (thinking == "off")
            assert found.tokens_thinking < found.tokens_out
        else:
            with pytest.raises(ModelError, match="is not supported for this model"):
                list(model(name).complete([prompt]))


def test_without_the_models_call_thinking_is_said_as_it_is_known_of_the_model(server):
    server.faults = lambda number: "404" if server.log[number - 1].path.startswith("/v1/models") else None
    for name, kind in ((HAIKU, "disabled"), ("claude-sonnet-5-5", "between_tools")):
        list(model(name).complete(prompts(1, replace(BRIEF, thinking="off"))))
        assert messages(server)[-1].body["thinking"] == {"type": kind}


def test_another_thinking_is_another_question_and_none_is_the_one_that_it_was():
    digests = {replace(BRIEF, thinking=thinking).digest for thinking in ("", "off", "on", "2000")}
    assert len(digests) == 4
    assert Brief("Label each message.", effort="low", tokens=400).digest == "c6d9e95532080b02"


def test_thoughts_are_counted_and_kept(server):
    journal = Journal(None)
    told = {}
    for thinking in ("off", "on"):
        one = replace(BRIEF, thinking=thinking)
        told[thinking] = sum(found.tokens_thinking for found in Journalled(model(), journal).complete(prompts(5, one)))
    assert (told["off"], told["on"]) == (
        0,
        sum(answered.answer["usage"]["output_tokens_details"]["thinking_tokens"] for answered in messages(server)),
    )
    assert [spent["tokens_thinking"] for spent in journal.spent()] == [told["on"]]
    server.faults = lambda number: "500"
    again = Journalled(model(), journal).complete(prompts(5, replace(BRIEF, thinking="on")))
    assert sum(found.tokens_thinking for found in again) == told["on"]


def test_a_server_without_the_models_call_gets_no_effort(server):
    server.faults = lambda number: "404" if number == 1 else None
    list(model().complete(prompts(2, BRIEF)))
    assert [list(entry.body["output_config"]) for entry in messages(server)] == [["format"]] * 2


def test_the_model_is_asked_once_what_it_accepts(server):
    one = model()
    list(one.complete(prompts(3, BRIEF)))
    list(one.complete(prompts(3, BRIEF)))
    assert len(server.asked(f"/v1/models/{HAIKU}", "GET")) == 1


def test_a_schema_says_in_words_what_the_api_does_not_enforce(server):
    schema = {"type": "object", "properties": {"stars": {"type": "integer", "minimum": 1}}, "required": ["stars"]}
    list(model().complete([Prompt("hello", 1, brief=replace(BRIEF, schema=json.dumps(schema)))]))
    sent = messages(server)[0].body["output_config"]["format"]["schema"]["properties"]["stars"]
    assert "minimum" not in sent
    assert "minimum" in sent["description"]


def test_turns_of_one_role_in_a_row_and_broken_letters_can_be_sent(server):
    (found,) = model().complete([Prompt("b \ud83d", 1, turns=(("user", "a"),))])
    assert found.text == "a\n\nb ?"


# What comes back


@pytest.mark.parametrize(
    ("fault", "finish", "said"),
    [
        ("refusal", "refusal", "declined"),
        ("refusal=frontier_llm", "refusal", "frontier_llm"),
        ("truncated", "length", ""),
        ("context", "length", ""),
    ],
)
def test_outcomes_have_names(server, fault, finish, said):
    by_body(server, lambda body: fault)
    (found,) = model().complete(prompts(1))
    assert (found.finish, said in found.text) == (finish, True)


def test_tokens_and_cost_are_told_with_what_the_cache_did(server):
    first, second = (next(iter(model().complete([one]))) for one in prompts(2, LONG))
    told = [entry.answer["usage"] for entry in messages(server)]
    assert first.tokens_in == second.tokens_in > 1000
    assert (first.tokens_cached, second.tokens_cached) == (0, told[1]["cache_read_input_tokens"])
    assert second.tokens_cached > 1000
    paid = [Usage(u["input_tokens"], u["output_tokens"], u["cache_creation_input_tokens"], 0, u["cache_read_input_tokens"]) for u in told]
    assert [first.cost, second.cost] == [cost(HAIKU, one) for one in paid]
    assert second.cost < first.cost / 3


def tells(server, monkeypatch, **usage):
    """Let the server tell other numbers of tokens than it should."""
    compose = server._compose
    monkeypatch.setattr(server, "_compose", lambda *asked: (whole := compose(*asked)) | {"usage": whole["usage"] | usage})


@pytest.mark.parametrize("told", [2**62, 2**63, 10**30, 10**400, -5, -(10**30), 1e300, 1.5, None])
def test_absurd_numbers_of_tokens_lose_no_answer(server, monkeypatch, told):
    tells(server, monkeypatch, output_tokens=told)
    journal = Journal(None)
    first, second = Journalled(model(), journal).complete(prompts(2, BRIEF))
    assert [one.finish for one in (first, second)] == ["stop", "stop"]
    assert len(journal) == 2
    (spent,) = journal.spent()
    assert spent["tokens_out"] == 2 * first.tokens_out
    assert 0 <= first.tokens_out <= 10**12
    assert spent["cost"] == pytest.approx(first.cost + second.cost)


@pytest.mark.parametrize("told", ["12", [1]])
def test_what_is_no_number_of_tokens_is_no_answer(server, monkeypatch, told):
    tells(server, monkeypatch, input_tokens=told)
    with pytest.raises(ModelError, match="is not what the API answers with"):
        list(model().complete(prompts(1)))


def test_one_request_goes_ahead_so_that_a_long_brief_is_written_to_the_cache_once(server):
    server.latency = 0.05
    found = list(model().complete(prompts(20, LONG)))
    assert sum(not one.tokens_cached for one in found) == 1
    server.log[-1].body.clear()
    assert len(list(model().complete(prompts(20, BRIEF)))) == 20  # one that is too short to be cached waits for nothing
    assert server.most_at_once > 10


def test_an_answer_is_there_as_soon_as_it_has_come(server):
    server.latency = lambda body: 1.0 if "message 0" in json.dumps(body) else 0.0
    began = time.monotonic()
    come = [(one.prompt.stream, time.monotonic() - began) for one in model().complete(prompts(5))]
    assert come[-1][0] == 0
    assert max(when for _, when in come[:-1]) < come[-1][1] - 0.3


# How many at a time


def test_no_more_are_under_way_than_asked_for(server):
    server.latency = 0.05
    list(model(concurrency=3).complete(prompts(12)))
    assert server.most_at_once == 3


def test_the_next_is_sent_when_an_answer_was_taken(server):
    coming = model(concurrency=4).complete(prompts(40))
    for taken in range(1, 11):
        next(coming)
        time.sleep(0.02)
        assert len(messages(server)) <= taken + 4
    coming.close()
    assert len(messages(server)) <= 14


def test_who_stops_early_leaves_nothing_behind(server):
    server.latency = 5.0
    by_body(server, lambda body: None)
    server.latency = lambda body: 0.0 if "message 0" in json.dumps(body) else 5.0
    before, began = threading.active_count(), time.monotonic()
    coming = model().complete(prompts(10))
    next(coming)
    coming.close()
    assert time.monotonic() - began < 3
    assert threading.active_count() == before


def test_what_is_refused_for_being_too_much_is_sent_slower(server):
    server.rate_limit, server.burst = 1200, 20
    found = list(model(concurrency=32).complete(prompts(60)))
    assert len(found) == 60
    assert server.asked_again() == []
    assert sum(entry.status == 429 for entry in messages(server)) < 60


def test_pace_halves_once_for_what_was_sent_together_and_recovers():
    async def told() -> list[float]:
        pace, seen = Pace(16), []
        turns = [await pace.turn() for _ in range(16)]
        for began in turns:
            pace.too_fast(began, None)
            pace.end()
        seen.append(pace.limit)
        for _ in range(8):
            pace.went({})
        seen.append(pace.limit)
        for _ in range(1000):
            pace.went({})
        return [*seen, pace.limit]

    import asyncio

    halved, later, last = asyncio.run(told())
    assert (halved, last) == (8, 16)
    assert 8.9 < later < 9.1


def test_a_used_up_rate_limit_is_waited_for():
    import asyncio
    from datetime import UTC, datetime, timedelta

    async def waited() -> float:
        pace = Pace(4)
        reset = (datetime.now(UTC) + timedelta(seconds=0.3)).isoformat()
        pace.went({"anthropic-ratelimit-requests-remaining": "0", "anthropic-ratelimit-requests-reset": reset})
        began = time.monotonic()
        await pace.turn()
        return time.monotonic() - began

    assert 0.25 < asyncio.run(waited()) < 2


# Every way to fail

PASSING = [
    "408",
    "409",
    "429",
    "500",
    "503",
    "504",
    "529",
    "cut",
    "cut_before",
    "malformed",
    "429 retry-after=0",
    "400 x-should-retry=true",
]


@pytest.mark.parametrize("fault", PASSING)
def test_what_passes_is_tried_again(server, fault):
    by_body(server, on_first_try(fault))
    found = list(model().complete(prompts(20)))
    assert answers(found) == {f"message {number}": f"message {number}" for number in range(20)}
    assert len(messages(server)) == 40
    assert server.asked_again() == []


def test_what_hangs_is_tried_again_after_its_time(server):
    by_body(server, on_first_try("hang"))
    assert len(list(model(timeout=3).complete(prompts(5)))) == 5


@pytest.mark.parametrize("fault", ["400", "401", "402", "403", "404", "529 x-should-retry=false"])
def test_what_does_not_pass_ends_the_run_with_one_line_and_keeps_what_came(server, fault):
    server.latency = lambda body: 0.3
    by_body(server, lambda body: fault if "message 5" in json.dumps(body) else None)
    journal = Journal(None)
    with pytest.raises(ModelError) as problem:
        list(Journalled(model(concurrency=8), journal).complete(prompts(100)))
    assert len(journal) == 7 == sum(entry.paid for entry in messages(server))
    assert "\n" not in problem.value.message
    assert HAIKU in problem.value.message
    assert fault[:3] in problem.value.message
    assert problem.value.hint
    assert not problem.value.retryable
    journal.close()


@pytest.mark.parametrize("fault", ["529", "500", "429", "malformed", "cut", "hang"])
def test_what_never_passes_ends_the_run_and_says_that_it_goes_on(server, fault, monkeypatch):
    monkeypatch.setattr(connection, "LONGEST_PAUSE", 0.05)
    server.faults = {fault: 1.0}
    with pytest.raises(ModelError) as problem:
        list(model(timeout=0.2).complete(prompts(10)))
    assert problem.value.retryable
    assert "goes on" in problem.value.hint


def test_a_server_that_is_not_there_ends_the_run(monkeypatch):
    monkeypatch.setattr(connection, "LONGEST_PAUSE", 0.02)
    monkeypatch.setenv("ANTHROPIC_BASE_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("ANTHROPIC_API_KEY", claude.KEY)
    with pytest.raises(ModelError, match="cannot be reached") as problem:
        list(model().complete(prompts(3)))
    assert problem.value.retryable


def test_an_api_that_asks_to_wait_for_hours_ends_the_run(server):
    server.faults = lambda number: "429 retry-after=7200" if number > 1 else None
    began = time.monotonic()
    with pytest.raises(ModelError) as problem:
        list(model().complete(prompts(3)))
    assert problem.value.retryable
    assert time.monotonic() - began < 5


def test_retry_after_is_waited_for(server):
    by_body(server, on_first_try("529 retry-after-ms=400"))
    began = time.monotonic()
    list(model().complete(prompts(1)))
    assert 0.4 < time.monotonic() - began < 3


@pytest.mark.parametrize("text", ["fault 413", "too long"])
def test_a_prompt_that_is_too_long_is_an_error_of_its_own_and_not_kept(server, text):
    server.faults = None
    by_body(server, lambda body: "413" if "fault 413" in json.dumps(body) else None)
    long = Prompt("fault 413" if text == "fault 413" else "x " * 2_000_000, 99)
    journal = Journal(None)
    found = list(Journalled(model("claude-haiku-4-5"), journal).complete([*prompts(3), long]))
    assert sorted(one.finish for one in found) == ["error", "stop", "stop", "stop"]
    assert len(journal) == 3
    assert next(one.text for one in found if one.finish == "error").startswith("4")
    journal.close()


@pytest.mark.parametrize("seed", range(4))
def test_all_faults_mixed_lose_no_answer(server, seed):
    server.seed = seed
    passing = ["429", "500", "529", "503", "cut", "cut_before", "malformed", "hang=0.3", "refusal", "truncated"]
    server.faults = {**dict.fromkeys(passing, 0.019), "slow=0.1": 0.01}
    journal = Journal(None)
    found = list(Journalled(model(timeout=60), journal).complete(prompts(150)))
    assert len(found) == len(journal) == 150
    assert server.asked_again() == []
    journal.close()


def test_a_program_that_is_wrong_says_so_and_does_not_hang(server, monkeypatch):
    def broken(*given: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(wire, "completion", broken)
    with pytest.raises(ZeroDivisionError):
        list(model().complete(prompts(3)))


# The key


def test_a_missing_key_is_told_in_one_line(monkeypatch):
    for name in ("ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "ANTHROPIC_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("ANTHROPIC_CONFIG_DIR", "/nowhere")
    with pytest.raises(ModelError, match="ANTHROPIC_API_KEY is not set") as problem:
        list(model().complete(prompts(3)))
    assert "export ANTHROPIC_API_KEY" in problem.value.hint


SECRET = "sk-ant-api03-planted-and-never-seen-Zx9"


@pytest.mark.parametrize("key", [SECRET, f"other-{SECRET}", f"{SECRET}\n", f"{SECRET}é"])
@pytest.mark.parametrize("fault", [None, "400", "401", "403", "404", "413", "429", "500", "malformed"])
def test_the_key_is_nowhere(monkeypatch, tmp_path, caplog, capfd, key, fault):
    monkeypatch.setattr(connection, "LONGEST_PAUSE", 0.01)
    caplog.set_level("DEBUG")
    with ClaudeServer(key=key.strip(), faults={fault: 1.0} if fault else None) as server:
        echo = claude.Refusal.body
        monkeypatch.setattr(claude.Refusal, "body", lambda self, name: echo(echoing(self, key), name))
        monkeypatch.setenv("ANTHROPIC_BASE_URL", server.url)
        monkeypatch.setenv("ANTHROPIC_API_KEY", key)
        journal, one = Journal(tmp_path / "journal"), model()
        said = [repr(one), str(vars(one))]
        try:
            said += [repr(found) for found in Journalled(one, journal).complete(prompts(3))]
        except SynthgenError as error:
            said += ["".join(traceback.format_exception(error)), repr(error.__context__), repr(error.__cause__), repr(vars(error))]
        journal.close()
    said += [caplog.text, *capfd.readouterr(), (tmp_path / "journal").read_bytes().decode("latin-1")]
    assert "planted" not in "".join(said)


def echoing(refusal: claude.Refusal, key: str) -> claude.Refusal:
    """The same with the key in its message."""
    return claude.Refusal(refusal.status, f"{refusal.message} {key} {key[:24]}", refusal.headers, refusal.kind)


# The budget


def billed(server: ClaudeServer) -> float:
    """What all messages of the server cost, those too that were cut off on their way."""
    total = 0.0
    for entry in messages(server):
        if entry.status == 200 and isinstance(entry.answer, dict):
            used = entry.answer["usage"]
            written, read = used["cache_creation_input_tokens"], used["cache_read_input_tokens"]
            total += cost(entry.body["model"], Usage(used["input_tokens"], used["output_tokens"], written, 0, read)) or 0
    return total


@pytest.mark.parametrize("seed", range(12))
def test_the_limit_is_never_passed(server, seed):
    server.seed, server.answer = seed, (lambda body: "word " * 400 if seed % 2 else "yes")
    server.faults = {"cut": 0.1, "529": 0.05, "malformed": 0.05, "truncated": 0.05, "refusal": 0.05, "500": 0.05} if seed % 3 else None
    limit = [0.002, 0.01, 0.05][seed % 3]
    budget = Budget(limit)
    brief = [None, replace(BRIEF, schema="", tokens=300), replace(LONG, schema="", tokens=300)][seed // 2 % 3]
    found: list[Completion] = []
    with pytest.raises(LimitError, match="--max-cost") as problem:
        found.extend(model([HAIKU, "claude-sonnet-5-5", "claude-haiku-4-5"][seed % 3], budget=budget).complete(prompts(4000, brief)))
    assert billed(server) <= limit
    assert budget.spent == pytest.approx(sum(one.cost for one in found))
    assert budget.spent + budget.uncertain <= limit
    assert (budget.reserved, budget.under_way) == (0, 0)
    assert billed(server) <= budget.spent + budget.uncertain + 1e-12
    assert problem.value.exit_code == 3
    assert "higher limit" in problem.value.hint


def test_a_limit_is_used_up_as_far_as_can_be_known(server):
    budget, most = Budget(0.01), wire.most_cost(price(HAIKU), wire.request(HAIKU, prompts(1)[0], wire.Abilities()), wire.Abilities())
    with pytest.raises(LimitError):
        list(model(budget=budget).complete(prompts(3000)))
    assert budget.spent > 0.01 - most * 1.01


def test_what_was_spent_before_counts(server):
    with pytest.raises(LimitError):
        list(model(budget=Budget(0.05, spent=0.0499)).complete(prompts(1)))
    assert messages(server) == []


def test_a_model_of_unknown_price_takes_no_limit_and_says_no_cost(server):
    with pytest.raises(ModelError, match="price is not known"):
        model("claude-fable-9", budget=Budget(1.0))
    assert model("claude-fable-9", budget=Budget()).price is None


def test_all_blocks_are_less_than_they_are_said_to_be_at_most(server):
    can = wire.Abilities()
    documents = (Document("guide.md", "text/markdown", "# Guide é 🙏"), Document("paper.pdf", "application/pdf", PDF))
    for prompt in (Prompt("é🙏 hi", 1), Prompt("a", 1, brief=BRIEF), Prompt("a", 1, brief=replace(BRIEF, documents=documents))):
        asked = wire.request(HAIKU, prompt, can)
        assert claude.count_tokens(asked) < wire.most_read(asked, can) < 30_000


def test_pages_that_cannot_be_counted_are_as_many_as_the_model_reads():
    can = wire.Abilities(reads=200_000)
    prompt = Prompt("a", 1, brief=replace(BRIEF, documents=(Document("x.pdf", "application/pdf", base64.b64encode(b"%PDF-1.7").decode()),)))
    assert wire.most_read(wire.request(HAIKU, prompt, can), can) == 200_000


def test_tokens_are_counted_by_the_api(server):
    prompt = prompts(1, BRIEF)[0]
    (found,) = model().tokens([prompt])
    list(model().complete([prompt]))
    assert found == claude.count_tokens(messages(server)[0].body) > model().count(prompt.text)
