"""More messages of each topic, which the model types in the manner of those that were given: to choose some takes less time than to write
them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from synthgen.interview.answers import Answers
from synthgen.interview.questions import slots_of

PROPOSED = 8
"""Messages of each topic that are proposed."""
CONTINUATIONS = 4
"""Continuations that each is chosen from: fewer than usual, because somebody reads what comes out."""
NUMBERS = re.compile(r"(\d{1,3})(?:\s*-\s*(\d{1,3}))?(?:[\s,;]+|$)")


def recipe_of_more(answers: Answers) -> dict[str, Any] | None:
    """A recipe of proposals, `PROPOSED` of each topic, in which slots stand as they are; None where fewer than two topics have messages."""
    seeds = {topic: messages for topic in answers.get("topics", default=[]) if (messages := answers.get("messages", topic))}
    if len(seeds) < 2:
        return None
    fields: dict[str, Any] = {
        "intent": {"kind": "choice", "pick": "each", "options": [*seeds]},
        **{slot: {"kind": "template", "template": f"<{slot}>"} for slot in sorted(slots_of(answers) - {"intent"})},
        "message": {"kind": "typed", "topic": "{{ intent }}", "seeds": seeds, "best_of": CONTINUATIONS, "tries": 2},
    }
    checks = [{"kind": "near_duplicate", "field": "message"}]
    return {
        "name": "more",
        "about": answers.get("about", default=""),
        "tables": {"messages": {"rows": PROPOSED * len(seeds), "fields": fields, "keep": checks}},
    }


def chosen(reply: str, count: int) -> list[int]:
    """Which of `count` numbered messages a reply names, such as `1, 3-5`, `all` or `none`: their places from 0 on. Raises ValueError."""
    reply = reply.strip().lower()
    if reply in ("n", "none"):
        return []
    return sorted(set(range(count) if reply in ("a", "all") else _places(reply, count)))


def _places(reply: str, count: int) -> Iterator[int]:
    end = 0
    while end < len(reply):
        if not (found := NUMBERS.match(reply, end)):
            raise ValueError(f"'{reply[end:]}' is no number: such as 1 3-5, a for all, or Return for none")
        first, last = int(found[1]), int(found[2] or found[1])
        if not 1 <= first <= last <= count:
            raise ValueError(f"'{found[0].strip()}' is none of them: they have the numbers from 1 to {count}")
        yield from range(first - 1, last)
        end = found.end()
