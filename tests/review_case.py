"""An output to review whose rows are hostile, and people who review it: over HTTP, without a browser."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from random import Random
from typing import Any

import pytest
from conftest import chatter
from starlette.testclient import TestClient

import synthgen
from synthgen.decisions import Decision, Review
from synthgen.models import ScriptedModel
from synthgen.reviewing.page.desk import ReviewDesk
from synthgen.reviewing.page.gate import Gate
from synthgen.reviewing.page.pages import Pages
from synthgen.spec.rows import Prompt

HOSTILE = [
    "<script>document.title = 'taken'</script> where is it",
    "</textarea></td></main><img src=x onerror=\"document.title = 'taken'\">",
    "a\u200bb zero\u200dwidth \ufeff here",
    "\u202eevil\u202c order \u2066x\u2069",
    "\x1b[31mred\x1b[0m bell\x07",
    "{{ intent }} {% raw %} &lt;b&gt; '\"",
    "\none\ntwo",
]
INTENTS = ["late <x>", "broken", "refund"]
REPLY = {"reply": "text", "escalate": "boolean"}
RECIPE: dict[str, Any] = {
    "name": "shop",
    "about": "Customers of a <i>shop</i>.",
    "seed": 5,
    "tables": {
        "traffic": {
            "rows": 30,
            "fields": {
                "intent": {"kind": "choice", "options": INTENTS},
                "case": {"kind": "choice", "options": {"none": 3, "truncated": 1}},
                "said": {"kind": "load", "file": "messages.jsonl", "field": "text", "hidden": True},
                "message": {"kind": "noise", "of": "said", "rate": 0.02},
                "input": {"kind": "edge_case", "of": "message", "case": "{{ case }}"},
            },
        },
        "examples": {
            "from": {"table": "traffic", "rows": 20},
            "fields": {
                "example": {"kind": "claude", "task": "Reply.", "output": REPLY, "out": "unsure", "tries": 1},
                "solved": {"kind": "solve", "of": "input", "task": "Which intent?", "output": INTENTS},
            },
            "keep": [{"kind": "agrees", "field": "solved", "with": "intent"}],
        },
    },
}  # fmt: skip


def claude(prompt: Prompt, stream: Random) -> str:
    """Replies, of which some are unsure; and intents, of which half are wrong."""
    if "escalate" not in (prompt.brief.schema if prompt.brief else ""):
        return json.dumps({"answer": stream.choice(INTENTS)}) + "\n"
    if stream.random() < 0.2:
        return json.dumps({"outcome": "unsure", "why": "which <b>order</b>?\u202e", "answer": None}) + "\n"
    return json.dumps({"outcome": "answer", "why": "", "answer": {"reply": "<b>Sorry</b>, tomorrow.", "escalate": True}}) + "\n"


def make_hostile(folder: Path, **changes: Any) -> Path:
    """Make it in the folder `shop` there."""
    texts = chatter(60)
    texts[: 2 * len(HOSTILE) : 2] = HOSTILE
    (folder / "messages.jsonl").write_text("\n".join(json.dumps({"text": text}) for text in texts))
    (folder / "recipe.yaml").write_text(json.dumps(RECIPE))
    made = synthgen.make(folder / "recipe.yaml", out=folder / "shop", models={"claude": ScriptedModel(claude)}, **changes)
    assert set(made.manifest["aside"]) == {"unsure", "review"}
    return made.folder


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An output of hostile rows. Nobody decides on it."""
    return make_hostile(tmp_path_factory.mktemp("hostile"))


@pytest.fixture
def output(made: Path, tmp_path: Path) -> Path:
    """A copy to decide on."""
    return Path(shutil.copytree(made, tmp_path / "shop"))


@dataclass
class Element:
    """An element of a page: its tag, its attributes, and all text in it."""

    tag: str
    attributes: dict[str, str]
    text: str = ""


class Parsed(HTMLParser):
    """The elements of a page, in order; fails where one is closed that is not open."""

    VOID = {"meta", "link", "input", "br", "option", "line", "rect", "circle"}

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[Element] = []
        self._open: list[Element] = []
        self.feed(page)
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(Element(tag, {name: value or "" for name, value in attrs}))
        if tag not in self.VOID:
            self._open.append(self.elements[-1])

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.VOID:
            assert self._open.pop().tag == tag

    def handle_data(self, data: str) -> None:
        for element in self._open:
            element.text += data

    def all(self, tag: str, **attributes: str) -> list[Element]:
        """The elements of a tag that have these attributes (class_ for class)."""
        wanted = {name.rstrip("_").replace("_", "-"): value for name, value in attributes.items()}
        return [
            one
            for one in self.elements
            if one.tag == tag
            and all(value in one.attributes.get(name, "").split() or one.attributes.get(name) == value for name, value in wanted.items())
        ]


@dataclass
class Visitor:
    """A browser without a screen, that has the page of an output; `at` is the address that it shows."""

    desk: ReviewDesk
    by: str = "ana"
    at: str = ""
    page: str = ""
    status: int = 0
    token: str = ""
    client: TestClient = field(init=False)

    def __post_init__(self) -> None:
        self.gate = Gate(Pages(self.desk).app(), **({"token": self.token} if self.token else {}))
        self.token = self.gate.token
        self.client = TestClient(self.gate, base_url="http://127.0.0.1:8000", raise_server_exceptions=True)

    @classmethod
    def of(cls, output: Path, by: str = "ana") -> Visitor:
        """One with a server of its own."""
        return cls(ReviewDesk.open(output), by)

    def beside(self, by: str) -> Visitor:
        """Another reviewer, or another tab, on the same server."""
        return Visitor(self.desk, by, token=self.token)

    def get(self, path: str = "") -> Parsed:
        """A page of the reviewer."""
        return self._took(self.client.get(f"/{self.token}/by/{self.by}/{path}"))

    def decide(self, decision: str, **form: str) -> Parsed:
        """Decide on the row that is shown, as it is shown."""
        (since,) = {one.attributes["value"] for one in self.parsed.all("input", name="since")}
        return self.post(self.at, decision=decision, since=since, **form)

    def answer(self, text: str, **form: str) -> Parsed:
        """Answer the question that is shown."""
        hidden = {one.attributes["name"]: one.attributes["value"] for one in self.parsed.all("input", type="hidden")}
        return self.post(self.at, **{**hidden, "text": text, **form})

    def post(self, address: str, **form: str) -> Parsed:
        """Send a form to an address."""
        headers = {"origin": "http://127.0.0.1:8000", "content-type": "application/x-www-form-urlencoded"}
        return self._took(self.client.post(address, data=form, headers=headers))

    def undo(self) -> Parsed:
        """Take the last decision back."""
        return self.post(f"/{self.token}/by/{self.by}/undo")

    def _took(self, answer: Any) -> Parsed:
        self.at, self.page, self.status = str(answer.url), answer.text, answer.status_code
        return self.parsed

    @property
    def parsed(self) -> Parsed:
        """The page that is shown."""
        return Parsed(self.page)

    @property
    def row(self) -> str:
        """The row that is shown; "" where none is."""
        found = re.search(r"/rows/(\w+)/(\d+)", self.at)
        return f"{found[1]}-{found[2]}" if found else ""

    @property
    def said(self) -> str:
        """What the page says was just decided."""
        return self.parsed.all("p", id="said")[0].text

    @property
    def warned(self) -> str:
        """What is wrong, as the page says it."""
        return " ".join(one.text for one in self.parsed.all("p", class_="warning"))

    @property
    def written(self) -> list[Decision]:
        """The decisions that are in the file, as another process reads them."""
        return list(Review.load(self.desk.file))


def rows_in(visitor: Visitor, query: str, table: str = "traffic") -> Iterator[str]:
    """The rows of a queue, from the first on by the key j."""
    page = visitor.get(f"rows/{table}?{query}")
    while visitor.row:
        yield visitor.row
        following = page.all("a", data_key="j")
        if not following:
            return
        page = visitor._took(visitor.client.get(following[0].attributes["href"]))
