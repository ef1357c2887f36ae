"""`pick: spread`: the rows of another table that differ most."""

from collections import Counter
from collections.abc import Iterator
from itertools import islice
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as some

from synthgen.engine import candidates, spread
from synthgen.engine.parents import Candidate
from synthgen.engine.spread import order
from synthgen.recipe.shape import From, Table
from synthgen.spec.streams import Streams

TOPICS = {
    "card": "my card was declined in the shop today why is that",
    "parcel": "where is the parcel that you sent to me last week",
    "refund": "i want all of the money back for these broken shoes",
    "login": "cannot get into account since password reset mail never came",
}


def messages(count: int, seed: int = 0, **shares: float) -> list[dict[str, object]]:
    draw = Random(seed)
    rows = []
    for number in range(count):
        intent = draw.choices(list(TOPICS), [shares.get(topic, 1) for topic in TOPICS])[0]
        words = TOPICS[intent].split()
        for _ in range(5):
            words.pop(draw.randrange(len(words)))
        rows.append({"id": f"r-{number}", "amount": draw.random(), "intent": intent, "message": " ".join(words)})
    return rows


def picked(rows: list[dict[str, object]], count: int, over: list[str] | None = None) -> list[dict[str, object]]:
    return [rows[place] for place in islice(order(rows, over), count)]


def words_in_common(rows: list[dict[str, object]]) -> float:
    """How much a row shares with the one that is most like it, on average."""
    words = [set(str(row["message"]).split()) for row in rows]
    return sum(max(len(one & other) / len(one | other) for other in words if other is not one) for one in words) / len(words)


# The order


@given(
    some.lists(
        some.fixed_dictionaries({"a": some.text(max_size=9), "b": some.sampled_from(["x", None]), "c": some.none() | some.booleans()}),
        max_size=12,
    )
)
def test_every_row_comes_once(rows):
    assert sorted(order(rows)) == list(range(len(rows)))


def test_the_rows_that_come_first_have_less_in_common_than_any_others():
    rows = messages(300)
    any_others = [words_in_common(Random(seed).sample(rows, 20)) for seed in range(20)]
    assert words_in_common(picked(rows, 20)) < min(any_others)
    assert words_in_common(picked(rows, 20, ["message"])) < min(any_others)


def test_all_values_of_a_label_come_before_one_comes_twice():
    rows = messages(2000, card=1, parcel=0.05, refund=0.01, login=0.005)
    assert len({row["intent"] for row in picked(rows, 4)}) == 4
    assert len({row["intent"] for row in picked(rows, 4, ["intent"])}) == 4


def test_a_label_counts_as_much_as_a_text():
    rows = [{"intent": "card", "message": row["message"]} for row in messages(200)]
    rows.append({**rows[7], "intent": "parcel"})
    assert {row["intent"] for row in picked(rows, 2)} == {"card", "parcel"}


def test_the_same_words_in_another_field_are_others():
    card, parcel = (TOPICS[topic] for topic in ("card", "parcel"))
    rows = [{"message": card, "reply": parcel}] * 3 + [{"message": parcel, "reply": card}] * 3
    assert {row["message"] for row in picked(rows, 2)} == {card, parcel}


def test_each_label_counts():
    rows = [{"message": "the very same words", "a": a, "b": b, "c": c} for a in "xy" for b in "pq" for c in (True, False) for _ in range(5)]
    first = picked(rows, 2)
    assert [first[0][name] == first[1][name] for name in "abc"] == [False] * 3
    assert len({(row["a"], row["b"], row["c"]) for row in picked(rows, 8)}) == 8


def test_texts_count_where_labels_are_alike():
    rows = [
        {"label": "x", "message": text}
        for text in ["where is my card", "where is my cards", "where is my card now", "refund all of the money"]
    ]
    assert {row["message"] for row in picked(rows, 2)} >= {"refund all of the money"}


def test_what_is_there_twice_comes_last():
    rows = messages(30)
    twice = [*rows, *({**row, "message": f"{row['message'].upper()}!!"} for row in rows)]
    assert {row["message"].lower().strip("!") for row in picked(twice, 30)} == {row["message"] for row in rows}


def test_messages_that_are_empty_are_alike():
    rows = [*messages(10), *({"intent": "card", "message": ""} for _ in range(10))]
    assert Counter(row["message"] for row in picked(rows, 10))[""] == 1


def test_the_first_is_a_typical_one():
    rows = [{"message": f"where is my parcel number {number}"} for number in range(20)] + [{"message": "qqq zzz xxx"}]
    assert next(order(rows)) != 20
    assert list(islice(order(rows), 2))[1] == 20


def test_numbers_names_and_ids_are_not_compared():
    rows = messages(200)
    bare = [{"intent": row["intent"], "message": row["message"]} for row in rows]
    assert list(order(rows)) == list(order(bare))
    counted = [{**row, "tries": number % 5} for number, row in enumerate(rows)]
    assert list(order(counted)) == list(order(bare))
    named = [{**row, "name": f"{Random(number).getrandbits(60):x} smith"} for number, row in enumerate(rows)]
    assert list(order(named)) == list(order(bare))


def test_fields_that_are_named_are_compared_and_no_others():
    rows = messages(100)
    assert list(order(rows, ["message"])) == list(order([{"message": row["message"]} for row in rows]))
    assert list(order(rows, ["intent"])) != list(order(rows, ["message"]))
    numbers = [{"n": str(number % 7), "message": "hi there you"} for number in range(70)]
    assert len({row["n"] for row in picked(numbers, 7, ["n"])}) == 7


def test_short_texts_are_compared_where_there_are_no_others():
    queries = [{"query": f"{colour} {thing}"} for colour in ("red", "blue") for thing in ("sofa", "lamp", "carpet", "wardrobe")]
    first, second = picked([*queries, *({"query": f"{row['query']}s"} for row in queries)], 2)
    assert not set(first["query"].split()) & set(second["query"].split())


# The candidates of a table


def table(**keys: object) -> Table:
    return Table.model_validate({"from": {"table": "traffic", **keys}, "fields": {"line": {"kind": "number", "between": [1, 9]}}})


def start(parents: list[dict[str, object]], first: int = 0, seed: int = 0, **keys: object) -> Iterator[Candidate]:
    return candidates("child", table(pick="spread", **keys), lambda: iter(parents), len(parents), Streams(seed)).start(first)


def test_candidates_are_in_the_order_of_their_difference():
    rows = messages(50)
    found = list(start(rows, rows=10))
    assert [one.parent for one in found] == list(order(rows))
    assert [one.index for one in found] == list(range(50))
    assert all(one.inherited == rows[one.parent] for one in found)
    assert [one.parent for one in start(rows, rows=10, over=["intent"])] == list(order(rows, ["intent"]))


@pytest.mark.parametrize("per_row", [1, 2, [0, 3]])
def test_candidates_go_on_from_any_place(per_row):
    rows = messages(40)
    whole = list(start(rows, rows=10, per_row=per_row))
    for first in (0, 1, 7, len(whole)):
        assert list(start(rows, first, rows=10, per_row=per_row)) == whole[first:]


def test_the_parents_are_read_only_when_a_candidate_is_wanted():
    read = []

    def parents():
        read.append(1)
        return iter(messages(30))

    for per_row, wanted in ((2, 16), ([1, 3], None)):
        source = candidates("child", table(pick="spread", rows=8, per_row=per_row), parents, 30, Streams(0))
        assert not read
        whole = list(source.start(0))
        assert source.wanted == wanted or (wanted is None and 8 < source.wanted < 24)
        assert len({one.parent for one in whole[: source.wanted]}) == 8
        read.clear()


def test_of_very_many_parents_a_sample_is_compared_and_the_others_come_after_it(monkeypatch):
    monkeypatch.setattr(spread, "AMONG", 40)
    rows = messages(100)
    parents = [one.parent for one in start(rows, rows=5)]
    assert sorted(parents) == list(range(100))
    sample = sorted(parents[:40])
    assert sample != list(range(40))
    assert parents[:40] == [sample[place] for place in order([rows[parent] for parent in sample])]
    assert parents[40:] == sorted(parents[40:])
    assert {one.parent for one in islice(start(rows, rows=5, seed=1), 40)} != set(sample)


def test_no_parents_no_candidates():
    assert list(start([], rows=5)) == []


# In a recipe

FAMILY = """
    name: family
    tables:
      traffic:
        rows: 60
        fields:
          intent:  {kind: choice, options: {refund: 40, lost card: 1, hacked: 1}}
          message: {kind: template, template: "{{ intent }} please help me with {{ intent }}"}
      examples:
        from: {table: traffic, rows: 3, pick: spread}
        fields:
          id: {kind: id}
"""


def test_a_table_is_made_from_the_rows_that_differ_most(make):
    made = make(FAMILY)
    assert set(Counter(made["traffic"].column("intent"))) == {"refund", "lost card", "hacked"}
    assert set(made["examples"].column("intent")) == {"refund", "lost card", "hacked"}
    for chunk in (1, 2):
        assert make(FAMILY, chunk=chunk)["examples"].values == made["examples"].values


def test_the_next_most_different_steps_in_where_a_row_cannot_be_made(make):
    made = make(FAMILY + '        keep: [{kind: lacks, field: message, pattern: "hacked"}]\n')
    assert set(made["examples"].column("intent")) == {"refund", "lost card"}
    assert len(made["examples"].rows) == 3


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"over": ["message"]}, "only pick: spread compares fields"),
        ({"pick": "spread"}, "pick: spread needs to know how many rows, up to 10,000"),
        ({"pick": "spread", "rows": 10_001}, "pick: spread needs to know how many rows, up to 10,000"),
    ],
)
def test_a_spread_over_nothing_or_too_much_is_a_fault(keys, message):
    assert [fault.message for fault in From(table="t", **keys).mistakes()] == [message]


def test_a_spread_over_fields_is_none():
    assert not list(From(table="t", pick="spread", rows=10_000, over=["a"]).mistakes())
