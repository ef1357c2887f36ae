"""A base model that writes for another process: what runs inside a Ray actor. It knows nothing of Ray."""

from __future__ import annotations

import socket
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from queue import SimpleQueue

import synthgen
from synthgen.errors import ModelError
from synthgen.models.base import BaseModel, ModelSettings
from synthgen.quiet import quiet_program
from synthgen.spec.parts import exists
from synthgen.spec.rows import Completion, Prompt

GATHERED = 0.05
"""Seconds for which completions are gathered before they are sent: each message between processes takes half a millisecond."""

Written = tuple[int, Completion]
"""The number of a prompt, and its completion, which comes without it."""
Feed = tuple[Sequence[Sequence[int]], int | None]
"""Frames, as numbers of prompts, and how many there are in all, if that is known."""
NOTHING = Prompt("", 0)
"""What stands for the prompt of a completion on its way."""


@dataclass(frozen=True)
class AskedModel:
    """Which model, with the settings that `BaseModel` takes; whether it is `local`, a folder or a file; and which version of synthgen
    asks."""

    name: str
    local: bool
    settings: ModelSettings
    version: str = synthgen.__version__


@dataclass(frozen=True)
class OpenedModel:
    """What a model is where it runs."""

    identity: str
    device: str
    dtype: str
    machine: str


class Typist:
    """One copy of a base model. Its methods are called in threads of their own: while it writes, it is fed with more."""

    def __init__(self, asked: AskedModel, threads: int) -> None:
        quiet_program()
        self.asked, self.threads = asked, threads
        self.model = BaseModel(asked.name, **asked.settings)
        self.feeds: defaultdict[int, SimpleQueue[Feed]] = defaultdict(SimpleQueue)

    def open(self) -> OpenedModel:
        """What the model is here. Raises ModelError where it is not that which was asked for."""
        machine = socket.gethostname()
        if synthgen.__version__ != self.asked.version:
            raise ModelError(
                f"the machine {machine} of the cluster has synthgen {synthgen.__version__}, and this one {self.asked.version}",
                "install the same version on all: docs/scale.md",
            )
        if self.asked.local and not exists(self.model.place):
            raise ModelError(
                f"model '{self.model.place.name}' is not on the machine {machine} of the cluster, at {self.model.place}",
                "a folder must have the same path on every machine, as on a shared disk; or name a model on the Hub",
            )
        return OpenedModel(self.model.identity, self.model.device, self.model.dtype, machine)

    def write(self, call: int, prompts: Sequence[Prompt], frames: Sequence[Sequence[int]]) -> Iterator[list[Written]]:
        """Write what prompts with these numbers ask for, by frame, and what the `call` is fed with later, until it has all."""
        workers = 1 if self.model.device != "cpu" else self.threads
        gathered, began = list[Written](), time.monotonic()
        for number, completion in self.model.write(prompts, self._fed(call, frames), workers):
            gathered.append((number, replace(completion, prompt=NOTHING)))
            if time.monotonic() - began >= GATHERED:
                yield gathered
                gathered, began = [], time.monotonic()
        self.feeds.pop(call, None)
        yield gathered

    def feed(self, call: int, frames: Sequence[Sequence[int]], total: int | None = None) -> None:
        """Give more work to a call; at last, how many frames it gets in `total`. Calls to an actor may overtake each other."""
        self.feeds[call].put((frames, total))

    def _fed(self, call: int, frames: Sequence[Sequence[int]]) -> Iterator[Sequence[int]]:
        count, total = 0, None
        while True:
            yield from frames
            count += len(frames)
            if count == total:
                return
            frames, at_last = self.feeds[call].get()
            total = total if at_last is None else at_last
