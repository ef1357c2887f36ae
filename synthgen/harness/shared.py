"""Files that several harnesses read: the graders, and what a suite is."""

from __future__ import annotations

import json
from pathlib import Path

from synthgen.harness import graders
from synthgen.harness.cases import Suite
from synthgen.harness.text import write

CONFTEST = '''\
"""Which application is tested: APPLICATION=module:function, or a fixture of your own in the place of this one."""

import importlib
import os
import sys

import pytest


@pytest.fixture(scope="session")
def application():
    """A function from a message, or a list of chat messages, to a reply."""
    named = os.environ.get("APPLICATION", "")
    module, _, name = named.partition(":")
    if not module or not name:
        stop(named, "nothing was tested")
    sys.path.insert(0, os.getcwd())
    try:
        function = getattr(importlib.import_module(module), name, None)
    except ImportError as error:
        stop(named, str(error))
    return function if callable(function) else stop(named, f"{module} has no function {name}")


def stop(named, reason):
    """End the run with an error."""
    given = f"APPLICATION={named!r}" if named else "APPLICATION is not set"
    pytest.exit(f"{given}: {reason}. Set APPLICATION=module:function, a function from a message to a reply", returncode=4)
'''


def settings(suite: Suite, folder: Path, *, python: bool = True) -> None:
    """suite.json, and graders.py as it stands in this package."""
    write(folder / "suite.json", json.dumps(suite.settings(), indent=2, ensure_ascii=False))
    if python:
        write(folder / "graders.py", Path(graders.__file__).read_text(encoding="utf-8"))
