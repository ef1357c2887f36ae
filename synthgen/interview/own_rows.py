"""The messages of an interview as the first rows of its dataset: as somebody typed them, each with the facts that stand in it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import repeat

from synthgen.interview.seeds import Seeds
from synthgen.spec.rows import Value
from synthgen.spec.turns import in_turn
from synthgen.text.slots import SLOT

FILE = "typed.jsonl"
"""The file that holds them, beside the recipe."""
OF_SOMEBODY = ("mail", "phone", "address", "postcode", "link")
"""Kinds of facts that say who somebody is: each row has others, in what was typed, too."""


def lines_of(typed: Mapping[str, Sequence[str]], seeds: Seeds, as_column: Callable[[str, str], Value]) -> Iterator[str]:
    """The lines of the file: of each topic one message and then of each another. `typed` are the messages by topic as they were typed, and
    `as_column` gives what was typed for a slot as the field of that name has it."""
    for topic, message, seed in in_turn(zip(repeat(topic), messages, seeds.by_topic[topic]) for topic, messages in typed.items()):
        values = {slot: value for slot, value in _values(message, seed).items() if seeds.kind(slot) not in OF_SOMEBODY}
        shown = SLOT.sub(lambda slot, values=values: values.get(slot[1], slot[0]), seed)  # type: ignore[misc]
        facts = {slot: as_column(slot, value) for slot, value in values.items()}
        yield json.dumps({"intent": topic, "message": shown, **facts}, ensure_ascii=False)


def _values(message: str, seed: str) -> dict[str, str]:
    """What was typed where a seed has slots; nothing of slots that were typed themselves."""
    names = SLOT.findall(seed)
    match = re.fullmatch("(.+?)".join(map(re.escape, SLOT.split(seed)[::2])), message, re.DOTALL)
    return {slot: value for slot, value in zip(names, match.groups(), strict=True) if not SLOT.fullmatch(value)} if match else {}
