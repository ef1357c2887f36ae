"""Mails as programs save them: one (.eml, RFC 5322, https://www.rfc-editor.org/rfc/rfc5322), or many in a file, each behind a line that
begins with `From ` (mbox, RFC 4155, https://www.rfc-editor.org/rfc/rfc4155). Read is what was typed: the text of the body, without what it
quotes, forwards, or says below `-- ` of its sender. A body that is only HTML was laid out by a program, and is left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from synthgen.errors import DataError
from synthgen.text.formats.shape import Dialogue, LineFormat, LogFormat, Record
from synthgen.text.opened import LONGEST, read_bounded, size_text

if TYPE_CHECKING:
    from email.message import EmailMessage

HEADER = re.compile(r"[A-Za-z][\w-]{1,60}:(?: |$)")
KNOWN = frozenset(
    "date delivered-to from in-reply-to message-id mime-version received reply-to return-path sender subject to x-mailer".split()  # noqa: SIM905
)
FEWEST = 3
"""Known headers that make the first lines those of a mail."""
BEGIN = re.compile(rb"From \S+ .*\d{4}\s*$")
"""The line above each mail of many (mbox): an address and a date. In a text such a line has `>` before it."""
QUOTED = re.compile(
    r"(?i)(?:on|am|le|el|em|op|den|il giorno) .{5,200}(?:wrote|schrieb|écrit|escribió|escreveu|schreef|skrev|scritto).{0,40}:"
    r"|-{2,} ?(?:original message|forwarded message|ursprüngliche nachricht|message d'origine|mensaje original) ?-{2,}.*"
    r"|begin forwarded message:|_{10,}"
)
"""A line below which others' words stand."""
SIGNATURE = "--"
"""The line above a sender's name and numbers (RFC 3676)."""


def _begins(lines: Sequence[str]) -> bool:
    """Whether the lines up to the first empty one are headers, some of which every mail has."""
    first = next((number for number, line in enumerate(lines) if line.strip()), 0)
    head = list(lines[first + lines[first].startswith("From ") :]) if lines else []
    head = head[: next((number for number, line in enumerate(head) if not line.strip()), len(head))]
    headers = [line for line in head if not line.startswith((" ", "\t"))]
    known = {line.partition(":")[0].casefold() for line in headers} & KNOWN
    return len(known) >= FEWEST and "from" in known and all(map(HEADER.match, headers))


def _records(path: Path) -> Iterator[Record]:
    from email import message_from_bytes, policy

    for number, raw in enumerate(_mails(path), 1):
        try:
            mail = message_from_bytes(raw, policy=policy.default)
            yield {
                "date": str(mail["date"] or ""),
                "from": str(mail["from"] or ""),
                "subject": str(mail["subject"] or ""),
                "text": _typed(mail),
            }
        except (LookupError, ValueError, AttributeError, TypeError, IndexError) as error:  # which `email` raises for headers that are none
            raise DataError(f"{path}: mail {number} cannot be read: {error}", "leave it out") from None


def _mails(path: Path) -> Iterator[bytes]:
    """The mails in a file, one or many."""
    lines, size = list[bytes](), 0
    with read_bounded(path) as stream:
        while line := stream.readline(LONGEST):
            if BEGIN.match(line) and (not lines or not lines[-1].strip()):
                if any(kept.strip() for kept in lines):
                    yield b"".join(lines)
                lines, size = [], 0
                continue
            lines.append(line)
            size += len(line)
            if size > LONGEST:
                raise DataError(f"{path}: a mail of more than {size_text(LONGEST)}", "leave out its attachments")
    if any(kept.strip() for kept in lines):
        yield b"".join(lines)


def _typed(mail: EmailMessage) -> str | None:
    """What the sender typed; None where there is no body of plain text."""
    body = mail.get_body(preferencelist=("plain",))
    if body is None:
        return None
    try:
        text = str(body.get_content())
    except LookupError:  # a charset that nobody knows
        text = str(body.get_payload())
    typed = list[str]()
    for line in text.splitlines():
        if line.rstrip() == SIGNATURE or QUOTED.fullmatch(line.strip()):
            break
        if not line.lstrip().startswith(">"):
            typed.append(line)
    return "\n".join(typed).strip() or None


def _recognise(record: Record) -> bool:
    return False  # known by its file


def _dialogue(record: Record, where: str) -> Dialogue:
    return Dialogue([record["text"]], "text")


FORMAT = LogFormat(
    "mail",
    frozenset(),
    _recognise,
    _dialogue,
    lines=LineFormat((".eml", ".mbox", ".txt", ""), _begins, _records),
    absent="none of its mails has a body of plain text: save them as text, one message a line",
)
