"""Documents as a model reads them: their tokens, which of these are learned, and many of them together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from random import Random
from typing import Any

import torch

from synthgen.tuning.documents import TrainingDocument

LONGEST = 1024
"""Tokens of a document that are read."""
PARTS = 2
"""Batches of a step. On a CPU each is a thread's own work: torch's own threads wait for each other after every operation, and on a
machine that does other things too that takes longer than the work."""
Encoded = tuple[list[int], list[bool], int]
"""The tokens of a document, which of them are learned, and how many bytes these have."""


def encoded(tokenizer: Any, document: TrainingDocument) -> Encoded:
    """The tokens of a document, which of them are learned, and how many bytes these have."""
    read = tokenizer(document.text, return_offsets_mapping=True, add_special_tokens=False)
    first, spans = tokenizer.bos_token_id, list(document.spans)
    ids, learned = ([], []) if first is None else ([first], [False])
    size = position = 0
    for token, (_, end) in zip(read["input_ids"], read["offset_mapping"], strict=True):
        start, position = (
            position,
            max(position, end),
        )  # some tokenizers leave a token's space out, and all tokens of one character end where it does
        spans = spans[1:] if spans and start >= spans[0][1] else spans
        is_learned = bool(spans) and spans[0][0] <= start and position <= spans[0][1]
        if len(ids) == LONGEST:
            break
        ids.append(token)
        learned.append(is_learned)
        size += len(document.text[start:position].encode()) if is_learned else 0
    return ids, learned, size


def learnable(tokenizer: Any, documents: Iterable[TrainingDocument]) -> list[Encoded]:
    """Those of the documents in which something is learned."""
    return [encoding for document in documents if any((encoding := encoded(tokenizer, document))[1])]


def steps(documents: Sequence[Encoded], size: int, stream: Random) -> list[list[list[Encoded]]]:
    """What each step learns from: `PARTS` batches of `size` tokens together."""
    small_batches = batches(documents, size // PARTS, stream)
    return [small_batches[start : start + PARTS] for start in range(0, len(small_batches), PARTS)]


def batches(documents: Sequence[Encoded], size: int, stream: Random) -> list[list[Encoded]]:
    """Documents of about the same length together, `size` tokens at most with their padding (or a single long one), in an order by
    chance."""
    full_batches: list[list[Encoded]] = []
    mixed = stream.sample(documents, len(documents))
    for start in range(0, len(mixed), 64):
        batch: list[Encoded] = []
        for document in sorted(mixed[start : start + 64], key=lambda document: len(document[0])):
            if batch and len(document[0]) * (len(batch) + 1) > size:
                full_batches.append(batch)
                batch = []
            batch.append(document)
        full_batches.append(batch)
    stream.shuffle(full_batches)
    return full_batches


def padded(batch: Sequence[Encoded]) -> tuple[torch.Tensor, torch.Tensor]:
    """The tokens of a batch, (rows, width), and which of them are learned. Padding stands behind what is read, where nothing looks."""
    width = max(len(ids) for ids, _, _ in batch)
    ids = torch.zeros(len(batch), width, dtype=torch.long)
    learned = torch.zeros(len(batch), width, dtype=torch.bool)
    for row, (row_ids, row_learned, _) in enumerate(batch):
        ids[row, : len(row_ids)], learned[row, : len(row_ids)] = torch.tensor(row_ids), torch.tensor(row_learned)
    return ids, learned
