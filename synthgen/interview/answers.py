"""The answers of an interview, in a file that grows with each."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from synthgen.errors import DataError, OutputError

ANSWERS_FILE = "answers.yaml"
TALK = "talk"
"""The name under which an interview that Claude led is kept, word for word."""
BEGUN = "begun"
"""The name under which the lines of a list are kept that is not ended."""
MOST = 1_000_000
"""Bytes of a file of answers."""
Key = tuple[str, ...]
"""What a question is about: `("topics",)`, or `("messages", "lost card")`."""


class Answers:
    """What was answered, by key. An answer may be None: the question was skipped, or has none."""

    def __init__(self, values: Mapping[str, Any] | None = None) -> None:
        self.values: dict[str, Any] = {key: dict(value) if isinstance(value, Mapping) else value for key, value in (values or {}).items()}

    def __contains__(self, key: Key) -> bool:
        values: Any = self.values
        for part in key:
            if not isinstance(values, Mapping) or part not in values:
                return False
            values = values[part]
        return True

    def get(self, *key: str, default: Any = None) -> Any:
        """The answer to a question; the default where there is none."""
        values: Any = self.values
        for part in key:
            values = values.get(part) if isinstance(values, Mapping) else None
        return default if values is None else values

    @property
    def begun(self) -> dict[Key, Any]:
        """The lines of a list that is not ended, by its question."""
        begun = self.values.get(BEGUN, {})
        return {tuple(begun["question"]): list(begun["lines"])} if begun else {}

    def begin(self, key: Key, lines: Sequence[str]) -> None:
        """Remember the lines of a list that is not ended; none of it, where there are none."""
        self.values.pop(BEGUN, None)
        if lines:
            self.values[BEGUN] = {"question": list(key), "lines": list(lines)}

    def give(self, key: Key, answer: Any) -> None:
        """Remember an answer."""
        values = self.values
        for part in key[:-1]:
            values = values.setdefault(part, {})
        values[key[-1]] = answer

    def take_back(self, key: Key) -> None:
        """Forget an answer."""
        values = self.values
        for part in key[:-1]:
            values = values[part]
        del values[key[-1]]

    def keys(self) -> Iterator[Key]:
        """The questions that were answered, in the order of answering."""
        for name, value in self.values.items():
            if name == BEGUN:
                continue
            yield from ((name, part) for part in value) if name in NESTED and isinstance(value, Mapping) else ((name,),)


NESTED = "messages", "facts", "values", "codes", "ranges", "signs", "goals"
"""Names under which there is an answer for each topic, or each fact."""


def read(file: Path) -> Any:
    """What a file of answers holds. Raises DataError."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    from synthgen.text import decoding

    try:
        return YAML(typ="safe", pure=True).load(decoding.read_text(file, MOST)) or {}
    except OSError as error:
        raise DataError(f"{file}: {error.strerror}", "name a file of answers that `synthgen new` has kept") from None
    except YAMLError as error:
        raise DataError(f"{file} is not YAML: {' '.join(str(error).split())}", "mend it, or answer again: synthgen new") from None


def as_yaml(answers: Answers) -> str:
    """The answers as they stand in their file."""
    from ruamel.yaml import YAML

    stream = io.StringIO()
    yaml: Any = YAML(typ="safe", pure=True)
    yaml.default_flow_style, yaml.allow_unicode, yaml.width, yaml.sort_base_mapping_type_on_output = False, True, 4096, False
    yaml.dump(answers.values, stream)
    return stream.getvalue()


def save(answers: Answers, file: Path) -> None:
    """Keep the answers. Raises OutputError."""
    new = file.with_name(f".{file.name}.new")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        new.write_text(as_yaml(answers), encoding="utf-8")
        os.replace(new, file)
    except OSError as error:
        raise OutputError(f"cannot write to {file.parent}: {error.strerror}", "choose another place") from None
