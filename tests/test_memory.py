"""What says that there is not enough memory, and what only speaks of it."""

from __future__ import annotations

import errno

import pyarrow
import pytest

from synthgen.errors import DataError
from synthgen.memory import lacks_memory

LACKS = [
    MemoryError(),
    OSError(errno.ENOMEM, "Cannot allocate memory"),
    ImportError("libarrow.so.2600: failed to map segment from shared object"),
    RuntimeError("can't start new thread"),
    RuntimeError("CUDA out of memory. Tried to allocate 2 GiB"),
    SystemError("<built-in function exec> returned NULL without setting an exception"),
    pyarrow.ArrowMemoryError("malloc of size 64 failed"),
]
SPEAKS = [
    DataError("logs.txt:3: 'my phone is out of memory' is no record"),
    ValueError("option 'out of memory': not known"),
    KeyError("out of memory"),
    OSError(errno.ENOENT, "No such file or directory", "out of memory.txt"),
    ImportError("No module named 'memory'"),
    RuntimeError("the queue is closed"),
]


@pytest.mark.parametrize("error", LACKS, ids=repr)
def test_it_is_known(error: Exception) -> None:
    assert lacks_memory(error)


@pytest.mark.parametrize("error", SPEAKS, ids=repr)
def test_what_only_speaks_of_it_is_another_error(error: Exception) -> None:
    assert not lacks_memory(error)


def in_other_words(error: Exception) -> None:
    try:
        raise error
    except Exception:
        raise DataError("the file cannot be read") from None


@pytest.mark.parametrize("error", LACKS, ids=repr)
def test_it_is_known_behind_an_error_that_was_made_of_it(error: Exception) -> None:
    with pytest.raises(DataError) as raised:
        in_other_words(error)
    assert lacks_memory(raised.value)
