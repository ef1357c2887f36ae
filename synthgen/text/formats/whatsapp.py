"""A chat that WhatsApp exported as text, in the two ways that its apps for Android and iOS have of it (there is no document of WhatsApp's;
https://www.wachattopdf.com/blog/whatsapp-chat-txt-format collects what they write):

    12/03/24, 09:00 - Sam: where is my parcel
    [12/03/2024, 09:00:12] Sam: where is my parcel

A message goes on until the next line that begins so. What stands in the place of media and of deleted messages was typed by nobody.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from synthgen.text.decoding import split_lines
from synthgen.text.formats.shape import Dialogue, LineFormat, LogFormat, Record

MARKS = "\u200e\u200f\u202a\u202c "
"""Marks of the direction of writing, which stand around names."""
FEWEST = 5
"""Messages in the first lines from which on it is no chance."""
DATE = r"\d{1,4}[./-]\d{1,2}[./-]\d{2,4}"
TIME = r"\d{1,2}[:.]\d{2}(?:[:.]\d{2})?(?:[ \u202f\xa0]?[AaPp]\.?[ \xa0]?[Mm]\.?)?(?: Uhr)?"
LINE = re.compile(rf"[\u200e\u200f]*(?:\[(?P<ios>{DATE},? {TIME})\]|(?P<android>{DATE},? {TIME}) [-–]) (?P<said>.*)", re.DOTALL)
SAID = re.compile(r"(?P<name>[^:<>]{1,60}): (?P<text>.*)", re.DOTALL)
NOT_TYPED = re.compile(
    r"(?i)\u200e.*|<[^<>]+>|[^\n]* \((?:file attached|Datei angehängt)\)|(?:this message was|you) deleted(?: this message)?\.?|null",
    re.DOTALL,
)
EDITED = re.compile(r"(?: <This message was edited>|\u200e<[^<>]+>)$")
"""How an edited message ends."""


def _begins(lines: Sequence[str]) -> bool:
    """Whether the first line begins as a line of a chat, and several more have a name behind that."""
    first = next((line for line in lines if line.strip()), "")
    lines_of_chat = [match["said"] for line in lines if (match := LINE.match(line))]
    return bool(LINE.match(first)) and sum(bool(SAID.match(line)) for line in lines_of_chat) >= FEWEST


def _records(path: Path) -> Iterator[Record]:
    message_lines: list[str] = []
    for line in split_lines(path):
        if LINE.match(line):
            yield from _record(message_lines)
            message_lines = [line]
        elif message_lines:
            message_lines.append(line)
    yield from _record(message_lines)


def _record(lines: Sequence[str]) -> Iterator[Record]:
    """The message that some lines are, if somebody said it."""
    begin = LINE.match("\n".join(lines).rstrip())
    if begin and (message := SAID.match(begin["said"])):
        yield {"date": begin["ios"] or begin["android"], "from": message["name"].strip(MARKS), "text": message["text"]}


def _recognise(record: Record) -> bool:
    return False  # known by its file


def _dialogue(record: Record, where: str) -> Dialogue:
    text = record["text"]
    return Dialogue([None if NOT_TYPED.fullmatch(text) else EDITED.sub("", text)], "text", speaker=record["from"])


FORMAT = LogFormat("WhatsApp chat", frozenset(), _recognise, _dialogue, lines=LineFormat((".txt",), _begins, _records))
