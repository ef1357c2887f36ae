"""The page of a review over HTTP: who is let in, what is shown of hostile rows, and what is decided."""

from __future__ import annotations

import json
import shutil
import socket
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import review_case
from review_case import HOSTILE, INTENTS, Parsed, Visitor, make_hostile, rows_in

import synthgen
from synthgen.dataset import Dataset
from synthgen.decisions import Decision
from synthgen.decisions.amended import reviewed
from synthgen.errors import DataError, OutputError
from synthgen.models import ScriptedModel
from synthgen.reviewing.page.desk import REASONS, ReviewDesk
from synthgen.reviewing.page.gate import HEADERS
from synthgen.reviewing.page.serve import listening_on, serve
from synthgen.reviewing.page.wordwise import versions
from synthgen.text.legible import LegiblePiece
from synthgen.versions import CHECKOUT, install_extra

made, output = review_case.made, review_case.output


@pytest.fixture
def ana(output: Path) -> Visitor:
    return Visitor.of(output)


# Who is let in

OWN = "http://127.0.0.1:8000"
REFUSED: dict[str, dict[str, Any]] = {
    "no token": {"url": "/"},
    "another token": {"url": "/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA/"},
    "a token of letters beyond ASCII": {"url": "/%C3%A9/"},
    "a foreign host": {"headers": {"host": "evil.example"}},
    "a host that begins as ours": {"headers": {"host": "127.0.0.1.evil.example"}},
    "a host with a user": {"headers": {"host": "127.0.0.1@evil.example"}},
    "no host": {"headers": {"host": ""}},
    "a foreign page": {"headers": {"origin": "http://evil.example"}},
    "another port of this machine": {"headers": {"origin": "http://127.0.0.1:9999"}},
    "a script of another site": {"headers": {"sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors"}},
    "a script of another port": {"headers": {"sec-fetch-site": "same-site", "sec-fetch-mode": "cors"}},
    "a form without an origin": {"method": "POST"},
    "a form of another site": {"method": "POST", "headers": {"origin": "https://evil.example"}},
    "a form of a page without an origin": {"method": "POST", "headers": {"origin": "null"}},
    "a form that says it crosses": {"method": "POST", "headers": {"origin": OWN, "sec-fetch-site": "cross-site"}},
    "a method that is not for pages": {"method": "PUT", "headers": {"origin": OWN}},
    "a question before a script": {"method": "OPTIONS", "headers": {"origin": OWN}},
    "a method of another page": {"method": "GET", "url": "/TOKEN/by/ana/undo"},
}


@pytest.mark.parametrize("name", REFUSED)
def test_it_refuses(name: str, ana: Visitor) -> None:
    ana.get("rows/traffic")
    how = {"method": "GET", "url": ana.at.removeprefix(OWN), "headers": {}, **REFUSED[name]}
    url = how["url"].replace("TOKEN", ana.token)
    form = {"decision": "accept", "since": ""} if how["method"] != "GET" else None
    answer = ana.client.request(how["method"], url, headers=how["headers"], data=form)
    assert answer.status_code == 403
    assert answer.text.startswith("Refused: ")
    assert ana.token not in answer.text
    assert answer.headers["content-security-policy"] == HEADERS["Content-Security-Policy"]
    assert not ana.desk.file.exists()


def test_its_own_form_is_taken(ana: Visitor) -> None:
    ana.get("rows/traffic")
    ana.decide("accept")
    assert [one.decision for one in ana.written] == ["accept"]


@pytest.mark.parametrize("host", ["localhost:8000", "127.0.0.1:9000", "LOCALHOST"])
def test_a_port_that_ssh_forwards_is_let_in(host: str, ana: Visitor) -> None:
    address = f"/{ana.token}/by/ana/rows/traffic/0"
    shown = ana.client.get(address, headers={"host": host})
    (since,) = {one.attributes["value"] for one in Parsed(shown.text).all("input", name="since")}
    headers = {"host": host, "origin": f"http://{host.lower()}"}
    sent = ana.client.post(address, data={"decision": "accept", "since": since}, headers=headers, follow_redirects=False)
    assert (shown.status_code, sent.status_code) == (200, 303)


def test_a_link_that_others_may_see_leads_in_once(ana: Visitor) -> None:
    once = ana.gate.link()
    first, again = (ana.client.get(once, follow_redirects=False) for _ in range(2))
    assert (first.status_code, first.headers["location"]) == (303, f"/{ana.token}/")
    assert again.status_code == 403


@pytest.mark.parametrize(
    "path", ["", "by/ana/", "static/review.js", "static/report.css", "static/nothing.js", "nowhere/at/all", "by/ana/rows/nope"]
)
def test_all_that_is_answered_has_the_headers(path: str, ana: Visitor) -> None:
    answer = ana.client.get(f"/{ana.token}/{path}")
    assert {name: answer.headers[name] for name in HEADERS} == HEADERS
    assert "server" not in answer.headers


def test_the_policy_lets_nothing_in_from_elsewhere_or_inline() -> None:
    policy = HEADERS["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy
    assert "frame-ancestors 'none'" in policy


@pytest.mark.parametrize("name", ["", " ", "a/b", "<b>", "../x", "x" * 61, "zero\u200bwidth", "\u202eana"])
def test_a_name_that_cannot_be_is_told(name: str, ana: Visitor) -> None:
    page = ana.post(f"/{ana.token}/", name=name)
    assert ana.status == 422
    assert "a reviewer has a name" in ana.warned
    assert page.all("input", name="name")


def test_who_reviews_is_asked_and_remembered(ana: Visitor) -> None:
    ana.post(f"/{ana.token}/", name="  Ana  de Vries ")
    assert ana.at.endswith("/by/Ana%20de%20Vries/")
    ana.by = "Ana de Vries"
    ana.get("rows/traffic")
    ana.decide("accept")
    known = Visitor.of(ana.desk.dataset.folder)
    assert "Ana de Vries" in known._took(known.client.get(f"/{known.token}/")).all("ul", class_="people")[0].text


# What is shown

PAGES = [
    "", "rows/traffic", "rows/traffic?queue=odd", "rows/examples?queue=waiting", "rows/traffic?queue=search&q=o", "why/traffic-2",
    "why/examples-3", "take", "take/question?count=3", "take/result", "rows/traffic/999", "rows/nope", "rows/traffic?queue=nope",
    "why/nope-1", "aside/unsure",
]  # fmt: skip


@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_whole_and_has_nothing_inline(path: str, made: Path) -> None:
    page = Visitor.of(made).get(path)
    assert [one.attributes["src"].rpartition("/")[2] for one in page.all("script")] == ["review.js"]
    assert not page.all("style")
    assert not page.all("img")
    for element in page.elements:
        assert not [name for name in element.attributes if name.startswith("on") or name == "style"], element
        assert not element.attributes.get("href", "").lower().startswith(("javascript:", "data:", "http"))
    assert len({one.attributes["id"] for one in page.elements if "id" in one.attributes}) == sum(
        "id" in one.attributes for one in page.elements
    )
    assert len(page.all("h1")) == 1


STRANGE = [
    "rows/traffic/99999999999999999999999", "rows/traffic/-1", "rows/%00", "rows/traffic?queue=label&label=%00&is=%ff",
    "rows/traffic?queue=label", "rows/traffic?queue=search", "rows/traffic?queue=search&q=%ff%00", "rows/traffic?queue=search&q=(",
    "rows/traffic/1?said=%00&queue=open", "why/%00", "why/traffic-", "why/traffic-99999999999999999999", "why/refused-1",
    "aside/traffic", "aside/nope", "take/question?count=-1&limit=x", "take/question?count=99999999999&since=%00",
    "take/result?who=%00", "take/result?who=nobody", "rows/examples/%2e%2e", "../", "?done=<b>",
]  # fmt: skip


@pytest.mark.parametrize("path", STRANGE)
def test_a_strange_address_is_answered_in_words(path: str, made: Path) -> None:
    ana = Visitor.of(made)
    answer = ana.client.get(f"/{ana.token}/by/ana/{path}")
    assert answer.status_code in (200, 404, 422)
    assert "<b>" not in answer.text


def test_hostile_rows_are_shown_as_text(made: Path) -> None:
    ana = Visitor.of(made)
    shown = [(row, ana.page) for row in rows_in(ana, "queue=open")]
    assert len(shown) == 30
    pages = "".join(page for _, page in shown)
    assert "&lt;script&gt;document.title" in pages
    assert "<img" not in pages
    assert not set(pages) & {"\u200b", "\u202e", "\u2066", "\x1b", "\x07"} - set("".join(_typed(page) for _, page in shown))
    for name in ("ZWSP", "RLO", "LRI", "ESC", "BEL", "BOM"):
        assert f">{name}</abbr>" in pages


def _typed(page: str) -> str:
    """What stands in the text boxes of a page, where it must be as it is."""
    return "".join(part.partition("</textarea>")[0] for part in page.split("<textarea")[1:])


def test_a_text_box_holds_the_text_to_the_letter(made: Path) -> None:
    ana, rows = Visitor.of(made), {f"traffic-{row['provenance']['row']}": row for row in Dataset.open(made).rows("traffic")}
    for row in rows_in(ana, "queue=open"):
        (box,) = ana.parsed.all("textarea")
        assert box.text.removeprefix("\n") == rows[row]["input"].replace("\r\n", "\n")
    assert any(text.startswith("\n") for text in (row["input"] for row in rows.values()))


def test_a_version_is_beside_the_one_before_with_the_difference_marked(made: Path) -> None:
    ana = Visitor.of(made)
    changed = next(
        row for row in Dataset.open(made).rows("traffic") if row["case"] == "truncated" and row["message"].startswith(row["input"])
    )
    page = ana.get(f"rows/traffic/{changed['provenance']['row']}")
    assert [one.text for one in page.all("h3")] == ["message", "input"]
    assert page.all("del")


def test_a_blind_answer_is_beside_its_label(made: Path) -> None:
    ana = Visitor.of(made)
    assert next(row for row in rows_in(ana, "queue=waiting", "examples") if "Set aside in 'review'" in ana.warned)
    (pair,) = ana.parsed.all("dl", class_="differs")
    assert "differs" in pair.text
    assert "Set aside in 'review': solved says" in ana.warned


def test_words_are_marked_and_nothing_else_is_changed() -> None:
    before, after = versions("my card is lost", "my old card is gone")
    assert [(one.text, one.kind) for one in before] == [("my card is ", ""), ("lost", "gone")]
    assert [(one.text, one.kind) for one in after] == [("my ", ""), ("old ", "come"), ("card is ", ""), ("gone", "come")]
    assert versions("a", "b") == ((LegiblePiece("a"),), (LegiblePiece("b"),)), "nothing in common: all of it marked is hard to read"
    long = " ".join(map(str, range(3000)))
    assert "".join(one.text for one in versions(long, long[::-1], 10**6)[0]) == long


# What is decided


def test_a_decision_is_written_before_the_next_row_is_shown(ana: Visitor) -> None:
    ana.get("rows/traffic")
    first = ana.row
    ana.decide("accept", seconds="3.25")
    assert ana.row == "traffic-1"
    assert ana.said == f"{first} accepted."
    (made,) = ana.written
    assert (made.by, made.table, made.row, made.decision, made.seconds) == ("ana", "traffic", first, "accept", 3.2)
    assert set(made.seen) == {"intent", "case", "message", "input"}


def test_a_rejection_needs_a_reason_and_loses_nothing(ana: Visitor) -> None:
    ana.get("rows/traffic")
    ana.decide("reject", reason=" ")
    assert (ana.status, ana.row, ana.written) == (422, "traffic-0", [])
    assert "'reject' needs 'reason'" in ana.warned
    ana.decide("reject", reason="no sense")
    assert ana.said == "traffic-0 rejected: no sense."
    offered = [one.attributes["value"] for one in ana.parsed.all("button", name="reason")]
    assert offered == [*REASONS, "no sense"]


def test_a_reason_keeps_its_number(ana: Visitor) -> None:
    ana.get("rows/traffic")
    for reason in ("first", "second", "second", "second", REASONS[4], "third", "fourth", "fifth"):
        ana.decide("reject", reason=reason)
    assert [one.attributes["value"] for one in ana.parsed.all("button", name="reason")] == [*REASONS, "first", "second", "third", "fourth"]


def test_a_row_is_relabelled_with_an_option_and_shows_what_came_of_it(ana: Visitor) -> None:
    page = ana.get("rows/traffic/3")
    other = next(
        one.attributes["value"]
        for one in page.all("button", name="text")
        if one.attributes["value"] in INTENTS and "disabled" not in one.attributes
    )
    ana.decide("relabel", path="intent", text=other)
    assert ana.row == "traffic-3"
    assert f"intent is {other}" in ana.said
    assert [one.text for one in ana.parsed.all("ins")][-1] == other
    made = next(row for row in reviewed(Dataset.open(ana.desk.dataset.folder)).rows("traffic") if row["provenance"]["row"] == 3)
    assert made["intent"] == other


def test_an_edit_keeps_lines_and_letters(ana: Visitor) -> None:
    ana.get("rows/traffic/4")
    ana.decide("edit", path="input", text="one\r\ntwo \u200b<b>")
    (made,) = ana.written
    assert made.value == "one\ntwo \u200b<b>"
    assert "as it was made" in ana.page


@pytest.mark.parametrize(
    ("form", "why"),
    [
        ({"decision": "relabel", "path": "intent", "text": "brokn"}, "did you mean 'broken'"),
        ({"decision": "relabel", "path": "input", "text": "x"}, "has no options"),
        ({"decision": "edit", "path": "intent", "text": "x"}, "cannot be edited"),
        ({"decision": "edit", "path": "nothing.there", "text": "x"}, "cannot be edited"),
        ({"decision": "edit", "path": "provenance", "text": "x"}, "cannot be edited"),
        ({"decision": "shred"}, "there is no decision"),
        ({"decision": ""}, "there is no decision"),
        ({"decision": "undo"}, "there is no decision 'undo'"),
        ({"decision": "answer"}, "there is no decision 'answer'"),
    ],
)
def test_what_cannot_be_decided_is_told_and_not_written(form: dict[str, str], why: str, ana: Visitor) -> None:
    ana.get("rows/traffic/3")
    ana.decide(**form)
    assert ana.status == 422
    assert why in ana.warned
    assert ana.written == []


def test_an_edit_that_changes_nothing_is_told(ana: Visitor) -> None:
    page = ana.get("rows/traffic/4")
    ana.decide("edit", path="input", text=page.all("textarea")[0].text.removeprefix("\n").replace("\n", "\r\n"))
    assert "nothing was changed" in ana.warned


def test_what_was_typed_is_kept_where_it_could_not_be_written(ana: Visitor) -> None:
    ben = ana.beside("ben")
    ana.get("rows/traffic/4")
    ben.get("rows/traffic/4")
    ben.decide("unsure")
    page = ana.decide("edit", path="input", text="a long </textarea> answer\r\nin two lines")
    assert ana.status == 409
    assert page.all("textarea")[0].text.removeprefix("\n") == "a long </textarea> answer\r\nin two lines"
    assert "open" in page.all("details", class_="edit")[0].attributes


def test_undo_goes_back_one_decision_at_a_time(ana: Visitor) -> None:
    ana.get("rows/traffic")
    ana.decide("accept")
    ana.decide("unsure")
    ana.undo()
    assert (ana.row, ana.said) == ("traffic-1", "Undone: traffic-1 is no longer marked unsure by ana.")
    ana.undo()
    assert ana.row == "traffic-0"
    ana.undo()
    assert "ana has decided nothing that could be undone" in ana.warned
    assert [one.decision for one in ana.written] == ["accept", "unsure", "undo", "undo"]
    assert list(rows_in(ana, "queue=accepted")) == []


def test_only_ones_own_decisions_are_undone(ana: Visitor) -> None:
    ana.get("rows/traffic")
    ana.decide("accept")
    ben = ana.beside("ben")
    ben.undo()
    assert "ben has decided nothing" in ben.warned


def test_two_tabs_on_one_row_do_not_overwrite_each_other(ana: Visitor) -> None:
    other = ana.beside("ana")
    for tab in (ana, other):
        tab.get("rows/traffic/2")
    ana.decide("accept")
    other.decide("reject", reason="no sense")
    assert other.status == 409
    assert "traffic-2 was accepted by ana since you opened it; nothing was written" in other.warned
    assert [one.decision for one in other.written] == ["accept"]
    other.decide("reject", reason="no sense")
    assert [one.decision for one in other.written] == ["accept", "reject"]


def test_of_two_reviewers_the_second_sees_what_the_first_decided(output: Path) -> None:
    ana, ben = Visitor.of(output), Visitor.of(output, "ben")  # each with a server of its own
    ana.get("rows/traffic/2")
    ben.get("rows/traffic/2")
    ana.decide("reject", reason="about <i>nothing</i>")
    ben.decide("accept")
    assert ben.status == 409
    assert "traffic-2 was rejected by ana (about <i>nothing</i>)" in ben.warned
    assert "about <i>nothing</i>" in ben.parsed.all("ul", class_="decisions")[0].text
    ben.decide("accept")
    assert [(one.by, one.decision) for one in ben.written] == [("ana", "reject"), ("ben", "accept")]
    assert "disputed" in ana.get("rows/traffic/2").all("h1")[0].text


def test_of_many_at_the_same_moment_one_decides(ana: Visitor) -> None:
    everybody = [ana.beside(f"reviewer {number}") for number in range(6)]
    for one in everybody:
        one.get("rows/traffic/7")
    with ThreadPoolExecutor(len(everybody)) as threads:
        list(threads.map(lambda one: one.decide("accept"), everybody))
    assert sorted(one.status for one in everybody) == [200, *[409] * 5]
    assert len(ana.written) == 1


def test_a_second_opinion_is_not_swayed(ana: Visitor) -> None:
    ana.get("rows/traffic/5")
    ana.decide("reject", reason="secret words")
    ben = ana.beside("ben")
    ben.get("rows/traffic?queue=second")
    assert ben.row == "traffic-5"
    assert "secret words" not in ben.parsed.all("ul", class_="decisions")[0].text
    assert "What others decided shows when you have decided" in ben.page
    ben.decide("accept")
    assert "Nothing is left in “Second opinion”" in ben.page
    assert "rejected: secret words" in " ".join(ben.get("rows/traffic/5").all("ul", class_="decisions")[0].text.split())


def test_a_file_that_cannot_be_written_is_told(ana: Visitor) -> None:
    ana.get("rows/traffic")
    ana.desk.file.mkdir()
    ana.decide("accept")
    assert ana.status == 422
    assert str(ana.desk.file) in ana.warned


def test_a_form_that_is_none_is_told(ana: Visitor) -> None:
    ana.get("rows/traffic")
    headers = {"origin": OWN, "content-type": "application/json"}
    assert "this is no form" in ana.client.post(ana.at, content=b"{}", headers=headers).text
    headers["content-type"] = "application/x-www-form-urlencoded"
    for content in (b"since=%ff", b"&".join(b"a=1" for _ in range(50))):
        assert "the form cannot be read" in ana.client.post(ana.at, content=content, headers=headers).text
    assert "more than 2,000,000 bytes" in ana.client.post(ana.at, content=b"text=" + b"x" * 2_000_001, headers=headers).text
    assert not ana.desk.file.exists()


# Queues


def test_what_others_doubt_comes_first(ana: Visitor) -> None:
    ben = ana.beside("ben")
    ben.get("rows/traffic/9")
    ben.decide("unsure")
    ana.get("rows/traffic")
    assert ana.row == "traffic-9"
    ana.decide("accept")
    assert ana.row == "traffic-10"
    assert "disputed" in ana.get("rows/traffic/9").all("h1")[0].text
    assert list(rows_in(ana, "queue=unsure")) == ["traffic-9"]


def test_rows_that_were_set_aside_come_before_the_others_and_are_let_in(ana: Visitor) -> None:
    output = ana.desk.dataset.folder
    ana.get("rows/examples")
    waiting = list(rows_in(ana, "queue=waiting", "examples"))
    assert waiting[0] == next(rows_in(ana, "queue=open", "examples"))
    before = {row["provenance"]["row"] for row in Dataset.open(output).rows("examples")}
    disagreed = next(row for row in waiting if "Set aside in 'review'" in _shown(ana, row))
    ana.get(f"rows/examples/{disagreed[9:]}")
    ana.decide("accept")
    lacking = next(row for row in waiting if "It lacks 'example'" in _shown(ana, row))
    page = ana.get(f"rows/examples/{lacking[9:]}")
    (box,) = [one for one in page.all("textarea") if one.attributes["id"] == "edit-example"]
    assert json.loads(box.text).keys() == {"reply", "escalate"}
    ana.decide("edit", path="example", text="{oops")
    assert "this is no JSON" in ana.warned
    ana.decide("edit", path="example", text='{"reply": "It comes today.", "escalate": false}')
    after = {row["provenance"]["row"]: row for row in reviewed(Dataset.open(output)).rows("examples")}
    assert after.keys() - before == {int(disagreed[9:]), int(lacking[9:])}
    assert after[int(lacking[9:])]["example"] == {"reply": "It comes today.", "escalate": False}


def _shown(ana: Visitor, row: str) -> str:
    ana.get(f"rows/examples/{row[9:]}")
    return ana.warned


def test_an_answer_of_claudes_is_edited_in_place(ana: Visitor) -> None:
    place = next(row["provenance"]["row"] for row in Dataset.open(ana.desk.dataset.folder).rows("examples"))
    page = ana.get(f"rows/examples/{place}")
    assert [one.attributes["data-key"] for one in page.all("summary", data_key="e")] == ["e"]
    ana.decide("edit", path="example.reply", text="Sorry, on Monday.")
    made = next(row for row in reviewed(Dataset.open(ana.desk.dataset.folder)).rows("examples") if row["provenance"]["row"] == place)
    assert made["example"]["reply"] == "Sorry, on Monday."


def test_what_is_changed_in_a_row_shows_in_those_made_from_it(ana: Visitor) -> None:
    dataset = Dataset.open(ana.desk.dataset.folder)
    child = next(iter(dataset.rows("examples")))["provenance"]
    ana.get(f"rows/traffic/{child['parent']}")
    ana.decide("edit", path="input", text="quite another text")
    assert "quite another text" in ana.get(f"rows/examples/{child['row']}").all("div", class_="texts")[0].text
    ana.get(f"rows/traffic/{child['parent']}")
    ana.decide("reject", reason="no")
    ana.get(f"rows/examples/{child['row']}")
    assert f"traffic-{child['parent']}, which it was made from, is rejected" in ana.warned


@pytest.mark.parametrize(
    ("query", "test"),
    [
        ("queue=label&label=intent&is=broken", lambda row: row["intent"] == "broken"),
        ("queue=search&q=WHERE", lambda row: "where" in f"{row['input']} {row['message']}".lower()),
        ("queue=sample", lambda row: True),
        ("queue=odd", lambda row: True),
    ],
)
def test_a_queue_holds_the_rows_that_it_names(query: str, test: Any, made: Path) -> None:
    wanted = {f"traffic-{row['provenance']['row']}" for row in Dataset.open(made).rows("traffic") if test(row)}
    found = list(rows_in(Visitor.of(made), query))
    assert set(found) == wanted
    assert len(found) == len(wanted) > 2


def test_a_random_sample_is_the_same_for_everybody_and_not_in_order(made: Path) -> None:
    first, again = (list(rows_in(Visitor.of(made, by), "queue=sample")) for by in ("ana", "ben"))
    assert first == again != sorted(first)


def test_disagreements_are_a_queue_where_nothing_set_them_aside(tmp_path: Path) -> None:
    fields = {
        "intent": {"kind": "choice", "options": INTENTS},
        "message": {"kind": "template", "template": "it is {{ intent }}"},
        "solved": {"kind": "solve", "of": "message", "output": INTENTS},
    }
    recipe = {"name": "shop", "tables": {"t": {"rows": 20, "fields": fields}}}
    claude = ScriptedModel(lambda prompt, stream: json.dumps({"answer": stream.choice(INTENTS)}) + "\n")
    out = synthgen.make(recipe, out=tmp_path / "shop", models={"claude": claude}).folder
    wanted = [f"t-{row['provenance']['row']}" for row in Dataset.open(out).rows("t") if row["intent"] != row["solved"]]
    assert list(rows_in(Visitor.of(out), "queue=differing", "t")) == wanted
    assert 3 < len(wanted) < 20


def test_a_queue_that_is_done_says_so(ana: Visitor) -> None:
    ana.get("rows/traffic?queue=search&q=zero")
    ana.decide("accept")
    while ana.row:
        ana.decide("accept")
    assert "Nothing is left in “search: zero”" in ana.page


def test_the_overview_counts(ana: Visitor) -> None:
    ben = ana.beside("ben")
    for place in range(6):
        for one in (ana, ben):
            one.get(f"rows/traffic/{place}")
            one.decide("accept" if place < 4 else "reject", reason="no")
    page = ana.get()
    assert "6 of 30 rows decided, 6 by you" in page.all("section")[0].text
    assert "ana and ben agree on 100 % of 6 rows that both decided; Cohen's kappa 1.00" in ana.page
    assert "more for ±5 points" in ana.page


# Outputs that are made again


def test_decisions_on_rows_that_say_something_else_now_count_for_nothing(tmp_path: Path) -> None:
    ana = Visitor.of(make_hostile(tmp_path))
    before = said(ana.desk)
    ana.get("rows/traffic")
    for _ in range(20):
        ana.decide("accept")
    again = Visitor.of(make_hostile(tmp_path, seed=9))
    after = said(again.desk)
    same = [row for place, row in enumerate(before) if place < 20 and before[row] == after[row]]
    assert list(rows_in(again, "queue=accepted")) == same
    assert f"{len(same)} of 30 rows decided" in again.get().all("section")[0].text
    gone = next(row for row in before if row not in same)
    assert "outdated" in again.get(f"rows/traffic/{gone[8:]}").all("ul", class_="decisions")[0].text


def said(desk: ReviewDesk) -> dict[str, list[Any]]:
    """What is read of each row."""
    rows = Dataset.open(desk.dataset.folder).rows("traffic")
    return {f"traffic-{row['provenance']['row']}": [row[name] for name in ("intent", "case", "message", "input")] for row in rows}


def test_an_output_that_is_made_again_meanwhile_is_shown_anew(tmp_path: Path) -> None:
    ana = Visitor.of(make_hostile(tmp_path))
    before = said(ana.desk)
    ana.get("rows/traffic")
    ana.decide("accept")
    asking = ana.beside("ana")
    asked = asking.get("take/question").all("input", name="row")[0].attributes["value"]
    input_ = asking.parsed.all("div", class_="texts")[0].text
    make_hostile(tmp_path, seed=9)
    changed = next(row for row, values in said(ana.desk).items() if before[row] != values and row != "traffic-0")
    ana.post(
        ana.at.replace("/1?", f"/{changed[8:]}?"), decision="accept", since=ana.parsed.all("input", name="since")[0].attributes["value"]
    )
    assert ana.status == 409
    assert f"{changed} says something else since you opened it; nothing was written" in ana.warned
    ana.decide("accept")
    assert [one.row for one in ana.written] == ["traffic-0", changed]
    assert changed in list(rows_in(ana, "queue=accepted"))
    asking.answer("broken")
    assert f"{asked} says something else since it was asked" in asking.warned
    assert input_ not in asking.get("take/question?count=9").all("div", class_="texts")[0].text
    assert [one.decision for one in ana.written] == ["accept", "accept"]


def test_another_file_of_decisions_is_noticed(ana: Visitor) -> None:
    ana.get("rows/traffic")
    ana.decide("accept")
    ana.decide("accept")
    lines = ana.desk.file.read_text().splitlines(keepends=True)
    ana.desk.file.unlink()
    ana.desk.file.write_text(lines[1])  # as git does it
    assert list(rows_in(ana, "queue=accepted")) == ["traffic-1"]


def test_a_damaged_file_is_told_with_its_line(output: Path) -> None:
    ana = Visitor.of(output)
    ana.get("rows/traffic")
    ana.decide("accept")
    ana.desk.file.write_text(ana.desk.file.read_text() + "<<<<<<< HEAD\n")
    ana.get()
    assert "line 2" in ana.warned
    with pytest.raises(DataError, match="line 2"):
        ReviewDesk.open(output)


# Take it yourself


def test_a_question_shows_the_input_and_nothing_that_gives_the_target_away(ana: Visitor) -> None:
    rows = {f"examples-{row['provenance']['row']}": row for row in Dataset.open(ana.desk.dataset.folder).rows("examples")}
    shown: dict[str, set[str]] = {}
    for number in range(1, 9):
        page = ana.get("take/question?count=8&since=2000-01-01T00:00:00.000Z")
        row = page.all("input", name="row")[0].attributes["value"]
        said = page.all("div", class_="texts")[0].text
        assert [one.attributes["value"] for one in page.all("button", name="text")] == INTENTS, "in the recipe's order"
        assert "Which intent?" in ana.page, "the model's own instructions"
        rest = ana.page.replace(row, "ROW").replace(f"Question {number}", "Question").replace(f'value="{number - 1}"', "")
        whole = Parsed(rest).elements[0].text.replace(said, "")
        shown.setdefault(whole, set()).add(rows[row]["intent"])
        ana.answer("broken")
    (targets,) = shown.values()
    assert len(targets) > 1, "pages of different targets are the same but for the input"


def test_answers_are_written_at_once_and_compared_at_the_end(ana: Visitor) -> None:
    rows = {f"examples-{row['provenance']['row']}": row for row in Dataset.open(ana.desk.dataset.folder).rows("examples")}
    page = ana.get("take/question?count=3")
    given = ["right", "wrong", ""]
    for kind in given:
        row = page.all("input", name="row")[0].attributes["value"]
        target = rows[row]["intent"]
        text = {"right": target, "wrong": next(one for one in INTENTS if one != target), "": ""}[kind]
        page = ana.answer(text, seconds="2.5")
    assert ana.at.partition("?")[0].endswith("/take/result")
    assert "1 of 3 as the target says, 33 %" in ana.page
    assert "2.5 s for the middle one" in ana.page
    assert len(page.all("dl", class_="differs")) == 2
    assert [(one.decision, one.field) for one in ana.written] == [("answer", "intent")] * 3
    assert ana.written[2].value is None
    assert "33 %" in ana.get().all("section")[-1].text or "33 %" in ana.page


def test_a_row_is_asked_once_and_not_after_its_target_was_seen(ana: Visitor) -> None:
    page = ana.get("take/question?count=2")
    row = page.all("input", name="row")[0].attributes["value"]
    again = ana.beside("ana")
    again.get("take/question?count=2")
    again.answer("broken")
    ana.answer("refund")
    assert "you have answered" in ana.warned
    second = ana.get("take/question?count=2").all("input", name="row")[0].attributes["value"]
    ana.get(f"rows/examples/{second[9:]}")
    ana.decide("accept")
    assert ana.get("take/question?count=2").all("input", name="row")[0].attributes["value"] not in (row, second)
    ben = ana.beside("ben")
    assert ben.get("take/question?count=2").all("input", name="row")[0].attributes["value"] == row, "the same rows for everybody"


def test_an_answer_that_is_no_option_is_told(ana: Visitor) -> None:
    ana.get("take/question")
    ana.answer("brokn")
    assert "did you mean 'broken'" in ana.warned
    ana.get("take/question")
    ana.answer("broken", row="examples-99999")
    assert "there is no row" in ana.warned
    assert ana.written == []


def test_what_the_recipe_calls_out_is_an_answer_too(tmp_path: Path) -> None:
    fields = {
        "intent": {"kind": "choice", "options": INTENTS},
        "message": {"kind": "template", "template": "it is {{ intent }}"},
        "case": {"kind": "choice", "options": {"empty": 1, "none": 3}},
        "input": {"kind": "edge_case", "of": "message", "case": "{{ case }}"},
    }
    harness = {"input": "input", "target": "intent", "out": "unclear", "system": "You sort messages."}
    recipe = {"name": "shop", "about": "A shop.", "harness": harness, "tables": {"t": {"rows": 20, "fields": fields}}}
    ana = Visitor.of(synthgen.make(recipe, out=tmp_path / "shop").folder)
    assert "You sort messages." in ana.get("take").all("main")[0].text
    page = ana.get("take/question?count=20")
    while "/take/result" not in ana.at:
        said = page.all("div", class_="said")[0].text
        page = ana.answer("unclear" if said == "empty" else said.removeprefix("it is "))
    assert "20 of 20 as the target says, 100 %" in ana.page
    assert {"unclear"} < {one.value for one in ana.written}


def test_an_output_without_a_target_has_nothing_to_ask(tmp_path: Path) -> None:
    recipe = {"name": "shop", "tables": {"t": {"rows": 3, "fields": {"n": {"kind": "number", "between": [1, 9]}}}}}
    ana = Visitor.of(synthgen.make(recipe, out=tmp_path / "shop").folder)
    assert "Nothing can be asked" in ana.get("take").all("main")[0].text
    ana.get("take/question")
    assert "no target has options" in ana.warned
    assert ana.get("rows/t").all("main")[0].text.count("Nobody typed") == 1


# The server


def test_a_port_that_is_taken_is_told(made: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(OutputError, match="cannot be used"):
        serve(made, lambda up: None, port=taken.getsockname()[1])


def test_small_parts_of_a_page_are_sent_at_once() -> None:
    with listening_on(0) as listening:
        assert listening.proto == socket.IPPROTO_TCP, "asyncio sets TCP_NODELAY on no other; then each page takes 40 ms more"
        assert listening.getsockname()[0] == "127.0.0.1"


def test_without_the_extra_there_is_a_line_that_installs_it(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    for folder, hint in (
        (CHECKOUT, "pip install '.[review]' -c constraints.txt"),
        (tmp_path, f"pip install '{CHECKOUT}[review]' -c {CHECKOUT}/constraints.txt"),
    ):
        monkeypatch.chdir(folder)
        with pytest.raises(OutputError, match="uvicorn") as told:
            serve(made.absolute(), lambda up: None)
        way, other = told.value.hint.split("\nor without a page: ")
        assert (way, other) == (hint, f"synthgen review {made.absolute()} --terminal")
    monkeypatch.setattr("synthgen.versions.CHECKOUT", tmp_path)
    assert install_extra("review", "starlette", "uvicorn") == "pip install starlette uvicorn"


def test_a_name_is_looked_at_before_the_server_is_up(made: Path) -> None:
    with pytest.raises(DataError, match="a reviewer has a name"):
        serve(made, lambda up: None, by="a/b")


def test_a_table_that_has_no_rows_yet_shows_those_that_wait(tmp_path: Path) -> None:
    fields = {"intent": {"kind": "choice", "options": INTENTS}, "message": {"kind": "template", "template": "it is {{ intent }}"}}
    solved = {"solved": {"kind": "solve", "of": "message", "output": [*INTENTS, "other"]}}
    examples = {"from": {"table": "t"}, "fields": solved, "keep": [{"kind": "agrees", "field": "solved", "with": "intent"}]}
    recipe = {"name": "shop", "tables": {"t": {"rows": 4, "fields": fields}, "examples": examples}}
    wrong = ScriptedModel(lambda prompt, stream: json.dumps({"answer": "other"}) + "\n")
    ana = Visitor.of(synthgen.make(recipe, out=tmp_path / "shop", models={"claude": wrong}).folder)
    assert "0 of 4 rows decided" in ana.get().all("section")[1].text
    ana.get("rows/examples")
    assert len(list(rows_in(ana, "queue=waiting", "examples"))) == 4
    ana.get("rows/examples")
    ana.decide("accept")
    assert [row["intent"] for row in reviewed(Dataset.open(tmp_path / "shop")).rows("examples")] == [
        row["intent"] for row in Dataset.open(tmp_path / "shop").rows("t") if f"examples-{row['provenance']['row']}" == ana.written[0].row
    ]
    for queue in ("odd", "sample", "search&q=it", "label&label=intent&is=broken", "differing"):
        assert list(rows_in(ana, f"queue={queue}", "examples")) == []


def test_a_table_that_was_left_out_is_no_stumbling_block(output: Path) -> None:
    shutil.rmtree(output / "traffic")
    manifest = json.loads((output / "manifest.json").read_text())
    manifest["files"] = {path: told for path, told in manifest["files"].items() if not path.startswith("traffic/")}
    (output / "manifest.json").write_text(json.dumps(manifest))
    ana = Visitor.of(output)
    assert [one.text for one in ana.get().all("h2")][:1] == ["examples"]
    ana.get("rows/examples")
    ana.decide("accept")
    assert ana.said.endswith("accepted.")
    ana.get("rows/traffic")
    assert "there is no table 'traffic'" in ana.warned


def test_every_decision_of_the_file_is_one(ana: Visitor) -> None:
    ana.get("rows/traffic")
    for decision, more in [("accept", {}), ("unsure", {}), ("reject", {"reason": HOSTILE[3]})]:
        ana.decide(decision, **more)
    assert all(isinstance(one, Decision) and one.id and one.at for one in ana.written)
    assert ana.written[2].reason == HOSTILE[3].strip()
    assert "\u202e" not in ana.get("rows/traffic/2").all("ul", class_="decisions")[0].text
