"""`kind: typed`: what a person typed, continued by a base model from a frame of seed messages.

Rows that are about the same topic, on the same voice, and must mention the same facts share one frame, so that a model reads it
once and continues it many times. Whether a row mentions a fact is drawn before anything is asked and holds
for all its tries: otherwise the rate would drift towards what comes easily.

Where at least two topics have seeds, a label must hold: a share of the messages begins with the first words of a seed message of their
topic, the model goes on more calmly, and no message has a long run of a seed's words. Of several continuations that are surely about the
topic (see `topics`), those with the least likely words are left out, because they make the least sense, and of the rest the one is kept
that repeats others least; a row for which there is none is asked again. Measured on 400 such continuations of four recipes, read one by
one: of all of them 69 % make sense, of the half with the likeliest words 83 %; area under the curve 0.75, for the mean log-probability
0.65, for its gain over a frame without seeds 0.70, for agreement with another frame of the topic 0.52. Half of them have only seven words
or fewer: of messages of more than eleven words less than half make sense, and no score that was tried tells which.

With a voice, the seed messages are put on it before they enter the frame, and of several continuations, each as it came and as
the voice would have typed it, the one is kept that moves the table towards how the voice types (see `voices.steer`). `like` takes
the voice, and the seeds, from a file of messages that people really typed.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import cached_property, partial
from itertools import islice, repeat
from pathlib import Path
from random import Random
from statistics import fmean
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, Field

from synthgen.errors import DataError, did_you_mean, nearest
from synthgen.fields.choice import Choice
from synthgen.fields.considered import Listener, one_by_one, pooled, unread
from synthgen.fields.reading import Reader, topic_of
from synthgen.fields.shape import Asked, Chosen, Others, Passes, Role, Template, Weight, anything, fill
from synthgen.fields.voiced import draw_voice, voice_mistakes, weighted
from synthgen.spec import render
from synthgen.spec.digests import digest
from synthgen.spec.parts import PartMistake, in_order, misread
from synthgen.spec.rows import Completion, Labelled, Prompt, Refusal, Row, Value
from synthgen.spec.streams import Streams
from synthgen.text import files, frames
from synthgen.text.slots import filled, slots
from synthgen.voices import Voice
from synthgen.voices.channel import Put, apply_voice

if TYPE_CHECKING:  # what needs numpy is imported when a message is first made
    from synthgen.fields.pool import MessagePool, MessageVariant
    from synthgen.text.nearness import Nearness
    from synthgen.text.topics import Topics
    from synthgen.voices.steer import StyleTarget, StyleTotals

OF_LIKE, OF_TOPICS, OF_VOICE = 4, 7, 2  # continuations of a row, to choose from
SHARED, SHARED_OPENED = 32, 48  # continuations of one frame at most: more would make messages alike, less so where each has its opening
MOST = 12  # continuations of one row that are asked at once, at most
SHOWN = 14  # seed messages in a frame
AKIN = 2  # they are drawn from so many times as many that are near to each other
ENOUGH = 5  # a topic with fewer seeds borrows sections from others
BORROWED = 3  # sections
LONGEST = 64  # tokens of a message
OPENING = 2, 4  # words of a seed message that another begins with
LONG = 5  # words, of an opening that mentions what the message must
OPENED = 0.9  # the share of messages that begin so
WORSE = 0.45  # the share of messages about a topic, those that make the least sense, that are not taken while there are others
USUAL = -2.0  # the log-probability from which on a token is no surprise
CALM, FREE = 0.9, 1.1  # temperatures: with topics, and without
MEASURED = 100_000  # messages whose style is measured, at most
FEW = "give a few that show how people type; a dozen per topic is good"

Seeds = str | list[str]
Rate = Annotated[float, Field(ge=0, le=1)]
Read = tuple[str | Refusal, Completion]
"""The message in a continuation, or why it is none, and the continuation."""


def _sense(completion: Completion) -> float:
    """How much sense a message makes: by how much its words, behind the opening, are less likely than usual, in all, by the root of their
    number (a mean would hardly mind the nonsense that grows with each word, a sum would leave short messages only)."""
    chosen = completion.logprobs
    return sum(min(logprob - USUAL, 0.0) for logprob in chosen) / math.sqrt(len(chosen) or 1)


class Typed(Asked):
    """A message as a person types it, in the manner of `seeds`, about a `topic`."""

    role: ClassVar[Role] = "message"
    sliced: ClassVar[tuple[str, ...]] = ("voice",)

    kind: Literal["typed"] = "typed"
    topic: Template = Field("", description="what the message is about, such as {{ intent }}")
    seeds: Seeds | dict[str, Seeds] | None = Field(
        None,
        description="messages that show how people type: a list, a file (one a line, or records with a field text), or either of these "
        "per topic",
    )
    like: str | None = Field(None, min_length=1, description="a file of messages that people really typed: what is made shall be like them")
    field: str | None = Field(
        None,
        min_length=1,
        description="the field of the records in `like` and in files of `seeds` that holds the messages, such as Comment or user.text "
        "(default: text, message, input, …)",
    )
    labelled: str | None = Field(
        None, description="the field of the records in `like` that says what each is about: they are the seeds of that topic, too"
    )
    aim: Literal["labels", "likeness"] | None = Field(
        None,
        description="what matters more: that messages are about their topic (default where at least two topics have seeds), or that they "
        "vary as people's do; it sets on_topic, openings, best_of and temperature, where these are not given",
    )
    voice: str | dict[str, Weight] | None = Field(None, description="how they type: a voice, or weights such as {texter: 5, careful: 1}")
    best_of: int | None = Field(
        None,
        ge=1,
        le=16,
        description=f"continuations to choose from (default: {OF_LIKE} with `like`, {OF_TOPICS} for labels, {OF_VOICE} with `voice`, "
        f"else 1)",
    )
    on_topic: bool | None = Field(
        None, description="whether a message must be about its topic (default: for labels); false allows everything"
    )
    harmless: bool = Field(
        True, description="whether sexual, hateful and violent messages, and those of self-harm, are refused unless seeds say the same"
    )
    openings: Rate | None = Field(
        None,
        description=f"the share of messages that begin with the first words of a seed of their topic (default: {OPENED} for labels, "
        f"else 0)",
    )
    mention: dict[str, Rate] = Field(default_factory=dict, description="the share of messages that contain a slot, such as {merchant: 0.4}")
    words: Annotated[list[int], Field(min_length=2, max_length=2), AfterValidator(in_order)] | None = Field(
        None, description="the fewest and the most words of a message"
    )
    temperature: float | None = Field(
        None,
        gt=0,
        le=2,
        description=f"lower is more usual and keeps to the topic, higher more varied and odder (default: {CALM} for labels, else {FREE})",
    )

    # What the recipe gives

    @cached_property
    def pools(self) -> dict[str, list[str]]:
        """The seed messages per topic; under the empty topic those that serve all. Raises DataError, ValueError."""
        if isinstance(self.seeds, dict):
            return {topic: self._read(seeds) for topic, seeds in self.seeds.items()}
        if self.labelled and self.like is not None:
            return files.grouped(self._context.path(self.like), self.labelled, self.field or "")
        return {"": self._read(self.seeds) if self.seeds is not None else self._liked}

    @cached_property
    def _liked(self) -> list[str]:
        """The messages of `like`. Raises DataError, ValueError."""
        return self._read(self.like or [])

    def _read(self, seeds: Seeds) -> list[str]:
        if isinstance(seeds, list):
            kept = [" ".join(seed.split()) for seed in seeds]
            return [seed for seed in kept if seed]
        path = self._context.path(seeds)
        return files.messages(path, self._field_of(path))

    def _field_of(self, path: Path) -> str:
        """The field that holds the messages of a file; a file with one a line has none."""
        return self.field or "" if files.is_records(path) else ""

    @property
    def originals(self) -> list[str]:
        """All messages that are not to be said over again: the seeds, and those of `like`."""
        return self.texts + (self._liked if self.seeds is not None else [])

    @property
    def texts(self) -> list[str]:
        """All seed messages."""
        return [seed for pool in self.pools.values() for seed in pool]

    @cached_property
    def topics(self) -> Topics | None:
        """What tells whether a message is about its topic; None where that does not matter, or fewer than two topics have seeds."""
        if not self.has_topics:
            return None
        from synthgen.text.topics import Topics

        return Topics({topic: seeds for topic, seeds in self.pools.items() if topic and seeds})

    @property
    def for_labels(self) -> bool:
        """Whether labels matter more than likeness."""
        return self.aim == "labels" if self.aim else self.on_topic is not False and self._several_topics

    def _is_for_labels(self, topic: str) -> bool:
        return self.for_labels and topic in self.pools

    @property
    def has_topics(self) -> bool:
        """Whether a message must be about its topic."""
        return self._several_topics and (self.for_labels if self.on_topic is None else self.on_topic)

    @property
    def _several_topics(self) -> bool:
        if isinstance(self.seeds, dict):
            return sum(bool(topic and seeds) for topic, seeds in self.seeds.items()) > 1
        return self.seeds is None and self.labelled is not None

    def files(self) -> list[Path]:
        """The seed files, and the one to be like."""
        return [self._context.path(str(name)) for name in self._named_files()]

    def _named_files(self) -> list[Path]:
        named = [*(self.seeds.values() if isinstance(self.seeds, dict) else [self.seeds]), self.like]
        return [Path(name) for name in named if isinstance(name, str)]

    def mistakes(self) -> Iterator[PartMistake]:
        """Seeds that cannot be read or are too few, and slots that must be mentioned but no seed shows."""
        if self.seeds is None and self.like is None:
            hint = "seeds: messages that show how people type, a list or a file, or either per topic; like: a file of real ones"
            yield PartMistake((), "missing key 'seeds' or 'like'", hint)
            return
        given = self.seeds if isinstance(self.seeds, dict) else {} if self.seeds is None else {"": self.seeds}
        mistakes = [mistake for topic, seeds in given.items() if (mistake := self._seed_mistake(topic, seeds))]
        if not given and self.seeds is not None:
            mistakes = [PartMistake(("seeds",), "no seed messages", FEW)]
        if self.aim == "labels" and not self._several_topics:
            mistakes.append(
                PartMistake(
                    ("aim",), "labels need seeds for each topic, of which there are at least two", "seeds: {one: […], another: […]}"
                )
            )
        if self.labelled and (self.like is None or self.seeds is not None):
            mistakes.append(
                PartMistake(
                    ("labelled",),
                    "it names a field of the records in 'like', where these are the seeds",
                    "give like, and no seeds",
                    at_key=True,
                )
            )
        if self.field and not any(map(files.is_records, self._named_files())):
            hint = f"give messages as records, {', '.join(files.FORMATS)}, or take it out"
            mistakes.append(PartMistake(("field",), "it names a field of records, and no file here holds records", hint, at_key=True))
        of_voice = list(self._voice_mistakes())
        yield from mistakes + of_voice
        if mistakes or (self.seeds is None and any(mistake.at == ("like",) for mistake in of_voice)):  # the seeds cannot be read
            return
        shown = frozenset[str]().union(*map(slots, self.texts))
        for slot, rate in self.mention.items():
            if rate and slot not in shown:
                hint = did_you_mean(slot, shown) if nearest(slot, shown) else f"write <{slot}> in some of them"
                what = f"no seed message contains <{slot}>, so the model cannot know how it is mentioned"
                yield PartMistake(("mention", slot), what, hint, at_key=True)

    def _voice_mistakes(self) -> Iterator[PartMistake]:
        if self.like is not None:
            try:
                self._liked  # noqa: B018 (it is read, to see whether it can be)
                self.pools if self.seeds is None else None  # noqa: B018 (likewise)
            except (DataError, ValueError) as error:
                yield misread(("like",), error, self._context)
            if self.voice is not None:
                yield PartMistake(
                    ("voice",), "a message is either like those of a file or on a voice", "take out 'like' or 'voice'", at_key=True
                )
        yield from voice_mistakes(self.voice, self._context)

    def _seed_mistake(self, topic: str, seeds: Seeds) -> PartMistake | None:
        at = ("seeds", topic) if isinstance(self.seeds, dict) else ("seeds",)
        try:
            return None if seeds and self._read(seeds) else PartMistake(at, "no seed messages", FEW)
        except (DataError, ValueError) as error:
            mistake = misread(at, error, self._context)
            is_message = isinstance(seeds, str) and " " in seeds.strip() and "." not in seeds
            return replace(mistake, hint="text here names a file; messages stand in a list: [hi there, hello]") if is_message else mistake

    def reads(self) -> Iterator[tuple[tuple[str | int, ...], str]]:
        """The fields of the topic, of the mentions, and of every slot in the seeds."""
        yield from super().reads()
        yield from ((("topic",), name) for name in sorted(render.names(self.topic)))
        yield from ((("mention", slot), slot) for slot in self.mention)
        for topic, pool in self.pools.items():
            at = ("like",) if self.seeds is None else ("seeds", topic) if isinstance(self.seeds, dict) else ("seeds",)
            yield from ((at, slot) for slot in sorted(set().union(*map(slots, pool))))

    def unknown(self, at: tuple[str | int, ...], name: str) -> PartMistake | None:
        """As everywhere; in a seed message at its slot; nothing for a mention that no seed shows, which is a mistake of its own."""
        if at[0] == "mention":
            shown = frozenset[str]().union(*map(slots, self.texts))
            return PartMistake(at, f"there is no field '{name}'", word=name, at_key=True) if name in shown else None
        if at[0] not in ("seeds", "like"):
            return super().unknown(at, name)
        seeds = self.seeds[str(at[1])] if isinstance(self.seeds, dict) else self.seeds
        messages = seeds if isinstance(seeds, list) else self.pools[str(at[1])] if len(at) > 1 else self.texts
        number = next(number for number, message in enumerate(messages) if name in slots(message))
        listed = isinstance(seeds, list)
        where = "" if listed else f" (in: {messages[number]})"
        return PartMistake((*at, number) if listed else at, f"slot <{name}>: there is no field '{name}'{where}", word=f"<{name}>")

    def needs(self, others: Others) -> Iterator[PartMistake]:
        """Seeds for a topic that no row will ever have: a misspelt key, most likely."""
        seeds, (keys, source) = getattr(self, "seeds", None), others.named(self.topic) or ((), None)
        if not isinstance(seeds, dict) or not isinstance(source, Choice):
            return
        topics = {str(option) for option in [*source.options, source.fallback] if option is not None}
        for topic in seeds:
            if topic not in topics:
                hint = did_you_mean(topic, topics, f"{keys[-1]} is one of")
                yield PartMistake(("seeds", topic), f"no row has the topic '{topic}'", hint, at_key=True)

    def stand_in(self, row: Row) -> Value:
        """A seed message of the row's topic, with its facts in it."""
        topic = render.fill(self.topic, row.values)
        pool = self.pools.get(topic) or self.pools.get("") or self.texts
        seed, facts = pool[row.index % len(pool)], {name: "…" if value is None else value for name, value in row.values.items()}
        return filled(seed, facts) if slots(seed) <= facts.keys() else seed

    def answers(self) -> list[str]:
        """The seed messages."""
        return self.texts

    def labels(self) -> dict[str, str]:
        """With topics how likely a message is about its own; with a voice or `like` the voice, the style that was measured, and what was
        typed otherwise than the model wrote it."""
        style = {"voice": "string", "style": "json", "slips": "json"} if self.chooses else {}
        return ({"on_topic": "float64"} if self.has_topics else {}) | style

    def implied(self) -> Iterator[dict[str, Any]]:
        """None of the messages that it is like is to be repeated."""
        if self.like is not None:
            yield {"kind": "not_copied"}

    def logs(self) -> list[tuple[Path, str]]:
        """The file that it is like."""
        return [(path, self._field_of(path)) for path in [self._context.path(self.like)]] if self.like is not None else []

    def figures(self, name: str, rows: Callable[[Sequence[str]], Iterator[dict[str, Any]]]) -> dict[str, Any]:
        """How near each voice came to what was asked (`styles`), of very many messages by the first; and how many messages are about their
        topic, as their scores say (`labels`)."""
        sections = {"styles": self._styles(name, rows), "labels": self._holding(name, rows)}
        return {section: figures for section, figures in sections.items() if figures}

    def _styles(self, name: str, rows: Callable[[Sequence[str]], Iterator[dict[str, Any]]]) -> dict[str, Any]:
        if not self.chooses:
            return {}
        from synthgen.voices.likeness import style_errors

        texts: dict[str, list[str]] = {}
        for row in islice(rows([name, f"{name}_voice"]), MEASURED):
            if row[name] is not None:
                texts.setdefault(row[f"{name}_voice"], []).append(row[name])
        return {voice: {"rows": len(own), "figures": style_errors(own, self.voices[voice])} for voice, own in sorted(texts.items())}

    def _holding(self, name: str, rows: Callable[[Sequence[str]], Iterator[dict[str, Any]]]) -> dict[str, Any]:
        if not self.has_topics:
            return {}
        likely: dict[str, list[float]] = {}
        for row in rows([f"{name}_on_topic", *sorted(render.names(self.topic))]):
            if (holds := row[f"{name}_on_topic"]) is not None:
                likely.setdefault(render.fill(self.topic, row).strip(), []).append(holds)
        every = [holds for own in likely.values() for holds in own]
        topics = {topic: {"rows": len(own), "hold": round(fmean(own), 3)} for topic, own in sorted(likely.items())}
        return {"rows": len(every), "hold": round(fmean(every), 3), "topics": topics} if every else {}

    # The voices

    @property
    def chooses(self) -> bool:
        """Whether the table is moved towards how somebody types."""
        return self.voice is not None or self.like is not None

    @cached_property
    def courses(self) -> dict[str, StyleTarget]:
        """What the rows of each voice are moved towards."""
        from synthgen.voices import steer

        if self.like is not None:
            return {self.like: steer.target_from_texts(self._liked)}
        return {name: steer.target_from_voice(voice) for name, voice in self.voices.items()}

    @cached_property
    def voices(self) -> dict[str, Voice]:
        """The voices that rows are typed in; with `like`, the one that was measured, under its file's name."""
        if self.like is not None:
            from synthgen.voices.measure import measure_voice

            return {self.like: measure_voice(self._liked)}
        return {name: self._context.voices[name] for name in weighted(self.voice)}

    @cached_property
    def _seeds_voice(self) -> Voice:
        from synthgen.voices.measure import measure_voice

        return measure_voice(self.texts)

    def _voice_of(self, row: Row, name: str, streams: Streams) -> str:
        """The row's voice: one draw for all its tries."""
        return self.like or draw_voice(self.voice, streams.at(row.table, name, "voice", row.index))

    def memory(self) -> dict[str, StyleTotals]:
        """How the table's messages of each voice are typed so far."""
        from synthgen.voices.steer import StyleTotals

        return {name: StyleTotals.empty(course) for name, course in self.courses.items()}

    def remember(self, row: Row, name: str, memory: dict[str, StyleTotals], times: int = 1) -> None:
        """Count the row's message."""
        if (voice := row.values.get(f"{name}_voice")) is not None:
            memory[voice].add(self.courses[voice].marks([row.values[name]])[0], times)

    def forget(self, row: Row, name: str, memory: dict[str, StyleTotals]) -> None:
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
            size = max(1, (SHARED_OPENED if self.topics else SHARED) // several)
            for start in range(0, len(places), size):
                block = places[start : start + size]
                first = rows[block[0]]
                stream = streams.at(first.table, name, "frame", topic, voice, *sorted(wanted), first.index, first.attempt)
                text, shown = self.frame(topic, wanted, stream, voice)
                origin = {
                    "field": f"{first.table}.{name}",
                    "seeds": [digest(seed) for seed in shown],
                    "mention": sorted(wanted),
                    "voice": voice,
                    "topic": topic,
                }
                openings = self._openings(topic, wanted, stream, voice)
                for place in block:
                    row = rows[place]
                    for one in range(several):
                        number = streams.number(row.table, name, row.index, row.attempt, one)
                        opening = self._suited(next(openings), row)
                        prompts[place].append(Prompt(text, number, self._settings(topic, opening), {**origin, "opening": opening}))
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
        least = self.best_of or (OF_LIKE if self.like else OF_TOPICS if self.for_labels else OF_VOICE if self.voice else 1)
        if self.topics and self.chooses and not attempt:
            return 2 * least if hard else least
        if self.chooses and not hard and not self.topics:  # rows share what they ask for, and what is left over is lost
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
            put = {seed: self._in_voice(seed, voice, stream) for seed in shown}
            sections = [frames.Section(section.topic, [put[seed] for seed in section.messages]) for section in sections]
        return frames.frame(self._context.about, sections), shown

    def _settings(self, topic: str, opening: str) -> dict[str, float | int | str | bool]:
        usual = CALM if self._is_for_labels(topic) else FREE
        settings: dict[str, float | int | str | bool] = {
            "temperature": usual if self.temperature is None else self.temperature,
            "tokens": LONGEST,
            "stop": frames.END,
        }
        return settings | ({"opening": f" {opening}"} if opening else {})

    def _openings(self, topic: str, wanted: frozenset[str], stream: Random, voice: str) -> Iterator[str]:
        """What messages of a topic begin with, one after the other: the first words of a seed message, as the voice types it, or nothing.
        All seeds have their turn before one comes again; those that mention what is wanted, if there are any, and as far as they do."""
        share = self.openings if self.openings is not None else OPENED if self._is_for_labels(topic) else 0.0
        own = [seed for seed in self._own(topic) if len(seed.split()) > 1]
        seeds = [seed for seed in own if slots(seed) & self.mention.keys() == wanted] or own
        if not share or not seeds:
            yield from repeat("")
        while True:
            for seed in stream.sample(seeds, len(seeds)):
                words = (self._in_voice(seed, voice, stream) if voice and self.seeds is not None else seed).split()
                upto = max((place + 1 for place, word in enumerate(words[:LONG]) if slots(word) & wanted), default=0)
                opening = " ".join(words[: min(max(upto, stream.randint(*OPENING)), len(words) - 1)])
                allowed = stream.random() < share and not slots(opening) & self.mention.keys() - wanted
                yield opening if allowed else ""

    def _suited(self, opening: str, row: Row) -> str:
        """The opening, if the row has all that it speaks of."""
        return opening if all(row.values.get(slot) is not None for slot in slots(opening)) else ""

    def _in_voice(self, seed: str, voice: str, stream: Random) -> str:
        """A seed message as the voice types it. What is shouted makes little sense to a small model: its message is put in capitals behind
        it."""
        hand = self.voices[voice].model_copy(update={"shouting": None})
        return apply_voice(seed, hand, stream, source=self._seeds_voice).text or seed

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
        from synthgen.text.nearness import Nearness

        return Nearness(self.texts)

    # How an answer is read

    @cached_property
    def _reader(self) -> Reader:
        return Reader(
            self._context.about, self.texts, self.originals, frozenset(self.mention), self.words, self.topics, harmless=self.harmless
        )

    def read(self, row: Row, completions: Sequence[Completion]) -> Value | Refusal:
        """The first message among the continuations, with its slots filled, or why the first is none."""
        return self._first(row, self._messages(row, completions), anything)[0]

    def _first(self, row: Row, read: Sequence[Read], passes: Passes) -> Chosen:
        """The first message of those that pass the checks, or else of all, or why the first is none."""
        messages = [(filled(message, row.values), completion) for message, completion in read if isinstance(message, str)]
        return next((one for one in messages if passes(row, one[0])), messages[0] if messages else read[0])

    def _score(self, message: str, completion: Completion) -> float:
        """How much a message is about its topic."""
        topic = topic_of(completion)
        judging = self._judging(topic)
        return judging.score(message, topic) if judging else 0.0

    def _judging(self, topic: str) -> Topics | None:
        """What tells whether a message is about a topic; None where that does not matter, or the topic has no seeds."""
        return self.topics if self.topics and topic in self.topics.names else None

    def _messages(self, row: Row, completions: Sequence[Completion]) -> list[Read]:
        """The message in each continuation, or why it is none."""
        return [(self._reader.message(row, completion), completion) for completion in completions]

    def choose(
        self,
        rows: Sequence[Row],
        answers: Sequence[Sequence[Completion]],
        memory: Any,
        passes: Passes = anything,
        listener: Listener | None = None,
    ) -> list[Chosen]:
        """Where topics or a voice matter, the continuations of all rows with the same topic, voice and mentions are one pool, from which
        each row in turn takes the one that the table is most in need of; else each row takes its first message."""
        messages = [self._messages(row, own) for row, own in zip(rows, answers, strict=True)]
        if not self.chooses and self.topics is None:
            firsts = [self._first(row, own, passes) for row, own in zip(rows, messages, strict=True)]
            for row, read, first in zip(rows, messages, firsts, strict=True):
                if listener and listener.follows(row):
                    listener.considered(row, [*unread(read), *one_by_one(read, row.values, first[1], partial(passes, row))])
            return firsts
        from synthgen.fields.pool import Fates, MessagePool, unheard

        alike: dict[tuple[Any, ...], list[int]] = {}
        for place, own in enumerate(answers):
            origin = own[0].prompt.origin
            alike.setdefault((origin["voice"], origin["topic"], *origin["mention"]), []).append(place)
        pool_of: dict[int, MessagePool] = {}
        sure, used = self.topics.sure if self.topics else None, set[str]()
        for (voice, *_), places in alike.items():
            forms = [one for place in places for one in self._sound(rows[place], messages[place], voice, passes)]
            pool_of |= dict.fromkeys(places, MessagePool(self.courses.get(voice), forms, sure, WORSE))
        chosen: list[Chosen] = []
        for place, row in enumerate(rows):
            voice = answers[place][0].prompt.origin["voice"]
            fates = Fates(pool_of[place]) if listener and listener.follows(row) else None
            tally, sift = memory[voice] if self.chooses else None, fates.sift if fates else unheard
            form = pool_of[place].take(tally, partial(self._suits, row), used, sift)
            if listener and fates:
                others = pooled(pool_of[place], fates, row.values, scored=self.topics is not None)
                listener.considered(row, [*unread(messages[place]), *others])
            if form is None:
                refused = messages[place][0][0]
                taken = Refusal("taken", "by other rows, which had none of their own")
                chosen.append((refused if isinstance(refused, Refusal) else taken, answers[place][0]))
            else:
                used.update(frames.wordings(form.put.text))
                chosen.append((self._taken(form, row, voice, memory), form.source))
        return chosen

    def _taken(self, form: MessageVariant, row: Row, voice: str, memory: Any) -> Value | Labelled:
        """The message that a row takes from the pool, with its labels; with a voice it is counted."""
        from synthgen.fields.pool import with_facts
        from synthgen.voices.steer import style

        put, labels = with_facts(form.put, row.values), dict[str, Value]()
        if judging := self._judging(topic_of(form.source)):
            labels["on_topic"] = round(judging.holds(form.score), 3)
        if self.chooses:
            memory[voice].add(self.courses[voice].marks([put.text])[0])
            labels |= {"voice": voice, "style": style(put.text), "slips": [slip._asdict() for slip in put.slips]}
        return Labelled(put.text, labels)

    def _suits(self, row: Row, form: MessageVariant) -> bool:
        """Whether a message that another row asked for can be this row's."""
        return self._reader.objection(form.put.text, row, form.source.prompt) is None

    def _sound(self, row: Row, messages: Sequence[Read], voice: str, passes: Passes) -> Iterator[MessageVariant]:
        """The messages among a row's continuations, each as it came and, with a voice, as that would have typed it."""
        from synthgen.fields.pool import MessageVariant

        for message, completion in messages:
            if isinstance(message, str):
                score, sense = self._score(message, completion), _sense(completion)
                yield MessageVariant(Put(message, []), completion, passes(row, filled(message, row.values)), score, sense)
                if not self.chooses:
                    continue
                put = apply_voice(message, self.voices[voice], Random(completion.prompt.stream))
                if put.text and put.text != message and self._reader.objection(put.text, row, completion.prompt) is None:
                    yield MessageVariant(put, completion, passes(row, filled(put.text, row.values)), score, sense, voiced=True)
