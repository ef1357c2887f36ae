"""No value has more of the rows than its share."""

import datetime
from collections import Counter
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as some
from pydantic import TypeAdapter, ValidationError

from synthgen.checks import AnyCheck, Balance, Check
from synthgen.spec.rows import Row


def row(value: object) -> Row:
    return Row("t", 0, values={"x": value})


def read(**keys: object) -> Check:
    return TypeAdapter(AnyCheck).validate_python({"kind": "balance", "field": "x", **keys})


def kept(values: object, **keys: object) -> Counter[object]:
    check = read(**keys)
    memory = check.memory([])
    return Counter(value for value in values if check.refuse(row(value), memory) is None)


def drawn(count: int = 5000, **weights: float) -> list[str]:
    return Random(1).choices(list(weights), list(weights.values()), k=count)


# What is kept


def test_without_shares_all_values_that_come_have_the_same_share():
    counts = kept(drawn(a=80, b=15, c=5), tolerance=0)
    assert counts["a"] == counts["b"]
    assert 0 <= counts["a"] - counts["c"] <= 1
    assert counts["c"] > 200


def test_a_value_may_go_over_its_share_by_the_tolerance():
    counts = kept(drawn(a=80, b=20), tolerance=0.2)
    assert counts["a"] / counts.total() == pytest.approx(0.6, abs=0.01)
    counts = kept(drawn(a=80, b=20))
    assert counts["a"] / counts.total() == pytest.approx(0.55, abs=0.01)


def test_shares_are_weights():
    counts = kept(drawn(a=1, b=1, c=1), shares={"a": 3, "b": 1, "c": 1}, tolerance=0)
    assert [counts[value] / counts.total() for value in "abc"] == pytest.approx([0.6, 0.2, 0.2], abs=0.01)


def test_a_list_of_shares_is_all_alike():
    assert kept(drawn(a=80, b=20), shares=["a", "b"]) == kept(drawn(a=80, b=20), shares={"a": 0.5, "b": 0.5})


def test_a_value_without_a_share_is_refused():
    check = read(shares={"a": 1, "b": 1, "c": 0})
    memory = check.memory([])
    assert check.refuse(row("d"), memory) == "d is none of the shares"
    assert check.refuse(row("c"), memory) == "c has 0 of 0 rows, and its share is 0.0%"
    assert check.refuse(row("a"), memory) is None


def test_the_reason_says_how_much_a_value_has():
    check = read(shares=["a", "b"])
    memory = check.memory([])
    assert [check.refuse(row(value), memory) for value in "abbb"] == [None, None, None, "b has 2 of 3 rows, and its share is 50.0%"]
    assert len(read(shares=["a"]).refuse(row("x" * 5000), Counter())) < 200


@pytest.mark.parametrize(
    ("shares", "value"),
    [
        ([True, False], True),
        ([1, 2], 1.0),
        ([1.0, 2], 1),
        (["true", "no"], True),
        (["1", "2"], 1),
        ([0.5], 0.5),
        (["2026-01-01"], datetime.date(2026, 1, 1)),
    ],
)
def test_a_value_is_the_same_in_the_recipe_and_in_a_column(shares, value):
    check = read(shares=shares)
    assert check.refuse(row(value), check.memory([])) is None


def test_true_is_not_one():
    check = read(shares=[1, 0])
    assert check.refuse(row(True), check.memory([])) is not None


@given(some.lists(some.sampled_from("abcd"), max_size=80), some.sampled_from([0.0, 0.1, 0.5]))
def test_no_value_ever_has_more_than_its_share(values, tolerance):
    shares = {"a": 0.4, "b": 0.3, "c": 0.2, "d": 0.1}
    check = read(shares=shares, tolerance=tolerance)
    memory, counts = check.memory([]), Counter[str]()
    for value in values:
        if check.refuse(row(value), memory) is None:
            counts[value] += 1
            due = shares[value] * counts.total()
            assert counts[value] < due + 1 - 1e-9 or counts[value] <= due * (1 + tolerance) + 1e-9
    assert memory == counts


@given(some.dictionaries(some.sampled_from("abcdefg"), some.integers(1, 50), min_size=1), some.booleans(), some.integers(0, 60))
def test_some_value_is_always_welcome(weights, known, rows):
    """A table that sees every value again and again never waits for nothing."""
    check = read(tolerance=0, **({"shares": weights} if known else {}))
    memory = check.memory([])
    for _ in range(rows):
        assert any(check.refuse(row(value), memory) is None for value in sorted(weights))


@given(some.lists(some.tuples(some.sampled_from("abc"), some.booleans()), max_size=60))
def test_what_is_forgotten_has_never_been(doings):
    check = read()
    memory, left = check.memory([]), Counter[str]()
    for value, goes in doings:
        if check.refuse(row(value), memory) is None:
            left[value] += 1
            if goes:
                check.forget(row(value), memory)
                left -= Counter([value])
    assert memory == left
    assert memory.keys() == left.keys()


def test_it_says_that_it_remembers():
    assert Balance(field="x").remembers


# What the recipe may say


@pytest.mark.parametrize(
    "keys", [{"shares": []}, {"shares": {}}, {"shares": {"a": -1}}, {"shares": "a"}, {"tolerance": -0.1}, {"share": ["a"]}]
)
def test_shares_that_are_none_are_a_mistake(keys):
    with pytest.raises(ValidationError):
        read(**keys)


def test_shares_that_refuse_everything_or_are_named_twice_are_a_fault():
    assert [fault.message for fault in read(shares={"a": 0, "b": 0}).mistakes()] == ["all shares are 0, so every row would be refused"]
    assert [fault.message for fault in read(shares=["a", "b", "a"]).mistakes()] == ["'a' is there twice"]
    assert [fault.message for fault in read(shares=[1, 1.0]).mistakes()] == ["'1' is there twice"]
    assert not list(read(shares=["a", "b"]).mistakes())
    assert not list(read().mistakes())


# In a table

TALK = """
    name: talk
    patience: 100
    tables:
      t:
        rows: 60
        fields:
          number: {kind: number, between: [1, 100]}
          size:   {kind: template, template: "{{ 'small' if number <= 70 else 'middle' if number <= 90 else 'large' }}"}
          coin:   {kind: choice, options: [heads, tails]}
          both:   {kind: template, template: "{{ size }} {{ coin }}"}
        keep:
          - {kind: balance, field: size, SHARES}
          - {kind: matches, field: both, pattern: heads}
"""


@pytest.mark.parametrize("shares", ["tolerance: 0", "shares: [small, middle, large], tolerance: 0"])
def test_a_table_comes_out_balanced_for_any_chunk_size(make, shares):
    text = TALK.replace("SHARES", shares)
    whole = make(text)["t"]
    counts = Counter(whole.column("size"))
    assert counts.keys() == {"small", "middle", "large"}
    assert max(counts.values()) - min(counts.values()) <= 2
    assert whole.state.refused["balance (size)"] > 20
    assert whole.state.refused["matches (both)"] > 20
    for chunk in (1, 7):
        made = make(text, chunk=chunk)["t"]
        assert (made.values, made.refused) == (whole.values, whole.refused)


def test_a_table_has_the_shares_that_were_asked_for(make):
    made = make(TALK.replace("SHARES", "shares: {large: 3, small: 1}, tolerance: 0"))["t"]
    assert Counter(made.column("size")) == {"large": 45, "small": 15}


def test_rows_are_kept_by_what_a_model_said(make):
    text = """
        name: said
        patience: 100
        tables:
          t:
            rows: 40
            fields:
              message: {kind: typed, seeds: [hi there]}
              polite:  {kind: template, template: "{{ 'yes' if 'please' in message else 'no' }}"}
            keep:
              - {kind: balance, field: polite}
        """
    made = make(text, lambda prompt, random: f" help {random.randrange(10**6)} {'please' if random.random() < 0.2 else ''}\n")["t"]
    assert 16 <= Counter(made.column("polite"))["yes"] <= 22
    assert all(one.field == "polite" for one in made.refused)


def test_parents_that_are_over_their_share_give_way_to_others(make):
    text = (
        TALK.replace(
            "        keep:\n          - {kind: balance, field: size, SHARES}\n          - {kind: matches, field: both, pattern: heads}\n",
            "",
        )
        + """
      child:
        from: {table: t, rows: 9}
        fields:
          id: {kind: id}
        keep:
          - {kind: balance, field: size, shares: [small, middle, large], tolerance: 0}
    """
    )
    made = make(text)["child"]
    assert Counter(made.column("size")) == {"small": 3, "middle": 3, "large": 3}
