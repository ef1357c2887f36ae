"""What the tests of faults compare with: a run of each kind that nothing disturbed, made once."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import pytest

from faults.disturbed import Undisturbed, undisturbed


@pytest.fixture(scope="session")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Undisturbed]:
    """The undisturbed run of a kind."""
    return cache(lambda kind: undisturbed(kind, tmp_path_factory.mktemp(kind)))
