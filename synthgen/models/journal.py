"""The answer journal: the file that remembers every completion that was paid for or waited for.

An answer is kept under the hash of all that decided it: the model's identity, the prompt, its settings and its
stream. It is written the moment it arrives, so that a killed run asks for nothing twice.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

from synthgen.errors import OutputError
from synthgen.models.door import Model
from synthgen.rows import Completion, Prompt

TABLES = """
CREATE TABLE IF NOT EXISTS prompts (digest TEXT PRIMARY KEY, text TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS answers (
    key TEXT PRIMARY KEY, model TEXT NOT NULL, field TEXT NOT NULL, brief TEXT NOT NULL, prompt TEXT NOT NULL, stream TEXT NOT NULL,
    settings TEXT NOT NULL, text TEXT NOT NULL, finish TEXT NOT NULL, tokens_in INTEGER NOT NULL, tokens_out INTEGER NOT NULL,
    tokens_cached INTEGER NOT NULL, cost REAL
) WITHOUT ROWID;
"""
TOLD = "text, finish, tokens_in, tokens_out, tokens_cached, cost"


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
        prompt, brief = one.prompt, one.prompt.brief
        with self._connection:
            self._connection.execute("BEGIN")
            self._connection.execute("INSERT OR IGNORE INTO prompts VALUES (?, ?)", (prompt.digest, prompt.whole))
            if brief:
                self._connection.execute("INSERT OR IGNORE INTO prompts VALUES (?, ?)", (brief.digest, brief.system))
            self._connection.execute(
                "INSERT OR REPLACE INTO answers VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (key, model, prompt.origin.get("field", ""), brief.digest if brief else "", prompt.digest, str(prompt.stream), _settings(prompt),
                 one.text, one.finish, one.tokens_in, one.tokens_out, one.tokens_cached, one.cost),
            )  # fmt: skip

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
    """A model whose answers are remembered. When `closed`, it asks the model for nothing and leaves out what is not there."""

    def __init__(self, model: Model, journal: Journal, *, closed: bool = False) -> None:
        self.model, self.journal, self.closed = model, journal, closed
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
        keys = {id(prompts[place]): key for place, key in unknown.items()}
        for completion in self.model.complete([prompts[place] for place in unknown]):
            if completion.finish != "error":
                self.journal.keep(keys[id(completion.prompt)], identity, completion)
            self.asked += 1
            self.tokens_in += completion.tokens_in
            self.tokens_out += completion.tokens_out
            yield completion


def _settings(prompt: Prompt) -> str:
    return json.dumps(dict(prompt.settings), sort_keys=True)


def _key(identity: str, prompt: Prompt) -> str:
    parts = [identity, prompt.whole, _settings(prompt), str(prompt.stream), *([prompt.brief.digest] if prompt.brief else [])]
    return sha256("\0".join(parts).encode("utf-8", "replace")).hexdigest()[:32]
