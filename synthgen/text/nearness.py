"""Which texts say nearly the same: the cosine of their runs of letters, weighted by how rare these are (TF-IDF).

The vectors are those of scikit-learn's `TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 4), sublinear_tf=True, dtype=float32)`, to the
last bit. It isn't used, because its import takes longer than everything else that `check`, or a first message, waits for.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from typing import Any

import numpy as np
from scipy import sparse

LENGTHS = 2, 3, 4  # letters of a run


class Nearness:
    """The nearness of `texts` to each other and to others."""

    def __init__(self, texts: Sequence[str]) -> None:
        seen = _SeenRuns(texts)
        self._columns = {run: column for column, run in enumerate(sorted(seen.places))}
        column_of = np.array([self._columns[run] for run in seen.places], dtype=np.int32)
        columns = column_of[np.frombuffer(seen.in_texts, dtype=np.int32)]
        document_counts = np.bincount(columns, minlength=len(column_of)).astype(np.float32) + 1
        self._rarity = np.log(np.float32(len(texts) + 1) / document_counts) + 1
        self._rows = self._weighted(columns, np.frombuffer(seen.times, dtype=np.int32), np.array(seen.ends))
        self._places = {text: place for place, text in enumerate(texts)}

    def to(self, text: str, directions: np.ndarray) -> np.ndarray:
        """The cosine (directions,) of a text and each of `directions` (directions, runs), which `direction` made."""
        cosines: np.ndarray = self.many([text], directions)[0]
        return cosines

    def many(self, texts: Sequence[str], directions: Any) -> np.ndarray:
        """The cosines (texts, directions) of texts and directions (directions, runs), which may be sparse."""
        cosines = self._vectors([Counter(letter_runs(text)) for text in texts], self._columns) @ directions.T
        dense: np.ndarray = cosines.toarray() if sparse.issparse(cosines) else cosines
        return dense

    def without_itself(self, texts: Sequence[str]) -> np.ndarray:
        """The cosine (texts,) of each of the texts, two or more, with the direction of the others."""
        rows = self._rows[[self._places[text] for text in texts]]
        total = np.asarray(rows.sum(axis=0))[0]
        along = rows @ total  # each has length 1, so that one is its own part in it
        cosines: np.ndarray = (along - 1) / np.sqrt(np.maximum(total @ total - 2 * along + 1, 1e-9))
        return cosines

    def direction(self, texts: Sequence[str]) -> np.ndarray:
        """Where some of the texts lie on average: an array (runs,) of length 1."""
        mean = np.asarray(self._rows[[self._places[text] for text in texts]].mean(axis=0))[0]
        unit: np.ndarray = mean / np.linalg.norm(mean)
        return unit

    def among(self, text: str, others: Sequence[str]) -> list[float]:
        """How near each of `others` is to `text`, from 0 to 1. All are among the texts."""
        rows = self._rows[[self._places[other] for other in others]]
        near: list[float] = (rows @ self._rows[self._places[text]].T).toarray()[:, 0].tolist()
        return near

    def all_pairs(self) -> np.ndarray:
        """How near all texts are to each other: (texts, texts), from 0 to 1."""
        similarities: np.ndarray = (self._rows @ self._rows.T).toarray()
        return similarities

    def _vectors(self, counts: Sequence[Counter[str]], order: Mapping[str, int]) -> Any:
        """The vectors (texts, runs), each of length 1, of texts with so many of each run; runs that are not in `order`, in which products
        add up, are left out."""
        known = [sorted(text_counts.keys() & order.keys(), key=order.__getitem__) for text_counts in counts]
        columns = np.array([self._columns[run] for runs in known for run in runs], dtype=np.int32)
        times = [text_counts[run] for text_counts, runs in zip(counts, known, strict=True) for run in runs]
        return self._weighted(columns, np.array(times, dtype=np.int32), np.cumsum([0, *map(len, known)]))

    def _weighted(self, columns: np.ndarray, times: np.ndarray, ends: np.ndarray) -> Any:
        """The vectors (texts, runs), each of length 1, of texts that have the run of each column so many times; those of a text begin where
        those of the one before end."""
        weights = (np.log(times.astype(np.float32)) + 1) * self._rarity[columns]
        rows = np.repeat(np.arange(len(ends) - 1, dtype=np.int32), np.diff(ends))
        lengths = np.sqrt(np.bincount(rows, weights * weights, minlength=len(ends) - 1))
        return sparse.csr_matrix(((weights / lengths[rows]).astype(np.float32), columns, ends), shape=(len(ends) - 1, len(self._columns)))


class _SeenRuns:
    """The runs of letters of all `texts`: their `places` in the order in which they are first seen, and of each text in turn those that it
    has, in that order, and how many `times`; the text's end in `ends`. Numbers, since of a hundred thousand messages the runs themselves
    would fill gigabytes."""

    def __init__(self, texts: Sequence[str]) -> None:
        self.places: dict[str, int] = {}
        self.in_texts, self.times, self.ends = array("i"), array("i"), [0]
        by_word: dict[str, list[int]] = {}
        for text in texts:
            words = text.lower().split()
            for word in words:
                if word not in by_word:
                    by_word[word] = [self.places.setdefault(run, len(self.places)) for run in _runs_of(word)]
            counts = Counter(chain.from_iterable(map(by_word.__getitem__, words)))
            in_text = sorted(counts)
            self.in_texts.extend(in_text)
            self.times.extend(map(counts.__getitem__, in_text))
            self.ends.append(len(self.in_texts))


def letter_runs(text: str) -> Iterator[str]:
    """Each run of two to four letters in the words of a text, which have a space on either side; a word that is shorter than a run counts
    as a whole, once."""
    return chain.from_iterable(map(_runs_of, text.lower().split()))


def _runs_of(word: str) -> Iterator[str]:
    padded = f" {word} "
    for length in LENGTHS:
        for start in range(max(1, len(padded) - length + 1)):
            yield padded[start : start + length]
        if length >= len(padded):
            break
