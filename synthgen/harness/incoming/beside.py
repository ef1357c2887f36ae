"""Files that a configuration names, which lie in its folder, and values of YAML that are no larger than they look."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from synthgen.errors import DataError
from synthgen.text import decoding

WHOLE = 64_000_000
"""Bytes of a file of YAML."""
MOST_VALUES = 2_000_000
"""Values in one, those of aliases wherever they stand."""
PREFIX = "file://"


def beside(name: str, folder: Path) -> Path:
    """The file of that name in a folder, or below. Raises DataError where it leads out: a configuration may come from a stranger."""
    path = folder / name.removeprefix(PREFIX)
    if not path.resolve().is_relative_to(folder.resolve()):
        raise DataError(f"'{name}' lies outside the folder of the configuration that names it", f"copy it into {folder}")
    return path


def read_yaml(path: Path) -> Any:
    """What a file of YAML holds. Raises DataError."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        value = YAML(typ="safe", pure=True).load(decoding.read_text(path, WHOLE))
    except (YAMLError, ValueError, RecursionError) as error:
        raise DataError(f"{path} is not YAML: {' '.join(str(error).split())}", "promptfoo validate says more") from None
    left, count = [value], 0
    while left:
        inner = left.pop()
        count += 1
        if count > MOST_VALUES:
            raise DataError(f"{path}: its aliases stand for more than {MOST_VALUES:,} values", "write out what they stand for")
        left += inner.values() if isinstance(inner, dict) else inner if isinstance(inner, list) else ()
    return value
