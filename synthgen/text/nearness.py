"""Which texts say nearly the same: the cosine of their runs of letters, weighted by how rare these are (TF-IDF)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy import sparse


class Nearness:
    """The nearness of `texts` to each other and to others."""

    def __init__(self, texts: Sequence[str]) -> None:
        from sklearn.feature_extraction.text import TfidfVectorizer

        self._vectors: Any = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 4), sublinear_tf=True, dtype=np.float32)
        self._rows = self._vectors.fit_transform(texts)
        self._places = {text: place for place, text in enumerate(texts)}

    def to(self, text: str, directions: np.ndarray) -> np.ndarray:
        """The cosine (directions,) of a text and each of `directions` (directions, runs), which `direction` made."""
        cosines: np.ndarray = self.many([text], directions)[0]
        return cosines

    def many(self, texts: Sequence[str], directions: Any) -> np.ndarray:
        """The cosines (texts, directions) of texts and directions (directions, runs), which may be sparse."""
        cosines = self._vectors.transform(texts) @ directions.T
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
