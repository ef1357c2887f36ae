"""A key-value cache with room to grow: the prefix once for every row, and space for what each row will write.

The cache of transformers copies all keys and values for each new token, which took two thirds of the time.
This module imports torch and transformers, so it is imported when a model first writes.
"""

from __future__ import annotations

from typing import Any

import torch
from transformers import DynamicLayer


class RoomyLayer(DynamicLayer):  # type: ignore[misc]
    """One layer's keys and values, (rows, heads, positions, dimensions), in buffers of their final size."""

    def __init__(self, prefix: Any, rows: int, room: int, spare: dict[int, torch.Tensor], place: int) -> None:
        super().__init__()
        self.dtype, self.device, self.is_initialized = prefix.keys.dtype, prefix.keys.device, True
        self.length = prefix.keys.shape[-2]
        self._room = [self._buffer(states, rows, room, spare, 2 * place + part) for part, states in enumerate((prefix.keys, prefix.values))]
        self._show()

    def _buffer(self, states: torch.Tensor, rows: int, room: int, spare: dict[int, torch.Tensor], number: int) -> torch.Tensor:
        _, heads, length, size = states.shape
        count = rows * heads * (length + room) * size
        if number not in spare or spare[number].numel() < count:
            spare[number] = states.new_empty(count)
        buffer = spare[number][:count].view(rows, heads, length + room, size)
        buffer[:, :, :length] = states
        return buffer

    def _show(self) -> None:
        self.keys, self.values = (buffer[:, :, : self.length] for buffer in self._room)

    def update(self, key_states: torch.Tensor, value_states: torch.Tensor, *args: Any, **kwargs: Any) -> tuple[torch.Tensor, torch.Tensor]:
        """Write the new positions into the room."""
        end = self.length + key_states.shape[-2]
        for buffer, states in zip(self._room, (key_states, value_states), strict=True):
            buffer[:, :, self.length : end] = states
        self.length = end
        self._show()
        return self.keys, self.values

    def batch_select_indices(self, indices: torch.Tensor) -> None:
        """Keep some rows, given in rising order, by moving them to the front."""
        kept = indices.tolist()
        for buffer in self._room:
            for place, row in enumerate(kept):
                if place != row:
                    buffer[place, :, : self.length] = buffer[row, :, : self.length]
        self._room = [buffer[: len(kept)] for buffer in self._room]
        self._show()


def with_room(cache: Any, rows: int, room: int, spare: dict[int, torch.Tensor]) -> Any:
    """The cache of one prefix, for `rows` rows that will each write up to `room` tokens.

    `spare` keeps the buffers from one use to the next: getting so much memory anew takes as long as several tokens.
    Layers of other kinds (sliding windows, recurrent states) are repeated as they are.
    """
    for place, layer in enumerate(cache.layers):
        if type(layer) is DynamicLayer and layer.is_initialized:
            cache.layers[place] = RoomyLayer(layer, rows, room, spare, place)
        else:
            layer.batch_repeat_interleave(rows)
    return cache
