"""How much messages vary among themselves, and how much of them stands elsewhere word for word."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Sequence
from math import exp, log
from typing import Any

import numpy as np

from synthgen.text.frames import ngrams, normalise

RUN = 8  # words in a row that make a copy
ORDERS = (1, 2, 3, 4)


def tokens(text: str) -> list[str]:
    """Words and marks, without case."""
    return re.findall(r"\w+|[^\w\s]", text.casefold())


def distinct(texts: Iterable[str], length: int) -> float:
    """The share of different ones among all runs of `length` words (distinct-n, Li et al. 2016); 1 where there is none."""
    all_runs = [run for text in texts for run in ngrams(tokens(text), length)]
    return len(set(all_runs)) / len(all_runs) if all_runs else 1.0


def self_bleu(texts: Iterable[str]) -> float:
    """How far the average message can be put together from the others: BLEU-4 of each with all others as references (Zhu et al. 2018),
    0 to 1. Messages of fewer than four words are left out; 0 when fewer than two are left. A precision of 0 counts as
    a tenth of one run (smoothing 1 of Chen & Cherry 2014). Grows with the number of messages."""
    token_lists = [words for words in map(tokens, texts) if len(words) >= ORDERS[-1]]
    if len(token_lists) < 2:
        return 0.0
    counts = [[Counter(ngrams(words, order)) for words in token_lists] for order in ORDERS]
    most = [_two_most(by_order) for by_order in counts]
    lengths = sorted(map(len, token_lists))
    return sum(_bleu(number, len(words), counts, most, lengths) for number, words in enumerate(token_lists)) / len(token_lists)


def _two_most(counts: Sequence[Counter[tuple[str, ...]]]) -> dict[tuple[str, ...], tuple[int, int, int]]:
    """For each run: most occurrences in one message, which message that is, and most in any other message."""
    most: dict[tuple[str, ...], tuple[int, int, int]] = {}
    for number, count in enumerate(counts):
        for run, times in count.items():
            best, where, second = most.get(run, (0, -1, 0))
            most[run] = (times, number, best) if times > best else (best, where, max(second, times))
    return most


def _bleu(number: int, length: int, counts: Sequence[Any], most: Sequence[Any], lengths: Sequence[int]) -> float:
    logs = 0.0
    for count, best in zip(counts, most, strict=True):
        hits = 0
        for run, times in count[number].items():
            top, where, second = best[run]
            hits += min(times, second if where == number else top)
        logs += log(max(hits, 0.1) / count[number].total())
    # The reference nearest in length, the shorter of two: another message, so this one's own length counts only when it occurs twice.
    at = bisect_left(lengths, length)
    neighbours = [*lengths[max(0, at - 1) : at], *lengths[at + 1 : at + 2]]
    nearest = min(neighbours, key=lambda candidate: (abs(candidate - length), candidate))
    return exp(logs / len(ORDERS)) * min(1.0, exp(1 - nearest / length))


def mean_cosine(rows: Any) -> float:
    """The mean cosine of two different rows of a sparse matrix."""
    from sklearn.preprocessing import normalize

    unit_rows = normalize(rows)
    count, total = unit_rows.shape[0], np.asarray(unit_rows.sum(axis=0)).ravel()
    return float((total @ total - count) / (count * (count - 1)))


def repeated(texts: Iterable[str]) -> float:
    """The share of messages that repeat an earlier one, but for case, punctuation and spacing."""
    normalised = list(map(normalise, texts))
    return 1 - len(set(normalised)) / len(normalised)


def equal_share(texts: Iterable[str], others: Iterable[str]) -> float:
    """The share of texts that one of the others equals, but for case, punctuation and spacing."""
    known_texts, normalised = set(map(normalise, others)), list(map(normalise, texts))
    return sum(text in known_texts for text in normalised) / len(normalised)


def runs_shared(texts: Iterable[str], others: Iterable[str]) -> float:
    """The share of texts that have a run of eight words in common with one of the others."""
    known_runs = {run for text in others for run in ngrams(normalise(text).split(), RUN)}
    text_list = list(texts)
    return sum(any(run in known_runs for run in ngrams(normalise(text).split(), RUN)) for text in text_list) / len(text_list)
