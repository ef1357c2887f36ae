"""Lines of a chat export or a log, which begin with a date or with who speaks: nobody typed that, so it is not taken for typing."""

from __future__ import annotations

import re
import shlex
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from synthgen.errors import DataError

FEWEST = 5
"""Lines from which on a pattern is no chance."""
DATE = r"(?:\d{1,4}[./-]\d{1,2}[./-]\d{1,4}|(?:[A-Z][a-z]{2},? )?\d{1,2} [A-Z][a-z]{2,8} \d{4}|[A-Z][a-z]{2,8} \d{1,2}(?:, \d{4})?)"
TIME = r"\d{1,2}[:.]\d{2}(?:[:.]\d{2})?(?:[.,]\d+)?(?: ?[AaPp]\.?[Mm]\.?)?"
STAMP = re.compile(rf"[^\w\s]{{0,3}}(?:{DATE},?[ T]{TIME}|\[{TIME}\]|{TIME} <)")
"""A date and a time, or a time as chat programs write it, at the start of a line."""
NAMED = re.compile(rf"{STAMP.pattern}[^\w]* (?P<name>[^:<>]{{1,40}}): ")
SPEAKER = re.compile(r"(?i)(user|customer|client|visitor|human|agent|support|operator|assistant|bot|ai|system)( ?\([^)]*\))?: ?\S")


JSON = re.compile(r"\{\s*[\"'}]|\[\s*[\[{\"']")
"""How an object or a list begins, in JSON or in Python."""
ANSWERS = ("agent", "support", "operator", "assistant", "bot", "ai", "system")


def refuse(messages: Sequence[str], path: Path) -> None:
    """Raise DataError when at least half of some messages begin as lines of a transcript do, or as data."""
    if len(messages) < FEWEST:
        return
    if _most(STAMP, messages):
        people = Counter(match["name"] for message in messages if (match := NAMED.match(message)))
        hint = "leave the date and time out of the messages"
        if people and path.suffix.lower() == ".txt":
            listing = ", ".join(f"{name} ({count})" for name, count in people.most_common(6))
            first = re.sub(r"[][\\.*^$/+?(){}|]", r"\\\g<0>", people.most_common(1)[0][0])  # as sed takes it for itself
            hint = f"there speak {listing}; the messages of one: {_lines_of(f'.{{8,45}} {first}: ', path)}"
        raise DataError(f"{path}: most messages begin with a date or time, as in a chat export: nobody typed that", hint)
    if _most(SPEAKER, messages):
        speakers = Counter(match[1] for message in messages if (match := SPEAKER.match(message)))
        user = next((name for name in speakers if name.casefold() not in ANSWERS), "User")
        hint = "leave out who speaks, and what was answered"
        if path.suffix.lower() == ".txt":
            hint = f"keep the user's, without the name: {_lines_of(f'{user}: *', path)}"
        raise DataError(f"{path}: most messages begin with who speaks ({', '.join(speakers)}): nobody typed that", hint)
    if _most(JSON, messages):
        hint = "write the file as JSONL, where a message may be a part of another field: field: message.text"
        raise DataError(f"{path}: most messages are JSON or Python values: nobody typed that", hint)


def _most(pattern: re.Pattern[str], messages: Sequence[str]) -> bool:
    return 2 * sum(bool(pattern.match(message)) for message in messages) >= len(messages)


def _lines_of(begin: str, path: Path) -> str:
    """A command that keeps the lines that begin so, without that."""
    return f"sed -nE {shlex.quote(f's/^{begin}//p')} {shlex.quote(path.name)} > messages.txt"
