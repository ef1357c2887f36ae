"""How many processors there are for this process."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

QUOTA = Path("/sys/fs/cgroup/cpu.max")
"""In a container, how many microseconds of processors it may use in how many."""


def cores(quota: Path = QUOTA) -> int:
    """How many processors this process may use at once, 1 or more."""
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    with suppress(OSError, ValueError):  # there is no limit, or no such file
        most, period = map(int, quota.read_text().split())
        allowed = min(allowed, max(1, -(-most // period)))
    return allowed
