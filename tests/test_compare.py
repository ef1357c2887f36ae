"""What tells generated messages from real ones, and that nothing is found where there is nothing to find."""

import json
from collections import Counter
from itertools import pairwise
from math import exp, log
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from synthgen.comparison import compare, comparison, diversity, verdict
from synthgen.comparison.comparison import FEWEST, distinctive_words
from synthgen.comparison.divergence import frontier, kolmogorov_smirnov, mauve
from synthgen.comparison.twosample import Draw, by_style, by_text, folds, mean_auc, standardised, vectors
from synthgen.errors import DataError

OPENINGS = ["", "", "hi", "hello", "hey there", "sorry", "ok so", "good morning", "pls help"]
WHO = ["i", "we", "my wife", "my son", "someone", "our team", "my boss"]
DONE = ["lost", "ordered", "returned", "broke", "paid for", "waited for", "never got", "sent back", "cancelled", "forgot"]
WHAT = [
    "a blue chair",
    "two lamps",
    "the wrong size",
    "my parcel",
    "that black card",
    "the invoice",
    "a gift",
    "the refund",
    "one table",
    "it",
]
WHEN = ["yesterday", "last week", "on monday", "twice", "in march", "this morning", "again", "for hours", "10 days ago", "when it rained"]
MARKS = ["", "", "", "?", ".", "!", "..", " thanks"]


def message(stream: Random) -> str:
    """As people type: mostly small letters, now and then a mark at the end."""
    words = [stream.choice(OPENINGS), stream.choice(WHO), stream.choice(DONE), stream.choice(WHAT), stream.choice(WHEN)]
    text = " ".join(filter(None, words)) + stream.choice(MARKS)
    return text.capitalize() if stream.random() < 0.3 else text


def messages(count: int, seed: int) -> list[str]:
    stream = Random(seed)
    return [message(stream) for _ in range(count)]


def polished(texts: list[str]) -> list[str]:
    return [text.rstrip(" .!?").capitalize() + "." for text in texts]


@pytest.fixture(scope="module")
def alike():
    return compare(messages(120, 1), messages(120, 2))


@pytest.fixture(scope="module")
def neat():
    return compare(messages(240, 1), polished(messages(120, 2)))


# The whole


def test_messages_of_the_same_people_cannot_be_told_apart(alike):
    for side in (alike.figures, alike.ceiling):
        assert side.style.low <= 0.5 <= side.style.high
        assert side.text.low <= 0.5 <= side.text.high
    assert alike.figures.ks < 0.08
    assert alike.figures.mauve > 0.85
    assert alike.ceiling.equal < 0.1  # no message is in both halves
    assert alike.words == ()
    assert verdict(alike).startswith("With 120 messages a side, not to be told from real")
    assert "No feature of style differs by more than chance." in verdict(alike)
    assert "No word is said much more often" in verdict(alike)


def test_polished_messages_are_found_out_and_the_verdict_says_by_what(neat):
    assert neat.figures.style.low > 0.8
    assert neat.figures.text.low > 0.8
    assert neat.ceiling.style.low <= 0.5 <= neat.ceiling.style.high
    assert neat.figures.ks > 2 * neat.ceiling.ks
    assert {"end_mark", "sentence_case", "lower_only"} & {feature.name for feature in neat.features[:3]}
    assert "end mark in 100% of messages" in verdict(neat)
    assert f"finds the generated one {100 * neat.figures.style.value:.0f} times in 100" in verdict(neat)


def test_features_come_with_both_means_and_the_widest_gap_first(neat):
    named = {feature.name: feature for feature in neat.features}
    mark = named["end_mark"]
    assert (mark.generated, mark.unit) == (1.0, "share")
    assert mark.difference == pytest.approx(1 / mark.real - 1)
    assert mark.ks == pytest.approx(1 - mark.real, abs=0.1)
    assert mark.ceiling < mark.ks
    assert named["emoji"].difference is None  # there is none in the real ones
    assert (named["words"].unit, named["commas"].unit) == ("count", "rate")
    assert [feature.ks for feature in neat.features] == sorted((feature.ks for feature in neat.features), reverse=True)
    assert neat.figures.ks == pytest.approx(np.mean([feature.ks for feature in neat.features]))


def test_both_sides_are_looked_at_in_equal_numbers(neat):
    assert (neat.real, neat.generated) == (240, 120)
    assert (neat.figures.messages, neat.ceiling.messages) == (120, 120)
    few = compare(messages(240, 1), messages(40, 2))
    assert (few.figures.messages, few.ceiling.messages) == (40, 40)


def test_the_same_texts_on_both_sides_are_worth_nothing_to_a_classifier():
    """A text is never tested on after it was seen on the other side: that would push the AUC far below a half."""
    texts = messages(80, 3)
    found = compare(texts, texts)
    assert found.figures.text.value == pytest.approx(0.5)
    assert found.figures.style.value == pytest.approx(0.5)
    assert (found.figures.ks, found.figures.equal, found.copied.real) == (0, 1, 1)


def test_what_a_side_says_over_and_over_counts_once_for_classifiers():
    real, generated = messages(100, 1), messages(100, 2)
    often = [*generated, *generated[:1] * 300]
    found = compare(real, often)
    assert found.figures.text.low <= 0.5 <= found.figures.text.high
    assert found.diversity["generated"].repeated > 0.5 > found.diversity["real"].repeated


def test_the_same_arguments_give_the_same_figures_and_another_seed_other_samples(neat):
    again = compare(messages(240, 1), polished(messages(120, 2)))
    assert again == neat
    assert compare(messages(240, 1), polished(messages(120, 2)), seed=1) != neat


def test_as_json_it_is_short_and_whole(neat):
    told = json.loads(json.dumps(neat.as_dict()))
    assert told["figures"]["style"]["value"] == round(neat.figures.style.value, 4)
    assert told["diversity"]["real"]["distinct"] == [round(share, 4) for share in neat.diversity["real"].distinct]
    assert [feature["name"] for feature in told["features"]] == [feature.name for feature in neat.features]
    assert "as_dict" not in told


def test_few_messages_are_enough_but_called_rough():
    found = compare(messages(50, 1), polished(messages(50, 2)))
    assert "With 50 messages a side these figures are rough." in verdict(found)
    assert found.figures.style.high - found.figures.style.low > 0.05


def test_a_handful_is_refused_with_a_way_out():
    enough = messages(60, 1)
    with pytest.raises(DataError, match="different real messages are too few") as error:
        compare(enough[: FEWEST - 1], enough)
    assert "at least 20" in error.value.hint
    with pytest.raises(DataError, match="2 different generated messages"):
        compare(enough, ["the same", "The same!", "another"] * 30)
    with pytest.raises(DataError, match="0 different generated messages"):
        compare(enough, [" ", "", "\n"] * 30)


def test_what_cannot_be_seen_is_left_out():
    texts = messages(40, 1)
    found = compare([*texts, " ", ""], [*messages(40, 2), "\t"])
    assert (found.real, found.generated) == (40, 40)
    with pytest.raises(ValueError, match="2 groups for 40"):
        compare(texts, texts, groups=["a", "b"])


def test_odd_texts_can_be_compared():
    odd = ["😀" * number for number in range(1, 31)] + ["؟" * number for number in range(1, 31)]
    assert compare(odd, messages(60, 1)).words  # the generated ones have words


def test_of_very_many_a_sample_is_compared(monkeypatch):
    monkeypatch.setattr(comparison, "MOST", 60)
    found = compare(messages(400, 1), messages(300, 2))
    assert (found.real, found.generated, found.figures.messages, found.ceiling.messages) == (400, 300, 60, 60)


# Classifiers


def by_first(rows, sides, others):
    """Scores that are the first column."""
    return others[:, 0]


def test_auc_is_the_share_of_pairs_in_the_right_order_and_ties_count_half():
    draw = Draw(range(10), range(10, 20), [str(place) for place in range(20)])
    for below, above, auc in [(0.0, 1.0, 1.0), (1.0, 0.0, 0.0), (0.0, 0.0, 0.5)]:
        column = np.repeat([below, above], 10)[:, None]
        assert mean_auc(column, [draw], by_first, Random(1)).value == auc


def test_a_few_that_all_agree_leave_the_interval_open():
    few, many = (
        mean_auc(
            np.repeat([0.0, 1.0], count)[:, None],
            [Draw(range(count), range(count, 2 * count), [*map(str, range(2 * count))])],
            by_first,
            Random(1),
        )
        for count in (20, 400)
    )
    assert few.value == few.high == many.high == 1
    assert 0.85 < few.low < many.low < 1


def test_messages_of_one_unit_are_not_tested_after_learning_from_the_others():
    """Forty dialogues, each of one side and about something of its own, which a classifier knows again when it may."""
    stream = Random(1)
    of = [stream.randrange(10**6) for _ in range(40)]
    rows = standardised(np.array([[of[place // 10] >> bit & 1 for bit in range(20)] for place in range(400)], dtype=np.float32))
    own, alone = [str(place // 10) for place in range(400)], [str(place) for place in range(400)]
    kept, split = (mean_auc(rows, [Draw(range(200), range(200, 400), units)], by_style, Random(2)) for units in (own, alone))
    assert split.value > 0.97
    assert kept.value < 0.7


def test_forty_dialogues_are_not_four_hundred_messages():
    stream = Random(1)
    column = np.repeat([stream.random() for _ in range(40)], 10)[:, None]
    ways = ([str(place // 10) for place in range(400)], [str(place) for place in range(400)])
    kept, split = (mean_auc(column, [Draw(range(200), range(200, 400), units)], by_first, Random(2)) for units in ways)
    assert kept.high - kept.low > 2 * (split.high - split.low)


def test_groups_of_real_messages_stay_together_in_the_ceiling():
    """Each dialogue goes on about one thing; half of them against the other half is no more than chance, if none is split."""
    stream = Random(4)
    things = ["".join(stream.choices("bcdfghklmnprstvaeiou", k=9)) for _ in range(12)]
    real = [f"{message(stream)} {things[place % 12]}" for place in range(240)]
    groups = [str(place % 12) for place in range(240)]
    assert compare(real, messages(60, 5), groups=groups).ceiling.text.value < 0.75


@pytest.mark.parametrize("groups", [["one"] * 60, ["one"] * 30 + ["two"] * 30, ["one"] * 55 + list("abcde")])
def test_groups_that_cannot_be_divided_are_refused(groups):
    with pytest.raises(DataError, match="too few or too large") as error:
        compare(messages(60, 1), messages(60, 2), groups=groups)
    assert "a dozen" in error.value.hint


@given(some.lists(some.tuples(some.integers(0, 30), some.booleans()), min_size=10, max_size=120), some.integers(0, 9))
def test_each_row_is_tested_once_and_with_all_of_its_unit(rows, seed):
    units, sides = [str(unit) for unit, _ in rows], np.array([int(side) for _, side in rows])
    tests = np.array(list(folds(units, sides, Random(seed))))
    assert (tests.sum(axis=0) == 1).all()
    assert len({(unit, int(fold)) for unit, fold in zip(units, tests.argmax(axis=0), strict=True)}) == len(set(units))


def test_folds_have_as_many_of_either_side():
    sides = np.repeat([0, 1], [50, 50])
    for test in folds([*map(str, range(100))], sides, Random(1)):
        assert Counter(sides[test].tolist()) == {0: 10, 1: 10}


def test_case_marks_and_ends_are_in_what_a_classifier_of_texts_sees():
    texts = messages(100, 1)
    for change in (str.upper, str.capitalize, lambda text: f"{text}!", lambda text: text.replace(" ", "  ", 1)):
        pool = [*texts, *map(change, messages(100, 2))]
        draw = Draw(range(100), range(100, 200), [*map(str, range(200))])
        assert mean_auc(vectors(pool), [draw], by_text, Random(1)).value > 0.75, change("x")


def test_a_column_without_variation_is_no_number_to_divide_by():
    assert (standardised(np.ones((3, 2), dtype=np.float32)) == 0).all()


# Distances


numbers = some.lists(some.integers(0, 8), min_size=1, max_size=30).map(lambda found: np.array(found, dtype=float))


@given(numbers, numbers)
def test_kolmogorov_smirnov_is_the_widest_gap_between_shares_below(first, second):
    gaps = [abs((first <= value).mean() - (second <= value).mean()) for value in range(9)]
    assert kolmogorov_smirnov(first, second) == pytest.approx(max(gaps))
    assert kolmogorov_smirnov(first, first[::-1]) == 0


shares = some.lists(some.integers(0, 20), min_size=4, max_size=4).filter(any).map(lambda counts: np.array(counts) / sum(counts))


@given(shares, shares)
def test_the_frontier_is_that_of_the_paper(first, second):
    """The published implementation's way: the mean of the areas along either axis."""

    def kl(some, mixed):
        return sum(one * log(one / other) for one, other in zip(some, mixed, strict=True) if one)

    points = [(1.0, 0.0)]
    for weight in np.linspace(1e-6, 1 - 1e-6, 25):
        mixed = weight * first + (1 - weight) * second
        points.append((exp(-5 * kl(second, mixed)), exp(-5 * kl(first, mixed))))
    points.append((0.0, 1.0))
    areas = [
        sum((right[axis] - left[axis]) * (right[1 - axis] + left[1 - axis]) / 2 for left, right in pairwise(along))
        for axis, along in ((0, points[::-1]), (1, points))
    ]
    assert frontier(first, second) == pytest.approx(np.mean(areas), abs=1e-3)
    assert frontier(first, second) == pytest.approx(frontier(second, first), abs=1e-3)


def test_mauve_is_1_for_the_same_near_0_for_strangers_and_between_for_mixtures():
    ours, same = messages(150, 1), messages(150, 2)
    strange = [f"select {text[::-1]} from {text[::-2]}" for text in messages(150, 3)]
    mixed = same[:75] + strange[:75]
    found = [mauve(vectors(ours + other), 150, Random(1)) for other in (same, mixed, strange)]
    assert found[0] > 0.9 > found[1] > 0.15 > 0.05 > found[2]


# Diversity and copies


def test_distinct_counts_different_runs_of_words():
    assert diversity.distinct(["a b a", "A b"], 1) == 2 / 5
    assert diversity.distinct(["a b a", "A b"], 2) == 2 / 3
    assert diversity.distinct(["a b a", "A b"], 3) == 1
    assert diversity.distinct(["a"], 3) == 1


words = some.lists(some.sampled_from("abcd"), min_size=1, max_size=9).map(" ".join)


@settings(max_examples=60)
@given(some.lists(words, min_size=2, max_size=12))
def test_self_bleu_is_bleu_of_each_with_all_others_as_references(texts):
    said = [text.split() for text in texts if len(text.split()) >= 4]
    scores = []
    for place, own in enumerate(said):
        others = said[:place] + said[place + 1 :]
        logs = 0.0
        for order in (1, 2, 3, 4):
            count = Counter(diversity.ngrams(own, order))
            hits = sum(
                min(times, max((Counter(diversity.ngrams(other, order))[run] for other in others), default=0))
                for run, times in count.items()
            )
            logs += log(max(hits, 0.1) / sum(count.values())) / 4
        if others:
            nearest = min((len(other) for other in others), key=lambda length: (abs(length - len(own)), length))
            scores.append(exp(logs) * min(1.0, exp(1 - nearest / len(own))))
    assert diversity.self_bleu(texts) == pytest.approx(np.mean(scores) if scores else 0)


def test_similarity_is_the_mean_cosine_of_two():
    rows = vectors(messages(30, 1))
    dense = rows.toarray()
    dense /= np.linalg.norm(dense, axis=1, keepdims=True)
    pairs = [float(dense[one] @ dense[other]) for one in range(30) for other in range(one)]
    assert diversity.mean_cosine(rows) == pytest.approx(np.mean(pairs), abs=1e-5)


def test_one_message_over_and_over_is_no_diversity():
    found = compare(messages(60, 1), [f"please refund my order number {number % 25} today" for number in range(60)])
    real, generated = found.diversity["real"], found.diversity["generated"]
    assert all(few < many for few, many in zip(generated.distinct, real.distinct, strict=True))
    assert generated.self_bleu > 0.8 > real.self_bleu
    assert generated.similarity > 2 * real.similarity
    assert generated.repeated == pytest.approx(35 / 60)


def test_copies_are_found_but_for_case_punctuation_and_spacing():
    assert diversity.equal_share(["Hi,  there", "ho", "hi the re"], ["hi there!"]) == 1 / 3
    long = "one two three four five six seven eight nine"
    assert diversity.runs_shared([f"so {long}", "two three four five six seven eight", "hm"], [long.upper()]) == 1 / 3


def test_copied_messages_are_counted_by_where_they_come_from():
    real, generated, originals = (
        messages(60, 1),
        messages(40, 2),
        [f"seed {number} with quite a lot of words in it" for number in range(30)],
    )
    known = set(map(diversity.normalise, generated))
    real = [text for text in real if diversity.normalise(text) not in known]
    mixed = [*generated[:30], *(text.upper() for text in originals[:6]), *real[:3], f"and {originals[9]} too"]
    found = compare(real, mixed, originals=originals)
    assert (found.copied.originals, found.copied.real) == (6 / 40, 3 / 40)
    assert found.copied.runs >= 7 / 40  # the six, and the one with a whole seed in it
    assert compare(real, generated).copied.originals == 0
    long = [f"{text} and that is really all there is to say" for text in messages(40, 3)]
    assert compare([*real, "well that is really all there is to say"], long).copied.runs == 1


# Words


def test_the_words_that_tell_are_those_said_more_or_less_often_than_chance_explains():
    generated = [f"Account {text}" if place % 2 else text.replace("my", "your") for place, text in enumerate(messages(200, 2))]
    first, *rest = distinctive_words(messages(200, 1), generated)
    assert (first.word, first.real, first.generated) == ("account", 0, 0.5)
    assert {word.word for word in rest} <= {"your", "my"}
    assert distinctive_words(messages(200, 1), messages(200, 2)) == ()
    assert distinctive_words(["?!"], ["1 2"]) == ()


def test_the_verdict_says_how_much_more_often():
    real = [f"{'my account' if place % 10 < 2 else 'kindly'} {text}" for place, text in enumerate(messages(100, 1))]
    generated = [f"{'my account' if place % 10 < 6 else ''} {text}" for place, text in enumerate(messages(100, 2))]
    told = verdict(compare(real, generated))
    assert "'account' 3 times as often" in told
    assert "'kindly' in 0% of messages, real 80%" in told
