"""`kind: choice`: one of some options, all alike or by weight; or every one of them for every row of the table above."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import accumulate
from random import Random
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, Field, PrivateAttr, ValidationInfo

from synthgen.errors import DataError, did_you_mean, nearest
from synthgen.fields.dependent import SKIP, lacking, shortened, value_of
from synthgen.fields.options import Options, each_option, is_by_value, key_text
from synthgen.fields.shape import Count, Others, PythonField, Role, Scalar
from synthgen.spec import render
from synthgen.spec.parts import PartMistake
from synthgen.spec.paths import get_path, root_of
from synthgen.spec.rows import Labelled, Row, Value, to_text

LISTED = 5
"""How many values with or without options are named."""

Weights = tuple[Sequence[Value], Sequence[float]]
"""Values to draw from, and their weights, each added to those before it."""


def _lists(options: Any, info: ValidationInfo) -> Any:
    """The options, if those for each value of a field are lists or weights."""
    single = [key for key, inner in options.items() if isinstance(inner, str)] if isinstance(options, dict) else []
    if single and info.data.get("of") is not None:
        key, option = single[0], options[single[0]]
        raise ValueError(f"the options for {key_text(key)} are '{option}', and no list", f"a single one is a list too: [{option}]")
    return options


class Choice(PythonField):
    """One of `options`: a list, or weights by option; with `of`, a list or weights for each value of that field; or `"{{ a list }}"`.
    With `pick: each`, every row of the table above has a row for each option."""

    role: ClassVar[Role] = "label"

    kind: Literal["choice"] = "choice"
    of: str | None = Field(
        None,
        min_length=1,
        exclude_if=lambda of: of is None,
        description="the field, or a part of one, that the options depend on: of: country, options: {DE: [Berlin, Bonn], FR: [Paris]}",
    )
    options: Annotated[Options, BeforeValidator(_lists)] = Field(description="a list, or weights such as {card declined: 4, lost card: 2}")
    pick: Literal["random", "evenly", "each"] = Field(
        "random",
        exclude_if=lambda pick: pick == "random",
        description="evenly: at random, but each option has its share of the rows, however few; each: a row for each option for every row "
        "of the table above, or without one the options in turn",
    )
    label: bool = Field(
        True,
        exclude_if=lambda label: label,
        description="false: a fact such as a product, which messages mention and no result is told by; it stands among facts, not labels",
    )
    _step: int = PrivateAttr(1)

    def reads(self) -> Iterator[tuple[tuple[str | int, ...], str]]:
        """The field that its options depend on, or those that give the list."""
        yield from super().reads()
        if self.of is not None:
            yield ("of",), root_of(self.of)
        if isinstance(self.options, str):
            yield from ((("options",), name) for name in sorted(render.names(self.options)))

    def literals(self) -> list[Any]:
        """Its options."""
        return [*super().literals(), *(option.value for option in each_option(self.options))]

    def mistakes(self) -> Iterator[PartMistake]:
        """A field that the options depend on, and options that don't."""
        if self.of is not None and not is_by_value(self.options):
            hint = "list them by its values, such as options: {DE: [Berlin, Bonn], FR: [Paris]}, or take 'of' out"
            yield PartMistake(("of",), f"the options do not depend on '{self.of}': they are the same in every row", hint, at_key=True)

        if self.pick == "each":
            yield from self._each_mistakes()
        if self.pick == "evenly" and (self.of is not None or isinstance(self.options, str) or is_by_value(self.options)):
            yield PartMistake(("pick",), "options have shares of all rows only where they are the same in every row", "take `pick` out")

    def _each_mistakes(self) -> Iterator[PartMistake]:
        """What cannot be taken one by one: options with weights or of a row, an option twice; and rows without one."""
        if not isinstance(self.options, list):
            yield PartMistake(("options",), "pick: each takes every option once, so options are a list", "such as [careful, texter, phone]")
        else:
            texts = list(map(key_text, self.options))
            hint = "take it out; for several rows of each, say how many beside from: {table: …, per_row: 2}"
            twice = (place for place, text in enumerate(texts) if text in texts[:place])
            yield from (PartMistake(("options", place), f"'{texts[place]}' is an option twice", hint) for place in twice)
        if self.when is not None:
            yield PartMistake(("when",), "every row has one of the options that are taken one by one", "take `when` out", at_key=True)

    def preset(self, row: Row, value: Value) -> Value | Labelled | None:
        """The option of that text; of a fact, any value."""
        options = (option for option, _ in self.known_values() or () if str(option) == str(value))
        return next(options, None if self.label else value)

    @property
    def evenly(self) -> bool:
        """Whether its draws lie evenly."""
        return self.pick == "evenly"

    @property
    def copies(self) -> int:
        """Its options, where each is taken."""
        return len(self.options) if self.pick == "each" and isinstance(self.options, list) else 1

    @property
    def drawn_by_weight(self) -> dict[str, str]:
        """Its options, where they are the same in every row and drawn."""
        drawn = self.pick != "each" and self.of is None and not isinstance(self.options, str)
        return {"options": ""} if drawn and not is_by_value(self.options) else {}

    def combine(self, step: int) -> None:
        """Take another option at every `step`-th row of the same parent."""
        self._step = step

    def needs(self, others: Others) -> Iterator[PartMistake]:
        """Options for a value that no row has, and values without options."""
        if isinstance(self.options, str):
            yield from lacking(self, self.options, ("options",), others)
        elif is_by_value(self.options) and self.of is None:
            keys = set(map(key_text, self.options))
            fitting = [name for name, field in others.fields().items() if field is not self and keys <= _texts(field.known_values())]
            hint = f"add of: {fitting[0] if len(fitting) == 1 else 'FIELD'}"
            yield PartMistake(("options",), "options within options, and nothing says which field's values they are for", hint)
        elif isinstance(self.options, dict) and self.of is not None:
            yield from lacking(self, f"{{{{ {self.of} }}}}", ("of",), others)
            source = others.field(self.of)
            if source is not None and source is not self and (known := source.known_values()) is not None:
                yield from self._fit(self.of, known, declared=isinstance(source, Choice))

    def _fit(self, of: str, known: Sequence[tuple[Value, bool]], *, declared: bool) -> Iterator[PartMistake]:
        """The mistakes between the values that options are for and those that rows have. A file may have fewer than there are options for;
        where the recipe has `declared` them, an unknown one is misspelt."""
        keys = {key_text(key): key for key in self.options}
        strange = {text: key for text, key in keys.items() if declared and text not in _texts(known)}
        for text, key in strange.items():
            hint = did_you_mean(text, _texts(known), f"{of} is one of")
            yield PartMistake(("options", key), f"no row has the {of} '{text}'", hint, at_key=True)
        values = dict.fromkeys(key_text(value) for value, possible in known if possible and value is not None)
        missing = [text for text in values if text not in keys and not nearest(text, strange)]
        if missing and self.when is None:
            named = ", ".join(f"'{text}'" for text in missing[:LISTED]) + (f" and {len(missing) - LISTED:,} more" * (len(missing) > LISTED))
            hint = f"add some, such as {missing[0]}: [a, b], or say with `when` in which rows it is made"
            yield PartMistake(("options",), f"there are no options for {of} {named}", hint)

    @cached_property
    def _weights(self) -> dict[str, Weights]:
        """What is drawn from for each value of the field that the options depend on, under its text; under "" where there is none."""
        options: Any = self.options
        lists = {key_text(key): inner for key, inner in options.items()} if is_by_value(options) else {"": options}
        return {key: self._drawn_from(inner) for key, inner in lists.items()}

    def _drawn_from(self, options: list[Scalar] | dict[Scalar, float]) -> Weights:
        weights = options.values() if isinstance(options, dict) else [1.0] * len(options)
        return self._as_values(options), list(accumulate(weights))

    def _as_values(self, options: Sequence[Scalar] | dict[Scalar, float]) -> list[Value]:
        alike = len({type(option.value) for option in each_option(self.options)}) == 1
        return list(options) if alike or self.column() == "float64" else [*map(_word, options)]

    def make(self, row: Row, stream: Random) -> Value:
        """One option. Raises DataError where the row has none."""
        if isinstance(self.options, str):
            return stream.choice(self._list_of(self.options, row))
        values, weights = self._weights[""] if self.of is None else self._for(self.of, row)
        if self.pick == "each":
            return values[row.turn // self._step % len(values)]
        return stream.choices(values, cum_weights=weights)[0]

    def _for(self, of: str, row: Row) -> Weights:
        value, where = get_path(row.values, of), f"{row.table}, row {row.index}"
        if value is None:
            raise DataError(f"{where}: '{of}' has no value, and the options depend on it", SKIP)
        if (weights := self._weights.get(key_text(value))) is None:
            known = ", ".join([*self._weights][:LISTED]) + ", …" * (len(self._weights) > LISTED)
            message = f"{where}: there are no options for {of} '{shortened(value)}'"
            raise DataError(message, f"there are some for {known}; add it, or {SKIP}")
        return weights

    @staticmethod
    def _list_of(expression: str, row: Row) -> list[Value]:
        """The texts that a row's list holds."""
        items, where = value_of(expression, row), f"{row.table}, row {row.index}"
        if not isinstance(items, list | tuple):
            read = render.expression_of(expression)
            hint = f"split a text: \"{{{{ ({read}).split(',') }}}}\"" if isinstance(items, str) else "options: a list"
            raise DataError(f"{where}: {expression} gives '{shortened(items)}', which is no list", hint)
        if not items:
            raise DataError(f"{where}: the list {expression} is empty, so nothing can be chosen", SKIP)
        if any(isinstance(item, list | dict) for item in items):
            hint = 'choose its place, between: [0, "{{ orders | length - 1 }}"], and read it: "{{ orders[place].id }}"'
            raise DataError(f"{where}: the list {expression} holds records or lists, and an option is one value", hint)
        return [None if item is None else to_text(item) for item in items]

    def known_values(self) -> list[tuple[Value, bool]] | None:
        """Its options and its fallback, an option without weight as one that no row has; None where a template gives them."""
        if isinstance(self.options, str):
            return None
        return [*self._known, (self.fallback, True)] if self.when is not None else self._known

    @cached_property
    def _known(self) -> list[tuple[Value, bool]]:
        options = list(each_option(self.options))
        values = self._as_values([option.value for option in options])
        return [(value, bool(option.weight)) for value, option in zip(values, options, strict=True)]

    def distinct(self, of: Count) -> int | None:
        """The options that can be chosen."""
        return None if isinstance(self.options, str) else len({value for value, possible in self._known if possible})

    def column(self) -> str:
        """Truth values, whole numbers, numbers, or text for anything mixed and for what a template gives."""
        types = {type(option.value) for option in each_option(self.options)}
        if types == {bool}:
            return "bool"
        if types == {int}:
            return "int64"
        return "float64" if types and types <= {int, float} else "string"


def _texts(known: Sequence[tuple[Value, bool]] | None) -> set[str]:
    return {key_text(value) for value, _ in known or () if value is not None}


def _word(option: Scalar) -> str:
    return str(option).lower() if isinstance(option, bool) else str(option)
