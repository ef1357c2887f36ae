"""Random streams: the same place draws the same numbers, and no two places share them."""

from itertools import combinations, pairwise
from statistics import mean

import pytest
from hypothesis import given
from hypothesis import strategies as some

from synthgen.spec.streams import Streams

NAMES = some.text(some.characters(codec="utf-8", exclude_characters="\x1f"))
PLACES = some.tuples(NAMES, NAMES, some.integers(0), some.integers(0))


@given(some.integers(), PLACES)
def test_the_same_place_draws_the_same_numbers_whatever_was_drawn_before(seed, place):
    fresh = Streams(seed).at(*place)
    used = Streams(seed)
    used.at("another", "field", 1, 2).random()
    used.at(*place).random()
    again = used.at(*place)
    assert [fresh.random() for _ in range(3)] == [again.random() for _ in range(3)]


@given(some.integers(), PLACES, PLACES)
def test_two_places_never_share_a_stream(seed, one, other):
    streams = Streams(seed)
    assert (streams.number(*one) == streams.number(*other)) == (one == other)


@given(PLACES, some.integers(), some.integers())
def test_two_seeds_never_share_a_stream(place, one, other):
    assert (Streams(one).number(*place) == Streams(other).number(*place)) == (one == other)


def test_parts_of_a_place_do_not_run_into_each_other():
    streams = Streams(0)
    numbers = [
        streams.number(*place)
        for place in [
            ("ab", "c", 1, 2),
            ("a", "bc", 1, 2),
            ("abc", "", 1, 2),
            ("ab", "c", 12),
            ("ab", "c", 1, 2, 0),
            ("ab", "c"),
            ("ab", "c", ""),
        ]
    ]
    assert len(set(numbers[:5])) == 5
    assert all(0 <= number < 2**64 for number in numbers)


def test_streams_stay_the_same_between_versions_of_synthgen():
    assert Streams(7).number("traffic", "message", 0, 0) == 2700393080585903624
    assert Streams(7).at("traffic", "message", 41, 2).random() == 0.2804160383629304


def test_more_fields_than_are_kept_at_hand_change_nothing():
    streams = Streams(3)
    first = streams.number("t", "field 0", 0)
    for number in range(5000):
        streams.number("t", f"field {number}", 0)
    assert streams.number("t", "field 0", 0) == first


@pytest.mark.parametrize("vary", ["row", "try", "seed", "field"])
def test_neighbouring_streams_are_not_alike(vary):
    """First draws of neighbours: uniform, and one says nothing of the next."""
    draws = [
        {
            "row": lambda n: Streams(1).at("t", "f", n, 0),
            "try": lambda n: Streams(1).at("t", "f", 0, n),
            "seed": lambda n: Streams(n).at("t", "f", 0, 0),
            "field": lambda n: Streams(1).at("t", f"f{n}", 0, 0),
        }[vary](number).random()
        for number in range(2000)
    ]
    assert mean(draws) == pytest.approx(0.5, abs=0.03)
    assert mean((one - 0.5) * (other - 0.5) for one, other in pairwise(draws)) == pytest.approx(0, abs=0.01)
    assert not any(one == other for one, other in combinations(draws[:200], 2))
