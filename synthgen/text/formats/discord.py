"""Messages of a Discord channel, as DiscordChatExporter writes them as JSON:
https://github.com/Tyrrrz/DiscordChatExporter/blob/prime/DiscordChatExporter.Core/Exporting/JsonMessageWriter.cs.

Messages of bots, and those of other types than Default and Reply (joins, pins, calls), were typed by nobody.
"""

from __future__ import annotations

from synthgen.text.formats.shape import Dialogue, LogFormat, Record

TYPED = {"Default", "Reply"}


def _recognise(record: Record) -> bool:
    author = record.get("author")
    has_author = isinstance(author, dict) and isinstance(author.get("isBot"), bool)
    return has_author and "timestamp" in record and isinstance(record.get("content"), str)


def _dialogue(record: Record, where: str) -> Dialogue:
    is_typed = not record["author"]["isBot"] and str(record.get("type", "Default")) in TYPED
    return Dialogue([record["content"] if is_typed else None], "content")


FORMAT = LogFormat("DiscordChatExporter", frozenset({"author"}), _recognise, _dialogue)
