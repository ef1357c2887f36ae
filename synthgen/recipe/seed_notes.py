"""Notes on seed messages: topics that have none or few, and slots that messages must mention though few seeds show how."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from synthgen.fields import FieldShape
from synthgen.recipe.shape import Recipe
from synthgen.spec import render
from synthgen.text.slots import slots

FEW = 3
"""A topic with fewer seeds has messages that are much alike."""
SHOWING = 3
"""Where fewer seeds show a slot, a model seldom writes it, and rows are refused for that again and again."""
NAMED = 4
"""Topics that a note names, at most."""


def seed_notes(recipe: Recipe, table: str, name: str) -> Iterator[str]:
    """The notes on the seeds of a typed field. Raises DataError, ValueError where they cannot be read."""
    field = recipe.tables[table].fields[name]
    if not field.pools:
        return
    where, pools, topics = f"{table}.{name}", field.pools, _topics(recipe, table, field.source_of_topics)
    by_topic = {topic: pools.get(topic, pools.get("", [])) for topic in topics} if topics and [*pools] != [""] else pools
    none = [topic for topic, seeds in by_topic.items() if not seeds]
    few = [topic for topic, seeds in by_topic.items() if 0 < len(seeds) < FEW]
    if none:
        some = len(by_topic) - len(none)
        has, has_some, whose = ("has" if len(none) == 1 else "have", "has" if some == 1 else "have", "its" if len(none) == 1 else "their")
        yield (
            f"{where}: {_named(none)} {has} no seeds, {some} of {len(by_topic)} topics {has_some} some: {whose} messages will be about "
            "anything; give a dozen under seeds"
        )
    if few and len(by_topic) > 1:
        counts = enumerated([f"'{topic}' ({len(by_topic[topic])})" for topic in few])
        yield f"{where}: fewer than {FEW} seeds for {counts}: many rows will be much alike; a dozen of a topic vary more"
    seed_rows, rows = len(field.first_rows(name)), recipe.tables[table].rows
    if seed_rows and isinstance(rows, int) and rows <= seed_rows:
        yield f"{where}: with seeds_as_rows {seed_rows:,} rows are seeds, and there are {rows:,} in all: none is made beside them"
    yield from _unshown(f"{where}: mention", sorted(slot for slot, rate in field.mentioned.items() if rate), by_topic)


def scarce_topics(slot: str, seeds: Mapping[str, Sequence[str]]) -> dict[str, int]:
    """The topics of which too few seeds show a slot for messages to be made to mention it, and how many do."""
    shown = {topic: sum(slot in slots(seed) for seed in of_topic) for topic, of_topic in seeds.items() if of_topic}
    return {topic: count for topic, count in shown.items() if count < SHOWING}


def _unshown(where: str, mentioned: Sequence[str], by_topic: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """One note on all slots that must be mentioned and that too few seeds show."""
    scarce = {slot: topics for slot in mentioned if (topics := scarce_topics(slot, by_topic))}
    if not scarce:
        return
    if len(scarce) == 1:
        ((slot, topics),) = scarce.items()
        counts = enumerated([f"{count} of {len(by_topic[topic])}{f' for {topic!r}' if topic else ''}" for topic, count in topics.items()])
        too_few, it = f"<{slot}>: {counts}", f"<{slot}>"
    else:
        some = sum(1 for seeds in by_topic.values() if seeds)
        too_few = enumerated([f"<{slot}> ({_where_scarce(topics, some)})" for slot, topics in scarce.items()])
        it = "each of them"
    must = "it" if len(scarce) == 1 else "one"
    yield (
        f"{where}: too few seeds show {too_few}. Messages that must mention {must} are refused again and again: write {it} into "
        f"{SHOWING} seeds or more of each topic, or take it out of mention"
    )


def _where_scarce(topics: Mapping[str, int], some: int) -> str:
    return f"in {len(topics)} of {some} topics" if some > 1 else f"in {next(iter(topics.values()))}"


def _topics(recipe: Recipe, table: str, template: str) -> list[str]:
    """The topics that rows can have, if it is known of the field that gives them."""
    source = _named_field(recipe, table, template)
    known = source.known_values() if source is not None else None
    return list(dict.fromkeys(str(value) for value, possible in known or () if possible and value is not None))


def _named_field(recipe: Recipe, table: str, template: str) -> FieldShape | None:
    """The field that a template is the name of, in its table or in those above."""
    name, at = render.alone(template), recipe.tables.get(table)
    while name and at is not None:
        if name in at.fields:
            return at.fields[name]
        at = recipe.tables.get(at.from_.table) if at.from_ else None
    return None


def _named(topics: Sequence[str]) -> str:
    return enumerated([f"'{topic}'" for topic in topics])


def enumerated(words: Sequence[str]) -> str:
    """Words with commas between them: a few, and how many more there are."""
    return ", ".join(words[:NAMED]) + (f" and {len(words) - NAMED} more" if len(words) > NAMED else "")
