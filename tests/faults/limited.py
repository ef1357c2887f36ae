"""A command that gets so much memory beside what its libraries take: `python limited.py MEGABYTES COMMAND …`. Where memory ends within an
import, libraries written in C may end the program in their own way; here it ends within the work."""

from __future__ import annotations

import resource
import sys
from pathlib import Path

import datasets  # noqa: F401 (loaded before there is a limit, as what follows)
import numpy  # noqa: F401
import pandas  # noqa: F401
import scipy.sparse  # noqa: F401
from faker import Faker

from synthgen.__main__ import main

Faker("en_US").name()
if "typed.yaml" in sys.argv:
    import torch  # noqa: F401
taken = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
most = taken + (int(sys.argv.pop(1)) << 20)
resource.setrlimit(resource.RLIMIT_AS, (most, most))
main()
