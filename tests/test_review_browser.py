"""The page of a review in a real browser: keys, tabs, reviewers, a killed server, hostile rows, and people who cannot see or point."""

from __future__ import annotations

import json
import os
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import review_case
from browser import CHROMIUM, Browser, browser
from review_case import INTENTS
from servers.review import command, served

from synthgen.dataset import Dataset, Output
from synthgen.decisions import Decision, Review

made, output = review_case.made, review_case.output

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium here to look at the page with")

AXE = Path(os.environ.get("AXE_CORE", "node_modules/axe-core/axe.min.js"))
SAID = "document.getElementById('said').textContent"
FAULT = "document.getElementById('fault').textContent"
ROW = "(document.querySelector('h1')?.textContent ?? '').split(' ')[0]"
FOCUS = "document.activeElement"


@pytest.fixture
def address(output: Path) -> Iterator[str]:
    with served(output) as place:
        yield place


@pytest.fixture(scope="module")
def window(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with browser(tmp_path_factory.mktemp("profile")) as one:
        yield one


@pytest.fixture
def chromium(window: Browser) -> Browser:
    """A tab of its own in the browser that the tests share."""
    window.tab()
    window.events.clear()
    return window


def written(output: Path) -> list[Decision]:
    """What is in the file, as another process reads it."""
    return list(Review.load(Output(output).review))


def says(chromium: Browser, text: str) -> None:
    """Wait until the page says that something was done."""
    chromium.wait(f"{SAID}.includes({json.dumps(text)})")


def held(chromium: Browser) -> None:
    """The page did nothing wrong, and nothing that its policy forbids."""
    assert chromium.told() == []


def test_every_decision_is_a_key(address: str, output: Path, chromium: Browser) -> None:
    chromium.open(f"{address}by/ana/rows/traffic")
    chromium.press("a")
    says(chromium, "traffic-0 accepted")
    chromium.press("u")
    says(chromium, "traffic-1 marked unsure")
    chromium.press("r")
    chromium.press("2")
    says(chromium, "traffic-2 rejected: makes no sense")
    chromium.press("r")
    chromium.type("2 things at once")
    chromium.press("Enter", text="\r")
    says(chromium, "traffic-3 rejected: 2 things at once")
    chromium.press("z")
    says(chromium, "Undone: traffic-3")
    assert chromium.run(ROW) == "traffic-3"
    intent = next(row["intent"] for row in Dataset.open(output).rows("traffic") if row["provenance"]["row"] == 3)
    other = next(one for one in INTENTS if one != intent)
    chromium.press("l")
    chromium.press(str(1 + INTENTS.index(other)))
    says(chromium, f"traffic-3 relabelled: intent is {other}")
    chromium.press("e")
    chromium.type(" and more")
    chromium.press("Enter", control=True)
    says(chromium, "traffic-3 edited: input")
    chromium.press("ArrowRight")
    chromium.wait(f"{ROW} === 'traffic-4'")
    chromium.press("k")
    chromium.wait(f"{ROW} === 'traffic-3'")
    assert [(one.row, one.decision) for one in written(output)] == [
        ("traffic-0", "accept"), ("traffic-1", "unsure"), ("traffic-2", "reject"), ("traffic-3", "reject"), ("traffic-3", "undo"),
        ("traffic-3", "relabel"), ("traffic-3", "edit"),
    ]  # fmt: skip
    assert str(written(output)[6].value).endswith(" and more")
    held(chromium)


def test_a_page_that_is_loaded_again_shows_what_was_decided(address: str, chromium: Browser) -> None:
    chromium.open(f"{address}by/ana/rows/traffic")
    chromium.press("a")
    says(chromium, "traffic-0 accepted")
    chromium.open(chromium.run("location.href"))
    assert chromium.run(ROW) == "traffic-1"
    chromium.press("k")
    chromium.wait(f"{ROW} === 'traffic-0'")
    assert "ana accepted" in " ".join(chromium.run("document.querySelector('.decisions').textContent").split())
    chromium.open(f"{address}by/ana/rows/traffic")
    assert chromium.run(ROW) == "traffic-1", "what is decided is not asked again"


def test_a_server_that_is_killed_loses_nothing_and_is_told(output: Path, chromium: Browser) -> None:
    with command(output, "--by", "ana") as first:
        chromium.open(first.address)
        chromium.open(f"{first.address}by/ana/rows/traffic")
        for row in range(3):
            chromium.press("a")
            says(chromium, f"traffic-{row} accepted")
        chromium.press("r")
        chromium.type("half a rea")
        first.kill()
    chromium.press("Enter", text="\r")
    chromium.wait(f"{FAULT}.includes('nothing was written')")
    assert chromium.run(ROW) == "traffic-3"
    assert chromium.run("document.querySelector('input[name=reason]').value") == "half a rea"
    assert [(one.row, one.decision) for one in written(output)] == [(f"traffic-{row}", "accept") for row in range(3)]
    with Output(output).review.open("ab") as file:
        file.write(b'{"id": "half", "at": "20')  # as a kill in the middle of writing leaves it
    with command(output, "--by", "ana") as second:
        chromium.open(f"{second.address}by/ana/rows/traffic")
        assert chromium.run(ROW) == "traffic-3"
        chromium.press("a")
        says(chromium, "traffic-3 accepted")
        assert "1 decision written" in second.stop()
    assert len(written(output)) == 4


def test_a_page_of_an_earlier_start_is_told_so(output: Path, chromium: Browser) -> None:
    with command(output) as first:
        port = first.address.split("/")[2].rpartition(":")[2]
        chromium.open(f"{first.address}by/ana/rows/traffic")
        first.kill()
    with command(output, "--port", port):
        chromium.press("a")
        chromium.wait(f"{FAULT}.includes('Open the address that the command printed')")
    assert written(output) == []


def test_two_tabs_on_one_row_do_not_overwrite_each_other(address: str, output: Path, chromium: Browser) -> None:
    chromium.open(f"{address}by/ana/rows/traffic/2")
    first = chromium.tab()
    chromium.open(f"{address}by/ana/rows/traffic/2")
    chromium.press("r")
    chromium.type("words of the second tab")
    second, chromium.session = chromium.session, first
    chromium.press("a")
    says(chromium, "traffic-2 accepted")
    chromium.session = second
    chromium.press("Enter", text="\r")
    chromium.wait("document.querySelector('.warning')")
    assert "traffic-2 was accepted by ana since you opened it" in chromium.run("document.querySelector('.warning').textContent")
    assert chromium.run(f"[{FOCUS}.name, {FOCUS}.value]") == ["reason", "words of the second tab"]
    assert [one.decision for one in written(output)] == ["accept"]
    chromium.press("Enter", text="\r")
    says(chromium, "traffic-2 rejected: words of the second tab")
    assert [one.decision for one in written(output)] == ["accept", "reject"]


def test_two_reviewers_at_once_both_count(address: str, output: Path, chromium: Browser) -> None:
    chromium.open(f"{address}by/ben/rows/traffic/4")
    ben = chromium.tab()
    chromium.open(f"{address}by/ana/rows/traffic/4")
    ana = chromium.session
    chromium.press("a")
    says(chromium, "traffic-4 accepted")
    chromium.session = ben
    chromium.press("u")
    chromium.wait("document.querySelector('.warning')")
    assert "was accepted by ana" in chromium.run("document.querySelector('.warning').textContent")
    chromium.press("u")
    says(chromium, "traffic-4 marked unsure")
    chromium.session = ana
    chromium.open(f"{address}by/ana/rows/traffic/4")
    assert chromium.run("document.querySelector('.status').textContent") == "disputed"
    assert {(one.by, one.decision) for one in written(output)} == {("ana", "accept"), ("ben", "unsure")}


@pytest.mark.parametrize("table", ["traffic", "examples"])
def test_hostile_rows_are_text_and_nothing_runs(table: str, address: str, chromium: Browser) -> None:
    chromium.open(f"{address}by/ana/rows/{table}")
    seen = set()
    while True:
        row = chromium.run(ROW)
        seen.add(row)
        assert chromium.run("document.title") == f"{row} · shop"
        assert chromium.run("document.images.length + document.querySelectorAll('main script, main style').length") == 0
        chromium.press("w")
        chromium.wait("document.title.startsWith('Why')")
        assert chromium.run("document.images.length + document.querySelectorAll('main script, main style').length") == 0
        chromium.run("history.back()")
        chromium.wait(f"{ROW} === '{row}' && document.readyState === 'complete'")
        if not chromium.run("!!document.querySelector('[data-key=j]')") or len(seen) > 8:
            break
        chromium.press("j")
        chromium.wait(f"{ROW} !== '{row}'")
    assert len(seen) > 5
    held(chromium)


def test_it_is_taken_by_keyboard_and_against_the_clock(address: str, output: Path, chromium: Browser) -> None:
    chromium.open(f"{address}by/ana/take/question?count=2&limit=600")
    chromium.wait("document.getElementById('clock').textContent !== ''")
    chromium.press("2")
    chromium.wait("document.querySelector('h1')?.textContent.startsWith('Question 2')")
    chromium.press("3")
    chromium.wait("document.querySelector('h1')?.textContent.includes('result')")
    assert [(one.decision, one.value) for one in written(output)] == [("answer", INTENTS[1]), ("answer", INTENTS[2])]
    assert all(one.seconds is not None for one in written(output))
    chromium.open(f"{address}by/ana/take/question?count=1&limit=1")
    chromium.wait("document.querySelector('h1')?.textContent.includes('result')")
    assert [(one.decision, one.value, one.reason) for one in written(output)][2:] == [("answer", None, "the time ran out")]
    held(chromium)


def test_keys_can_be_turned_off(address: str, output: Path, chromium: Browser) -> None:
    chromium.open(f"{address}by/ana/rows/traffic")
    chromium.press("?", text="?")
    chromium.wait("document.getElementById('help').open")
    chromium.press(" ", "Space", " ")
    chromium.press("Escape")
    chromium.wait("!document.getElementById('help').open")
    chromium.press("a")
    chromium.run("document.querySelector('[value=unsure]').focus()")
    chromium.press("Enter", text="\r")
    says(chromium, "traffic-0 marked unsure")
    assert [one.decision for one in written(output)] == ["unsure"]
    chromium.run("localStorage.clear()")


def test_escape_closes_what_is_open_and_a_key_is_a_letter_in_a_box(address: str, output: Path, chromium: Browser) -> None:
    chromium.open(f"{address}by/ana/rows/traffic")
    chromium.press("r")
    for letter in "auz?":
        chromium.press(letter, text=letter)
    assert chromium.run(f"{FOCUS}.value") == "auz?"
    chromium.press("Escape")
    assert chromium.run(f"[{FOCUS}.tagName, document.querySelector('.reject').open]") == ["SUMMARY", False]
    assert written(output) == []


@contextmanager
def every_page(address: str, chromium: Browser) -> Iterator[Iterator[str]]:
    """The pages, one after the other, also with what can be opened on them."""

    def opened() -> Iterator[str]:
        chromium.open(f"{address}by/ben/rows/traffic/1")
        chromium.press("r")
        chromium.press("1")
        says(chromium, "rejected")
        chromium.open(f"{address}by/ben/take/question?count=1")
        chromium.press("1")
        chromium.wait("document.querySelector('h1')?.textContent.includes('result')")
        yield "the result"
        pages = [
            "",
            "by/ana/",
            "by/ana/rows/traffic/1",
            "by/ana/rows/traffic/4",
            "by/ana/rows/examples?queue=waiting",
            "by/ana/why/examples-3",
        ]
        pages += ["by/ana/take", "by/ana/take/question?count=1", "by/ana/take/result", "by/ana/rows/nope"]
        for page in pages:
            chromium.open(f"{address}{page}")
            yield page
        chromium.events.clear()  # the last one is told to be an error, by its status
        for key in ("r", "l", "e", "?"):
            chromium.open(f"{address}by/ana/rows/traffic/4")
            chromium.press(key)
            yield f"after {key}"

    yield opened()


@pytest.mark.parametrize("width", [1280, 768, 390])
def test_nothing_is_wider_than_the_window(width: int, address: str, chromium: Browser) -> None:
    chromium.size(width)
    with every_page(address, chromium) as pages:
        for page in pages:
            chromium.run("document.querySelectorAll('details:not([name])').forEach((one) => (one.open = true))")
            assert chromium.run("document.documentElement.scrollWidth") <= width, page
    held(chromium)


@pytest.mark.skipif(not AXE.exists(), reason="axe-core is not installed: npm install axe-core, and AXE_CORE=…/axe.min.js")
@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("width", [1280, 390])
def test_axe_finds_no_serious_fault(width: int, dark: bool, address: str, chromium: Browser) -> None:
    chromium.size(width, dark=dark)
    found = []
    with every_page(address, chromium) as pages:
        for page in pages:
            chromium.run(AXE.read_text(encoding="utf-8") + "; 0")
            faults = chromium.run("axe.run(document, {resultTypes: ['violations']}).then((found) => found.violations)")
            found += [
                (page, fault["id"], [node["target"] for node in fault["nodes"]][:3])
                for fault in faults
                if fault["impact"] in ("serious", "critical")
            ]
    assert found == []


def test_focus_is_seen_and_what_was_decided_is_read_out(address: str, chromium: Browser) -> None:
    chromium.open(f"{address}by/ana/rows/traffic")
    assert chromium.run("document.getElementById('said').role || document.getElementById('said').getAttribute('role')") == "status"
    region = "window.region = document.getElementById('said')"
    chromium.run(f"{region}; 0")
    for _ in range(3):
        chromium.press("Tab")
    assert chromium.run(f"getComputedStyle({FOCUS}).outlineStyle") == "solid"
    chromium.press("a")
    says(chromium, "traffic-0 accepted")
    assert chromium.run("window.region === document.getElementById('said')"), "a region that is replaced is not read out"
    assert chromium.run(f"{FOCUS}.tagName") == "H1"


def test_another_process_on_this_machine_gets_in_with_the_token_only(output: Path) -> None:
    with command(output) as running:
        host = running.address.split("/")[2]
        assert urllib.request.urlopen(running.address).status == 200
        for place in (f"http://{host}/", f"http://{host}/by/ana/", f"http://{host}/x{running.address.split('/')[3][1:]}/"):
            with pytest.raises(urllib.error.HTTPError, match="403"):
                urllib.request.urlopen(place)
        assert "0 decisions written" in running.stop()
