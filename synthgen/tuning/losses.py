"""Training objectives, and a model's validation loss on messages."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from random import Random
from typing import Any

import torch
from torch.nn.functional import cross_entropy

from synthgen.spec.processors import cores
from synthgen.tuning.batches import PARTS, Encoded, batches, padded

Objective = Callable[[Any, Sequence[Encoded]], tuple[torch.Tensor, torch.Tensor]]
"""For a model and a batch: the objective, summed over the tokens, and the loss of every learned token in nats."""


def losses(logits: torch.Tensor, ids: torch.Tensor, learned: torch.Tensor) -> torch.Tensor:
    """The loss of every learned token, in nats."""
    rows, places = learned[:, 1:].nonzero(as_tuple=True)
    return cross_entropy(logits[rows, places].float(), ids[rows, places + 1].to(logits.device), reduction="none")


def likelihood(model: Any, batch: Sequence[Encoded]) -> tuple[torch.Tensor, torch.Tensor]:
    """The usual objective: the cross-entropy of the learned tokens."""
    ids, learned = padded(batch)
    token_losses = losses(model(ids.to(model.device), use_cache=False).logits, ids, learned)
    return token_losses.sum(), token_losses


def distilled(teacher: Any, share: float = 0.7) -> Objective:
    """The objective of a small model that is to answer as a large one of the same vocabulary does, at every token, whether it is to be
    learned or not; what is left of `share` goes to the usual objective."""

    def objective(model: Any, batch: Sequence[Encoded]) -> tuple[torch.Tensor, torch.Tensor]:
        ids, learned = padded(batch)
        read = torch.arange(ids.shape[1])[None, :] < torch.tensor([len(tokens) for tokens, _, _ in batch])[:, None]
        with torch.no_grad():
            teacher_logprobs = torch.log_softmax(teacher(ids.to(teacher.device), use_cache=False).logits[read].float(), dim=-1)
        with torch.autocast(model.device.type, dtype=torch.bfloat16, enabled=model.dtype is torch.float32):
            logits = model(ids.to(model.device), use_cache=False).logits
        student_logprobs = torch.log_softmax(logits[read].float(), dim=-1)
        distance = torch.nn.functional.kl_div(
            student_logprobs, teacher_logprobs.to(student_logprobs.device), reduction="sum", log_target=True
        )
        token_losses = losses(logits, ids, learned)
        return share * distance + (1 - share) * token_losses.sum(), token_losses

    return objective


def bits_per_byte(model: Any, documents: Sequence[Encoded], size: int) -> float:
    """The cross-entropy of the learned messages, in bits per byte of their text."""

    def nats(batch: Sequence[Encoded]) -> float:
        with torch.inference_mode():
            return float(likelihood(model, batch)[1].sum())

    with side_by_side(model) as parallel_map:
        total = sum(parallel_map(nats, batches(documents, size // PARTS, Random(0))))
    return float(total) / math.log(2) / max(1, sum(size for _, _, size in documents))


@contextmanager
def side_by_side(model: Any) -> Iterator[Callable[..., Iterator[Any]]]:
    """Something like `map` that works on several batches at a time on a CPU, and on one elsewhere."""
    if model.device.type != "cpu":
        yield map
        return
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with ThreadPoolExecutor(min(PARTS, cores()), initializer=torch.set_num_threads, initargs=(1,)) as pool:
            yield pool.map
    finally:
        torch.set_num_threads(before)
