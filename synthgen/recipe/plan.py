"""In which order tables, fields and checks are worked on, and what a refusal makes again.

The order comes from what each field reads, never from the order in the file. A check stands right behind
the last field that it reads, so that nothing more is spent on a row that is refused.

A refused row keeps its facts: of what its check looks at, only what a model was asked for is asked again, and
what was made from that. Otherwise rows about what is hard to say would give way to rows about what is easy.
Where no model was asked, everything that the checked field is made from is drawn again. A field that refuses its own answer asks for
that alone again: what it was asked about may have been dear.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from graphlib import TopologicalSorter

from pydantic import TypeAdapter

from synthgen.checks import AnyCheck, Check
from synthgen.fields import Asked, FieldShape
from synthgen.recipe.shape import AnySpec, Recipe, Table
from synthgen.spec.rows import Value

TRIES_WITHOUT_MODEL = 100
CHECK: TypeAdapter[AnyCheck] = TypeAdapter(AnyCheck)


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
    `kept` is the same for what is kept while the run goes on, hidden fields too; `carried` are the parent's fields, without labels;
    `presets` are values of fields of the first rows; `places` is how many places the numbers of rows above have in text."""

    name: str
    table: Table
    steps: tuple[Step, ...]
    retries: Mapping[int, Retry]
    columns: Mapping[str, str]
    kept: Mapping[str, str]
    inherited: tuple[str, ...]
    carried: tuple[str, ...]
    places: Mapping[str, int]
    presets: Sequence[Mapping[str, Value]] = ()

    @property
    def asks(self) -> bool:
        """Whether any model is asked."""
        return bool(self.asked)

    @property
    def remembers(self) -> bool:
        """Whether a row's fate depends on other rows."""
        return any(isinstance(step, CheckStep) and step.check.remembers for step in self.steps)

    @property
    def remembered(self) -> list[str]:
        """The columns of finished rows that the making of others depends on."""
        checks = [step.check for step in self.steps if isinstance(step, CheckStep) and step.check.remembers]
        checked = {column for check in checks for column in check.remembered if column == check.field or column in self.kept}
        chosen = [own_columns(name, field) for name, field in self.asked.items() if field.chooses]
        return sorted(checked.union(*chosen))

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
        return {name for table in self.tables for field in table.asked.values() for name in field.models()}


def plan(recipe: Recipe) -> Plan:
    """The order of work of a recipe without mistakes."""
    plans: dict[str, TablePlan] = {}
    for name in _table_order(recipe):
        table = recipe.tables[name]
        plans[name] = _table_plan(name, table, recipe.all_models, plans[table.from_.table] if table.from_ else None)
    return Plan(recipe, tuple(plans.values()))


def _table_order(recipe: Recipe) -> list[str]:
    parents = {name: [table.from_.table] if table.from_ else [] for name, table in recipe.tables.items()}
    return list(TopologicalSorter(parents).static_order())


def _implied(table: Table, models: Mapping[str, AnySpec]) -> Iterator[Check]:
    """The checks that go without saying: of the fields themselves, and of the models that make them."""
    for name, field in table.fields.items():
        kinds = {check.kind for check in table.keep if check.field == name}
        yield from (CHECK.validate_python({**check, "field": name}) for check in field.implied() if check["kind"] not in kinds)
        if isinstance(field, Asked):
            yield from models[field.by].guards(name)


def _makers(table: Table) -> dict[str, str]:
    """For each column that a table's fields fill, a field's own and those of its labels, which field fills it."""
    return {column: name for name, field in table.fields.items() for column in own_columns(name, field)}


def own_columns(name: str, field: FieldShape, others: Mapping[str, str] | None = None) -> dict[str, str]:
    """The columns that a field fills, its own and those of its labels, each with its type; `others` are those that it may read."""
    return {name: field.column_among(others or {}), **{f"{name}_{label}": kind for label, kind in field.labels().items()}}


def _needs(field: FieldShape, makers: Mapping[str, str]) -> set[str]:
    """The fields of the same table that a field is made from."""
    return {makers[name] for _, name in field.reads() if name in makers}


def _table_plan(name: str, table: Table, models: Mapping[str, AnySpec], parent: TablePlan | None) -> TablePlan:
    sorter: TopologicalSorter[str] = TopologicalSorter()
    makers = _makers(table)
    for field_name, field in table.fields.items():
        sorter.add(field_name, *sorted(_needs(field, makers)))
    order = list(sorter.static_order())
    step = 1
    for field in reversed(table.fields.values()):  # of what has copies, the last changes fastest
        field.combine(step)
        step *= field.copies
    above: dict[str, set[str]] = {}  # each field and all fields of the table that it is made from
    for target in order:
        above[target] = {target}.union(*(above[need] for need in _needs(table.fields[target], makers)))
    checks = [*table.keep, *_implied(table, models)]
    last = {id(check): max((order.index(makers[name]) for _, name in check.reads() if name in makers), default=-1) for check in checks}
    steps: list[Step] = [CheckStep(check, ()) for check in checks if last[id(check)] == -1]  # of what the parent made
    for place, field_name in enumerate(order):
        steps.append(FieldStep(field_name, table.fields[field_name]))
        for check in checks:
            if last[id(check)] == place:
                sources = sorted(above.get(makers.get(check.field, ""), ()))
                steps.append(CheckStep(check, tuple(table.fields[source] for source in sources)))
    kinds = dict(parent.kept) if parent else {}
    for field_name in order:
        kinds |= own_columns(field_name, table.fields[field_name], kinds)
    columns = {column: kinds[column] for name, field in table.fields.items() for column in own_columns(name, field)}
    inherited: dict[str, str] = {}
    if parent and table.from_:
        carried = parent.columns if table.from_.carry is None else table.from_.carry
        inherited = {column: parent.kept[column] for column in carried if column not in columns}
    shipped = {column: kind for column, kind in columns.items() if not table.fields[makers[column]].hidden}
    return TablePlan(
        name,
        table,
        tuple(steps),
        _retries(steps, table, above, makers),
        inherited | shipped,
        inherited | columns,
        tuple(parent.kept) if parent else (),
        tuple(column for column in inherited if parent and column in (*parent.carried, *parent.table.fields)),
        _places(parent) if parent else {},
        _presets(table),
    )


def _presets(table: Table) -> list[dict[str, Value]]:
    """What the first rows of a table have before they are made: what one of its fields says of them, and what others have beside that."""
    first_rows = next((rows for name, field in table.fields.items() if (rows := field.first_rows(name))), ())
    return [
        {name: value for field in table.fields.values() for name, value in field.beside(values).items()} | dict(values)
        for values in first_rows
    ]


def _places(parent: TablePlan) -> dict[str, int]:
    """For each column of a table's rows that holds numbers with a set number of places, how many these are."""
    own = {name: field.places for name, field in parent.table.fields.items() if field.places}
    return {name: places for name, places in {**parent.places, **own}.items() if name in parent.kept}


def _retries(steps: list[Step], table: Table, above: dict[str, set[str]], makers: Mapping[str, str]) -> dict[int, Retry]:
    retries = {}
    for place, step in enumerate(steps):
        name = makers.get(_looks_at(step), "")
        if isinstance(step, FieldStep) and not isinstance(step.field, Asked):
            continue  # Python always makes it
        roots = above.get(name, set())
        asked_fields = {name} if isinstance(step, FieldStep) else {root for root in roots if isinstance(table.fields[root], Asked)}
        remade = asked_fields or roots
        fields = frozenset(field_name for field_name in table.fields if above[field_name] & remade)
        work = tuple(number for number, other_step in enumerate(steps) if makers.get(_looks_at(other_step)) in fields)
        tries = min(
            (field.tries for field_name in asked_fields if isinstance(field := table.fields[field_name], Asked)),
            default=TRIES_WITHOUT_MODEL,
        )
        retries[place] = Retry(work, fields, tries if remade else 1)
    return retries


def _looks_at(step: Step) -> str:
    """The column that a step makes or checks."""
    return step.name if isinstance(step, FieldStep) else step.check.field


def check_name(check: AnyCheck | Check) -> str:
    """How a check is called in counts and reasons: its kind."""
    return str(getattr(check, "kind"))  # noqa: B009 (every check has one; the shape leaves it to the kinds)
