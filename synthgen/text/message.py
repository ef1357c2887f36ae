"""What somebody typed, picked out of a record: a text, or the user's part of a conversation in the shapes that chat APIs use.

Anything else that is no text is refused. Written down as it is, it would be in Python's spelling, which nobody types.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Mapping, Sequence
from typing import Any

from synthgen.errors import LISTED, DataError, did_you_mean
from synthgen.spec.paths import find_path, paths_in
from synthgen.spec.rows import to_text

FIELDS = ("text", "message", "input", "content", "prompt", "query", "question", "utterance")
TALKS = ("messages", "conversations", "conversation", "turns", "dialog", "dialogue")
TURNS = (("role", "content"), ("from", "value"))
"""The keys of a turn: who speaks, and what is said (as OpenAI and Anthropic have it, and as ShareGPT has)."""
USERS = {"user", "human"}
OTHERS = {"system", "developer", "assistant", "gpt", "model", "ai", "bot", "chatbot", "chatgpt", "tool", "function", "ipython"}
ANSWERS = {"assistant", "gpt", "model", "ai", "bot", "chatbot", "chatgpt"}
BESIDE = {
    "image",
    "image_url",
    "input_image",
    "input_audio",
    "audio",
    "video",
    "file",
    "input_file",
    "document",
    "tool_use",
    "tool_result",
    "search_result",
    "container_upload",
}
"""The types of parts of a content that nobody typed."""


class NoField(DataError):
    """A record has no field of that name, or none of the usual names."""


def messages_in(record: Mapping[str, Any], field: str, where: str) -> list[str]:
    """The messages in a record: in its field `field` (a part of a field is `user.text`), or else in the first that is there of the usual
    ones, in capitals or not. Of a conversation the user's. Raises DataError, and NoField where there is no such field."""
    return [text for text in said_in(record, field, where)[1] if text is not None]


def said_in(record: Mapping[str, Any], field: str, where: str) -> tuple[str, list[str | None]]:
    """The field in which `messages_in` reads, and each turn that is in it: the text of a message, and None for what is nobody's or not the
    user's. Raises as that does."""
    if is_turn(record) and field in ("", "content", "value"):
        return field or "content", turns_of([record], where, field)
    if name := field or usual_field(record):
        try:
            return name, turns_of(find_path(record, name), f"{where}: '{name}'", name)
        except KeyError:
            pass
    if field:
        raise NoField(f"{where}: no field '{field}'", did_you_mean(field, paths_in(record), "its fields"))
    missing = f"no field named {', '.join(FIELDS[:-1])} or {FIELDS[-1]}"
    raise NoField(f"{where}: {missing}", f"its fields: {_listed(list(record))}{_naming(_longest(record))}")


def is_answered(value: Any) -> bool:
    """Whether a conversation ends with what a model said."""
    last = _turn(value[-1]) if isinstance(value, list) and value else None
    return last is not None and last[0] in ANSWERS


def is_turn(record: Mapping[str, Any]) -> bool:
    """Whether a record is itself a turn of a conversation."""
    turn = _turn(record)
    return turn is not None and turn[0] in USERS | OTHERS


def usual_field(record: Mapping[str, Any]) -> str:
    """The field of the record under which messages usually are, the first that is not empty; "" if it has none."""
    keys = {str(key).casefold(): key for key in reversed(list(record))}
    names = [keys[name] for name in (*FIELDS, *TALKS) if name in keys]
    return next((name for name in names if record[name] is not None), names[0] if names else "")


def turns_of(value: Any, where: str, name: str) -> list[str | None]:
    """Each turn of the conversation that a value is, in order: the text of the user's (each, where it has several), None for others'. Of
    any other value its texts. Raises DataError as `texts_of` does."""
    turns = _turns(value)
    if not turns:
        return [*texts_of(value, where, name)]
    _refuse_strange(turns, where)
    texts = (texts_of(content, where, name) or [None] if role in USERS else [None] for role, content in turns)
    return [text for of_turn in texts for text in of_turn]


def texts_of(value: Any, where: str, name: str = "") -> list[str]:
    """The messages in the value of a field `name`: one for a text, none for nothing, of a conversation the user's turns. `where` says of
    what it is. Raises DataError when it is something else."""
    if value is None:
        return []
    if isinstance(value, str):
        return [value]
    if isinstance(value, bytes):
        return [_decoded(value, where)]
    if isinstance(value, int | float) and not isinstance(value, bool):
        return [to_text(value)]
    if _turns(value):
        return [text for text in turns_of(value, where, name) if text is not None]
    parts = value if isinstance(value, list) else [value]
    if not parts or (any(map(_is_part, parts)) and all(isinstance(item, str) or _is_part(item) for item in parts)):
        pieces = [item if isinstance(item, str) else item.get("text") for item in parts]
        between = "" if any(isinstance(item, str) for item in parts) else "\n"
        return [between.join(map(str, kept))] if (kept := [piece for piece in pieces if piece]) else []
    raise DataError(f"{where} holds {_kind(value)}, not text", _ways(value, name))


def _turn(value: Any) -> tuple[str, Any] | None:
    """Who speaks and what, if the value is a turn of a conversation."""
    if isinstance(value, Mapping):
        for role_key, content_key in TURNS:
            if isinstance(value.get(role_key), str) and (content_key in value or "tool_calls" in value):
                return value[role_key].casefold(), value.get(content_key)
    return None


def _turns(value: Any) -> list[tuple[str, Any]]:
    """The turns of the conversation that a value is; none if it is something else."""
    turns = [_turn(item) for item in (value if isinstance(value, list) else [value])]
    return [turn for turn in turns if turn] if all(turns) else []


def is_talk(value: Any) -> bool:
    """Whether a value is a list of turns."""
    return isinstance(value, list) and bool(value) and all(map(_turn, value))


def _refuse_strange(turns: Sequence[tuple[str, Any]], where: str) -> None:
    """Raise DataError when nobody in a conversation is the user, and somebody may be."""
    roles = {role for role, _ in turns}
    if (strange := sorted(roles - USERS - OTHERS)) and roles.isdisjoint(USERS):
        raise DataError(f"{where} holds turns of {_listed(strange)}: which is the user is not known", "call the user's turns user")


def _is_part(item: Any) -> bool:
    """Whether a value is a part of a content: a text, or something beside it, such as a picture."""
    return isinstance(item, Mapping) and (_type(item) in BESIDE or ("type" in item and isinstance(item.get("text"), str)))


def _type(item: Mapping[str, Any]) -> str:
    return item["type"] if isinstance(item.get("type"), str) else ""


def _decoded(value: bytes, where: str) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        raise DataError(f"{where} holds bytes that are not UTF-8 text", "write it as text") from None


def _kind(value: Any) -> str:
    if isinstance(value, Mapping):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    return "true or false" if isinstance(value, bool) else f"a {type(value).__name__}"


def _ways(value: Any, name: str) -> str:
    """What to do about a value that is no text."""
    if isinstance(value, Mapping) and name:
        parts = [str(key) for key, inner in value.items() if isinstance(inner, str)] or list(map(str, value))
        if parts:
            return f"its parts: {_listed([f'{name}.{key}' for key in parts])}{_naming(f'{name}.{_longest(value) or parts[0]}')}"
    if isinstance(value, list):
        return "give each message a record of its own; of a conversation, turns of the form {role: user, content: …} are read"
    return "name a field that holds text: field: FIELD in a recipe, --field FIELD in a command"


def _longest(record: Mapping[str, Any]) -> str:
    """The field that is most likely a message: the text of the most letters."""
    letter_counts = {str(key): sum(map(str.isalpha, value)) for key, value in record.items() if isinstance(value, str)}
    return max(letter_counts, key=lambda key: letter_counts[key], default="")


def _naming(field: str) -> str:
    """How the field with the messages is named."""
    in_yaml = field if re.fullmatch(r"\w[\w .-]*", field) else json.dumps(field, ensure_ascii=False)
    return f"; name it: field: {in_yaml} in a recipe, --field {shlex.quote(field)} in a command" if field else ""


def _listed(names: Sequence[Any]) -> str:
    return ", ".join(map(str, names[:LISTED])) + (", …" if len(names) > LISTED else "")
