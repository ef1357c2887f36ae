"""A batch of fixed width in which rows of many frames are continued side by side.

A frame is read once, and its rows look it up where it stands. As soon as a row's message ends, the next row takes its place, whatever
its frame, so that the batch stays full. And because its width never changes, nor the number of rows that look up a frame at a time,
every product has the same shape: in sixteen-bit arithmetic a batch of seven adds up otherwise than one of eight, but here what a row
becomes depends on its frame and its own random numbers alone, and not on its neighbours.

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
from transformers import Cache

from synthgen.models.attention import ATTENTION, TABLE, RowsLayer, Seats

Choose = Callable[[torch.Tensor, torch.Tensor, torch.Tensor], tuple[torch.Tensor, torch.Tensor]]
"""What chooses a token for each row, and gives its log-probability, from logits (rows, vocabulary), random numbers and temperatures
(rows,)."""
PAGE = 16
"""Places of the room that come into use together. Those that are not yet written weigh nothing, to the last bit."""


@dataclass
class Job:
    """A row that is written: the tokens of its frame, its random numbers (one a token), what it has written, and the `opening`: the tokens
    that it begins with, whatever the model would choose. `logprobs` are the log-probabilities (nats) of those that it chose."""

    number: int
    ids: tuple[int, ...]
    uniforms: Sequence[float]
    temperature: float
    written: list[int] = field(default_factory=list)
    opening: Sequence[int] = ()
    logprobs: list[float] = field(default_factory=list)

    def write(self, token: int, logprob: float) -> None:
        """Write the next token: the opening's, or else the one that was chosen, which had this log-probability."""
        place = len(self.written)
        if place < len(self.opening):
            self.written.append(self.opening[place])
        else:
            self.written.append(token)
            self.logprobs.append(logprob)

    def over(self, ends: Callable[[int], bool]) -> bool:
        """Whether the last token that it wrote `ends` it, or is the last that it has a random number for."""
        return ends(self.written[-1]) or len(self.written) == len(self.uniforms)


class Batch:
    """Rows of `model`, `width` at a time, in room for `room` written tokens each."""

    def __init__(self, model: Any, width: int, room: int) -> None:
        self.model, self.width, self.room = model, width, -(-room // PAGE) * PAGE
        self.device = model.device
        self.cache: Any = None
        self.takes = ""
        self.frame: tuple[tuple[int, ...], Any, torch.Tensor] | None = None

    def write(self, jobs: Iterator[Job], ends: Callable[[int], bool], choose: Choose) -> Iterator[Job]:
        """Each job when its last token is written: one that `ends` it, or the last that it has a random number for."""
        active: dict[int, Job] = {}
        free = list(range(self.width))
        while True:
            while free and (job := next(jobs, None)) is not None:
                job.write(*self._admit(job, choose))
                if job.over(ends):
                    yield job
                else:
                    active[free.pop()] = job
            if not active:
                return
            tokens, logprobs = self._step(active, choose)
            for row, job in list(active.items()):
                job.write(tokens[row], logprobs[row])
                if job.over(ends):
                    del active[row]
                    free.append(row)
                    yield job

    def _admit(self, job: Job, choose: Choose) -> tuple[int, float]:
        if self.frame is None or self.frame[0] != job.ids:
            read = self.model(torch.tensor([job.ids], device=self.device), use_cache=True, logits_to_keep=1)
            ((self.takes, prefix),) = _state(read).items()
            self.frame = (job.ids, prefix, read.logits[:, -1])
        _, prefix, logits = self.frame
        if self.cache is None:
            self.cache = Cache(layers=[RowsLayer(layer.keys, self.width, self.room) for layer in prefix.layers])
        for row_layer, prefix_layer in zip(self.cache.layers, prefix.layers, strict=True):
            row_layer.read.setdefault(id(job.ids), (prefix_layer.keys, prefix_layer.values))
        uniforms = torch.tensor([job.uniforms[0]], device=self.device)
        token, logprob = choose(logits, uniforms, torch.tensor([job.temperature], device=self.device))
        return int(token), float(logprob)

    def _step(self, active: dict[int, Job], choose: Choose) -> tuple[list[int], list[float]]:
        tokens, positions, uniforms, temperature = [0] * self.width, [0] * self.width, [0.0] * self.width, [1.0] * self.width
        kept = [0] * self.width  # where in its room each row's new token is kept
        for row, job in active.items():
            tokens[row], kept[row] = job.written[-1], len(job.written) - 1
            positions[row] = len(job.ids) + kept[row]
            uniforms[row], temperature[row] = job.uniforms[len(job.written)], job.temperature
        seats = self._seats(active, kept)
        for layer in self.cache.layers:
            layer.seats = seats
            layer.read = {frame: layer.read[frame] for frame, _ in seats.tables}
        hidden = torch.arange(seats.used, device=self.device)[None, :] > seats.kept[:, None]
        mask = torch.zeros(hidden.shape, dtype=self.model.dtype, device=self.device).masked_fill_(hidden, float("-inf"))
        read = self.model(
            torch.tensor(tokens, device=self.device)[:, None],
            position_ids=torch.tensor(positions, device=self.device)[:, None],
            attention_mask=mask[:, None, None, :],
            use_cache=True,
            **{self.takes: self.cache},
        )
        chosen, logprobs = choose(
            read.logits[:, -1], torch.tensor(uniforms, device=self.device), torch.tensor(temperature, device=self.device)
        )
        return chosen.tolist(), logprobs.tolist()

    def _seats(self, active: dict[int, Job], kept: Sequence[int]) -> Seats:
        """Where active rows sit, beside others of their frame, and where their new tokens are kept."""
        frames: dict[int, list[int]] = {}
        for row, job in active.items():
            frames.setdefault(id(job.ids), []).append(row)
        seats, tables, back = list[int](), list[tuple[int, slice]](), [0] * self.width
        for frame, rows in frames.items():
            for seat, row in enumerate(rows, len(seats)):
                back[row] = seat
            first = len(seats) // TABLE
            seats += rows + rows[-1:] * (-len(rows) % TABLE)
            tables.append((frame, slice(first, len(seats) // TABLE)))
        rows_read, back_seats, places = (torch.tensor(numbers, device=self.device) for numbers in (seats, back, kept))
        return Seats(rows_read, tables, back_seats, places, (max(kept) // PAGE + 1) * PAGE)


def side_by_side(
    make: Callable[..., Iterator[Job]],
    frames: Sequence[Sequence[Job]],
    workers: int,
    ends: Callable[[int], bool],
    choose: Choose,
) -> Iterator[Job]:
    """All jobs of all frames, each as soon as it is written, by so many workers, each with a batch that `make` writes.

    Torch's own threads meet after every operation; on a machine that does other work too they wait for each other so much
    that they are slower than one. Workers never wait for each other, and what they write is the same for any number.
    """
    waiting, finished, stopped = iter(frames), Queue[Any](), Event()
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
                    finished.put(job)
            finished.put(None)
        except BaseException as error:  # noqa: BLE001 (the thread that reads the queue raises it)
            finished.put(error)

    before = torch.get_num_threads()
    threads = [Thread(target=work, daemon=True) for _ in range(workers)]
    for thread in threads:
        thread.start()
    running = workers
    try:
        while running:
            item = finished.get()
            if isinstance(item, BaseException):
                raise item
            if item is None:
                running -= 1
            else:
                yield item
    finally:
        stopped.set()
        for thread in threads:
            thread.join()
        torch.set_num_threads(before)


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
    except (AttributeError, TypeError, RuntimeError, ValueError, NotImplementedError, KeyError, IndexError):
        pass  # a model with its own kind of cache or attention
    model.set_attn_implementation(usual)
    return False


def _tried(model: Any, ids: list[int]) -> torch.Tensor:
    """What a batch of two rows expects after these tokens."""
    batch = Batch(model, 2, len(ids))
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
