"""The one reader of an unfinished run: its rows so far, and how far it is. It writes nothing, whatever the run does beside it.

All chunks are opened first, as the files of a finished output are: what is open stays readable when the run ends and takes them away.
What ships of a chunk, which holds hidden fields too, and how many rows are wanted, the run says in a file when it begins.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from synthgen.dataset.columns import PROVENANCE
from synthgen.dataset.commits import Commits
from synthgen.dataset.dataset import Dataset
from synthgen.dataset.fetched import local_copy
from synthgen.dataset.lock import worker
from synthgen.dataset.names import CHUNKS, JOURNAL, MANIFEST, MARK, PROGRESS, RUN
from synthgen.dataset.place import PAUSE, TRIES, Output
from synthgen.dataset.progress import recorded
from synthgen.dataset.small import content_of, object_in, write_object
from synthgen.engine.run import ASKED_CHUNK
from synthgen.errors import OutputError
from synthgen.memory import lacks_memory
from synthgen.models.journal import answer_count
from synthgen.recipe import Loaded, Plan, TablePlan
from synthgen.spec.names import UNFINISHED
from synthgen.spec.rows import SIDE_TABLES

RETRIES = 5
"""How often an unfinished folder is opened again in which a chunk is not there."""
MOST = 4
"""Reasons of refusals that are named, at most."""
MEND = "run the same make again: it makes anew what is damaged"
"""The way out where a chunk cannot be read."""


@dataclass(frozen=True)
class TableSoFar:
    """How far a table is: its rows of those `wanted` (None: not known before), whether it is done, and who refused how many tries."""

    name: str
    rows: int
    wanted: int | None
    done: bool
    refused: dict[str, int] = field(default_factory=dict)

    def __str__(self) -> str:
        target = f" of {self.wanted:,}" if self.wanted is not None else ""
        state = "done" if self.done else "so far"
        counts = sorted(self.refused.items(), key=lambda item: -item[1])
        refused = ", ".join(f"{by} refused {count:,}" for by, count in counts[:MOST])
        return f"{self.name}: {self.rows:,}{target} rows {state}" + (f"; {refused}{', …' if len(counts) > MOST else ''}" if refused else "")


def remember_run(output: Output, loaded: Loaded, plan: Plan, commits: Commits) -> None:
    """Write into the unfinished folder what its chunks do not say: the recipe, of each table which columns ship and how many rows are
    wanted, and the commits on the Hub that its rows are of."""
    tables = {table.name: {"columns": list(table.columns), "wanted": _row_target(table)} for table in plan.tables}
    recipe = json.loads(json.dumps(loaded.data, ensure_ascii=False, default=str))  # as the manifest will have it
    write_object(output.unfinished / RUN, {"recipe": recipe, "tables": tables, "commits": commits})


def _row_target(table_plan: TablePlan) -> int | None:
    source = table_plan.table.from_
    if source is None:
        return table_plan.table.wanted
    least, most = table_plan.table.per_parent
    return source.rows * least if source.rows and least == most else None


@dataclass(frozen=True)
class Reading:
    """What is read: a dataset, finished or as far as it goes. Of an unfinished one also how far its tables are, those that are not begun
    too, which columns will ship, and who is `working` on it ("": nobody)."""

    dataset: Dataset
    so_far: tuple[TableSoFar, ...] = ()
    ships: dict[str, list[str]] = field(default_factory=dict)
    working: str = ""

    def columns(self, table: str) -> list[str]:
        """The columns of a table that ship, the provenance too. Raises OutputError."""
        names = self.dataset.schema(table).names
        ships = self.ships.get(table)
        return names if ships is None else [name for name in names if name in ships or name == PROVENANCE]


def open_any(folder: str | Path) -> Reading:
    """The output in a folder, or at an address, or if there is none what a run has finished so far. The folder where a run works may be
    named, too. Raises OutputError where there is neither."""
    output, place, named = _output_of(folder)
    for attempt in range(TRIES):
        if not named and (output.whole / MANIFEST).exists():
            break
        ends = (output.unfinished / MANIFEST).exists()  # it is about to take its place
        last = attempt >= (TRIES - 1 if ends else RETRIES)
        reading = _opened(output.unfinished, last=last)
        if reading and reading.dataset.tables:
            return replace(reading, working=worker(output.final))
        if last or not (ends or _begun(output.unfinished)):
            break
        time.sleep(PAUSE)
    if not (output.whole / MANIFEST).exists() and (output.unfinished / (MARK if named else RUN)).exists():
        raise _nothing_yet(output)
    return Reading(Dataset.open(place))


def _output_of(folder: str | Path) -> tuple[Output, Path, bool]:
    """The output in a folder, or at an address; the folder; and whether that is the one where a run works."""
    place = _placed(local_copy(folder, unfinished=True))
    named = place.name.endswith(UNFINISHED) and (place / MARK).exists()
    return Output(place.with_name(place.name.removesuffix(UNFINISHED)) if named else place), place, named


@dataclass(frozen=True)
class BegunRun:
    """A run none of whose rows is finished: its `output`, its `recipe` as it was written, and its tables, none of which has rows."""

    output: Output
    recipe: dict[str, Any]
    so_far: tuple[TableSoFar, ...]


def begun_run(folder: str | Path) -> BegunRun | None:
    """The run of an output as long as none of its rows is finished; None where there are rows, or no run."""
    output, _, named = _output_of(folder)
    run = object_in(content_of(output.unfinished / RUN))
    if not run or (output.unfinished / MANIFEST).exists() or (not named and (output.whole / MANIFEST).exists()):
        return None
    tables, recipe = _planned(run), _object(run, "recipe")
    if recorded(output.unfinished) or not all(isinstance(table, dict) for table in _object(recipe, "tables").values()):
        return None
    return BegunRun(output, recipe, tuple(_so_far(name, table.get("wanted"), []) for name, table in tables.items()))


def _nothing_yet(output: Output) -> OutputError:
    """That no row can be read, how many answers there are by now, and who makes more."""
    journal, working = output.unfinished / JOURNAL, worker(output.final)
    answers = answer_count(journal) if journal.exists() else 0
    kept = (
        f", but {answers:,} answer{' is' if answers == 1 else 's are'} kept: synthgen look {output.final} shows the last" if answers else ""
    )
    goes_on = f"{working} is working on it" if working else "the same synthgen make goes on with it"
    return OutputError(
        f"no row is finished yet in {output.unfinished}{kept}",
        f"{goes_on}; rows can be searched when all rows of a chunk, up to {ASKED_CHUNK}, are made",
    )


def begun_beside(folder: str | Path) -> Path | None:
    """Where a run works to make a finished output again; None where there is no such run."""
    unfinished = Output(_placed(folder)).unfinished
    return unfinished if _begun(unfinished) else None


def _placed(folder: str | Path) -> Path:
    """A folder under a name of its own, beside which others may lie."""
    place = Path(folder)
    return place if place.name not in ("", "..") else place.resolve()


def _begun(unfinished: Path) -> bool:
    return (unfinished / PROGRESS).exists()


def _opened(unfinished: Path, *, last: bool) -> Reading | None:
    """What is in an unfinished folder; None where there is nothing of a run, or (but for the `last` try) a chunk that was there is gone,
    as when the run ends."""
    if not _begun(unfinished):
        return None
    run, records = object_in(content_of(unfinished / RUN)), recorded(unfinished)
    planned = _planned(run)
    names = list(dict.fromkeys([*planned, *(record["table"] for record in records)]))
    so_far, files = list[TableSoFar](), dict[str, Any]()
    for name in names:
        after = any(not earlier.done for earlier in so_far)  # what an earlier run left of it may be of another recipe
        table_records = [] if after else [record for record in records if record["table"] == name]
        intact = list(_intact(unfinished, table_records, files))
        if len(intact) < len(table_records) and not last:
            return None
        so_far.append(_so_far(name, planned.get(name, {}).get("wanted"), intact))
    return Reading(
        _dataset(unfinished, run, so_far, files), tuple(so_far), {name: planned_table["columns"] for name, planned_table in planned.items()}
    )


def _planned(run: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """What a run says of its tables, as far as it can be used."""
    return {
        name: planned_table
        for name, planned_table in _object(run, "tables").items()
        if isinstance(planned_table, dict) and isinstance(planned_table.get("columns"), list)
    }


def _intact(unfinished: Path, records: Sequence[dict[str, Any]], files: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The records up to the first one a chunk of which is not there; the chunks are opened into `files`."""
    import pyarrow

    for record in records:
        paths = [path for path in record.get("files", {}) if (unfinished / path).resolve().is_relative_to(unfinished.resolve())]
        try:
            opened = {path: pyarrow.memory_map(str(unfinished / path), "r") for path in paths}
        except OSError as error:
            if lacks_memory(error):
                raise
            return
        files |= opened
        yield record


def _object(data: Mapping[str, Any], key: str) -> dict[str, Any]:
    value = data.get(key)
    return value if isinstance(value, dict) else {}


def _so_far(name: str, row_target: Any, records: Sequence[dict[str, Any]]) -> TableSoFar:
    state = records[-1]["state"] if records else {}
    rows = sum(record.get("rows", 0) for record in records)
    return TableSoFar(
        name,
        rows,
        row_target if isinstance(row_target, int) else None,
        bool(records) and bool(records[-1].get("done")),
        dict(state.get("refused", {})),
    )


def _dataset(unfinished: Path, run: Mapping[str, Any], so_far: Sequence[TableSoFar], files: Mapping[str, Any]) -> Dataset:
    """The chunks as a dataset."""
    shards, recipe = {path.partition("/")[2]: file for path, file in files.items()}, _object(run, "recipe")
    manifest: dict[str, Any] = {
        "recipe": recipe if all(isinstance(table, dict) for table in _object(recipe, "tables").values()) else {},
        "tables": {table.name: {"rows": table.rows} for table in so_far if any(path.startswith(f"{table.name}/") for path in shards)},
        "files": {path: {} for path in shards},
    }
    dataset = Dataset(unfinished, manifest, {}, shards, root=CHUNKS, hint=MEND)
    counts = {to: dataset.count(to) for to in SIDE_TABLES}
    manifest["aside"] = {to: count for to, count in counts.items() if count}
    return dataset
