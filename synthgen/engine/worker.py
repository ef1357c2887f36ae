"""Another interpreter that works for the one that started it: it reads a function and items, and writes what the function makes of each.

It ends when what it reads ends, and so does not outlive who started it.
"""

from __future__ import annotations

import os
import pickle
import signal
import sys
import traceback
from collections.abc import Callable
from typing import IO, Any

from synthgen.errors import SynthgenError
from synthgen.memory import lacks_memory
from synthgen.quiet import quiet_program

SIZE = 8
"""Bytes that say how long a message is."""


def send(stream: IO[bytes], message: Any) -> None:
    """Write a message to a stream."""
    content = pickle.dumps(message, pickle.HIGHEST_PROTOCOL)
    stream.write(len(content).to_bytes(SIZE, "big"))
    stream.write(content)
    stream.flush()


def receive(stream: IO[bytes]) -> Any:
    """Read a message from a stream. Raises EOFError where it ends."""
    size = int.from_bytes(_read(stream, SIZE), "big")
    return pickle.loads(_read(stream, size))  # noqa: S301 (of the process that started this one, or of one that it started)


def _read(stream: IO[bytes], size: int) -> bytes:
    content = stream.read(size)
    if len(content) < size:
        raise EOFError
    return content


def main() -> None:
    """Work until there is no more to do."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    quiet_program()
    source, target = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints is no answer
    function: Callable[[Any], Any] | None = None
    try:
        while True:
            pickled, item = receive(source)
            function = pickle.loads(pickled) if pickled is not None else function  # noqa: S301
            assert function
            send(target, _answer(function, item))
    except (EOFError, BrokenPipeError, ConnectionError):
        os._exit(0)


def _answer(function: Callable[[Any], Any], item: Any) -> tuple[Any, BaseException | None]:
    """What the function makes of an item, or the error that it meets: one that a user can mend as it is, of any other its words."""
    try:
        return function(item), None
    except SynthgenError as error:
        return None, error
    except Exception as error:  # noqa: BLE001 (it is raised where the item is from)
        return None, MemoryError() if lacks_memory(error) else RuntimeError("".join(traceback.format_exception(error)))
