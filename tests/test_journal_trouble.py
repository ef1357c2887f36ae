"""A journal that cannot be written or read: the error says what is so, no answer that was kept is lost, and no advice deletes any."""

from __future__ import annotations

import os
import re
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from time import time
from typing import Any

import pytest
from servers import claude
from servers.claude import ClaudeServer

from synthgen import api
from synthgen.errors import OutputError
from synthgen.models import Journal, Journalled, ScriptedModel
from synthgen.models.journal import paid, trouble
from synthgen.spec.rows import Brief, Completion, Prompt

server = claude.named_server

LONG = "x" * 10_000
KEPT = "run the same command again: all answers in it are kept"
CHILD = """
import os, resource, sys
from pathlib import Path
from synthgen import api
from synthgen.errors import OutputError
from synthgen.models import Journal, Journalled, ScriptedModel
from synthgen.spec.rows import Prompt

path = Path(sys.argv[1])

def limit(most):
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, resource.RLIM_INFINITY))

def ask(journal, count):
    model = ScriptedModel(lambda prompt, random: "x" * 10_000 + f"{prompt.stream}\\n")
    for one in Journalled(model, journal).complete([Prompt("a", number) for number in range(count)]):
        print(one.prompt.stream, flush=True)

try:
    exec(sys.argv[2])
except OutputError as error:
    sys.exit(str(error))
"""


def child(path: Path, code: str) -> tuple[list[str], str]:
    """Do something with a journal in a process of its own: what it printed, and the OutputError that ended it."""
    done = subprocess.run([sys.executable, "-c", CHILD, path, code], capture_output=True, text=True, check=False)
    assert "Traceback" not in done.stderr, done.stderr
    return done.stdout.split(), done.stderr.strip()


def prompts(count: int) -> list[Prompt]:
    return [Prompt("a", number) for number in range(count)]


def ask(journal: Journal, count: int, said: str = LONG) -> None:
    list(Journalled(ScriptedModel(lambda prompt, random: f"{said}\n"), journal).complete(prompts(count)))


def filled(path: Path, count: int = 20) -> Path:
    """A journal that holds some answers."""
    journal = Journal(path)
    ask(journal, count)
    journal.close()
    return path


def holds(path: Path) -> list[int]:
    """The streams of the prompts that a journal knows the answers to."""
    journal = Journal(path)
    found = [one.prompt.stream for one in Journalled(ScriptedModel(lambda *_: ""), journal, closed=True).complete(prompts(100))]
    assert len(journal) == len(found)
    journal.close()
    return found


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "a journal.sqlite"


# No room


def test_a_full_disk_ends_the_run_and_what_was_kept_stays(path: Path) -> None:
    kept, said = child(path, "journal = Journal(path); limit(200_000); ask(journal, 100)")
    assert said.startswith(
        f"the answer journal {path} cannot be written: the disk, a quota or a limit on the size of files has no room left"
    )
    assert "; the answer that had just arrived is lost\n" in said
    assert said.endswith(KEPT)
    assert holds(path) == [int(stream) for stream in kept] != []
    more, said = child(path, "ask(Journal(path), 100)")
    assert (len(more), said) == (100, "")
    assert holds(path) == list(range(100))


def test_a_full_disk_is_found_out_before_anything_is_asked(path: Path) -> None:
    kept, said = child(filled(path), "limit(1000); ask(Journal(path), 100)")
    assert kept == []
    assert "cannot be written" in said
    assert "arrived" not in said
    assert holds(path) == list(range(20))


def test_a_new_journal_on_a_full_disk(path: Path) -> None:
    assert "cannot be written" in child(path, "limit(1000); Journal(path)")[1]
    assert holds(path) == []


def test_what_does_not_go_into_the_one_file_at_the_end_is_found_by_the_next_run(path: Path) -> None:
    kept, said = child(path, "journal = Journal(path); ask(journal, 20); limit(50_000); journal.close()")
    assert len(kept) == 20
    assert said.endswith(KEPT)
    assert holds(path) == list(range(20))


def test_the_error_that_ended_the_work_is_not_hidden_by_the_closing(path: Path) -> None:
    code = "journal = Journal(path); ask(journal, 20); limit(50_000)\ntry: ask(journal, 30)\nfinally: journal.close()"
    assert "; the answer that had just arrived is lost\n" in child(path, code)[1]


def test_sqlites_own_word_for_a_full_disk(path: Path) -> None:
    with closing(sqlite3.connect(":memory:")) as full:
        full.execute("CREATE TABLE a (b)")
        full.execute("PRAGMA max_page_count = 2")
        with pytest.raises(sqlite3.OperationalError) as told:
            full.execute("INSERT INTO a VALUES (?)", (LONG,))
    error = trouble(path, told.value.sqlite_errorname, str(told.value))
    assert error.message == f"the answer journal {path} cannot be written: the disk is full"
    assert error.hint == f"free some space, then {KEPT}"


SHOP = """
name: shop
about: Customers of a shop.
tables:
  traffic:
    rows: 40
    fields:
      wish: {kind: template, template: where is it}
      reply: {kind: claude, task: Reply., shows: [wish]}
"""


@pytest.mark.parametrize("batch", [False, True])
def test_make_on_a_full_disk_says_what_was_paid_for_and_goes_on_later(server: ClaudeServer, tmp_path: Path, batch: bool) -> None:
    server.answer = lambda request: LONG
    recipe, out = tmp_path / "recipe.yaml", tmp_path / "out"
    recipe.write_text(SHOP, encoding="utf-8")
    _, said = child(out, f"limit(200_000); api.make({str(recipe)!r}, out=path, batch={batch})")
    kept = Journal(out.with_name("out.unfinished") / ".journal.sqlite")
    known = len(kept)
    kept.close()
    assert said.endswith(KEPT)
    if batch:
        assert "the batch's answers stay with the API, and the same command fetches them" in said
        assert known == 0
    else:
        assert re.search(r"the answer that had just arrived is lost, and was paid for, as are up to \d+ that were under way\n", said)
        assert 0 < known < 40
    made = api.make(recipe, out=out, batch=batch)
    assert made.manifest["tables"]["traffic"]["rows"] == 40
    assert len(server.asked()) == (0 if batch else 40 + 40 - known)
    assert len(server.batches) == int(batch)


# Not to be written


@pytest.fixture
def anywhere() -> Iterator[Path]:
    """A folder that every user may look into."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder
        folder.chmod(0o755)


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="there are no such permissions here")
@pytest.mark.parametrize("folder", [0o555, 0o777])
def test_what_is_read_only_is_found_out_before_anything_is_asked(anywhere: Path, folder: int) -> None:
    path = filled(anywhere / "journal")
    path.chmod(0o444)
    anywhere.chmod(folder)
    kept, said = child(path, "os.geteuid() or os.setuid(65534); ask(Journal(path), 100)")
    assert kept == []
    assert re.match(rf"the answer journal {path} cannot be (written: it or its folder is read-only|opened: .*)\n", said), said
    assert said.endswith(KEPT)


def test_a_folder_in_the_place_of_the_journal(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="cannot be opened: it is not a file") as told:
        Journal(tmp_path)
    assert told.value.hint.endswith(KEPT)


# In use


def test_a_journal_that_another_program_holds_is_in_use(path: Path) -> None:
    filled(path)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(OutputError, match="is in use by another program") as told:
            Journal(path)
    assert told.value.hint == f"close that program, then {KEPT}"
    assert len(holds(path)) == 20


def test_a_journal_that_another_program_takes_hold_of_is_in_use(path: Path) -> None:
    journal = Journal(filled(path))
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(OutputError, match="is in use by another program; the answer that had just arrived is lost"):
            ask(journal, 30)
    ask(journal, 30)
    journal.close()
    assert len(holds(path)) == 30


# Damaged


def follow(hint: str) -> None:
    """Do what a hint says."""
    found = re.match(
        r"set it aside with: (mv .*); make then asks again for what is not remembered \(sqlite3 .* may save the rest before\)$", hint
    )
    assert found
    subprocess.run(found[1], shell=True, check=True)


def test_a_journal_that_is_no_database_is_set_aside_as_the_error_says(path: Path) -> None:
    path.write_text("Dear diary,\n" * 1000)
    with pytest.raises(OutputError, match=r"is damaged \(file is not a database\)") as told:
        Journal(path)
    follow(told.value.hint)
    assert path.with_name("a journal.sqlite.damaged").read_text().startswith("Dear diary")
    assert holds(path) == []


def spoil(path: Path) -> None:
    """Write over the middle of a file."""
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.seek(size // 2)
        file.write(b"\xff" * (size // 4))


def test_damage_in_the_middle_is_told_when_it_is_met(path: Path) -> None:
    spoil(filled(path, 100))
    spoilt, journal = path.read_bytes(), Journal(path)
    with pytest.raises(OutputError, match=r"is damaged \(database disk image is malformed\)") as told:
        list(Journalled(ScriptedModel(lambda *_: ""), journal, closed=True).complete(prompts(100)))
    journal.close()
    follow(told.value.hint)
    assert path.with_name("a journal.sqlite.damaged").read_bytes()[-len(spoilt) // 2 :] == spoilt[-len(spoilt) // 2 :]
    assert holds(path) == []


# Of another shape


def test_a_journal_of_another_shape_is_found_out_before_anything_is_asked(path: Path) -> None:
    with closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TABLE answers (key TEXT PRIMARY KEY, text TEXT)")
    with pytest.raises(OutputError, match="was made by another version of synthgen") as told:
        Journal(path)
    assert told.value.hint.startswith("use that version, or set it aside with: mv ")


OURS = "prompts", "answers", "batches", "batched", "seals"
OTHERS = {
    "its version is 5, and this one reads up to 4": ["PRAGMA user_version = 5"],
    "its version is 2147483647, and this one reads up to 4": ["PRAGMA user_version = 2147483647"],
    "its version is -1, and this one reads up to 4": ["PRAGMA user_version = -1"],
    "its tables are bookmarks": [*(f"DROP TABLE {name}" for name in OURS), "CREATE TABLE bookmarks (id)"],
    "its tables have other columns": ["ALTER TABLE answers DROP COLUMN cost"],
    "its tables have other columns ": ["ALTER TABLE answers ADD COLUMN more"],
    "its tables have other columns  ": ["CREATE TABLE a AS SELECT * FROM answers", "DROP TABLE answers", "ALTER TABLE a RENAME TO answers"],
}


@pytest.mark.parametrize("said", OTHERS)
def test_a_journal_of_another_version_or_program_is_refused_and_left_as_it_is(path: Path, said: str) -> None:
    filled(path)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        for change in OTHERS[said]:
            other.execute(change)
    before = path.read_bytes()
    with pytest.raises(OutputError, match=f"was made by another version of synthgen \\({said.strip()}\\)"):
        Journal(path)
    assert path.read_bytes() == before


def test_a_journal_that_lacks_what_came_later_is_brought_up_to_date(path: Path) -> None:
    filled(path)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        for change in (
            "DROP TABLE batches",
            "DROP TABLE batched",
            "ALTER TABLE answers DROP COLUMN logprobs",
            "ALTER TABLE answers DROP COLUMN tokens_thinking",
            "ALTER TABLE answers DROP COLUMN milliseconds",
            "PRAGMA user_version = 0",
        ):
            other.execute(change)
    assert len(holds(path)) == 20


def test_an_answer_that_cannot_be_read_is_told(path: Path) -> None:
    filled(path)
    with closing(sqlite3.connect(path)) as other, other:
        other.execute("UPDATE answers SET logprobs = '[1,'")
        other.execute("DROP TABLE seals")  # as before there were any
    with pytest.raises(OutputError, match=r"is damaged \(an answer's probabilities cannot be read\)"):
        holds(path)


SENT = Prompt("a", 1, brief=Brief("b"))
WORK: dict[str, Callable[[Journal], Any]] = {
    "find": lambda journal: journal.find("key", SENT),
    "keep": lambda journal: journal.keep("key", "model", Completion(SENT, "a", "stop")),
    "intend": lambda journal: journal.batches.intend("model", {"key": SENT}, time()),
    "sent": lambda journal: journal.batches.unfinished("model"),
    "ids": lambda journal: journal.batches.ids(),
    "spent": lambda journal: journal.spent(),
    "prompt": lambda journal: journal.prompt("a"),
    "len": len,
}


@pytest.mark.parametrize("work", WORK)
def test_trouble_is_told_whatever_the_journal_is_about(path: Path, work: str) -> None:
    journal = Journal(path)
    with closing(sqlite3.connect(path)) as other:
        for table in ("prompts", "answers", "batches", "batched"):
            other.execute(f"DROP TABLE {table}")
    with pytest.raises(OutputError, match=f"the answer journal {path} was made by another version of synthgen \\(no such table"):
        WORK[work](journal)
    journal.close()


def test_trouble_with_a_batch_is_told(path: Path) -> None:
    journal = Journal(path)
    batch = journal.batches.intend("model", {"key": SENT}, time())
    with closing(sqlite3.connect(path)) as other:
        other.execute("DROP TABLE batches")
    for work in (lambda: journal.batches.named(batch, "name"), lambda: journal.batches.finish(batch, "model", {})):
        with pytest.raises(OutputError, match="no such table: batches"):
            work()
    journal.close()


def test_no_advice_deletes_anything() -> None:
    for name in sorted(name for name in dir(sqlite3) if name.startswith("SQLITE_")):
        error = trouble(Path("journal"), name, "words")
        assert error.message.startswith("the answer journal journal "), name
        assert re.search(r"\bkept\b|set it aside with: mv ", error.hint), name
        assert not re.search(r"fresh|delete|remove|\brm\b|start over", str(error)), name


# What was paid for


def answered(path: Path, *, cost: float | None = None, brief: Brief | None = None) -> None:
    journal = Journal(path)
    journal.keep("key", "model", Completion(Prompt("a", 1, brief=brief), "b", "stop", cost=cost))
    journal.close()


def test_only_a_journal_that_was_paid_for_is(path: Path) -> None:
    assert not paid(path)
    assert not path.exists()
    answered(path)
    assert not paid(path)
    answered(path, cost=0.01)
    assert paid(path)


def test_an_answer_to_a_brief_may_have_been_paid_for(path: Path) -> None:
    answered(path, brief=Brief("b"))
    assert paid(path)


def test_a_batch_that_is_not_done_may_be_paid_for(path: Path) -> None:
    journal = Journal(path)
    batch = journal.batches.intend("model", {"key": Prompt("a", 1)}, time())
    assert paid(path)
    journal.batches.named(batch, "name")
    assert paid(path)
    journal.batches.finish(batch, "model", {})
    assert not paid(path)
    journal.close()
    assert not paid(path)


def test_what_stands_beside_the_journal_of_a_killed_run_was_paid_for(path: Path) -> None:
    code = "from synthgen.spec.rows import *; Journal(path).keep('k', 'm', Completion(Prompt('a', 1), 'b', 'stop', cost=1.0)); os._exit(0)"
    child(path, code)
    assert path.with_name("a journal.sqlite-wal").stat().st_size > 0
    assert paid(path)


@pytest.mark.parametrize("spoilt", [b"Dear diary", b"SQLite format 3\0" + b"\xff" * 5000])
def test_nobody_knows_what_a_journal_holds_that_cannot_be_read(path: Path, spoilt: bytes) -> None:
    path.write_bytes(spoilt)
    assert paid(path)
    assert paid(path.parent)
    with closing(sqlite3.connect(path.with_name("other"))) as other:
        other.execute("CREATE TABLE answers (key TEXT)")
    assert paid(path.with_name("other"))


def test_an_empty_file_holds_nothing(path: Path) -> None:
    path.touch()
    assert not paid(path)


@pytest.mark.parametrize("killed", [False, True])
def test_to_look_changes_nothing(path: Path, killed: bool) -> None:
    child(path, f"journal = Journal(path); ask(journal, 20); os._exit(0) if {killed} else journal.close()")

    def files() -> dict[str, bytes]:
        return {file.name: file.read_bytes() for file in path.parent.iterdir() if not file.name.endswith("-shm")}

    before, names = files(), sorted(path.parent.iterdir())
    assert not paid(path)
    assert files() == before
    assert sorted(path.parent.iterdir()) == names


def test_one_can_look_while_another_program_writes(path: Path) -> None:
    answered(path, cost=0.01)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        assert paid(path)
