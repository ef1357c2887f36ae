"""`kind: typed`: what a person typed, continued by a base model from a frame of seed messages.

Rows that are about the same topic, on the same voice, and must mention the same facts share one frame, so that a model reads it
once and continues it many times. Whether a row mentions a fact is drawn before anything is asked and holds
for all its tries: otherwise the rate would drift towards what comes easily.

With a voice, the seed messages are put on it before they enter the frame, and of several continuations, each as it came and as
the voice would have typed it, the one is kept that moves the table towards how the voice types (see `voices.steer`). `like` takes
the voice, and the seeds, from a file of messages that people really typed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cached_property, partial
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import AfterValidator, Field

from synthgen import files, frames, render
from synthgen.errors import DataError, did_you_mean, nearest
from synthgen.fields.shape import Asked, Chosen, Passes, Template, Weight, anything, fill
from synthgen.fields.voiced import drawn, voice_faults, weighted
from synthgen.parts import Fault, misread
from synthgen.rows import Completion, Labelled, Prompt, Refusal, Row, Value, digest
from synthgen.slots import SLOT, filled, slots
from synthgen.streams import Streams
from synthgen.voices import Voice
from synthgen.voices.channel import Put, put_on

if TYPE_CHECKING:  # what needs numpy is imported when a message is first made
    from synthgen.fields.pool import Form, Pool
    from synthgen.nearness import Nearness
    from synthgen.voices.steer import Course, Tally

OF_LIKE, OF_VOICE = 4, 2  # continuations of a row, to choose from
SHARED = 32  # continuations of one frame at most: more would make messages alike
MOST = 12  # continuations of one row that are asked at once, at most
SHOWN = 14  # seed messages in a frame
AKIN = 2  # they are drawn from so many times as many that are near to each other
ENOUGH = 5  # a topic with fewer seeds borrows sections from others
BORROWED = 3  # sections
LONGEST = 64  # tokens of a message
FEW = "give a few that show how people type; a dozen per topic is good"

Seeds = str | list[str]
Rate = Annotated[float, Field(ge=0, le=1)]


def _in_order(words: list[int]) -> list[int]:
    if words[0] > words[1]:
        raise ValueError(f"the fewest words, {words[0]}, are more than the most, {words[1]}")
    return words


class Typed(Asked):
    """A message as a person types it, in the manner of `seeds`, about a `topic`."""

    kind: Literal["typed"] = "typed"
    topic: Template = Field("", description="what the message is about, such as {{ intent }}")
    seeds: Seeds | dict[str, Seeds] | None = Field(
        None,
        description="messages that show how people type: a list, a file (one a line, or records with a field text), or either of these per topic",
    )
    like: str | None = Field(None, description="a file of messages that people really typed: what is made shall be like them")
    voice: str | dict[str, Weight] | None = Field(None, description="how they type: a voice, or weights such as {texter: 5, careful: 1}")
    best_of: int | None = Field(
        None, ge=1, le=16, description=f"continuations to choose from (default: {OF_LIKE} with `like`, {OF_VOICE} with `voice`, else 1)"
    )
    mention: dict[str, Rate] = Field(default_factory=dict, description="the share of messages that contain a slot, such as {merchant: 0.4}")
    words: Annotated[list[int], Field(min_length=2, max_length=2), AfterValidator(_in_order)] | None = Field(
        None, description="the fewest and the most words of a message"
    )
    temperature: float = Field(
        1.1,
        gt=0,
        le=2,
        description="lower is more usual and keeps to the topic, higher more varied and odder (default: 1.1, as varied as real ones)",
    )

    # What the recipe gives

    @cached_property
    def pools(self) -> dict[str, list[str]]:
        """The seed messages per topic; under the empty topic those that serve all. Raises DataError, ValueError."""
        if isinstance(self.seeds, dict):
            return {topic: self._read(seeds) for topic, seeds in self.seeds.items()}
        return {"": self._read(self.seeds) if self.seeds is not None else self._liked}

    @cached_property
    def _liked(self) -> list[str]:
        """The messages of `like`. Raises DataError, ValueError."""
        return self._read(self.like or [])

    def _read(self, seeds: Seeds) -> list[str]:
        if isinstance(seeds, list):
            kept = [" ".join(seed.split()) for seed in seeds]
            return [seed for seed in kept if seed]
        path = self._scene.path(seeds)
        return files.messages(path)

    @property
    def originals(self) -> list[str]:
        """All messages that are not to be said over again: the seeds, and those of `like`."""
        return self.texts + (self._liked if self.seeds is not None else [])

    @property
    def texts(self) -> list[str]:
        """All seed messages."""
        return [seed for pool in self.pools.values() for seed in pool]

    def files(self) -> list[Path]:
        """The seed files, and the one to be like."""
        named = [*(self.seeds.values() if isinstance(self.seeds, dict) else [self.seeds]), self.like]
        return [self._scene.path(seeds) for seeds in named if isinstance(seeds, str)]

    def faults(self) -> Iterator[Fault]:
        """Seeds that cannot be read or are too few, and slots that must be mentioned but no seed shows."""
        if self.seeds is None and self.like is None:
            hint = "seeds: messages that show how people type, a list or a file, or either per topic; like: a file of real ones"
            yield Fault((), "missing key 'seeds' or 'like'", hint)
            return
        given = self.seeds if isinstance(self.seeds, dict) else {} if self.seeds is None else {"": self.seeds}
        faults = [fault for topic, seeds in given.items() if (fault := self._seed_fault(topic, seeds))]
        if not given and self.seeds is not None:
            faults = [Fault(("seeds",), "no seed messages", FEW)]
        of_voice = list(self._voice_faults())
        yield from faults + of_voice
        if faults or (self.seeds is None and any(fault.at == ("like",) for fault in of_voice)):  # the seeds cannot be read
            return
        shown = frozenset[str]().union(*map(slots, self.texts))
        for slot, rate in self.mention.items():
            if rate and slot not in shown:
                hint = did_you_mean(slot, shown) if nearest(slot, shown) else f"write <{slot}> in some of them"
                what = f"no seed message contains <{slot}>, so the model cannot know how it is mentioned"
                yield Fault(("mention", slot), what, hint, at_key=True)

    def _voice_faults(self) -> Iterator[Fault]:
        if self.like is not None:
            try:
                self._liked  # noqa: B018 (it is read, to see whether it can be)
            except (DataError, ValueError) as error:
                yield misread(("like",), error, self._scene)
            if self.voice is not None:
                yield Fault(("voice",), "a message is either like those of a file or on a voice", "take out 'like' or 'voice'", at_key=True)
        yield from voice_faults(self.voice, self._scene)

    def _seed_fault(self, topic: str, seeds: Seeds) -> Fault | None:
        at = ("seeds", topic) if isinstance(self.seeds, dict) else ("seeds",)
        try:
            return None if seeds and self._read(seeds) else Fault(at, "no seed messages", FEW)
        except (DataError, ValueError) as error:
            fault = misread(at, error, self._scene)
            is_message = isinstance(seeds, str) and " " in seeds.strip() and "." not in seeds
            return replace(fault, hint="text here names a file; messages stand in a list: [hi there, hello]") if is_message else fault

    def reads(self) -> Iterator[tuple[tuple[str | int, ...], str]]:
        """The fields of the topic, of the mentions, and of every slot in the seeds."""
        yield from super().reads()
        yield from ((("topic",), name) for name in sorted(render.names(self.topic)))
        yield from ((("mention", slot), slot) for slot in self.mention)
        for topic, pool in self.pools.items():
            at = ("like",) if self.seeds is None else ("seeds", topic) if isinstance(self.seeds, dict) else ("seeds",)
            yield from ((at, slot) for slot in sorted(set().union(*map(slots, pool))))

    def labels(self) -> dict[str, str]:
        """With a voice or `like`: the voice, the style that was measured, and what was typed otherwise than the model wrote it."""
        return {"voice": "string", "style": "json", "slips": "json"} if self.chooses else {}

    # The voices

    @property
    def chooses(self) -> bool:
        """Whether the table is moved towards how somebody types."""
        return self.voice is not None or self.like is not None

    @cached_property
    def courses(self) -> dict[str, Course]:
        """What the rows of each voice are moved towards."""
        from synthgen.voices import steer

        if self.like is not None:
            return {self.like: steer.like(self._liked)}
        return {name: steer.towards(voice) for name, voice in self.voices.items()}

    @cached_property
    def voices(self) -> dict[str, Voice]:
        """The voices that rows are typed in; with `like`, the one that was measured, under its file's name."""
        if self.like is not None:
            from synthgen.voices.measure import measured

            return {self.like: measured(self._liked)}
        return {name: self._scene.voices[name] for name in weighted(self.voice)}

    @cached_property
    def _seeds_voice(self) -> Voice:
        from synthgen.voices.measure import measured

        return measured(self.texts)

    def _voice_of(self, row: Row, name: str, streams: Streams) -> str:
        """The row's voice: one draw for all its tries."""
        return self.like or drawn(self.voice, streams.at(row.table, name, "voice", row.index))

    def memory(self) -> dict[str, Tally]:
        """How the table's messages of each voice are typed so far."""
        from synthgen.voices.steer import Tally

        return {name: Tally.empty(course) for name, course in self.courses.items()}

    def remember(self, row: Row, name: str, memory: dict[str, Tally], times: int = 1) -> None:
        """Count the row's message."""
        if (voice := row.values.get(f"{name}_voice")) is not None:
            memory[voice].add(self.courses[voice].marks([row.values[name]])[0], times)

    def forget(self, row: Row, name: str, memory: dict[str, Tally]) -> None:
        """Take the row's message back."""
        self.remember(row, name, memory, -1)

    # What is asked

    def ask(self, rows: Sequence[Row], name: str, streams: Streams) -> list[list[Prompt]]:
        """One frame each; rows with the same topic, voice and mentions share theirs, a few dozen at a time."""
        alike: dict[tuple[str, str, frozenset[str]], list[int]] = {}
        for place, row in enumerate(rows):
            key = self._topic(row), self._voice_of(row, name, streams), self._wanted(row, name, streams)
            alike.setdefault(key, []).append(place)
        prompts: list[list[Prompt]] = [[] for _ in rows]
        for (topic, voice, wanted), places in alike.items():
            several = self._several(bool(wanted), max(rows[place].attempt for place in places))
            size = max(1, SHARED // several)
            for start in range(0, len(places), size):
                block = places[start : start + size]
                first = rows[block[0]]
                stream = streams.at(first.table, name, "frame", topic, voice, *sorted(wanted), first.index, first.attempt)
                text, shown = self.frame(topic, wanted, stream, voice)
                origin = {
                    "field": f"{first.table}.{name}", "seeds": [digest(seed) for seed in shown], "mention": sorted(wanted), "voice": voice, "topic": topic,
                }  # fmt: skip
                settings: dict[str, float | int | str | bool] = {"temperature": self.temperature, "tokens": LONGEST, "stop": frames.END}
                for place in block:
                    row = rows[place]
                    numbers = [streams.number(row.table, name, row.index, row.attempt, one) for one in range(several)]
                    prompts[place] = [Prompt(text, number, settings, origin) for number in numbers]
        return prompts

    def _topic(self, row: Row) -> str:
        return " ".join(fill(self.topic, row.values, f"{row.table}, row {row.index}, topic").splitlines()).strip()

    def _wanted(self, row: Row, name: str, streams: Streams) -> frozenset[str]:
        """What the row must mention. One draw for all slots, which share the span from 0 to 1 one after the other (and from its start
        again when it is full): each has its rate, and two in one message are no more frequent than they must be."""
        draw, start, wanted = streams.at(row.table, name, "mention", row.index).random(), 0.0, set[str]()
        for slot in sorted(self.mention):
            if (draw - start) % 1 < self.mention[slot] and row.values.get(slot) is not None:
                wanted.add(slot)
            start += self.mention[slot]
        return frozenset(wanted)

    def _several(self, hard: bool, attempt: int) -> int:
        """How many continuations to ask at once for a row: more for one that must mention something, and more after each refusal,
        because a round of asking costs as much as its longest message, however few the rows."""
        least = self.best_of or (OF_LIKE if self.like else OF_VOICE if self.voice else 1)
        if self.chooses and not hard:  # rows share what they ask for, and what is left over is lost
            return least
        tripled: int = max(least, 3 if hard else 1) * 3 ** min(attempt, 9)
        return min(max(MOST, least), tripled)

    def frame(self, topic: str, wanted: frozenset[str], stream: Random, voice: str = "") -> tuple[str, list[str]]:
        """A frame for a topic and the slots that a message must contain, its seed messages put on a voice, and these messages as
        they were."""
        chosen = self._drawn(topic, wanted, SHOWN, stream)
        sections = [frames.Section(topic, chosen)]
        if len(chosen) < ENOUGH:
            # What a mention looks like is learned from other topics, when this one shows too little of it.
            others = [name for name in self.pools if name not in (topic, "")]
            for name in stream.sample(others, len(others)):
                if (borrowed := self._drawn(name, wanted, ENOUGH, stream)) and len(sections) <= BORROWED:
                    sections.insert(0, frames.Section(name, borrowed))
        if wanted and not any(section.messages for section in sections):
            # No seed anywhere mentions just this: those that mention a part of it, or more, show the parts.
            for pool in (self._own(topic), self.texts):
                if partly := [seed for seed in pool if slots(seed) & wanted]:
                    sections = [frames.Section(topic, stream.sample(partly, min(SHOWN, len(partly))))]
                    break
        shown = [seed for section in sections for seed in section.messages]
        if voice and self.seeds is not None:
            # What is shouted makes little sense to a small model: its message is put in capitals behind it.
            hand = self.voices[voice].model_copy(update={"shouting": None})
            put = {seed: put_on(seed, hand, stream, source=self._seeds_voice).text for seed in shown}
            sections = [frames.Section(section.topic, [put[seed] or seed for seed in section.messages]) for section in sections]
        return frames.frame(self._scene.about, sections), shown

    def _own(self, topic: str) -> list[str]:
        return self.pools.get(topic, self.pools.get("", []))

    def _drawn(self, topic: str, wanted: frozenset[str], most: int, stream: Random) -> list[str]:
        """Seed messages of a topic that mention just what is wanted, or failing that (and nothing more is known) any."""
        own = self._own(topic)
        fitting = [seed for seed in own if slots(seed) & self.mention.keys() == wanted]
        if not fitting and not wanted:
            fitting = own
        if len(fitting) > most:
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
        from synthgen.nearness import Nearness

        return Nearness(self.texts)

    # How an answer is read

    def read(self, row: Row, completions: Sequence[Completion]) -> Value | Refusal:
        """The first continuation that is a message, with its slots filled, or why the first is none."""
        read = [self._message(row, completion) for completion in completions]
        message = next((one for one in read if isinstance(one, str)), read[0])
        return message if isinstance(message, Refusal) else filled(message, row.values)

    def choose(self, rows: Sequence[Row], answers: Sequence[Sequence[Completion]], memory: Any, passes: Passes = anything) -> list[Chosen]:
        """With a voice, the continuations of all rows with the same topic, voice and mentions are one pool, from which each row in
        turn takes the one that the table is most in need of."""
        if not self.chooses:
            return super().choose(rows, answers, memory, passes)
        from synthgen.fields.pool import Pool, with_facts
        from synthgen.voices.steer import style

        alike: dict[tuple[Any, ...], list[int]] = {}
        for place, own in enumerate(answers):
            origin = own[0].prompt.origin
            alike.setdefault((origin["voice"], origin["topic"], *origin["mention"]), []).append(place)
        pool_of: dict[int, Pool] = {}
        for (voice, *_), places in alike.items():
            pool = Pool(self.courses[voice], [one for place in places for one in self._sound(rows[place], answers[place], voice, passes)])
            pool_of |= dict.fromkeys(places, pool)
        chosen: list[Chosen] = []
        for place, (row, own) in enumerate(zip(rows, answers, strict=True)):
            voice = own[0].prompt.origin["voice"]
            one = pool_of[place].take(memory[voice], partial(self._suits, row))
            if one is None:
                value = self.read(row, own)
                chosen.append(
                    (value if isinstance(value, Refusal) else Refusal("taken", "by other rows, which had none of their own"), own[0])
                )
                continue
            put = with_facts(one.put, row.values)
            slips = [slip._asdict() for slip in put.slips]
            labels = {"voice": voice, "style": style(put.text), "slips": slips}
            memory[voice].add(self.courses[voice].marks([put.text])[0])
            chosen.append((Labelled(put.text, labels), one.source))
        return chosen

    def _suits(self, row: Row, form: Form) -> bool:
        """Whether a message that another row asked for can be this row's."""
        return self._objection(form.put.text, row, form.source.prompt) is None

    def _sound(self, row: Row, completions: Sequence[Completion], voice: str, passes: Passes) -> Iterator[Form]:
        """The messages among a row's continuations, each as it came and as the voice would have typed it."""
        from synthgen.fields.pool import Form

        for completion in completions:
            message = self._message(row, completion)
            if isinstance(message, str):
                yield Form(Put(message, []), completion, passes(row, filled(message, row.values)))
                put = put_on(message, self.voices[voice], Random(completion.prompt.stream))
                if put.text and put.text != message and self._objection(put.text, row, completion.prompt) is None:
                    yield Form(put, completion, passes(row, filled(put.text, row.values)))

    def _message(self, row: Row, completion: Completion) -> str | Refusal:
        message = frames.ended(completion.text)
        if message is None:
            return Refusal("unfinished", f"no end within {LONGEST} tokens: {completion.text[:80]}")
        if not message:
            return Refusal("empty")
        return self._objection(message, row, completion.prompt) or message

    def _objection(self, message: str, row: Row, prompt: Prompt) -> Refusal | None:
        """Why this is no message of the row, if it is none."""
        if frames.breaks(message, self._scene.about):
            return Refusal("broken frame", message)
        if frames.loops(message):
            return Refusal("going in circles", message)
        found = slots(message)
        if unknown := [slot for slot in sorted(found) if row.values.get(slot) is None]:
            return Refusal("unknown slot", f"<{unknown[0]}> in: {message}")
        if self._broken and self._broken.search(SLOT.sub(" ", message)):
            return Refusal("broken slot", message)
        wanted = set(prompt.origin.get("mention", ()))
        if missing := wanted - found:
            return Refusal("missing mention", f"<{min(missing)}> not in: {message}")
        if unwanted := found & self.mention.keys() - wanted:
            return Refusal("unwanted mention", f"<{min(unwanted)}> in: {message}")
        if frames.essence(message) in self._essences:
            return Refusal("copied seed", message)
        count = len(filled(message, row.values).split())
        if self.words and not self.words[0] <= count <= self.words[1]:
            return Refusal("length", f"{count} words: {message}")
        return None

    @cached_property
    def _broken(self) -> re.Pattern[str] | None:
        """Half a slot of those that the seeds show, such as `<merchant` or `<MERCHANT>`."""
        known = "|".join(sorted(self.mention.keys() | set().union(*map(slots, self.texts)), key=len, reverse=True))
        return re.compile(rf"<\s*(?:{known})\b|\b(?:{known})\s*>", re.IGNORECASE) if known else None

    @cached_property
    def _essences(self) -> frozenset[str]:
        return frozenset(map(frames.essence, self.originals))
