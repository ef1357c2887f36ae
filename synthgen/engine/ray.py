"""Work that needs no other work, as tasks of a Ray cluster."""

from __future__ import annotations

import pickle
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any, TypeVar
from uuid import uuid4

from synthgen.cluster import RayCluster, WorkerLost
from synthgen.engine.workers import AHEAD
from synthgen.errors import ModelError

Item = TypeVar("Item")
Result = TypeVar("Result")

TRIES = 3
"""How often Ray starts a task again whose process ended."""
_functions: dict[str, Callable[[Any], Any]] = {}
"""The function that tasks in this process call, by its name: it is read once, for it may hold a whole recipe."""


class RayWorkers:
    """The processes of a cluster that run tasks, each on one processor. What one of them leaves undone is done again."""

    def __init__(self, cluster: RayCluster) -> None:
        self.cluster, self.count = cluster, cluster.tasks

    def map(self, function: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
        """As the protocol says; the actors of models make room."""
        self.cluster.release()
        name, shared = uuid4().hex, [self.cluster.ray.put(pickle.dumps(function, pickle.HIGHEST_PROTOCOL))]
        task = self.cluster.task(_done, TRIES)
        ahead, pending = iter(items), deque[Any]()
        try:
            while True:
                pending += [task.remote(name, shared, item) for item in islice(ahead, AHEAD * self.count - len(pending))]
                if not pending:
                    return
                try:
                    result: Result = self.cluster.result(pending[0])
                except WorkerLost as loss:
                    raise ModelError(
                        f"a task of the Ray cluster was lost {TRIES + 1} times: {loss}",
                        "smaller workers leave more memory to each (--workers N); what was finished is kept, and the same command goes on",
                        retryable=True,
                    ) from None
                pending.popleft()
                yield result
        finally:
            for task_left in pending:
                self.cluster.cancel(task_left)

    def close(self) -> None:
        """Nothing: the processes are the cluster's."""


def _done(name: str, shared: list[Any], item: Any) -> Any:
    """What the function of a name makes of an item, in a process of the cluster."""
    if name not in _functions:
        from synthgen.cluster import fetched
        from synthgen.quiet import quiet_program

        quiet_program()
        _functions.clear()
        _functions[name] = pickle.loads(fetched(shared[0]))  # noqa: S301 (of the process that gives the work)
    return _functions[name](item)
