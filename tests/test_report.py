"""The page of an output: it shows what is there, all of it as text, and asks nothing of any network."""

from __future__ import annotations

import json
import re
import shutil
from base64 import b64encode
from collections import Counter
from dataclasses import dataclass, field
from hashlib import sha256
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any

import pytest
from conftest import chatter

import synthgen
from synthgen.dataset import MANIFEST, REPORT, Dataset
from synthgen.errors import DataError, OutputError
from synthgen.models import ScriptedModel
from synthgen.reporting import render
from synthgen.reporting.contents import Contents, spread_over
from synthgen.reporting.distribution import crossings, spreads
from synthgen.reporting.page import _templates
from synthgen.reporting.typical import by_labels, by_wording
from synthgen.reporting.typing import dot
from synthgen.spec.rows import Prompt
from synthgen.text.legible import LegiblePiece, legible, unseen

VOID = {"meta", "input", "br", "img", "link", "line", "rect", "circle"}
HOSTILE = [
    "<script>alert(1)</script> where is it",
    "</td></table></main><img source=x onerror=alert(2)>",
    "a\u200bb zero\u200dwidth \ufeff here",
    "\u202eevil\u202c order \u2066x\u2069",
    "שלום where is my card",
    "tab\there, soft\u00adhyphen, no\u00a0break",
    "one\ntwo",
    "\x1b[31mred\x1b[0m bell\x07",
    "&lt;b&gt; &amp; '\"",
    "{{ intent }} {% raw %}",
    "tags\U000e0041\U000e0042 hangul\u3164filler",
    "very " * 400,
    "javascript:alert(1)",
    "<img src=x onerror=alert(3)>",
]


@dataclass
class Element:
    """An element of a page: its tag, its attributes, and the text that is straight in it."""

    tag: str
    attributes: dict[str, str]
    text: str = ""
    inside: list[Element] = field(default_factory=list)

    def all(self, tag: str = "") -> list[Element]:
        """The elements in it, in order."""
        found = [one for inner in self.inside for one in ([inner, *inner.all()])]
        return [one for one in found if not tag or one.tag == tag]

    def words(self) -> str:
        """Its text and that of all in it."""
        return self.text


class Parsed(HTMLParser):
    """A page as a tree; fails where elements are closed that are not open."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.top = Element("", {})
        self.open = [self.top]
        self.feed(page)
        assert self.open == [self.top]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs})
        self.open[-1].inside.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open[-1].inside.append(Element(tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop().tag == tag

    def handle_data(self, data: str) -> None:
        for element in self.open:
            element.text += data


def parsed(page: str | Path) -> Element:
    return Parsed(page.read_text(encoding="utf-8") if isinstance(page, Path) else page).top


def as_shown(text: str, slips: Any = ()) -> str:
    """A text as it stands in a page."""
    return "".join(f"{''.join(part.text for part in one.parts)} → {one.note}" if one.parts else one.text for one in legible(text, slips))


def section(page: Element, name: str) -> Element:
    (found,) = [one for one in page.all("section") if one.attributes.get("id") == name]
    return found


FIELDS = {
    "intent": {"kind": "choice", "options": {"late <x>": 3, "broken": 1}},
    "case": {"kind": "choice", "options": {"none": 3, "empty": 1}},
    "said": {"kind": "load", "file": "messages.jsonl", "field": "text", "hidden": True},
    "message": {"kind": "noise", "of": "said", "voice": {"texter": 1, "phone": 2}},
    "input": {"kind": "edge_case", "of": "message", "case": "{{ case }}"},
    "price": {"kind": "number", "between": [1, 90], "decimals": 2},
}
TRAFFIC = {"rows": 60, "fields": FIELDS, "keep": [{"kind": "lacks", "field": "message", "pattern": "(?i)img src"}]}
EXAMPLES = {
    "from": {"table": "traffic", "rows": 30},
    "fields": {
        "reply": {"kind": "claude", "task": "Reply.", "output": {"say": "text", "escalate": "boolean"}, "out": "unsure"},
        "solved": {"kind": "solve", "of": "message", "output": ["late <x>", "broken"]},
    },
    "keep": [{"kind": "agrees", "field": "solved", "with": "intent"}],
}


def answers(prompt: Prompt, stream: Random) -> str:
    """Replies, of which one in five is unsure; and what a message is about, of which one in three is wrong."""
    if "escalate" not in (prompt.brief.schema if prompt.brief else ""):
        return json.dumps({"answer": "broken" if stream.random() < 0.3 else "late <x>"}) + "\n"
    if stream.random() < 0.2:
        return json.dumps({"outcome": "unsure", "why": "which <b>order</b>?\u202e", "answer": None}) + "\n"
    return json.dumps({"outcome": "answer", "why": "", "answer": {"say": "<b>Sorry</b>, tomorrow.", "escalate": True}}) + "\n"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An output of hostile messages, with rows refused, unsure and to review. Nobody writes to it."""
    folder = tmp_path_factory.mktemp("hostile")
    texts = chatter(80)
    texts[: 3 * len(HOSTILE) : 3] = HOSTILE
    (folder / "messages.jsonl").write_text("\n".join(json.dumps({"text": text}) for text in texts))
    recipe = {"name": "shop", "about": "Customers of a <i>shop</i>.", "tables": {"traffic": TRAFFIC, "examples": EXAMPLES}}
    (folder / "recipe.yaml").write_text(json.dumps(recipe))
    output = synthgen.make(folder / "recipe.yaml", out=folder / "out", models={"claude": ScriptedModel(answers)})
    assert set(output.manifest["aside"]) == {"refused", "unsure", "review"}
    return output.folder


@pytest.fixture(scope="module")
def page(made: Path) -> Element:
    return parsed(made / REPORT)


REASONS = {"kind": "choice", "options": {"late": 3, "broken": 1}}
SHOP = {"name": "shop", "tables": {"t": {"rows": 40, "fields": {"n": {"kind": "number", "between": [1, 9]}, "reason": REASONS}}}}


# Where it comes from


def test_make_writes_it_and_the_manifest_names_it(made: Path) -> None:
    named = json.loads((made / MANIFEST).read_text())["files"][REPORT]
    content = (made / REPORT).read_bytes()
    assert named == {"bytes": len(content), "sha256": sha256(content).hexdigest()}


def test_asked_for_it_is_the_same_to_the_byte(made: Path, tmp_path: Path) -> None:
    before = (made / REPORT).stat().st_mtime_ns
    assert synthgen.report(made) == made / REPORT
    assert (made / REPORT).stat().st_mtime_ns == before
    assert synthgen.report(made, out=tmp_path / "new" / "page.html").read_bytes() == (made / REPORT).read_bytes()


def test_a_notebook_shows_the_page_but_no_real_messages(made: Path, real: Path, tmp_path: Path) -> None:
    (frame,) = parsed(synthgen.report(made)._repr_html_()).all("iframe")
    assert frame.attributes["srcdoc"] == (made / REPORT).read_text("utf-8")
    assert not frame.attributes["sandbox"]
    quiz = synthgen.report(made, against=real, field="words", out=tmp_path / "quiz.html")._repr_html_()
    assert "holds real messages" in quiz
    assert "iframe" not in quiz


def test_an_older_output_gets_one_too(made: Path, tmp_path: Path) -> None:
    old = Path(shutil.copytree(made, tmp_path / "old"))
    (old / REPORT).unlink()
    manifest = json.loads((old / MANIFEST).read_text())
    del manifest["files"][REPORT], manifest["spent"]
    (old / MANIFEST).write_text(json.dumps(manifest))
    assert synthgen.report(old) == old / REPORT
    assert "No model was asked" in section(parsed(old / REPORT), "spent").words()


def test_a_page_of_ones_own_is_left_alone(made: Path, tmp_path: Path) -> None:
    old = Path(shutil.copytree(made, tmp_path / "old"))
    (old / REPORT).write_text("<p>mine</p>")
    with pytest.raises(OutputError, match="is there already and is no report"):
        synthgen.report(old)
    assert (old / REPORT).read_text() == "<p>mine</p>"


def test_a_page_that_was_written_anew_is_no_damage(tmp_path: Path) -> None:
    out = synthgen.make(SHOP, out=tmp_path / "shop").folder
    (out / REPORT).write_bytes((out / REPORT).read_bytes() + b"<!-- of another version -->")
    assert synthgen.make(SHOP, out=tmp_path / "shop").already
    assert [one.path for one in synthgen.verify(out).damaged] == [REPORT]
    synthgen.report(out)
    assert not synthgen.verify(out).damaged


def test_made_again_there_is_one_page_and_no_other_is_kept(tmp_path: Path) -> None:
    first = (synthgen.make(SHOP, out=tmp_path / "shop", seed=1).folder / REPORT).read_bytes()
    synthgen.report(tmp_path / "shop")
    again = synthgen.make(SHOP, out=tmp_path / "shop", seed=2)
    assert (again.folder / REPORT).read_bytes() != first
    assert sorted(path.name for path in again.folder.iterdir() if "report" in path.name) == [REPORT]


@pytest.mark.parametrize("out", ["README.md", "manifest.json", "traffic/00000.parquet", "traffic"])
def test_it_takes_the_place_of_no_other_file_of_the_output(out: str, made: Path) -> None:
    before = Dataset.open(made).manifest
    with pytest.raises(OutputError, match=r"is a file of the output|is a folder"):
        synthgen.report(made, out=made / out)
    assert Dataset.open(made).manifest == before


# What it may do


def test_it_loads_and_runs_nothing(page: Element, made: Path) -> None:
    assert not page.all("script")
    assert not page.all("img")
    assert {one.tag for one in page.all()} & {"iframe", "object", "embed", "form", "link", "base", "style"} == {"style"}
    for one in page.all():
        assert not [name for name in one.attributes if name.startswith("on") or name in ("src", "srcset", "style", "action")]
        assert one.attributes.get("href", "#").startswith("#")
    (policy,) = [one.attributes["content"] for one in page.all("meta") if one.attributes.get("http-equiv") == "Content-Security-Policy"]
    (style,) = page.all("style")
    digest = b64encode(sha256(style.text.encode()).digest()).decode()
    assert policy == f"default-src 'none'; style-src 'sha256-{digest}'; script-src 'none'; base-uri 'none'; form-action 'none'"
    assert not re.findall(r"https?://|url\(|@import", style.text)


def test_it_says_nothing_of_this_machine(made: Path) -> None:
    assert str(made) not in (made / REPORT).read_text()
    assert str(Path.home()) not in (made / REPORT).read_text()


def test_hostile_rows_are_text(page: Element) -> None:
    shown = page.words()
    for text in ("</script>", "</td></table></main><img", "&lt;b&gt; &amp; '\"", "{{ intent }} {% raw %}", "<img src=x onerror"):
        assert text.casefold() in shown.casefold(), text
    for text in ("Customers of a <i>shop</i>.", "late <x>", "which <b>order</b>?", "<b>Sorry</b>, tomorrow."):
        assert text in shown


def test_what_nobody_sees_is_spelled_out(made: Path, page: Element) -> None:
    assert not [letter for letter in (made / REPORT).read_text() if unseen(letter)]
    signs = {word for one in page.all("abbr") for word in one.text.split()}
    assert {"ZWSP", "RLO", "PDF", "BOM", "TAB", "SHY", "NBSP", "ESC", "BEL", "↵", "empty"} <= signs
    assert "U+202E RIGHT-TO-LEFT OVERRIDE" in {one.attributes["title"] for one in page.all("abbr")}
    for one in page.all():
        if "said" in one.attributes.get("class", "").split():
            assert one.attributes["dir"] == "auto"


# Who reads it


def test_headings_and_landmarks_are_in_order(page: Element) -> None:
    (html,) = page.all("html")
    assert html.attributes["lang"] == "en"
    levels = [int(one.tag[1]) for one in page.all() if re.fullmatch("h[1-6]", one.tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    assert [one.tag for one in page.all() if one.tag in ("header", "nav", "main", "footer")] == ["header", "nav", "main", "footer"]


def test_names_are_unique_and_links_lead_to_them(page: Element) -> None:
    names = Counter(one.attributes["id"] for one in page.all() if "id" in one.attributes)
    assert set(names.values()) == {1}
    links = {one.attributes["href"][1:] for one in page.all("a")}
    assert links <= set(names)
    assert {one.attributes["id"] for one in page.all("section")} <= links
    for one in page.all():
        assert one.attributes.get("aria-labelledby", next(iter(names))) in names


def test_tables_have_heads_and_figures_have_titles(page: Element) -> None:
    for table in page.all("table"):
        heads = [one.attributes.get("scope") for one in table.all("th")]
        assert {"col", "row"} <= set(heads)
        assert None not in heads
        assert len({len(row.inside) for row in table.all("tr") if len(row.inside) > 1}) == 1
    pictures = [one for one in page.all("svg") if one.attributes.get("aria-hidden") != "true"]
    assert len(pictures) > 50
    assert all(one.attributes["role"] == "img" and one.inside[0].tag == "title" and one.inside[0].text.strip() for one in pictures)
    assert all(one.attributes.get("aria-label") for one in page.all() if one.attributes.get("role") == "region")


# What it shows


def test_it_tells_how_to_make_it_again(page: Element, made: Path) -> None:
    told = section(page, "made")
    manifest = Dataset.open(made).manifest
    (command,) = [one for one in told.all("pre") if one.attributes["class"] == "command"]
    words = command.text.split()
    assert words[:5] == ["synthgen", "make", "recipe.yaml", "--seed", str(manifest["seed"])]
    assert f"now={manifest['now']}" in words
    recipe = made.parent / "again.yaml"
    recipe.write_text(next(one.text for one in told.all("pre") if one.attributes["class"] == "recipe"))
    again = synthgen.make(
        recipe, out=made.parent / "again", settings=[words[words.index("--set") + 1]], models={"claude": ScriptedModel(answers)}
    )
    assert synthgen.look(again.folder, rows=100).rows == synthgen.look(made, rows=100).rows
    assert all(f"{name} {version}" in told.words() for name, version in manifest["versions"].items())


def test_twenty_rows_lie_evenly_over_the_table_with_their_labels(page: Element, made: Path) -> None:
    table = section(page, "rows").all("table")[0]
    rows = table.all("tr")[1:]
    every = synthgen.look(made, rows=60).rows
    assert [row.inside[0].text.strip() for row in rows] == [f"traffic-{row['provenance']['row']}" for row in every[::3]]
    for shown, row in zip(rows, every[::3], strict=True):
        said = [one.text for one in shown.all("div")]
        assert said[0] == as_shown(row["message"], row["message_slips"])
        assert said[1:] == ([] if row["input"] == row["message"] else [as_shown(row["input"])])
    first = every[0]
    labels = [one.text.strip() for one in rows[0].all("li")]
    assert labels[:3] == [f"voice {first['message_voice']}", f"case {first['case']}", f"intent {first['intent']}"]
    assert str(first["price"]) in rows[0].words()


def test_slips_are_marked_with_what_was_meant(page: Element, made: Path) -> None:
    told = {slip["was"] for row in synthgen.look(made, rows=60).rows for slip in row["message_slips"]}
    marks = section(page, "rows").all("mark")
    assert len(marks) > 5
    for one in marks[1:]:  # the first explains itself
        was = re.fullmatch(r"meant: (.*?)( \([a-z ]+\))?", one.attributes["title"])
        assert was
        assert was[1] in told
        assert one.text.endswith(f" → {one.attributes['title'].removeprefix('meant: ')}")


def test_labels_are_counted_alone_and_crossed(made: Path) -> None:
    table = Contents(Dataset.open(made), "traffic")
    rows = synthgen.look(made, rows=100).rows
    assert table.first == ["voice", "case", "intent"]
    for spread in spreads(table):
        column = table.labels[spread.label]
        assert sorted(one.count for one in spread.bars) == sorted(Counter(row[column] for row in rows).values())
    crossed = {(one.label, one.by): one for one in crossings(table)}
    assert list(crossed) == [("intent", "voice"), ("intent", "case"), ("case", "voice")]
    pairs = Counter((row["intent"], row["case"]) for row in rows)
    one = crossed["intent", "case"]
    assert [[count for count, *_ in cells] for *_, cells in one.lines] == [
        [pairs[intent, case] for case in ("none", "empty")] for intent in ("late <x>", "broken")
    ]
    assert all(total == sum(count for count, *_ in cells) for _, total, cells in one.lines)


def test_what_did_not_ship_is_told_by_reason_with_examples(page: Element, made: Path) -> None:
    for name in ("refused", "unsure", "review"):
        rows = synthgen.look(made, name, rows=1000).rows
        reasons = Counter((row["check"], row["table"], row["field"]) for row in rows)
        told = section(page, name)
        head, *others = told.all("table")
        assert len(head.all("tr")) == 1 + len(reasons) == 1 + len(others)
        for (check, table, named), count in reasons.items():
            assert any(f"{check}, {table}.{named}" in row.words() and str(count) in row.words() for row in head.all("tr"))
    assert "solved says" in section(page, "review").words()


def test_lengths_and_variety_are_those_of_the_messages(page: Element, made: Path) -> None:
    texts = [row["message"] for row in synthgen.look(made, rows=100).rows]
    assert f"The longest has {max(len(text.split()) for text in texts)} words and {max(map(len, texts)):,} characters" in page.words()
    assert "60 messages" in section(page, "variety").words()


def test_what_each_field_took_is_told(page: Element, made: Path) -> None:
    table = section(page, "spent").all("table")[0]
    told = {row.inside[0].text: [cell.text for cell in row.inside[1:]] for row in table.all("tr")[1:]}
    for one in Dataset.open(made).manifest["spent"]:
        counts = ("answers", "tokens_in", "tokens_cached", "tokens_out", "tokens_thinking")
        assert told[one["field"]][1:6] == [f"{one[key]:,}" for key in counts]
        assert one["seconds"] is not None
        assert told[one["field"]][7].endswith(" s")


def test_what_to_look_at_first_is_said(page: Element) -> None:
    hints = [one.text for one in section(page, "made").all("li")]
    assert any("rows wait in unsure" in hint for hint in hints)
    assert any("rows wait in review" in hint for hint in hints)


VOICED = """
name: voiced
tables:
  t:
    rows: 60
    fields:
      reason: {kind: choice, options: [late, broken]}
      message: {kind: typed, topic: "{{ reason }}", on_topic: false, voice: texter,
                seeds: {late: [where is it, still no parcel], broken: [it broke, its smashed]}}
      note: {kind: number, between: [1, 9]}
"""


def typist(prompt: Prompt, stream: Random) -> str:
    return f" {' '.join(stream.choices(['where', 'is', 'my', 'parcel', 'it', 'broke', 'today', 'and', 'no', 'help'], k=6))}\n"


def test_how_people_type_is_laid_beside_the_voice(tmp_path: Path) -> None:
    (tmp_path / "recipe.yaml").write_text(VOICED)
    out = synthgen.make(tmp_path / "recipe.yaml", out=tmp_path / "out", models={"typist": ScriptedModel(typist)})
    figures = out.manifest["tables"]["t"]["styles"]["message"]["texter"]["figures"]
    told = section(parsed(out.folder / REPORT), "typing")
    rows = {row.inside[0].text.partition(" per 100")[0]: row for row in told.all("tr")}
    met = sum(one["like"] for one in figures.values())
    assert f"message as texter: {met} of {len(figures)} figures met, 60 rows" in told.words()
    for name, one in figures.items():
        row = rows["words, 50th in 100" if name == "words" else name.replace("_", " ")]
        assert row.inside[-1].text == ("yes" if one["like"] else "no")
        assert (row.attributes.get("class") == "off") is not one["like"]
    assert "by reason" not in told.words()


def test_where_nobody_said_how_it_is_measured_alone(tmp_path: Path) -> None:
    (tmp_path / "recipe.yaml").write_text(VOICED.replace("voice: texter,", ""))
    out = synthgen.make(tmp_path / "recipe.yaml", out=tmp_path / "out", models={"typist": ScriptedModel(typist)})
    told = section(parsed(out.folder / REPORT), "typing").words()
    assert "Nobody said how message should be typed" in told
    assert "lower only" in told


@pytest.mark.parametrize("rows", [1, 2, 3])
def test_a_small_table_has_a_page(rows: int, tmp_path: Path) -> None:
    (tmp_path / "recipe.yaml").write_text(VOICED)
    out = synthgen.make(tmp_path / "recipe.yaml", rows=rows, out=tmp_path / "out", models={"typist": ScriptedModel(typist)})
    assert "too few rows" in section(parsed(out.folder / REPORT), "typical").words()


def test_facts_alone_have_a_page(tmp_path: Path) -> None:
    out = synthgen.make(SHOP, out=tmp_path / "shop")
    page = parsed(out.folder / REPORT)
    assert [one.text for one in section(page, "rows").all("table")[0].all("tr")[0].inside] == ["row", "reason", "n"]
    rare = section(page, "typical").all("table")[0].all("tr")[1:]
    assert {row.inside[1].text for row in rare} == {"broken"}


# Real messages


LOGS = [f"real {text}" for text in chatter(60, seed=5)]


def copying(prompt: Prompt, stream: Random) -> str:
    """Types what a log says, most of the time."""
    return f" {stream.choice(LOGS)}\n" if stream.random() < 0.9 else typist(prompt, stream)


def test_a_refused_row_that_repeats_the_logs_is_not_shown(tmp_path: Path) -> None:
    (tmp_path / "logs.txt").write_text("\n".join(LOGS))
    keep = [{"kind": "lacks", "field": "message", "pattern": "help"}]
    table = {"rows": 40, "fields": {"message": {"kind": "typed", "like": "logs.txt"}}, "keep": keep}
    recipe = {"name": "t", "tables": {"t": table}}
    (tmp_path / "recipe.yaml").write_text(json.dumps(recipe))
    out = synthgen.make(tmp_path / "recipe.yaml", out=tmp_path / "out", models={"typist": ScriptedModel(copying)})
    kept_back = synthgen.look(out.folder, "refused", rows=1000).rows
    assert any(row["values"]["message"].split()[0].casefold() == "real" for row in kept_back)
    page = parsed(out.folder / REPORT)
    assert "real" not in re.findall(r"\w+", section(page, "refused").words().casefold().replace("real messages", ""))
    assert "it holds a message of the logs" in page.words()
    (out.folder / ".logs.npz").unlink()
    unknown = section(parsed(synthgen.report(out.folder, out=tmp_path / "page.html")), "refused")
    assert all("not shown" in row.words() for table in unknown.all("table")[1:] for row in table.all("tr")[1:])


@pytest.fixture(scope="module")
def real(made: Path) -> Path:
    file = made.parent / "real.jsonl"
    file.write_text("\n".join(json.dumps({"words": text}) for text in LOGS))
    return file


@pytest.fixture(scope="module")
def quiz(made: Path, real: Path) -> Path:
    return synthgen.report(made, against=real, field="words", out=made.parent / "quiz.html")


def test_real_messages_are_in_it_only_when_asked_for(made: Path, quiz: Path) -> None:
    page = parsed(quiz)
    assert "This file holds real messages" in page.words()
    assert sum(text in page.words() for text in LOGS) == 20
    assert not any(text in (made / REPORT).read_text() for text in LOGS)


def test_each_pair_has_one_real_message(quiz: Path) -> None:
    pairs = section(parsed(quiz), "quiz").all("fieldset")
    places = [int(pair.attributes["data-real"]) for pair in pairs]
    shown = [[button.text for button in pair.all("button")] for pair in pairs]
    assert len(pairs) == 20
    assert 3 < sum(places) < 17
    for place, texts in zip(places, shown, strict=True):
        assert texts[place] in LOGS
        assert texts[1 - place] not in LOGS
    assert len({text for texts in shown for text in texts}) == 40


def test_the_quiz_is_the_only_script_and_the_policy_knows_it(quiz: Path) -> None:
    page = parsed(quiz)
    (script,) = page.all("script")
    assert not script.attributes
    digest = b64encode(sha256(script.text.encode()).digest()).decode()
    assert any(f"script-src 'sha256-{digest}'" in one.attributes.get("content", "") for one in page.all("meta"))
    assert "</" not in script.text


def test_the_figures_of_the_comparison_are_shown(quiz: Path) -> None:
    told = section(parsed(quiz), "typing")
    assert "traffic beside real.jsonl" in told.words()
    assert "a classifier that sees only how they are typed" in told.words()
    assert [row.inside[0].text for row in told.all("table")[1].all("tr")[1:]] == ["style AUC", "text AUC", "mean KS", "MAUVE", "copied"]


def test_with_real_messages_it_never_is_the_outputs_own_page(made: Path, real: Path, tmp_path: Path) -> None:
    own = Path(shutil.copytree(made, tmp_path / "own"))
    before = (own / REPORT).read_bytes()
    with pytest.raises(OutputError, match="holds no real messages"):
        synthgen.report(own, against=real, field="words", out=own / REPORT)
    assert synthgen.report(own, against=real, field="words") == own / "report-against.html"
    assert (own / REPORT).read_bytes() == before
    assert "report-against.html" not in Dataset.open(own).manifest["files"]


def test_what_cannot_be_laid_beside_it_is_told(made: Path, real: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no such file"):
        synthgen.report(made, against=tmp_path / "logs.txt")
    with pytest.raises(DataError, match="no field 'text_'"):
        synthgen.report(made, against=real, field="text_")
    facts = synthgen.make(SHOP, out=tmp_path / "shop").folder
    with pytest.raises(OutputError, match="holds messages"):
        synthgen.report(facts, against=real, field="words")
    with pytest.raises(OutputError, match="there is no output"):
        synthgen.report(tmp_path / "nowhere")


# What it is made of


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", ["plain"]),
        ("a\u200bb", ["a", "[ZWSP]", "b"]),
        ("\u202ex", ["[RLO]", "x"]),
        ("\u200b\u200c\u200d", ["[ZWSP ZWNJ ZWJ]"]),
        ("\u200b" * 9, ["[ZWSP ZWSP ZWSP ZWSP ZWSP ZWSP +3]"]),
        ("one\ntwo", ["one", "[↵]", "\n", "two"]),
        ("\n\n", ["[↵]", "\n", "[↵]", "\n"]),
        ("  two ends ", ["[··]", "two ends", "[·]"]),
        (" ", ["[·]"]),
        ("", ["[empty]"]),
        (None, ["[nothing]"]),
        ("👩\u200d💻 ❤\ufe0f", ["👩\u200d💻 ❤\ufe0f"]),
        ("a\u200d💻", ["a", "[ZWJ]", "💻"]),
        ("x\ufe0f", ["x", "[U+FE0F]"]),
        ("\u3164\u2800", ["[U+3164 U+2800]"]),
        ("\ue000\U000e0041", ["[U+E000 U+E0041]"]),
        ("é", ["é"]),
        (True, ["true"]),
        (3.5, ["3.5"]),
        ("x" * 900, ["x" * 800, "[… 100 more characters]"]),
    ],
)
def test_what_can_be_read_of_a_text(text: Any, shown: list[str]) -> None:
    assert [f"[{piece.text}]" if piece.kind == "sign" else piece.text for piece in legible(text)] == shown


@pytest.mark.parametrize(
    ("slips", "marked"),
    [
        ([{"start": 3, "end": 7, "kind": "swapped", "was": "card"}], [("crad", "card (swapped)")]),
        ([{"start": 3, "end": 7, "was": "c<b>\u200b"}], [("crad", "c<b>[ZWSP]")]),
        ([{"start": 8, "end": 10, "was": "is"}, {"start": 0, "end": 2, "was": "my"}], [("my", "my"), ("is", "is")]),
        ([{"start": 0, "end": 5, "was": "a"}, {"start": 3, "end": 7, "was": "b"}], [("my cr", "a")]),
        ([{"start": 8, "end": 99, "was": "out"}, {"start": -2, "end": 2, "was": "x"}, {"start": 4, "end": 4, "was": "none"}], []),
        ([{"start": "0", "end": 2, "was": "x"}, {"was": "x"}], []),
    ],
)
def test_slips_that_lie_in_the_text_are_marked(slips: list[dict[str, Any]], marked: list[tuple[str, str]]) -> None:
    pieces = legible("my crad is", slips)
    assert "".join(piece.text for piece in pieces) == "my crad is"
    assert [(piece.text, piece.note) for piece in pieces if piece.kind == "slip"] == marked


def test_what_nobody_sees_in_a_slip_is_spelled_out_too() -> None:
    (piece,) = legible("a\u200bb", [{"start": 0, "end": 3, "was": "ab"}])
    assert piece.parts == (LegiblePiece("a"), LegiblePiece("ZWSP", "sign", "U+200B ZERO WIDTH SPACE"), LegiblePiece("b"))


def test_the_odd_message_is_the_one_unlike_the_others_about_its_topic() -> None:
    texts = [
        "my card was declined",
        "card declined again",
        "the card is declined",
        "declined my card",
        "why is my card declined",
        "how do i bake bread",
    ]
    scores = by_wording(texts, ["card"] * 6)
    assert min(range(6), key=scores.__getitem__) == 5
    assert all(0 <= score <= 1 for score in scores)
    assert by_wording(["", "!!", "x"], ["a"] * 3) == [0.0, 0.0, 0.0]


def test_the_odd_row_of_facts_is_the_one_with_rare_labels() -> None:
    rows = [["a", 1]] * 8 + [["b", 1]] + [["b", 2]]
    scores = by_labels(rows)
    assert scores.index(min(scores)) == 9
    assert scores[0] == max(scores)


@pytest.mark.parametrize(("count", "wanted"), [(0, 5), (3, 5), (5, 5), (100, 7), (100_000, 20)])
def test_places_are_spread_over_all_rows(count: int, wanted: int) -> None:
    places = spread_over(count, wanted)
    assert len(places) == min(count, wanted)
    assert places == sorted(set(places))
    gaps = {after - before for before, after in pairwise(places)}
    assert not gaps or max(gaps) - min(gaps) <= 1


@pytest.mark.parametrize(
    ("name", "given", "lies", "said"),
    [
        ("lower_only", (0.5, 0.4, 0.1), (50, (30, 50, 40)), ("50 %", "40 %")),
        ("lower_only", (1.0, 0.97, 0.2), (100, (77, 100, 97)), ("100 %", "97 %")),
        ("sentences", (2.0, 1.0, 0.5), (100 / 1.15, (25 / 1.15, 75 / 1.15, 50 / 1.15)), ("2", "1")),
        ("commas", (0.0, 0.0, 0.0), (0, (0, 0, 0)), ("0", "0")),
    ],
)
def test_a_dot_lies_where_its_figure_does(name: str, given: tuple[float, float, float], lies: Any, said: tuple[str, str]) -> None:
    found = dot(name, *given)
    assert found.at == pytest.approx(lies[0])
    assert found.band == pytest.approx(lies[1])
    assert (found.actual, found.target) == said


def test_of_very_many_texts_some_are_read_evenly(made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("synthgen.reporting.contents.READ", 7)
    texts = [row["message"] for row in synthgen.look(made, rows=60).rows]
    assert Contents(Dataset.open(made), "traffic").texts("message") == [texts[place * 60 // 7] for place in range(7)]
    assert "7 rows are measured, evenly spread" in parsed(render(Dataset.open(made))).text


def test_rows_are_not_lost_for_a_page_that_cannot_be_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("synthgen.reporting.page.TEMPLATES", tmp_path / "nowhere")
    _templates.cache_clear()
    try:
        out = synthgen.make(SHOP, out=tmp_path / "shop")
    finally:
        _templates.cache_clear()
    assert len(synthgen.look(out.folder, rows=100).rows) == 40
    assert REPORT not in out.manifest["files"]
    assert "report.html could not be written" in out.notes[-1]
