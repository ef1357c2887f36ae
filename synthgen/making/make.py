"""The making of an output: what is there already is kept, what is missing is made, and the result says what was made."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from synthgen.dataset import JOURNAL, Dataset, Output
from synthgen.dataset.commits import follow_commits, moved_since, note_commits
from synthgen.dataset.finish import fingerprint, finish, other_versions, shortfalls
from synthgen.dataset.names import OF_RUNS
from synthgen.dataset.origin import refuse_other, remember_origin
from synthgen.dataset.unfinished import remember_run
from synthgen.dataset.verify import refuse_damaged
from synthgen.errors import OutputError, SynthgenError
from synthgen.fields.reply import APP
from synthgen.hub.hub import Pushed
from synthgen.making.engine import opened_engine
from synthgen.making.estimate import QuestionEstimate
from synthgen.making.runs import Run, RunOptions, Watch, open_models, preflight, refuse_unnamed
from synthgen.models import Budget, Journal
from synthgen.models.budget import dollars
from synthgen.recipe import Loaded, Plan, plan
from synthgen.recipe.notes import files_that_were_read, notes
from synthgen.spec import pages
from synthgen.spec.remedies import FULL

ASK_AGAIN = "if it has changed since, another --app-version asks it again"


@dataclass(frozen=True)
class MakeResult:
    """What `make` did. `already` is true when the output was there and nothing had to be done; `pushed` is what went to the Hub. Of an
    output at an `address`, `folder` is the one on this machine."""

    folder: Path
    manifest: dict[str, Any]
    already: bool = False
    notes: tuple[str, ...] = ()
    pushed: Pushed | None = None
    address: str = ""

    @property
    def named(self) -> str:
        """What the output is called where one is asked for: its address, or its folder."""
        return self.address or str(self.folder)

    def __repr__(self) -> str:
        tables = [f"{name} {table['rows']:,} rows" for name, table in self.manifest["tables"].items()]
        return f"MakeResult({self.named}: {', '.join(tables)})"

    def _repr_html_(self) -> str:
        head = ["table", "rows", "refused on the way", "why"]
        tables = [
            [
                name,
                f"{table['rows']:,}",
                f"{sum(table['refused'].values()):,}",
                ", ".join(f"{by}: {count:,}" for by, count in list(table["refused"].items())[:6]),
            ]
            for name, table in self.manifest["tables"].items()
        ]
        place = f"{self.named}{' was finished already' if self.already else ''}"
        return pages.page(pages.paragraph(place), pages.table(head, tables), *(pages.paragraph(f"note: {note}") for note in self.notes))


@dataclass(frozen=True)
class Checked:
    """What `check` found: the plan, the questions that it will ask, what is to be said beside, and what was read of files of messages."""

    loaded: Loaded
    plan: Plan
    questions: list[QuestionEstimate] = field(default_factory=list)
    notes: tuple[str, ...] = ()
    readings: tuple[str, ...] = ()

    def __repr__(self) -> str:
        asks = [
            f"{question.table}.{question.field} asks {question.model} at least {question.prompts:,} times" for question in self.questions
        ]
        return f"Checked({self.loaded.recipe.name}: no mistakes{''.join(f'; {ask}' for ask in asks)})"


def make_output(loaded: Loaded, output: Output, how: RunOptions, watch: Watch, before: Callable[[Checked], None]) -> MakeResult:
    """Make a recipe's dataset as an output, as far as it is not there. `watch` is told how far it is, and `before` what will be asked.
    Raises SynthgenError; what was finished is kept."""
    loaded.refuse_changed()
    began, recipe_plan = time.monotonic(), plan(loaded.recipe)
    refuse_unnamed(recipe_plan, how.models)
    app = (how.models or {}).get(APP) if APP in recipe_plan.models else None
    made_of = fingerprint(loaded, app.identity if app else "")

    def waiting(note: str) -> None:
        before(Checked(loaded, recipe_plan, notes=(note,)))

    with output.locked("make", waiting), opened_engine("local" if how.recheck else how.engine, how.workers) as engine:
        output.settle(fresh=how.fresh)
        existing = output.manifest(again=how.fresh or how.recheck)
        if existing and "tables" not in existing:
            raise OutputError(f"{output.named} is a model, not a dataset", "choose another place: --out DIR")
        same = existing is not None and existing["fingerprint"] == made_of
        if existing and same and not (how.fresh or how.recheck or output.unfinished.exists()):
            refuse_damaged(output, existing)
            asked_before = [f"the application's answers are of when it was made ({app.identity}); {ASK_AGAIN}"] if app else []
            already_notes = (*other_versions(existing), *moved_since(existing, loaded), *asked_before, *_reviewed(output))
            return MakeResult(output.final, existing, already=True, notes=already_notes, address=output.address)
        unused = [] if app or APP not in (how.models or {}) else ["no field asks the application that --app names: docs/application.md"]
        noted, files_read = (
            (*unused, *notes(loaded.recipe, how.models or ())),
            tuple(files_that_were_read(loaded.recipe)),
        )
        removed_notes = refuse_other(output, loaded, finished=not same)
        kept_notes = output.open(fresh=how.fresh)
        remember_origin(output, loaded)
        commits, moved_notes = follow_commits(output, existing, loaded)
        remember_run(output, loaded, recipe_plan, commits)
        journal, budget = Journal(output.unfinished / JOURNAL), Budget(how.max_cost)
        try:
            opened = engine.place(open_models(loaded, recipe_plan.models, how.models, budget))
            first_notes = (
                *output.remarks(),
                *_replaced(output, loaded, existing if not same else None),
                *noted,
                *moved_notes,
                *engine.notes,
            )
            if first_notes or files_read:
                before(Checked(loaded, recipe_plan, notes=first_notes, readings=files_read))
            if not how.recheck:
                preflight(
                    recipe_plan, opened, journal, lambda asks, ends: before(Checked(loaded, recipe_plan, asks, ends)), batch=how.batch
                )
            run = Run(loaded, recipe_plan, output, journal, opened, budget, how, watch, engine.workers)
            stores = run.tables(made_of)
            spent = journal.spent()
        finally:
            journal.close()
        manifest = finish(loaded, recipe_plan, output, stores, run.models, made_of, time.monotonic() - began, spent)
        note_commits(manifest, commits)
        report_notes = _show(output, manifest)
        carried = output.publish(manifest, OF_RUNS)
    damage_notes = [
        f"{name}: {store.damaged} finished chunks were damaged, and made again" for name, store in stores.items() if store.damaged
    ]
    if journal.damaged:
        damage_notes.append(
            f"{len(journal.damaged):,} answers in the journal were damaged, and count for nothing: they were asked for again"
        )
    lost_notes = [f"answers that were lost on the way may have cost up to {dollars(budget.uncertain)} more"] if budget.uncertain else []
    return MakeResult(
        output.final,
        manifest,
        notes=(
            *noted,
            *moved_notes,
            *shortfalls(recipe_plan, manifest),
            *lost_notes,
            *damage_notes,
            *removed_notes,
            *kept_notes,
            *carried,
            *report_notes,
            *_reviewed(output),
        ),
        address=output.address,
    )


def _replaced(output: Output, loaded: Loaded, earlier: Mapping[str, Any] | None) -> Iterator[str]:
    """What is to be said of a finished output of an earlier version of the recipe."""
    if earlier is None:
        return
    rows = sum(table["rows"] for table in earlier["tables"].values())
    wanted = sum(table.wanted or 0 for table in loaded.recipe.tables.values())
    if _only_rows_differ(earlier["recipe"], loaded.data) and wanted < rows:
        yield f"{output.named} has {rows:,} rows, and {wanted:,} are asked for: the others go (-o DIR keeps both; --rows N keeps more)"
    elif _only_rows_differ(earlier["recipe"], loaded.data):
        together = [now["together"] for now in loaded.data["tables"].values()]
        stay = sum(table["rows"] // size * size for table, size in zip(earlier["tables"].values(), together, strict=True))
        which = "they stay" if stay == rows else f"the first {stay:,} stay"
        yield f"{output.named} has {rows:,} rows: {which}, with what was decided on them, and more are added (if no seed has changed)"
    else:
        reviewed = "; decisions of reviewers hold only for rows that stay as they are" if output.review.exists() else ""
        replaced = f"{output.named} has {rows:,} rows that were made before with other settings: those of now replace them"
        yield f"{replaced} (-o DIR keeps both){reviewed}"


def _only_rows_differ(before: Mapping[str, Any], now: Mapping[str, Any]) -> bool:
    """Whether of two versions of a recipe the one asks for more or fewer rows, and its tables make so many `together` as before."""

    def without_rows(recipe: Mapping[str, Any]) -> dict[str, Any]:
        return {**recipe, "tables": {name: {**table, "rows": None} for name, table in recipe["tables"].items()}}

    return without_rows(before) == without_rows(now) and all("together" in table for table in now["tables"].values())


def _show(output: Output, manifest: dict[str, Any]) -> list[str]:
    """Write the report page. Returns a note where that fails."""
    from synthgen.reporting import add_report

    try:
        add_report(output, manifest)
    except Exception as error:  # rows that took hours must not be lost for a page
        if isinstance(error, OSError) and error.errno in FULL:
            raise
        return [f"report.html could not be written: {type(error).__name__}: {error}; the rows are whole"]
    return []


def _reviewed(output: Output) -> list[str]:
    """Notes on the reviewers' decisions on it: how many hold."""
    from synthgen.decisions.amended import honoured

    try:
        return list(honoured(Dataset.open(output.named)).notes()) if output.review.exists() else []
    except SynthgenError as error:  # which is no fault of the rows
        return [f"reviewers' decisions could not be read: {error.message}; {error.hint}"]
