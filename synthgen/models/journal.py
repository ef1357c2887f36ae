"""The answer journal: the file that remembers every completion that was paid for or waited for.

An answer is kept under the hash of all that decided it: the model's identity, the prompt, its settings and its
stream. It is written the moment it arrives, so that a killed run asks for nothing twice. Because answers are paid for, a journal that
cannot be written is found out when it is opened, before anything is asked, and no error advises to delete it. Each answer has a seal, for
SQLite does not see a byte that a disk has changed; one that does not fit its seal is asked for again.
"""

from __future__ import annotations

import json
import re
import sqlite3
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any

from synthgen.errors import OutputError
from synthgen.models import ledger
from synthgen.models.prices import tokens
from synthgen.models.trouble import in_words, trouble
from synthgen.spec.digests import digest, digest_of
from synthgen.spec.rows import Completion, Prompt

TABLES = """
CREATE TABLE IF NOT EXISTS prompts (digest TEXT PRIMARY KEY, text TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS answers (
    key TEXT PRIMARY KEY, model TEXT NOT NULL, field TEXT NOT NULL, brief TEXT NOT NULL, prompt TEXT NOT NULL, stream TEXT NOT NULL,
    settings TEXT NOT NULL, text TEXT NOT NULL, finish TEXT NOT NULL, tokens_in INTEGER NOT NULL, tokens_out INTEGER NOT NULL,
    tokens_cached INTEGER NOT NULL, cost REAL, logprobs TEXT, tokens_thinking INTEGER,
    milliseconds INTEGER
) WITHOUT ROWID;
"""
SEALS = "CREATE TABLE IF NOT EXISTS seals (key TEXT PRIMARY KEY, seal TEXT NOT NULL);"
"""A table of its own, so that an older version can still read the answers. Its rows are in the order in which answers came; an older
version made it without."""
SCHEMA = TABLES + ledger.TABLES + SEALS
NAMES = "prompts", "answers", "batches", "batched"
VERSION = 4
"""The schema's, as the file says it."""
LATER = {"logprobs": "TEXT", "tokens_thinking": "INTEGER", "milliseconds": "INTEGER"}
"""The columns of answers that versions 2 to 4 added, in this order, and what they hold."""
TOLD = "text, finish, tokens_in, tokens_out, tokens_cached, cost, logprobs, tokens_thinking, milliseconds"
SEAL = "(SELECT seal FROM seals WHERE seals.key = answers.key)"
PAID = "SELECT EXISTS (SELECT 1 FROM answers WHERE cost IS NOT NULL OR brief != '' OR model LIKE 'app %') OR EXISTS (SELECT 1 FROM batches)"


class Journal:
    """One journal file, made when it is not there; `None` as its path keeps it in memory only. One that is `read_only` is there already and
    stays as it is. `damaged` are the keys of answers that were looked for and are not as they were written."""

    def __init__(self, path: Path | None, *, read_only: bool = False) -> None:
        self.path, self.read_only, self.damaged = path, read_only and path is not None, set[str]()
        with in_words(path), ExitStack() as undo:
            self._connection = _reading(path) if read_only and path else sqlite3.connect(path or ":memory:", isolation_level=None)
            undo.callback(self._connection.close)
            self._connection.text_factory = lambda raw: raw.decode("utf-8", "replace")  # a journal that was recovered may hold any bytes
            self._refuse_others()
            if not self.read_only:
                self._connection.execute("PRAGMA journal_mode=WAL")
                self._connection.executescript(SCHEMA)
            self._missing = self._columns_missing()
            if not self.read_only:
                while self._missing:
                    name = self._missing.pop(0)
                    self._connection.execute(f"ALTER TABLE answers ADD COLUMN {name} {LATER[name]}")
                self._connection.execute(f"PRAGMA user_version = {VERSION}")  # it writes a page, and fails where answers could not be kept
            self._seal = _seal_column(self._connection)
            undo.pop_all()
        self.batches = ledger.BatchLedger(self)

    def _refuse_others(self) -> None:
        """Raise OutputError for a file that another program wrote, or a later version, before anything is changed in it."""
        ((version,),) = self._connection.execute("PRAGMA user_version").fetchall()
        if not 0 <= version <= VERSION:
            raise trouble(self.path, "SQLITE_MISMATCH", f"its version is {version}, and this one reads up to {VERSION}")
        tables = [name for (name,) in self._connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]
        if tables and not {*NAMES, "lost_and_found"} & {*tables}:  # the last is what `.recover` may leave
            raise trouble(self.path, "SQLITE_MISMATCH", f"its tables are {', '.join(tables[:4])}")

    def _columns_missing(self) -> list[str]:
        """The columns that a journal of an earlier version lacks. Raises OutputError for a file whose tables have others."""
        names, columns = [*LATER], _columns(self._connection)
        for known in range(len(names), -1, -1):
            missing = names[known:]
            schema = SCHEMA
            for name in missing:
                schema = re.sub(rf",\s+{name} {LATER[name]}", "", schema)
            if columns == _columns_of(schema):
                return missing
        raise trouble(self.path, "SQLITE_MISMATCH", "its tables have other columns")

    def _told(self, names: str = TOLD) -> str:
        """What is read of an answer, with NULL for what the file does not have."""
        return ", ".join("NULL" if name in self._missing else name for name in names.split(", "))

    def rows(self, sql: str, *values: Any) -> list[Any]:
        """What a statement finds. Raises OutputError."""
        with in_words(self.path):
            return self._connection.execute(sql, values).fetchall()

    @contextmanager
    def writing(self, *, synced: bool = True) -> Iterator[sqlite3.Connection]:
        """A change that is made whole or not at all. Once it is `synced`, no power cut takes it back: that takes some milliseconds, as
        waiting for a disk does, so that only what was paid for waits."""
        with in_words(self.path), self._connection:
            self._connection.execute(f"PRAGMA synchronous={'FULL' if synced else 'NORMAL'}")
            self._connection.execute("BEGIN IMMEDIATE")
            yield self._connection

    def find(self, key: str, prompt: Prompt) -> Completion | None:
        """The answer to a prompt; None where there is none, or it is damaged."""
        rows = self.rows(f"SELECT {self._seal}, {self._told()} FROM answers WHERE key = ?", key)  # noqa: S608 (constants)
        if not rows:
            return None
        seal, *columns = rows[0]
        if seal not in (None, _seal_of(key, columns)):
            self.damaged.add(key)
            return None
        text, finish, tokens_in, tokens_out, tokens_cached, cost, logprobs, thinking, milliseconds = columns
        try:
            chances = tuple(json.loads(logprobs or "[]"))
        except (TypeError, ValueError, RecursionError):
            raise trouble(self.path, "SQLITE_CORRUPT", "an answer's probabilities cannot be read") from None
        return Completion(prompt, text, finish, tokens_in, tokens_out, tokens_cached, cost, chances, thinking or 0, milliseconds)

    def keep(self, key: str, model: str, completion: Completion) -> None:
        """Write an answer, and its prompt and brief if they are new."""
        dear = completion.cost is not None or completion.prompt.brief is not None or completion.milliseconds is not None
        with self.writing(synced=dear):
            self.write((key, model, *self.prompt_columns(completion.prompt)), completion)

    def write(self, request: Sequence[str], completion: Completion) -> None:
        """Write the answer to a `request`: its key, its model and the `prompt_columns` of its prompt. Inside `writing`."""
        answer_columns = (
            completion.text,
            completion.finish,
            *map(tokens, (completion.tokens_in, completion.tokens_out, completion.tokens_cached)),
            completion.cost,
            json.dumps(completion.logprobs) if completion.logprobs else None,
            tokens(completion.tokens_thinking) or None,
            completion.milliseconds,
        )
        values = (*request, *answer_columns)
        self._connection.execute(f"INSERT OR REPLACE INTO answers VALUES ({', '.join('?' * len(values))})", values)  # noqa: S608
        self._connection.execute("INSERT OR REPLACE INTO seals VALUES (?, ?)", (request[0], _seal_of(request[0], answer_columns)))

    def prompt_columns(self, prompt: Prompt) -> tuple[str, str, str, str, str]:
        """What the journal says of a prompt: its field, brief, text, stream and settings. The texts are written if they are new."""
        brief = prompt.brief
        self._connection.execute("INSERT OR IGNORE INTO prompts VALUES (?, ?)", (prompt.digest, prompt.full_text))
        if brief:
            self._connection.execute("INSERT OR IGNORE INTO prompts VALUES (?, ?)", (brief.digest, brief.system))
        return prompt.origin.get("field", ""), brief.digest if brief else "", prompt.digest, str(prompt.stream), _settings(prompt)

    def spent(self) -> list[dict[str, Any]]:
        """What each field asked of each model: answers, tokens, and what they cost, as far as prices were known."""
        named = ["field", "model", "answers", "tokens_in", "tokens_out", "tokens_cached", "tokens_thinking", "cost"]
        columns = self._told(", ".join(named[3:7])).split(", ")
        counts = ", ".join(f"CAST(total({name}) AS INTEGER)" for name in columns)  # a sum of integers may overflow
        sums = f"count(*), {counts}, sum(cost)"
        rows = self.rows(f"SELECT field, model, {sums} FROM answers GROUP BY field, model ORDER BY field, model")  # noqa: S608
        return [dict(zip(named, row, strict=True)) for row in rows]

    def prompt(self, digest: str) -> str | None:
        """The text of a prompt."""
        rows = self.rows("SELECT text FROM prompts WHERE digest = ?", digest)
        return rows[0][0] if rows else None

    def answers(self, field: str, digest: str) -> list[dict[str, Any]]:
        """All answers to a prompt of a field, whichever rows they were asked for, each with its model, stream and the digest of its
        brief; those that are damaged are left out."""
        sealed = TOLD.split(", ")
        named = ["model", "stream", "brief", *sealed]
        columns = self._told(", ".join(named))
        sql = f"SELECT key, {self._seal}, {columns} FROM answers WHERE field = ? AND prompt = ? ORDER BY stream"  # noqa: S608
        rows = [(key, seal, dict(zip(named, row, strict=True))) for key, seal, *row in self.rows(sql, field, digest)]
        return [row for key, seal, row in rows if seal in (None, _seal_of(key, [row[name] for name in sealed]))]

    def latest(self, fields: Sequence[str]) -> Iterator[tuple[str, str, str, str]]:
        """The answers for some fields, whole ones only, the newest first: the field, the prompt's text, its settings as JSON, and what was
        answered. A journal of an earlier version gives them in any order."""
        seals, order = "", ""
        if self._seal != "NULL":
            seals = "seals CROSS JOIN"  # read in this order, nothing is sorted
            order = "AND seals.key = answers.key" + (" ORDER BY seals.rowid DESC" if _keeps_order(self._connection) else "")
        columns = f"answers.key, {self._seal}, field, prompts.text, settings, answers.{self._told()}"
        wanted = f"field IN ({', '.join('?' * len(fields))}) AND prompts.digest = prompt {order}"
        with in_words(self.path):
            answers = self._connection.execute(f"SELECT {columns} FROM {seals} answers CROSS JOIN prompts WHERE {wanted}", fields)  # noqa: S608
            for key, seal, field, prompt, settings, *answer in answers:
                if seal in (None, _seal_of(key, answer)):
                    yield field, prompt, settings, answer[0]

    def count_of(self, fields: Sequence[str]) -> int:
        """How many answers there are for some fields."""
        return int(self.rows(f"SELECT count(*) FROM answers WHERE field IN ({', '.join('?' * len(fields))})", *fields)[0][0])  # noqa: S608

    def __len__(self) -> int:
        return int(self.rows("SELECT count(*) FROM answers")[0][0])

    def close(self) -> None:
        """Write everything into the one file. What does not go in stays in the -wal file beside it, where the next run finds it."""
        problem = sys.exception()
        try:
            if not self.read_only:
                self.rows("PRAGMA wal_checkpoint(TRUNCATE)")
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
    return [[(name, key) for _, name, _, _, _, key in connection.execute(f"PRAGMA table_info({table})")] for table in NAMES]


def paid(path: Path) -> bool:
    """Whether a journal file holds what was paid for, or may have been: answers with a cost or a brief, or batches that are not done. True
    as well for a file that cannot be read, False where there is none."""
    try:
        return path.stat().st_size > 0 and bool(_asked_only(path, PAID))
    except FileNotFoundError:
        return False
    except (OSError, sqlite3.Error):
        return True


def mistake(path: Path) -> str:
    """What is wrong with a journal file, in SQLite's words; nothing where it is whole, or there is none."""
    try:
        verdict = str(_asked_only(path, "PRAGMA quick_check(1)"))
    except FileNotFoundError:
        return ""
    except (OSError, sqlite3.Error) as error:
        return str(error)
    return "" if verdict == "ok" else verdict.splitlines()[-1]


def count_damaged(path: Path) -> int:
    """How many answers in a journal file, which SQLite finds whole, are not as they were written. Raises OutputError."""
    journal = Journal(path, read_only=True)
    try:
        rows = journal.rows(f"SELECT key, {journal._seal}, {journal._told()} FROM answers")  # noqa: S608 (constants)
        return sum(seal not in (None, _seal_of(key, columns)) for key, seal, *columns in rows)
    finally:
        journal._connection.close()


def _seal_column(connection: sqlite3.Connection) -> str:
    """How a statement reads the seal of an answer; an older journal has none."""
    has_seals = connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'seals'").fetchone()
    return SEAL if has_seals else "NULL"


def _keeps_order(connection: sqlite3.Connection) -> bool:
    """Whether a journal tells in which order its answers came."""
    tables = connection.execute("SELECT sql FROM sqlite_master WHERE name = 'seals'").fetchall()
    return bool(tables) and "WITHOUT ROWID" not in str(tables[0][0]).upper()


def _seal_of(key: str, columns: Sequence[Any]) -> str:
    """The seal of an answer, whose columns are those of TOLD."""
    *others, cost, logprobs, thinking, milliseconds = columns
    cost = None if cost is None or cost != cost else float(cost)  # as SQLite keeps it
    later = [] if milliseconds is None else [milliseconds]  # without it, answers of earlier versions keep their seals
    return digest_of([key, *others, cost, logprobs, thinking, *later])


def _reading(path: Path) -> sqlite3.Connection:
    """A connection that changes nothing, and makes nothing beside the file."""
    has_log = any(path.with_name(path.name + end).exists() for end in ("-wal", "-journal"))
    alone = "" if has_log else "&immutable=1"
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro{alone}", uri=True, timeout=1)


def answer_count(path: Path) -> int:
    """How many answers a journal holds, which may be written to meanwhile; 0 where that cannot be read."""
    try:
        return int(_asked_only(path, "SELECT count(*) FROM answers"))
    except (OSError, sqlite3.Error):
        return 0


def _asked_only(path: Path, sql: str) -> Any:
    """The first value that a statement finds in a journal, in which nothing is changed, and nothing made beside it."""
    path.stat()
    with closing(_reading(path)) as connection:
        return connection.execute(sql).fetchone()[0]


def _settings(prompt: Prompt) -> str:
    return json.dumps(dict(prompt.settings), sort_keys=True)


def key_of(identity: str, prompt: Prompt) -> str:
    """The key of an answer: a digest of the model's identity and of all that it was asked."""
    parts = [identity, prompt.full_text, _settings(prompt), str(prompt.stream), *([prompt.brief.digest] if prompt.brief else [])]
    return digest("\0".join(parts), 32)
