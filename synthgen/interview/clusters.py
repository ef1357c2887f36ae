"""What messages are about, when nobody has said: clusters of messages that share words and runs of letters, each with a name.

Measured on up to 100 messages of each of 6 to 20 intents (`python tests/bench/found_topics.py CORPORA`): adjusted Rand index against the
real intents 0.51 on banking77, 0.74 on Snips, 0.63 on CLINC150 and HWU64, 0.24 on MultiDoGO, whose turns seldom say what they are about;
0.50, 0.66, 0.72, 0.72 and 0.25 where their number is given. Tried, on another draw of the same: words alone (0.44 for 0.57 on banking77),
a hundred dimensions (0.57, but 0.67 for 0.79 on HWU64), and the number of clusters with the best silhouette (0.39 for 0.73 on eight
intents).
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

TRIED = 3, 4, 5, 6, 7, 8, 10, 12, 15, 18, 20
"""How many topics there may be, where their number is not given."""
DIMENSIONS = 30
GOOD = 0.88
"""The fewest clusters are taken whose silhouette is so near to the best: with more, one topic falls into pieces."""
SAMPLE = 1_000
"""Messages from which a silhouette is taken."""
STEM = 4
"""Letters that words of one kind begin with: card, cards."""
WORD = re.compile(r"[^\W\d_][\w'-]+")


@dataclass(frozen=True)
class Cluster:
    """Messages that are about the same, those first that say it most clearly, and what they are called after."""

    name: str
    messages: list[str]


def clustered(messages: Sequence[str], topics: int | None = None) -> list[Cluster]:
    """The clusters of messages, the largest first: as many as there are `topics`, or as many as stand apart best."""
    import numpy as np

    vectors = _vectors(messages)
    labels = _labels(vectors, topics)
    members = [np.flatnonzero(labels == label) for label in sorted(set(labels.tolist()), key=lambda label: -int((labels == label).sum()))]
    clear = [places[np.argsort(-(vectors[places] @ vectors[places].mean(axis=0)), kind="stable")] for places in members]
    groups = [[messages[place] for place in places] for places in clear]
    return [Cluster(name, group) for name, group in zip(_names(groups), groups, strict=True)]


def _vectors(messages: Sequence[str]) -> Any:
    """A vector of length 1 for each message: (messages, dimensions)."""
    from scipy.sparse import hstack
    from sklearn.decomposition import TruncatedSVD
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.preprocessing import normalize

    letters = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 4), sublinear_tf=True, min_df=2).fit_transform(messages)
    words = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, min_df=2, max_df=0.3).fit_transform(messages)
    both = hstack([letters, words]).tocsr()
    size = min(DIMENSIONS, both.shape[0] - 1, both.shape[1] - 1)
    return normalize(TruncatedSVD(size, random_state=0).fit_transform(both))


def _labels(vectors: Any, topics: int | None) -> Any:
    """The cluster of each message."""
    from sklearn.cluster import KMeans
    from sklearn.metrics import silhouette_score

    def labels(count: int) -> Any:
        return KMeans(count, n_init=3, random_state=0).fit_predict(vectors)

    if topics is not None:
        return labels(topics)
    tried = {count: labels(count) for count in TRIED if count == TRIED[0] or count <= len(vectors) // 8}
    apart = {
        count: silhouette_score(vectors, clusters, sample_size=min(SAMPLE, len(vectors)), random_state=0)
        for count, clusters in tried.items()
    }
    return tried[min(count for count, score in apart.items() if score >= GOOD * max(apart.values()))]


def _names(groups: Sequence[Sequence[str]]) -> list[str]:
    """What each group is called: the two words that are most its own, as they follow each other in its messages."""
    counts = [Counter(word for message in group for word in set(_words(message))) for group in groups]
    total = sum(counts, Counter[str]())
    names: list[str] = []
    for group, group_counts in zip(groups, counts, strict=True):
        others = sum(map(len, groups)) - len(group)
        scores = {
            word: count / len(group) * math.log((count / len(group)) / ((total[word] - count + 0.5) / (others + 1)))
            for word, count in group_counts.items()
            if count > 1
        }
        best: list[str] = []
        for word in sorted(scores, key=lambda word: (-scores[word], word)):
            if len(best) < 2 and not any(word[:STEM] == other_word[:STEM] for other_word in best):
                best.append(word)
        name = " ".join(sorted(best, key=lambda word: _place(word, group))) or "messages"
        names.append(name if name not in names else f"{name} {names.count(name) + 2}")
    return names


def _place(word: str, group: Sequence[str]) -> float:
    """How early a word comes in messages, on average."""
    places = [words.index(word) / len(words) for words in map(_words, group) if word in words]
    return sum(places) / len(places)


def _words(message: str) -> list[str]:
    """The words that say something, in small letters: those of three letters and more that are no function words."""
    from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

    return [word for word in WORD.findall(message.casefold()) if word not in ENGLISH_STOP_WORDS and len(word) > 2]
