"""Training data of Rasa: https://rasa.com/docs/reference/primitives/training-data-format.

    nlu:
    - intent: card_arrival
      examples: |
        - where is my [gold](kind) card

An example is what somebody would type, so the marks of its entities are undone: where is my gold card.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from synthgen.errors import DataError
from synthgen.text.decoding import read_text
from synthgen.text.formats.shape import Dialogue, LineFormat, LogFormat, Record

LARGEST = 64_000_000
"""Bytes of a file, which is read as a whole."""
TOP = re.compile(r"nlu\s*:\s*(#.*)?$")
INTENT = re.compile(r"\s*-\s+(intent|synonym|regex|lookup)\s*:")
ENTITY = re.compile(r"\[(?P<text>[^\[\]]+?)\](?:\([^()]+\)|\{[^{}]+\}|\[\{[^\[\]]*\}\])")
"""`[text](entity)`, `[text]{"entity": …}` and `[text][{…}, {…}]`."""


def _begins(lines: Sequence[str]) -> bool:
    """Whether `nlu:` stands at the left, and below it a list of intents."""
    place = next((number for number, line in enumerate(lines) if TOP.match(line)), None)
    below = [line for line in lines[place + 1 :] if line.strip() and not line.lstrip().startswith("#")] if place is not None else []
    return bool(below) and bool(INTENT.match(below[0]))


def _records(path: Path) -> Iterator[Record]:
    for item in _items(path):
        parts = {key.value: value for key, value in item.value if isinstance(key, ScalarNode)} if isinstance(item, MappingNode) else {}
        intent = parts.get("intent")
        if isinstance(intent, ScalarNode):
            for text in _examples(parts.get("examples")):
                yield {"text": ENTITY.sub(r"\g<text>", text), "intent": intent.value}


def _items(path: Path) -> list[Node]:
    """The items of `nlu`. Raises DataError with the line."""
    try:
        top = YAML(typ="safe", pure=True).compose(read_text(path, LARGEST))
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise DataError(f"{path}:{line}: not YAML: {error.problem or error.context}") from None
    except (YAMLError, RecursionError, ValueError) as error:
        raise DataError(f"{path}: not YAML: {str(error).splitlines()[0]}") from None
    pairs = top.value if isinstance(top, MappingNode) else []
    lists = [value for key, value in pairs if isinstance(key, ScalarNode) and key.value == "nlu" and isinstance(value, SequenceNode)]
    return [item for found in lists for item in found.value]


def _examples(node: Node | None) -> Iterator[str]:
    """The examples of a text with one a line, each after a dash; or of a list of `text` with what belongs to each."""
    if isinstance(node, ScalarNode):
        yield from (line.strip()[1:].strip() for line in node.value.splitlines() if line.strip().startswith("-"))
    for item in node.value if isinstance(node, SequenceNode) else []:
        if isinstance(item, ScalarNode):
            yield item.value
        for key, value in item.value if isinstance(item, MappingNode) else []:
            if isinstance(key, ScalarNode) and key.value == "text" and isinstance(value, ScalarNode):
                yield " ".join(value.value.split()).removeprefix("- ")


def _recognise(record: Record) -> bool:
    return False  # known by its file


def _dialogue(record: Record, where: str) -> Dialogue:
    return Dialogue([record["text"]], "text", intent=record["intent"])


FORMAT = LogFormat("Rasa NLU", frozenset(), _recognise, _dialogue, lines=LineFormat((".yml", ".yaml"), _begins, _records))
