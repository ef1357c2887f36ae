"""A recipe from the file of an eval harness: its neat inputs typed as people would, each with its target and what else was known of it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from synthgen.advice import Started, recipe_name
from synthgen.harness.incoming import IncomingCase, IncomingSuite, read_suite
from synthgen.harness.incoming.case import INPUT
from synthgen.harness.incoming.prompts import variables
from synthgen.interview.blocks import block
from synthgen.interview.new_files import refuse_taken, write_new
from synthgen.recipe.shape import RESERVED
from synthgen.spec.scalars import scalar

KEPT = "cases.jsonl"
VOICES = "[careful, texter, phone]"
"""Who types each case; the first is the baseline."""
TAKEN = {"id", "neat", "target", "before", "voice", "message", "prompt", "provenance"}
MOST_COLUMNS = 24
"""Variables, labels and metadata that are carried."""


@dataclass(frozen=True)
class _Columns:
    """What the cases have beside input and target: the column of each name, and whether there are targets and earlier turns."""

    by_name: Mapping[str, str]
    has_targets: bool
    has_before: bool


def from_harness(folder: Path, file: Path, *, field: str = "", listen: Callable[[str], None] | None = None) -> Started:
    """Write `recipe.yaml` and `cases.jsonl` into a folder, from a file of an eval harness, whose variable or field `field` is what somebody
    types. `listen` is told, in lines, what was read, and what not. Raises OutputError, DataError."""
    name = recipe_name(folder)
    refuse_taken(folder, [KEPT])
    suite = read_suite(file, field)
    columns = _columns(suite)
    for line in (f"{file.name}: {len(suite.cases):,} cases of {suite.harness}, typed in: {suite.variable}", *suite.notes):
        if listen:
            listen(line)
    records = [json.dumps(_record(case, suite, columns), ensure_ascii=False) for case in suite.cases]
    return Started(write_new(folder, _lines(name, file.name, suite, columns), {KEPT: records}))


def _columns(suite: IncomingSuite) -> _Columns:
    shown = sorted(variables(suite.prompt) - {INPUT})
    names = dict.fromkeys([*shown, *(name for case in suite.cases for name in case.values)])
    columns: dict[str, str] = {}
    for name in list(names)[: max(MOST_COLUMNS, len(shown))]:
        column = re.sub(r"\W+", "_", name, flags=re.ASCII).strip("_") or "value"
        column = column if not column[0].isdigit() and column.casefold() not in RESERVED | TAKEN else f"case_{column}"
        while column in columns.values():
            column += "_2"
        columns[name] = column
    systems_differ = not suite.system and any(case.before for case in suite.cases)
    has_turns = any(role != "system" for case in suite.cases for role, _ in case.before)
    return _Columns(columns, any(case.target is not None for case in suite.cases), systems_differ or has_turns)


def _record(case: IncomingCase, suite: IncomingSuite, columns: _Columns) -> dict[str, Any]:
    """A case as a line of the file beside the recipe: all have the same fields. What a prompt shows is nothing where a case has none."""
    record: dict[str, Any] = {"neat": case.input}
    if columns.has_targets:
        record["target"] = case.target
    if columns.has_before:
        turns = [(role, content) for role, content in case.before if role != "system" or not suite.system]
        record["before"] = "".join(f"{role}: {content}\n" for role, content in turns)
    shown = variables(suite.prompt)
    return record | {column: case.values.get(name, "" if name in shown else None) for name, column in columns.by_name.items()}


def _lines(name: str, source: str, suite: IncomingSuite, columns: _Columns) -> Iterator[str]:
    prompt = _prompt(suite, columns)
    yield f"# Made from {source}: what its author typed neatly, people type. Look at it: synthgen preview {name}/recipe.yaml --watch"
    yield f"name: {scalar(name)}"
    yield "about: People who type to an assistant."
    yield "seed: 1"
    yield ""
    yield "tables:"
    yield "  # The cases as they were written, a row for each line."
    yield "  neat:"
    yield "    rows: all"
    yield "    fields:"
    optional = {"target": columns.has_targets, "before": columns.has_before}
    for column in ("neat", *(name for name, is_there in optional.items() if is_there), *columns.by_name.values()):
        yield f"      {column}: {{kind: load, file: {KEPT}, field: {column}}}"
    yield ""
    yield "  # Each as these people would type it: twins, with the same right answer and the same facts. The first voice is the baseline."
    yield "  traffic:"
    yield "    from: {table: neat}"
    yield "    fields:"
    yield f"      id: {{kind: id, prefix: {scalar(name)}}}"
    yield f"      voice: {{kind: choice, pick: each, options: {VOICES}}}    # others: docs/voices.md"
    facts = ", facts: [target]" if columns.has_targets and all(isinstance(case.target, str | None) for case in suite.cases) else ""
    yield f'      message: {{kind: noise, of: neat, voice: "{{{{ voice }}}}"{facts}}}'
    if prompt:
        yield ""
        yield "      # What your application is asked, as its prompt has it."
        yield "      prompt:"
        yield "        kind: template"
        yield from block("template", prompt, 8)
    yield ""
    yield f"# What your application reads, and what is right: synthgen export outputs/{name} --to {suite.harness}"
    yield from _harness(suite, columns, "prompt" if prompt else "message")


def _harness(suite: IncomingSuite, columns: _Columns, read: str) -> Iterator[str]:
    yield "harness:"
    yield "  table: traffic"
    yield f"  input: {read}"
    if columns.has_targets:
        yield "  target: target"
    if suite.grade and columns.has_targets:
        yield f"  grade: {suite.grade}"
    if suite.system:
        yield from block("system", suite.system, 2)


def _prompt(suite: IncomingSuite, columns: _Columns) -> str:
    """The template of what is asked, over the recipe's fields; empty where that is the input alone."""
    template = suite.prompt or (f"{{{{ {INPUT} }}}}" if columns.has_before else "")
    if columns.has_before:
        template = "{{ before }}{{ 'user: ' if before else '' }}" + template
    fields = {**columns.by_name, INPUT: "message"}
    return renamed(template, fields)


def renamed(template: str, fields: Mapping[str, str]) -> str:
    """A template with other names of fields inside its braces."""
    words = sorted((name for name, field in fields.items() if name != field), key=len, reverse=True)
    if not words:
        return template
    pattern = re.compile(rf"(?<![\w.])({'|'.join(map(re.escape, words))})(?!\w)")
    return re.sub(r"\{[{%].*?[%}]\}", lambda braces: pattern.sub(lambda word: fields[word[1]], braces[0]), template, flags=re.DOTALL)
