"""How a made-up user behaves in a talk: what is asked again, with which words, and when that ends."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest
from test_conversation import DRAFTS, conversation, met, row, settled, talk

from synthgen.fields.behaviours import BEHAVIOURS, MIX
from synthgen.fields.user_side import GIVEN_UP, GOES_ON, MET, NextStep, Talk, TalkUser
from synthgen.spec.rows import Refusal, Row
from synthgen.spec.streams import Streams

GOAL = "Ada Nowak wants a new card for account 4417 8820, sent to LS1 4DY before 2026-11-14. She paid 12.50 pounds."
BANK = "Customers of a retail bank, typing into its support chat."
ASKED = [("user", "my crad is gone"), ("assistant", "Sorry! What is your name and account number?")]


def objection(step: NextStep, turns: list[tuple[str, str]] = ASKED, behaviour: str = "changes mind", last: bool = False) -> str:
    """The short name of why a step is not taken; "" where it is."""
    return (TalkUser(BANK, GOAL, BEHAVIOURS[behaviour]).objection(step, Talk(list(turns)), last=last) or ("",))[0]


def types(message: str, state: str = GOES_ON) -> NextStep:
    return NextStep(state, "So it is.", "", message)


def meets(quote: str, message: str = "") -> NextStep:
    return NextStep(MET, "So it is.", quote, message)


# What is asked again


def test_what_is_not_taken_is_asked_for_again_with_the_reason():
    said = {
        "reply": ["And your number?"],
        "draft": DRAFTS,
        "next": [settled(following="its 9977"), settled(following="dont have it"), settled()],
    }
    value, rounds = talk(said, conversation(turns=2))
    first, second = (prompts[0] for prompts in rounds if prompts[0].origin["part"] == "next" and "</draft>" in prompts[0].text)
    assert "not taken" not in first.text
    assert '"9977" stands neither in the goal nor in the conversation' in second.text
    assert first.brief == second.brief
    assert first.stream != second.stream
    assert [turn["content"] for turn in value.value if turn["role"] == "user"][1] == "dont have it"


def test_a_model_that_does_not_listen_costs_three_questions_and_the_row():
    said = {"reply": ["And your number?"], "draft": DRAFTS, "next": [settled(following="its 9977")]}
    refusal, rounds = talk(said)
    assert isinstance(refusal, Refusal)
    assert (refusal.reason, refusal.final) == ("made-up fact", False)
    assert "asked 3 times" in refusal.detail
    assert sum(prompts[0].origin["part"] == "next" for prompts in rounds) == 3


def test_a_new_reply_begins_without_the_objections_to_the_last_one():
    said = {"reply": ["And your number?", "And the street?"], "draft": DRAFTS, "next": [settled(following="9977"), settled(), settled()]}
    _, rounds = talk(said, conversation(turns=3))
    assert "not taken" not in [prompts[0].text for prompts in rounds if prompts[0].origin["part"] == "next"][2]


# What code holds a user to


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        ("its 44178820", ""),
        ("ends in 8820", ""),
        ("acct 44178821", "made-up fact"),
        ("adda nowak", ""),
        ("my name is john", "made-up fact"),
        ("ask Peter at the branch", "made-up fact"),
        ("ls14dy, by the 14th", ""),
        ("by the 15th", "made-up fact"),
        ("on saturday", ""),
        ("on sunday", "made-up fact"),
        ("paid £12.5", ""),
        ("paid £13", "made-up fact"),
        ("ada@example.com", "made-up fact"),
        ("gr8 thx m8, 2 things", ""),
        ("i told u that three times", "made-up fact"),
        ("How can I help you today?", "assistant's words"),
        ("sorry! what is your name and account number?", "assistant's words"),
    ],
)
def test_a_user_types_no_fact_that_they_cannot_know_and_nothing_of_the_assistants(message, reason):
    assert objection(types(message)) == reason


def test_what_the_assistant_said_is_known():
    turns = [*ASKED, ("user", "ada nowak"), ("assistant", "Then I send it on Friday 20 November, reference K-77.")]
    assert objection(types("friday 20 nov ok, K77"), turns) == ""


def test_names_are_not_looked_for_in_languages_that_write_nouns_with_capitals():
    user = TalkUser("Kunden einer Bank, die in ihren Chat schreiben.", "Ada Nowak möchte eine neue Karte.", BEHAVIOURS["bit by bit"])
    turns = [("user", "meine karte ist weg"), ("assistant", "Das tut mir leid. Wie heißen Sie, und wo war das?")]
    assert user.objection(types("Nowak, die Tasche lag im Zug unter dem Sitz"), Talk(turns), last=False) is None


REPLIED = [*ASKED, ("user", "nowak"), ("assistant", "Thank you. The new card is on its way. Do you need more?")]


@pytest.mark.parametrize(
    ("quote", "reason"),
    [
        ("The new card is on its way.", ""),
        ("the new card  is on ITS way", ""),
        ("", "false done"),
        ("The card was sent", "false done"),
        ("card is", "false done"),
        ("Do you need more?", "false done"),
        ("What is your name and account number?", "false done"),
    ],
)
def test_a_goal_is_met_by_words_of_the_latest_reply(quote, reason):
    assert objection(meets(quote), REPLIED) == reason


def test_a_reply_that_is_repeated_meets_no_goal_that_it_did_not_meet_before():
    circle = [*REPLIED, ("user", "but when"), ("assistant", "The new card is on its way.")]
    assert objection(meets("The new card is on its way."), circle) == "false done"
    assert objection(meets("Done."), [*ASKED, ("user", "nowak"), ("assistant", "Done.")]) == ""


def test_nobody_gives_up_on_a_first_question_and_nobody_leaves_without_a_word():
    assert objection(types("forget it", GIVEN_UP)) == "early end"
    assert objection(types("forget it", GIVEN_UP), [ASKED[0], ("assistant", "We do not do that.")]) == ""
    assert objection(types("forget it", GIVEN_UP), [*ASKED, ("user", "nowak"), ASKED[1]]) == ""
    assert objection(types("", GIVEN_UP), [ASKED[0], ("assistant", "We do not do that.")]) == "no message"


def test_at_the_longest_a_talk_ends_without_a_message():
    assert objection(types(""), last=True) == ""


@pytest.mark.parametrize(
    ("behaviour", "step", "reason"),
    [
        ("bit by bit", types("nowak, 4417 8820"), ""),
        ("bit by bit", types("nowak, 4417 8820, ls1 4dy"), "behaviour"),
        ("all at once", types("nowak, 4417 8820, ls1 4dy"), ""),
        ("all at once", types("what for"), "behaviour"),
        ("asks back", types("what do u need that for"), ""),
        ("asks back", types("nowak"), "behaviour"),
        ("impatient", types("nowak. hurry up"), ""),
        ("impatient", types("well the thing is that i really do not see why you would need this from me now"), "behaviour"),
    ],
)
def test_the_first_answer_is_as_the_user_behaves(behaviour, step, reason):
    assert objection(step, behaviour=behaviour) == reason


def test_who_thanks_does_so_and_who_gives_up_goes():
    assert objection(meets("The new card is on its way."), REPLIED, "thanks and goes") == "behaviour"
    assert objection(meets("The new card is on its way.", "gr8 thx"), REPLIED, "thanks and goes") == ""
    circle = [*REPLIED, ("user", "no"), ("assistant", "Please wait.")]
    assert objection(types("and now"), circle, "gives up") == "behaviour"
    assert objection(types("nah leave it", GIVEN_UP), circle, "gives up") == ""
    assert objection(types("and now"), circle) == ""


# The mix


def test_behaviours_are_drawn_by_weight_and_stay_with_their_row():
    field, streams = conversation(behaviour={"impatient": 3, "asks back": 1}), Streams(7)
    rows = [row(index=index) for index in range(400)]
    drawn = [field.behaviour_of(one, "talk", streams) for one in rows]
    assert 260 < Counter(drawn)["impatient"] < 340
    again = [Row("talks", one.index, attempt=3, values=one.values) for one in rows]
    assert [field.behaviour_of(one, "talk", streams) for one in again] == drawn


def test_the_usual_mix_has_every_behaviour_and_a_talk_says_which_it_is():
    assert set(MIX) == set(BEHAVIOURS)
    value, rounds = talk({"reply": ["It is done."], "draft": DRAFTS, "next": [met("It is done.")]}, conversation(behaviour="impatient"))
    assert value.labels["behaviour"] == "impatient"
    assert BEHAVIOURS["impatient"].line in rounds[2][0].text
    assert json.dumps(value.labels)


def test_every_behaviour_is_in_the_docs():
    page = (Path(__file__).parents[1] / "docs" / "claude.md").read_text(encoding="utf-8")
    assert [name for name in BEHAVIOURS if f"`{name}`" not in page] == []
