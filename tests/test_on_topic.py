"""A message is nearest to its own topic; and what near means."""

from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some
from pydantic import TypeAdapter, ValidationError
from sklearn.feature_extraction.text import TfidfVectorizer

from synthgen.checks import AnyCheck, OnTopic
from synthgen.fields import AnyField, Typed
from synthgen.spec.rows import Prompt, Row
from synthgen.text.nearness import Nearness

SEEDS = {
    "late": ["where is my parcel", "parcel still not here", "when does my parcel arrive", "delivery is late again"],
    "refund": ["i want my money back", "refund has not come", "when do i get the money back", "where is the refund"],
    "login": ["cannot log in", "password does not work", "locked out of my account", "forgot my password"],
}


def typed(seeds: object = SEEDS) -> Typed:
    return TypeAdapter(AnyField).validate_python({"kind": "typed", "topic": "{{ intent }}", "seeds": seeds})


def check(**keys: object) -> OnTopic:
    return TypeAdapter(AnyCheck).validate_python({"kind": "on_topic", "field": "message", "label": "intent", **keys})


def judged(text: object, intent: object, *, seeds: object = SEEDS, **keys: object) -> str | None:
    one = check(**keys)
    return one.refuse(Row("t", 0, values={"message": text, "intent": intent}), one.memory([typed(seeds)]))


# What is on its topic


@pytest.mark.parametrize(
    ("text", "topic"),
    [
        ("wheres my parcle", "late"),
        ("MY PARCEL STILL HASNT ARRIVED", "late"),
        ("pls can i have my money back", "refund"),
        ("still waiting on that refund", "refund"),
        ("my pasword doesnt work??", "login"),
    ],
)
def test_a_message_is_kept_on_its_own_topic_and_refused_on_any_other(text, topic):
    assert judged(text, topic) is None
    for other in SEEDS.keys() - {topic}:
        assert judged(text, other) == f"as near to '{topic}': {text}"


@pytest.mark.parametrize(("topic", "seed"), [(topic, seed) for topic, own in SEEDS.items() for seed in own])
def test_a_seed_is_on_its_topic(topic, seed):
    assert judged(seed, topic) is None


def test_what_is_as_near_to_two_is_refused_on_both():
    seeds = {"a": ["card lost"], "b": ["card late"]}
    assert judged("card", "a", seeds=seeds) == "as near to 'b': card"
    assert judged("card", "b", seeds=seeds) == "as near to 'a': card"


@pytest.mark.parametrize("text", ["zzz", "!!!", "", "🙏", 5])
def test_what_has_nothing_of_any_topic_is_on_none(text):
    assert judged(text, "late") is not None


def test_a_wider_margin_refuses_more_and_no_margin_only_what_is_nearer_to_another():
    text = "where is the money parcel"
    margins = [margin for margin in (0.0, 0.02, 0.1, 0.3, 1.0) if judged(text, "late", margin=margin)]
    assert margins == sorted(margins)
    assert 1.0 in margins
    assert judged("card", "a", seeds={"a": ["card lost"], "b": ["card late"]}, margin=0.0) is None


@given(some.text(max_size=30), some.sampled_from([*SEEDS]), some.floats(0, 0.5), some.floats(0, 0.5))
def test_what_a_margin_refuses_a_wider_one_refuses_too(text, topic, one, other):
    narrow, wide = sorted([one, other])
    if judged(text, topic, margin=narrow):
        assert judged(text, topic, margin=wide)


@pytest.mark.parametrize("bounds", [-0.1, 1.5, "much"])
def test_a_margin_is_between_0_and_1(bounds):
    with pytest.raises(ValidationError):
        check(margin=bounds)


# Where there is nothing to tell apart


@pytest.mark.parametrize("seeds", [["where is it"], {"late": ["where is it"]}, {"": ["where is it"], "late": ["parcel"]}])
def test_with_fewer_than_two_topics_all_is_kept(seeds):
    assert judged("zzz", "late", seeds=seeds) is None


@pytest.mark.parametrize("topic", ["other", "", None, 7])
def test_a_row_with_a_topic_that_has_no_seeds_is_let_through(topic):
    assert judged("where is my parcel", topic) is None


def test_seeds_for_any_topic_are_no_topic():
    assert judged("thanks a lot", "late", seeds={**SEEDS, "": ["thanks a lot"]}) is not None
    assert "''" not in judged("thanks a lot", "late", seeds={**SEEDS, "": ["thanks a lot"]})


def test_without_a_typed_field_behind_it_all_is_kept():
    one = check()
    assert one.refuse(Row("t", 0, values={"message": "zzz", "intent": "late"}), one.memory([])) is None


def test_it_reads_the_message_and_its_topic():
    assert [name for _, name in check().reads()] == ["message", "intent"]
    assert not check().remembers


# In a table

TABLE = """
    name: shop
    tables:
      traffic:
        rows: 40
        fields:
          intent: {kind: choice, options: [late, refund, other]}
          message:
            kind: typed
            topic: "{{ intent }}"
            on_topic: false
            seeds:
              late: [where is my parcel, parcel still not here]
              refund: [i want my money back, refund has not come]
          input: {kind: edge_case, of: message, case: all capitals}
        keep: [{kind: on_topic, field: FIELD, label: intent}]
"""


@pytest.mark.parametrize("field", ["message", "input"])
def test_a_row_that_left_its_topic_is_typed_again(make, field):
    def strays(prompt: Prompt, stream: Random) -> str:
        return f" {stream.choice(['parcel not here', 'money not back', 'no refund', 'where parcel'])} {stream.randrange(10**6)}\n"

    made = make(TABLE.replace("FIELD", field), strays)["traffic"]
    assert len(made.rows) == 40
    for row in made.values:
        assert row["intent"] == "other" or ("parcel" in row["message"]) == (row["intent"] == "late")
    assert made.state.refused[f"on_topic ({field})"] > 10
    assert any(row["intent"] == "other" for row in made.values)
    assert all(row["message"].upper() in row["input"] for row in made.values)


# Near


ALL = [seed for own in SEEDS.values() for seed in own]


def test_a_direction_is_of_length_1_and_a_text_is_nearest_to_itself():
    words = Nearness(ALL)
    directions = np.vstack([words.direction([text]) for text in ALL])
    assert np.linalg.norm(directions, axis=1).tolist() == pytest.approx([1] * len(ALL), abs=1e-5)
    for place, text in enumerate(ALL):
        near = words.to(text, directions)
        assert near[place] == pytest.approx(1, abs=1e-5)
        assert near.argmax() == place
        assert near.min() >= 0


def test_the_direction_of_several_lies_between_them():
    words = Nearness(ALL)
    both = words.direction(SEEDS["late"])
    assert np.linalg.norm(both) == pytest.approx(1, abs=1e-5)
    assert all(words.to(text, both[None])[0] > words.to("forgot my password", both[None])[0] for text in SEEDS["late"])


@given(some.text(max_size=40))
def test_nearness_is_a_cosine_of_any_text(text):
    words = Nearness(ALL)
    near = words.to(text, np.vstack([words.direction(own) for own in SEEDS.values()]))
    assert near.shape == (3,)
    assert ((near >= 0) & (near <= 1.00001)).all()


def test_texts_are_as_near_to_each_other_as_to_their_directions():
    words = Nearness(ALL)
    directions = np.vstack([words.direction([text]) for text in ALL])
    for text in ALL:
        near = words.among(text, ALL)
        assert near == pytest.approx(words.to(text, directions).tolist(), abs=1e-5)
        assert near.index(max(near)) == ALL.index(text)
    others = ["refund has not come", "parcel still not here", "password does not work"]
    near = words.among("where is my parcel", others)
    assert near.index(max(near)) == 1


def test_vectors_are_those_of_scikit_learn():
    odd = [
        "",
        "a",
        "I",
        "é ñ",
        "x\ty\n",
        "Straße İstanbul",
        "日本語 テスト",
        "a\u00a0b",
        "\u2028z w",
        "😀 ok",
        "aaaa aaaaaaa",
        "Where IS my parcel",
    ]
    theirs = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 4), sublinear_tf=True, dtype=np.float32)
    fitted = theirs.fit_transform(texts := [*ALL, *odd])
    assert Nearness(texts).all_pairs() == pytest.approx((fitted @ fitted.T).toarray(), abs=1e-6)
    some_seeds, other_texts = Nearness(ALL), ["parcel lost, refund pls", *odd]
    seeds = theirs.fit_transform(ALL)
    near = some_seeds.many(other_texts, np.vstack([some_seeds.direction([seed]) for seed in ALL]))
    assert near == pytest.approx((theirs.transform(other_texts) @ seeds.T).toarray(), abs=1e-6)


def test_a_message_given_twice_is_no_mistake():
    assert Nearness(["a b", "a b", "c d"]).among("a b", ["c d", "a b"]) == pytest.approx([0, 1])
