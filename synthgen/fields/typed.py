"""`kind: typed`: what a person typed, continued by a base model from a frame of seed messages.

Rows that are about the same topic, on the same voice, and must mention the same facts share one frame, so that a model reads it
once and continues it many times. Whether a row mentions a fact is drawn before anything is asked and holds
for all its tries: otherwise the rate would drift towards what comes easily.

Where at least two topics have seeds, a label must hold: a share of the messages begins with the first words of a seed message of their
topic, the model goes on more calmly, and no message has a long run of a seed's words.

With a voice, the seed messages are put on it before they enter the frame. `like` takes the voice, and the seeds, from a file of
messages that people really typed. How frames are made is in `framing`, how rows choose among what is written in `choosing`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, NamedTuple, Self

from pydantic import AfterValidator, Field

from synthgen.errors import DataError, did_you_mean, nearest
from synthgen.fields.choice import Choice
from synthgen.fields.choosing import WORSE, Choosing
from synthgen.fields.considered import Listener
from synthgen.fields.first_rows import record_mistakes
from synthgen.fields.framing import Framing
from synthgen.fields.options import each_option
from synthgen.fields.reading import Reader
from synthgen.fields.realised import label_figures, style_figures, unmentioned
from synthgen.fields.seed_messages import SeedMessages, Seeds
from synthgen.fields.shape import Asked, Chosen, Others, Passes, Role, Template, Weight, Workload, anything, fill
from synthgen.fields.voiced import draw_voice, voice_mistakes, weighted
from synthgen.spec import render
from synthgen.spec.digests import digest
from synthgen.spec.parts import PartMistake, in_order, unreadable_file
from synthgen.spec.rows import Completion, Labelled, Prompt, Refusal, Row, Value
from synthgen.spec.streams import Streams
from synthgen.text import files, frames
from synthgen.text.dialogues import Turns
from synthgen.text.slots import filled, slots
from synthgen.voices import Voice

if TYPE_CHECKING:  # what needs numpy is imported when a message is first made
    from synthgen.text.topics import Topics
    from synthgen.voices.steer import StyleTarget, StyleTotals

OF_LIKE, OF_VOICE = 4, 2  # continuations of a row, to choose from
SHARED, SHARED_OPENED = 32, 48  # continuations of one frame at most: more would make messages alike, less so where each has its opening
MOST = 12  # continuations of one row that are asked at once, at most
LONGEST = 64  # tokens of a message
FRAMES_READ = 16  # of those that a recipe will ask, to know how long they are
SOON = 3  # continuations of a row that somebody waits for, at most
MOST_LIKELY = 0.9  # a message's own score says no more of its label
FREE = 1.1  # the temperature where labels do not matter


class _ForLabels(NamedTuple):
    """What an aim for labels stands for: the share of messages that begin with the first words of a seed, the temperature, the
    continuations of a row, how likely a message must be about its topic, and the share that makes sense worse than the others."""

    openings: float
    temperature: float
    best_of: int
    likely: float
    worse: float


LABELS, SENSE = "labels", "sense"
FOR_LABELS = {LABELS: _ForLabels(0.9, 0.9, 7, 0.0, WORSE), SENSE: _ForLabels(1.0, 0.7, 16, 0.85, 0.88)}
"""The aims for which a label must hold, by name. Figures: docs/labels.md."""

Rate = Annotated[float, Field(ge=0, le=1)]


def _of_aims(name: str) -> str:
    """What aims for labels set, in words."""
    return ", ".join(f"{getattr(of_aim, name):g} for {aim}" for aim, of_aim in FOR_LABELS.items())


@dataclass(frozen=True)
class _Block:
    """Rows, by their `places`, that share a frame: the same topic, voice and mentions, `several` continuations each. The frame is what is
    drawn first from the `stream`."""

    topic: str
    voice: str
    mentions: frozenset[str]
    places: Sequence[int]
    several: int
    stream: Random

    def frame(self, framing: Framing) -> tuple[str, list[str]]:
        return framing.frame(self.topic, self.mentions, self.stream, self.voice)


class Typed(Asked):
    """A message as a person types it, in the manner of `seeds`, about a `topic`."""

    role: ClassVar[Role] = "message"
    sliced: ClassVar[tuple[str, ...]] = ("voice",)
    names_apart: ClassVar[tuple[str, ...]] = ("mention",)
    drafts: ClassVar[bool] = True

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
    turns: Turns | None = Field(
        None,
        exclude_if=lambda turns: turns is None,
        description="which turns of the user are read of conversations in these files: the first, all, or those that are new, as requests "
        "repeat the ones before (default: all, of traces new)",
    )
    labelled: str | None = Field(
        None, description="the field of the records in `like` that says what each is about: they are the seeds of that topic, too"
    )
    aim: Literal["labels", "sense", "likeness"] | None = Field(
        None,
        description="what matters most: that messages are about their topic (labels: the default where at least two topics have seeds), "
        "that they also make sense (sense: fewer kinds of messages, and more to type), or that they vary as people's do (likeness); it "
        "sets on_topic, openings, best_of and temperature, where these are not given",
    )
    seeds_as_rows: bool | Annotated[str, Field(min_length=1)] = Field(
        False,
        exclude_if=lambda seeds_as_rows: not seeds_as_rows,
        description="whether the first rows of the table are the seeds, one each, with facts of their own; or a file of what was typed, "
        "records with the message and the fields that go with it: these are the first rows",
    )
    voice: str | dict[str, Weight] | None = Field(None, description="how they type: a voice, or weights such as {texter: 5, careful: 1}")
    best_of: int | None = Field(
        None,
        ge=1,
        le=16,
        description=f"continuations to choose from (default: {OF_LIKE} with `like`, {_of_aims('best_of')}, {OF_VOICE} with `voice`, "
        f"else 1)",
    )
    on_topic: bool | Annotated[float, Field(gt=0, le=MOST_LIKELY)] | None = Field(
        None,
        description="whether a message must be about its topic (default: for labels), or how likely it must be, such as 0.85; false allows "
        "everything",
    )
    harmless: bool = Field(
        True, description="whether sexual, hateful and violent messages, and those of self-harm, are refused unless seeds say the same"
    )
    openings: Rate | None = Field(
        None,
        description=f"the share of messages that begin with the first words of a seed of their topic (default: {_of_aims('openings')}, "
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
        description=f"lower is more usual and keeps to the topic, higher more varied and odder (default: {_of_aims('temperature')}, "
        f"else {FREE})",
    )

    # What the recipe gives

    @cached_property
    def _seeds(self) -> SeedMessages:
        return SeedMessages(self.seeds, self.like, self.field, self.turns, self.labelled, self._context)

    @property
    def pools(self) -> dict[str, list[str]]:
        """The seed messages per topic; under the empty topic those that serve all. Raises DataError, ValueError."""
        return self._seeds.by_topic

    @property
    def mentioned(self) -> dict[str, float]:
        """The slots in `mention`."""
        return self.mention

    @property
    def source_of_topics(self) -> str:
        """Its topic."""
        return self.topic

    @property
    def more_seeds(self) -> tuple[str, str] | None:
        """Its seeds, unless they are records."""
        return ("seeds", self.topic) if self.seeds is not None and not (self.field or self.turns) else None

    @property
    def drawn_by_weight(self) -> dict[str, str]:
        """Its voices, where there are several."""
        return {"voice": "voice"} if isinstance(self.voice, dict) else {}

    @property
    def originals(self) -> list[str]:
        """What no message may repeat: the seeds, and the messages of `like`."""
        return self._seeds.originals

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
        return self._for_labels is not None

    @property
    def _for_labels(self) -> _ForLabels | None:
        """What holds for labels; None where likeness matters more."""
        usual = LABELS if self.on_topic is not False and self._seeds.several_topics else ""
        return FOR_LABELS.get(self.aim or usual)

    def _for_label(self, topic: str) -> _ForLabels | None:
        """The same for messages about one topic, which has seeds."""
        return self._for_labels if topic in self.pools else None

    @property
    def _likely(self) -> float:
        """How likely a message must be about its topic, to be taken."""
        if self.on_topic is None:
            return self._for_labels.likely if self._for_labels else 0.0
        return 0.0 if isinstance(self.on_topic, bool) else self.on_topic

    @property
    def has_topics(self) -> bool:
        """Whether a message must be about its topic."""
        return self._seeds.several_topics and (self.for_labels if self.on_topic is None else bool(self.on_topic))

    def files(self) -> list[Path]:
        """The seed files, the one to be like, and that of the first rows."""
        return [*self._seeds.files(), *([self._typed_file] if self._typed_file else [])]

    def mistakes(self) -> Iterator[PartMistake]:
        """Seeds that cannot be read or are too few, and slots that must be mentioned but no seed shows."""
        mistakes = list(self._seeds.mistakes())
        if self.aim in FOR_LABELS and not self._seeds.several_topics and (self.seeds is not None or self.like is not None):
            message = "labels need seeds for each topic, of which there are at least two"
            mistakes.append(PartMistake(("aim",), message, "seeds: {one: […], another: […]}"))
        mistakes_of_like = list(self._seeds.mistakes_of_like())
        yield from mistakes + mistakes_of_like
        try:
            self._typed_rows  # noqa: B018 (it is read, to see whether it can be)
        except (DataError, ValueError) as error:
            yield unreadable_file(("seeds_as_rows",), error, self._context)
        if self.like is not None and self.voice is not None:
            message = "a message is either like those of a file or on a voice"
            yield PartMistake(("voice",), message, "take out 'like' or 'voice'", at_key=True)
        yield from voice_mistakes(self.voice, self._context)
        shown = self._shown
        for slot, rate in self.mention.items() if shown is not None else ():
            if rate and shown is not None and slot not in shown:
                hint = did_you_mean(slot, shown) if nearest(slot, shown) else f"write <{slot}> in some of them"
                message = f"no seed message contains <{slot}>, so the model cannot know how it is mentioned"
                yield PartMistake(("mention", slot), message, hint, at_key=True)

    @property
    def _shown(self) -> frozenset[str] | None:
        """The slots that seeds show; None where there are no seeds that can be read."""
        try:
            return self._seeds.slots if self._seeds.all else None
        except (DataError, ValueError):
            return None

    def reads(self) -> Iterator[tuple[tuple[str | int, ...], str]]:
        """The fields of the topic, of the mentions, and of every slot in the seeds."""
        yield from super().reads()
        yield from ((("topic",), name) for name in sorted(render.names(self.topic)))
        yield from ((("mention", slot), slot) for slot in self.mention)
        for at, pool in self._seeds.places():
            yield from ((at, slot) for slot in sorted(set().union(*map(slots, pool))))

    def unknown(self, at: tuple[str | int, ...], name: str) -> PartMistake | None:
        """As everywhere; in a seed message at its slot; nothing for a mention that no seed shows, which is a mistake of its own."""
        if at[0] == "mention":
            is_shown = name in self._seeds.slots
            return PartMistake(at, f"there is no field '{name}'", word=name, at_key=True) if is_shown else None
        return self._seeds.unknown(at, name) if at[0] in ("seeds", "like") else super().unknown(at, name)

    def needs(self, others: Others) -> Iterator[PartMistake]:
        """Seeds for a topic that no row will ever have: a misspelt key, most likely."""
        yield from self._rows_mistakes(others)
        seeds, (keys, source) = getattr(self, "seeds", None), others.named(self.topic) or ((), None)
        known = source.known_values() if isinstance(source, Choice) else None
        if not isinstance(seeds, dict) or known is None:
            return
        topics = {str(option) for option, _ in known if option is not None}
        places = {str(option.value): option.at for option in each_option(source.options)} if isinstance(source, Choice) else {}
        for topic in seeds:
            if topic not in topics:
                near, hint, beside = nearest(topic, topics - seeds.keys()), did_you_mean(topic, topics, f"{keys[-1]} is one of"), ()
                if near in places:  # either of the two may be misspelt
                    hint, beside = f"write both alike: {keys[-1]} has '{near}'", (*keys, "options", *places[near])
                yield PartMistake(("seeds", topic), f"no row has the topic '{topic}'", hint, at_key=True, beside=beside)

    def _rows_mistakes(self, others: Others) -> Iterator[PartMistake]:
        """Why the seeds cannot be the first rows: nothing says their topics, or other rows are the first."""
        if not self.seeds_as_rows:
            return
        source = others.fields().get(render.alone(self.topic))
        if self._typed_file:
            mistakes = record_mistakes(self._typed_rows, self, others)
            yield from (replace(mistake, at=("seeds_as_rows",)) for mistake in mistakes)
        elif self.seeds is None:
            hint = "give seeds, or take it out"
            yield PartMistake(("seeds_as_rows",), "the messages of `like` are those of real people, and never rows", hint, at_key=True)
        elif isinstance(self.seeds, dict) and (source is None or source.known_values() is None or source.copies > 1 or [*source.reads()]):
            message = "a row gets the topic of its seed, so the topic is one field, a choice that depends on no other"
            yield PartMistake(("topic",), message, 'topic: "{{ intent }}", and intent: {kind: choice, options: […]}')
        if any(field.first_rows(name) for name, field in others.fields().items() if field is not self):
            yield PartMistake(("seeds_as_rows",), "the seeds of another field are the first rows already", "take it out here", at_key=True)

    @property
    def _typed_file(self) -> Path | None:
        """The file of rows that were typed."""
        return self._context.path(self.seeds_as_rows) if isinstance(self.seeds_as_rows, str) else None

    @cached_property
    def _typed_rows(self) -> list[dict[str, Value]]:
        """What is in it. Raises DataError, ValueError."""
        return [*files.records(self._typed_file)] if self._typed_file else []

    def first_rows(self, name: str) -> Sequence[Mapping[str, Value]]:
        """The seeds with their topics, where they are rows, or what was typed in a file."""
        if not self.seeds_as_rows:
            return ()
        if self._typed_file:
            return self._typed_rows
        return [{name: seed} | ({render.alone(self.topic): topic} if topic else {}) for topic, seed in self._seeds.in_turn()]

    def preset(self, row: Row, value: Value) -> Value | Labelled | None:
        """What was typed, with the row's facts in its slots, and how; None where the row lacks one of them."""
        seed = str(value)
        if any(row.values.get(slot) is None for slot in slots(seed)):
            return None
        message, labels = filled(seed, row.values), dict[str, Value]({"seed": True})
        if self.chooses:
            from synthgen.voices.steer import style

            labels["style"] = style(message)
        return Labelled(message, dict.fromkeys(self.labels()) | labels)

    def stand_in(self, row: Row) -> Value:
        """A seed message of the row's topic, with its facts in it."""
        topic = render.fill(self.topic, row.values)
        pool = self.pools.get(topic) or self.pools.get("") or self._seeds.all
        seed, facts = pool[row.index % len(pool)], {name: "…" if value is None else value for name, value in row.values.items()}
        return filled(seed, facts) if slots(seed) <= facts.keys() else seed

    def answers(self) -> list[str]:
        """The seed messages."""
        return self._seeds.all

    def labels(self) -> dict[str, str]:
        """With topics how likely a message is about its own; with a voice or `like` the voice, the style that was measured, and what was
        typed otherwise than the model wrote it; where seeds are rows, too, that it is one."""
        style = {"voice": "string", "style": "json", "slips": "json"} if self.chooses else {}
        seed = {"seed": "bool"} if self.seeds_as_rows else {}
        return ({"on_topic": "float64"} if self.has_topics else {}) | style | seed

    def implied(self) -> Iterator[dict[str, Any]]:
        """None of the messages that it is like is to be repeated."""
        if self.like is not None:
            yield {"kind": "not_copied"}

    def logs(self) -> list[tuple[Path, str]]:
        """The file that it is like."""
        return [(path, self._seeds.field_of(path)) for path in [self._context.path(self.like)]] if self.like is not None else []

    def readings(self) -> Iterator[str]:
        """What was read of its files."""
        return self._seeds.readings()

    def figures(self, name: str, rows: Callable[[Sequence[str]], Iterator[dict[str, Any]]]) -> dict[str, Any]:
        """How near each voice came to what was asked (`styles`), of very many messages by the first; how many messages are about their
        topic, as their scores say (`labels`); the slots of seeds that no message mentions (`unmentioned`); and how many rows are seeds
        (`seeds`)."""
        sections = {
            "styles": style_figures(rows, name, self.voices) if self.chooses else {},
            "labels": label_figures(rows, name, self.topic) if self.has_topics else {},
            "unmentioned": unmentioned(rows, name, self._seeds.slots),
            "seeds": sum(row[f"{name}_seed"] is True for row in rows([f"{name}_seed"])) if self.seeds_as_rows else 0,
        }
        return {section: figures for section, figures in sections.items() if figures}

    # The voices

    @property
    def chooses(self) -> bool:
        """Whether the table is moved towards how somebody types."""
        return self.voice is not None or self.like is not None

    @cached_property
    def targets(self) -> dict[str, StyleTarget]:
        """What the rows of each voice are moved towards."""
        from synthgen.voices import steer

        if self.like is not None:
            return {self.like: steer.target_from_texts(self._seeds.liked)}
        return {name: steer.target_from_voice(voice) for name, voice in self.voices.items()}

    @cached_property
    def voices(self) -> dict[str, Voice]:
        """The voices that rows are typed in; with `like`, the one that was measured, under its file's name."""
        if self.like is not None:
            from synthgen.voices.measure import measure_voice

            return {self.like: measure_voice(self._seeds.liked)}
        return {name: self._context.voices[name] for name in weighted(self.voice)}

    def _voice_of(self, row: Row, name: str, streams: Streams) -> str:
        """The row's voice: one draw for all its tries."""
        return self.like or draw_voice(self.voice, streams.at(row.table, name, "voice", row.index))

    def memory(self) -> dict[str, StyleTotals]:
        """How the table's messages of each voice are typed so far."""
        from synthgen.voices.steer import StyleTotals

        return {name: StyleTotals.empty(target) for name, target in self.targets.items()}

    def remember(self, row: Row, name: str, memory: dict[str, StyleTotals], times: int = 1) -> None:
        """Count the row's message."""
        if (voice := row.values.get(f"{name}_voice")) is not None:
            memory[voice].add(self.targets[voice].marks([row.values[name]])[0], times)

    def forget(self, row: Row, name: str, memory: dict[str, StyleTotals]) -> None:
        """Take the row's message back."""
        self.remember(row, name, memory, -1)

    # What is asked

    def ask(self, rows: Sequence[Row], name: str, streams: Streams) -> list[list[Prompt]]:
        """One frame each; rows with the same topic, voice and mentions share theirs, a few dozen at a time."""
        prompts: list[list[Prompt]] = [[] for _ in rows]
        for block in self._blocks(rows, name, streams):
            text, frame_seeds = block.frame(self._framing)
            origin = {
                "field": f"{rows[0].table}.{name}",
                "seeds": [digest(seed) for seed in frame_seeds],
                "mention": sorted(block.mentions),
                "voice": block.voice,
                "topic": block.topic,
            }
            openings = self._framing.openings(self._share_opened(block.topic), block.topic, block.mentions, block.stream, block.voice)
            for place in block.places:
                row = rows[place]
                for draw in range(block.several):
                    number = streams.number(row.table, name, row.index, row.attempt, draw)
                    opening = self._suited(next(openings), row)
                    prompts[place].append(Prompt(text, number, self._settings(block.topic, opening), {**origin, "opening": opening}))
        return prompts

    def workload(self, rows: Sequence[Row], name: str, streams: Streams) -> Workload:
        """As many prompts and frames as `ask` would give; some of the frames are made, for their length, without what hardly changes it: a
        voice, and which seed messages are near each other."""
        blocks = list(self._blocks(rows, name, streams))
        some = blocks[:: max(1, len(blocks) // FRAMES_READ)]
        framing = replace(self._framing, voices={}, akin=False)
        frame_texts = [framing.frame(block.topic, block.mentions, block.stream)[0] for block in some]
        return Workload(sum(block.several * len(block.places) for block in blocks), len(blocks), frame_texts)

    def _blocks(self, rows: Sequence[Row], name: str, streams: Streams) -> Iterator[_Block]:
        alike: dict[tuple[str, str, frozenset[str]], list[int]] = {}
        for place, row in enumerate(rows):
            key = self._topic(row), self._voice_of(row, name, streams), self._wanted(row, name, streams)
            alike.setdefault(key, []).append(place)
        for (topic, voice, mentions), places in alike.items():
            several = self._several(bool(mentions), max(rows[place].attempt for place in places))
            size = max(1, (SHARED_OPENED if self.has_topics else SHARED) // several)
            for start in range(0, len(places), size):
                first = rows[places[start]]
                stream = streams.at(first.table, name, "frame", topic, voice, *sorted(mentions), first.index, first.attempt)
                yield _Block(topic, voice, mentions, places[start : start + size], several, stream)

    def _topic(self, row: Row) -> str:
        return " ".join(fill(self.topic, row.values, f"{row.table}, row {row.index}, topic").splitlines()).strip()

    def _wanted(self, row: Row, name: str, streams: Streams) -> frozenset[str]:
        """What the row must mention. One draw for all slots, which share the span from 0 to 1 one after the other (and from its start
        again when it is full): each has its rate, and two in one message are no more frequent than they must be."""
        draw, start, mentions = streams.at(row.table, name, "mention", row.index).random(), 0.0, set[str]()
        for slot in sorted(self.mention):
            if (draw - start) % 1 < self.mention[slot] and row.values.get(slot) is not None:
                mentions.add(slot)
            start += self.mention[slot]
        return frozenset(mentions)

    def _several(self, hard: bool, attempt: int) -> int:
        """How many continuations to ask at once for a row: more for one that must mention something, and more after each refusal,
        because a round of asking costs as much as its longest message, however few the rows."""
        labels = self._for_labels
        least = self.best_of or (OF_LIKE if self.like else labels.best_of if labels else OF_VOICE if self.voice else 1)
        if self.has_topics and self.chooses and not attempt:
            return 2 * least if hard else least
        if self.chooses and not hard and not self.has_topics:  # rows share what they ask for, and what is left over is lost
            return least
        tripled: int = max(least, 3 if hard else 1) * 3 ** min(attempt, 9)
        return min(max(MOST, least), tripled)

    def sooner(self) -> Self:
        """The same field with fewer continuations of a row, the first of those that it has otherwise."""
        return self if self._several(False, 0) <= SOON else self.model_copy(update={"best_of": SOON})

    def _settings(self, topic: str, opening: str) -> dict[str, float | int | str | bool]:
        labels = self._for_label(topic)
        usual = labels.temperature if labels else FREE
        settings: dict[str, float | int | str | bool] = {
            "temperature": usual if self.temperature is None else self.temperature,
            "tokens": LONGEST,
            "stop": frames.END,
        }
        return settings | ({"opening": f" {opening}"} if opening else {})

    def _share_opened(self, topic: str) -> float:
        labels = self._for_label(topic)
        return self.openings if self.openings is not None else labels.openings if labels else 0.0

    def _suited(self, opening: str, row: Row) -> str:
        """The opening, if the row has all that it speaks of."""
        return opening if all(row.values.get(slot) is not None for slot in slots(opening)) else ""

    @cached_property
    def _framing(self) -> Framing:
        voices = self.voices if self.seeds is not None else {}  # the messages of `like` are typed as they are to be
        return Framing(self._seeds, self._context.about, frozenset(self.mention), voices)

    # How an answer is read

    @cached_property
    def _choosing(self) -> Choosing:
        mention, about = frozenset(self.mention), self._context.about
        seeds, apart = self._seeds.all, self.for_labels and self.like is None  # of messages like logs some are as near to these
        own = {topic: frozenset().union(*map(slots, pool)) for topic, pool in self.pools.items()} if self.aim == SENSE else {}
        reader = Reader(
            about, seeds, self.originals, mention, self.words, self.topics, self._likely, harmless=self.harmless, apart=apart, own=own
        )
        targets, voices = (self.targets, self.voices) if self.chooses else ({}, {})
        worse = self._for_labels.worse if self._for_labels else WORSE
        return Choosing(reader, self.topics, targets, voices, 0.0 if self.like else worse)

    def read(self, row: Row, completions: Sequence[Completion]) -> Value | Refusal:
        """The first message among the continuations, with its slots filled, or why the first is none."""
        return self._choosing.first(row, self._choosing.read(row, completions))[0]

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
        return self._choosing.choose(rows, answers, memory, passes, listener)
