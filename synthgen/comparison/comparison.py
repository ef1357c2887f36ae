"""Generated messages against real ones, and real against real: what the method finds where there is no difference, at that
number of messages. Figures mean something only beside that."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from math import sqrt
from random import Random
from typing import Any, Literal

import numpy as np

from synthgen.comparison import diversity
from synthgen.comparison.divergence import kolmogorov_smirnov, mauve
from synthgen.comparison.twosample import LARGE, Auc, Draw, by_style, by_text, mean_auc, standardised, vectors
from synthgen.errors import DataError
from synthgen.spec import pages
from synthgen.text.frames import normalise
from synthgen.voices.features import FEATURES, features
from synthgen.voices.voice import COUNTS, RATES

FEWEST = 20  # different messages on either side
MOST = 2_000  # messages a side that are compared: about a minute on one core
DRAWS = 3  # samples over which each figure is averaged
CLEAR = 3.5  # deviations between two shares that chance does not explain, though there are a thousand words
WORDS = 12
SHOWN = 8  # features in a notebook

LETTERS = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")

Sides = tuple[list[int], list[int]]
"""Places in the pool: the messages of one side, and those of the other."""


@dataclass(frozen=True, slots=True)
class Figures:
    """How far the second of two sides is from the first. `messages` is how many of either were looked at; `style` and `text` are
    the AUCs of classifiers that see the style features or the text (0.5: cannot be told apart); `ks` is the mean Kolmogorov-Smirnov
    distance of the style features (0: none); `mauve` the overlap of the texts (1: the same); `equal` the share of
    the second side's messages that the first side has too."""

    messages: int
    style: Auc
    text: Auc
    ks: float
    mauve: float
    equal: float


@dataclass(frozen=True, slots=True)
class Feature:
    """One style feature: its Kolmogorov-Smirnov distance, that of real against real, its mean on either side, and the difference relative
    to the real mean (None where that is 0). `unit` says what the means are: a share of messages, a rate for each word, or a count in a
    message."""

    name: str
    ks: float
    ceiling: float
    real: float
    generated: float
    difference: float | None
    unit: Literal["share", "rate", "count"]


@dataclass(frozen=True, slots=True)
class Word:
    """A word that tells the sides apart, and the share of either side's messages that it is in."""

    word: str
    real: float
    generated: float


@dataclass(frozen=True, slots=True)
class Diversity:
    """How much a side varies, at as many messages as the other. `distinct` is the share of different ones among all runs of one, two
    and three words; `self_bleu` how far a message can be put together from the others (0 to 1); `similarity` the mean cosine of two
    messages' texts; `repeated` the share that repeats an earlier message."""

    distinct: tuple[float, float, float]
    self_bleu: float
    similarity: float
    repeated: float


@dataclass(frozen=True, slots=True)
class CopiedShares:
    """Shares of the generated messages: equal to one of the originals or to a real one, but for case, punctuation and spacing; and
    with a run of eight words from any of these."""

    originals: float
    real: float
    runs: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """What `compare` found, with the number of messages on either side. `ceiling` is real against real; `features` begin with
    the one that differs most, `words` with the surest."""

    real: int
    generated: int
    figures: Figures
    ceiling: Figures
    features: tuple[Feature, ...]
    words: tuple[Word, ...]
    diversity: dict[str, Diversity]
    copied: CopiedShares

    def as_dict(self) -> dict[str, Any]:
        """For JSON, rounded to four places: more than they are good for."""
        rounded: dict[str, Any] = _rounded(asdict(self))
        return rounded

    def __repr__(self) -> str:
        from synthgen.comparison.verdict import verdict

        return f"Comparison({verdict(self)})"

    def _repr_html_(self) -> str:
        from synthgen.comparison.verdict import verdict

        measured, usual = self.figures, self.ceiling
        auc = [
            f"{estimate.value:.2f} ({estimate.low:.2f} to {estimate.high:.2f})"
            for estimate in (measured.style, usual.style, measured.text, usual.text)
        ]
        figures = [
            ("style AUC", *auc[:2]),
            ("text AUC", *auc[2:]),
            ("mean KS", f"{measured.ks:.3f}", f"{usual.ks:.3f}"),
            ("MAUVE-like", f"{measured.mauve:.2f}", f"{usual.mauve:.2f}"),
            ("equal", f"{measured.equal:.1%}", f"{usual.equal:.1%}"),
        ]
        most = [
            (feature.name.replace("_", " "), f"{feature.ks:.3f}", f"{feature.generated:.3g}", f"{feature.real:.3g}")
            for feature in self.features[:SHOWN]
        ]
        return pages.page(
            pages.paragraph(verdict(self)),
            pages.table(["", "generated", "real against real"], figures),
            pages.table(["what differs most", "KS", "generated", "real"], most),
        )


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _rounded(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(item) for item in value]
    return round(value, 4) if isinstance(value, float) else value


def compare(
    real: Sequence[str], generated: Sequence[str], *, originals: Sequence[str] = (), groups: Sequence[str] = (), seed: int = 0
) -> Comparison:
    """Compare generated messages with real ones.

    `originals` are what the generated ones were made from, where they should not be found again. `groups` says for each real
    message what it hangs together with, such as its dialogue or its author (not its topic): classifiers are not tested on a group
    that they learned from. Messages without a visible character are left out; of more than a few thousand a sample is
    compared. The same arguments give the same figures. Raises DataError for fewer than 20 different messages on a side, and for
    groups that cannot be divided.
    """
    if groups and len(groups) != len(real):
        raise ValueError(f"{len(groups)} groups for {len(real)} real messages")
    real_messages = [(text, group) for text, group in zip(real, groups or [""] * len(real), strict=True) if text.strip()]
    generated_texts = [text for text in generated if text.strip()]
    for name, texts in (("real", [text for text, _ in real_messages]), ("generated", generated_texts)):
        if (count := len(set(map(normalise, texts)))) < FEWEST:
            raise DataError(
                f"{count} different {name} messages are too few to compare", f"give at least {FEWEST}; several hundred tell more"
            )
    import sklearn.cluster
    import sklearn.ensemble  # noqa: F401 (the limit holds for what is loaded already)
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1):  # so little work is done sooner by one thread, and always in the same order
        return _compared(real_messages, generated_texts, originals, Random(seed))


def _compared(real: list[tuple[str, str]], generated: list[str], originals: Sequence[str], stream: Random) -> Comparison:
    real_sample, generated_sample = _sample(real, 2 * MOST, stream), _sample(generated, 2 * MOST, stream)
    pool = _Pool([text for text, _ in real_sample] + generated_sample, [group for _, group in real_sample], len(real_sample))
    pairs = [pool.pair(stream) for _ in range(DRAWS)]
    halves = [pool.halves(stream) for _ in range(DRAWS)]
    figures, distances = pool.figures(pairs, stream)
    ceiling, usual = pool.figures(halves, stream)
    first, second = pairs[0]
    return Comparison(
        real=len(real),
        generated=len(generated),
        figures=figures,
        ceiling=ceiling,
        features=_features(pool, distances, usual),
        words=distinctive_words([pool.texts[place] for place in first], [pool.texts[place] for place in second]),
        diversity={"real": pool.diversity(first), "generated": pool.diversity(second)},
        copied=CopiedShares(
            originals=diversity.equal_share(generated, originals),
            real=diversity.equal_share(generated, (text for text, _ in real)),
            runs=diversity.runs_shared(generated, [*originals, *(text for text, _ in real)]),
        ),
    )


def _sample(items: list[Any], most: int, stream: Random) -> list[Any]:
    return stream.sample(items, min(most, len(items)))


class _Pool:
    """Both sides' messages in one list, the `real` first ones first, and what classifiers see of them."""

    def __init__(self, texts: list[str], groups: list[str], real: int) -> None:
        self.texts, self.real = texts, range(real)
        self.generated = range(real, len(texts))
        self.essences = [normalise(text) for text in texts]
        self.units = [group or f"\x00{place}" for place, group in enumerate([*groups, *([""] * len(self.generated))])]
        self.raw = features(texts)
        self.style, self.text = standardised(self.raw), vectors(texts)

    def pair(self, stream: Random) -> Sides:
        """As many real as generated messages."""
        size = min(len(self.real), len(self.generated), MOST)
        return stream.sample(self.real, size), stream.sample(self.generated, size)

    def halves(self, stream: Random) -> Sides:
        """The real messages in two parts, with no unit in both."""
        members: dict[str, list[int]] = {}
        for place in self.real:
            members.setdefault(self.units[place], []).append(place)
        parts: Sides = ([], [])
        for unit in stream.sample(list(members), len(members)):
            min(parts, key=len).extend(members[unit])
        size = min(*map(len, parts), len(self.generated), MOST)
        if size < FEWEST // 2:
            raise DataError(*LARGE)
        return parts[0][:size], parts[1][:size]

    def figures(self, draws: Sequence[Sides], stream: Random) -> tuple[Figures, list[float]]:
        """How far the sides of the draws are apart, on average; and the distance of each style feature."""
        once = [self._once(*draw) for draw in draws]
        distances = [
            float(np.mean([kolmogorov_smirnov(column[first], column[second]) for first, second in draws])) for column in self.raw.T
        ]
        figures = Figures(
            messages=len(draws[0][0]),
            style=mean_auc(self.style, once, by_style, stream),
            text=mean_auc(self.text, once, by_text, stream),
            ks=float(np.mean(distances)),
            mauve=float(np.mean([mauve(self.text[[*first, *second]], len(first), stream) for first, second in draws])),
            equal=float(np.mean([diversity.equal_share(self._texts_at(second), self._texts_at(first)) for first, second in draws])),
        )
        return figures, distances

    def _texts_at(self, places: Sequence[int]) -> list[str]:
        return [self.texts[place] for place in places]

    def _once(self, first: Sequence[int], second: Sequence[int]) -> Draw:
        """What either side says, each thing once, and as many of either. What both say stays together."""
        first_places, second_places = ({self.essences[place]: place for place in side} for side in (first, second))
        size = min(len(first_places), len(second_places))
        kept = [list(side.items())[:size] for side in (first_places, second_places)]
        where = {essence: self.units[place] for essence, place in kept[0]}
        units = [where.get(essence, self.units[place]) for side in kept for essence, place in side]
        return Draw([place for _, place in kept[0]], [place for _, place in kept[1]], units)

    def diversity(self, places: Sequence[int]) -> Diversity:
        """How much these messages vary."""
        texts = self._texts_at(places)
        unigrams, bigrams, trigrams = (diversity.distinct(texts, length) for length in (1, 2, 3))
        return Diversity(
            (unigrams, bigrams, trigrams), diversity.self_bleu(texts), diversity.mean_cosine(self.text[places]), diversity.repeated(texts)
        )


def _features(pool: _Pool, distances: Sequence[float], usual: Sequence[float]) -> tuple[Feature, ...]:
    features = []
    for name, ks, ceiling, column in zip(FEATURES, distances, usual, pool.raw.T, strict=True):
        real, generated = float(column[: len(pool.real)].mean()), float(column[len(pool.real) :].mean())
        difference = generated / real - 1 if real else None
        features.append(Feature(name, ks, ceiling, real, generated, difference, _unit(name)))
    return tuple(sorted(features, key=lambda feature: (-feature.ks, feature.name)))


def _unit(name: str) -> Literal["share", "rate", "count"]:
    return "rate" if name in RATES else "count" if name in COUNTS else "share"


def distinctive_words(real: Sequence[str], generated: Sequence[str]) -> tuple[Word, ...]:
    """The words that are in more messages of one side than chance explains, the surest first."""
    real_counts, generated_counts = (
        Counter(word for text in side for word in set(LETTERS.findall(text.casefold()))) for side in (real, generated)
    )
    ranked = []
    for word in sorted(real_counts.keys() | generated_counts.keys()):
        either = (real_counts[word] + generated_counts[word]) / (len(real) + len(generated))
        chance = sqrt(either * (1 - either) * (1 / len(real) + 1 / len(generated)))
        entry = Word(word, real_counts[word] / len(real), generated_counts[word] / len(generated))
        if abs(entry.real - entry.generated) > CLEAR * chance:
            ranked.append((-abs(entry.real - entry.generated) / chance, entry))
    return tuple(entry for _, entry in sorted(ranked, key=lambda item: (item[0], item[1].word))[:WORDS])
