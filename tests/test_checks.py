"""The reasons to refuse a row."""

import datetime
import re

import pytest
from hypothesis import given
from hypothesis import strategies as some
from pydantic import TypeAdapter, ValidationError

from synthgen.checks import AnyCheck, Check, Lacks, Length, Matches, NotCopied, Unique
from synthgen.errors import LimitError
from synthgen.fields import Typed
from synthgen.spec.parts import RecipeContext
from synthgen.spec.rows import Row


def row(value: object) -> Row:
    return Row("t", 0, values={"x": value, "other": "y"})


def judge(check: Check, value: object) -> str | None:
    return check.refuse(row(value), check.memory([]))


def read(context: RecipeContext | None = None, **keys: object) -> Check:
    return TypeAdapter(AnyCheck).validate_python({"field": "x", **keys}, context=context)


# length


@pytest.mark.parametrize(
    ("bounds", "text", "reason"),
    [
        ({"words": [2, 3]}, "one", "1 words"),
        ({"words": [2, 3]}, "one two", None),
        ({"words": [2, 3]}, "one two three", None),
        ({"words": [2, 3]}, " one  two\tthree\nfour ", "4 words"),
        ({"words": [1, 5]}, "", "0 words"),
        ({"words": [0, 5]}, "  ", None),
        ({"characters": [2, 4]}, "a", "1 characters"),
        ({"characters": [2, 4]}, "abcd", None),
        ({"characters": [2, 4]}, "abcde", "5 characters"),
        ({"characters": [1, 1]}, "é", None),
        ({"words": [1, 2], "characters": [1, 3]}, "abcd", "4 characters"),
        ({"words": [1, 2], "characters": [1, 3]}, "a b c", "3 words"),
        ({"characters": [1, 3]}, 1234, "4 characters"),
        ({"words": [1, 1]}, "🙏🏽", None),
        ({"words": [2, 2]}, "مرحبا بك", None),
    ],
)
def test_length_refuses_what_is_too_short_or_too_long(bounds, text, reason):
    assert judge(Length(field="x", **bounds), text) == reason


def test_length_needs_a_bound():
    assert len(list(Length(field="x").mistakes())) == 1
    assert not list(Length(field="x", words=[1, 2]).mistakes())


@pytest.mark.parametrize("bounds", [[3, 1], [1], [1, 2, 3], ["1", "2"], [0.5, 2]])
def test_bounds_are_two_whole_numbers_in_order(bounds):
    with pytest.raises(ValidationError):
        read(kind="length", words=bounds)


# matches and lacks


def test_matches_keeps_what_the_pattern_is_found_in_and_lacks_the_rest():
    for text, found in [("ref 1234 pls", "1234"), ("ref 12 pls", None), ("", None)]:
        assert (judge(Matches(field="x", pattern=r"\d{4}"), text) is None) == (found is not None)
        reason = judge(Lacks(field="x", pattern=r"\d{4}"), text)
        assert reason == (f"'{found}' in: {text}" if found else None)


def test_a_pattern_is_searched_for_anywhere_and_takes_flags():
    assert judge(Matches(field="x", pattern="(?i)REFUND$"), "where is my refund") is None
    assert judge(Matches(field="x", pattern="^refund"), "where is my refund") == "no '^refund' in: where is my refund"
    assert judge(Lacks(field="x", pattern="[🙏😀]"), "pls 🙏🏽") is not None


def test_a_long_text_is_told_in_part():
    assert len(judge(Lacks(field="x", pattern="x"), "x" * 10_000)) < 200
    assert len(judge(Matches(field="x", pattern="y"), "x" * 10_000)) < 200


@pytest.mark.parametrize("kind", ["matches", "lacks"])
@pytest.mark.parametrize("pattern", ["[a", "(", "*", "(?P<x", "\\"])
def test_a_pattern_that_is_none_is_told_when_the_recipe_is_read(kind, pattern):
    with pytest.raises(ValidationError, match="not a regular expression"):
        read(kind=kind, pattern=pattern)


@pytest.mark.parametrize("pattern", [r"\büber\b", r"\w{4}", r"\D$", r"(?<!x)über", r"ü(?=ber)", "(?i)ÜBER", r"(?P<a>.)(?!(?P=a))", "r++$"])
def test_a_pattern_means_what_it_means_to_python(pattern):
    assert re.search(pattern, "sagt über")
    assert judge(Matches(field="x", pattern=pattern), "sagt über") is None


@pytest.mark.parametrize("pattern", ["{e}", "a{i}", "[{]d}", r"\{s<=1}", "{2,1e}", r"\\{e}"])
def test_a_brace_that_begins_no_repeat_is_a_brace(pattern):
    """To `regex`, `a{e}` is an a or any other letter."""
    for text in ("a", "b", "{e}", "a{i}", "{d}", "{s<=1}", "{2,1e}", "\\{e}"):
        assert (judge(Lacks(field="x", pattern=pattern), text) is None) == (re.search(pattern, text) is None)


@pytest.mark.parametrize("kind", [Matches, Lacks])
@pytest.mark.parametrize("pattern", ["(a|aa)+$", "(a|a)*$", r"(.*a){25}$", r"(\w+\s?)*$", r"^(([a-z])+.)+[A-Z]([a-z])+$"])
def test_a_pattern_that_would_search_for_ever_is_stopped_in_words(kind, pattern, monkeypatch):
    monkeypatch.setattr("synthgen.spec.patterns.SECONDS", 0.05)
    with pytest.raises(LimitError) as caught:
        judge(kind(field="x", pattern=pattern), "word " * 30 + "a" * 3_000 + "!")
    assert caught.value.message.startswith(f"t, row 0, x: the pattern {pattern!r} takes more than 0.05 seconds on one text of 3,151")
    assert "write it with one repeat" in caught.value.hint


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        ("(" * 3000 + ")" * 3000, "nested too deeply"),
        ("a{99999999999}", "the repetition number is too large"),
        ("a{4294967294}", "found in no text of fewer than"),
        ("((a{1000}){1000}){1000}", "found in no text of fewer than 1,000,000,000 characters"),
        ("x|" * 6_000, "at most 10,000 characters, not 12,000"),
    ],
)
def test_a_pattern_that_would_fill_the_memory_is_told_when_the_recipe_is_read(pattern, why):
    with pytest.raises(ValidationError, match=why):
        read(kind="lacks", pattern=pattern)


# unique


def test_unique_refuses_the_second_of_two_equal_values():
    check = Unique(field="x")
    memory = check.memory([])
    assert [check.refuse(row(value), memory) for value in ["a", "b", "a"]] == [None, None, "seen before: a"]


@pytest.mark.parametrize(
    ("one", "other"), [("a", "A"), ("a", "a "), (1, "1"), (True, 1), (2**60, 2**60 + 1), ("", " "), ([1, 2], [2, 1]), ("e\u0301", "é")]
)
def test_values_that_differ_at_all_are_two(one, other):
    check = Unique(field="x")
    memory = check.memory([])
    assert [check.refuse(row(value), memory) for value in (one, other)] == [None, None]


def test_a_number_is_the_same_with_and_without_its_point():
    """A column of numbers holds both alike, and a run that goes on reads its rows from there."""
    check = Unique(field="x")
    memory = check.memory([])
    assert [check.refuse(row(value), memory) is None for value in (1, 1.0, 2.0, 2)] == [True, False, True, False]


@pytest.mark.parametrize("value", [{"a": [1]}, ["x"], datetime.date(2026, 1, 1), 1.5, "🙏🏽", "\ud83d"])
def test_any_value_can_be_compared(value):
    check = Unique(field="x")
    memory = check.memory([])
    assert check.refuse(row(value), memory) is None
    assert check.refuse(row(value), memory) is not None


def test_a_value_that_is_forgotten_may_come_again():
    check = Unique(field="x")
    memory = check.memory([])
    check.refuse(row("a"), memory)
    check.forget(row("a"), memory)
    assert check.refuse(row("a"), memory) is None


def test_only_unique_compares_rows():
    kinds = [
        Unique(field="x"),
        Length(field="x", words=[1, 2]),
        Matches(field="x", pattern="a"),
        Lacks(field="x", pattern="a"),
        NotCopied(field="x"),
    ]
    assert [check.remembers for check in kinds] == [True, False, False, False, False]


@given(some.lists(some.one_of(some.text(max_size=2), some.integers(0, 3), some.booleans())))
def test_what_unique_keeps_is_each_value_once_in_order(values):
    check = Unique(field="x")
    memory = check.memory([])
    kept = [value for value in values if check.refuse(row(value), memory) is None]
    expected = {(type(value), value): value for value in reversed(values)}
    assert len(kept) == len(expected)
    assert {(type(value), value) for value in kept} == set(expected)


# not_copied

SEEDS = ["my card got decliend at <merchant> why", "hi, card not working in shop pls help me out today", "🙏"]


def copied(text: str, *, seeds: list[str] = SEEDS, **keys: object) -> str | None:
    check = NotCopied(field="x", **keys)
    return check.refuse(row(text), check.memory([Typed(seeds=seeds)]))


@pytest.mark.parametrize(
    "text", [SEEDS[0], "My card got decliend at <merchant>, why?!", "hi card   not working in shop, pls help me out today", "🙏"]
)
def test_a_seed_message_over_again_is_refused_whatever_its_case_and_punctuation(text):
    assert copied(text) == f"equals a seed message: {text}"


def test_a_long_run_of_a_seeds_words_is_refused():
    assert copied("well card NOT working in shop - pls help me now") == "repeats: card not working in shop pls help me"
    assert copied("well card not working in shop pls help") is None
    assert copied("well card not working in shop pls help", run=7) == "repeats: card not working in shop pls help"


@pytest.mark.parametrize("text", ["my card got decliend", "a message of its own", "", "!!!", "👍", "card declined why my at got"])
def test_what_says_something_of_its_own_is_kept(text):
    assert copied(text) is None


def test_a_run_is_within_one_seed():
    assert copied("one two three four", seeds=["one two", "three four"], run=3) is None


def test_messages_of_a_file_count_too(tmp_path):
    (tmp_path / "logs.txt").write_bytes("\ufeffWhere is my parcel?\r\n\r\n".encode())
    check = read(RecipeContext(tmp_path), kind="not_copied", file="logs.txt")
    assert check.refuse(row("where is my parcel"), check.memory([])) == "equals a seed message: where is my parcel"
    assert check.files() == [(tmp_path / "logs.txt").resolve()]
    assert not list(check.mistakes())


def test_the_field_of_the_file_with_the_messages_can_be_named(tmp_path):
    (tmp_path / "logs.csv").write_text("id,Comment\n1,Where is my parcel?\n")
    check = read(RecipeContext(tmp_path), kind="not_copied", file="logs.csv", file_field="Comment")
    assert check.refuse(row("where is my parcel"), check.memory([])) == "equals a seed message: where is my parcel"
    assert [one.at for one in read(RecipeContext(tmp_path), kind="not_copied", file="logs.csv").mistakes()] == [("file",)]


@pytest.mark.parametrize("file", ["gone.txt", "../out.txt", "empty.txt"])
def test_a_file_that_cannot_be_read_is_a_fault(tmp_path, file):
    (tmp_path / "empty.txt").write_text("\n")
    assert [one.at for one in read(RecipeContext(tmp_path), kind="not_copied", file=file).mistakes()] == [("file",)]


def test_other_fields_behind_the_text_are_no_seeds():
    check = NotCopied(field="x")
    assert check.refuse(row("anything"), check.memory([])) is None
