"""How a continuation is read: as the message that its row asked for, or with the reason why it is refused."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cached_property
from typing import TYPE_CHECKING

from synthgen.fields.invented import Facts
from synthgen.fields.known_facts import DAYS, MONTHS
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
BEHIND = re.compile(rf"(\w+) {SLOT.pattern}")
"""A slot, and the word before it."""
GLUED = 4
"""Words in a row that only one seed has, of which a message has no two from two seeds."""
MONTH = f"(?:{'|'.join(month[:3] for month in MONTHS)})"
DATE = re.compile(rf"(?i)(?:{'|'.join(DAYS)})\b|\b{MONTH}[a-z]* ?\d|\d {MONTH}|\b\d{{4}}-\d\d-\d\d\b")
"""A fact that is a day or a date."""
NEAR_DAY = re.compile(r"(?i)\b(?:today|tonight|tom+or+ow|tmr+w?|tmw|yesterday|2day|2moro?)\b")
"""A day that says all: no other one stands beside it."""
A_SLIP = 0.75
"""How near (as difflib measures it) two words are of which one is the other with a slip: sicne, since. Of short ones none is."""
BRACKETS = re.compile(r"<\w[^<>\n]{0,39}>")
"""Words in pointed brackets."""


def _plain_words(message: str) -> list[str]:
    """The words of a message, whatever its capitals and marks; its facts and numbers are all alike."""
    return re.findall(r"[a-z#]+", re.sub(r"\d+", "#", SLOT.sub("#", message.casefold().replace("'", ""))))


def topic_of(prompt: Prompt) -> str:
    """The topic that a message is asked for."""
    return str(prompt.origin.get("topic", ""))


@dataclass(frozen=True)
class Reader:
    """What reads continuations typed in a place (`about`) in the manner of `seeds`: none of the `originals` may be repeated, slots
    of `mentioned` names stand where they were asked for, and messages have so many `words` (fewest, most). Where they must be about their
    `topics`, these tell whether they are, as `likely` as is asked; `harmless` says whether what no company wants is refused, `apart`
    whether messages that are nearly a seed are. Messages about a topic that is in `own` have no slots but those, and what is mentioned, and
    each behind words that suit it."""

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
        topic = topic_of(prompt)
        if topic in self.own and (mixed := self._mixed(message, topic, slot_names - required, row)):
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

    def _mixed(self, message: str, topic: str, slot_names: frozenset[str], row: Row) -> Refusal | None:
        """Why a message about a topic mixes what seeds say apart: a slot is another topic's, or in another's place, or it is made of two
        seeds."""
        if strange := slot_names - self.own[topic]:
            return Refusal("strange slot", f"<{min(strange)}>, which no seed of '{topic}' has, in: {message}")
        if misplaced := self._misplaced(message) or self._two_days(message, row):
            return Refusal("misplaced slot", f"'{misplaced}', which no seed has so, in: {message}")
        if glued := self._glued(message):
            return Refusal("two seeds", f"'{glued[0]} …' and '{glued[1]} …' in: {message}")
        return None

    def _glued(self, message: str) -> tuple[str, str] | None:
        """The beginnings of two runs of words, one after the other, each of which only one seed has, and not the same: a message that is
        made of two. None where there are none."""
        words = _plain_words(message)
        runs = [
            (place, seed) for place in range(len(words) - GLUED + 1) if (seed := self._only_in.get(tuple(words[place : place + GLUED])))
        ]
        for place, seed in runs:
            for later, other in runs:
                if later >= place + GLUED and other != seed:
                    return " ".join(words[place : place + GLUED]), " ".join(words[later : later + GLUED])
        return None

    @cached_property
    def _only_in(self) -> Mapping[tuple[str, ...], int]:
        """The runs of words that only one seed has, and which that is."""
        seeds_of = dict[tuple[str, ...], set[int]]()
        for number, seed in enumerate(self.seeds, 1):
            words = _plain_words(seed)
            for place in range(len(words) - GLUED + 1):
                seeds_of.setdefault(tuple(words[place : place + GLUED]), set()).add(number)
        return {run: min(numbers) for run, numbers in seeds_of.items() if len(numbers) == 1}

    def _misplaced(self, message: str) -> str:
        """A slot behind a word that seeds have before other slots only, as in `since <room>` where they say `since <day>`; empty where all
        is right."""
        for word, slot in BEHIND.findall(message):
            meant = get_close_matches(word.casefold(), self._behind, 1, A_SLIP)
            if meant and slot not in self._behind[meant[0]]:
                return f"{word} <{slot}>"
        return ""

    def _two_days(self, message: str, row: Row) -> str:
        """A day or a date beside a word such as tomorrow; empty where there is none, or seeds have both."""
        dates = [slot for slot in SLOT.findall(message) if DATE.search(str(row.values.get(slot)))]
        day = NEAR_DAY.search(message) if dates else None
        if day is None or any(NEAR_DAY.search(seed) and slots(seed) & {*dates} for seed in self.seeds):
            return ""
        return f"{day[0]} <{dates[0]}>"

    @cached_property
    def _behind(self) -> Mapping[str, set[str]]:
        """The slots that seeds have behind a word, by the word."""
        behind = dict[str, set[str]]()
        for seed in self.seeds:
            for word, slot in BEHIND.findall(seed):
                behind.setdefault(word.casefold(), set()).add(slot)
        return behind

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
    def _facts(self) -> Facts:
        return Facts(self.seeds)

    @cached_property
    def _side(self) -> Side:
        return Side(self.originals)

    @cached_property
    def _harms(self) -> frozenset[str]:
        """What seed messages say themselves, so that it is wanted."""
        return frozenset().union(*map(harms, self.originals))
