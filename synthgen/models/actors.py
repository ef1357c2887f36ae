"""A base model whose copies write in the actors of a Ray cluster.

What they are handed are frames, as the threads of one process are (see `batch`): a frame's prompts stay together, an actor gets the next
frame when it has room for it, and what a prompt becomes does not depend on who writes it. So the completions are those of one process.
What an actor had not yet answered when it was lost is handed out again, and another takes its place. Only this process knows of the
journal, the shards and the rows.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import count
from typing import Any

from synthgen.cluster import Fit, RayCluster, WorkerLost
from synthgen.errors import ModelError
from synthgen.models.base import WIDTH, WORKERS, BaseModel, by_frame
from synthgen.models.model import Model
from synthgen.models.typist import AskedModel, OpenedModel, Typist, Written
from synthgen.recipe import model_folder
from synthgen.spec.rows import Completion, Prompt

MOST_LOSSES = 4
"""Actors that may be lost, one after the other, before they answer."""
CALLS = 4
"""Calls to an actor at a time: one writes, and the others feed it."""
BESIDE = 1 << 30
"""Bytes that a process takes beside its weights."""
UNPACKED, WIDENED = 5, 2
"""Bytes of memory for a byte of weights in a file: of packed ones, and of others, which may be unpacked to 32 bits."""


@dataclass(eq=False)
class Hand:
    """An actor, and what it is at: the result that is `pending`, the prompts of its `work` that it has not answered, by number, whether it
    may be `fed` with more, how many frames it was `given` since it began to write, and how many prompts it has `answered`."""

    actor: Any
    pending: Any
    is_open: bool = False
    fed: bool = False
    given: int = 0
    answered: int = 0
    work: dict[int, None] = field(default_factory=dict)

    @property
    def takes_work(self) -> bool:
        """Whether it can be given work now."""
        return self.is_open and (self.fed or self.pending is None)


def in_actors(opened: Mapping[str, Model], cluster: RayCluster) -> dict[str, ActorModel]:
    """Those of the models that are base models on this machine, by name, in actors of a cluster; all others can be asked from here."""
    bases = {name: model for name, model in opened.items() if isinstance(model, BaseModel)}
    return {name: ActorModel(model, cluster, len(bases)) for name, model in bases.items()}


class ActorModel:
    """A base model in the actors of a cluster, one of so many models that take `turns`. They start when it is first asked."""

    def __init__(self, base: BaseModel, cluster: RayCluster, turns: int = 1) -> None:
        self.base, self.cluster, self.turns = base, cluster, turns
        device = "cuda" if base.settings["device"].startswith("cuda") else base.settings["device"]  # an actor sees the GPU that it has
        self.asked = AskedModel(base.name, base.is_local, {**base.settings, "device": device})
        self.opened: OpenedModel | None = None
        self.hands: list[Hand] = []
        self.losses = 0
        self.kind: type[Typist] = Typist
        self._calls = count()

    @cached_property
    def fit(self) -> Fit:
        """How many actors there are, and what each asks for."""
        device = self.asked.settings["device"]
        on_gpu = device.startswith("cuda") or (device == "auto" and self.cluster.gpus > 0)
        if on_gpu and not self.cluster.gpus and not self.cluster.limit:
            raise ModelError(
                f"model '{self._name}' asks for a GPU ({device}), and the Ray cluster has none",
                "device: auto takes what there is; --workers N waits for machines that are still to come",
            )
        return self.cluster.fit(on_gpu=on_gpu, memory=BESIDE + self._weights, turns=self.turns)

    @property
    def _name(self) -> str:
        return self.base.place.name if self.base.is_local else self.base.name

    @property
    def _weights(self) -> int:
        """Bytes of memory that the weights take, as far as is known before they are loaded."""
        if not self.base.is_local:
            return 0
        files = model_folder.weights(self.base.place)
        is_packed = self.base.is_packed or any(file.suffix == ".gguf" for file in files)
        return (UNPACKED if is_packed else WIDENED) * sum(file.stat().st_size for file in files)

    def described(self) -> str:
        """How it is spread, in words."""
        fit = self.fit
        each = f"{fit.gpus:g} GPU" if fit.gpus else f"{fit.cpus:g} CPU{'s' if fit.cpus > 1 else ''}"
        return f"{self._name} in {fit.workers} actor{'s' if fit.workers > 1 else ''} of {each}"

    @property
    def identity(self) -> str:
        """The model's, as the first actor says it. Raises ModelError."""
        while self.opened is None:
            self._start()
            for hand in self._ready():
                self._open(hand)
        return self.opened.identity

    def count(self, text: str) -> int:
        """How many tokens a text has."""
        return self.base.count(text)

    def complete(self, prompts: Sequence[Prompt]) -> Iterator[Completion]:
        """Completions as their messages end. Raises ModelError where no actor can be kept alive."""
        self._start()
        bare = self.cluster.ray.put([Prompt(prompt.text, prompt.stream, prompt.settings) for prompt in prompts])
        call, waiting, unanswered = next(self._calls), deque(by_frame(prompts)), len(prompts)
        try:
            while unanswered:
                self._hand_out(call, bare, waiting)
                for hand in self._ready():
                    if not hand.is_open:
                        self._open(hand)
                        continue
                    for number, completion in self._received(hand, prompts, waiting):
                        unanswered -= 1
                        yield replace(completion, prompt=prompts[number])
        finally:
            for hand in [hand for hand in self.hands if hand.is_open and hand.pending is not None and (hand.work or hand.fed)]:
                self._leave(hand)

    # Actors

    def _start(self) -> None:
        """See that there are actors."""
        if not self.hands:
            self.losses = 0
            self.hands = [self._started() for _ in range(self.fit.workers)]
            self.cluster.hold(self.close)

    def _started(self) -> Hand:
        fit = self.fit
        actor = self.cluster.actor(self.kind, fit, CALLS).remote(self.asked, min(WORKERS, fit.threads))
        return Hand(actor, actor.open.remote())

    def close(self) -> None:
        """End the actors."""
        for hand in list(self.hands):
            self._leave(hand)

    def _leave(self, hand: Hand) -> None:
        self.hands.remove(hand)
        self.cluster.end(hand.actor)

    def _open(self, hand: Hand) -> None:
        """An actor says what its model is; all must be the same."""
        try:
            opened: OpenedModel = self.cluster.result(hand.pending)
        except WorkerLost as loss:
            self._replace(hand, loss)
            return
        if self.opened is None:
            self.opened = opened
            self.asked = replace(self.asked, settings={**self.asked.settings, "dtype": opened.dtype})
        elif opened.dtype != self.opened.dtype:  # another kind of machine, which was not told
            self._leave(hand)
            self.hands.append(self._started())
            return
        elif opened.identity != self.opened.identity:
            raise ModelError(
                f"model '{self._name}' is not the same on all machines of the cluster: {self.opened.identity} on "
                f"{self.opened.machine}, {opened.identity} on {opened.machine}",
                "copy the same folder to all, or give it a `revision`",
            )
        hand.is_open, hand.pending = True, None

    def _replace(self, hand: Hand, loss: WorkerLost) -> None:
        """Have another actor in place of a lost one, unless too many were lost before they answered."""
        self._leave(hand)
        self.losses = 0 if hand.answered else self.losses + 1
        if self.losses < MOST_LOSSES:
            self.hands.append(self._started())
        elif not self.hands:
            raise ModelError(
                f"model '{self._name}': its actors in the Ray cluster were lost, one after the other, before they answered: {loss}",
                "fewer of them leave more memory to each (--workers N); what was finished is kept, and the same command goes on",
                retryable=True,
            )

    # Work

    def _hand_out(self, call: int, bare: Any, waiting: deque[list[int]]) -> None:
        """Give each actor work for some time; frame by frame to the one that has least."""
        most, given = (min(WORKERS, self.fit.threads) + 1) * WIDTH, dict[Hand, list[list[int]]]()
        takers = [hand for hand in self.hands if hand.takes_work]
        while waiting and takers and len((least := min(takers, key=lambda hand: len(hand.work))).work) < most:
            frame = waiting.popleft()
            given.setdefault(least, []).append(frame)
            least.work |= dict.fromkeys(frame)
        for hand, frames in given.items():
            if hand.pending is None:
                hand.pending = hand.actor.write.options(num_returns="streaming").remote(call, bare, frames)
                hand.fed, hand.given = True, len(frames)
            else:
                hand.actor.feed.remote(call, frames)
                hand.given += len(frames)
        if not waiting:
            for hand in self.hands:
                if hand.fed:
                    hand.actor.feed.remote(call, [], hand.given)
                    hand.fed = False

    def _ready(self) -> list[Hand]:
        """The actors of which something has come; waits for it."""
        pending = [hand for hand in self.hands if hand.pending is not None]
        ready = self.cluster.ready([hand.pending for hand in pending])
        return [pending[place] for place in ready]

    def _received(self, hand: Hand, prompts: Sequence[Prompt], waiting: deque[list[int]]) -> list[Written]:
        """What an actor wrote; where it was lost, what it has not answered waits again."""
        try:
            written: list[Written] | None = self.cluster.following(hand.pending)
        except WorkerLost as loss:
            waiting.extendleft(reversed(_unanswered(hand, prompts)))
            self._replace(hand, loss)
            return []
        if written is None:
            hand.pending, hand.fed = None, False
            return []
        for number, _ in written:
            del hand.work[number]
        hand.answered += len(written)
        return written


def _unanswered(hand: Hand, prompts: Sequence[Prompt]) -> list[list[int]]:
    """The work that an actor has left, by frame."""
    numbers = list(hand.work)
    return [[numbers[place] for place in frame] for frame in by_frame([prompts[number] for number in numbers])]
