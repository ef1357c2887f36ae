"""In which order tables, fields and checks are worked on, and what a refusal makes again.

The order comes from what each field reads, never from the order in the file. A check stands right behind
the last field that it reads, so that nothing more is spent on a row that is refused.

A refused row keeps its facts: of what its check looks at, only what a model was asked for is asked again, and
what was made from that. Otherwise rows about what is hard to say would give way to rows about what is easy.
Where no model was asked, everything that the checked field is made from is drawn again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from typing import Any

from synthgen.checks import AnyCheck, Check, Unique
from synthgen.errors import did_you_mean
from synthgen.fields import Asked, Fault, FieldShape
from synthgen.fields.fake import Fake
from synthgen.fields.typed import Typed
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
        name, table, tuple(steps), _retries(steps, table, above), inherited | shown, inherited | columns, tuple(parent.kept) if parent else ()
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
            number
            for number, other in enumerate(steps)
            if (other.name if isinstance(other, FieldStep) else other.check.field) in fields
        )
        tries = min((field.tries for each in asked if isinstance(field := table.fields[each], Asked)), default=TRIES_WITHOUT_MODEL)
        retries[place] = Retry(work, fields, tries if again else 1)
    return retries


# What is wrong between the parts of a recipe


def cross_faults(recipe: Recipe, data: Any) -> Iterator[Fault]:
    """Names that name nothing, and cycles. `data` is the recipe as written: a field with a mistake of its own still exists."""
    written = data.get("tables", {}) if isinstance(data, dict) else {}
    parents = {name: table.from_.table for name, table in recipe.tables.items() if table.from_}
    for name, table in recipe.tables.items():
        if table.from_ and table.from_.table not in written:
            hint = did_you_mean(table.from_.table, written, "tables")
            yield Fault(("tables", name, "from", "table"), f"there is no table '{table.from_.table}'", hint)
    cycle = _cycle({name: {parent} for name, parent in parents.items()})
    if cycle:
        yield Fault(("tables", cycle[0], "from"), f"tables are made from each other in a circle: {' → '.join(cycle)}")
    for name, table in recipe.tables.items():
        yield from _table_faults(recipe, name, table, written, parents, bool(cycle))


def _names(name: str, written: Any, parents: dict[str, str], stop: bool) -> tuple[set[str], set[str]]:
    """The field names that a table's own fields may read: its own, and its parents'."""
    own = {str(field) for field in (written.get(name) or {}).get("fields") or {}}
    inherited: set[str] = set()
    parent = parents.get(name)
    while parent in written and not stop:
        inherited |= {str(field) for field in (written[parent] or {}).get("fields") or {}}
        parent = parents.get(str(parent))
    return own, inherited


def _table_faults(recipe: Recipe, name: str, table: Table, written: Any, parents: dict[str, str], stop: bool) -> Iterator[Fault]:
    own, inherited = _names(name, written, parents, stop)
    if table.from_ and table.from_.table not in written:
        return
    for field_name, field in table.fields.items():
        way = ("tables", name, "fields", field_name)
        for at, read in field.reads():
            if read not in own | inherited:
                what = f"slot <{read}>: there is no field '{read}'" if at[0] == "seeds" else f"there is no field '{read}'"
                hint = did_you_mean(read, own | inherited - {field_name}, "fields")
                yield Fault((*way, *at), what, hint)
        if isinstance(field, Asked) and field.by not in recipe.all_models:
            yield Fault((*way, "by"), f"there is no model '{field.by}'", did_you_mean(field.by, recipe.all_models, "models"))
        if isinstance(field, Typed):
            yield from _topic_faults(way, field, table)
        if field.otherwise is not None and field.when is None:
            yield Fault((*way, "otherwise"), "'otherwise' without 'when': it would never be used", "add when: \"{{ … }}\"")
        if fault := _otherwise_fault(way, field):
            yield fault
    for number, check in enumerate(table.keep):
        if check.field not in own | inherited:
            hint = did_you_mean(check.field, own | inherited, "fields")
            yield Fault(("tables", name, "keep", number, "field"), f"there is no field '{check.field}'", hint)
    if table.from_ and table.from_.carry:
        for number, carried in enumerate(table.from_.carry):
            if carried not in inherited:
                yield Fault(("tables", name, "from", "carry", number), f"'{table.from_.table}' has no field '{carried}'", did_you_mean(carried, inherited, "fields"))
            elif carried in own:
                yield Fault(("tables", name, "from", "carry", number), f"this table has a field '{carried}' of its own", "rename it, or do not carry the other")
    if cycle := _cycle({each: _needs(field) & table.fields.keys() for each, field in table.fields.items()}):
        shown = " → ".join(cycle)
        yield Fault(("tables", name, "fields", cycle[0]), f"fields are made from each other in a circle: {shown}", "each needs the next; break the circle at one of them")


def _topic_faults(way: tuple[Any, ...], field: Typed, table: Table) -> Iterator[Fault]:
    """Seeds for a topic that no row will ever have: a misspelt key, most likely."""
    source = [read for at, read in field.reads() if at == ("topic",)]
    if len(source) != 1 or not isinstance(field.seeds, dict) or field.topic.strip() != "{{ " + source[0] + " }}":
        return
    options = getattr(table.fields.get(source[0]), "options", None)
    if options is None:
        return
    topics = {str(option) for option in options}
    for topic in field.seeds:
        if topic not in topics:
            yield Fault((*way, "seeds", topic), f"no row has the topic '{topic}'", did_you_mean(topic, topics, f"{source[0]} is one of"))


def _otherwise_fault(way: tuple[Any, ...], field: FieldShape) -> Fault | None:
    if field.otherwise is None:
        return None
    wanted = {"bool": bool, "int64": int, "float64": (int, float), "string": str}.get(field.column())
    if wanted is None or (isinstance(field.otherwise, wanted) and not (isinstance(field.otherwise, bool) and wanted is not bool)):
        return None
    kinds = {"bool": "true or false", "int64": "a whole number", "float64": "a number", "string": "text"}
    return Fault((*way, "otherwise"), f"expected {kinds[field.column()]} as the field's other values are, not {field.otherwise!r}")


def _cycle(reads: Mapping[str, set[str]]) -> list[str]:
    """The first circle, in order, its first name repeated at the end; empty when there is none."""
    sorter: TopologicalSorter[str] = TopologicalSorter(reads)
    try:
        sorter.prepare()
    except CycleError as error:
        return list(reversed(error.args[1]))
    return []


def check_name(check: AnyCheck | Check) -> str:
    """How a check is called in counts and reasons: its kind."""
    return str(getattr(check, "kind"))  # noqa: B009 (every check has one; the shape leaves it to the kinds)
