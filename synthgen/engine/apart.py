"""Chunks that need no others, made by workers ahead of the one that is next.

Where no model is asked and no row depends on another, what comes of a candidate depends on the plan, the seed and the row that it is made
from. So the chunks that are next are made as if all rows will pass. Where some were refused and left no row, the last chunk takes more
candidates than was thought: it is made again. The chunks are those of one process, and so are the rows.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from itertools import chain, islice
from typing import Any

from synthgen.engine.chunk import ApartChunk, Refused, TableState
from synthgen.engine.parents import Candidate, Candidates, Values
from synthgen.engine.run import MADE_PART, TableRun
from synthgen.engine.workers import Workers
from synthgen.recipe.plan import TablePlan
from synthgen.spec.rows import Row
from synthgen.spec.streams import Streams

WORTH_SECONDS = 2.0
"""Work of one process that is left, from which on others are asked: they need about one to start."""

Pack = Callable[[Sequence[Row], Sequence[Refused]], Any]
"""Makes rows, and what was refused, into what is written."""
Packed = range | list[tuple[int, int, int | None, Values | None]]
"""Candidates as they are sent: where they are made from no other row, their indices."""


def can_be_made_apart(plan: TablePlan) -> bool:
    """Whether the chunks of a table need no others, and nothing that may be otherwise elsewhere."""
    return not plan.asks and not plan.remembers and not any(field.commit() for field in plan.table.fields.values())


class ChunkMaker:
    """What workers do: a chunk from candidates."""

    def __init__(self, plan: TablePlan, streams: Streams, pack: Pack) -> None:
        self.plan, self.streams, self.pack = plan, streams, pack
        self._run: TableRun | None = None

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__ | {"_run": None}

    def __call__(self, sent: Packed) -> ApartChunk:
        """What comes of some candidates."""
        some = [Candidate(index, index) for index in sent] if isinstance(sent, range) else [Candidate(*parts) for parts in sent]
        run = self._run = self._run or TableRun(self.plan, Candidates(None, lambda first: iter(())), self.streams, {}, patience=1)
        run.state, run.examples = TableState(), {}
        rows, refused = run.make(some, iter(()))
        return ApartChunk(self.pack(rows, refused), run.state, run.examples)


class ChunksApart:
    """The chunks of one table. The first is made here, which shows whether it is worth while to ask others."""

    def __init__(self, maker: ChunkMaker, workers: Workers, worth: float = WORTH_SECONDS) -> None:
        self.maker, self.workers, self.worth = maker, workers, worth
        self._ahead: Iterator[Candidate] = iter(())
        self._sent = deque[list[Candidate]]()  # those whose chunks are being made
        self._results: Iterator[ApartChunk] | None = None
        self._expected: int | None = 0  # rows that will be missing when the next result is taken, if all pass
        self._seconds: float | None = None  # of one candidate

    def start(self, ahead: Iterator[Candidate]) -> None:
        """Go on with these candidates."""
        self._ahead = ahead

    def take(self, count: int, missing: int | None) -> ApartChunk | None:
        """What came of the next candidates; None where there are no more."""
        if self._results is not None and count != _size(self._expected):
            self._recall()
        if self._results is None:
            if not (count == _size(missing) and self._worth(missing)):
                return self._here(count)
            self._expected = missing
            self._results = iter(self.workers.map(self.maker, self._items(missing)))
        chunk = next(self._results, None)
        if chunk is not None:
            made = len(self._sent.popleft())
            self._expected = None if self._expected is None else self._expected - made
        return chunk

    def _worth(self, missing: int | None) -> bool:
        """Whether so much is missing that others are to be asked for it."""
        if self.workers.count < 2 or self._seconds is None or (missing is not None and missing <= MADE_PART):
            return False
        return missing is None or self._seconds * missing > self.worth

    def _here(self, count: int) -> ApartChunk | None:
        """A chunk that is made in this process."""
        some = list(islice(self._ahead, count))
        if not some:
            return None
        began = time.perf_counter()
        chunk = self.maker(_packed(some))
        self._seconds = (time.perf_counter() - began) / len(some)
        return chunk

    def _items(self, missing: int | None) -> Iterator[Packed]:
        """The candidates of the chunks that will be needed if all pass."""
        while some := list(islice(self._ahead, _size(missing))):
            self._sent.append(some)
            yield _packed(some)
            missing = None if missing is None else missing - len(some)

    def _recall(self) -> None:
        """Take back the candidates whose chunks would be others than are needed."""
        if close := getattr(self._results, "close", None):
            close()
        self._results = None
        self._ahead = chain(list(chain.from_iterable(self._sent)), self._ahead)
        self._sent.clear()


def _size(missing: int | None) -> int:
    """How many candidates are in a chunk where so many rows are missing."""
    return MADE_PART if missing is None else min(MADE_PART, missing)


def _packed(some: list[Candidate]) -> Packed:
    first = some[0].index
    if all(candidate.parent is None and candidate.turn == candidate.index == first + place for place, candidate in enumerate(some)):
        return range(first, first + len(some))
    return [(candidate.index, candidate.turn, candidate.parent, candidate.inherited) for candidate in some]
