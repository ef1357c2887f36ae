"""The batches that were sent, or were about to be, and what each of them asks: kept in the answer journal's file.

That a batch will be sent is written before it is, so that a run that is killed in between finds it again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from synthgen.spec.rows import Completion, Prompt

if TYPE_CHECKING:
    from synthgen.models.journal import Journal

TABLES = """
CREATE TABLE IF NOT EXISTS batches (number INTEGER PRIMARY KEY, model TEXT NOT NULL, id TEXT, began REAL NOT NULL);
CREATE TABLE IF NOT EXISTS batched (
    batch INTEGER NOT NULL, key TEXT NOT NULL, field TEXT NOT NULL, brief TEXT NOT NULL, prompt TEXT NOT NULL, stream TEXT NOT NULL,
    settings TEXT NOT NULL, PRIMARY KEY (batch, key)
) WITHOUT ROWID;
"""


@dataclass(frozen=True, slots=True)
class SentBatch:
    """A batch that was sent at `began` (seconds of the epoch, by the API's clock): the `id` that the API gave it, None if that is not
    known, and the journal's `keys` of what it asks."""

    number: int
    id: str | None
    began: float
    keys: frozenset[str]


class BatchLedger:
    """The batches in a `journal`."""

    def __init__(self, journal: Journal) -> None:
        self.journal = journal

    def intend(self, model: str, prompts: Mapping[str, Prompt], began: float) -> SentBatch:
        """Write that a batch of these prompts, each under its key, is about to be sent at `began`."""
        with self.journal.writing() as connection:
            number = connection.execute("INSERT INTO batches (model, began) VALUES (?, ?)", (model, began)).lastrowid
            assert number is not None
            rows = [(number, key, *self.journal.prompt_columns(prompt)) for key, prompt in prompts.items()]
            connection.executemany("INSERT INTO batched VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
        return SentBatch(number, None, began, frozenset(prompts))

    def unfinished(self, model: str) -> list[SentBatch]:
        """The batches that were sent to a model, or were about to be, and are not done."""
        rows = self.journal.rows("SELECT number, id, began FROM batches WHERE model = ? ORDER BY number", model)
        return [SentBatch(number, name, began, self._keys(number)) for number, name, began in rows]

    def _keys(self, number: int) -> frozenset[str]:
        return frozenset(key for (key,) in self.journal.rows("SELECT key FROM batched WHERE batch = ?", number))

    def ids(self) -> set[str]:
        """The ids of all batches that are not done."""
        return {name for (name,) in self.journal.rows("SELECT id FROM batches WHERE id IS NOT NULL")}

    def named(self, batch: SentBatch, name: str | None) -> SentBatch:
        """Write the id that the API gave a batch; None: it is not known after all."""
        with self.journal.writing() as connection:
            connection.execute("UPDATE batches SET id = ? WHERE number = ?", (name, batch.number))
        return replace(batch, id=name)

    def finish(self, batch: SentBatch, model: str, answers: Mapping[str, Completion]) -> None:
        """Write the answers of a batch, whatever they were asked for, and that it is done."""
        query = "SELECT key, field, brief, prompt, stream, settings FROM batched WHERE batch = ?"
        with self.journal.writing() as connection:
            for key, *columns in connection.execute(query, (batch.number,)).fetchall():
                if key in answers:
                    self.journal.write((key, model, *columns), answers[key])
            connection.execute("DELETE FROM batched WHERE batch = ?", (batch.number,))
            connection.execute("DELETE FROM batches WHERE number = ?", (batch.number,))
