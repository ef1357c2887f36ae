"""Text where a number is meant, such as every value of a CSV file: the error says how to convert it, which Python's does not."""

from __future__ import annotations

import re

from jinja2 import nodes

NUMBER = re.compile(r"[-+]?(\d+([.,]\d+)*|[.,]\d+)")
OTHER_TYPES = re.compile(r"\b(date|time|datetime|timedelta|list|dict|tuple|NoneType|bytes|callable|Undefined|indices|argument)\b")


def looks_like(text: str) -> bool:
    """Whether a text is written as a number."""
    return bool(NUMBER.fullmatch(text.strip()))


def is_misuse(error: Exception) -> bool:
    """Whether Python refused to calculate with a text."""
    message = str(error)
    return isinstance(error, TypeError) and bool(re.search(r"\bstr\b", message)) and not OTHER_TYPES.search(message)


def way_out(tree: nodes.Template) -> str:
    """How the text in a template becomes a number."""
    return f"what a CSV file holds is text; | float makes a number of it: {_read(tree) or '…'} | float (and ~ joins two texts)"


def _read(tree: nodes.Template) -> str:
    """The value that a template reads, if it is only one, as it is written there: `ticket.price`."""
    inner = {id(part) for parent in tree.find_all((nodes.Getattr, nodes.Getitem)) for part in parent.iter_child_nodes()}
    paths = {_path(node) for node in tree.find_all((nodes.Name, nodes.Getattr, nodes.Getitem)) if id(node) not in inner}
    return paths.pop() if len(paths) == 1 and not tree.find(nodes.Call) else ""


def _path(node: nodes.Node) -> str:
    if isinstance(node, nodes.Name):
        return node.name
    if isinstance(node, nodes.Getattr) and (above := _path(node.node)):
        return f"{above}.{node.attr}"
    if isinstance(node, nodes.Getitem) and isinstance(node.arg, nodes.Const) and (above := _path(node.node)):
        return f"{above}[{node.arg.value!r}]"
    return ""
