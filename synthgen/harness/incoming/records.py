"""Records with an input and perhaps a target: datasets of inspect (https://inspect.aisi.org.uk/datasets.html), OpenAI evals
(https://github.com/openai/evals/blob/main/docs/build-eval.md) and items of its Evals API, and what else has such fields.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from synthgen.errors import DataError, did_you_mean
from synthgen.harness.incoming.case import IncomingCase, IncomingSuite
from synthgen.harness.incoming.names import INPUTS, TARGETS, likeliest
from synthgen.spec.paths import find_path
from synthgen.spec.rows import parsed_json, to_text
from synthgen.text.message import USERS, is_talk, texts_of

Record = Mapping[str, Any]
TALK = "messages"
HARNESS_BY_FIELD = {"ideal": "openai", "expected_output": "deepeval", "user_input": "ragas"}
"""The harness whose files have such a field; inspect for all others."""
CHOICES = "choices"


def suite_of(items: Sequence[Record], path: Path, field: str = "") -> IncomingSuite:
    """The suite in the records of a file. Raises DataError."""
    hosted = bool(items) and all(isinstance(item.get("item"), Mapping) for item in items)
    flat = [_flat(item["item"] if hosted else item, path, number) for number, item in enumerate(items, 1)]
    names = list(dict.fromkeys(name for item in flat for name in item))
    variable = field or likeliest(names, INPUTS)
    if not field and TALK in names and hosted:
        variable = TALK
    if not variable:
        raise DataError(f"{path}: it cannot be told which field somebody types: {', '.join(names[:12])}", "name it: --field FIELD")
    target = likeliest([name for name in names if name != variable], TARGETS)
    cases = [_case(item, f"{path}, record {number}", variable, target) for number, item in enumerate(flat, 1)]
    has_choices = any(case.values.get(CHOICES) for case in cases)
    kinds = "openai" if hosted else next((harness for name, harness in HARNESS_BY_FIELD.items() if name in names), "inspect")
    return IncomingSuite(kinds, cases, variable, CHOICE_PROMPT if has_choices else "", "label" if has_choices else "")


CHOICE_PROMPT = (
    "{{ INPUT }}\n{% for choice in choices or [] %}\n{{ 'ABCDEFGHIJKLMNOPQRSTUVWXYZ'[loop.index0] }}) {{ choice }}{% endfor %}\n\n"
    "Answer with the letter of the right choice."
)
"""How the choices of a record are shown behind its input."""


def _flat(item: Record, path: Path, number: int) -> dict[str, Any]:
    """A record with the parts of its metadata beside its other fields, which go first; lists and mappings in cells of a table are read."""
    values = {name: _read(value) for name, value in item.items()}
    metadata = values.pop("metadata", None)
    if metadata is None:
        metadata = values.pop("additional_metadata", None)
    if metadata is not None and not isinstance(metadata, Mapping):
        raise DataError(f"{path}, record {number}: its metadata is no mapping", "write it as a JSON object")
    return {**(metadata or {}), **values}


def _read(value: Any) -> Any:
    if isinstance(value, str) and value[:1] in ("{", "["):
        try:
            return parsed_json(value)
        except (json.JSONDecodeError, RecursionError, ValueError):
            return value
    return value


def _case(item: Record, where: str, variable: str, target: str) -> IncomingCase:
    try:
        asked = find_path(item, variable)
    except KeyError:
        raise DataError(f"{where}: no field '{variable}'", did_you_mean(variable, map(str, item), "its fields")) from None
    before, text = split_talk(asked, where)
    others = {name: value for name, value in item.items() if name not in (variable, target) and value not in (None, "")}
    if variable == TALK:  # an item of OpenAI's says it twice, as text and as messages
        others.pop("input", None)
    return IncomingCase(text, target_in(item.get(target), where) if target else None, others, before)


def split_talk(value: Any, where: str) -> tuple[tuple[tuple[str, str], ...], str]:
    """The turns before the last of the user, and that turn's text, of an input: a text, or a list of chat messages. Raises DataError."""
    if not is_talk(value):
        return (), "\n".join(texts_of(value, where))
    turns = [(str(turn.get("role", turn.get("from"))).casefold(), turn.get("content", turn.get("value"))) for turn in value]
    while turns and turns[-1][0] not in USERS:
        turns.pop()
    if not turns:
        raise DataError(f"{where}: nobody is the user in its messages", "call the user's turns user")
    texts = [("system" if role == "developer" else role, "\n".join(texts_of(content, where))) for role, content in turns]
    return tuple(texts[:-1]), texts[-1][1]


def target_in(value: Any, where: str) -> str | list[str] | None:
    """What the answer should be: a text, or a list of which each would do. Anything else as JSON."""
    if isinstance(value, list) and value and all(isinstance(text, str | int | float) for text in value):
        return [to_text(text) for text in value] if len(value) > 1 else to_text(value[0])
    if value is None or value == "":
        return None
    return value if isinstance(value, str) else to_text(value)
