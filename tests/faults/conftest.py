"""What the tests of faults compare with: a run of each kind that nothing disturbed, made once."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from functools import cache

import pytest

from faults.disturbed import Undisturbed, undisturbed


@pytest.fixture(scope="session")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Undisturbed]:
    """The undisturbed run of a kind."""
    return cache(lambda kind: undisturbed(kind, tmp_path_factory.mktemp(kind)))


@pytest.fixture
def somebody() -> list[str]:
    """The program by which a run is somebody's who may not write everywhere."""
    if not hasattr(os, "geteuid") or (os.geteuid() == 0 and shutil.which("setpriv") is None):
        pytest.skip("here everybody may write everywhere")
    return ["setpriv", "--bounding-set=-dac_override,-dac_read_search,-fowner"] if os.geteuid() == 0 else []
