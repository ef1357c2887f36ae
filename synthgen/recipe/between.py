"""What is wrong between the parts of a recipe: names that name nothing, circles, values that do not fit each other.

Only parts without a mistake of their own are looked at, but every name that was written counts as being there:
a field with a mistake in it is reported once, and not again for each template that reads it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from functools import partial
from graphlib import CycleError, TopologicalSorter
from itertools import chain, pairwise
from typing import Any, cast

from synthgen.checks import Check
from synthgen.errors import DataError, did_you_mean
from synthgen.fields import FieldShape, PythonField
from synthgen.fields.reply import APP
from synthgen.fields.shape import Others
from synthgen.recipe.counts import copies, unique_mistakes
from synthgen.recipe.harness import Harness, harness_mistakes
from synthgen.recipe.named_models import model_mistakes
from synthgen.recipe.places import KeyPath, Source
from synthgen.recipe.shape import DEFAULT_MODELS, MOST_ROWS, AnySpec, AppSpec, From
from synthgen.recipe.words import as_yaml
from synthgen.recipe.zones import zone_mistakes
from synthgen.spec import render
from synthgen.spec.parts import Part, PartMistake

Read = tuple[tuple[Any, ...], str]
"""The way to a value in a field, and the name that it reads."""


def cross_mistakes(parts: Mapping[KeyPath, Part], source: Source) -> Iterator[PartMistake]:
    """The mistakes between `parts`, each with its way from the top of the recipe."""
    view = _RecipeView(parts, source)
    yield from _parent_mistakes(view)
    for table in view.tables:
        key_path, visible, above = ("tables", table), view.visible_names(table), view.above(table)
        fields, makers = view.fields(table), view.makers(table)
        reads = {name: _reads(field) for name, field in fields.items()}
        for name, field in fields.items():
            inner = (*key_path, "fields", name)
            mistakes = [
                _name_mistakes(name, field, reads[name], visible, partial(view.dropped, table)),
                model_mistakes(field, view.models),
                _needs(field, _Others(view, table)),
                _otherwise_mistakes(field) if inner not in source.unsure else iter(()),
                zone_mistakes(field, reads[name], partial(view.field, table)),
            ]
            yield from _from_top(inner, chain(*mistakes))
        yield from unique_mistakes(table, parts, partial(view.sound, table))
        yield from (_label_mistake(key_path, name) for name in sorted(fields.keys() & view.labels(table).keys()))
        yield from _circles(
            key_path, {name: [(at, makers.get(read, read)) for at, read in field_reads] for name, field_reads in reads.items()}
        )
        for at, part in parts.items():
            if at[:3] == (*key_path, "keep") and isinstance(part, Check):
                for inner, name in _reads(part):
                    if visible is not None and name not in visible:
                        hint = view.dropped(table, name) or did_you_mean(name, visible, "fields")
                        yield PartMistake((*at, *inner), f"there is no field '{name}'", hint)
                yield from _from_top(at, _needs(part, _Others(view, table)))
        if isinstance(written := view.tables[table], dict) and written.get("rows") == "all" and view.own_names(table) is not None:
            yield from _rows_mistakes((*key_path, "rows"), fields)
        if isinstance(parent := parts.get((*key_path, "from")), From) and above is not None:
            yield from _carry_mistakes(key_path, parent, above, view.own_names(table))
    if isinstance(harness := parts.get(("harness",)), Harness) and not source.left_out:  # with a table, its fields are left out
        shipped = {str(table): columns for table in view.tables if (columns := view.shipped(table)) is not None}
        if len(shipped) == len(view.tables):
            yield from (replace(mistake, at=("harness", *mistake.at)) for mistake in harness_mistakes(harness, shipped))


class _RecipeView:
    """The tables as far as they could be read, and the names in them."""

    def __init__(self, parts: Mapping[KeyPath, Part], source: Source) -> None:
        written, models = source.data.get("tables"), source.data.get("models")
        self.parts, self.source = parts, source
        self.tables: dict[Any, Any] = written if isinstance(written, dict) else {}
        self.models: dict[str, AnySpec | None] = {name: spec() for name, spec in DEFAULT_MODELS.items()}
        """The models by name; None when another mistake hides one."""
        for name in models if isinstance(models, dict) else ():
            self.models[str(name)] = cast("AnySpec | None", parts.get(("models", name)))
        self.models[APP] = AppSpec()
        self.parents = {name: part.table for name in self.tables if isinstance(part := parts.get(("tables", name, "from")), From)}

    def own_names(self, table: Any) -> set[str] | None:
        """The names of a table's fields; None when another mistake hides some."""
        written, key_path = self.tables[table], ("tables", table, "fields")
        fields = written.get("fields") if isinstance(written, dict) else None
        hidden = any(key_path[: len(unsure)] == unsure for unsure in self.source.unsure)
        return {str(name) for name in fields} | self.makers(table).keys() if isinstance(fields, dict) and not hidden else None

    def fields(self, table: Any) -> dict[Any, FieldShape]:
        """The fields of a table as far as they could be read."""
        return {at[3]: part for at, part in self.parts.items() if at[:3] == ("tables", table, "fields") and isinstance(part, FieldShape)}

    def field(self, table: Any, name: str) -> FieldShape | None:
        """The field of a name, of a table or else of the nearest above it."""
        return next((shape for ancestor in [table, *(self.line(table) or [])] if (shape := self.fields(ancestor).get(name))), None)

    def sound(self, table: Any, name: str) -> FieldShape | None:
        """The same, if it has no mistake of its own."""
        at = next(
            (("tables", ancestor, "fields", name) for ancestor in [table, *(self.line(table) or [])] if name in self.fields(ancestor)), None
        )
        return None if at is None or at in self.source.unsure else self.field(table, name)

    def inherits(self, table: Any) -> bool:
        """Whether a table's rows have fields of the rows that they are made from."""
        parent = written.get("from") if isinstance(written := self.tables[table], dict) else None
        return parent is not None and not (isinstance(parent, dict) and parent.get("carry") == [])

    def labels(self, table: Any) -> dict[str, Any]:
        """For each column that a table's fields fill beside their own, the field."""
        return {f"{name}_{label}": name for name, part in self.fields(table).items() for label in _labels(part)}

    def makers(self, table: Any) -> dict[Any, Any]:
        """For each column that a table's fields fill, the field."""
        return {**self.labels(table), **{name: name for name in self.fields(table)}}

    def line(self, table: Any) -> list[Any] | None:
        """The table that a table is made from, the one that this is made from, and so on; None when a mistake breaks the line."""
        lineage = [table]
        while isinstance(written := self.tables[lineage[-1]], dict) and written.get("from") is not None:
            parent = self.parents.get(lineage[-1])
            if parent in lineage or parent not in self.tables:
                return None
            lineage.append(parent)
        return lineage[1:]

    def most_rows(self, table: Any) -> int:
        """How many rows a table may come to have; 0 when a mistake hides it."""
        line = [table, *(self.line(table) or [])]
        row_count = getattr(self.parts.get(("tables", line[-1])), "rows", None)
        rows = row_count if isinstance(row_count, int) else 0
        for ancestor in reversed(line):
            if isinstance(source := self.parts.get(("tables", ancestor, "from")), From):
                rows = min(rows, source.rows or rows) * source.bounds[1] * copies(ancestor, self.parts)
        return rows

    def above(self, table: Any) -> set[str] | None:
        """The fields that a table's rows have from the rows that they are made from; None when a mistake hides some."""
        columns = self.columns(self.line(table))
        return columns[0] if columns else None

    def shipped(self, table: Any) -> set[str] | None:
        """The columns that ship in a table; None when a mistake hides some."""
        line = self.line(table)
        columns = self.columns([table, *line]) if line is not None else None
        return columns[1] if columns else None

    def columns(self, line: list[Any] | None) -> tuple[set[str], set[str]] | None:
        """The columns that the first of a line of tables keeps while it is made, and those that ship; None when a mistake hides some."""
        kept, shipped = set[str](), set[str]()
        if line is None:
            return None
        for name in reversed(line):
            own_names, parent = self.own_names(name), self.parts.get(("tables", name, "from"))
            if own_names is None:
                return None
            carried = set(parent.carry) if isinstance(parent, From) and parent.carry is not None else shipped
            if not carried <= kept:
                return None
            hidden = {column for column, maker in self.makers(name).items() if getattr(self.fields(name)[maker], "hidden", False)}
            kept, shipped = carried | own_names, carried | own_names - hidden
        return kept, shipped

    def visible_names(self, table: Any) -> set[str] | None:
        """All fields that may be named in a table; None when a mistake hides some."""
        own_names, above = self.own_names(table), self.above(table)
        return None if own_names is None or above is None else own_names | above

    def dropped(self, table: Any, name: str) -> str:
        """Why a table does not have a field of a table above it."""
        for below, above in pairwise(self.line(table) or []):
            if name in (self.own_names(above) or ()):
                return f"'{above}' has it, but '{below}' does not carry it on"
        return ""


class _Others:
    """The other fields, as a part of a table may ask about them."""

    def __init__(self, view: _RecipeView, table: Any) -> None:
        self.view, self.table, self.inherits = view, table, view.inherits(table)

    def field(self, name: str) -> FieldShape | None:
        """The field of a name, of the table or else of the nearest above it."""
        return self.view.field(self.table, name)

    def fields(self) -> dict[str, FieldShape]:
        """Those without a mistake of their own, by name, those of the tables above first."""
        line = [*reversed(self.view.line(self.table) or []), self.table]
        names = [name for table in line for name in self.view.fields(table)]
        return {str(name): field for name in names if (field := self.view.sound(self.table, name)) is not None}

    def named(self, template: str) -> tuple[KeyPath, FieldShape] | None:
        """The field that a template is the name of, and no more, and the way to it."""
        name = render.alone(template)
        for table in [self.table, *(self.view.line(self.table) or [])]:
            if name and (shape := self.view.fields(table).get(name)) is not None:
                return ("tables", table, "fields", name), shape
        return None


def _needs(part: FieldShape | Check, others: Others) -> Iterator[PartMistake]:
    """What it needs of other fields and does not find there. Where a mistake of its own hides what it needs, there is nothing."""
    with suppress(AttributeError, DataError, ValueError):  # a wrong key that was taken out, a file that is told already
        yield from part.needs(others)


def _from_top(key_path: KeyPath, mistakes: Iterable[PartMistake]) -> Iterator[PartMistake]:
    yield from (mistake if mistake.absolute else replace(mistake, at=(*key_path, *mistake.at)) for mistake in mistakes)


def _parent_mistakes(view: _RecipeView) -> Iterator[PartMistake]:
    table_names = set(map(str, view.tables))
    for name, parent in view.parents.items():
        key_path = ("tables", name, "from", "table")
        if parent in view.source.left_out:
            yield PartMistake(
                key_path,
                f"table '{parent}' is left out, and '{name}' is made from it",
                f"leave out both: --without {parent} --without {name}",
            )
        elif parent not in table_names:
            yield PartMistake(key_path, f"there is no table '{parent}'", did_you_mean(parent, table_names - {str(name)}, "tables"))
        elif (rows := view.most_rows(name)) > MOST_ROWS:
            hint = "take fewer of that table: rows, or make fewer of each: per_row"
            yield PartMistake(key_path[:-1], f"up to {rows:,} rows; a table has at most {MOST_ROWS:,}", hint, at_key=True)
    for circle in _cycles({name: [parent] for name, parent in view.parents.items()}):
        yield PartMistake(("tables", circle[0], "from", "table"), _in_a_circle("tables", circle), "one of them needs rows in place of from")


def _labels(field: FieldShape) -> list[str]:
    try:
        return list(field.labels())
    except AttributeError:  # a wrong key that was taken out
        return []


def _rows_mistakes(key_path: KeyPath, fields: Mapping[Any, FieldShape]) -> Iterator[PartMistake]:
    """All rows, where no field says how many these are, or two do not agree."""
    counts: dict[Any, int] = {}
    with suppress(AttributeError, DataError, ValueError):  # told already: a file that cannot be read
        counts = {name: count for name, field in fields.items() if isinstance(field, PythonField) and (count := field.supply()) is not None}
        if not counts:
            hint = "such as ticket: {kind: load, file: tickets.jsonl}; or say how many rows"
            yield PartMistake(key_path, "rows: all needs a field that loads records in order", hint)
    if len(set(counts.values())) > 1:
        listing = ", ".join(f"'{name}' has {count:,}" for name, count in counts.items())
        yield PartMistake(
            key_path, f"its fields load different numbers of records: {listing}", f"say how many: rows: {min(counts.values())}"
        )


def _label_mistake(key_path: KeyPath, name: str) -> PartMistake:
    message = f"a column '{name}' is filled by '{name.rpartition('_')[0]}', with what it knows of its values"
    return PartMistake((*key_path, "fields", name), message, "name this field otherwise", at_key=True)


def _reads(field: FieldShape | Check) -> list[Read]:
    """What a field or check reads, as far as its files can be read."""
    reads: list[Read] = []
    with suppress(DataError, ValueError, AttributeError):  # told already: a file that cannot be read, or a wrong key that was taken out
        reads.extend(field.reads())
    return reads


def _name_mistakes(
    name: str, field: FieldShape, reads: list[Read], visible: set[str] | None, dropped: Callable[[str], str]
) -> Iterator[PartMistake]:
    for at, read in reads:
        if visible is not None and read not in visible and (mistake := field.unknown(at, read)):
            candidates = visible - {name} - {f"{name}_{label}" for label in _labels(field)}
            yield replace(mistake, hint=dropped(read) or did_you_mean(read, candidates, "fields"))


def _otherwise_mistakes(field: FieldShape) -> Iterator[PartMistake]:
    value = field.fallback
    if value is None:
        return
    if field.when is None:
        yield PartMistake(("otherwise",), "'otherwise' without 'when' is never used", 'add when: "{{ … }}", or take it out', at_key=True)
    types: dict[str, tuple[type | tuple[type, ...], str]] = {
        "bool": (bool, "true or false"),
        "int64": (int, "a whole number"),
        "float64": ((int, float), "a number"),
        "string": (str, "text"),
    }
    expected_type, description = types.get(field.column(), (object, ""))
    if not isinstance(value, expected_type) or (isinstance(value, bool) and expected_type not in (bool, object)):
        yield PartMistake(("otherwise",), f"expected {description}, as this field's other values are, not {as_yaml(value)}")


def _carry_mistakes(key_path: KeyPath, parent: From, above: set[str], own_names: set[str] | None) -> Iterator[PartMistake]:
    for number, name in enumerate(parent.carry or []):
        at = (*key_path, "from", "carry", number)
        if name not in above:
            yield PartMistake(at, f"table '{parent.table}' has no field '{name}'", did_you_mean(name, above, "fields"))
        elif own_names and name in own_names:
            yield PartMistake(at, f"this table has a field '{name}' of its own", "rename that one, or do not carry this one")
    for number, name in enumerate(parent.over or []):
        if name not in above:
            yield PartMistake(
                (*key_path, "from", "over", number), f"table '{parent.table}' has no field '{name}'", did_you_mean(name, above, "fields")
            )


def _circles(key_path: KeyPath, reads: Mapping[str, list[Read]]) -> Iterator[PartMistake]:
    for circle in _cycles({name: sorted({read for _, read in field_reads}) for name, field_reads in reads.items()}):
        at = next(at for at, read in reads[circle[0]] if read == circle[1])
        hint = "each needs the next one first; one of them must do without" if len(circle) > 2 else ""
        yield PartMistake((*key_path, "fields", circle[0], *at), _in_a_circle("fields", circle), hint, circle[1])


def _in_a_circle(parts: str, circle: list[str]) -> str:
    if len(circle) == 2:
        return f"'{circle[0]}' is made from itself"
    return f"{parts} are made from each other in a circle: {' → '.join(circle)}"


def _cycles(needs: Mapping[str, list[str]]) -> Iterator[list[str]]:
    """Circles, in order, the name that is written first at the beginning and again at the end."""
    remaining = dict(needs)
    while True:
        try:
            TopologicalSorter(remaining).prepare()
            return
        except CycleError as error:
            circle = list(reversed(error.args[1]))[:-1]
        first = min(map(list(needs).index, circle))
        start = circle.index(list(needs)[first])
        yield [*circle[start:], *circle[: start + 1]]
        for name in circle:
            del remaining[name]
