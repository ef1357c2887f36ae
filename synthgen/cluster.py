"""A Ray cluster: the one that RAY_ADDRESS names, or one on this machine that is started for a run and ends with it.

Only this module imports Ray, and only where a run asks for it: the import takes half a second, a cluster five. Ray's own
messages are kept from users, who did not write the calls that they are about, and a cluster that is started here sends no usage statistics
and writes nothing outside a folder that goes with it.
"""

from __future__ import annotations

import logging
import os
import secrets
import signal
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from synthgen.errors import ModelError
from synthgen.memory import lacks_memory
from synthgen.versions import install_extra

ADDRESS = "RAY_ADDRESS"
STORE = 256 << 20
"""Bytes of shared memory of a cluster that is started here: results of tasks wait in it, a few at a time."""
START_TRIES = 3
"""Ray gives a machine 30 seconds to start a cluster, which a busy one may miss."""
SETTINGS = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "1",  # a worker without a GPU sees none
    "RAY_ENABLE_UV_RUN_RUNTIME_ENV": "0",  # under `uv run`, Ray would send the working directory to the cluster
}
"""What Ray is told, unless the environment says otherwise."""


NO_ROOM, ENDED = "not enough memory", "their processes were ended, perhaps for want of memory"
"""Why workers are lost."""


@dataclass(frozen=True)
class Fit:
    """How many workers fit, and what each of them asks for: `cpus` and `gpus`, which are parts of one where models take turns, `memory` in
    bytes; and the `threads` that it may run."""

    workers: int
    cpus: float
    gpus: float
    memory: int
    threads: int

    @property
    def options(self) -> dict[str, Any]:
        """As Ray has them."""
        return {"num_cpus": self.cpus, "num_gpus": self.gpus, "memory": self.memory}


class WorkerLost(Exception):
    """A process of a cluster ended, and with it what it was at; in words, why."""


class RayCluster:
    """A Ray cluster that is connected to. At most `limit` workers are used at a time (None: as many as fit); `started` says that it is of
    this run."""

    def __init__(self, ray: Any, limit: int | None, *, started: bool) -> None:
        self.ray, self.limit, self.started = ray, limit, started
        self._held: list[Callable[[], None]] = []

    @property
    def _nodes(self) -> list[dict[str, float]]:
        """What each machine has."""
        return [node["Resources"] for node in self.ray.nodes() if node["Alive"]]

    @property
    def cpus(self) -> int:
        """The processors of all machines."""
        return sum(int(node.get("CPU", 0)) for node in self._nodes)

    @property
    def gpus(self) -> int:
        """The GPUs of all machines."""
        return sum(int(node.get("GPU", 0)) for node in self._nodes)

    @property
    def tasks(self) -> int:
        """How many tasks of one processor run at a time."""
        return self.limit or max(1, self.cpus)

    def fit(self, *, on_gpu: bool, memory: int, turns: int = 1) -> Fit:
        """How many workers fit that keep a model of so many bytes in memory, where so many models take `turns`. With a limit, that many,
        though there be no room for all of them: a cluster may grow."""
        if on_gpu:
            return Fit(self.limit or max(1, self.gpus), min(1.0, 1 / turns), min(1.0, 1 / turns), 0, 1)
        nodes = [node for node in self._nodes if node.get("CPU", 0) >= 1]
        room = sum(min(int(node["CPU"]), int(node.get("memory", 0) // (memory * turns))) for node in nodes)
        workers = self.limit or max(1, room)
        threads = max(1, min([sum(int(node["CPU"]) for node in nodes) // workers, *(int(node["CPU"]) for node in nodes)]))
        return Fit(workers, threads // turns if threads >= turns else threads / turns, 0, memory, threads)

    # Workers

    def hold(self, release: Callable[[], None]) -> None:
        """Keep workers, which `release` ends when others need their room."""
        self._held.append(release)

    def release(self) -> None:
        """End the workers that are kept."""
        while self._held:
            self._held.pop()()

    def close(self) -> None:
        """End what this run has there."""
        self.release()

    def actor(self, kind: type, fit: Fit, calls: int) -> Any:
        """What makes actors of a class, which are called so often at a time. They are not started again by Ray: what they knew is lost."""
        return self.ray.remote(kind).options(**fit.options, max_restarts=0, max_concurrency=calls)

    def task(self, function: Callable[..., Any], tries: int) -> Any:
        """What makes tasks of a function, each on one processor, which Ray starts so often again when their process ends."""
        return self.ray.remote(function).options(num_cpus=1, max_retries=tries)

    def cancel(self, pending: Any) -> None:
        """End a task whose result is not wanted."""
        with suppress(self.ray.exceptions.RayError, ValueError):
            self.ray.cancel(pending)

    def end(self, actor: Any) -> None:
        """End an actor at once."""
        with suppress(self.ray.exceptions.RayError):
            self.ray.kill(actor)

    # Results

    def ready(self, pending: Sequence[Any]) -> list[int]:
        """The places of those results that are there; waits for the first."""
        first, others = self.ray.wait(pending, num_returns=1)
        done, _ = self.ray.wait(others, num_returns=len(others), timeout=0) if others else ([], [])
        return [place for place, result in enumerate(pending) if any(result == other for other in (*first, *done))]

    def result(self, pending: Any) -> Any:
        """A result. Raises what its maker met, or WorkerLost."""
        try:
            return self.ray.get(pending)
        except self.ray.exceptions.RayTaskError as error:
            cause = getattr(error, "cause", None) or error
            if lacks_memory(cause):
                raise WorkerLost(NO_ROOM) from None
            raise cause from None
        except self.ray.exceptions.RayError as error:
            raise _lost(error) from None

    def following(self, pending: Any) -> Any:
        """The next result of those that come one after the other; None where there are no more. Raises as `result` does."""
        try:
            following = next(pending)
        except StopIteration:
            return None
        except self.ray.exceptions.RayError as error:
            raise _lost(error) from None
        return self.result(following)

    def described(self) -> str:
        """What it is, in words."""
        machines, gpus = len(self._nodes), self.gpus
        where = "started on this machine" if self.started else f"of {machines} machine{'s' if machines != 1 else ''}"
        return f"Ray cluster {where}, {self.cpus} CPUs{f' and {gpus} GPUs' if gpus else ''}"


def fetched(pending: Any) -> Any:
    """What was put in the cluster's memory, for a task that runs there."""
    import ray

    return ray.get(pending)


def _lost(error: Exception) -> WorkerLost | ModelError:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    if any("No module named 'synthgen" in line for line in lines):
        return ModelError("a machine of the Ray cluster has no synthgen", "install the same version on all of them: docs/scale.md")
    if any("low on memory" in line for line in lines) or "OutOfMemory" in type(error).__name__:
        return WorkerLost(NO_ROOM)
    return WorkerLost(ENDED)


@contextmanager
def opened_cluster(limit: int | None = None) -> Iterator[RayCluster]:
    """The cluster that this process is connected to already, or that RAY_ADDRESS names; else one on this machine with `limit` processors
    (None: as many as it has), which ends with the block. Raises ModelError."""
    address = os.environ.get(ADDRESS, "")
    address = "" if address == "local" else address
    ray = _imported(own=not address)
    if ray.is_initialized():
        with closing(RayCluster(ray, limit, started=False)) as cluster:
            yield cluster
        return
    with ExitStack() as stack:
        stack.enter_context(_silent(ray))
        folder = "" if address else stack.enter_context(_short_folder())
        stack.callback(ray.shutdown)
        with _signals_kept():
            if address:
                _join(ray, address)
            else:
                _start(ray, limit, folder)
        yield stack.enter_context(closing(RayCluster(ray, limit, started=not address)))


@contextmanager
def _silent(ray: Any) -> Iterator[None]:
    """Have Ray log nothing, nor print of lost workers on the standard output, where a program may read a result."""
    logger, printing = logging.getLogger("ray"), ray._private.worker
    level, printed = logger.level, printing.print_to_stdstream
    logger.setLevel(logging.CRITICAL)
    printing.print_to_stdstream = lambda *arguments, **options: None
    try:
        yield
    finally:
        logger.setLevel(level)
        printing.print_to_stdstream = printed


def _short_folder() -> tempfile.TemporaryDirectory[str]:
    """A folder whose path is short, as those of sockets must be."""
    place = "/tmp" if Path("/tmp").is_dir() else None  # noqa: S108
    return tempfile.TemporaryDirectory(prefix="synthgen-ray-", dir=place, ignore_cleanup_errors=True)


def _imported(*, own: bool) -> Any:
    """Ray, told what a cluster of this run's `own` needs before it looks: it looks once."""
    for name, value in SETTINGS.items():
        os.environ.setdefault(name, value)
    if own and "ray" not in sys.modules and "RAY_AUTH_MODE" not in os.environ:  # else Ray writes a token into the home folder
        os.environ |= {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": secrets.token_hex(32)}
    try:
        import ray
    except ImportError as error:
        raise ModelError(f"--engine ray needs a package that is not installed: {error.name}", install_extra("ray", "ray")) from None
    return ray


def _join(ray: Any, address: str) -> None:
    if "://" in address:
        raise ModelError(
            f"{ADDRESS} is {address}, where a program outside the cluster asks it",
            "run the command on a machine of the cluster: ray job submit -- synthgen make …; docs/scale.md",
        )
    try:
        ray.init(address=address, log_to_driver=False, configure_logging=False)
    except Exception as error:  # Ray has no common error class
        if lacks_memory(error):
            raise
        raise ModelError(
            f"the Ray cluster at {ADDRESS}={address} cannot be joined: {_first_line(error)}",
            f"start one with `ray start --head`, or unset {ADDRESS} to have one started on this machine",
            retryable=True,
        ) from None


def _start(ray: Any, limit: int | None, folder: str, tries: int = START_TRIES) -> None:
    try:
        ray.init(
            address="local",
            num_cpus=limit,
            object_store_memory=STORE,
            include_dashboard=False,
            log_to_driver=False,
            configure_logging=False,
            _temp_dir=folder,
        )
    except Exception as error:  # Ray has no common error class
        if lacks_memory(error):
            raise
        ray.shutdown()
        if tries > 1:
            return _start(ray, limit, folder, tries - 1)
        raise ModelError(
            f"no Ray cluster can be started on this machine: {_first_line(error)}", "try again, or make it without --engine ray"
        ) from None


def _first_line(error: Exception) -> str:
    return next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)


@contextmanager
def _signals_kept() -> Iterator[None]:
    """Keep what SIGTERM does, which Ray takes for itself."""
    kept = signal.getsignal(signal.SIGTERM)
    yield
    if kept is not None and threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, kept)
