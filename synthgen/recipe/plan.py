"""In which order tables, fields and checks are worked on, and what a refusal makes again.

The order comes from what each field reads, never from the order in the file. A check stands right behind
the last field that it reads, so that nothing more is spent on a row that is refused.

A refused row keeps its facts: of what its check looks at, only what a model was asked for is asked again, and
what was made from that. Otherwise rows about what is hard to say would give way to rows about what is easy.
Where no model was asked, everything that the checked field is made from is drawn again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from graphlib import TopologicalSorter

from synthgen.checks import AnyCheck, Check, Unique
from synthgen.fields import Asked, FieldShape
from synthgen.fields.fake import Fake
from synthgen.recipe.shape import Recipe, Table

TRIES_WITHOUT_MODEL = 100


@dataclass(frozen=True)
class FieldStep:
    """Make this field."""

    name: str
    field: FieldShape


@dataclass(frozen=True)
class CheckStep:
    """Apply this check."""

    check: Check
    sources: tuple[FieldShape, ...]


Step = FieldStep | CheckStep


@dataclass(frozen=True)
class Retry:
    """What is done again after a refusal: these steps, at most so often."""

    steps: tuple[int, ...]
    fields: frozenset[str]
    tries: int


@dataclass(frozen=True)
class TablePlan:
    """How one table is made. `columns` are the fields that ship, the parent's first, each with its type;
    `kept` is the same for what is kept while the run goes on, hidden fields too."""

    name: str
    table: Table
    steps: tuple[Step, ...]
    retries: Mapping[int, Retry]
    columns: Mapping[str, str]
    kept: Mapping[str, str]
    inherited: tuple[str, ...]

    @property
    def asks(self) -> bool:
        """Whether any model is asked."""
        return any(isinstance(step, FieldStep) and isinstance(step.field, Asked) for step in self.steps)

    @property
    def remembers(self) -> bool:
        """Whether a row's fate depends on other rows."""
        return any(isinstance(step, CheckStep) and step.check.remembers for step in self.steps)

    @property
    def asked(self) -> dict[str, Asked]:
        """The fields that a model is asked for."""
        return {step.name: step.field for step in self.steps if isinstance(step, FieldStep) and isinstance(step.field, Asked)}


@dataclass(frozen=True)
class Plan:
    """The tables in the order of work."""

    recipe: Recipe
    tables: tuple[TablePlan, ...]

    @property
    def models(self) -> set[str]:
        """The names of the models that are asked."""
        return {field.by for table in self.tables for field in table.asked.values()}


def plan(recipe: Recipe) -> Plan:
    """The order of work of a recipe without mistakes."""
    made: dict[str, TablePlan] = {}
    for name in _table_order(recipe):
        table = recipe.tables[name]
        made[name] = _table_plan(name, table, made[table.from_.table] if table.from_ else None)
    return Plan(recipe, tuple(made.values()))


def _table_order(recipe: Recipe) -> list[str]:
    parents = {name: [table.from_.table] if table.from_ else [] for name, table in recipe.tables.items()}
    return list(TopologicalSorter(parents).static_order())


def _needs(field: FieldShape) -> set[str]:
    return {name for _, name in field.reads()}


def _table_plan(name: str, table: Table, parent: TablePlan | None) -> TablePlan:
    sorter: TopologicalSorter[str] = TopologicalSorter()
    for field_name, field in table.fields.items():
        sorter.add(field_name, *sorted(_needs(field) & table.fields.keys()))
    order = list(sorter.static_order())
    above = {field_name: _ancestry(field_name, table) for field_name in order}
    checks = [Unique(field=each) for each, field in table.fields.items() if isinstance(field, Fake) and field.unique] + list(table.keep)
    steps: list[Step] = []
    for field_name in order:
        steps.append(FieldStep(field_name, table.fields[field_name]))
        mine = [check for check in checks if check.field == field_name]
        steps += [CheckStep(check, tuple(table.fields[each] for each in sorted(above[field_name]))) for check in mine]
    for check in checks:
        if check.field not in table.fields:  # a field of the parent
            steps.insert(0, CheckStep(check, ()))
    columns = {field_name: field.column() for field_name, field in table.fields.items()}
    inherited: dict[str, str] = {}
    if parent and table.from_:
        carried = parent.columns if table.from_.carry is None else table.from_.carry
        inherited = {each: parent.kept[each] for each in carried if each not in columns}
    shown = {field_name: column for field_name, column in columns.items() if not table.fields[field_name].hidden}
    return TablePlan(
        name,
        table,
        tuple(steps),
        _retries(steps, table, above),
        inherited | shown,
        inherited | columns,
        tuple(parent.kept) if parent else (),
    )


def _ancestry(field_name: str, table: Table) -> set[str]:
    """A field and all fields of the table that it is made from."""
    found, ahead = set[str](), [field_name]
    while ahead:
        each = ahead.pop()
        if each in table.fields and each not in found:
            found.add(each)
            ahead += _needs(table.fields[each])
    return found


def _retries(steps: list[Step], table: Table, above: dict[str, set[str]]) -> dict[int, Retry]:
    retries = {}
    for place, step in enumerate(steps):
        name = step.name if isinstance(step, FieldStep) else step.check.field
        if isinstance(step, FieldStep) and not isinstance(step.field, Asked):
            continue  # Python always makes it
        roots = above.get(name, set())
        asked = {each for each in roots if isinstance(table.fields[each], Asked)}
        again = asked or roots
        fields = frozenset(each for each in table.fields if above[each] & again)
        work = tuple(
            number for number, other in enumerate(steps) if (other.name if isinstance(other, FieldStep) else other.check.field) in fields
        )
        tries = min((field.tries for each in asked if isinstance(field := table.fields[each], Asked)), default=TRIES_WITHOUT_MODEL)
        retries[place] = Retry(work, fields, tries if again else 1)
    return retries


def check_name(check: AnyCheck | Check) -> str:
    """How a check is called in counts and reasons: its kind."""
    return str(getattr(check, "kind"))  # noqa: B009 (every check has one; the shape leaves it to the kinds)
