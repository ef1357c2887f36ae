"""The answer journal: the file that remembers every completion that was paid for or waited for.

An answer is kept under the hash of all that decided it: the model's identity, the prompt, its settings, its
stream, and the company it was answered in. A company is written in one transaction, so that a killed run never
asks for a part of one. `make` takes only exact answers; a preview or a recheck takes any answer to the
prompt, whatever the company.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence
from hashlib import sha256
from pathlib import Path

from synthgen.models.door import Model
from synthgen.rows import Completion, Prompt

TABLES = """
CREATE TABLE IF NOT EXISTS prompts (digest TEXT PRIMARY KEY, text TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS answers (
    key TEXT NOT NULL, company TEXT NOT NULL, model TEXT NOT NULL, prompt TEXT NOT NULL, stream TEXT NOT NULL, settings TEXT NOT NULL,
    text TEXT NOT NULL, finish TEXT NOT NULL, tokens_in INTEGER NOT NULL, tokens_out INTEGER NOT NULL, PRIMARY KEY (key, company)
) WITHOUT ROWID;
"""


class Journal:
    """One journal file, made when it is not there; `None` as its path keeps it in memory only."""

    def __init__(self, path: Path | None) -> None:
        self._connection = sqlite3.connect(path or ":memory:", isolation_level=None)
        self._connection.execute("PRAGMA journal_mode=WAL")
        self._connection.execute("PRAGMA synchronous=NORMAL")
        self._connection.executescript(TABLES)

    def find(self, key: str, company: str | None) -> tuple[str, str, int, int] | None:
        """(text, finish, tokens in, tokens out) of an answer; any company's when `company` is None."""
        wanted, values = ("key = ? AND company = ?", (key, company)) if company is not None else ("key = ? ORDER BY company LIMIT 1", (key,))
        found = self._connection.execute(f"SELECT text, finish, tokens_in, tokens_out FROM answers WHERE {wanted}", values).fetchone()
        return tuple(found) if found else None  # type: ignore[return-value]

    def keep(self, answers: Sequence[tuple[str, str, str, Completion]]) -> None:
        """Write (key, company, model, completion) of one company, all or none."""
        with self._connection:
            self._connection.execute("BEGIN")
            for key, company, model, one in answers:
                prompt = one.prompt
                self._connection.execute("INSERT OR IGNORE INTO prompts VALUES (?, ?)", (prompt.digest, prompt.text))
                self._connection.execute(
                    "INSERT OR REPLACE INTO answers VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    (key, company, model, prompt.digest, str(prompt.stream), _settings(prompt), one.text, one.finish, one.tokens_in, one.tokens_out),
                )

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
    """A model whose answers are remembered. `any_company` takes every answer to a prompt that is there;
    `closed` asks the model for nothing, and leaves out what is not there."""

    def __init__(self, model: Model, journal: Journal, *, any_company: bool = False, closed: bool = False) -> None:
        self.model, self.journal = model, journal
        self.any_company, self.closed = any_company, closed
        self.asked = self.remembered = self.tokens_in = self.tokens_out = 0

    @property
    def identity(self) -> str:
        """The model's."""
        return self.model.identity

    def count(self, text: str) -> int:
        """The model's."""
        return self.model.count(text)

    def company(self, prompt: Prompt) -> str:
        """The model's."""
        return self.model.company(prompt)

    def complete(self, prompts: Sequence[Prompt]) -> Iterator[Completion]:
        """Completions from the journal first, then from the model, each kept before it is given out."""
        identity = self.model.identity
        companies: dict[str, list[Prompt]] = {}
        for prompt in prompts:
            companies.setdefault(self.model.company(prompt), []).append(prompt)
        asked: list[Prompt] = []
        keys: dict[str, tuple[list[str], str]] = {}
        for name, company in companies.items():
            own = [_key(identity, prompt) for prompt in company]
            digest = sha256("".join(own).encode()).hexdigest()[:16] if len(own) > 1 else ""
            found = [self.journal.find(key, None if self.any_company else digest) for key in own]
            for prompt, answer in zip(company, found, strict=True):
                if answer is not None and (None not in found or self.any_company):
                    self.remembered += 1
                    yield Completion(prompt, *answer)
            lacking = [place for place, answer in enumerate(found) if answer is None]
            if lacking and not self.closed:
                wanted = lacking if self.any_company else range(len(company))
                keys[name] = ([own[place] for place in wanted], digest)
                asked += [company[place] for place in wanted]
        yield from self._asked(asked, keys)

    def _asked(self, prompts: list[Prompt], keys: dict[str, tuple[list[str], str]]) -> Iterator[Completion]:
        identity, together = self.model.identity, list[Completion]()
        for completion in self.model.complete(prompts) if prompts else ():
            together.append(completion)
            own, digest = keys[self.model.company(completion.prompt)]
            if len(together) == len(own):
                self.journal.keep([(key, digest, identity, one) for key, one in zip(own, together, strict=True)])
                self.asked += len(together)
                self.tokens_in += sum(one.tokens_in for one in together)
                self.tokens_out += sum(one.tokens_out for one in together)
                yield from together
                together = []


def _settings(prompt: Prompt) -> str:
    return json.dumps(dict(prompt.settings), sort_keys=True)


def _key(identity: str, prompt: Prompt) -> str:
    return sha256("\0".join([identity, prompt.text, _settings(prompt), str(prompt.stream)]).encode()).hexdigest()[:32]
