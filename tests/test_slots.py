"""Slots: a fact's place inside a typed message."""

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as some

from synthgen.text import slots as slot_text
from synthgen.text.slots import filled, slots

SLOT_NAMES = some.from_regex(r"[a-z][a-z0-9_]{0,8}", fullmatch=True)


def test_slots_are_the_names_between_angle_brackets():
    assert slots("my card at <merchant> for <amount_2>, <merchant> again") == {"merchant", "amount_2"}


@pytest.mark.parametrize(
    "text",
    ["i <3 you", "a < b > c", "<Merchant>", "<MERCHANT>", "<merchant", "merchant>", "< merchant>", "</b>", "<>", "<2nd>", "<a b>", "<é>"],
)
def test_other_angle_brackets_are_no_slots(text):
    assert slots(text) == frozenset()
    assert filled(text, {}) == text


def test_a_slot_is_filled_wherever_it_stands_and_as_often():
    assert filled("<shop>? <shop>! at<shop>", {"shop": "Tillow"}) == "Tillow? Tillow! atTillow".lower()
    assert filled("I mean <shop><day>", {"shop": "Tillow", "day": "Monday"}) == "I mean TillowMonday"


@pytest.mark.parametrize("fact", [r"\1", r"\g<0>", "$1 & (.*)", "a\\", "[x]", "{{ x }}", "%s", "<", ">", "<<>>"])
def test_a_fact_is_taken_letter_by_letter(fact):
    assert filled("I paid <shop>!", {"shop": fact}) == f"I paid {fact}!"


def test_a_fact_that_looks_like_a_slot_is_not_filled_again():
    assert filled("From <shop> for <amount>", {"shop": "<amount>", "amount": "<shop>"}) == "From <amount> for <shop>"


@pytest.mark.parametrize("fact", ["Łódź", "東京", "🙏🏽", "שלום", "e\u0301", "a\u200db", "ß"])
def test_a_fact_in_any_script_stays_as_it_is(fact):
    assert filled("At <shop>", {"shop": fact}) == f"At {fact}"


def test_facts_are_in_small_letters_where_nothing_else_has_a_capital():
    assert filled("declined at <shop>??", {"shop": "Halden Sports"}) == "declined at halden sports??"
    assert filled("Declined at <shop>", {"shop": "Halden Sports"}) == "Declined at Halden Sports"
    assert filled("DECLINED AT <shop>", {"shop": "Halden Sports"}) == "DECLINED AT Halden Sports"


def test_only_the_text_around_the_slots_decides_about_capitals():
    assert filled("from <a> to <b>", {"a": "Paris", "b": "ROME"}) == "from paris to rome"


@pytest.mark.parametrize(
    ("fact", "as_typed"),
    [
        (12.0, "12"),
        (12.5, "12.5"),
        (-0.0, "0"),
        (1234567890123, "1234567890123"),
        (True, "true"),
        (datetime.date(2026, 3, 31), "2026-03-31"),
        (float("inf"), "inf"),
        ("12.0", "12.0"),
        ("", ""),
    ],
)
def test_facts_are_typed_as_people_type_them(fact, as_typed):
    assert slot_text.as_typed(fact, "it was <x>") == as_typed


def test_a_fact_of_several_lines_is_typed_on_one():
    assert filled("I live at <address>", {"address": "12 High Street\nFlat 3\r\nLeeds  LS1"}) == "I live at 12 High Street Flat 3 Leeds LS1"


@given(some.text(), SLOT_NAMES)
def test_text_without_slots_stays_as_it_is(text, name):
    plain = text.replace("<", "(")
    assert filled(plain, {name: "FACT"}) == plain


@given(some.lists(some.one_of(some.text(), SLOT_NAMES.map(lambda name: f"<{name}>"))))
def test_filling_each_slot_with_itself_changes_nothing(parts):
    text = "".join(parts)
    assert filled(text, {name: f"<{name}>" for name in slots(text)}) == text


@pytest.mark.parametrize(
    ("message", "fact", "told"),
    [
        ("charged $<amount> twice", "£56.04", "charged £56.04 twice"),
        ("charged $ <amount> twice", "$56.04", "charged $56.04 twice"),
        ("charged $<amount> twice", 56.5, "charged $56.5 twice"),
        ("charged <amount> twice", "£56.04", "charged £56.04 twice"),
    ],
)
def test_the_sign_of_a_currency_is_typed_once(message: str, fact: object, told: str):
    assert filled(message, {"amount": fact}) == told
