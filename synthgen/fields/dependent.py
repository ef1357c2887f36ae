"""What fields have in common whose keys depend on the row: values of templates, and rows in which there is none."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from pydantic import AfterValidator, Discriminator, Tag

from synthgen.errors import DataError
from synthgen.fields.shape import FieldShape, Others
from synthgen.spec import render
from synthgen.spec.parts import PartMistake
from synthgen.spec.rows import Row, Value, to_text

LONGEST = 40
"""Letters of a value that an error quotes. No date, locale or number has more."""
SKIP = 'say in which rows it is made: when: "{{ … }}"'


def is_template(value: object) -> bool:
    """Whether a value of a key is text with braces."""
    return isinstance(value, str) and ("{{" in value or "{%" in value)


def by_template(value: object) -> str:
    """The tag of the type that a value which may be a template is read as."""
    return "(template)" if is_template(value) else "(fixed)"


def _is_expression(source: str) -> str:
    render.names(source)
    try:
        render.expression_of(source)
    except render.TemplateMistake:
        raise ValueError("expected one value in braces, and nothing around it", 'such as "{{ name }}"') from None
    return source


Expression = Annotated[str, AfterValidator(_is_expression)]
"""A template that is one expression, whose value is taken as it is."""
NumberOrTemplate = Annotated[Annotated[float, Tag("(fixed)")] | Annotated[Expression, Tag("(template)")], Discriminator(by_template)]
"""A number, or an expression that gives one."""


def shortened(value: Value) -> str:
    """A value of a row as an error quotes it."""
    text = to_text(value)
    return f"{text[:LONGEST]}…" if len(text) > LONGEST else text


def value_of(expression: str, row: Row) -> Value:
    """What an expression gives for a row. Raises DataError where that is nothing."""
    where = f"{row.table}, row {row.index}"
    try:
        value = render.evaluate(expression, row.values)
    except render.TemplateMistake as error:
        raise DataError(f"{where}: {error}", error.hint or "mend the template, or give it what it reads") from None
    if value is None:
        raise DataError(f"{where}: {expression} gives no value", SKIP)
    return value


def lacking(field: FieldShape, template: str, at: tuple[str | int, ...], others: Others) -> Iterator[PartMistake]:
    """The mistake that a `template` is the name of a field which has no value in some of the rows where `field` needs one."""
    keys, source = others.named(template) or ((), None)
    if source is not None and source.when is not None and source.otherwise is None and field.when is None:
        name = str(keys[-1])
        message = f"'{name}' has no value in rows where its `when` is not true"
        yield PartMistake(at, message, f'give it an `otherwise`, or this field the same `when`: when: "{source.when}"', name)
