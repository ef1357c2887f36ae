"""Where work that needs no other work is done: in this process, or in several at once.

`Processes` are interpreters of their own that run `synthgen.engine.worker`, not those of `multiprocessing`: these would run a user's script
again, whose `make` need not be guarded by `if __name__ == "__main__"`. They get a function once, and then item by item, both pickled.
This process works too, so that nothing waits for another interpreter to start.
"""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from threading import Condition, Thread
from typing import Any, Protocol, TypeVar

from synthgen.engine import worker
from synthgen.spec.processors import cores

Item = TypeVar("Item")
Result = TypeVar("Result")

AHEAD = 2
"""Items that are taken ahead of the one whose result is waited for, for each worker."""
MOST_DEATHS = 3
"""How often a process that ended is replaced by another; then the others go on without it."""
PROGRAM = "import json, sys; sys.path[:] = json.loads(sys.argv[1]); from synthgen.engine.worker import main; main()"
WAIT_SECONDS = 10


class Workers(Protocol):
    """Who does work that can be done apart; `count` is how many do so at once."""

    count: int

    def map(self, function: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
        """The results for the items, in their order, and the error that an item meets in its place. Items are taken as they are needed, a
        few ahead, by the thread that takes the results. Function, items and results can be pickled, and a function may keep what it needs
        from item to item: it is sent once. What is done for results that nobody takes is lost."""
        ...

    def close(self) -> None:
        """End all that was started, at once, and whatever it is doing."""
        ...


def local_workers(count: int | None) -> Workers:
    """So many workers on this machine; None: as many as it has processors for this process."""
    count = cores() if count is None else count
    return Processes(count) if count > 1 else InProcess()


class InProcess:
    """The one worker that is always there."""

    count = 1

    def map(self, function: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
        """One after the other."""
        return map(function, items)

    def close(self) -> None:
        """Nothing was started."""


@dataclass
class _Task:
    """An item, and what came of it."""

    item: Any
    done: bool = False
    result: Any = None
    error: BaseException | None = None

    def take(self) -> Any:
        """The result, or the error that was met."""
        if self.error is not None:
            raise self.error
        return self.result


class Processes:
    """This process and `count - 1` others, which are started when there is work. The work of one that is killed is done again; one that
    finds too little memory raises that error here."""

    def __init__(self, count: int) -> None:
        self.count = count
        self._helpers = [_Helper() for _ in range(count - 1)] if sys.executable and not getattr(sys, "frozen", False) else []

    def map(self, function: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
        """As the protocol says; this process does what nobody has begun when it would have to wait."""
        work = _Work(function)
        threads = [Thread(target=work.help, args=(helper,), daemon=True) for helper in self._helpers]
        ahead, tasks = iter(items), deque[_Task]()
        try:
            for thread in threads:
                thread.start()
            while True:
                new = [_Task(item) for item in islice(ahead, AHEAD * self.count - len(tasks))]
                tasks += new
                work.add(new)
                if not tasks:
                    return
                work.until(tasks[0])
                yield tasks.popleft().take()
        finally:
            work.end()
            for thread in threads:
                if thread.ident:
                    thread.join()

    def close(self) -> None:
        """End the other processes."""
        for helper in self._helpers:
            helper.kill()


class _Work:
    """Tasks for one function, and who is at them."""

    def __init__(self, function: Callable[[Any], Any]) -> None:
        self.function, self.pickled = function, pickle.dumps(function, pickle.HIGHEST_PROTOCOL)
        self.waiting = deque[_Task]()
        self.changed = Condition()
        self.over = False

    def add(self, tasks: Iterable[_Task]) -> None:
        """More of them."""
        with self.changed:
            self.waiting += tasks
            self.changed.notify_all()

    def until(self, task: _Task) -> None:
        """Come back when a task is done, and do others until then."""
        while not task.done:
            with self.changed:
                if not self.waiting and not task.done:
                    self.changed.wait(WAIT_SECONDS)
                mine = self.waiting.popleft() if self.waiting and not task.done else None
            if mine:
                try:
                    self._finish(mine, self.function(mine.item))
                except Exception as error:  # noqa: BLE001 (it is raised in its place)
                    self._finish(mine, None, error)

    def help(self, helper: _Helper) -> None:
        """Have another process do tasks, until there are none or it cannot be kept alive."""
        while (task := self._next()) is not None:
            try:
                result, error = helper.ask(self.pickled, task.item)
            except (EOFError, OSError):
                helper.bury()
                with self.changed:
                    self.waiting.appendleft(task)
                    self.changed.notify_all()
                if helper.deaths > MOST_DEATHS:
                    return
            except Exception as fault:  # noqa: BLE001 (what cannot be pickled: it is raised where that is from)
                self._finish(task, None, fault)
            else:
                self._finish(task, result, error)

    def end(self) -> None:
        """What was not begun is not wanted any more."""
        with self.changed:
            self.over = True
            self.waiting.clear()
            self.changed.notify_all()

    def _next(self) -> _Task | None:
        with self.changed:
            while not self.waiting and not self.over:
                self.changed.wait()
            return None if self.over else self.waiting.popleft()

    def _finish(self, task: _Task, result: Any, error: BaseException | None = None) -> None:
        with self.changed:
            task.result, task.error, task.done = result, error, True
            self.changed.notify_all()


class _Helper:
    """Another interpreter that works for this one; it is started when it is first asked, and whenever it has ended."""

    def __init__(self) -> None:
        self.process: subprocess.Popen[bytes] | None = None
        self.knows: bytes | None = None  # the function that it has
        self.deaths = 0
        self.closed = False

    def ask(self, function: bytes, item: Any) -> tuple[Any, BaseException | None]:
        """The result for an item, or the error. Raises EOFError or OSError where the process ends over it."""
        if self.process is None:
            self.process, self.knows = self._started(), None
        assert self.process.stdin
        assert self.process.stdout
        worker.send(self.process.stdin, (None if self.knows is function else function, item))
        self.knows = function
        answer: tuple[Any, BaseException | None] = worker.receive(self.process.stdout)
        return answer

    def _started(self) -> subprocess.Popen[bytes]:
        if self.closed:
            raise EOFError
        apart: dict[str, Any] = {"process_group": 0} if os.name == "posix" else {"creationflags": 0x200}  # Ctrl-C is for this process
        return subprocess.Popen(
            [sys.executable, "-c", PROGRAM, json.dumps([*map(str, sys.path)])], stdin=subprocess.PIPE, stdout=subprocess.PIPE, **apart
        )

    def bury(self) -> None:
        """Take leave of a process that has ended."""
        self.deaths += 1 + MOST_DEATHS * self.closed
        self._end()

    def kill(self) -> None:
        """End the process, and start no other."""
        self.closed = True
        if self.process:
            self.process.kill()
            self._end()

    def _end(self) -> None:
        if self.process:
            process, self.process = self.process, None
            process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout):
                with suppress(OSError, ValueError):
                    if pipe:
                        pipe.close()
