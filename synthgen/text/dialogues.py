"""The one door from records to messages: of each record's format, the user's turns that are wanted, and what is to be said of it.

Of conversations all turns of the user are taken, because those in the middle are typed otherwise than the first: "yes pls", "no the other
one". Of traces each turn is taken once, because every request to a model repeats the talk before it, and the first turns would outweigh
the rest many times over.
"""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, get_args

from synthgen.errors import LISTED, DataError, did_you_mean
from synthgen.spec.paths import get_path
from synthgen.text.earlier import EarlierTurns
from synthgen.text.formats import FORMATS
from synthgen.text.formats.shape import CONVERSATIONS, Dialogue, LogFormat, Record, short_value
from synthgen.text.message import NoField, is_answered, said_in

Turns = Literal["first", "all", "new"]
"""Of a conversation the first turn of the user, all of them, or those that no earlier record had."""
TURNS = get_args(Turns)


@dataclass
class ReadSummary:
    """What was read of a file: how many records and messages, of how many conversations, in which formats and fields."""

    messages: int = 0
    records: int = 0
    repeated: int = 0
    left_out: int = 0
    conversations: set[int] = field(default_factory=set)
    unnamed: int = 0
    formats: Counter[LogFormat | None] = field(default_factory=Counter)
    fields: Counter[str] = field(default_factory=Counter)

    @property
    def absent(self) -> str:
        """What to do when there were no messages, by the formats of the records."""
        return next((known.absent for known in self.formats if known and known.absent), "")

    def __str__(self) -> str:
        """One line, such as: 412 user turns of 180 conversations, field messages (OpenAI chat)."""
        log_format = next((known for known, count in self.formats.most_common() if known and count), None)
        many = log_format is not None and log_format.talks
        talks = len(self.conversations) + self.unnamed
        line = f"{self.messages:,} {'user turn' if many else 'message'}{'s' * (self.messages != 1)}"
        if many:
            line += f" of {talks:,} conversation{'s' * (talks != 1)}"
        elif log_format and self.messages < self.records:
            line += f" of {self.records:,} records"
        where = f"field{'s' * (len(self.fields) > 1)} {', '.join(name for name, _ in self.fields.most_common(3))}" if self.fields else ""
        names = [known.name for known, count in self.formats.most_common() if known and count]
        line += f", {where or 'one a line'}" + (f" ({', '.join(names)})" if names else "")
        if self.left_out:
            return f"{line}; {self.left_out:,} repeated one{'s' * (self.left_out != 1)} left out"
        return line + (
            f"; {self.repeated:,} of them were in an earlier record, too, and turns: new leaves these out" if self.repeated else ""
        )


MARKED = tuple(log_format for log_format in FORMATS if log_format.marks)
OF_LISTS = tuple(log_format for log_format in FORMATS if not log_format.marks and not log_format.lines)
MARKS = frozenset().union(*(log_format.marks for log_format in MARKED))


def _marked(record: Record) -> list[LogFormat]:
    """The formats of whose marks a record has one; most records have none."""
    keys = record.keys()
    return [] if keys.isdisjoint(MARKS) else [log_format for log_format in MARKED if not log_format.marks.isdisjoint(keys)]


def known_format(record: Record) -> LogFormat | None:
    """The format of a record; None for a plain one."""
    has_parts = any(isinstance(value, (list, dict)) for value in record.values())
    candidates = (*_marked(record), *(OF_LISTS if has_parts else ()))
    return next((log_format for log_format in candidates if log_format.recognise(record)), None)


def unpacked(value: Record) -> list[Record] | None:
    """The records in a value that a format has some in; None for any other value."""
    parts = next((parts for log_format in _marked(value) if (parts := log_format.unpack(value)) is not None), None)
    return None if parts is None else list(parts)


class DialogueReader:
    """Reads the records of one file, in order: what is in `wanted_field` ("": where the record's format has it), and these `turns` (None:
    those that the format calls for). In a file whose text is of a `line_format`, all records are of that. Raises ValueError for turns that
    there are not."""

    def __init__(self, path: Path, wanted_field: str, turns: Turns | None, line_format: LogFormat | None, summary: ReadSummary) -> None:
        if turns not in (None, *TURNS):
            raise ValueError(f"turns are {', '.join(TURNS)}, and not {turns!r}")
        self._path, self._field, self._turns, self._line_format, self._summary = path, wanted_field, turns, line_format, summary
        self._earlier, self._intent = EarlierTurns(), ""
        self._speakers: Counter[str] = Counter()
        self._first_missing: NoField | None = None
        self._missing = self._spoken = 0

    def read(self, record: Record) -> Iterator[tuple[Record, Dialogue, list[str]]]:
        """Each record that is in one: the record, with the `intent` that its format gives, what was said in it, and the messages that are
        wanted. Raises DataError."""
        parts = unpacked(record) if self._line_format is None else None
        for part in [record] if parts is None else parts:
            self._summary.records += 1
            try:
                log_format, dialogue = self._dialogue(part, f"{self._path}, record {self._summary.records}")
            except NoField as error:
                self._first_missing, self._missing = self._first_missing or error, self._missing + 1
                yield part, Dialogue(), []
                continue
            self._spoken += any(text and text.strip() for text in dialogue.turns)
            if dialogue.intent is not None:
                self._intent = dialogue.intent or self._intent
                part = {**part, "intent": self._intent}
            yield part, dialogue, self._wanted(log_format, dialogue)

    def _dialogue(self, record: Record, where: str) -> tuple[LogFormat | None, Dialogue]:
        log_format = self._line_format or known_format(record)
        if log_format is not None:
            try:
                dialogue = log_format.dialogue(record, where)
            except DataError:
                if not self._field:  # what is wrong in a field that is not asked for is no matter
                    raise
            else:
                if self._field in ("", dialogue.field) or dialogue.speaker:
                    return log_format, dialogue
        name, turns = said_in(record, self._field, where)
        answered = is_answered(record.get(name) or get_path(record, name))
        return None, Dialogue(turns, name, short_value(record, CONVERSATIONS), answered=answered)

    def _wanted(self, log_format: LogFormat | None, dialogue: Dialogue) -> list[str]:
        """The messages of a record, each as one line."""
        turns = [" ".join(text.split()) or None if text is not None else None for text in dialogue.turns]
        if dialogue.speaker:
            self._speakers[dialogue.speaker] += any(turns)
            if self._field and dialogue.speaker.casefold() != self._field.casefold():
                turns = []
        texts = [text for text in turns if text is not None]
        repeated = [False] * len(texts)
        if log_format or len(turns) > 1:
            repeated = self._earlier.repeated(turns, dialogue)
        kept = self._kept(texts, repeated, log_format, dialogue.conversation)
        self._count(log_format, dialogue, kept, is_known=bool(repeated and repeated[0]))
        return kept

    def _kept(self, texts: list[str], repeated: list[bool], log_format: LogFormat | None, conversation: str) -> list[str]:
        turns = self._turns or ("new" if log_format and log_format.repeats else "all")
        if turns == "first":
            return texts[:1] if texts and not repeated[0] and self._earlier.opens(conversation) else []
        if turns == "new":
            self._summary.left_out += sum(repeated)
            return [text for text, is_repeated in zip(texts, repeated, strict=True) if not is_repeated]
        self._summary.repeated += sum(repeated)
        return texts

    def _count(self, log_format: LogFormat | None, dialogue: Dialogue, texts: list[str], *, is_known: bool) -> None:
        summary = self._summary
        summary.formats[log_format] += bool(texts)
        if not texts:
            return
        summary.messages += len(texts)
        summary.fields[dialogue.field] += 1
        if dialogue.conversation:
            summary.conversations.add(hash(dialogue.conversation))
        else:
            summary.unnamed += not is_known

    def finish(self, more: str = "") -> None:
        """Raise NoField when no record had the field, or most had none of the usual ones (`more` is to be said in the hint), and DataError
        when it is not known whose messages are meant, or nobody of that name said anything."""
        first = self._first_missing
        if first and (not self._spoken or (not self._field and 2 * self._missing > self._summary.records)):
            raise NoField(first.message, first.hint + more)
        if not self._speakers:
            return
        if self._field and not self._summary.messages:
            hint = did_you_mean(self._field, self._speakers, "who speaks there")
            raise NoField(f"{self._path}: nobody called '{self._field}' speaks there", hint)
        if not self._field and len(self._speakers) > 1:
            listing = ", ".join(f"{name} ({count})" for name, count in self._speakers.most_common(LISTED))
            name = self._speakers.most_common(1)[0][0]
            hint = f"say whose messages are meant, such as field: {name} in a recipe, --field {shlex.quote(name)} in a command"
            raise DataError(f"{self._path}: there speak {listing}: which is the user is not known", hint)
