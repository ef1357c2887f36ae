"""Conversations out of Intercom: a row a message, as CSV exporters write them
(https://www.prodsight.ai/help-sub/intercomexport-help-center/getting-started/what-does-the-intercom-conversation-export-contain), and the
conversations of its API and S3 export (https://developers.intercom.com/docs/references/rest-api/api.intercom.io/conversations).

A message is the user's if a user, lead or contact wrote it; notes, assignments and what bots and admins wrote is not.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from synthgen.spec.paths import get_path
from synthgen.text.formats.markup import without_html
from synthgen.text.formats.shape import Dialogue, LogFormat, Record, short_value
from synthgen.text.message import usual_field

PEOPLE = {"user", "lead", "contact"}
BODY = ("message_body", "body")
AUTHOR = ("message_author_type", "author_type", "author.type")
SAID = {"", "comment", "conversation", "conversation_message", "open"}
"""Kinds of parts in which somebody writes to the other side."""


def _is_row(record: Record) -> bool:
    return "conversation_id" in record and bool(_key(record, BODY) and _key(record, AUTHOR)) and not usual_field(record)


def _key(record: Record, names: tuple[str, ...]) -> str:
    return next((name for name in names if name in record), "")


def _is_conversation(record: Record) -> bool:
    source = record.get("source")
    has_author = isinstance(source, dict) and isinstance(source.get("author"), dict)
    return has_author and bool(record.keys() & {"conversation_parts", "contacts", "state"}) and not usual_field(record)


def _recognise(record: Record) -> bool:
    return _is_row(record) or _is_conversation(record)


def _dialogue(record: Record, where: str) -> Dialogue:
    if _is_row(record):
        body = _key(record, BODY)
        turn = _turn(record[_key(record, AUTHOR)], record[body], record.get("message_type", record.get("part_type")))
        return Dialogue([turn], body, short_value(record, ("conversation_id",)))
    return Dialogue(list(_of_parts(record)), "source.body", short_value(record, ("id",)))


def _of_parts(record: Record) -> Iterator[str | None]:
    source, parts = record["source"], record.get("conversation_parts")
    yield _turn(source["author"].get("type"), source.get("body"), "")
    listed = get_path(parts, "conversation_parts") if isinstance(parts, dict) else parts
    for part in listed if isinstance(listed, list) else []:
        if isinstance(part, dict) and part.get("body"):
            author = part.get("author")
            yield _turn(author.get("type") if isinstance(author, dict) else "", part["body"], part.get("part_type"))


def _turn(author: Any, body: Any, kind: Any) -> str | None:
    """What was written, if a user wrote it."""
    is_said = str(author).casefold() in PEOPLE and str(kind or "").casefold() in SAID
    return without_html(body) if is_said and isinstance(body, str) else None


FORMAT = LogFormat("Intercom conversations", frozenset({"conversation_id", "source"}), _recognise, _dialogue, talks=True)
