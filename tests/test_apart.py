"""Chunks that need no others, made by workers: the rows, the refusals and the errors are those of one process."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from synthgen.api import make
from synthgen.dataset import Progress, TableStore
from synthgen.engine import Chunk, TableRun, TableState, candidates
from synthgen.engine.apart import ChunkMaker, ChunksApart, can_be_made_apart
from synthgen.engine.run import MADE_PART
from synthgen.engine.workers import InProcess, Processes, Workers
from synthgen.errors import DataError, LimitError
from synthgen.recipe import Loaded, load, plan
from synthgen.spec.rows import Row
from synthgen.spec.streams import Streams

RECIPES = sorted((Path(__file__).parent.parent / "recipes").glob("*/recipe.yaml"))
LETTERS = """
name: apart
patience: {patience}
tables:
  letters:
    rows: {rows}
    fields:
      letter: {{kind: choice, options: {{a: 1, b: {others}}}}}
    keep:
      - {{kind: matches, field: letter, pattern: a}}
"""
"""With 15 others one row in 600 is out of tries, and another takes its place."""
TABLE = """
name: apart
tables:
  people:
    rows: {rows}
    fields:
      name: {{kind: fake, provider: first_name}}
      place: {{kind: number, between: [1, {most}]}}
      line: {{kind: template, template: "{{{{ name }}}} {{{{ place }}}}"}}
    keep:
      - {{kind: matches, field: line, pattern: ".*[{digits}]"}}
"""


def pack(rows: list[Row], refused: list[Any]) -> tuple[list[Row], list[Any]]:
    return rows, refused


class Here(InProcess):
    """Several at once, as it were, which say how often they were asked."""

    count = 3

    def __init__(self) -> None:
        self.maps = 0

    def map(self, function: Callable[[Any], Any], items: Any) -> Iterator[Any]:
        self.maps += 1
        return super().map(function, items)


def made(loaded: Loaded, workers: Workers | None, worth: float = 0.0) -> tuple[list[Any], list[Any], Any]:
    """Rows, refusals and state of the only table, of one process or of workers."""
    (table,) = plan(loaded.recipe).tables
    streams = Streams(loaded.recipe.seed)
    source = candidates(table.name, table.table, lambda: iter(()), 0, streams)
    apart = ChunksApart(ChunkMaker(table, streams, pack), workers, worth) if workers else None
    run = TableRun(table, source, streams, {}, patience=loaded.recipe.patience, apart=apart)
    rows, refused = list[Any](), list[Any]()
    for chunk in run.chunks():
        chunk_rows, chunk_refused = chunk.packed or (chunk.rows, chunk.refused)
        rows += chunk_rows
        refused += chunk_refused
    return rows, refused, run.state


@pytest.mark.parametrize(("rows", "others"), [(4 * MADE_PART, 0), (2 * MADE_PART + 17, 2), (2 * MADE_PART + 90, 15)])
def test_rows_refusals_and_state_are_those_of_one_process(recipe: Callable[..., Loaded], rows: int, others: int) -> None:
    loaded, workers = recipe(LETTERS.format(patience=400, rows=rows, others=others)), Here()
    expected = made(loaded, None)
    assert made(loaded, workers) == expected
    assert workers.maps == 1
    assert (expected[2].next_index > rows) is (others == 15)


def test_other_processes_make_the_same(recipe: Callable[..., Loaded]) -> None:
    loaded, workers = recipe(TABLE.format(rows=3 * MADE_PART + 1, most=400, digits="1-8")), Processes(2)
    rows, refused, state = made(loaded, workers)
    workers.close()
    assert refused
    assert (rows, refused, state) == made(loaded, None)


def test_small_tables_ask_nobody(recipe: Callable[..., Loaded]) -> None:
    workers = Here()
    made(recipe(TABLE.format(rows=2 * MADE_PART, most=400, digits="1-8")), workers, worth=10_000)
    assert workers.maps == 0


def test_a_table_that_runs_out_of_patience_says_the_same(recipe: Callable[..., Loaded]) -> None:
    text, said = LETTERS.format(patience=3, rows=MADE_PART + 9, others=25), set()
    for workers in (None, Here()):
        with pytest.raises(LimitError) as raised:
            made(recipe(text), workers)
        said.add(raised.value.message)
    assert len(said) == 1


def test_an_error_in_a_row_is_met_in_another_process_too(recipe: Callable[..., Loaded]) -> None:
    text = TABLE.format(rows=4 * MADE_PART, most=9000, digits="0-9").replace("{{ name }}", "{{ 10 // (place - 1234) }}")
    workers, said = Processes(2), set()
    for whose in (None, workers):
        with pytest.raises(DataError) as raised:
            made(recipe(text), whose)
        said.add(str(raised.value))
    workers.close()
    assert len(said) == 1
    assert "ZeroDivisionError" in said.pop()


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.parent.name)
def test_a_plan_is_the_same_in_another_process(path: Path) -> None:
    for table in plan(load(path).recipe).tables:
        again = pickle.loads(pickle.dumps(table))
        assert again == table
        assert can_be_made_apart(again) == can_be_made_apart(table)


def test_an_output_does_not_depend_on_the_number_of_workers(tmp_path: Path) -> None:
    path = tmp_path / "recipe.yaml"
    path.write_text(TABLE.format(rows=20_000, most=9_000, digits="1-8"))
    for workers in (1, 3):
        make(path, out=tmp_path / str(workers), workers=workers)
    one, three = ({file.name: file.read_bytes() for file in sorted((tmp_path / str(workers)).rglob("*.parquet"))} for workers in (1, 3))
    assert one == three
    assert len(one) == 1


class Unwritable(TableStore):
    """A store whose second chunk cannot be written."""

    written: list[int]

    def add(self, chunk: Chunk) -> None:
        if chunk.number == 1:
            raise OSError(28, "No space left on device")
        self.written = [*getattr(self, "written", []), chunk.number]


def test_nothing_is_written_after_a_chunk_that_could_not_be(recipe: Callable[..., Loaded], tmp_path: Path) -> None:
    (table,) = plan(recipe(TABLE.format(rows=10, most=9, digits="1-8")).recipe).tables
    store = Unwritable(tmp_path, Progress(tmp_path), table, "fingerprint")

    def write() -> None:
        with store.writing(lambda rows: None, beside=True) as add:
            for number in range(40):
                add(Chunk(number, [], [], TableState()))

    with pytest.raises(OSError, match="No space left"):
        write()
    assert store.written == [0]
