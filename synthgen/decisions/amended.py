"""An output's rows as reviewers left them: rejected rows out, changes put in, rows that waited let in.

What follows from a row follows it: rows that were made from a rejected one stay out with it, and what was changed in it and they carry is
changed in them, unless a reviewer put another value there. A row that was set aside (in `unsure` or `review`) and is accepted goes into its
table, at the end. A column `reviewed` tells on which rows somebody decided, and what was changed; it never tells who.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from synthgen.dataset import Dataset
from synthgen.dataset.columns import PROVENANCE, decode_json_columns
from synthgen.dataset.find import numbers
from synthgen.decisions.known import Reviewable, cells, review_of
from synthgen.decisions.plan import Fate, ReviewPlan, plan
from synthgen.decisions.review import Review
from synthgen.spec.paths import root_of

if TYPE_CHECKING:
    import pyarrow

NAMED = 5
"""Rows that are named."""


@dataclass(frozen=True)
class Honoured:
    """An output as reviewers left it: the `dataset`, whose manifest counts the rows that it has then (the very same one where they
    decided nothing that holds), their `review`, what becomes of the rows of each table, and the output as it was made."""

    dataset: Dataset
    review: Review
    plans: Mapping[str, ReviewPlan]
    reviewable: Reviewable

    @property
    def holding(self) -> int:
        """How many decisions hold, of those that were not undone or replaced by another of their reviewer."""
        return sum(standing.counting for table_plan in self.plans.values() for standing in table_plan.standings)

    @property
    def outdated(self) -> list[str]:
        """The rows that changed after a decision on them, so that it does not hold, and on which its reviewer has not decided since."""
        return [standing.row for table_plan in self.plans.values() for standing in table_plan.standings if standing.waits]

    def undecided(self, table: str) -> list[int]:
        """The numbers of the rows of a table on which no decision holds."""
        if table not in self.plans:
            return [*numbers(self.reviewable.dataset, table).tolist()]
        fates = self.plans[table].fates
        return [number for number in self.plans[table].order if number not in fates or not fates[number].standing.status]

    def notes(self) -> Iterator[str]:
        """Notes on the decisions, a line each; nothing where there are none."""
        yield from self.review.notes
        if not len(self.review):
            return
        decisions = "1 of reviewers' decisions holds" if self.holding == 1 else f"{self.holding:,} of reviewers' decisions hold"
        rejected = sum(standing.out for table_plan in self.plans.values() for standing in table_plan.standings)
        undecided = sum(len(self.undecided(name)) for name, table_plan in self.plans.items() if table_plan.standings)
        out = f": {rejected:,} {'row is' if rejected == 1 else 'rows are'} rejected and left out" if rejected else ""
        others = f"; nobody has decided on {undecided:,} row{'s' * (undecided > 1)}, which stay in" if undecided else ""
        yield f"{decisions} ({self.review.file.name}){out}{others}"
        if self.outdated:
            more = ", …" if len(self.outdated) > NAMED else ""
            rows, these = ("row is", "it says") if len(self.outdated) == 1 else ("rows are", "these say")
            outdated_note = f"decisions on {len(self.outdated):,} {rows} outdated, for {these} something else now"
            yield f"{outdated_note}: {', '.join(self.outdated[:NAMED])}{more}"
        if self.review.unfit:
            first = self.review.unfit[0][1]
            many = len(self.review.unfit)
            yield f"{many:,} decision{' counts' if many == 1 else 's count'} for nothing here, such as: {first}"


def honoured(dataset: Dataset, review: Review | None = None) -> Honoured:
    """The output as reviewers left it; `review` are their decisions, by default those in the file beside it. Raises DataError,
    OutputError."""
    output_review = review_of(dataset) if review is None else review
    reviewable = output_review.reviewable if isinstance(output_review.reviewable, Reviewable) else Reviewable(dataset)
    plans: dict[str, ReviewPlan] = {}
    for name in dataset.tables if len(output_review) else ():  # in the order of work: parents first
        recorded = dataset.recipe.tables.get(name)
        plans[name] = plan(dataset, reviewable, output_review, name, plans.get(recorded.parent) if recorded else None)
    touched = {name: table_plan for name, table_plan in plans.items() if table_plan.touched or table_plan.settled}
    return Honoured(_amended(dataset, touched) if touched else dataset, output_review, plans, reviewable)


def reviewed(dataset: Dataset, review: Review | None = None) -> Dataset:
    """The dataset of `honoured`; the same where it is that already."""
    return dataset if dataset.amended is not None else honoured(dataset, review).dataset


def opened(folder: str | Path, *, review: bool = True) -> Dataset:
    """The output in a folder as reviewers left it, without `review` as it was made. Raises DataError, OutputError."""
    return reviewed(Dataset.open(folder)) if review else Dataset.open(folder)


def told_in(dataset: Dataset, table: str) -> str:
    """The column of a table that tells what reviewers decided; "" where it has none."""
    plan = dataset.amended.plans.get(table) if isinstance(dataset.amended, Amended) else None
    return plan.column if plan and plan.touched else ""


def _amended(dataset: Dataset, plans: Mapping[str, ReviewPlan]) -> Dataset:
    amended, manifest = Amended(plans), dict(dataset.manifest)
    manifest["tables"] = {
        name: {**table_record, "rows": table_record["rows"] + (len(plans[name].let_in) - plans[name].left_out if name in plans else 0)}
        for name, table_record in manifest["tables"].items()
    }
    manifest["aside"] = {name: count - len(amended.settled(name)) for name, count in manifest["aside"].items()}
    manifest["reviewed"] = {name: table_plan.summary() for name, table_plan in plans.items()}
    return replace(dataset, manifest=manifest, amended=amended)


class Amended:
    """What changes the rows of a dataset while they are read: the plans of those tables that reviewers changed."""

    def __init__(self, plans: Mapping[str, ReviewPlan]) -> None:
        self.plans = plans
        self._places = {name: table_plan.places() for name, table_plan in plans.items() if table_plan.left_out}

    def settled(self, name: str) -> set[tuple[str, int]]:
        """The rows of a configuration of rows that wait which wait no more: the table and the number of each."""
        return {
            (table, number) for table, table_plan in self.plans.items() for number, where in table_plan.settled.items() if where == name
        }

    def concerns(self, table: str) -> bool:
        """Whether any row of a table, or of a configuration of rows set aside, is another than it was made."""
        return (table in self.plans and self.plans[table].touched) or bool(self.settled(table))

    def schema(self, table: str, schema: pyarrow.Schema) -> pyarrow.Schema:
        """The columns, with that which tells what was decided."""
        import pyarrow

        if table not in self.plans or not self.plans[table].touched:
            return schema
        column_type = pyarrow.struct([("status", pyarrow.string()), ("changed", pyarrow.list_(pyarrow.string()))])
        return schema.append(pyarrow.field(self.plans[table].column, column_type))

    def batches(self, table: str, schema: pyarrow.Schema, batches: Iterator[pyarrow.RecordBatch]) -> Iterator[pyarrow.RecordBatch]:
        """The rows of a table as they are left, from those that were made (some columns of them, the provenance among these); `schema` has
        all columns of the table as it was made."""
        if table not in self.plans:
            yield from self._waiting(table, batches)
            return
        for batch in batches:
            yield self._batch(self.plans[table], schema, batch)
        if self.plans[table].let_in:
            yield self._let_in(self.plans[table], schema)

    def _waiting(self, name: str, batches: Iterator[pyarrow.RecordBatch]) -> Iterator[pyarrow.RecordBatch]:
        import pyarrow

        settled = self.settled(name)
        for batch in batches:
            rows = zip(batch.column("table").to_pylist(), batch.column("row").to_pylist(), strict=True)
            yield batch.filter(pyarrow.array([row not in settled for row in rows], pyarrow.bool_()))

    def _batch(self, table_plan: ReviewPlan, schema: pyarrow.Schema, batch: pyarrow.RecordBatch) -> pyarrow.RecordBatch:
        import pyarrow

        numbers = batch.column(PROVENANCE).field("row").to_pylist()
        fates = {at: table_plan.fates[number] for at, number in enumerate(numbers) if number in table_plan.fates}
        changed = {at: fate for at, fate in fates.items() if fate.changes and not fate.out}
        if changed:
            batch = _changed(batch, changed, table_plan.beside)
        if table_plan.above and table_plan.above.table in self._places:
            batch = _moved(batch, self._places[table_plan.above.table])
        review_cells = [fates[at].review_cell if at in fates else None for at in range(len(numbers))]
        column = self.schema(table_plan.table, schema).field(table_plan.column)
        batch = batch.append_column(column, pyarrow.array(review_cells, column.type))
        if any(fate.out for fate in fates.values()):
            batch = batch.filter(pyarrow.array([at not in fates or not fates[at].out for at in range(len(numbers))]))
        return batch

    def _let_in(self, table_plan: ReviewPlan, schema: pyarrow.Schema) -> pyarrow.RecordBatch:
        import pyarrow

        full_schema = self.schema(table_plan.table, schema)
        rows = [dict(row) for row in table_plan.let_in]
        if table_plan.above and table_plan.above.table in self._places:
            places = self._places[table_plan.above.table]
            for row in rows:
                origin = row[PROVENANCE]
                row[PROVENANCE] = {**origin, "parent": None if origin.get("parent") is None else places[origin["parent"]]}
        return pyarrow.RecordBatch.from_arrays(
            [cells([row.get(column.name) for row in rows], column.type) for column in full_schema], schema=full_schema
        )


def _changed(batch: pyarrow.RecordBatch, fates: Mapping[int, Fate], beside: Mapping[str, Sequence[str]]) -> pyarrow.RecordBatch:
    """The batch with what is put into its rows, by their places in it."""
    roots = {root_of(path) for fate in fates.values() for path in fate.changes}
    changed_columns = roots.union(*(beside.get(root, ()) for root in roots))
    names = [name for name in batch.schema.names if name in changed_columns]
    rows = decode_json_columns(batch.select(names).to_pylist(), batch.select(names).schema)
    for at, fate in fates.items():
        fate.put_into(rows[at], beside)
    for name in names:
        place = batch.schema.get_field_index(name)
        batch = batch.set_column(place, batch.schema.field(name), cells([row[name] for row in rows], batch.schema.field(name).type))
    return batch


def _moved(batch: pyarrow.RecordBatch, places: list[int | None]) -> pyarrow.RecordBatch:
    """The batch with the places of its rows' parents as they are now."""
    import pyarrow

    place = batch.schema.get_field_index(PROVENANCE)
    origin = batch.column(place)
    if origin.type.get_field_index("parent") < 0:
        return batch
    new_parents = pyarrow.array(
        [None if parent is None else places[parent] for parent in origin.field("parent").to_pylist()], pyarrow.int64()
    )
    parts = [new_parents if part.name == "parent" else origin.field(part.name) for part in origin.type]
    return batch.set_column(place, batch.schema.field(place), pyarrow.StructArray.from_arrays(parts, fields=list(origin.type)))
