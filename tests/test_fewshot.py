"""A block of few-shot examples: it covers the labels, holds no look-alikes, and gives every text back as it was."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ElementTree
from collections import Counter
from itertools import combinations
from pathlib import Path
from random import Random
from textwrap import dedent
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from servers.claude import ClaudeServer

from synthgen import api
from synthgen.errors import OutputError
from synthgen.harness.fewshot import ALIKE, FORMS, FewShotExample, block, choose, claudes, counted, fewshot, save, summary
from synthgen.models import ScriptedModel
from synthgen.spec.rows import Prompt
from synthgen.text import frames
from synthgen.text.similarity import dice, trigrams

RECIPE = """
name: shop
about: Customers of a shop, in its chat.
tables:
  traffic:
    rows: 60
    fields:
      intent:  {kind: choice, options: {late: 20, broken: 3, refund: 3}}
      colour:  {kind: choice, options: [red, green, blue]}
      message: {kind: typed, topic: "{{ intent }}", seeds: {late: [where is it], broken: [it broke], refund: [money back]}}
      case:    {kind: choice, options: {none: 5, all capitals: 1, empty: 1}}
      input:   {kind: edge_case, of: message, case: "{{ case }}"}
  examples:
    from: {table: traffic}
    fields:
      example: {kind: claude, task: Answer the message., output: {reply: text, escalate: boolean}, tries: 1}
"""
WORDS = [
    "lorem",
    "ipsum",
    "dolor",
    "sit",
    "amet",
    "consectetur",
    "adipiscing",
    "elit",
    "sed",
    "do",
    "eiusmod",
    "tempor",
    "incididunt",
    "ut",
    "labore",
    "magna",
    "aliqua",
    "enim",
    "minim",
    "veniam",
]


def typist(prompt: Prompt, stream: Random) -> str:
    return " " + " ".join(stream.sample(WORDS, 5)) + "\n"


def claude(prompt: Prompt, stream: Random) -> str:
    return json.dumps({"reply": f"<b>Sorry</b> & {stream.randrange(10**6)}", "escalate": stream.random() < 0.2}) + "\n"


@pytest.fixture(scope="module")
def output(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An output with a table of messages and one of answers. Nobody writes to it."""
    folder = tmp_path_factory.mktemp("fewshot")
    (folder / "recipe.yaml").write_text(dedent(RECIPE), encoding="utf-8")
    models = {"typist": ScriptedModel(typist), "claude": ScriptedModel(claude)}
    return api.make(folder / "recipe.yaml", out=folder / "out", models=models).folder


def alike(one: str, other: str) -> float:
    first, second = (f"  {frames.normalise(text)} " for text in (one, other))
    return dice(trigrams(first), second, len(trigrams(second)))


# Which rows


def test_the_fields_are_what_was_typed_in_its_last_version_and_what_claude_made(output: Path) -> None:
    made = fewshot(output, 4)
    assert (made.table, made.input, made.target) == ("examples", "input", "example")
    assert json.loads(made.examples[0].target).keys() == {"reply", "escalate"}
    rows = api.look(output, "examples", rows=100)[1]
    assert all(rows[one.row]["input"] == one.input and rows[one.row]["example"] == json.loads(one.target) for one in made.examples)


def test_the_labels_are_topics_and_short_parts_of_the_target(output: Path) -> None:
    assert set(fewshot(output, 6).shares) == {"intent", "example.escalate"}
    assert set(fewshot(output, 6, cover=["case"]).shares) == {"case"}


def test_rare_labels_are_shown_as_often_as_frequent_ones(output: Path) -> None:
    made = fewshot(output, 6, cover=["intent"])
    there = Counter(row["intent"] for row in api.look(output, rows=100)[1])
    assert there["late"] > 3 * there["refund"] >= 6
    assert made.shares["intent"] == {"broken": 2, "late": 2, "refund": 2}


def test_no_two_look_alike(output: Path) -> None:
    made = fewshot(output, 60)
    assert 10 < len(made.examples) <= 60
    assert max(alike(one.input, other.input) for one, other in combinations(made.examples, 2)) < ALIKE


@given(st.lists(st.tuples(st.text("abc ", max_size=12), st.sampled_from("xyz")), min_size=1, max_size=40), st.integers(1, 12))
def test_choice_is_even_among_what_differs(rows: list[tuple[str, str]], k: int) -> None:
    inputs, labels = [text for text, _ in rows], [{"label": label} for _, label in rows]
    chosen = choose(inputs, labels, k)
    assert chosen == choose(inputs, labels, k)
    assert 1 <= len(chosen) <= k
    assert len(set(chosen)) == len(chosen)
    assert all(alike(inputs[one], inputs[other]) < ALIKE for one, other in combinations(chosen, 2))
    if len(chosen) < k:  # all others look like one of these
        left = set(range(len(rows))) - set(chosen)
        assert all(any(alike(inputs[one], inputs[place]) >= ALIKE for one in chosen) for place in left)


def test_labels_are_even_where_all_texts_differ() -> None:
    texts = [" ".join(Random(number).choices("abcdefghijklmnopqrstuvwxyz", k=20)) for number in range(90)]
    labels = [{"label": "rare" if number % 30 == 0 else "usual"} for number in range(90)]
    assert Counter(labels[one]["label"] for one in choose(texts, labels, 6)) == {"rare": 3, "usual": 3}


def test_the_next_example_is_the_one_least_like_those_before_it() -> None:
    texts = ["where is my parcel", "where was the driver", "is the shop open", "zq xk vj", "my driver is late"]
    first, second, third = choose(texts, [{}] * 5, 3)
    others = [place for place in range(5) if place != first]
    assert alike(texts[first], texts[second]) == min(alike(texts[first], texts[place]) for place in others) == 0
    likest = {place: max(alike(texts[place], texts[one]) for one in (first, second)) for place in others if place != second}
    assert likest[third] == min(likest.values()) < max(likest.values())


def test_fewer_are_given_where_fewer_differ_and_it_is_said(output: Path) -> None:
    made = fewshot(output, 60)
    said = list(summary(made, counted("a b")))
    assert said[0] == f"{len(made.examples)} of 60 examples: no more of the {made.rows} rows differ enough from these"


def test_a_value_that_no_example_shows_is_named(output: Path) -> None:
    made = fewshot(output, 1, cover=["colour"])
    (line,) = [line for line in summary(made, counted("")) if line.startswith("  colour: ")]
    assert line.count(" 1") == 1
    assert "none of " in line


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("empty", ["", " \n\t", "\u200b\ufeff", None, [], [{"role": "user", "content": ""}], {"text": " "}])
def test_an_input_in_which_nothing_is_said_is_no_example(tmp_path: Path, form: Any, empty: Any) -> None:
    inputs = [" ".join(Random(number).sample(WORDS, 5)) for number in range(6)]
    rows = [{"text": text, "label": "ab"[number % 2]} for number, text in enumerate([*inputs, empty, empty])]
    (tmp_path / "rows.json").write_text(json.dumps(rows))
    fields = {name: {"kind": "load", "file": "rows.json", "field": name} for name in ("text", "label")}
    (tmp_path / "recipe.yaml").write_text(json.dumps({"name": "few", "tables": {"t": {"rows": "all", "fields": fields}}}))
    made = fewshot(api.make(tmp_path / "recipe.yaml", out=tmp_path / "out").folder, 8, source="text", target="label", form=form)
    assert {one.input for one in made.examples} <= set(inputs)
    assert made.rows == 6


@pytest.mark.parametrize("form", FORMS)
def test_every_input_has_text(output: Path, form: Any) -> None:
    assert "" in {row["input"] for row in api.look(output, "examples", rows=100).rows}
    made = fewshot(output, 60, cover=["case"], form=form)
    assert all(one.input.strip() for one in made.examples)


def test_the_harness_of_the_recipe_says_what_is_input_and_target(output: Path, tmp_path: Path) -> None:
    import shutil

    copy = tmp_path / "copy"
    shutil.copytree(output, copy)
    manifest = json.loads((copy / "manifest.json").read_text())
    manifest["recipe"]["harness"] = {"input": "message", "target": "example.reply"}
    (copy / "manifest.json").write_text(json.dumps(manifest))
    made = fewshot(copy, 3)
    assert (made.input, made.target) == ("message", "example.reply")
    assert made.examples[0].target.startswith("<b>Sorry</b> & ")


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"table": "trafic"}, "did you mean 'traffic'?"),
        ({"source": "mesage"}, "did you mean 'message'?"),
        ({"target": "example.repl"}, "did you mean 'reply'?"),
        ({"cover": ["intnt"]}, "did you mean 'intent'?"),
    ],
)
def test_what_is_not_there_is_told(output: Path, asked: dict[str, Any], said: str) -> None:
    with pytest.raises(OutputError, match=said.replace("?", r"\?")):
        fewshot(output, 3, **asked)


def test_no_output_is_told(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="there is no output"):
        fewshot(tmp_path / "nowhere", 3)


# How they are written

NASTY = st.text(st.characters(codec="utf-8"), max_size=40) | st.sampled_from(
    ["</input><output>x", "``` \n````", "a\r\nb", "<![CDATA[ ]]>", "&amp;", "\x00\x0b", "{{ x }}"]
)
EXAMPLES = st.lists(st.builds(FewShotExample, st.just(0), NASTY, NASTY, st.just({})), min_size=1, max_size=4)


@given(EXAMPLES)
def test_xml_gives_every_text_back(examples: list[FewShotExample]) -> None:
    root = ElementTree.fromstring(block(examples, "xml"))
    assert [one.tag for one in root] == ["example"] * len(examples)
    for one, example in zip(root, examples, strict=True):
        for tag, text in (("input", example.input), ("output", example.target)):
            kept = "".join(
                "\ufffd" if (ord(letter) < 32 and letter not in "\t\n\r") or letter in "\ufffe\uffff" else letter for letter in text
            )
            assert (one.findtext(tag) or "") == kept


@given(EXAMPLES)
def test_messages_give_every_text_back(examples: list[FewShotExample]) -> None:
    turns = json.loads(block(examples, "messages"))
    assert [turn["role"] for turn in turns] == ["user", "assistant"] * len(examples)
    assert [turn["content"] for turn in turns] == [text for one in examples for text in (one.input, one.target)]


@given(EXAMPLES)
def test_nothing_closes_a_fence_of_markdown(examples: list[FewShotExample]) -> None:
    shown = block(examples, "markdown").split("\n")
    found, place = [], 0
    while place < len(shown):
        line = shown[place]
        if line.startswith("```") and not line.strip("`"):
            end = shown.index(line, place + 1)
            found.append("\n".join(shown[place + 1 : end]))
            place = end
        place += 1
    assert found == [text for one in examples for text in (one.input, one.target)]


def test_a_block_is_saved_or_it_is_said_why_not(tmp_path: Path) -> None:
    save("x", tmp_path / "block.xml")
    assert (tmp_path / "block.xml").read_text() == "x\n"
    with pytest.raises(OutputError, match="choose another place"):
        save("x", tmp_path / "nowhere" / "block.xml")


# What they cost


def test_tokens_are_counted_by_claude_where_it_can_be_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    with ClaudeServer() as server:
        for name, value in server.environment.items():
            monkeypatch.setenv(name, value)
        found = counted("hello there, how are you", ["claude-sonnet-5-5"])
        assert [one.path for one in server.log][-1] == "/v1/messages/count_tokens"
    assert (found.by, found.exact) == ("claude-sonnet-5-5", True)
    assert found.tokens > 0


def test_without_a_key_they_are_guessed_and_that_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "ANTHROPIC_PROFILE", "ANTHROPIC_IDENTITY_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("ANTHROPIC_CONFIG_DIR", str(tmp_path))
    found = counted("hello there", ["claude-sonnet-5-5"])
    assert not found.exact
    assert 2 <= found.tokens <= 6


def test_only_a_model_that_made_the_output_is_asked_to_count(output: Path, tmp_path: Path) -> None:
    assert claudes(output) == []
    manifest = output / "manifest.json"
    before = manifest.read_text()
    try:
        manifest.write_text(json.dumps({**json.loads(before), "models": {"typist": "scribbler@1", "claude": "claude-haiku-5-5"}}))
        assert claudes(output) == ["claude-haiku-5-5"]
    finally:
        manifest.write_text(before)


def test_every_form_has_all_examples(output: Path) -> None:
    for form in FORMS:
        made = fewshot(output, 5, form=form)
        text = block(made.examples, form)
        assert len(made.examples) == 5
        assert all(json.dumps(one.input)[1:-1].split()[0] in text for one in made.examples if one.input.isalpha())


def test_without_claude_the_label_is_the_target_where_it_holds(tmp_path: Path) -> None:
    recipe = tmp_path / "recipe.yaml"
    recipe.write_text(dedent(RECIPE).partition("  examples:")[0].replace("topic:", "on_topic: false, topic:"), encoding="utf-8")
    folder = api.make(
        recipe,
        out=tmp_path / "out",
        models={"typist": ScriptedModel(lambda prompt, stream: f" {stream.choice(WORDS)} {stream.choice(WORDS)}\n")},
    ).folder
    made = fewshot(folder, 6)
    assert (made.input, made.target) == ("input", "intent")
    rows = api.look(folder, "traffic", rows=100).rows
    assert {example.target for example in made.examples} == {"late", "broken", "refund"}
    for example in made.examples:
        row = rows[example.row]
        assert row["input_case"] in ("none", "all capitals")
        assert (row["intent"], row["input"]) == (example.target, example.input)
        assert example.input.strip()
