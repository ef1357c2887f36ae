"""The page of an output in a real browser: it loads from disk without a fault, asks for nothing, and counts a score."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from browser import CHROMIUM, Browser, browser
from conftest import chatter

import synthgen
from synthgen.dataset import REPORT

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium here to look at the page with")

HOSTILE = ["<script>document.title = 'taken'</script>", "<img src=x onerror=\"document.title = 'taken'\">", "x" * 600, "\u202eevil\u200b"]
RECIPE = {
    "name": "shop",
    "tables": {
        "t": {
            "rows": 60,
            "fields": {
                "intent": {"kind": "choice", "options": {"<b>late</b> and lost in the post for a week": 3, "broken": 1}},
                "case": {"kind": "choice", "options": {"none": 3, "truncated": 1}},
                "said": {"kind": "load", "file": "messages.jsonl", "field": "text", "hidden": True},
                "message": {"kind": "noise", "of": "said", "rate": 0.2},
                "input": {"kind": "edge_case", "of": "message", "case": "{{ case }}"},
                "number": {"kind": "number", "between": [1, 10**12]},
            },
        }
    },
}  # fmt: skip


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A page as `make` writes it, and one with real messages."""
    folder = tmp_path_factory.mktemp("shop")
    texts = [*HOSTILE, *chatter(60 - len(HOSTILE))]
    (folder / "messages.jsonl").write_text("\n".join(json.dumps({"text": text}) for text in texts))
    (folder / "recipe.yaml").write_text(json.dumps(RECIPE))
    (folder / "logs.txt").write_text("\n".join(f"real {text}" for text in chatter(60, seed=5)))
    made = synthgen.make(folder / "recipe.yaml", out=folder / "out").folder
    return {"plain": made / REPORT, "quiz": synthgen.report(made, against=folder / "logs.txt")}


@pytest.fixture
def chromium(tmp_path: Path) -> Iterator[Browser]:
    with browser(tmp_path / "profile") as one:
        yield one


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("name", ["plain", "quiz"])
def test_it_loads_from_disk_without_a_fault_or_a_request(name: str, dark: bool, pages: dict[str, Path], chromium: Browser) -> None:
    chromium.size(1280, dark=dark)
    chromium.open(pages[name])
    assert chromium.run("document.title") == "shop: report"
    assert chromium.told() == []
    assert chromium.requests() == [pages[name].resolve().as_uri()]
    assert (chromium.run("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)") is not dark


def test_a_fault_would_be_seen(pages: dict[str, Path], chromium: Browser, tmp_path: Path) -> None:
    bad = tmp_path / "bad.html"
    bad.write_text(pages["plain"].read_text().replace("</main>", "<img src='x.png'><script>nothing()</script></main>"))
    chromium.open(bad)
    chromium.run("1")
    assert len(chromium.told()) >= 2


@pytest.mark.parametrize("width", [1280, 768, 390])
def test_nothing_is_wider_than_the_window(width: int, pages: dict[str, Path], chromium: Browser) -> None:
    chromium.size(width)
    chromium.open(pages["quiz"])
    chromium.run("document.querySelectorAll('details').forEach((one) => (one.open = true))")
    assert chromium.run("document.documentElement.scrollWidth") <= width


def test_the_quiz_counts_a_score(pages: dict[str, Path], chromium: Browser) -> None:
    chromium.open(pages["quiz"])
    pick = "const pairs = [...document.querySelectorAll('fieldset')]; const real = (pair) => Number(pair.dataset.real);"
    score = "document.getElementById('score').textContent"
    count = chromium.run("document.querySelectorAll('fieldset').length")
    assert count == 20
    assert chromium.run(score) == "0 of 20 answered"
    chromium.run(f"{{{pick} pairs[0].querySelectorAll('button')[real(pairs[0])].click()}}")
    assert chromium.run(score) == "1 of 20 answered, 1 right"
    chromium.run(f"{{{pick} pairs[0].querySelectorAll('button')[1 - real(pairs[0])].click()}}")
    assert chromium.run(score) == "1 of 20 answered, 1 right", "an answer stands"
    chromium.run(f"{{{pick} pairs.slice(1, 15).forEach((pair) => pair.querySelectorAll('button')[real(pair)].click())}}")
    chromium.run(f"{{{pick} pairs.slice(15).forEach((pair) => pair.querySelectorAll('button')[1 - real(pair)].click())}}")
    assert chromium.run(score).startswith("Your score: 15 of 20. You find the real one in 53 to 89 of 100 pairs")
    assert chromium.run("document.querySelectorAll('.answer')[19].textContent").startswith("Wrong: the ")
    chromium.run("document.getElementById('again').click()")
    assert chromium.run(score) == "0 of 20 answered"
    assert chromium.told() == []


def test_the_quiz_is_answered_by_keyboard(pages: dict[str, Path], chromium: Browser) -> None:
    chromium.open(pages["quiz"])
    chromium.run("document.querySelector('fieldset button').focus()")
    chromium.press("Enter", text="\r")
    chromium.press("Tab")
    chromium.press("Tab")
    chromium.press(" ", "Space", " ")
    assert chromium.run("document.getElementById('score').textContent").startswith("2 of 20 answered")


def test_what_was_meant_is_spelled_out_on_demand_and_on_paper(pages: dict[str, Path], chromium: Browser) -> None:
    shown = "getComputedStyle(document.querySelectorAll('.meant')[1]).position"
    chromium.open(pages["plain"])
    assert chromium.run(shown) == "absolute"
    chromium.run("document.getElementById('spell-out').click()")
    assert chromium.run(shown) == "static"
    chromium.run("document.getElementById('spell-out').click()")
    chromium.call("Emulation.setEmulatedMedia", media="print")
    assert chromium.run(shown) == "static"
    assert chromium.run("getComputedStyle(document.querySelector('nav')).display") == "none"
    assert chromium.run("document.querySelector('details:not([open]):not(.facts) > :last-child').getBoundingClientRect().height") > 0
