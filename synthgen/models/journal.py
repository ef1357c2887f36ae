"""The answer journal: the file that remembers every completion that was paid for or waited for.

An answer is kept under the hash of all that decided it: the model's identity, the prompt, its settings and its
stream. It is written the moment it arrives, so that a killed run asks for nothing twice. Because answers are paid for, a journal that
cannot be written is found out when it is opened, before anything is asked, and no error advises to delete it.
"""

from __future__ import annotations

import json
import sqlite3
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from time import sleep, time
from typing import Any

from synthgen.errors import OutputError
from synthgen.models.claude import ClaudeModel
from synthgen.models.connection import Connection
from synthgen.models.door import Model
from synthgen.models.routing import placed
from synthgen.models.trouble import in_words, trouble
from synthgen.spec.rows import Completion, Prompt

TABLES = """
CREATE TABLE IF NOT EXISTS prompts (digest TEXT PRIMARY KEY, text TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS answers (
    key TEXT PRIMARY KEY, model TEXT NOT NULL, field TEXT NOT NULL, brief TEXT NOT NULL, prompt TEXT NOT NULL, stream TEXT NOT NULL,
    settings TEXT NOT NULL, text TEXT NOT NULL, finish TEXT NOT NULL, tokens_in INTEGER NOT NULL, tokens_out INTEGER NOT NULL,
    tokens_cached INTEGER NOT NULL, cost REAL, logprobs TEXT
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS batches (number INTEGER PRIMARY KEY, model TEXT NOT NULL, id TEXT, began REAL NOT NULL);
CREATE TABLE IF NOT EXISTS batched (
    batch INTEGER NOT NULL, key TEXT NOT NULL, field TEXT NOT NULL, brief TEXT NOT NULL, prompt TEXT NOT NULL, stream TEXT NOT NULL,
    settings TEXT NOT NULL, PRIMARY KEY (batch, key)
) WITHOUT ROWID;
"""
TOLD = "text, finish, tokens_in, tokens_out, tokens_cached, cost, logprobs"
PAID = "SELECT EXISTS (SELECT 1 FROM answers WHERE cost IS NOT NULL OR brief != '') OR EXISTS (SELECT 1 FROM batches)"


@dataclass(frozen=True)
class Batching:
    """How batches are asked: at most so many requests and bytes in one, each request at most so many times; how many seconds between two
    looks at first and at most, and what waits for them."""

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
        self.path = path
        with in_words(path), ExitStack() as undo:
            self._connection = sqlite3.connect(path or ":memory:", isolation_level=None)
            undo.callback(self._connection.close)
            self._connection.text_factory = lambda raw: raw.decode("utf-8", "replace")  # a journal that was recovered may hold any bytes
            self._connection.execute("PRAGMA journal_mode=WAL")
            self._connection.execute("PRAGMA synchronous=NORMAL")
            self._connection.executescript(TABLES)
            if _columns(self._connection) == _columns_of(TABLES.replace(", logprobs TEXT", "")):  # as it was up to version 1
                self._connection.execute("ALTER TABLE answers ADD COLUMN logprobs TEXT")
            if _columns(self._connection) != _columns_of(TABLES):
                raise trouble(path, "SQLITE_MISMATCH", "its tables have other columns")
            self._connection.execute("PRAGMA user_version = 2")  # it writes a page, and fails where answers could not be kept
            undo.pop_all()

    def _rows(self, sql: str, *values: Any) -> list[Any]:
        with in_words(self.path):
            return self._connection.execute(sql, values).fetchall()

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """A change that is made whole or not at all."""
        with in_words(self.path), self._connection:
            self._connection.execute("BEGIN IMMEDIATE")
            yield self._connection

    def find(self, key: str, prompt: Prompt) -> Completion | None:
        """The answer to a prompt."""
        found = self._rows(f"SELECT {TOLD} FROM answers WHERE key = ?", key)  # noqa: S608 (a constant)
        if not found:
            return None
        text, finish, tokens_in, tokens_out, tokens_cached, cost, logprobs = found[0]
        return Completion(prompt, text, finish, tokens_in, tokens_out, tokens_cached, cost, tuple(json.loads(logprobs or "[]")))

    def keep(self, key: str, model: str, one: Completion) -> None:
        """Write an answer, and its prompt and brief if they are new."""
        with self._writing():
            self._answer((key, model, *self._asked(one.prompt)), one)

    def _answer(self, asked: Sequence[str], one: Completion) -> None:
        told = (
            one.text,
            one.finish,
            one.tokens_in,
            one.tokens_out,
            one.tokens_cached,
            one.cost,
            json.dumps(one.logprobs) if one.logprobs else None,
        )
        self._connection.execute("INSERT OR REPLACE INTO answers VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", (*asked, *told))

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
        with self._writing() as connection:
            number = connection.execute("INSERT INTO batches (model, began) VALUES (?, ?)", (model, began)).lastrowid
            assert number is not None
            rows = [(number, key, *self._asked(prompt)) for key, prompt in prompts.items()]
            connection.executemany("INSERT INTO batched VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
        return Sent(number, None, began, frozenset(prompts))

    def sent(self, model: str) -> list[Sent]:
        """The batches that were sent to a model, or were about to be, and are not done."""
        found = self._rows("SELECT number, id, began FROM batches WHERE model = ? ORDER BY number", model)
        return [Sent(number, name, began, self._keys(number)) for number, name, began in found]

    def _keys(self, number: int) -> frozenset[str]:
        return frozenset(key for (key,) in self._rows("SELECT key FROM batched WHERE batch = ?", number))

    def batch_ids(self) -> set[str]:
        """The ids of all batches that are not done."""
        return {name for (name,) in self._rows("SELECT id FROM batches WHERE id IS NOT NULL")}

    def named(self, batch: Sent, name: str | None) -> Sent:
        """Write the id that the API gave a batch; None: it is not known after all."""
        self._rows("UPDATE batches SET id = ? WHERE number = ?", name, batch.number)
        return replace(batch, id=name)

    def keep_batched(self, batch: Sent, model: str, answers: Mapping[str, Completion]) -> None:
        """Write the answers of a batch, whatever they were asked for, and that it is done."""
        asked = "SELECT key, field, brief, prompt, stream, settings FROM batched WHERE batch = ?"
        with self._writing() as connection:
            for key, *rest in connection.execute(asked, (batch.number,)).fetchall():
                if key in answers:
                    self._answer((key, model, *rest), answers[key])
            connection.execute("DELETE FROM batched WHERE batch = ?", (batch.number,))
            connection.execute("DELETE FROM batches WHERE number = ?", (batch.number,))

    def spent(self) -> list[dict[str, Any]]:
        """What each field asked of each model: answers, tokens, and what they cost, as far as prices were known."""
        named = ["field", "model", "answers", "tokens_in", "tokens_out", "tokens_cached", "cost"]
        sums = "count(*), sum(tokens_in), sum(tokens_out), sum(tokens_cached), sum(cost)"
        found = self._rows(f"SELECT field, model, {sums} FROM answers GROUP BY field, model ORDER BY field, model")  # noqa: S608
        return [dict(zip(named, row, strict=True)) for row in found]

    def prompt(self, digest: str) -> str | None:
        """The text of a prompt."""
        found = self._rows("SELECT text FROM prompts WHERE digest = ?", digest)
        return found[0][0] if found else None

    def __len__(self) -> int:
        return int(self._rows("SELECT count(*) FROM answers")[0][0])

    def close(self) -> None:
        """Write everything into the one file. What does not go in stays in the -wal file beside it, where the next run finds it."""
        problem = sys.exception()
        try:
            self._rows("PRAGMA wal_checkpoint(TRUNCATE)")
        except OutputError:
            if problem is None:  # else that is what the user has to hear of
                raise
        finally:
            self._connection.close()


def _columns_of(tables: str) -> list[list[Any]]:
    with closing(sqlite3.connect(":memory:")) as new:
        new.executescript(tables)
        return _columns(new)


def _columns(connection: sqlite3.Connection) -> list[list[Any]]:
    return [
        [name for _, name, *_ in connection.execute(f"PRAGMA table_info({table})")]
        for table in ("prompts", "answers", "batches", "batched")
    ]


def paid(path: Path) -> bool:
    """Whether a journal file holds what was paid for, or may have been: answers with a cost or a brief, or batches that are not done. True
    as well for a file that cannot be read, False where there is none."""
    try:
        if path.stat().st_size == 0:
            return False
        beside = any(path.with_name(path.name + end).exists() for end in ("-wal", "-journal"))
        alone = "" if beside else "&immutable=1"  # then nothing is made beside it, not even for a moment
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro{alone}", uri=True, timeout=1)) as connection:
            return bool(connection.execute(PAID).fetchone()[0])
    except FileNotFoundError:
        return False
    except (OSError, sqlite3.Error):
        return True


class Journalled:
    """A model whose answers are remembered. When `closed`, it asks the model for nothing and leaves out what is not there. As a `batch`,
    Claude is asked in Message Batches; `watch` is told how far they are, in words."""

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
        keys = list(unknown.values())
        answers = placed(self.model, [prompts[place] for place in unknown])
        for number, (place, completion) in enumerate(answers, 1):
            if completion.finish != "error":
                self._keep(keys[place], completion, len(unknown) - number)
            yield completion

    def _keep(self, key: str, completion: Completion, left: int) -> None:
        """Keep an answer; where that fails, say what is lost when so many prompts were `left`."""
        try:
            self.journal.keep(key, self.model.identity, completion)
        except OutputError as error:
            more = min(left, self.model.concurrency - 1) if isinstance(self.model, ClaudeModel) else 0
            bill = ", and was paid for" if isinstance(self.model, ClaudeModel) or completion.cost else ""
            rest = f", as are up to {more:,} that were under way" if more else ""
            raise OutputError(f"{error.message}; the answer that had just arrived is lost{bill}{rest}", error.hint) from None

    def _batched(self, prompts: Sequence[Prompt], unknown: Mapping[int, str]) -> Iterator[Completion]:
        from synthgen.models.batches import Batches

        assert isinstance(self.model, ClaudeModel)
        assert self.batch is not None
        twins: dict[str, list[Prompt]] = {}
        for place, key in unknown.items():
            twins.setdefault(key, []).append(prompts[place])
        with Connection(self.model.name, self.model.timeout) as line:
            first = {key: own[0] for key, own in twins.items()}
            for key, one in Batches(self.model, self.journal, line, first, self.batch, self.watch).answers():
                yield from (replace(one, prompt=prompt) for prompt in twins[key])


def _settings(prompt: Prompt) -> str:
    return json.dumps(dict(prompt.settings), sort_keys=True)


def _key(identity: str, prompt: Prompt) -> str:
    parts = [identity, prompt.whole, _settings(prompt), str(prompt.stream), *([prompt.brief.digest] if prompt.brief else [])]
    return sha256("\0".join(parts).encode("utf-8", "replace")).hexdigest()[:32]
