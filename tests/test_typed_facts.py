"""Facts that somebody typed as they are: found in messages, put to them in one question, and made anew in each row."""

from __future__ import annotations

import datetime
import re
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from synthgen import api, interview
from synthgen.cli.terminal.making import print_made
from synthgen.errors import DataError
from synthgen.interview import Answers, next_question, understood
from synthgen.interview.seeds import seeds_of
from synthgen.interview.typed_facts import typed_facts
from synthgen.models import ScriptedModel
from synthgen.recipe import load
from synthgen.spec.rows import Prompt, Row
from synthgen.text.slots import SLOT

TODAY = datetime.datetime.now().astimezone().date()


def date_in(days: int) -> str:
    return f"{TODAY + datetime.timedelta(days):%-d %B}".lower()


@pytest.mark.parametrize(
    ("message", "with_slots"),
    [
        ("why was i charged €25.92 twice", "why was i charged <amount> twice"),
        ("charged 20 quid for nothing", "charged <amount> quid for nothing"),
        ("it took 12.50 from me", "it took <amount> from me"),
        ("my bill is 186,40 this year", "my bill is <amount> this year"),
        ("paid 45€ on 02.03.", "paid <amount>€ on 02.03."),
        ("costs 25€ or 30 €?", "costs <amount>€ or <amount_2> €?"),
        ("can i pay rent on friday instead", "can i pay rent on <day> instead"),
        ("since dec 3rd nothing", "since <date> nothing"),
        ("my contract ends 3 december", "my contract ends <date>"),
        ("no wifi in b204", "no wifi in <code>"),
        ("gate B12 is shut", "gate <gate> is shut"),
        ("room 204 is cold", "room <room> is cold"),
        ("left it in locker 214", "left it in locker <locker>"),
        ("where is order 48213", "where is order <order>"),
        ("where is order no 48213 pls", "where is order no <order> pls"),
        ("ticket #4821 pls", "ticket #<ticket> pls"),
        ("flight LH2041 and LH2042", "flight <flight> and <flight_2>"),
        ("seat 22a pls", "seat <seat> pls"),
        ("mail me at jo@corp.com", "mail me at <mail>"),
        ("call me on 07700 900123", "call me on <phone>"),
        ("table for 4 at 7pm", "table for 4 at <time>"),
        ("ended it at 18:40, not 9.30 AM", "ended it at <time>, not <time_2>"),
        ("promo code RIDE5 says invalid", "promo code <promo> says invalid"),
        ("my voucher SAVE20 is gone", "my voucher <voucher> is gone"),
        ("<amount> on <day> in b204", "<amount> on <day> in <code>"),
    ],
)
def test_a_fact_in_a_message_becomes_a_slot(message: str, with_slots: str):
    assert typed_facts({"a": [message]})[0] == {"a": [with_slots]}


@pytest.mark.parametrize(
    "message",
    ["version 2.10 broke", "are you open bank holiday monday", "when is rent due in december", "table for 4 at 7", "ratio 3:1 of 10:300",
     "version 1.30 amber", "floor 2 is loud",
     "office365 is down", "error 0x80070005", "the 2023 tax form", "black friday deals", "order 2 more", "mp3 does not play"],
)  # fmt: skip
def test_what_is_no_fact_stays(message: str):
    assert typed_facts({"a": [message]}) == ({"a": [message]}, {})


ODD = st.text(st.sampled_from("0123456789 .,-/:#$€£<>abBR%@\u0661é\n"), max_size=40)


@given(st.lists(ODD, max_size=4))
@settings(max_examples=300, deadline=None)
def test_whatever_is_typed_its_facts_put_back_are_what_was_typed(messages: list[str]) -> None:
    by_topic, facts = typed_facts({"a": messages})
    turns = {slot: iter(fact.typed) for slot, fact in facts.items()}
    back = [SLOT.sub(lambda slot: next(turns[slot[1]]) if slot[1] in turns else slot[0], message) for message in by_topic["a"]]
    if not any(SLOT.search(message) for message in messages):
        assert back == messages
    for fact in facts.values():
        assert YAML(typ="safe", pure=True).load(fact.field)["kind"] in ("number", "fake", "date", "choice")
        assert fact.about


@pytest.mark.parametrize(("days", "kind"), [(5, "soon"), (0, "soon"), (-5, "date"), (-40, "date"), (100, "soon")])
def test_a_date_is_one_to_come_or_gone_by(days: int, kind: str):
    assert typed_facts({"a": [f"it is about {date_in(days)}"]})[1]["date"].kind == kind


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        ("u took money twice on {near}", "date"),
        ("my bag broke on {near} already", "date"),
        ("nothing since {near}", "date"),
        ("we booked for {far}, is that ok", "soon"),
        ("my contract ends on {far}", "soon"),
        ("i paid, can i stay until {far}", "soon"),
        ("booked for a dental on {far}, can i change it", "soon"),
        ("can i come on {near}", "soon"),
        ("how was {far}", "date"),
    ],
)
def test_what_is_said_of_a_date_matters_more_than_how_near_it_is(message: str, kind: str):
    assert typed_facts({"a": [message.format(near=date_in(60), far=date_in(200))]})[1]["date"].kind == kind


@pytest.mark.parametrize(
    ("messages", "slot", "looks"),
    [
        (["charged €25.92"], "amount", r"\d+\.\d\d"),
        (["charged 20 quid"], "amount", r"\d+"),
        (["charged 12,50€"], "amount", r"\d{1,2}\.\d\d"),
        (["no wifi in b204", "locked out of A017"], "code", r"[AB]\d{3}"),
        (["where is LH2041"], "code", r"LH[1-9]\d{3}"),
        (["order 48213 is late"], "order", r"[1-9]\d{4}"),
        (["not on friday"], "day", r"[A-Z][a-z]+day"),
        (["are you open at 7pm"], "time", r"[56789]pm"),
        (["train gets in at 23:40"], "time", r"(?:2[23]|0):\d0"),
        (["at 09:15 it broke"], "time", r"(?:08|09|10):(?:00|15|30|45)"),
        (["at 11.30 am", "11.45 AM pls"], "time", r"1[0-2]\.(?:00|15|30|45) [ap]m"),
        (["promo code RIDE5 is invalid"], "promo", r"RIDE[1-9]"),
        (["since dec 3"], "date", r"[A-Z][a-z]{2} \d{1,2}"),
        (["since 3 december"], "date", r"\d{1,2} [A-Z][a-z]{2,}"),
    ],
)
def test_the_field_of_a_fact_makes_others_like_it(tmp_path: Path, messages: list[str], slot: str, looks: str):
    recipe = api.new(tmp_path / "app", answers={"topics": ["a", "b"], "messages": {"a": messages}}).recipe
    fields = load(recipe).recipe.tables["traffic"].fields
    name = slot if f"{slot}_number" not in fields else f"{slot}_number"
    made = {str(fields[name].make(Row("traffic", number), Random(number))) for number in range(30)}  # type: ignore[attr-defined]
    assert len(made) > 5 or slot in ("day", "time")
    assert all(re.fullmatch(looks, value) for value in made), made


def test_a_code_without_a_name_is_one_that_has_a_name_elsewhere():
    by_topic, facts = typed_facts({"a": ["where is PL77120", "order PL48213 is late", "and LH-4 or LH4011"]})
    assert by_topic["a"] == ["where is <order>", "order <order> is late", "and LH-4 or <code>"]
    assert {slot: fact.typed for slot, fact in facts.items()} == {"order": ("PL77120", "PL48213"), "code": ("LH4011",)}


def test_amounts_that_are_far_apart_are_of_two_things():
    messages = {"bill": ["my bill is £240", "cant pay the £310"], "sun": ["i got only £18.40", "£900 too much"]}
    by_topic, facts = typed_facts(messages)
    assert by_topic["sun"] == ["i got only <amount_2>", "<amount> too much"]
    assert {slot: fact.typed for slot, fact in facts.items()} == {"amount": ("£240", "£310", "£900"), "amount_2": ("£18.40",)}
    assert facts["amount_2"].bounds == (9, 40)
    assert facts["amount"].field.startswith("{kind: number, distribution: lognormal")


def test_an_amount_has_a_comma_where_it_was_typed_with_one(tmp_path: Path):
    answers = {"topics": ["a", "b"], "messages": {"a": ["i paid 6,80€", "€12 too much"]}, "rows": 30, "odd": "none"}
    recipe = api.new(tmp_path / "app", answers=answers).recipe
    rows = next(iter(api.preview(recipe, rows=8, models={"typist": ScriptedModel(lambda prompt, stream: " i paid <amount>€ pls\n")}))).rows
    assert rows
    assert all(re.fullmatch(r"\d+,\d\d", row.values["amount"]) for row in rows)


def test_the_sign_of_an_amount_is_a_part_of_it(tmp_path: Path):
    recipe = api.new(tmp_path / "app", answers={"topics": ["a", "b"], "messages": {"a": ["charged €25.92 twice"]}}).recipe
    assert '      amount: {kind: template, template: "€{{ amount_number }}"}' in recipe.read_text("utf-8")
    assert (tmp_path / "app" / "seeds" / "a.txt").read_text("utf-8") == "charged <amount> twice\n"


REPLIES = {"topics": ["a", "b"], "a": ["charged €25.92 in b204", "again in c310 on friday at <shop>"]}


def asked(replies: dict[str, list[str]]) -> tuple[Answers, dict[str, dict[str, str]]]:
    """The answers of somebody who gives these replies, by a question's key or its last part; and the options of what was asked."""
    answers, options = Answers(), {}
    while question := next_question(answers):
        key = "/".join(question.key)
        options[key] = dict(question.options)
        answers.give(question.key, understood(question, replies.get(key, replies.get(question.key[-1], []))))
    return answers, options


def test_facts_that_were_typed_are_put_in_one_question():
    _, options = asked(REPLIES)
    assert options["change"]["facts"] == "€25.92, b204, c310, friday: new messages have others"
    assert "misguessed" not in options
    _, options = asked(REPLIES | {"change": ["facts"]})
    assert options["misguessed"] == {
        "amount": "€25.92: an amount of money, mostly from €10 to €50",
        "code": "b204, c310: a code, with other digits each time",
        "day": "friday: a day of the week",
        "shop": "one of a list that you give",
    }
    assert [key for key in options if key.startswith(("facts", "codes", "ranges", "signs", "values"))] == ["values/shop"]


def test_a_second_fact_of_a_name_is_like_the_first():
    replies = {"topics": ["a", "b"], "a": ["from <station> to <station_2>"], "values/station": ["Hall", "Gate"]}
    answers, _ = asked(replies)
    assert answers.get("values", "station_2") == ["Hall", "Gate"]


def test_what_was_no_fact_stays_as_it_was_typed(tmp_path: Path):
    answers, options = asked(REPLIES | {"change": ["facts"], "misguessed": ["code"], "facts/code": ["same"]})
    assert options["facts/code"]["same"] == "no fact: b204 is left as it is in your messages"
    assert seeds_of(answers).by_topic == {"a": ["charged <amount> in b204", "again in c310 on <day> at <shop>"]}
    recipe = api.new(tmp_path / "app", answers=answers.values).recipe
    assert "code:" not in recipe.read_text("utf-8")
    interview.save(answers, tmp_path / "answers.yaml")
    assert interview.load(tmp_path / "answers.yaml").values == answers.values


def test_a_fact_of_another_kind_is_asked_about(tmp_path: Path):
    answers, options = asked(
        REPLIES
        | {"change": ["facts"], "misguessed": ["3, 1"], "facts/day": ["list"], "facts/amount": ["money"], "ranges/amount": ["5 to 20"]}
    )
    assert {"values/day", "ranges/amount", "signs/amount"} <= options.keys()
    answers.give(("values", "day"), ["Easter"])
    recipe = api.new(tmp_path / "app", answers=answers.values).recipe
    assert "day: {kind: choice, label: false, options: [Easter]}" in recipe.read_text("utf-8")


def test_a_kind_of_fact_that_there_is_not_is_told(tmp_path: Path):
    file = tmp_path / "answers.yaml"
    file.write_text("topics: [a, b]\nmessages: {a: [no wifi in b204]}\nfacts: {code: rooms}\n", "utf-8")
    with pytest.raises(DataError, match="'rooms' is none of them"):
        interview.load(file)


def test_rows_have_facts_of_their_own(tmp_path: Path):
    def typist(prompt: Prompt, stream: Random) -> str:
        return f" {stream.choice(['still no wifi at all in <code>', 'it is broken in <code> again', 'help in <code> pls'])}\n"

    answers = {"topics": ["a", "b"], "messages": {"a": ["no wifi in b204"], "b": ["key for c310"]}, "odd": "none", "rows": 12}
    made = api.make(api.new(tmp_path / "app", answers=answers).recipe, out=tmp_path / "out", models={"typist": ScriptedModel(typist)})
    messages = [row["message"] for row in api.look(made.folder, rows=12).rows]
    codes = {code for message in messages for code in re.findall(r"\b[bc]\d{3}\b", message, re.IGNORECASE)}
    assert len(codes) > 6


def test_a_fact_that_no_message_mentions_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    def typist(prompt: Prompt, stream: Random) -> str:
        return f" {stream.choice(['still no wifi at all in <code>', 'it is broken in <code> again', 'help in <code> pls'])}\n"

    answers = {
        "topics": ["a", "b"],
        "messages": {"a": ["no wifi in b204", "it was friday"], "b": ["key for c310"]},
        "odd": "none",
        "rows": 6,
    }
    recipe = api.new(tmp_path / "app", answers=answers).recipe
    text = (
        recipe.read_text("utf-8")
        .replace("        aim: sense", "        aim: labels")
        .replace("seeds_as_rows: typed.jsonl", "seeds_as_rows: false")
    )
    recipe.write_text(text, "utf-8")
    made = api.make(recipe, out=tmp_path / "out", models={"typist": ScriptedModel(typist)})
    assert made.manifest["tables"]["traffic"]["unmentioned"] == {"message": ["day"]}
    print_made(made)
    assert "message: none mentions <day>; more seeds that do, for each topic, would help" in capsys.readouterr().out


def test_what_was_typed_is_in_the_first_rows_as_it_was_typed(tmp_path: Path):
    messages = {
        "a": ["Charged €25.92 in B204, paid 12,50€ on 3 December", "it took 20 from <shop>, ref HB48213977", "again 20 at 18:40"],
        "b": ["mail me at jo@corp.com or 07700 900123", "key for c310 ASAP", "refund 340 eur but i paid 298 eur"],
    }
    kinds = {"code": "same"}
    answers = {"topics": ["a", "b"], "messages": messages, "facts": kinds, "odd": "some", "cases": ["empty"], "rows": 8}
    recipe = api.new(tmp_path / "app", answers=answers).recipe
    recipe.write_text(recipe.read_text("utf-8").replace("aim: sense", "on_topic: false"), "utf-8")
    model = ScriptedModel(
        lambda prompt, stream: f" still nothing {stream.choice(['today', 'now', 'here'])} {stream.choice(['pls', 'why'])}\n"
    )
    made = api.make(recipe, out=tmp_path / "out", models={"typist": model})
    rows = api.look(made.folder, rows=8).rows
    typed = [row for row in rows if row["message_seed"]]
    assert [row["intent"] for row in typed] == ["a", "b"] * 3
    assert [row["message"] for row in typed][0::5] == [messages["a"][0], messages["b"][2]]
    assert typed[4]["message"] == messages["a"][2]
    assert re.fullmatch(r"it took 20 from (?!<).+, ref HB48213977", typed[2]["message"])
    assert re.fullmatch(r"mail me at (?!jo@corp)\S+@\S+ or (?!07700 900123).+", typed[1]["message"])
    assert (typed[0]["amount"], typed[0]["date"]) == ("€25.92", "3 December")
    assert typed[4]["time"] == "18:40"
    assert {340, 298} <= {value for value in typed[5].values() if isinstance(value, int)}
    assert {row["input"] for row in typed} == {row["message"] for row in typed}
