"""Memory of a process that writes on a CPU, kept so that a step finds it quickly. What is written is the same.

A step takes some hundred pieces of a hundred kilobytes and gives them back. The C library returns such pieces to the system, which hands
them out again page by page: 3,000 pages a step, a third of its time. And the weights, which every step reads whole, lie in sixty thousand
small pages, of which a processor finds a few thousand quickly; huge pages are found at once. Both are Linux's ways (glibc's `mallopt`,
madvise(2)). Where there is no such thing nothing happens. Figures: `tests/bench/steady_memory.py`.
"""

from __future__ import annotations

import ctypes
import re
import sys
from functools import cache
from pathlib import Path

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3
KEPT, LARGEST = 128 << 20, 32 << 20
"""Bytes at the end of the heap that stay with the process though nobody uses them, and bytes from which a piece is the system's at once."""
MADV_HUGEPAGE, MADV_COLLAPSE = 14, 25
HUGE = 2 << 20
FULL = 0.9
"""The share of a region that is in use, from which on it is put into huge pages: of others they would take more memory."""
REGION = re.compile(r"([0-9a-f]+)-([0-9a-f]+) rw-p \S+ 00:00 0 +(?:\[heap\])?\n(?:.*\n)*?Rss: +(\d+) kB")
"""In /proc/self/smaps: memory of the process's own."""


@cache
def keep_freed() -> None:
    """From now on what is given back stays with the process."""
    if (library := _library()) is not None and hasattr(library, "mallopt"):
        library.mallopt(M_MMAP_THRESHOLD, LARGEST)
        library.mallopt(M_TRIM_THRESHOLD, KEPT)


def use_huge_pages() -> None:
    """Put what is in memory now into huge pages. It takes a second or two for half a gigabyte; others may work on meanwhile."""
    library = _library()
    if library is None or not hasattr(library, "madvise"):
        return
    try:
        regions = REGION.findall(Path("/proc/self/smaps").read_text("ascii", "replace"))
    except OSError:
        return
    for start, end, in_use in regions:
        first, last = -(-int(start, 16) // HUGE) * HUGE, int(end, 16) // HUGE * HUGE
        if first < last and int(in_use) * 1024 > FULL * (int(end, 16) - int(start, 16)):
            place, size = ctypes.c_void_p(first), ctypes.c_size_t(last - first)
            library.madvise(place, size, MADV_HUGEPAGE)
            library.madvise(place, size, MADV_COLLAPSE)  # which an older kernel does not know; it will do it by and by


def _library() -> ctypes.CDLL | None:
    """The C library of this process, on Linux."""
    return ctypes.CDLL(None) if sys.platform == "linux" else None
