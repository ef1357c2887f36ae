"""Attention of rows that continue frames: what a row asks is looked up in its frame, which is read once for all its rows, and in what the
row has written.

This module imports torch, so it is imported when a model first writes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch

TABLE = 4
"""Rows that read a frame together. Always as many: empty seats are taken by a row that sits there already."""


@dataclass(frozen=True)
class Seats:
    """A step's order. Who reads which frame: `rows` one seat after the other, the `tables` of each frame, and the seat of each row to find
    it `back`. And where in its room the new token of each row is `kept`, and how much of the room is `used`. A row in which nothing is
    written has a seat and a place, too, and what it finds is nobody's."""

    rows: torch.Tensor
    tables: Sequence[tuple[int, slice]]
    back: torch.Tensor
    kept: torch.Tensor
    used: int


class RowsLayer:
    """One layer's keys and values: of what the rows have written, (rows, room, heads, dimensions), each at a place of its own;
    and those `read` in each frame, (1, heads, tokens, dimensions)."""

    def __init__(self, like: torch.Tensor, width: int, room: int) -> None:
        shape = (width, room, like.shape[1], like.shape[3])
        self.keys, self.values = like.new_zeros(shape), like.new_zeros(shape)
        self.every = torch.arange(width, device=like.device)
        self.read: dict[int, tuple[torch.Tensor, torch.Tensor]] = {}
        self.seats: Seats

    def update(self, key_states: torch.Tensor, value_states: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Write what is new of each row; returns what is used of the room."""
        kept, used = self.seats.kept, self.seats.used
        self.keys[self.every, kept] = key_states[:, :, 0]
        self.values[self.every, kept] = value_states[:, :, 0]
        return self.keys[:, :used].transpose(1, 2), self.values[:, :used].transpose(1, 2)

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
