"""A user's logs: messages with what belongs together, and without what identifies somebody."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from synthgen.errors import DataError, did_you_mean
from synthgen.spec.paths import find_path
from synthgen.text import files, frames, transcript
from synthgen.text.dialogues import ReadSummary, Turns
from synthgen.tuning.documents import TrainingMessage
from synthgen.tuning.masks import masked

GROUPS = ("group", "intent", "label", "topic", "category")
"""Fields that say what a message is about, in the order in which they are looked for."""
DIALOGUES = ("dialog_id", "dialogue_id", "conversation_id", "thread_id", "session_id", "conversation", "dialogue", "thread", "session")
"""Fields that say which messages belong to one conversation."""
LONGEST = 120
"""Words. What is longer is a pasted text rather than a message, and is left out."""
LEAST = 200
"""Messages. From fewer a model learns nothing of how people type that `like:` would not show it."""
ENOUGH = 2000
"""Messages from which on tuning is worth more than its time."""


@dataclass(frozen=True)
class Logs:
    """The messages that can be learned from; how many there were, what was left out and why, what was masked, and a line of each file of
    records."""

    typed: list[TrainingMessage]
    read: int
    left_out: dict[str, int]
    masked: dict[str, int]
    readings: Sequence[str] = ()


def read_logs(
    paths: Sequence[Path],
    about: str,
    stream: Random,
    *,
    field: str | None = None,
    group: str | None = None,
    turns: Turns | None = None,
) -> Logs:
    """The messages of some files, each once. Raises DataError when they are too few."""
    typed, left_out, masks, seen, count = list[TrainingMessage](), Counter[str](), Counter[str](), set[tuple[str, str]](), 0
    readings: list[str] = []
    for path in paths:
        summary = ReadSummary()
        for text, topic, unit in _records(path, field, group, turns, summary):
            count += 1
            key = topic, frames.normalise(text)
            if reason := "empty" if not text else "repeated" if key in seen else _unfit(text):
                left_out[reason] += 1
                continue
            seen.add(key)
            safe = masked(text, stream)
            masks.update(safe.counts)
            typed.append(TrainingMessage(safe.text, readable(topic), topic, unit or str(count), about, path.name))
        readings += [f"{path.name}: {summary}"] if summary.fields else []
    if len(typed) < LEAST:
        listing = ", ".join(f"{number} {reason}" for reason, number in left_out.items())
        raise DataError(
            f"{len(typed)} messages are too few to tune on ({LEAST} at least, better {ENOUGH:,})"
            + (f"; {listing} were left out" if listing else ""),
            "write `like: FILE` in a typed field instead: it shows the model your messages without training",
        )
    return Logs(typed, count, dict(left_out), dict(masks), readings)


def _unfit(text: str) -> str:
    return "long" if len(text.split()) > LONGEST else "like a frame" if frames.leaks_frame(text, "") else ""


def _records(path: Path, field: str | None, group: str | None, turns: Turns | None, summary: ReadSummary) -> Iterator[tuple[str, str, str]]:
    if not files.is_records(path):
        if group:
            raise DataError(f"{path}: a text file has no field '{group}'", "give the messages as JSONL, CSV or Parquet")
        yield from ((text, "", "") for text in files.messages(path))
        return
    read = list(files.dialogues(path, field or "", turns, summary))
    transcript.refuse([text for _, _, texts in read for text in texts], path)
    for number, (record, dialogue, texts) in enumerate(read, 1):
        topic = _label(record, group, f"{path}, record {number}") if group else _first(record, GROUPS)
        unit = _first(record, DIALOGUES) or dialogue.conversation or dialogue.request or (f"{path.name} {number}" if len(texts) > 1 else "")
        yield from ((text, topic, unit) for text in texts or [""])


def _label(record: Mapping[str, Any], group: str, where: str) -> str:
    try:
        return str(find_path(record, group) or "")
    except KeyError:
        raise DataError(f"{where}: no field '{group}'", did_you_mean(group, record, "its fields")) from None


def _first(record: Mapping[str, Any], names: Sequence[str]) -> str:
    """What the first of these fields says that says something short."""
    return next((str(record[name]) for name in names if record.get(name) and not isinstance(record[name], list | dict)), "")


def readable(group: str) -> str:
    """A group's name as words: `banking/card_arrival` is card arrival, `AddToPlaylist` add to playlist."""
    last = group.rsplit("/", 1)[-1]
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", re.sub(r"[_+:\s]+", " ", last))
    return re.sub(r"\s*\bintent\b|(?<=\w)intent$", "", spaced, flags=re.IGNORECASE).strip().lower()


def split(typed: Sequence[TrainingMessage], share: float, stream: Random) -> tuple[list[TrainingMessage], list[TrainingMessage]]:
    """Those to learn from, and about a share of them that is held out: whole units, so that held out means held out. None are when all
    units are larger than twice the share."""
    sizes = Counter((message.source, message.unit) for message in typed)
    remaining, held_out = share * len(typed), set[tuple[str, str]]()
    for unit in stream.sample(sorted(sizes), len(sizes)):
        if sizes[unit] <= remaining:
            held_out.add(unit)
            remaining -= sizes[unit]
    least = min(sizes.values(), default=0)
    if not held_out and least <= 2 * remaining:
        held_out.add(stream.choice([unit for unit in sorted(sizes) if sizes[unit] == least]))
    return [message for message in typed if (message.source, message.unit) not in held_out], [
        message for message in typed if (message.source, message.unit) in held_out
    ]
