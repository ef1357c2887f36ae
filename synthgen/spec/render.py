"""Sandboxed templates, and which fields a template reads.

A template sees the fields made so far, a few filters and methods, `{% if %}` and `{% for %}`, and nothing else: no
attributes that begin with an underscore, no calls that change a value, and nothing that makes something huge out
of something small, so that a recipe from a stranger can neither reach out nor fill the memory.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache, partial
from typing import Any

from jinja2 import StrictUndefined, TemplateSyntaxError, Undefined, meta, nodes, pass_eval_context
from jinja2.exceptions import SecurityError
from jinja2.filters import FILTERS
from jinja2.sandbox import ImmutableSandboxedEnvironment

from synthgen.memory import lacks_memory
from synthgen.spec import steps, text_numbers
from synthgen.spec.moments import HINT, written, zone_mistake

SAFE_FILTERS = [
    "abs",
    "capitalize",
    "default",
    "first",
    "float",
    "int",
    "join",
    "last",
    "length",
    "list",
    "lower",
    "max",
    "min",
    "replace",
    "round",
    "sort",
    "string",
    "sum",
    "title",
    "trim",
    "truncate",
    "unique",
    "upper",
    "wordcount",
]
SAFE_METHODS = [
    "capitalize",
    "casefold",
    "count",
    "cycle",
    "date",
    "endswith",
    "find",
    "format",
    "get",
    "isalpha",
    "isdigit",
    "isoformat",
    "isoweekday",
    "items",
    "join",
    "keys",
    "ljust",
    "lower",
    "lstrip",
    "partition",
    "removeprefix",
    "removesuffix",
    "replace",
    "rjust",
    "rsplit",
    "rstrip",
    "split",
    "splitlines",
    "startswith",
    "strftime",
    "strip",
    "swapcase",
    "time",
    "title",
    "upper",
    "values",
    "weekday",
    "zfill",
]
SAFE_STATEMENTS = (nodes.Output, nodes.If, nodes.For)
LONGEST_TEMPLATE = 100_000
MOST_IN_BRACES = 20_000
"""Characters that a template has inside its braces, at most: these are work before it is ever filled."""
OPEN, CLOSE = re.compile(r"\{[{%#]"), re.compile(r"[}%#]\}")
LONGEST_TEXT = 1_000_000
MOST_REPEATED = 10_000
LARGEST_NUMBER = 4096  # bits
MOST_PLAIN = 60
"""Texts and names in a template that is filled without Jinja."""
SPECIAL_NAMES = ("self", "super", "loop", "caller")


class TemplateMistake(ValueError):
    """A template that cannot be read or filled; `hint` is the way out, where one is known."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


def _room(size: float, most: int = LONGEST_TEXT) -> None:
    if size > most:
        raise SecurityError("a text this long is not allowed in a template")


class _Sandbox(ImmutableSandboxedEnvironment):
    intercepted_binops = frozenset(["+", "*", "**", "%"])

    @staticmethod
    def concat(parts: Iterable[str]) -> str:
        """The text of a template, as long as it may be."""
        kept, size = [], 0
        for part in parts:
            size += len(part)
            _room(size)
            kept.append(part)
        return "".join(kept)

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        """Refuse the ways in which an operator makes something huge out of something small."""
        if operator == "**" and (abs(left) > 10**6 or abs(right) > 64):
            raise SecurityError("a power this large is not allowed in a template")
        if operator == "%" and isinstance(left, str | bytes):
            raise SecurityError("write text with {{ … }}, not with %")
        if operator == "*":
            if isinstance(left, int) and isinstance(right, int) and left.bit_length() + right.bit_length() > LARGEST_NUMBER:
                raise SecurityError("a number this large is not allowed in a template")
            for text, times in ((left, right), (right, left)):
                if isinstance(text, str) and text_numbers.looks_like(text):
                    raise TypeError(f"{text!r} is str, and would be repeated")
                if isinstance(text, str):
                    _room(len(text) * int(times), MOST_REPEATED)
                elif isinstance(text, bytes | list | tuple):
                    raise SecurityError("only text and numbers can be multiplied in a template")
        if operator == "+":
            steps.spend(steps.weight(left) + steps.weight(right))
        return super().call_binop(context, operator, left, right)

    def from_string(self, source: str | nodes.Template, *args: Any, **named: Any) -> Any:
        """A template that counts its steps, and its making counts too: what is constant in it is worked out then."""
        steps.begin()
        tree = self.parse(source) if isinstance(source, str) else source
        return super().from_string(steps.Counting().visit(tree), *args, **named)

    def getattr(self, obj: Any, attribute: str) -> Any:
        """A part of a record before a method of that name: `ticket.items` is the ticket's."""
        return obj[attribute] if isinstance(obj, dict) and attribute in obj else super().getattr(obj, attribute)

    def call(__self, __context: Any, __method: Any, *args: Any, **named: Any) -> Any:  # noqa: N805 (as in Jinja: any name can be passed on)
        """Call a method that reads a value, where its answer cannot be huge."""
        name, owner = getattr(__method, "__name__", ""), getattr(getattr(__method, "__wrapped__", __method), "__self__", None)
        if not isinstance(__method, Undefined):
            if name not in SAFE_METHODS:
                raise SecurityError(f"'{name or __method}' cannot be called in a template")
            steps.spend(steps.work(name, owner, [*args, *named.values()]))
            if isinstance(owner, str):
                _fits(owner, name, [*args, *named.values()])
            if name == "format":
                for value in (*args, *named.values()):
                    _zoned(value, "".join(re.findall(r"\{[^{}]*\}", str(owner))))
            if name == "strftime":
                _zoned(owner, args[0] if args else next(iter(named.values()), ""))
        return super().call(__context, __method, *args, **named)


def _fits(text: str, method: str, args: Sequence[Any]) -> None:
    """Refuse a method of a text whose answer would be too long."""
    if method in ("ljust", "rjust", "zfill"):
        _room(int(args[0]), MOST_REPEATED)
    elif method == "format" and re.search(r"\{[^{}]*(\d{4}|\{)", text):
        raise SecurityError("a width this large, or a width from a value, is not allowed in a template")
    elif method == "format":
        _room(len(text) + text.count("{") * max([0, *(len(str(argument)) for argument in args)]))
    elif method == "replace":
        _room(len(text) + text.count(str(args[0])) * len(str(args[1])))
    elif method == "join":
        _room(len(text) * len(args[0]))


@pass_eval_context
def _join(context: Any, values: Any, between: str = "", attribute: int | str | None = None) -> Any:
    items = list(values)
    _fits(str(between), "join", (items,))
    _room(sum(len(item) for item in items if isinstance(item, str)))
    return FILTERS["join"](context, items, between, attribute)


@pass_eval_context
def _replace(context: Any, text: Any, old: str, new: str, count: int | None = None) -> Any:
    _fits(str(text), "replace", (old, new))
    return FILTERS["replace"](context, str(text), old, new, count)


def _round(value: float, places: int = 0, method: Any = "common") -> Any:
    _room(abs(places), 100)
    return FILTERS["round"](value, places, method)


def _float(value: Any, default: Any = None) -> Any:
    """The number in a text. Any other text is a mistake, unless there is a default: Jinja would make it 0 silently."""
    return _number(value, default, "float")


def _int(value: Any, default: Any = None, base: int = 10) -> Any:
    """A whole number of a text, as `_float`."""
    return _number(value, default, "int", base)


def _number(value: Any, default: Any, filter_name: str, *more: Any) -> Any:
    sentinel = object()
    number = FILTERS[filter_name](value, sentinel, *more)
    if number is not sentinel:
        return number
    if default is None:
        raise TemplateMistake(f"{value!r} is not a number", f"say what it is where there is none, such as 0: | {filter_name}(0)")
    return default


def _sum(values: Iterable[Any], attribute: str | None = None) -> Any:
    return sum(value[attribute] if attribute else value for value in values)


def _date(value: datetime.date, pattern: str) -> str:
    """A date or time written with a strftime pattern."""
    _zoned(value, pattern)
    return written(value, pattern)


def _zoned(value: Any, pattern: Any) -> None:
    """Refuse a pattern that asks for the zone of a moment that has none."""
    if isinstance(value, datetime.date) and getattr(value, "tzinfo", None) is None and (wrong := zone_mistake(str(pattern))):
        raise SecurityError(f"{wrong}; {HINT}")


def _value(value: Any) -> Any:
    """A value as it is; no method, which would be written as its place in memory."""
    if callable(value) and not isinstance(value, Undefined):
        raise SecurityError("a method needs its brackets, such as name.upper()")
    return steps.reading(value)


_sandbox = _Sandbox(undefined=StrictUndefined, keep_trailing_newline=True, finalize=_value)
_own = {"date": _date, "float": _float, "int": _int, "join": _join, "replace": _replace, "round": _round, "sum": _sum}
_sandbox.filters = {name: steps.counted(name, filter_) for name, filter_ in ({name: FILTERS[name] for name in SAFE_FILTERS} | _own).items()}
_sandbox.filters |= {
    steps.EACH: steps.each,
    steps.CONCAT: partial(steps.concat, room=_room),
    steps.PART: steps.part,
    steps.READING: steps.reading,
}
_sandbox.globals.clear()


def in_braces(source: str) -> int:
    """How many characters of a template are between braces."""
    return sum(len(CLOSE.split(part, maxsplit=1)[0]) for part in OPEN.split(source)[1:])


@lru_cache(maxsize=4096)
def names(source: str) -> frozenset[str]:
    """The names of the fields that a template reads. Raises TemplateMistake when it is not a template."""
    if len(source) > LONGEST_TEMPLATE:
        raise TemplateMistake(f"template: {len(source):,} characters; a template has at most {LONGEST_TEMPLATE:,}")
    if (size := in_braces(source)) > MOST_IN_BRACES:
        raise TemplateMistake(f"template: {size:,} characters in braces; a template has at most {MOST_IN_BRACES:,}")
    try:
        tree = _sandbox.parse(source)
        _known_statements(tree)
        _template(source)
        self_name = {name.name for name in tree.find_all(nodes.Name)} & {"self"}  # Jinja's word for the template
        return frozenset(meta.find_undeclared_variables(tree) | self_name)
    except TemplateMistake:
        raise
    except TemplateSyntaxError as error:
        raise TemplateMistake(f"template: {error.message}") from None
    except RecursionError:
        raise TemplateMistake("template: nested too deeply") from None
    except Exception as error:  # Jinja writes Python, and what is wrong there has Python's error classes
        if lacks_memory(error):
            raise
        raise TemplateMistake(f"template: {error}") from None


def alone(source: str) -> str:
    """The name of the field that a template is, and no more, such as `{{ intent }}`; empty where it is none."""
    match = re.fullmatch(r"\s*\{\{\s*([^\W\d]\w*)\s*\}\}\s*", source)
    return match[1] if match else ""


def _known_statements(tree: nodes.Template) -> None:
    """Refuse statements that name, nest or repeat: with them a few lines ask for more work than there is time."""
    for statement in tree.find_all(nodes.Stmt):
        if not isinstance(statement, SAFE_STATEMENTS):
            raise TemplateMistake("template: it may use {{ … }}, {% if %} and {% for %}, and no other statement")
        if isinstance(statement, nodes.For) and (statement.recursive or next(statement.find_all(nodes.For), None)):
            raise TemplateMistake("template: a {% for %} inside another is not allowed")


@lru_cache(maxsize=4096)
def zone_mistakes(source: str) -> dict[str, str]:
    """For each name whose value a template writes with a pattern that asks for its zone, what is wrong with that where it has none."""
    mistakes = dict[str, str]()
    tree = _sandbox.parse(source)
    written = [(node.node, node.args) for node in tree.find_all(nodes.Filter) if node.name == "date"]
    for call in tree.find_all(nodes.Call):
        if isinstance(call.node, nodes.Getattr) and call.node.attr == "strftime":
            written.append((call.node.node, call.args))
    for owner, args in written:
        if isinstance(owner, nodes.Name) and args and isinstance(args[0], nodes.Const):
            mistakes[owner.name] = mistakes.get(owner.name) or zone_mistake(str(args[0].value))
    return {name: wrong for name, wrong in mistakes.items() if wrong}


@lru_cache(maxsize=4096)
def _template(source: str) -> Any:
    return _sandbox.from_string(source)


@lru_cache(maxsize=4096)
def _expression(source: str) -> Any:
    return _sandbox.compile_expression(expression_of(source), undefined_to_none=False)


def expression_of(source: str) -> str:
    """What stands between the braces of a text that is one `{{ … }}` and nothing else."""
    match = re.fullmatch(r"\s*\{\{[-+]?(?P<inside>(?:(?![-+]?\}\}).)*)[-+]?\}\}\s*", source, re.DOTALL)
    if not match:
        raise TemplateMistake("a condition is one expression in braces, such as \"{{ intent == 'lost card' }}\"")
    return match["inside"].strip()


def fill(source: str, values: Mapping[str, Any]) -> str:
    """The template's text with `values` in place of its names. Raises TemplateMistake when it cannot be."""
    if "{" not in source:
        return source
    parts = _plain_parts(source)
    if parts is not None and (text := _joined(parts, values)) is not None:
        return text
    try:
        template = _template(source)
        steps.begin()
        return str(template.render(values))
    except Exception as error:  # whatever a template does goes wrong in Python's words
        if lacks_memory(error):
            raise
        raise _mistake(source, error) from None


@lru_cache(maxsize=4096)
def _plain_parts(source: str) -> tuple[str, ...] | None:
    """Text, a name, text and so on, where there is nothing else in a template, and not much of that; None for others."""
    try:
        (output,) = _sandbox.parse(source).body
    except (TemplateSyntaxError, RecursionError, ValueError):
        return None
    parts = [""]
    for node in output.nodes if isinstance(output, nodes.Output) else [output]:
        if isinstance(node, nodes.TemplateData):
            parts[-1] += node.data
        elif isinstance(node, nodes.Name) and node.name not in SPECIAL_NAMES:
            parts += [node.name, ""]
        else:
            return None
    return tuple(parts) if len(parts) <= MOST_PLAIN and sum(map(len, parts)) <= MOST_REPEATED else None


def _joined(parts: tuple[str, ...], values: Mapping[str, Any]) -> str | None:
    """What Jinja makes of such a template, without it; None where a value is not short text or a number."""
    texts = list(parts)
    for place in range(1, len(parts), 2):
        value = values.get(parts[place])
        if type(value) is int and value.bit_length() <= 64:
            value = str(value)
        if type(value) is not str or len(value) > MOST_REPEATED:
            return None
        texts[place] = value
    return "".join(texts)


def holds(source: str, values: Mapping[str, Any]) -> bool:
    """Whether a condition such as `{{ amount > 100 }}` is true of `values`."""
    return bool(evaluate(source, values))


def evaluate(source: str, values: Mapping[str, Any]) -> Any:
    """The value of one expression, such as `{{ ticket.tags }}`. Raises TemplateMistake where it has none."""
    try:
        expression = _expression(source)
        steps.begin()
        value = _value(expression(**values))
        if isinstance(value, Undefined):
            str(value)  # which raises the error that names it
        return value
    except Exception as error:  # whatever a template does goes wrong in Python's words
        if lacks_memory(error):
            raise
        raise _mistake(source, error) from None


def _mistake(source: str, error: Exception) -> TemplateMistake:
    # Whatever a recipe's expression does wrong (a type, a division, a missing key) is the recipe's mistake.
    if isinstance(error, TemplateMistake):
        return TemplateMistake(f"template {source.strip()!r}: {error}", error.hint)
    if text_numbers.is_misuse(error):
        hint = text_numbers.way_out(_sandbox.parse(source))
        return TemplateMistake(f"template {source.strip()!r}: a text where a number is needed: {error}", hint)
    return TemplateMistake(f"template {source.strip()!r}: {type(error).__name__}: {error}")
