"""Sandboxed templates, and which fields a template reads.

A template sees the fields made so far, a few filters, and nothing else: no attributes that begin with an
underscore, no calls that change a value, no unbounded repetition.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from jinja2 import StrictUndefined, TemplateError, TemplateSyntaxError, meta
from jinja2.filters import FILTERS
from jinja2.sandbox import ImmutableSandboxedEnvironment, SecurityError

SAFE_FILTERS = (
    "abs capitalize default first float int join last length list lower max min replace round sort string sum title "
    "trim truncate unique upper wordcount"
).split()
LONGEST_TEXT = 1_000_000


class TemplateMistake(ValueError):
    """A template that cannot be read or filled."""


class _Sandbox(ImmutableSandboxedEnvironment):
    intercepted_binops = frozenset(["*", "**", "%"])

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        """Refuse the two ways in which an operator makes something huge out of something small."""
        if operator == "**" and (abs(left) > 10**6 or abs(right) > 64):
            raise SecurityError("a power this large is not allowed in a template")
        if operator == "%" and isinstance(left, str):
            raise SecurityError("write text with {{ … }}, not with %")
        if operator == "*":
            for text, times in ((left, right), (right, left)):
                if isinstance(text, str | list | tuple) and len(text) * int(times) > LONGEST_TEXT:
                    raise SecurityError("a text this long is not allowed in a template")
        return super().call_binop(context, operator, left, right)


def _date(value: datetime.date, pattern: str) -> str:
    """A date or time written with a strftime pattern."""
    return value.strftime(pattern)


_sandbox = _Sandbox(undefined=StrictUndefined, keep_trailing_newline=True)
_sandbox.filters = {name: FILTERS[name] for name in SAFE_FILTERS} | {"date": _date}
_sandbox.globals.clear()


@lru_cache(maxsize=4096)
def names(source: str) -> frozenset[str]:
    """The names of the fields that a template reads. Raises TemplateMistake when it is not a template."""
    try:
        tree = _sandbox.parse(source)
        _sandbox.compile(tree)
        return frozenset(meta.find_undeclared_variables(_sandbox.parse(source)))
    except TemplateSyntaxError as error:
        raise TemplateMistake(f"template: {error.message}") from None
    except TemplateError as error:
        raise TemplateMistake(f"template: {error}") from None


@lru_cache(maxsize=4096)
def _template(source: str) -> Any:
    return _sandbox.from_string(source)


@lru_cache(maxsize=4096)
def _expression(source: str) -> Any:
    return _sandbox.compile_expression(expression_of(source), undefined_to_none=False)


def expression_of(source: str) -> str:
    """What stands between the braces of a text that is one `{{ … }}` and nothing else."""
    match = re.fullmatch(r"\s*\{\{(?P<inside>(?:(?!\}\}).)*)\}\}\s*", source, re.DOTALL)
    if not match:
        raise TemplateMistake('a condition is one expression in braces, such as "{{ intent == \'lost card\' }}"')
    return match["inside"].strip()


def fill(source: str, values: Mapping[str, Any]) -> str:
    """The template's text with `values` in place of its names. Raises TemplateMistake when it cannot be."""
    if "{" not in source:
        return source
    try:
        return str(_template(source).render(values))
    except Exception as error:
        raise _mistake(source, error) from None


def holds(source: str, values: Mapping[str, Any]) -> bool:
    """Whether a condition such as `{{ amount > 100 }}` is true of `values`."""
    try:
        return bool(_expression(source)(**values))
    except TemplateMistake:
        raise
    except Exception as error:
        raise _mistake(source, error) from None


def _mistake(source: str, error: Exception) -> TemplateMistake:
    # Whatever a recipe's expression does wrong (a type, a division, a missing key) is the recipe's mistake.
    return TemplateMistake(f"template {source.strip()!r}: {type(error).__name__}: {error}")
