"""The frame that a base model continues, and where the message in its answer ends."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from synthgen.text.frames import Section, first_complete_message, frame, leaks_frame, ngram_features, normalise, overlap

BANK = "Customers of a retail bank, typing into the support chat of its phone app."
LINES = some.text(some.characters(codec="utf-8", exclude_categories=["Cc", "Zl", "Zp"]), min_size=1)


def test_a_frame_is_where_people_type_then_the_topic_then_their_messages_then_an_open_dash():
    assert frame(BANK, [Section("card declined", ["my card got decliend at <merchant> why", "hi card not working"])]) == (
        f"{BANK}\nTopic: card declined\n\n- my card got decliend at <merchant> why\n- hi card not working\n-"
    )


def test_other_topics_come_first():
    assert frame("Chat", [Section("lost card", ["lost it"]), Section("refund", ["wheres my money"])]) == (
        "Chat\nTopic: lost card\n\n- lost it\n\nTopic: refund\n\n- wheres my money\n-"
    )


def test_without_a_topic_the_messages_stand_alone():
    assert frame("Chat", [Section("", ["a", "b"])]) == "Chat\n\n- a\n- b\n-"


def test_a_topic_without_messages_is_open_at_once():
    assert frame("Chat", [Section("refund", [])]) == "Chat\nTopic: refund\n\n-"


def test_a_frame_with_nothing_in_it_is_a_dash():
    assert frame(" ", [Section("", [])]).strip() == "-"


@given(LINES, some.lists(some.builds(Section, LINES, some.lists(LINES, max_size=4)), min_size=1, max_size=3))
def test_every_frame_ends_at_a_dash_on_a_line_of_its_own_and_holds_every_message(where, sections):
    text = frame(where, sections)
    assert text.endswith("\n-")
    assert all(f"- {message}\n" in text for section in sections for message in section.messages)


@pytest.mark.parametrize(
    ("written", "message"),
    [
        (" card declined\n", "card declined"),
        (" card declined\n- and another\n", "card declined"),
        ("   spaces around \t\n", "spaces around"),
        (" windows line\r\n", "windows line"),
        ("\n", ""),
        (" \t \n- next\n", ""),
        (" cut off in the mid", None),
        ("", None),
    ],
)
def test_a_message_is_the_first_line_and_none_when_that_never_ends(written, message):
    assert first_complete_message(written) == message


@pytest.mark.parametrize(
    "message",
    [
        "- another bullet",
        "-another",
        "Topic: refund",
        "topic: refund",
        "ok. Topic: refund",
        "<|endoftext|>",
        "x <|user|>",
        "bad \ufffd byte",
        "bell \x07",
        "nul \x00",
        "Customers of a retail bank, typing into the support chat of something",
        "CUSTOMERS OF A RETAIL BANK, TYPING INTO THE SUPPORT CHAT",
    ],
)
def test_what_belongs_to_a_frame_is_no_message(message):
    assert leaks_frame(message, BANK)


@pytest.mark.parametrize(
    "message",
    [
        "card declined - why",
        "it said -5",
        "my topic is cards",
        "i <3 this app",
        "a | b",
        "🙏🏽 pls",
        "مرحبا",
        "tab\there",
        "customers of a bank",
        "e\u0301t",
    ],
)
def test_what_people_type_breaks_no_frame(message):
    assert not leaks_frame(message, BANK)


def test_a_short_heading_may_be_typed():
    assert not leaks_frame("support chat is down", "Support chat")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Card declined!!", "card   declined"),
        ("WHERE'S my order?", "where s my order"),
        ("straße", "STRASSE"),
        (" x ", "x"),
    ],
)
def test_two_copies_have_one_essence(one, other):
    assert normalise(one) == normalise(other)


@pytest.mark.parametrize(
    ("one", "other"), [("card declined", "card declined again"), ("lost 2 cards", "lost 3 cards"), ("🙏", "👍"), ("???", "!!")]
)
def test_what_is_said_differently_has_another_essence(one, other):
    assert normalise(one) != normalise(other)


@pytest.mark.parametrize("message", ["", "  ", "?!", "ok", "my card was declined again"])
def test_what_is_worded_the_same_overlaps_wholly(message):
    assert overlap(ngram_features(message), set(ngram_features(message))) == 1
    assert overlap(ngram_features(message), set()) == 0
    assert overlap([], {"a"}) == 0
