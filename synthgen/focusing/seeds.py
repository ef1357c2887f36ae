"""Failing messages as seed messages: a typed field goes on in the manner of what an application fails on.

They stand in new files beside the new recipe, behind the seeds that were there. A fact in a message that seeds have a slot for becomes that
slot again. A message that is nearly the same as a seed is no new one, and messages of an edge case are none: they show how nobody types.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from synthgen.advice.edit import KeyPath, value_at
from synthgen.errors import SynthgenError
from synthgen.fields import FieldShape
from synthgen.fields.edges import NONE
from synthgen.focusing.failing import FAILED, TestedTable
from synthgen.focusing.rewrite import add_item, data_of, set_value
from synthgen.spec import render
from synthgen.spec.rows import to_text
from synthgen.text.similarity import SimilarityIndex
from synthgen.text.slots import as_typed, slots

MOST = 12
"""New seeds of a topic, at most."""
ALIKE = 0.7
"""The share of three-letter pieces in common from which two messages are nearly the same."""
SHORTEST = 3
"""Characters of a fact that becomes a slot."""
KNOWN, FAILING = "known.txt", "failing.txt"
"""The files of the messages that were there, which no new one may copy, and of those that failed."""


@dataclass(frozen=True)
class AddedSeeds:
    """The seeds of a typed field by topic: `pools` with those that were `added`, so many of each, and where they are written."""

    key_path: KeyPath
    pools: Mapping[str, Sequence[str]]
    added: Mapping[str, int]
    files: Mapping[str, str]
    refused: str = ""

    @property
    def place(self) -> str:
        """Its table, field and key."""
        return ".".join(map(str, (self.key_path[1], *self.key_path[3:])))


def add_seeds(text: str, tables: Sequence[TestedTable], folder: str) -> tuple[str, list[AddedSeeds]]:
    """The recipe `text` with failing messages among the seeds, in files of `folder`, and messages that were there not to be copied."""
    all_added = list[AddedSeeds]()
    for (owner, name), field in _typed(tables).items():
        key, topic = field.more_seeds or ("", "")
        key_path = ("tables", owner, "fields", name, key)
        failing = [message for tested in tables for message in _failing(tested, name, field, topic)]
        pools, added = _with_failing(field.pools, failing)
        if not added:
            continue
        taken = {file for seeds in all_added for file in seeds.files.values()}
        files, refused = _files(added, folder, taken), ""
        try:
            edited = text
            for topic, file in files.items():
                edited = set_value(edited, key_path if not topic else (*key_path, topic), file)
            text = _not_copied(edited, owner, name, f"{folder}/{KNOWN}")
        except SynthgenError as error:
            refused = f"{error.message}; {error.hint}" if error.hint else error.message
        all_added.append(AddedSeeds(key_path, {topic: pools[topic] for topic in files}, added, files, refused))
    return text, all_added


def made_alone(text: str, tables: Sequence[TestedTable]) -> str:
    """The recipe `text` without seeds as rows: those were rows in the round before."""
    for (owner, name), field in _typed(tables).items():
        if field.first_rows(name):
            text = set_value(text, ("tables", owner, "fields", name, "seeds_as_rows"), False)
    return text


def _typed(tables: Sequence[TestedTable]) -> dict[tuple[str, str], FieldShape]:
    """The fields behind the rows that more seeds can be given to."""
    fields = ((owner, name, field) for tested in tables for owner, name, field in tested.fields())
    return {(owner, name): field for owner, name, field in fields if field.more_seeds}


def typed_messages(tables: Sequence[TestedTable]) -> list[str]:
    """All messages of typed fields in the tested tables."""
    columns = {(tested.name, name): tested for tested in tables for _, name in _typed([tested]) if name in tested.rows.columns}
    texts = (to_text(row[name]) for (_, name), tested in columns.items() for _, row in tested.rows.read([name]))
    return list(dict.fromkeys(" ".join(text.split()) for text in texts if text.strip()))


@dataclass(frozen=True)
class _Message:
    topic: str
    text: str
    failed: float


def _failing(tested: TestedTable, name: str, field: FieldShape, topic: str) -> Iterator[_Message]:
    """The messages of a typed field in failing rows, slots in the place of facts. What the application read is taken where only errors of
    typing were put into the message since."""
    fields, columns = {field_name: shape for _, field_name, shape in tested.fields()}, tested.rows.columns
    if fields.get(name) is not field:
        return
    chain = tested.made_from()
    between = chain[: chain.index(name)] if name in chain else []
    read = chain[0] if between and all("slips" in fields[step].labels() for step in between) else name
    cases = [f"{step}_case" for step, shape in fields.items() if "case" in shape.sliced and f"{step}_case" in columns]
    slot_names = sorted(slot for slot in set().union(*map(slots, field.originals)) if slot in columns)
    topic_names = sorted(render.names(topic))
    if not {read, *topic_names} <= columns.keys():
        return
    for row, values in tested.values([read, *topic_names, *cases, *slot_names]):
        if tested.failed[row] >= FAILED and values[read] and not any(values[case] not in (None, NONE) for case in cases):
            message = " ".join(to_text(values[read]).split())
            text = _with_slots(message, {slot: values[slot] for slot in slot_names})
            if slots(text) <= set(slot_names):
                yield _Message(render.fill(topic, values), text, tested.failed[row])


def _with_slots(message: str, facts: Mapping[str, Any]) -> str:
    for slot, fact in facts.items():
        typed = "" if fact is None else as_typed(fact, message)
        if len(typed) >= SHORTEST:
            message = re.sub(rf"(?<![\w<]){re.escape(typed)}(?![\w>])", f"<{slot}>", message, flags=re.IGNORECASE)
    return message


def _with_failing(pools: Mapping[str, Sequence[str]], failing: Sequence[_Message]) -> tuple[dict[str, list[str]], dict[str, int]]:
    """The seeds of each topic with the failing messages that are new among them, the most failing first; and how many these are."""
    together, added = {topic: list(seeds) for topic, seeds in pools.items()}, dict[str, int]()
    for topic, seeds in together.items():
        index = SimilarityIndex(ALIKE)
        for seed in seeds:
            index.like(seed, keep=True)
        of_topic = (message for message in failing if message.topic == topic or (not topic and message.topic not in pools))
        for message in sorted(of_topic, key=lambda message: -message.failed):
            if added.get(topic, 0) < MOST and index.like(message.text, keep=True) is None:
                seeds.append(message.text)
                added[topic] = added.get(topic, 0) + 1
    return together, added


def _files(topics: Mapping[str, int], folder: str, taken: set[str]) -> dict[str, str]:
    """A file for each topic, named after it."""
    files: dict[str, str] = {}
    for topic in topics:
        stem = re.sub(r"[^a-z0-9]+", "-", topic.lower()).strip("-")[:40] or "seeds"
        number, names = 1, {*taken, *files.values(), f"{folder}/{KNOWN}", f"{folder}/{FAILING}"}
        while (file := f"{folder}/{stem}{f'-{number}' if number > 1 else ''}.txt") in names:
            number += 1
        files[topic] = file
    return files


def _not_copied(text: str, table: str, field: str, file: str) -> str:
    """The recipe with a check that messages that were there are not copied; in the place of an earlier round's."""
    checks = value_at(data_of(text), ("tables", table, "keep")) or []
    for place, check in enumerate(checks):
        if check.get("kind") == "not_copied" and check.get("field") == field and str(check.get("file", "")).endswith(f"/{KNOWN}"):
            return set_value(text, ("tables", table, "keep", place, "file"), file)
    return add_item(text, ("tables", table, "keep"), {"kind": "not_copied", "field": field, "file": file})
