"""The training loop: batches of documents, a checkpoint now and then, held-out loss, an early stop.

A run that was killed goes on from its last checkpoint and ends as if nothing had happened: the documents of an epoch and their order
come from the seed alone.
"""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from random import Random
from typing import Any
from zipfile import ZipFile

import torch

from synthgen.memory import lacks_memory
from synthgen.spec.replacing import replacing
from synthgen.tuning.batches import Encoded, steps
from synthgen.tuning.losses import Objective, bits_per_byte, likelihood, side_by_side

CHECKPOINT = "checkpoint.pt"
SAVED_EVERY = 60.0
"""Seconds between checkpoints."""
WARM = 20
"""Steps in which the learning rate rises to its full height."""
LAST = 0.05
"""What is left of the learning rate at the end, to which it falls in a straight line."""


@dataclass(frozen=True)
class Settings:
    """`epochs` over the messages, but at most `minutes`; `rate` of learning; `batch` in tokens; stop when the validation loss has not
    improved for `patience` looks at the held-out messages."""

    epochs: int = 3
    minutes: float | None = None
    rate: float = 3e-3
    batch: int = 2048
    seed: int = 0
    patience: int = 3
    looks: int = 2
    """How often an epoch looks at the held-out messages."""


@dataclass
class TrainingState:
    """How far the training is. `losses` are (step, held-out bits per byte)."""

    epoch: int = 0
    place: int = 0
    step: int = 0
    tokens: int = 0
    seconds: float = 0.0
    losses: list[tuple[int, float]] = field(default_factory=list)
    earlier: float = 0.0
    """How many of the seconds were spent before this process, by runs that were killed."""

    @property
    def best(self) -> float:
        """The lowest held-out bits per byte so far."""
        return min((loss for _, loss in self.losses), default=math.inf)

    def record(self) -> dict[str, Any]:
        """What a record says of it."""
        return {"steps": self.step, "tokens": self.tokens, "seconds": round(self.seconds, 1), "held-out bits per byte": self.losses}


@dataclass(frozen=True)
class Step:
    """A step that was made: how much of the training is done (0 to 1), the loss in bits per byte, and that of held-out messages."""

    done: float
    loss: float
    held: float | None
    tokens: int
    seconds: float


Watch = Callable[[Step], None]


def train(
    model: Any,
    parameters: dict[str, torch.nn.Parameter],
    epoch: Callable[[int], Sequence[Encoded]],
    held_out: Sequence[Encoded],
    settings: Settings,
    folder: Path,
    watch: Watch,
    objective: Objective = likelihood,
    settle: Callable[[], None] = lambda: None,
) -> TrainingState:
    """Train `parameters` of a model on the documents of `epoch(number)`; they end at the lowest validation loss, on the `held_out` ones.

    `folder` keeps the checkpoint; `settle` is called whenever the parameters have changed. Raises nothing of its own; a KeyboardInterrupt
    leaves a checkpoint.
    """
    if model.device.type == "cpu":
        model.set_attn_implementation("eager")  # whose way back takes a quarter of the time of torch's own attention
    learner = _Learner(
        model, parameters, objective, settle, torch.optim.AdamW(parameters.values(), lr=settings.rate, betas=(0.9, 0.95), weight_decay=0.0)
    )
    loop = _Loop(learner, held_out, settings, folder / CHECKPOINT, watch)
    with side_by_side(model) as parallel_map:
        learner.parallel_map = parallel_map
        loop.run(epoch)
    return loop.state


@dataclass
class _Learner:
    """A model, which of its parameters are trained, and how. `parallel_map` works on the batches of a step."""

    model: Any
    parameters: dict[str, torch.nn.Parameter]
    objective: Objective
    settle: Callable[[], None]
    optimizer: torch.optim.Optimizer
    parallel_map: Callable[..., Iterator[Any]] = map

    def read(self, parts: Sequence[Sequence[Encoded]]) -> tuple[float, int]:
        """Compute the gradients of a step; returns the loss of its tokens in nats, and how many they are."""
        if self.model.device.type != "cpu":
            parts = [[document for batch in parts for document in batch]]
        nats, count, trained = 0.0, 0, list[Any](self.parameters.values())
        for slopes, token_losses in self.parallel_map(self._slopes, parts):
            nats, count = nats + float(token_losses.sum()), count + len(token_losses)
            for parameter, slope in zip(trained, slopes, strict=True):
                parameter.grad = slope if parameter.grad is None else parameter.grad + slope
        for parameter in trained:
            parameter.grad /= max(1, count)
        torch.nn.utils.clip_grad_norm_(trained, 1.0)
        return nats, count

    def _slopes(self, batch: Sequence[Encoded]) -> tuple[Sequence[torch.Tensor], torch.Tensor]:
        loss, token_losses = self.objective(self.model, batch)
        return torch.autograd.grad(loss, list(self.parameters.values())), token_losses.detach()

    def move(self, rate: float) -> None:
        """Take a gradient step."""
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        self.optimizer.step()

    def held_out_loss(self, documents: Sequence[Encoded], size: int) -> float:
        """Bits per byte of documents that are not learned."""
        self.model.eval()
        bits = bits_per_byte(self.model, documents, size)
        self.model.train()
        return bits

    def take(self, values: dict[str, torch.Tensor]) -> None:
        """Set the values of all parameters."""
        with torch.no_grad():
            for name, parameter in self.parameters.items():
                parameter.copy_(values[name])
        self.settle()


class _Loop:
    """The epochs of a training, from where its file was left."""

    def __init__(self, learner: _Learner, held_out: Sequence[Encoded], settings: Settings, file: Path, watch: Watch) -> None:
        self.learner, self.held_out, self.settings, self.file, self.watch = learner, held_out, settings, file, watch
        self.state, self.best, self.consistent = TrainingState(), dict[str, torch.Tensor](), True
        self._restore()
        self.before, self.began, self.saved = self.state.seconds, time.monotonic(), time.monotonic()

    def run(self, epoch: Callable[[int], Sequence[Encoded]]) -> None:
        self.learner.model.train()
        if not self.state.losses:
            self._look()
        try:
            while self.state.epoch < self.settings.epochs and not self._over:
                self._epoch(steps(epoch(self.state.epoch), self.settings.batch, Random(f"{self.settings.seed} {self.state.epoch}")))
        except KeyboardInterrupt:
            if self.consistent:
                self._save()
            raise
        if self.state.losses[-1][0] != self.state.step:
            self._look()
        self.learner.take(self.best)
        self._save()

    @property
    def _over(self) -> bool:
        since = [loss for _, loss in self.state.losses]
        tired = len(since) > self.settings.patience and min(since[-self.settings.patience :]) > min(since[: -self.settings.patience])
        return tired or (self.settings.minutes is not None and self.state.seconds >= 60 * self.settings.minutes)

    def _epoch(self, schedule: Sequence[Sequence[Sequence[Encoded]]]) -> None:
        interval = max(1, len(schedule) // self.settings.looks)
        while self.state.place < len(schedule):
            due = self.state.place % interval == 0 and len(schedule) - self.state.place >= interval // 2
            if due and self.state.losses[-1][0] != self.state.step:  # before the step, so that a run that goes on does not pass it over
                self._look()
            if self._over:
                break
            share = self.state.place / len(schedule)
            self._step(schedule[self.state.place], (self.state.epoch + share) / self.settings.epochs)
            if time.monotonic() - self.saved > SAVED_EVERY:
                self._save()
        else:
            self.state.epoch, self.state.place = self.state.epoch + 1, 0

    def _step(self, parts: Sequence[Sequence[Encoded]], progress: float) -> None:
        if self.settings.minutes is not None:
            progress = max(progress, self.state.seconds / 60 / self.settings.minutes)
        rate = self.settings.rate * min(1.0, (self.state.step + 1) / WARM) * max(LAST, 1 - progress)
        nats, count = self.learner.read(parts)
        self.consistent = False  # an interrupt in here would leave half a step
        self.learner.move(rate)
        self.state.place, self.state.step = self.state.place + 1, self.state.step + 1
        self.state.tokens += count
        self.state.seconds = self.before + time.monotonic() - self.began
        self.consistent = True
        self.learner.optimizer.zero_grad(set_to_none=True)
        self.learner.settle()
        bits = nats / math.log(2) / max(1, sum(size for batch in parts for _, _, size in batch))
        self.watch(Step(progress, bits, None, self.state.tokens, self.state.seconds))

    def _look(self) -> None:
        bits = self.learner.held_out_loss(self.held_out, self.settings.batch)
        if bits < self.state.best or not self.best:
            self.best = {name: parameter.detach().clone() for name, parameter in self.learner.parameters.items()}
        self.state.losses.append((self.state.step, bits))
        self.watch(Step(0.0, 0.0, bits, self.state.tokens, self.state.seconds))

    def _save(self) -> None:
        checkpoint = {
            "parameters": {name: parameter.detach() for name, parameter in self.learner.parameters.items()},
            "best": self.best,
            "optimizer": self.learner.optimizer.state_dict(),
            "state": asdict(self.state),
        }
        with replacing(self.file) as unfinished, unfinished.open("wb") as file:  # torch would open it with errors of its own
            torch.save(checkpoint, file)
        self.saved = time.monotonic()

    def _restore(self) -> None:
        checkpoint = _checkpoint(self.file, next(iter(self.learner.parameters.values())).device)
        if checkpoint is not None:
            self.learner.take(checkpoint["parameters"])
            self.learner.optimizer.load_state_dict(copy.deepcopy(checkpoint["optimizer"]))
            self.best, self.state = checkpoint["best"], TrainingState(**checkpoint["state"])
            self.state.losses = [(step, loss) for step, loss in self.state.losses]
            self.state.earlier = self.state.seconds
        else:
            self.learner.settle()


def _checkpoint(file: Path, device: Any) -> dict[str, Any] | None:
    """What an earlier run has saved; None where there is nothing, or it is damaged: then it begins again."""
    try:
        with ZipFile(file) as stored:
            damaged = stored.testzip()  # torch itself does not look at the checksums
        return None if damaged else torch.load(file, weights_only=True, map_location=device)
    except Exception as error:  # a file that is damaged, or not there, can fail in any way
        if lacks_memory(error):
            raise
        return None
