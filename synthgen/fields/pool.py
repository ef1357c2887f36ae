"""What rows choose from: the messages among the continuations of all rows that asked for the same."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from synthgen.spec.rows import Completion, Value
from synthgen.text import frames
from synthgen.text.slots import SLOT, as_typed, filled
from synthgen.voices import steer
from synthgen.voices.channel import Put
from synthgen.voices.steer import StyleTarget, StyleTotals

Sift = Callable[[str, Sequence[int]], None]
"""Called at each step of a choice with the reason why forms are left out there, and the places of those that remain."""
GIVEN, UNFIT, FAILING, LATER = "taken before", "other facts", "would fail a check", "not the first"
ASTRAY, SENSELESS = "less surely about its topic", "among those that make the least sense"
WORDED, LIKER, UNNEEDED = "worded like earlier rows", "worded more like earlier rows", "the voice needed it less"
"""Why a form is not taken; see `MessagePool.take`."""
ALIKE = 0.5
"""The share of its wordings that a message may have in common with those before it, while there are others."""


@dataclass(frozen=True, slots=True)
class MessageVariant:
    """A message in one of its forms, with its slots, the completion that it is from, whether it passes the checks, how much it is about
    its topic, how much sense it makes, and whether it is as the voice types it."""

    put: Put
    source: Completion
    passes: bool = True
    score: float = 0.0
    sense: float = 0.0
    voiced: bool = False


def unheard(fate: str, places: Sequence[int]) -> None:
    """Nobody wants to know."""


class Fates:
    """Why each form of a pool but the one that is taken is not: a `Sift` that remembers the first step that left it out."""

    def __init__(self, pool: MessagePool) -> None:
        self.of: dict[int, str] = {}
        self._open = set(range(len(pool.forms)))

    def sift(self, fate: str, places: Sequence[int]) -> None:
        """A step of the choice."""
        self.of |= dict.fromkeys(self._open - set(places), fate)
        self._open &= set(places)


class MessagePool:
    """Messages that rows of one voice, or none, choose from; `target` is what a voice is moved towards. Where topics matter, one is surely
    about its topic from the score `sure` on, and of these the share that is `worse` by its sense is not taken while there are others."""

    def __init__(self, target: StyleTarget | None, forms: Sequence[MessageVariant], sure: float | None = None, worse: float = 0.0) -> None:
        self.target, self.forms, self.sure, self.worse = target, forms, sure, worse
        self.left = list(range(len(forms)))
        self.slotted = {place for place, form in enumerate(forms) if SLOT.search(form.put.text)}  # the others suit every row

    @cached_property
    def _better(self) -> set[int]:
        """The forms that are surely about their topic, and make more sense than others that are."""
        on_topic = [place for place, form in enumerate(self.forms) if self.sure is not None and form.score >= self.sure]
        return set(sorted(on_topic, key=lambda place: self.forms[place].sense)[int(self.worse * len(on_topic)) :])

    @cached_property
    def _texts(self) -> steer.StylePool | None:
        return steer.StylePool(self.target, [form.put.text for form in self.forms]) if self.target else None

    @cached_property
    def _wordings(self) -> list[list[str]]:
        return [frames.ngram_features(form.put.text) for form in self.forms]

    def take(
        self, tally: StyleTotals | None, suits: Callable[[MessageVariant], bool], used: set[str], sift: Sift = unheard
    ) -> MessageVariant | None:
        """The form that a row gets. Candidates are narrowed step by step while some are left: those that suit the row; those that pass the
        checks; where topics matter, those that are surely about theirs and make sense; those that are worded otherwise than what was
        `used`. Of the rest the one is chosen that the `tally` needs most, or without a tally the one that is least like what was used. No
        form of its completion is given again. `sift` is called at each step."""
        sift(GIVEN, self.left)
        fitting = [place for place in self.left if place not in self.slotted or suits(self.forms[place])]
        sift(UNFIT, fitting)
        if not fitting:
            return None
        fitting = [place for place in fitting if self.forms[place].passes] or fitting
        sift(FAILING, fitting)
        if self.sure is not None:
            on_topic = [place for place in fitting if self.forms[place].score >= self.sure]
            better = [place for place in on_topic if place in self._better]
            fitting = better or [max(fitting, key=lambda place: self.forms[place].score)]
            sift(ASTRAY, on_topic if better else fitting)
            sift(SENSELESS, fitting)
            repeated = {place: frames.overlap(self._wordings[place], used) for place in fitting}
            fitting = [place for place in fitting if repeated[place] < ALIKE] or fitting
            sift(WORDED, fitting)
            if tally is None:
                fitting = [min(fitting, key=repeated.__getitem__)]
                sift(LIKER, fitting)
        taken = self._texts.best(tally, fitting) if self._texts and tally else fitting[0]
        sift(UNNEEDED if self._texts and tally else LATER, [taken])
        form = self.forms[taken]
        self.left = [place for place in self.left if self.forms[place].source is not form.source]
        return form


def with_facts(typed: Put, facts: Mapping[str, Value]) -> Put:
    """What was typed, with its slots filled; what stands behind a slot moves with it."""
    parts = [(slot.end(), len(as_typed(facts[slot[1]], typed.text)) - len(slot[0])) for slot in SLOT.finditer(typed.text)]

    def moved(place: int) -> int:
        return place + sum(longer for end, longer in parts if end <= place)

    slips = [slip._replace(start=moved(slip.start), end=moved(slip.end)) for slip in typed.slips]
    return Put(filled(typed.text, facts), slips)
