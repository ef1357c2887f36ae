"""Too little memory: how it shows, and how a program ends that has too little. Nothing of size is imported here: there may be no memory."""

from __future__ import annotations

import atexit
import errno
import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

NO_MEMORY = (
    "error: there is not enough memory for this\n"
    "  close other programs, raise the limit (ulimit -v, or the container's), or give it less at a time; what was finished is kept\n"
)
SIGNS = (
    "failed to map segment", "cannot create shared object", "can't start new thread", "failed to launch worker thread",
    "can't allocate memory", "cannot allocate memory", "out of memory", "bad_alloc",
)  # fmt: skip
"""What libraries and the loader of programs say that have an error of their own where there is no memory."""
LOST = ("without setting an exception", "without exception set")
"""What Python says where the error itself could not be made."""
OWN_WORDS = (OSError, ImportError, RuntimeError)
"""Errors whose words are those of a library: others may quote a recipe or a message in which people write of memory."""


def lacks_memory(error: BaseException) -> bool:
    """Whether an error says that there is not enough memory, or came of one that does."""
    return any(map(_says_so, _chain(error)))


def _chain(error: BaseException) -> Iterator[BaseException]:
    """An error and those that it came of."""
    waiting, seen = [error], set[int]()
    while waiting:
        current = waiting.pop()
        if id(current) not in seen:
            seen.add(id(current))
            yield current
            waiting += [cause for cause in (current.__cause__, current.__context__) if cause is not None]


def _says_so(error: BaseException) -> bool:
    if isinstance(error, MemoryError):
        return True
    if isinstance(error, SystemError):
        return any(sign in str(error) for sign in LOST)
    if isinstance(error, OSError) and error.errno is not None:
        return error.errno == errno.ENOMEM
    module = type(error).__module__
    return (
        (isinstance(error, OWN_WORDS) or module.startswith(("pyarrow", "sqlite3", "zlib", "pyo3")))
        and not module.startswith("synthgen")
        and any(sign in str(error).casefold() for sign in SIGNS)
    )


def with_words(program: Callable[[], None]) -> None:
    """Run a program. Where it has too little memory, it ends with 1 and says so in two lines."""
    _keep_to_one_thread()
    _be_silent()
    try:
        program()
    except BaseException as error:
        if isinstance(error, SystemExit) or not lacks_memory(error):
            raise
        _end()


def _keep_to_one_thread() -> None:
    """Under a limit, OpenBLAS may have no room for a stack and a buffer per processor, and interrupts the program where it has none."""
    try:
        import resource
    except ImportError:  # on Windows
        return
    if resource.getrlimit(resource.RLIMIT_AS)[0] != resource.RLIM_INFINITY:
        os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


def _be_silent() -> None:
    """Print no traceback where memory ends in a thread or while something is taken away: the program itself will meet it and say so."""
    of_objects, of_threads = sys.unraisablehook, threading.excepthook

    def told(hook: Callable[[Any], object]) -> Callable[[Any], None]:
        def called(event: Any) -> None:
            if event.exc_value is None or not lacks_memory(event.exc_value):
                hook(event)

        return called

    sys.unraisablehook, threading.excepthook = told(of_objects), told(of_threads)


def _end() -> None:
    """End at once: libraries that were half loaded would end the program in their own way."""
    for last in (sys.stdout.flush, lambda: os.write(2, NO_MEMORY.encode()), atexit._run_exitfuncs):
        with suppress(BaseException):
            last()
    os._exit(1)
