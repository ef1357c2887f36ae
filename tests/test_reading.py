"""What a typed field refuses of what the model wrote: facts that are not the row's, the other side of the talk, and harm."""

from __future__ import annotations

import datetime
from typing import Any

import pytest

from synthgen.fields.invented import Facts
from synthgen.fields.reading import Reader
from synthgen.fields.sides import Side
from synthgen.spec.rows import Completion, Prompt, Refusal, Row

SEEDS = [
    "my card got declined at <merchant>",
    "why was i charged £<amount>",
    "i paid on <day> and nothing came",
    "where is order <order_id>",
    "there is a £5 fee i did not agree to",
]
FACTS = {"merchant": "Brightwell", "amount": 24.5, "day": datetime.date(2026, 10, 2), "order_id": "48213"}


def read(text: str, seeds: list[str] = SEEDS, **given: Any) -> str | Refusal:
    row = Row("traffic", 0, 0, dict(FACTS))
    return Reader("", seeds, seeds, **given).message(row, Completion(Prompt("", 1, {"tokens": 64}), f" {text}\n", "stop"))


@pytest.mark.parametrize(
    ("text", "invented"),
    [
        ("£95.49 £1.00 with the ca", "£95.49"),
        ("i was charged $100 yesterday", "$100"),
        ("they took 20 pounds", "20 pounds"),
        ("it went out on 3rd of march", "3rd of march"),
        ("i paid on 12/10/2026", "12/10/2026"),
        ("order 99120 is late", "99120"),
        ("my card got declined at Brightwul today", "Brightwul"),
    ],
)
def test_a_fact_that_is_not_the_rows_is_invented(text: str, invented: str) -> None:
    assert Facts(SEEDS).invented(text, FACTS) == invented
    assert read(text) == Refusal("invented fact", f"{invented} in: {text}")


@pytest.mark.parametrize(
    "text",
    [
        "my card got declined at <merchant> why",
        "charged <amount> twice",
        "there is a £5 fee again",
        "it has been 3 days",
        "can i get 2 cards",
        "declined on Monday morning",
        "where is <order_id> now",
    ],
)
def test_slots_small_numbers_and_what_seeds_say_are_not_invented(text: str) -> None:
    assert Facts(SEEDS).invented(text, FACTS) is None


def test_a_time_beside_the_rows_own_is_invented() -> None:
    facts = Facts(["we arrive at <time>", "train gets in at <time>, late", "how late can i check in"])
    assert facts.invented("we will be there after 2:30 pm", {"time": "23:40"}) == "2:30 pm"
    assert facts.invented("we will be there at <time>, not 11", {"time": "23:40"}) is None
    assert Facts(["how late can i check in at 9pm", "or at 10pm"]).invented("we come at 2pm", {"time": "23:40"}) is None


def test_where_seeds_name_facts_without_slots_rows_may_too() -> None:
    seeds = [*SEEDS, "they took £12 twice", "it was $8.50 before", "i paid 30 euros for nothing"]
    assert Facts(seeds).invented("i was charged $100", FACTS) is None
    assert Facts(seeds).invented("order 99120 is late", FACTS) == "99120"


def test_a_row_without_the_fact_may_name_any() -> None:
    assert Facts(SEEDS).invented("i was charged $100", {"merchant": "Brightwell"}) is None
    assert Facts(["hello there"]).invented("i was charged $100", FACTS) is None


@pytest.mark.parametrize(
    "text",
    [
        "Your top-up is gone!",
        "Thank you for contacting us.",
        "we are sorry to hear that",
        "How can I help you today?",
        "your order has been shipped",
        "Please allow 3 working days.",
        "you can find it in the app",
        "Dear customer, hello",
    ],
)
def test_the_other_side_of_the_talk_is_refused(text: str) -> None:
    assert Side(SEEDS).is_left(text)
    assert read(text) == Refusal("other side", text)


@pytest.mark.parametrize(
    "text",
    [
        "why have you charged me",
        "please help",
        "is my order lost",
        "can you tell me where your office is",
        "thank you",
        "you said it would come today",
        "your app is rubbish",
        "please cancel my order",
        "we want a refund",
        "sorry, wrong number",
    ],
)
def test_what_people_type_is_their_own_side(text: str) -> None:
    assert not Side(SEEDS).is_left(text)


def test_what_a_seed_says_too_is_allowed() -> None:
    assert not Side([*SEEDS, "your order is on its way"]).is_left("your parcel is lost")


def test_harm_is_refused_unless_it_is_asked_for() -> None:
    assert read("i will kill him") == Refusal("harmful", "kill him in: i will kill him")
    assert read("i will kill him", harmless=False) == "i will kill him"
    assert read("they said i will kill him", [*SEEDS, "he wrote: I will kill him"]) == "they said i will kill him"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("is possible to cancel my direct debit, is it possible to cancel my direct debit?", "going in circles"),
        ("i was charged <amount> and then <amount> again", "slot twice"),
        ("why was i charged", "why was i charged"),
    ],
)
def test_nobody_says_it_twice(text: str, reason: str) -> None:
    said = read(text)
    assert (said.reason if isinstance(said, Refusal) else said) == reason


def test_a_slot_that_a_seed_has_twice_may_come_twice() -> None:
    seeds = [*SEEDS, "not <amount> but <amount>"]
    assert read("i was charged <amount> and then <amount> again", seeds) == "i was charged <amount> and then <amount> again"


@pytest.mark.parametrize("text", ["no heat since <room>", "No heat SINCE <room>", "no heat sicne <room>", "it is loud on <room> today"])
def test_a_slot_behind_a_word_of_other_slots_is_misplaced(text: str) -> None:
    row = Row("t", 0, values={"day": "Friday", "room": "B204"})
    seeds = ["cold since <day>", "party in <room>", "see you on <day>", "nothing in here since <day>"]
    reader = Reader("", seeds, seeds, own={"": frozenset({"day", "room"})})
    told = reader.objection(text, row, Prompt("", 0, {}, {}))
    assert told is not None
    assert told.reason == "misplaced slot"
    for right in ("it is loud in <room>", "<room> is loud", "at <room> nothing works", "broken since <day> in <room>"):
        assert reader.objection(right, row, Prompt("", 0, {}, {})) is None
    assert Reader("", seeds, seeds).objection(text, row, Prompt("", 0, {}, {})) is None


def test_there_is_no_date_beside_tomorrow_unless_seeds_have_both() -> None:
    row = Row("t", 0, values={"date": "3 May", "bus": "X12"})
    seeds = ["cant make it tmrw pls cancel", "need to move my appt on <date>"]
    for text in ("cant make it tomorrow on <date>", "can i move it on <date> TMRW"):
        told = Reader("", seeds, seeds, own={"": frozenset({"date"})}).objection(text, row, Prompt("", 0, {}, {}))
        assert told is not None
        assert told.reason == "misplaced slot"
        both = [*seeds, "i said yesterday that i come on <date>"]
        assert Reader("", both, both, own={"": frozenset({"date"})}).objection(text, row, Prompt("", 0, {}, {})) is None
    right = Reader("", seeds, seeds, own={"": frozenset({"date"})})
    assert right.objection("can i come on <date>", row, Prompt("", 0, {}, {})) is None
    bus = ["is the <bus> late", "no seat yesterday"]
    assert Reader("", bus, bus, own={"": frozenset({"bus"})}).objection("on <bus> tomorrow", row, Prompt("", 0, {}, {})) is None


def test_a_message_is_not_made_of_two_seeds() -> None:
    row = Row("t", 0, values={"bike": "Trek"})
    seeds = ["im 5ft 7 what frame size for the <bike>", "between M and L which one shld i get", "what size bike for a 9 year old girl"]
    reader = Reader("", seeds, seeds, own={"": frozenset({"bike"})})
    for text in ("I'm 5ft 7 what size bike for a 12 year old girl.", "between m and l what size bike for a 10 year old"):
        told = reader.objection(text, row, Prompt("", 0, {}, {}))
        assert told is not None
        assert told.reason == "two seeds"
        assert Reader("", seeds, seeds).objection(text, row, Prompt("", 0, {}, {})) is None
    for text in ("im 6ft 1 what size for the <bike> thanks", "what size bike for my son", "between M and L what size bike"):
        assert reader.objection(text, row, Prompt("", 0, {}, {})) is None
    many = [*seeds, "hello, im 5ft 7 what do i take", "i have im 5ft 7 what now"]  # what several seeds have says nothing
    assert Reader("", many, many, own={"": frozenset()}).objection("im 5ft 7 what size bike for a girl", row, Prompt("", 0, {}, {})) is None


def test_a_topic_has_no_slots_but_its_own_and_what_is_mentioned() -> None:
    own = {"": frozenset({"merchant"})}
    assert read("i was charged <amount>", own=own) == Refusal(
        "strange slot", "<amount>, which no seed of '' has, in: i was charged <amount>"
    )
    assert read("i was charged <amount>", own={"": frozenset({"amount"})}) == "i was charged <amount>"
    assert read("i was charged <amount>", own={"another": frozenset()}) == "i was charged <amount>"
