"""What models answered in a run none of whose rows is finished: read from the journal while the run writes it, and changing nothing.

A typed field has several messages typed for each row, and chooses when all are there, so that for minutes there is nothing else to read.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from synthgen.dataset.lock import worker
from synthgen.dataset.names import JOURNAL
from synthgen.dataset.unfinished import BegunRun, TableSoFar, begun_run
from synthgen.errors import OutputError
from synthgen.fields import FieldShape
from synthgen.models.journal import Journal
from synthgen.recipe.recorded import RecordedRecipe
from synthgen.text.frames import last_topic

SHOWN = 20
"""Messages that are shown where nobody says how many."""


@dataclass(frozen=True)
class AnsweredMessage:
    """What a model answered, as far as the text at which it was stopped; what it was asked to write about ("": not said), and the field."""

    text: str
    topic: str
    field: str


@dataclass(frozen=True)
class AnsweredSoFar:
    """The last `messages` of a run none of whose rows is finished, newest last, and how many there are in all (`count`); whether they
    were `typed`, which is to say that rows are chosen from them; how far the run's tables are, and which process makes it ("": none)."""

    messages: tuple[AnsweredMessage, ...]
    count: int
    typed: bool
    so_far: tuple[TableSoFar, ...]
    working: str

    @property
    def heading(self) -> str:
        """What they are, in a line."""
        number, last = f"{self.count:,}", f"the last {len(self.messages):,}" if len(self.messages) < self.count else "all of them"
        wanted = sum(table.wanted or 0 for table in self.so_far[:1])
        rows = f"{wanted:,} rows" if wanted else "rows"
        if self.typed:
            plural = "message" if self.count == 1 else "messages"
            return f"nothing is chosen yet: {number} {plural} typed, from which {rows} are chosen when all are there; {last}:"
        return (
            f"no row is finished yet: {number} answer{'' if self.count == 1 else 's'}, of which {rows} are made when all are there; {last}:"
        )


def answered_so_far(folder: str | Path, table: str | None = None, *, search: str = "", most: int | None = None) -> AnsweredSoFar | None:
    """What was answered in a run none of whose rows is finished, for its tables or the one named: the last of what has `search` in it. None
    where rows are finished, there is no run, or nothing can be read of it."""
    run = begun_run(folder)
    journal = run.output.unfinished / JOURNAL if run else None
    if run is None or journal is None or not journal.exists():
        return None
    kinds = _kinds(run, table)
    try:
        messages = list(_messages(journal, list(kinds), search))
    except OutputError:  # it is damaged, or just being made
        return None
    if not messages:
        return None
    shown = tuple(reversed(messages[: SHOWN if most is None else most]))
    typed = all(kinds[message.field].drafts for message in shown)
    return AnsweredSoFar(shown, len(messages), typed, run.so_far, worker(run.output.final))


def _kinds(run: BegunRun, table: str | None) -> dict[str, type[FieldShape]]:
    """The kind of each field, by its name in the journal."""
    tables = RecordedRecipe(run.recipe).tables
    return {
        f"{name}.{field}": recorded.kind
        for name, recorded_table in tables.items()
        if table in (None, name)
        for field, recorded in recorded_table.fields.items()
    }


def _messages(journal: Path, fields: list[str], search: str) -> Iterator[AnsweredMessage]:
    """All that was answered for some fields, newest first."""
    opened = Journal(journal, read_only=True)
    try:
        for field, prompt, settings, answer in opened.latest(fields):
            stop = _stop(settings)
            text = (answer.strip().partition(stop)[0] if stop else answer).strip()
            if text and search.casefold() in text.casefold():
                yield AnsweredMessage(text, last_topic(prompt), field)
    finally:
        opened.close()


def _stop(settings: str) -> str:
    """The text at which a model was to stop; "" where none is said."""
    try:
        asked = json.loads(settings)
    except ValueError:
        return ""
    stop = asked.get("stop") if isinstance(asked, dict) else ""
    return stop if isinstance(stop, str) else ""
