"""The recipe of a finished output, read back from its manifest. One of another version may name kinds that are not known here: their fields
are taken for text."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from synthgen.fields import FieldShape
from synthgen.recipe.load import FIELDS
from synthgen.recipe.shape import DEFAULT_MODELS, ClaudeSpec


@dataclass(frozen=True)
class RecordedField:
    """A field, and what the recipe says of it (`data`)."""

    name: str
    data: Mapping[str, Any]

    @property
    def kind(self) -> type[FieldShape]:
        """Its kind, as a class; one that is not known is any field."""
        kind = FIELDS.get(str(self.data.get("kind")), FieldShape)
        assert issubclass(kind, FieldShape)
        return kind

    @property
    def role(self) -> str:
        """What it is in a dataset."""
        return "fact" if self.is_fact else self.kind.role

    @property
    def is_fact(self) -> bool:
        """Whether the recipe says that it is no label, however few its values, or a label could not be such a thing."""
        return self.data.get("label") is False or not self.kind.can_be_label

    @property
    def sliced(self) -> tuple[str, ...]:
        """Those of its labels by which results are sliced."""
        return self.kind.sliced

    @property
    def hidden(self) -> bool:
        """Whether it does not ship."""
        return bool(self.data.get("hidden"))

    @property
    def made_from(self) -> str:
        """The field that it changes or goes on from; "" where there is none."""
        return str(self.data.get("of") or self.data.get("user") or "")


@dataclass(frozen=True)
class RecordedTable:
    """A table: its own fields, and the table that it is made from ("": none)."""

    name: str
    fields: dict[str, RecordedField]
    parent: str


@dataclass(frozen=True)
class RecordedRecipe:
    """A recipe as it was run; `data` is what was written."""

    data: Mapping[str, Any]

    @property
    def about(self) -> str:
        """Where people type."""
        return str(self.data.get("about") or "")

    @cached_property
    def tables(self) -> dict[str, RecordedTable]:
        """The tables, in the order of the file."""
        return {name: _table(name, table) for name, table in (self.data.get("tables") or {}).items()}

    @cached_property
    def fields(self) -> dict[str, RecordedField]:
        """The fields of all tables, by name."""
        return {field.name: field for table in self.tables.values() for field in table.fields.values()}

    def fields_of(self, table: str) -> dict[str, RecordedField]:
        """The fields of the tables that a table is made from, then its own; none for a table that is not in it."""
        recorded = self.tables.get(table)
        return {**(self.fields_of(recorded.parent) if recorded.parent else {}), **recorded.fields} if recorded else {}

    @property
    def harness(self) -> dict[str, Any]:
        """What it says of harnesses, key by key."""
        return dict(self.data.get("harness") or {})

    def main_table(self, tables: Sequence[str]) -> str:
        """The table that is read where nobody names one: the harness's, if the recipe names it there, else the first of these."""
        harness = self.data.get("harness")
        named = harness.get("table") if isinstance(harness, Mapping) else None
        return named if isinstance(named, str) and named in tables else tables[0]

    @property
    def publish(self) -> dict[str, Any]:
        """What it says of publishing, key by key."""
        return dict(self.data.get("publish") or {})

    @property
    def claudes(self) -> dict[str, ClaudeSpec]:
        """The paid models that it names."""
        written = {str(name): dict(spec) for name, spec in (self.data.get("models") or {}).items() if isinstance(spec, Mapping)}
        named = {name: spec for name, spec in written.items() if spec.get("kind", _usual(name)) == "claude"}
        known_keys = ClaudeSpec.model_fields.keys()
        specs = {name: {key: value for key, value in spec.items() if key in known_keys} for name, spec in named.items()}
        return {name: ClaudeSpec.model_validate(spec) for name, spec in specs.items()}


def last_message(fields: Iterable[RecordedField], columns: Collection[str]) -> str | None:
    """The field among those of `columns` that holds what was typed, in its last version; None where nobody typed."""
    messages = [field for field in fields if field.name in columns and field.role == "message"]
    earlier = {field.made_from for field in messages}
    return next((field.name for field in messages if field.name not in earlier), None)


def _table(name: str, data: Mapping[str, Any]) -> RecordedTable:
    parent = data.get("from")
    fields = {str(field): RecordedField(str(field), shape) for field, shape in (data.get("fields") or {}).items()}
    return RecordedTable(name, fields, str(parent.get("table", "")) if isinstance(parent, Mapping) else "")


def _usual(name: str) -> str:
    return str(DEFAULT_MODELS[name].model_fields["kind"].default) if name in DEFAULT_MODELS else "base"
