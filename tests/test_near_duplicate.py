"""No text that says nearly the same as an earlier one: what is alike, what is forgotten, and that the order of coming does not show."""

from itertools import combinations
from random import Random

import pytest
from builders import one_table
from hypothesis import given
from hypothesis import strategies as some
from pydantic import TypeAdapter, ValidationError

from synthgen.checks import AnyCheck, NearDuplicate
from synthgen.recipe import load, plan
from synthgen.spec.rows import Row
from synthgen.text import frames, similarity
from synthgen.text.similarity import SimilarityIndex

TEXT = "my card order parcel phone is not was gone lost broken why where when today yesterday please help me the a at to refund"
WORDS = TEXT.split()


def row(value: object) -> Row:
    return Row("t", 0, values={"x": value})


def judged(*values: object, **keys: float) -> list[str | None]:
    check = NearDuplicate(field="x", **keys)
    memory = check.memory([])
    return [check.refuse(row(value), memory) for value in values]


def trigrams(text: str) -> set[str]:
    padded = f"  {frames.normalise(text)} "
    return {padded[place:][:3] for place in range(len(padded) - 2)}


def dice(one: set[str], other: set[str]) -> float:
    return 2 * len(one & other) / (len(one) + len(other))


def alike(one: str, other: str) -> float:
    return dice(trigrams(one), trigrams(other))


def typed(draw: Random, words: int) -> str:
    return " ".join(draw.choice(WORDS) for _ in range(words))


def slipped(draw: Random, text: str) -> str:
    place = draw.randrange(len(text))
    return text[:place] + draw.choice("abcdefgh ") + text[place + draw.randrange(2) :]


def test_what_is_meant_is_compared_where_it_is_asked():
    def said(message: str, typo: str = "") -> Row:
        start = message.find(typo) if typo else 0
        slips = [{"start": start, "end": start + len(typo), "kind": "key", "was": "renew"}] if typo else None
        return Row("t", 0, values={"x": message, "x_slips": slips})

    rows = [said("how do i renew my loan"), said("Hello, how do I reenw my loan please?", "reenw"), said("thanks"), said("renew the book")]
    as_typed, as_meant = NearDuplicate(field="x"), NearDuplicate(field="x", as_typed=False)
    memory = as_typed.memory([])
    assert [as_typed.refuse(each, memory) for each in rows] == [None] * 4
    memory = as_meant.memory([])
    assert [bool(as_meant.refuse(each, memory)) for each in rows] == [False, True, False, False]
    as_meant.forget(rows[0], memory)
    assert as_meant.refuse(rows[1], memory) is None


# What is alike


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("where is my order", "Where is my order?!"),
        ("where is my order", "where is my orders"),
        ("hi where is my parcel please", "where is my parcel please"),
        ("my card is not working in the shop pls help", "my card isnt working in the shop pls help"),
        ("can you help me top up", "can u help me top up"),
        ("wo ist meine Bestellung", "wo is meine bestellung"),
        ("ha ha ha ha", "ha ha ha ha ha ha ha"),
        ("", " "),
        ("🙏", "🙏"),
        ("мой заказ не пришёл", "Мой заказ не пришёл!"),
    ],
)
def test_a_text_that_differs_in_a_few_letters_is_refused(one, other):
    assert judged(one, other)[1] is not None


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("i lost my card", "i found my card"),
        ("where is my order", "where is my refund"),
        ("how long is a delivery to the US", "how long will delivery to the US take"),
        ("yes", "no"),
        ("", "hi"),
        ("🙏", "👍"),
        ("!!!", "???"),
    ],
)
def test_a_text_of_its_own_is_kept(one, other):
    assert judged(one, other) == [None, None]


def test_the_reason_says_which_text_it_is_like_and_how_much():
    assert judged("Where is my order?", "where is my orders") == [None, "92% like: where is my order"]
    assert len(judged("x" * 5000, "x" * 5001)[1]) < 200


def test_the_reason_names_the_most_similar_text():
    near = ["where is my parcel from Leeds", "where is my parcel today", "where is my parcel to London"]
    for order in (near, near[::-1]):
        assert judged(*order, "where is my parcel toda", similarity=0.78) == [None] * 3 + ["94% like: where is my parcel today"]


def test_similarity_is_the_share_of_trigrams_in_common():
    assert similarity.dice(similarity.trigrams("  abc "), "  abd ", 4) == 0.5
    assert judged("abc", "abd", similarity=0.6) == [None, None]
    assert alike("abc", "abd") == 0.5


def test_at_one_only_the_same_text_is_refused():
    assert judged("where is my order", "Where is  my order.", "where is my orders", similarity=1) == [
        None,
        "100% like: where is my order",
        None,
    ]


@pytest.mark.parametrize("similarity", [0, 0.5, 1.01, "0.9"])
def test_a_similarity_at_which_everything_is_alike_is_a_mistake(similarity):
    with pytest.raises(ValidationError):
        TypeAdapter(AnyCheck).validate_python({"kind": "near_duplicate", "field": "x", "similarity": similarity})


@pytest.mark.parametrize("value", [12, True, ["a", "b"], {"a": 1}, "\ud83d", "a" * 20_000, "\x00"])
def test_any_value_can_be_compared(value):
    first, second = judged(value, value)
    assert first is None
    assert second.startswith("100% like: ")


texts = some.one_of(
    some.text("ab ", max_size=12), some.lists(some.sampled_from(WORDS[:6]), max_size=5).map(" ".join), some.text(max_size=3)
)


@given(some.lists(texts, max_size=25), some.sampled_from([0.6, 0.75, 0.85, 1.0]))
def test_nothing_below_the_similarity_is_refused_and_no_text_is_kept_twice(values, least):
    kept: list[str] = []
    for value, reason in zip(values, judged(*values, similarity=least), strict=True):
        if reason is None:
            assert frames.normalise(value) not in map(frames.normalise, kept)
            kept.append(value)
        else:
            assert max(alike(value, other) for other in kept) >= least


@pytest.mark.parametrize(("least", "words"), [(0.6, 4), (0.7, 4), (0.85, 8), (0.95, 25)])
def test_hardly_any_similar_pair_is_missed(least, words):
    draw = Random(3)
    check = NearDuplicate(field="x", similarity=least)
    memory = check.memory([])
    some_texts = [typed(draw, draw.randint(words, 2 * words)) for _ in range(100)]
    kept = [trigrams(text) for text in some_texts if check.refuse(row(text), memory) is None]
    found = expected = 0
    for _ in range(500):
        text = slipped(draw, slipped(draw, draw.choice(some_texts)))
        is_like = max(dice(trigrams(text), other) for other in kept) >= least
        expected += is_like
        if check.refuse(row(text), memory):
            assert is_like
            found += 1
        else:
            check.forget(row(text), memory)
    assert expected > 200
    assert found >= 0.985 * expected


@pytest.mark.parametrize("least", [0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95, 0.99, 1])
def test_the_bands_find_what_is_just_as_similar_as_it_must_be(least):
    kept = SimilarityIndex(least)
    assert 1 - (1 - (least / (2 - least)) ** kept.per_band) ** kept.bands >= 0.99
    assert kept.bands <= 24
    assert len(kept.keys("  hi ")) == kept.bands


# What it remembers


def state(kept: SimilarityIndex, queries: list[str]) -> list[list[tuple[str, int]]]:
    return [sorted(kept.near(kept.keys(text), len(similarity.trigrams(text)))) for text in queries]


@given(some.lists(some.tuples(texts, some.booleans()), max_size=40))
def test_what_is_forgotten_has_never_been(doings):
    """Whatever comes and goes, in whatever order: the same answers as of a memory that was only told what is left."""
    check = NearDuplicate(field="x", similarity=0.7)
    memory = check.memory([])
    left: dict[str, str] = {}
    for text, goes in doings:
        if check.refuse(row(text), memory) is None:
            left[text] = text
        if goes and left:
            gone = sorted(left)[len(text) % len(left)]
            check.forget(row(left.pop(gone)), memory)
    afresh = check.memory([])
    assert [check.refuse(row(text), afresh) for text in sorted(left)] == [None] * len(left)
    queries = [f"  {frames.normalise(text)} " for text, _ in doings]
    assert state(memory, queries) == state(afresh, queries)


def test_a_text_that_was_never_kept_can_be_forgotten():
    check = NearDuplicate(field="x")
    memory = check.memory([])
    check.forget(row("where is my order"), memory)
    assert check.refuse(row("where is my order"), memory) is None
    check.forget(row("where is my other order"), memory)
    assert check.refuse(row("where is my order"), memory) is not None


def test_it_remembers_as_many_texts_as_come():
    draw = Random(5)
    messages = list(dict.fromkeys(typed(draw, 12) for _ in range(1200)))
    check = NearDuplicate(field="x")
    memory = check.memory([])
    kept = [text for text in messages if check.refuse(row(text), memory) is None]
    assert len(memory.heads) > 4096
    assert len(kept) > 0.95 * len(messages)
    assert all(check.refuse(row(text), memory) == f"100% like: {text}"[:131] for text in kept)
    for text in kept[::2]:
        check.forget(row(text), memory)
    assert all(check.refuse(row(text), memory) for text in kept[1::2])
    assert all(check.refuse(row(text), memory) is None for text in kept[::2])
    assert len(memory.texts) == len(kept)  # the places of the forgotten are used again


def test_what_was_forgotten_stays_so_when_the_memory_grows():
    draw = Random(6)
    messages = list(dict.fromkeys(f"{draw.getrandbits(80):x}" for _ in range(1200)))
    check = NearDuplicate(field="x")
    memory = check.memory([])
    assert not any(check.refuse(row(text), memory) for text in messages[:400])
    for text in messages[:200]:
        check.forget(row(text), memory)
    before = len(memory.heads)
    for _ in range(2):  # the second time round the places of the forgotten are all taken
        assert not any(check.refuse(row(text), memory) for text in messages[400:])
        assert all(check.refuse(row(text), memory) for text in messages[200:])
        assert not any(check.refuse(row(text), memory) for text in messages[:200])
        for text in messages[:200] + messages[400:]:
            check.forget(row(text), memory)
    assert len(memory.heads) > before


def test_it_says_that_it_remembers():
    assert NearDuplicate(field="x").remembers


# In a table

NOTES = """
    name: notes
    patience: 100
    tables:
      t:
        rows: 60
        fields:
          what: {kind: choice, options: [card, parcel, phone, order]}
          how:  {kind: choice, options: [lost, broken, gone, stolen, late]}
          when: {kind: choice, options: [today, yesterday, last week, on monday, this morning]}
          note: {kind: template, template: "my {{ what }} was {{ how }} {{ when }}"}
          coin: {kind: choice, options: [heads, tails]}
          both: {kind: template, template: "{{ note }} {{ coin }}"}
        keep:
          - {kind: near_duplicate, field: note, similarity: 0.8}
          - {kind: matches, field: both, pattern: heads}
"""


def test_a_table_has_no_two_texts_that_are_alike_for_any_chunk_size(make):
    whole = make(NOTES, rows=20)["t"]
    assert all(alike(one, other) < 0.8 for one, other in combinations(whole.column("note"), 2))
    assert whole.state.refused["near_duplicate (note)"] > 5
    assert whole.state.refused["matches (both)"] > 5
    for chunk in (1, 7):
        made = make(NOTES, rows=20, chunk=chunk)["t"]
        assert (made.values, made.refused) == (whole.values, whole.refused)


def test_messages_that_are_alike_are_asked_again(make):
    text = """
        name: typed
        tables:
          t:
            rows: 30
            fields:
              message: {kind: typed, seeds: [hi there]}
            keep:
              - {kind: near_duplicate, field: message}
        """
    made = make(text, lambda prompt, random: f" {typed(random, 1)} {random.randrange(5)}{random.choice(['', '!', ' ??'])}\n")["t"]
    assert len(made.rows) == 30
    assert all(alike(one, other) < 0.85 for one, other in combinations(made.column("message"), 2))
    assert made.state.refused["near_duplicate (message)"] > 2


def test_a_run_that_goes_on_sees_slips_again():
    noise = {"kind": "noise", "of": "said", "voice": "texter"}
    fields = {"said": {"kind": "choice", "options": ["how do i renew my loan", "where is the book"]}, "typed": noise}
    recipe = one_table(fields)
    for keys, columns in (({}, ["typed"]), ({"as_typed": False}, ["typed", "typed_slips"])):
        recipe["tables"]["traffic"]["keep"] = [{"kind": "near_duplicate", "field": "typed", **keys}]
        (table,) = plan(load(recipe).recipe).tables
        assert table.remembered == columns
    recipe["tables"]["traffic"]["keep"] = [{"kind": "near_duplicate", "field": "said", "as_typed": False}]  # which has none
    (table,) = plan(load(recipe).recipe).tables
    assert table.remembered == ["said"]
