"""How much a template may do.

Steps are counted, not seconds, so that a template that is too much for one machine is too much for all. A step is an element of a list,
four letters, or a node of the template. What a template does without being asked, such as to join texts, to compare or to loop, is
written as a filter before it is compiled, so that every step is counted.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from functools import wraps
from typing import Any, NoReturn

from jinja2 import Undefined, nodes
from jinja2.exceptions import SecurityError
from jinja2.visitor import NodeTransformer

MOST_STEPS = 4_000_000
LETTERS = 4
"""Letters that make a step."""
CHEAP = {"abs", "default", "first", "last", "length", "cycle", "get", "items", "keys", "values"}
"""Filters and methods that look at no more than one element."""
BY_ELEMENT = {"join", "list", "max", "min", "rsplit", "sort", "split", "splitlines", "sum", "unique"}
"""Those that take a text apart."""
COMPARING = {"max", "min", "sort", "unique"}
"""Those that work out a key for each element, and compare these."""
BY_LETTER = {"lstrip", "rsplit", "rstrip", "strip", "trim"}
"""Those that may compare every letter with every letter of an argument."""


EACH, CONCAT, PART, READING = "(each)", "(concat)", "(part)", "(reading)"
"""Names of filters that no recipe can write."""


class _Left(threading.local):
    steps = MOST_STEPS


_left = _Left()


def begin() -> None:
    """Count from here."""
    _left.steps = MOST_STEPS


def spend(steps: int) -> None:
    """Count some steps. Raises SecurityError when they are too many."""
    _left.steps -= steps
    if _left.steps < 0:
        too_much()


def too_much() -> NoReturn:
    """Raise the error that says so."""
    raise SecurityError(f"this is more than {MOST_STEPS:,} steps of work for one template")


def weight(value: Any) -> int:
    """How many steps it takes to read a value, or to write it as text; more than are left where that is enough to know."""
    if isinstance(value, str | bytes):
        return len(value) // LETTERS + 1
    if isinstance(value, int):
        return value.bit_length() // 64 + 1
    if isinstance(value, Undefined):
        return 1
    steps, ahead = 1, [value]
    while ahead and steps <= _left.steps:
        value = ahead.pop()
        if isinstance(value, str):
            steps += len(value) // LETTERS
        elif isinstance(value, Mapping):
            steps += len(value)
            ahead += [*value.keys(), *value.values()]
        elif isinstance(value, Collection) and not isinstance(value, bytes):
            steps += len(value)
            ahead += value
    return steps


def reading(value: Any) -> Any:
    """The value, when its steps are counted."""
    spend(weight(value))
    return value


def work(name: str, value: Any, args: Iterable[Any]) -> int:
    """How many steps a filter or method takes."""
    if name in CHEAP or isinstance(value, Undefined):
        return 1
    texts = [argument for argument in args if isinstance(argument, str)]
    steps = len(value) if name in BY_ELEMENT and isinstance(value, str) else weight(value)
    if name in BY_ELEMENT:  # with the attribute a.b.c, three times for each element
        steps *= 1 + sum(text.count(".") for text in texts) + (4 if name in COMPARING else 0)
    if name in BY_LETTER:
        steps *= 1 + sum(map(len, texts))
    return steps + sum(map(weight, args))


def counted(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """A filter whose steps are counted."""
    skipped = 1 if hasattr(function, "jinja_pass_arg") else 0

    @wraps(function)
    def called(*args: Any, **named: Any) -> Any:
        values = args[skipped:]
        spend(work(name, values[0] if values else None, [*values[1:], *named.values()]))
        result = function(*args, **named)
        return list(result) if isinstance(result, Iterator) else result

    return called


# What a template does without being asked


def each(values: Any, size: int) -> Iterator[Any]:
    """What a loop goes through, `size` steps an element."""
    for value in values:
        spend(size)
        yield value


def concat(parts: Collection[Any], room: Callable[[float], None]) -> str:
    """The texts of some values, one behind the other."""
    texts = [str(reading(part)) for part in parts]
    room(sum(map(len, texts)))
    return "".join(texts)


def part(value: Any, start: Any, stop: Any, step: Any) -> Any:
    """A slice of a value."""
    spend(len(value) if isinstance(value, str | list | tuple) else 1)
    return value[start:stop:step]


class Counting(NodeTransformer):
    """Writes what a template does without being asked as filters of these names."""

    def visit_For(self, node: nodes.For) -> nodes.Node:  # noqa: N802 (as Jinja calls it)
        """A loop."""
        size = sum(1 for child in (*node.body, *([node.test] if node.test else [])) for _ in child.find_all(nodes.Node)) + 1
        self.generic_visit(node)
        node.iter = _filter(node.iter, EACH, nodes.Const(size))
        return node

    def visit_Concat(self, node: nodes.Concat) -> nodes.Node:  # noqa: N802
        """Texts joined with ~."""
        self.generic_visit(node)
        return _filter(nodes.List(node.nodes, lineno=node.lineno), CONCAT)

    def visit_Getitem(self, node: nodes.Getitem) -> nodes.Node:  # noqa: N802
        """A slice; one element is none."""
        self.generic_visit(node)
        if not isinstance(node.arg, nodes.Slice):
            return node
        bounds = [bound or nodes.Const(None) for bound in (node.arg.start, node.arg.stop, node.arg.step)]
        return _filter(node.node, PART, *bounds)

    def visit_Compare(self, node: nodes.Compare) -> nodes.Node:  # noqa: N802
        """Two values, or more, that are compared."""
        self.generic_visit(node)
        node.expr = _filter(node.expr, READING)
        for operand in node.ops:
            operand.expr = _filter(operand.expr, READING)
        return node

    def visit_Test(self, node: nodes.Test) -> nodes.Node:  # noqa: N802
        """A value that is tested."""
        self.generic_visit(node)
        node.node, node.args = _filter(node.node, READING), [_filter(argument, READING) for argument in node.args]
        return node


def _filter(node: nodes.Node, name: str, *args: nodes.Expr) -> nodes.Filter:
    return nodes.Filter(node, name, list(args), [], None, None, lineno=node.lineno)
