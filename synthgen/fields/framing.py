"""What a base model continues: a frame of seed messages, and perhaps the first words of the next one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import repeat
from random import Random
from typing import TYPE_CHECKING

from synthgen.fields.seed_messages import SeedMessages
from synthgen.text import frames
from synthgen.text.slots import slots
from synthgen.voices import Voice
from synthgen.voices.channel import apply_voice

if TYPE_CHECKING:  # which needs numpy
    from synthgen.text.nearness import Nearness

SHOWN = 14  # seed messages in a frame
AKIN = 2  # they are drawn from so many times as many that are near to each other
ENOUGH = 5  # a topic with fewer seeds borrows sections from others
BORROWED = 3  # sections
OPENING = 2, 4  # words of a seed message that another begins with
LONG = 5  # words, of an opening that mentions what the message must


@dataclass(frozen=True)
class Framing:
    """How frames are made: of which `seeds`, typed where (`about`), which slots a message may be asked to `mention`, and the `voices` that
    seeds are put on (none: seeds stay as they are). Seeds that are shown together are `akin`, unless only the length of a frame matters."""

    seeds: SeedMessages
    about: str
    mention: frozenset[str]
    voices: Mapping[str, Voice]
    akin: bool = True

    def frame(self, topic: str, mentions: frozenset[str], stream: Random, voice: str = "") -> tuple[str, list[str]]:
        """A frame for a topic and the slots that a message must contain, its seed messages put on a voice, and these messages as
        they were."""
        chosen = self._drawn(topic, mentions, SHOWN, stream)
        sections = [frames.Section(topic, chosen)]
        if len(chosen) < ENOUGH:
            # What a mention looks like is learned from other topics, when this one shows too little of it.
            others = [name for name in self.seeds.by_topic if name not in (topic, "")]
            for name in stream.sample(others, len(others)):
                if (borrowed := self._drawn(name, mentions, ENOUGH, stream)) and len(sections) <= BORROWED:
                    sections.insert(0, frames.Section(name, borrowed))
        if mentions and not any(section.messages for section in sections):
            # No seed anywhere mentions just this: those that mention a part of it, or more, show the parts.
            for pool in (self.seeds.of(topic), self.seeds.all):
                if partly := [seed for seed in pool if slots(seed) & mentions]:
                    sections = [frames.Section(topic, stream.sample(partly, min(SHOWN, len(partly))))]
                    break
        shown_seeds = [seed for section in sections for seed in section.messages]
        if voice in self.voices:
            voiced = {seed: self._in_voice(seed, voice, stream) for seed in shown_seeds}
            sections = [frames.Section(section.topic, [voiced[seed] for seed in section.messages]) for section in sections]
        return frames.frame(self.about, sections), shown_seeds

    def openings(self, share: float, topic: str, mentions: frozenset[str], stream: Random, voice: str) -> Iterator[str]:
        """What messages of a topic begin with, one after the other: a `share` of them with the first words of a seed message, as the voice
        types it, the others with nothing. All seeds have their turn before one comes again; those that mention what is wanted, if there
        are any, and as far as they do."""
        longer = [seed for seed in self.seeds.of(topic) if len(seed.split()) > 1]
        seeds = [seed for seed in longer if slots(seed) & self.mention == mentions] or longer
        if not share or not seeds:
            yield from repeat("")
        while True:
            for seed in stream.sample(seeds, len(seeds)):
                words = (self._in_voice(seed, voice, stream) if voice in self.voices else seed).split()
                upto = max((place + 1 for place, word in enumerate(words[:LONG]) if slots(word) & mentions), default=0)
                opening = " ".join(words[: min(max(upto, stream.randint(*OPENING)), len(words) - 1)])
                allowed = stream.random() < share and not slots(opening) & self.mention - mentions
                yield opening if allowed else ""

    def _in_voice(self, seed: str, voice: str, stream: Random) -> str:
        """A seed message as the voice types it. What is shouted makes little sense to a small model: its message is put in capitals behind
        it."""
        quiet = self.voices[voice].model_copy(update={"shouting": None})
        return apply_voice(seed, quiet, stream, source=self._seeds_voice).text or seed

    def _drawn(self, topic: str, mentions: frozenset[str], most: int, stream: Random) -> list[str]:
        """Seed messages of a topic that mention just what is wanted, or failing that (and nothing more is known) any."""
        pool = self.seeds.of(topic)
        fitting = [seed for seed in pool if slots(seed) & self.mention == mentions]
        if not fitting and not mentions:
            fitting = pool
        if len(fitting) > most and self.akin:
            fitting = self._akin(fitting, most, stream)
        return stream.sample(fitting, min(most, len(fitting)))

    def _akin(self, seeds: list[str], most: int, stream: Random) -> list[str]:
        """So many seed messages that ask about nearly the same thing, the likelier the nearer they are to one of them: a model
        that reads a bit of everything writes a bit of everything in one message."""
        near = self._nearness.among(stream.choice(seeds), seeds)
        places = sorted(range(len(seeds)), key=lambda place: -near[place])[: AKIN * most]
        drawn = {place: stream.random() ** (1 / max(near[place], 0.01)) for place in places}  # weighted, without repetition
        return [seeds[place] for place in sorted(places, key=lambda place: -drawn[place])[:most]]

    @cached_property
    def _nearness(self) -> Nearness:
        from synthgen.text.nearness import Nearness

        return Nearness(self.seeds.all)

    @cached_property
    def _seeds_voice(self) -> Voice:
        from synthgen.voices.measure import measure_voice

        return measure_voice(self.seeds.all)
