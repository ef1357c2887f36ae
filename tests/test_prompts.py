"""What Claude reads beside the recipe's own words: honest, complete, in the order that a prompt cache needs, and closed to the data."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synthgen.fields.instructed import PROMPTS, row_text, tagged
from synthgen.recipe import Loaded
from synthgen.spec.rows import Prompt, Row
from synthgen.spec.streams import Streams

RECIPE = """
name: bank
about: Customers of a retail bank, typing into its support chat.
tables:
  traffic:
    rows: 1
    fields:
      message: {kind: template, template: hi}
      intent: {kind: choice, options: [lost card]}
      plain: {kind: claude, shows: [message], task: Write a reply.}
      lasting: {kind: claude, shows: [message], task: "Write a reply to {{ message }}.", think: true}
      full:
        kind: claude
        shows: [message, intent]
        task: Write a reply.
        documents: [policy.md, style.txt]
        examples: [{input: gone!!, output: {reply: Blocked., sure: true}}]
        output: {reply: text, sure: boolean, tags: {list: text}, how: {tone: [warm, cool], stars: integer}}
        think: true
        out: unclear
      taught: {kind: claude, shows: [message], task: Write three messages., writes: illustrative, output: {list: text}}
      likened: {kind: claude, shows: [message], task: Write three messages., writes: concrete, output: {list: text}, examples: [{input: a, output: [b]}, {input: c, output: [d]}]}
      asked: {kind: judge, of: message, question: Is it clear?, shows: [intent], documents: [policy.md]}
      graded: {kind: judge, of: message, rubric: {good: It is clear., poor: It is not.}, shows: [intent], out: unsure}
      solved: {kind: solve, of: message, output: [lost card, card declined]}
      reasoned: {kind: solve, of: message, task: Which intent is it?, output: [lost card, card declined], think: true, out: unsure, documents: [policy.md]}
"""  # noqa: E501
KINDS = ["plain", "lasting", "full", "taught", "likened", "asked", "graded", "solved", "reasoned"]


@pytest.fixture
def prompts(recipe: Callable[..., Loaded]) -> dict[str, Prompt]:
    """The first prompt of every field."""
    text = RECIPE.replace("true}}]", "true, tags: [], how: {tone: warm, stars: 5}}}]")
    loaded = recipe(text, {"policy.md": "# Policy\nBe kind.", "style.txt": "Be brief."})
    row = Row("traffic", 0, values={"message": "hi", "intent": "lost card"})
    fields: dict[str, Any] = loaded.recipe.tables["traffic"].fields
    return {name: fields[name].ask([row], name, Streams(0))[0][0] for name in KINDS}


def said(prompt: Prompt) -> str:
    assert prompt.brief
    return f"{prompt.brief.system}\n{prompt.text}"


@pytest.mark.parametrize("kind", KINDS)
def test_a_prompt_says_what_it_is_for_and_where_the_rows_come_from(prompts, kind):
    system = prompts[kind].brief.system
    for needed in (
        "synthgen",
        "test data",
        "Customers of a retail bank, typing into its support chat.",
        "a small language model typed it",
        "meant to be messy",
        "made up",
    ):
        assert needed in system
    assert re.search(r"becomes one field of the row|goes into the dataset|compared with it", system)


@pytest.mark.parametrize("kind", KINDS)
def test_a_prompt_is_well_set(prompts, kind):
    text = said(prompts[kind])
    assert not re.search(r"\{[{%#]|[%#}]\}\}|None|Undefined|\n{3,}|[ \t]\n|  +[A-Z]", text)
    assert text == text.strip()
    heads = re.findall(r"^# (.+)$", text, re.MULTILINE)
    assert len(heads) == len(set(heads))


@pytest.mark.parametrize("file", sorted(PROMPTS.glob("*.md")), ids=lambda file: file.stem)
def test_no_persona_no_threat_no_flattery_no_shouting(file):
    text = re.sub(r"\{[{%].*?[%}]\}", "", file.read_text(encoding="utf-8"))
    assert not re.search(
        r"\b(you are an?|act as|pretend|imagine|expert|world-class|role.?play|penalt|punish|tip\b|critical|please|excellent|talented|!)",
        text,
        re.IGNORECASE,
    )
    assert set(re.findall(r"\b[A-Z]{2,}\b", text)) <= {"JSON", "PDF", "XML", "ID", "OK"}


@pytest.mark.parametrize(
    ("kind", "headings"),
    [
        ("plain", ["Your task", "The form of your answer"]),
        ("full", ["The documents", "Your task", "Examples", "The form of your answer"]),
        ("asked", ["The documents", "The question", "The form of your answer"]),
        ("graded", ["The grades", "The form of your answer"]),
        ("reasoned", ["The documents", "Your task", "The form of your answer"]),
    ],
)
def test_a_prompt_holds_what_the_recipe_gives_and_no_more(prompts, kind, headings):
    assert re.findall(r"^# (.+)$", prompts[kind].brief.system, re.MULTILINE) == headings


def test_every_document_is_named_and_given_whole(prompts):
    assert "before the row: policy.md, style.txt." in prompts["full"].brief.system
    assert [one.content for one in prompts["full"].brief.documents] == ["# Policy\nBe kind.", "Be brief."]


def test_the_form_is_sketched(prompts):
    sketch = """{
  "reasons": text
  "outcome": one of "answer", "unclear"
  "why": text
  "answer": {
    "reply": text
    "sure": true or false
    "tags": a list of: text
    "how": {
      "tone": one of "warm", "cool"
      "stars": a whole number
    }
  }
}"""
    assert sketch in prompts["full"].brief.system
    assert "Write the answer itself and nothing around it" in prompts["plain"].brief.system


def test_reasons_and_the_out_are_explained_where_they_are_asked_for(prompts):
    for kind, prompt in prompts.items():
        assert ('Under "reasons" write first' in prompt.brief.system) is (kind in ("lasting", "full", "asked", "graded", "reasoned"))
        assert ("do not guess" in prompt.brief.system) is (kind in ("full", "graded", "reasoned"))
    assert 'then "outcome" is "unclear"' in prompts["full"].brief.system
    assert "and in the documents" in prompts["asked"].brief.system
    assert "and in the documents" not in prompts["graded"].brief.system


def test_written_examples_are_asked_for_as_illustrative_or_concrete(prompts):
    assert "clearly unlike the data" in prompts["taught"].brief.system
    assert "just like the data" in prompts["likened"].brief.system
    assert "illustrative" not in prompts["plain"].brief.system + prompts["likened"].brief.system
    assert 'An output here is what stands under "answer" in yours.' in prompts["likened"].brief.system


def test_a_blind_prompt_gives_the_label_away_nowhere(prompts):
    for kind in ("solved", "reasoned"):
        assert "intent:" not in said(prompts[kind])
        assert "<intent>" not in said(prompts[kind])


def test_the_row_stands_last_and_nothing_of_it_in_the_brief(recipe):
    loaded = recipe(
        RECIPE.replace("documents: [policy.md, style.txt]", "")
        .replace("documents: [policy.md]", "")
        .replace("true}}]", "true, tags: [], how: {tone: warm, stars: 5}}}]")
    )
    for name in KINDS:
        field: Any = loaded.recipe.tables["traffic"].fields[name]
        rows = [Row("traffic", number, values={"message": f"xyzzy{number}", "intent": f"plugh{number}"}) for number in range(3)]
        prompts = [own[0] for own in field.ask(rows, name, Streams(0))]
        assert len({prompt.brief.digest for prompt in prompts}) == 1
        assert len({prompt.text for prompt in prompts}) == 3
        assert not re.search("xyzzy|plugh", prompts[0].brief.system)


# What stands in a row cannot leave it

NAMES = st.sampled_from(["message", "row", "judged", "a", "message_", "example.reply"])
TEXTS = st.text(max_size=20) | st.lists(
    st.sampled_from(["</message", ">", "</row>", "</judged>", "<row>", "_", "</message_>", "</a>", "x", "\n", "Your task:"]), max_size=8
).map("".join)


@given(st.dictionaries(NAMES, TEXTS, min_size=1, max_size=4))
def test_no_value_ends_what_it_stands_in(values):
    text = tagged(values)
    for value in values.values():
        opened = re.match(r"<([\w.]+)>", text)
        assert opened
        end = text.index(f"</{opened[1]}>")
        assert text[opened.end() : end] == value
        text = text[end + len(opened[1]) + 4 :]
    assert text == ""


@given(TEXTS)
def test_the_row_ends_once(value):
    text = row_text({"message": value}, judged={"reply": value}, task="Judge it.")
    for opened in re.findall(r"^<((?:row|judged)_*)>$", text.replace(value, ""), re.MULTILINE) if value else ():
        assert text.count(f"</{opened}>") == 1
    assert text.endswith("\n\nYour task for this row:\n\nJudge it.")


def test_values_are_shown_as_they_are():
    text = tagged({"a": None, "b": True, "c": 1.5, "d": ["é", 1], "e": " x\n\ny ", "f": ""})
    assert text == '<a></a>\n<b>true</b>\n<c>1.5</c>\n<d>["é", 1]</d>\n<e> x\n\ny </e>\n<f></f>'
