"""What is measured in messages: a row of figures for each; the same code for a user's logs, for voices, and for what was made.

A message is cut into tokens once; what a token says by itself is known after it was first met, so that the rest is sums over arrays.
That is why tens of thousands of messages a second can be measured.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from synthgen.voices import lexicon, pairs
from synthgen.voices.pasted import is_pasted
from synthgen.voices.tokens import SAYS, Tokens, tokenize
from synthgen.voices.voice import Voice

FEATURES: tuple[str, ...] = (*(name for name in Voice.model_fields if name not in ("about", "keyboard")), "characters")
"""The columns of `features`: every figure of a voice (here `words` is the number of words), and the number of characters."""

Array = NDArray[Any]
_AT_ONCE = 4096  # messages: some megabytes of arrays
_REMEMBERED = 4_000_000  # characters of tokens, then it starts anew
_BRIEF = 5  # words of a question that wants nothing, at most: how are you


def features(texts: Sequence[str]) -> NDArray[np.float32]:
    """What FEATURES are in each message, an array (messages, features).

    A share is 0 or 1, a rate is for each word of the message, a count is a number. A slot counts as one ordinary word. An empty text
    has nothing of anything.
    """
    parts = [_features(texts[start : start + _AT_ONCE]) for start in range(0, len(texts), _AT_ONCE)]
    return np.concatenate(parts) if parts else np.zeros((0, len(FEATURES)), np.float32)


def _features(texts: Sequence[str]) -> NDArray[np.float32]:
    messages = _Messages.of(texts)
    figures = messages.shares() | messages.rates() | messages.counts()
    return np.stack([figures[name] for name in FEATURES], axis=1).astype(np.float32)


@cache
def _tokens() -> Tokens:
    return Tokens()


@dataclass(frozen=True)
class _Messages:
    """Messages as arrays over all their tokens, one after the other."""

    texts: Sequence[str]
    message: Array  # the message that each token is in
    says: dict[str, Array]
    rank: Array

    @classmethod
    def of(cls, texts: Sequence[str]) -> _Messages:
        if _tokens().characters > _REMEMBERED:
            _tokens.cache_clear()
        token_lists, vocabulary = tokenize(texts), _tokens()
        sizes = np.fromiter(map(len, token_lists), np.int64, len(token_lists))
        numbers = np.fromiter(map(vocabulary.__getitem__, chain.from_iterable(token_lists)), np.int64, int(sizes.sum()))
        table, rank = vocabulary.says(numbers)
        return cls(texts, np.repeat(np.arange(len(texts)), sizes), dict(zip(SAYS, table, strict=True)), rank)

    def shares(self) -> dict[str, Array]:
        """What is so or not so in a message."""
        shouting = (self.sums["small"] == 0) & (self.sums["capitals"] >= 4)
        greeting = self._first("greeting") | self._first_pair("greeting")
        flags = {name: self.sums[name] > 0 for name in ("question_mark", "exclamation", "repeated_marks", "emoji", "polite")}
        question = (self._per_message(self.asking) > 0) | flags["question_mark"]
        plain = self.sums["function"] + self.sums["interjection"] + self.sums["polite"] + self.sums["end"] == 0
        return flags | {
            "lower_only": (self.sums["small"] > 0) & (self.sums["capital"] == 0),
            "sentence_case": self._first("initial") & ~shouting,
            "shouting": shouting,
            "end_mark": self._last("end"),
            "digits": self.sums["digit"] > 0,
            "greeting": greeting,
            "keywords": plain & (self.sums["spelled"] > 1) & ~greeting,
            "question": question,
            "several_requests": self._several(question),
            "pasted": self._pasted(),
        }

    def rates(self) -> dict[str, Array]:
        """How many there are of something for each word."""
        counts: dict[str, Array] = {kind: self.sums[kind] + self._paired(kind) for kind in lexicon.KINDS}
        counts |= {
            "commas": self.sums["comma"],
            "apostrophes": self.sums["apostrophe"],
            "apostrophes_dropped": self.sums["dropped_apostrophe"] + self._paired("dropped_apostrophe"),
            "unknown_words": self.sums["unknown"],
            "misspelled": np.sum([*counts.values()], axis=0),
            "chat_words": self.sums["chat"],
            "elongated": self.sums["elongated"],
            "first_person": self.sums["first_person"],
            "function_words": self.sums["function"],
            "articles": self.sums["article"],
        }
        return {name: np.minimum(count / np.maximum(self.sums["word"], 1), 1) for name, count in counts.items()}

    def counts(self) -> dict[str, Array]:
        """Numbers."""
        return {
            "sentences": self._per_message(self.sentence_words > 0),
            "words": self.sums["word"],
            "word_length": self.sums["letters"] / np.maximum(self.sums["spelled"], 1),
            "characters": np.fromiter(map(len, self.texts), np.int64, len(self.texts)),
        }

    # Sums

    @cached_property
    def sums(self) -> dict[str, Array]:
        """What the tokens of each message say, together."""
        return {name: np.bincount(self.message, column, len(self.texts)) for name, column in self.says.items()}

    def _first(self, name: str) -> Array:
        """Whether the first word of each message says so."""
        flags = np.zeros(len(self.texts), bool)
        words = np.flatnonzero(self.says["word"])
        first = words[_begins(self.message[words])]
        flags[self.message[first]] = self.says[name][first] > 0
        return flags

    def _first_pair(self, meaning: pairs.Meaning) -> Array:
        flags = np.zeros(len(self.texts), bool)
        first = np.flatnonzero(_begins(self.message))
        flags[self.message[first]] = self.means(meaning)[first]
        return flags

    def _last(self, name: str) -> Array:
        flags = np.zeros(len(self.texts), bool)
        last = np.flatnonzero(_begins(self.message[::-1])[::-1])
        flags[self.message[last]] = self.says[name][last] > 0
        return flags

    # Pairs of neighbours

    @cached_property
    def _meaning(self) -> Array:
        """What each token says together with the next one of its message."""
        following = np.append(self.rank[1:], 0) * (np.append(self.message[1:], -1) == self.message)
        meaning = pairs.meanings()[self.rank, following]
        course = np.append(following[1:], 0) == pairs.ranks()["course"]  # could of course
        return np.where(course, 0, meaning)

    def means(self, meaning: pairs.Meaning) -> Array:
        """Whether each token does, with the next one."""
        matches: Array = self._meaning == pairs.MEANINGS.index(meaning)
        return matches

    def _paired(self, meaning: str) -> Array:
        if meaning not in pairs.MEANINGS:
            return np.zeros(len(self.texts))
        return np.bincount(self.message[self._meaning == pairs.MEANINGS.index(meaning)], minlength=len(self.texts))

    # Sentences

    @cached_property
    def sentence(self) -> Array:
        """The sentence that each token is in, numbered through all messages. A sentence ends with a mark or a line."""
        end = self.says["end"].astype(np.int64)
        end[1:] *= self.says["abbreviation"][:-1] == 0
        begins = _begins(self.message)
        begins[1:] |= (end[:-1] > 0) & (end[1:] == 0)
        return begins.cumsum() - 1

    def _in_sentence(self, column: Array) -> Array:
        return np.bincount(self.sentence, column)

    @cached_property
    def sentence_words(self) -> Array:
        """The number of words in each sentence."""
        return self._in_sentence(self.says["word"])

    def _per_message(self, of_sentence: Array) -> Array:
        return np.bincount(self.message[_begins(self.sentence)], of_sentence, len(self.texts))

    @cached_property
    def asking(self) -> Array:
        """Whether each sentence is a question, by its words: it begins like one, but for greetings and the like, or turns a verb round."""
        firm = np.flatnonzero(self.says["word"] > self.says["soft"])
        opening = firm[_begins(self.sentence[firm])]
        questions = np.zeros(len(self.says["word"]), bool)
        questions[opening] = ((self.says["asks"] > 0) | self.means("asks"))[opening]
        return self._in_sentence(questions | self.means("turned")) > 0

    def _several(self, question: Array) -> Array:
        """Whether a message asks for more than one thing: two questions, or a question and `also …`."""
        idle = (self._in_sentence(self.means("idle")) > 0) & (self.sentence_words <= _BRIEF)
        marked = self._in_sentence(self.says["question_mark"]) > 0
        question_counts = self._per_message((self.asking | marked) & (self.sentence_words > 2) & ~idle)
        turned = np.append((self.means("turned") | self.means("asks"))[1:], False)
        before = np.arange(len(self.message)) - np.flatnonzero(_begins(self.message))[self._dense]
        # Not "when and where".
        doubled = np.append(False, np.isin(self.rank[:-1], _question_ranks()))
        more = (self.means("more") | (self.means("more_turned") & turned)) & (before > 3) & ~doubled
        return (question_counts > 1) | (question & (np.bincount(self.message[more], minlength=len(self.texts)) > 0))

    @cached_property
    def _dense(self) -> Array:
        return _begins(self.message).cumsum() - 1

    def _pasted(self) -> Array:
        """Looked for only where there is something odd."""
        odd = (self.sums["odd"] > 1) | (self.sums["address"] > 0) | (self.sums["comma"] > 3) | (self.sums["digit"] > 1)
        pasted = np.zeros(len(self.texts), bool)
        pasted[odd] = [is_pasted(self.texts[place]) for place in np.flatnonzero(odd).tolist()]
        return pasted


@cache
def _question_ranks() -> list[int]:
    return [rank for word, rank in pairs.ranks().items() if word in lexicon.table("question_words")]


def _begins(values: Array) -> Array:
    """Where a value differs from the one before it; the first one does."""
    begins = np.ones(len(values), bool)
    begins[1:] = values[1:] != values[:-1]
    return begins
