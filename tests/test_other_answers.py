"""Answers that the API does not give: another make of server, a proxy, an attacker. Each is told in words, or done without."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest
from servers.anything import anything

from synthgen.errors import ModelError
from synthgen.models import ClaudeModel, Journal, Journalled, connection
from synthgen.models.model import Batching
from synthgen.models.wire import Abilities
from synthgen.spec.rows import Brief, Completion, Prompt

PROMPT = Prompt("hello", 1, brief=Brief("Answer.", tokens=100))
CARD = {"type": "model", "id": "claude-haiku-5-5", "display_name": "x", "created_at": "2026-01-01T00:00:00Z", "max_tokens": 1000}
MESSAGE = {
    "id": "msg_1",
    "type": "message",
    "role": "assistant",
    "model": "claude-haiku-5-5",
    "content": [{"type": "text", "text": "hi"}],
    "stop_reason": "end_turn",
    "stop_sequence": None,
    "usage": {"input_tokens": 5, "output_tokens": 2},
}
BATCH = {
    "id": "msgbatch_1",
    "type": "message_batch",
    "processing_status": "ended",
    "request_counts": {"processing": 0, "succeeded": 1, "errored": 0, "canceled": 0, "expired": 0},
    "created_at": "2026-01-01T00:00:00Z",
    "expires_at": "2026-01-02T00:00:00Z",
    "ended_at": "2026-01-01T00:00:00Z",
    "results_url": "/results",
}
BRACKETS = b"[" * 100_000
NOT_AN_ANSWER = "an answer that is not what the API answers with"


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "FIRST_PAUSE", 0.001)
    monkeypatch.setattr(connection, "LONGEST_PAUSE", 0.001)
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-test")


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """A model whose server gives these answers."""

    @contextmanager
    def of(**answers: Any) -> Iterator[ClaudeModel]:
        with anything({"models": CARD, "messages": MESSAGE, "count_tokens": {"input_tokens": 12}, **answers}) as address:
            monkeypatch.setenv("ANTHROPIC_BASE_URL", address)
            yield ClaudeModel("claude-haiku-5-5", timeout=5)

    return of


def asked_in_a_batch(model: ClaudeModel, prompts: Sequence[Prompt]) -> list[Completion]:
    journal = Journal(None)
    try:
        return list(Journalled(model, journal, batch=Batching(wait=lambda _: None)).complete(prompts))
    finally:
        journal.close()


@pytest.mark.parametrize(
    "card",
    [
        5,
        [],
        None,
        {**CARD, "max_tokens": "many", "max_input_tokens": -1},
        {**CARD, "max_tokens": [], "max_input_tokens": 10**30},
        {**CARD, "capabilities": 5},
        {**CARD, "capabilities": {"effort": 5, "structured_outputs": None}},
        {**CARD, "capabilities": {"effort": {"supported": "yes", "low": []}, "structured_outputs": {"supported": 1}}},
    ],
    ids=str,
)
def test_a_card_that_says_nothing_leaves_a_model_its_least(model: Callable[..., Any], card: Any) -> None:
    with model(models=json.dumps(card).encode()) as claude:
        assert [one.text for one in claude.complete([PROMPT])] == ["hi"]
        assert claude._abilities.efforts == frozenset()
        assert claude._abilities.writes in (None, 1000)
        assert claude._abilities.reads == Abilities().reads


@pytest.mark.parametrize(
    "count",
    [None, 5, [], {}, {"input_tokens": None}, {"input_tokens": "12"}, {"input_tokens": -1}, {"input_tokens": True}, BRACKETS],
    ids=repr,
)
def test_a_count_without_its_number_is_told_and_estimated(model: Callable[..., Any], count: Any) -> None:
    with model(count_tokens=count if isinstance(count, bytes) else json.dumps(count).encode()) as claude:
        with pytest.raises(ModelError, match=NOT_AN_ANSWER):
            claude.tokens([PROMPT])
        assert claude.expected([PROMPT], 100, 20).read > 0


@pytest.mark.parametrize(
    "body",
    [
        BRACKETS,
        b'{"content":' + BRACKETS,
        b'{"a":' * 100_000,
        b"null",
        b"5",
        b"[]",
        b"{}",
        json.dumps({**MESSAGE, "content": None}).encode(),
    ],
    ids=lambda body: body[:20].decode(),
)
def test_a_body_that_is_no_message_is_told(model: Callable[..., Any], body: bytes) -> None:
    with model(messages=body) as claude, pytest.raises(ModelError, match=NOT_AN_ANSWER) as caught:
        list(claude.complete([PROMPT]))
    assert caught.value.retryable


@pytest.mark.parametrize("card", [BRACKETS, b'{"a":' * 100_000], ids=["list", "object"])
def test_a_card_of_brackets_is_told(model: Callable[..., Any], card: bytes) -> None:
    with model(models=card) as claude, pytest.raises(ModelError, match=NOT_AN_ANSWER):
        list(claude.complete([PROMPT]))


@pytest.mark.parametrize(
    "batch",
    [
        None,
        5,
        [],
        {},
        {**BATCH, "id": None},
        {**BATCH, "id": []},
        {**BATCH, "id": 10**30},
        {**BATCH, "processing_status": None},
        {**BATCH, "processing_status": {}},
        BRACKETS,
    ],
    ids=lambda batch: repr(batch)[:40],
)
def test_a_batch_that_is_none_is_told(model: Callable[..., Any], batch: Any) -> None:
    raw = batch if isinstance(batch, bytes) else json.dumps(batch).encode()
    with model(batches=raw) as claude, pytest.raises(ModelError, match=NOT_AN_ANSWER):
        asked_in_a_batch(claude, [PROMPT])


@pytest.mark.parametrize(
    "counts", [None, 5, {}, {"processing": None, "succeeded": "x", "errored": [], "canceled": -1, "expired": 10**30}], ids=str
)
def test_a_batch_without_its_counts_is_waited_for(model: Callable[..., Any], counts: Any) -> None:
    named: list[str] = []

    def batches(body: bytes) -> Any:
        named.extend(one["custom_id"] for one in json.loads(body or b"{}").get("requests", []))
        return {**BATCH, "request_counts": counts}

    def results(_: bytes) -> bytes:
        return json.dumps({"custom_id": named[0], "result": {"type": "succeeded", "message": MESSAGE}}).encode()

    with model(batches=batches, results=results) as claude:
        assert [one.text for one in asked_in_a_batch(claude, [PROMPT])] == ["hi"]


@pytest.mark.parametrize(
    "result",
    [
        None,
        5,
        [],
        {},
        {"type": None},
        {"type": "errored"},
        {"type": "errored", "error": {"error": None}},
        {"type": "succeeded", "message": None},
    ],
    ids=str,
)
def test_a_result_that_is_none_is_asked_for_again(model: Callable[..., Any], result: Any) -> None:
    rounds: list[str] = []

    def batches(body: bytes) -> Any:
        rounds.extend(one["custom_id"] for one in json.loads(body or b"{}").get("requests", []))
        return BATCH

    def results(_: bytes) -> bytes:
        whole = {"type": "succeeded", "message": MESSAGE}
        return json.dumps({"custom_id": rounds[-1], "result": result if len(rounds) == 1 else whole}).encode()

    with model(batches=batches, results=results) as claude:
        assert [one.text for one in asked_in_a_batch(claude, [PROMPT])] == ["hi"]
    assert len(rounds) == 2
