"""Steering: of several texts the one is taken that the table is most in need of; and how near it came in the end."""

import json
from math import exp
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some

from synthgen.voices import Voice
from synthgen.voices.features import FEATURES, features
from synthgen.voices.library import shipped
from synthgen.voices.likeness import oddness, style_errors
from synthgen.voices.steer import OF_WORDS, UNMET, StylePool, StyleTarget, StyleTotals, style, target_from_texts, target_from_voice

TEXTS = some.lists(
    some.text("aB ,.?! <x>😀é\n", max_size=30) | some.sampled_from(["where is it", "Hi!", "PLS HELP", "dont know"]), max_size=6
)


def plain(*shares: float) -> StyleTarget:
    """A course of which the marks of a text are given."""
    return StyleTarget(np.array(shares), np.ones(len(shares)), lambda texts: np.zeros((len(texts), len(shares))))


def after(course: StyleTarget, *marks: list[float], texts: int = 1) -> StyleTotals:
    """A tally of texts with these marks, each so often."""
    tally = StyleTotals.empty(course)
    for one in marks:
        tally.add(np.array(one), texts)
    return tally


def most_wanted(course: StyleTarget, tally: StyleTotals, marks: np.ndarray) -> int:
    """Which of the texts with these marks is taken."""
    known = StyleTarget(course.shares, course.weights, lambda texts: marks)
    return StylePool(known, [""] * len(marks)).best(tally, range(len(marks)))


def steered(course: StyleTarget, draw: object, rows: int, choices: int = 4) -> list[str]:
    """Rows that were each taken from a few that `draw` makes of a random stream."""
    stream, tally, taken = Random(3), StyleTotals.empty(course), []
    for _ in range(rows):
        texts = [draw(stream) for _ in range(choices)]
        best = StylePool(course, texts).best(tally, range(choices))
        tally.add(course.marks(texts)[best])
        taken.append(texts[best])
    return taken


def share(texts: list[str], name: str) -> float:
    return float(features(texts)[:, FEATURES.index(name)].mean())


# The tally


@given(some.lists(some.lists(some.floats(0, 20), min_size=3, max_size=3), max_size=8), some.randoms())
def test_what_is_taken_back_in_any_order_was_never_there(rows, random):
    tally = StyleTotals.empty(plain(0.1, 0.2, 0.3))
    for row in rows:
        tally.add(np.array(row, dtype=np.float32))
    random.shuffle(rows)
    for left, row in enumerate(rows):
        assert tally.texts == len(rows) - left
        tally.add(np.array(row, dtype=np.float32), -1)
    assert (tally.texts, tally.sums.tolist()) == (0, [0, 0, 0])


@given(some.lists(some.lists(some.floats(0, 20), min_size=2, max_size=2), max_size=8), some.randoms())
def test_the_order_of_texts_means_nothing_to_the_tally(rows, random):
    one, other = after(plain(0.5, 0.5), *rows), StyleTotals.empty(plain(0.5, 0.5))
    random.shuffle(rows)
    for row in rows:
        other.add(np.array(row))
    assert one.sums.tolist() == other.sums.tolist()


# Which is most wanted


def test_what_the_table_lacks_is_taken_and_of_equals_the_first():
    course, both = plain(0.5), np.array([[0.0], [1.0]])
    assert most_wanted(course, after(course, [0.0]), both) == 1
    assert most_wanted(course, after(course, [1.0]), both) == 0
    assert most_wanted(course, StyleTotals.empty(course), both[::-1]) == 0
    assert most_wanted(course, StyleTotals.empty(course), np.array([[1.0], [1.0], [1.0]])) == 0


def test_only_those_that_are_left_are_taken():
    course = plain(0.5)
    pool = StylePool(StyleTarget(course.shares, course.weights, lambda texts: np.array([[1.0], [0.0], [1.0], [0.0]])), [""] * 4)
    tally = after(course, [0.0])
    assert [pool.best(tally, among) for among in ([0, 1, 2, 3], [1, 2, 3], [1, 3], [3])] == [0, 2, 1, 3]


def test_a_mark_of_more_weight_counts_more():
    course = plain(0.5, 0.5)
    heavy = StyleTarget(course.shares, np.array([1.0, 3.0]), course.marks)
    tally, marks = after(course, [0.0, 0.0]), np.array([[1.0, 0.0], [0.0, 1.0]])
    assert most_wanted(course, tally, marks) == 0
    assert most_wanted(heavy, tally, marks) == 1


def test_what_cannot_be_had_does_not_outweigh_the_rest_in_the_end():
    course = plain(1.0, 0.5, 0.5, 0.5, 0.5)
    tally = StyleTotals.empty(course)
    tally.texts, tally.sums = 1000, np.array([0, 502_000, 502_000, 502_000, 502_000])  # never the first; two too many of the others
    assert UNMET < 8
    assert most_wanted(course, tally, np.array([[1.0, 1, 1, 1, 1], [0.0, 0, 0, 0, 0]])) == 1


@given(some.integers(0, 50), some.lists(some.lists(some.sampled_from([0.0, 1.0]), min_size=3, max_size=3), min_size=1, max_size=5))
def test_the_taken_one_is_nearest_while_nothing_is_far_off(texts, rows):
    shares = np.array([0.2, 0.5, 0.9])
    course = plain(*shares)
    tally = StyleTotals.empty(course)
    tally.texts, tally.sums = texts, np.rint(texts * shares * 1000).astype(np.int64)
    far = [float(((tally.sums / 1000 + row - (texts + 1) * shares) ** 2).sum()) for row in rows]
    assert far[most_wanted(course, tally, np.array(rows))] == pytest.approx(min(far), abs=1e-3)


# The course to a voice


def asked(stream: Random) -> str:
    text = stream.choice(["where is my parcel", "is it lost then", "my card has been declined", "tell me"])
    text = text.capitalize() if stream.random() < 0.5 else text
    return text + ("?" if stream.random() < 0.5 else "")


def test_a_table_comes_to_the_shares_of_its_voice():
    voice = Voice(lower_only=0.8, question_mark=0.15)
    taken = steered(target_from_voice(voice), asked, 300)
    assert share(taken, "lower_only") == pytest.approx(0.8, abs=0.015)
    assert share(taken, "question_mark") == pytest.approx(0.15, abs=0.015)
    by_chance = [asked(Random(number)) for number in range(300)]
    assert share(by_chance, "lower_only") == pytest.approx(0.5, abs=0.1)


def test_a_table_comes_to_the_rates_and_counts_of_its_voice():
    def spelled(stream: Random) -> str:
        words = stream.choice(["hello there we know. thank you", "where is the parcel now"]).split()
        return " ".join("definately" if stream.random() < 0.08 else word for word in words)

    taken = steered(target_from_voice(Voice(misspelled=0.12, sentences=1.2)), spelled, 400)
    assert share(taken, "misspelled") == pytest.approx(0.12, abs=0.01)
    assert share(taken, "sentences") == pytest.approx(1.2, abs=0.03)


def test_a_table_comes_to_the_lengths_of_its_voice():
    voice = Voice(words=[2, 3, 5, 8, 13])
    taken = steered(target_from_voice(voice), lambda stream: "word " * stream.randint(1, 20), 600)
    found = np.quantile(features(taken)[:, FEATURES.index("words")], [0.05, 0.25, 0.5, 0.75, 0.95])
    assert found.tolist() == pytest.approx([2, 3, 5, 8, 13], abs=1)


def test_a_voice_that_names_nothing_wants_nothing():
    course = target_from_voice(Voice(about="anybody", keyboard="azerty"))
    assert course.shares.shape == course.weights.shape == (0,)
    assert most_wanted(course, StyleTotals.empty(course), course.marks(["B", "a"])) == 0


def test_rates_and_counts_are_scaled_to_vary_about_as_much_as_shares():
    course = target_from_voice(Voice(lower_only=0.4, commas=0.1, sentences=1.2))
    assert course.shares.tolist() == pytest.approx([0.4, 0.5, 0.6])
    assert course.marks(["hello, there. well"])[0].tolist() == pytest.approx([1, 5 / 3, 1])


def test_only_what_a_voice_names_is_a_mark():
    assert len(target_from_voice(Voice(lower_only=0.5)).shares) == 1
    assert len(target_from_voice(Voice(lower_only=0.5, words=[1, 2, 3, 4, 5], commas=0.0)).shares) == 7


@pytest.mark.parametrize("name", shipped())
def test_a_course_has_a_share_and_a_weight_for_each_mark(name):
    course = target_from_voice(shipped()[name])
    assert course.marks(["where is it", "HELP!"]).shape == (2, len(course.shares)) == (2, len(course.weights))
    assert (course.weights > 0).all()


# The course to texts

LOGS = [f"{'hi ' if number % 3 else ''}my {['card', 'parcel'][number % 2]} is late{'?' * (number % 4)}" for number in range(60)]


def test_the_shares_are_those_of_the_texts():
    course = target_from_texts(LOGS)
    assert course.shares.tolist() == pytest.approx(course.marks(LOGS).mean(0).tolist())
    assert ((course.shares >= 0) & (course.shares <= 1)).all()


def test_each_feature_counts_the_same_and_all_words_as_much_as_some_of_them():
    assert target_from_texts(LOGS).weights.sum() == pytest.approx(len(FEATURES) * (1 + OF_WORDS))
    alone = target_from_texts(["where is it"])
    assert alone.weights.sum() == pytest.approx(len(FEATURES))  # too few to have words


def test_words_that_many_texts_have_are_had_as_often():
    logs = [f"my {'parcel' if number % 5 else 'card'} never came" for number in range(100)]
    taken = steered(target_from_texts(logs), lambda stream: f"my {stream.choice(['parcel', 'card'])} never came", 100)
    assert sum("parcel" in text for text in taken) == pytest.approx(80, abs=2)


@pytest.mark.parametrize(
    ("usual", "other"), [("card late card", "late card late"), ("so card late now", "so late card now")], ids=["first", "beside"]
)
def test_where_a_word_stands_counts_too(usual, other):
    course = target_from_texts([usual] * 19 + [other] * 3)
    marks = course.marks([other, usual])
    assert most_wanted(course, StyleTotals.empty(course), marks) == 1


def test_the_whole_distribution_of_a_length_is_met_and_not_its_mean_alone():
    logs = ["word " * (count % 10 + 1 if count % 2 else count % 10 + 20) for count in range(200)]  # short ones and long ones, none between
    taken = steered(target_from_texts(logs), lambda stream: "word " * stream.randint(1, 30), 300)
    for length in (2, 6, 10, 22, 26):
        wanted, made = (sum(len(text.split()) > length for text in texts) / len(texts) for texts in (logs, taken))
        assert made == pytest.approx(wanted, abs=0.05)


@given(TEXTS)
def test_the_marks_of_a_text_do_not_depend_on_the_others(texts):
    for course in (target_from_texts(LOGS), target_from_voice(shipped()["texter"])):
        each = [course.marks([text])[0].tolist() for text in texts]
        assert [row.tolist() for row in course.marks(texts)] == each if texts else True


def test_a_style_is_every_feature_of_one_text_and_can_be_written_down():
    told = style("dont know WHERE it is??")
    assert [*told] == [*FEATURES]
    assert [*told.values()] == pytest.approx(features(["dont know WHERE it is??"])[0].tolist(), abs=5e-5)
    assert json.loads(json.dumps(told)) == told


# How odd one message is

LOWER, CAPITAL = "hello there", "Hello there"


@given(some.floats(0.02, 0.98))
def test_oddness_is_0_on_average_with_a_deviation_of_1(part):
    """Texts are so with the chance that the voice says, so their oddness has the mean 0 and the variance 1."""
    has, lacks = (oddness(text, Voice(lower_only=part)) for text in (LOWER, CAPITAL))
    assert part * has + (1 - part) * lacks == pytest.approx(0, abs=1e-6)
    if abs(part - 0.5) > 0.01:  # at one half both are as likely
        assert part * has**2 + (1 - part) * lacks**2 == pytest.approx(1, abs=1e-4)


@given(some.floats(0.02, 0.5))
def test_of_a_rate_a_longer_text_is_more_likely_to_have_one(rate):
    chance = 1 - exp(-rate * 2)
    has, lacks = (oddness(text, Voice(commas=rate)) for text in ("hello, there", "hello there"))
    assert chance * has + (1 - chance) * lacks == pytest.approx(0, abs=1e-6)
    assert oddness("word " * 30, Voice(commas=0.2)) > oddness("word " * 3, Voice(commas=0.2))


def test_oddness_of_a_length_is_by_how_few_are_so_long():
    voice = Voice(words=[2, 4, 6, 8, 10])
    odd = [oddness("word " * count, voice) for count in (1, 3, 5, 7, 9, 11)]
    shares = [0.05, 0.2, 0.25, 0.25, 0.2, 0.05]
    assert sum(part * one for part, one in zip(shares, odd, strict=True)) == pytest.approx(0, abs=1e-9)
    assert sum(part * one**2 for part, one in zip(shares, odd, strict=True)) == pytest.approx(1)
    assert odd[0] == odd[5] > odd[1] == odd[4] > odd[2] == odd[3]


def test_a_voice_that_never_does_it_may_do_it_once_in_a_hundred():
    assert oddness("WHERE IS IT", Voice(shouting=0.0)) == oddness("WHERE IS IT", Voice(shouting=0.01)) == pytest.approx(9.95, abs=0.01)


def test_nothing_is_odd_to_a_voice_that_says_nothing():
    assert oddness("WHERE IS IT??", Voice(about="anybody", keyboard="qwertz")) == 0


@pytest.mark.parametrize(
    ("voice", "own", "foreign"),
    [
        ("texter", "hey can u tell me where my parcel is", "I WANT MY MONEY BACK NOW!!!"),
        ("shouter", "I WANT MY MONEY BACK NOW!!!", "hey can u tell me where my parcel is"),
        ("searcher", "parcel late refund", "Good morning, I would like to know, please, where my parcel is. Thank you."),
    ],
)
def test_what_a_voice_would_hardly_type_is_odd(voice, own, foreign):
    assert oddness(own, shipped()[voice]) < 1.5
    assert oddness(foreign, shipped()[voice]) > 3


# How near a table came


def half(lower: int, of: int) -> list[str]:
    return [LOWER] * lower + [CAPITAL] * (of - lower)


def test_a_share_is_met_within_a_fifth():
    (told,) = style_errors(half(500, 1000), Voice(lower_only=0.42)).values()
    assert told == {"target": 0.42, "made": 0.5, "like": True, "within": 0.084}
    assert not style_errors(half(500, 1000), Voice(lower_only=0.41))["lower_only"]["like"]
    assert style_errors(half(500, 1000), Voice(lower_only=0.62))["lower_only"]["like"]
    assert not style_errors(half(500, 1000), Voice(lower_only=0.63))["lower_only"]["like"]


def test_of_few_texts_no_more_is_asked_than_chance_gives():
    assert style_errors(half(5, 10), Voice(lower_only=0.3))["lower_only"]["like"]
    assert not style_errors(half(5, 10), Voice(lower_only=0.1))["lower_only"]["like"]
    assert not style_errors(half(500, 1000), Voice(lower_only=0.3))["lower_only"]["like"]


def test_a_rate_is_met_by_the_number_of_words():
    texts = ["hello, there"] * 20 + ["hello there"] * 180
    assert style_errors(texts, Voice(commas=0.045))["commas"] == {"target": 0.045, "made": 0.05, "like": True, "within": 0.0212}
    assert not style_errors(texts, Voice(commas=0.01))["commas"]["like"]


def test_lengths_are_met_by_their_middle_half():
    texts = ["word " * count for count in (1, 5, 10, 15, 40) for _ in range(20)]
    told = style_errors(texts, Voice(words=[3, 5, 10, 15, 20]))["words"]
    assert told == {"target": [3, 5, 10, 15, 20], "made": [1, 5, 10, 15, 40], "like": True, "within": [1, 1, 2, 3, 4]}
    assert not style_errors(texts, Voice(words=[1, 8, 10, 15, 40]))["words"]["like"]
    assert not style_errors(texts, Voice(words=[1, 5, 10, 20, 40]))["words"]["like"]


def test_only_what_the_voice_names_is_told_and_it_can_be_written_down():
    told = style_errors(LOGS, Voice(about="x", keyboard="azerty", emoji=0.0, word_length=4.0))
    assert [*told] == ["emoji", "word_length"]
    assert json.loads(json.dumps(told)) == told
    assert all(one["like"] for one in style_errors(LOGS, Voice(emoji=0.0, digits=0.0)).values())
