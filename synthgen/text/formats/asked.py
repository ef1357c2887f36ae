"""What an application was asked, in the shapes in which tracers keep the input of a call."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from synthgen.errors import DataError
from synthgen.spec.rows import parsed_json
from synthgen.text.message import OTHERS, TALKS, USERS, texts_of

QUESTIONS = ("input", "question", "query", "message", "utterance", "text", "content", "prompt")
"""Names of what was asked among the arguments of a call, where a text or a content may be what the answer is looked up in."""
LANGCHAIN = {"HumanMessage": "human", "HumanMessageChunk": "human"}
"""The users' classes of LangChain's serialised messages; all others are somebody else's."""


def turns_asked(value: Any) -> list[str | None]:
    """The turns in the input of a call: a text, a list of messages, or a mapping with one of these under a usual name (or under its only
    name); a call's `args` and `kwargs`; any of it as JSON. Nothing where it cannot be told which part was typed."""
    value = value_of(value)
    if isinstance(value, str):
        return [value]
    if isinstance(value, list):
        if len(value) == 1 and isinstance(value[0], list):
            return turns_asked(value[0])
        turns = [_turn(item) for item in value]
        return [text for turn in turns if turn is not None for text in turn] if None not in turns else []
    return _of_mapping(value) if isinstance(value, Mapping) else []


def _of_mapping(value: Mapping[str, Any]) -> list[str | None]:
    if (turn := _turn(value)) is not None:
        return turn
    if isinstance(value.get("args"), list) and "kwargs" in value:
        return turns_asked(value["args"][0] if len(value["args"]) == 1 else value["kwargs"])
    keys = {str(key).casefold(): key for key in reversed(list(value))}
    for name in (*TALKS, *QUESTIONS):
        if name in keys and (turns := turns_asked(value[keys[name]])):
            return turns
    (only,) = value.values() if len(value) == 1 else (None,)
    return [only] if isinstance(only, str) else []


def _turn(item: Any) -> list[str | None] | None:
    """The texts of a message, [None] of one that the user did not write; None when it is no message."""
    if isinstance(item, list) and len(item) == 2 and isinstance(item[0], str) and item[0].casefold() in USERS | OTHERS:
        return _by(item[0], item[1])
    if not isinstance(item, Mapping):
        return None
    if isinstance(item.get("id"), list) and isinstance(item.get("kwargs"), Mapping):  # LangChain's dumps of a message
        return _by(LANGCHAIN.get(str((item["id"] or [""])[-1]), ""), item["kwargs"].get("content"))
    role = next((item[key] for key in ("role", "from", "type") if isinstance(item.get(key), str)), None)
    if role is None or not item.keys() & {"content", "value", "parts", "tool_calls", "data"}:
        return None
    if isinstance(item.get("data"), Mapping):
        return _by(role, item["data"].get("content"))
    return _by(role, item.get("parts", item.get("content", item.get("value"))))


def _by(role: str, content: Any) -> list[str | None]:
    """The texts of what somebody in this role wrote; [None] where that is not the user, or no text."""
    if role.casefold() not in USERS:
        return [None]
    if isinstance(content, list):  # OpenTelemetry's parts hold their text in `content`
        content = [{**part, "text": part["content"]} if _is_text(part) else part for part in content if not _is_other(part)]
    try:
        return [*texts_of(content, "", "")] or [None]
    except DataError:
        return [None]


def _is_text(part: Any) -> bool:
    return isinstance(part, Mapping) and part.get("type") == "text" and isinstance(part.get("content"), str)


def _is_other(part: Any) -> bool:
    """Whether a part of a content is something that nobody typed."""
    return isinstance(part, Mapping) and part.get("type") not in ("text", "input_text") and "text" not in part


def value_of(value: Any) -> Any:
    """A value, read if it is the JSON text of an object or a list."""
    if isinstance(value, str) and value.lstrip()[:1] in ("{", "["):
        try:
            return parsed_json(value)
        except (json.JSONDecodeError, RecursionError, ValueError):
            return value
    return value
