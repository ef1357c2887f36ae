"""Ctrl-C while a server starts: it ends the program, also where a library swallows it that is just being imported."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import synthgen
from synthgen.cli.interrupts import RememberedInterrupts

RECIPE = Path(synthgen.__file__).parent.parent / "recipes" / "broadband-talks" / "recipe.yaml"
START = """
import importlib.abc, signal, sys

class Swallower(importlib.abc.MetaPathFinder):  # Ctrl-C in an import whose code drops what is raised
    def find_spec(self, name, path, target=None):
        if name == "uvicorn":
            try:
                signal.raise_signal(signal.SIGINT)
            except KeyboardInterrupt:
                pass

signal.signal(signal.SIGINT, signal.default_int_handler)
sys.meta_path.insert(0, Swallower())
from synthgen.cli.app import main
main()
"""


def test_review_ends_where_an_import_swallows_ctrl_c(tmp_path: Path) -> None:
    message = {"kind": "choice", "options": ["where is my parcel", "it broke"]}
    output = synthgen.make(
        {"name": "shop", "tables": {"traffic": {"rows": 3, "fields": {"message": message}}}}, out=tmp_path / "shop"
    ).folder
    done = subprocess.run([sys.executable, "-c", START, "review", str(output), "--no-browser"], capture_output=True, text=True, timeout=600)
    assert (done.returncode, done.stdout, done.stderr.strip()) == (130, "", "interrupted")


def test_serve_ends_where_an_import_swallows_ctrl_c_before_it_makes_rows(tmp_path: Path) -> None:
    words = ["serve", str(RECIPE), "-o", str(tmp_path / "out"), "--quiet"]
    done = subprocess.run([sys.executable, "-c", START, *words], capture_output=True, text=True, timeout=600)
    assert (done.returncode, done.stdout, done.stderr.strip()) == (130, "", "interrupted")


@pytest.fixture
def heard() -> Iterator[None]:
    """Ctrl-C, to which a job in the background of a shell is deaf."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_what_was_swallowed_is_heeded_later(number: int, heard: None) -> None:
    before = signal.getsignal(number)
    with RememberedInterrupts() as interrupts:
        interrupts.check()
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(number)
        for heed in (interrupts.check, interrupts.release):
            with pytest.raises(KeyboardInterrupt):
                heed()
        assert signal.getsignal(number) is before


def test_a_program_that_is_to_ignore_ctrl_c_goes_on_doing_so() -> None:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)  # as nohup and a shell's background jobs have it
    try:
        with RememberedInterrupts() as interrupts:
            signal.raise_signal(signal.SIGINT)
            interrupts.release()
    finally:
        signal.signal(signal.SIGINT, before)
