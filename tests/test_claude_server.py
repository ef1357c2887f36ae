"""The test server that speaks the Anthropic API: what it answers, what it refuses, how it fails, what it remembers. Asked by the real
SDK."""

from __future__ import annotations

import asyncio
import base64
import http.client
import json
import socket
import struct
import time
from collections.abc import Callable, Iterator
from random import Random
from typing import Any, Literal
from urllib.parse import urlsplit

import anthropic
import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, Field
from servers import claude
from servers.claude import ClaudeServer, Mistake, check_schema, fill, misfit

claude_server = claude.claude_server

PDF = base64.b64encode(b"%PDF-1.4 /Type /Page /Type /Page").decode()
LONG = "You are told about cards that were lost on their way. " * 60


def ask(said: Any = "hello", **settings: Any) -> dict[str, Any]:
    """A request that is accepted, with other settings; `...` takes one out."""
    whole = {"model": "claude-haiku-5-5", "max_tokens": 400, "messages": [{"role": "user", "content": said}], **settings}
    return {name: value for name, value in whole.items() if value is not ...}


def shaped(schema: Any) -> dict[str, Any]:
    return {"output_config": {"format": {"type": "json_schema", "schema": schema}}}


def thing(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


@pytest.fixture
def sdk(claude_server: ClaudeServer) -> Iterator[anthropic.Anthropic]:
    """The SDK without retries, so that every fault is seen."""
    with anthropic.Anthropic(**claude_server.client, max_retries=0) as client:
        yield client


@pytest.fixture(scope="module")
def strict() -> Iterator[ClaudeServer]:
    with ClaudeServer() as server:
        yield server


@pytest.fixture(scope="module")
def post(strict: ClaudeServer) -> Iterator[Callable[..., Any]]:
    """Send a body as it is by the SDK, which knows better than to send most of these."""
    with anthropic.Anthropic(**strict.client, max_retries=0) as client:
        yield lambda body, path="/v1/messages": client.post(path, body=body, cast_to=object)


# Answers


def test_echoes_the_last_text_behind_a_thought(sdk: anthropic.Anthropic) -> None:
    raw = sdk.messages.with_raw_response.create(**ask([{"type": "text", "text": "one"}, {"type": "text", "text": "two"}]))
    message = raw.parse()
    assert [block.type for block in message.content] == ["thinking", "text"]
    assert message.content[1].text == "two"
    assert (message.stop_reason, message.model, message.role) == ("end_turn", "claude-haiku-5-5", "assistant")
    assert message.usage.output_tokens > message.usage.output_tokens_details.thinking_tokens > 0
    assert message.usage.service_tier == "standard"
    assert raw.headers["request-id"] == message._request_id
    assert int(raw.headers["anthropic-ratelimit-requests-remaining"]) < int(raw.headers["anthropic-ratelimit-requests-limit"])


def test_a_thought_comes_back_as_it_was_given(sdk: anthropic.Anthropic) -> None:
    thinking = {"type": "adaptive", "display": "summarized"}
    first = sdk.messages.create(**ask(thinking=thinking))
    assert first.content[0].thinking
    turns = [{"role": "user", "content": "hello"}, first.to_param(), {"role": "user", "content": "and now?"}]
    assert sdk.messages.create(**ask(messages=turns)).content[-1].text == "and now?"
    first.content[0].thinking += "!"
    with pytest.raises(anthropic.BadRequestError, match="Invalid `signature`"):
        sdk.messages.create(**ask(messages=[turns[0], first.to_param(), turns[2]]))


def test_thinking_can_be_off(sdk: anthropic.Anthropic, claude_server: ClaudeServer) -> None:
    assert [block.type for block in sdk.messages.create(**ask(thinking={"type": "disabled"})).content] == ["text"]
    claude_server.thinks = False
    assert [block.type for block in sdk.messages.create(**ask()).content] == ["text"]


def test_answers_by_the_tests_script(sdk: anthropic.Anthropic, claude_server: ClaudeServer) -> None:
    claude_server.answer = lambda request: request["messages"][-1]["content"].upper()
    assert sdk.messages.create(**ask()).content[-1].text == "HELLO"
    claude_server.answer = lambda request: {"a": "b"}
    assert json.loads(sdk.messages.create(**ask()).content[-1].text) == {"a": "b"}


class Verdict(BaseModel):
    grade: Literal["good", "bad"]
    score: int = Field(ge=1, le=5)
    reasons: list[str] = Field(min_length=1, max_length=3)
    note: str | None = None


def test_structured_output_fits_and_is_the_same_again(sdk: anthropic.Anthropic, claude_server: ClaudeServer) -> None:
    claude_server.answer = lambda request: {"grade": "good", "score": 4, "reasons": ["short"], "note": None}
    assert sdk.messages.parse(**ask(), output_format=Verdict).parsed_output == Verdict(grade="good", score=4, reasons=["short"])
    claude_server.answer = None
    format_ = shaped(anthropic.transform_schema(Verdict))
    texts = [sdk.messages.create(**ask(f"row {row % 2}", **format_)).content[-1].text for row in range(4)]
    assert texts[0] == texts[2] != texts[1] == texts[3]
    for text in texts:
        jsonschema.validate(json.loads(text), format_["output_config"]["format"]["schema"])


def fails(server: ClaudeServer, **settings: Any) -> None:
    """Ask a server for a message that it cannot make, and not again."""
    with anthropic.Anthropic(**server.start().client) as client, pytest.raises(anthropic.InternalServerError):
        client.messages.create(**ask(**settings))
    assert len(server.log) == 1


def test_a_script_that_breaks_the_schema_fails_the_test() -> None:
    server = ClaudeServer(answer=lambda request: {"name": 3})
    fails(server, **shaped(thing(name={"type": "string"})))
    with pytest.raises(Mistake, match=r"does not fit the schema: \$\.name is no string"):
        server.stop()


def test_a_script_that_raises_fails_the_test() -> None:
    def answer(request: dict[str, Any]) -> str:
        raise LookupError("nothing to say")

    server = ClaudeServer(answer=answer)
    fails(server)
    with pytest.raises(Mistake, match="nothing to say"):
        server.stop()


def test_streams(sdk: anthropic.Anthropic) -> None:
    said = "a text that is longer than one event can hold, so that it comes in pieces"
    with sdk.messages.stream(**ask(said)) as stream:
        pieces = list(stream.text_stream)
        whole = stream.get_final_message()
    assert "".join(pieces) == said
    assert len(pieces) > 1
    plain = sdk.messages.create(**ask(said))
    assert whole.content[-1].text == plain.content[-1].text
    assert (whole.stop_reason, whole.usage.input_tokens, whole.usage.output_tokens) == (
        plain.stop_reason,
        plain.usage.input_tokens,
        plain.usage.output_tokens,
    )


def test_output_is_cut_at_max_tokens(sdk: anthropic.Anthropic) -> None:
    message = sdk.messages.create(**ask("word " * 100, max_tokens=100))
    assert (message.stop_reason, message.usage.output_tokens) == ("max_tokens", 100)
    assert 0 < len(message.content[-1].text) < 500
    thought = sdk.messages.create(**ask(max_tokens=10))
    assert [block.type for block in thought.content] == ["thinking"]
    warm = sdk.messages.create(**ask(max_tokens=0))
    assert (warm.content, warm.usage.output_tokens, warm.stop_reason) == ([], 0, "max_tokens")


def test_stops_at_a_stop_sequence(sdk: anthropic.Anthropic) -> None:
    message = sdk.messages.create(**ask("one two three", stop_sequences=["three", "two"]))
    assert (message.stop_reason, message.stop_sequence, message.content[-1].text) == ("stop_sequence", "two", "one ")


def test_a_forced_tool_is_used(sdk: anthropic.Anthropic) -> None:
    tool = {"name": "emit", "input_schema": thing(age={"type": "integer"}), "strict": True}
    message = sdk.messages.create(**ask(tools=[tool], tool_choice={"type": "tool", "name": "emit"}))
    assert message.stop_reason == "tool_use"
    used = message.content[0]
    assert isinstance(used.input["age"], int)
    result = {"role": "user", "content": [{"type": "tool_result", "tool_use_id": used.id, "content": "done"}]}
    turns = [{"role": "user", "content": "hello"}, message.to_param(), result]
    assert sdk.messages.create(**ask(messages=turns, tools=[tool])).stop_reason == "end_turn"


def test_counts_the_tokens_that_it_charges(sdk: anthropic.Anthropic) -> None:
    document = {"type": "document", "source": {"type": "base64", "media_type": "application/pdf", "data": PDF}}
    for said, more in (
        ("hello", {}),
        ([document, {"type": "text", "text": "what is it?"}], {"system": LONG}),
        ("hi", shaped(thing(a={"type": "null"}))),
    ):
        whole = ask(said, **more)
        counted = sdk.messages.count_tokens(**{name: value for name, value in whole.items() if name != "max_tokens"})
        assert sdk.messages.create(**whole).usage.input_tokens == counted.input_tokens
    few, many = (
        sdk.messages.count_tokens(model="claude-haiku-5-5", messages=ask(text)["messages"]).input_tokens for text in ("hello", LONG)
    )
    assert many > 20 * few


def test_answers_64_at_a_time(claude_server: ClaudeServer) -> None:
    claude_server.latency = 0.1

    async def main() -> list[str]:
        async with anthropic.AsyncAnthropic(**claude_server.client, max_retries=0) as client:

            async def one(row: int) -> str:
                return (await client.messages.create(**ask(f"row {row}"))).content[-1].text

            return await asyncio.gather(*map(one, range(64)))

    assert asyncio.run(main()) == [f"row {row}" for row in range(64)]
    assert claude_server.most_at_once > 32
    assert all(entry.whole for entry in claude_server.log)


# The prompt cache


def cached(text: str = LONG, **mark: str) -> list[dict[str, Any]]:
    return [{"type": "text", "text": text, "cache_control": {"type": "ephemeral", **mark}}]


def tokens(message: Any) -> tuple[int, int, int]:
    usage = message.usage
    return usage.cache_creation_input_tokens, usage.cache_read_input_tokens, usage.input_tokens


def test_a_prefix_is_written_once_and_then_read(sdk: anthropic.Anthropic) -> None:
    first, second = (tokens(sdk.messages.create(**ask(text, system=cached()))) for text in ("one", "two"))
    assert first[0] > 1000
    assert first[1:] == (0, second[2])
    assert second[:2] == (0, first[0])
    assert sum(first) == sum(tokens(sdk.messages.create(**ask("six", system=LONG))))
    assert tokens(sdk.messages.create(**ask(system=cached(LONG + "!"))))[1] == 0
    assert tokens(sdk.messages.create(**ask(system=cached(), model="claude-opus-5-5")))[1] == 0


def test_a_short_prefix_is_not_cached(sdk: anthropic.Anthropic) -> None:
    for _ in range(2):
        assert tokens(sdk.messages.create(**ask(system=cached("short"))))[:2] == (0, 0)
    middle = LONG[:2400]
    assert tokens(sdk.messages.create(**ask(system=cached(middle))))[0] > 512
    assert tokens(sdk.messages.create(**ask(system=cached(middle), model="claude-opus-4-6")))[0] == 0


def test_lives_and_the_automatic_mark(sdk: anthropic.Anthropic) -> None:
    message = sdk.messages.create(**ask(LONG, system=cached(ttl="1h"), cache_control={"type": "ephemeral"}))
    made = message.usage.cache_creation
    assert made.ephemeral_1h_input_tokens > 1000
    assert made.ephemeral_5m_input_tokens > 1000
    again = tokens(sdk.messages.create(**ask(LONG, system=cached(ttl="1h"), cache_control={"type": "ephemeral"})))
    assert again[:2] == (0, made.ephemeral_1h_input_tokens + made.ephemeral_5m_input_tokens)


def test_the_cache_looks_back_over_twenty_blocks(sdk: anthropic.Anthropic) -> None:
    def growing(count: int) -> dict[str, Any]:
        return ask([*cached()[:1], *({"type": "text", "text": f"block {one}"} for one in range(count - 1)), MARKED])

    def bare(request: dict[str, Any]) -> dict[str, Any]:
        first = request["messages"][0]["content"]
        return ask([{"type": "text", "text": LONG}, *first[1:]])

    made = tokens(sdk.messages.create(**growing(1)))[0]
    assert tokens(sdk.messages.create(**bare(growing(20))))[1] == 0
    assert 0 < tokens(sdk.messages.create(**bare(growing(19))))[1] < made


def test_a_prefix_can_be_read_only_after_the_answer_that_wrote_it(claude_server: ClaudeServer) -> None:
    claude_server.latency = 0.2

    async def main() -> list[tuple[int, int, int]]:
        async with anthropic.AsyncAnthropic(**claude_server.client, max_retries=0) as client:
            both = await asyncio.gather(*(client.messages.create(**ask(text, system=cached())) for text in ("one", "two")))
            return list(map(tokens, both))

    first, second = asyncio.run(main())
    assert first[:2] == second[:2] == (first[0], 0)
    assert first[0] > 0


# Models and batches


def test_models_say_what_they_can(sdk: anthropic.Anthropic) -> None:
    names = [model.id for model in sdk.models.list(limit=3)]
    assert names[0] == "claude-haiku-5-5"
    assert len(names) == len(set(names)) > 10
    assert "claude-mythos-preview" not in names
    assert [model.id for model in sdk.models.list(lifecycle=["retired"])] == ["claude-mythos-preview"]
    card = sdk.models.retrieve("claude-sonnet-5-5")
    assert (card.max_tokens, card.max_input_tokens, card.lifecycle, card.line) == (128_000, 1_000_000, "active", "sonnet")
    assert card.capabilities.thinking.types.between_tools.supported
    assert not card.capabilities.thinking.types.disabled.supported
    assert sdk.models.retrieve("claude-haiku-4-5").id == "claude-haiku-4-5-20251001"
    with pytest.raises(anthropic.NotFoundError):
        sdk.models.retrieve("claude-nobody")


@pytest.mark.parametrize("name", [name for name, model in claude.MODELS.items() if model.lifecycle != "retired"])
def test_a_model_accepts_what_its_card_says(post: Callable[..., Any], strict: ClaudeServer, name: str) -> None:
    with anthropic.Anthropic(**strict.client) as client:
        able = client.models.retrieve(name).capabilities
    kinds = {"enabled": {"type": "enabled", "budget_tokens": 1024}}
    for kind in ("adaptive", "between_tools", "disabled", "enabled"):
        body = ask(model=name, thinking=kinds.get(kind, {"type": kind}), max_tokens=2000)
        if getattr(able.thinking.types, kind).supported:
            post(body)
        else:
            with pytest.raises(anthropic.BadRequestError, match="is not supported for this model"):
                post(body)
    for level in ("low", "medium", "high", "xhigh", "max"):
        body = ask(model=name, output_config={"effort": level}, max_tokens=2000)
        if getattr(able.effort, level).supported:
            post(body)
        else:
            with pytest.raises(anthropic.BadRequestError, match="effort"):
                post(body)


def rows(count: int, **settings: Any) -> list[Any]:
    return [{"custom_id": f"row-{row}", "params": ask(f"row {row}", **settings)} for row in range(count)]


def test_a_batch_goes_round(sdk: anthropic.Anthropic, claude_server: ClaudeServer) -> None:
    claude_server.batch_polls = 2
    made = sdk.messages.batches.create(requests=[*rows(9), {"custom_id": "bad", "params": {**ask(), "temperature": 0}}])
    assert (made.processing_status, made.request_counts.processing, made.results_url) == ("in_progress", 10, None)
    with pytest.raises(anthropic.AnthropicError, match="No `results_url`"):
        sdk.messages.batches.results(made.id)
    with pytest.raises(anthropic.BadRequestError, match="still processing"):
        sdk.messages.batches.delete(made.id)
    assert sdk.messages.batches.retrieve(made.id).processing_status == "in_progress"
    ended = sdk.messages.batches.retrieve(made.id)
    assert ended.processing_status == "ended"
    assert (ended.request_counts.succeeded, ended.request_counts.errored, ended.request_counts.processing) == (9, 1, 0)
    assert ended.results_url == f"{claude_server.url}/v1/messages/batches/{made.id}/results"
    results = list(sdk.messages.batches.results(made.id))
    found = {one.custom_id: one.result for one in results}
    assert list(found) != [*(f"row-{row}" for row in range(9)), "bad"]
    assert [found[f"row-{row}"].message.content[-1].text for row in range(9)] == [f"row {row}" for row in range(9)]
    assert {found[f"row-{row}"].message.usage.service_tier for row in range(9)} == {"batch"}
    assert found["bad"].error.error.message == "temperature: Extra inputs are not permitted"
    assert sdk.messages.batches.delete(made.id).id == made.id
    with pytest.raises(anthropic.NotFoundError):
        sdk.messages.batches.retrieve(made.id)


def test_a_batch_is_canceled(sdk: anthropic.Anthropic, claude_server: ClaudeServer) -> None:
    claude_server.batch_polls = 1000
    made = sdk.messages.batches.create(requests=rows(2))
    assert sdk.messages.batches.cancel(made.id).processing_status == "canceling"
    assert sdk.messages.batches.retrieve(made.id).request_counts.canceled == 2
    assert {one.result.type for one in sdk.messages.batches.results(made.id)} == {"canceled"}
    with pytest.raises(anthropic.BadRequestError, match="already ended"):
        sdk.messages.batches.cancel(made.id)


def test_results_never_come_in_the_order_asked(sdk: anthropic.Anthropic) -> None:
    for _ in range(4):
        made = sdk.messages.batches.create(requests=rows(2))
        assert [one.custom_id for one in sdk.messages.batches.results(made.id)] == ["row-1", "row-0"]


def test_requests_of_a_batch_end_as_told(sdk: anthropic.Anthropic, claude_server: ClaudeServer) -> None:
    ends = {"row-0": "expired", "row-1": "errored=overloaded_error", "row-2": "canceled", "row-3": "refusal", "row-4": "truncated"}
    claude_server.batch_faults = ends.get
    made = sdk.messages.batches.create(requests=rows(6))
    found = {one.custom_id: one.result for one in sdk.messages.batches.results(made.id)}
    assert [found[f"row-{row}"].type for row in range(6)] == ["expired", "errored", "canceled", "succeeded", "succeeded", "succeeded"]
    assert found["row-1"].error.error.type == "overloaded_error"
    assert [found[f"row-{row}"].message.stop_reason for row in (3, 4, 5)] == ["refusal", "max_tokens", "end_turn"]


def test_requests_of_a_batch_end_by_rates_that_a_second_batch_draws_anew(sdk: anthropic.Anthropic, claude_server: ClaudeServer) -> None:
    claude_server.batch_faults = {"expired": 0.5}
    kinds = []
    for _ in range(2):
        made = sdk.messages.batches.create(requests=rows(40))
        kinds.append({one.custom_id: one.result.type for one in sdk.messages.batches.results(made.id)})
    assert kinds[0] != kinds[1]
    for drawn in kinds:
        assert 8 < list(drawn.values()).count("expired") < 32


def test_batches_are_listed_newest_first(sdk: anthropic.Anthropic) -> None:
    made = [sdk.messages.batches.create(requests=rows(1)).id for _ in range(5)]
    assert [batch.id for batch in sdk.messages.batches.list(limit=2)] == made[::-1]
    page = sdk.messages.batches.list(limit=2, before_id=made[0])
    assert ([batch.id for batch in page.data], page.has_more) == ([made[2], made[1]], True)


BATCHES: list[tuple[dict[str, Any], str]] = [
    ({}, "requests: Field required"),
    ({"requests": []}, "requests: List should have at least 1 item"),
    ({"requests": rows(1), "model": "x"}, "model: Extra inputs are not permitted"),
    ({"requests": [*rows(1), *rows(1)]}, "Custom IDs must be unique: row-0"),
    ({"requests": [{"custom_id": "a b", "params": ask()}]}, "requests.0.custom_id: String should match pattern"),
    ({"requests": [{"custom_id": "a" * 65, "params": ask()}]}, "requests.0.custom_id: String should match pattern"),
    ({"requests": [{"custom_id": "", "params": ask()}]}, "requests.0.custom_id: String should match pattern"),
    ({"requests": [{"params": ask()}]}, "requests.0.custom_id: Field required"),
    ({"requests": [{"custom_id": "a"}]}, "requests.0.params: Field required"),
    ({"requests": [{"custom_id": "a", "params": ask(), "method": "POST"}]}, "requests.0.method: Extra inputs are not permitted"),
    ({"requests": [{"custom_id": "a", "params": {}}] * 100_001}, "requests: List should have at most 100000 items"),
]


@pytest.mark.parametrize(("body", "why"), BATCHES, ids=[why for _, why in BATCHES])
def test_refuses_a_batch(strict: ClaudeServer, body: dict[str, Any], why: str) -> None:
    status, refused = raw(strict, path="/v1/messages/batches", body=json.dumps(body).encode())
    assert status == 400
    assert why in refused["error"]["message"]


def test_errors_of_a_request_in_a_batch_wait_until_it_is_processed(sdk: anthropic.Anthropic) -> None:
    made = sdk.messages.batches.create(requests=[{"custom_id": "a", "params": {**ask(), "stream": True}}, {"custom_id": "b", "params": {}}])
    found = {one.custom_id: one.result.error.error.message for one in sdk.messages.batches.results(made.id)}
    assert found == {"a": "stream: Streaming is not supported in a Message Batch", "b": "model: Field required"}


# What is refused


def block(kind: str, **rest: Any) -> dict[str, Any]:
    return ask([{"type": kind, **rest}, {"type": "text", "text": "what is it?"}])


def source(kind: str, **rest: Any) -> dict[str, Any]:
    return block("document", source={"type": kind, **rest})


TURN = {"role": "user", "content": "hello"}
REPLY = {"role": "assistant", "content": "hi"}
TOOL = {"name": "emit", "input_schema": {"type": "object"}}
MARKED = {"type": "text", "text": "a", "cache_control": {"type": "ephemeral"}}
OBJECT = thing(a={"type": "string"})

REFUSED: list[tuple[dict[str, Any], str]] = [
    (ask(temperature=1.0), "temperature: Extra inputs are not permitted"),
    (ask(top_p=1.0), "top_p: Extra inputs are not permitted"),
    (ask(top_k=5), "top_k: Extra inputs are not permitted"),
    (ask(response_format={}), "response_format: Extra inputs are not permitted"),
    (ask(model=...), "model: Field required"),
    (ask(max_tokens=...), "max_tokens: Field required"),
    (ask(max_tokens=-1), "max_tokens: Input should be greater than or equal to 0"),
    (ask(max_tokens="9"), "max_tokens: Input should be a valid integer"),
    (ask(max_tokens=True), "max_tokens: Input should be a valid integer"),
    (ask(max_tokens=128_001), "max_tokens: 128001 > 128000"),
    (ask(model="claude-haiku-4-5", max_tokens=64_001), "max_tokens: 64001 > 64000"),
    (ask(messages=...), "messages: Field required"),
    (ask(messages=[]), "messages: at least one message is required"),
    (ask(messages=[REPLY]), 'messages: first message must use the "user" role'),
    (ask(messages=[TURN, TURN]), 'multiple "user" roles in a row'),
    (ask(messages=[TURN, REPLY, REPLY, TURN]), 'multiple "assistant" roles in a row'),
    (ask(messages=[TURN, REPLY]), "does not support assistant message prefill"),
    (ask(messages=[{"role": "system", "content": "a"}, TURN]), 'Unexpected role "system"'),
    (ask(messages=[{"role": "tool", "content": "a"}]), "messages.0.role: Input should be 'user' or 'assistant'"),
    (ask(messages=[{**TURN, "name": "ada"}]), "messages.0.name: Extra inputs are not permitted"),
    (ask(messages=[{"role": "user"}]), "messages.0.content: Field required"),
    (ask(""), "messages: text content blocks must be non-empty"),
    (ask("  \n"), "messages: text content blocks must contain non-whitespace text"),
    (ask([]), "messages.0.content: all messages must have non-empty content"),
    (ask([{"type": "text", "text": ""}]), "messages: text content blocks must be non-empty"),
    (ask([{"type": "text", "text": "a", "id": "b"}]), "messages.0.content.0.text.id: Extra inputs are not permitted"),
    (ask([{"type": "text"}]), "messages.0.content.0.text.text: Field required"),
    (ask([{"text": "a"}]), "messages.0.content.0: Unable to extract tag using discriminator 'type'"),
    (ask([{"type": "input_text", "text": "a"}]), "messages.0.content.0: Input tag 'input_text' found using 'type' does not match"),
    (ask([{"type": "text", "text": "a", "citations": [{"type": "char_location"}]}]), "messages.0.content.0.text.citations: "),
    (ask(messages=[TURN, {"role": "assistant", "content": [{"type": "document"}]}, TURN]), "messages.1.content.0: Input tag 'document'"),
    (
        ask(messages=[TURN, {"role": "assistant", "content": [{"type": "thinking", "thinking": "a", "signature": "b"}]}, TURN]),
        "Invalid `signature`",
    ),
    (ask(system=""), "system: text content blocks must be non-empty"),
    (ask(system=[{"type": "image"}]), "system.0: Input tag 'image'"),
    (ask(system={"text": "a"}), "system: Input should be a valid list"),
    (ask(metadata={"user": "a"}), "metadata.user: Extra inputs are not permitted"),
    (ask(service_tier="flex"), "service_tier: Input should be 'auto' or 'standard_only'"),
    (ask(stop_sequences=[" "]), "stop_sequences.0: each stop sequence must contain non-whitespace"),
    (ask("word " * 700_000), "prompt is too long: "),
    # the prompt cache
    (ask([MARKED] * 5), "A maximum of 4 blocks with cache_control may be provided. Found 5."),
    (ask([MARKED] * 4, cache_control={"type": "ephemeral"}), "A maximum of 4 blocks with cache_control may be provided. Found 5."),
    (ask(cache_control={"type": "forever"}), "cache_control.type: Input should be 'ephemeral'"),
    (ask(cache_control={"type": "ephemeral", "ttl": "2h"}), "cache_control.ttl: Input should be '5m' or '1h'"),
    (ask(cache_control={"type": "ephemeral", "scope": "all"}), "cache_control.scope: Extra inputs are not permitted"),
    (ask(system=[MARKED], cache_control={"type": "ephemeral", "ttl": "1h"}), "must not come after a ttl='5m'"),
    # documents and images
    (source("base64", media_type="application/pdf", data="%PDF"), "messages.0.content.0.document.source.base64.data: Invalid base64 data"),
    (source("base64", media_type="application/pdf", data=""), "messages.0.content.0.document.source.base64.data: Invalid base64 data"),
    (source("base64", media_type="application/pdf", data=PDF[8:]), "The PDF specified was not valid."),
    (source("base64", media_type="text/plain", data=PDF), "document.source.base64.media_type: Input should be 'application/pdf'"),
    (source("text", media_type="text/plain", data=""), "messages: text content blocks must be non-empty"),
    (source("text", media_type="text/markdown", data="a"), "document.source.text.media_type: Input should be 'text/plain'"),
    (source("text", data="a"), "document.source.text.media_type: Field required"),
    (source("url", url="http://example.com/a.pdf"), "document.source.url.url: Only HTTPS URLs are supported."),
    (source("path", path="a.pdf"), "messages.0.content.0.document.source: Input tag 'path'"),
    (block("document", source={"type": "url", "url": "https://a.example"}, name="a"), "document.name: Extra inputs are not permitted"),
    (block("image", source={"type": "base64", "media_type": "image/bmp", "data": PDF}), "image.source.base64.media_type: Input should be"),
    # thinking and effort
    (ask(thinking={"type": "enabled", "budget_tokens": 2000}), '"thinking.type.enabled" is not supported for this model'),
    (ask(thinking={"type": "between_tools"}), '"thinking.type.between_tools" is not supported for this model'),
    (ask(thinking={"type": "adaptive", "budget_tokens": 2000}), "thinking.adaptive.budget_tokens: Extra inputs are not permitted"),
    (ask(thinking={"type": "on"}), "thinking: Input tag 'on'"),
    (ask(thinking={"type": "disabled"}, output_config={"effort": "xhigh"}), 'type "disabled" is not supported with effort "xhigh"'),
    (ask(model="claude-opus-5-5", thinking={"type": "disabled"}), '"thinking.type.disabled" is not supported for this model'),
    (ask(model="claude-sonnet-5-5", thinking={"type": "disabled"}), '"thinking.type.disabled" is not supported for this model'),
    (ask(model="claude-opus-4-6", thinking={"type": "enabled", "budget_tokens": 1000}), "thinking.enabled.budget_tokens: Input should be"),
    (ask(model="claude-opus-4-6", thinking={"type": "enabled", "budget_tokens": 1024}), "`max_tokens` must be greater than"),
    (ask(model="claude-haiku-4-5", output_config={"effort": "low"}), "does not support the effort parameter"),
    (ask(output_config={"effort": "tiny"}), "output_config.effort: Input should be 'low' or"),
    (ask(output_config={"verbosity": "low"}), "output_config.verbosity: Extra inputs are not permitted"),
    # tools
    (ask(tools=[{"name": "emit"}]), "tools.0.custom.input_schema: Field required"),
    (ask(tools=[{**TOOL, "parameters": {}}]), "tools.0.custom.parameters: Extra inputs are not permitted"),
    (ask(tools=[{**TOOL, "name": "a b"}]), "tools.0.custom.name: String should match pattern"),
    (ask(tools=[TOOL, TOOL]), "Tool names must be unique."),
    (ask(tools=[{**TOOL, "strict": True}]), "tools.0.custom.input_schema: For 'object' type, 'additionalProperties' must"),
    (ask(tool_choice={"type": "auto"}), "may only be specified while providing tools"),
    (ask(tools=[TOOL], tool_choice={"type": "tool", "name": "omit"}), "Tool 'omit' not found in provided tools"),
    (ask(tools=[TOOL], tool_choice={"type": "any"}, thinking={"type": "adaptive"}), "Thinking may not be enabled when tool_choice forces"),
    *[
        (ask(model=model, tools=[TOOL], tool_choice=choice), 'tool_choice: type "tool" and "any" are not supported for this model.')
        for model in ("claude-opus-5-5", "claude-sonnet-5-5", "claude-fable-5-1")
        for choice in ({"type": "any"}, {"type": "tool", "name": "emit"})
    ],
    (ask([{"type": "tool_result", "tool_use_id": "a"}]), "unexpected `tool_use_id` found"),
    (
        ask(messages=[TURN, {"role": "assistant", "content": [{"type": "tool_use", "id": "a", "name": "emit", "input": {}}]}, TURN]),
        "`tool_use` ids were found without `tool_result` blocks: a",
    ),
    # structured output
    (ask(output_config={"format": {"type": "json_object"}}), "output_config.format.schema: Field required"),
    (ask(output_config={"format": {"type": "json_schema", "schema": OBJECT, "name": "a"}}), "output_config.format.name: Extra inputs"),
    (
        {
            **source("text", media_type="text/plain", data="a"),
            **shaped(OBJECT),
            "messages": ask(
                [{"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "a"}, "citations": {"enabled": True}}]
            )["messages"],
        },
        "Citations are not supported when using output_config.format.",
    ),
]


@pytest.mark.parametrize(("body", "why"), REFUSED, ids=[f"{number}: {why[:60]}" for number, (_, why) in enumerate(REFUSED)])
def test_refuses_a_request(post: Callable[..., Any], body: dict[str, Any], why: str) -> None:
    with pytest.raises(anthropic.BadRequestError) as refused:
        post(body)
    assert why in refused.value.api_message
    assert refused.value.type == "invalid_request_error"
    assert refused.value.body["request_id"] == refused.value.request_id


ACCEPTED: list[dict[str, Any]] = [
    ask(max_tokens=128_000),
    ask(messages=[TURN, REPLY, TURN]),
    ask([MARKED] * 4),
    ask([MARKED] * 3, cache_control={"type": "ephemeral", "ttl": "5m"}),
    ask(system=[{"type": "text", "text": "a", "cache_control": {"type": "ephemeral", "ttl": "1h"}}], cache_control={"type": "ephemeral"}),
    source("base64", media_type="application/pdf", data=PDF),
    source("text", media_type="text/plain", data="a"),
    source("url", url="https://example.com/a.pdf"),
    source("content", content=[{"type": "text", "text": "a"}]),
    block("document", source={"type": "url", "url": "https://a.example"}, title="a", context="b", citations={"enabled": True}),
    block("image", source={"type": "base64", "media_type": "image/png", "data": PDF}),
    ask(thinking={"type": "disabled"}, output_config={"effort": "high"}),
    ask(model="claude-sonnet-5-5", thinking={"type": "between_tools"}),
    ask(model="claude-opus-4-6", thinking={"type": "enabled", "budget_tokens": 1024}, max_tokens=1025),
    ask(tools=[TOOL], tool_choice={"type": "any"}),
    ask(model="claude-opus-5-5", tools=[TOOL], tool_choice={"type": "auto"}),
    ask(metadata={"user_id": "a"}, service_tier="auto", stop_sequences=["END"], stream=False, inference_geo="us"),
    ask(cache_control=None, output_config={"effort": "low", "format": None}),
]


@pytest.mark.parametrize("body", ACCEPTED, ids=range(len(ACCEPTED)))
def test_accepts_the_like(post: Callable[..., Any], body: dict[str, Any]) -> None:
    assert post(body)["type"] == "message"


def test_counting_refuses_what_asking_refuses_and_max_tokens(post: Callable[..., Any]) -> None:
    for body, why in (
        (ask(), "max_tokens: Extra inputs"),
        (ask(max_tokens=..., temperature=1), "temperature: Extra inputs"),
        ({}, "model: Field"),
    ):
        with pytest.raises(anthropic.BadRequestError, match=why):
            post(body, "/v1/messages/count_tokens")


@pytest.mark.parametrize("name", ["claude-nobody", "claude-3-5-sonnet-20241022", "claude-mythos-preview", "claude-fable-9"])
def test_an_unknown_model_is_not_found(post: Callable[..., Any], name: str) -> None:
    with pytest.raises(anthropic.NotFoundError, match=f"model: {name}"):
        post(ask(model=name))


SCHEMAS: list[tuple[Any, str]] = [
    (thing(a={"type": "integer", "minimum": 1}), "For 'integer' type, property 'minimum' is not supported"),
    (thing(a={"type": "number", "minimum": 1, "maximum": 2}), "For 'number' type, properties maximum, minimum are not supported"),
    (thing(a={"type": "number", "multipleOf": 2}), "property 'multipleOf' is not supported"),
    (thing(a={"type": "string", "pattern": "a+"}), "For 'string' type, property 'pattern' is not supported"),
    (thing(a={"type": "string", "minLength": 1}), "property 'minLength' is not supported"),
    (thing(a={"type": "string", "maxLength": 1}), "property 'maxLength' is not supported"),
    (thing(a={"type": "string", "default": "b"}), "property 'default' is not supported"),
    (thing(a={"type": "string", "format": "iri"}), "format 'iri' is not supported"),
    (thing(a={"type": "array", "items": {"type": "null"}, "maxItems": 2}), "For 'array' type, property 'maxItems' is not supported"),
    (thing(a={"type": "array", "items": {"type": "null"}, "minItems": 2}), "'minItems' values other than 0 or 1 are not supported"),
    (thing(a={"type": "array"}), "'items' must be given"),
    (thing(a={"description": "anything"}), "Schema must have a 'type'"),
    (thing(a={"type": ["string", "null"]}), "Type ['string', 'null'] is not supported"),
    (thing(a={"type": "date"}), "Type 'date' is not supported"),
    (thing(a={"oneOf": [{"type": "null"}]}), "Schema must have a 'type'"),
    (thing(a={"enum": []}), "'enum' and 'const' must give"),
    (thing(a={"enum": [{"b": 1}]}), "'enum' and 'const' must give"),
    (thing(a={"enum": ["b", "b"]}), "must not give a value twice"),
    (thing(a={"type": "string", "enum": [1]}), "must fit the type 'string'"),
    (thing(**{"a b": {"type": "null"}}), "Property keys should match pattern"),
    ({"type": "object", "properties": {}}, "'additionalProperties' must be explicitly set to false"),
    ({**OBJECT, "additionalProperties": True}, "'additionalProperties: true' is not supported"),
    (thing(a={"type": "object", "properties": {}}), "'additionalProperties' must be explicitly set to false"),
    ({**OBJECT, "required": ["a", "b"]}, "required properties are not defined: b"),
    ({**OBJECT, "minProperties": 1}, "For 'object' type, property 'minProperties' is not supported"),
    ({**OBJECT, "$schema": "x"}, "For 'object' type, property '$schema' is not supported"),
    (thing(a={"$ref": "#/$defs/b"}), "Reference '#/$defs/b' cannot be resolved"),
    (thing(a={"$ref": "https://example.com"}), "cannot be resolved"),
    ({**thing(a={"$ref": "#/$defs/b"}), "$defs": {"b": thing(c={"$ref": "#/$defs/b"})}}, "Recursive schemas are not supported"),
    ({**OBJECT, "properties": {f"a{one}": {"type": "null"} for one in range(25)}, "required": []}, "too many optional parameters (25)"),
    (thing(**{f"a{one}": {"anyOf": [{"type": "null"}]} for one in range(17)}), "too many parameters with union types (17)"),
    (thing(a={"type": "null", "description": "long " * 20_000}), "The compiled grammar is too large"),
]


@pytest.mark.parametrize(("schema", "why"), SCHEMAS, ids=[why for _, why in SCHEMAS])
def test_refuses_a_schema(post: Callable[..., Any], schema: Any, why: str) -> None:
    with pytest.raises(anthropic.BadRequestError) as refused:
        post(ask(**shaped(schema)))
    assert refused.value.api_message.startswith("output_config.format.schema: ")
    assert why in refused.value.api_message


def schemas() -> st.SearchStrategy[Any]:
    plain = st.sampled_from(
        [{"type": kind} for kind in ("string", "integer", "number", "boolean", "null")]
        + [{"type": "string", "format": "date"}, {"enum": ["a", 1, None]}, {"const": 3}, {"type": "string", "enum": ["b", "c"]}]
    )

    def bigger(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
        def closed(properties: dict[str, Any]) -> dict[str, Any]:
            return {**thing(**properties), "required": list(properties)[::2]}

        return (
            st.builds(lambda one, least: {"type": "array", "items": one, "minItems": least}, inner, st.integers(0, 1))
            | st.builds(closed, st.dictionaries(st.sampled_from("abcd"), inner, max_size=3))
            | st.builds(lambda some: {"anyOf": some}, st.lists(inner, min_size=1, max_size=3))
        )

    return st.recursive(plain, bigger, max_leaves=6)


@given(schema=schemas(), seed=st.integers())
@settings(max_examples=60)
def test_what_is_filled_in_fits(schema: Any, seed: int) -> None:
    check_schema(schema, "schema")
    value = fill(schema, Random(seed))
    jsonschema.validate(value, schema)
    assert misfit(value, schema) is None


@given(
    schema=schemas(),
    value=st.recursive(
        st.sampled_from([None, True, 1, 1.5, "a"]),
        lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("abcd"), inner, max_size=3),
    ),
)
@settings(max_examples=60)
def test_a_misfit_is_what_jsonschema_refuses(schema: Any, value: Any) -> None:
    assert (misfit(value, schema) is None) == jsonschema.Draft202012Validator(schema).is_valid(value)


# Headers, paths, sizes


def raw(
    server: ClaudeServer, method: str = "POST", path: str = "/v1/messages", body: bytes | None = None, **headers: str | None
) -> tuple[int, Any]:
    """Send a request by hand. A header that is None is left out."""
    sent = {"authorization": f"Bearer {server.key}", "anthropic-version": "2026-10-21", "content-type": "application/json"}
    sent |= {name.replace("_", "-"): value for name, value in headers.items()}
    connection = http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=20)
    try:
        body = json.dumps(ask()).encode() if body is None and method == "POST" else body
        connection.request(method, path, body, {name: value for name, value in sent.items() if value is not None})
        reply = connection.getresponse()
        return reply.status, json.loads(reply.read())
    finally:
        connection.close()


@pytest.mark.parametrize(
    ("sent", "status", "why"),
    [
        ({}, 200, None),
        ({"content_type": "application/json; charset=utf-8"}, 200, None),
        ({"anthropic_version": None}, 400, "anthropic-version: header is required"),
        ({"anthropic_version": "2023-06-01"}, 400, "anthropic-version: '2023-06-01' is not a valid version"),
        ({"authorization": None}, 401, "Authentication header is required"),
        ({"authorization": None, "x_api_key": claude.KEY}, 401, "Authentication header is required"),
        ({"authorization": "Bearer "}, 401, "Invalid bearer token"),
        ({"authorization": "Bearer sk-ant-other"}, 401, "Invalid bearer token"),
        ({"authorization": claude.KEY}, 401, "Invalid bearer token"),
        ({"content_type": "text/plain"}, 400, "content-type: header must be application/json"),
        ({"content_type": None}, 400, "content-type: header must be application/json"),
        ({"anthropic_beta": "output-128k"}, 400, "anthropic-beta: Unexpected value(s)"),
        ({"body": b'{"model": '}, 400, "The request body is not valid JSON"),
        ({"body": b"[]"}, 400, "Input should be a valid dictionary"),
        ({"body": b""}, 400, "Input should be a valid dictionary"),
        ({"path": "/v1/complete"}, 404, "Not found"),
        ({"path": "/v1/messages?beta=true"}, 400, "beta: Extra inputs are not permitted"),
        ({"method": "GET"}, 405, "Method Not Allowed"),
        ({"method": "GET", "path": "/v1/models?limit=0"}, 400, "limit: Input should be between 1 and 1000"),
        ({"method": "GET", "path": "/v1/models?page=2"}, 400, "page: Extra inputs are not permitted"),
        ({"method": "GET", "path": "/v1/messages/batches/msgbatch_9"}, 404, "Message Batch msgbatch_9 not found."),
    ],
)
def test_headers_and_paths(strict: ClaudeServer, sent: dict[str, Any], status: int, why: str | None) -> None:
    found, body = raw(strict, **sent)
    assert found == status
    if why:
        assert body["type"] == "error"
        assert why in body["error"]["message"]
        assert body["error"]["type"] == {401: "authentication_error", 404: "not_found_error"}.get(status, "invalid_request_error")
        assert body["request_id"].startswith("req_")


def test_a_body_over_32_mb_is_too_large(post: Callable[..., Any]) -> None:
    with pytest.raises(anthropic.ContentTooLargeError):
        post(ask("a" * 32_000_000))


# Faults


STATUSES = [
    ("400", anthropic.BadRequestError, "invalid_request_error"),
    ("401", anthropic.AuthenticationError, "authentication_error"),
    ("402", anthropic.PaymentRequiredError, "billing_error"),
    ("403", anthropic.PermissionDeniedError, "permission_error"),
    ("404", anthropic.NotFoundError, "not_found_error"),
    ("413", anthropic.ContentTooLargeError, "request_too_large"),
    ("429", anthropic.RateLimitError, "rate_limit_error"),
    ("500", anthropic.InternalServerError, "api_error"),
    ("529", anthropic.OverloadedError, "overloaded_error"),
]


def test_every_status_is_its_exception(sdk: anthropic.Anthropic, claude_server: ClaudeServer) -> None:
    for name, kind, told in STATUSES:
        claude_server.faults = lambda number, name=name: name
        for call in (
            lambda: sdk.messages.create(**ask()),
            lambda: sdk.messages.batches.create(requests=rows(1)),
            lambda: sdk.models.retrieve("a"),
        ):
            with pytest.raises(kind) as seen:
                call()
            assert (seen.value.status_code, seen.value.type) == (int(name), told)
            assert "retry-after" not in seen.value.response.headers
    assert [entry.fault for entry in claude_server.log] == [name for name, _, _ in STATUSES for _ in range(3)]


def test_the_sdk_waits_as_long_as_it_is_told(claude_server: ClaudeServer) -> None:
    told = ["429 retry-after-ms=800", "529 retry-after=0.8"]
    claude_server.faults = lambda number: told[number - 1] if number <= 2 else None

    async def main() -> None:
        async with anthropic.AsyncAnthropic(**claude_server.client, max_retries=1) as client:
            await asyncio.gather(*(client.messages.create(**ask(f"row {row}")) for row in range(2)))

    asyncio.run(main())
    assert sorted(entry.status for entry in claude_server.log[:2]) == [429, 529]
    assert [entry.retry for entry in claude_server.log] == [0, 0, 1, 1]
    for said in ("row 0", "row 1"):
        times = [entry.time for entry in claude_server.log if entry.body["messages"][0]["content"] == said]
        assert times[1] - times[0] > 0.79
    assert claude_server.asked_again() == []


def test_slow_answers(sdk: anthropic.Anthropic, claude_server: ClaudeServer) -> None:
    claude_server.faults = lambda number: "slow=0.2"
    start = time.monotonic()
    assert sdk.messages.create(**ask()).stop_reason == "end_turn"
    assert time.monotonic() - start > 0.19
    claude_server.faults, claude_server.latency = None, lambda request: 0.2 if "wait" in str(request) else 0
    sdk.messages.create(**ask("wait"))
    assert time.monotonic() - start > 0.39
    claude_server.latency = 0.1
    sdk.models.retrieve("claude-haiku-5-5")
    assert time.monotonic() - start > 0.49


def test_hanging_ends_by_the_clients_timeout(sdk: anthropic.Anthropic, claude_server: ClaudeServer) -> None:
    claude_server.faults = lambda number: "hang"
    with pytest.raises(anthropic.APITimeoutError):
        sdk.messages.create(**ask(), timeout=0.2)
    assert [(entry.fault, entry.status, entry.whole) for entry in claude_server.log] == [("hang", None, False)]


@pytest.mark.parametrize(("fault", "status"), [("cut", 200), ("cut_before", None)])
def test_connections_break(sdk: anthropic.Anthropic, claude_server: ClaudeServer, fault: str, status: int | None) -> None:
    claude_server.faults = lambda number: fault
    with pytest.raises(anthropic.APIConnectionError) as seen:
        sdk.messages.create(**ask())
    assert not isinstance(seen.value, anthropic.APITimeoutError)
    with pytest.raises(Exception, match=r"closed|disconnected|Connection"), sdk.messages.stream(**ask()) as stream:
        stream.get_final_message()
    assert [(entry.fault, entry.status, entry.whole) for entry in claude_server.log] == [(fault, status, False)] * 2
    claude_server.faults = None
    assert sdk.messages.create(**ask()).stop_reason == "end_turn"


def test_broken_connections_are_tried_again_by_the_sdk(claude_server: ClaudeServer) -> None:
    claude_server.faults = lambda number: {1: "cut", 2: "cut_before"}.get(number)

    async def main() -> list[Any]:
        async with anthropic.AsyncAnthropic(**claude_server.client, max_retries=1) as client:
            return await asyncio.gather(*(client.messages.create(**ask(f"row {row}")) for row in range(2)))

    assert {message.stop_reason for message in asyncio.run(main())} == {"end_turn"}
    assert [entry.whole for entry in claude_server.log] == [False, False, True, True]
    assert claude_server.asked_again() == []


def test_a_malformed_body_is_no_json(sdk: anthropic.Anthropic, claude_server: ClaudeServer) -> None:
    claude_server.faults = lambda number: "malformed"
    with pytest.raises(Exception) as seen:  # noqa: PT011
        sdk.messages.create(**ask())
    assert isinstance(seen.value, json.JSONDecodeError | anthropic.APIResponseValidationError)
    assert claude_server.log[0].status == 200


def test_faults_of_what_the_model_says(sdk: anthropic.Anthropic, claude_server: ClaudeServer) -> None:
    seen = {}
    format_ = shaped(thing(name={"type": "string"}))
    for fault in ("refusal", "refusal=frontier_llm", "truncated", "context", "bad_schema", "prose"):
        claude_server.faults = lambda number, fault=fault: fault
        seen[fault] = sdk.messages.create(**ask(**format_))
    assert (seen["refusal"].stop_reason, seen["refusal"].content, seen["refusal"].stop_details.category) == ("refusal", [], "general_harms")
    assert seen["refusal=frontier_llm"].stop_details.category == "frontier_llm"
    assert seen["truncated"].stop_reason == "max_tokens"
    assert seen["truncated"].usage.output_tokens == 400
    assert seen["context"].stop_reason == "model_context_window_exceeded"
    for fault in ("truncated", "context", "prose"):
        with pytest.raises(json.JSONDecodeError):
            json.loads(seen[fault].content[-1].text)
    assert seen["bad_schema"].stop_reason == seen["prose"].stop_reason == "end_turn"
    assert misfit(json.loads(seen["bad_schema"].content[-1].text), thing(name={"type": "string"}))


@pytest.mark.parametrize("text", ["half \ud83d", "whole \U0001f600"])
def test_what_is_no_ascii_is_sent_as_escapes(claude_server: ClaudeServer, text: str) -> None:
    claude_server.answer, claude_server.words = lambda request: text, text
    sent = {"authorization": f"Bearer {claude_server.key}", "anthropic-version": claude.VERSION, "content-type": "application/json"}
    connection = http.client.HTTPConnection("127.0.0.1", urlsplit(claude_server.url).port or 0, timeout=20)
    escaped = json.dumps(text).strip('"').encode()
    for fault, parts in ((None, 2), ("refusal", 1), ("400", 1)):
        claude_server.faults = lambda number, fault=fault: fault
        connection.request("POST", "/v1/messages", json.dumps(ask(thinking={"type": "adaptive", "display": "summarized"})), sent)
        assert connection.getresponse().read().count(escaped) == parts
    connection.close()


def test_rates_are_drawn_by_number_and_seed() -> None:
    def drawn(seed: int) -> list[str | None]:
        faults = (claude.draw({"529": 0.1, "refusal": 0.1}, number, seed) for number in range(1, 1001))
        return [fault and fault.name for fault in faults]

    assert drawn(0) == drawn(0) != drawn(1)
    for name in ("529", "refusal"):
        assert 70 < drawn(0).count(name) < 130


def test_an_unknown_fault_is_a_mistake_of_the_test() -> None:
    server = ClaudeServer(faults=lambda number: "530")
    fails(server)
    with pytest.raises(Mistake, match="there is no fault '530'"):
        server.stop()


def test_a_rate_limit_is_kept_by_model(sdk: anthropic.Anthropic, claude_server: ClaudeServer) -> None:
    claude_server.rate_limit, claude_server.burst = {"claude-haiku-5-5": 120}, 3
    left = [sdk.messages.with_raw_response.create(**ask()).headers["anthropic-ratelimit-requests-remaining"] for _ in range(3)]
    assert left == ["2", "1", "0"]
    with pytest.raises(anthropic.RateLimitError) as seen:
        sdk.messages.create(**ask())
    headers = seen.value.response.headers
    assert (headers["retry-after"], headers["anthropic-ratelimit-requests-limit"]) == ("1", "120")
    assert sdk.messages.create(**ask(model="claude-opus-5-5")).stop_reason == "end_turn"
    time.sleep(0.5)
    assert sdk.messages.create(**ask()).stop_reason == "end_turn"


# The log


def test_the_log_tells_what_was_asked_and_answered(sdk: anthropic.Anthropic, claude_server: ClaudeServer) -> None:
    message = sdk.messages.create(**ask())
    sdk.messages.count_tokens(model="claude-haiku-5-5", messages=[TURN])
    first, second = claude_server.log
    assert (first.number, first.method, first.path, first.body, first.status, first.whole) == (1, "POST", "/v1/messages", ask(), 200, True)
    assert first.answer["id"] == message.id
    assert first.time <= first.answered <= second.time
    assert second.answer == {"input_tokens": second.answer["input_tokens"]}
    assert [entry.number for entry in claude_server.asked()] == [1]
    assert claude_server.key not in repr(claude_server.log)


def test_what_was_paid_and_asked_again_is_seen(sdk: anthropic.Anthropic, claude_server: ClaudeServer) -> None:
    claude_server.faults = lambda number: "529" if number == 1 else "cut" if number == 2 else None
    for kind in (anthropic.OverloadedError, anthropic.APIConnectionError):
        with pytest.raises(kind):
            sdk.messages.create(**ask())
    sdk.messages.create(**ask())
    claude_server.faults = lambda number: "refusal"
    sdk.messages.create(**ask("another"))
    claude_server.faults = None
    sdk.messages.create(**ask("another"))
    assert claude_server.asked_again() == []
    sdk.messages.create(**ask())
    assert claude_server.asked_again() == [(3, 6)]


def test_what_was_in_flight_at_the_same_time_was_not_asked_again(claude_server: ClaudeServer) -> None:
    claude_server.latency = 0.2

    async def main() -> None:
        async with anthropic.AsyncAnthropic(**claude_server.client) as client:
            await asyncio.gather(*(client.messages.create(**ask()) for _ in range(2)))

    asyncio.run(main())
    assert len(claude_server.log) == 2
    assert claude_server.asked_again() == []


def test_what_is_in_a_batch_and_asked_again_is_seen(sdk: anthropic.Anthropic, claude_server: ClaudeServer) -> None:
    claude_server.batch_faults = {"row-0": "prose", "row-1": "expired"}.get
    first = sdk.messages.batches.create(requests=rows(3))
    list(sdk.messages.batches.results(first.id))
    sdk.messages.batches.create(requests=rows(3)[:2])
    assert claude_server.asked_again() == []
    sdk.messages.create(**ask("row 2"))
    number = claude_server.log[-1].number
    assert claude_server.asked_again() == [(1, number)]


def by_hand(server: ClaudeServer) -> socket.socket:
    """A connection on which a message was asked for."""
    body = json.dumps(ask()).encode()
    head = (
        f"POST /v1/messages HTTP/1.1\r\nhost: a\r\nauthorization: Bearer {server.key}\r\nanthropic-version: 2026-10-21\r\n"
        f"content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
    )
    connection = socket.create_connection(("127.0.0.1", urlsplit(server.url).port or 0), timeout=20)
    connection.sendall(head.encode() + body)
    return connection


def eventually(holds: Callable[[], bool]) -> bool:
    until = time.monotonic() + 5
    while not holds() and time.monotonic() < until:
        time.sleep(0.005)
    return holds()


def test_an_answer_that_a_killed_client_did_not_read_is_not_whole(claude_server: ClaudeServer) -> None:
    # A killed process leaves its unread bytes behind, at which the kernel resets the connection; here by hand.
    connection = by_hand(claude_server)
    assert connection.recv(10) == b"HTTP/1.1 2"
    assert claude_server.log[0].whole
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()
    assert eventually(lambda: not claude_server.log[0].whole)
    with by_hand(claude_server) as connection:
        connection.recv(1 << 16)
    assert eventually(lambda: not claude_server.at_once)
    assert claude_server.log[1].whole


def test_an_answer_to_a_client_that_is_gone_is_not_whole(claude_server: ClaudeServer) -> None:
    claude_server.latency = 0.1
    by_hand(claude_server).close()
    assert eventually(lambda: bool(claude_server.log) and claude_server.log[0].status == 200)
    assert not claude_server.log[0].whole


def test_stops_with_requests_in_flight_and_without_leaks() -> None:
    with ClaudeServer(faults=lambda number: "hang") as server:
        connection = by_hand(server)
        assert eventually(lambda: server.at_once == 1)
    with connection:
        assert connection.recv(10) == b""
    with pytest.raises(ConnectionRefusedError):
        by_hand(server)


def test_a_client_process_is_told_by_its_environment(claude_server: ClaudeServer, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in claude_server.environment.items():
        monkeypatch.setenv(name, value)
    with anthropic.Anthropic() as client:
        assert client.messages.create(**ask()).content[-1].text == "hello"
