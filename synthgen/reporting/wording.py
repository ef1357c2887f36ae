"""How long the messages of a table are, how much they vary, and which say the same."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from synthgen.comparison import diversity
from synthgen.reporting.contents import Contents, spread_over
from synthgen.text.frames import normalise
from synthgen.text.legible import Pieces, legible
from synthgen.text.similarity import SimilarityIndex

MEASURED, SEARCHED = 1_000, 3_000
"""Messages whose diversity is measured, and among which near-duplicates are looked for."""
ALIKE = 0.85
"""The share of three-letter pieces in common from which two messages say nearly the same, as in the check `near_duplicate`."""
PAIRS = 8
BINS = 30
"""Bars of a histogram at most."""
FAR = 2
"""A histogram ends at about this multiple of the 95th percentile."""
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)


@dataclass(frozen=True)
class Column:
    """A bar of a histogram: from and to how many words, how many messages, and its height as a percentage of the highest."""

    least: int
    most: int
    count: int
    height: float


@dataclass(frozen=True)
class Lengths:
    """How long the texts of a column are: so many texts, their quantiles in words (5th, 25th, 50th, 75th, 95th in 100), the longest in
    words and in characters, the mean in characters, how many are empty, and the histogram; `beyond` are longer than its last bar."""

    field: str
    texts: int
    empty: int
    quantiles: list[int]
    longest: int
    longest_characters: int
    mean_characters: float
    columns: list[Column]
    beyond: int


@dataclass(frozen=True)
class Varied:
    """How much the messages of a column vary. `repeated` counts those that repeat an earlier message; `alike` those that nearly repeat one,
    among `searched`; `pairs` shows some of them."""

    field: str
    texts: int
    measured: int
    distinct: tuple[float, float, float]
    self_bleu: float
    repeated: int
    searched: int
    alike: int
    pairs: list[tuple[float, Pieces, Pieces]]


def lengths(table: Contents) -> list[Lengths]:
    """The lengths of what was said, column by column, where it is text."""
    return [
        _lengths(name, table.texts(name)) for name in table.spoken if str(table.dataset.schema(table.name).field(name).type) == "string"
    ]


def _lengths(name: str, values: Sequence[str | None]) -> Lengths:
    texts = [text for text in values if text is not None]
    words = sorted(len(text.split()) for text in texts) or [0]
    quantiles = [words[min(len(words) - 1, int(share * len(words)))] for share in QUANTILES]
    last = min(words[-1], FAR * quantiles[-1] + FAR)
    wide = -(-(last + 1) // BINS)
    counts = Counter(count // wide for count in words if count <= last)
    highest = max(counts.values(), default=1)
    columns = [
        Column(place * wide, place * wide + wide - 1, counts[place], 100 * counts[place] / highest) for place in range(last // wide + 1)
    ]
    characters = [len(text) for text in texts] or [0]
    beyond = sum(count > columns[-1].most for count in words)
    mean = sum(characters) / len(characters)
    return Lengths(name, len(texts), sum(not text.strip() for text in texts), quantiles, words[-1], max(characters), mean, columns, beyond)


def varied(table: Contents) -> Varied | None:
    """How much a table's messages vary; None where there are fewer than two."""
    if table.message is None:
        return None
    texts = [text for text in table.texts(table.message) if text and text.strip()]
    if len(texts) < 2:
        return None
    some = [texts[place] for place in spread_over(len(texts), MEASURED)]
    unigrams, bigrams, trigrams = (diversity.distinct(some, length) for length in (1, 2, 3))
    repeated = len(texts) - len(set(map(normalise, texts)))
    searched = [texts[place] for place in spread_over(len(texts), SEARCHED)]
    pairs = _alike(searched)
    shown_pairs = [(share, legible(text), legible(earlier)) for share, text, earlier in sorted(pairs, key=lambda pair: -pair[0])[:PAIRS]]
    return Varied(
        table.message,
        len(texts),
        len(some),
        (unigrams, bigrams, trigrams),
        diversity.self_bleu(some),
        repeated,
        len(searched),
        len(pairs),
        shown_pairs,
    )


def _alike(texts: Sequence[str]) -> list[tuple[float, str, str]]:
    """The texts that nearly repeat an earlier text: the similarity (0 to 1), the text, and the earlier text."""
    index, by = SimilarityIndex(ALIKE), dict[str, str]()
    pairs = []
    for text in texts:
        normalised = normalise(text)
        if normalised in by:
            continue
        like = index.like(text, keep=True)
        if like:
            pairs.append((like[0], text, by.get(like[1].strip(), like[1].strip())))
        else:
            by[normalised] = text
    return pairs
