"""The answer journal: the file that remembers every completion that was paid for or waited for.

An answer is kept under the hash of all that decided it: the model's identity, the prompt, its settings and its
stream. It is written the moment it arrives, so that a killed run asks for nothing twice.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from time import sleep, time
from typing import Any

from synthgen.errors import OutputError
from synthgen.models.claude import ClaudeModel
from synthgen.models.door import Model
from synthgen.models.line import Line
from synthgen.rows import Completion, Prompt

TABLES = """
CREATE TABLE IF NOT EXISTS prompts (digest TEXT PRIMARY KEY, text TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS answers (
    key TEXT PRIMARY KEY, model TEXT NOT NULL, field TEXT NOT NULL, brief TEXT NOT NULL, prompt TEXT NOT NULL, stream TEXT NOT NULL,
    settings TEXT NOT NULL, text TEXT NOT NULL, finish TEXT NOT NULL, tokens_in INTEGER NOT NULL, tokens_out INTEGER NOT NULL,
    tokens_cached INTEGER NOT NULL, cost REAL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS batches (number INTEGER PRIMARY KEY, model TEXT NOT NULL, id TEXT, began REAL NOT NULL);
CREATE TABLE IF NOT EXISTS batched (
    batch INTEGER NOT NULL, key TEXT NOT NULL, field TEXT NOT NULL, brief TEXT NOT NULL, prompt TEXT NOT NULL, stream TEXT NOT NULL,
    settings TEXT NOT NULL, PRIMARY KEY (batch, key)
) WITHOUT ROWID;
"""
TOLD = "text, finish, tokens_in, tokens_out, tokens_cached, cost"


@dataclass(frozen=True)
class Batching:
    """How batches are asked: at most so many requests and bytes in one, each request at most so many times; how many seconds between two looks
    at first and at most, and what waits for them."""

    requests: int = 10_000
    bytes: int = 100_000_000
    tries: int = 4
    first_look: float = 5.0
    last_look: float = 60.0
    wait: Callable[[float], None] = sleep


@dataclass(frozen=True, slots=True)
class Sent:
    """A batch that was sent at `began` (seconds of the epoch): the `id` that the API gave it, None if that is not known, and the journal's
    `keys` of what it asks."""

    number: int
    id: str | None
    began: float
    keys: frozenset[str]


class Journal:
    """One journal file, made when it is not there; `None` as its path keeps it in memory only."""

    def __init__(self, path: Path | None) -> None:
        try:
            self._connection = sqlite3.connect(path or ":memory:", isolation_level=None)
            self._connection.execute("PRAGMA journal_mode=WAL")
            self._connection.execute("PRAGMA synchronous=NORMAL")
            self._connection.executescript(TABLES)
        except sqlite3.DatabaseError as error:
            raise OutputError(f"the answer journal {path} cannot be read: {error}", "make --fresh starts over without it") from None

    def find(self, key: str, prompt: Prompt) -> Completion | None:
        """The answer to a prompt."""
        found = self._connection.execute(f"SELECT {TOLD} FROM answers WHERE key = ?", (key,)).fetchone()  # noqa: S608 (a constant)
        return Completion(prompt, *found) if found else None

    def keep(self, key: str, model: str, one: Completion) -> None:
        """Write an answer, and its prompt and brief if they are new."""
        with self._connection:
            self._connection.execute("BEGIN")
            self._answer((key, model, *self._asked(one.prompt)), one)

    def _answer(self, asked: Sequence[str], one: Completion) -> None:
        told = (one.text, one.finish, one.tokens_in, one.tokens_out, one.tokens_cached, one.cost)
        self._connection.execute("INSERT OR REPLACE INTO answers VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", (*asked, *told))

    def _asked(self, prompt: Prompt) -> tuple[str, str, str, str, str]:
        """What the journal says of a prompt: its field, brief, text, stream and settings. The texts are written if they are new."""
        brief = prompt.brief
        self._connection.execute("INSERT OR IGNORE INTO prompts VALUES (?, ?)", (prompt.digest, prompt.whole))
        if brief:
            self._connection.execute("INSERT OR IGNORE INTO prompts VALUES (?, ?)", (brief.digest, brief.system))
        return prompt.origin.get("field", ""), brief.digest if brief else "", prompt.digest, str(prompt.stream), _settings(prompt)

    # Batches

    def intend(self, model: str, prompts: Mapping[str, Prompt]) -> Sent:
        """Write that a batch of these prompts, each under its key, is about to be sent."""
        began = time()
        with self._connection:
            self._connection.execute("BEGIN")
            number = self._connection.execute("INSERT INTO batches (model, began) VALUES (?, ?)", (model, began)).lastrowid
            assert number is not None
            rows = [(number, key, *self._asked(prompt)) for key, prompt in prompts.items()]
            self._connection.executemany("INSERT INTO batched VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
        return Sent(number, None, began, frozenset(prompts))

    def sent(self, model: str) -> list[Sent]:
        """The batches that were sent to a model, or were about to be, and are not done."""
        found = self._connection.execute("SELECT number, id, began FROM batches WHERE model = ? ORDER BY number", (model,)).fetchall()
        return [Sent(number, name, began, self._keys(number)) for number, name, began in found]

    def _keys(self, number: int) -> frozenset[str]:
        return frozenset(key for (key,) in self._connection.execute("SELECT key FROM batched WHERE batch = ?", (number,)))

    def batch_ids(self) -> set[str]:
        """The ids of all batches that are not done."""
        return {name for (name,) in self._connection.execute("SELECT id FROM batches WHERE id IS NOT NULL")}

    def named(self, batch: Sent, name: str | None) -> Sent:
        """Write the id that the API gave a batch; None: it is not known after all."""
        self._connection.execute("UPDATE batches SET id = ? WHERE number = ?", (name, batch.number))
        return replace(batch, id=name)

    def keep_batched(self, batch: Sent, model: str, answers: Mapping[str, Completion]) -> None:
        """Write the answers of a batch, whatever they were asked for, and that it is done."""
        asked = "SELECT key, field, brief, prompt, stream, settings FROM batched WHERE batch = ?"
        with self._connection:
            self._connection.execute("BEGIN")
            for key, *rest in self._connection.execute(asked, (batch.number,)).fetchall():
                if key in answers:
                    self._answer((key, model, *rest), answers[key])
            self._connection.execute("DELETE FROM batched WHERE batch = ?", (batch.number,))
            self._connection.execute("DELETE FROM batches WHERE number = ?", (batch.number,))

    def spent(self) -> list[dict[str, Any]]:
        """What each field asked of each model: answers, tokens, and what they cost, as far as prices were known."""
        named = ["field", "model", "answers", "tokens_in", "tokens_out", "tokens_cached", "cost"]
        sums = "count(*), sum(tokens_in), sum(tokens_out), sum(tokens_cached), sum(cost)"
        found = self._connection.execute(f"SELECT field, model, {sums} FROM answers GROUP BY field, model ORDER BY field, model")  # noqa: S608
        return [dict(zip(named, row, strict=True)) for row in found]

    def prompt(self, digest: str) -> str | None:
        """The text of a prompt."""
        found = self._connection.execute("SELECT text FROM prompts WHERE digest = ?", (digest,)).fetchone()
        return found[0] if found else None

    def __len__(self) -> int:
        return int(self._connection.execute("SELECT count(*) FROM answers").fetchone()[0])

    def close(self) -> None:
        """Write everything into the one file."""
        self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        self._connection.close()


class Journalled:
    """A model whose answers are remembered. When `closed`, it asks the model for nothing and leaves out what is not there. As a `batch`, Claude
    is asked in Message Batches; `watch` is told how far they are, in words."""

    def __init__(
        self,
        model: Model,
        journal: Journal,
        *,
        closed: bool = False,
        batch: bool | Batching = False,
        watch: Callable[[str], None] | None = None,
    ) -> None:
        self.model, self.journal, self.closed, self.watch = model, journal, closed, watch or (lambda said: None)
        self.batch = Batching() if batch is True else batch or None
        self.asked = self.remembered = self.tokens_in = self.tokens_out = 0

    @property
    def identity(self) -> str:
        """The model's."""
        return self.model.identity

    def count(self, text: str) -> int:
        """The model's."""
        return self.model.count(text)

    def complete(self, prompts: Sequence[Prompt]) -> Iterator[Completion]:
        """Completions from the journal first, then from the model, each kept before it is given out."""
        identity = self.model.identity
        unknown: dict[int, str] = {}
        for place, prompt in enumerate(prompts):
            key = _key(identity, prompt)
            if found := self.journal.find(key, prompt):
                self.remembered += 1
                yield found
            else:
                unknown[place] = key
        if self.closed or not unknown:
            return
        ask = self._batched if self.batch and isinstance(self.model, ClaudeModel) else self._one_by_one
        for completion in ask(prompts, unknown):
            self.asked += 1
            self.tokens_in += completion.tokens_in
            self.tokens_out += completion.tokens_out
            yield completion

    def _one_by_one(self, prompts: Sequence[Prompt], unknown: Mapping[int, str]) -> Iterator[Completion]:
        keys = {id(prompts[place]): key for place, key in unknown.items()}
        for completion in self.model.complete([prompts[place] for place in unknown]):
            if completion.finish != "error":
                self.journal.keep(keys[id(completion.prompt)], self.model.identity, completion)
            yield completion

    def _batched(self, prompts: Sequence[Prompt], unknown: Mapping[int, str]) -> Iterator[Completion]:
        from synthgen.models.batches import Batches

        assert isinstance(self.model, ClaudeModel)
        assert self.batch is not None
        twins: dict[str, list[Prompt]] = {}
        for place, key in unknown.items():
            twins.setdefault(key, []).append(prompts[place])
        with Line(self.model.name, self.model.timeout) as line:
            first = {key: own[0] for key, own in twins.items()}
            for key, one in Batches(self.model, self.journal, line, first, self.batch, self.watch).answers():
                yield from (replace(one, prompt=prompt) for prompt in twins[key])


def _settings(prompt: Prompt) -> str:
    return json.dumps(dict(prompt.settings), sort_keys=True)


def _key(identity: str, prompt: Prompt) -> str:
    parts = [identity, prompt.whole, _settings(prompt), str(prompt.stream), *([prompt.brief.digest] if prompt.brief else [])]
    return sha256("\0".join(parts).encode("utf-8", "replace")).hexdigest()[:32]
