"""Rows stay as they are from version to version: the streams that they are drawn from, and what is drawn."""

from __future__ import annotations

import json
from collections.abc import Callable
from hashlib import sha256
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synthgen.spec.first_draws import streams_of
from synthgen.spec.streams import MANY, Streams

FACTS = """
name: same
seed: 7
tables:
  facts:
    rows: {rows}
    fields:
      plan: {{kind: choice, options: {{free: 5, team: 2, pro: 1}}}}
      part: {{kind: choice, of: plan, options: {{free: [a, b], team: {{c: 2, d: 1}}, pro: [e]}}}}
      seats: {{kind: number, between: [1, 400]}}
      large: {{kind: number, between: [1, 90000000000000]}}
      price: {{kind: number, between: [0.5, 40], decimals: 2}}
      bound: {{kind: number, between: [1, "{{{{ seats }}}}"]}}
      normal: {{kind: number, distribution: normal, mean: 3, sd: 2, decimals: 1, between: [0, 6]}}
      poisson: {{kind: number, distribution: poisson, mean: 4}}
      day: {{kind: date, between: [-900d, today]}}
      moment: {{kind: date, between: ["2026-01-01 10:00", "2026-02-01 10:00"]}}
      code: {{kind: fake, provider: pyint}}
      long: {{kind: fake, provider: uuid4}}
      digits: {{kind: fake, provider: numerify, args: {{text: "%##-####"}}, locale: {{en_US: 3, de_DE: 1}}}}
      big: {{kind: fake, provider: pyint, when: "{{{{ seats > 300 }}}}"}}
      line: {{kind: template, template: "{{{{ plan }}}} {{{{ seats }}}}/{{{{ price + 0 }}}}: {{{{ day }}}}"}}
    keep:
      - {{kind: matches, field: line, pattern: ".*[1-8]"}}
"""


def digest(rows: list[dict[str, Any]]) -> str:
    return sha256(json.dumps(rows, default=str).encode()).hexdigest()[:16]


def test_facts_are_those_of_earlier_versions(make: Callable[..., Any]) -> None:
    """Those of few rows, whose streams are seeded one by one, begin those of many."""
    many = make(FACTS.format(rows=MANY + 100))["facts"].values
    assert digest(many) == "b71f081850ee932f"
    assert make(FACTS.format(rows=100))["facts"].values == many[:100]


DRAWS: dict[str, Callable[[Random], Any]] = {
    "random": lambda stream: stream.random(),
    "gauss": lambda stream: stream.gauss(0, 1),
    "choices": lambda stream: stream.choices("abc", [1, 2, 3], k=2),
    "sample": lambda stream: stream.sample(range(30), 3),
    "shuffle": lambda stream: stream.shuffle(list(range(5))),
    "expovariate": lambda stream: stream.expovariate(2),
    "randbytes": lambda stream: stream.randbytes(5),
    "state": lambda stream: stream.getstate(),
    "no bits": lambda stream: stream.getrandbits(0),
    **{f"{bits} bits": lambda stream, bits=bits: stream.getrandbits(bits) for bits in (1, 7, 31, 32, 33, 63, 64, 65, 200)},  # type: ignore
    **{f"up to {most:,}": lambda stream, most=most: stream.randint(1, most) for most in (1, 5, 2**31 + 1, 2**32, 2**63, 10**25)},  # type: ignore
}


@given(st.lists(st.sampled_from(sorted(DRAWS)), min_size=1, max_size=6), st.integers(0, 2**64 - 1))
def test_streams_whose_first_words_are_known_draw_as_others(names: list[str], seed: int) -> None:
    (stream,), usual = streams_of([seed]), Random(seed)
    assert [DRAWS[name](stream) for name in names] == [DRAWS[name](usual) for name in names]


def test_many_streams_are_those_that_each_would_be() -> None:
    streams, keys = Streams(3), [(row, row % 3) for row in range(MANY)]
    together = [(stream.random(), stream.random(), stream.random()) for stream in streams.each("t", "f", keys)]
    assert together == [(stream.random(), stream.random(), stream.random()) for key in keys for stream in [streams.at("t", "f", *key)]]


@pytest.mark.parametrize("seed", [0, 1, 2**32 - 1, 2**32, 2**64 - 1])
def test_seeds_of_any_size_are_those_of_python(seed: int) -> None:
    (stream,) = streams_of([seed])
    assert stream.getrandbits(64) == Random(seed).getrandbits(64)
