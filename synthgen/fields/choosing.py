"""Which message each row takes from what a base model wrote for it, and for the rows that are like it.

Where topics matter, of several continuations that are surely about the topic (see `topics`) those with the least likely words are left
out, because they make the least sense, and of the rest the one is kept that repeats others least; a row for which there is none is asked
again. Measured on 400 such continuations of four recipes, read one by one: of all of them 69 % make sense, of the half with the likeliest
words 83 %; area under the curve 0.75, for the mean log-probability 0.65, for its gain over a frame without seeds 0.70, for agreement with
another frame of the topic 0.52. Half of them have only seven words or fewer: of messages of more than eleven words less than half make
sense, and no score that was tried tells which.

With a voice each continuation is there as it came and as the voice would have typed it, and the one is kept that moves the table towards
how the voice types (see `voices.steer`).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from random import Random
from typing import TYPE_CHECKING, Any

from synthgen.fields.considered import Listener, one_by_one, pooled, unread
from synthgen.fields.reading import Reader, topic_of
from synthgen.fields.shape import Chosen, Passes, anything
from synthgen.spec.rows import Completion, Labelled, Refusal, Row, Value
from synthgen.text import frames
from synthgen.text.slots import filled
from synthgen.voices import Voice
from synthgen.voices.channel import Put, apply_voice

if TYPE_CHECKING:  # what needs numpy is imported when a message is first made
    from synthgen.fields.pool import MessageVariant
    from synthgen.text.topics import Topics
    from synthgen.voices.steer import StyleTarget, StyleTotals

WORSE = 0.45
"""The share of messages about a topic, those that make the least sense, that are not taken while there are others. None is left out where
all are to be like those of a log, in which people make little sense, too. See the figures in docs/labels.md."""
USUAL = -2.0  # the log-probability from which on a token is no surprise

Read = tuple[str | Refusal, Completion]
"""The message in a continuation, or why it is none, and the continuation."""


def sense(completion: Completion) -> float:
    """How much sense a message makes: by how much its words, behind the opening, are less likely than usual, in all, by the root of their
    number (a mean would hardly mind the nonsense that grows with each word, a sum would leave short messages only)."""
    chosen = completion.logprobs
    return sum(min(logprob - USUAL, 0.0) for logprob in chosen) / math.sqrt(len(chosen) or 1)


@dataclass(frozen=True)
class Choosing:
    """How messages are chosen: what reads them, what knows their `topics` (None: these do not matter), what each of the `voices` moves
    its rows towards (none: nothing does), and the share that makes sense `worse` than the others and is not taken while there are some."""

    reader: Reader
    topics: Topics | None
    targets: Mapping[str, StyleTarget]
    voices: Mapping[str, Voice]
    worse: float = WORSE

    def read(self, row: Row, completions: Sequence[Completion]) -> list[Read]:
        """The message in each continuation, or why it is none."""
        return [(self.reader.message(row, completion), completion) for completion in completions]

    def first(self, row: Row, messages: Sequence[Read], passes: Passes = anything) -> Chosen:
        """The first message of those that pass the checks, or else of all, with its slots filled; or why the first is none."""
        candidates = [(filled(message, row.values), completion) for message, completion in messages if isinstance(message, str)]
        passing = (candidate for candidate in candidates if passes(row, candidate[0]))
        return next(passing, candidates[0] if candidates else messages[0])

    def choose(
        self,
        rows: Sequence[Row],
        answers: Sequence[Sequence[Completion]],
        memory: Mapping[str, StyleTotals],
        passes: Passes,
        listener: Listener | None,
    ) -> list[Chosen]:
        """Where topics or a voice matter, the continuations of all rows with the same topic, voice and mentions are one pool, from which
        each row in turn takes the one that the table is most in need of; else each row takes its first message."""
        messages = [self.read(row, completions) for row, completions in zip(rows, answers, strict=True)]
        if not self.targets and self.topics is None:
            return self._firsts(rows, messages, passes, listener)
        from synthgen.fields.pool import Fates, MessagePool, unheard

        alike: dict[tuple[Any, ...], list[int]] = {}
        for place, completions in enumerate(answers):
            origin = completions[0].prompt.origin
            alike.setdefault((origin["voice"], origin["topic"], *origin["mention"]), []).append(place)
        pool_of: dict[int, MessagePool] = {}
        sure, used = self.topics.sure if self.topics else None, set[str]()
        for (voice, *_), places in alike.items():
            variants = [variant for place in places for variant in self._variants(rows[place], messages[place], voice, passes)]
            pool_of |= dict.fromkeys(places, MessagePool(self.targets.get(voice), variants, sure, self.worse))
        chosen: list[Chosen] = []
        for place, row in enumerate(rows):
            voice = answers[place][0].prompt.origin["voice"]
            fates = Fates(pool_of[place]) if listener and listener.follows(row) else None
            totals, sift = memory[voice] if self.targets else None, fates.sift if fates else unheard
            variant = pool_of[place].take(totals, partial(self._suits, row), used, sift)
            if listener and fates:
                pooled_variants = pooled(pool_of[place], fates, row.values, scored=self.topics is not None)
                listener.considered(row, [*unread(messages[place]), *pooled_variants])
            if variant is None:
                refused = messages[place][0][0]
                taken = Refusal("taken", "by other rows, which had none of their own")
                chosen.append((refused if isinstance(refused, Refusal) else taken, answers[place][0]))
            else:
                used.update(frames.ngram_features(variant.put.text))
                chosen.append((self._labelled(variant, row, voice, memory), variant.source))
        return chosen

    def _firsts(self, rows: Sequence[Row], messages: Sequence[Sequence[Read]], passes: Passes, listener: Listener | None) -> list[Chosen]:
        """Each row's first message."""
        chosen = [self.first(row, read, passes) for row, read in zip(rows, messages, strict=True)]
        for row, read, (_, completion) in zip(rows, messages, chosen, strict=True):
            if listener and listener.follows(row):
                listener.considered(row, [*unread(read), *one_by_one(read, row.values, completion, partial(passes, row))])
        return chosen

    def _variants(self, row: Row, messages: Sequence[Read], voice: str, passes: Passes) -> Iterator[MessageVariant]:
        """The messages among a row's continuations, each as it came and, with a voice, as that would have typed it."""
        from synthgen.fields.pool import MessageVariant

        for message, completion in messages:
            if isinstance(message, str):
                score, likely = self._score(message, completion), sense(completion)
                yield MessageVariant(Put(message, []), completion, passes(row, filled(message, row.values)), score, likely)
                if not self.targets:
                    continue
                put = apply_voice(message, self.voices[voice], Random(completion.prompt.stream))
                if put.text and put.text != message and self.reader.objection(put.text, row, completion.prompt) is None:
                    yield MessageVariant(put, completion, passes(row, filled(put.text, row.values)), score, likely, voiced=True)

    def _suits(self, row: Row, variant: MessageVariant) -> bool:
        """Whether a message that another row asked for can be this row's."""
        return self.reader.objection(variant.put.text, row, variant.source.prompt) is None

    def _labelled(self, variant: MessageVariant, row: Row, voice: str, memory: Mapping[str, StyleTotals]) -> Labelled:
        """The message that a row takes from the pool, with its labels; with a voice it is counted."""
        from synthgen.fields.pool import with_facts
        from synthgen.voices.steer import style

        put, labels = with_facts(variant.put, row.values), dict[str, Value]()
        if judging := self._judging(topic_of(variant.source.prompt)):
            labels["on_topic"] = round(judging.holds(variant.score), 3)
        if self.targets:
            memory[voice].add(self.targets[voice].marks([put.text])[0])
            labels |= {"voice": voice, "style": style(put.text), "slips": [slip._asdict() for slip in put.slips]}
        return Labelled(put.text, labels)

    def _score(self, message: str, completion: Completion) -> float:
        """How much a message is about its topic."""
        topic = topic_of(completion.prompt)
        judging = self._judging(topic)
        return judging.score(message, topic) if judging else 0.0

    def _judging(self, topic: str) -> Topics | None:
        """What tells whether a message is about a topic; None where that does not matter, or the topic has no seeds."""
        return self.topics if self.topics and topic in self.topics.names else None
