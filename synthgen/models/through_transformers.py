"""Any causal language model of transformers as a decoder: rows side by side where its attention allows that, else one by one.

This module imports torch and transformers, so it is imported when such a model first writes.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import torch
from torch.nn.functional import scaled_dot_product_attention
from transformers import AttentionInterface, AttentionMaskInterface, Cache, CacheLayerMixin
from transformers.masking_utils import sdpa_mask

from synthgen.memory import lacks_memory
from synthgen.models.attention import RowsLayer
from synthgen.models.batch import Batch, Choose, Job

ATTENTION = "synthgen_rows"


class Transformer:
    """A `model` of transformers whose attention is `rows_attention`."""

    def __init__(self, model: Any) -> None:
        self.model, self.device, self.dtype = model, model.device, model.dtype
        self.takes = ""

    def read(self, ids: Sequence[int]) -> tuple[list[tuple[torch.Tensor, torch.Tensor]], torch.Tensor]:
        """What is remembered of a frame, the keys and values (1, heads, tokens, dimensions) of each layer; and the logits (1, vocabulary)
        of what comes next."""
        read = self.model(torch.tensor([ids], device=self.device), use_cache=True, logits_to_keep=1)
        ((self.takes, prefix),) = _state(read).items()
        return [(layer.keys, layer.values) for layer in prefix.layers], read.logits[:, -1]

    def step(self, tokens: torch.Tensor, positions: torch.Tensor, mask: torch.Tensor, caches: Sequence[RowsLayer]) -> torch.Tensor:
        """The logits (rows, vocabulary) of what comes after the `tokens` (rows,) at these `positions` (rows,)."""
        read = self.model(
            tokens[:, None],
            position_ids=positions[:, None],
            attention_mask=mask,
            use_cache=True,
            **{self.takes: Cache(layers=[_CacheLayer(rows) for rows in caches])},
        )
        logits: torch.Tensor = read.logits[:, -1]
        return logits


class _CacheLayer(CacheLayerMixin):  # type: ignore[misc]
    """A layer of rows, as transformers calls it."""

    def __init__(self, rows: RowsLayer) -> None:
        super().__init__()
        self.rows, self.keys, self.values, self.is_initialized = rows, rows.keys, rows.values, True

    def lazy_initialization(self, key_states: torch.Tensor, value_states: torch.Tensor) -> None:
        """Nothing: the buffers are there."""

    def update(self, key_states: torch.Tensor, value_states: torch.Tensor, *args: Any, **kwargs: Any) -> tuple[torch.Tensor, torch.Tensor]:
        """Write what is new of each row; returns what is used of the room, and with it the way to the frames."""
        keys, values = self.rows.update(key_states, value_states)
        setattr(keys, "rows", self.rows)  # noqa: B010 (how the attention finds the frames)
        return keys, values

    def get_mask_sizes(self, query_length: int) -> tuple[int, int]:
        """What is used of the room."""
        return self.rows.seats.used, 0

    def get_seq_length(self) -> int:
        """What is used of the room."""
        return self.rows.seats.used

    def get_max_length(self) -> int:
        """The whole room."""
        return int(self.rows.keys.shape[1])


def rows_attention(
    module: torch.nn.Module,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: torch.Tensor | None,
    scaling: float | None = None,
    **kwargs: Any,
) -> tuple[torch.Tensor, None]:
    """Attention of one new token a row, (rows, heads, 1, dimensions); a frame that is being read takes torch's usual way."""
    if any(kwargs.get(name) is not None for name in ("softcap", "s_aux", "position_bias")):
        raise NotImplementedError("this attention has parts that rows_attention does not know")
    rows: RowsLayer | None = getattr(key, "rows", None)
    if rows is not None and attention_mask is not None:
        return rows.attention(query, key, value, attention_mask, query.shape[3] ** -0.5 if scaling is None else scaling), None
    causal, groups = attention_mask is None and query.shape[2] > 1, query.shape[1] > key.shape[1]
    read = scaled_dot_product_attention(query, key, value, attn_mask=attention_mask, is_causal=causal, scale=scaling, enable_gqa=groups)
    return read.transpose(1, 2), None


AttentionInterface.register(ATTENTION, rows_attention)
AttentionMaskInterface.register(ATTENTION, sdpa_mask)


def fits(model: Any, room: int) -> bool:
    """Whether rows of different lengths can stand side by side in this model: tried on a few tokens against its usual way. If they can,
    the model's attention is the one of this module from now on."""
    config = model.config.get_text_config()
    usual, ids = model.config._attn_implementation, list(range(3, 12))
    window = getattr(config, "sliding_window", None)
    if window and window < room:
        return False
    try:
        expected = model(torch.tensor([ids], device=model.device)).logits[0, -1].float()
        model.set_attn_implementation(ATTENTION)
        if bool((_tried(model, ids).float() - expected).abs().mean() <= 0.1 * expected.std()):
            return True
    except (AttributeError, TypeError, RuntimeError, ValueError, NotImplementedError, KeyError, IndexError) as error:
        if lacks_memory(error):
            raise  # else what is written would depend on how much memory there was
        # a model with its own kind of cache or attention
    model.set_attn_implementation(usual)
    return False


def _tried(model: Any, ids: list[int]) -> torch.Tensor:
    """What a batch of two rows expects after these tokens."""
    batch = Batch(Transformer(model), 2, len(ids))
    frame = tuple(ids[:-1])
    jobs = [Job(row, frame, [0.0, 0.0], 1.0, []) for row in (0, 1)]
    for job in jobs:
        batch._admit(job, lambda *_: (torch.tensor(0), torch.tensor(0.0)))
        job.written.append(ids[-1])
    seen_logits: list[torch.Tensor] = []

    def keep(logits: torch.Tensor, *_: Any) -> tuple[torch.Tensor, torch.Tensor]:
        seen_logits.append(logits)
        return torch.zeros(2, dtype=torch.long), torch.zeros(2)

    batch._step({1: jobs[0], 0: jobs[1]}, keep)
    return seen_logits[0][0]


def write_singly(model: Any, jobs: Iterator[Job], ends: Callable[[int], bool], choose: Choose) -> Iterator[Job]:
    """The same for a model whose rows cannot share a batch: one row after the other, each from a copy of its frame."""
    frame: tuple[tuple[int, ...], Any, torch.Tensor] | None = None
    for job in jobs:
        if frame is None or frame[0] != job.ids:
            read = model(torch.tensor([job.ids], device=model.device), use_cache=True, logits_to_keep=1)
            frame = (job.ids, _state(read), read.logits[:, -1])
        state, logits = copy.deepcopy(frame[1]), frame[2]
        for uniforms in job.uniforms:
            token, logprob = choose(
                logits, torch.tensor([uniforms], device=model.device), torch.tensor([job.temperature], device=model.device)
            )
            job.write(int(token), float(logprob))
            if job.over(ends):
                break
            read = model(torch.tensor([job.written[-1:]], device=model.device), use_cache=True, **state)
            state, logits = _state(read), read.logits[:, -1]
        yield job


def _state(read: Any) -> dict[str, Any]:
    """What a model remembers of what it read, under the name that it takes it by: `cache` since transformers 5.24, one of the others
    before."""
    names = list(read.keys())  # `in` would know the old names, too, and warn
    return {name: read[name] for name in ("cache", "past_key_values", "cache_params", "state") if name in names}
