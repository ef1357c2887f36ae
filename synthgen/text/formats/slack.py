"""Messages of a Slack export, a file a day: https://slack.com/help/articles/220556107-How-to-read-Slack-data-exports, with the fields of
https://api.slack.com/events/message and the markup of https://api.slack.com/reference/surfaces/formatting.

People wrote what has a user and no subtype (or one of a few); joins, bots and apps did not. A thread is a conversation.
"""

from __future__ import annotations

import html
import re

from synthgen.text.formats.shape import Dialogue, LogFormat, Record, short_value

STAMP = re.compile(r"\d{9,11}\.\d{6}")
TYPED = {"", "thread_broadcast", "file_share", "me_message"}
"""Subtypes of messages that somebody typed."""
LINKED = re.compile(r"<(?P<kind>[@#!]?)(?P<target>[^<>|\s]+)(?:\|(?P<shown>[^<>]*))?>")


def _recognise(record: Record) -> bool:
    stamp = record.get("ts")
    return record.get("type") == "message" and isinstance(stamp, str) and bool(STAMP.fullmatch(stamp)) and "text" in record


def _dialogue(record: Record, where: str) -> Dialogue:
    is_person = "user" in record and record.get("user") != "USLACKBOT" and not record.get("bot_id") and not record.get("bot_profile")
    is_typed = is_person and str(record.get("subtype") or "") in TYPED and isinstance(record["text"], str)
    return Dialogue([as_typed_in_slack(record["text"]) if is_typed else None], "text", short_value(record, ("thread_ts", "ts")))


def as_typed_in_slack(text: str) -> str:
    """The text as it was typed: links and names without their brackets, and `&`, `<` and `>` themselves."""
    return html.unescape(LINKED.sub(_shown, text))


def _shown(link: re.Match[str]) -> str:
    if not link["kind"]:
        return link["shown"] or link["target"].removeprefix("mailto:").removeprefix("tel:")
    name = link["shown"] or (link["target"] if link["kind"] == "!" else "channel" if link["kind"] == "#" else "someone")
    sign = "#" if link["kind"] == "#" else "@"
    return sign + name.lstrip("@#").split("^")[0]


FORMAT = LogFormat("Slack export", frozenset({"ts"}), _recognise, _dialogue)
