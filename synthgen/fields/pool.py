"""What rows choose from: the messages among the continuations of all rows that asked for the same."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from synthgen import frames
from synthgen.rows import Completion, Value
from synthgen.slots import SLOT, filled, typed
from synthgen.voices import steer
from synthgen.voices.channel import Put
from synthgen.voices.steer import Course, Tally

ALIKE = 0.5
"""The share of its wordings that a message may have in common with those before it, while there are others."""


@dataclass(frozen=True, slots=True)
class Form:
    """A message in one of its forms, with its slots, the completion that it is from, whether it passes the checks, and how much it is about
    its topic."""

    put: Put
    source: Completion
    passes: bool = True
    score: float = 0.0


class Pool:
    """Messages that rows of one voice choose from."""

    def __init__(self, course: Course, forms: Sequence[Form], sure: float = 0.0) -> None:
        self.course, self.forms, self.sure = course, forms, sure
        self.left = list(range(len(forms)))
        self.slotted = {place for place, form in enumerate(forms) if SLOT.search(form.put.text)}  # the others suit every row

    @cached_property
    def _texts(self) -> steer.Pool:
        return steer.Pool(self.course, [form.put.text for form in self.forms])

    @cached_property
    def _wordings(self) -> list[list[str]]:
        return [frames.wordings(form.put.text) for form in self.forms]

    def take(self, tally: Tally, suits: Callable[[Form], bool], used: set[str]) -> Form | None:
        """The form that the tally is most in need of, of those that suit a row: of those that pass the checks, if there are any, and
        of these (where topics matter) the ones that are surely about theirs, and of these those that are worded otherwise than what was `used`.
        No form of its completion is given again."""
        fitting = [place for place in self.left if place not in self.slotted or suits(self.forms[place])]
        if not fitting:
            return None
        fitting = [place for place in fitting if self.forms[place].passes] or fitting
        if self.sure:
            fitting = [place for place in fitting if self.forms[place].score >= self.sure] or fitting
            fitting = [place for place in fitting if frames.repeated(self._wordings[place], used) < ALIKE] or fitting
        one = self.forms[self._texts.best(tally, fitting)]
        self.left = [place for place in self.left if self.forms[place].source is not one.source]
        return one


def with_facts(put: Put, facts: Mapping[str, Value]) -> Put:
    """What was typed, with its slots filled; what stands behind a slot moves with it."""
    parts = [(slot.end(), len(typed(facts[slot[1]], put.text)) - len(slot[0])) for slot in SLOT.finditer(put.text)]

    def moved(place: int) -> int:
        return place + sum(longer for end, longer in parts if end <= place)

    slips = [slip._replace(start=moved(slip.start), end=moved(slip.end)) for slip in put.slips]
    return Put(filled(put.text, facts), slips)
