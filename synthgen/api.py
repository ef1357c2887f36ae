"""The verbs: check, preview, measure, compare, tune, make, look. Each is load → plan → run → write and nothing more."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from synthgen.engine import TableRun, candidates
from synthgen.engine.run import ASKED_CHUNK
from synthgen.errors import OutputError
from synthgen.estimate import Question, questions
from synthgen.look import look, messages, plain
from synthgen.models import BaseModel, Journal, Journalled, Model
from synthgen.output import JOURNAL, Output, Progress, TableStore, digest
from synthgen.output.finish import fingerprint, finish, other_versions, shortfalls
from synthgen.recipe import Loaded, Plan, TablePlan, load, plan
from synthgen.rows import Row
from synthgen.streams import Streams
from synthgen.versions import versions
from synthgen.voices import Voice

if TYPE_CHECKING:
    from synthgen.compare import Comparison
    from synthgen.tune.train import Step
    from synthgen.tune.tuning import Tuned


@dataclass(frozen=True)
class Tick:
    """How far a run is, told now and then: rows of `table` done of those wanted (None: not known before), and completions so far."""

    table: str
    rows: int
    wanted: int | None
    asked: int


Watch = Callable[[Tick], None]


@dataclass(frozen=True)
class Made:
    """What `make` did. `already` is true when the output was there and nothing had to be done."""

    folder: Path
    manifest: dict[str, Any]
    already: bool = False
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Checked:
    """What `check` found: the plan, and the questions that it will ask."""

    loaded: Loaded
    plan: Plan
    questions: list[Question] = field(default_factory=list)


def folder_of(loaded: Loaded, out: str | Path | None) -> Path:
    """Where the output goes: `out`, or `outputs/NAME` here."""
    return Path(out) if out is not None else Path("outputs") / loaded.recipe.name


def open_models(loaded: Loaded, names: set[str], given: Mapping[str, Model] | None = None) -> dict[str, Model]:
    """The models that are asked; they load when they are first asked. `given` ones take the place of the recipe's."""
    specs = loaded.recipe.all_models
    found: dict[str, Model] = {}
    for name in sorted(names):
        if given and name in given:
            found[name] = given[name]
        else:
            spec = specs[name]
            found[name] = BaseModel(spec.place, revision=spec.revision, dtype=spec.dtype, device=spec.device)
    return found


# check


def check(recipe: str | Path, **options: Any) -> Checked:
    """Read a recipe and say what it will ask, without asking. `options` are those of `load`. Raises RecipeError."""
    loaded = load(recipe, **options)
    made = plan(loaded.recipe)
    return Checked(loaded, made, list(questions(made, open_models(loaded, made.models))))


# preview


def preview(
    recipe: str | Path, *, show: int = 5, out: str | Path | None = None, models: Mapping[str, Model] | None = None, **options: Any
) -> Iterator[tuple[TablePlan, list[Row]]]:
    """A handful of rows of each table, from the journal where it knows them; what is asked anew is kept in it.

    `show` is how many rows; `options` are those of `load`. Writes no dataset.
    """
    loaded = load(recipe, **options)
    whole = plan(loaded.recipe)
    output = Output(folder_of(loaded, out))
    with _SharedJournal(output) as journal:
        doors = {name: Journalled(model, journal) for name, model in open_models(loaded, whole.models, models).items()}
        streams = Streams(loaded.recipe.seed)
        made: dict[str, list[dict[str, Any]]] = {}
        for table in whole.tables:
            parents = made.get(table.table.from_.table, []) if table.table.from_ else []
            source = candidates(table.name, table.table, lambda parents=parents: iter(parents), len(parents), streams)  # type: ignore[misc]
            few = min(show, source.wanted or show)
            run = TableRun(table, type(source)(few, source.start), streams, doors, patience=loaded.recipe.patience, lenient=True)
            rows = [row for chunk in run.chunks() for row in chunk.rows]
            made[table.name] = [row.values for row in rows]
            yield table, rows[:show]


class _SharedJournal:
    """The output's journal if nobody is working on it, else one in memory."""

    def __init__(self, output: Output) -> None:
        self.output = output

    def __enter__(self) -> Journal:
        self.lock = self.output.locked()
        try:
            self.lock.__enter__()
        except OutputError:
            self.lock = None  # type: ignore[assignment]
            self.journal = Journal(None)
            return self.journal
        self.output.journal.parent.mkdir(parents=True, exist_ok=True)
        self.journal = Journal(self.output.journal)
        return self.journal

    def __exit__(self, *problem: Any) -> None:
        self.journal.close()
        if self.lock is not None:
            self.lock.__exit__(*problem)


# measure and compare


def measure(place: str | Path, *, field: str | None = None, table: str | None = None) -> tuple[Voice, int]:
    """How the messages of a file (or of an output folder) are typed, as a voice, and how many they are. `field` is where the
    messages of records are. Raises DataError, OutputError."""
    from synthgen.voices.measure import measured

    texts = messages(place, table, field)
    return measured(texts), len(texts)


def compare(
    real: str | Path, generated: str | Path, *, originals: str | Path | None = None, field: str | None = None, table: str | None = None
) -> Comparison:
    """How near generated messages come to real ones: figures, and what gives them away.

    `real` and `generated` are files of messages or output folders, `originals` a file that should not be repeated, such as the
    seeds. `field` is where the messages of `real` and `originals` are; of an output, `table` and its first typed field are read.
    Raises DataError, OutputError.
    """
    from synthgen import compare as comparing

    seeds = messages(originals, None, field) if originals is not None else []
    return comparing.compare(messages(real, None, field), messages(generated, table), originals=seeds)


# tune


def tune(
    logs: Sequence[str | Path],
    out: str | Path,
    *,
    about: str = "",
    model: str = "scribbler",
    field: str | None = None,
    group: str | None = None,
    epochs: int = 3,
    minutes: float | None = None,
    probe: int = 400,
    seed: int = 0,
    device: str = "auto",
    fresh: bool = False,
    watch: Callable[[Step], None] | None = None,
) -> Tuned:
    """Fine-tune a base model on messages that people typed, into the folder `out`, which a recipe can name as a model.

    `logs` are files of messages; `about` says where they were typed, as in a recipe; `field` and `group` are the fields of records that
    hold the message and what it is about. It stops after `epochs`, after `minutes`, or when held-out messages are foretold no better.
    `probe` messages are generated to measure what the model gives away of the logs. A run that was cut off goes on; `fresh` starts
    over. Raises DataError, ModelError, OutputError.
    """
    from synthgen.tune.train import Settings
    from synthgen.tune.tuning import tune

    settings = Settings(epochs=epochs, minutes=minutes, seed=seed)
    return tune([Path(one) for one in logs], Path(out), about=about, model=model, field=field, group=group, settings=settings, probe=probe,
                device=device, fresh=fresh, watch=watch or (lambda step: None))  # fmt: skip


def tune_from_scratch(
    corpora: str | Path,
    out: str | Path,
    *,
    model: str,
    layers: int | None = None,
    minutes: float | None = None,
    seed: int = 0,
    fresh: bool = False,
    watch: Callable[[Step], None] | None = None,
) -> Tuned:
    """Make a base model as the embedded one was made: `model` with a smaller vocabulary (and fewer `layers`), in four bits, taught on the
    openly licensed corpora in a folder. Goes on as `tune` does. Raises DataError, ModelError, OutputError."""
    from synthgen.tune.scratch import Making, from_scratch
    from synthgen.tune.train import Settings

    settings = Settings(epochs=1, looks=8, patience=6, minutes=minutes, seed=seed)
    return from_scratch(
        Path(corpora), Path(out), Making(model, layers=layers), settings=settings, fresh=fresh, watch=watch or (lambda step: None)
    )


# make


def make(
    recipe: str | Path,
    *,
    out: str | Path | None = None,
    fresh: bool = False,
    recheck: bool = False,
    models: Mapping[str, Model] | None = None,
    watch: Watch | None = None,
    chunk: int | None = None,
    **options: Any,
) -> Made:
    """Make a recipe's dataset and say where it is.

    A run that was cut off goes on; an output that is there already stays as it is, unless the recipe has changed.
    `fresh` starts over, journal too. `recheck` reads the journal's answers again under the recipe's present
    checks and asks no model. `models` take the place of the recipe's, by name. `options` are those of `load`.
    Raises SynthgenError; what was finished is kept.
    """
    began = time.monotonic()
    loaded = load(recipe, **options)
    whole = plan(loaded.recipe)
    output = Output(folder_of(loaded, out))
    said = fingerprint(loaded)
    with output.locked():
        found = output.manifest()
        if found and "tables" not in found:
            raise OutputError(f"{output.final} is a model, not a dataset", "choose another place: --out DIR")
        if found and found["fingerprint"] == said and not fresh and not recheck and not output.unfinished.exists():
            return Made(output.final, found, already=True, notes=tuple(other_versions(found)))
        output.open(fresh=fresh)
        journal = Journal(output.unfinished / JOURNAL)
        try:
            doors = {name: Journalled(model, journal, closed=recheck) for name, model in open_models(loaded, whole.models, models).items()}
            stores = _tables(loaded, whole, output, said, doors, watch or (lambda tick: None), chunk, recheck)
        finally:
            journal.close()
        manifest = finish(loaded, whole, output, stores, doors, said, time.monotonic() - began)
    return Made(output.final, manifest, notes=tuple(shortfalls(whole, manifest)))


def _tables(
    loaded: Loaded, whole: Plan, output: Output, said: str, doors: Mapping[str, Journalled], watch: Watch, chunk: int | None, recheck: bool
) -> dict[str, TableStore]:
    progress = Progress(output.unfinished)
    streams = Streams(loaded.recipe.seed)
    stores: dict[str, TableStore] = {}
    for table in whole.tables:
        size = chunk if chunk or not table.asks else ASKED_CHUNK
        print_of_table = digest([said, versions(), size if table.asks else 0, recheck])
        store = stores[table.name] = TableStore(output.unfinished, progress, table, print_of_table)
        if store.done:
            continue
        parent = stores[table.table.from_.table] if table.table.from_ else None
        source = candidates(
            table.name, table.table, parent.rows if parent else lambda: iter(()), parent.state.rows if parent else 0, streams
        )
        asked = [0]

        def report(
            rows: int,
            completions: int,
            name: str = table.name,
            wanted: int | None = source.wanted,
            store: TableStore = store,
            asked: list[int] = asked,
        ) -> None:
            asked[0] += completions
            watch(Tick(name, store.state.rows + rows, wanted, asked[0]))

        run = TableRun(table, source, streams, doors, patience=loaded.recipe.patience, report=report, chunk=size, lenient=recheck)
        remembered = table.remembered
        if store.count and remembered:
            for values in store.rows(remembered):
                run.remember(values)
        watch(Tick(table.name, store.state.rows, source.wanted, 0))
        last = store.state
        for one in run.chunks(last, store.count):
            store.add(one)
            watch(Tick(table.name, one.state.rows, source.wanted, asked[0]))
        store.finish(run.state)
    return stores


__all__ = [
    "Checked",
    "Made",
    "Question",
    "Tick",
    "asdict",
    "check",
    "compare",
    "look",
    "make",
    "measure",
    "messages",
    "plain",
    "preview",
    "tune",
    "tune_from_scratch",
]
