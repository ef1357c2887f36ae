"""A batch of fixed width in which rows of many frames are continued side by side.

A frame is read once, and its rows look it up where it stands. As soon as a row's message ends, the next row takes its place, whatever
its frame, so that the batch stays full. And because its width never changes, nor the number of rows that look up a frame at a time,
every product has the same shape: in sixteen-bit arithmetic a batch of seven adds up otherwise than one of eight, but here what a row
becomes depends on its frame and its own random numbers alone, and not on its neighbours.

This module imports torch, so it is imported when a model first writes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from queue import Queue
from threading import Event, Lock, Thread
from typing import Any, Protocol

import torch

from synthgen.models.attention import TABLE, RowsLayer, Seats


class Decoder(Protocol):
    """A model that reads a frame, and continues rows side by side."""

    device: torch.device
    dtype: torch.dtype

    def read(self, ids: Sequence[int]) -> tuple[list[tuple[torch.Tensor, torch.Tensor]], torch.Tensor]:
        """What is remembered of a frame, the keys and values (1, heads, tokens, dimensions) of each layer; and the logits (1, vocabulary)
        of what comes next."""
        ...

    def step(self, tokens: torch.Tensor, positions: torch.Tensor, mask: torch.Tensor, caches: Sequence[RowsLayer]) -> torch.Tensor:
        """The logits (rows, vocabulary) of what comes after the `tokens` (rows,) at these `positions` (rows,)."""
        ...


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
    """Rows that `decoder` writes, `width` at a time, in room for `room` written tokens each."""

    def __init__(self, decoder: Decoder, width: int, room: int) -> None:
        self.decoder, self.width, self.room = decoder, width, -(-room // PAGE) * PAGE
        self.device = decoder.device
        self.caches: list[RowsLayer] = []
        self.frame: tuple[tuple[int, ...], list[tuple[torch.Tensor, torch.Tensor]], torch.Tensor] | None = None

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
            for (row, job), token, logprob in zip(list(active.items()), tokens, logprobs, strict=True):
                job.write(token, logprob)
                if job.over(ends):
                    del active[row]
                    free.append(row)
                    yield job

    def _admit(self, job: Job, choose: Choose) -> tuple[int, float]:
        if self.frame is None or self.frame[0] != job.ids:
            self.frame = (job.ids, *self.decoder.read(job.ids))
        _, remembered, logits = self.frame
        self.caches = self.caches or [RowsLayer(keys, self.width, self.room) for keys, _ in remembered]
        for cache, keys_values in zip(self.caches, remembered, strict=True):
            cache.read.setdefault(id(job.ids), keys_values)
        uniforms = torch.tensor([job.uniforms[0]], device=self.device)
        token, logprob = choose(logits, uniforms, torch.tensor([job.temperature], device=self.device))
        return int(token), float(logprob)

    def _step(self, active: dict[int, Job], choose: Choose) -> tuple[list[int], list[float]]:
        tokens, positions, kept = [0] * self.width, [0] * self.width, [0] * self.width
        uniforms, temperature = list[float](), list[float]()
        for row, job in active.items():
            kept[row] = len(job.written) - 1
            tokens[row], positions[row] = job.written[-1], len(job.ids) + kept[row]
            uniforms.append(job.uniforms[len(job.written)])
            temperature.append(job.temperature)
        seats = self._seats(active, kept)
        for cache in self.caches:
            cache.seats = seats
            cache.read = {frame: cache.read[frame] for frame, _ in seats.tables}
        hidden = torch.arange(seats.used, device=self.device)[None, :] > seats.kept[:, None]
        mask = torch.zeros(hidden.shape, dtype=self.decoder.dtype, device=self.device).masked_fill_(hidden, float("-inf"))
        logits = self.decoder.step(
            torch.tensor(tokens, device=self.device), torch.tensor(positions, device=self.device), mask[:, None, None, :], self.caches
        )
        chosen, logprobs = choose(
            logits[torch.tensor(list(active), device=self.device)],
            torch.tensor(uniforms, device=self.device),
            torch.tensor(temperature, device=self.device),
        )
        return chosen.tolist(), logprobs.tolist()

    def _seats(self, active: dict[int, Job], kept: Sequence[int]) -> Seats:
        """Where rows sit, active ones beside others of their frame, and where their new tokens are kept."""
        frames, seat_of = dict[int, list[int]](), [0] * self.width
        for row, job in active.items():
            frames.setdefault(id(job.ids), []).append(row)
        seats, tables = list[int](), list[tuple[int, slice]]()
        for frame, rows in frames.items():
            for seat, row in enumerate(rows, len(seats)):
                seat_of[row] = seat
            first = len(seats) // TABLE
            seats += rows + rows[-1:] * (-len(rows) % TABLE)
            tables.append((frame, slice(first, len(seats) // TABLE)))
        rows_read, back, places = (torch.tensor(part, device=self.device) for part in (seats, seat_of, kept))
        return Seats(rows_read, tables, back, places, (max(kept) // PAGE + 1) * PAGE)


def side_by_side(
    make: Callable[..., Iterator[Job]],
    frames: Iterable[Sequence[Job]],
    workers: int,
    ends: Callable[[int], bool],
    choose: Choose,
) -> Iterator[Job]:
    """All jobs of all frames, each as soon as it is written, by so many workers, each with a batch that `make` writes. A frame is taken
    when there is room for a job.

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
