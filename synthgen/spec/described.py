"""What a function or class says of itself, where Python was told to leave docstrings out (-OO, PYTHONOPTIMIZE=2) too."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable
from textwrap import dedent
from typing import Any


def described(obj: type | Callable[..., Any]) -> str:
    """The docstring, from the source where Python has none."""
    if obj.__doc__:
        return inspect.cleandoc(obj.__doc__)
    try:
        node = ast.parse(dedent(inspect.getsource(obj))).body[0]
    except (OSError, TypeError, SyntaxError):  # there is no source
        return ""
    return ast.get_docstring(node) or "" if isinstance(node, ast.FunctionDef | ast.ClassDef) else ""
