"""A run of a recipe: its models behind their journals, its tables one after the other, and the progress that it reports."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import Any

from synthgen.dataset import Output, Progress, TableStore
from synthgen.dataset.finish import gathers
from synthgen.engine import Stage, TableRun, candidates
from synthgen.engine.apart import ChunkMaker, ChunksApart, can_be_made_apart
from synthgen.engine.run import ASKED_CHUNK
from synthgen.engine.workers import Workers
from synthgen.errors import OutputError
from synthgen.fields.reply import APP
from synthgen.making.engine import EngineName
from synthgen.making.estimate import QuestionEstimate, questions
from synthgen.models import AppModel, Budget, Journal, Journalled, Model, PaidModel, has_batches, is_loaded, is_paid, open_model, unnamed
from synthgen.recipe import Loaded, Plan, TablePlan
from synthgen.spec.digests import digest_of
from synthgen.spec.rows import Completion, Prompt
from synthgen.spec.streams import Streams
from synthgen.versions import versions


@dataclass(frozen=True)
class Tick:
    """How far a run is, told now and then: rows of `table` that passed of those wanted (None: not known before), completions so far
    (`asked`; those from the journal are `remembered`), what they cost in US dollars (None: nothing), what a batch that is under way says,
    what is waited for (`stage`), why the table will not get its rows, if that is to be seen (`trouble`), what is done before a model's
    first answer (`preparing`), what an earlier run left (`going_on`), and whether a model works in this process (`here`)."""

    table: str
    rows: int
    wanted: int | None
    asked: int
    cost: float | None = None
    batch: str = ""
    stage: Stage = field(default_factory=Stage)
    trouble: str = ""
    remembered: int = 0
    preparing: str = ""
    going_on: str = ""
    here: bool = False

    @property
    def waiting(self) -> str:
        """What is waited for, in words."""
        stage = self.stage
        if not stage.asked:
            return ""
        if stage.round == 1:
            return f"{stage.answered:,} of {stage.asked:,} {'typed' if stage.typed else 'asked'}"
        number = f"{stage.round} of {stage.tries}" if stage.round <= stage.tries else f"{stage.round}"
        again = "typed again" if stage.typed else f"asked for {stage.asking} again"
        retries = f"{stage.asked:,} {'row is' if stage.asked == 1 else 'rows are'} {again}, try {number}"
        return f"{retries}: {stage.refused_for}" if stage.refused_for else retries

    @property
    def only_retries(self) -> bool:
        """Whether only rows that were refused before are waited for: how long these take, no pace tells."""
        return self.stage.round > 1 and self.wanted is not None and self.rows + self.stage.asked >= self.wanted

    @property
    def choosing(self) -> str:
        """Why no row passes yet though messages are typed, in words; nothing where rows pass as they come."""
        stage = self.stage
        if not (stage.typed and stage.asked and stage.round == 1):
            return ""
        return "rows are chosen when all are" if stage.answered < stage.asked else "rows are chosen now"


@dataclass(frozen=True)
class RunOptions:
    """How a run goes: from the start (`fresh`), or over the journal's answers alone (`recheck`); in Message Batches (`batch`); for at most
    `max_cost` US dollars; in chunks of so many rows (None: as is usual); and by these `models` in place of the recipe's, the application
    among them; by so many `workers` (None: as many as there are processors, or as fit on a cluster), on which `engine`."""

    fresh: bool = False
    recheck: bool = False
    batch: bool = False
    max_cost: float | None = None
    chunk: int | None = None
    models: Mapping[str, Model] | None = None
    workers: int | None = None
    engine: EngineName = "local"


Watch = Callable[[Tick], None]
BATCH_CHUNK = 10_000
"""Rows that are made together where Claude is asked in batches."""


def open_models(
    loaded: Loaded, names: set[str], replacements: Mapping[str, Model] | None = None, budget: Budget | None = None
) -> dict[str, Model]:
    """The models that are asked; they load when they are first asked. `replacements` take the place of the recipe's; none costs more than
    the `budget`."""
    specs = loaded.recipe.all_models
    opened = {
        name: replacements[name] if replacements and name in replacements else open_model(specs[name], budget) for name in sorted(names)
    }
    for model in opened.values():
        if isinstance(model, AppModel):
            model.budget = budget or model.budget
    return opened


def refuse_unnamed(recipe_plan: Plan, replacements: Mapping[str, Model] | None) -> None:
    """Raise ModelError where a field is made by the application, and nobody said which that is."""
    for table in recipe_plan.tables:
        for name, asked_field in table.asked.items():
            if APP in asked_field.models() and APP not in (replacements or {}):
                raise unnamed(f"{table.name}.{name}")


class RecordingModel:
    """A model that remembers what it was asked."""

    def __init__(self, model: Model) -> None:
        self.model, self.identity, self.count = model, model.identity, model.count
        self.prompts: list[Prompt] = []

    @property
    def asked(self) -> int:
        """How often the model was asked for what was not remembered."""
        return int(getattr(self.model, "asked", 0))

    def complete(self, prompts: Sequence[Prompt]) -> Iterator[Completion]:
        """The model's."""
        self.prompts += prompts
        return self.model.complete(prompts)


@contextmanager
def shared_journal(output: Output, command: str) -> Iterator[Journal]:
    """The output's journal for a `command`, if nobody is working on it, else one in memory."""
    with ExitStack() as stack:
        try:
            stack.enter_context(output.locked(command))
        except OutputError:
            path = None
        else:
            path = output.journal
            if path.parent == output.unfinished:
                output.claim()
        journal = Journal(path)
        stack.callback(journal.close)
        yield journal


def retirements(opened: Mapping[str, Model], today: date | None = None) -> tuple[str, ...]:
    """A note on each model that retires soon, or has."""
    day = today or datetime.now(UTC).date()
    ends = {model.identity: model.retirement(day) for model in opened.values() if is_paid(model)}
    return tuple(end.note(identity, day) for identity, end in ends.items() if end)


def preflight(
    recipe_plan: Plan,
    opened: Mapping[str, Model],
    journal: Journal,
    before: Callable[[list[QuestionEstimate], tuple[str, ...]], None],
    *,
    batch: bool = False,
) -> None:
    """Before anything is asked: that there is a key where Claude will be asked, and what that may cost, as a `batch` or not; how often the
    application will be asked; with notes."""
    claudes = {name: model for name, model in opened.items() if is_paid(model)}
    told = {*claudes, *({APP} & opened.keys())}
    asked_before = {entry["model"] for entry in journal.spent()}
    for model in opened.values():
        if isinstance(model, AppModel):  # what fails now is known not to be its address
            model.there = model.identity in asked_before
    if not told:
        return
    if claudes:
        _refuse_without_key(recipe_plan, claudes, journal)
    asks = [question for question in questions(recipe_plan, opened, batch=batch) if question.model in told]
    before(asks, retirements(opened))


def _refuse_without_key(recipe_plan: Plan, claudes: Mapping[str, PaidModel], journal: Journal) -> None:
    needing = {table.name for table in recipe_plan.tables if any(field.models() & claudes.keys() for field in table.asked.values())}
    for table in recipe_plan.tables:  # in the order of work: parents first
        if table.table.from_ and table.table.from_.table in needing:
            needing.add(table.name)
    if not any(entry["model"] in {model.identity for model in claudes.values()} for entry in journal.spent()):
        paid_tables = [table.name for table in reversed(recipe_plan.tables) if table.name in needing]
        free_tables = [table.name for table in recipe_plan.tables if table.name not in needing]
        for model in claudes.values():
            model.check_key(
                f"{', '.join(free_tables)} can be made without it: {' '.join(f'--without {name}' for name in paid_tables)}"
                if free_tables
                else ""
            )


class Run:
    """The making of a recipe's tables, one after the other."""

    def __init__(
        self,
        loaded: Loaded,
        recipe_plan: Plan,
        output: Output,
        journal: Journal,
        opened: Mapping[str, Model],
        budget: Budget,
        how: RunOptions,
        watch: Watch,
        workers: Workers,
    ) -> None:
        self.workers = workers
        self.loaded, self.plan, self.output, self.budget, self.how, self.watch = loaded, recipe_plan, output, budget, how, watch
        self.journal = journal
        self.batched = {  # a batch that an earlier run left is waited for, and not asked again
            name for name, model in opened.items() if has_batches(model) and (how.batch or journal.batches.unfinished(model.identity))
        }
        self.models = {
            name: Journalled(model, journal, closed=how.recheck, batch=name in self.batched, watch=self._batch)
            for name, model in opened.items()
        }
        self.streams = Streams(loaded.recipe.seed)
        self.now = Tick("", 0, None, 0)

    def tables(self, recipe_fingerprint: str) -> dict[str, TableStore]:
        """All tables, each made as far as it was not before."""
        progress, stores = Progress(self.output.unfinished), dict[str, TableStore]()
        for table in self.plan.tables:
            size = self.how.chunk or self._size(table)
            parent = stores[table.table.from_.table] if table.table.from_ else None
            decided = [recipe_fingerprint, versions(), size if table.asks else 0, self.how.recheck, *([parent.content] if parent else [])]
            stores[table.name] = store = TableStore(self.output.unfinished, progress, table, digest_of(decided), size)
            if not store.done:
                self._table(table, store, size, parent)
            self.output.send_ahead(lambda store=store: store.shards)  # type: ignore[misc]
        return stores

    def _size(self, table: TablePlan) -> int | None:
        """How many rows are made together. A batch may take hours, so that one for many rows is better than one for few."""
        if not table.asks:
            return None
        if table.table.together:
            return table.table.together
        return BATCH_CHUNK if any(field.models() & self.batched for field in table.asked.values()) else ASKED_CHUNK

    def _table(self, table: TablePlan, store: TableStore, size: int | None, parent: TableStore | None) -> None:
        source = candidates(
            table.name, table.table, parent.rows if parent else lambda: iter(()), parent.state.rows if parent else 0, self.streams
        )
        self.now = Tick(
            table.name,
            store.state.rows,
            source.wanted,
            0,
            preparing=self._preparing(table),
            going_on=self._going_on(table),
            here=any(is_loaded(self.models[name].model) for field in table.asked.values() for name in field.models()),
        )
        remembered_before = self._remembered

        def report(stage: Stage, completions: int) -> None:
            total, remembered = self.now.asked + completions, self._remembered - remembered_before
            rows = store.state.rows + stage.passed
            self._tell(rows=rows, asked=total, remembered=remembered, batch="", stage=stage, trouble=stage.trouble)

        apart = can_be_made_apart(table) and not self.how.chunk
        run = TableRun(
            table,
            source,
            self.streams,
            self.models,
            patience=self.loaded.recipe.patience,
            report=report,
            chunk=size,
            lenient=self.how.recheck,
            gathers=gathers(table, self.models),
            apart=ChunksApart(ChunkMaker(table, self.streams, store.pack), self.workers) if apart else None,
        )
        remembered = table.remembered
        if store.count and remembered:
            for values in store.rows(remembered):
                run.remember(values)
        self._tell()
        with store.writing(lambda rows: self._tell(rows=rows, stage=Stage()), beside=not (table.asks or self.how.chunk)) as add:
            for chunk in run.chunks(store.state, store.count):
                add(chunk)
        store.finish(run.state)

    @property
    def _remembered(self) -> int:
        """The answers that came from the journal."""
        return sum(model.remembered for model in self.models.values())

    def _preparing(self, table: TablePlan) -> str:
        """What is done before the table's first answer, in words; nothing where no model is asked."""
        names = [name for field in table.asked.values() for name in field.models()]
        loads = any(is_loaded(self.models[name].model) and not self.models[name].asked for name in names)
        return "" if not names else "loading the model" if loads else "waiting for the first answer"

    def _going_on(self, table: TablePlan) -> str:
        """What an earlier run left for the table, in words; nothing where it left nothing."""
        count = self.journal.count_of([f"{table.name}.{name}" for name in table.asked])
        if not count or self.how.recheck:
            return ""
        typed = all(field.drafts for field in table.asked.values())
        what = (
            ("message is typed" if typed else "answer is there") if count == 1 else ("messages are typed" if typed else "answers are there")
        )
        return f"going on: {count:,} {what} already, and taken where they still fit"

    def _tell(self, **changes: Any) -> None:
        self.now = replace(self.now, cost=self.budget.spent or None, **changes)
        self.watch(self.now)

    def _batch(self, status: str) -> None:
        self._tell(batch=status)
