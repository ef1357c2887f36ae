"""How a continuation is read: as the message that its row asked for, or with the reason why it is refused."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from synthgen.fields.invented import Facts
from synthgen.fields.mixing import Mixing
from synthgen.fields.sides import Side
from synthgen.harm import harms
from synthgen.spec.rows import Completion, Prompt, Refusal, Row
from synthgen.text import frames
from synthgen.text.originals import Originals
from synthgen.text.slots import SLOT, filled, slots

if TYPE_CHECKING:  # which imports numpy
    from synthgen.text.similarity import SimilarityIndex
    from synthgen.text.topics import Topics

SIMILAR = 0.85
"""The share of three-letter pieces that a message has in common with a seed when it is nearly the same: a slip or two apart."""
LONG = 8
"""Words from which on a message that is nearly a seed is taken for that: shorter ones are what everybody says."""
RUN = 6
"""Words in a row of a seed message that no message about a topic has."""
BRACKETS = re.compile(r"<\w[^<>\n]{0,39}>")
"""Words in pointed brackets."""


def topic_of(prompt: Prompt) -> str:
    """The topic that a message is asked for."""
    return str(prompt.origin.get("topic", ""))


@dataclass(frozen=True)
class Reader:
    """What reads continuations typed in a place (`about`) in the manner of `seeds`: none of the `originals` may be repeated, slots
    of `mentioned` names stand where they were asked for, and messages have so many `words` (fewest, most). Where they must be about their
    `topics`, these tell whether they are, as `likely` as is asked; `harmless` says whether what no company wants is refused, `apart`
    whether messages that are nearly a seed are. Messages about a topic that is in `own` have no slots but those, and what is mentioned,
    and mix no seeds (see `mixing`)."""

    about: str
    seeds: Sequence[str]
    originals: Sequence[str]
    mentioned: frozenset[str] = frozenset()
    words: Sequence[int] | None = None
    topics: Topics | None = None
    likely: float = 0.0
    harmless: bool = True
    apart: bool = False
    own: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def message(self, row: Row, completion: Completion) -> str | Refusal:
        """The message in a continuation, its slots not yet filled, or why it is refused."""
        message = frames.first_complete_message(completion.text)
        if message is None:
            return Refusal("unfinished", f"no end within {completion.tokens_out} tokens: {completion.text[:80]}")
        if not message:
            return Refusal("empty")
        refused = self.objection(message, row, completion.prompt) or self._unlike(message, row) or self._astray(message, completion)
        if refused:
            return refused
        if self._nearly and len(message.split()) >= LONG and (nearest := self._nearly.like(message)):
            return Refusal("copied seed", f"{nearest[0]:.0%} like: {nearest[1].strip()[:120]}")
        return message

    def objection(self, message: str, row: Row, prompt: Prompt) -> Refusal | None:
        """Why this is no message of the row, however it is typed."""
        if frames.leaks_frame(message, self.about):
            return Refusal("broken frame", message)
        if frames.loops(message):
            return Refusal("going in circles", message)
        slot_names = slots(message)
        if unknown := [slot for slot in sorted(slot_names) if row.values.get(slot) is None]:
            return Refusal("unknown slot", f"<{unknown[0]}> in: {message}")
        if self._broken and self._broken.search(SLOT.sub(" ", message)):
            return Refusal("broken slot", message)
        if repeated_slots := [slot for slot in sorted(slot_names - self._twice) if message.count(f"<{slot}>") > 1]:
            return Refusal("slot twice", f"<{repeated_slots[0]}> in: {message}")
        required = set(prompt.origin.get("mention", ()))
        if missing := required - slot_names:
            return Refusal("missing mention", f"<{min(missing)}> not in: {message}")
        if unwanted := slot_names & self.mentioned - required:
            return Refusal("unwanted mention", f"<{min(unwanted)}> in: {message}")
        if mixed := self._mixing.refusal(message, topic_of(prompt), slot_names - required, row):
            return mixed
        essence = frames.normalise(message)
        if essence in self._essences:
            return Refusal("copied seed", message)
        if self._is_half(essence, prompt):
            return Refusal("cut off", message)
        if self._runs and (copied := self._runs.copied(message)):
            return Refusal("copied seed", f"repeats: {copied}")
        count = len(filled(message, row.values).split())
        if self.words and not self.words[0] <= count <= self.words[1]:
            return Refusal("length", f"{count} words: {message}")
        return None

    def _unlike(self, message: str, row: Row) -> Refusal | None:
        """Why nobody in this place would say so: the row has other facts, it is the other side that talks, or no company wants to read
        it."""
        if invented := self._facts.invented(message, row.values):
            return Refusal("invented fact", f"{invented} in: {message}")
        if self._side.is_left(message):
            return Refusal("other side", message)
        if self.harmless and (harm := harms(message)) and (harm := harm - self._harms):
            return Refusal("harmful", f"{min(harm)} in: {message}")
        return None

    def _astray(self, message: str, completion: Completion) -> Refusal | None:
        """Why a message is not about its topic, if it is not."""
        topic = topic_of(completion.prompt)
        if self.topics is None or topic not in self.topics.names:
            return None
        score = self.topics.score(message, topic)
        if score < self.topics.threshold:
            return Refusal("off topic", f"as near to '{self.topics.nearest(message, topic)}': {message}")
        likely = self.topics.holds(score)
        return (
            Refusal("off topic", f"about '{topic}' by {likely:.0%}, and {self.likely:.0%} are asked: {message}")
            if likely < self.likely
            else None
        )

    @cached_property
    def _broken(self) -> re.Pattern[str] | None:
        """Half a slot of those that the seeds show, such as `<merchant` or `<MERCHANT>`, or what looks like one, such as `<2 months>`,
        where no seed does."""
        slot_names = "|".join(sorted(self.mentioned | self._facts.slots, key=len, reverse=True))
        if not slot_names:
            return None
        any_brackets = "" if any(BRACKETS.search(SLOT.sub(" ", seed)) for seed in self.seeds) else f"|{BRACKETS.pattern}"
        return re.compile(rf"<\s*(?:{slot_names})\b|\b(?:{slot_names})\s*>{any_brackets}", re.IGNORECASE)

    @cached_property
    def _twice(self) -> frozenset[str]:
        """The slots that some seed message has twice."""
        return frozenset(slot for seed in self.seeds for slot in slots(seed) if seed.count(f"<{slot}>") > 1)

    @cached_property
    def _runs(self) -> Originals | None:
        """The runs of words that no message about a topic may have."""
        return Originals(self.originals, RUN) if self.topics else None

    @cached_property
    def _nearly(self) -> SimilarityIndex | None:
        """The seeds, for messages that differ from one of them in a few letters."""
        if not self.apart:
            return None
        from synthgen.text.similarity import SimilarityIndex

        index = SimilarityIndex(SIMILAR)
        for seed in self.seeds:
            index.like(seed, keep=True)
        return index

    @cached_property
    def _essences(self) -> frozenset[str]:
        return frozenset(map(frames.normalise, self.originals))

    def _is_half(self, essence: str, prompt: Prompt) -> bool:
        """Whether a message is half of a seed's thought: its beginning up to within a word, or no more than the opening that it was given.
        One that the model ended of itself, though a seed goes on, is whole."""
        place = bisect_left(self._whole, essence)
        begun = self._whole[place] if place < len(self._whole) else ""
        if not begun.startswith(essence):
            return False
        return begun[len(essence) : len(essence) + 1] != " " or frames.normalise(str(prompt.origin.get("opening", ""))).startswith(essence)

    @cached_property
    def _whole(self) -> list[str]:
        """Seed messages in order, where messages begin as seeds do."""
        return sorted(map(frames.normalise, self.seeds)) if self.topics else []

    @cached_property
    def _mixing(self) -> Mixing:
        return Mixing(self.seeds, self.own)

    @cached_property
    def _facts(self) -> Facts:
        return Facts(self.seeds)

    @cached_property
    def _side(self) -> Side:
        return Side(self.originals)

    @cached_property
    def _harms(self) -> frozenset[str]:
        """What seed messages say themselves, so that it is wanted."""
        return frozenset().union(*map(harms, self.originals))
