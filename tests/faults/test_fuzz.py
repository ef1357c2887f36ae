"""Nothing that is fed to a reader ends in a traceback or hangs: mutated seeds, what Hypothesis thinks of, and the cases that once did.

A short run; more with FAULTS=100000 python -m pytest tests/faults/test_fuzz.py, and by coverage with fuzz.py."""

from __future__ import annotations

import os
import time
import zlib
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from faults.mutate import mutated
from faults.targets import TARGETS, right, seeds

ROUNDS = int(os.environ.get("FAULTS", "150"))
LONGEST = 60.0
"""Seconds of the processor that a case may take: a case that hangs takes more, whatever else the machine does."""


def feed(name: str, data: bytes, keep: Path) -> None:
    began = time.process_time()
    try:
        TARGETS[name](data)
    except Exception:
        place = keep / f"{name}-{zlib.crc32(data):08x}"
        place.write_bytes(data)
        print(f"kept as {place}")  # shown when the test fails
        raise
    assert time.process_time() - began < LONGEST, data[:200]


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("right")
    right(folder)
    return folder


@pytest.mark.parametrize("name", TARGETS)
def test_what_once_failed_and_what_is_right(name: str, inputs: Path, tmp_path: Path) -> None:
    own = seeds(name, inputs)
    assert own
    for data in own:
        feed(name, data, tmp_path)


@pytest.mark.parametrize("name", TARGETS)
def test_mutated_inputs(name: str, inputs: Path, tmp_path: Path) -> None:
    own, stream = seeds(name, inputs), Random(int(os.environ.get("FAULTS_SEED", "0")))
    for _ in range(ROUNDS):
        feed(name, mutated(stream.choice(own), stream), tmp_path)


@pytest.mark.parametrize("name", ["setting", "template", "answer", "messages"])
def test_anything(name: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    keep = tmp_path_factory.mktemp("kept")

    @settings(max_examples=max(30, ROUNDS // 5))
    @given(st.one_of(st.binary(max_size=200), st.text(max_size=200).map(lambda text: text.encode("utf-8", "surrogatepass"))))
    def run(data: bytes) -> None:
        feed(name, data, keep)

    run()
