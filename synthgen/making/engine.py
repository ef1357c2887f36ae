"""Where a run's models are and its work is done: on this machine, or on a Ray cluster. Rows do not depend on it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from functools import cached_property
from typing import Literal, Protocol

from synthgen.cluster import RayCluster, opened_cluster
from synthgen.engine.ray import RayWorkers
from synthgen.engine.workers import Workers, local_workers
from synthgen.models import Model, in_actors

EngineName = Literal["local", "ray"]


class Engine(Protocol):
    """Where models are, and who works beside this process; `notes` say how both are spread."""

    notes: tuple[str, ...]

    @property
    def workers(self) -> Workers:
        """Who does what can be done apart."""
        ...

    def place(self, opened: Mapping[str, Model]) -> dict[str, Model]:
        """The models that are opened, where they are asked from now on. Raises ModelError."""
        ...


class LocalEngine:
    """This machine, with so many workers (None: as many as it has processors)."""

    def __init__(self, count: int | None, stack: ExitStack) -> None:
        self.notes: tuple[str, ...] = ()
        self.workers: Workers = stack.enter_context(closing(local_workers(count)))

    def place(self, opened: Mapping[str, Model]) -> dict[str, Model]:
        """They stay as they are."""
        return dict(opened)


class RayEngine:
    """A cluster, which is opened when there is something to do, with so many workers (None: as many as fit)."""

    def __init__(self, count: int | None, stack: ExitStack) -> None:
        self.count, self._stack = count, stack
        self.notes: tuple[str, ...] = ()

    @cached_property
    def cluster(self) -> RayCluster:
        """The cluster."""
        return self._stack.enter_context(opened_cluster(self.count))

    @cached_property
    def workers(self) -> Workers:
        """Tasks."""
        return RayWorkers(self.cluster)

    def place(self, opened: Mapping[str, Model]) -> dict[str, Model]:
        """Base models go into actors; all others are asked from here."""
        actors = in_actors(opened, self.cluster)
        spread = "; ".join(model.described() for model in actors.values())
        self.notes = (f"{self.cluster.described()}{f': {spread}' if spread else ''}",)
        return {**opened, **actors}


@contextmanager
def opened_engine(name: EngineName, workers: int | None = None) -> Iterator[Engine]:
    """The engine of a name; what it started ends with the block."""
    with ExitStack() as stack:
        yield RayEngine(workers, stack) if name == "ray" else LocalEngine(workers, stack)
