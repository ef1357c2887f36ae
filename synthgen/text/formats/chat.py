"""Conversations as chat APIs and fine-tuning have them: records, requests and batch lines whose list of turns says who speaks.

OpenAI: https://platform.openai.com/docs/api-reference/chat/create, and for fine-tuning
https://platform.openai.com/docs/guides/supervised-fine-tuning; Anthropic: https://docs.claude.com/en/api/messages; ShareGPT: `from` and
`value`, as https://github.com/lm-sys/FastChat reads it.
"""

from __future__ import annotations

from typing import Any

from synthgen.spec.paths import get_path
from synthgen.text.formats.shape import CONVERSATIONS, Dialogue, LogFormat, Record, short_value
from synthgen.text.message import is_answered, is_talk, is_turn, turns_of, usual_field

BODIES = ("body", "params", "request", "request.body")
"""Where logs and batches keep a request (OpenAI's and Anthropic's batches: body, params)."""
BLOCKS = {"tool_use", "tool_result", "thinking", "redacted_thinking", "server_tool_use", "document"}
"""Types of blocks that only Anthropic's contents have."""


def _talk(record: Record) -> tuple[str, list[Any], Record]:
    """Where the record's turns are, these, and the request that they are in; no turns where it has none under a usual name."""
    if is_turn(record):
        return "", [], record
    if name := usual_field(record):
        return (name, record[name], record) if is_talk(record[name]) else ("", [], record)
    for place in BODIES:
        body = get_path(record, place)
        if isinstance(body, dict) and is_talk(body.get("messages")):
            return f"{place}.messages", body["messages"], body
    return "", [], record


def _is_sharegpt(record: Record) -> bool:
    return any("from" in turn and "role" not in turn for turn in _talk(record)[1])


def _is_anthropic(record: Record) -> bool:
    _, turns, body = _talk(record)
    blocks = {block.get("type") for turn in turns if isinstance(turn.get("content"), list) for block in turn["content"] if _typed(block)}
    return bool(turns) and ("anthropic_version" in body or ("system" in body and "max_tokens" in body) or not BLOCKS.isdisjoint(blocks))


def _typed(block: Any) -> bool:
    return isinstance(block, dict) and isinstance(block.get("type"), str)


def _is_chat(record: Record) -> bool:
    return bool(_talk(record)[1])


def _dialogue(record: Record, where: str) -> Dialogue:
    field, turns, _ = _talk(record)
    return Dialogue(turns_of(turns, f"{where}: '{field}'", field), field, short_value(record, CONVERSATIONS), answered=is_answered(turns))


SHAREGPT = LogFormat("ShareGPT", frozenset(), _is_sharegpt, _dialogue, talks=True)
ANTHROPIC = LogFormat("Anthropic messages", frozenset(), _is_anthropic, _dialogue, talks=True)
OPENAI = LogFormat("OpenAI chat", frozenset(), _is_chat, _dialogue, talks=True)
