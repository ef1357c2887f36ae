"""The decisions on one output, in a file beside it that is only ever appended to: NAME.review.jsonl, a JSON object a line.

It lies beside the output and not in it, so that an output that is made again loses none, and so that it travels with git. Lines of several
people can be merged in any order (`*.review.jsonl merge=union`): a decision counts by its moment, then by its place in the file, and once,
however often its line is there. Each is on the disk before `append` returns. A line whose writing was cut off is passed over; any other
that cannot be read is an error, for a rejected row must not slip through.
"""

from __future__ import annotations

import gc
import os
from codecs import BOM_UTF8
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from threading import RLock
from typing import BinaryIO, Protocol

from synthgen.decisions.decision import Decision, moment, new_id, read, unfinished
from synthgen.decisions.standing import Standing, Status, standing
from synthgen.errors import DataError, OutputError
from synthgen.spec.remedies import remedy
from synthgen.spec.replacing import sync

TAIL = 256
"""Bytes before the place up to which the file was read that must still be there, or it is another file."""
WAIT = 30
"""Seconds that an append waits for another at most."""
WAY_OUT = "mend that line or delete it; after a merge keep the lines of both sides (docs/review.md, The file)"


class Known(Protocol):
    """What an output holds that decisions can be of."""

    def wrong(self, decision: Decision) -> str:
        """Why a decision can be none on this output; "" where it can."""


@contextmanager
def uncollected() -> Iterator[None]:
    """No looking for circles among a million small values, of which none is in any."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


class Standings(Mapping[str, Standing]):
    """What the decisions on each row of a table come to, by the row's id; worked out when it is asked for."""

    def __init__(self, lock: RLock) -> None:
        self._lock, self._decisions, self._cached = lock, dict[str, list[Decision]](), dict[str, Standing]()
        self._counts = Counter[Status | None]()

    def take(self, decision: Decision) -> None:
        """One more decision; they come in the order of the file."""
        self._decisions.setdefault(decision.row, []).append(decision)
        if old := self._cached.pop(decision.row, None):
            self._counts[old.status] -= 1

    def last(self, row: str) -> str:
        """The moment of the last decision on a row; "" where there is none."""
        return max((decision.at for decision in self._decisions.get(row, ())), default="")

    def count(self) -> Counter[Status | None]:
        """How many rows have each status (None: all was undone, or the row was only answered)."""
        with self._lock, uncollected():
            for row in self._decisions.keys() - self._cached.keys():
                self[row]
            return +self._counts

    def __getitem__(self, row: str) -> Standing:
        with self._lock:
            if row not in self._cached:
                row_decisions = self._decisions[row]
                self._cached[row] = row_standing = Standing(row, standing(row_decisions))
                self._counts[row_standing.status] += 1
            return self._cached[row]

    def __iter__(self) -> Iterator[str]:
        with self._lock:
            return iter(list(self._decisions))

    def __len__(self) -> int:
        return len(self._decisions)


class Review:
    """The decisions of one output, as far as they were read from its file. `notes` are lines that were passed over, and why; `unfit` are
    the decisions that do not fit this output, with the reason; they are ignored."""

    def __init__(self, file: Path, reviewable: Known | None = None) -> None:
        self.file, self.reviewable = file, reviewable
        self._lock = RLock()
        self._forget()

    def _forget(self) -> None:
        self.notes = list[str]()
        self.unfit = list[tuple[Decision, str]]()
        self.ids = dict[str, Decision]()
        self._tables: dict[str, Standings] = {}
        self._file: tuple[int, int, int] = (0, 0, 0)
        self._read, self._lines, self._tail, self._rest = 0, 0, b"", b""

    @classmethod
    def load(cls, file: str | Path, reviewable: Known | None = None) -> Review:
        """The decisions in a file; none where there is no file. Raises DataError for a line that cannot be read, OutputError for a file."""
        review = cls(Path(file), reviewable)
        review.reload()
        if review._rest and unfinished(review._rest):
            review._note(f"line {review._lines + 1}: its writing was cut off, and it is passed over")
        return review

    def __len__(self) -> int:
        return len(self.ids)

    def __iter__(self) -> Iterator[Decision]:
        """All decisions, those too that were undone, in the order of the file."""
        return iter(self.ids.values())

    @property
    def reviewers(self) -> list[str]:
        """Who decided anything, by name."""
        return sorted({decision.by for decision in self.ids.values()})

    def standing(self, table: str) -> Standings:
        """What the decisions on each row of a table come to, by the row's id."""
        if table not in self._tables:
            self._tables[table] = Standings(self._lock)
        return self._tables[table]

    # Reading

    def reload(self) -> bool:
        """Read what was appended since, by whomever; all again where it is another file now. Returns whether there was anything. Raises
        DataError, OutputError."""
        with self._lock, self._file_errors("read"):
            try:
                return self._fresh()
            except DataError:
                self._forget()
                raise

    def _fresh(self) -> bool:
        if self.file.exists() and not self.file.is_file():
            raise OutputError(f"{self.file} is no file", "move it away")
        try:
            stream = self.file.open("rb")
        except FileNotFoundError:
            had_lines = bool(self._read)
            self._forget()
            return had_lines
        with stream:
            file_status = os.fstat(stream.fileno())
            file_version = file_status.st_ino, file_status.st_size, file_status.st_mtime_ns
            if file_version == self._file:
                return False
            grown = file_version[0] == self._file[0] and file_version[1] > self._file[1]
            stream.seek(self._read - len(self._tail))
            if not grown or stream.read(len(self._tail)) != self._tail:
                self._forget()
                stream.seek(0)
            self._file = file_version
            self._take(stream)
        return True

    def _take(self, stream: BinaryIO) -> None:
        """Take the decisions in what is new in the file. A last line that is not whole may still be written: it is read again."""
        self._rest = b""
        with uncollected():
            for line in stream:
                if not line.endswith(b"\n"):
                    self._rest = line
                    break
                self._lines += 1
                self._read += len(line)
                self._line(self._lines, line)
        stream.seek(max(0, self._read - TAIL))
        self._tail = stream.read(min(TAIL, self._read))
        if not unfinished(self._rest):
            self._line(self._lines + 1, self._rest)

    def _line(self, number: int, line: bytes) -> None:
        if not line.strip():
            return
        try:
            decision = read(line.removeprefix(BOM_UTF8 if number == 1 else b"").rstrip(b"\r\n"))
        except ValueError as error:
            if not unfinished(line.strip()):
                raise DataError(f"{self.file}, line {number}: {error}", WAY_OUT) from None
            self._note(f"line {number}: its writing was cut off, and it is passed over")
            return
        if decision.id in self.ids:
            if decision != self.ids[decision.id]:
                self._note(f"line {number}: another decision has its id, {decision.id}, and counts in its place")
            return
        self.ids[decision.id] = decision
        wrong = self._wrong(decision)
        if wrong:
            self.unfit.append((decision, wrong))
        else:
            self.standing(decision.table).take(decision)

    def _note(self, problem: str) -> None:
        note = f"{self.file}, {problem}"
        if note not in self.notes:
            self.notes.append(note)

    def _wrong(self, decision: Decision) -> str:
        return self.reviewable.wrong(decision) if self.reviewable is not None else ""

    # Writing

    def append(self, decision: Decision) -> Decision:
        """Write a decision, which is on the disk when this returns, and return it with its id and moment. Raises DataError for a decision
        that cannot be, OutputError where it cannot be written."""
        with self._lock, self._file_errors("written"), self._exclusive():
            self.reload()
            line = self._completed(decision).line()
            try:
                decision = read(line)
            except ValueError as error:
                raise DataError(f"this is no decision: {error}") from None
            if wrong := self._wrong(decision):
                raise DataError(wrong)
            existed = self.file.exists()
            handle = os.open(self.file, os.O_RDWR | os.O_APPEND | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o666)
            try:
                size = os.fstat(handle).st_size
                if size:
                    os.lseek(handle, size - 1, os.SEEK_SET)
                    line = line if os.read(handle, 1) == b"\n" else b"\n" + line
                if os.write(handle, line) != len(line):
                    raise OutputError(f"{self.file} cannot be written: there is no room", "free some space, and decide again")
                os.fsync(handle)
            finally:
                os.close(handle)
            if not existed:
                sync(self.file.parent)
            self.reload()
            return self.ids[decision.id]

    def _completed(self, decision: Decision) -> Decision:
        """The decision with an id and a moment; an undo with the row of what it undoes. Raises DataError."""
        if decision.id in self.ids:
            raise DataError(f"there is a decision {decision.id} already", "leave the id out")
        if decision.decision == "undo":
            undone = self.ids.get(decision.undoes)
            if undone is None:
                raise DataError(f"there is no decision {decision.undoes!r} to undo")
            if undone.by != decision.by:
                raise DataError(f"that decision is {undone.by}'s, and {decision.by} cannot undo it", "decide otherwise: both are kept")
            decision = replace(decision, table=undone.table, row=undone.row)
        latest = self.standing(decision.table).last(decision.row)
        return replace(decision, id=decision.id or new_id(), at=decision.at or moment(latest))

    @contextmanager
    def _exclusive(self) -> Iterator[None]:
        """No other process appends, for there are disks (of a network) on which two would write over each other."""
        from filelock import FileLock

        self.file.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(self.file.with_name(f".{self.file.name}.lock"), timeout=WAIT):
            yield

    @contextmanager
    def _file_errors(self, what: str) -> Iterator[None]:
        """Raise OutputError where the file cannot be read or written."""
        try:
            yield
        except OSError as error:
            way_out = remedy(error.errno, "it, and in its folder")
            hint = f"nothing was decided; {way_out}, and decide again" if what == "written" else way_out
            raise OutputError(f"{self.file} cannot be {what}: {error.strerror or error}", hint) from None
