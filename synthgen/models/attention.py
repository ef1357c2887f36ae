"""Attention of rows that continue frames: what a row asks is looked up in its frame, which is read once for all its rows, and in what the
row has written.

This module imports torch and transformers, so it is imported when a model first writes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch.nn.functional import scaled_dot_product_attention
from transformers import AttentionInterface, AttentionMaskInterface, CacheLayerMixin
from transformers.masking_utils import sdpa_mask

ATTENTION = "synthgen_rows"
TABLE = 4
"""Rows that read a frame together. Always as many: empty seats are taken by a row that sits there already."""


@dataclass(frozen=True)
class Seats:
    """A step's order. Who reads which frame: `rows` one seat after the other, the `tables` of each frame, and each row's seat to find it
    `back`. And where in its room each row's new token is `kept`, and how much of the room is `used`."""

    rows: torch.Tensor
    tables: Sequence[tuple[int, slice]]
    back: torch.Tensor
    kept: torch.Tensor
    used: int


class RowsLayer(CacheLayerMixin):  # type: ignore[misc]
    """One layer's keys and values: of what the rows have written, (rows, heads, room, dimensions), each at a place of its own;
    and those `read` in each frame, (1, heads, tokens, dimensions)."""

    def __init__(self, like: torch.Tensor, width: int, room: int) -> None:
        super().__init__()
        shape = (width, like.shape[1], room, like.shape[3])
        self.keys, self.values = like.new_zeros(shape), like.new_zeros(shape)
        self.is_initialized = True
        self.rows = torch.arange(width, device=like.device)
        self.read: dict[int, tuple[torch.Tensor, torch.Tensor]] = {}
        self.seats: Seats

    def lazy_initialization(self, key_states: torch.Tensor, value_states: torch.Tensor) -> None:
        """Nothing: the buffers are there."""

    def update(self, key_states: torch.Tensor, value_states: torch.Tensor, *args: Any, **kwargs: Any) -> tuple[torch.Tensor, torch.Tensor]:
        """Write what is new of each row; returns what is used of the room, and with it the way to the frames."""
        self.keys[self.rows, :, self.seats.kept] = key_states[:, :, 0]
        self.values[self.rows, :, self.seats.kept] = value_states[:, :, 0]
        keys, values = self.keys[:, :, : self.seats.used], self.values[:, :, : self.seats.used]
        setattr(keys, "layer", self)  # noqa: B010 (how the attention finds the frames)
        return keys, values

    def get_mask_sizes(self, query_length: int) -> tuple[int, int]:
        """What is used of the room."""
        return self.seats.used, 0

    def get_seq_length(self) -> int:
        """What is used of the room."""
        return self.seats.used

    def get_max_length(self) -> int:
        """The whole room."""
        return int(self.keys.shape[2])

    def attention(self, query: torch.Tensor, keys: torch.Tensor, values: torch.Tensor, mask: torch.Tensor, scaling: float) -> torch.Tensor:
        """What each row's query (rows, heads, 1, dimensions) finds in its frame and in what it has written: (rows, 1, heads, dimensions).

        Query heads that share a key head are taken together as if they were a short text, so that no key is copied for them. The frame
        and what is written are looked up by themselves, and then weighed by how much each of them says (Hydragen, arXiv 2402.05099).
        """
        rows, heads, _, size = query.shape
        few, per_key = keys.shape[1], heads // keys.shape[1]
        queries = query.view(rows, few, per_key, size)
        own_values, own_weight = looked_up(queries, keys, values, scaling, mask.expand(rows, few, per_key, -1))
        seated = queries[self.seats.rows].view(-1, TABLE, few, per_key, size).transpose(1, 2).reshape(-1, few, TABLE * per_key, size)
        frame_parts, weights = [], []
        for frame, at in self.seats.tables:
            key, value = (tensor.expand(at.stop - at.start, -1, -1, -1) for tensor in self.read[frame])
            read, weight = looked_up(seated[at], key, value, scaling)
            frame_parts.append(read.reshape(-1, few, TABLE, per_key, size))
            weights.append(weight.reshape(-1, few, TABLE, per_key))
        back = self.seats.back
        frames, frame_weight = (torch.cat(parts).transpose(1, 2).flatten(0, 1)[back] for parts in (frame_parts, weights))
        share = torch.sigmoid(frame_weight - own_weight)[..., None].to(own_values.dtype)
        return torch.lerp(own_values, frames, share).reshape(rows, 1, heads, size)


def looked_up(
    query: torch.Tensor, key: torch.Tensor, value: torch.Tensor, scaling: float, mask: torch.Tensor | None = None
) -> tuple[torch.Tensor, torch.Tensor]:
    """What queries (rows, heads, queries, dimensions) find, and the logarithm of how much it weighs (rows, heads, queries)."""
    if query.device.type != "cpu":
        return by_hand(query, key, value, scaling, mask)
    result = torch.ops.aten._scaled_dot_product_flash_attention_for_cpu(query, key, value, 0.0, False, attn_mask=mask, scale=scaling)
    return result[0], result[1]


def by_hand(
    query: torch.Tensor, key: torch.Tensor, value: torch.Tensor, scaling: float, mask: torch.Tensor | None
) -> tuple[torch.Tensor, torch.Tensor]:
    """The same on any device."""
    scores = (query @ key.transpose(2, 3)).float() * scaling
    if mask is not None:
        scores += mask
    weight = scores.logsumexp(-1)
    return (scores - weight[..., None]).exp().to(value.dtype) @ value, weight


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
    layer: RowsLayer | None = getattr(key, "layer", None)
    if layer is not None and attention_mask is not None:
        return layer.attention(query, key, value, attention_mask, query.shape[3] ** -0.5 if scaling is None else scaling), None
    causal, groups = attention_mask is None and query.shape[2] > 1, query.shape[1] > key.shape[1]
    read = scaled_dot_product_attention(query, key, value, attn_mask=attention_mask, is_causal=causal, scale=scaling, enable_gqa=groups)
    return read.transpose(1, 2), None


AttentionInterface.register(ATTENTION, rows_attention)
AttentionMaskInterface.register(ATTENTION, sdpa_mask)
