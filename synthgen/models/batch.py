"""A batch of fixed width in which rows of many frames are continued side by side.

A frame is read once. Rows that share it with many others look it up where it stands; where few do, its keys and values are copied to each
row, so that one operation serves all frames. As soon as a row's message
ends, the next row takes its place, whatever its frame, so that the batch stays full. And because its width
never changes, every matrix product has the same shape: in sixteen-bit arithmetic a batch of seven adds up
otherwise than one of eight, but in a batch that is always as wide, what a row becomes depends on its frame and
its own random numbers alone, and not on its neighbours.

This module imports torch and transformers, so it is imported when a model first writes.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from queue import Queue
from threading import Event, Lock, Thread
from typing import Any

import torch
from torch.nn.functional import scaled_dot_product_attention
from transformers import AttentionInterface, AttentionMaskInterface, Cache, CacheLayerMixin
from transformers.masking_utils import sdpa_mask

ATTENTION = "synthgen_rows"


@dataclass
class Job:
    """A row that is written: the tokens of its frame, its random numbers (one a token), what it has written, and whether its frame is
    `shared` by many rows of the plan, whoever of them is asked for now."""

    number: int
    ids: tuple[int, ...]
    luck: Sequence[float]
    temperature: float
    written: list[int] = field(default_factory=list)
    shared: bool = False

    @property
    def position(self) -> int:
        """Where its last token stands."""
        return len(self.ids) + len(self.written) - 1


class RowsLayer(CacheLayerMixin):  # type: ignore[misc]
    """One layer's keys and values: (rows, heads, room, dimensions), frames copied, each row written at a position of its own."""

    def __init__(self, like: torch.Tensor, width: int, room: int) -> None:
        super().__init__()
        shape = (width, like.shape[1], room, like.shape[3])
        self.keys, self.values = like.new_zeros(shape), like.new_zeros(shape)
        self.is_initialized = True
        self.rows = torch.arange(width, device=like.device)
        self.positions = self.rows

    def lazy_initialization(self, key_states: torch.Tensor, value_states: torch.Tensor) -> None:
        """Nothing: the buffers are there."""

    def admit(self, row: int, job: Job, prefix: Any) -> None:
        """Give a row the keys and values of a frame."""
        length = prefix.keys.shape[2]
        self.keys[row, :, :length], self.values[row, :, :length] = prefix.keys[0], prefix.values[0]

    def update(self, key_states: torch.Tensor, value_states: torch.Tensor, *args: Any, **kwargs: Any) -> tuple[torch.Tensor, torch.Tensor]:
        """Write each row's new position."""
        self.keys[self.rows, :, self.positions] = key_states[:, :, 0]
        self.values[self.rows, :, self.positions] = value_states[:, :, 0]
        return self.keys, self.values

    def get_mask_sizes(self, query_length: int) -> tuple[int, int]:
        """The whole room."""
        return self.keys.shape[2], 0

    def get_seq_length(self) -> int:
        """The whole room."""
        return int(self.keys.shape[2])

    def get_max_length(self) -> int:
        """The whole room."""
        return int(self.keys.shape[2])


class SharedLayer(RowsLayer):
    """One layer's keys and values, (heads, rows, room, dimensions) of what the rows have written, and those of each frame, (heads,
    dimensions, tokens) and (heads, tokens, dimensions). `frames` are those of the active rows, each with the places of its rows."""

    def __init__(self, like: torch.Tensor, width: int, room: int) -> None:
        super().__init__(like.transpose(0, 1), width, room)
        shape = (like.shape[1], width, room, like.shape[3])
        self.keys, self.values = like.new_zeros(shape), like.new_zeros(shape)
        setattr(self.keys, "layer", self)  # noqa: B010 (how the attention finds the frames)
        self.read: dict[int, tuple[torch.Tensor, torch.Tensor]] = {}
        self.frames: list[tuple[int, torch.Tensor]] = []

    def admit(self, row: int, job: Job, prefix: Any) -> None:
        """Keep the keys and values of a frame."""
        if id(job.ids) not in self.read:
            self.read[id(job.ids)] = prefix.keys[0].transpose(1, 2).contiguous(), prefix.values[0].contiguous()

    def update(self, key_states: torch.Tensor, value_states: torch.Tensor, *args: Any, **kwargs: Any) -> tuple[torch.Tensor, torch.Tensor]:
        """Write each row's new position."""
        self.keys[:, self.rows, self.positions] = key_states[:, :, 0].transpose(0, 1)
        self.values[:, self.rows, self.positions] = value_states[:, :, 0].transpose(0, 1)
        return self.keys, self.values

    def attention(self, query: torch.Tensor, mask: torch.Tensor, scaling: float) -> torch.Tensor:
        """What each row's query (rows, heads, 1, dimensions) reads in its frame and in what it has written: (rows, 1, heads, dimensions).

        Every frame is looked up by all rows of the batch, and only its own take what they find: so the shape of the product never depends
        on how many they are."""
        rows, heads, _, size = query.shape
        few, own = len(self.keys), self.keys.shape[2]
        asked = query.view(rows, few, heads // few, size).transpose(0, 1)
        flat = asked.reshape(few, -1, size)
        late = torch.matmul(asked, self.keys.transpose(2, 3)).float().mul_(scaling).add_(mask[:, 0])
        seen, chances_own = torch.empty_like(asked), late.to(query.dtype)
        for frame, places in self.frames:
            keys, values = self.read[frame]
            length = keys.shape[2]
            scores = late.new_empty((*asked.shape[:3], length + own))
            torch.mul(torch.bmm(flat, keys).view(*asked.shape[:3], length), scaling, out=scores[..., :length])
            scores[..., length:] = late
            chances = torch.softmax(scores, dim=-1).to(query.dtype)
            found = torch.bmm(chances[..., :length].reshape(few, -1, length), values).view(asked.shape)
            if len(self.frames) == 1:
                seen, chances_own = found, chances[..., length:]
            else:
                seen[:, places], chances_own[:, places] = found[:, places], chances[:, places, :, length:]
        return (seen + torch.matmul(chances_own, self.values)).permute(1, 0, 2, 3).reshape(rows, 1, heads, size)


def rows_attention(
    module: torch.nn.Module,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: torch.Tensor | None,
    scaling: float | None = None,
    **kwargs: Any,
) -> tuple[torch.Tensor, None]:
    """Attention of one new token a row, (rows, heads, 1, dimensions). Query heads that share a key head are taken together as
    if they were a short text, so that no key is copied for them. A frame that is being read takes torch's usual way."""
    if any(kwargs.get(name) is not None for name in ("softcap", "s_aux", "position_bias")):
        raise NotImplementedError("this attention has parts that rows_attention does not know")
    if query.shape[2] > 1 or query.shape[0] == 1:
        groups = query.shape[1] > key.shape[1]
        read = scaled_dot_product_attention(
            query,
            key,
            value,
            attn_mask=attention_mask,
            is_causal=attention_mask is None and query.shape[2] > 1,
            scale=scaling,
            enable_gqa=groups,
        )
        return read.transpose(1, 2), None
    if (layer := getattr(key, "layer", None)) is not None and attention_mask is not None:
        return layer.attention(query, attention_mask, query.shape[3] ** -0.5 if scaling is None else scaling), None
    rows, heads, _, size = query.shape
    folded = query.view(rows, key.shape[1], heads // key.shape[1], size)
    if attention_mask is not None:  # torch takes longer over a mask that it must spread out itself
        attention_mask = attention_mask.expand(rows, folded.shape[1], folded.shape[2], -1).contiguous()
    seen = scaled_dot_product_attention(folded, key, value, attn_mask=attention_mask, scale=scaling)
    return seen.reshape(rows, 1, heads, size), None


AttentionInterface.register(ATTENTION, rows_attention)
AttentionMaskInterface.register(ATTENTION, sdpa_mask)


class Batch:
    """Rows of `model`, `width` at a time, in room for `room` tokens each: of frames and what is written, or if frames are `shared`, of what
    is written."""

    def __init__(self, model: Any, width: int, room: int, *, shared: bool = False) -> None:
        self.model, self.width, self.room, self.shared = model, width, room, shared
        self.device = model.device
        self.cache: Any = None
        self.frame: tuple[tuple[int, ...], Any, torch.Tensor] | None = None

    def write(self, jobs: Iterator[Job], ends: Callable[[int], bool], choose: Callable[..., torch.Tensor]) -> Iterator[Job]:
        """Each job when its last token is written: one that `ends` it, or the last that it has a random number for."""
        active: dict[int, Job] = {}
        free = list(range(self.width))
        while True:
            while free and (job := next(jobs, None)) is not None:
                token = self._admit(job, free[-1], choose)
                job.written.append(token)
                if ends(token) or len(job.written) == len(job.luck):
                    yield job
                else:
                    active[free.pop()] = job
            if not active:
                return
            tokens = self._step(active, choose)
            for row, job in list(active.items()):
                token = tokens[row]
                job.written.append(token)
                if ends(token) or len(job.written) == len(job.luck):
                    del active[row]
                    free.append(row)
                    yield job

    def _admit(self, job: Job, row: int, choose: Callable[..., torch.Tensor]) -> int:
        if self.frame is None or self.frame[0] != job.ids:
            read = self.model(torch.tensor([job.ids], device=self.device), use_cache=True, logits_to_keep=1)
            self.frame = (job.ids, read.past_key_values, read.logits[:, -1])
        _, prefix, logits = self.frame
        if self.cache is None:
            kind = SharedLayer if self.shared else RowsLayer
            self.cache = Cache(layers=[kind(layer.keys, self.width, self.room) for layer in prefix.layers])
        for mine, theirs in zip(self.cache.layers, prefix.layers, strict=True):
            mine.admit(row, job, theirs)
        luck = torch.tensor([job.luck[0]], device=self.device)
        return int(choose(logits, luck, torch.tensor([job.temperature], device=self.device)))

    def _step(self, active: dict[int, Job], choose: Callable[..., torch.Tensor]) -> list[int]:
        tokens, positions, luck, temperature = [0] * self.width, [0] * self.width, [0.0] * self.width, [1.0] * self.width
        kept = [0] * self.width  # where in its room each row's new token is kept
        for row, job in active.items():
            tokens[row], positions[row] = job.written[-1], job.position
            kept[row] = len(job.written) - 1 if self.shared else job.position
            luck[row], temperature[row] = job.luck[len(job.written)], job.temperature
        where, place = torch.tensor(positions, device=self.device), torch.tensor(kept, device=self.device)
        frames = self._frames(active) if self.shared else []
        for layer in self.cache.layers:
            layer.positions = place
            if self.shared:
                layer.frames, layer.read = frames, {frame: layer.read[frame] for frame, _ in frames}
        hidden = torch.arange(self.room, device=self.device)[None, :] > place[:, None]
        mask = torch.zeros(hidden.shape, dtype=self.model.dtype, device=self.device).masked_fill_(hidden, float("-inf"))
        read = self.model(
            torch.tensor(tokens, device=self.device)[:, None],
            position_ids=where[:, None],
            attention_mask=mask[:, None, None, :],
            past_key_values=self.cache,
            use_cache=True,
        )
        chosen = choose(read.logits[:, -1], torch.tensor(luck, device=self.device), torch.tensor(temperature, device=self.device))
        found: list[int] = chosen.tolist()
        return found

    def _frames(self, active: dict[int, Job]) -> list[tuple[int, torch.Tensor]]:
        """The frames that active rows continue, and their rows."""
        rows: dict[int, list[int]] = {}
        for row, job in active.items():
            rows.setdefault(id(job.ids), []).append(row)
        return [(frame, torch.tensor(own, device=self.device)) for frame, own in rows.items()]


def side_by_side(
    make: Callable[..., Iterator[Job]],
    frames: Sequence[Sequence[Job]],
    workers: int,
    ends: Callable[[int], bool],
    choose: Callable[..., torch.Tensor],
) -> Iterator[Job]:
    """All jobs of all frames, each as soon as it is written, by so many workers, each with a batch that `make` writes.

    Torch's own threads meet after every operation; on a machine that does other work too they wait for each other so much
    that they are slower than one. Workers never wait for each other, and what they write is the same for any number.
    """
    waiting, done, stopped = iter(frames), Queue[Any](), Event()
    turn = Lock()

    def jobs() -> Iterator[Job]:
        while not stopped.is_set():
            with turn:
                frame = next(waiting, None)
            if frame is None:
                return
            yield from frame

    def stopping(token: int) -> bool:
        if stopped.is_set():
            raise InterruptedError
        return ends(token)

    def work() -> None:
        try:
            torch.set_num_threads(1)
            with torch.inference_mode():
                for job in make(jobs(), stopping, choose):
                    done.put(job)
            done.put(None)
        except BaseException as error:
            done.put(error)

    before = torch.get_num_threads()
    threads = [Thread(target=work, daemon=True) for _ in range(workers)]
    for thread in threads:
        thread.start()
    running = workers
    try:
        while running:
            one = done.get()
            if isinstance(one, BaseException):
                raise one
            if one is None:
                running -= 1
            else:
                yield one
    finally:
        stopped.set()
        for thread in threads:
            thread.join()
        torch.set_num_threads(before)


def fits(model: Any, room: int) -> bool:
    """Whether rows of different lengths can stand side by side in this model, their frames shared or not: tried on a few tokens against
    its usual way. If they can, the model's attention is the one of this module from now on.
    """
    config = model.config.get_text_config()
    usual, ids = model.config._attn_implementation, list(range(3, 12))
    window = getattr(config, "sliding_window", None)
    if window and window < room:
        return False
    try:
        expected = model(torch.tensor([ids], device=model.device)).logits[0, -1].float()
        model.set_attn_implementation(ATTENTION)
        found = [_tried(model, ids, shared=shared) for shared in (False, True)]
        if all(bool((one.float() - expected).abs().mean() <= 0.1 * expected.std()) for one in found):
            return True
    except (AttributeError, TypeError, RuntimeError, ValueError, NotImplementedError, KeyError, IndexError):
        pass  # a model with its own kind of cache or attention
    model.set_attn_implementation(usual)
    return False


def _tried(model: Any, ids: list[int], *, shared: bool) -> torch.Tensor:
    """What a batch of two rows expects after these tokens."""
    batch = Batch(model, 2, 2 * len(ids), shared=shared)
    frame = tuple(ids[:-1])
    jobs = [Job(row, frame, [0.0, 0.0], 1.0, []) for row in (0, 1)]
    for job, free in zip(jobs, (1, 0), strict=True):
        batch._admit(job, free, lambda *_: torch.tensor(0))
        job.written.append(ids[-1])
    found: list[torch.Tensor] = []

    def keep(logits: torch.Tensor, *_: Any) -> torch.Tensor:
        found.append(logits)
        return torch.zeros(2)

    batch._step({1: jobs[0], 0: jobs[1]}, keep)
    return found[0][0]


def write_singly(model: Any, jobs: Iterator[Job], ends: Callable[[int], bool], choose: Callable[..., torch.Tensor]) -> Iterator[Job]:
    """The same for a model whose rows cannot share a batch: one row after the other, each from a copy of its frame."""
    frame: tuple[tuple[int, ...], Any, torch.Tensor] | None = None
    for job in jobs:
        if frame is None or frame[0] != job.ids:
            read = model(torch.tensor([job.ids], device=model.device), use_cache=True, logits_to_keep=1)
            frame = (job.ids, _state(read), read.logits[:, -1])
        state, logits = copy.deepcopy(frame[1]), frame[2]
        for luck in job.luck:
            token = int(choose(logits, torch.tensor([luck], device=model.device), torch.tensor([job.temperature], device=model.device)))
            job.written.append(token)
            if ends(token) or len(job.written) == len(job.luck):
                break
            read = model(torch.tensor([[token]], device=model.device), use_cache=True, **state)
            state, logits = _state(read), read.logits[:, -1]
        yield job


def _state(read: Any) -> dict[str, Any]:
    """What a model remembers of what it read, under the name that it takes it by (recurrent ones have names of their own)."""
    return {name: read[name] for name in ("past_key_values", "cache_params", "state") if name in read}
