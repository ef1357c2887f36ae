"""Whether messages are in English, which is all that the embedded model knows.

Of English messages as people type them, most words are known ones, misspellings of these or chat speak: in 21 corpora 84 to 99 %, with a
third of the words misspelled still 63 to 86 %. Of the words of 18 other languages, in letters of any script, at most 45 % are (of German,
French, Spanish and Polish a third or fewer). Names, products and code are unknown words too, so that many messages are judged, not one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from random import Random

from synthgen.voices import lexicon

KNOWN = 0.5
"""The share of words that are known, below which messages are not English."""
HARDLY = 0.4
"""The same for a single message among others that may be English."""
LEAST = 12
"""Words that are needed to judge messages as a whole."""
SHORTEST = 3
"""Words that are needed to judge a message by itself."""
SOME = 4, 0.2
"""So many messages by themselves, and so many of all, are no chance."""
MOST = 2000
"""Messages that are looked at."""
_APART = re.compile(r"<\w+>|https?://\S+|\S+@\S+")
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_LATIN = re.compile(r"[a-z\u00aa-\u024f\u1e00-\u1eff]", re.IGNORECASE)


def not_english(messages: Sequence[str]) -> float:
    """The share of messages that are not in English, 0 where they are or too few to tell."""
    sample = Random(0).sample(messages, min(MOST, len(messages)))
    counts = [_counts(message) for message in sample]
    known_words, words = (sum(column) for column in zip(*counts, strict=True)) if counts else (0, 0)
    alone = sum(of >= SHORTEST and hits < HARDLY * of for hits, of in counts)
    if words >= LEAST and known_words < KNOWN * words:
        return sum(hits < KNOWN * of for hits, of in counts) / len(counts)
    return alone / len(counts) if alone >= max(SOME[0], SOME[1] * len(counts)) else 0.0


def _counts(message: str) -> tuple[float, float]:
    """How many words of a message are known, and how many it has. What is written without spaces has a word for two letters."""
    words = _WORD.findall(_APART.sub(" ", message))
    size = sum(1.0 if _LATIN.match(word) else max(1.0, len(word) / 2) for word in words)
    return float(sum(map(_is_known, words))), size


def _is_known(word: str) -> bool:
    lower = word.lower().replace("’", "'")
    lists = (lexicon.words(), lexicon.contractions(), lexicon.chat_words(), lexicon.typos())
    return any(lower in wordlist for wordlist in lists) or lower.removesuffix("'s") in lexicon.words() or lexicon.is_laughter(lower)
