"""A part of an output made again, from its recipe and its answer journal alone, by the functions that made it the first time.

Only the chunk in which a row was made is made again. Checks and fields that remember earlier rows are given what came before it, as when a
run goes on; where that is not in the output, because a field is hidden, the table is made again from its start. Nothing is believed of what
comes out unless every row of the chunk is the row in the output, with its provenance."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import Any

from synthgen.dataset import Dataset
from synthgen.dataset.columns import PROVENANCE, decode_json_columns, features, rows_table
from synthgen.dataset.find import numbers, some_rows
from synthgen.engine import Chunk, TableRun, TableState, candidates
from synthgen.engine.run import ASKED_CHUNK, Witness, goal_of
from synthgen.errors import SynthgenError
from synthgen.models import Journal, Journalled
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

    def __init__(self, output: Dataset, loaded: Loaded, journal: Journal | None) -> None:
        self.output, self.recipe, self.streams = output, loaded.recipe, Streams(loaded.recipe.seed)
        self.plans = {table.name: table for table in plan(loaded.recipe).tables}
        identities = output.manifest["models"].items() if journal else ()
        self.models = {name: Journalled(Absent(identity), journal, closed=True) for name, identity in identities if journal}
        self._hidden: dict[str, list[dict[str, Any]]] = {}

    def chunk(self, name: str, number: int, witness: Witness) -> Chunk:
        """The chunk of a table in which its candidate of a number was made, as it is in the output. Raises NotAgain where it comes out
        otherwise, and DataError."""
        table, row_numbers = self.plans[name], numbers(self.output, name)
        for before, chunk in self._chunks_to(table, number, row_numbers, witness):
            if number < chunk.state.next_index:
                self._same(table, chunk, before, row_numbers)
                return chunk
        raise NotAgain(f"made again, its table comes to an end before {name}-{number}")

    def _chunks_to(self, table: TablePlan, number: int, row_numbers: Any, witness: Witness) -> Iterator[tuple[int, Chunk]]:
        """Chunks up to the one with a number, each with the number of its first candidate. All before it are left out where that can
        be."""
        state, size = TableState(), self._size(table)
        remembered = table.columns.keys() >= set(table.remembered)
        if remembered and not table.asks:
            size = 1
        run = self._run(table, size, witness)
        if remembered:
            goal = partial(goal_of, table, run.candidates.wanted)
            state = _before(number, row_numbers, size or 1, goal, gathered=run.gathers)
            if table.remembered:
                for values in islice(self.output.rows(table.name, table.remembered), state.rows):
                    run.remember(values)
        first = state.next_index
        for chunk in run.chunks(state):
            yield first, chunk
            first = chunk.state.next_index

    def _size(self, table: TablePlan) -> int | None:
        """How many candidates were made together, where that matters."""
        return (self._table_record(table.name).get("chunk") or ASKED_CHUNK) if table.asks else None

    def _table_record(self, name: str) -> Mapping[str, Any]:
        table_record: Mapping[str, Any] = self.output.manifest["tables"][name]
        return table_record

    def _run(self, table: TablePlan, size: int | None, witness: Witness | None = None) -> TableRun:
        if missing := set().union(*(field.models() for field in table.asked.values())) - self.models.keys():
            raise NotAgain(f"there is no answer journal with what {', '.join(sorted(missing))} said")
        parent = table.table.from_.table if table.table.from_ else ""
        count = self._table_record(parent)["rows"] if parent else 0
        source = candidates(table.name, table.table, partial(self._kept, parent), count, self.streams)
        return TableRun(
            table,
            source,
            self.streams,
            self.models,
            patience=self.recipe.patience,
            chunk=size,
            gathers=self._table_record(table.name).get("gathered", False),
            witness=witness,
        )

    def _kept(self, name: str) -> Iterator[dict[str, Any]]:
        """The rows of a table with its hidden fields: from the output where it has none, else made again."""
        table = self.plans[name]
        if table.kept.keys() == table.columns.keys():
            return self.output.rows(name, list(table.kept))
        if name not in self._hidden:
            rows, last = list[Row](), self._table_record(name)["candidates"]
            for chunk in self._run(table, self._size(table)).chunks():
                rows += chunk.rows
                if chunk.state.next_index >= last:
                    break
            self._hidden[name] = list(_stored(table, table.kept, rows))
        return iter(self._hidden[name])

    def _same(self, table: TablePlan, chunk: Chunk, first: int, row_numbers: Any) -> None:
        """Raise NotAgain unless the rows of a chunk are those of the output."""
        start, stop = (int(row_numbers.searchsorted(place)) for place in (first, chunk.state.next_index))
        stored_rows = list(some_rows(self.output, table.name, start, stop))
        remade_rows = list(_stored(table, table.columns, chunk.rows, provenance=True))
        if wrong := sum(map(_unlike, stored_rows, remade_rows)) + abs(len(stored_rows) - len(remade_rows)):
            raise NotAgain(f"made again, {wrong:,} of the {len(stored_rows):,} rows that were made together come out otherwise")


def _before(number: int, row_numbers: Any, size: int, goal: Callable[[int], int | None], *, gathered: bool) -> TableState:
    """The state before the chunk of the candidate of a number, which follows from the candidates that became rows (`row_numbers`). `goal`
    says of so many rows how many there are to be before the table goes on. Where rows are gathered, the last chunk goes to the end."""
    first = rows = 0
    while size > 1:
        goal_rows = goal(rows)
        end = first + (size if goal_rows is None else min(size, goal_rows - rows))
        if number < end or end == first or (gathered and goal_rows is not None and goal_rows - rows <= size):
            return TableState(first, rows)
        first, rows = end, int(row_numbers.searchsorted(end))
    return TableState(number, int(row_numbers.searchsorted(number)))


def _unlike(one: dict[str, Any], other: dict[str, Any]) -> bool:
    return repr(sorted(one.items())) != repr(sorted(other.items()))  # in words, because what is no number is not like itself


def _stored(table: TablePlan, columns: Mapping[str, str], rows: Sequence[Row], *, provenance: bool = False) -> Iterator[dict[str, Any]]:
    """Rows as they are when they were written and read again."""
    stored = rows_table(rows, columns, features(columns, list(table.asked), table.table.from_ is not None).arrow_schema)
    for row in decode_json_columns(stored.to_pylist(), stored.schema):
        if not provenance:
            del row[PROVENANCE]
        yield row
