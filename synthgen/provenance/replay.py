"""A part of an output made again, from its recipe and its answer journal alone, by the functions that made it the first time.

Only the chunk is made again in which a row was made. What came before it is told to the checks and fields that remember, as when a run
goes on; where that is not in the output, because a field is hidden, the table is made again from its start. Nothing is believed of what
comes out unless every row of the chunk is the row in the output, with its provenance.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import Any

from synthgen.dataset import Dataset
from synthgen.dataset.columns import PROVENANCE, decode_json_columns, features, rows_table
from synthgen.engine import Chunk, TableRun, TableState, candidates
from synthgen.engine.run import ASKED_CHUNK, Witness
from synthgen.errors import SynthgenError
from synthgen.models import Journal, Journalled
from synthgen.provenance.find import numbers, some_rows
from synthgen.recipe import Loaded, TablePlan, plan
from synthgen.spec.rows import Completion, Prompt, Row
from synthgen.spec.streams import Streams


class NotAgain(SynthgenError):
    """The rows cannot be made again as they are; the message says why."""


@dataclass(frozen=True)
class Absent:
    """A model that is known by its identity alone: what it answered is in the journal."""

    identity: str

    def count(self, text: str) -> int:
        """Not known."""
        return 0

    def complete(self, prompts: Sequence[Prompt]) -> Iterator[Completion]:
        """Nothing."""
        return iter(())


class Replay:
    """An output, its recipe read again, and its journal (None: there is none)."""

    def __init__(self, made: Dataset, loaded: Loaded, journal: Journal | None) -> None:
        self.made, self.recipe, self.streams = made, loaded.recipe, Streams(loaded.recipe.seed)
        self.plans = {table.name: table for table in plan(loaded.recipe).tables}
        identities = made.manifest["models"].items() if journal else ()
        self.models = {name: Journalled(Absent(identity), journal, closed=True) for name, identity in identities if journal}
        self._hidden: dict[str, list[dict[str, Any]]] = {}

    def chunk(self, name: str, number: int, witness: Witness) -> Chunk:
        """The chunk of a table in which its candidate of a number was made, as it is in the output. Raises NotAgain where it comes out
        otherwise, and DataError."""
        table, known = self.plans[name], numbers(self.made, name)
        for before, chunk in self._made(table, number, known, witness):
            if number < chunk.state.next_index:
                self._same(table, chunk, before, known)
                return chunk
        raise NotAgain(f"made again, its table comes to an end before {name}-{number}")

    def _made(self, table: TablePlan, number: int, known: Any, witness: Witness) -> Iterator[tuple[int, Chunk]]:
        """Chunks up to the one with a number, each with the number of its first candidate. All before it are left out where that can
        be."""
        state, size = TableState(), self._size(table)
        remembered = table.columns.keys() >= set(table.remembered)
        if remembered and not table.asks:
            size = 1
        run = self._run(table, size, witness)
        if remembered:
            state = _before(number, known, size or 1, run.candidates.wanted)
            if table.remembered:
                for values in islice(self.made.rows(table.name, table.remembered), state.rows):
                    run.remember(values)
        first = state.next_index
        for chunk in run.chunks(state):
            yield first, chunk
            first = chunk.state.next_index

    def _size(self, table: TablePlan) -> int | None:
        """How many candidates were made together, where that matters."""
        return (self._told(table.name).get("chunk") or ASKED_CHUNK) if table.asks else None

    def _told(self, name: str) -> Mapping[str, Any]:
        told: Mapping[str, Any] = self.made.manifest["tables"][name]
        return told

    def _run(self, table: TablePlan, size: int | None, witness: Witness | None = None) -> TableRun:
        if missing := set().union(*(field.models() for field in table.asked.values())) - self.models.keys():
            raise NotAgain(f"there is no answer journal with what {', '.join(sorted(missing))} said")
        parent = table.table.from_.table if table.table.from_ else ""
        count = self._told(parent)["rows"] if parent else 0
        source = candidates(table.name, table.table, partial(self._kept, parent), count, self.streams)
        return TableRun(table, source, self.streams, self.models, patience=self.recipe.patience, chunk=size, witness=witness)

    def _kept(self, name: str) -> Iterator[dict[str, Any]]:
        """The rows of a table with its hidden fields: from the output where it has none, else made again."""
        table = self.plans[name]
        if table.kept.keys() == table.columns.keys():
            return self.made.rows(name, list(table.kept))
        if name not in self._hidden:
            rows, last = list[Row](), self._told(name)["candidates"]
            for chunk in self._run(table, self._size(table)).chunks():
                rows += chunk.rows
                if chunk.state.next_index >= last:
                    break
            self._hidden[name] = list(_stored(table, table.kept, rows))
        return iter(self._hidden[name])

    def _same(self, table: TablePlan, chunk: Chunk, first: int, known: Any) -> None:
        """Raise NotAgain unless the rows of a chunk are those of the output."""
        start, stop = (int(known.searchsorted(place)) for place in (first, chunk.state.next_index))
        there = list(some_rows(self.made, table.name, start, stop))
        again = list(_stored(table, table.columns, chunk.rows, provenance=True))
        if wrong := sum(map(_unlike, there, again)) + abs(len(there) - len(again)):
            raise NotAgain(f"made again, {wrong:,} of the {len(there):,} rows that were made together come out otherwise")


def _before(number: int, known: Any, size: int, wanted: int | None) -> TableState:
    """The state before the chunk of the candidate of a number, which follows from the candidates that became rows (`known`)."""
    first = rows = 0
    while size > 1:
        end = first + (size if wanted is None else min(size, wanted - rows))
        if number < end or end == first:
            return TableState(first, rows)
        first, rows = end, int(known.searchsorted(end))
    return TableState(number, int(known.searchsorted(number)))


def _unlike(one: dict[str, Any], other: dict[str, Any]) -> bool:
    return repr(sorted(one.items())) != repr(sorted(other.items()))  # in words, because what is no number is not like itself


def _stored(table: TablePlan, columns: Mapping[str, str], rows: Sequence[Row], *, provenance: bool = False) -> Iterator[dict[str, Any]]:
    """Rows as they are when they were written and read again."""
    stored = rows_table(rows, columns, features(columns, list(table.asked), table.table.from_ is not None))
    for row in decode_json_columns(stored.to_pylist(), stored.schema):
        if not provenance:
            del row[PROVENANCE]
        yield row
