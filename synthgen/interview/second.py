"""A second request for the edge case `two requests`: about another of the recipe's own topics, as its seeds ask for it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from synthgen.spec.scalars import scalar
from synthgen.text.slots import slots

CASE = "two requests"
SEEDS = 2
"""Messages of each topic that a second request is drawn from, at most."""
TOPIC, REQUEST = "second_topic", "second_request"
LONGEST = 12
"""Words of a message that is a second request, where there is a shorter one."""


def second_request(topic_field: str, seeds: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """The hidden fields that draw another topic than the row's, and one of its `seeds`, in lines of a table's fields."""
    chosen = {topic: _short(messages) for topic, messages in seeds.items()}
    yield "      # What a message with two requests asks besides: about another of the topics, as your own seeds do."
    yield from _choice(TOPIC, topic_field, {topic: [other for other in chosen if other != topic] for topic in chosen})
    yield from _choice(REQUEST, TOPIC, chosen)


def other_key(seeds: Mapping[str, Sequence[str]]) -> str:
    """The key `other` of an edge case: the second request, with the row's own facts in it, for messages with two requests alone."""
    mentioned = sorted({slot for messages in seeds.values() for message in _short(messages) for slot in slots(message)})
    filled = "".join(f" | replace('<{slot}>', {slot} | string)" for slot in mentioned)
    return f"other: \"{{% if case == '{CASE}' %}}{{{{ {REQUEST}{filled} }}}}{{% endif %}}\""


def _choice(name: str, of: str, options: Mapping[str, Sequence[str]]) -> Iterator[str]:
    yield f"      {name}:"
    yield "        kind: choice"
    yield f"        of: {of}"
    yield "        hidden: true"
    yield "        options:"
    for value, of_value in options.items():
        yield f"          {scalar(value)}: [{', '.join(map(scalar, of_value))}]"


def _short(messages: Sequence[str]) -> list[str]:
    """The messages that are clearest beside another: without facts, and neither a single word nor long, where there are such."""
    return sorted(messages, key=lambda message: (len(slots(message)), not 3 <= len(message.split()) <= LONGEST))[:SEEDS]
