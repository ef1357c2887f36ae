"""The training loop: batches of documents, a checkpoint now and then, held-out loss, an early stop.

A run that was killed goes on from its last checkpoint and ends as if nothing had happened: the documents of an epoch and their order
come from the seed alone.
"""

from __future__ import annotations

import copy
import math
import os
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import torch
from torch.nn.functional import cross_entropy

from synthgen.models.base import cores
from synthgen.tune.documents import Document

CHECKPOINT = "checkpoint.pt"
SAVED_EVERY = 60.0
"""Seconds between checkpoints."""
LONGEST = 1024
"""Tokens of a document that are read."""
PARTS = 2
"""Batches of a step. On a CPU each is a thread's own work: torch's own threads wait for each other after every operation, and on a
machine that does other things too that takes longer than the work."""
WARM = 20
"""Steps in which the learning rate rises to its full height."""
LAST = 0.05
"""What is left of the learning rate at the end, to which it falls in a straight line."""


@dataclass(frozen=True)
class Settings:
    """`epochs` over the messages, but at most `minutes`; `rate` of learning; `batch` in tokens; stop after `patience` looks at the
    held-out messages that found nothing better."""

    epochs: int = 3
    minutes: float | None = None
    rate: float = 3e-3
    batch: int = 2048
    seed: int = 0
    patience: int = 3
    looks: int = 2
    """How often an epoch looks at the held-out messages."""


@dataclass
class State:
    """How far the training is. `losses` are (step, held-out bits per byte)."""

    epoch: int = 0
    place: int = 0
    step: int = 0
    tokens: int = 0
    seconds: float = 0.0
    losses: list[tuple[int, float]] = field(default_factory=list)

    @property
    def best(self) -> float:
        """The lowest held-out bits per byte so far."""
        return min((loss for _, loss in self.losses), default=math.inf)


@dataclass(frozen=True)
class Step:
    """A step that was made: how much of the training is done (0 to 1), the loss in bits per byte, and that of held-out messages."""

    done: float
    loss: float
    held: float | None
    tokens: int
    seconds: float


Watch = Callable[[Step], None]
Encoded = tuple[list[int], list[bool], int]
Objective = Callable[[Any, Sequence[Encoded]], tuple[torch.Tensor, torch.Tensor]]
"""What is to become small for a model and a batch, summed over its tokens, and the loss of every learned token in nats."""


def encoded(tokenizer: Any, document: Document) -> Encoded:
    """The tokens of a document, which of them are learned, and how many bytes these have."""
    read = tokenizer(document.text, return_offsets_mapping=True, add_special_tokens=False)
    first, spans = tokenizer.bos_token_id, list(document.spans)
    ids, learned = ([], []) if first is None else ([first], [False])
    size = done = 0
    for token, (_, end) in zip(read["input_ids"], read["offset_mapping"], strict=True):
        start, done = done, max(done, end)  # some tokenizers leave a token's space out, and all tokens of one character end where it does
        spans = spans[1:] if spans and start >= spans[0][1] else spans
        wanted = bool(spans) and spans[0][0] <= start and done <= spans[0][1]
        if len(ids) == LONGEST:
            break
        ids.append(token)
        learned.append(wanted)
        size += len(document.text[start:done].encode()) if wanted else 0
    return ids, learned, size


def steps(documents: Sequence[Encoded], size: int, stream: Random) -> list[list[list[Encoded]]]:
    """What each step learns from: `PARTS` batches of `size` tokens together."""
    made = batches(documents, size // PARTS, stream)
    return [made[start : start + PARTS] for start in range(0, len(made), PARTS)]


def batches(documents: Sequence[Encoded], size: int, stream: Random) -> list[list[Encoded]]:
    """Documents of about the same length together, `size` tokens at most with their padding (or a single long one), in an order by chance."""
    made: list[list[Encoded]] = []
    mixed = stream.sample(documents, len(documents))
    for start in range(0, len(mixed), 64):
        batch: list[Encoded] = []
        for one in sorted(mixed[start : start + 64], key=lambda one: len(one[0])):
            if batch and len(one[0]) * (len(batch) + 1) > size:
                made.append(batch)
                batch = []
            batch.append(one)
        made.append(batch)
    stream.shuffle(made)
    return made


def padded(batch: Sequence[Encoded]) -> tuple[torch.Tensor, torch.Tensor]:
    """The tokens of a batch, (rows, width), and which of them are learned. Padding stands behind what is read, where nothing looks."""
    width = max(len(ids) for ids, _, _ in batch)
    ids = torch.zeros(len(batch), width, dtype=torch.long)
    learned = torch.zeros(len(batch), width, dtype=torch.bool)
    for row, (own, wanted, _) in enumerate(batch):
        ids[row, : len(own)], learned[row, : len(own)] = torch.tensor(own), torch.tensor(wanted)
    return ids, learned


def losses(logits: torch.Tensor, ids: torch.Tensor, learned: torch.Tensor) -> torch.Tensor:
    """The loss of every learned token, in nats."""
    rows, places = learned[:, 1:].nonzero(as_tuple=True)
    return cross_entropy(logits[rows, places].float(), ids[rows, places + 1].to(logits.device), reduction="none")


def likelihood(model: Any, batch: Sequence[Encoded]) -> tuple[torch.Tensor, torch.Tensor]:
    """The usual objective: each learned token as likely as can be."""
    ids, learned = padded(batch)
    found = losses(model(ids.to(model.device), use_cache=False).logits, ids, learned)
    return found.sum(), found


def distilled(teacher: Any, share: float = 0.7) -> Objective:
    """The objective of a small model that is to answer as a large one of the same vocabulary does, at every token, whether it is to be
    learned or not; what is left of `share` goes to the usual objective."""

    def objective(model: Any, batch: Sequence[Encoded]) -> tuple[torch.Tensor, torch.Tensor]:
        ids, learned = padded(batch)
        read = torch.arange(ids.shape[1])[None, :] < torch.tensor([len(own) for own, _, _ in batch])[:, None]
        with torch.no_grad():
            wanted = torch.log_softmax(teacher(ids.to(teacher.device), use_cache=False).logits[read].float(), dim=-1)
        with torch.autocast(model.device.type, dtype=torch.bfloat16, enabled=model.dtype is torch.float32):
            logits = model(ids.to(model.device), use_cache=False).logits
        given = torch.log_softmax(logits[read].float(), dim=-1)
        distance = torch.nn.functional.kl_div(given, wanted.to(given.device), reduction="sum", log_target=True)
        found = losses(logits, ids, learned)
        return share * distance + (1 - share) * found.sum(), found

    return objective


def bits_per_byte(model: Any, documents: Sequence[Encoded], size: int) -> float:
    """How many bits a byte of the learned messages costs."""

    def nats(batch: Sequence[Encoded]) -> float:
        with torch.inference_mode():
            return float(likelihood(model, batch)[1].sum())

    with _side_by_side(model) as each:
        total = sum(each(nats, batches(documents, size // PARTS, Random(0))))
    return float(total) / math.log(2) / max(1, sum(size for _, _, size in documents))


@contextmanager
def _side_by_side(model: Any) -> Iterator[Callable[..., Iterator[Any]]]:
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


def train(
    model: Any,
    parameters: dict[str, torch.nn.Parameter],
    epoch: Callable[[int], Sequence[Encoded]],
    held: Sequence[Encoded],
    settings: Settings,
    folder: Path,
    watch: Watch,
    objective: Objective = likelihood,
    settle: Callable[[], None] = lambda: None,
) -> State:
    """Train `parameters` of a model on the documents of `epoch(number)`; they end at what was best on the `held` ones.

    `folder` keeps the checkpoint; `settle` is called whenever the parameters have changed. Raises nothing of its own; a KeyboardInterrupt leaves a checkpoint.
    """
    optimizer = torch.optim.AdamW(parameters.values(), lr=settings.rate, betas=(0.9, 0.95), weight_decay=0.0)
    state, best = _restored(folder / CHECKPOINT, parameters, optimizer)
    if model.device.type == "cpu":
        model.set_attn_implementation("eager")  # whose way back takes a quarter of the time of torch's own attention
    settle()
    loop = _Loop(model, parameters, optimizer, held, settings, folder / CHECKPOINT, watch, objective, settle, state, best)
    with _side_by_side(model) as loop.each:
        loop.run(epoch)
    return loop.state


class _Loop:
    def __init__(self, model: Any, parameters: Any, optimizer: Any, held: Any, settings: Settings, file: Path, watch: Watch, objective: Objective,
                 settle: Callable[[], None], state: State, best: dict[str, torch.Tensor]) -> None:  # fmt: skip
        self.model, self.parameters, self.optimizer, self.held = model, parameters, optimizer, held
        self.settings, self.file, self.watch, self.objective, self.settle, self.state, self.best = (
            settings, file, watch, objective, settle, state, best)  # fmt: skip
        self.each: Callable[..., Iterator[Any]] = map
        self.before, self.began, self.saved = state.seconds, time.monotonic(), time.monotonic()
        self.whole = True

    def run(self, epoch: Callable[[int], Sequence[Encoded]]) -> None:
        self.model.train()
        if not self.state.losses:
            self._look()
        try:
            while self.state.epoch < self.settings.epochs and not self._over:
                self._epoch(steps(epoch(self.state.epoch), self.settings.batch, Random(f"{self.settings.seed} {self.state.epoch}")))
        except KeyboardInterrupt:
            if self.whole:
                self._save()
            raise
        if self.state.losses[-1][0] != self.state.step:
            self._look()
        with torch.no_grad():
            for name, parameter in self.parameters.items():
                parameter.copy_(self.best[name])
        self.settle()
        self._save()

    @property
    def _over(self) -> bool:
        since = [loss for _, loss in self.state.losses]
        tired = len(since) > self.settings.patience and min(since[-self.settings.patience :]) > min(since[: -self.settings.patience])
        return tired or (self.settings.minutes is not None and self.state.seconds >= 60 * self.settings.minutes)

    def _epoch(self, made: Sequence[Sequence[Sequence[Encoded]]]) -> None:
        every = max(1, len(made) // self.settings.looks)
        while self.state.place < len(made):
            due = self.state.place % every == 0 and len(made) - self.state.place >= every // 2
            if due and self.state.losses[-1][0] != self.state.step:  # before the step, so that a run that goes on does not pass it over
                self._look()
            if self._over:
                break
            share = self.state.place / len(made)
            self._step(made[self.state.place], (self.state.epoch + share) / self.settings.epochs)
            if time.monotonic() - self.saved > SAVED_EVERY:
                self._save()
        else:
            self.state.epoch, self.state.place = self.state.epoch + 1, 0

    def _step(self, parts: Sequence[Sequence[Encoded]], done: float) -> None:
        if self.settings.minutes is not None:
            done = max(done, self.state.seconds / 60 / self.settings.minutes)
        for group in self.optimizer.param_groups:
            group["lr"] = self.settings.rate * min(1.0, (self.state.step + 1) / WARM) * max(LAST, 1 - done)
        if self.model.device.type != "cpu":
            parts = [[one for batch in parts for one in batch]]
        nats, count, trained = 0.0, 0, list(self.parameters.values())
        for slopes, lost in self.each(self._slopes, parts):
            nats, count = nats + float(lost.sum()), count + len(lost)
            for parameter, slope in zip(trained, slopes, strict=True):
                parameter.grad = slope if parameter.grad is None else parameter.grad + slope
        for parameter in trained:
            parameter.grad /= max(1, count)
        torch.nn.utils.clip_grad_norm_(self.parameters.values(), 1.0)
        self.whole = False  # an interrupt in here would leave half a step
        self.optimizer.step()
        self.state.place, self.state.step = self.state.place + 1, self.state.step + 1
        self.state.tokens += count
        self.state.seconds = self.before + time.monotonic() - self.began
        self.whole = True
        self.optimizer.zero_grad(set_to_none=True)
        self.settle()
        bits = nats / math.log(2) / max(1, sum(size for batch in parts for _, _, size in batch))
        self.watch(Step(done, bits, None, self.state.tokens, self.state.seconds))

    def _slopes(self, batch: Sequence[Encoded]) -> tuple[Sequence[torch.Tensor], torch.Tensor]:
        loss, found = self.objective(self.model, batch)
        return torch.autograd.grad(loss, list(self.parameters.values())), found.detach()

    def _look(self) -> None:
        self.model.eval()
        found = bits_per_byte(self.model, self.held, self.settings.batch)
        self.model.train()
        if found < self.state.best or not self.best:
            self.best = {name: parameter.detach().clone() for name, parameter in self.parameters.items()}
        self.state.losses.append((self.state.step, found))
        self.watch(Step(0.0, 0.0, found, self.state.tokens, self.state.seconds))

    def _save(self) -> None:
        part = self.file.with_name(self.file.name + ".part")
        whole = {"parameters": {name: one.detach() for name, one in self.parameters.items()}, "best": self.best,
                 "optimizer": self.optimizer.state_dict(), "state": asdict(self.state)}  # fmt: skip
        torch.save(whole, part)
        os.replace(part, self.file)
        self.saved = time.monotonic()


def _restored(file: Path, parameters: dict[str, torch.nn.Parameter], optimizer: Any) -> tuple[State, dict[str, torch.Tensor]]:
    if not file.exists():
        return State(), {}
    whole = torch.load(file, weights_only=True, map_location=next(iter(parameters.values())).device)
    with torch.no_grad():
        for name, parameter in parameters.items():
            parameter.copy_(whole["parameters"][name])
    optimizer.load_state_dict(copy.deepcopy(whole["optimizer"]))
    state = State(**whole["state"])
    state.losses = [(step, loss) for step, loss in state.losses]
    return state, whole["best"]
